//! Tiles: instructions that do what two would. They are chosen when the second is about to be written and the first,
//! the last instruction, left its result in the accumulator for it alone.

use wasmote_ir::{Op, ValType};

use crate::body::Body;
use crate::code::{Recent, Src};
use crate::numeric::Two;

/// First operation, second operation, whether the first one's result is the second source of the second, and the tile.
#[rustfmt::skip]
const TILES: &[(Op, Op, bool, Op)] = {
    &[
        (Op::F32Add, Op::F32Add, false, Op::F32AddAdd),
        (Op::F32Add, Op::F32Sub, false, Op::F32AddSub),
        (Op::F32Add, Op::F32Sub, true, Op::F32AddSubFrom),
        (Op::F32Add, Op::F32Mul, false, Op::F32AddMul),
        (Op::F32Sub, Op::F32Add, false, Op::F32SubAdd),
        (Op::F32Sub, Op::F32Sub, false, Op::F32SubSub),
        (Op::F32Sub, Op::F32Sub, true, Op::F32SubSubFrom),
        (Op::F32Sub, Op::F32Mul, false, Op::F32SubMul),
        (Op::F32Mul, Op::F32Add, false, Op::F32MulAdd),
        (Op::F32Mul, Op::F32Sub, false, Op::F32MulSub),
        (Op::F32Mul, Op::F32Sub, true, Op::F32MulSubFrom),
        (Op::F32Mul, Op::F32Mul, false, Op::F32MulMul),
        (Op::F64Add, Op::F64Add, false, Op::F64AddAdd),
        (Op::F64Add, Op::F64Sub, false, Op::F64AddSub),
        (Op::F64Add, Op::F64Sub, true, Op::F64AddSubFrom),
        (Op::F64Add, Op::F64Mul, false, Op::F64AddMul),
        (Op::F64Sub, Op::F64Add, false, Op::F64SubAdd),
        (Op::F64Sub, Op::F64Sub, false, Op::F64SubSub),
        (Op::F64Sub, Op::F64Sub, true, Op::F64SubSubFrom),
        (Op::F64Sub, Op::F64Mul, false, Op::F64SubMul),
        (Op::F64Mul, Op::F64Add, false, Op::F64MulAdd),
        (Op::F64Mul, Op::F64Sub, false, Op::F64MulSub),
        (Op::F64Mul, Op::F64Sub, true, Op::F64MulSubFrom),
        (Op::F64Mul, Op::F64Mul, false, Op::F64MulMul),
        (Op::I32Shl, Op::I32Add, false, Op::I32ShlAdd),
        (Op::I32And, Op::I32Shl, false, Op::I32AndShl),
        (Op::I32ShrU, Op::I32And, false, Op::I32ShrUAnd),
        (Op::I32And, Op::I32Add, false, Op::I32AndAdd),
        (Op::I32Add, Op::I32And, false, Op::I32AddAnd),
        (Op::I32Add, Op::I32Add, false, Op::I32AddAdd),
        (Op::I32Mul, Op::I32Add, false, Op::I32MulAdd),
        (Op::I32Xor, Op::I32And, false, Op::I32XorAnd),
        (Op::I32Xor, Op::I32Xor, false, Op::I32XorXor),
        (Op::I32Xor, Op::I32Add, false, Op::I32XorAdd),
        (Op::I32Rotl, Op::I32Xor, false, Op::I32RotlXor),
        (Op::I32ShrU, Op::I32Xor, false, Op::I32ShrUXor),
        (Op::I32Shl, Op::I32Or, false, Op::I32ShlOr),
        (Op::I32Or, Op::I32Or, false, Op::I32OrOr),
        (Op::I64Shl, Op::I64Xor, false, Op::I64ShlXor),
        (Op::I64ShrU, Op::I64Xor, false, Op::I64ShrUXor),
        (Op::I64Rotl, Op::I64Xor, false, Op::I64RotlXor),
        (Op::I64Xor, Op::I64Xor, false, Op::I64XorXor),
        (Op::I64Mul, Op::I64Add, false, Op::I64MulAdd),
        (Op::I64Xor, Op::I64And, false, Op::I64XorAnd),
        (Op::I64ShrU, Op::I64And, false, Op::I64ShrUAnd),
        (Op::I64Shl, Op::I64Or, false, Op::I64ShlOr),
        (Op::I64Or, Op::I64Or, false, Op::I64OrOr),
        (Op::I64Add, Op::I64Add, false, Op::I64AddAdd),
        (Op::I64And, Op::I64Xor, false, Op::I64AndXor),
    ]
};

/// The tile for a step of a loop that ends in this branch.
fn step(branch: Op) -> Option<Op> {
    Some(match branch {
        Op::BrI32Ne => Op::StepI32Ne,
        Op::BrI32LtS => Op::StepI32LtS,
        Op::BrI32LtU => Op::StepI32LtU,
        Op::BrI32GtS => Op::StepI32GtS,
        Op::BrI32GtU => Op::StepI32GtU,
        _ => return None,
    })
}

/// The family for an operation with a constant too large for 32 bits.
pub fn with_constant(op: Op) -> Option<Op> {
    Some(match op {
        Op::I64Add => Op::I64AddConst,
        Op::I64Mul => Op::I64MulConst,
        Op::I64And => Op::I64AndConst,
        Op::I64Or => Op::I64OrConst,
        Op::I64Xor => Op::I64XorConst,
        _ => return None,
    })
}

impl Body<'_> {
    /// If there is a tile for the last instruction and the one described, writes it in place of both.
    pub fn tile(&mut self, second: &Two) -> bool {
        let Some(first) = self.code.last() else { return false };
        let (from, c) = match (second.a, second.b) {
            (Src::Reg, c) => (false, c),
            (c, Src::Reg) => (true, c),
            _ => return false,
        };
        // Only what the second one has just been given: nothing else reads it.
        if !first.elided || first.op.result() != second.op.source() {
            return false;
        }
        let Some(&(.., tile)) = TILES.iter().find(|t| t.0 == first.op && t.1 == second.op && t.2 == from) else {
            return false;
        };
        let immediates = tile.variant_count() == 16;
        let (a, b) = (first.a, first.b);
        let variant = match (a, b, c) {
            (Src::Imm(_), ..) | (_, Src::Reg, _) | (.., Src::Reg) => return false,
            (_, Src::Slot(_), Src::Slot(_)) if !immediates => u8::from(a == Src::Reg),
            _ if !immediates => return false,
            _ => {
                let bit = |is: bool, bit: u8| if is { bit } else { 0 };
                bit(a == Src::Reg, 4) + bit(matches!(b, Src::Imm(_)), 2) + bit(matches!(c, Src::Imm(_)), 1)
            }
        };
        self.code.retract();
        let dst = self.push(tile.result().unwrap_or(ValType::I32));
        let mut values = [0; 4];
        let operands = [a, b, c].into_iter().filter_map(|source| source.value()).chain([dst]);
        values.iter_mut().zip(operands).for_each(|(value, operand)| *value = operand);
        self.code.emit_few(tile, variant, values);
        true
    }

    /// If the last instruction adds a constant to a slot in place, and this branch compares the sum with `b`, writes one
    /// instruction for both; returns where it starts.
    pub fn step(&mut self, branch: Op, a: Src, b: Src) -> Option<usize> {
        let Recent { op: Op::I32Add, variant: 1, a: Src::Slot(slot), b: Src::Imm(delta), dst, .. } =
            self.code.last()?
        else {
            return None;
        };
        if a != Src::Reg || dst != Some(slot) || !self.code.accumulators {
            return None;
        }
        let step = step(branch)?;
        let (variant, b) = match b {
            Src::Slot(b) => (0, u64::from(b)),
            Src::Imm(bits) => (1, bits),
            Src::Reg => return None,
        };
        self.code.retract();
        Some(self.code.emit_few(step, variant, [u64::from(slot), delta, b, 0]))
    }
}
