//! `cargo xtask ci`: everything that must hold, in order, as the build server runs it.
//!
//! Some steps run beside the others ([`beside`]), unless steps are named or the first failure ends it. A failed step
//! does not keep the later ones from running, unless `--fail-fast` is given; what failed is listed at the
//! end. The last line is the sum of all tests, `N passed, N failed`.

mod beside;
mod readme;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use pico_args::Arguments;

use crate::conformance::{GUESTS, SCRIPTS, select};
use crate::project::{self, cargo, run};
use crate::{
    bare, circles, corpus, deps, diet, embedded, features, firmware, fuzz, linear, miri, same_image, size, tailcheck,
};

/// How a step went, when it did not fail.
enum Outcome {
    Passed,
    Tests(Count),
    LeftOut(String),
}

/// Tests of a step, or of all.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// A step: its name, what it proves, and how.
type Step = (&'static str, &'static str, fn() -> Result<Outcome>);

const STEPS: &[Step] = &[
    ("readme", "README's first commands, in a clone with nothing beside it: all tests are one of them", readme),
    ("fmt", "the code is formatted", fmt),
    ("deps", "the crates depend on each other as designed", || deps::check().map(|()| Outcome::Passed)),
    ("circles", "files do not need each other in large circles", || circles::check().map(|()| Outcome::Passed)),
    ("clippy", "no warnings in any target", clippy),
    ("corpus", "the guests too large to commit are at hand", || corpus::check().map(left_out)),
    ("test-beside", "the tests whose numbers depend on what lies beside the checkout", test_beside),
    ("test-loop", "the suites with handlers that return to a loop", test_loop),
    ("test-release", "the suites with the release profile, where handlers tail-call", test_release),
    ("test-images", "the suites from images: of each op set, and metered", test_images),
    ("test-in-place", "images executed in place, in builds that have nothing else", test_in_place),
    ("test-no-std", "the command as it is without the standard library", test_no_std),
    ("test-core", "the command as it is without the extended op set", test_core),
    ("tailcheck", "the handlers of the release binary are straight lines to a jump", || {
        tailcheck::check().map(left_out)
    }),
    ("features", "each crate compiles with its features, and loses what goes without them", || {
        features::check(&[], false).map(|()| Outcome::Passed)
    }),
    ("setup-embedded", "a toolchain for firmware and foreign hosts is at hand", || embedded::check().map(left_out)),
    ("bare", "the no_std crates compile without an operating system", || bare::check().map(left_out)),
    ("firmware", "the firmware examples print in QEMU what they must", || firmware::check().map(left_out)),
    ("size", "each configuration of size-budget.toml keeps to its budget", || {
        size::check(embedded::complete()).map(left_out)
    }),
    ("diet", "what size-budget.toml forbids is not in them", || diet::check(&[], embedded::complete()).map(left_out)),
    ("fuzz", "the fuzz targets compile, and modules by wasm-smith do what they do in wasmi", || {
        fuzz::check().map(|()| Outcome::Passed)
    }),
    ("miri", "small modules do nothing undefined, as far as Miri sees", || miri::check().map(left_out)),
    ("linear", "work grows no faster than modules do", || linear::check().map(|()| Outcome::Passed)),
    ("same-image", "images are the same whichever host writes them", || same_image::check().map(left_out)),
];

pub fn main(mut arguments: Arguments) -> Result<()> {
    let fail_fast = arguments.contains("--fail-fast");
    let mut wanted = Vec::new();
    while let Some(name) = arguments.opt_free_from_str::<String>()? {
        ensure!(STEPS.iter().any(|step| step.0 == name), "there is no step `{name}`; there are {}", step_names());
        wanted.push(name);
    }
    crate::no_more_arguments(arguments)?;

    let mut beside = if wanted.is_empty() && !fail_fast { Some(beside::start()?) } else { None };
    let (mut total, mut lines, mut failed) = (Count::default(), Vec::new(), Vec::new());
    // Those beside last: nobody waits for them while there is something else to do.
    let (last, first): (Vec<&Step>, _) = STEPS.iter().partition(|step| beside.is_some() && beside::is_one(step.0));
    for (name, what, step) in first.into_iter().chain(last) {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        println!("\n=== {name}: {what}");
        if let Some(result) = beside.as_mut().and_then(|beside| beside.end(name)) {
            let how = result.unwrap_or_else(|error| {
                eprintln!("{error:#}");
                failed.push(*name);
                "FAILED".into()
            });
            lines.push(format!("{name:<14} {how}"));
            println!("--- {}", lines[lines.len() - 1]);
            continue;
        }
        if let Some(beside) = &mut beside {
            beside.prepare(name);
        }
        let start = Instant::now();
        let result = step();
        let how = match &result {
            Ok(Outcome::Passed) => "ok".into(),
            Ok(Outcome::LeftOut(reason)) => format!("left out: {reason}"),
            Ok(Outcome::Tests(count)) => {
                total.add(*count);
                if count.failed > 0 {
                    failed.push(*name);
                }
                format!("{} passed, {} failed, {} ignored", count.passed, count.failed, count.ignored)
            }
            Err(error) => {
                eprintln!("{error:#}");
                failed.push(*name);
                "FAILED".into()
            }
        };
        lines.push(format!("{name:<14} {:>7}  {how}", seconds(start.elapsed())));
        println!("--- {}", lines[lines.len() - 1]);
        if fail_fast && !failed.is_empty() {
            break;
        }
    }

    println!("\n=== summary");
    for line in &lines {
        println!("{line}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn step_names() -> String {
    STEPS.iter().map(|step| step.0).collect::<Vec<_>>().join(", ")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn left_out(reason: Option<String>) -> Outcome {
    reason.map_or(Outcome::Passed, Outcome::LeftOut)
}

fn fmt() -> Result<Outcome> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome> {
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--keep-going", "--", "-D", "warnings"]))?;
    Ok(Outcome::Passed)
}

fn readme() -> Result<Outcome> {
    let mut count = Count::default();
    for command in &mut readme::commands()? {
        println!("$ {}", readme::line(command));
        // Not every command runs tests.
        count.add(count_lines(command)?);
    }
    ensure!(count.passed > 0, "no command of README's runs tests");
    Ok(Outcome::Tests(count))
}

fn test_beside() -> Result<Outcome> {
    if !project::root().join("../shared/testsuite").is_dir() {
        return Ok(Outcome::LeftOut("../shared/testsuite is not there".into()));
    }
    let mut count = Count::default();
    for arguments in ["--test conformance -- testsuite/", "--lib --test images --test operators -- beside_the_checkout"]
    {
        let mut test = cargo(["test", "--workspace", "--locked", "--no-fail-fast"]);
        count.add(counted(count_tests(test.args(arguments.split(' ')))?));
    }
    Ok(Outcome::Tests(count))
}

fn test_loop() -> Result<Outcome> {
    // Along with what relaxed instructions do otherwise.
    // In place the loop is run by `test-in-place`, with the op set that firmware has.
    let mut count =
        counted(suites(&["--features", "wasmote/loop-dispatch,wasmote/relaxed-native"], &["wasmote-exec"])?);
    // What shows each instruction has the loop.
    let traced = ["test", "--locked", "--package", "wasmote-cli", "--features", "trace", "--test", "seen"];
    count.add(counted(count_tests(&mut cargo(traced))?));
    Ok(Outcome::Tests(count))
}

fn test_release() -> Result<Outcome> {
    suites(&["--release"], &[])
}

/// The suites that run wasm, built with these arguments, but for those of some packages.
fn suites(how: &[&str], without: &[&str]) -> Result<Outcome> {
    let mut metadata = project::metadata()?;
    metadata.packages.retain(|package| !without.contains(&package.name.as_str()));
    let mut cargo = cargo(["test", "--locked", "--no-fail-fast"]);
    count_tests(cargo.args(how).args(select(&metadata, &[SCRIPTS, GUESTS].concat())?))
}

fn test_images() -> Result<Outcome> {
    let mut count = Count::default();
    for arguments in ["--images=core", "--images=extended", "--images=metered --checked"] {
        let conformance = ["test", "--locked", "--package", "wasmote", "--test", "conformance", "--"];
        count.add(counted(count_tests(cargo(conformance).args(arguments.split(' ')))?));
    }
    Ok(Outcome::Tests(count))
}

/// What the tests of the whole workspace, where every feature is on, leave to builds of `exec` alone: the core op set without accumulators, as
/// firmware on Arm of 32 bits has it, in a loop and with small floats; and no floats at all. `test-release` has the suites in the release profile.
fn test_in_place() -> Result<Outcome> {
    let exec = ["test", "--locked", "--no-fail-fast", "--package", "wasmote-exec", "--no-default-features"];
    let runs = [
        "--features small-floats,verify,loop-dispatch --lib --test conformance --test in_place",
        "--features verify --doc",
        // Each instruction is shown.
        "--features verify,trace --test in_place trace",
        "--features verify --test in_place",
    ];
    let mut count = Count::default();
    for run in runs {
        count.add(counted(count_tests(cargo(exec).args(run.split(' ')))?));
    }
    Ok(Outcome::Tests(count))
}

fn test_no_std() -> Result<Outcome> {
    let features = "wasm,image,compile,validate,inspect,dump,extended,wasi";
    let command = ["test", "--locked", "--release", "--package", "wasmote-cli", "--no-default-features"];
    let mut count = counted(count_tests(cargo(command).args(["--features", features]))?);
    // What a build lacks is named when a module is loaded: other builds of these tests have it all.
    let decode = ["test", "--locked", "--package", "wasmote-decode", "--no-default-features", "--features", "wasm"];
    count.add(counted(count_tests(&mut cargo(decode))?));
    Ok(Outcome::Tests(count))
}

fn test_core() -> Result<Outcome> {
    let command = ["test", "--locked", "--release", "--package", "wasmote-cli", "--no-default-features", "--features"];
    count_tests(cargo(command).args([
        "wasm,image,compile,validate,gc,wasi,script",
        "--test",
        "guests",
        "--test",
        "scripts",
    ]))
}

/// The tests of an outcome that has some.
fn counted(outcome: Outcome) -> Count {
    match outcome {
        Outcome::Tests(count) => count,
        Outcome::Passed | Outcome::LeftOut(_) => Count::default(),
    }
}

/// Runs tests, shows what they print, and counts them.
fn count_tests(command: &mut Command) -> Result<Outcome> {
    let count = count_lines(command)?;
    ensure!(count.passed + count.failed > 0, "{} ran no test", project::words(command));
    Ok(Outcome::Tests(count))
}

/// Runs a command, shows what it prints, and counts the tests that it says it ran.
fn count_lines(command: &mut Command) -> Result<Count> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut count = Count::default();
    for line in BufReader::new(child.stdout.take().context("cargo's output")?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(of_binary) = Count::parse(&line) {
            count.add(of_binary);
        }
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("{} ended without naming a failed test ({status})", project::words(command));
    }
    Ok(count)
}

impl Count {
    /// From the line that a test binary ends with: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`. Where the
    /// tests are scripts, directives are counted.
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

    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted_and_others_are_not() {
        let line = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s";
        assert_eq!(Count::parse(line), Some(Count { passed: 3, failed: 0, ignored: 1 }));
        let line = "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s";
        assert_eq!(Count::parse(line), Some(Count { passed: 10, failed: 2, ignored: 0 }));
        assert_eq!(Count::parse("test memory::grow ... ok"), None);
        assert_eq!(Count::parse("running 3 tests"), None);
        assert_eq!(Count::parse("v2/memory.wast: 83 passed, 0 failed, 0 skipped"), None);
    }

    fn outcome(script: &str) -> Result<Outcome> {
        count_tests(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn step_without_tests_or_with_a_silent_failure_fails() {
        assert!(outcome("true").is_err());
        let ok = "echo 'test result: ok. 3 passed; 0 failed'";
        assert!(outcome(&format!("{ok}; exit 1")).is_err());
        assert!(matches!(outcome(ok), Ok(Outcome::Tests(Count { passed: 3, .. }))));
    }
}
