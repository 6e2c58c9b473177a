//! `cargo xtask bare`: the crates that need no operating system, compiled for a target that has none.
//!
//! The target's core library must be there: `cargo xtask setup-embedded` or `rustup target add thumbv7em-none-eabihf`, or
//! a cargo whose compiler has it, named by `BARE_CARGO`. Without one the check is left out, and says so.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};
use pico_args::Arguments;

use crate::{deps, embedded, project};

/// What a crate needs to be more than a shell with its default features off.
const FEATURES: &[(&str, &str)] = &[("wasmote-exec", "in-place")];

/// Any of these will do: what is looked for is a use of `std`, which has none on each of them.
const TARGETS: &[&str] =
    &["thumbv7em-none-eabihf", "riscv32imac-unknown-none-elf", "x86_64-unknown-none", "thumbv7m-none-eabi"];

pub fn main(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    if let Some(reason) = check()? {
        println!("left out: {reason}");
    }
    Ok(())
}

/// Checks, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    let (cargo, rustc) = compiler();
    let mut target = None;
    for candidate in TARGETS {
        if has_core(&rustc, candidate)? {
            target = Some(candidate);
            break;
        }
    }
    let Some(target) = target else {
        return Ok(Some(format!(
            "the compiler has no core library for any of {}; `cargo xtask setup-embedded` builds one, or name a cargo that has it in BARE_CARGO",
            TARGETS.join(", ")
        )));
    };
    for rule in deps::RULES.iter().filter(|rule| rule.no_std) {
        println!("  {} for {target}", rule.name);
        let mut command = Command::new(&cargo);
        command.current_dir(project::root()).env("RUSTC", &rustc);
        command.args([
            "check",
            "--locked",
            "--quiet",
            "--no-default-features",
            "--target",
            target,
            "--package",
            rule.name,
        ]);
        for (_, features) in FEATURES.iter().filter(|(name, _)| *name == rule.name) {
            command.args(["--features", *features]);
        }
        command.arg("--target-dir").arg(project::target_dir().join("bare"));
        project::run(&mut command)?;
    }
    Ok(None)
}

/// The cargo to use and the compiler beside it.
fn compiler() -> (OsString, OsString) {
    let set_up = || Some(embedded::cargo(TARGETS[0]).ok()?.get_program().to_owned());
    if let Some(cargo) = std::env::var_os("BARE_CARGO").or_else(set_up) {
        let beside = std::path::Path::new(&cargo).with_file_name("rustc");
        if beside.exists() {
            return (cargo, beside.into());
        }
        return (cargo, "rustc".into());
    }
    (std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), "rustc".into())
}

fn has_core(rustc: &OsString, target: &str) -> Result<bool> {
    let mut command = Command::new(rustc);
    command.current_dir(project::root()).args(["--print", "target-libdir", "--target", target]);
    let output = command.output().context("cannot start rustc")?;
    let Ok(dir) = std::fs::read_dir(String::from_utf8_lossy(&output.stdout).trim()) else {
        return Ok(false);
    };
    Ok(dir.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
}
