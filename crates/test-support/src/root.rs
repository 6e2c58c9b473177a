//! Finds the checkout.

use std::path::{Path, PathBuf};

/// Returns the top folder of the checkout. Cargo states at run time which package's test runs, or which package started
/// the process. The path at compile time may be another checkout that shares the target folder.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    above(Path::new(&package)).unwrap_or_default()
}

/// Returns the top folder of the checkout that contains a package.
fn above(package: &Path) -> Option<PathBuf> {
    let top = package.ancestors().find(|folder| folder.join("rust-toolchain.toml").exists());
    top.map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkout_is_found_from_every_package() {
        let top = root();
        for package in
            ["xtask", "crates/exec", "crates/test-support", "fuzz/differential", "tests/linear", "tests/loom"]
        {
            assert_eq!(above(&top.join(package)), Some(top.clone()), "{package}");
        }
    }
}
