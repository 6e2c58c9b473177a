//! Loads and stores of vectors and of their lanes.

use wasmote_decode::operators::MemArg;
use wasmote_ir::ops::{Class, Sources, family};
use wasmote_ir::write::{Memory, Offset, Slot};
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::Src;
use crate::stack::Location;

use super::lanes::half;

use ValType::{I32, I64, V128};

impl BodyTranslator<'_> {
    /// Translates a load of fewer than 16 bytes, which are extended, splatted or padded with zeros.
    pub(super) fn vector_load(&mut self, op: Op) -> TranslateResult {
        let MemArg { memory, offset, .. } = self.reader.memarg()?;
        if !self.plain(memory, offset) {
            return self.vector_load_any(op, memory, offset);
        }
        let entry = self.pop_cold()?;
        let both = op.variant(Sources::of(Class::Accumulator)).is_some();
        let address = if both { self.register_or_slot(entry, I32) } else { Src::Slot(self.vector_slot(entry)) };
        let dst = self.push_cold(V128);
        let variant = op.variant(Sources::of(address.class())).ok_or(INVALID)?;
        match address {
            Src::Slot(slot) => self.code.emit(op, variant, &[slot.into(), offset, dst.into()]),
            _ => self.code.emit(op, variant, &[offset, dst.into()]),
        };
        Ok(())
    }

    /// [`BodyTranslator::vector_load`] from any memory. It loads an integer, and then makes the vector from it.
    pub(super) fn vector_load_any(&mut self, op: Op, memory: u32, offset: u64) -> TranslateResult {
        let (any, made) = match op {
            Op::V128Load8x8S => (Op::Load64Any, Some(Op::I16x8ExtendLowI8x16S)),
            Op::V128Load8x8U => (Op::Load64Any, Some(Op::I16x8ExtendLowI8x16U)),
            Op::V128Load16x4S => (Op::Load64Any, Some(Op::I32x4ExtendLowI16x8S)),
            Op::V128Load16x4U => (Op::Load64Any, Some(Op::I32x4ExtendLowI16x8U)),
            Op::V128Load32x2S => (Op::Load64Any, Some(Op::I64x2ExtendLowI32x4S)),
            Op::V128Load32x2U => (Op::Load64Any, Some(Op::I64x2ExtendLowI32x4U)),
            Op::V128Load8Splat => (Op::Load8UAny, Some(Op::I8x16Splat)),
            Op::V128Load16Splat => (Op::Load16UAny, Some(Op::I16x8Splat)),
            Op::V128Load32Splat => (Op::Load32Any, Some(Op::I32x4Splat)),
            Op::V128Load64Splat => (Op::Load64Any, Some(Op::I64x2Splat)),
            Op::V128Load32Zero => (Op::Load32Any, None),
            _ => (Op::Load64Any, None),
        };
        let address = self.pop_slot()?;
        let dst = self.push_cold(V128);
        self.code.emit_single_variant(any, &[address.into(), memory.into(), offset, dst.into()]);
        let Some(made) = made else {
            self.code.constant(0, dst.0 + 1);
            // Two instructions wrote the vector, so the last one cannot be redirected.
            self.code.pin();
            return Ok(());
        };
        // The instruction reads only the lower half of its source, which the load has written.
        let variant = made.variant(Sources::of(Class::Slot)).ok_or(INVALID)?;
        self.code.emit(made, variant, &[dst.into(), dst.into()]);
        Ok(())
    }

    /// `v128.store`.
    pub(super) fn vector_store(&mut self) -> TranslateResult {
        let MemArg { memory, mut offset, .. } = self.reader.memarg()?;
        let (address, value) = self.pop_two()?;
        if !self.plain(memory, offset) {
            let (address, value) = (Slot(self.vector_slot(address)), Slot(self.vector_slot(value)));
            self.code.write(family::V128StoreAny.s((address, value, Memory(memory), Offset(offset))));
            return Ok(());
        }
        let source = match value.place() {
            Location::Vector(number) => {
                self.code.vector_constant(number, None);
                Src::Reg
            }
            _ => self.vector_class(value),
        };
        let Src::Slot(slot) = source else {
            return self.store_register(Op::V128Store, value, address, offset);
        };
        let address = self.address(Op::V128Store, Some(source.class()), address, &mut offset);
        let variant = address.variant(Op::V128Store, Some(source.class())).ok_or(INVALID)?;
        let (_, operands, count) = address.operands();
        self.code.emit_two_last(Op::V128Store, variant, operands, count, [slot.into(), offset]);
        Ok(())
    }

    /// Returns a slot above all operands.
    pub(super) fn above(&mut self) -> TranslateResult<u64> {
        let slot = self.push_cold(I64).into();
        self.pop_cold()?;
        Ok(slot)
    }

    /// Translates a load of a lane. From any memory it is a scalar load, and then the scalar replaces the lane.
    pub(super) fn load_lane(&mut self, op: Op) -> TranslateResult {
        let MemArg { memory, offset, .. } = self.reader.memarg()?;
        let lane = self.reader.byte()?;
        let (any, replace) = match op {
            Op::V128Load8Lane => (Op::Load8UAny, Op::I8x16ReplaceLane),
            Op::V128Load16Lane => (Op::Load16UAny, Op::I16x8ReplaceLane),
            Op::V128Load32Lane => (Op::Load32Any, Op::I32x4ReplaceLane),
            _ => (Op::Load64Any, half(Op::I64x2ReplaceLane0, lane)),
        };
        let op = half(op, lane);
        let scratch = self.above()?;
        let (address, a) = self.pop_two()?;
        let address = u64::from(self.vector_slot(address));
        if !self.plain(memory, offset) {
            self.code.emit_single_variant(any, &[address, memory.into(), offset, scratch]);
            self.emit_replace(replace, a, scratch, lane);
            return Ok(());
        }
        let a = self.vector_slot(a).into();
        let dst = self.push_cold(V128).into();
        if matches!(op, Op::V128Load64Lane0 | Op::V128Load64Lane1) {
            self.code.emit_single_variant(op, &[address, offset, a, dst]);
        } else {
            self.code.emit_single_variant(op, &[address, offset, a, lane.into(), dst]);
        }
        Ok(())
    }

    /// Translates a store of a lane. To any memory, the lane is extracted first, and then stored as a scalar.
    pub(super) fn store_lane(&mut self, op: Op) -> TranslateResult {
        let MemArg { memory, offset, .. } = self.reader.memarg()?;
        let lane = self.reader.byte()?;
        let (any, extract) = match op {
            Op::V128Store8Lane => (Op::Store8Any, Op::I8x16ExtractLaneU),
            Op::V128Store16Lane => (Op::Store16Any, Op::I16x8ExtractLaneU),
            _ => (Op::Store32Any, Op::I32x4ExtractLane),
        };
        let scratch = self.above()?;
        let (address, a) = self.pop_two()?;
        let address = u64::from(self.vector_slot(address));
        let a = u64::from(self.vector_slot(a));
        if self.plain(memory, offset) {
            self.code.emit_single_variant(op, &[address, a, lane.into(), offset]);
        } else {
            let variant = extract.variant(Sources::of(Class::Slot)).ok_or(INVALID)?;
            self.code.emit(extract, variant, &[a, lane.into(), scratch]);
            self.code.emit_single_variant(any, &[address, scratch, memory.into(), offset]);
        }
        Ok(())
    }
}
