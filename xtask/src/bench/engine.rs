//! An engine: a program, and its arguments for a guest.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::guests::Workload;

/// An engine to measure. In its arguments
///
/// - `{wasm}` becomes the path of the module;
/// - `{args}`, standing alone, becomes the guest's arguments;
/// - an argument with `{dir}` is repeated for each directory that the guest may use;
/// - an argument with `{env}` is repeated for each of its variables, as `NAME=VALUE`.
pub struct Engine {
    /// Its name in the table.
    pub name: String,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Engine {
    /// The wasmote at this path.
    pub fn wasmote(program: PathBuf) -> Result<Engine> {
        Engine::new("wasmote", program, "run --dir={dir} --env={env} {wasm} {args}")
    }

    /// From `NAME=PROGRAM ARGUMENT...`.
    pub fn parse(peer: &str) -> Result<Engine> {
        let (name, command) = peer.split_once('=').context("--peer takes NAME=PROGRAM ARGUMENT...")?;
        let (program, arguments) = command.trim().split_once(' ').unwrap_or((command, "{wasm} {args}"));
        Engine::new(name, program.into(), arguments)
    }

    /// A program under a name, with these arguments.
    pub fn new(name: &str, program: PathBuf, arguments: &str) -> Result<Engine> {
        ensure!(program.is_file(), "{name}: there is no {}", program.display());
        let program = std::path::absolute(&program)?;
        Ok(Engine { name: name.into(), program, arguments: arguments.split_whitespace().map(String::from).collect() })
    }

    /// The same engine with another option before the module.
    pub fn with(&self, option: &str) -> Engine {
        let mut arguments = self.arguments.clone();
        let module = arguments.iter().position(|argument| argument.contains("{wasm}")).unwrap_or(0);
        arguments.insert(module, option.into());
        Engine { name: format!("{} {option}", self.name), program: self.program.clone(), arguments }
    }

    /// The command that runs this guest.
    pub fn command(&self, workload: &Workload) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(folder) = &workload.started_in {
            command.current_dir(folder);
        }
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
