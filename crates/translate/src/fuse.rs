//! Fused operations: instructions that do the work of two. One is chosen when the second instruction is about to be
//! written, if the last instruction is the first and left its result in the accumulator for the second alone.

use wasmote_ir::ops::{Fused, Sources, fused};
use wasmote_ir::{Op, ValType};

use crate::body::BodyTranslator;
use crate::code_writer::{RecentInstr, Src};
use crate::numeric::BinaryOperands;
use crate::passes::{Pass, does};

impl BodyTranslator<'_> {
    /// Writes a fused operation in place of the last instruction and `second`, if there is one. Returns whether it did.
    pub fn fuse(&mut self, second: &BinaryOperands) -> bool {
        let Some(first) = self.code.last() else { return false };
        let (from, c) = match (second.a, second.b) {
            (Src::Reg, c) => (false, c),
            (c, Src::Reg) => (true, c),
            _ => return false,
        };
        // An elided result is in the accumulator alone, so only the second instruction can read it.
        if !does(Pass::Fusion) || !first.elided || first.op.result() != second.op.source() {
            return false;
        }
        let Some(op) = fused(Fused { first: first.op, second: second.op, feeds_second: from }) else {
            return false;
        };
        let (a, b) = (first.a, first.b);
        let sources = Sources::three([a.class(), b.class(), c.class()]);
        let Some(variant) = op.variant(sources) else { return false };
        self.code.retract();
        let dst = self.push(op.result().unwrap_or(ValType::I32));
        let mut values = [0; 4];
        let operands = [a, b, c].into_iter().filter_map(|source| source.value()).chain([dst.into()]);
        values.iter_mut().zip(operands).for_each(|(value, operand)| *value = operand);
        self.code.emit_short(op, variant, values);
        true
    }

    /// Writes one instruction in place of the last instruction and a branch, and returns where it starts. The last
    /// instruction must add a constant to a slot in place, and the branch must compare the sum with `b`.
    pub fn step(&mut self, branch: Op, a: Src, b: Src) -> Option<usize> {
        let RecentInstr { op: Op::I32Add, a: Src::Slot(slot), b: Src::Imm(delta), dst, .. } = self.code.last()? else {
            return None;
        };
        if a != Src::Reg || dst != Some(slot) || !self.code.has_accumulators() || !does(Pass::Fusion) {
            return None;
        }
        let step = branch.step()?;
        let (variant, b) = (step.variant(Sources::of(b.class()))?, b.value()?);
        self.code.retract();
        Some(self.code.emit_short(step, variant, [u64::from(slot), delta, b, 0]))
    }
}
