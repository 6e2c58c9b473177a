//! Functions, and calls in both directions.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::rc::Rc;

use wasmote::{AsContextMut, Caller, Error, Func, FuncType, Val, ValType};

use crate::fallible::try_box;
use crate::finalizers::{Env, Finalized, Finalizer};
use crate::instance::{IN_USE, NO_MEMORY};
use crate::object::{Object, wasm_ref_t};
use crate::store::{Context, StoreCell, StoreData, wasm_store_t, wasmote_caller_t};
use crate::trap::Trap;
use crate::types::wasm_externtype_t;
use crate::unboxed::UnboxedCallback;
use crate::value::{Payload, Value, wasm_val_t, wasmote_val_t};
use crate::vectors::{Vector, wasm_val_vec_t};

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
    /// Of a store or a linker.
    Unboxed(UnboxedCallback, EnvOf),
}

/// A value of C's with its finalizer, which runs as for a store or as for a linker.
pub(crate) enum EnvOf {
    Store(Finalized),
    Linker(Env),
}

impl EnvOf {
    fn value(&self) -> *mut c_void {
        match self {
            EnvOf::Store(env) => env.value(),
            EnvOf::Linker(env) => env.value(),
        }
    }
}

// SAFETY: a store that owns the function is used by one thread at a time (see the rules of this crate). One of a linker says that
// all threads may call it.
unsafe impl Send for HostFunction {}
// SAFETY: as above.
unsafe impl Sync for HostFunction {}

impl HostFunction {
    /// Calls the function for wasm.
    pub(crate) fn call_from_wasm(
        &self,
        caller: Caller<'_, StoreData>,
        types: &FuncType,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        match self {
            HostFunction::Unboxed(callback, env) => call_unboxed(*callback, env.value(), caller, types, args, results),
            HostFunction::Plain(callback) => call_boxed(caller, types, args, results, |_, args, results| {
                // SAFETY: both vectors are valid, and as long as the type says, which C gave together with the function.
                unsafe { callback(args, results) }
            }),
            HostFunction::WithEnv(callback, env) => call_boxed(caller, types, args, results, |_, args, results| {
                // SAFETY: as above.
                unsafe { callback(env.value(), args, results) }
            }),
            HostFunction::WithCaller(callback, env) => {
                call_boxed(caller, types, args, results, |caller, args, results| {
                    // SAFETY: as above; the caller is valid until the function returns.
                    unsafe { callback(env.value(), caller, args, results) }
                })
            }
        }
    }
}

/// Calls a function that takes vectors. Afterwards it has given up the results.
fn call_boxed(
    mut caller: Caller<'_, StoreData>,
    types: &FuncType,
    args: &[Val],
    results: &mut [Val],
    callback: impl FnOnce(&wasmote_caller_t, &wasm_val_vec_t, &mut wasm_val_vec_t) -> Option<Box<wasm_ref_t>>,
) -> Result<(), Error> {
    let cell = StoreCell::of(&caller).ok_or_else(store_is_gone)?;
    let args = vector_of(args, &cell, &mut caller.as_context_mut()).ok_or_else(|| Error::new(NO_VECTORS))?;
    let mut returned = Vector::of(types.results().iter().map(|&ty| wasm_val_t::default_of(ty)).collect());
    match cell.lend(&mut caller, |caller| callback(caller, &args, &mut returned)) {
        Some(trap) => Err(Trap::into_error(&trap, &cell, &mut caller.as_context_mut())),
        None => take_results(returned.as_slice(), types, &cell, &mut caller.as_context_mut(), results),
    }
}

/// Calls a function that takes arrays. Few values need no allocation. Afterwards the function has given up the results.
fn call_unboxed(
    callback: UnboxedCallback,
    env: *mut c_void,
    mut caller: Caller<'_, StoreData>,
    types: &FuncType,
    args: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let cell = StoreCell::of(&caller).ok_or_else(store_is_gone)?;
    let unset = wasmote_val_t::default_of(ValType::I32);
    let called = with_buffer(args.len() + results.len(), unset, |values| {
        let (given, returned) = values.split_at_mut(args.len());
        for (value, &arg) in given.iter_mut().zip(args) {
            // It has room for all values.
            *value = Value::of_val(arg, &cell, &mut caller.as_context_mut()).unwrap_or(unset);
        }
        for (value, &ty) in returned.iter_mut().zip(types.results()) {
            *value = Value::default_of(ty);
        }
        let trap = cell.lend(&mut caller, |caller| {
            // SAFETY: both arrays are valid, and as long as the type says, which C gave together with the function. The
            // caller is valid until the function returns.
            unsafe { callback(env, caller, given.as_ptr(), given.len(), returned.as_mut_ptr(), returned.len()) }
        });
        let outcome = match trap {
            Some(trap) => Err(Trap::into_error(&trap, &cell, &mut caller.as_context_mut())),
            None => take_results(returned, types, &cell, &mut caller.as_context_mut(), results),
        };
        values.iter().for_each(|value| value.release());
        outcome
    });
    called.ok_or_else(|| Error::new(NO_MEMORY))?
}

/// Reads what a host function returned.
fn take_results<P: Payload>(
    returned: &[Value<P>],
    types: &FuncType,
    cell: &Rc<StoreCell>,
    context: &mut Context<'_>,
    results: &mut [Val],
) -> Result<(), Error> {
    for ((value, &ty), result) in returned.iter().zip(types.results()).zip(results) {
        let value = value.to_val(ty, cell, context);
        *result = value.ok_or_else(|| Error::new("a host function returned values of other types or stores"))?;
    }
    Ok(())
}

#[cold]
fn store_is_gone() -> Error {
    Error::new("the store is being deleted")
}

const NO_VECTORS: &str = "values of type v128 need the functions of wasmote.h";

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

/// How many values take no allocation.
const FEW: usize = 16;

/// Runs `body` with this many values. Returns `None` if there is not enough memory.
pub(crate) fn with_buffer<T: Copy, R>(count: usize, unset: T, body: impl FnOnce(&mut [T]) -> R) -> Option<R> {
    let (mut few, mut many) = ([unset; FEW], Vec::new());
    if let Some(few) = few.get_mut(..count) {
        return Some(body(few));
    }
    many.try_reserve_exact(count).ok()?;
    many.resize(count, unset);
    Some(body(&mut many))
}

pub(crate) fn new_func(
    store: &wasm_store_t,
    ty: &wasm_externtype_t,
    function: HostFunction,
) -> Option<Box<wasm_ref_t>> {
    let ty = ty.func_type()?;
    let types = ty.clone();
    let code = move |caller: Caller<'_, StoreData>, args: &[Val], results: &mut [Val]| {
        // The whole is captured, which threads may hold, and not its parts.
        let function: &HostFunction = &function;
        function.call_from_wasm(caller, &types, args, results)
    };
    wasm_ref_t::of_made(&store.cell, |context| Some(Object::Func(Func::new(context, ty, code))))
}

/// Why a call has not returned.
pub(crate) enum CallError {
    /// It was not made, since what C gave does not fit.
    Refused(&'static str),
    /// It was made, and stopped: a trap.
    Stopped(Box<wasm_ref_t>),
}

/// Places of C: arguments, or room for results, which needs no values before. Both may be the same places.
pub(crate) struct Places<P> {
    pub(crate) data: *mut Value<P>,
    pub(crate) count: usize,
}

impl<P: Payload> Places<P> {
    /// Returns no places.
    pub(crate) fn none() -> Places<P> {
        Places { data: null_mut(), count: 0 }
    }

    /// Returns the places of arguments. Null stands for none.
    pub(crate) fn of_args(data: *const Value<P>, count: usize) -> Places<P> {
        Places { data: data.cast_mut(), count: if data.is_null() { 0 } else { count } }
    }

    /// Writes values. Those without a place are dropped.
    ///
    /// # Safety
    /// `data` is valid for `count` writes.
    pub(crate) unsafe fn write(&self, values: &[Val], cell: &Rc<StoreCell>, context: &mut Context<'_>) {
        for (i, &value) in values.iter().enumerate().take(self.count) {
            let value = Value::of_val(value, cell, context).unwrap_or_else(|| Value::default_of(ValType::I32));
            // SAFETY: as the caller guarantees.
            unsafe { self.data.add(i).write(value) }
        }
    }
}

impl wasm_ref_t {
    pub(crate) fn func(&self) -> Option<Func> {
        match self.object {
            Object::Func(func) => Some(func),
            _ => None,
        }
    }

    /// Runs `body` with the function, its arguments and room for its results. Few values need no allocation.
    ///
    /// # Safety
    /// `args` has values. They are read before `body` runs.
    pub(crate) unsafe fn with_args<P: Payload, R>(
        &self,
        context: &mut Context<'_>,
        args: &Places<P>,
        body: impl FnOnce(&mut Context<'_>, Func, &[Val], &mut [Val]) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        let func = self.func().ok_or(CallError::Refused("this is no function"))?;
        let ty = func.ty_ref(&*context);
        let (params, results) = (ty.params().len(), ty.results().len());
        let fits = |fits, message| if fits { Ok(()) } else { Err(CallError::Refused(message)) };
        fits(args.count == params, "the number of arguments does not fit the function's type")?;
        fits(P::HAS_V128 || !ty.results().contains(&ValType::V128), NO_VECTORS)?;
        let called = with_buffer(params + results, Val::I32(0), |values| {
            let (values, results) = values.split_at_mut(params);
            for (i, value) in values.iter_mut().enumerate() {
                // Read each time, since nothing of the store stays borrowed.
                let ty = func.ty_ref(&*context).params()[i];
                // SAFETY: as the caller guarantees, and there are as many.
                let arg = unsafe { args.data.add(i).read() }.to_val(ty, &self.store, context);
                *value = arg.ok_or(CallError::Refused("an argument is of another type or store"))?;
            }
            body(context, func, values, results)
        });
        called.ok_or(CallError::Refused(NO_MEMORY))?
    }

    /// Makes a trap of the error of a call. What it refers to may be in the scope that runs.
    pub(crate) fn stopped<T>(&self, called: Result<T, Error>, context: &mut Context<'_>) -> Result<T, CallError> {
        called.map_err(|error| CallError::Stopped(wasm_ref_t::trap_of(&self.store, &error, context)))
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
        let cell = Rc::clone(&store.cell);
        let env = Finalized::new(env, finalizer, cell.finalizers());
        let func = new_func(store, ty, HostFunction::WithEnv(callback, env));
        cell.run_finalizers();
        func
    }

    /// Returns the type. Returns null if there is not enough memory.
    fn wasm_func_type(func: &wasm_ref_t) -> Option<Box<wasm_externtype_t>> {
        let handle = func.func()?;
        try_box(func.store.with(|context| wasm_externtype_t::of_func(handle.ty_ref(&*context)))??)
    }

    /// Returns the number of parameters.
    fn wasm_func_param_arity(func: &wasm_ref_t) -> usize {
        let handle = func.func();
        handle.and_then(|handle| func.store.with(|context| handle.ty_ref(&*context).params().len())).unwrap_or(0)
    }

    /// Returns the number of results.
    fn wasm_func_result_arity(func: &wasm_ref_t) -> usize {
        let handle = func.func();
        handle.and_then(|handle| func.store.with(|context| handle.ty_ref(&*context).results().len())).unwrap_or(0)
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
        let args = args.map_or_else(Places::none, Vector::places);
        // What is called may delete the function.
        let func = func.clone();
        let called = func.store.with(|context| {
            func.with_args(context, &args, |context, handle, args, values| {
                func.stopped(handle.call(&mut *context, args, values), context)?;
                if let Some(results) = results.as_ref() {
                    results.places().write(values, &func.store, context);
                }
                Ok(())
            })
        });
        Some(match called {
            Some(Ok(())) => return None,
            Some(Err(CallError::Stopped(trap))) => trap,
            Some(Err(CallError::Refused(message))) => wasm_ref_t::trap_of_message(&func.store, message),
            None => wasm_ref_t::trap_of_message(&func.store, IN_USE),
        })
    }
}
