//! An engine: a program, and how it is told what to run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::guests::Workload;
use crate::project;

/// wasmi's command line, the peer that is always there.
const WASMI: (&str, &str) = ("wasmi_cli", "2.0.0");

/// An engine to be measured. In its arguments
///
/// - `{wasm}` becomes the path of the module;
/// - `{args}`, standing alone, becomes the guest's arguments;
/// - an argument with `{dir}` is repeated for each directory that the guest may use;
/// - an argument with `{env}` is repeated for each of its variables, as `NAME=VALUE`.
pub struct Engine {
    /// What the table calls it.
    pub name: String,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Engine {
    /// The wasmote at this path.
    pub fn wasmote(program: PathBuf) -> Result<Engine> {
        Engine::new("wasmote", program, "run --dir={dir} --env={env} {wasm} {args}")
    }

    /// The wasmi at this path, or named by the variable `WASMI`, or one installed now.
    pub fn wasmi(program: Option<PathBuf>) -> Result<Engine> {
        let program = match program.or_else(|| std::env::var_os("WASMI").map(PathBuf::from)) {
            Some(program) => program,
            None => install(WASMI.0, WASMI.1, "wasmi")?,
        };
        Engine::new("wasmi", program, "run --dir={dir} --env={env} {wasm} {args}")
    }

    /// From `NAME=PROGRAM ARGUMENT...`.
    pub fn parse(peer: &str) -> Result<Engine> {
        let (name, command) = peer.split_once('=').context("--peer takes NAME=PROGRAM ARGUMENT...")?;
        let (program, arguments) = command.trim().split_once(' ').unwrap_or((command, "{wasm} {args}"));
        Engine::new(name, program.into(), arguments)
    }

    fn new(name: &str, program: PathBuf, arguments: &str) -> Result<Engine> {
        ensure!(program.is_file(), "{name}: there is no {}", program.display());
        let program = std::path::absolute(&program)?;
        Ok(Engine { name: name.into(), program, arguments: arguments.split_whitespace().map(String::from).collect() })
    }

    /// The command that runs this guest.
    pub fn command(&self, workload: &Workload) -> Command {
        let mut command = Command::new(&self.program);
        for argument in &self.arguments {
            if argument == "{args}" {
                command.args(&workload.args);
            } else if argument.contains("{dir}") {
                command.args(workload.dirs.iter().map(|dir| argument.replace("{dir}", dir)));
            } else if argument.contains("{env}") {
                command.args(workload.env.iter().map(|variable| argument.replace("{env}", variable)));
            } else {
                command.arg(argument.replace("{wasm}", &workload.module.to_string_lossy()));
            }
        }
        command
    }
}

/// Installs a program of a crate into `target/peers`, unless it is there.
fn install(package: &str, version: &str, binary: &str) -> Result<PathBuf> {
    let folder: &Path = &project::root().join("target/peers").join(format!("{package}-{version}"));
    let program = folder.join("bin").join(binary);
    if !program.is_file() {
        println!("installing {package} {version} into {}", folder.display());
        let mut cargo = project::cargo(["install", "--locked", "--quiet", package, "--version", version, "--root"]);
        project::run(cargo.arg(folder))?;
    }
    Ok(program)
}
