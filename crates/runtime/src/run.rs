//! Calls from the host into a store, and what becomes of them when they fail.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{TryVec, try_collect, try_str};

use crate::error::{Error, Fault};
use crate::instance::InstanceRecord;
use crate::module::Module;
use crate::store::Store;
use crate::trap::{MAX_FRAMES, MAX_OMITTED, Trap, TrapFrame};

/// Calls a function, by its reference, with its arguments in slots.
///
/// # Safety
/// The store is mutably borrowed by the caller, who holds no reference to it. `args` and `results` have as many slots as the function's
/// type says, and hold what slots must.
///
/// # Panics
/// If there is no such function, and when a host function panics.
pub(crate) unsafe fn call(root: NonNull<Store>, func: u32, args: &[u64], results: &mut [u64]) -> Result<(), Error> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. `func` is a record that the store
    // found. The caller guarantees the slots of `args` and `results`.
    unsafe {
        match root.as_ref().func(func) {
            Some(func) => invoke(root, func, args, results),
            None => unreachable!("functions stay in their store"),
        }
    }
}

/// Calls a function with its arguments in slots.
///
/// # Safety
/// The store is mutably borrowed by the caller, who holds no reference to it. `func` is a function's record in it.
/// `args` and `results` have as many slots as its type says, and hold what slots must.
pub(crate) unsafe fn invoke(
    root: NonNull<Store>,
    func: *mut exec::Func,
    args: &[u64],
    results: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: the caller borrows the store mutably and holds no reference to it, so its machine may run. The caller
    // guarantees the function's record and the slots of `args` and `results`. The store keeps all records in place.
    unsafe {
        let machine = &raw mut (*root.as_ptr()).machine;
        let mut activation = match exec::Activation::start(machine, func, args) {
            Ok(activation) => activation,
            Err(code) => return without_stack(root, func, args, results, code),
        };
        match activation.run(machine).returned() {
            Ok(()) => {
                activation.results(results);
                Ok(())
            }
            Err(code) => Err(failure(root, &activation, code)),
        }
    }
}

/// What becomes of a call that could not begin: the first one of a store found no stack, and is made again with one.
///
/// # Safety
/// As [`invoke`], and nothing ran in between.
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

/// What stopped this call.
///
/// # Safety
/// As [`invoke`], and nothing ran in between.
#[inline(never)]
#[cold]
pub(crate) unsafe fn failure(mut root: NonNull<Store>, activation: &exec::Activation, code: TrapCode) -> Error {
    // SAFETY: the caller borrows the store mutably and holds no reference to it. `store` is last used before `trap`
    // makes a reference of its own.
    let store = unsafe { root.as_mut() };
    if let TrapCode::Host | TrapCode::InvalidFunction = code {
        #[cfg(feature = "std")]
        if let Some(panic) = store.panic.take() {
            std::panic::resume_unwind(panic);
        }
        if let Some(error) = store.pending.take() {
            return error;
        }
    }
    // SAFETY: the caller guarantees that the activation stopped in this store and that nothing ran since.
    let trap = unsafe { trap(root, activation, code) };
    if code == TrapCode::Exception {
        // SAFETY: as above.
        let reference = core::mem::take(unsafe { &mut (*root.as_ptr()).machine.exception });
        return Error::of(Fault::Exception { reference, trap });
    }
    Error::of(Fault::Trap(trap))
}

/// A frame of the backtrace.
struct Site {
    module: Module,
    func: u32,
    cell: u32,
    offset: Option<u32>,
    resolved: bool,
}

/// # Safety
/// As [`failure`].
#[inline(never)]
unsafe fn trap(mut root: NonNull<Store>, activation: &exec::Activation, code: TrapCode) -> Trap {
    let mut sites = Vec::new();
    let mut omitted = 0;
    // SAFETY: the caller guarantees that the activation stopped in this store and that nothing ran since, so its
    // frames are unchanged. An instance is the first part of an `InstanceRecord`, which the store keeps until it is
    // dropped.
    unsafe {
        let machine = &raw mut (*root.as_ptr()).machine;
        activation.backtrace(machine, &mut |frame| {
            // Where there is no memory for them, they are as those beyond the most.
            if sites.len() == MAX_FRAMES || sites.try_room(1).is_err() {
                omitted += 1;
            } else {
                sites.push(Site {
                    module: (*frame.instance.cast::<InstanceRecord>()).module.clone(),
                    func: frame.func,
                    cell: frame.cell,
                    offset: None,
                    resolved: false,
                });
            }
            omitted < MAX_OMITTED
        });
    }
    // SAFETY: the caller borrows the store mutably and holds no reference to it, and the machine pointer above is no
    // longer used.
    let Ok(translation) = unsafe { root.as_mut() }.translation() else {
        return Trap::new(code, Box::default(), omitted);
    };
    // A function is translated once for all of its frames: recursion may fill the backtrace with one.
    while let Some(first) = sites.iter().position(|site| !site.resolved) {
        let (module, func) = (sites[first].module.clone(), sites[first].func);
        let same = |site: &&mut Site| site.func == func && site.module.address() == module.address();
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
