//! Instances.

use std::rc::Rc;

use wasmote::{Engine, Extern, Instance};

use crate::fallible::try_box;
use crate::object::{Object, wasm_ref_t};
use crate::store::wasm_store_t;
use crate::types::wasm_externtype_t;
use crate::vectors::{Pointer, Vector, wasm_extern_vec_t};

/// Returns the imports as items of the store, or what is wrong with them.
fn items(store: &wasm_store_t, imports: &wasm_extern_vec_t) -> Result<Vec<Extern>, &'static str> {
    let item = |import: &Pointer<wasm_ref_t>| {
        let import = import.get().ok_or("an import is null")?;
        // A shared memory is in no store.
        let is_here = Rc::ptr_eq(&import.store, &store.cell) || matches!(import.object, Object::SharedMemory(_));
        import.object.to_extern().filter(|_| is_here).ok_or("an import belongs to another store")
    };
    let mut items = Vec::new();
    items.try_reserve_exact(imports.as_slice().len()).map_err(|_| NO_MEMORY)?;
    for import in imports.as_slice() {
        items.push(item(import)?);
    }
    Ok(items)
}

fn instantiate(
    store: &wasm_store_t,
    module: &wasm_ref_t,
    imports: &wasm_extern_vec_t,
) -> Result<wasm_ref_t, Box<wasm_ref_t>> {
    // The start function may call the host, which may delete both the store and the module.
    let cell = &Rc::clone(&store.cell);
    let failed = |message| wasm_ref_t::trap_of_message(cell, message);
    let module = &module.module().ok_or_else(|| failed("this is no module"))?.clone();
    if !Engine::same(module.engine(), cell.engine()) {
        return Err(failed("the module belongs to another engine"));
    }
    let imports = items(store, imports).map_err(failed)?;
    let made = cell.with(|context| {
        Instance::new(&mut *context, module, &imports).map_err(|error| wasm_ref_t::trap_of(cell, &error, context))
    });
    let instance = made.ok_or_else(|| failed(IN_USE))??;
    Ok(wasm_ref_t::new(cell, Object::Instance(instance)))
}

/// The message of an error or a trap if an allocation fails.
pub(crate) const NO_MEMORY: &str = "there is not enough memory";

/// The message of a trap if a callback uses the store that must not.
pub(crate) const IN_USE: &str = "the store is in use by the function that called back";

c_functions! {
    /// Instantiates a module, and runs its start function. `imports` are in the module's order, and remain the caller's;
    /// null stands for none. The module may be of any store of the same engine.
    ///
    /// Returns null if that fails. Then `trap`, unless it is null, says why: also if the imports do not fit.
    fn wasm_instance_new(
        store: &wasm_store_t,
        module: &wasm_ref_t,
        imports: Option<&wasm_extern_vec_t>,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasm_ref_t>> {
        let none = Vector::default();
        let (instance, failure) = match instantiate(store, module, imports.unwrap_or(&none)) {
            Ok(instance) => (Some(Box::new(instance)), None),
            Err(failure) => (None, Some(failure)),
        };
        if !trap.is_null() {
            trap.write(failure);
        }
        instance
    }

    /// Returns the exports, in the module's order. `out` needs no value before. It is empty if there is not enough memory.
    fn wasm_instance_exports(instance: &wasm_ref_t, out: *mut wasm_extern_vec_t) {
        let exports = match instance.object {
            Object::Instance(handle) => instance.store.with(|context| {
                let items = handle.exports(&*context).map(|(_, item)| {
                    Pointer::try_new(wasm_ref_t::new(&instance.store, Object::of_extern(item)?))
                });
                Vector::try_of(handle.exports(&*context).count(), items)
            }),
            _ => None,
        };
        out.write(exports.flatten().unwrap_or_default());
    }

    /// Returns the kind of an item.
    fn wasm_extern_kind(item: &wasm_ref_t) -> u8 {
        match item.object {
            Object::Global(_) => 1,
            Object::Table(_) => 2,
            Object::Memory(_) | Object::SharedMemory(_) => 3,
            Object::Tag(_) => 4,
            _ => 0,
        }
    }

    /// Returns the type of an item. The minimum of a table or memory is its current size. Returns null if there is not
    /// enough memory.
    fn wasm_extern_type(item: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let handle = item.object.to_extern()?;
        try_box(wasm_externtype_t::of(&item.store.with(|context| handle.ty(context))?)?)
    }
}
