//! Prints how often each instruction ran, and behind which other, for `cargo xtask bench --count`.

use alloc::string::String;
use core::fmt::Write;

use wasmote::count::Dispatched;
use wasmote_ir::Opcode;
use wasmote_rt::Stream;

/// Prints each two instructions that ran one after the other on a line of standard error: `dispatched FIRST SECOND
/// COUNT`. A superinstruction is written as two names with a `+`. `host` instead of a name stands for host code outside
/// the interpreter.
///
/// If superinstructions are off, also prints each straight run of code as `straight FIRST COUNT SECOND COUNT ...`.
pub fn print() {
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
    let _ = Stream::Error.write(text.as_bytes());
}

/// Adds a name as in the list of superinstructions: `I32Add.ss_r`.
fn name(opcode: Opcode, text: &mut String) {
    let Some((op, _)) = opcode.family() else { return };
    *text += op.name();
    text.push('.');
    *text += opcode.suffix();
}
