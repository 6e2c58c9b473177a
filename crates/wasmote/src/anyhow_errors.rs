//! Errors of the crate `anyhow`. One that is boxed hides what it was made of, so it is kept as it is.

use alloc::boxed::Box;
use core::any::Any;
use core::fmt;

use wasmote_ir::TrapCode;

use crate::error::{BoxedError, Error, ErrorKind};
use crate::exception::Exception;
use crate::exit::I32Exit;

/// The embedder's error, as a type that implements `core::error::Error`.
struct Carried(anyhow::Error);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl core::error::Error for Carried {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.source()
    }
}

/// Keeps what the error was made of, for [`Error::downcast_ref`]. An error of this crate gets its kind, unless it has
/// contexts.
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Error {
        // The outermost error: `downcast` alone would also find one behind contexts, and drop these.
        let outermost: &(dyn core::error::Error + Send + Sync) = &*error;
        let take = match () {
            () if outermost.is::<Error>() => own::<Error>,
            () if outermost.is::<TrapCode>() => own::<TrapCode>,
            () if outermost.is::<Exception>() => own::<Exception>,
            () if outermost.is::<I32Exit>() => own::<I32Exit>,
            () => carry,
        };
        take(error)
    }
}

fn carry(error: anyhow::Error) -> Error {
    Error::of(ErrorKind::Host(Box::new(Carried(error))))
}

/// Takes an error of this crate out.
fn own<E: Into<Error> + fmt::Display + fmt::Debug + Send + Sync + 'static>(error: anyhow::Error) -> Error {
    error.downcast::<E>().map_or_else(carry, E::into)
}

/// Takes an `anyhow::Error`. `slot` is an `Option` of any error.
pub(crate) fn take(slot: &mut dyn Any) -> Option<Error> {
    slot.downcast_mut::<Option<anyhow::Error>>()?.take().map(Error::from)
}

pub(crate) fn downcast_ref<'a, E: core::error::Error + Send + Sync + 'static>(
    error: &'a (dyn core::error::Error + 'static),
) -> Option<&'a E> {
    error.downcast_ref::<Carried>()?.0.downcast_ref()
}

pub(crate) fn downcast_mut<'a, E: core::error::Error + Send + Sync + 'static>(
    error: &'a mut (dyn core::error::Error + Send + Sync + 'static),
) -> Option<&'a mut E> {
    error.downcast_mut::<Carried>()?.0.downcast_mut()
}

pub(crate) fn downcast<E: core::error::Error + Send + Sync + 'static>(error: BoxedError) -> Result<E, BoxedError> {
    error.downcast::<Carried>()?.0.downcast().map_err(|error| Box::new(Carried(error)) as BoxedError)
}
