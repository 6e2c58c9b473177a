//! Finds errors by their type inside of an [`Error`].

use core::any::Any;

use wasmote_ir::fallible::OutOfMemory;

use crate::anyhow_errors;
use crate::error::{Error, ErrorKind};

type AnyError = dyn core::error::Error + 'static;

impl Error {
    /// Returns whether [`Error::downcast_ref`] finds an error of this type.
    #[must_use]
    pub fn is<E: core::error::Error + Send + Sync + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Returns the first error of the type `E`: that of the embedder, one of its sources, or one of this crate.
    ///
    /// Those of this crate are [`TrapCode`](crate::TrapCode), [`Exception`](crate::Exception), [`I32Exit`](crate::I32Exit), [`WasmBacktrace`](crate::WasmBacktrace) and the errors in
    /// [`ErrorKind`].
    #[must_use]
    pub fn downcast_ref<E: core::error::Error + Send + Sync + 'static>(&self) -> Option<&E> {
        let mut next = self.content();
        while let Some(error) = next {
            let found = error.downcast_ref::<E>().or_else(|| anyhow_errors::downcast_ref(error));
            if found.is_some() {
                return found;
            }
            // A host function may return an error around one of this crate.
            if let Some(error) = error.downcast_ref::<Error>().or_else(|| anyhow_errors::downcast_ref(error)) {
                return error.downcast_ref();
            }
            next = error.source();
        }
        self.backtrace().and_then(|backtrace| (backtrace as &AnyError).downcast_ref())
    }

    /// Takes an error whose type a box would hide, or that needs no box. `slot` is an `Option` of any error.
    #[cold]
    #[inline(never)]
    pub(crate) fn take(slot: &mut dyn Any) -> Option<Error> {
        match slot.downcast_mut::<Option<Error>>() {
            Some(slot) => slot.take(),
            None => anyhow_errors::take(slot),
        }
    }

    /// Returns an error of this crate that the embedder's error is around: `inner` finds it in an [`Error`].
    ///
    /// Unlike [`Error::downcast_ref`] it links no code that prints the kinds.
    pub(crate) fn in_host_error<'a, E: core::error::Error + Send + Sync + 'static>(
        &'a self,
        inner: &dyn Fn(&'a Error) -> Option<&'a E>,
    ) -> Option<&'a E> {
        let ErrorKind::Host(error) = self.kind() else { return None };
        let mut next: Option<&AnyError> = Some(&**error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<E>().or_else(|| anyhow_errors::downcast_ref(error)) {
                return Some(found);
            }
            if let Some(error) = error.downcast_ref::<Error>().or_else(|| anyhow_errors::downcast_ref(error)) {
                return inner(error);
            }
            next = error.source();
        }
        None
    }

    /// Returns the embedder's error, if it is of the type `E`, mutably. Its sources are not looked at: they cannot be
    /// changed.
    pub fn downcast_mut<E: core::error::Error + Send + Sync + 'static>(&mut self) -> Option<&mut E> {
        let error = self.host_mut()?;
        if error.is::<E>() { error.downcast_mut() } else { anyhow_errors::downcast_mut(error) }
    }

    /// Returns the error by value, if it is of the type `E`: that of the embedder, or a [`TrapCode`](crate::TrapCode),
    /// [`Exception`](crate::Exception) or [`I32Exit`](crate::I32Exit). Its sources are not looked at: they cannot be taken out.
    ///
    /// # Errors
    /// Returns this error, if what it has is of another type.
    pub fn downcast<E: core::error::Error + Send + Sync + 'static>(self) -> Result<E, Error> {
        let (kind, backtrace, unsuspend) = self.into_parts();
        let kind = match kind {
            ErrorKind::Host(error) => match error.downcast::<E>() {
                Ok(error) => return Ok(*error),
                Err(error) => match anyhow_errors::downcast(error) {
                    Ok(error) => return Ok(error),
                    Err(error) => ErrorKind::Host(error),
                },
            },
            ErrorKind::TrapCode(code) => match cast(code) {
                Ok(code) => return Ok(code),
                Err(code) => ErrorKind::TrapCode(code),
            },
            ErrorKind::Exception(exception) => match cast(exception) {
                Ok(exception) => return Ok(exception),
                Err(exception) => ErrorKind::Exception(exception),
            },
            ErrorKind::Exit(exit) => match cast(exit) {
                Ok(exit) => return Ok(exit),
                Err(exit) => ErrorKind::Exit(exit),
            },
            ErrorKind::OutOfMemory => match cast(OutOfMemory) {
                Ok(error) => return Ok(error),
                Err(error) => return Err(error.into()),
            },
            other => other,
        };
        Err(Error::of_parts(kind, backtrace, unsuspend))
    }

    /// Returns the error that the kind contains.
    fn content(&self) -> Option<&AnyError> {
        Some(match self.kind() {
            // Without messages it is no error type.
            #[cfg(feature = "messages")]
            ErrorKind::Decode(error) => error,
            #[cfg(feature = "validate")]
            ErrorKind::Validate(error) => error,
            ErrorKind::Func(error) => error,
            ErrorKind::TrapCode(code) => code,
            ErrorKind::Exception(exception) => exception,
            ErrorKind::Host(error) => &**error,
            ErrorKind::Exit(exit) => exit,
            ErrorKind::OutOfMemory => &OutOfMemory,
            _ => return None,
        })
    }
}

/// Returns a value as one of the type `E`, if it is of that type.
///
/// # Errors
/// Returns the value, if it is of another type.
fn cast<T: 'static, E: 'static>(value: T) -> Result<E, T> {
    let mut value = Some(value);
    match (&mut value as &mut dyn Any).downcast_mut::<Option<E>>().and_then(Option::take) {
        Some(value) => Ok(value),
        None => match value {
            Some(value) => Err(value),
            None => unreachable!("only a value of the type `E` is taken"),
        },
    }
}
