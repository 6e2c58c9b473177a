//! Lanes: taken out, put in, spread, and moved about.

use wasmote_ir::{Op, ValType};

use crate::body::{Body, INVALID, Step};
use crate::code::{Recent, Src};
use crate::stack::Place;

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
        self.unary(op)
    }

    /// A lane.
    pub(super) fn extract(&mut self, op: Op, lane: u8) -> Step {
        let slot = self.pop_slot()?;
        let dst = self.push_apart(op.result().unwrap_or(ValType::I32));
        self.code.emit(op, 0, &[slot, lane.into(), dst]);
        Ok(())
    }

    /// A half, which is a slot of its own.
    pub(super) fn extract_half(&mut self, ty: ValType, lane: u8) -> Step {
        let entry = self.pop_apart()?;
        let slot = self.vector_slot(entry) + u16::from(lane);
        // What wrote both must go on to do so.
        self.code.pin();
        let home = self.push_apart(ty) as u16;
        self.code.copy(slot, home);
        Ok(())
    }

    /// A lane replaced by a scalar.
    pub(super) fn replace(&mut self, op: Op, lane: u8) -> Step {
        let op = half(op, lane);
        let (a, value) = self.pop_two()?;
        let value = u64::from(self.vector_slot(value));
        let a = self.vector_source(a);
        self.emit_replace(op, a, value, lane);
        Ok(())
    }

    pub(super) fn emit_replace(&mut self, op: Op, a: Src, value: u64, lane: u8) {
        let half = matches!(op, Op::I64x2ReplaceLane0 | Op::I64x2ReplaceLane1);
        let rest = [value, lane.into()];
        self.emit_vectors(op, u8::from(a == Src::Reg), &[a], if half { &rest[..1] } else { &rest });
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
                    self.emit_vectors(Op::I8x16XorPermute, u8::from(x == Src::Reg), &[x, y], &halves);
                }
                _ => self.emit_vectors(Op::I8x16Permute, u8::from(source == Src::Reg), &[source], &halves),
            }
            return Ok(());
        }
        let (a, b, variant) = self.vector_classes(Op::I8x16Shuffle, a, b);
        self.emit_vectors(Op::I8x16Shuffle, variant, &[a, b], &halves);
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
fn interleave(lanes: u128) -> Option<Op> {
    static FAMILIES: [(u128, Op); 8] = [
        (lanes_in_turn(1, 0), Op::I8x16InterleaveLow),
        (lanes_in_turn(1, 8), Op::I8x16InterleaveHigh),
        (lanes_in_turn(2, 0), Op::I16x8InterleaveLow),
        (lanes_in_turn(2, 8), Op::I16x8InterleaveHigh),
        (lanes_in_turn(4, 0), Op::I32x4InterleaveLow),
        (lanes_in_turn(4, 8), Op::I32x4InterleaveHigh),
        (lanes_in_turn(8, 0), Op::I64x2InterleaveLow),
        (lanes_in_turn(8, 8), Op::I64x2InterleaveHigh),
    ];
    FAMILIES.iter().find(|(of_family, _)| *of_family == lanes).map(|&(_, op)| op)
}

/// The bytes of lanes of so many bytes of two vectors in turn, from this byte on.
const fn lanes_in_turn(size: u8, first: u8) -> u128 {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (pair, odd, byte) = (i / (2 * size), i / size % 2, i % size);
        lanes[i as usize] = first + pair * size + odd * 16 + byte;
        i += 1;
    }
    u128::from_le_bytes(lanes)
}
