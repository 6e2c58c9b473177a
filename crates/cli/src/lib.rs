//! The command `wasmote`: runs WebAssembly, and looks into it. It does without the standard library (docs/journal/size.md says
//! why): what it needs of the system is in `wasmote-rt`, and `main.rs` is only the start.
//!
//! Read in this order:
//!
//! 1. `options`: the command line, and `help`;
//! 2. `features`: what this build has, and how the rest of the code asks for it;
//! 3. `input`: the file, by its `kind`; `load`: the module in it; `output`: the file that a command makes; `failure`: what can go
//!    wrong, with the message and the exit status; `escaped`: names that are safe to print;
//! 4. a file for each command: `run` (with `background_validation`, `value` and `stats`), `validate`, `inspect`, `dump`,
//!    `compile`, `to_text` (`wasmote print`), `from_text` (`wasmote parse`), `wast`;
//! 5. with features of these names, `count`: which instructions ran, when `run` is done; `trace`: each as it runs.
//!
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
mod load;
mod options;
#[cfg(any(feature = "compile", feature = "print", feature = "wat"))]
mod output;
mod run;
mod stats;
#[cfg(feature = "print")]
mod to_text;
#[cfg(feature = "trace")]
mod trace;
#[cfg(feature = "validate")]
mod validate;
mod value;
#[cfg(feature = "script")]
mod wast;

use alloc::vec::Vec;

use wasmote_rt::Stream;

use failure::CliError;
use options::{Command, Options};

/// The command: from the words behind its name to its exit status.
pub fn main(words: Vec<&'static [u8]>) -> i32 {
    match command(words) {
        Ok(status) => status,
        Err(failure) => {
            failure.print();
            failure.status
        }
    }
}

fn command(words: Vec<&'static [u8]>) -> Result<i32, CliError> {
    let options = Options::parse(words)?;
    match options.command {
        Command::Help => print(help::TEXT),
        Command::Version => print(concat!("wasmote ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Run => run::run(&options),
        command => command.act()?(&options),
    }
}

/// Writes to standard output.
fn print(text: &str) -> Result<i32, CliError> {
    Stream::Output.write(text.as_bytes())?;
    Ok(0)
}
