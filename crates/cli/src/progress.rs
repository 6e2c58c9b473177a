//! The progress of long work.

use alloc::format;
use core::fmt::Arguments;

use wasmote_rt::Stream;

/// Shows on standard error how far long work is, if that is a terminal.
pub struct Progress {
    is_shown: bool,
}

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
