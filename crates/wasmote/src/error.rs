//! The error type of this crate.

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

/// Why an operation failed. This is the only error type of this crate; it has the size of a pointer.
///
/// It prints as one line that says what happened. A trap adds a line for each frame of its backtrace.
/// If several imports are missing or of another type, each of them has a line.
///
/// ```
/// use wasmote::Error;
///
/// let error = Error::new("the answer is missing");
/// assert_eq!(error.to_string(), "the answer is missing");
/// assert_eq!(Error::exit(3).exit_code(), Some(3));
/// ```
pub struct Error {
    /// `None` stands for [`ErrorKind::OutOfMemory`]: there may be no memory for a box then.
    kind: Option<Box<ErrorKind>>,
}

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a module, or the module needs a feature that this build lacks.
    Decode(DecodeError),
    /// The module is not valid.
    #[cfg(feature = "validate")]
    Validate(wasmote_validate::ValidateError),
    /// The bytes are not an image, or this build can't run it. A function's first call reports this, too, if its
    /// code is invalid.
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
    /// The module's code exceeds [`Config::max_code_size`](crate::Config::max_code_size) with this function.
    CodeLimit {
        /// The function's index; imports count.
        func: u32,
        /// The limit in bytes.
        limit: u64,
    },
    /// Imports are missing, or are of another type. Lists all of them, in order.
    Link(Box<[ImportProblem]>),
    /// A valid module could not be instantiated.
    Instantiate(Cow<'static, str>),
    /// Wasm code trapped.
    Trap(Trap),
    /// Wasm code or a host function threw an exception that nothing caught.
    Exception(Exception),
    /// The embedder's own error: see [`Error::host`].
    Host(Box<dyn core::error::Error + Send + Sync>),
    /// A host function ended the program with this exit code, as `proc_exit` of WASI does.
    Exit(i32),
    /// A host function gives way to an interruption: see [`Error::interrupted`].
    #[cfg(feature = "interrupt")]
    Interrupted,
    /// The embedder used this crate wrongly, or made an error of a message with [`Error::new`].
    Usage(Cow<'static, str>),
    /// There was not enough memory for the operation, or for the error itself.
    OutOfMemory,
}

/// An import that could not be satisfied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportProblem {
    /// The name of the imported module.
    pub module: Box<str>,
    /// The name of the item in that module.
    pub name: Box<str>,
    /// The type that the module asks for.
    pub expected: ExternType,
    /// The type of the item that was given, or `None` if there was none.
    pub found: Option<ExternType>,
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn of(kind: ErrorKind) -> Error {
        Error { kind: try_box(kind).ok() }
    }

    /// Makes an error of a message.
    #[cold]
    #[inline(never)]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Usage(message.into()))
    }

    /// Makes an error of the embedder's own error type. [`Error::downcast_ref`] returns it.
    #[cold]
    #[inline(never)]
    pub fn host(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Error {
        Error::of(ErrorKind::Host(error.into()))
    }

    /// Makes an error that ends the program with this exit code. A host function returns it to leave all running
    /// wasm code.
    #[cold]
    #[inline(never)]
    pub fn exit(code: i32) -> Error {
        Error::of(ErrorKind::Exit(code))
    }

    pub(crate) fn instantiate(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Instantiate(message.into()))
    }

    /// Turns the runtime's error into one of this crate.
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
            Other::Imports => ErrorKind::Instantiate("the imports do not fit the module".into()),
            Other::Instantiate(message) => ErrorKind::Instantiate(message.into()),
            Other::Trap(trap) | Other::Exception { trap, .. } => ErrorKind::Trap(trap),
            Other::Usage(message) => ErrorKind::Usage(message.into()),
            // Only `stop` makes these, of the box of an `ErrorKind`.
            Other::Host(error) => return Error { kind: error.downcast().ok() },
        })
    }

    /// Stores the error while wasm code is left, for the host's call to return it.
    pub(crate) fn stop(self, store: &mut runtime::Store) -> TrapCode {
        match self.kind {
            Some(kind) => store.stop(kind),
            None => store.stop_without_memory(),
        }
    }

    /// Turns an error of the embedder's into one that the runtime passes on. [`Error::of_fault`] returns it unchanged.
    #[cfg(feature = "limits")]
    #[cold]
    pub(crate) fn into_host(self) -> runtime::Error {
        match self.kind {
            Some(kind) => runtime::Error::of_host(kind),
            None => OutOfMemory.into(),
        }
    }

    /// Returns the embedder's error, if it is of the type `E`; otherwise the error as it is.
    pub(crate) fn downcast_boxed<E: core::error::Error + 'static>(self) -> Result<Box<E>, Error> {
        match self.kind.map(|kind| *kind) {
            Some(ErrorKind::Host(error)) => error.downcast().map_err(Error::host),
            Some(kind) => Err(Error::of(kind)),
            None => Err(OutOfMemory.into()),
        }
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        self.kind.as_deref().unwrap_or(&ErrorKind::OutOfMemory)
    }

    /// Returns the exit code, if a host function ended the program.
    pub fn exit_code(&self) -> Option<i32> {
        match *self.kind() {
            ErrorKind::Exit(code) => Some(code),
            _ => None,
        }
    }

    /// Returns the trap, if wasm code trapped.
    pub fn as_trap(&self) -> Option<&Trap> {
        match self.kind() {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// Returns the exception, if the error is one that nothing caught.
    pub fn as_exception(&self) -> Option<&Exception> {
        match self.kind() {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// Returns the embedder's error, if it is of the type `E`.
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
