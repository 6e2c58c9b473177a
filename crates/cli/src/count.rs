//! Writes how often each instruction ran, and behind which other, for `cargo xtask bench --count` and `cargo xtask
//! superinstructions`.

use alloc::string::String;
use core::fmt::Write;

use wasmote::count::Dispatched;
use wasmote_ir::Opcode;
use wasmote_rt::Stream;

use crate::failure::CliError;
use crate::options::Options;
use crate::output;

/// Writes each two instructions that ran one after the other on a line: `dispatched FIRST SECOND COUNT`. A
/// superinstruction is written as two names with a `+`. `host` instead of a name stands for host code outside the
/// interpreter. Then writes each straight run of code without superinstructions, as `straight FIRST COUNT SECOND COUNT
/// ...`. All that goes to the file that the options name, or to standard error.
pub fn write(options: &Options) -> Result<(), CliError> {
    let mut text = String::new();
    for (neighbours, count) in wasmote::count::counts() {
        text += "dispatched";
        for dispatched in neighbours {
            text.push(' ');
            match dispatched {
                Dispatched::Outside => text += "host",
                Dispatched::One(opcode) => name(opcode, &mut text),
                Dispatched::Two([first, second]) => {
                    name(first, &mut text);
                    text.push('+');
                    name(second, &mut text);
                }
            }
        }
        let _ = writeln!(text, " {count}");
    }
    for straight in wasmote::count::straights() {
        text += "straight";
        for (opcode, count) in straight {
            text.push(' ');
            name(opcode, &mut text);
            let _ = write!(text, " {count}");
        }
        text.push('\n');
    }
    match options.counts_out {
        Some(file) => output::write(Some(file), text.as_bytes()).map(drop),
        None => Ok(Stream::Error.write(text.as_bytes())?),
    }
}

/// Adds a name as in the list of superinstructions: `I32Add.ss_r`.
fn name(opcode: Opcode, text: &mut String) {
    let Some((op, _)) = opcode.family() else { return };
    *text += op.name();
    text.push('.');
    *text += opcode.suffix();
}
