//! Operators on the lanes of vectors: splat, extract, replace and shuffle.

use wasmote_ir::ops::{Class, Sources};
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{RecentInstr, Src};
use crate::stack::{Location, StackEntry};

impl BodyTranslator<'_> {
    /// Puts a scalar into all lanes, of `bits` bits each.
    pub(super) fn splat(&mut self, op: Op, bits: u32) -> TranslateResult {
        let top = self.stack.len().checked_sub(1).and_then(|top| self.stack.get(top)).ok_or(INVALID)?;
        if let Location::Const(value) = top.place() {
            self.pop_cold()?;
            let lane = if bits == 64 { value } else { value & ((1 << bits) - 1) };
            let half = (0..64 / bits).fold(0, |half, i| half | lane << (bits * i));
            self.vector_const([half; 2]);
            return Ok(());
        }
        self.vector_one(op)
    }

    /// Extracts a lane.
    pub(super) fn extract(&mut self, op: Op, lane: u8) -> TranslateResult {
        let slot = self.pop_slot()?;
        let dst = self.push_cold(op.result().unwrap_or(ValType::I32));
        let variant = op.variant(Sources::of(Class::Slot)).ok_or(INVALID)?;
        self.code.emit(op, variant, &[slot.into(), lane.into(), dst.into()]);
        Ok(())
    }

    /// Extracts a lane of 64 bits. That is one of the vector's two slots, so it is only copied.
    pub(super) fn extract_half(&mut self, ty: ValType, lane: u8) -> TranslateResult {
        let entry = self.pop_cold()?;
        let slot = self.vector_slot(entry) + u16::from(lane);
        // The instruction that wrote the vector must still write this slot.
        self.code.pin();
        let stack_slot = self.push_cold(ty).0;
        self.code.copy(slot, stack_slot);
        Ok(())
    }

    /// Replaces a lane by a scalar.
    pub(super) fn replace(&mut self, op: Op, lane: u8) -> TranslateResult {
        let op = half(op, lane);
        let (a, value) = self.pop_two()?;
        let value = u64::from(self.vector_slot(value));
        self.emit_replace(op, a, value, lane);
        Ok(())
    }

    /// Replaces a lane of a popped vector by the scalar in slot `value`.
    pub(super) fn emit_replace(&mut self, op: Op, a: StackEntry, value: u64, lane: u8) {
        let both = op.variant(Sources::of(Class::Accumulator).and(Class::Slot)).is_some();
        let a = if both { self.vector_source(a) } else { Src::Slot(self.vector_slot(a)) };
        let half = matches!(op, Op::I64x2ReplaceLane0 | Op::I64x2ReplaceLane1);
        let rest = [value, lane.into()];
        self.emit_vectors(op, &[a], Some(Class::Slot), if half { &rest[..1] } else { &rest });
    }

    /// Shuffles the bytes of two vectors. `lanes` says for each byte which one to take.
    pub(super) fn shuffle(&mut self, lanes: u128) -> TranslateResult {
        let (a, b) = self.pop_two()?;
        let (mut lanes, mut a, mut b) = (lanes, a, b);
        if lanes & 16 != 0 {
            core::mem::swap(&mut a, &mut b);
            lanes ^= SECOND;
        }
        if a.place() != Location::Temp && a.place() == b.place() {
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
                Some(RecentInstr { op: Op::V128Xor, elided: true, a: x, b: y @ Src::Slot(_), .. })
                    if source == Src::Reg =>
                {
                    self.code.retract();
                    self.emit_vectors(Op::I8x16XorPermute, &[x, y], None, &halves);
                }
                _ => self.emit_vectors(Op::I8x16Permute, &[source], Some(Class::Immediate), &halves),
            }
            return Ok(());
        }
        // Constants are written first, before a source is chosen: they change the accumulator.
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

/// The bit of a lane's number that chooses the second vector, in all lanes.
const SECOND: u128 = u128::from_le_bytes([16; 16]);

/// Returns the family for this lane of 64 bits, given the family for lane 0. Other families stay the same.
pub(super) fn half(op: Op, lane: u8) -> Op {
    match (op, lane) {
        (Op::I64x2ReplaceLane0, 1) => Op::I64x2ReplaceLane1,
        (Op::V128Load64Lane0, 1) => Op::V128Load64Lane1,
        _ => op,
    }
}

/// Returns the family that interleaves the lanes of two vectors' halves, if these bytes are such lanes.
#[inline(never)]
fn interleave(lanes: u128) -> Option<Op> {
    /// The families for lanes of 1, 2, 4 and 8 bytes: those of the lower and of the upper halves.
    static FAMILIES: [[Op; 2]; 4] = [
        [Op::I8x16InterleaveLow, Op::I8x16InterleaveHigh],
        [Op::I16x8InterleaveLow, Op::I16x8InterleaveHigh],
        [Op::I32x4InterleaveLow, Op::I32x4InterleaveHigh],
        [Op::I64x2InterleaveLow, Op::I64x2InterleaveHigh],
    ];
    let lanes = lanes.to_le_bytes();
    // The first byte from the second vector follows one lane of the first, so its index is the size of a lane.
    let log2 = lanes.iter().position(|&lane| lane >= 16)?.checked_ilog2()?;
    let [first, high] = [lanes[0], lanes[0] / 8];
    let in_turn = lanes.iter().zip(0..).all(|(&lane, i)| {
        let (group, odd, byte) = (i >> (log2 + 1), i >> log2 & 1, i & ((1 << log2) - 1));
        lane == first + (group << log2) + odd * 16 + byte
    });
    let family = FAMILIES.get(log2 as usize)?.get(usize::from(high))?;
    (in_turn && first % 8 == 0).then_some(*family)
}
