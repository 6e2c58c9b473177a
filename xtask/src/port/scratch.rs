//! A package outside of the workspace that compiles the code of others against wasmote.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

use super::examples::Example;
use super::{Outcome, Outcomes, Project, Unit};
use crate::project as workspace;

/// Features of wasmote beyond the default ones, for what others have by default.
const FEATURES: &[&str] = &["call-hook", "async"];

pub struct Scratch<'a> {
    project: &'a Project,
    checkout: &'a Path,
    folder: PathBuf,
}

impl<'a> Scratch<'a> {
    pub fn new(project: &'a Project, checkout: &'a Path) -> Result<Scratch<'a>> {
        let folder = workspace::target_dir().join("port").join(project.name);
        if folder.join("src").is_dir() {
            std::fs::remove_dir_all(folder.join("src"))?;
        }
        std::fs::create_dir_all(folder.join("src"))?;
        Ok(Scratch { project, checkout, folder })
    }

    /// Writes each example into a file of its own, which becomes the documentation of a module.
    pub fn write_examples(&self, examples: Vec<Example>) -> Result<Vec<Unit>> {
        let mut units = Vec::new();
        for (i, Example { name, text }) in examples.into_iter().enumerate() {
            let path = self.folder.join("src").join(format!("example_{i}.md"));
            std::fs::write(&path, text)?;
            units.push(Unit { name, path });
        }
        Ok(units)
    }

    pub fn write_manifest(&self, tests: &[Unit], programs: &[Unit], examples: &[Unit]) -> Result<()> {
        let mut manifest = format!(
            "[package]\nname = \"port-{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
             [features]\ndefault = [\"wat\", \"memory64\", \"std\"]\nwat = []\nmemory64 = []\nstd = []\n\n[dependencies]\n",
            self.project.name,
        );
        let wasmote = format!("features = {FEATURES:?}");
        self.write_dependency("wasmote", "crates/wasmote", &wasmote, self.project.crates, &mut manifest)?;
        let wasi = self.project.wasi_crates;
        self.write_dependency("wasmote-wasi", "crates/wasi", "features = []", wasi, &mut manifest)?;
        for (name, line) in self.project.dependencies {
            let line = line.replace("{root}", &workspace::root().to_string_lossy());
            writeln!(manifest, "{name} = {line}")?;
        }
        for (kind, units) in [("test", tests), ("example", programs)] {
            for unit in units {
                write!(manifest, "\n[[{kind}]]\nname = {:?}\npath = {:?}\n", unit.name, unit.path)?;
            }
        }
        std::fs::write(self.folder.join("Cargo.toml"), manifest)?;
        let mut library = String::from("//! The examples, each the documentation of a module.\n");
        for (i, unit) in examples.iter().enumerate() {
            write!(library, "\n#[doc = include_str!({:?})]\npub mod example_{i} {{}}\n", unit.path)?;
        }
        std::fs::write(self.folder.join("src/lib.rs"), library)?;
        Ok(())
    }

    /// Adds a package of the workspace to the manifest, under these names.
    fn write_dependency(
        &self,
        package: &str,
        path: &str,
        features: &str,
        names: &[&str],
        manifest: &mut String,
    ) -> Result<()> {
        let [first, others @ ..] = names else { return Ok(()) };
        let line = format!("{first} = {{ package = {package:?}, path = {:?}", workspace::root().join(path));
        writeln!(manifest, "{line}, {features} }}")?;
        // A package may have only one name in a manifest. Another package hands it on under each further one.
        for name in others {
            let folder = self.folder.join(name);
            std::fs::create_dir_all(folder.join("src"))?;
            std::fs::write(folder.join("src/lib.rs"), format!("pub use {first}::*;\n"))?;
            std::fs::write(
                folder.join("Cargo.toml"),
                format!(
                    "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{line} }}\n",
                ),
            )?;
            writeln!(manifest, "{name} = {{ path = {name:?} }}")?;
        }
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = workspace::cargo(arguments);
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", workspace::target_dir().join("port/target"));
        command
    }

    /// Compiles and runs tests and programs.
    pub fn run_tests(&self, tests: &[Unit], programs: &[Unit], all_errors: bool) -> Result<Outcomes> {
        let mut outcomes: Outcomes =
            tests.iter().chain(programs).map(|unit| (unit.name.clone(), Outcome::default())).collect();
        if outcomes.is_empty() {
            return Ok(outcomes);
        }
        let build =
            self.cargo(&["build", "--tests", "--examples", "--keep-going", "--message-format=json"]).output()?;
        let mut executables = Vec::new();
        for message in Message::parse_stream(&build.stdout[..]) {
            match message? {
                Message::CompilerMessage(message) if message.message.level == DiagnosticLevel::Error => {
                    let Some(outcome) = outcomes.get_mut(&message.target.name) else {
                        bail!("{} does not compile\n{}", message.target.name, message.message);
                    };
                    if all_errors && let Some(text) = &message.message.rendered {
                        println!("{}: {text}", message.target.name);
                    }
                    outcome.compile_error.get_or_insert_with(|| one_line(&message.message.message));
                }
                Message::CompilerArtifact(artifact) => {
                    executables.extend(artifact.executable.map(|path| (artifact.target.name, path)));
                }
                _ => {}
            }
        }
        if executables.is_empty() && outcomes.values().all(|outcome| outcome.compile_error.is_none()) {
            bail!("cargo failed\n{}", String::from_utf8_lossy(&build.stderr));
        }
        for (name, path) in executables {
            let Some(outcome) = outcomes.get_mut(&name) else { continue };
            let is_test = tests.iter().any(|unit| unit.name == name);
            let output = Command::new(&path).current_dir(self.checkout).output().with_context(|| path.to_string())?;
            match is_test {
                true => read_tests(&format!("{name}::"), &output, outcome)?,
                false if output.status.success() => outcome.passed.push(name),
                false => outcome.failed.push((name, reason(&String::from_utf8_lossy(&output.stderr)))),
            }
        }
        Ok(outcomes)
    }

    /// Compiles and runs the examples of the documentation.
    pub fn run_examples(&self, examples: &[Unit], all_errors: bool) -> Result<Outcomes> {
        let mut outcomes = Outcomes::new();
        if examples.is_empty() {
            return Ok(outcomes);
        }
        let output = self.cargo(&["test", "--doc", "--", "--test-threads=2"]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if all_errors {
            println!("{text}");
        }
        for (i, unit) in examples.iter().enumerate() {
            let label = format!("example_{i} (line ");
            let mut outcome = Outcome::default();
            for line in text.lines().filter(|line| line.starts_with("test ") && line.contains(&label)) {
                if line.ends_with("ok") {
                    outcome.passed.push(unit.name.clone());
                    continue;
                }
                let section = text.split("\n---- ").skip(1).find(|section| section.contains(&label)).unwrap_or("");
                let section = section.split("\n---- ").next().unwrap_or(section);
                match section.contains("Couldn't compile the test") {
                    true => outcome.compile_error = Some(reason(section)),
                    false => outcome.failed.push((unit.name.clone(), reason(section))),
                }
            }
            if outcome.compile_error.is_none() && outcome.passed.is_empty() && outcome.failed.is_empty() {
                bail!("the example {} was not run\n{}", unit.name, String::from_utf8_lossy(&output.stderr));
            }
            outcomes.insert(unit.name.clone(), outcome);
        }
        Ok(outcomes)
    }
}

/// Reads what a program of tests printed.
fn read_tests(prefix: &str, output: &Output, outcome: &mut Outcome) -> Result<()> {
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        let Some((name, end)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) else { continue };
        let full = format!("{prefix}{name}");
        match end {
            "ok" => outcome.passed.push(full),
            "FAILED" => {
                let section = text.split("\n---- ").find(|section| section.starts_with(&format!("{name} stdout")));
                outcome.failed.push((full, reason(section.unwrap_or(""))));
            }
            _ => {}
        }
    }
    if !output.status.success() && outcome.failed.is_empty() {
        outcome.failed.push((format!("{prefix}*"), format!("ended with {}", output.status)));
    }
    Ok(())
}

/// The line that says why something failed: the first error of the compiler, or what a panic says.
fn reason(text: &str) -> String {
    let mut lines = text.lines();
    let found =
        lines.find(|line| line.starts_with("error") || line.starts_with("Error") || line.contains("panicked at"));
    match found {
        Some(line) if line.contains("panicked at") => one_line(&lines.take(3).collect::<Vec<_>>().join(" ")),
        Some(line) => one_line(line),
        None => one_line(text.lines().last().unwrap_or("")),
    }
}

/// The beginning of a text, without line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(110).collect()
}
