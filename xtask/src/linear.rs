//! `cargo xtask linear`: all work with modules is in proportion to their size, and the work for a trap in proportion to its frames. The program in
//! `tests/linear` counts work over families of modules. Here it is compiled with counters, into a target folder of its own.

use anyhow::Result;
use pico_args::Arguments;

use crate::project::{cargo, root, run, target_dir};

pub const OPTIONS: &str = "
  --all                each phase of each family, instead of the one that grows fastest
  NAME...              families whose names contain one of these

Steps are counters that the compiler puts into all loops and functions; bytes are those allocated, copied, filled and compared.
Each family is made at n and at 2n. A phase fails if it costs more than 2.35 times as much at 2n, or 1.2 times where it must not grow.
";

/// Enables counters of executions, without those of values, and discards their file.
const FLAGS: &str = "-Cprofile-generate=/dev/null -Cllvm-args=-disable-vp --cfg counted";

pub fn main(arguments: Arguments) -> Result<()> {
    let arguments: Vec<_> = arguments.finish();
    count(&arguments)
}

/// All families.
pub fn check() -> Result<()> {
    count(&[])
}

fn count(arguments: &[std::ffi::OsString]) -> Result<()> {
    let mut cargo = cargo(["run", "--quiet", "--locked", "--manifest-path"]);
    cargo.arg(root().join("tests/linear/Cargo.toml")).arg("--target-dir").arg(target_dir().join("linear"));
    cargo.env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS").env("LLVM_PROFILE_FILE", "/dev/null");
    run(cargo.arg("--").args(arguments))
}
