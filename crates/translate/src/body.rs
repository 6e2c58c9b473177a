//! A function body on its way into code: what all operators share. The operators themselves are in the modules
//! `operators` (which chooses), `numeric`, `memory`, `control` and `calls`.

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

/// Only a body that was not validated gets here.
pub const INVALID: TranslateErrorKind = TranslateErrorKind::Invalid;

/// The buffers of a translator.
#[derive(Default)]
pub struct Buffers {
    pub code: Code,
    pub stack: Stack,
    pub labels: Labels,
    pub locals: Locals,
    pub meter: Meter,
    /// Targets of a `br_table`.
    pub targets: Vec<u32>,
    pub stretches: Stretches,
    #[cfg(feature = "gc")]
    pub exceptions: Exceptions,
}

/// Where the stretches of code of one `br_table` begin that bring values to labels: by the labels' depths.
#[derive(Default)]
pub struct Stretches {
    /// For each depth which `br_table` had one last, and where it begins.
    last: Vec<(u64, usize)>,
    /// The number of this `br_table`.
    number: u64,
}

impl Stretches {
    /// Begins with another `br_table`, which has none yet.
    pub fn begin(&mut self) {
        self.number += 1;
    }

    /// Where the stretch for this depth begins, if there is one.
    pub fn get(&self, depth: u32) -> Option<usize> {
        self.last.get(depth as usize).filter(|last| last.0 == self.number).map(|last| last.1)
    }

    /// Notes where the stretch for this depth, which is that of a label, begins.
    pub fn set(&mut self, depth: u32, unit: usize) -> Step {
        let depth = depth as usize;
        if self.last.len() <= depth {
            self.last.try_resize(depth + 1, (0, 0))?;
        }
        self.last[depth] = (self.number, unit);
        Ok(())
    }
}

/// A function body on its way.
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
    /// What is left to read.
    pub reader: Reader<'a>,
    /// Whether the NaN that arithmetic gives is made canonical.
    pub canonical_nans: bool,
    /// The slot of the frame's header.
    pub header: u16,
    /// Whether the current point can be reached.
    pub reachable: bool,
    /// How many structured instructions have begun since it could.
    pub skipped: u32,
    /// Whether a `try` of the older form was met for which no slots were set aside.
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

    /// [`Body::pop`] for what is rare, whose code had better be small.
    #[inline(never)]
    pub fn pop_apart(&mut self) -> Step<Entry> {
        self.pop()
    }

    /// Pops an operand for what is rare; gives its slot.
    #[inline(never)]
    pub fn pop_slot(&mut self) -> Step<Slot> {
        let entry = self.pop()?;
        Ok(self.slot_operand(entry))
    }

    /// Pops as many operands as there is room for; their slots, in order.
    #[inline(never)]
    pub fn pop_slots(&mut self, slots: &mut [u64]) -> Step {
        for slot in slots.iter_mut().rev() {
            *slot = self.pop_slot()?.into();
        }
        Ok(())
    }

    /// [`Body::push`] for what is rare.
    #[inline(never)]
    pub fn push_apart(&mut self, ty: ValType) -> Dst {
        self.push(ty)
    }

    /// Pushes a result that an instruction is about to write to its own slot; returns the slot.
    pub fn push(&mut self, ty: ValType) -> Dst {
        Dst(self.stack.push(Place::Temp, ty))
    }

    /// Where a popped operand comes from, as a source of type `ty`.
    pub fn source(&mut self, entry: Entry, ty: ValType) -> Src {
        match entry.place() {
            // A constant of the other kind is an operand only in a body that is not valid.
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

    /// The slot of a popped operand; a constant is written to its own first.
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

    /// [`Body::slot`] as an operand.
    pub fn slot_operand(&mut self, entry: Entry) -> Slot {
        Slot(self.slot(entry))
    }

    /// A popped operand as the accumulator or a slot; a store that only it would read is left out.
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

    /// The accumulator is used for this popped operand: if it is a temporary, its store can go.
    #[inline]
    pub fn take(&mut self, entry: Entry) {
        if entry.place() == Place::Temp {
            self.code.elide(entry.home());
        }
    }

    /// Whether an immediate of this type can hold these bits.
    pub fn fits(ty: ValType, bits: u64) -> bool {
        ty != ValType::I64 || fits_signed(bits)
    }

    /// Brings the entry with this number into its own slot.
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

    /// Brings the topmost `count` entries into their own slots; returns the first one's slot, or the next free one.
    pub fn settle_top(&mut self, count: usize) -> Step<u16> {
        let first = self.stack.len().checked_sub(count).ok_or(INVALID)?;
        for index in first..self.stack.len() {
            self.settle(index)?;
        }
        Ok(self.stack.get(first).map_or(self.stack.next_home(), |entry| entry.home()))
    }

    /// Brings all entries that are values of locals into their own slots.
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
