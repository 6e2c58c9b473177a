//! Conversions between integers that need no instruction, or one of two.
//!
//! Every instruction with sources of the type `i32` reads only the lower halves of slots and of the accumulator. So
//! `i32.wrap_i64` writes no code: the entry of the stack remembers that it is the lower half of what its slot holds.
//! [`BodyTranslator::pop_low`] takes it as it is, for such instructions. Wherever else an entry is popped or
//! materialized, the wrap is written.

use wasmote_ir::ops::Sources;
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{RecentInstr, Src};
use crate::passes::{Pass, does};
use crate::stack::{Location, StackEntry};

impl BodyTranslator<'_> {
    /// Pops an operand of which only the lower 32 bits are read.
    #[inline(always)]
    pub fn pop_low(&mut self) -> TranslateResult<StackEntry> {
        Ok(self.pop_any()?.whole())
    }

    /// Pops a source of `op`, a family of arithmetic. Of sources that have the type `i32`, only the lower halves are
    /// read.
    #[inline(always)]
    pub fn pop_source(&mut self, op: Op) -> TranslateResult<StackEntry> {
        let entry = self.pop_any()?;
        // Only in a body that is not valid.
        if entry.is_wrapped() && op.source() != Some(ValType::I32) {
            return Err(INVALID);
        }
        Ok(entry.whole())
    }

    /// Writes the `i32.wrap_i64` of an entry that is wrapped. The result goes to slot `to`.
    #[inline(never)]
    pub fn write_wrap(&mut self, entry: StackEntry, to: u16) {
        let source = self.register_or_slot(entry.whole(), ValType::I64);
        let variant = Op::I32WrapI64.variant(Sources::of(source.class())).unwrap_or(0);
        self.code.emit_one_source(Op::I32WrapI64, variant, source, to.into());
    }

    /// Writes the `i32.wrap_i64` of a popped entry that is wrapped. Returns the entry in its stack slot.
    #[inline(never)]
    pub fn write_popped_wrap(&mut self, entry: StackEntry) -> StackEntry {
        self.write_wrap(entry, entry.stack_slot());
        entry.with(Location::Temp)
    }

    /// Writes the wraps of all entries below the topmost one, which is a condition or an index. It may be in the
    /// accumulator while the others are materialized: moves leave that as it is, but wraps do not.
    #[inline]
    pub fn write_wraps_below(&mut self) -> TranslateResult {
        for index in self.stack.take_first_wrapped()..self.stack.len().saturating_sub(1) {
            if self.stack.get(index).is_some_and(|entry| entry.is_wrapped()) {
                self.materialize(index)?;
            }
        }
        Ok(())
    }

    /// Returns the topmost entry and its index.
    fn topmost(&self) -> TranslateResult<(usize, StackEntry)> {
        let index = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        Ok((index, self.stack.get(index).ok_or(INVALID)?))
    }

    /// `i32.wrap_i64`.
    pub fn wrap(&mut self) -> TranslateResult {
        if !does(Pass::Conversions) {
            let entry = self.pop()?;
            return self.one_source(Op::I32WrapI64, entry);
        }
        let (_, top) = self.topmost()?;
        if let Some(recent) = self.deciding(top)
            && (wrapped(&recent).is_some_and(|op| self.code.replace(op)) || significant_bits(&recent) <= 32)
        {
            return self.cast(ValType::I32);
        }
        self.stack.wrap().ok_or(INVALID)
    }

    /// Translates a cast that leaves the bits of the slot as they are, so that it needs no instruction.
    pub fn cast(&mut self, ty: ValType) -> TranslateResult {
        let (index, top) = self.topmost()?;
        if top.is_wrapped() {
            self.materialize(index)?;
        }
        self.stack.retype(ty).ok_or(INVALID)
    }

    /// Translates a sign extension. It reads only the lower bits of its operand.
    pub fn extend(&mut self, op: Op, bits: u32) -> TranslateResult {
        let (_, top) = self.topmost()?;
        if let Some(recent) = self.deciding(top).filter(|_| does(Pass::Conversions)) {
            let extended = match recent.op {
                _ if significant_bits(&recent) < bits => true,
                loaded => sign_extended(loaded, op).is_some_and(|op| self.code.replace(op)),
            };
            if extended {
                return self.stack.retype(op.result().unwrap_or(ValType::I64)).ok_or(INVALID);
            }
        }
        let entry = self.pop_low()?;
        self.one_source(op, entry)
    }

    /// Translates an `and`. A mask that leaves all bits that the operand may have needs no instruction.
    pub fn and(&mut self, op: Op) -> TranslateResult {
        let (index, top) = self.topmost()?;
        if let Location::Const(mask) = top.place()
            && does(Pass::Conversions)
            && let Some(recent) = index.checked_sub(1).and_then(|below| self.deciding(self.stack.get(below)?))
            && mask.trailing_ones() >= significant_bits(&recent)
        {
            self.pop()?;
            return Ok(());
        }
        self.binary(op)
    }

    /// Translates a signed shift to the right. After a shift to the left by the same number, both are a sign
    /// extension.
    pub fn shift_right_signed(&mut self, op: Op) -> TranslateResult {
        let (index, top) = self.topmost()?;
        if let Location::Const(by) = top.place()
            && does(Pass::Conversions)
            && let Some(recent) = index.checked_sub(1).and_then(|below| self.deciding(self.stack.get(below)?))
            && let Some(extension) = extension(&recent, op, by)
            && let Some(variant) = extension.variant(Sources::of(recent.a.class()))
        {
            self.pop()?;
            self.pop()?;
            self.code.retract();
            let dst = self.push(extension.result().unwrap_or(ValType::I32));
            self.code.emit_one_source(extension, variant, recent.a, dst.into());
            return Ok(());
        }
        self.binary(op)
    }
}

/// Returns how many bits the result of an instruction has at most. Those above are zero in its slot.
fn significant_bits(recent: &RecentInstr) -> u32 {
    let all = if recent.op.result() == Some(ValType::I32) { 32 } else { 64 };
    match (recent.op, recent.b) {
        (Op::Load8U, _) => 8,
        (Op::Load16U, _) => 16,
        (Op::I32And, Src::Imm(mask)) => 32 - (mask as u32).leading_zeros(),
        (Op::I64And, Src::Imm(mask)) => 64 - mask.leading_zeros(),
        (Op::I32ShrU | Op::I64ShrU, Src::Imm(by)) => all - (by as u32 & (all - 1)),
        (Op::I32And, _) => all,
        // Comparisons.
        (op, _) if op.branches().is_some() => 1,
        _ => all,
    }
}

/// Returns the family that gives the lower half of an instruction's result.
fn wrapped(recent: &RecentInstr) -> Option<Op> {
    match (recent.op, recent.b) {
        // A larger number is another one for 32 bits.
        (Op::I64Shl, Src::Imm(by)) if by & 63 < 32 => Some(Op::I32Shl),
        (op, _) => op.wrapped(),
    }
}

/// Returns the load that is a load and a sign extension.
fn sign_extended(load: Op, extension: Op) -> Option<Op> {
    Some(match (load, extension) {
        (Op::Load8U | Op::Load8S32, Op::I32Extend8S) => Op::Load8S32,
        (Op::Load16U | Op::Load16S32, Op::I32Extend16S) => Op::Load16S32,
        (Op::Load8U | Op::Load8S64, Op::I64Extend8S) | (Op::Load8S32, Op::I64Extend32S) => Op::Load8S64,
        (Op::Load16U | Op::Load16S64, Op::I64Extend16S) | (Op::Load16S32, Op::I64Extend32S) => Op::Load16S64,
        (Op::Load32 | Op::Load32S64, Op::I64Extend32S) => Op::Load32S64,
        _ => return None,
    })
}

/// Returns the sign extension that a shift to the left and a signed shift to the right by a constant are together.
fn extension(left: &RecentInstr, right: Op, by: u64) -> Option<Op> {
    let (Src::Imm(first), (shift, width)) = (
        left.b,
        match right {
            Op::I32ShrS => (Op::I32Shl, 32),
            _ => (Op::I64Shl, 64),
        },
    ) else {
        return None;
    };
    if left.op != shift || (first ^ by) & (width - 1) != 0 {
        return None;
    }
    match (width, width - (by & (width - 1))) {
        (32, 8) => Some(Op::I32Extend8S),
        (32, 16) => Some(Op::I32Extend16S),
        (64, 8) => Some(Op::I64Extend8S),
        (64, 16) => Some(Op::I64Extend16S),
        (64, 32) => Some(Op::I64Extend32S),
        _ => None,
    }
}
