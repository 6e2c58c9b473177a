//! Jump threading: when a function is complete, jumps that lead to other jumps lead to where those lead. A program that
//! keeps its state in a local, as Go's functions do, sets the local to a constant and jumps to a `br_table` on it. Such
//! a jump leads to the table's target at once.
//!
//! Only instructions that do nothing but jump are passed over. So the code takes the same fuel and traps at the same
//! operators. Every circle of jumps still has a jump back, in front of whose target the linker puts a poll.

use alloc::vec::Vec;

use wasmote_ir::code::read_units;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::shape::Operand;
use wasmote_ir::{Op, Opcode};

use crate::code_writer::{CodeWriter, RecentInstr};
use crate::passes::{Pass, does};

/// The number of jumps that one jump may pass over. Jumps may lead around in a circle, and the work must be linear.
const MAX_STEPS: usize = 16;

const GOTO: Opcode = Opcode::only(Op::Goto);
/// `br_table` on a slot.
const BR_TABLE: Opcode = Opcode::new(Op::BrTable, 0);
/// The variant of a branch on a slot and an immediate.
const IMMEDIATE: u8 = 1;
const BR_I32_EQ: Opcode = Opcode::new(Op::BrI32Eq, IMMEDIATE);
/// Returns that are as long as a `goto`. They read no accumulator.
const RETURNS: &[Opcode] = &[
    Opcode::only(Op::Return),
    Opcode::new(Op::ReturnInt, 0),
    Opcode::new(Op::ReturnF32, 0),
    Opcode::new(Op::ReturnF64, 0),
    #[cfg(feature = "simd")]
    Opcode::new(Op::V128Return, 0),
];
/// The units of a `goto`, or of one of [`RETURNS`].
const LENGTH: usize = 1 + Op::Goto.operand_units();

// The variants above are named by their numbers.
const _: () = {
    assert!(matches!(Op::BrTable.variants()[0].operands, [Operand::Src, Operand::TargetCount]));
    let operands = Op::BrI32Eq.variants()[IMMEDIATE as usize].operands;
    assert!(matches!(operands, [Operand::Src, Operand::Imm32, Operand::Target]));
    let mut i = 0;
    while i < RETURNS.len() {
        let (op, variant) = Opcode::description(RETURNS[i].0);
        assert!(1 + op.variants()[variant as usize].units() == LENGTH);
        i += 1;
    }
};

/// The value of a slot.
#[derive(Clone, Copy)]
pub struct KnownSlot {
    slot: u16,
    /// The lower half of the value.
    value: u32,
}

/// What [`CodeWriter::thread_jumps`] knows beside the code.
#[derive(Default)]
pub struct Jumps {
    /// The jumps in front of which a constant is written to a slot. Ascending.
    known: Vec<(u32, KnownSlot)>,
    /// Pairs of a `goto` and of a branch that leads to the same place.
    copied: Vec<(u32, u32)>,
    /// The instructions in front of a jump or of the end of a block that move a value to a slot.
    pub moves: Vec<u32>,
}

impl Jumps {
    /// Starts a function.
    pub fn start(&mut self) {
        self.known.clear();
        self.copied.clear();
        self.moves.clear();
    }
}

impl CodeWriter {
    /// Notes the jump that was just written at `start`, if the instruction before it writes a constant to a slot.
    pub fn note_constant(&mut self, start: usize) {
        let Some((before, slot)) = self.before_last().and_then(constant) else { return };
        // The constant is the first operand, and the slot the last.
        let size = start.saturating_sub(before.at + 2).min(2);
        let value = read_units(&self.units, before.at + 1, size) as u32;
        if self.jumps.known.try_push((start as u32, KnownSlot { slot, value })).is_err() {
            self.fail_soon();
        }
    }

    /// Whether the last instruction writes a constant to a slot.
    pub fn wrote_constant(&self) -> bool {
        self.last().and_then(constant).is_some()
    }

    /// Notes that the `goto` at `start` leads to where the branch at `branch` does. That may not be known yet.
    pub fn note_copied(&mut self, start: usize, branch: usize) {
        if self.jumps.copied.try_push((start as u32, branch as u32)).is_err() {
            self.fail_soon();
        }
    }

    /// Makes each jump that leads to another jump lead to where that one leads, as far as it is known. A `goto` that
    /// leads to a return becomes that return. The code must be complete.
    pub fn thread_jumps(&mut self) {
        if !does(Pass::Threading) {
            return;
        }
        for i in 0..self.jumps.copied.len() {
            let (goto, branch) = self.jumps.copied[i];
            if let Some(to) = target_operand(&self.units, branch as usize)
                .and_then(|operand| destination(&self.units, branch as usize, operand))
            {
                self.set_target(goto as usize, goto as usize + 1, to);
            }
        }
        let mut next = 0;
        for i in 0..self.relocations.len() {
            let at = self.relocations[i] as usize;
            while self.jumps.known.get(next).is_some_and(|&(jump, _)| (jump as usize) < at) {
                next += 1;
            }
            let known = self.jumps.known.get(next).filter(|&&(jump, _)| jump as usize == at);
            self.thread(at, known.map(|&(_, known)| known));
        }
    }

    /// Threads the targets of the instruction at `at`, in front of which `known` is known.
    fn thread(&mut self, at: usize, known: Option<KnownSlot>) {
        let units = &self.units;
        let Some(&opcode) = units.get(at) else { return };
        let opcode = Opcode(opcode);
        if let Some(operand) = target_operand(units, at) {
            let Some(first) = destination(units, at, operand) else { return };
            // Where a branch on equality leads, the value is known.
            let known = match known {
                None if opcode == BR_I32_EQ => {
                    Some(KnownSlot { slot: units[at + 1], value: read_units(units, at + 2, 2) as u32 })
                }
                known => known,
            };
            let to = follow(units, first, known);
            if opcode == GOTO && units.get(to).is_some_and(|&unit| RETURNS.contains(&Opcode(unit))) {
                self.units.copy_within(to..to + LENGTH, at);
            } else if to != first {
                self.set_target(at, operand, to);
            }
        } else if let Some(Operand::TargetCount) = opcode.operands().last() {
            let first = at + opcode.units().unwrap_or(0);
            for target in 0..read_units(units, first - 2, 2) as usize {
                let operand = first + 2 * target;
                let Some(to) = destination(&self.units, at, operand) else { return };
                let threaded = follow(&self.units, to, known);
                if threaded != to {
                    self.set_target(at, operand, threaded);
                }
            }
        }
    }
}

/// Returns an instruction and the slot to which it writes a constant, if it does.
fn constant(instr: RecentInstr) -> Option<(RecentInstr, u16)> {
    match (instr.op, instr.dst) {
        (Op::ConstU16 | Op::ConstU32 | Op::ConstS32 | Op::ConstI64, Some(slot)) => Some((instr, slot)),
        _ => None,
    }
}

/// Returns the unit of the target operand of the instruction at `at`, if the target is its last operand.
fn target_operand(units: &[u16], at: usize) -> Option<usize> {
    let opcode = Opcode(*units.get(at)?);
    let Some(Operand::Target) = opcode.operands().last() else { return None };
    Some(at + opcode.units()? - Operand::Target.units())
}

/// Returns where the target operand at unit `operand` leads. It belongs to the instruction at `at`.
fn destination(units: &[u16], at: usize, operand: usize) -> Option<usize> {
    let distance = read_units(units.get(operand..operand + 2)?, 0, 2) as u32 as i32;
    at.checked_add_signed(distance as isize)
}

/// Returns where execution gets from unit `to` by jumps alone.
pub fn follow(units: &[u16], to: usize, known: Option<KnownSlot>) -> usize {
    let mut to = to;
    for _ in 0..MAX_STEPS {
        let next = match units.get(to) {
            Some(&opcode) if opcode == GOTO.0 => destination(units, to, to + 1),
            Some(_) => known.and_then(|known| decide(units, to, known)),
            None => None,
        };
        match next {
            Some(next) => to = next,
            None => break,
        }
    }
    to
}

/// Returns where the instruction at `at` leads, if it only jumps and depends only on the slot that is known.
#[inline(never)]
fn decide(units: &[u16], at: usize, known: KnownSlot) -> Option<usize> {
    if *units.get(at + 1)? != known.slot {
        return None;
    }
    let opcode = Opcode(units[at]);
    if opcode == BR_TABLE {
        let count = read_units(units.get(at..at + 4)?, 2, 2) as usize;
        let index = (known.value as usize).min(count.checked_sub(1)?);
        return destination(units, at, at + 4 + 2 * index);
    }
    let (op, IMMEDIATE) = opcode.family()? else { return None };
    let (a, b) = (known.value, read_units(units.get(at..at + 4)?, 2, 2) as u32);
    let taken = match op {
        Op::BrI32Eq => a == b,
        Op::BrI32Ne => a != b,
        Op::BrI32LtS => (a as i32) < b as i32,
        Op::BrI32LtU => a < b,
        Op::BrI32GtS => a as i32 > b as i32,
        Op::BrI32GtU => a > b,
        Op::BrI32LeS => a as i32 <= b as i32,
        Op::BrI32LeU => a <= b,
        Op::BrI32GeS => a as i32 >= b as i32,
        Op::BrI32GeU => a >= b,
        Op::BrI32AndEqz => a & b == 0,
        Op::BrI32AndNez => a & b != 0,
        _ => return None,
    };
    if taken { destination(units, at, at + 4) } else { Some(at + opcode.units()?) }
}
