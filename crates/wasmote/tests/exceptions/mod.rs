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

const EXCEPTION_HANDLING: &str = "exception handling";
const DESCRIPTORS: &str = "custom descriptors (garbage collection)";
const GC: &str = "garbage collection";
const SIMD: &str = "SIMD";
const TYPED: &str = "typed function references";
const OWN_GLOBALS: &str = "the module's own globals in constant expressions (garbage collection)";

/// The first entry that names a file counts.
pub const EXCEPTIONS: &[Exception] = &[
    file("memory64/simd_address.wast", SIMD),
    file("testsuite/simd_*", SIMD),
    file("testsuite/relaxed_*", SIMD),
    file("testsuite/legacy/*", EXCEPTION_HANDLING),
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
    file("testsuite/br_on_non_null.wast", TYPED),
    file("testsuite/br_on_null.wast", TYPED),
    file("testsuite/br_table.wast", TYPED),
    file("testsuite/call_ref.wast", TYPED),
    file("testsuite/extern.wast", GC),
    file("testsuite/i16x8_relaxed_q15mulr_s.wast", SIMD),
    file("testsuite/i31.wast", GC),
    file("testsuite/i32x4_relaxed_trunc.wast", SIMD),
    file("testsuite/i8x16_relaxed_swizzle.wast", SIMD),
    file("testsuite/instance.wast", EXCEPTION_HANDLING),
    file("testsuite/local_init.wast", TYPED),
    file("testsuite/ref_as_non_null.wast", TYPED),
    file("testsuite/ref_cast.wast", GC),
    file("testsuite/ref_eq.wast", GC),
    file("testsuite/ref_is_null.wast", TYPED),
    file("testsuite/ref_null.wast", GC),
    file("testsuite/ref_test.wast", GC),
    file("testsuite/return_call_ref.wast", TYPED),
    file("testsuite/struct.wast", GC),
    file("testsuite/tag.wast", EXCEPTION_HANDLING),
    file("testsuite/throw.wast", EXCEPTION_HANDLING),
    file("testsuite/throw_ref.wast", EXCEPTION_HANDLING),
    file("testsuite/try_table.wast", EXCEPTION_HANDLING),
    file("testsuite/type-canon.wast", GC),
    file("testsuite/type-equivalence.wast", GC),
    file("testsuite/type-rec.wast", GC),
    file("testsuite/type-subtyping.wast", GC),
    file("testsuite/unreached-valid.wast", TYPED),
    lines("testsuite/custom/name_annot.wast", &[34], EXCEPTION_HANDLING),
    lines("testsuite/data.wast", &[89, 90], OWN_GLOBALS),
    lines(
        "testsuite/elem.wast",
        &[87, 178, 182, 315, 448, 453, 465, 470, 482, 487, 499, 504, 539, 544, 556, 561, 573, 578],
        "typed function references, and the module's own globals in constant expressions (garbage collection)",
    ),
    lines(
        "testsuite/global.wast",
        &[373, 374, 634, 659, 660, 661, 663, 664],
        "initialisers of tables (typed function references), and own globals in constant expressions",
    ),
    lines(
        "testsuite/imports.wast",
        &[3, 19, 35, 97, 98, 128, 129, 130, 131, 132, 133, 134, 239, 243, 247, 251, 255, 291, 292, 293],
        EXCEPTION_HANDLING,
    ),
    lines(
        "testsuite/linking.wast",
        &[
            96, 110, 112, 137, 141, 145, 150, 154, 158, 163, 167, 171, 175, 198, 202, 206, 210, 215, 219, 223, 227,
            232, 236, 240, 244, 426, 432, 434, 450, 454,
        ],
        TYPED,
    ),
    lines("testsuite/ref.wast", &[3], TYPED),
    lines("testsuite/table-sub.wast", &[1], TYPED),
    lines("testsuite/table.wast", &[14, 19, 20, 21, 86, 91, 93, 112, 113, 114, 115, 116], TYPED),
    lines("testsuite/table_init.wast", &[2272, 2286], GC),
    lines("testsuite/table_init64.wast", &[2457, 2471], GC),
];
