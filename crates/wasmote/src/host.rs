//! Host functions, in the form that the runtime calls.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::transmute;

use wasmote_decode::FuncType;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_runtime::{Erased, HostCall, HostCode, Store};

use crate::caller::Caller;
use crate::error::Error;
use crate::thrown::stop;
use crate::value::{Val, write_slots};

/// A function of the embedder's over slots.
pub(crate) type Plain<T> = fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error>;

/// A closure over slots, for [`Linker::func_raw_fn`](crate::Linker::func_raw_fn).
pub type RawFn<T> = Arc<dyn Fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync>;

/// Functions that take slots by reference get a copy. Up to this many slots are copied without an allocation.
const FEW: usize = 16;
/// Up to this many arguments and results are values without an allocation.
const FEW_VALUES: usize = 8;

/// Makes a host function from a function over slots.
///
/// # Panics
/// If the type has more than 1000 parameters or more than 1000 results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn plain<T>(ty: FuncType, code: Plain<T>) -> HostCode {
    // SAFETY: `call_plain` turns the pointer back into a function, and its `finish` checks the results that it
    // returns.
    unsafe { HostCode::plain(ty, call_plain, transmute::<Plain<T>, Erased>(code)) }
}

#[allow(unsafe_code)]
fn call_plain(code: Erased, call: HostCall<'_>) -> Result<(), TrapCode> {
    // SAFETY: `plain` made the pointer from a `Plain<T>`. A `Caller<T>` is a transparent wrapper of the same
    // pointer for all `T`, so both function types have the same calling convention. Linkers and stores add the
    // function only to stores whose data is that `T`, and the function alone looks at the data.
    let code = unsafe { transmute::<Erased, Plain<()>>(code) };
    with_copied_slots(call, |call, slots| {
        // SAFETY: nothing looks at the data as a `()`; `code` takes it as the store's own type.
        code(Caller::of(unsafe { call.caller() }), slots)
    })
}

/// Makes a host function from a closure over slots.
///
/// # Panics
/// If the type has more than 1000 parameters or more than 1000 results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn raw<T: 'static>(ty: FuncType, function: RawFn<T>) -> HostCode {
    let code = move |call: HostCall<'_>| {
        with_copied_slots(call, |call, slots| {
            // SAFETY: linkers carry `T`, so the function is added only to stores whose data is a `T`.
            function(Caller::of(unsafe { call.caller() }), slots)
        })
    };
    // SAFETY: `with_copied_slots` returns only results that the runtime has checked (`HostCall::finish`).
    unsafe { HostCode::closure(Arc::new(ty), code) }
}

/// Makes a host function from a closure over values.
///
/// # Panics
/// If the type has more than 1000 parameters or more than 1000 results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn of_values<T>(
    ty: FuncType,
    function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
) -> HostCode {
    let types = ty.clone();
    let code = move |mut call: HostCall<'_>| {
        // An allocation takes longer than the rest of the call.
        let (mut few, mut many) = ([Val::I32(0); FEW_VALUES], Vec::new());
        let outcome = room(&types, &mut few, &mut many).map_err(Error::from).and_then(|values| {
            let (args, results) = values.split_at_mut(types.params().len());
            before(call.store(), &types, call.slots(), args, results);
            // SAFETY: `Func::new` and linkers carry `T`, so the function is added only to stores whose data is a
            // `T`.
            function(Caller::of(unsafe { call.caller() }), args, results)?;
            let (slots, store) = call.slots_mut();
            after(store, &types, results, slots)
        });
        outcome.map_err(|error| stop(call.store_mut(), error))
    };
    // SAFETY: `after` checks the types of the results before it writes them.
    unsafe { HostCode::closure(Arc::new(ty), code) }
}

/// Calls a function with a copy of the slots, and takes the results from the copy.
// Inlined into each kind of host function: a call through a pointer costs more than copying the slots.
#[inline(always)]
fn with_copied_slots(
    mut call: HostCall<'_>,
    function: impl FnOnce(&mut HostCall<'_>, &mut [u64]) -> Result<(), Error>,
) -> Result<(), TrapCode> {
    let (mut few, mut many) = ([0; FEW], Vec::new());
    let copy = match few.get_mut(..call.slots().len()) {
        Some(few) => few,
        None => copy_of_many(&mut call, &mut many)?,
    };
    copy.copy_from_slice(call.slots());
    let outcome = function(&mut call, copy);
    finish(call, copy, outcome)
}

/// Allocates a copy of many slots.
#[cold]
#[inline(never)]
fn copy_of_many<'a>(call: &mut HostCall<'_>, copy: &'a mut Vec<u64>) -> Result<&'a mut [u64], TrapCode> {
    match copy.try_resize(call.slots().len(), 0) {
        Ok(()) => Ok(copy),
        Err(error) => Err(stop(call.store_mut(), error.into())),
    }
}

/// Writes the results that a function left in a copy of the slots.
#[inline(never)]
fn finish(mut call: HostCall<'_>, copy: &[u64], outcome: Result<(), Error>) -> Result<(), TrapCode> {
    match outcome {
        Ok(()) if call.finish(copy) => Ok(()),
        Ok(()) => Err(stop(call.store_mut(), unknown_reference())),
        Err(error) => Err(stop(call.store_mut(), error)),
    }
}

#[cold]
#[inline(never)]
fn unknown_reference() -> Error {
    Error::new("a host function returned a reference that its store does not know")
}

/// Returns room for the arguments and results of a host function.
#[inline]
fn room<'a>(ty: &FuncType, few: &'a mut [Val], many: &'a mut Vec<Val>) -> Result<&'a mut [Val], OutOfMemory> {
    let count = ty.params().len() + ty.results().len();
    match few.get_mut(..count) {
        Some(few) => Ok(few),
        None => {
            many.try_resize(count, Val::I32(0))?;
            Ok(many)
        }
    }
}

/// Reads the arguments of a host function, and sets its results to default values.
fn before(store: &Store, ty: &FuncType, slots: &[u64], args: &mut [Val], results: &mut [Val]) {
    let mut at = 0;
    for (ty, arg) in ty.params().iter().zip(args) {
        *arg = Val::of_slots(*ty, &slots[at..], store);
        at += usize::from(ty.slots());
    }
    for (ty, result) in ty.results().iter().zip(results) {
        *result = Val::default_of(*ty);
    }
}

/// Writes the results of a host function to its slots, after checking their types.
fn after(store: &Store, ty: &FuncType, results: &[Val], slots: &mut [u64]) -> Result<(), Error> {
    if !results.iter().zip(ty.results()).all(|(result, &ty)| result.is_of(ty, store)) {
        return Err(Error::new("a host function returned values of other types than declared"));
    }
    write_slots(results, slots, store);
    Ok(())
}
