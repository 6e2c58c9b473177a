//! The static libraries with the C API for microcontrollers, `crates/firmware`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::size::elf;
use crate::{embedded, forbidden_symbols, project};

/// The targets whose libraries are distributed.
pub const TARGETS: [&str; 6] = [
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabi",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
];

const PACKAGE: &str = "wasmote-firmware";
const HEADER: &str = "wasmote-firmware.h";
const LIBRARY: &str = "libwasmote_firmware.a";

/// What neither a library nor a program linked with it may have: formatting, which panics would need, and unwinding.
const FORBIDDEN: [&str; 4] = ["core::fmt::", "core::num::flt2dec", "_Unwind_", "rust_eh_personality"];

/// Returns which compiler this machine lacks.
pub fn lacks() -> Option<String> {
    TARGETS.into_iter().find_map(|target| embedded::cargo(target).err())
}

/// Makes the library of a target: `folder/TARGET/libwasmote_firmware.a`, with `folder/include/wasmote-firmware.h`.
/// Returns the library.
pub fn make(target: &str, folder: &Path) -> Result<PathBuf> {
    let mut cargo = embedded::cargo(target).map_err(anyhow::Error::msg)?;
    let target_dir = project::target_dir().join("firmware-library");
    cargo.args(["rustc", "--locked", "--quiet", "--package", PACKAGE, "--crate-type", "staticlib"]);
    cargo.args(["--no-default-features", "--features", "small-floats"]);
    cargo.args(["--profile", "firmware", "--target", target, "--target-dir"]).arg(&target_dir);
    project::run(cargo.current_dir(project::root()))?;
    let built = super::read(&target_dir.join(target).join("firmware").join(LIBRARY))?;
    check_symbols(&built).with_context(|| target.to_owned())?;
    // An instance has all its memory from the caller.
    let ram: u64 = elf::sections(&built)?.iter().filter(|section| section.writable).map(|section| section.bytes).sum();
    ensure!(ram == 0, "the library of {target} has {ram} bytes of static RAM");

    let (include, place) = (folder.join("include"), folder.join(target));
    for folder in [&include, &place] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let header = project::root().join("crates/firmware/include").join(HEADER);
    fs::copy(&header, include.join(HEADER)).with_context(|| header.display().to_string())?;
    let library = place.join(LIBRARY);
    fs::write(&library, built).with_context(|| library.display().to_string())?;
    Ok(library)
}

/// Where AddressSanitizer's runtime comes with the compiler.
const SANITIZED: &str = "x86_64-unknown-linux-gnu";

/// Runs the tests of the API with all Rust in them compiled for AddressSanitizer, or returns why it can't.
pub fn sanitize() -> Result<Option<String>> {
    if cfg!(not(all(target_arch = "x86_64", target_os = "linux"))) {
        return Ok(Some(format!("only {SANITIZED} has the sanitizer's runtime here")));
    }
    let mut cargo = project::cargo(["test", "--locked", "--package", PACKAGE, "--test", "api", "--target", SANITIZED]);
    // The option is not stable, but the pinned compiler has it.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    project::run(cargo.env("CARGO_TARGET_DIR", project::target_dir().join("address")))?;
    Ok(None)
}

/// Fails if a library or program has what is forbidden.
pub fn check_symbols(file: &[u8]) -> Result<()> {
    let found = forbidden_symbols::find(file, &FORBIDDEN.map(String::from))?;
    let found: Vec<_> = found.into_iter().map(|(thing, symbols)| format!("{thing} in {symbols}")).collect();
    ensure!(found.is_empty(), "forbidden symbols: {}", found.join("; "));
    Ok(())
}

/// Makes the libraries of these targets, or of all, and prints what they take.
pub fn make_all(folder: &Path, targets: &[String]) -> Result<()> {
    let chosen = TARGETS.iter().filter(|target| targets.is_empty() || targets.iter().any(|name| name == *target));
    for target in chosen {
        let library = make(target, folder)?;
        println!("{}: {} bytes", library.display(), fs::metadata(&library)?.len());
    }
    Ok(())
}
