//! Calls from the host into a store, and their failures.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{TryVec, try_collect, try_str};

use crate::error::{Error, Fault};
use crate::instance::InstanceRecord;
use crate::interrupt::{self, Next};
use crate::module::Module;
use crate::store::Store;
use crate::trap::{MAX_FRAMES, MAX_OMITTED, Trap, TrapFrame};

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
            Some(func) => invoke(root, func, args, results),
            None => unreachable!("functions stay in their store"),
        }
    }
}

/// Calls a function by its record. Arguments and results are in slots.
///
/// # Safety
/// The caller borrows the store mutably, and holds no reference to it. `func` is a function's record in it. `args`
/// and `results` have the slots of its type, and each argument is a value of its type.
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
                TrapCode::Interrupted => match interrupt::next(root, activation) {
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
    // SAFETY: the caller borrows the store mutably and holds no reference to it. `store` is last used before `trap`
    // makes a reference of its own.
    let store = unsafe { root.as_mut() };
    let code = match store.kept_error(code) {
        Some(error) => match error.growth_trap() {
            Some(code) => code,
            None => return error,
        },
        None => code,
    };
    // SAFETY: the caller guarantees that the activation stopped in this store, and that nothing ran since.
    let trap = unsafe { trap(root, activation, code) };
    if code == TrapCode::Exception {
        // SAFETY: the caller borrows the store mutably, and `trap` left no reference to it.
        let reference = core::mem::take(unsafe { &mut (*root.as_ptr()).machine.exception });
        return Error::of(Fault::Exception { reference, trap });
    }
    Error::of(Fault::Trap(trap))
}

/// A frame of the backtrace.
struct PendingFrame {
    module: Module,
    func: u32,
    cell: u32,
    offset: Option<u32>,
    resolved: bool,
}

/// # Safety
/// As for [`failure`].
#[inline(never)]
unsafe fn trap(mut root: NonNull<Store>, activation: &exec::Activation, code: TrapCode) -> Trap {
    let mut sites = Vec::new();
    let mut omitted = 0;
    let mut add = |frame: exec::Frame| {
        // Frames for which there is no memory are counted like those beyond the maximum.
        if sites.len() == MAX_FRAMES || sites.try_room(1).is_err() {
            omitted += 1;
        } else {
            sites.push(PendingFrame {
                // SAFETY: an instance is the first part of an `InstanceRecord`, which the store keeps in place.
                module: unsafe { (*frame.instance.cast::<InstanceRecord>()).module.clone() },
                func: frame.func,
                cell: frame.cell,
                offset: None,
                resolved: false,
            });
        }
        omitted < MAX_OMITTED
    };
    // SAFETY: the caller guarantees a store, and this only computes the address of its machine.
    let machine = unsafe { &raw mut (*root.as_ptr()).machine };
    // SAFETY: the caller guarantees that the activation stopped on this machine, and that nothing ran since, so its
    // frames are unchanged.
    unsafe { activation.backtrace(machine, &mut add) };
    // SAFETY: the caller borrows the store mutably and holds no reference to it, and the machine pointer above is
    // no longer used.
    let Ok(translation) = unsafe { root.as_mut() }.translation() else {
        return Trap::new(code, Box::default(), omitted);
    };
    // Each function is translated once for all of its frames: recursion may fill the backtrace with one function.
    while let Some(first) = sites.iter().position(|site| !site.resolved) {
        let (module, func) = (sites[first].module.clone(), sites[first].func);
        let same = |site: &&mut PendingFrame| site.func == func && site.module.address() == module.address();
        let mut cells = sites.iter_mut().filter(same).map(|site| {
            site.resolved = true;
            (site.cell, &mut site.offset)
        });
        translation.wasm_offsets(module.inner(), func, &mut cells);
        sites[first].resolved = true;
    }
    let frames = sites.iter().map(|site| TrapFrame {
        func_index: site.func,
        func_name: site.module.function_name(site.func).and_then(|name| try_str(name).ok()),
        module_offset: site.offset,
    });
    Trap::new(code, try_collect(frames).and_then(TryVec::try_into_box).unwrap_or_default(), omitted)
}
