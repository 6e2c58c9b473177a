//! The errors of this crate. `wasmote` makes its own errors of them.

use alloc::boxed::Box;
use core::any::Any;

use wasmote_decode::{DecodeError, DecodeErrorKind};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use crate::shared::try_box;

/// Why an operation failed. It has the size of a pointer.
#[derive(Debug)]
pub struct Error {
    /// `None` stands for a lack of memory.
    failure: Option<Box<Failure>>,
}

/// What happened, and where.
#[derive(Debug)]
pub struct Failure {
    /// What happened.
    pub fault: Fault,
    /// The frames of wasm that it stopped. Empty if it stopped none.
    pub backtrace: AnyBacktrace,
}

/// A [`Backtrace`](crate::Backtrace), or `None`. Its type is not named here: it leads to modules, and these to errors.
pub type AnyBacktrace = Option<Box<dyn Any + Send + Sync>>;

/// The kinds of [`Error`].
#[derive(Debug)]
pub enum Fault {
    /// The bytes are not a module, or the module needs a feature that this build lacks.
    Decode(DecodeError),
    /// The module is not valid.
    #[cfg(feature = "validate")]
    Validate(wasmote_validate::ValidateError),
    /// The bytes are not an image, or this build can't run it.
    #[cfg(feature = "image")]
    Image(wasmote_ir::image::ImageError),
    /// The translator's limits do not allow this function.
    #[cfg(feature = "wasm")]
    Translate {
        /// The function's index; imports count.
        func: u32,
        /// Which limit, and where.
        error: wasmote_translate::TranslateError,
    },
    /// The module's code exceeds its limit with this function.
    CodeLimit {
        /// The function's index; imports count.
        func: u32,
        /// The limit in bytes.
        limit: u64,
    },
    /// The number or the types of the imports are not those that the module asks for.
    Imports,
    /// A valid module could not be instantiated.
    Instantiate(&'static str),
    /// Wasm code trapped.
    Trap(TrapCode),
    /// Wasm code threw an exception that nothing caught.
    Exception {
        /// The reference to the exception. It is valid until the next allocation in the store.
        reference: u32,
    },
    /// The error with which a host function stopped wasm.
    Host {
        /// The error, as `wasmote` made it.
        error: Box<dyn Any + Send + Sync>,
        /// Whether the frames of wasm that it stops are of interest. Finding them takes time.
        traced: bool,
    },
    /// The store was used wrongly.
    Usage(&'static str),
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn of(fault: Fault) -> Error {
        Error { failure: try_box(Failure { fault, backtrace: None }).ok() }
    }

    /// Makes an error of a valid module that could not be instantiated.
    #[cold]
    #[inline(never)]
    pub(crate) fn instantiate(message: &'static str) -> Error {
        Error::of(Fault::Instantiate(message))
    }

    /// Makes an error of a store that was used wrongly.
    #[cold]
    #[inline(never)]
    pub(crate) fn usage(message: &'static str) -> Error {
        Error::of(Fault::Usage(message))
    }

    /// Makes an error of the error with which the embedder's code stopped wasm, as `wasmote` made it.
    #[cfg(feature = "limits")]
    #[cold]
    pub fn of_host(error: Box<dyn Any + Send + Sync>) -> Error {
        Error::of(Fault::Host { error, traced: true })
    }

    /// Returns what happened. `None` if there was not enough memory, for the operation or for the error itself.
    pub fn into_failure(self) -> Option<Box<Failure>> {
        self.failure
    }

    /// Returns the place of the backtrace, if the error should have one.
    pub(crate) fn backtrace_mut(&mut self) -> Option<&mut AnyBacktrace> {
        let failure = self.failure.as_deref_mut()?;
        (!matches!(failure.fault, Fault::Host { traced: false, .. })).then_some(&mut failure.backtrace)
    }

    /// Returns whether the imports do not fit.
    pub fn is_imports(&self) -> bool {
        matches!(self.failure.as_deref(), Some(Failure { fault: Fault::Imports, .. }))
    }
}

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error { failure: None }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        match error.kind {
            DecodeErrorKind::OutOfMemory => OutOfMemory.into(),
            _ => Error::of(Fault::Decode(error)),
        }
    }
}

impl From<TrapCode> for Error {
    fn from(code: TrapCode) -> Error {
        Error::of(Fault::Trap(code))
    }
}
