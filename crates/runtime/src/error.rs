//! Why something failed, before `wasmote` makes its own errors of it.

use alloc::boxed::Box;
use core::any::Any;

use wasmote_decode::{DecodeError, DecodeErrorKind};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use crate::trap::Trap;

/// Why something failed.
#[derive(Debug)]
pub enum Error {
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
    /// There is no memory for what was asked for.
    OutOfMemory,
}

impl Error {
    /// A function that could not be translated, into code of at most so many bytes.
    #[cfg(feature = "wasm")]
    #[cold]
    #[inline(never)]
    pub fn translate(func: u32, error: wasmote_translate::TranslateError, limit: u64) -> Error {
        use wasmote_translate::TranslateErrorKind;
        match error.kind {
            TranslateErrorKind::OutOfMemory => Error::OutOfMemory,
            TranslateErrorKind::CodeLimit => Error::CodeLimit { func, limit },
            _ => Error::Translate { func, error },
        }
    }
}

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error::OutOfMemory
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        match error.kind {
            DecodeErrorKind::OutOfMemory => Error::OutOfMemory,
            _ => Error::Decode(error),
        }
    }
}

#[cfg(feature = "image")]
impl From<wasmote_ir::image::ImageError> for Error {
    fn from(error: wasmote_ir::image::ImageError) -> Error {
        Error::Image(error)
    }
}

#[cfg(feature = "image")]
impl From<wasmote_decode::image::ReadError> for Error {
    fn from(error: wasmote_decode::image::ReadError) -> Error {
        match error {
            wasmote_decode::image::ReadError::Image(error) => error.into(),
            wasmote_decode::image::ReadError::OutOfMemory => Error::OutOfMemory,
        }
    }
}

#[cfg(feature = "validate")]
impl From<wasmote_validate::ValidateError> for Error {
    fn from(error: wasmote_validate::ValidateError) -> Error {
        match error.is_out_of_memory() {
            true => Error::OutOfMemory,
            false => Error::Validate(error),
        }
    }
}

impl From<TrapCode> for Error {
    fn from(code: TrapCode) -> Error {
        Error::Trap(Trap::without_frames(code))
    }
}
