//! The command `wasmote`: runs and examines WebAssembly modules. It does without the standard library, for size
//! (docs/journal/size.md). What it needs from the system is in `wasmote-rt`. `main.rs` only starts this library.
//!
//! Read in this order:
//!
//! 1. `commands` and `option_table`: the tables of what can be typed, which `text_table` joins; `options`: the command
//!    line; `others`: what other engines call options; `nearest`: what a misspelled word may mean; `help`: the help, from
//!    the tables;
//! 2. `features`: the features of this build, and how the rest of the code asks for them;
//! 3. `input`: reads the file; `file_kind`: recognizes what it is; `load`: loads the module in it; `output`: writes the
//!    file that a command makes; `failure`: errors, with their messages and exit statuses; `escaped`: names that are
//!    safe to print; `type_text`: types as the text format writes them; `plural`: counts with their nouns;
//! 4. a file for each command: `run` (with `background_validation`, `value` and `stats`), `validate`, `inspect`,
//!    `dump`, `compile`, `to_text` (`wasmote print`), `from_text` (`wasmote parse`), `scripts` (`wasmote wast`),
//!    `completion` and `man`; `terminal` and `progress`: what only a terminal gets;
//! 5. each with the feature of the same name, for `run`: `count` prints how often each instruction ran; `trace` prints
//!    each instruction as it runs; `replay` records host calls and replays them; `profile` finds out where the time
//!    goes.
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![cfg_attr(feature = "validate", forbid(unsafe_code))]

extern crate alloc;

#[cfg(feature = "threads")]
mod background_validation;
mod commands;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "completion")]
mod completion;
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
#[cfg(feature = "completion")]
mod man;
mod nearest;
mod option_table;
mod options;
mod others;
#[cfg(any(feature = "compile", feature = "print", feature = "wat", feature = "profile", feature = "count"))]
mod output;
mod plural;
#[cfg(feature = "profile")]
mod profile;
#[cfg(any(feature = "compile", feature = "script"))]
mod progress;
#[cfg(feature = "replay")]
mod replay;
mod run;
#[cfg(feature = "script")]
mod scripts;
mod stats;
mod terminal;
mod text_table;
#[cfg(feature = "print")]
mod to_text;
#[cfg(feature = "trace")]
mod trace;
mod type_text;
#[cfg(feature = "validate")]
mod validate;
mod value;

use alloc::vec::Vec;

use wasmote_rt::Stream;

use failure::CliError;
use options::Options;

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
    if arguments.is_empty() {
        return Ok(help::without_arguments());
    }
    let options = Options::parse(arguments)?;
    options.command.action()?(&options)
}

/// Writes to standard output.
fn print(text: &str) -> Result<i32, CliError> {
    Stream::Output.write(text.as_bytes())?;
    Ok(0)
}
