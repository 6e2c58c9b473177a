//! Where the checkout is, for the tests of several crates, each of which includes this file.

use std::path::{Path, PathBuf};

/// The checkout: every crate is two folders below it. Cargo says at run time where the crate is. What it said while compiling may be
/// another checkout that shares the target folder.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("../..")
}
