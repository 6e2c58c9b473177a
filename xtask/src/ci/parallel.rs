//! Steps that run in parallel to the others, because much of what takes long uses one processor. They run one after the other, each in a
//! process of its own and with a target folder of its own. Their output is kept until it is their turn. None of them counts tests, and a step
//! that needs another of them comes after it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::project;

/// The steps, in order.
const NAMES: &[&str] = &[
    "setup-embedded",
    "clippy",
    "doc",
    "features",
    "fuzz",
    "no-std-check",
    "loom",
    "examples",
    "python",
    // It compiles the guests whose images are parts of what the next two measure.
    "firmware",
    "size",
    // These two need a build that it made.
    "tailcheck",
    "forbidden-symbols",
];

/// Whether a step runs in parallel.
pub fn has(step: &str) -> bool {
    NAMES.contains(&step)
}

/// A step that has ended.
struct Ended {
    name: &'static str,
    result: Result<()>,
    log: PathBuf,
}

/// The steps that are running, or have ended.
pub struct Lane {
    running: Receiver<Ended>,
    ended: Vec<Ended>,
}

pub fn start() -> Result<Lane> {
    let folder = project::target_dir().join("parallel");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // The tests of the workspace may replace this program.
    let program = folder.join("xtask-copy");
    fs::copy(std::env::current_exe()?, &program).context("a copy of xtask")?;
    let (sender, running) = channel();
    thread::spawn(move || {
        for &name in NAMES {
            let log = folder.join(name).with_extension("log");
            let run = || {
                let out = File::create(&log)?;
                let mut command = Command::new(&program);
                command.args(["ci", name]).env("CARGO_TARGET_DIR", &folder);
                project::run(command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out))
            };
            let result = run();
            if sender.send(Ended { name, result, log }).is_err() {
                break;
            }
        }
    });
    Ok(Lane { running, ended: Vec::new() })
}

impl Lane {
    /// Waits for a step that runs in parallel, shows its output, and returns its summary.
    pub fn finish(&mut self, step: &str) -> Option<Result<String>> {
        let &name = NAMES.iter().find(|name| **name == step)?;
        self.wait(name);
        let ended = self.ended.iter().find(|ended| ended.name == name);
        Some(match ended {
            Some(Ended { result, log, .. }) => summary(name, result, &fs::read_to_string(log).unwrap_or_default()),
            None => Err(anyhow!("{name} was not run")),
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

/// Prints the output of a step, and returns the last line about it.
fn summary(name: &str, result: &Result<()>, log: &str) -> Result<String> {
    // The heading is printed already.
    let body = log.split_once("=== ").and_then(|(_, log)| log.split_once('\n')).map_or(log, |(_, body)| body);
    let start = format!("--- {name} ");
    let end = body.lines().find_map(|line| line.strip_prefix(&start));
    println!("{}", body.split_once(&start).map_or(body, |(body, _)| body).trim_end());
    match (result, end) {
        (Ok(()), Some(end)) => Ok(format!("{:>9}  (in parallel)", end.trim())),
        (Ok(()), None) => bail!("{name} did not report its end"),
        (Err(error), _) => bail!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_is_summed_up_by_its_own_last_line_or_fails() {
        let log = "\n=== fuzz: what it proves\noutput\n--- fuzz  3.0 s  ok\n\n=== summary\nfuzz 3.0 s ok\n";
        assert_eq!(summary("fuzz", &Ok(()), log).unwrap(), "3.0 s  ok  (in parallel)");
        assert!(summary("fuzz", &Err(anyhow!("ended")), log).is_err());
        assert!(summary("fuzz", &Ok(()), "\n=== fuzz: what it proves\nkilled\n").is_err());
    }

    #[test]
    fn names_are_those_of_steps() {
        let has = |name: &&&str| crate::ci::STEPS.iter().any(|step| step.name == **name);
        assert!(NAMES.iter().all(|name| has(&name)));
    }
}
