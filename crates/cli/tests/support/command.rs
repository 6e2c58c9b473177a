//! The program that tests of guests run.

use std::ffi::OsString;

/// Returns the program that the environment names in `WASMOTE_TEST_COMMAND`, such as that of a release, else the one
/// that cargo built with the test. It must have the features of the test.
pub fn program() -> OsString {
    std::env::var_os("WASMOTE_TEST_COMMAND").unwrap_or_else(|| env!("CARGO_BIN_EXE_wasmote").into())
}
