//! Prints linked code: each instruction with its place, its handler, and the operator that it comes from.

use alloc::string::String;
use core::fmt::{self, Write};

use wasmote::{InstrHandler, LinkedFunction, LinkedInstr, Module};
use wasmote_decode::reader::Reader;
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::disasm::{Named, Operands};

/// The column at which the operator's offset and name begin.
const OPERATOR: usize = 64;

/// Adds the linked code of a function. Places and branch targets are byte offsets from its first instruction.
pub fn print(text: &mut String, module: &Module, function: &LinkedFunction) -> fmt::Result {
    let LinkedFunction { frame_slots, header, bytes, .. } = function;
    writeln!(text, "  {frame_slots} slots, header at s{header}, {bytes} bytes linked")?;
    let mut instrs = function.instrs.iter().peekable();
    while let Some(linked) = instrs.next() {
        let Some(instr) = DecodedInstr::decode(&function.code, linked.unit as usize) else { break };
        let start = text.len();
        // The second half of a superinstruction has a place, but no handler of its own.
        let place = linked.byte;
        match linked.runs {
            InstrHandler::Second => write!(text, "         + {}", Named(instr.opcode))?,
            _ => write!(text, "  {place:7}  {}", Named(instr.opcode))?,
        }
        match linked.runs {
            InstrHandler::Both => {
                let second = instrs.peek().and_then(|next| DecodedInstr::decode(&function.code, next.unit as usize));
                if let Some(second) = second {
                    write!(text, "+{}", Named(second.opcode))?;
                }
            }
            InstrHandler::ByNumber => text.push_str(" by number"),
            InstrHandler::Another(other) => {
                text.push_str(" WITH THE HANDLER OF ");
                match other {
                    Some(opcode) => write!(text, "{}", Named(opcode))?,
                    None => text.push_str("NO KNOWN INSTRUCTION"),
                }
            }
            InstrHandler::Own | InstrHandler::Second => {}
        }
        if linked.guarded {
            text.push_str(" guarded");
        }
        write!(text, "{}", Operands(linked.unit as usize, instr, &|unit| function.place(unit)))?;
        operator(text, start, module, function, linked)?;
        text.push('\n');
    }
    Ok(())
}

/// Adds the operator that an instruction comes from. The line begins at `start`.
fn operator(
    text: &mut String,
    start: usize,
    module: &Module,
    function: &LinkedFunction,
    linked: &LinkedInstr,
) -> fmt::Result {
    let Some(offset) = function.offset(linked.unit) else { return Ok(()) };
    let width = OPERATOR.saturating_sub(text.len() - start);
    write!(text, "{:width$}  ; {offset:#x}", "")?;
    let bytes = module.bytes().get(offset as usize..).unwrap_or_default();
    match Reader::new(bytes, offset as usize).operator() {
        Ok(operator) => write!(text, " {}", operator.name()),
        Err(_) => Ok(()),
    }
}
