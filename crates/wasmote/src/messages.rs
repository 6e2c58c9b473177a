//! The messages of errors. Without the feature `messages`, most errors print as numbers.

use core::fmt;

use wasmote_ir::TrapCode;

use crate::error::{Error, ErrorKind};

#[cfg(feature = "messages")]
mod text {
    use core::fmt;

    use wasmote_decode::{DecodeError, DecodeErrorKind};
    use wasmote_ir::fallible::OutOfMemory;

    use super::{write_all, write_trap};
    use crate::error::{Error, ErrorKind, ImportProblem};
    use crate::errors::TranslationError;
    use crate::type_text::{write_name, write_problem};

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if f.alternate() {
                return write_all(self, f);
            }
            match self.kind() {
                ErrorKind::Decode(error) => display_decode(error, f),
                #[cfg(feature = "validate")]
                ErrorKind::Validate(error) => write!(f, "invalid module: {error}"),
                #[cfg(feature = "image")]
                ErrorKind::Image(error) => {
                    write!(f, "{} (at offset {:#x})", error.kind.message(), error.offset as usize)
                }
                ErrorKind::Translation(TranslationError::StartFunction) => {
                    f.write_str("configuration disallows start functions but found one")
                }
                #[cfg(feature = "wasm")]
                ErrorKind::Translation(TranslationError::Function { func, error }) => {
                    let (reason, offset) = (error.kind.message(), error.offset);
                    write!(f, "cannot translate function {func}: {reason} (at offset {offset:#x})")
                }
                ErrorKind::CodeLimit { func, limit } => {
                    let func = u64::from(*func);
                    write!(f, "the module's code exceeds the limit of {limit} bytes with function {func}")
                }
                ErrorKind::Link(problems) => display_link(problems, f),
                ErrorKind::Func(error) => fmt::Display::fmt(error, f),
                ErrorKind::Instantiate(message) => write!(f, "cannot instantiate: {message}"),
                ErrorKind::TrapCode(code) => write_trap(*code, self, f),
                ErrorKind::Exception(exception) => fmt::Display::fmt(exception, f),
                ErrorKind::Host(error) => fmt::Display::fmt(error, f),
                #[cfg(feature = "interrupt")]
                ErrorKind::Interrupted => f.write_str("interrupted"),
                ErrorKind::Exit(exit) => fmt::Display::fmt(exit, f),
                ErrorKind::Usage(message) => f.write_str(message),
                ErrorKind::OutOfMemory => fmt::Display::fmt(&OutOfMemory, f),
            }
        }
    }

    fn display_decode(error: &DecodeError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match error.kind {
            DecodeErrorKind::Malformed(_) => "malformed module: ",
            DecodeErrorKind::Unsupported(_) => "unsupported module: ",
            _ => "",
        })?;
        fmt::Display::fmt(error, f)
    }

    /// One problem is a single line. Several follow a line with their count, one on each line.
    fn display_link(problems: &[ImportProblem], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = problems {
            return fmt::Display::fmt(problem, f);
        }
        write!(f, "{} imports cannot be satisfied:", problems.len())?;
        for problem in problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }

    impl fmt::Display for ImportProblem {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match &self.message {
                Some(message) => f.write_str(message),
                None => write_problem(self, f, &write_name),
            }
        }
    }
}

#[cfg(not(feature = "messages"))]
mod numbers {
    use core::fmt;

    use wasmote_ir::fallible::OutOfMemory;

    use super::{write_all, write_trap};
    use crate::error::{Error, ErrorKind};
    use crate::errors::TranslationError;

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if f.alternate() {
                return write_all(self, f);
            }
            let (number, detail) = match self.kind() {
                ErrorKind::Host(error) => return fmt::Display::fmt(error, f),
                ErrorKind::TrapCode(code) => return write_trap(*code, self, f),
                ErrorKind::Exception(exception) => return fmt::Display::fmt(exception, f),
                ErrorKind::Instantiate(message) | ErrorKind::Usage(message) => return f.write_str(message),
                ErrorKind::Decode(error) => (1, error.offset as u64),
                #[cfg(feature = "validate")]
                ErrorKind::Validate(error) => (2, error.offset as u64),
                ErrorKind::Translation(TranslationError::StartFunction) => (10, 0),
                #[cfg(feature = "wasm")]
                ErrorKind::Translation(TranslationError::Function { error, .. }) => (3, u64::from(error.offset)),
                #[cfg(feature = "image")]
                ErrorKind::Image(error) => (6, u64::from(error.offset)),
                ErrorKind::Func(error) => (9, *error as u64),
                ErrorKind::CodeLimit { func, .. } => (7, u64::from(*func)),
                ErrorKind::Link(problems) => (4, problems.len() as u64),
                #[cfg(feature = "interrupt")]
                ErrorKind::Interrupted => (8, 0),
                ErrorKind::Exit(exit) => (5, u64::from(exit.0 as u32)),
                ErrorKind::OutOfMemory => return fmt::Display::fmt(&OutOfMemory, f),
            };
            write!(f, "wasmote error {number} ({detail:#x})")
        }
    }
}

/// Writes a trap and its frames, a line for each.
fn write_trap(code: TrapCode, error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("wasm trap: ")?;
    f.write_str(code.message())?;
    error.backtrace().map_or(Ok(()), |backtrace| backtrace.write_lines(f))
}

/// Writes an error and its frames, a line for each. Traps and exceptions print theirs always.
fn write_all(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    match (error.kind(), error.backtrace()) {
        (ErrorKind::TrapCode(_) | ErrorKind::Exception(_), _) | (_, None) => Ok(()),
        (_, Some(backtrace)) => backtrace.write_lines(f),
    }
}

/// Formats a message. Without the feature `messages`, it is only the fixed text at the beginning.
#[cfg(feature = "messages")]
macro_rules! message {
    ($fixed:literal $(, $($rest:tt)*)?) => {
        $crate::messages::joined($fixed, format_args!(concat!($fixed, "{}"), format_args!($($($rest)*)?)))
    };
}

/// Returns the whole message, or only its fixed text if there is not enough memory.
#[cfg(feature = "messages")]
#[cold]
#[inline(never)]
pub(crate) fn joined(fixed: &'static str, all: core::fmt::Arguments<'_>) -> alloc::borrow::Cow<'static, str> {
    use alloc::borrow::Cow;
    wasmote_ir::fallible::try_format(all).map_or(Cow::Borrowed(fixed), Cow::Owned)
}
#[cfg(not(feature = "messages"))]
macro_rules! message {
    ($fixed:literal $(, $($rest:tt)*)?) => {
        $fixed
    };
}
pub(crate) use message;
