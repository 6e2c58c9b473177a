//! The library of a target, built once from the sources that belong to the compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::Target;
use crate::project;

/// The package that is built only so that cargo builds the library for it.
const EMPTY: &str = "empty-package";

/// Whether a target's library is complete.
pub fn is_there(dir: &Path, target: &str) -> bool {
    version_file(dir, target).is_file()
}

/// Written last; says how the library was built, and by which compiler.
fn version_file(dir: &Path, target: &str) -> PathBuf {
    dir.join("lib/rustlib").join(target).join("built-by")
}

/// Builds a target's library unless this compiler has done so, in this way.
pub fn build(dir: &Path, target: &Target, compiler: &str) -> Result<()> {
    let level = if target.level == "s" { "\"s\"" } else { target.level };
    // Programs that abort link `panic_abort`, and the compiler insists that it was made for that.
    let manifest = format!(
        r#"cargo-features = ["profile-rustflags"]
[package]
name = "{EMPTY}"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
opt-level = {level}
[profile.release.package.panic_abort]
rustflags = ["-Cpanic=abort"]
"#
    );
    let arguments = format!("-Zbuild-std={}", target.library);
    // Programs link the library with `lto = "fat"`, which needs its bitcode; and they hold no path of this machine.
    let sources = dir.join("lib/rustlib/src/rust");
    let flags = format!("-Cembed-bitcode=yes\x1f--remap-path-prefix={}=/rust", sources.display());

    let marker = version_file(dir, target.name);
    let recipe = [compiler, &arguments, &flags, &manifest].join("\n");
    if fs::read_to_string(&marker).is_ok_and(|by| by == recipe) {
        println!("{}: present", target.name);
        return Ok(());
    }
    println!("{}: building {}", target.name, target.library);
    let start = Instant::now();
    let scratch = dir.join("scratch");
    remove(&scratch)?;
    let package = scratch.join("package");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(package.join("Cargo.toml"), &manifest)?;

    let mut cargo = Command::new(dir.join("bin/cargo"));
    cargo.args(["build", "--release", "--quiet", "--target", target.name]);
    cargo.arg(arguments);
    cargo.current_dir(&package).stdin(Stdio::null());
    // The one step that needs an unstable flag.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", scratch.join("target"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags).env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
    project::run(&mut cargo)?;

    let lib = marker.with_file_name("lib");
    remove(&lib)?;
    fs::create_dir_all(&lib)?;
    let mut copied = 0;
    for file in fs::read_dir(scratch.join("target").join(target.name).join("release/deps"))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.contains(&EMPTY.replace('-', "_")) {
            fs::copy(file.path(), lib.join(&name)).with_context(|| name.clone())?;
            copied += 1;
        }
    }
    ensure!(copied > 1, "{}: cargo left no library", target.name);
    remove(&scratch)?;
    fs::write(&marker, recipe)?;
    println!("{}: built in {:.0} s", target.name, start.elapsed().as_secs_f64());
    Ok(())
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
