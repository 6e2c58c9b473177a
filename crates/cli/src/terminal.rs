//! What only a terminal gets: colours, and the progress of long work.

use core::fmt::Arguments;

use alloc::format;
use wasmote_rt::Stream;

/// Whether errors are printed in colours: on a terminal, unless `NO_COLOR` has a value (https://no-color.org).
pub fn has_colors() -> bool {
    let refused = |variable: &[u8]| variable.strip_prefix(b"NO_COLOR=").is_some_and(|value| !value.is_empty());
    Stream::Error.is_terminal() && !wasmote_rt::environment().any(refused)
}

/// Shows on standard error how far long work is, if that is a terminal.
#[cfg(any(feature = "compile", feature = "script"))]
pub struct Progress {
    is_shown: bool,
}

#[cfg(any(feature = "compile", feature = "script"))]
impl Progress {
    /// Begins. Nothing is shown unless the work `is_long`.
    pub fn new(is_long: bool) -> Progress {
        Progress { is_shown: is_long && Stream::Error.is_terminal() }
    }

    /// Replaces the line that is shown.
    pub fn show(&self, line: Arguments<'_>) {
        if self.is_shown {
            // Nobody misses it.
            let _ = Stream::Error.write(format!("\r\x1b[K{line}").as_bytes());
        }
    }

    /// Removes the line, for other output.
    pub fn clear(&self) {
        self.show(format_args!(""));
    }
}
