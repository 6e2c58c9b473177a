//! The steps that run tests, and how tests are counted.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::Outcome;
use crate::conformance::{EMBEDDED_GUESTS, GUESTS, LOOP, MODES, SCRIPTS, select};
use crate::project::{self, cargo};

/// The tests of a step, or of all.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
    pub ignored: usize,
}

/// Runs `cargo test` once with each line of arguments.
fn cargo_test(lines: &[&str]) -> Result<Outcome> {
    let mut count = Count::default();
    for line in lines {
        let mut command = cargo(["test", "--locked", "--no-fail-fast"]);
        count.add(count_tests(command.args(line.split(' ')))?);
    }
    Ok(Outcome::Tests(count))
}

pub fn unit() -> Result<Outcome> {
    cargo_test(&["--workspace --lib --bin xtask"])
}

/// Of the whole workspace, whose features are those of the unit tests: nothing is compiled twice.
pub fn conformance() -> Result<Outcome> {
    cargo_test(&["--workspace --test conformance"])
}

pub fn newest_scripts() -> Result<Outcome> {
    if !project::root().join("../shared/testsuite").is_dir() {
        return Ok(Outcome::LeftOut("../shared/testsuite does not exist".into()));
    }
    cargo_test(&[
        "--workspace --test conformance -- testsuite/",
        "--workspace --lib --test images --test operators -- beside_the_checkout",
    ])
}

/// `in_place` covers the loop of code that is executed in place, with the op set that firmware has.
pub fn loop_dispatch() -> Result<Outcome> {
    run_suites(&LOOP, SCRIPTS, &["wasmote-exec"]).map(Outcome::Tests)
}

pub fn loop_dispatch_more() -> Result<Outcome> {
    let mut count = run_suites(&LOOP, &[GUESTS, EMBEDDED_GUESTS].concat(), &[])?;
    // The listing of each instruction as it runs selects the loop.
    let traced = ["test", "--locked", "--package", "wasmote-cli", "--features", "trace", "--test", "dump_and_trace"];
    count.add(count_tests(&mut cargo(traced))?);
    Ok(Outcome::Tests(count))
}

/// What runs the library is compiled for that. What runs the command is the unit tests' build, and runs the release itself.
pub fn release() -> Result<Outcome> {
    let mut count = run_suites(&["--profile", "suites"], &[SCRIPTS, EMBEDDED_GUESTS].concat(), &[])?;
    let mut command = cargo(["test", "--locked", "--no-fail-fast", "--workspace"]);
    command.args(GUESTS.iter().flat_map(|name| ["--test", *name]));
    count.add(count_tests(command.env("WASMOTE_TEST_COMMAND", project::build_release()?))?);
    Ok(Outcome::Tests(count))
}

/// Runs test targets in a build with these arguments, except those of some packages.
fn run_suites(how: &[&str], targets: &[&str], without: &[&str]) -> Result<Count> {
    let mut metadata = project::metadata()?;
    metadata.packages.retain(|package| !without.contains(&package.name.as_str()));
    let mut cargo = cargo(["test", "--locked", "--no-fail-fast"]);
    count_tests(cargo.args(how).args(select(&metadata, targets)?))
}

pub fn images() -> Result<Outcome> {
    let lines = MODES.map(|mode| format!("--package wasmote --test conformance -- {mode}"));
    cargo_test(&lines.each_ref().map(String::as_str))
}

/// The builds that tests of the whole workspace, with every feature, do not have: the core op set without accumulators in a loop and with small
/// floats, as firmware on 32-bit Arm has it, and a build without floats.
pub fn in_place() -> Result<Outcome> {
    cargo_test(&[
        "--package wasmote-exec --no-default-features --features small-floats,verify,loop-dispatch --lib --test conformance --test in_place",
        "--package wasmote-exec --no-default-features --features verify --doc",
        "--package wasmote-exec --no-default-features --features verify,trace --test in_place trace",
        "--package wasmote-exec --no-default-features --features verify --test in_place",
    ])
}

pub fn no_std() -> Result<Outcome> {
    cargo_test(&[
        // Where panics unwind, the command links the standard library.
        "--profile suites --config profile.suites.panic='abort' --package wasmote-cli --no-default-features --features wasm,image,compile,validate,inspect,dump,extended,wasi",
        // Features that this build lacks are named when a module is loaded; other builds of these tests have all of them.
        "--package wasmote-decode --no-default-features --features wasm",
    ])
}

pub fn core_op_set() -> Result<Outcome> {
    cargo_test(&[
        "--profile suites --package wasmote-cli --no-default-features --features wasm,image,compile,validate,gc,wasi,script --test guests --test scripts",
    ])
}

/// Continuations, which no build has by default.
pub fn continuations() -> Result<Outcome> {
    cargo_test(&["--package wasmote --features stack-switching --test stack_switching"])
}

/// Runs a command that must run tests, shows its output, and counts the tests.
fn count_tests(command: &mut Command) -> Result<Count> {
    let count = count_lines(command)?;
    ensure!(count.passed + count.failed > 0, "{} ran no test", project::command_line(command));
    Ok(count)
}

/// Runs a command, shows its output, and counts the tests that the output reports.
pub fn count_lines(command: &mut Command) -> Result<Count> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut count = Count::default();
    for line in BufReader::new(child.stdout.take().context("the output of cargo")?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(of_binary) = Count::parse(&line) {
            count.add(of_binary);
        }
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("{} ended without naming a failed test ({status})", project::command_line(command));
    }
    Ok(count)
}

impl Count {
    /// Reads the last line of a test binary: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`. Binaries that run scripts count
    /// directives.
    fn parse(line: &str) -> Option<Count> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut count = Count::default();
        for part in counts.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => count.passed = number.parse().ok()?,
                Some((number, "failed")) => count.failed = number.parse().ok()?,
                Some((number, "ignored")) => count.ignored = number.parse().ok()?,
                _ => {}
            }
        }
        Some(count)
    }

    pub fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} ignored", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_result_lines_are_counted() {
        let line = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s";
        assert_eq!(Count::parse(line), Some(Count { passed: 3, failed: 0, ignored: 1 }));
        let line = "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s";
        assert_eq!(Count::parse(line), Some(Count { passed: 10, failed: 2, ignored: 0 }));
        assert_eq!(Count::parse("test memory::grow ... ok"), None);
        assert_eq!(Count::parse("v2/memory.wast: 83 passed, 0 failed, 0 skipped"), None);
    }

    #[test]
    fn step_without_tests_or_with_a_silent_failure_fails() {
        let count = |script: &str| count_tests(Command::new("sh").args(["-c", script]));
        assert!(count("true").is_err());
        let ok = "echo 'test result: ok. 3 passed; 0 failed'";
        assert!(count(&format!("{ok}; exit 1")).is_err());
        assert_eq!(count(ok).unwrap().passed, 3);
    }
}
