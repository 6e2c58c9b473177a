//! The parts of errors, where wasmi has them.

use core::fmt;

pub use crate::error::ErrorKind;
pub use wasmote_decode::MemoryError;

/// How the types of a call differ from those of the function: see [`ErrorKind::Func`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FuncError {
    /// A parameter is of another type.
    MismatchingParameterType,
    /// The function has another number of parameters.
    MismatchingParameterLen,
    /// A result is of another type.
    MismatchingResultType,
    /// The function has another number of results.
    MismatchingResultLen,
}

impl fmt::Display for FuncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FuncError::MismatchingParameterType => "a parameter of the function is of another type",
            FuncError::MismatchingParameterLen => "the function has another number of parameters",
            FuncError::MismatchingResultType => "a result of the function is of another type",
            FuncError::MismatchingResultLen => "the function has another number of results",
        })
    }
}

impl core::error::Error for FuncError {}

/// Why a valid module is refused: see [`ErrorKind::Translation`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TranslationError {
    /// The translator's limits do not allow a function.
    #[cfg(feature = "wasm")]
    Function {
        /// The function's index; imports count.
        func: u32,
        /// Which limit, and where.
        error: wasmote_translate::TranslateError,
    },
    /// The module has a start function, and [`Config::allow_start_fn`](crate::Config::allow_start_fn) is off.
    StartFunction,
}

/// Makes an [`Error`](crate::Error) of a formatted message.
#[macro_export]
macro_rules! format_err {
    ($($arguments:tt)+) => {
        $crate::Error::new($crate::errors::format!($($arguments)+))
    };
}

/// Returns an [`Error`](crate::Error) of a formatted message from the function.
#[macro_export]
macro_rules! bail {
    ($($arguments:tt)+) => {
        return ::core::result::Result::Err($crate::format_err!($($arguments)+))
    };
}

/// Returns an [`Error`](crate::Error) from the function unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($arguments:tt)+) => {
        if !$condition {
            $crate::bail!($($arguments)+)
        }
    };
}

#[doc(hidden)]
pub use alloc::format;

/// The errors of host functions, in programs that were written for wasmi. This crate takes any error; see
/// [`Error::host`](crate::Error::host).
pub trait HostError: core::error::Error + Send + Sync + 'static {}
