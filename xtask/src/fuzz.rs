//! `cargo xtask fuzz`: what lies in `fuzz/`, workspaces of their own that no other step looks at, compiles, and a number of modules
//! made by wasm-smith do in wasmote what they do in wasmi.

use anyhow::Result;
use pico_args::Arguments;

use crate::project::{cargo, root, run};

/// Modules that are compared.
const MODULES: &str = "300";

pub fn main(arguments: Arguments) -> Result<()> {
    crate::nothing_left(arguments)?;
    check()
}

/// Compiles the targets without libFuzzer, whose entry point takes a nightly compiler, and compares modules.
pub fn check() -> Result<()> {
    let manifest = root().join("fuzz/Cargo.toml");
    run(cargo(["check", "--locked", "--no-default-features", "--all-targets", "--manifest-path"]).arg(manifest))?;
    let manifest = root().join("fuzz/differential/Cargo.toml");
    run(cargo(["run", "--locked", "--release", "--manifest-path"]).arg(manifest).args(["--", MODULES]))
}
