//! Functions, and calls in both directions.

use std::ffi::c_void;
use std::rc::Rc;

use wasmote::{Caller, Error, Func, Val};

use crate::finalizers::{Env, Finalized, Finalizer};
use crate::instance::IN_USE;
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, StoreData, wasm_store_t, wasmote_caller_t};
use crate::trap::Trap;
use crate::types::wasm_externtype_t;
use crate::value::wasm_val_t;
use crate::vectors::{Element, Vector, wasm_val_vec_t};

/// A host function of C: `wasm_func_callback_t`.
pub type Callback = unsafe extern "C" fn(*const wasm_val_vec_t, *mut wasm_val_vec_t) -> Option<Box<wasm_ref_t>>;
/// A host function of C with a value of its own: `wasm_func_callback_with_env_t`.
pub type CallbackWithEnv =
    unsafe extern "C" fn(*mut c_void, *const wasm_val_vec_t, *mut wasm_val_vec_t) -> Option<Box<wasm_ref_t>>;

/// A host function of C that hears who calls: `wasmote_callback_t`.
pub type CallbackWithCaller = unsafe extern "C" fn(
    *mut c_void,
    *const wasmote_caller_t,
    *const wasm_val_vec_t,
    *mut wasm_val_vec_t,
) -> Option<Box<wasm_ref_t>>;

/// A host function, with what it needs.
pub(crate) enum HostFunction {
    Plain(Callback),
    WithEnv(CallbackWithEnv, Finalized),
    /// Of a linker: it may be in several stores.
    WithCaller(CallbackWithCaller, Env),
}

// SAFETY: a store that owns the function is used by one thread at a time (see the rules of this crate). One of a linker says that
// all threads may call it.
unsafe impl Send for HostFunction {}
// SAFETY: as above.
unsafe impl Sync for HostFunction {}

impl HostFunction {
    /// Calls the function. Afterwards it has given up the results.
    fn call(
        &self,
        caller: &wasmote_caller_t,
        args: &wasm_val_vec_t,
        results: &mut wasm_val_vec_t,
    ) -> Option<Box<wasm_ref_t>> {
        match self {
            // SAFETY: both vectors are valid, and as long as the type says, which C gave together with the function.
            HostFunction::Plain(callback) => unsafe { callback(args, results) },
            // SAFETY: as above.
            HostFunction::WithEnv(callback, env) => unsafe { callback(env.value(), args, results) },
            // SAFETY: as above; the caller is valid until the function returns.
            HostFunction::WithCaller(callback, env) => unsafe { callback(env.value(), caller, args, results) },
        }
    }

    /// Calls the function for wasm.
    pub(crate) fn call_from_wasm(
        &self,
        mut caller: Caller<'_, StoreData>,
        types: &wasmote::FuncType,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        use wasmote::AsContextMut;
        let cell = StoreCell::of(&caller).ok_or_else(|| Error::new("the store is being deleted"))?;
        let args = vector_of(args, &cell, &mut caller.as_context_mut()).ok_or_else(no_vectors)?;
        let mut returned = Vector::of(types.results().iter().map(|&ty| wasm_val_t::default_of(ty)).collect());
        let trap = cell.lend(&mut caller, |caller| self.call(caller, &args, &mut returned));
        if let Some(trap) = trap {
            return Err(Trap::into_error(&trap, &cell));
        }
        let context = &mut caller.as_context_mut();
        for ((value, &ty), result) in returned.as_slice().iter().zip(types.results()).zip(results) {
            let value = value.to_val(ty, &cell, context);
            *result = value.ok_or_else(|| Error::new("a host function returned values of other types or stores"))?;
        }
        Ok(())
    }
}

fn no_vectors() -> Error {
    Error::new("values of type v128 need the functions of wasmote.h")
}

/// Returns values for C. `None` if one is a vector.
fn vector_of(values: &[Val], cell: &Rc<StoreCell>, context: &mut Context<'_>) -> Option<wasm_val_vec_t> {
    let mut vector = Vec::with_capacity(values.len());
    for &value in values {
        match wasm_val_t::of_val(value, cell, context) {
            Some(value) => vector.push(value),
            None => {
                drop(Vector::of(vector));
                return None;
            }
        }
    }
    Some(Vector::of(vector))
}

fn new_func(store: &wasm_store_t, ty: &wasm_externtype_t, function: HostFunction) -> Option<Box<wasm_ref_t>> {
    let ty = ty.func_type()?;
    let types = ty.clone();
    let code = move |caller: Caller<'_, StoreData>, args: &[Val], results: &mut [Val]| {
        // The whole is captured, which threads may hold, and not its parts.
        let function: &HostFunction = &function;
        function.call_from_wasm(caller, &types, args, results)
    };
    let func = store.cell.with(|context| Func::new(context, ty, code))?;
    Some(Box::new(wasm_ref_t::new(&store.cell, Object::Func(func))))
}

impl wasm_ref_t {
    fn func(&self) -> Option<Func> {
        match self.object {
            Object::Func(func) => Some(func),
            _ => None,
        }
    }

    /// Calls a function. Returns its results for C.
    fn call(&self, context: &mut Context<'_>, args: &[wasm_val_t]) -> Result<wasm_val_vec_t, Error> {
        let func = self.func().ok_or_else(|| Error::new("this is no function"))?;
        let ty = func.ty(&*context);
        if args.len() != ty.params().len() {
            return Err(Error::new("the number of arguments does not fit the function's type"));
        }
        let mut values = Vec::with_capacity(args.len());
        for (arg, &ty) in args.iter().zip(ty.params()) {
            let value = arg.to_val(ty, &self.store, context);
            values.push(value.ok_or_else(|| Error::new("an argument is of another type or store"))?);
        }
        let mut results = vec![Val::I32(0); ty.results().len()];
        func.call(&mut *context, &values, &mut results)?;
        vector_of(&results, &self.store, context).ok_or_else(no_vectors)
    }
}

c_functions! {
    /// Makes a host function. Returns null if the type refers to types of a module, or has more than 1000 parameters or
    /// results.
    fn wasm_func_new(store: &wasm_store_t, ty: &wasm_externtype_t, callback: Callback) -> Option<Box<wasm_ref_t>> {
        new_func(store, ty, HostFunction::Plain(callback))
    }

    /// Makes a host function that gets `env` with each call. The finalizer, unless it is null, gets `env` when the store
    /// is freed, or at once if no function is made.
    fn wasm_func_new_with_env(
        store: &wasm_store_t,
        ty: &wasm_externtype_t,
        callback: CallbackWithEnv,
        env: *mut c_void,
        finalizer: Finalizer,
    ) -> Option<Box<wasm_ref_t>> {
        let env = Finalized::new(env, finalizer, store.cell.finalizers());
        let func = new_func(store, ty, HostFunction::WithEnv(callback, env));
        store.cell.run_finalizers();
        func
    }

    /// Returns the type.
    fn wasm_func_type(func: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let handle = func.func()?;
        Some(Box::new(wasm_externtype_t::of_func(&func.store.with(|context| handle.ty(context))?)))
    }

    /// Returns the number of parameters.
    fn wasm_func_param_arity(func: &wasm_ref_t) -> usize {
        let handle = func.func();
        handle.and_then(|handle| func.store.with(|context| handle.ty(context).params().len())).unwrap_or(0)
    }

    /// Returns the number of results.
    fn wasm_func_result_arity(func: &wasm_ref_t) -> usize {
        let handle = func.func();
        handle.and_then(|handle| func.store.with(|context| handle.ty(context).results().len())).unwrap_or(0)
    }

    /// Calls a function. The arguments remain the caller's. The results are written over what `results` has; what was
    /// there is not deleted. Results for which it has no room are dropped, and what it has beyond them stays. Null
    /// stands for an empty vector.
    ///
    /// Returns null, or a trap. Then `results` is as before. It is also a trap if the arguments do not fit.
    fn wasm_func_call(
        func: &wasm_ref_t,
        args: Option<&wasm_val_vec_t>,
        results: *mut wasm_val_vec_t,
    ) -> Option<Box<wasm_ref_t>> {
        let cell = Rc::clone(&func.store);
        let args = args.map_or(&[][..], Vector::as_slice);
        // What is called may delete the function.
        let func = func.clone();
        let Some(returned) = cell.with(|context| func.call(context, args)) else {
            return Some(wasm_ref_t::trap_of_message(&cell, IN_USE));
        };
        match returned {
            Ok(mut returned) => {
                let mut values = returned.take().into_iter();
                // The slots come first: a value without one must stay in `values`.
                for (slot, value) in results.as_ref().into_iter().flat_map(Vector::slots).zip(&mut values) {
                    slot.write(value);
                }
                values.for_each(Element::release);
                None
            }
            Err(error) => Some(wasm_ref_t::trap_of(&cell, &error)),
        }
    }
}
