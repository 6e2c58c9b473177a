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
use crate::code_writer::{CodeWriter, Src, fits_signed};
#[cfg(feature = "gc")]
use crate::exceptions::Exceptions;
use crate::labels::{Label, LabelKind, Labels, Signature};
use crate::locals::Locals;
use crate::meter::Meter;
use crate::stack::{Location, Stack, StackEntry};

/// The outcome of translating one operator.
pub type TranslateResult<T = ()> = Result<T, TranslateErrorKind>;

/// The error for an invalid body. A body that was validated never leads to it.
pub const INVALID: TranslateErrorKind = TranslateErrorKind::Invalid;

/// The buffers of a translator, which serve one function after the other.
#[derive(Default)]
pub struct Buffers {
    pub code: CodeWriter,
    pub stack: Stack,
    pub labels: Labels,
    pub locals: Locals,
    pub meter: Meter,
    /// The targets of the current `br_table`, as depths of labels.
    pub targets: Vec<u32>,
    pub trampolines: BranchTrampolines,
    #[cfg(feature = "gc")]
    pub exceptions: Exceptions,
}

/// The trampolines of the current `br_table`: each moves values to where a label expects them, then jumps. A trampoline
/// is identified by the depth of its label.
#[derive(Default)]
pub struct BranchTrampolines {
    /// For each depth, the number of the last `br_table` that had a trampoline for it, and where that trampoline
    /// begins. The numbers spare clearing this list for each `br_table`.
    last: Vec<(u64, usize)>,
    /// The number of the current `br_table`.
    number: u64,
}

impl BranchTrampolines {
    /// Begins another `br_table`, which has no trampolines yet.
    pub fn begin(&mut self) {
        self.number += 1;
    }

    /// Returns where the trampoline for this depth begins, if there is one.
    pub fn get(&self, depth: u32) -> Option<usize> {
        self.last.get(depth as usize).filter(|last| last.0 == self.number).map(|last| last.1)
    }

    /// Notes where the trampoline for this depth begins. A label has this depth, so the list stays small.
    pub fn set(&mut self, depth: u32, unit: usize) -> TranslateResult {
        let depth = depth as usize;
        if self.last.len() <= depth {
            self.last.try_resize(depth + 1, (0, 0))?;
        }
        self.last[depth] = (self.number, unit);
        Ok(())
    }
}

/// A function body that is being translated.
pub struct BodyTranslator<'a> {
    pub module: &'a ModuleInfo,
    pub ty: &'a FuncType,
    pub code: &'a mut CodeWriter,
    pub stack: &'a mut Stack,
    pub labels: &'a mut Labels,
    pub locals: &'a mut Locals,
    pub meter: &'a mut Meter,
    pub targets: &'a mut Vec<u32>,
    pub trampolines: &'a mut BranchTrampolines,
    #[cfg(feature = "gc")]
    pub exceptions: &'a mut Exceptions,
    /// Reads the rest of the body.
    pub reader: Reader<'a>,
    /// Whether the usual loads and stores can be used for memory 0: it is not shared, and its addresses have 32 bits.
    pub is_plain_memory: bool,
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

impl BodyTranslator<'_> {
    /// Opens the label of the function.
    pub fn open(&mut self, ty: u32) -> TranslateResult {
        let base = self.stack.next_stack_slot();
        self.labels.push(Label::new(LabelKind::Func, Signature::Func(ty), 0, base))?;
        self.meter.open(self.code);
        Ok(())
    }

    /// Pops an operand.
    #[inline(never)]
    pub fn pop(&mut self) -> TranslateResult<StackEntry> {
        let entry = self.pop_any()?;
        if entry.is_wrapped() { Ok(self.write_popped_wrap(entry)) } else { Ok(entry) }
    }

    /// Pops an operand, which may be wrapped.
    #[inline(always)]
    pub fn pop_any(&mut self) -> TranslateResult<StackEntry> {
        if self.stack.len() <= self.labels.floor() {
            return Err(INVALID);
        }
        self.stack.pop().ok_or(INVALID)
    }

    /// [`BodyTranslator::pop`] for cold paths. It is not inlined, so that they stay small.
    #[inline(never)]
    pub fn pop_cold(&mut self) -> TranslateResult<StackEntry> {
        self.pop()
    }

    /// Pops an operand and returns its slot. For cold paths.
    #[inline(never)]
    pub fn pop_slot(&mut self) -> TranslateResult<Slot> {
        let entry = self.pop()?;
        Ok(self.slot_operand(entry))
    }

    /// Pops as many operands as `slots` has elements, and writes their slots there in order.
    #[inline(never)]
    pub fn pop_slots(&mut self, slots: &mut [u64]) -> TranslateResult {
        for slot in slots.iter_mut().rev() {
            *slot = self.pop_slot()?.into();
        }
        Ok(())
    }

    /// [`BodyTranslator::push`] for cold paths.
    #[inline(never)]
    pub fn push_cold(&mut self, ty: ValType) -> Dst {
        self.push(ty)
    }

    /// Pushes a result, which the next instruction writes to its stack slot. Returns that slot.
    pub fn push(&mut self, ty: ValType) -> Dst {
        Dst(self.stack.push(Location::Temp, ty))
    }

    /// Returns where a popped operand is, as a source of type `ty`.
    pub fn source(&mut self, entry: StackEntry, ty: ValType) -> Src {
        if let Some(slot) = entry.slot() {
            return if self.code.holds(slot, ty) { Src::Reg } else { Src::Slot(slot) };
        }
        match entry.place() {
            // Only an invalid body uses a scalar constant as a vector, or a constant vector as a scalar.
            #[cfg(feature = "simd")]
            Location::Const(_) if ty == ValType::V128 => Src::Slot(entry.stack_slot()),
            Location::Const(bits) => Src::Imm(bits),
            #[cfg(feature = "simd")]
            Location::Vector(number) if ty == ValType::V128 => Src::Imm(number.into()),
            #[cfg(feature = "simd")]
            Location::Vector(_) => Src::Slot(entry.stack_slot()),
            _ => Src::Slot(self.slot(entry)),
        }
    }

    /// Returns the slot of a popped operand. A constant is written to its stack slot first.
    pub fn slot(&mut self, entry: StackEntry) -> u16 {
        match entry.place() {
            Location::Temp => entry.stack_slot(),
            Location::Local(slot) => slot,
            Location::Const(bits) => {
                self.code.constant(bits, entry.stack_slot());
                entry.stack_slot()
            }
            Location::WrappedTemp | Location::WrappedLocal(_) => self.write_popped_wrap(entry).stack_slot(),
            #[cfg(feature = "simd")]
            Location::Vector(number) => {
                self.code.vector_constant(number, Some(entry.stack_slot()));
                entry.stack_slot()
            }
        }
    }

    /// [`BodyTranslator::slot`], as an operand of an instruction.
    pub fn slot_operand(&mut self, entry: StackEntry) -> Slot {
        Slot(self.slot(entry))
    }

    /// Returns a popped operand as the accumulator or a slot. If it is the accumulator, a store that only this operand
    /// would read is left out.
    #[inline(never)]
    pub fn register_or_slot(&mut self, entry: StackEntry, ty: ValType) -> Src {
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
    pub fn take(&mut self, entry: StackEntry) {
        if entry.is_temp() {
            self.code.elide(entry.stack_slot());
        }
    }

    /// Whether an immediate of this type can hold these bits. Immediates have 32 bits, which are sign-extended.
    pub fn fits(ty: ValType, bits: u64) -> bool {
        ty != ValType::I64 || fits_signed(bits)
    }

    /// Materializes the entry with this index: brings its value into its stack slot.
    pub fn materialize(&mut self, index: usize) -> TranslateResult {
        let entry = self.stack.get(index).ok_or(INVALID)?;
        match entry.place() {
            Location::Temp => return Ok(()),
            Location::Local(slot) => self.code.copy_value(slot, entry.stack_slot(), entry.ty()),
            Location::Const(bits) => self.code.constant(bits, entry.stack_slot()),
            Location::WrappedTemp | Location::WrappedLocal(_) => self.write_wrap(entry, entry.stack_slot()),
            #[cfg(feature = "simd")]
            Location::Vector(number) => self.code.vector_constant(number, Some(entry.stack_slot())),
        }
        self.stack.materialize(index);
        Ok(())
    }

    /// Materializes the topmost `count` entries. Returns the slot of the first one, or the next free slot if `count`
    /// is 0.
    pub fn materialize_top(&mut self, count: usize) -> TranslateResult<u16> {
        let first = self.stack.len().checked_sub(count).ok_or(INVALID)?;
        for index in first..self.stack.len() {
            self.materialize(index)?;
        }
        Ok(self.stack.get(first).map_or(self.stack.next_stack_slot(), |entry| entry.stack_slot()))
    }

    /// Materializes all entries that name locals or are wrapped, in front of code that may run on some paths only.
    pub fn materialize_for_paths(&mut self) -> TranslateResult {
        let first = self.stack.first_unmaterialized().min(self.stack.take_first_wrapped());
        for index in first..self.stack.len() {
            let is_pending = |entry: StackEntry| entry.is_wrapped() || matches!(entry.place(), Location::Local(_));
            if self.stack.get(index).is_some_and(is_pending) {
                self.materialize(index)?;
            }
        }
        self.stack.note_all_materialized();
        Ok(())
    }

    /// `local.get`.
    #[inline(always)]
    pub fn local_get(&mut self, index: u32) -> TranslateResult {
        let (slot, ty) = self.locals.read(index).ok_or(INVALID)?;
        self.stack.push(Location::Local(slot), ty);
        Ok(())
    }

    /// `local.set`.
    pub fn local_set(&mut self, index: u32) -> TranslateResult {
        let entry = self.pop_any()?;
        let (slot, _) = self.locals.write(index).ok_or(INVALID)?;
        while let Some(index) = self.stack.next_alias(slot) {
            self.materialize(index)?;
        }
        match entry.place() {
            Location::Temp if self.code.redirect(entry.stack_slot(), slot) => {
                self.code.join_additions(self.locals.end())
            }
            Location::Temp => self.code.copy_value(entry.stack_slot(), slot, entry.ty()),
            Location::Local(from) => self.code.copy_value(from, slot, entry.ty()),
            Location::Const(bits) => self.code.constant(bits, slot),
            Location::WrappedTemp | Location::WrappedLocal(_) => self.write_wrap(entry, slot),
            #[cfg(feature = "simd")]
            Location::Vector(number) => self.code.vector_constant(number, Some(slot)),
        }
        Ok(())
    }

    /// `local.tee`.
    pub fn local_tee(&mut self, index: u32) -> TranslateResult {
        self.local_set(index)?;
        let (slot, ty) = self.locals.write(index).ok_or(INVALID)?;
        self.stack.push(Location::Local(slot), ty);
        Ok(())
    }
}
