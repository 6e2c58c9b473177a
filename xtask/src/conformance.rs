//! `cargo xtask conformance`: runs the suites of WebAssembly scripts, and shows their output.

use anyhow::Result;
use cargo_metadata::{Metadata, TargetKind};
use pico_args::Arguments;

use crate::project;

/// Test targets that run scripts: the specification's suite and the regressions.
pub const SCRIPTS: &[&str] = &["conformance", "regress"];
/// Test targets that run guest programs.
pub const GUESTS: &[&str] = &["guests", "stress", "wasi_guests", "wasi_output"];

pub fn main(arguments: Arguments) -> Result<()> {
    crate::no_more_arguments(arguments)?;
    let metadata = project::metadata()?;
    let mut cargo = project::cargo(["test", "--locked", "--no-fail-fast"]);
    cargo.args(select(&metadata, SCRIPTS)?).args(["--", "--nocapture"]);
    project::run(&mut cargo)
}

/// Arguments for cargo that select these test targets, whichever packages have them.
pub fn select(metadata: &Metadata, names: &[&str]) -> Result<Vec<String>> {
    let mut arguments = Vec::new();
    for package in project::product(metadata) {
        let tests = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Test));
        let mut wanted = tests.filter(|target| names.contains(&target.name.as_str())).peekable();
        if wanted.peek().is_some() {
            arguments.extend(["--package".into(), package.name.to_string()]);
        }
        for target in wanted {
            arguments.extend(["--test".into(), target.name.clone()]);
        }
    }
    for name in names {
        anyhow::ensure!(arguments.iter().any(|argument| argument == name), "no package has a test target `{name}`");
    }
    Ok(arguments)
}
