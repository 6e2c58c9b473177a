//! Lanes: taken out, put in, spread, and moved about.

use wasmote_ir::ops::{Class, Sources};
use wasmote_ir::{Op, ValType};

use crate::body::{Body, INVALID, Step};
use crate::code::{Recent, Src};
use crate::stack::{Entry, Place};

impl Body<'_> {
    /// A scalar in all lanes of so many bits.
    pub(super) fn splat(&mut self, op: Op, bits: u32) -> Step {
        let top = self.stack.len().checked_sub(1).and_then(|top| self.stack.get(top)).ok_or(INVALID)?;
        if let Place::Const(value) = top.place() {
            self.pop_apart()?;
            let lane = if bits == 64 { value } else { value & ((1 << bits) - 1) };
            let half = (0..64 / bits).fold(0, |half, i| half | lane << (bits * i));
            self.vector_const([half; 2]);
            return Ok(());
        }
        self.vector_one(op)
    }

    /// A lane.
    pub(super) fn extract(&mut self, op: Op, lane: u8) -> Step {
        let slot = self.pop_slot()?;
        let dst = self.push_apart(op.result().unwrap_or(ValType::I32));
        let variant = op.variant(Sources::of(Class::Slot)).ok_or(INVALID)?;
        self.code.emit(op, variant, &[slot.into(), lane.into(), dst.into()]);
        Ok(())
    }

    /// A half, which is a slot of its own.
    pub(super) fn extract_half(&mut self, ty: ValType, lane: u8) -> Step {
        let entry = self.pop_apart()?;
        let slot = self.vector_slot(entry) + u16::from(lane);
        // What wrote both must go on to do so.
        self.code.pin();
        let home = self.push_apart(ty).0;
        self.code.copy(slot, home);
        Ok(())
    }

    /// A lane replaced by a scalar.
    pub(super) fn replace(&mut self, op: Op, lane: u8) -> Step {
        let op = half(op, lane);
        let (a, value) = self.pop_two()?;
        let value = u64::from(self.vector_slot(value));
        self.emit_replace(op, a, value, lane);
        Ok(())
    }

    /// A popped vector with a lane replaced by what is in a slot.
    pub(super) fn emit_replace(&mut self, op: Op, a: Entry, value: u64, lane: u8) {
        let both = op.variant(Sources::of(Class::Accumulator).and(Class::Slot)).is_some();
        let a = if both { self.vector_source(a) } else { Src::Slot(self.vector_slot(a)) };
        let half = matches!(op, Op::I64x2ReplaceLane0 | Op::I64x2ReplaceLane1);
        let rest = [value, lane.into()];
        self.emit_vectors(op, &[a], Some(Class::Slot), if half { &rest[..1] } else { &rest });
    }

    /// Bytes of two vectors, chosen by a constant.
    pub(super) fn shuffle(&mut self, lanes: u128) -> Step {
        let (a, b) = self.pop_two()?;
        let (mut lanes, mut a, mut b) = (lanes, a, b);
        if lanes & 16 != 0 {
            core::mem::swap(&mut a, &mut b);
            lanes ^= SECOND;
        }
        if a.place() != Place::Temp && a.place() == b.place() {
            lanes &= !SECOND;
        }
        if let Some(op) = interleave(lanes) {
            self.vector_two(op, a, b);
            return Ok(());
        }
        let halves = [lanes as u64, (lanes >> 64) as u64];
        if lanes & SECOND == 0 {
            let source = self.vector_source(a);
            match self.code.last() {
                Some(Recent { op: Op::V128Xor, elided: true, a: x, b: y @ Src::Slot(_), .. }) if source == Src::Reg => {
                    self.code.retract();
                    self.emit_vectors(Op::I8x16XorPermute, &[x, y], None, &halves);
                }
                _ => self.emit_vectors(Op::I8x16Permute, &[source], Some(Class::Immediate), &halves),
            }
            return Ok(());
        }
        // Constants come first, which leave nothing in the accumulator that is not in a slot as well.
        let (mut a, mut b, mut halves) = (self.no_constant(a), self.no_constant(b), halves);
        if self.vector_class(b) == Src::Reg {
            core::mem::swap(&mut a, &mut b);
            halves = halves.map(|half| half ^ SECOND as u64);
        }
        let b = Src::Slot(self.vector_slot(b));
        let a = self.vector_source(a);
        self.emit_vectors(Op::I8x16Shuffle, &[a, b], None, &halves);
        Ok(())
    }
}

/// What numbers of lanes have set that mean the second vector, in all lanes.
const SECOND: u128 = u128::from_le_bytes([16; 16]);

/// Of the families for the halves of a vector, given the first one, that for the lane; other families as they are.
pub(super) fn half(op: Op, lane: u8) -> Op {
    match (op, lane) {
        (Op::I64x2ReplaceLane0, 1) => Op::I64x2ReplaceLane1,
        (Op::V128Load64Lane0, 1) => Op::V128Load64Lane1,
        _ => op,
    }
}

/// The family that takes lanes of two vectors' halves in turn, if these bytes are such lanes.
#[inline(never)]
fn interleave(lanes: u128) -> Option<Op> {
    /// For lanes of 1, 2, 4 and 8 bytes those of the lower and of the upper halves.
    static FAMILIES: [[Op; 2]; 4] = [
        [Op::I8x16InterleaveLow, Op::I8x16InterleaveHigh],
        [Op::I16x8InterleaveLow, Op::I16x8InterleaveHigh],
        [Op::I32x4InterleaveLow, Op::I32x4InterleaveHigh],
        [Op::I64x2InterleaveLow, Op::I64x2InterleaveHigh],
    ];
    let lanes = lanes.to_le_bytes();
    // What begins with the second vector's first lane says how large lanes are.
    let log2 = lanes.iter().position(|&lane| lane >= 16)?.checked_ilog2()?;
    let [first, high] = [lanes[0], lanes[0] / 8];
    let in_turn = lanes.iter().zip(0..).all(|(&lane, i)| {
        let (pair, odd, byte) = (i >> (log2 + 1), i >> log2 & 1, i & ((1 << log2) - 1));
        lane == first + (pair << log2) + odd * 16 + byte
    });
    let family = FAMILIES.get(log2 as usize)?.get(usize::from(high))?;
    (in_turn && first % 8 == 0).then_some(*family)
}
