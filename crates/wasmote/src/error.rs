//! Why something failed.

use alloc::borrow::Cow;
use alloc::boxed::Box;
#[cfg(feature = "gc")]
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "image")]
use wasmote_decode::image::ReadError;
use wasmote_decode::{DecodeError, DecodeErrorKind, Import};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, try_str};
#[cfg(feature = "gc")]
use wasmote_ir::fallible::{TryVec, try_with_capacity};
#[cfg(feature = "image")]
use wasmote_ir::image::ImageError;
#[cfg(feature = "wasm")]
use wasmote_translate::{TranslateError, TranslateErrorKind};
#[cfg(feature = "validate")]
use wasmote_validate::ValidateError;

use crate::exception::Exception;
use crate::externs::ExternType;
use crate::module::ModuleInner;
use crate::shared::try_box;
use crate::trap::Trap;

/// Why something failed: one type for all of this crate, of the size of a pointer.
///
/// It prints as one line that says what happened; a trap adds a line for each frame of its backtrace.
///
/// ```
/// use wasmote::Error;
///
/// let error = Error::new("the answer is missing");
/// assert_eq!(error.to_string(), "the answer is missing");
/// assert_eq!(Error::exit(3).exit_code(), Some(3));
/// ```
pub struct Error {
    /// Nothing when there is no memory.
    kind: Option<Box<ErrorKind>>,
}

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a module, or need what this build lacks.
    Decode(DecodeError),
    /// The module is not valid.
    #[cfg(feature = "validate")]
    Validate(ValidateError),
    /// The bytes are no image, or one that this build can't run; also when a function of it is found so at its first call.
    #[cfg(feature = "image")]
    Image(ImageError),
    /// A function is beyond what the translator can do.
    #[cfg(feature = "wasm")]
    Translate {
        /// The function's index, imports counted.
        func: u32,
        /// Why.
        error: TranslateError,
    },
    /// With a function there is more code than a module may be translated into: see [`Config::max_code_size`](crate::Config::max_code_size).
    CodeLimit {
        /// The function's index, imports counted.
        func: u32,
        /// The limit in bytes.
        limit: u64,
    },
    /// Imports are missing or of another type; all of them, in order.
    Link(Box<[ImportProblem]>),
    /// A module that is valid could not be instantiated.
    Instantiate(Cow<'static, str>),
    /// WebAssembly trapped.
    Trap(Trap),
    /// WebAssembly, or a host function, threw an exception that nothing caught.
    Exception(Exception),
    /// An error of the embedder's.
    Host(Box<dyn core::error::Error + Send + Sync>),
    /// A host function ended the program with this code, as `proc_exit` does.
    Exit(i32),
    /// This crate was used in a way that can't work, or an error of the embedder's that is only a message.
    Usage(Cow<'static, str>),
    /// There is no memory for what was asked for, or for another error.
    OutOfMemory,
}

/// An import that could not be satisfied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportProblem {
    /// The module's name.
    pub module: Box<str>,
    /// The name in it.
    pub name: Box<str>,
    /// What the module asks for.
    pub expected: ExternType,
    /// What was given; `None` if nothing was.
    pub found: Option<ExternType>,
}

impl ImportProblem {
    /// That a module's import is not satisfied by what was found.
    pub(crate) fn new(
        module: &ModuleInner,
        import: &Import,
        found: Option<ExternType>,
    ) -> Result<ImportProblem, Error> {
        let (name, expected) = (try_str(&import.name)?, module.import_type(import.ty)?);
        Ok(ImportProblem { module: try_str(&import.module)?, name, expected, found })
    }
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn of(kind: ErrorKind) -> Error {
        Error { kind: try_box(kind).ok() }
    }

    /// An error that is a message.
    #[cold]
    #[inline(never)]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Usage(message.into()))
    }

    /// An error of the embedder's own type, to be had back with [`Error::downcast_ref`].
    #[cold]
    #[inline(never)]
    pub fn host(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Error {
        Error::of(ErrorKind::Host(error.into()))
    }

    /// The end of the program with this code; a host function returns it to leave all of wasm at once.
    #[cold]
    #[inline(never)]
    pub fn exit(code: i32) -> Error {
        Error::of(ErrorKind::Exit(code))
    }

    /// A function that could not be translated, into code of at most so many bytes.
    #[cfg(feature = "wasm")]
    #[cold]
    #[inline(never)]
    pub(crate) fn translate(func: u32, error: TranslateError, limit: u64) -> Error {
        match error.kind {
            TranslateErrorKind::OutOfMemory => OutOfMemory.into(),
            TranslateErrorKind::CodeLimit => Error::of(ErrorKind::CodeLimit { func, limit }),
            _ => Error::of(ErrorKind::Translate { func, error }),
        }
    }

    pub(crate) fn instantiate(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Instantiate(message.into()))
    }

    /// What kind of error this is.
    pub fn kind(&self) -> &ErrorKind {
        self.kind.as_deref().unwrap_or(&ErrorKind::OutOfMemory)
    }

    /// The code, if a host function ended the program.
    pub fn exit_code(&self) -> Option<i32> {
        match *self.kind() {
            ErrorKind::Exit(code) => Some(code),
            _ => None,
        }
    }

    /// The trap, if WebAssembly trapped.
    pub fn as_trap(&self) -> Option<&Trap> {
        match self.kind() {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The exception, if it is one that nothing caught.
    pub fn as_exception(&self) -> Option<&Exception> {
        match self.kind() {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The embedder's error, if it is one of this type.
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        match self.kind() {
            ErrorKind::Host(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

/// All of these, or the first error.
#[cfg(feature = "gc")]
pub(crate) fn try_results<T>(items: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let mut all = try_with_capacity(items.size_hint().0)?;
    for item in items {
        all.try_push(item?)?;
    }
    Ok(all)
}

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error { kind: None }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        if error.kind == DecodeErrorKind::OutOfMemory {
            return OutOfMemory.into();
        }
        Error::of(ErrorKind::Decode(error))
    }
}

#[cfg(feature = "image")]
impl From<ImageError> for Error {
    fn from(error: ImageError) -> Error {
        Error::of(ErrorKind::Image(error))
    }
}

#[cfg(feature = "image")]
impl From<ReadError> for Error {
    fn from(error: ReadError) -> Error {
        match error {
            ReadError::Image(error) => error.into(),
            ReadError::OutOfMemory => OutOfMemory.into(),
        }
    }
}

#[cfg(feature = "validate")]
impl From<ValidateError> for Error {
    fn from(error: ValidateError) -> Error {
        if error.is_out_of_memory() {
            return OutOfMemory.into();
        }
        Error::of(ErrorKind::Validate(error))
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error::of(ErrorKind::Trap(trap))
    }
}

/// Lets host functions throw with `?` or `into()`.
impl From<Exception> for Error {
    fn from(exception: Exception) -> Error {
        Error::of(ErrorKind::Exception(exception))
    }
}

/// Lets host functions trap with `?` or `into()`.
impl From<TrapCode> for Error {
    fn from(code: TrapCode) -> Error {
        Error::from(Trap::without_frames(code))
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Host(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
