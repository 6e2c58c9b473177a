//! Where the checkout is.

use std::path::{Path, PathBuf};

/// The top folder of the checkout: every crate is two folders below it. Cargo says at run time where the crate is whose test runs.
/// What it said while compiling may be another checkout that shares the target folder.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("../..")
}
