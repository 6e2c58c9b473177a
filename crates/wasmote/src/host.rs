//! Host functions: the embedder's code as the runtime calls it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::transmute;

use wasmote_decode::FuncType;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_runtime::{Erased, HostCall, HostCode, Store};

use crate::caller::Caller;
use crate::error::Error;
use crate::thrown::stop;
use crate::value::{Val, write_slots};

/// A plain function of the embedder's, arguments and results in slots.
pub(crate) type Plain<T> = fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error>;

/// What [`Linker::func_raw_fn`](crate::Linker::func_raw_fn) takes: a closure over slots.
pub type RawFn<T> = Arc<dyn Fn(Caller<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync>;

/// As many slots are copied without an allocation for functions that take them as a reference.
const FEW: usize = 16;

/// A plain function.
///
/// # Panics
/// If there are more than 1000 parameters or results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn plain<T>(ty: FuncType, code: Plain<T>) -> HostCode {
    // SAFETY: `call_plain` makes of it what it was, but for `T`. It leaves results as the runtime made them fit.
    unsafe { HostCode::plain(ty, call_plain, transmute::<Plain<T>, Erased>(code)) }
}

#[allow(unsafe_code)]
fn call_plain(code: Erased, call: HostCall<'_>) -> Result<(), TrapCode> {
    // SAFETY: it was made of a function like this by `plain`. A `Caller` is transparent over the same pointer whatever the data is, so the functions'
    // calling conventions are the same; linkers and stores only ever pass callers of stores whose data is what the function was made for.
    let code = unsafe { transmute::<Erased, Plain<()>>(code) };
    with_copied_slots(call, |call, slots| {
        // SAFETY: as above.
        code(Caller::of(unsafe { call.caller() }), slots)
    })
}

/// A closure over slots.
///
/// # Panics
/// If there are more than 1000 parameters or results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn raw<T: 'static>(ty: FuncType, function: RawFn<T>) -> HostCode {
    let code = move |call: HostCall<'_>| {
        with_copied_slots(call, |call, slots| {
            // SAFETY: the function goes only to stores whose data is a `T`.
            function(Caller::of(unsafe { call.caller() }), slots)
        })
    };
    // SAFETY: `with_copied_slots` leaves results as the runtime made them fit.
    unsafe { HostCode::closure(ty, Arc::new(code)) }
}

/// A function over values.
///
/// # Panics
/// If there are more than 1000 parameters or results.
#[track_caller]
#[allow(unsafe_code)]
pub(crate) fn of_values<T>(
    ty: FuncType,
    function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
) -> HostCode {
    let types = ty.clone();
    let code = move |mut call: HostCall<'_>| {
        let outcome = before(call.store(), &types, call.slots()).map_err(Error::from).and_then(|mut values| {
            let (args, results) = values.split_at_mut(types.params.len());
            // SAFETY: the function goes only to stores whose data is a `T`.
            function(Caller::of(unsafe { call.caller() }), args, results)?;
            let (slots, store) = call.slots_mut();
            after(store, &types, results, slots)
        });
        outcome.map_err(|error| stop(call.store_mut(), error))
    };
    // SAFETY: `after` writes results that are of the function's types.
    unsafe { HostCode::closure(ty, Arc::new(code)) }
}

/// Calls a function with a copy of the slots, and makes results of what it leaves there.
// Each way of giving the function has a copy of this: asking through a pointer for it takes longer than the copy of the slots.
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

/// Room for a copy of many slots.
#[cold]
#[inline(never)]
fn copy_of_many<'a>(call: &mut HostCall<'_>, copy: &'a mut Vec<u64>) -> Result<&'a mut [u64], TrapCode> {
    match copy.try_resize(call.slots().len(), 0) {
        Ok(()) => Ok(copy),
        Err(error) => Err(stop(call.store_mut(), error.into())),
    }
}

/// Makes results of what a function left in a copy of the slots.
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

/// The arguments of a host function, followed by room for its results.
fn before(store: &Store, ty: &FuncType, slots: &[u64]) -> Result<Vec<Val>, OutOfMemory> {
    let mut values = try_with_capacity(ty.params.len() + ty.results.len())?;
    let mut at = 0;
    for ty in &ty.params {
        values.push(Val::of_slots(*ty, &slots[at..], store));
        at += usize::from(ty.slots());
    }
    values.extend(ty.results.iter().map(|&ty| Val::default_of(ty)));
    Ok(values)
}

/// The results of a host function into its slots.
fn after(store: &Store, ty: &FuncType, results: &[Val], slots: &mut [u64]) -> Result<(), Error> {
    if !results.iter().zip(&ty.results).all(|(result, &ty)| result.is_of(ty, store)) {
        return Err(Error::new("a host function returned values of another type than it was declared with"));
    }
    write_slots(results, slots, store);
    Ok(())
}
