//! Steps that run beside the others, since most of what takes long keeps one processor busy: one after the other, each as a process
//! of its own, in a target folder of their own. What they print is kept until it is their turn. None of them counts tests.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::project;

/// Which, in the order in which they run: the first is what steps of either kind need.
const NAMES: &[&str] = &["setup-embedded", "features", "fuzz", "linear", "bare"];
/// Steps that need the first of these.
const NEED_FIRST: &[&str] = &["firmware", "size", "diet", "same-image"];

/// Whether a step is one of these.
pub fn is_one(step: &str) -> bool {
    NAMES.contains(&step)
}

/// How a step ended.
struct Ended {
    name: &'static str,
    how: Result<()>,
    log: PathBuf,
}

/// The steps that run, or have run.
pub struct Beside {
    running: Receiver<Ended>,
    ended: Vec<Ended>,
}

/// Starts them.
pub fn start() -> Result<Beside> {
    let folder = project::target_dir().join("beside");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // Testing the workspace may write this program anew.
    let program = folder.join(concat!("xtask", env!("CARGO_PKG_VERSION")));
    fs::copy(std::env::current_exe()?, &program).context("a copy of xtask")?;
    let (sender, running) = channel();
    thread::spawn(move || {
        for &name in NAMES {
            let log = folder.join(name).with_extension("log");
            let run = || {
                let out = File::create(&log)?;
                let mut command = Command::new(&program);
                command.args(["ci", name]).env("CARGO_TARGET_DIR", &folder);
                command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
                project::run(&mut command)
            };
            let how = run();
            if sender.send(Ended { name, how, log }).is_err() {
                break;
            }
        }
    });
    Ok(Beside { running, ended: Vec::new() })
}

impl Beside {
    /// Waits for what a step needs.
    pub fn prepare(&mut self, step: &str) {
        if NEED_FIRST.contains(&step) {
            self.wait(NAMES[0]);
        }
    }

    /// If it is one of these, waits until it has ended, shows what it printed, and returns what it said of itself.
    pub fn end(&mut self, step: &str) -> Option<Result<String>> {
        let &name = NAMES.iter().find(|name| **name == step)?;
        self.wait(name);
        let at = self.ended.iter().position(|ended| ended.name == name);
        Some(match at.map(|at| self.ended.swap_remove(at)) {
            Some(Ended { how, log, .. }) => tell(name, how, fs::read_to_string(&log).unwrap_or_default()),
            None => Err(anyhow::anyhow!("{name} was not run")),
        })
    }

    fn wait(&mut self, name: &str) {
        while self.ended.iter().all(|ended| ended.name != name) {
            match self.running.recv() {
                Ok(ended) => self.ended.push(ended),
                Err(_) => break,
            }
        }
    }
}

/// Prints a step's output as far as it belongs to the step; what it said of itself in the end.
fn tell(name: &str, how: Result<()>, log: String) -> Result<String> {
    // Behind its heading, which stands there already.
    let body = log.split_once("=== ").and_then(|(_, log)| log.split_once('\n')).map_or(log.as_str(), |(_, body)| body);
    let start = format!("--- {name} ");
    let end = body.lines().find_map(|line| line.strip_prefix(&start));
    println!("{}", body.split_once(&start).map_or(body, |(body, _)| body).trim_end());
    match (how, end) {
        (Ok(()), Some(end)) => Ok(format!("{}  (beside the others)", end.trim())),
        (Ok(()), None) => bail!("{name} does not say how it ended"),
        (Err(error), _) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_by_its_own_last_line_or_fails() {
        let log =
            "\n=== fuzz: what it proves\nsaid\n--- fuzz  3.0 s  ok\n\n=== summary\nfuzz 3.0 s ok\n0 passed, 0 failed\n";
        assert_eq!(tell("fuzz", Ok(()), log.into()).unwrap(), "3.0 s  ok  (beside the others)");
        assert!(tell("fuzz", Err(anyhow::anyhow!("ended")), log.into()).is_err());
        assert!(tell("fuzz", Ok(()), "\n=== fuzz: what it proves\nkilled\n".into()).is_err());
    }

    #[test]
    fn what_is_needed_is_run_first() {
        let mut names = crate::ci::STEPS.iter().map(|step| step.0);
        assert!(NAMES.iter().chain(NEED_FIRST).all(|name| names.clone().any(|step| step == *name)));
        assert!(names.any(|name| name == NAMES[0]) && names.any(|name| NEED_FIRST.contains(&name)));
    }
}
