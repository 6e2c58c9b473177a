//! `cargo xtask aarch64`: tests the library on aarch64 Linux, in QEMU. Handlers tail-call there, and memories have guard pages.
//!
//! Each memory with guard pages costs QEMU much memory of this machine. So only the scripts about memory, in a process each, and the tests of the embedding API
//! use them. All scripts run with bounds checks, and less address space.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{embedded, project};

pub const DETAILS: &str = "
  Needs the toolchain of `cargo xtask setup-embedded aarch64-unknown-linux-gnu`. Takes some minutes.
";

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// The address space of programs without guard pages.
const SPACE: &str = "0x100000000";
/// Scripts of the specification that access memories, mostly out of bounds, too.
const SCRIPTS: &[&str] = &[
    "wasm-v2/address",
    "wasm-v2/align",
    "wasm-v2/endianness",
    "wasm-v2/float_memory",
    "wasm-v2/load",
    "wasm-v2/memory_grow",
    "wasm-v2/memory_redundancy",
    "wasm-v2/memory_trap",
    "wasm-v2/store",
    "wasm-v2/traps",
];
/// Tests that start their own program, which this machine cannot run, or that have many memories.
const NOT_HERE: &[&str] = &["guard_pages::signals", "guard_pages::threads"];

/// Runs the tests, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    if let Err(reason) = embedded::cargo(TARGET) {
        return Ok(Some(reason));
    }
    let (api, conformance) = (build("api")?, build("conformance")?);
    let mut guarded = on(&[], &api)?;
    guarded.args(["guard_pages", "direct_calls", "--test-threads=1"]);
    for test in NOT_HERE {
        println!("{test}: left out in QEMU");
        guarded.args(["--skip", test]);
    }
    project::run(&mut guarded)?;
    for script in SCRIPTS {
        project::run(on(&[], &conformance)?.arg(script))?;
    }
    project::run(on(&["-R", SPACE], &conformance)?.arg("--checked"))?;
    Ok(None)
}

/// Builds a test of the library, and returns where it is.
fn build(test: &str) -> Result<PathBuf> {
    let mut cargo = embedded::cargo(TARGET).map_err(anyhow::Error::msg)?;
    cargo.args([
        "test",
        "--release",
        "--locked",
        "--no-run",
        "--message-format=json-render-diagnostics",
        "--target",
        TARGET,
    ]);
    cargo.args(["--package", "wasmote", "--test", test]).arg("--target-dir").arg(project::target_dir().join("aarch64"));
    // Link-time optimisation would take longer than it saves.
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off").current_dir(project::root());
    project::built_program(&mut cargo)
}

/// A program of that machine in QEMU, with arguments for QEMU.
fn on(arguments: &[&str], program: &Path) -> Result<Command> {
    let mut command = Command::new(embedded::emulator(TARGET).context("an emulator")?);
    command.args(arguments).arg(program).current_dir(project::root().join("crates/wasmote"));
    Ok(command)
}
