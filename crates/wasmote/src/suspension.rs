//! Errors with which a host function suspends its caller.

use alloc::boxed::Box;
use core::any::Any;
use core::fmt;

use crate::caller::Caller;
use crate::error::Error;

/// Marks an error: the host function that returns it has no results yet. It does not reach the embedder.
#[derive(Debug)]
pub(crate) struct Suspension {
    pub(crate) error: Error,
    pub(crate) value: Option<Box<dyn Any + Send + Sync>>,
}

/// What a call ends with that could not be suspended.
#[derive(Debug)]
struct NotResumable(Error);

impl Error {
    /// Makes an error that suspends the resumable call in which a host function returns it; see
    /// [`Caller::suspend`]. It is for host functions without a caller.
    #[cold]
    #[inline(never)]
    pub fn suspend(reason: impl Into<Error>) -> Error {
        Suspension { error: reason.into(), value: None }.into_error()
    }

    /// As [`Error::suspend`], with a value of any type instead of an error.
    #[cold]
    #[inline(never)]
    pub fn suspend_with(value: impl Any + Send + Sync) -> Error {
        let error = Error::new("a host function waits");
        Suspension { error, value: Some(Box::new(value)) }.into_error()
    }

    pub(crate) fn is_suspension(&self) -> bool {
        self.unsuspend().is_some()
    }

    /// Takes the mark off, since the call has ended. If a host function passes the error on, it must not suspend
    /// another call.
    pub(crate) fn unsuspended(self) -> Error {
        match self.unsuspend() {
            Some(unsuspend) => unsuspend(self),
            None => self,
        }
    }
}

impl Suspension {
    /// Makes an error that suspends a call.
    pub(crate) fn into_error(self) -> Error {
        Error::host(self).suspending(|error| match error.downcast::<Suspension>() {
            Ok(suspension) => Error::host(NotResumable(suspension.error)),
            Err(error) => error,
        })
    }
}

impl<T> Caller<'_, T> {
    /// Makes an error that suspends the resumable call in which the host function returns it.
    ///
    /// [`Func::call_resumable`](crate::Func::call_resumable) then returns with the reason, and goes on when it is given
    /// the results that the function would have returned. Handles of objects that the function got are no longer
    /// valid then: see [`ExternRef`](crate::ExternRef).
    ///
    /// Only the innermost call of the host into wasm can be suspended, and only if it is resumable. Other calls, such
    /// as [`Func::call`](crate::Func::call), end with an error that says so, and whose
    /// [`source`](core::error::Error::source) is the reason.
    pub fn suspend(&self, reason: impl Into<Error>) -> Error {
        Error::suspend(reason)
    }

    /// As [`Caller::suspend`], with a value of any type instead of an error.
    /// [`ResumableCallHostTrap::value`](crate::ResumableCallHostTrap::value) returns it.
    pub fn suspend_with(&self, value: impl Any + Send + Sync) -> Error {
        Error::suspend_with(value)
    }
}

impl fmt::Display for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Display for NotResumable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host function suspended a call that is not resumable: ")?;
        self.0.fmt(f)
    }
}

impl core::error::Error for Suspension {}

impl core::error::Error for NotResumable {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}
