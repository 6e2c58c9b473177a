//! `cargo xtask fuzz`: the workspaces in `fuzz/` compile, and modules by wasm-smith do in wasmote what they do in wasmi. With `--modules`, modules with
//! garbage collection and exceptions are compared with Wasmtime, too. With `--long`, a [`campaign`] runs all random tests.

mod campaign;
mod parts;

use anyhow::Result;
use pico_args::Arguments;

use crate::project::{cargo, root, run};

pub const OPTIONS: &str = "
  --modules N          compare N modules of each kind instead of 300, in each build:
                       with pairs of instructions, without, and returning to a loop
  --first N            the number of the first module
  --long MINUTES       share this time among all random tests of modules, images and mutants: against wasmi and
                       Wasmtime, exceptions of the older form, damaged images and guests, both under AddressSanitizer too where
                       there is a nightly toolchain, and libFuzzer where there is cargo-fuzz
  --seed N             the first seed of each part; the current time by default
  --without WORD       leaves out the parts whose names contain the word: wasmtime, asan,
                       libfuzzer, guests and so on; may be given more than once
";

/// Modules of each kind that are compared.
const MODULES: u64 = 300;

/// The kinds of modules, by the arguments of cargo and of the program: with vectors, and with garbage collection and exceptions.
const KINDS: &[(&[&str], &[&str])] = &[(&[], &[]), (&["--features", "wasmtime"], &["--objects"])];

/// The build of CI, where compilation takes minutes and the run two seconds. Only handlers are optimised, because they need that for tail calls.
const QUICK: &[&str] = &[
    "--config=profile.release.package.'*'.opt-level=0",
    "--config=profile.release.package.wasmote-exec.opt-level=1",
    "--config=profile.release.package.wasmote-simd.opt-level=1",
    "--config=profile.release.package.wasmote-gc.opt-level=1",
];

/// The builds of wasmote.
const BUILDS: &[&[&str]] = &[&[], &["--no-default-features"], &["--features", "loop-dispatch"]];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let modules = arguments.opt_value_from_str("--modules")?;
    let first = arguments.opt_value_from_str("--first")?.unwrap_or(0);
    let (long, seed) = (arguments.opt_value_from_str("--long")?, arguments.opt_value_from_str("--seed")?);
    let without = arguments.values_from_str("--without")?;
    crate::no_more_arguments(arguments)?;
    if let Some(minutes) = long {
        return campaign::main(minutes, seed, &without);
    }
    match modules {
        None => check(),
        Some(modules) => compare_all(modules, first),
    }
}

/// Compares modules of all kinds, in each build.
pub fn compare_all(modules: u64, first: u64) -> Result<()> {
    BUILDS.iter().try_for_each(|build| compare(build, KINDS, modules, first))
}

/// Calls the C API as random bytes decide, without a sanitizer.
pub fn call_api(sequences: u64) -> Result<()> {
    let mut cargo = cargo(["run", "--locked", "--no-default-features", "--bin", "random", "--manifest-path"]);
    cargo.arg(root().join("fuzz/Cargo.toml")).args(["--", "api", "0"]);
    run(cargo.arg(sequences.to_string()))
}

/// Compiles the targets without libFuzzer, whose entry point needs a nightly compiler, and compares modules.
pub fn check() -> Result<()> {
    let manifest = root().join("fuzz/Cargo.toml");
    run(cargo(["check", "--locked", "--no-default-features", "--all-targets", "--manifest-path"]).arg(manifest))?;
    println!(
        "modules with garbage collection: left out, because Wasmtime takes minutes to compile; `cargo xtask fuzz --modules 1000` compares them"
    );
    compare(QUICK, &KINDS[..1], MODULES, 0)
}

fn compare(build: &[&str], kinds: &[(&[&str], &[&str])], modules: u64, first: u64) -> Result<()> {
    let manifest = root().join("fuzz/differential/Cargo.toml");
    for (features, kind) in kinds {
        let mut cargo = cargo(["run", "--locked", "--release", "--manifest-path"]);
        cargo.arg(&manifest).args(build).args(*features).arg("--").args(*kind);
        run(cargo.args([modules.to_string(), first.to_string()]))?;
    }
    Ok(())
}
