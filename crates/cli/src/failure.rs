//! Errors of the command: the message and the exit status.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Display, Write};
use core::str::from_utf8;

use wasmote::{Error, ErrorKind, ExternType, ImportProblem};
use wasmote_decode::DecodeErrorKind;
use wasmote_rt::Stream;

use crate::features::{self, built};
use crate::plural::Plural;
use crate::terminal::has_colors;

/// The exit status after a trap, as after `abort`.
pub const EXIT_TRAP: i32 = 134;
/// The exit status when a module can't be loaded.
const EXIT_LOAD_ERROR: i32 = 1;
/// The exit status for a wrong command line.
const EXIT_USAGE: i32 = 2;

type MissingFeatures = fn(&[u8]) -> Vec<&'static str>;

/// Lists the features that a module needs and this build lacks.
const MISSING_FEATURES: Option<MissingFeatures> = built!("validate", crate::validate::missing_features);

/// Returns a path or argument as text. Bytes that are not UTF-8 are replaced. (`from_utf8_lossy` has four times the code.)
#[inline(never)]
pub fn shown(bytes: &[u8]) -> Cow<'_, str> {
    let mut text = String::new();
    let mut rest = bytes;
    loop {
        match from_utf8(rest) {
            Ok(valid) if text.is_empty() => return Cow::Borrowed(valid),
            Ok(valid) => return Cow::Owned(text + valid),
            Err(error) => {
                let (valid, wrong) = rest.split_at(error.valid_up_to());
                text += from_utf8(valid).unwrap_or_default();
                text.push(char::REPLACEMENT_CHARACTER);
                rest = &wrong[error.error_len().unwrap_or(wrong.len())..];
            }
        }
    }
}

/// A message for standard error, and the exit status.
pub struct CliError {
    pub status: i32,
    message: String,
}

impl CliError {
    /// Returns the error for a wrong command line.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError { status: EXIT_USAGE, message: message.into() }
    }

    /// Returns the error for a file that cannot be used.
    pub fn load(file: &[u8], message: impl Display) -> CliError {
        CliError::of_message(file, &message)
    }

    // Not generic, since messages are of many types.
    #[cold]
    #[inline(never)]
    fn of_message(file: &[u8], message: &dyn Display) -> CliError {
        CliError { status: EXIT_LOAD_ERROR, message: format!("{}: {message}", shown(file)) }
    }

    /// Returns the error for a malformed module.
    pub fn malformed(file: &[u8], error: impl Display) -> CliError {
        CliError::load(file, format_args!("malformed module: {error}: the file is damaged or cut off, build it again"))
    }

    /// Returns the error for an error of the library.
    pub fn of(file: &[u8], wasm: &[u8], error: &Error) -> CliError {
        match error.kind() {
            ErrorKind::Exit(exit) => CliError { status: exit.0, message: String::new() },
            ErrorKind::Exception(exception) => CliError { status: EXIT_TRAP, ..CliError::load(file, exception) },
            ErrorKind::TrapCode(_) => CliError { status: EXIT_TRAP, ..CliError::load(file, error) },
            ErrorKind::Decode(error) if features::WASM.is_built => match &error.kind {
                DecodeErrorKind::Malformed(_) => CliError::malformed(file, error),
                DecodeErrorKind::Unsupported(_) => CliError::unsupported(file, wasm, error.offset)
                    .unwrap_or_else(|| CliError::load(file, format_args!("{error}; {UNSUPPORTED}"))),
                _ => CliError::load(file, error),
            },
            #[cfg(feature = "validate")]
            ErrorKind::Validate(error) => CliError::unsupported(file, wasm, error.offset)
                .unwrap_or_else(|| CliError::load(file, crate::validate::invalid(wasm, error))),
            ErrorKind::Link(problems) => {
                let count = Plural(problems.len(), "import");
                let mut message = format!("{count} cannot be satisfied: {PROVIDED}");
                for problem in problems {
                    let _ = write!(message, "\n  {problem}");
                }
                if let Some(hint) = THREADS_HINT
                    && problems.iter().any(is_for_threads)
                {
                    message += hint;
                }
                CliError::load(file, message)
            }
            _ => CliError::load(file, format_args!("{error:#}")),
        }
    }

    /// Returns the error for a module that needs features this build lacks, naming them all. Returns `None` if it needs
    /// none.
    fn unsupported(file: &[u8], wasm: &[u8], offset: usize) -> Option<CliError> {
        let missing = MISSING_FEATURES?(wasm);
        if missing.is_empty() {
            return None;
        }
        let missing = missing.join(", ");
        Some(CliError::load(file, format_args!("the module needs {missing} (at offset {offset:#x}); {UNSUPPORTED}")))
    }

    /// Adds to the first line why the guest was interrupted, and sets the exit status.
    pub fn interrupted(mut self, reason: &str, status: i32) -> CliError {
        let end = self.message.find('\n').unwrap_or(self.message.len());
        self.message.insert_str(end, &format!(" {reason}"));
        CliError { status, ..self }
    }

    /// Returns this error, after one that the run ended with is printed.
    pub fn after(self, run: Result<i32, CliError>) -> CliError {
        if let Err(error) = run {
            error.print();
        }
        self
    }

    pub fn print(&self) {
        if !self.message.is_empty() {
            let name = if has_colors() { "\x1b[1;31mwasmote:\x1b[0m" } else { "wasmote:" };
            // Without standard error, the message has nowhere to go.
            let _ = Stream::Error.write(format!("{name} {}\n", self.message).as_bytes());
        }
    }
}

const UNSUPPORTED: &str = "this build of wasmote lacks that: compile the module without it";

const PROVIDED: &str = if features::WASI.is_built && !features::LINKING.is_built {
    "this command provides only WASI preview 1, and was built without the feature `linking`"
} else if features::WASI.is_built {
    "this command provides only WASI preview 1, for other imports use `--preload NAME=FILE`, `--stub-missing`, or embed the module in a program"
} else {
    "this wasmote was built without the feature `wasi` and provides none"
};

/// Follows the imports that only a run with threads provides.
const THREADS_HINT: Option<&str> =
    built!("wasi-threads", "\nthe program is made for threads: run it with the option `--threads`");

/// Whether the option `--threads` would provide an import: a shared memory, or the function that starts a thread.
fn is_for_threads(problem: &ImportProblem) -> bool {
    match problem.expected() {
        ExternType::Memory(ty) => ty.is_shared(),
        _ => problem.module() == "wasi" && problem.name() == "thread-spawn",
    }
}

/// Standard output cannot be written. If its reader has closed the pipe, that is no failure.
impl From<wasmote_rt::Error> for CliError {
    fn from(error: wasmote_rt::Error) -> CliError {
        if error.is_broken_pipe() {
            return CliError { status: 0, message: String::new() };
        }
        CliError { status: EXIT_LOAD_ERROR, message: format!("cannot write to standard output: {error}") }
    }
}

#[cfg(test)]
mod tests {
    use wasmote_test_support::Random;

    use super::*;

    #[test]
    fn texts_are_shown_as_core_shows_them() {
        let mut random = Random::new(1);
        let alphabet = [b'a', 0x7f, 0x80, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff];
        for _ in 0..10_000 {
            let len = random.next_u64() % 12;
            let bytes: Vec<u8> = (0..len).map(|_| alphabet[random.next_u64() as usize % alphabet.len()]).collect();
            assert_eq!(shown(&bytes), String::from_utf8_lossy(&bytes), "{bytes:x?}");
        }
    }
}
