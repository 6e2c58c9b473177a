//! `cargo xtask conformance`: runs the suites of WebAssembly scripts, and shows their output.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, TargetKind};
use pico_args::Arguments;

use crate::project;

/// Test targets that run scripts: the specification's suite and the regressions.
pub const SCRIPTS: &[&str] = &["conformance", "regress"];
/// Test targets that run guest programs with the command, also with the one that `WASMOTE_TEST_COMMAND` names.
pub const GUESTS: &[&str] = &["guests", "wasi_guests", "wasi_output"];
/// Test targets that run guest programs with the library.
pub const EMBEDDED_GUESTS: &[&str] = &["stress"];

/// The modes in which `wasmote`'s test target `conformance` runs scripts, beside the usual one.
pub const MODES: [&str; 5] = [
    "--images=core",
    "--images=extended",
    "--images=metered --checked",
    "--interrupted",
    "--images=metered --interrupted",
];

/// The features of `wasmote` that its tests lack by default, and that scripts of proposals need.
const PROPOSALS: &str = "wasmote/stack-switching";

/// The features of a build with loop dispatch. What relaxed instructions do otherwise is tested along with it.
pub const LOOP: [&str; 2] = ["--features", "wasmote/loop-dispatch,wasmote/relaxed-native"];

pub const OPTIONS: &str = "
  PATH          a folder of scripts, such as `test/core` of a proposal's repository: they are run in all modes, and each
                directive that is left out is named with the reason
  --version N   its scripts may use the proposals of this version of the specification, and those of none, instead of all
  --proposal NAME
                they may use this proposal and those of the version (default: 3) only. May be repeated. NAME is a field of
                `Features`, such as `custom_descriptors`; `none` is for the version alone
";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let version: Option<u32> = arguments.opt_value_from_str("--version")?;
    let proposals: Vec<String> = arguments.values_from_str("--proposal")?;
    let folder: Option<PathBuf> = arguments.opt_free_from_str()?;
    crate::no_more_arguments(arguments)?;
    if let Some(folder) = folder {
        return run_folder(&folder, version, &proposals);
    }
    ensure!(version.is_none() && proposals.is_empty(), "--version and --proposal need a folder");
    let metadata = project::metadata()?;
    let mut cargo = project::cargo(["test", "--locked", "--no-fail-fast"]);
    cargo.args(select(&metadata, SCRIPTS)?).args(["--", "--nocapture"]);
    project::run(&mut cargo)
}

/// Runs the scripts below a folder in all modes. All modes run, even if one fails.
fn run_folder(folder: &Path, version: Option<u32>, proposals: &[String]) -> Result<()> {
    let folder = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let folder = folder.to_str().context("the folder's name is no UTF-8")?;
    let mut given = vec![format!("--folder={folder}")];
    given.extend(version.map(|version| format!("--version={version}")));
    if !proposals.is_empty() {
        let names: Vec<&str> = proposals.iter().map(String::as_str).filter(|&name| name != "none").collect();
        given.push(format!("--proposals={}", names.join(",")));
    }
    let mut failed = Vec::new();
    let mut run = |package: &str, build: &[&str], mode: &str| {
        let mut command = project::cargo(["test", "--quiet", "--locked", "--package", package]);
        command.args(build).args(["--test", "conformance", "--"]).args(&given).args(mode.split_whitespace());
        println!("{}", project::command_line(&command));
        failed.extend(project::run(&mut command).err());
    };
    for mode in [""].into_iter().chain(MODES) {
        run("wasmote", &["--features", PROPOSALS], mode);
    }
    run("wasmote", &["--features", PROPOSALS, LOOP[0], LOOP[1]], "");
    run("wasmote-exec", &[], "");
    for failure in &failed {
        println!("{failure}");
    }
    ensure!(failed.is_empty(), "{} of {} runs failed", failed.len(), MODES.len() + 3);
    Ok(())
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
        ensure!(arguments.iter().any(|argument| argument == name), "no package has a test target `{name}`");
    }
    Ok(arguments)
}
