//! `cargo xtask no-std-check`: the crates of the category `no-std` compile, without default features, for a target that has no standard library.

use anyhow::Result;

use crate::{embedded, project};

/// Features without which a crate is only a shell.
const FEATURES: &[(&str, &str)] = &[("wasmote-exec", "in-place")];

/// Any of these will do.
const TARGETS: &[&str] =
    &["thumbv7em-none-eabihf", "riscv32imac-unknown-none-elf", "x86_64-unknown-none", "thumbv7m-none-eabi"];

/// Checks, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    let cargos = TARGETS.iter().map(|target| (target, embedded::cargo_with_core(target)));
    let Some((target, cargo)) = cargos.filter_map(|(target, cargo)| Some((target, cargo.ok()?))).next() else {
        return Ok(Some(format!(
            "the compiler has no core library for any of {}; `cargo xtask setup-embedded` builds one, and WASMOTE_EMBEDDED_CARGO may name a cargo that has one",
            TARGETS.join(", ")
        )));
    };
    let metadata = project::metadata()?;
    for package in project::product(&metadata) {
        if !package.categories.iter().any(|category| category == "no-std") {
            continue;
        }
        println!("  {} for {target}", package.name);
        let mut command = std::process::Command::new(&cargo);
        command.args(["check", "--locked", "--quiet", "--no-default-features", "--target", target, "--package"]);
        command.arg(package.name.as_str()).current_dir(project::root());
        for (_, features) in FEATURES.iter().filter(|(name, _)| package.name == *name) {
            command.args(["--features", *features]);
        }
        project::run(command.arg("--target-dir").arg(project::target_dir().join("no-std-check")))?;
    }
    Ok(None)
}
