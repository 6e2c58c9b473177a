//! What the conformance run leaves out, and why.

/// A file, or some of its directives, that need what this build does not have.
pub struct Exception {
    /// The file, or the beginning of its path and an asterisk.
    pub file: &'static str,
    /// The lines of the directives that fail; none if the file is left out whole.
    pub lines: &'static [u32],
    /// What is missing.
    pub reason: &'static str,
}

impl Exception {
    /// Whether this is about that file.
    pub fn matches(&self, path: &str) -> bool {
        match self.file.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.file,
        }
    }
}

const fn file(file: &'static str, reason: &'static str) -> Exception {
    Exception { file, lines: &[], reason }
}

const fn lines(file: &'static str, lines: &'static [u32], reason: &'static str) -> Exception {
    Exception { file, lines, reason }
}

const DESCRIPTORS: &str = "custom descriptors (garbage collection)";
const GC: &str = "garbage collection";

/// The first entry that names a file counts.
pub const EXCEPTIONS: &[Exception] = &[
    file("testsuite/proposals/threads/*", "threads"),
    file("testsuite/proposals/custom-descriptors/array_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/binary-descriptors.wast", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/br_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/descriptors.wast", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/exact*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/ref_*", DESCRIPTORS),
    file("testsuite/proposals/custom-descriptors/struct_*", DESCRIPTORS),
    file("testsuite/array.wast", GC),
    file("testsuite/array_copy.wast", GC),
    file("testsuite/array_fill.wast", GC),
    file("testsuite/array_init_data.wast", GC),
    file("testsuite/array_init_elem.wast", GC),
    file("testsuite/array_new_data.wast", GC),
    file("testsuite/array_new_elem.wast", GC),
    file("testsuite/br_on_cast.wast", GC),
    file("testsuite/br_on_cast_fail.wast", GC),
    file("testsuite/extern.wast", GC),
    file("testsuite/i31.wast", GC),
    file("testsuite/ref_cast.wast", GC),
    file("testsuite/ref_eq.wast", GC),
    file("testsuite/ref_null.wast", GC),
    file("testsuite/ref_test.wast", GC),
    file("testsuite/struct.wast", GC),
    file("testsuite/type-subtyping.wast", GC),
    lines("testsuite/table_init.wast", &[2272, 2286], GC),
    lines("testsuite/table_init64.wast", &[2457, 2471], GC),
];
