//! Calls from the host into a store, and their failures.

use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::backtrace::Backtrace;
use crate::call_hook::{self, CallHook};
use crate::error::{Error, Fault};
use crate::interrupt::{self, Next};
use crate::shared::try_box;
use crate::store::Store;

/// Calls a function by its reference. Arguments and results are in slots.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it. `args` and `results` have the slots of the
/// function's type, and each argument is a value of its type.
///
/// # Panics
/// If no function has this reference, or if a host function panics.
pub(crate) unsafe fn call(root: NonNull<Store>, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), Error> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. The store found the record of
    // `func`. The caller guarantees the slots of `args` and `results`.
    unsafe {
        match root.as_ref().func(func) {
            Some(func) => invoke_with_hooks(root, func, args, results),
            None => unreachable!("functions stay in their store"),
        }
    }
}

/// As [`invoke`], with the embedder's hook around calls of wasm.
///
/// # Safety
/// As for [`invoke`].
#[inline(always)]
pub(crate) unsafe fn invoke_with_hooks(
    root: NonNull<Store>,
    func: *mut exec::Func,
    args: &[u64],
    results: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: the caller guarantees the same for all of these. The reference to the store ends at once.
    unsafe {
        #[cfg(feature = "call-hook")]
        if (*func).instance.is_null() {
            // A host function. `hooks::host` calls the hook.
            return invoke(root, func, args, results);
        }
        call_hook::around(
            root,
            [CallHook::CallingWasm, CallHook::ReturningFromWasm],
            || invoke(root, func, args, results),
            |code| hook_failed(root, code),
        )
    }
}

/// Returns the error of a hook.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn hook_failed(mut root: NonNull<Store>, code: TrapCode) -> Error {
    // SAFETY: the caller guarantees the same.
    unsafe { root.as_mut() }.error_of(code)
}

/// Calls a function by its record. Arguments and results are in slots.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it. `func` is a function's record in it. `args`
/// and `results` have the slots of its type, and each argument is a value of its type.
// Each kind of call would have a copy of it, of nearly a kilobyte.
#[inline(never)]
pub(crate) unsafe fn invoke(
    root: NonNull<Store>,
    func: *mut exec::Func,
    args: &[u64],
    results: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: the caller guarantees a store, and this only computes the address of its machine.
    let machine = unsafe { &raw mut (*root.as_ptr()).machine };
    // SAFETY: the caller borrows the store mutably and holds no reference to it, so its machine may run. The caller
    // guarantees the function's record and the slots of `args`.
    let mut activation = match unsafe { exec::Activation::start(machine, func, args) } {
        Ok(activation) => activation,
        // SAFETY: the caller guarantees the same as for `without_stack`, and nothing ran.
        Err(code) => return unsafe { without_stack(root, func, args, results, code) },
    };
    // SAFETY: the activation was started on this machine, and the store keeps all records in place.
    match unsafe { activation.run(machine) }.returned() {
        Ok(()) => {
            // SAFETY: the call has returned, and the caller guarantees the slots of `results`.
            unsafe { activation.results(results) };
            Ok(())
        }
        // SAFETY: the activation stopped in this store, and nothing ran since. The caller guarantees the slots of
        // `results`.
        Err(code) => unsafe { stopped(root, &mut activation, code, results) },
    }
}

/// Ends a call that stopped with this code. If it was only interrupted, or only used up a slice of the fuel, it may
/// continue first.
///
/// # Safety
/// As for [`invoke`]. The activation stopped in this store, and nothing ran since.
#[cold]
#[inline(never)]
unsafe fn stopped(
    mut root: NonNull<Store>,
    activation: &mut exec::Activation,
    code: TrapCode,
    results: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: the caller guarantees a store, and this only computes the address of its machine.
    let machine = unsafe { &raw mut (*root.as_ptr()).machine };
    let mut code = code;
    // SAFETY: the caller borrows the store mutably and holds no reference to it. The activation stopped on its machine,
    // and what ran since used other slots.
    unsafe {
        loop {
            match code {
                TrapCode::Interrupt => match interrupt::next(root, activation) {
                    Ok(Next::Stop) => break,
                    Ok(Next::Resume | Next::Yield) => {}
                    Err(of_callback) => return Err(failure(root, activation, of_callback)),
                },
                TrapCode::OutOfFuel if root.as_mut().refuel() => {}
                _ => break,
            }
            match activation.run(machine).returned() {
                Ok(()) => {
                    activation.results(results);
                    return Ok(());
                }
                Err(next) => code = next,
            }
        }
        Err(failure(root, activation, code))
    }
}

/// Handles a call that could not begin. A store's first call finds no stack; it is made again with one.
///
/// # Safety
/// As for [`invoke`], and nothing ran since.
#[cold]
#[inline(never)]
unsafe fn without_stack(
    mut root: NonNull<Store>,
    func: *mut exec::Func,
    args: &[u64],
    results: &mut [u64],
    code: TrapCode,
) -> Result<(), Error> {
    // SAFETY: the caller guarantees the same as for `invoke`. The reference to the store ends before anything runs.
    unsafe {
        if code == TrapCode::StackOverflow && root.as_mut().make_stack()? {
            return invoke(root, func, args, results);
        }
        Err(code.into())
    }
}

/// Returns the error that stopped a call. A host function's panic continues here.
///
/// # Safety
/// As for [`invoke`]. The activation stopped in this store, and nothing ran since.
#[inline(never)]
#[cold]
pub(crate) unsafe fn failure(mut root: NonNull<Store>, activation: &exec::Activation, code: TrapCode) -> Error {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. `store` is last used before
    // `Backtrace::of` makes a reference of its own.
    let store = unsafe { root.as_mut() };
    let wants_backtrace = store.engine.settings().wasm_backtrace;
    let mut error = store.kept_error(code).unwrap_or_else(|| {
        Error::of(match code {
            TrapCode::Exception => Fault::Exception { reference: core::mem::take(&mut store.machine.exception) },
            code => Fault::Trap(code),
        })
    });
    if let Some(backtrace) = error.backtrace_mut().filter(|_| wants_backtrace) {
        // SAFETY: the caller guarantees the same.
        let frames = unsafe { Backtrace::of(root, activation) };
        // Without memory for it, the error has none.
        *backtrace = try_box(frames).ok().map(|frames| frames as _);
    }
    error
}
