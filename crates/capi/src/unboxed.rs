//! Values in arrays of C: calls that allocate nothing, and functions and globals with vectors.

use std::ffi::c_void;
use std::rc::Rc;

use wasmote::{Error, Global};

use crate::error::{name_of, wasmote_error_t};
use crate::finalizers::{Env, Finalized, Finalizer, put_off};
use crate::func::{CallError, EnvOf, HostFunction, Places, new_func};
use crate::instance::IN_USE;
use crate::linker::wasmote_linker_t;
use crate::object::{Object, wasm_ref_t};
use crate::store::{wasm_store_t, wasmote_caller_t};
use crate::types::wasm_externtype_t;
use crate::value::{Wide, wasmote_val_t};

/// A host function that takes arrays of values: `wasmote_unboxed_callback_t`.
pub type UnboxedCallback = unsafe extern "C" fn(
    *mut c_void,
    *const wasmote_caller_t,
    *const wasmote_val_t,
    usize,
    *mut wasmote_val_t,
    usize,
) -> Option<Box<wasm_ref_t>>;

/// Returns values of C. Null stands for none.
///
/// # Safety
/// `values` is null, or has `count` values as long as the result is used.
pub(crate) unsafe fn values_of<'a>(values: *const wasmote_val_t, count: usize) -> &'a [wasmote_val_t] {
    match values.is_null() {
        true => &[],
        // SAFETY: as the caller guarantees.
        false => unsafe { std::slice::from_raw_parts(values, count) },
    }
}

/// Returns places of C for as many results as there are, or an error if there are others.
pub(crate) fn places_for(
    results: *mut wasmote_val_t,
    count: usize,
    returned: usize,
) -> Result<Places<Wide>, CallError> {
    match count == returned && (count == 0 || !results.is_null()) {
        true => Ok(Places { data: results, count }),
        false => Err(CallError::Refused("the number of results does not fit the function's type")),
    }
}

/// Tells C how a call ended: the trap in `trap`, or the error as the result.
///
/// # Safety
/// `trap` is valid for writes. It needs no value before.
pub(crate) unsafe fn ended(
    called: Option<Result<(), CallError>>,
    trap: *mut Option<Box<wasm_ref_t>>,
) -> Option<Box<wasmote_error_t>> {
    let (stopped, refused) = match called {
        Some(Ok(())) => (None, None),
        Some(Err(CallError::Stopped(trap))) => (Some(trap), None),
        Some(Err(CallError::Refused(message))) => (None, Some(wasmote_error_t::new(message))),
        None => (None, Some(wasmote_error_t::new(IN_USE))),
    };
    // SAFETY: as the caller guarantees.
    unsafe { trap.write(stopped) };
    refused
}

fn new_global(
    store: &wasm_store_t,
    ty: &wasm_externtype_t,
    value: &wasmote_val_t,
) -> Result<Box<wasm_ref_t>, Box<wasmote_error_t>> {
    let ty = ty.global_type();
    let ty = ty.ok_or_else(|| wasmote_error_t::new("the type is no global type, or refers to a module's types"))?;
    // A finalizer may delete the store.
    let cell = &Rc::clone(&store.cell);
    let made = cell.with(|context| {
        let value = value.to_val(ty.content(), cell, context).ok_or_else(another_value)?;
        wasmote_error_t::or(Global::new(context, ty, value))
    });
    let global = made.ok_or_else(|| wasmote_error_t::new(IN_USE))??;
    Ok(Box::new(wasm_ref_t::new(cell, Object::Global(global))))
}

#[cold]
pub(crate) fn another_value() -> Box<wasmote_error_t> {
    wasmote_error_t::new("the value is of another type or store")
}

c_functions! {
    /// Calls a function. `args` and `results` have as many values as its type says; null stands for none. The arguments
    /// remain the caller's, and `results` needs no values before: it may be the array of the arguments. Up to 16 arguments and results together that are no
    /// references take no allocation.
    ///
    /// Returns null and sets `trap` to null, with the results in `results`; or returns null and sets `trap`, if the code
    /// stopped; or returns an error, if the arguments do not fit.
    fn wasmote_func_call_unboxed(
        func: &wasm_ref_t,
        args: *const wasmote_val_t,
        args_size: usize,
        results: *mut wasmote_val_t,
        results_size: usize,
        trap: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let args = Places::of_args(args, args_size);
        // What is called may delete the function.
        let func = func.clone();
        let called = func.store.with(|context| {
            func.with_args(context, &args, |context, handle, args, values| {
                let places = places_for(results, results_size, values.len())?;
                func.stopped(handle.call(&mut *context, args, values), context)?;
                places.write(values, &func.store, context);
                Ok(())
            })
        });
        ended(called, trap)
    }

    /// Makes a host function that takes arrays of values. Returns null if the type refers to types of a module, or has
    /// more than 1000 parameters or results.
    ///
    /// The finalizer, unless it is null, gets `env` when the store is freed, or at once if no function is made.
    fn wasmote_func_new_unboxed(
        store: &wasm_store_t,
        ty: &wasm_externtype_t,
        callback: UnboxedCallback,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> Option<Box<wasm_ref_t>> {
        // A finalizer may delete the store.
        let cell = Rc::clone(&store.cell);
        let env = Finalized::new(env, finalizer, cell.finalizers());
        let func = new_func(store, ty, HostFunction::Unboxed(callback, EnvOf::Store(env)));
        cell.run_finalizers();
        func
    }

    /// Defines a host function that takes arrays of values, as [`crate::linker::wasmote_linker_define_func`] does.
    fn wasmote_linker_define_func_unboxed(
        linker: *mut wasmote_linker_t,
        module: *const u8,
        module_size: usize,
        name: *const u8,
        name_size: usize,
        ty: &wasm_externtype_t,
        callback: UnboxedCallback,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> Option<Box<wasmote_error_t>> {
        let function = HostFunction::Unboxed(callback, EnvOf::Linker(Env::new(env, finalizer)));
        let names = name_of(module, module_size).and_then(|module| Ok((module, name_of(name, name_size)?)));
        names.and_then(|(module, name)| put_off(|| (*linker).define_func(module, name, ty, function))).err()
    }

    /// Makes a global. Its value remains the caller's. Returns null and sets `global`, or returns an error.
    fn wasmote_global_new(
        store: &wasm_store_t,
        ty: &wasm_externtype_t,
        value: &wasmote_val_t,
        global: *mut Option<Box<wasm_ref_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        new_global(store, ty, value).map(|made| global.write(Some(made))).err()
    }

    /// Returns the value of a global, which is the caller's. `out` needs no value before. Fails if this is no global.
    fn wasmote_global_get(global: &wasm_ref_t, out: *mut wasmote_val_t) -> Option<Box<wasmote_error_t>> {
        let Object::Global(handle) = global.object else { return Some(wasmote_error_t::new("this is no global")) };
        let read = global.store.with(|context| {
            let value = handle.get(&*context);
            wasmote_val_t::of_val(value, &global.store, context)
        });
        read.flatten().map(|value| out.write(value)).ok_or_else(|| wasmote_error_t::new(IN_USE)).err()
    }

    /// Sets the value of a global. It remains the caller's. Fails if the global is constant, or if the value is of
    /// another type or store.
    fn wasmote_global_set(global: &wasm_ref_t, value: &wasmote_val_t) -> Option<Box<wasmote_error_t>> {
        let Object::Global(handle) = global.object else { return Some(wasmote_error_t::new("this is no global")) };
        let set = global.store.with(|context| {
            let ty = handle.ty(&*context).content();
            let value = value.to_val(ty, &global.store, context).ok_or_else(another_value)?;
            wasmote_error_t::or::<(), Error>(handle.set(context, value))
        });
        set.unwrap_or_else(|| Err(wasmote_error_t::new(IN_USE))).err()
    }
}
