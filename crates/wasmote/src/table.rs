//! Tables of references (spec: exec/runtime#table-instances).

use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_decode::TableType;
use wasmote_exec as exec;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::pages::Pages;
use crate::store::{StoreId, StoreInner};
use crate::value::Val;

/// A table in a store.
///
/// ```
/// use wasmote::{Engine, Func, Store, Table, TableType, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = TableType { element: ValType::FUNCREF, min: 2, max: None, table64: false };
/// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
/// let func = Func::wrap(&mut store, || 42);
/// table.set(&mut store, 1, func.into())?;
/// assert_eq!(table.get(&store, 0), Some(Val::FuncRef(None)));
/// assert_eq!(table.get(&store, 1), Some(Val::FuncRef(Some(func))));
/// assert_eq!(table.get(&store, 2), None);
/// # Ok::<(), wasmote::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    store: StoreId,
    index: u32,
}

/// A table in a store. It begins with what handlers know of it.
#[repr(C)]
pub(crate) struct TableRecord {
    exec: exec::Table,
    ty: TableType,
    /// The elements, at which `exec` points; none before one is needed.
    pages: Option<Pages>,
    /// Which parts of them were written, likewise.
    written: Vec<u8>,
}

impl TableRecord {
    pub(crate) fn ty(&self) -> &TableType {
        &self.ty
    }

    /// All elements that may not be null, as runs: those in whose part one was ever written.
    #[cfg(feature = "gc")]
    pub(crate) fn used(&self) -> impl Iterator<Item = &[u32]> {
        let parts = self.elements().chunks(exec::Table::PART).zip(&self.written);
        parts.filter(|&(_, &written)| written != 0).map(|(part, _)| part)
    }

    pub(crate) fn elements(&self) -> &[u32] {
        // SAFETY: the table has so many elements, which were zeroed or written.
        unsafe { core::slice::from_raw_parts(self.exec.elems, self.exec.len as usize) }
    }

    /// How many elements it has.
    pub(crate) fn size(&self) -> u64 {
        self.exec.len
    }

    /// Adds elements; how many there were before. `None` leaves it as it was. Elements that are null are not touched.
    pub(crate) fn grow(&mut self, delta: u64, init: u32) -> Option<u64> {
        let old = self.exec.len;
        let new = old.checked_add(delta)?;
        if new > self.exec.max {
            return None;
        }
        let parts = usize::try_from(new.div_ceil(exec::Table::PART as u64)).ok()?;
        let more = parts.saturating_sub(self.written.len());
        // Not touched before the elements are there: both may be more than there is memory.
        self.written.try_reserve(more).ok()?;
        self.exec.written = self.written.as_mut_ptr();
        let (bytes, most) = (new.checked_mul(4)?, self.exec.max.saturating_mul(4));
        match &mut self.pages {
            Some(pages) => {
                pages.grow(bytes, most)?;
                if pages.base().cast() != self.exec.elems {
                    pages.touch_little();
                }
            }
            none if delta > 0 => *none = Some(Pages::small(bytes, most)?),
            _ => {}
        }
        if let Some(pages) = &self.pages {
            self.exec.elems = pages.base().cast();
        }
        // It was reserved, so it fits, where it is.
        self.written.resize(self.written.len() + more, 0);
        self.exec.len = new;
        if init != 0 {
            self.range_mut(old, delta)?.fill(init);
        }
        Some(old)
    }

    /// Where the elements in this range are, if all are there.
    fn place(&self, offset: u64, len: u64) -> Option<*mut u32> {
        self.range(offset, len)?;
        // It is in memory, so it fits.
        Some(self.exec.elems.wrapping_add(offset as usize))
    }

    /// The elements in this range, if all are there, as a place and a number.
    pub(crate) fn range(&self, offset: u64, len: u64) -> Option<*const [u32]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.elements().get(start..end).map(|elems| &raw const *elems)
    }

    /// The elements in this range, if all are there, to be written.
    pub(crate) fn range_mut(&mut self, offset: u64, len: u64) -> Option<&mut [u32]> {
        if offset.checked_add(len)? > self.exec.len {
            return None;
        }
        // SAFETY: as `elements`, and the range is in the table.
        unsafe {
            self.exec.write(offset, len);
            Some(core::slice::from_raw_parts_mut(self.exec.elems.add(offset as usize), len as usize))
        }
    }
}

fn out_of_bounds() -> Error {
    Error::new("out of bounds table access")
}

impl Table {
    /// A new table of elements that are all `init`.
    ///
    /// # Errors
    /// When the type is not valid, `init` not of it, or the minimum more than can be had or than
    /// [`Config::max_table`](crate::Config::max_table).
    pub fn new(mut ctx: impl AsContextMut, ty: TableType, init: Val) -> Result<Table, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let init = init.to_reference(ty.element, store)?;
        store.hold_types(&[ty.element])?;
        Table::of_type(store, ty, init)
    }

    pub(crate) fn of_type(store: &mut StoreInner, ty: TableType, init: u32) -> Result<Table, Error> {
        let index = store.tables.len() as u32;
        let most = if ty.table64 { u64::MAX } else { u64::from(u32::MAX) };
        let exec = exec::Table {
            elems: NonNull::dangling().as_ptr(),
            len: 0,
            max: ty.max.unwrap_or(u64::MAX).min(most).min(store.engine.config().max_table),
            table64: ty.table64,
            written: NonNull::dangling().as_ptr(),
            embedder: index as usize,
        };
        let mut record = TableRecord { exec, ty, pages: None, written: Vec::new() };
        if record.grow(ty.min, init).is_none() {
            return Err(Error::instantiate("a table's type is not valid, or its minimum is more than can be had"));
        }
        store.tables.push(record)?;
        let store = store.id;
        Ok(Table { store, index })
    }

    /// The table that a record is of.
    ///
    /// # Safety
    /// It is a record of a table in this store.
    pub(crate) unsafe fn of_record(store: &StoreInner, table: *mut exec::Table) -> Table {
        Table {
            store: store.id,
            // SAFETY: the caller's promise.
            index: unsafe { (*table).embedder } as u32,
        }
    }

    pub(crate) fn pointer(self, store: &StoreInner) -> NonNull<TableRecord> {
        store.check(self.store);
        match store.tables.get(self.index as usize) {
            Some(record) => record,
            None => unreachable!("tables stay in their store"),
        }
    }

    pub(crate) fn record(self, store: &StoreInner) -> &TableRecord {
        // SAFETY: the record lives as long as the store, and no code runs while the store is borrowed.
        unsafe { self.pointer(store).as_ref() }
    }

    fn record_mut(self, store: &mut StoreInner) -> &mut TableRecord {
        // SAFETY: the record lives as long as the store, which is mutably borrowed.
        unsafe { self.pointer(store).as_mut() }
    }

    /// The type it was made with.
    ///
    /// # Panics
    /// As all functions here, if this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> TableType {
        *self.record(ctx.as_context().inner()).ty()
    }

    /// How many elements it has.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        self.record(ctx.as_context().inner()).size()
    }

    /// An element; `None` beyond the end.
    pub fn get(&self, ctx: impl AsContext, index: u64) -> Option<Val> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        let record = self.record(store);
        let element = *record.elements().get(usize::try_from(index).ok()?)?;
        Some(Val::of_slots(record.ty.element, &[u64::from(element)], store))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// Beyond the end, and when `value` is not of the table's type.
    pub fn set(&self, ctx: impl AsContextMut, index: u64, value: Val) -> Result<(), Error> {
        self.fill(ctx, index, value, 1)
    }

    /// Adds elements that are all `init`, and says how many there were before.
    ///
    /// # Errors
    /// When it would have more than it may, or more than can be had, and when `init` is not of the table's type; the
    /// table is then as it was.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64, init: Val) -> Result<u64, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let init = init.to_reference(self.record(store).ty.element, store)?;
        self.record_mut(store).grow(delta, init).ok_or_else(|| Error::new("the table cannot grow as much"))
    }

    /// Sets `len` elements from `index` on to `value`.
    ///
    /// # Errors
    /// When not all of them are there, and when `value` is not of the table's type; the table is then as it was.
    pub fn fill(&self, mut ctx: impl AsContextMut, index: u64, value: Val, len: u64) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let value = value.to_reference(self.record(store).ty.element, store)?;
        let elems = self.record_mut(store).range_mut(index, len);
        elems.ok_or_else(out_of_bounds)?.fill(value);
        Ok(())
    }

    /// Copies `len` elements of `from`, which may be the same table, from `from_index` on to `to_index` and after in
    /// `to`.
    ///
    /// # Errors
    /// When not all of them are there, and when the tables are of different types; the tables are then as they were.
    pub fn copy(
        mut ctx: impl AsContextMut,
        to: Table,
        to_index: u64,
        from: Table,
        from_index: u64,
        len: u64,
    ) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let (from_type, to_type) = (from.record(store).ty.element, to.record(store).ty.element);
        if !store.engine.types().lock().matches(from_type, to_type) {
            return Err(Error::new("the tables are of different types"));
        }
        // They are written now, and by pointers: of two references into the same table, the second would end the first.
        to.record_mut(store).range_mut(to_index, len).ok_or_else(out_of_bounds)?;
        let source = from.record(store).place(from_index, len).ok_or_else(out_of_bounds)?;
        let target = to.record(store).place(to_index, len).ok_or_else(out_of_bounds)?;
        // SAFETY: both ranges have `len` elements, and may be of the same table.
        unsafe { core::ptr::copy(source, target, len as usize) };
        Ok(())
    }
}

#[cfg(all(test, feature = "gc"))]
mod tests {
    use super::*;
    use crate::{Engine, ExternRef, Store, ValType};

    #[test]
    fn a_collection_looks_at_parts_that_were_written_alone() {
        let mut store = Store::new(&Engine::default(), ());
        let ty = TableType { element: ValType::EXTERNREF, min: 10_000_000, max: None, table64: false };
        let tables: Vec<Table> = (0..100).map(|_| Table::new(&mut store, ty, Val::ExternRef(None)).unwrap()).collect();
        let looked = |store: &Store<()>| {
            let used = |table: &Table| table.record(AsContext::as_context(store).inner()).used().flatten().count();
            tables.iter().map(used).sum::<usize>()
        };
        assert_eq!(looked(&store), 0);
        let value = Val::ExternRef(Some(ExternRef::new(&mut store, 1)));
        for table in &tables {
            table.set(&mut store, 9_999_999, value).unwrap();
            table.fill(&mut store, 1023, value, 2).unwrap();
        }
        // The last part is not a whole one.
        assert_eq!(looked(&store), 100 * (10_000_000 % exec::Table::PART + 2 * exec::Table::PART));
        let copy = Table::new(&mut store, TableType { min: 5000, ..ty }, value).unwrap();
        let used = |store: &Store<()>| copy.record(AsContext::as_context(store).inner()).used().flatten().count();
        assert_eq!(used(&store), 5000);
    }
}
