//! Tables of references.

use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_decode::TableType;
use wasmote_exec as exec;

use crate::engine::Engine;
use crate::pages::Pages;

/// A table in a store. It begins with the part that handlers use.
#[repr(C)]
pub struct TableRecord {
    exec: exec::Table,
    ty: TableType,
    /// The elements, which `exec` points to. `None` while there are none.
    pages: Option<Pages>,
    /// Which parts of the table were written. `exec` points here, too.
    written: Vec<u8>,
}

impl TableRecord {
    /// Makes a table. `None` if its minimum exceeds the limit, or if there is not enough memory.
    pub(crate) fn new(ty: TableType, init: u32, engine: &Engine, index: u32) -> Option<TableRecord> {
        let most = if ty.is_64() { u64::MAX } else { u64::from(u32::MAX) };
        let exec = exec::Table {
            elems: NonNull::dangling().as_ptr(),
            len: 0,
            max: ty.maximum().unwrap_or(u64::MAX).min(most).min(engine.settings().max_table),
            table64: ty.is_64(),
            written: NonNull::dangling().as_ptr(),
            embedder: index as usize,
        };
        let mut record = TableRecord { exec, ty, pages: None, written: Vec::new() };
        record.grow(ty.minimum(), init)?;
        Some(record)
    }

    /// Returns the type that the table was made with.
    pub fn ty(&self) -> &TableType {
        &self.ty
    }

    /// Returns the elements that may not be null: the parts of the table where anything was written.
    pub fn used(&self) -> impl Iterator<Item = &[u32]> {
        let parts = self.elements().chunks(exec::Table::PART).zip(&self.written);
        parts.filter(|&(_, &written)| written != 0).map(|(part, _)| part)
    }

    /// Returns all elements.
    pub fn elements(&self) -> &[u32] {
        // SAFETY: `pages` has `len` elements, which are zero or were written.
        unsafe { core::slice::from_raw_parts(self.exec.elems, self.exec.len as usize) }
    }

    /// Returns the number of elements.
    pub fn size(&self) -> u64 {
        self.exec.len
    }

    /// Adds `delta` elements, and returns the previous number. `None` leaves the table unchanged. Null elements are
    /// not written, so their pages stay untouched.
    pub fn grow(&mut self, delta: u64, init: u32) -> Option<u64> {
        let old = self.exec.len;
        let new = old.checked_add(delta)?;
        if new > self.exec.max {
            return None;
        }
        let parts = usize::try_from(new.div_ceil(exec::Table::PART as u64)).ok()?;
        let more = parts.saturating_sub(self.written.len());
        // Only reserved now. It grows when the elements exist, since memory may run out for either.
        self.written.try_reserve(more).ok()?;
        self.exec.written = self.written.as_mut_ptr();
        let (bytes, most) = (new.checked_mul(4)?, self.exec.max.saturating_mul(4));
        match &mut self.pages {
            Some(pages) => {
                pages.grow(bytes, most)?;
                if pages.base().cast() != self.exec.elems {
                    pages.without_huge_pages();
                }
            }
            none if delta > 0 => *none = Some(Pages::small(bytes, most)?),
            _ => {}
        }
        if let Some(pages) = &self.pages {
            self.exec.elems = pages.base().cast();
        }
        // The capacity is reserved, so this does not move the list.
        self.written.resize(self.written.len() + more, 0);
        self.exec.len = new;
        if init != 0 {
            self.range_mut(old, delta)?.fill(init);
        }
        Some(old)
    }

    /// Returns the address of the elements in this range, if all of them lie in the table.
    pub(crate) fn place(&self, offset: u64, len: u64) -> Option<*mut u32> {
        self.range(offset, len)?;
        // The element is in memory, so its index fits a `usize`.
        Some(self.exec.elems.wrapping_add(offset as usize))
    }

    /// Returns the elements in this range as a raw slice, if all of them lie in the table.
    fn range(&self, offset: u64, len: u64) -> Option<*const [u32]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.elements().get(start..end).map(|elems| &raw const *elems)
    }

    /// Returns the elements in this range, mutably, if all of them lie in the table. They are marked as written.
    pub fn range_mut(&mut self, offset: u64, len: u64) -> Option<&mut [u32]> {
        if offset.checked_add(len)? > self.exec.len {
            return None;
        }
        // SAFETY: `pages` has `len` elements, the range was checked, and the record is mutably borrowed.
        unsafe {
            self.exec.write(offset, len);
            Some(core::slice::from_raw_parts_mut(self.exec.elems.add(offset as usize), len as usize))
        }
    }
}
