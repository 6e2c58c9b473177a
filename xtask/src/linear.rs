//! `cargo xtask linear`: all that is done with modules costs in proportion to their size, and traps cost what their frames do. The program
//! in `tests/linear` counts work over families of modules; here it is compiled so that it can count, which takes a target folder of its own.

use anyhow::Result;
use pico_args::Arguments;

use crate::project::{cargo, root, run, target_dir};

/// For its help.
pub const OPTIONS: &str = "
  --all                each phase of each family, instead of the one that grows fastest
  NAME...              families whose names contain one of these

Steps are counters that the compiler puts into all loops and functions; bytes are those allocated, copied, filled and compared.
Each family is made at n and at 2n. A phase fails if it costs more than 2.35 times as much at 2n, or 1.2 times where it must not grow.
";

/// Counters everywhere, but for those of values. What they come to is not written anywhere.
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
