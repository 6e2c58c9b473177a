//! Compiles Wasm3 from the C sources that the package wasm3-sys carries. That package's own build script needs bindgen and a
//! libclang, which not every machine has; so cargo is asked where the sources lie, and the script is not run.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let sources = sources();
    let mut build = cc::Build::new();
    for entry in std::fs::read_dir(&sources).expect("sources") {
        let path = entry.expect("a source").path();
        if path.extension().is_some_and(|extension| extension == "c") {
            build.file(path);
        }
    }
    // As Wasm3's own makefile has it.
    for flag in ["-fomit-frame-pointer", "-fno-stack-check", "-fno-stack-protector"] {
        build.flag_if_supported(flag);
    }
    build.define("d_m3LogOutput", "0").define("d_m3Use32BitSlots", "1").define("d_m3HasWASI", None);
    build.include(&sources).warnings(false).compile("wasm3");
}

/// The folder of the C sources.
fn sources() -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("run by cargo");
    let metadata = Command::new(cargo).args(["metadata", "--format-version=1", "--locked", "--all-features"]).output();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.expect("cargo").stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "wasm3-sys").expect("in the lock file");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("wasm3").join("source")
}
