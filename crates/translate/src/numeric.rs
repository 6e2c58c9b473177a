//! Operators of one and two sources, and `select`.

use wasmote_ir::ops::{Class, Sources, family};
use wasmote_ir::write::{Imm, Slot};
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{RecentInstr, Src, fits_signed};
use crate::stack::{Location, StackEntry};

/// An instruction with two sources, in classes for which its family has a variant.
pub struct BinaryOperands {
    /// The family: the one that was asked for, or its mirror.
    pub op: Op,
    /// The first source.
    pub a: Src,
    /// The second source.
    pub b: Src,
    /// The variant for the classes of the sources, with the result in a slot.
    pub variant: u8,
}

/// Returns the variant of a family for the classes of these sources, with the result in a slot.
#[inline(always)]
fn variant(op: Op, a: Src, b: Src) -> Option<u8> {
    op.variant(Sources::of(a.class()).and(b.class()))
}

impl BinaryOperands {
    /// Returns the instruction with these sources. The family must have a variant for them.
    fn new(op: Op, a: Src, b: Src) -> BinaryOperands {
        BinaryOperands { op, a, b, variant: variant(op, a, b).unwrap_or(0) }
    }
}

impl BodyTranslator<'_> {
    /// Chooses the classes of the sources of `op`, which are two popped operands.
    pub fn choose(&mut self, op: Op, a: StackEntry, b: StackEntry) -> BinaryOperands {
        let ty = op.source().unwrap_or(ValType::I32);
        let (mut op, mut a, mut b) = (op, a, b);
        // If the family has a mirror, a constant goes second. Of two constants, one that fits an immediate does.
        if let Some(bits) = a.constant()
            && (Self::fits(ty, bits) || b.constant().is_none())
            && let Some(mirror) = op.mirror()
        {
            op = mirror;
            core::mem::swap(&mut a, &mut b);
        }
        // A constant that is too large for an immediate goes through the accumulator.
        for large in [a, b] {
            if large.constant().is_some_and(|bits| !Self::fits(ty, bits)) {
                return self.choose_large(op, a, b);
            }
        }
        let (mut sa, mut sb) = (self.source(a, ty), self.source(b, ty));
        if let (Src::Imm(_), Src::Imm(_)) = (sa, sb) {
            sa = Src::Slot(self.slot(a));
        }
        if sb == Src::Reg && (sa == Src::Reg || variant(op, sa, sb).is_none()) {
            match (sa, op.mirror()) {
                (Src::Slot(_), Some(mirror)) => {
                    op = mirror;
                    core::mem::swap(&mut a, &mut b);
                    core::mem::swap(&mut sa, &mut sb);
                }
                _ => sb = Src::Slot(self.slot(b)),
            }
        }
        let mut found = variant(op, sa, sb);
        if found.is_none() && sa == Src::Reg {
            // A value in the accumulator is in its slot as well, until `take` leaves the store out.
            sa = Src::Slot(self.slot(a));
            found = variant(op, sa, sb);
        }
        match found {
            Some(variant) => {
                if sa == Src::Reg {
                    self.take(a);
                } else if sb == Src::Reg {
                    self.take(b);
                }
                BinaryOperands { op, a: sa, b: sb, variant }
            }
            None => {
                let (sa, sb) = (Src::Slot(self.slot(a)), Src::Slot(self.slot(b)));
                BinaryOperands::new(op, sa, sb)
            }
        }
    }

    /// [`BodyTranslator::choose`] if a constant is too large for an immediate.
    fn choose_large(&mut self, op: Op, a: StackEntry, b: StackEntry) -> BinaryOperands {
        let large = |entry: StackEntry| match entry.place() {
            Location::Const(bits) if !fits_signed(bits) => Some(bits),
            _ => None,
        };
        if let (None, Some(bits), Some(op), true) =
            (large(a), large(b), op.with_constant(), self.code.has_accumulators())
        {
            let both = variant(op, Src::Reg, Src::Imm(bits)).is_some();
            let source = if both { self.register_or_slot(a, ValType::I64) } else { Src::Slot(self.slot(a)) };
            return BinaryOperands::new(op, source, Src::Imm(bits));
        }
        if let (None, Some(bits), Some(mirror)) = (large(a), large(b), op.mirror())
            && self.code.has_accumulators()
        {
            let other = Src::Slot(self.slot(a));
            if let Some(variant) = variant(mirror, Src::Reg, other) {
                self.code.write(family::LoadConst.i_r((Imm(bits),)));
                return BinaryOperands { op: mirror, a: Src::Reg, b: other, variant };
            }
        }
        let sa = Src::Slot(self.slot(a));
        // The zero that `eqz` passes must stay an immediate: it has the same stack slot as the other operand.
        let sb = match b.place() {
            Location::Const(bits) if fits_signed(bits) => Src::Imm(bits),
            _ => Src::Slot(self.slot(b)),
        };
        BinaryOperands::new(op, sa, sb)
    }

    /// Writes an instruction with two sources. The result goes to its stack slot.
    fn emit_binary(&mut self, two: &BinaryOperands) {
        let ty = two.op.result().unwrap_or(ValType::I32);
        let dst = self.push(ty);
        if let (Src::Slot(a), Src::Imm(bits)) = (two.a, two.b)
            && self.code.short()
            && i32::from(bits as i16) == bits as i32
            && let Some(short_offset) = two.op.short_offset()
        {
            self.code.emit_single_variant(short_offset, &[a.into(), bits & 0xffff, dst.into()]);
            return;
        }
        self.code.emit_two_sources(two.op, two.variant, two.a, two.b, dst.into());
    }

    /// Translates an operator with two operands.
    pub fn binary(&mut self, op: Op) -> TranslateResult {
        let (b, a) = (self.pop_source(op)?, self.pop_source(op)?);
        let two = self.choose(op, a, b);
        if !self.fuse(&two) {
            self.emit_binary(&two);
        }
        Ok(())
    }

    /// `eqz`. If a comparison computed the operand, its negation replaces both.
    pub fn eqz(&mut self, op: Op) -> TranslateResult {
        let entry = self.pop_source(op)?;
        #[cfg(feature = "gc")]
        if let Some(recent) = self.deciding(entry)
            && recent.op == Op::RefTest
        {
            self.code.negate_test(&recent);
            self.push(ValType::I32);
            return Ok(());
        }
        if let Some(recent) = self.deciding(entry)
            && let Some(negated) = recent.op.negate()
            && let Some(variant) = variant(negated, recent.a, recent.b)
        {
            self.code.retract();
            self.emit_binary(&BinaryOperands { op: negated, a: recent.a, b: recent.b, variant });
            return Ok(());
        }
        let zero = entry.with(Location::Const(0));
        let two = self.choose(op, entry, zero);
        self.emit_binary(&two);
        Ok(())
    }

    /// Returns the last instruction, if it computed this popped operand and nothing else reads the result.
    #[inline(always)]
    pub fn deciding(&self, entry: StackEntry) -> Option<RecentInstr> {
        let recent = self.code.last_ref()?;
        (entry.is_temp() && recent.dst == Some(entry.stack_slot())).then_some(*recent)
    }

    /// Translates an operator with one operand.
    pub fn unary(&mut self, op: Op) -> TranslateResult {
        let entry = self.pop_source(op)?;
        self.one_source(op, entry)
    }

    /// Writes an instruction with one source, a popped operand.
    pub fn one_source(&mut self, op: Op, entry: StackEntry) -> TranslateResult {
        let source = match op.variant(Sources::of(Class::Accumulator)) {
            Some(_) => self.register_or_slot(entry, op.source().unwrap_or(ValType::I32)),
            None => Src::Slot(self.slot(entry)),
        };
        let dst = self.push(op.result().unwrap_or(ValType::I32));
        let variant = op.variant(Sources::of(source.class())).ok_or(INVALID)?;
        match source {
            Src::Slot(slot) => self.code.emit_short(op, variant, [slot.into(), dst.into(), 0, 0]),
            _ => self.code.emit_short(op, variant, [dst.into(), 0, 0, 0]),
        };
        Ok(())
    }

    /// `select` of two vectors. Its instruction exists even in builds without the feature `simd`.
    #[inline(never)]
    fn select_vector(&mut self, condition: StackEntry, a: StackEntry, b: StackEntry) {
        let [condition, a, b] = [condition, a, b].map(|entry| self.slot_cold(entry));
        let dst = self.push_cold(ValType::V128);
        self.code.write(family::SelectV128.sss((condition, a, b, dst)));
    }

    /// [`BodyTranslator::slot_operand`] for cold paths.
    #[inline(never)]
    fn slot_cold(&mut self, entry: StackEntry) -> Slot {
        self.slot_operand(entry)
    }

    /// `select`.
    pub fn select(&mut self) -> TranslateResult {
        let (condition, b, a) = (self.pop_low()?, self.pop()?, self.pop()?);
        if a.ty() == ValType::V128 {
            self.select_vector(condition, a, b);
            return Ok(());
        }
        // One family zero-extends its 32-bit immediates, the other sign-extends them to 64 bits.
        let wide = matches!(a.ty(), ValType::I64 | ValType::F64);
        let op = if wide { Op::Select64 } else { Op::Select32 };
        let class = |entry: StackEntry| match entry.place() {
            Location::Const(bits) if !wide || fits_signed(bits) => Class::Immediate,
            _ => Class::Slot,
        };
        let register = self.source(condition, ValType::I32) == Src::Reg;
        let mut classes = [if register { Class::Accumulator } else { Class::Slot }, class(a), class(b)];
        // If there is no variant for these classes, first the condition goes to its slot, then all operands do.
        let mut found = op.variant(Sources::three(classes));
        if found.is_none() {
            classes[0] = Class::Slot;
            found = op.variant(Sources::three(classes));
        }
        let variant = match found {
            Some(variant) => variant,
            None => {
                classes = [Class::Slot; 3];
                op.variant(Sources::three(classes)).ok_or(INVALID)?
            }
        };
        let mut values = [0; 4];
        let mut count = 0;
        for (entry, class) in [condition, a, b].into_iter().zip(classes) {
            values[count] = match (class, entry.place()) {
                (Class::Accumulator, _) => {
                    self.register_or_slot(entry, ValType::I32);
                    continue;
                }
                (Class::Immediate, Location::Const(bits)) => bits,
                _ => self.slot_cold(entry).into(),
            };
            count += 1;
        }
        values[count] = self.push(a.ty()).into();
        self.code.emit_short(op, variant, values);
        Ok(())
    }
}
