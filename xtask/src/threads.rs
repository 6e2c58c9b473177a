//! `cargo xtask loom`: the queue of waiting threads in every order of its steps. `cargo xtask stress`: threads that wait,
//! notify, grow and end at random, for long. The weekly step `tsan`: tests of threads under ThreadSanitizer.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pico_args::Arguments;

use crate::project::{cargo, command_line, root, run, target_dir};

pub const OPTIONS: &str = "
  --seconds N          how long to run (default: 600)

Runs the tests of threads whose names contain `stress` with more and more rounds. Each prints what it counted.
";

/// Runs `tests/loom`, in a target folder of its own.
pub fn loom() -> Result<()> {
    let mut cargo = cargo(["test", "--quiet", "--locked", "--manifest-path"]);
    cargo.arg(root().join("tests/loom/Cargo.toml")).arg("--target-dir").arg(target_dir().join("loom"));
    run(&mut cargo)
}

/// The tests under ThreadSanitizer. It knows no handlers that tail-call, so they return to a loop.
const SANITIZED: [&str; 8] =
    ["-p", "wasmote", "--features", "loop-dispatch", "--test", "interrupt", "--test", "threads"];

/// What `tools/tsan` ends with if something that it needs is missing.
const NOT_THERE: i32 = 3;

/// Runs tests under ThreadSanitizer, or returns why it can't.
pub fn sanitize() -> Result<Option<String>> {
    let mut command = Command::new(root().join("tools/tsan"));
    let status = command.args(SANITIZED).env("CARGO_TARGET_DIR", target_dir().join("tsan")).status()?;
    match status.code() {
        Some(0) => Ok(None),
        Some(NOT_THERE) => {
            Ok(Some("the sanitizer's runtime, or Debian's compiler with its sources, is missing".into()))
        }
        _ => bail!("{} failed ({status})", command_line(&command)),
    }
}

pub fn stress(mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.opt_value_from_str("--seconds").context("--seconds")?.unwrap_or(600);
    let (start, limit) = (Instant::now(), Duration::from_secs(seconds));
    let mut rounds: u64 = 10_000;
    while start.elapsed() < limit {
        let mut cargo =
            cargo(["test", "--profile", "suites", "-p", "wasmote", "-p", "wasmote-wasi", "--test", "threads"]);
        cargo.args(["stress", "--", "--nocapture"]).env("WASMOTE_STRESS_ROUNDS", rounds.to_string());
        run(&mut cargo)?;
        println!("{rounds} rounds, {} s so far", start.elapsed().as_secs());
        // A longer run finds what needs a long life, a shorter one what happens at the start.
        rounds = (rounds * 3 / 2).min(1_000_000);
    }
    Ok(())
}
