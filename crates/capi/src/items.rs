//! Globals, tables and memories.

use std::ptr::null_mut;
use std::rc::Rc;

use wasmote::{AsContextMut, Global, Memory, Ref, SharedMemory, Table, Val, ValType};

use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, wasm_store_t};
use crate::types::wasm_externtype_t;
use crate::value::wasm_val_t;

impl wasm_ref_t {
    fn global(&self) -> Option<Global> {
        match self.object {
            Object::Global(global) => Some(global),
            _ => None,
        }
    }

    fn table(&self) -> Option<Table> {
        match self.object {
            Object::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns what `own` or `shared` says of a memory.
    fn memory<R>(
        &self,
        own: impl FnOnce(Memory, &mut Context<'_>) -> R,
        shared: impl FnOnce(&SharedMemory) -> R,
    ) -> Option<R> {
        match &self.object {
            Object::Memory(memory) => self.store.with(|context| own(*memory, context)),
            Object::SharedMemory(memory) => Some(shared(memory)),
            _ => None,
        }
    }
}

/// Returns a reference for a table with elements of this type.
fn element(
    reference: Option<&wasm_ref_t>,
    ty: wasmote::RefType,
    cell: &Rc<StoreCell>,
    context: &mut Context<'_>,
) -> Option<Ref> {
    wasm_ref_t::to_val(reference, ValType::Ref(ty), cell, context)?.ref_()
}

c_functions! {
    /// Makes a global. Its value remains the caller's. Returns null if that is of another type or store.
    fn wasm_global_new(store: &wasm_store_t, ty: &wasm_externtype_t, value: &wasm_val_t) -> Option<Box<wasm_ref_t>> {
        let ty = ty.global_type()?;
        wasm_ref_t::of_made(&store.cell, |context| {
            let value = value.to_val(ty.content(), &store.cell, context)?;
            Some(Object::Global(Global::new(context, ty, value).ok()?))
        })
    }

    /// Returns the type.
    fn wasm_global_type(global: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let handle = global.global()?;
        Some(Box::new(wasm_externtype_t::of_global(&global.store.with(|context| handle.ty(context))?)))
    }

    /// Returns the value, which is the caller's. It is 0 of type `i32` if `out` has no room for it. `out` needs no value
    /// before.
    fn wasm_global_get(global: &wasm_ref_t, out: *mut wasm_val_t) {
        let value = global.global().and_then(|handle| {
            global.store.with(|context| {
                let value = handle.get(&*context);
                wasm_val_t::of_val(value, &global.store, context)
            })?
        });
        out.write(value.unwrap_or_else(|| wasm_val_t::default_of(ValType::I32)));
    }

    /// Sets the value, which remains the caller's. Does nothing if the global is constant, or if the value is of another
    /// type or store.
    fn wasm_global_set(global: &wasm_ref_t, value: &wasm_val_t) {
        let Some(handle) = global.global() else { return };
        global.store.with(|context| {
            let ty = handle.ty(&*context).content();
            if let Some(value) = value.to_val(ty, &global.store, context) {
                // The header has no way to say that the global is constant.
                let _constant = handle.set(context, value);
            }
        });
    }

    /// Makes a table whose elements are all `init`, which remains the caller's, and may be null. Returns null if it is of
    /// another type or store, if the limits are wrong, or if there is not enough memory.
    fn wasm_table_new(store: &wasm_store_t, ty: &wasm_externtype_t, init: Option<&wasm_ref_t>) -> Option<Box<wasm_ref_t>> {
        let ty = ty.table_type()?;
        wasm_ref_t::of_made(&store.cell, |context| {
            let init = element(init, ty.element(), &store.cell, context)?;
            Some(Object::Table(Table::new(context, ty, init).ok()?))
        })
    }

    /// Returns the type that the table was made with.
    fn wasm_table_type(table: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let handle = table.table()?;
        Some(Box::new(wasm_externtype_t::of_table(table.store.with(|context| handle.ty(context))?)))
    }

    /// Returns an element, or null if it is null or beyond the end.
    fn wasm_table_get(table: &wasm_ref_t, index: u32) -> Option<Box<wasm_ref_t>> {
        let handle = table.table()?;
        wasm_ref_t::of_made(&table.store, |context| {
            let element = handle.get(&*context, index.into())?;
            Object::of_val(Val::from(element), context)
        })
    }

    /// Sets an element. `value` remains the caller's, and may be null. Returns false if the index is beyond the end, or
    /// if the value is of another type or store.
    fn wasm_table_set(table: &wasm_ref_t, index: u32, value: Option<&wasm_ref_t>) -> bool {
        let set = table.table().and_then(|handle| {
            table.store.with(|context| {
                let ty = handle.ty(&*context).element();
                let value = element(value, ty, &table.store, context)?;
                handle.set(context, index.into(), value).ok()
            })?
        });
        set.is_some()
    }

    /// Returns the number of elements.
    fn wasm_table_size(table: &wasm_ref_t) -> u32 {
        let size = table.table().and_then(|handle| table.store.with(|context| handle.size(context)));
        size.map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX))
    }

    /// Adds `delta` elements that are all `init`, which remains the caller's, and may be null. Returns false, and changes
    /// nothing, if the table cannot grow that much, or if `init` is of another type or store.
    fn wasm_table_grow(table: &wasm_ref_t, delta: u32, init: Option<&wasm_ref_t>) -> bool {
        let grown = table.table().and_then(|handle| {
            table.store.with(|context| {
                let ty = handle.ty(&*context).element();
                let init = element(init, ty, &table.store, context)?;
                handle.grow(context, delta.into(), init).ok()
            })?
        });
        grown.is_some()
    }

    /// Makes a memory of zeros. Returns null if the limits are wrong, or if there is not enough memory.
    fn wasm_memory_new(store: &wasm_store_t, ty: &wasm_externtype_t) -> Option<Box<wasm_ref_t>> {
        let ty = ty.memory_type()?;
        if ty.is_shared() {
            let memory = SharedMemory::new(store.cell.engine(), ty).ok()?;
            return Some(Box::new(wasm_ref_t::new(&store.cell, Object::SharedMemory(memory))));
        }
        wasm_ref_t::of_made(&store.cell, |context| Some(Object::Memory(Memory::new(context, ty).ok()?)))
    }

    /// Returns the type that the memory was made with.
    fn wasm_memory_type(memory: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let ty = memory.memory(|memory, context| memory.ty(context), SharedMemory::ty)?;
        Some(Box::new(wasm_externtype_t::of_memory(ty)))
    }

    /// Returns the address of the bytes. It is valid until the memory grows, or its store is freed. Threads that share a
    /// memory access it by atomic operations.
    fn wasm_memory_data(memory: &wasm_ref_t) -> *mut u8 {
        memory.memory(|memory, context| memory.data_ptr(context), SharedMemory::data_ptr).unwrap_or(null_mut())
    }

    /// Returns the number of bytes.
    fn wasm_memory_data_size(memory: &wasm_ref_t) -> usize {
        memory.memory(|memory, context| memory.data_size(context), SharedMemory::data_size).unwrap_or(0)
    }

    /// Returns the number of pages.
    fn wasm_memory_size(memory: &wasm_ref_t) -> u32 {
        let size = memory.memory(|memory, context| memory.size(context), SharedMemory::size);
        size.map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX))
    }

    /// Adds `delta` pages of zeros. Returns false, and changes nothing, if the memory cannot grow that much.
    fn wasm_memory_grow(memory: &wasm_ref_t, delta: u32) -> bool {
        let delta = delta.into();
        let own = |memory: Memory, context: &mut Context<'_>| memory.grow(context.as_context_mut(), delta).is_ok();
        memory.memory(own, |memory| memory.grow(delta).is_ok()).unwrap_or(false)
    }
}
