//! `cargo xtask features`: crates compile, without a warning, with each of their features alone. cargo-hack chooses the features.
//!
//! Crates are checked one by one. A build of the whole workspace gives each crate the features that any other crate asks for, which
//! hides what is missing.

use anyhow::Result;
use pico_args::Arguments;

use crate::project;
use crate::tools::HACK;

pub const OPTIONS: &str = "
  --two    any two features, too
";

pub fn main(mut arguments: Arguments) -> Result<()> {
    let two = arguments.contains("--two");
    crate::no_more_arguments(arguments)?;
    check(if two { "--feature-powerset" } else { "--each-feature" })
}

/// Packages below the library. Its features turn on theirs, so they compile with each of them anyway. By themselves they are
/// checked with any two features, once a week.
const BELOW: [&str; 4] = ["wasmote-decode", "wasmote-validate", "wasmote-translate", "wasmote-runtime"];

/// Checks with `--each-feature` (none, each, and all) or `--feature-powerset` (none, each, any two, and all).
pub fn check(choice: &str) -> Result<()> {
    let mut hack = std::process::Command::new(HACK.find()?);
    hack.args(["hack", "check", "--workspace", "--exclude", "xtask", "--keep-going", "--quiet", choice]);
    if choice == "--feature-powerset" {
        // The combinations of two features contain each choice of three: two with, or one without the other two.
        hack.args(["--depth", "2"]);
    } else {
        hack.args(BELOW.iter().flat_map(|package| ["--exclude", package]));
    }
    hack.current_dir(project::root()).env("RUSTFLAGS", "-D warnings");
    project::run(hack.env("CARGO_TARGET_DIR", project::target_dir().join("feature-check")))
}
