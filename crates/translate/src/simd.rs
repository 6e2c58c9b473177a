//! Vectors: operators on them, and what becomes of them (docs/simd.md).

use wasmote_ir::{Op, ValType};
use wasmparser::{MemArg, Operator};

use crate::TranslateErrorKind;
use crate::body::{Body, INVALID, Step};
use crate::code::{Recent, Src};
use crate::memory::Address;
use crate::stack::{Entry, Place};

use ValType::{F32, F64, I32, I64, V128};

/// An operator over values alone: its family, and how it is translated.
enum Plain {
    /// Two vectors.
    Two(Op),
    /// Two vectors, of which the family takes the second one first.
    Swapped(Op),
    /// One operand.
    One(Op),
    /// Three vectors.
    Three(Op),
    /// A vector and a number of bits, of which this many count.
    Shift(Op, u64),
}

macro_rules! plain {
    (two { $($two:ident)* } swapped { $($given:ident = $swapped:ident,)* } one { $($one:ident)* } three { $($three:ident)* }
        shift { $($shift:ident $bits:literal,)* }) => {
        /// The family of an operator over values alone.
        fn plain(operator: &Operator<'_>) -> Option<Plain> {
            Some(match operator {
                $(Operator::$two => Plain::Two(Op::$two),)*
                $(Operator::$given => Plain::Swapped(Op::$swapped),)*
                $(Operator::$one => Plain::One(Op::$one),)*
                $(Operator::$three => Plain::Three(Op::$three),)*
                $(Operator::$shift => Plain::Shift(Op::$shift, $bits - 1),)*
                _ => return None,
            })
        }
    };
}

plain! {
    two {
        I8x16Swizzle I8x16RelaxedSwizzle V128And V128AndNot V128Or V128Xor I8x16Eq I8x16Ne I8x16GtS I8x16GtU
        I8x16GeS I8x16GeU I8x16Add I8x16Sub I8x16AddSatS I8x16SubSatS I8x16AddSatU I8x16SubSatU I8x16AvgrU
        I8x16MinS I8x16MinU I8x16MaxS I8x16MaxU I8x16NarrowI16x8S I8x16NarrowI16x8U I16x8Eq I16x8Ne I16x8GtS
        I16x8GtU I16x8GeS I16x8GeU I16x8Add I16x8Sub I16x8AddSatS I16x8SubSatS I16x8AddSatU I16x8SubSatU I16x8AvgrU
        I16x8Mul I16x8MinS I16x8MinU I16x8MaxS I16x8MaxU I16x8NarrowI32x4S I16x8NarrowI32x4U I16x8Q15MulrSatS
        I16x8RelaxedQ15mulrS I16x8RelaxedDotI8x16I7x16S I16x8ExtMulLowI8x16S I16x8ExtMulLowI8x16U
        I16x8ExtMulHighI8x16S I16x8ExtMulHighI8x16U I32x4Eq I32x4Ne I32x4GtS I32x4GtU I32x4GeS I32x4GeU I32x4Add
        I32x4Sub I32x4Mul I32x4MinS I32x4MinU I32x4MaxS I32x4MaxU I32x4DotI16x8S I32x4ExtMulLowI16x8S
        I32x4ExtMulLowI16x8U I32x4ExtMulHighI16x8S I32x4ExtMulHighI16x8U I64x2Eq I64x2Ne I64x2GtS I64x2GeS I64x2Add
        I64x2Sub I64x2Mul I64x2ExtMulLowI32x4S I64x2ExtMulLowI32x4U I64x2ExtMulHighI32x4S I64x2ExtMulHighI32x4U
        F32x4Eq F32x4Ne F32x4Lt F32x4Le F32x4Add F32x4Sub F32x4Mul F32x4Div F32x4Min F32x4Max F32x4PMin F32x4PMax
        F32x4RelaxedMin F32x4RelaxedMax F64x2Eq F64x2Ne F64x2Lt F64x2Le F64x2Add F64x2Sub F64x2Mul F64x2Div
        F64x2Min F64x2Max F64x2PMin F64x2PMax F64x2RelaxedMin F64x2RelaxedMax
    }
    swapped {
        I8x16LtS = I8x16GtS,
        I8x16LeS = I8x16GeS,
        I8x16LtU = I8x16GtU,
        I8x16LeU = I8x16GeU,
        I16x8LtS = I16x8GtS,
        I16x8LeS = I16x8GeS,
        I16x8LtU = I16x8GtU,
        I16x8LeU = I16x8GeU,
        I32x4LtS = I32x4GtS,
        I32x4LeS = I32x4GeS,
        I32x4LtU = I32x4GtU,
        I32x4LeU = I32x4GeU,
        I64x2LtS = I64x2GtS,
        I64x2LeS = I64x2GeS,
        F32x4Gt = F32x4Lt,
        F32x4Ge = F32x4Le,
        F64x2Gt = F64x2Lt,
        F64x2Ge = F64x2Le,
    }
    one {
        V128Not I8x16Abs I8x16Neg I8x16Popcnt I16x8Abs I16x8Neg I16x8ExtAddPairwiseI8x16S I16x8ExtAddPairwiseI8x16U
        I16x8ExtendLowI8x16S I16x8ExtendLowI8x16U I16x8ExtendHighI8x16S I16x8ExtendHighI8x16U I32x4Abs I32x4Neg
        I32x4ExtAddPairwiseI16x8S I32x4ExtAddPairwiseI16x8U I32x4ExtendLowI16x8S I32x4ExtendLowI16x8U
        I32x4ExtendHighI16x8S I32x4ExtendHighI16x8U I64x2Abs I64x2Neg I64x2ExtendLowI32x4S I64x2ExtendLowI32x4U
        I64x2ExtendHighI32x4S I64x2ExtendHighI32x4U F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest F32x4Abs F32x4Neg
        F32x4Sqrt F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest F64x2Abs F64x2Neg F64x2Sqrt I32x4TruncSatF32x4S
        I32x4TruncSatF32x4U I32x4TruncSatF64x2SZero I32x4TruncSatF64x2UZero I32x4RelaxedTruncF32x4S
        I32x4RelaxedTruncF32x4U I32x4RelaxedTruncF64x2SZero I32x4RelaxedTruncF64x2UZero F32x4ConvertI32x4S
        F32x4ConvertI32x4U F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U F32x4DemoteF64x2Zero F64x2PromoteLowF32x4
        V128AnyTrue I8x16AllTrue I8x16Bitmask I16x8AllTrue I16x8Bitmask I32x4AllTrue I32x4Bitmask I64x2AllTrue
        I64x2Bitmask
    }
    three {
        V128Bitselect I8x16RelaxedLaneselect I16x8RelaxedLaneselect I32x4RelaxedLaneselect I64x2RelaxedLaneselect
        I32x4RelaxedDotI8x16I7x16AddS F32x4RelaxedMadd F32x4RelaxedNmadd F64x2RelaxedMadd F64x2RelaxedNmadd
    }
    shift {
        I8x16Shl 8,
        I8x16ShrS 8,
        I8x16ShrU 8,
        I16x8Shl 16,
        I16x8ShrS 16,
        I16x8ShrU 16,
        I32x4Shl 32,
        I32x4ShrS 32,
        I32x4ShrU 32,
        I64x2Shl 64,
        I64x2ShrS 64,
        I64x2ShrU 64,
    }
}

impl Body<'_> {
    /// Translates an operator on vectors.
    pub fn vector(&mut self, operator: &Operator<'_>) -> Step {
        if !self.code.accumulators {
            return Err(TranslateErrorKind::VectorInCore);
        }
        match plain(operator) {
            Some(Plain::Two(op)) => {
                let (a, b) = self.pop_two()?;
                self.vector_two(op, a, b);
                return Ok(());
            }
            Some(Plain::Swapped(op)) => {
                let (a, b) = self.pop_two()?;
                self.vector_two(op, b, a);
                return Ok(());
            }
            Some(Plain::One(op @ (Op::V128AnyTrue | Op::I8x16AllTrue))) => return self.vector_test(op),
            Some(Plain::One(op)) => return self.unary(op),
            Some(Plain::Three(op)) => return self.vector_three(op),
            Some(Plain::Shift(op, mask)) => return self.vector_shift(op, mask),
            None => {}
        }
        use Operator as O;
        let shuffle;
        match *operator {
            O::V128Const { value } => {
                let bits = u128::from_le_bytes(*value.bytes());
                self.vector_const([bits as u64, (bits >> 64) as u64]);
                Ok(())
            }
            O::V128Load { memarg } => self.load(Op::V128Load, Op::V128LoadAny, V128, memarg),
            O::V128Load8x8S { memarg } => self.vector_load(Op::V128Load8x8S, Op::Load64Any, memarg),
            O::V128Load8x8U { memarg } => self.vector_load(Op::V128Load8x8U, Op::Load64Any, memarg),
            O::V128Load16x4S { memarg } => self.vector_load(Op::V128Load16x4S, Op::Load64Any, memarg),
            O::V128Load16x4U { memarg } => self.vector_load(Op::V128Load16x4U, Op::Load64Any, memarg),
            O::V128Load32x2S { memarg } => self.vector_load(Op::V128Load32x2S, Op::Load64Any, memarg),
            O::V128Load32x2U { memarg } => self.vector_load(Op::V128Load32x2U, Op::Load64Any, memarg),
            O::V128Load8Splat { memarg } => self.vector_load(Op::V128Load8Splat, Op::Load8UAny, memarg),
            O::V128Load16Splat { memarg } => self.vector_load(Op::V128Load16Splat, Op::Load16UAny, memarg),
            O::V128Load32Splat { memarg } => self.vector_load(Op::V128Load32Splat, Op::Load32Any, memarg),
            O::V128Load64Splat { memarg } => self.vector_load(Op::V128Load64Splat, Op::Load64Any, memarg),
            O::V128Load32Zero { memarg } => self.vector_load(Op::V128Load32Zero, Op::Load32Any, memarg),
            O::V128Load64Zero { memarg } => self.vector_load(Op::V128Load64Zero, Op::Load64Any, memarg),
            O::V128Store { memarg } => self.vector_store(memarg),
            O::V128Load8Lane { memarg, lane } => {
                self.load_lane(Op::V128Load8Lane, Op::Load8UAny, Op::I8x16ReplaceLane, memarg, lane)
            }
            O::V128Load16Lane { memarg, lane } => {
                self.load_lane(Op::V128Load16Lane, Op::Load16UAny, Op::I16x8ReplaceLane, memarg, lane)
            }
            O::V128Load32Lane { memarg, lane } => {
                self.load_lane(Op::V128Load32Lane, Op::Load32Any, Op::I32x4ReplaceLane, memarg, lane)
            }
            O::V128Load64Lane { memarg, lane: 0 } => {
                self.load_lane(Op::V128Load64Lane0, Op::Load64Any, Op::I64x2ReplaceLane0, memarg, 0)
            }
            O::V128Load64Lane { memarg, .. } => {
                self.load_lane(Op::V128Load64Lane1, Op::Load64Any, Op::I64x2ReplaceLane1, memarg, 1)
            }
            O::V128Store8Lane { memarg, lane } => {
                self.store_lane(Op::V128Store8Lane, Op::Store8Any, Op::I8x16ExtractLaneU, memarg, lane)
            }
            O::V128Store16Lane { memarg, lane } => {
                self.store_lane(Op::V128Store16Lane, Op::Store16Any, Op::I16x8ExtractLaneU, memarg, lane)
            }
            O::V128Store32Lane { memarg, lane } => {
                self.store_lane(Op::V128Store32Lane, Op::Store32Any, Op::I32x4ExtractLane, memarg, lane)
            }
            O::V128Store64Lane { memarg, lane } => {
                self.extract_half(I64, lane)?;
                self.store(Op::Store64, Op::Store64Any, None, memarg)
            }
            O::I8x16Shuffle { ref lanes } => {
                shuffle = *lanes;
                self.shuffle(shuffle)
            }
            O::I8x16Splat => self.splat(Op::I8x16Splat, 8),
            O::I16x8Splat => self.splat(Op::I16x8Splat, 16),
            O::I32x4Splat => self.splat(Op::I32x4Splat, 32),
            O::I64x2Splat => self.splat(Op::I64x2Splat, 64),
            O::F32x4Splat => self.splat(Op::F32x4Splat, 32),
            O::F64x2Splat => self.splat(Op::F64x2Splat, 64),
            O::I8x16ExtractLaneS { lane } => self.extract(Op::I8x16ExtractLaneS, I32, lane),
            O::I8x16ExtractLaneU { lane } => self.extract(Op::I8x16ExtractLaneU, I32, lane),
            O::I16x8ExtractLaneS { lane } => self.extract(Op::I16x8ExtractLaneS, I32, lane),
            O::I16x8ExtractLaneU { lane } => self.extract(Op::I16x8ExtractLaneU, I32, lane),
            O::I32x4ExtractLane { lane } => self.extract(Op::I32x4ExtractLane, I32, lane),
            O::F32x4ExtractLane { lane } => self.extract(Op::F32x4ExtractLane, F32, lane),
            O::I64x2ExtractLane { lane } => self.extract_half(I64, lane),
            O::F64x2ExtractLane { lane } => self.extract_half(F64, lane),
            O::I8x16ReplaceLane { lane } => self.replace(Op::I8x16ReplaceLane, lane),
            O::I16x8ReplaceLane { lane } => self.replace(Op::I16x8ReplaceLane, lane),
            O::I32x4ReplaceLane { lane } | O::F32x4ReplaceLane { lane } => self.replace(Op::I32x4ReplaceLane, lane),
            O::I64x2ReplaceLane { lane: 0 } | O::F64x2ReplaceLane { lane: 0 } => self.replace(Op::I64x2ReplaceLane0, 0),
            O::I64x2ReplaceLane { .. } | O::F64x2ReplaceLane { .. } => self.replace(Op::I64x2ReplaceLane1, 1),
            _ => Err(TranslateErrorKind::Unsupported),
        }
    }

    /// Pops two operands, the second one first.
    #[inline(never)]
    fn pop_two(&mut self) -> Step<(Entry, Entry)> {
        let b = self.pop()?;
        Ok((self.pop()?, b))
    }

    /// A constant: nothing is written before it is used.
    fn vector_const(&mut self, halves: [u64; 2]) {
        let number = self.code.vectors.len() as u32;
        self.code.vectors.push(halves);
        self.stack.push(Place::Vector(number), V128);
    }

    /// Writes an instruction with these sources in order, then `rest`, and its result.
    #[inline(never)]
    fn emit_vectors(&mut self, op: Op, variant: u8, sources: &[Src], rest: &[u64]) {
        let mut values = [0; 8];
        let mut count = 0;
        let mut put = |value| {
            values[count] = value;
            count += 1;
        };
        for source in sources {
            match *source {
                Src::Slot(slot) => put(slot.into()),
                Src::Imm(number) => self.code.vectors[number as usize].into_iter().for_each(&mut put),
                Src::Reg => {}
            }
        }
        rest.iter().copied().for_each(&mut put);
        put(self.stack.push(Place::Temp, op.result().unwrap_or(V128)).into());
        self.code.emit(op, variant, &values[..count]);
        if let [a, b, ..] = *sources {
            self.code.note_sources(a, b);
        }
    }

    /// The sources of a family of two vectors, in classes that it has a variant for.
    fn vector_classes(&mut self, op: Op, a: Entry, b: Entry) -> (Src, Src, u8) {
        let variants = op.variant_count();
        let commutes = matches!(variants, 2 | 4 | 8);
        let (first_constant, second_constant) = (variants == 14, variants >= 8);
        let (mut a, mut b) = (a, b);
        let constant = |entry: Entry| matches!(entry.place, Place::Vector(_));
        if commutes && constant(a) {
            core::mem::swap(&mut a, &mut b);
        }
        // What there is no variant for goes through the accumulator; whatever that holds is in its slot as well.
        let through = if constant(a) && (constant(b) || !first_constant) {
            Some(a)
        } else if constant(b) && !second_constant {
            Some(b)
        } else {
            None
        };
        let (mut sa, mut sb);
        match (through, through.map(|entry| entry.place)) {
            (Some(first), Some(Place::Vector(number))) if first.home == a.home => {
                sb = Src::Slot(self.slot(b));
                self.code.vector_constant(number, None);
                sa = Src::Reg;
            }
            (Some(_), Some(Place::Vector(number))) => {
                sa = Src::Slot(self.slot(a));
                self.code.vector_constant(number, None);
                sb = Src::Reg;
            }
            _ => {
                (sa, sb) = (self.source(a, V128), self.source(b, V128));
                if sa == Src::Reg && sb == Src::Reg {
                    sb = Src::Slot(self.slot(b));
                }
                if sa == Src::Reg {
                    self.take(a);
                } else if sb == Src::Reg {
                    self.take(b);
                }
            }
        }
        if commutes && sb == Src::Reg {
            core::mem::swap(&mut sa, &mut sb);
        }
        let variant = match (sa, sb, variants) {
            (Src::Slot(_), Src::Slot(_), _) => 0,
            (Src::Reg, Src::Slot(_), _) => 1,
            (Src::Slot(_), Src::Imm(_), 8) | (Src::Slot(_), Src::Reg, _) => 2,
            (Src::Reg, Src::Imm(_), 8) | (Src::Slot(_), Src::Imm(_), _) => 3,
            (Src::Reg, Src::Imm(_), _) => 4,
            (Src::Imm(_), Src::Slot(_), _) => 5,
            _ => 6,
        };
        (sa, sb, variant)
    }

    /// A family of two vectors.
    fn vector_two(&mut self, op: Op, a: Entry, b: Entry) {
        let (a, b, variant) = self.vector_classes(op, a, b);
        if !self.vector_tile(op, a, b) && !self.rotation(op, a, b) {
            self.emit_vectors(op, variant, &[a, b], &[]);
        }
    }

    /// If the last instruction is a product, or a sum, that only this sum reads, writes one instruction for both.
    fn vector_tile(&mut self, op: Op, a: Src, b: Src) -> bool {
        let (product, tile) = match op {
            Op::F32x4Add => (Op::F32x4Mul, Op::F32x4MulAdd),
            Op::F64x2Add => (Op::F64x2Mul, Op::F64x2MulAdd),
            Op::I32x4Add => (Op::I32x4Add, Op::I32x4AddAdd),
            _ => return false,
        };
        let (Src::Reg, Src::Slot(_), Some(Recent { op: first, elided: true, a: x, b: y @ Src::Slot(_), .. })) =
            (a, b, self.code.last())
        else {
            return false;
        };
        if first != product || matches!(x, Src::Imm(_)) {
            return false;
        }
        self.code.retract();
        self.emit_vectors(tile, u8::from(x == Src::Reg), &[x, y, b], &[]);
        true
    }

    /// If the last two instructions shift the same vector left and right, by as many bits as its lanes have, and only this
    /// `or` reads what they make, writes a rotation for all three.
    fn rotation(&mut self, op: Op, a: Src, b: Src) -> bool {
        let (Op::V128Or, Src::Reg, Src::Slot(other)) = (op, a, b) else { return false };
        let (Some(second), Some(first)) = (self.code.last(), self.code.before_last()) else { return false };
        let (Src::Imm(by), Src::Imm(rest)) = (first.b, second.b) else { return false };
        let left = match (first.op, second.op) {
            (Op::I32x4Shl, Op::I32x4ShrU) => by,
            (Op::I32x4ShrU, Op::I32x4Shl) => rest,
            _ => return false,
        };
        // The first one's result is a temporary, which is read only once.
        let alone = second.elided && first.dst == Some(other) && u32::from(other) >= self.locals.end();
        if !alone || by + rest != 32 || first.a != second.a {
            return false;
        }
        let Src::Slot(slot) = first.a else { return false };
        let source = if first.variant & 1 == 1 { Src::Reg } else { Src::Slot(slot) };
        self.code.retract();
        self.code.retract();
        self.emit_vectors(Op::I32x4Rotl, u8::from(source == Src::Reg), &[source], &[left]);
        true
    }

    /// A test that a branch may become: its source is noted.
    fn vector_test(&mut self, op: Op) -> Step {
        let entry = self.pop()?;
        let source = self.register_or_slot(entry, V128);
        // There is no second one.
        self.emit_vectors(op, u8::from(source == Src::Reg), &[source, Src::Reg], &[]);
        Ok(())
    }

    /// A family of three vectors.
    fn vector_three(&mut self, op: Op) -> Step {
        let c = self.pop()?;
        let (a, b) = self.pop_two()?;
        // Constants come first, which leave nothing in the accumulator that is not in a slot as well.
        let slots = [a, b, c].map(|entry| match entry.place {
            Place::Vector(_) => Some(Src::Slot(self.slot(entry))),
            _ => None,
        });
        let class = |body: &mut Self, entry: Entry| body.source(entry, V128);
        let (sa, sc) = (slots[0].unwrap_or_else(|| class(self, a)), slots[2].unwrap_or_else(|| class(self, c)));
        let sb = slots[1].unwrap_or_else(|| Src::Slot(self.slot(b)));
        if sc == Src::Reg {
            // The first one may be the same local.
            let sa = slots[0].unwrap_or_else(|| Src::Slot(self.slot(a)));
            self.take(c);
            self.emit_vectors(op, 2, &[sa, sb, Src::Reg], &[]);
        } else if sa == Src::Reg {
            self.take(a);
            self.emit_vectors(op, 1, &[Src::Reg, sb, sc], &[]);
        } else {
            self.emit_vectors(op, 0, &[sa, sb, sc], &[]);
        }
        Ok(())
    }

    /// A shift of lanes; of the number of bits, those in `mask` count.
    fn vector_shift(&mut self, op: Op, mask: u64) -> Step {
        let (a, by) = self.pop_two()?;
        let (by, variant) = match by.place {
            Place::Const(bits) => (bits & mask, 2),
            _ => (self.slot_operand(by), 0),
        };
        let source = self.register_or_slot(a, V128);
        self.emit_vectors(op, variant + u8::from(source == Src::Reg), &[source], &[by]);
        if variant == 2 && by != 0 {
            // Where the vector is in any case, for rotations.
            let slot = match a.place {
                Place::Local(slot) => slot,
                _ => a.home,
            };
            self.code.note_sources(Src::Slot(slot), Src::Imm(by));
        }
        Ok(())
    }

    /// A scalar in all lanes of so many bits.
    fn splat(&mut self, op: Op, bits: u32) -> Step {
        let top = self.stack.len().checked_sub(1).and_then(|top| self.stack.get(top)).ok_or(INVALID)?;
        if let Place::Const(value) = top.place {
            self.pop()?;
            let lane = if bits == 64 { value } else { value & ((1 << bits) - 1) };
            let half = (0..64 / bits).fold(0, |half, i| half | lane << (bits * i));
            self.vector_const([half; 2]);
            return Ok(());
        }
        self.unary(op)
    }

    /// A lane.
    fn extract(&mut self, op: Op, ty: ValType, lane: u8) -> Step {
        let entry = self.pop()?;
        let slot = self.slot_operand(entry);
        let dst = self.push(ty);
        self.code.emit(op, 0, &[slot, lane.into(), dst]);
        Ok(())
    }

    /// A half, which is a slot of its own.
    fn extract_half(&mut self, ty: ValType, lane: u8) -> Step {
        let entry = self.pop()?;
        let slot = self.slot(entry) + u16::from(lane);
        // What wrote both must go on to do so.
        self.code.pin();
        let home = self.stack.push(Place::Temp, ty);
        self.code.copy(slot, home);
        Ok(())
    }

    /// A lane replaced by a scalar.
    fn replace(&mut self, op: Op, lane: u8) -> Step {
        let (a, value) = self.pop_two()?;
        let value = self.slot_operand(value);
        let a = self.register_or_slot(a, V128);
        self.emit_replace(op, a, value, lane);
        Ok(())
    }

    fn emit_replace(&mut self, op: Op, a: Src, value: u64, lane: u8) {
        let half = matches!(op, Op::I64x2ReplaceLane0 | Op::I64x2ReplaceLane1);
        let rest = [value, lane.into()];
        self.emit_vectors(op, u8::from(a == Src::Reg), &[a], if half { &rest[..1] } else { &rest });
    }

    /// Bytes of two vectors, chosen by a constant.
    fn shuffle(&mut self, lanes: [u8; 16]) -> Step {
        let (a, b) = self.pop_two()?;
        let (mut lanes, mut a, mut b) = (lanes, a, b);
        if lanes[0] >= 16 {
            core::mem::swap(&mut a, &mut b);
            lanes = lanes.map(|lane| lane ^ 16);
        }
        if a.place != Place::Temp && a.place == b.place {
            lanes = lanes.map(|lane| lane & 15);
        }
        if let Some(op) = interleave(&lanes) {
            self.vector_two(op, a, b);
            return Ok(());
        }
        let bits = u128::from_le_bytes(lanes);
        let halves = [bits as u64, (bits >> 64) as u64];
        if lanes.iter().all(|&lane| lane < 16) {
            let source = self.register_or_slot(a, V128);
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

    /// A load of a vector that is made of fewer bytes; `any` loads these from any memory.
    fn vector_load(&mut self, op: Op, any: Op, arg: MemArg) -> Step {
        let (memory, offset) = self.memory(arg)?;
        if !self.plain(memory, offset) {
            return self.vector_load_any(op, any, memory, offset);
        }
        let entry = self.pop()?;
        let address = self.register_or_slot(entry, I32);
        let dst = self.push(V128);
        match address {
            Src::Slot(slot) => self.code.emit(op, 0, &[slot.into(), offset, dst]),
            _ => self.code.emit(op, 1, &[offset, dst]),
        };
        Ok(())
    }

    /// [`Body::vector_load`] from any memory: as an integer, of which the vector is then made.
    fn vector_load_any(&mut self, op: Op, any: Op, memory: u32, offset: u64) -> Step {
        let address = self.pop()?;
        let address = self.slot_operand(address);
        let dst = self.push(V128);
        self.code.emit(any, 0, &[address, memory.into(), offset, dst]);
        let made = match op {
            Op::V128Load8x8S => Op::I16x8ExtendLowI8x16S,
            Op::V128Load8x8U => Op::I16x8ExtendLowI8x16U,
            Op::V128Load16x4S => Op::I32x4ExtendLowI16x8S,
            Op::V128Load16x4U => Op::I32x4ExtendLowI16x8U,
            Op::V128Load32x2S => Op::I64x2ExtendLowI32x4S,
            Op::V128Load32x2U => Op::I64x2ExtendLowI32x4U,
            Op::V128Load8Splat => Op::I8x16Splat,
            Op::V128Load16Splat => Op::I16x8Splat,
            Op::V128Load32Splat => Op::I32x4Splat,
            Op::V128Load64Splat => Op::I64x2Splat,
            _ => {
                self.code.constant(0, dst as u16 + 1);
                // The two halves were written one by one.
                self.code.pin();
                return Ok(());
            }
        };
        // Of a vector, what is read is the lower half.
        self.code.emit(made, 0, &[dst, dst]);
        Ok(())
    }

    /// `v128.store`.
    fn vector_store(&mut self, arg: MemArg) -> Step {
        const OP: Op = Op::V128Store;
        let (memory, mut offset) = self.memory(arg)?;
        let (address, value) = self.pop_two()?;
        if !self.plain(memory, offset) {
            let address = self.slot_operand(address);
            let value = self.slot_operand(value);
            self.code.emit(Op::V128StoreAny, 0, &[address, value, memory.into(), offset]);
            return Ok(());
        }
        let source = match value.place {
            Place::Vector(number) => {
                self.code.vector_constant(number, None);
                Src::Reg
            }
            _ => self.source(value, V128),
        };
        let Src::Slot(slot) = source else {
            self.take(value);
            return self.store_vector_register(address, offset);
        };
        let v = u64::from(slot);
        match self.address(address, &mut offset) {
            Address::Slot(a) => self.code.emit(OP, 0, &[a.into(), v, offset]),
            Address::Constant => self.code.emit(OP, 1, &[v, offset]),
            Address::Reg => self.code.emit(OP, 2, &[v, offset]),
            Address::Slots(a, b) => self.code.emit(OP, 3, &[a.into(), b.into(), v, offset]),
            Address::SlotReg(a) => self.code.emit(OP, 4, &[a.into(), v, offset]),
            Address::SlotImm(a, bits) => self.code.emit(OP, 5, &[a.into(), bits, v, offset]),
            Address::RegImm(bits) => self.code.emit(OP, 6, &[bits, v, offset]),
        };
        Ok(())
    }

    /// A store of the vector accumulator.
    fn store_vector_register(&mut self, address: Entry, offset: u64) -> Step {
        const OP: Op = Op::V128Store;
        if let Place::Const(bits) = address.place {
            let sum = u64::from(bits as u32) + offset;
            if sum <= u64::from(u32::MAX) {
                self.code.emit(OP, 8, &[sum]);
                return Ok(());
            }
        }
        match self.sum_before_last(address) {
            Some((a, Src::Slot(b))) => self.code.emit(OP, 9, &[a.into(), b.into(), offset]),
            Some((a, Src::Imm(bits))) => self.code.emit(OP, 10, &[a.into(), bits, offset]),
            _ => {
                let address = self.slot_operand(address);
                self.code.emit(OP, 7, &[address, offset])
            }
        };
        Ok(())
    }

    /// A slot that nothing on the stack has.
    fn above(&mut self) -> Step<u64> {
        let slot = self.push(I64);
        self.pop()?;
        Ok(slot)
    }

    /// A load of a lane; `any` loads a scalar from any memory, which then replaces it.
    fn load_lane(&mut self, op: Op, any: Op, replace: Op, arg: MemArg, lane: u8) -> Step {
        let (memory, offset) = self.memory(arg)?;
        let scratch = self.above()?;
        let (address, a) = self.pop_two()?;
        let address = self.slot_operand(address);
        if !self.plain(memory, offset) {
            self.code.emit(any, 0, &[address, memory.into(), offset, scratch]);
            let a = self.register_or_slot(a, V128);
            self.emit_replace(replace, a, scratch, lane);
            return Ok(());
        }
        let mut values = [address, offset, 0, 0, 0];
        let mut count = 2;
        let a = self.register_or_slot(a, V128);
        if let Src::Slot(slot) = a {
            values[count] = slot.into();
            count += 1;
        }
        if !matches!(op, Op::V128Load64Lane0 | Op::V128Load64Lane1) {
            values[count] = lane.into();
            count += 1;
        }
        values[count] = self.push(V128);
        self.code.emit(op, u8::from(a == Src::Reg), &values[..=count]);
        Ok(())
    }

    /// A store of a lane; `any` stores a scalar to any memory, which `extract` fetches first.
    fn store_lane(&mut self, op: Op, any: Op, extract: Op, arg: MemArg, lane: u8) -> Step {
        let (memory, offset) = self.memory(arg)?;
        let scratch = self.above()?;
        let (address, a) = self.pop_two()?;
        let address = self.slot_operand(address);
        let a = self.slot_operand(a);
        if self.plain(memory, offset) {
            self.code.emit(op, 0, &[address, a, lane.into(), offset]);
        } else {
            self.code.emit(extract, 0, &[a, lane.into(), scratch]);
            self.code.emit(any, 0, &[address, scratch, memory.into(), offset]);
        }
        Ok(())
    }

    /// Returns with a vector.
    pub fn return_vector(&mut self, entry: Entry, header: u64) {
        match self.register_or_slot(entry, V128) {
            Src::Slot(slot) => self.code.emit_return(Op::V128Return, 0, &[slot.into(), header]),
            _ => {
                self.code.emit(Op::V128Return, 1, &[header]);
            }
        }
    }
}

/// The family that takes lanes of two vectors' halves in turn, if these bytes are such lanes.
fn interleave(lanes: &[u8; 16]) -> Option<Op> {
    static FAMILIES: [([u8; 16], Op); 8] = [
        (lanes_in_turn(1, 0), Op::I8x16InterleaveLow),
        (lanes_in_turn(1, 8), Op::I8x16InterleaveHigh),
        (lanes_in_turn(2, 0), Op::I16x8InterleaveLow),
        (lanes_in_turn(2, 8), Op::I16x8InterleaveHigh),
        (lanes_in_turn(4, 0), Op::I32x4InterleaveLow),
        (lanes_in_turn(4, 8), Op::I32x4InterleaveHigh),
        (lanes_in_turn(8, 0), Op::I64x2InterleaveLow),
        (lanes_in_turn(8, 8), Op::I64x2InterleaveHigh),
    ];
    FAMILIES.iter().find(|(of_family, _)| of_family == lanes).map(|&(_, op)| op)
}

/// The bytes of lanes of so many bytes of two vectors in turn, from this byte on.
const fn lanes_in_turn(size: u8, first: u8) -> [u8; 16] {
    let mut lanes = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (pair, odd, byte) = (i / (2 * size), i / size % 2, i % size);
        lanes[i as usize] = first + pair * size + odd * 16 + byte;
        i += 1;
    }
    lanes
}
