//! The files that the conformance run skips, with the reasons.

/// A file that needs what this build lacks.
pub struct Exception {
    /// The file, or the beginning of its path and an asterisk.
    pub file: &'static str,
    /// What is missing.
    pub reason: &'static str,
}

impl Exception {
    /// Whether the entry matches this file.
    pub fn matches(&self, path: &str) -> bool {
        match self.file.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.file,
        }
    }
}

/// The first matching entry counts.
pub const EXCEPTIONS: &[Exception] = &[];
