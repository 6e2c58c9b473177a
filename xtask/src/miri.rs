//! `cargo xtask miri`: runs small modules in Miri with strict provenance. Miri reports undefined behaviour in the access to handlers, records and objects, whether
//! or not it has consequences on this machine.
//!
//! The test files are small for this purpose. Miri comes with a nightly compiler; without one, the step is left out.

use std::process::Command;

use anyhow::{Result, bail};

use crate::project::{command_line, run, succeeds, with_nightly};

pub const DETAILS: &str = "
  Needs `rustup toolchain install nightly --component miri,rust-src`. A test that takes more than a minute and a half
  fails; the time for compilation is not included.
";

/// The arguments that choose tests, and those of the test binaries.
const TESTS: &[(&[&str], &[&str])] = &[
    (&["--package", "wasmote", "--test", "small"], &[]),
    (
        &["--package", "wasmote-exec", "--no-default-features", "--features", "verify", "--test", "in_place"],
        &["small::"],
    ),
];

/// Seconds that each may take.
const LIMIT: &str = "90";

/// Runs the tests, or returns why it can't.
pub fn check() -> Result<Option<String>> {
    if !succeeds(nightly("cargo").args(["miri", "--version"])) {
        return Ok(Some("there is no nightly compiler with Miri".into()));
    }
    if !succeeds(Command::new("timeout").arg("--version")) {
        return Ok(Some("there is no `timeout` to end what takes too long".into()));
    }
    for (tests, filter) in TESTS {
        run(miri(&mut nightly("cargo"), tests).arg("--no-run"))?;
        let mut command = nightly("timeout");
        let limited = miri(command.args(["--kill-after=5", LIMIT, "cargo"]), tests);
        let status = limited.arg("--").args(*filter).status()?;
        match status.code() {
            Some(0) => {}
            // What `timeout` says of a command that it ended.
            Some(124 | 137) => bail!("{} took more than {LIMIT} seconds", command_line(limited)),
            _ => bail!("{} failed ({status})", command_line(limited)),
        }
    }
    Ok(None)
}

fn miri<'c>(command: &'c mut Command, tests: &[&str]) -> &'c mut Command {
    command.args(["miri", "test", "--locked"]).args(tests)
}

fn nightly(program: &str) -> Command {
    let mut command = with_nightly(program);
    command.env("MIRIFLAGS", "-Zmiri-strict-provenance");
    command
}
