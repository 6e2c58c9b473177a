//! `cargo xtask same-image`: a 32-bit host and a big-endian host write the same images, byte for byte, as this machine.
//!
//! The toolchain of `cargo xtask setup-embedded` builds the command for these hosts. QEMU runs it where this machine cannot.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::project::{self, BINARY, CLI};
use crate::{embedded, guests};

pub const DETAILS: &str = "
  --require    fail if a toolchain is missing, instead of leaving its host out
";

/// The hosts: one with pointers of 32 bits, one with the highest byte first.
const HOSTS: [&str; 2] = ["i686-unknown-linux-gnu", "s390x-unknown-linux-gnu"];

/// The features that compile modules and text. More would only take time.
const FEATURES: &str = "compile,extended,validate,wat";

/// Modules of all kinds: integers, floats, an interpreter with large functions and tables, text.
const MODULES: [&str; 4] = ["coremark.wasm", "nbody.wasm", "lua.wasm", "bzip2.wasm"];

/// Ways to compile each.
const WAYS: [&[&str]; 3] = [&["--op-set", "core"], &["--op-set", "extended"], &["--op-set", "core", "--fuel"]];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let require = arguments.contains("--require");
    crate::no_more_arguments(arguments)?;
    if let Some(reason) = check()? {
        ensure!(!require, "{reason}");
        println!("left out: {reason}");
    }
    Ok(())
}

/// Compares all hosts, or returns which could not be, and why.
pub fn check() -> Result<Option<String>> {
    let (mut commands, mut left_out) = (Vec::new(), Vec::new());
    for host in HOSTS {
        match embedded::cargo(host) {
            Ok(cargo) => commands.push((host, build(cargo, host)?)),
            Err(reason) => left_out.push(reason),
        }
    }
    if !commands.is_empty() {
        compare(&commands)?;
    }
    Ok((!left_out.is_empty()).then(|| left_out.join("; ")))
}

/// Builds the command for a host, and returns where it is.
fn build(mut cargo: Command, host: &str) -> Result<PathBuf> {
    println!("building the command for {host}");
    let folder = project::target_dir().join("same-image");
    cargo.args(["build", "--locked", "--quiet", "--target", host, "--package", CLI, "--bin", BINARY]);
    cargo.args(["--no-default-features", "--features", FEATURES]).arg("--target-dir").arg(&folder);
    // Built once, for a few modules: without optimisation it takes less time.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
    for package in [
        "'*'",
        "wasmote-exec",
        "wasmote-ir",
        "wasmote-translate",
        "wasmote-compile",
        "wasmote-validate",
        "wasmote-decode",
    ] {
        cargo.arg("--config").arg(format!("profile.dev.package.{package}.opt-level=0"));
    }
    project::run(cargo.current_dir(project::root()).stdin(Stdio::null()))?;
    Ok(folder.join(host).join("debug").join(BINARY))
}

fn compare(commands: &[(&str, PathBuf)]) -> Result<()> {
    let here = project::build_release()?;
    let folder = project::target_dir().join("same-image");
    let mut modules: Vec<_> = MODULES.iter().map(|name| guests::guests_dir().join(name)).collect();
    modules.push(project::root().join("examples/firmware-guests/numbers.wat"));
    let mut images = 0;
    for module in &modules {
        for way in WAYS {
            let ours = compile(Command::new(&here), module, way, &folder.join("here.wmi"))?;
            for (host, command) in commands {
                let theirs = compile(on(host, command), module, way, &folder.join(format!("{host}.wmi")))?;
                images += 1;
                if let Some(at) = first_difference(&ours, &theirs) {
                    bail!(
                        "{} {}: the image written on {host} differs at byte {at} of {} ({} here)",
                        module.display(),
                        way.join(" "),
                        theirs.len(),
                        ours.len()
                    );
                }
            }
        }
    }
    let hosts: Vec<_> = commands.iter().map(|(host, _)| *host).collect();
    println!("{images} images of {} modules are the same as here on {}", modules.len(), hosts.join(" and "));
    Ok(())
}

/// A program of a host, with what runs it here.
fn on(host: &str, program: &Path) -> Command {
    match embedded::emulator(host) {
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}

fn compile(mut command: Command, module: &Path, way: &[&str], image: &Path) -> Result<Vec<u8>> {
    command.arg("compile").arg(module).arg("-o").arg(image).args(way).stdin(Stdio::null());
    project::run(&mut command)?;
    fs::read(image).with_context(|| image.display().to_string())
}

/// Where two files begin to differ, if they do.
fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let differs = a.iter().zip(b).position(|(a, b)| a != b);
    differs.or((a.len() != b.len()).then_some(a.len().min(b.len())))
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn files_differ_in_bytes_or_in_length() {
        assert_eq!(first_difference(b"abc", b"abc"), None);
        assert_eq!(first_difference(b"abc", b"abd"), Some(2));
        assert_eq!(first_difference(b"abc", b"ab"), Some(2));
    }
}
