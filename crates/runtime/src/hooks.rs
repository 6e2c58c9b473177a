//! The hooks through which running code asks this crate for something: code of functions, calls of the host,
//! growth.

use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::call_hook::{self, CallHook};
use crate::error::Error;
use crate::host::{HostCall, HostFrame, HostRecord};
use crate::instance::InstanceRecord;
use crate::store::Store;

/// All hooks of this crate.
pub(crate) const HOOKS: exec::Hooks = exec::Hooks {
    translate,
    locate,
    make_room,
    #[cfg(feature = "stack-switching")]
    stack_room,
    #[cfg(feature = "stack-switching")]
    grow_stack,
    #[cfg(feature = "stack-switching")]
    perform,
    exception,
    host,
    memory_grow,
    table_grow,
    #[cfg(feature = "threads")]
    atomic_wait: crate::shared_memory::atomic_wait,
    #[cfg(feature = "threads")]
    atomic_notify: crate::shared_memory::atomic_notify,
};

/// # Safety
/// `machine` is the machine of a store.
pub(crate) unsafe fn root(machine: *mut exec::Machine) -> NonNull<Store> {
    // SAFETY: `Store::new` set `embedder` to the store's own pointer, which is not null.
    unsafe { NonNull::new_unchecked((*machine).embedder.cast()) }
}

unsafe fn translate(machine: *mut exec::Machine, func: *mut exec::Func) -> Result<(), TrapCode> {
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists (see
    // `store`).
    let store = unsafe { root(machine).as_mut() };
    // SAFETY: `func` is a record of an instance in that store, which keeps both in place.
    let (instance, ready, variant) = unsafe {
        let instance = (*func).instance.cast::<InstanceRecord>();
        (instance, (*instance).ready, (*instance).variant)
    };
    if !ready {
        let error = Error::usage("the function is of an instance that could not be made");
        return Err(store.stop_with(error, TrapCode::InvalidFunction));
    }
    // SAFETY: the module of an instance never changes, and `func` lies in the array of the instance's functions.
    let (module, defined) = unsafe { ((*instance).module.inner(), func.offset_from_unsigned((*instance).exec.funcs)) };
    let code = match module.code.get(defined, variant) {
        Some(code) => code,
        None => {
            let index = module.info.imported_funcs + defined as u32;
            match store.translate(module, index, variant) {
                Ok(code) => code,
                Err(error) => return Err(store.stop_with(error, TrapCode::InvalidFunction)),
            }
        }
    };
    // SAFETY: the store keeps the record in place, and nothing else uses it while this hook runs.
    unsafe {
        (*func).entry = code.entry;
        (*func).frame_slots = code.frame_slots;
    }
    Ok(())
}

unsafe fn locate(
    machine: *mut exec::Machine,
    instance: *mut exec::Instance,
    place: *const exec::Cell,
) -> *const exec::Cell {
    // SAFETY: as in `translate`. An instance is the first part of its record, which holds its module.
    unsafe {
        let code = &(*instance.cast::<InstanceRecord>()).module.inner().code;
        root(machine).as_mut().places.locate(code, place)
    }
}

unsafe fn make_room(machine: *mut exec::Machine, bytes: usize, top: *mut u64) -> bool {
    // SAFETY: as in `translate`.
    unsafe { root(machine).as_mut().make_room(bytes, top) }
}

#[cfg(feature = "stack-switching")]
unsafe fn stack_room(machine: *mut exec::Machine, bytes: usize, top: *mut u64) -> bool {
    // SAFETY: as in `translate`.
    unsafe { root(machine).as_mut().stack_room(bytes, top) }
}

#[cfg(feature = "stack-switching")]
unsafe fn grow_stack(
    machine: *mut exec::Machine,
    fp: *mut u64,
    slots: usize,
    back: *const u8,
    caller: *mut u64,
) -> *mut u64 {
    // SAFETY: handlers call this as that function asks.
    unsafe { exec::grow_stack(machine, fp, slots, back, caller) }
}

#[cfg(feature = "stack-switching")]
unsafe fn perform(work: u64, ip: *const u8, fp: *mut u64, instance: *mut exec::Instance) -> Result<(), TrapCode> {
    // SAFETY: as above.
    unsafe { exec::perform(work, ip, fp, instance) }
}

unsafe fn exception(
    machine: *mut exec::Machine,
    tag: u32,
    values: *const u64,
    slots: usize,
    top: *mut u64,
) -> Option<u32> {
    // SAFETY: as in `translate`. Handlers pass `slots` values of the running function.
    unsafe { root(machine).as_mut().new_exception(tag, values, slots, top) }
}

pub(crate) unsafe fn host(
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    instance: *mut exec::Instance,
    args: *mut u64,
) -> Result<(), TrapCode> {
    // SAFETY: handlers pass records of the machine's store. `func` is the first part of a `HostRecord`. `args`
    // leads to `header` slots of the running function's own, below the frames of nested calls. Each reference to
    // the store ends before the host's code runs.
    unsafe {
        let mut root = root(machine);
        let slots = NonNull::slice_from_raw_parts(NonNull::new_unchecked(args), (*func).header.into());
        // Room for handles of the parameters and of the results.
        let room = 2 * usize::from((*func).header);
        let scope = match root.as_mut().enter_with_room(room) {
            Some(scope) => scope,
            None => make_handle_room(root, room)?,
        };
        let code = &(*func.cast::<HostRecord>()).host;
        let mut frame = HostFrame { root, instance, slots, ty: NonNull::from(code.ty()) };
        let call = HostCall::new(&mut frame);
        let outcome = call_hook::around(
            root,
            [CallHook::CallingHost, CallHook::ReturningFromHost],
            || without_unwinding(root, || code.call(call)),
            // The host's code is not called again: its results may lie where its arguments were.
            |_| TrapCode::Host,
        );
        root.as_mut().leave(scope);
        outcome
    }
}

/// Begins a scope of handles that has no room yet.
///
/// # Safety
/// No reference to the store is left.
// It returns before the host's code runs: what a call takes of the native stack must not depend on earlier ones.
#[cold]
#[inline(never)]
unsafe fn make_handle_room(mut root: NonNull<Store>, handles: usize) -> Result<usize, TrapCode> {
    // SAFETY: the caller guarantees that there is no reference.
    let store = unsafe { root.as_mut() };
    store.enter(handles).map_err(|error| store.stop_with(error.into(), TrapCode::Host))
}

/// Calls the embedder's code. Unwinding must not pass through handlers, so the store keeps a panic until they have
/// returned.
///
/// # Safety
/// No reference to the store is left afterwards.
#[cfg(feature = "std")]
pub(crate) unsafe fn without_unwinding(
    root: NonNull<Store>,
    work: impl FnOnce() -> Result<(), TrapCode>,
) -> Result<(), TrapCode> {
    match std::panic::catch_unwind(core::panic::AssertUnwindSafe(work)) {
        Ok(outcome) => outcome,
        // SAFETY: the caller guarantees that there is no other reference.
        Err(panic) => Err(unsafe { keep_panic(root, panic) }),
    }
}

/// Keeps a panic of the embedder's code until handlers have returned.
///
/// # Safety
/// No reference to the store is left.
#[cfg(feature = "std")]
#[cold]
#[inline(never)]
unsafe fn keep_panic(mut root: NonNull<Store>, panic: alloc::boxed::Box<dyn core::any::Any + Send>) -> TrapCode {
    // SAFETY: the caller guarantees that there is no reference.
    unsafe { root.as_mut() }.panic = Some(panic);
    TrapCode::Host
}

/// Calls the embedder's code. Without the standard library, a panic ends the program.
///
/// # Safety
/// None is needed here.
#[cfg(not(feature = "std"))]
pub(crate) unsafe fn without_unwinding(
    _root: NonNull<Store>,
    work: impl FnOnce() -> Result<(), TrapCode>,
) -> Result<(), TrapCode> {
    work()
}

unsafe fn memory_grow(machine: *mut exec::Machine, memory: *mut exec::Memory, delta: u64) -> Option<u64> {
    // SAFETY: as in `translate`. The memory is a record of the machine's store, which has its number.
    unsafe { root(machine).as_mut().grow_in_wasm(|store| store.grow_memory((*memory).embedder as u32, delta)) }
}

unsafe fn table_grow(machine: *mut exec::Machine, table: *mut exec::Table, delta: u64, init: u32) -> Option<u64> {
    // SAFETY: as in `translate`. The table is a record of the machine's store, which has its number.
    unsafe { root(machine).as_mut().grow_in_wasm(|store| store.grow_table((*table).embedder as u32, delta, init)) }
}
