//! Tables of references (spec: exec/runtime#table-instances).

use wasmote_decode::TableType;
use wasmote_ir::RefType;
use wasmote_runtime::Store;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::handles::Table;
use crate::reference::Ref;
use crate::value::Val;

fn out_of_bounds() -> Error {
    Error::new("out of bounds table access")
}

impl Table {
    /// Makes a table whose elements are all `init`.
    ///
    /// # Errors
    /// Fails if the type is invalid, or if `init` is not of its element type. Fails also if the minimum exceeds
    /// [`Config::max_table`](crate::Config::max_table), if there is not enough memory, or if the store's limiter
    /// refuses.
    ///
    /// # Panics
    /// If `init` is a reference of another store.
    pub fn new(mut ctx: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let init = to_reference(init, ty.element(), store)?;
        store.hold_types(&[ty.element().into()])?;
        let index = store.add_table(ty, init)?;
        Ok(Table::of(store, index))
    }

    /// Returns the type that the table was made with. Its minimum does not change when the table grows.
    ///
    /// # Panics
    /// Like all methods of `Table`: if the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> TableType {
        let ctx = ctx.as_context();
        *ctx.inner().table(self.number(ctx.inner())).ty()
    }

    /// Returns the number of elements.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        let ctx = ctx.as_context();
        ctx.inner().table(self.number(ctx.inner())).size()
    }

    /// Returns an element, or `None` beyond the end.
    pub fn get(&self, ctx: impl AsContext, index: u64) -> Option<Ref> {
        let ctx = ctx.as_context();
        let store = ctx.inner();
        let record = store.table(self.number(store));
        let element = *record.elements().get(usize::try_from(index).ok()?)?;
        Val::of_slots(record.ty().element().into(), &[u64::from(element)], store).ref_()
    }

    /// Sets an element.
    ///
    /// # Errors
    /// Fails if `index` is beyond the end, or if `value` is not of the element type.
    ///
    /// # Panics
    /// If `value` is a reference of another store.
    pub fn set(&self, ctx: impl AsContextMut, index: u64, value: Ref) -> Result<(), Error> {
        self.fill(ctx, index, value, 1)
    }

    /// Adds `delta` elements that are all `init`, and returns the previous number (spec: exec/modules#growing-tables).
    ///
    /// # Errors
    /// Fails if the table would exceed its maximum or the engine's limit, or if there is not enough memory. Fails also
    /// if `init` is not of the element type, or if the store's limiter refuses. The table is then unchanged.
    ///
    /// # Panics
    /// If `init` is a reference of another store.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64, init: Ref) -> Result<u64, Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let index = self.number(store);
        let init = to_reference(init, store.table(index).ty().element(), store)?;
        match store.grow_table(index, delta, init) {
            Ok(Some(size)) => Ok(size),
            Ok(None) => Err(Error::new("the table cannot grow that much")),
            Err(code) => Err(store.error_of(code).into()),
        }
    }

    /// Sets `len` elements to `value`, beginning with `index`.
    ///
    /// # Errors
    /// Fails if the range does not lie in the table, or if `value` is not of the element type. The table is then
    /// unchanged.
    ///
    /// # Panics
    /// If `value` is a reference of another store.
    pub fn fill(&self, mut ctx: impl AsContextMut, index: u64, value: Ref, len: u64) -> Result<(), Error> {
        let mut ctx = ctx.as_context_mut();
        let store = ctx.inner_mut();
        let table = self.number(store);
        let value = to_reference(value, store.table(table).ty().element(), store)?;
        let elems = store.table_mut(table).range_mut(index, len);
        elems.ok_or_else(out_of_bounds)?.fill(value);
        Ok(())
    }

    /// Copies `len` elements from `from`, beginning with `from_index`, to `to`, beginning with `to_index`. The
    /// tables may be the same, and the ranges may overlap.
    ///
    /// # Errors
    /// Fails if a range does not lie in its table, or if the element type of `from` does not match that of `to`.
    /// The tables are then unchanged.
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
        let (to, from) = (to.number(store), from.number(store));
        let (from_type, to_type) = (store.table(from).ty().element(), store.table(to).ty().element());
        if !store.engine().types().lock().matches(from_type.into(), to_type.into()) {
            return Err(Error::new("the tables have different element types"));
        }
        store.copy_elements(to, to_index, from, from_index, len).ok_or_else(out_of_bounds)
    }
}

/// Returns the value as a reference of this type.
fn to_reference(value: Ref, ty: RefType, store: &Store) -> Result<u32, Error> {
    let value = Val::from(value);
    if !value.is_of(ty.into(), store) {
        return Err(Error::new("the value is not of the table's element type"));
    }
    Ok(value.to_slots(store)[0] as u32)
}

#[cfg(all(test, feature = "gc"))]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{Engine, ExternRef, Store};

    /// The number of elements in a part of a table, as the execution core defines it.
    const PART: usize = wasmote_exec::Table::PART;

    #[test]
    fn a_collection_looks_at_parts_that_were_written_alone() {
        let mut store = Store::new(&Engine::default(), ());
        let ty = TableType::new(RefType::EXTERN, 10_000_000, None);
        let tables: Vec<Table> = (0..100).map(|_| Table::new(&mut store, ty, Ref::Extern(None)).unwrap()).collect();
        let looked = |store: &Store<()>| {
            let ctx = store.as_context();
            let used = |table: &Table| ctx.inner().table(table.number(ctx.inner())).used().flatten().count();
            tables.iter().map(used).sum::<usize>()
        };
        assert_eq!(looked(&store), 0);
        let value = Ref::Extern(Some(ExternRef::new(&mut store, 1)));
        for table in &tables {
            table.set(&mut store, 9_999_999, value).unwrap();
            table.fill(&mut store, 1023, value, 2).unwrap();
        }
        // The last part of each table is shorter than the others.
        assert_eq!(looked(&store), 100 * (10_000_000 % PART + 2 * PART));
        let copy = Table::new(&mut store, ty.with_minimum(5000), value).unwrap();
        let ctx = store.as_context();
        assert_eq!(ctx.inner().table(copy.number(ctx.inner())).used().flatten().count(), 5000);
    }
}
