//! The error type of this crate.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use wasmote_decode::{DecodeError, MemoryError};
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use wasmote_runtime as runtime;
use wasmote_runtime::try_box;

use crate::backtrace::WasmBacktrace;
use crate::errors::{FuncError, TranslationError};
use crate::exception::Exception;
use crate::exit::I32Exit;
use crate::extern_type::ExternType;

/// The error of the embedder, of any type.
pub(crate) type BoxedError = Box<dyn core::error::Error + Send + Sync>;

/// Why an operation failed. This is the only error type of this crate; it has the size of a pointer.
///
/// It prints as one line that says what happened. A trap and an exception add a line for each frame of wasm that was
/// running; `{:#}` and `{:?}` do this for the error of a host function, too. If several imports are missing or of
/// another type, each of them has a line.
///
/// # Errors of host functions
///
/// A host function returns an error of any type that `Box<dyn Error + Send + Sync>` can be made of: a type of its own,
/// one of the standard library, a `Box<dyn Error + Send + Sync>`, an `anyhow::Error`, or this type. So `?` works in it.
/// All wasm code up to the host's call stops, and the call returns the error with its type:
///
/// ```
/// use wasmote::{Engine, Linker, Module, Store};
///
/// #[derive(PartialEq, Debug)]
/// struct Refused(i32);
///
/// impl std::fmt::Display for Refused {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         write!(f, "{} is refused", self.0)
///     }
/// }
///
/// impl std::error::Error for Refused {}
///
/// let engine = Engine::default();
/// let mut linker = Linker::<()>::new(&engine);
/// linker.func_wrap("host", "accept", |x: i32| if x < 10 { Ok(x) } else { Err(Refused(x)) })?;
/// let wasm = wat::parse_str(r#"(module
///     (import "host" "accept" (func $accept (param i32) (result i32)))
///     (func $run (export "run") (param i32) (result i32) (call $accept (local.get 0))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_typed_func::<i32, i32>(&store, "run")?;
///
/// let error = run.call(&mut store, 42).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Refused(42)));
/// assert_eq!(error.to_string(), "42 is refused");
/// // The functions of wasm that called the host function.
/// let frame = &error.backtrace().unwrap().frames()[0];
/// assert_eq!((frame.func_index(), frame.func_name()), (1, Some("run")));
/// // By value:
/// assert_eq!(error.downcast::<Refused>().unwrap(), Refused(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A function with several error types returns `Result<T, Box<dyn Error + Send + Sync>>`, or `anyhow::Result<T>`.
/// An error of this crate keeps its kind in them: a trap goes on as a trap. The feature `anyhow` keeps the type of what
/// an `anyhow::Error` was made of. Without it, only the types of the sources are kept.
///
/// Functions that return this type use `?` on errors of the standard library, and [`Error::host`] for all others. With
/// an `impl From<MyError> for wasmote::Error`, `?` also works on these.
///
/// # Traps and exits
///
/// ```
/// use wasmote::{Error, I32Exit, TrapCode};
///
/// // A host function returns these to trap, or to end the program.
/// let error = Error::from(TrapCode::UnreachableCodeReached);
/// assert_eq!(error.as_trap_code(), Some(TrapCode::UnreachableCodeReached));
/// let error = Error::from(I32Exit(3));
/// assert_eq!(error.i32_exit_status(), Some(3));
/// ```
pub struct Error {
    /// `None` stands for [`ErrorKind::OutOfMemory`]: there may be no memory for a box then.
    inner: Option<Box<Inner>>,
}

/// What happened, and where.
struct Inner {
    kind: ErrorKind,
    /// The frames of wasm that the error stopped. Exceptions have theirs in `kind`.
    backtrace: WasmBacktrace,
    /// What makes another error of one that suspends a call. Programs without such errors do not link it.
    unsuspend: Option<Unsuspend>,
}

/// Makes another error of one that suspends a call, when the call has ended.
pub(crate) type Unsuspend = fn(Error) -> Error;

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
    /// A valid module is refused.
    Translation(TranslationError),
    /// The module's code exceeds [`Config::max_code_size`](crate::Config::max_code_size) with this function.
    CodeLimit {
        /// The function's index; imports count.
        func: u32,
        /// The limit in bytes.
        limit: u64,
    },
    /// Imports are missing, or are of another type. Lists all of them, in order.
    Link(Vec<ImportProblem>),
    /// A valid module could not be instantiated.
    Instantiate(Cow<'static, str>),
    /// The types of a call are not those of the function.
    Func(FuncError),
    /// Wasm code trapped, for this reason.
    TrapCode(TrapCode),
    /// Wasm code or a host function threw an exception that nothing caught.
    Exception(Exception),
    /// The embedder's own error: see [`Error::host`].
    Host(Box<dyn core::error::Error + Send + Sync>),
    /// A host function gives way to an interruption: see [`Error::interrupted`].
    #[cfg(feature = "interrupt")]
    Interrupted,
    /// A host function ended the program with this exit status, as `proc_exit` of WASI does.
    Exit(I32Exit),
    /// The embedder used this crate wrongly, or made an error of a message with [`Error::new`].
    Usage(Cow<'static, str>),
    /// There was not enough memory for the operation, or for the error itself.
    OutOfMemory,
}

/// An import that could not be satisfied.
#[derive(Clone, Debug)]
pub struct ImportProblem {
    pub(crate) module: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) expected: ExternType,
    pub(crate) found: Option<ExternType>,
    /// The message, if a type refers to another one: only the engine knows that one.
    #[cfg(feature = "messages")]
    pub(crate) message: Option<Box<str>>,
}

impl ImportProblem {
    /// Returns the name of the imported module.
    #[must_use]
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Returns the name of the item in that module.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type that the module asks for.
    #[must_use]
    pub fn expected(&self) -> &ExternType {
        &self.expected
    }

    /// Returns the type of the item that was given, or `None` if there was none.
    #[must_use]
    pub fn found(&self) -> Option<&ExternType> {
        self.found.as_ref()
    }
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn of(kind: ErrorKind) -> Error {
        Error::of_parts(kind, WasmBacktrace::default(), None)
    }

    /// Makes an error of a message.
    #[cold]
    #[inline(never)]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Usage(message.into()))
    }

    /// Makes an error of the embedder's own error type, which [`Error::downcast_ref`] and [`Error::downcast`] return.
    ///
    /// An [`Error`], [`TrapCode`], [`Exception`] or [`I32Exit`] becomes an error of that kind, also in a box.
    pub fn host<E: Into<Box<dyn core::error::Error + Send + Sync>> + 'static>(error: E) -> Error {
        let mut error = Some(error);
        match Error::take(&mut error) {
            Some(error) => error,
            None => error.map_or_else(Error::out_of_memory, |error| Error::of_boxed(error.into())),
        }
    }

    /// Makes an error of a boxed one. Errors of this crate get their kind.
    #[cold]
    #[inline(never)]
    pub(crate) fn of_boxed(error: BoxedError) -> Error {
        let error = match error.downcast::<Error>() {
            Ok(error) => return *error,
            Err(error) => error,
        };
        let error = match error.downcast::<TrapCode>() {
            Ok(code) => return (*code).into(),
            Err(error) => error,
        };
        let error = match error.downcast::<I32Exit>() {
            Ok(exit) => return (*exit).into(),
            Err(error) => error,
        };
        match error.downcast::<Exception>() {
            Ok(exception) => (*exception).into(),
            Err(error) => Error::of(ErrorKind::Host(error)),
        }
    }

    /// Makes an error that ends the program with this exit status. A host function returns it to leave all running
    /// wasm code. The same as the error of an [`I32Exit`].
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn i32_exit(status: i32) -> Error {
        Error::of(ErrorKind::Exit(I32Exit(status)))
    }

    pub(crate) fn instantiate(message: impl Into<Cow<'static, str>>) -> Error {
        Error::of(ErrorKind::Instantiate(message.into()))
    }

    fn out_of_memory() -> Error {
        Error { inner: None }
    }

    /// Turns the runtime's error into one of this crate.
    #[cold]
    #[inline(never)]
    pub(crate) fn of_failure(failure: runtime::Failure) -> Error {
        use runtime::Fault as Other;
        let runtime::Failure { fault, backtrace } = failure;
        let backtrace = runtime::Backtrace::of_failure(backtrace);
        let mut error = Error::of(match fault {
            Other::Decode(error) => ErrorKind::Decode(error),
            #[cfg(feature = "validate")]
            Other::Validate(error) => ErrorKind::Validate(error),
            #[cfg(feature = "image")]
            Other::Image(error) => ErrorKind::Image(error),
            #[cfg(feature = "wasm")]
            Other::Translate { func, error } => ErrorKind::Translation(TranslationError::Function { func, error }),
            Other::CodeLimit { func, limit } => ErrorKind::CodeLimit { func, limit },
            Other::Imports => ErrorKind::Instantiate("the imports do not fit the module".into()),
            Other::Instantiate(message) => ErrorKind::Instantiate(message.into()),
            Other::Trap(code) => ErrorKind::TrapCode(code),
            // Only images that were modified have such references to what is no exception.
            Other::Exception { .. } => ErrorKind::TrapCode(TrapCode::Exception),
            Other::Usage(message) => ErrorKind::Usage(message.into()),
            // Only `stop` makes these, of the box of an error.
            Other::Host { error, .. } => {
                let mut error = Error { inner: error.downcast().ok() };
                error.add_frames(backtrace);
                return error;
            }
        });
        error.add_frames(backtrace);
        error
    }

    /// Adds the frames that the error has stopped, which are outside of those that it has.
    fn add_frames(&mut self, outer: runtime::Backtrace) {
        let Some(inner) = self.inner.as_deref_mut() else { return };
        match &mut inner.kind {
            ErrorKind::Exception(exception) => exception.backtrace_mut(),
            _ => &mut inner.backtrace,
        }
        .append(outer);
    }

    /// Stores the error while wasm code is left, for the host's call to return it.
    pub(crate) fn stop(self, store: &mut runtime::Store) -> TrapCode {
        match self.inner {
            // An exit is no failure, so nobody asks where it happened.
            Some(inner) => {
                let traced = !matches!(inner.kind, ErrorKind::Exit(_));
                store.stop(inner, traced)
            }
            None => store.stop_without_memory(),
        }
    }

    /// Turns an error of the embedder's into one that the runtime passes on. [`Error::of_failure`] returns it unchanged.
    #[cfg(feature = "limits")]
    #[cold]
    pub(crate) fn into_host(self) -> runtime::Error {
        match self.inner {
            Some(inner) => runtime::Error::of_host(inner),
            None => OutOfMemory.into(),
        }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        self.inner.as_deref().map_or(&ErrorKind::OutOfMemory, |inner| &inner.kind)
    }

    /// Takes the error apart: its kind, the frames of kinds that have none of their own, and what it is when it no
    /// longer suspends a call.
    pub(crate) fn into_parts(self) -> (ErrorKind, WasmBacktrace, Option<Unsuspend>) {
        match self.inner {
            Some(inner) => (inner.kind, inner.backtrace, inner.unsuspend),
            None => (ErrorKind::OutOfMemory, WasmBacktrace::default(), None),
        }
    }

    /// Returns what makes another error of this one, if it suspends a call.
    pub(crate) fn unsuspend(&self) -> Option<Unsuspend> {
        self.inner.as_deref()?.unsuspend
    }

    /// Makes the error suspend a call. Does nothing if there was no memory for it.
    pub(crate) fn suspending(mut self, unsuspend: Unsuspend) -> Error {
        if let Some(inner) = self.inner.as_deref_mut() {
            inner.unsuspend = Some(unsuspend);
        }
        self
    }

    /// Undoes [`Error::into_parts`].
    pub(crate) fn of_parts(kind: ErrorKind, backtrace: WasmBacktrace, unsuspend: Option<Unsuspend>) -> Error {
        Error { inner: try_box(Inner { kind, backtrace, unsuspend }).ok() }
    }

    /// Returns the embedder's error, mutably.
    pub(crate) fn host_mut(&mut self) -> Option<&mut (dyn core::error::Error + Send + Sync + 'static)> {
        match &mut self.inner.as_deref_mut()?.kind {
            ErrorKind::Host(error) => Some(&mut **error),
            _ => None,
        }
    }

    /// Returns the functions of wasm that the error stopped. `None` if it stopped none, or if it is an exit.
    ///
    /// An error that passes several calls of the host, each called by wasm, has the frames of all of them.
    #[must_use]
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        let inner = self.inner.as_deref()?;
        let backtrace = match &inner.kind {
            ErrorKind::Exception(exception) => exception.backtrace(),
            _ => &inner.backtrace,
        };
        (!backtrace.frames().is_empty()).then_some(backtrace)
    }

    /// Returns the innermost cause: a [`TrapCode`], [`I32Exit`] or [`Exception`], the last source of the embedder's error,
    /// or this error itself.
    #[must_use]
    pub fn root_cause(&self) -> &(dyn core::error::Error + 'static) {
        let mut cause: &(dyn core::error::Error + 'static) = match self.kind() {
            ErrorKind::TrapCode(code) => code,
            ErrorKind::Exit(exit) => exit,
            ErrorKind::Exception(exception) => exception,
            ErrorKind::Host(error) => &**error,
            _ => return self,
        };
        while let Some(source) = cause.source() {
            cause = source;
        }
        cause
    }

    /// Returns the exit status, if a host function ended the program.
    #[must_use]
    pub fn i32_exit_status(&self) -> Option<i32> {
        self.as_exit().map(|exit| exit.0)
    }

    fn as_exit(&self) -> Option<&I32Exit> {
        match self.kind() {
            ErrorKind::Exit(exit) => Some(exit),
            _ => self.in_host_error(&|error| error.as_exit()),
        }
    }

    /// Returns the reason, if wasm code trapped.
    #[must_use]
    pub fn as_trap_code(&self) -> Option<TrapCode> {
        match self.kind() {
            ErrorKind::TrapCode(code) => Some(*code),
            _ => self.in_host_error(&|error| error.trap_code()).copied(),
        }
    }

    fn trap_code(&self) -> Option<&TrapCode> {
        match self.kind() {
            ErrorKind::TrapCode(code) => Some(code),
            _ => self.in_host_error(&|error| error.trap_code()),
        }
    }

    /// Returns the exception, if the error is one that nothing caught.
    #[must_use]
    pub fn as_exception(&self) -> Option<&Exception> {
        match self.kind() {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }
}

impl From<MemoryError> for Error {
    #[cold]
    fn from(_: MemoryError) -> Error {
        Error::new("the memory type is not valid")
    }
}

// An internal type: hidden, so that no one counts on it.
#[doc(hidden)]
impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Error {
        Error::out_of_memory()
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Error {
        runtime::Error::from(error).into()
    }
}

// As above.
#[doc(hidden)]
impl From<runtime::Error> for Error {
    #[cold]
    #[inline(never)]
    fn from(error: runtime::Error) -> Error {
        match error.into_failure() {
            Some(failure) => Error::of_failure(*failure),
            None => Error::out_of_memory(),
        }
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
        Error::of(ErrorKind::TrapCode(code))
    }
}

/// Lets host functions end the program with `?` or `into()`.
impl From<I32Exit> for Error {
    fn from(exit: I32Exit) -> Error {
        Error::i32_exit(exit.0)
    }
}

/// Keeps the error's type: see [`Error::host`].
impl From<Box<dyn core::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn core::error::Error + Send + Sync>) -> Error {
        Error::of_boxed(error)
    }
}

/// Lets host functions use `?` on errors of the standard library.
macro_rules! host_errors {
    ($($(#[$attribute:meta])* $error:ty;)*) => { $(
        $(#[$attribute])*
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::host(error)
            }
        }
    )* };
}

host_errors! {
    fmt::Error;
    core::array::TryFromSliceError;
    core::char::CharTryFromError;
    core::char::ParseCharError;
    core::num::ParseFloatError;
    core::num::ParseIntError;
    core::num::TryFromIntError;
    core::str::ParseBoolError;
    core::str::Utf8Error;
    alloc::collections::TryReserveError;
    alloc::string::FromUtf8Error;
    #[cfg(feature = "std")]
    std::io::Error;
}

/// The source of a host function's error is that of the error that it returned.
impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Host(error) => error.source(),
            _ => None,
        }
    }
}

/// As `{:#}`: the message, and a line for each frame.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}
