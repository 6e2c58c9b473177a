//! The command `wasmote`: runs WebAssembly, and looks into it.
//!
//! Read in this order:
//!
//! 1. `options`: the command line, and `help`;
//! 2. `input`: the file, binary or text; `failure`: what can go wrong, in words, with the exit status;
//! 3. a file for each command: `run` (with `value` and `stats`), `check` (`wasmote validate`), `inspect`, `dump`,
//!    `script` (`wasmote wast`).
#![cfg_attr(feature = "validate", forbid(unsafe_code))]

#[cfg(feature = "validate")]
mod check;
mod dump;
mod failure;
mod help;
mod input;
mod inspect;
mod options;
mod run;
#[cfg(feature = "script")]
mod script;
mod stats;
mod value;

use std::io::Write;

use failure::Failure;
use options::{Command, Options};

fn main() {
    let status = match command() {
        Ok(status) => status,
        Err(failure) => {
            failure.print();
            failure.status
        }
    };
    std::process::exit(status);
}

fn command() -> Result<i32, Failure> {
    let options = Options::parse(std::env::args_os().skip(1))?;
    match options.command {
        Command::Help => print(help::TEXT),
        Command::Version => print(concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Run => run::run(&options),
        #[cfg(feature = "validate")]
        Command::Validate => check::check(&options),
        Command::Inspect => inspect::inspect(&options),
        Command::Dump => dump::dump(&options),
        #[cfg(feature = "script")]
        Command::Wast => script::scripts(&options),
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<i32, Failure> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}
