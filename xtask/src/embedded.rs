//! `cargo xtask setup-embedded`: a Rust toolchain for firmware and foreign hosts, which the toolchain of rustup may lack. `tools/setup-embedded` makes it
//! from Debian's packages; here is what uses it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use pico_args::Arguments;

use crate::project;

pub const DETAILS: &str = "
  TARGET...    these targets, instead of those of firmware and WebAssembly; others are
                 thumbv7em-none-eabi thumbv8m.main-none-eabi
                 i686-unknown-linux-gnu s390x-unknown-linux-gnu aarch64-unknown-linux-gnu
  --qemu       QEMU too, which runs the firmware
  --gcc        GCC for Arm too, which compiles the firmware in C

  The head of tools/setup-embedded says what it needs, and where the toolchain goes.
";

/// The targets of every change.
const TARGETS: [&str; 5] = [
    "thumbv7em-none-eabihf",
    "riscv32imac-unknown-none-elf",
    // Without atomic instructions that compare and swap.
    "thumbv6m-none-eabi",
    "riscv32imc-unknown-none-elf",
    "wasm32-unknown-unknown",
];

/// The hosts of the weekly checks, each with the emulator that runs its programs.
const HOSTS: [(&str, Option<&str>); 3] = [
    ("i686-unknown-linux-gnu", None),
    ("s390x-unknown-linux-gnu", Some("qemu-s390x")),
    ("aarch64-unknown-linux-gnu", Some("qemu-aarch64")),
];

pub fn main(arguments: Arguments) -> Result<()> {
    let mut arguments = arguments.finish();
    if arguments.iter().all(|argument| argument.as_encoded_bytes().starts_with(b"-")) {
        arguments.extend(TARGETS.map(OsString::from));
    }
    project::run(script().args(arguments))
}

fn script() -> Command {
    Command::new(project::root().join("tools/setup-embedded"))
}

/// For CI: sets up the targets of every change. Returns why this machine cannot do so.
pub fn check() -> Result<Option<String>> {
    set_up(TARGETS.iter().copied())
}

/// Sets up the hosts of the weekly checks. Returns why this machine cannot do so.
pub fn check_hosts() -> Result<Option<String>> {
    set_up(HOSTS.iter().map(|(host, _)| *host))
}

fn set_up<'a>(targets: impl Iterator<Item = &'a str>) -> Result<Option<String>> {
    let output =
        script().args(["--qemu", "--gcc"]).args(targets).output().context("cannot start tools/setup-embedded")?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    // Steps that need what is missing are left out by name.
    Ok((!output.status.success()).then(|| format!("it could not be set up: {reason}")))
}

/// Whether there are compilers for all targets of every change.
pub fn complete() -> bool {
    TARGETS.iter().all(|target| cargo(target).is_ok())
}

/// The folder of the toolchain.
fn dir() -> PathBuf {
    std::env::var_os("WASMOTE_EMBEDDED_DIR").map_or_else(|| "/opt/rust-embedded".into(), PathBuf::from)
}

/// A cargo that can build for the target, or why there is none.
pub fn cargo(target: &str) -> Result<Command, String> {
    let dir = dir();
    // The script writes this file last.
    if dir.join("lib/rustlib").join(target).join("built-by").is_file() {
        return Ok(Command::new(dir.join("bin/cargo")));
    }
    Err(format!("no toolchain for {target} in {}; `cargo xtask setup-embedded {target}` makes one", dir.display()))
}

/// A cargo whose compiler has the core library for a target, or why there is none: the one that the environment names, else that of
/// `cargo xtask setup-embedded`, else the usual one.
pub fn cargo_with_core(target: &str) -> Result<OsString, String> {
    if let Some(named) = std::env::var_os("WASMOTE_EMBEDDED_CARGO") {
        return match has_core(&named, target) {
            true => Ok(named),
            false => Err(format!("the compiler beside {} has no library for {target}", named.display())),
        };
    }
    match cargo(target) {
        Ok(cargo) => Ok(cargo.get_program().into()),
        Err(_) if has_core(&project::cargo_program(), target) => Ok(project::cargo_program()),
        Err(reason) => Err(reason),
    }
}

/// Whether the compiler beside this cargo has a core library for the target.
fn has_core(cargo: &OsStr, target: &str) -> bool {
    let rustc = Path::new(cargo).with_file_name("rustc");
    let Ok(output) = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output() else {
        return false;
    };
    let mut files = fs::read_dir(String::from_utf8_lossy(&output.stdout).trim()).into_iter().flatten().flatten();
    files.any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

/// A program of QEMU, as set up or as installed, or why there is none.
pub fn qemu(program: &str) -> Result<PathBuf, String> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let mut found = [dir().join("bin")].into_iter().chain(std::env::split_paths(&search)).map(|dir| dir.join(program));
    found
        .find(|path| path.is_file())
        .ok_or_else(|| format!("no {program}; `cargo xtask setup-embedded --qemu` brings one"))
}

/// The emulator that runs the programs of a host, if this machine cannot.
pub fn emulator(host: &str) -> Option<&'static str> {
    HOSTS.iter().find(|(known, _)| *known == host)?.1
}
