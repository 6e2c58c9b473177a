//! The state of a body that is being translated, and what all operators share: operands and locals.
//!
//! `operators` chooses the function that translates an operator. These functions are in `numeric`, `memory`, `control`,
//! `calls`, `references`, `exceptions`, `objects` and `simd`.

use alloc::vec::Vec;

use wasmote_decode::reader::Reader;
use wasmote_decode::{FuncType, ModuleInfo};
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::write::{Dst, Slot};

use crate::TranslateErrorKind;
use crate::code::{Code, Src, fits_signed};
#[cfg(feature = "gc")]
use crate::exceptions::Exceptions;
use crate::labels::{Kind, Label, Labels, Signature};
use crate::locals::Locals;
use crate::meter::Meter;
use crate::stack::{Entry, Place, Stack};

/// The outcome of translating one operator.
pub type Step<T = ()> = Result<T, TranslateErrorKind>;

/// The error for an invalid body. A body that was validated never leads to it.
pub const INVALID: TranslateErrorKind = TranslateErrorKind::Invalid;

/// The buffers of a translator, which serve one function after the other.
#[derive(Default)]
pub struct Buffers {
    pub code: Code,
    pub stack: Stack,
    pub labels: Labels,
    pub locals: Locals,
    pub meter: Meter,
    /// The targets of the current `br_table`, as depths of labels.
    pub targets: Vec<u32>,
    pub stretches: Stretches,
    #[cfg(feature = "gc")]
    pub exceptions: Exceptions,
}

/// The stretches of code of the current `br_table`. Each moves values to where a label expects them, and has the
/// depth of that label.
#[derive(Default)]
pub struct Stretches {
    /// For each depth, the number of the last `br_table` that had a stretch for it, and where that stretch begins. The
    /// numbers spare clearing this list for each `br_table`.
    last: Vec<(u64, usize)>,
    /// The number of the current `br_table`.
    number: u64,
}

impl Stretches {
    /// Begins another `br_table`, which has no stretches yet.
    pub fn begin(&mut self) {
        self.number += 1;
    }

    /// Returns where the stretch for this depth begins, if there is one.
    pub fn get(&self, depth: u32) -> Option<usize> {
        self.last.get(depth as usize).filter(|last| last.0 == self.number).map(|last| last.1)
    }

    /// Notes where the stretch for this depth begins. A label has this depth, so the list stays small.
    pub fn set(&mut self, depth: u32, unit: usize) -> Step {
        let depth = depth as usize;
        if self.last.len() <= depth {
            self.last.try_resize(depth + 1, (0, 0))?;
        }
        self.last[depth] = (self.number, unit);
        Ok(())
    }
}

/// A function body that is being translated.
pub struct Body<'a> {
    pub module: &'a ModuleInfo,
    pub ty: &'a FuncType,
    pub code: &'a mut Code,
    pub stack: &'a mut Stack,
    pub labels: &'a mut Labels,
    pub locals: &'a mut Locals,
    pub meter: &'a mut Meter,
    pub targets: &'a mut Vec<u32>,
    pub stretches: &'a mut Stretches,
    #[cfg(feature = "gc")]
    pub exceptions: &'a mut Exceptions,
    /// Reads the rest of the body.
    pub reader: Reader<'a>,
    /// Whether the results of float arithmetic are made canonical NaNs.
    pub canonical_nans: bool,
    /// The slot of the frame's header.
    pub header: u16,
    /// Whether the current operator can be reached.
    pub reachable: bool,
    /// In unreachable code, how many structured instructions that began there are still open.
    pub skipped: u32,
    /// Whether the body has a legacy `try` for which no slot is reserved.
    pub found_older_try: bool,
}

impl Body<'_> {
    /// Opens the label of the function.
    pub fn open(&mut self, ty: u32) -> Step {
        let base = self.stack.next_home();
        self.labels.push(Label::new(Kind::Func, Signature::Func(ty), 0, base))?;
        self.meter.open(self.code);
        Ok(())
    }

    /// Pops an operand.
    #[inline(always)]
    pub fn pop(&mut self) -> Step<Entry> {
        let floor = self.labels.top().map_or(0, |label| label.height);
        if self.stack.len() <= floor {
            return Err(INVALID);
        }
        self.stack.pop().ok_or(INVALID)
    }

    /// [`Body::pop`] for cold paths. It is not inlined, so that they stay small.
    #[inline(never)]
    pub fn pop_apart(&mut self) -> Step<Entry> {
        self.pop()
    }

    /// Pops an operand and returns its slot. For cold paths.
    #[inline(never)]
    pub fn pop_slot(&mut self) -> Step<Slot> {
        let entry = self.pop()?;
        Ok(self.slot_operand(entry))
    }

    /// Pops as many operands as `slots` has elements, and writes their slots there in order.
    #[inline(never)]
    pub fn pop_slots(&mut self, slots: &mut [u64]) -> Step {
        for slot in slots.iter_mut().rev() {
            *slot = self.pop_slot()?.into();
        }
        Ok(())
    }

    /// [`Body::push`] for cold paths.
    #[inline(never)]
    pub fn push_apart(&mut self, ty: ValType) -> Dst {
        self.push(ty)
    }

    /// Pushes a result, which the next instruction writes to its stack slot. Returns that slot.
    pub fn push(&mut self, ty: ValType) -> Dst {
        Dst(self.stack.push(Place::Temp, ty))
    }

    /// Returns where a popped operand is, as a source of type `ty`.
    pub fn source(&mut self, entry: Entry, ty: ValType) -> Src {
        match entry.place() {
            // Only an invalid body uses a scalar constant as a vector, or a constant vector as a scalar.
            #[cfg(feature = "simd")]
            Place::Const(_) if ty == ValType::V128 => Src::Slot(entry.home()),
            Place::Const(bits) => Src::Imm(bits),
            #[cfg(feature = "simd")]
            Place::Vector(number) if ty == ValType::V128 => Src::Imm(number.into()),
            #[cfg(feature = "simd")]
            Place::Vector(_) => Src::Slot(entry.home()),
            Place::Temp if self.code.holds(entry.home(), ty) => Src::Reg,
            Place::Local(slot) if self.code.holds(slot, ty) => Src::Reg,
            Place::Temp => Src::Slot(entry.home()),
            Place::Local(slot) => Src::Slot(slot),
        }
    }

    /// Returns the slot of a popped operand. A constant is written to its stack slot first.
    pub fn slot(&mut self, entry: Entry) -> u16 {
        match entry.place() {
            Place::Temp => entry.home(),
            Place::Local(slot) => slot,
            Place::Const(bits) => {
                self.code.constant(bits, entry.home());
                entry.home()
            }
            #[cfg(feature = "simd")]
            Place::Vector(number) => {
                self.code.vector_constant(number, Some(entry.home()));
                entry.home()
            }
        }
    }

    /// [`Body::slot`], as an operand of an instruction.
    pub fn slot_operand(&mut self, entry: Entry) -> Slot {
        Slot(self.slot(entry))
    }

    /// Returns a popped operand as the accumulator or a slot. If it is the accumulator, a store that only this operand
    /// would read is left out.
    #[inline(never)]
    pub fn register_or_slot(&mut self, entry: Entry, ty: ValType) -> Src {
        match self.source(entry, ty) {
            Src::Imm(_) => Src::Slot(self.slot(entry)),
            Src::Reg => {
                self.take(entry);
                Src::Reg
            }
            slot => slot,
        }
    }

    /// Notes that this popped operand is read from the accumulator. If it is a temporary, its store is left out.
    #[inline]
    pub fn take(&mut self, entry: Entry) {
        if entry.place() == Place::Temp {
            self.code.elide(entry.home());
        }
    }

    /// Whether an immediate of this type can hold these bits. Immediates have 32 bits, which are sign-extended.
    pub fn fits(ty: ValType, bits: u64) -> bool {
        ty != ValType::I64 || fits_signed(bits)
    }

    /// Materializes the entry with this index: brings its value into its stack slot.
    pub fn settle(&mut self, index: usize) -> Step {
        let entry = self.stack.get(index).ok_or(INVALID)?;
        match entry.place() {
            Place::Temp => return Ok(()),
            Place::Local(slot) => self.code.copy_value(slot, entry.home(), entry.ty()),
            Place::Const(bits) => self.code.constant(bits, entry.home()),
            #[cfg(feature = "simd")]
            Place::Vector(number) => self.code.vector_constant(number, Some(entry.home())),
        }
        self.stack.settle(index);
        Ok(())
    }

    /// Materializes the topmost `count` entries. Returns the slot of the first one, or the next free slot if `count`
    /// is 0.
    pub fn settle_top(&mut self, count: usize) -> Step<u16> {
        let first = self.stack.len().checked_sub(count).ok_or(INVALID)?;
        for index in first..self.stack.len() {
            self.settle(index)?;
        }
        Ok(self.stack.get(first).map_or(self.stack.next_home(), |entry| entry.home()))
    }

    /// Materializes all entries that name locals.
    pub fn settle_locals(&mut self) -> Step {
        for index in self.stack.unsettled()..self.stack.len() {
            if self.stack.get(index).is_some_and(|entry| matches!(entry.place(), Place::Local(_))) {
                self.settle(index)?;
            }
        }
        self.stack.all_settled();
        Ok(())
    }

    /// `local.get`.
    #[inline(always)]
    pub fn local_get(&mut self, index: u32) -> Step {
        let (slot, ty) = self.locals.read(index).ok_or(INVALID)?;
        self.stack.push(Place::Local(slot), ty);
        Ok(())
    }

    /// `local.set`.
    pub fn local_set(&mut self, index: u32) -> Step {
        let entry = self.pop()?;
        let (slot, _) = self.locals.write(index).ok_or(INVALID)?;
        while let Some(index) = self.stack.next_alias(slot) {
            self.settle(index)?;
        }
        match entry.place() {
            Place::Temp if self.code.redirect(entry.home(), slot) => self.code.join_additions(self.locals.end()),
            Place::Temp => self.code.copy_value(entry.home(), slot, entry.ty()),
            Place::Local(from) => self.code.copy_value(from, slot, entry.ty()),
            Place::Const(bits) => self.code.constant(bits, slot),
            #[cfg(feature = "simd")]
            Place::Vector(number) => self.code.vector_constant(number, Some(slot)),
        }
        Ok(())
    }

    /// `local.tee`.
    pub fn local_tee(&mut self, index: u32) -> Step {
        self.local_set(index)?;
        let (slot, ty) = self.locals.write(index).ok_or(INVALID)?;
        self.stack.push(Place::Local(slot), ty);
        Ok(())
    }
}
