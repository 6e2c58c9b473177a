//! The locals of a function: their slots, and which of them must be set to zero at the start.

use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::frame::{HEADER, MAX_SLOTS};

use crate::TranslateErrorKind;

#[derive(Clone, Copy)]
struct Local {
    ty: ValType,
    slot: u16,
    /// Whether it is written on every path to the current operator.
    written: bool,
    /// Whether it is read where it may not have been written, so that it must start as zero.
    zero: bool,
}

/// The locals of a function, parameters first.
#[derive(Default)]
pub struct Locals {
    locals: Vec<Local>,
    /// How many of them are parameters.
    params: usize,
    /// The next free slot.
    next: u32,
    /// The locals that were noted as written, in order. At the end of a block that a branch may have left earlier,
    /// those that were noted inside are forgotten.
    written: Vec<u32>,
}

impl Locals {
    /// Starts a function. `header` is the slot of its frame's header.
    pub fn start(&mut self, params: &[ValType], header: u16) -> Result<(), OutOfMemory> {
        self.locals.clear();
        self.written.clear();
        self.next = 0;
        self.locals.try_room(params.len())?;
        for &ty in params {
            self.locals.push(Local { ty, slot: self.next as u16, written: true, zero: false });
            self.next += u32::from(ty.slots());
        }
        self.params = params.len();
        self.next = u32::from(header) + u32::from(HEADER);
        Ok(())
    }

    /// Returns how many locals were declared. Parameters do not count.
    pub fn declared(&self) -> usize {
        self.locals.len() - self.params
    }

    /// Adds `count` locals of a type. Fails if there are no slots or no memory for them.
    pub fn declare(&mut self, count: u32, ty: ValType) -> Result<(), TranslateErrorKind> {
        let slots = u64::from(count) * u64::from(ty.slots());
        if u64::from(self.next) + slots > u64::from(MAX_SLOTS) {
            return Err(TranslateErrorKind::TooManySlots);
        }
        self.locals.try_room(count as usize)?;
        for _ in 0..count {
            self.locals.push(Local { ty, slot: self.next as u16, written: false, zero: false });
            self.next += u32::from(ty.slots());
        }
        Ok(())
    }

    /// Makes room to note each local as written, so that [`Locals::write`] cannot fail. All locals must be declared.
    pub fn ready(&mut self) -> Result<(), OutOfMemory> {
        self.written.try_room(self.locals.len())
    }

    /// Reserves slots after all locals. Returns the first one.
    #[cfg(feature = "gc")]
    pub fn reserve(&mut self, slots: u16) -> Result<u32, TranslateErrorKind> {
        let first = self.next;
        if first + u32::from(slots) > MAX_SLOTS {
            return Err(TranslateErrorKind::TooManySlots);
        }
        self.next += u32::from(slots);
        Ok(first)
    }

    /// Returns the first slot after all locals.
    pub fn end(&self) -> u32 {
        self.next
    }

    /// Notes that a local is read. Returns its slot and type.
    pub fn read(&mut self, index: u32) -> Option<(u16, ValType)> {
        let local = self.locals.get_mut(index as usize)?;
        local.zero |= !local.written;
        Some((local.slot, local.ty))
    }

    /// Notes that a local is written. Returns its slot and type.
    pub fn write(&mut self, index: u32) -> Option<(u16, ValType)> {
        let local = self.locals.get_mut(index as usize)?;
        if !local.written {
            local.written = true;
            self.written.push(index);
        }
        Some((local.slot, local.ty))
    }

    /// Returns a mark for [`Locals::forget`].
    pub fn mark(&self) -> usize {
        self.written.len()
    }

    /// Forgets which locals were written since the mark. A branch may lead to here that skipped these writes.
    pub fn forget(&mut self, mark: usize) {
        for index in self.written.drain(mark..) {
            self.locals[index as usize].written = false;
        }
    }

    /// Returns the runs of slots that must be zero at the start, each as the first slot and the count.
    pub fn zeroed(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let mut locals = self.locals.iter().filter(|local| local.zero).peekable();
        core::iter::from_fn(move || {
            let first = locals.next()?;
            let mut count = first.ty.slots();
            while let Some(next) = locals.next_if(|next| next.slot == first.slot + count) {
                count += next.ty.slots();
            }
            Some((first.slot, count))
        })
    }
}
