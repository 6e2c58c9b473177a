//! `cargo xtask examples`: the examples for hosts print what the comments at their heads say.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pico_args::Arguments;

use crate::project::{cargo, command_line, root, run, target_dir};

pub const DETAILS: &str = "
The packages of examples/hosts, in a debug build. What each prints stands in the first block of its documentation.
";

pub fn main(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    check()
}

/// Builds and runs all of them.
pub fn check() -> Result<()> {
    let folder = root().join("examples/hosts");
    let target = target_dir().join("examples");
    run(cargo(["build", "--quiet", "--locked", "--workspace", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target))?;
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.path().join("src/main.rs").is_file() {
            names.push(entry.file_name().into_string().ok().context("the name of an example")?);
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "{} has no examples", folder.display());
    for name in &names {
        let program = target.join("debug").join(format!("example-{name}"));
        let expected = expected(&fs::read_to_string(folder.join(name).join("src/main.rs"))?)
            .with_context(|| format!("the example {name} does not say what it prints"))?;
        compare(&program, &expected)?;
        println!("{name:<16} ok");
    }
    Ok(())
}

/// The lines of the first block of the documentation.
fn expected(source: &str) -> Option<String> {
    let (_, block) = source.split_once("//! ```text\n")?;
    let (block, _) = block.split_once("//! ```\n")?;
    Some(block.lines().map(|line| line.strip_prefix("//! ").unwrap_or_default().to_owned() + "\n").collect())
}

fn compare(program: &Path, expected: &str) -> Result<()> {
    let mut command = Command::new(program);
    let output = command.output().with_context(|| format!("cannot start {}", program.display()))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(
        output.status.success() && stdout == expected,
        "{} printed\n{stdout}{stderr}instead of\n{expected}({})",
        command_line(&command),
        output.status,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_lines_are_those_of_the_first_block() {
        let source = "//! Title.\n//!\n//! ```text\n//! one\n//! two words\n//! ```\n\nfn main() {}\n";
        assert_eq!(expected(source).as_deref(), Some("one\ntwo words\n"));
        assert_eq!(expected("fn main() {}"), None);
    }
}
