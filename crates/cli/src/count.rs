//! How often each instruction ran, and right after which: for `cargo xtask bench --count`.

use alloc::string::String;
use core::fmt::Write;

use wasmote_ir::Opcode;
use wasmote_rt::Stream;

/// Each pair of neighbours on a line of standard error: `dispatched FIRST SECOND COUNT`. In place of an instruction, `host`
/// says that wasm was entered or left.
pub fn print() {
    let mut text = String::new();
    for ([first, second], count) in wasmote::count::pairs() {
        text += "dispatched";
        for opcode in [first, second] {
            text.push(' ');
            match opcode {
                Some(opcode) => name(opcode, &mut text),
                None => text += "host",
            }
        }
        let _ = writeln!(text, " {count}");
    }
    let _ = Stream::Error.write(text.as_bytes());
}

/// As in `wasmote dump`: `I32Add.ss_r`.
fn name(opcode: Opcode, text: &mut String) {
    let Some((op, variant)) = opcode.family() else { return };
    *text += op.name();
    if let variants @ [_, _, ..] = op.variants() {
        text.push('.');
        *text += variants[usize::from(variant)].suffix;
    }
}
