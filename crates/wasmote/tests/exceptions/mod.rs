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

const fn file(file: &'static str, reason: &'static str) -> Exception {
    Exception { file, reason }
}

const DESCRIPTORS: &str = "custom descriptors (garbage collection)";

/// The first matching entry counts.
pub const EXCEPTIONS: &[Exception] = &[
    file("testsuite/proposals/custom-descriptors/array_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/binary-descriptors.wast", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/br_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/descriptors.wast", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/exact*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/ref_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/struct_*", DESCRIPTORS),
];
