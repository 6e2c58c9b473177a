//! A function's locals: their slots, and which of them must be zero at the start.

use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::frame::{HEADER, MAX_SLOTS};

use crate::TranslateErrorKind;

#[derive(Clone, Copy)]
struct Local {
    ty: ValType,
    slot: u16,
    /// Surely written before this point of the body.
    written: bool,
    /// Read at a point where it may not have been written.
    zero: bool,
}

/// The locals of a function, parameters first.
#[derive(Default)]
pub struct Locals {
    locals: Vec<Local>,
    /// How many of them are parameters.
    params: usize,
    next: u32,
    /// Locals found written, in order, to be forgotten where a block ends that may have been left earlier.
    written: Vec<u32>,
}

impl Locals {
    /// Starts a function; `header` is the slot of its frame's header.
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

    /// How many were declared: all but the parameters.
    pub fn declared(&self) -> usize {
        self.locals.len() - self.params
    }

    /// Adds `count` locals of a type.
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

    /// Makes room to note of each whether it was written, once all are declared.
    pub fn ready(&mut self) -> Result<(), OutOfMemory> {
        self.written.try_room(self.locals.len())
    }

    /// Sets slots aside behind all locals; the first one's number.
    #[cfg(feature = "gc")]
    pub fn reserve(&mut self, slots: u16) -> Result<u32, TranslateErrorKind> {
        let first = self.next;
        if first + u32::from(slots) > MAX_SLOTS {
            return Err(TranslateErrorKind::TooManySlots);
        }
        self.next += u32::from(slots);
        Ok(first)
    }

    /// The first slot behind all locals.
    pub fn end(&self) -> u32 {
        self.next
    }

    /// A local that is read: its slot and type.
    pub fn read(&mut self, index: u32) -> Option<(u16, ValType)> {
        let local = self.locals.get_mut(index as usize)?;
        local.zero |= !local.written;
        Some((local.slot, local.ty))
    }

    /// A local that is written: its slot and type.
    pub fn write(&mut self, index: u32) -> Option<(u16, ValType)> {
        let local = self.locals.get_mut(index as usize)?;
        if !local.written {
            local.written = true;
            self.written.push(index);
        }
        Some((local.slot, local.ty))
    }

    /// A mark to come back to with [`Locals::forget`].
    pub fn mark(&self) -> usize {
        self.written.len()
    }

    /// Forgets what was written since the mark: the way to here may not have led past it.
    pub fn forget(&mut self, mark: usize) {
        for index in self.written.drain(mark..) {
            self.locals[index as usize].written = false;
        }
    }

    /// The runs of slots that must be zero at the start: first slot and count.
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
