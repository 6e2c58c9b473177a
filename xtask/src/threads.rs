//! `cargo xtask loom`: the queue of waiting threads in every order of its steps. `cargo xtask stress`: threads that wait,
//! notify, grow and end at random, for long.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use pico_args::Arguments;

use crate::project::{cargo, root, run, target_dir};

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
