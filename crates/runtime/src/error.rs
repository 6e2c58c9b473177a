//! Why something failed, before `wasmote` makes its own errors of it.

use alloc::boxed::Box;
use core::any::Any;

use wasmote_decode::{DecodeError, DecodeErrorKind};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use crate::shared::try_box;
use crate::trap::Trap;

/// Why something failed, of the size of a pointer.
#[derive(Debug)]
pub struct Error {
    /// Nothing when there is no memory.
    fault: Option<Box<Fault>>,
}

/// The kinds of [`Error`].
#[derive(Debug)]
pub enum Fault {
    /// The bytes are not a module, or need what this build lacks.
    Decode(DecodeError),
    /// The module is not valid.
    #[cfg(feature = "validate")]
    Validate(wasmote_validate::ValidateError),
    /// The bytes are no image, or one that this build can't run.
    #[cfg(feature = "image")]
    Image(wasmote_ir::image::ImageError),
    /// A function is beyond what the translator can do.
    #[cfg(feature = "wasm")]
    Translate {
        /// The function's index, imports counted.
        func: u32,
        /// Why.
        error: wasmote_translate::TranslateError,
    },
    /// With a function there is more code than a module may be translated into.
    CodeLimit {
        /// The function's index, imports counted.
        func: u32,
        /// The limit in bytes.
        limit: u64,
    },
    /// The imports are not as many as the module asks for, or not of the types.
    Imports,
    /// A module that is valid could not be instantiated.
    Instantiate(&'static str),
    /// WebAssembly trapped.
    Trap(Trap),
    /// WebAssembly threw an exception that nothing caught.
    Exception {
        /// The exception, which only the next allocation in the store may take away.
        reference: u32,
        /// Where it was thrown.
        trap: Trap,
    },
    /// The error with which a host function stopped wasm, as it gave it.
    Host(Box<dyn Any + Send + Sync>),
    /// The store was used in a way that can't work.
    Usage(&'static str),
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn of(fault: Fault) -> Error {
        Error { fault: try_box(fault).ok() }
    }

    /// A module that is valid could not be instantiated.
    #[cold]
    #[inline(never)]
    pub(crate) fn instantiate(message: &'static str) -> Error {
        Error::of(Fault::Instantiate(message))
    }

    /// The store was used in a way that can't work.
    #[cold]
    #[inline(never)]
    pub(crate) fn usage(message: &'static str) -> Error {
        Error::of(Fault::Usage(message))
    }

    /// What kind it is; `None` if there is no memory for what was asked for, or for another error.
    pub fn into_fault(self) -> Option<Box<Fault>> {
        self.fault
    }

    /// Whether the imports are not what the module asks for.
    pub fn is_imports(&self) -> bool {
        matches!(self.fault.as_deref(), Some(Fault::Imports))
    }
}

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error { fault: None }
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
        Error::of(Fault::Trap(Trap::without_frames(code)))
    }
}
