//! Why something failed.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

use wasmote_decode::DecodeError;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use wasmote_runtime as runtime;
use wasmote_runtime::{Trap, try_box};

use crate::exception::Exception;
use crate::extern_type::ExternType;

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
    Validate(wasmote_validate::ValidateError),
    /// The bytes are no image, or one that this build can't run; also when a function of it is found so at its first call.
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

    pub(crate) fn instantiate(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Instantiate(message.into()))
    }

    /// What the runtime found wrong.
    #[cold]
    #[inline(never)]
    pub(crate) fn of_fault(fault: runtime::Fault) -> Error {
        use runtime::Fault as Other;
        Error::of(match fault {
            Other::Decode(error) => ErrorKind::Decode(error),
            #[cfg(feature = "validate")]
            Other::Validate(error) => ErrorKind::Validate(error),
            #[cfg(feature = "image")]
            Other::Image(error) => ErrorKind::Image(error),
            #[cfg(feature = "wasm")]
            Other::Translate { func, error } => ErrorKind::Translate { func, error },
            Other::CodeLimit { func, limit } => ErrorKind::CodeLimit { func, limit },
            Other::Imports => ErrorKind::Instantiate("the imports are not what the module asks for".into()),
            Other::Instantiate(message) => ErrorKind::Instantiate(message.into()),
            Other::Trap(trap) | Other::Exception { trap, .. } => ErrorKind::Trap(trap),
            Other::Usage(message) => ErrorKind::Usage(message.into()),
            // It comes from here, where an error is a box of its kind, or nothing.
            Other::Host(error) => return Error { kind: error.downcast().ok() },
        })
    }

    /// Has the store keep it, on the way out of a host function, for who called wasm.
    pub(crate) fn stop(self, store: &mut runtime::Store) -> TrapCode {
        match self.kind {
            Some(kind) => store.stop(kind),
            None => store.stop_without_memory(),
        }
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

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error { kind: None }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        runtime::Error::from(error).into()
    }
}

impl From<runtime::Error> for Error {
    #[cold]
    #[inline(never)]
    fn from(error: runtime::Error) -> Error {
        match error.into_fault() {
            Some(fault) => Error::of_fault(*fault),
            None => OutOfMemory.into(),
        }
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
