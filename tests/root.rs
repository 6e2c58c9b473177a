//! Where the checkout is, for the tests of several crates, each of which includes this file.

use std::path::{Path, PathBuf};

/// The checkout. Cargo says at run time where the package is whose test runs, or the one that started it. What it said while compiling may be
/// another checkout that shares the target folder.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = Path::new(&package);
    let top = package.ancestors().find(|folder| folder.join("rust-toolchain.toml").exists());
    top.unwrap_or(package).into()
}
