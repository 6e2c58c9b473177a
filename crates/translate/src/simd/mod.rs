//! Operators on vectors (docs/simd.md).
//!
//! [`operators`] has the table of how each operator is translated. Here are the operators that compute with whole
//! vectors; `lanes` has those on lanes, and `memory` the loads and stores.

mod lanes;
mod memory;
pub mod operators;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::ops::{Class, Fused, Sources, family, fused};
use wasmote_ir::write::{Header, Slot};
use wasmote_ir::{Op, ValType};

use crate::TranslateErrorKind;
use crate::body::{BodyTranslator, TranslateResult};
use crate::code_writer::{RecentInstr, Src};
use crate::stack::{Location, StackEntry};
use operators::{VectorLineKind, lane_bits};

use ValType::V128;

impl BodyTranslator<'_> {
    /// Translates an operator on vectors.
    #[inline(never)]
    pub fn vector(&mut self, kind: VectorLineKind, op: Op) -> TranslateResult {
        if !self.code.has_accumulators() {
            return Err(TranslateErrorKind::VectorInCore);
        }
        match kind {
            VectorLineKind::BinaryOperands | VectorLineKind::Swapped => {
                let (a, b) = self.pop_two()?;
                let (a, b) = if kind == VectorLineKind::BinaryOperands { (a, b) } else { (b, a) };
                self.vector_two(op, a, b);
            }
            VectorLineKind::One => self.vector_one(op)?,
            VectorLineKind::Test => self.vector_test(op)?,
            VectorLineKind::Three => self.vector_three(op)?,
            VectorLineKind::Shift => self.vector_shift(op, u64::from(lane_bits(op)) - 1)?,
            VectorLineKind::Const => {
                let bits = u128::from_le_bytes(self.reader.array()?);
                self.vector_const([bits as u64, (bits >> 64) as u64]);
            }
            VectorLineKind::Shuffle => {
                let lanes = u128::from_le_bytes(self.reader.array()?);
                self.shuffle(lanes)?;
            }
            VectorLineKind::Load => {
                let arg = self.reader.memarg()?;
                self.load(op, V128, arg)?;
            }
            VectorLineKind::LoadPart => self.vector_load(op)?,
            VectorLineKind::Store => self.vector_store()?,
            VectorLineKind::LoadLane => self.load_lane(op)?,
            VectorLineKind::StoreLane => self.store_lane(op)?,
            VectorLineKind::StoreHalf => {
                let (arg, lane) = (self.reader.memarg()?, self.reader.byte()?);
                self.extract_half(ValType::I64, lane)?;
                self.store(op, None, arg)?;
            }
            VectorLineKind::Splat => self.splat(op, lane_bits(op))?,
            VectorLineKind::Extract => {
                let lane = self.reader.byte()?;
                self.extract(op, lane)?;
            }
            VectorLineKind::ExtractHalf => {
                let lane = self.reader.byte()?;
                self.extract_half(op.source().unwrap_or(ValType::I64), lane)?;
            }
            VectorLineKind::Replace => {
                let lane = self.reader.byte()?;
                self.replace(op, lane)?;
            }
        }
        Ok(())
    }

    /// [`BodyTranslator::register_or_slot`] for a vector. This and other functions here are not inlined: vectors are rare in most
    /// programs, so small code counts more.
    #[inline(never)]
    fn vector_source(&mut self, entry: StackEntry) -> Src {
        self.register_or_slot(entry, V128)
    }

    /// [`BodyTranslator::slot`], not inlined.
    #[inline(never)]
    fn vector_slot(&mut self, entry: StackEntry) -> u16 {
        self.slot(entry)
    }

    /// [`BodyTranslator::source`] for a vector, not inlined.
    #[inline(never)]
    fn vector_class(&mut self, entry: StackEntry) -> Src {
        self.source(entry, V128)
    }

    /// [`BodyTranslator::take`], not inlined.
    #[inline(never)]
    fn vector_take(&mut self, entry: StackEntry) {
        self.take(entry);
    }

    /// Pops two operands. Returns them in order.
    fn pop_two(&mut self) -> TranslateResult<(StackEntry, StackEntry)> {
        let b = self.pop_cold()?;
        Ok((self.pop_cold()?, b))
    }

    /// Pushes a constant vector. No code is written before it is used.
    fn vector_const(&mut self, halves: [u64; 2]) {
        let number = self.code.vectors.len() as u32;
        if self.code.vectors.try_push(halves).is_err() {
            self.code.fail();
        }
        self.stack.push(Location::Vector(number), V128);
    }

    /// Writes an instruction with one operand. The operand is in a slot if the family has no variant for the
    /// accumulator.
    #[inline(never)]
    pub fn vector_one(&mut self, op: Op) -> TranslateResult {
        if op.variant(Sources::of(Class::Accumulator)).is_some() {
            return self.unary(op);
        }
        let slot = self.pop_slot()?;
        let dst = self.push_cold(op.result().unwrap_or(V128));
        self.code.emit_single_variant(op, &[slot.into(), dst.into()]);
        Ok(())
    }

    /// Writes an instruction with these sources, then the operands `rest`, then its result. If `and` is given, the
    /// first of `rest` is a source too, of that class.
    #[inline(never)]
    fn emit_vectors(&mut self, op: Op, sources: &[Src], and: Option<Class>, rest: &[u64]) {
        let classes = sources.iter().map(Src::class).chain(and);
        let variant = op.variant(classes.fold(Sources::NONE, Sources::and)).unwrap_or(0);
        let mut values = [0; 8];
        let mut count = 0;
        let mut put = |value| {
            values[count] = value;
            count += 1;
        };
        for source in sources {
            match *source {
                Src::Slot(slot) => put(slot.into()),
                Src::Imm(number) => {
                    let halves = self.code.vectors.get(number as usize).copied().unwrap_or_default();
                    halves.into_iter().for_each(&mut put);
                }
                Src::Reg => {}
            }
        }
        rest.iter().copied().for_each(&mut put);
        put(self.push_cold(op.result().unwrap_or(V128)).into());
        self.code.emit(op, variant, &values[..count]);
        if let [a, ref more @ ..] = *sources {
            self.code.note_sources(a, more.first().copied().unwrap_or_default());
        }
    }

    /// Chooses the classes of the sources of `op`, which takes two vectors.
    #[inline(never)]
    fn vector_classes(&mut self, op: Op, a: StackEntry, b: StackEntry) -> (Src, Src) {
        let has = |a, b| op.variant(Sources::of(a).and(b)).is_some();
        if !has(Class::Accumulator, Class::Slot) {
            let [a, b] = [a, b].map(|entry| Src::Slot(self.vector_slot(entry)));
            return (a, b);
        }
        let commutes = op.mirror() == Some(op);
        let first_constant = has(Class::Immediate, Class::Slot);
        let second_constant = has(Class::Slot, Class::Immediate);
        let (mut a, mut b) = (a, b);
        let constant = |entry: StackEntry| matches!(entry.place(), Location::Vector(_));
        if commutes && constant(a) {
            core::mem::swap(&mut a, &mut b);
        }
        // A constant that no variant takes goes through the accumulator. What that holds is in its slot as well.
        let through = if constant(a) && (constant(b) || !first_constant) {
            Some(a)
        } else if constant(b) && !second_constant {
            Some(b)
        } else {
            None
        };
        let (mut sa, mut sb);
        match (through, through.map(|entry| entry.place())) {
            (Some(first), Some(Location::Vector(number))) if first.stack_slot() == a.stack_slot() => {
                sb = Src::Slot(self.vector_slot(b));
                self.code.vector_constant(number, None);
                sa = Src::Reg;
            }
            (Some(_), Some(Location::Vector(number))) => {
                sa = Src::Slot(self.vector_slot(a));
                self.code.vector_constant(number, None);
                sb = Src::Reg;
            }
            _ => {
                (sa, sb) = (self.vector_class(a), self.vector_class(b));
                if sa == Src::Reg && sb == Src::Reg {
                    sb = Src::Slot(self.vector_slot(b));
                }
                if sa == Src::Reg {
                    self.vector_take(a);
                } else if sb == Src::Reg {
                    self.vector_take(b);
                }
            }
        }
        if commutes && sb == Src::Reg {
            core::mem::swap(&mut sa, &mut sb);
        }
        (sa, sb)
    }

    /// Writes an instruction with two vectors.
    #[inline(never)]
    fn vector_two(&mut self, op: Op, a: StackEntry, b: StackEntry) {
        let (a, b) = self.vector_classes(op, a, b);
        if !self.fuse_vectors(op, a, b) && !self.rotation(op, a, b) {
            self.emit_vectors(op, &[a, b], None, &[]);
        }
    }

    /// Writes a fused operation in place of the last instruction and `op`, if there is one and only `op` reads the
    /// result of the last instruction. Returns whether it did.
    #[inline(never)]
    fn fuse_vectors(&mut self, op: Op, a: Src, b: Src) -> bool {
        let (Src::Reg, Src::Slot(_), Some(RecentInstr { op: first, elided: true, a: x, b: y @ Src::Slot(_), .. })) =
            (a, b, self.code.last())
        else {
            return false;
        };
        let Some(fused) = fused(Fused { first, second: op, feeds_second: false }) else { return false };
        if matches!(x, Src::Imm(_)) {
            return false;
        }
        self.code.retract();
        self.emit_vectors(fused, &[x, y, b], None, &[]);
        true
    }

    /// Writes a rotation in place of the last two instructions and `op`. The two must shift the same vector left and
    /// right, by 32 bits together, and `op` must be the `or` that alone reads their results. Returns whether it did.
    #[inline(never)]
    fn rotation(&mut self, op: Op, a: Src, b: Src) -> bool {
        let (Op::V128Or, Src::Reg, Src::Slot(other)) = (op, a, b) else { return false };
        let (Some(second), Some(first)) = (self.code.last(), self.code.before_last()) else { return false };
        let (Src::Imm(by), Src::Imm(rest)) = (first.b, second.b) else { return false };
        let left = match (first.op, second.op) {
            (Op::I32x4Shl, Op::I32x4ShrU) => by,
            (Op::I32x4ShrU, Op::I32x4Shl) => rest,
            _ => return false,
        };
        // The result of the first shift is a temporary, which is read only once.
        let alone = second.elided && first.dst == Some(other) && u32::from(other) >= self.locals.end();
        if !alone || by + rest != 32 || first.a != second.a {
            return false;
        }
        let Src::Slot(slot) = first.a else { return false };
        let register = first.op.variant(Sources::of(Class::Accumulator).and(Class::Immediate)) == Some(first.variant);
        let source = if register { Src::Reg } else { Src::Slot(slot) };
        self.code.retract();
        self.code.retract();
        self.emit_vectors(Op::I32x4Rotl, &[source], Some(Class::Immediate), &[left]);
        true
    }

    /// Writes a test of a vector. Its source is noted, so that a branch can do its work.
    fn vector_test(&mut self, op: Op) -> TranslateResult {
        if op.variant(Sources::of(Class::Accumulator)).is_none() {
            return self.vector_one(op);
        }
        let entry = self.pop_cold()?;
        let source = self.vector_source(entry);
        self.emit_vectors(op, &[source], None, &[]);
        Ok(())
    }

    /// Writes a popped operand to its stack slot if it is a constant.
    #[inline(never)]
    fn no_constant(&mut self, entry: StackEntry) -> StackEntry {
        let Location::Vector(_) = entry.place() else { return entry };
        self.vector_slot(entry);
        entry.with(Location::Temp)
    }

    /// Writes an instruction with three vectors. The last or the first may be in the accumulator, if there is a
    /// variant.
    fn vector_three(&mut self, op: Op) -> TranslateResult {
        let c = self.pop_cold()?;
        let (a, b) = self.pop_two()?;
        // Constants are written first, before a source is chosen: they change the accumulator.
        let (a, b, c) = (self.no_constant(a), self.no_constant(b), self.no_constant(c));
        let mut sources = [a, b, c].map(|entry| Src::Slot(self.vector_slot(entry)));
        // Families that are rarely used have only the variant with all sources in slots.
        if op.variant(Sources::three([Class::Slot, Class::Slot, Class::Accumulator])).is_some()
            && self.vector_class(c) == Src::Reg
        {
            self.vector_take(c);
            sources[2] = Src::Reg;
        } else if op.variant(Sources::three([Class::Accumulator, Class::Slot, Class::Slot])).is_some()
            && self.vector_class(a) == Src::Reg
        {
            self.vector_take(a);
            sources[0] = Src::Reg;
        }
        self.emit_vectors(op, &sources, None, &[]);
        Ok(())
    }

    /// Writes a shift of lanes. Only the bits in `mask` of the shift count matter.
    fn vector_shift(&mut self, op: Op, mask: u64) -> TranslateResult {
        let (a, by) = self.pop_two()?;
        let Location::Const(by) = by.place() else {
            let by = self.vector_slot(by).into();
            let source = Src::Slot(self.vector_slot(a));
            self.emit_vectors(op, &[source], Some(Class::Slot), &[by]);
            return Ok(());
        };
        let by = by & mask;
        let both = op.variant(Sources::of(Class::Accumulator).and(Class::Immediate)).is_some();
        let source = if both { self.vector_source(a) } else { Src::Slot(self.vector_slot(a)) };
        self.emit_vectors(op, &[source], Some(Class::Immediate), &[by]);
        if by != 0 {
            // `rotation` compares the slots of both shifts, so the vector's slot is noted even if it is in the
            // accumulator.
            let slot = match a.place() {
                Location::Local(slot) => slot,
                _ => a.stack_slot(),
            };
            self.code.note_sources(Src::Slot(slot), Src::Imm(by));
        }
        Ok(())
    }

    /// Writes a return with one result, a vector.
    #[inline(never)]
    pub fn return_vector(&mut self, entry: StackEntry, header: Header) {
        let source = self.vector_source(entry);
        match source {
            Src::Slot(slot) => self.code.write(family::V128Return.s((Slot(slot), header))),
            _ => self.code.write(family::V128Return.r((header,))),
        };
    }
}

#[cfg(test)]
mod tests {
    use wasmote_ir::ops::opcode;
    use wasmote_ir::shape::Operand;

    use super::*;

    #[test]
    fn families_that_take_the_accumulator_in_the_first_place_alone_commute() {
        let mut checked = 0;
        for &op in Op::ALL {
            let variant = |a, b| op.variant(Sources::of(a).and(b));
            let slots = variant(Class::Slot, Class::Slot).map(|variant| opcode(op, variant).operands());
            if slots == Some(&[Operand::SrcPair, Operand::SrcPair, Operand::DstPair])
                && variant(Class::Accumulator, Class::Slot).is_some()
                && variant(Class::Slot, Class::Accumulator).is_none()
            {
                assert_eq!(op.mirror(), Some(op), "{op:?}");
                checked += 1;
            }
        }
        assert!(checked > 5, "{checked}");
    }
}
