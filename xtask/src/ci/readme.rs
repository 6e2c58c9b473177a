//! The first two commands of README, to the letter, in a clone with nothing beside it, as a newcomer types them.
//!
//! The clone shares the target folder, and the steps that follow run in it: cargo would compile all again in another folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Outcome;
use super::suites::{Count, count_lines};
use crate::project;

/// How many commands README begins with.
const COMMANDS: usize = 2;

pub fn step() -> Result<Outcome> {
    let folder = project::target_dir().join("alone");
    let clone = clone(&folder)?;
    let mut count = Count::default();
    for command in &mut commands(&clone)? {
        println!("$ {}", command.get_args().last().unwrap_or_default().display());
        // Not every command runs tests.
        count.add(count_lines(command)?);
    }
    ensure!(count.passed > 0, "no command of README runs tests");
    let beside = project::root().join("../shared");
    if beside.is_dir() {
        std::os::unix::fs::symlink(beside.canonicalize()?, folder.join("shared"))
            .context("what is beside the checkout")?;
    }
    project::continue_in(clone);
    Ok(Outcome::Tests(count))
}

/// Clones the current commit.
fn clone(folder: &Path) -> Result<PathBuf> {
    let clone = folder.join("wasmote");
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut git = Command::new("git");
    // The checkout may be another user's.
    git.args(["-c", "safe.directory=*", "clone", "--quiet"]).arg(project::root()).arg(&clone);
    project::run(&mut git)?;
    Ok(clone)
}

/// The commands, to be run in the clone.
fn commands(clone: &Path) -> Result<Vec<Command>> {
    let readme = clone.join("README.md");
    let lines = first(&fs::read_to_string(&readme).with_context(|| readme.display().to_string())?)?;
    let command = |line: String| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(clone).env("CARGO_TARGET_DIR", project::target_dir());
        shell
    };
    Ok(lines.into_iter().map(command).collect())
}

/// The lines of code in README before its first heading.
fn first(readme: &str) -> Result<Vec<String>> {
    let top = readme.split("\n## ").next().unwrap_or_default();
    let lines: Vec<String> = top.lines().filter_map(|line| line.strip_prefix("    ")).map(Into::into).collect();
    ensure!(lines.len() == COMMANDS, "README begins with {} commands instead of {COMMANDS}: {lines:?}", lines.len());
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readme_begins_with_a_program_and_all_tests() {
        let lines = first(&fs::read_to_string(project::root().join("README.md")).unwrap()).unwrap();
        assert!(lines[0].starts_with("cargo run ") && lines[1].starts_with("cargo test --workspace"), "{lines:?}");
        assert!(first("# a\n\n    one\n").is_err());
    }
}
