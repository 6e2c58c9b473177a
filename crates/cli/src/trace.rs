//! `wasmote run --trace`: prints each instruction as it runs, on a line of standard error. A line has the function, the
//! operator that the instruction comes from, the instruction and the values of its sources. Behind `=>` are the values
//! of its results. A superinstruction is one line.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write;
use core::ops::Range;

use wasmote::{Config, InstrHandler, LinkedFunction, Lock, Module, TraceStep, Val, ValType, When};
use wasmote_decode::reader::Reader;
use wasmote_ir::code::DecodedInstr;
use wasmote_ir::disasm::{Named, Operands};
use wasmote_ir::shape::Operand;
use wasmote_rt::Stream;

use crate::dump::{chosen, names};
use crate::escaped::Escaped;
use crate::failure::CliError;
use crate::run::Trace;
use crate::value;

/// Prints instructions as they run.
#[derive(Clone)]
struct Tracer(Arc<Lock<State>>);

#[derive(Default)]
struct State {
    /// The functions to print.
    wanted: Range<u32>,
    names: Vec<Option<String>>,
    /// The linked code of the functions that have run so far.
    functions: BTreeMap<u32, LinkedFunction>,
    /// The line of the current instruction, printed when its results are known.
    line: String,
}

/// Makes engines with this configuration report each instruction. Nothing is printed until functions are chosen.
pub fn trace(config: &mut Config) -> Box<dyn Trace> {
    let tracer = Tracer(Arc::new(Lock::new(State::default())));
    let shown = tracer.clone();
    config.trace(move |step| shown.0.lock().step(step));
    Box::new(tracer)
}

impl Trace for Tracer {
    fn choose(&self, wanted: &str, module: &Module) -> Result<(), CliError> {
        let names = names(module);
        let mut state = self.0.lock();
        state.wanted = chosen((!wanted.is_empty()).then_some(wanted), module, &names)?;
        state.names = names.iter().map(|name| name.map(String::from)).collect();
        Ok(())
    }

    /// Prints the line of the current instruction.
    fn end(&self) {
        self.0.lock().print();
    }
}

impl State {
    fn step(&mut self, step: &TraceStep<'_>) {
        let func = step.func_index();
        if !self.wanted.contains(&func) {
            return;
        }
        let module = step.module();
        let function = self.functions.entry(func).or_insert_with(|| module.linked_function(func).unwrap_or_default());
        let at = function.instrs.partition_point(|instr| instr.byte < step.byte());
        let halves = match function.instrs.get(at) {
            // What looks for interruptions at the head of a loop (`--timeout`) is no instruction.
            Some(instr) if instr.byte != step.byte() => return,
            Some(instr) if instr.runs == InstrHandler::Both => {
                &function.instrs[at..(at + 2).min(function.instrs.len())]
            }
            Some(_) => &function.instrs[at..=at],
            None => return,
        };
        let decoded = halves.iter().map(|half| (half.unit, DecodedInstr::decode(&function.code, half.unit as usize)));
        let mut line = String::new();
        match step.when() {
            When::Before => {
                let _ = write!(line, "{func}");
                if let Some(Some(name)) = self.names.get(func as usize) {
                    let _ = write!(line, " <{}>", Escaped(name));
                }
                if let Some(offset) = function.offset(halves[0].unit) {
                    let bytes = module.bytes().get(offset as usize..).unwrap_or_default();
                    let operator = Reader::new(bytes, offset as usize).operator();
                    let _ = write!(line, " {offset:#x} {}", operator.map_or("?", |operator| operator.name()));
                }
                let mut values = String::new();
                let mut first = None;
                for (unit, instr) in decoded {
                    let Some(instr) = instr else { continue };
                    line += if first.is_none() { ": " } else { " + " };
                    let place = |unit| function.place(unit);
                    let _ = write!(line, "{}{}", Named(instr.opcode), Operands(unit as usize, instr, &place));
                    sources(&mut values, step, instr, first);
                    first = Some(instr);
                }
                if !values.is_empty() {
                    line += "  |";
                    line += &values;
                }
                self.print();
                self.line = line;
            }
            When::After => {
                let mut values = String::new();
                for (i, (_, instr)) in decoded.enumerate() {
                    if let Some(instr) = instr {
                        results(&mut values, step, instr, i + 1 == halves.len());
                    }
                }
                if !values.is_empty() {
                    self.line += "  =>";
                    self.line += &values;
                }
                self.print();
            }
            When::Ended => self.print(),
        }
    }

    /// Prints the line of the current instruction.
    fn print(&mut self) {
        if !self.line.is_empty() {
            self.line.push('\n');
            // The reader of the stream may have closed it.
            let _ = Stream::Error.write(self.line.as_bytes());
            self.line.clear();
        }
    }
}

/// Adds the values of an instruction's sources. For the second half of a superinstruction, it leaves out the sources
/// that the first half has yet to set: accumulators, and the result slots of `first`.
fn sources(text: &mut String, step: &TraceStep<'_>, instr: DecodedInstr<'_>, first: Option<DecodedInstr<'_>>) {
    let comes_from_first =
        |slot: u64| first.is_some_and(|first| first.operands().any(|operand| is_result(operand, slot)));
    let ty = instr.op().source().unwrap_or(ValType::I64);
    let letters = instr.opcode.suffix().bytes().take_while(|&letter| letter != b'_');
    if first.is_none() && letters.clone().any(|letter| letter == b'r') {
        let _ = write!(text, " r={}", shown(step.accumulator(ty), ty));
    }
    for (kind, slot) in instr.operands().filter(|&(_, slot)| !comes_from_first(slot)) {
        let slot = slot as u32;
        let value = match kind {
            Operand::Src | Operand::SrcDst => shown(step.slot(slot).into(), ty),
            Operand::SrcPair => shown(pair(step, slot), ValType::V128),
            _ => continue,
        };
        let _ = write!(text, " s{slot}={value}");
    }
}

/// Returns whether this operand is a result in the slot.
fn is_result((kind, value): (Operand, u64), slot: u64) -> bool {
    match kind {
        Operand::Dst | Operand::SrcDst => value == slot,
        // A result of two slots also matches a read of two slots that begins one slot earlier.
        Operand::DstPair => value.abs_diff(slot) <= 1,
        _ => false,
    }
}

/// Adds the values of an instruction's results. The accumulator is shown only for the `last` half, because the second
/// half may replace the first half's value.
fn results(text: &mut String, step: &TraceStep<'_>, instr: DecodedInstr<'_>, last: bool) {
    let Some(ty) = instr.op().result() else { return };
    for (kind, slot) in instr.operands() {
        let slot = slot as u32;
        let value = match kind {
            Operand::Dst | Operand::SrcDst => shown(step.slot(slot).into(), ty),
            Operand::DstPair => shown(pair(step, slot), ValType::V128),
            _ => continue,
        };
        let _ = write!(text, " s{slot}={value}");
    }
    if last && instr.opcode.suffix().ends_with("_r") {
        let _ = write!(text, " r={}", shown(step.accumulator(ty), ty));
    }
}

fn pair(step: &TraceStep<'_>, slot: u32) -> u128 {
    u128::from(step.slot(slot + 1)) << 64 | u128::from(step.slot(slot))
}

/// Formats a value of this type. Not all sources of an instruction have the type, so bits that do not fit it are
/// printed in hexadecimal.
fn shown(bits: u128, ty: ValType) -> String {
    let low = bits as u64;
    match ty {
        ValType::I32 if low <= u32::MAX.into() => value::print(&Val::I32(low as i32)),
        ValType::I64 => value::print(&Val::I64(low as i64)),
        ValType::F32 => format!("{low:#x} ({})", value::print(&Val::F32(f32::from_bits(low as u32)))),
        ValType::F64 => format!("{low:#x} ({})", value::print(&Val::F64(f64::from_bits(low)))),
        ValType::V128 => value::print(&Val::V128(bits)),
        _ => format!("{low:#x}"),
    }
}
