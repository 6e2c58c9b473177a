//! The command `wasmote`: runs and examines WebAssembly modules. It does without the standard library, for size
//! (docs/journal/size.md). What it needs from the system is in `wasmote-rt`. `main.rs` only starts this library.
//!
//! Read in this order:
//!
//! 1. `options`: the command line; `help`: the text of `--help`;
//! 2. `features`: the features of this build, and how the rest of the code asks for them;
//! 3. `input`: reads the file; `file_kind`: recognizes what it is; `load`: loads the module in it; `output`: writes the
//!    file that a command makes; `failure`: errors, with their messages and exit statuses; `escaped`: names that are
//!    safe to print;
//! 4. a file for each command: `run` (with `background_validation`, `value` and `stats`), `validate`, `inspect`,
//!    `dump`, `compile`, `to_text` (`wasmote print`), `from_text` (`wasmote parse`), `scripts` (`wasmote wast`);
//! 5. each with the feature of the same name, for `run`: `count` prints how often each instruction ran; `trace` prints
//!    each instruction as it runs; `replay` records host calls and replays them; `profile` finds out where the time
//!    goes.
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![cfg_attr(feature = "validate", forbid(unsafe_code))]

extern crate alloc;

#[cfg(feature = "threads")]
mod background_validation;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "count")]
mod count;
#[cfg(feature = "dump")]
mod dump;
mod escaped;
mod failure;
mod features;
mod file_kind;
#[cfg(feature = "wat")]
mod from_text;
mod help;
mod input;
#[cfg(feature = "inspect")]
mod inspect;
#[cfg(feature = "interrupt")]
mod interrupt;
mod load;
mod options;
#[cfg(any(feature = "compile", feature = "print", feature = "wat", feature = "profile"))]
mod output;
#[cfg(feature = "profile")]
mod profile;
#[cfg(feature = "replay")]
mod replay;
mod run;
#[cfg(feature = "script")]
mod scripts;
mod stats;
#[cfg(feature = "print")]
mod to_text;
#[cfg(feature = "trace")]
mod trace;
#[cfg(feature = "validate")]
mod validate;
mod value;

use alloc::vec::Vec;

use wasmote_rt::Stream;

use failure::CliError;
use options::{Command, Options};

/// Runs the command with these arguments, without the program's name. Returns the exit status.
pub fn main(arguments: Vec<&'static [u8]>) -> i32 {
    match command(arguments) {
        Ok(status) => status,
        Err(failure) => {
            failure.print();
            failure.status
        }
    }
}

fn command(arguments: Vec<&'static [u8]>) -> Result<i32, CliError> {
    let options = Options::parse(arguments)?;
    match options.command {
        Command::Help => print(help::TEXT),
        Command::Version => print(concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Run => run::run(&options),
        command => command.action()?(&options),
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<i32, CliError> {
    Stream::Output.write(text.as_bytes())?;
    Ok(0)
}
