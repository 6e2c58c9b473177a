//! Linkers: imports by name. And callers of host functions.

use std::ffi::c_void;
use std::rc::{Rc, Weak};

use wasmote::{Caller, Engine, Extern, Linker, Val};

use crate::config::wasm_engine_t;
use crate::error::{name_of, wasmote_error_t};
use crate::finalizers::{Env, Finalizer, put_off};
use crate::func::{CallbackWithCaller, HostFunction};
use crate::instance::IN_USE;
use crate::module::wasm_shared_module_t;
use crate::object::{Object, wasm_ref_t};
use crate::store::{StoreCell, StoreData, wasm_store_t, wasmote_caller_t};
use crate::trap::is_of_code;
use crate::types::wasm_externtype_t;

/// Finds the imports of modules by name: `wasmote_linker_t`.
pub struct wasmote_linker_t {
    linker: Linker<StoreData>,
    /// The store of the items that are defined, if there are any. Host functions and WASI are in no store.
    store: Option<Weak<StoreCell>>,
}

type Outcome = Result<(), Box<wasmote_error_t>>;

impl wasmote_linker_t {
    fn fits(&self, cell: &Rc<StoreCell>) -> Outcome {
        let is_another = self.store.as_ref().is_some_and(|store| Weak::as_ptr(store) != Rc::as_ptr(cell));
        match (is_another, Engine::same(self.linker.engine(), cell.engine())) {
            (true, _) => Err(wasmote_error_t::new("the linker has items of another store")),
            (_, false) => Err(wasmote_error_t::new("the linker belongs to another engine")),
            (false, true) => Ok(()),
        }
    }

    fn define(&mut self, module: &str, name: &str, item: &wasm_ref_t) -> Outcome {
        let handle = item.object.to_extern().ok_or_else(|| wasmote_error_t::new("this is no item to import"))?;
        if !matches!(handle, Extern::SharedMemory(_)) {
            self.fits(&item.store)?;
            self.store = Some(Rc::downgrade(&item.store));
        }
        wasmote_error_t::or(self.linker.define(module, name, handle)).map(drop)
    }

    pub(crate) fn define_func(
        &mut self,
        module: &str,
        name: &str,
        ty: &wasm_externtype_t,
        function: HostFunction,
    ) -> Outcome {
        let ty = ty.func_type();
        let ty =
            ty.ok_or_else(|| wasmote_error_t::new("the type is no function type, or refers to a module's types"))?;
        let types = ty.clone();
        let code = move |caller: Caller<'_, StoreData>, args: &[Val], results: &mut [Val]| {
            // The whole is captured, which threads may hold, and not its parts.
            let function: &HostFunction = &function;
            function.call_from_wasm(caller, &types, args, results)
        };
        wasmote_error_t::or(self.linker.func_new(module, name, ty, code)).map(drop)
    }
}

/// Defines all exports of an instance. The finalizers that run at the end may delete the instance and the linker.
///
/// # Safety
/// The pointer is valid.
unsafe fn define_instance(linker: *mut wasmote_linker_t, name: &str, instance: &wasm_ref_t) -> Outcome {
    let Object::Instance(handle) = instance.object else { return Err(wasmote_error_t::new("this is no instance")) };
    let cell = Rc::clone(&instance.store);
    let defined = cell.with(|context| {
        put_off(|| {
            // SAFETY: as the caller guarantees. The reference ends before finalizers run.
            let linker = unsafe { &mut *linker };
            linker.fits(&cell)?;
            // If a name is taken, the exports before it are defined.
            linker.store = Some(Rc::downgrade(&cell));
            wasmote_error_t::or(linker.linker.instance(context, name, handle)).map(drop)
        })
    });
    defined.ok_or_else(|| wasmote_error_t::new(IN_USE))?
}

// What defines something changes the linker in `put_off`, through a reference that ends there: a finalizer may delete it.
c_functions! {
    /// Makes a linker that defines nothing.
    fn wasmote_linker_new(engine: &wasm_engine_t) -> Option<Box<wasmote_linker_t>> {
        Some(Box::new(wasmote_linker_t { linker: Linker::new(&engine.engine), store: None }))
    }

    /// Deletes a linker. Instances keep what they need of it. Does nothing for null.
    fn wasmote_linker_delete(linker: Option<Box<wasmote_linker_t>>) {
        drop(linker);
    }

    /// Sets whether a definition may take the place of another. Default: false.
    fn wasmote_linker_allow_shadowing(linker: &mut wasmote_linker_t, allow: bool) {
        linker.linker.allow_shadowing(allow);
    }

    /// Defines the functions of WASI preview 1. Each store has its own state of WASI: see [`crate::wasi`].
    #[cfg(feature = "wasi")]
    fn wasmote_linker_define_wasi(linker: *mut wasmote_linker_t) -> Option<Box<wasmote_error_t>> {
        wasmote_error_t::or(put_off(|| wasmote_wasi::add_to_linker(&mut (*linker).linker, crate::wasi::context))).err()
    }

    /// Defines an item of a store. Then the linker serves this store alone. The item remains the caller's.
    fn wasmote_linker_define(
        linker: *mut wasmote_linker_t,
        module: *const u8,
        module_size: usize,
        name: *const u8,
        name_size: usize,
        item: &wasm_ref_t,
    ) -> Option<Box<wasmote_error_t>> {
        let names = name_of(module, module_size).and_then(|module| Ok((module, name_of(name, name_size)?)));
        names.and_then(|(module, name)| put_off(|| (*linker).define(module, name, item))).err()
    }

    /// Defines all exports of an instance under a module name. Then the linker serves the instance's store alone.
    fn wasmote_linker_define_instance(
        linker: *mut wasmote_linker_t,
        name: *const u8,
        name_size: usize,
        instance: &wasm_ref_t,
    ) -> Option<Box<wasmote_error_t>> {
        name_of(name, name_size).and_then(|name| define_instance(linker, name, instance)).err()
    }

    /// Defines a host function, for all stores of the engine. Threads that use such stores call it at the same time.
    ///
    /// The finalizer, unless it is null, gets `env` when the linker and all stores with the function are freed, or at once if this
    /// fails.
    fn wasmote_linker_define_func(
        linker: *mut wasmote_linker_t,
        module: *const u8,
        module_size: usize,
        name: *const u8,
        name_size: usize,
        ty: &wasm_externtype_t,
        callback: CallbackWithCaller,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> Option<Box<wasmote_error_t>> {
        let function = HostFunction::WithCaller(callback, Env::new(env, finalizer));
        let names = name_of(module, module_size).and_then(|module| Ok((module, name_of(name, name_size)?)));
        names.and_then(|(module, name)| put_off(|| (*linker).define_func(module, name, ty, function))).err()
    }

    /// Defines all functions that a module imports and the linker lacks as functions that trap.
    fn wasmote_linker_define_unknown_imports_as_traps(
        linker: &mut wasmote_linker_t,
        module: &wasm_shared_module_t,
    ) -> Option<Box<wasmote_error_t>> {
        wasmote_error_t::or(linker.linker.define_unknown_imports_as_traps(&module.module)).err()
    }

    /// Instantiates a module, and runs its start function. Sets `instance` and returns null; or returns an error if that is
    /// not possible; or returns null and sets `trap` if the module's code stopped. What is not set becomes null.
    fn wasmote_linker_instantiate(
        linker: &wasmote_linker_t,
        store: &wasm_store_t,
        module: &wasm_shared_module_t,
        instance: *mut Option<Box<wasm_ref_t>>,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        instance.write(None);
        trap.write(None);
        // The start function may call the host, which may delete the store, the linker and the module.
        let cell = &Rc::clone(&store.cell);
        if let Err(error) = linker.fits(cell) {
            return Some(error);
        }
        if !Engine::same(module.module.engine(), cell.engine()) {
            return Some(wasmote_error_t::new("the module belongs to another engine"));
        }
        let imports = linker.linker.instantiate_pre(&module.module);
        let made = cell.with(|context| {
            let made = imports.and_then(|imports| imports.instantiate(&mut *context));
            made.map_err(|error| match is_of_code(&error) {
                true => Ok(wasm_ref_t::trap_of(cell, &error, context)),
                false => Err(wasmote_error_t::of(&error)),
            })
        });
        match made {
            None => return Some(wasmote_error_t::new(IN_USE)),
            Some(Ok(made)) => instance.write(Some(Box::new(wasm_ref_t::new(cell, Object::Instance(made))))),
            Some(Err(Ok(stopped))) => trap.write(Some(stopped)),
            Some(Err(Err(error))) => return Some(error),
        }
        None
    }

    /// Returns the export with this name, or null if there is none.
    fn wasmote_instance_export(instance: &wasm_ref_t, name: *const u8, name_size: usize) -> Option<Box<wasm_ref_t>> {
        let Object::Instance(handle) = instance.object else { return None };
        let name = name_of(name, name_size).ok()?;
        wasm_ref_t::of_made(&instance.store, |context| Object::of_extern(handle.get_export(context, name)?))
    }

    /// Returns the export with this name of the instance that called a host function. Returns null if there is none, or if
    /// the host called the function itself.
    fn wasmote_caller_export(caller: &wasmote_caller_t, name: *const u8, name_size: usize) -> Option<Box<wasm_ref_t>> {
        let name = name_of(name, name_size).ok()?;
        caller.with(|running, cell| {
            let object = Object::of_extern(running.get_export(name)?)?;
            Some(Box::new(wasm_ref_t::new(cell, object)))
        })?
    }

    /// Returns the store that a host function was called in, as another owner of it.
    fn wasmote_caller_store(caller: &wasmote_caller_t) -> Option<Box<wasm_store_t>> {
        caller.with(|_, cell| Box::new(wasm_store_t { cell: Rc::clone(cell) }))
    }
}
