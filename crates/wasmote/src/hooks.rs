//! What execution asks of this crate: code for functions, calls of the host, growth.

#[cfg(feature = "gc")]
use alloc::vec::Vec;
use core::ptr::NonNull;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;
#[cfg(feature = "gc")]
use wasmote_ir::fallible::TryVec;

use crate::caller::HostFrame;
use crate::error::Error;
use crate::host::HostRecord;
use crate::instance::InstanceRecord;
use crate::memory::MemoryRecord;
use crate::store::StoreInner;
use crate::table::TableRecord;

/// All of them.
pub(crate) const HOOKS: exec::Hooks =
    exec::Hooks { translate, locate, make_room, exception, host, memory_grow, table_grow };

/// # Safety
/// The machine is that of a store.
unsafe fn root(machine: *mut exec::Machine) -> NonNull<StoreInner> {
    // SAFETY: the store put the pointer to itself there, which is not null.
    unsafe { NonNull::new_unchecked((*machine).embedder.cast()) }
}

#[cold]
fn stop(store: &mut StoreInner, error: Error, code: TrapCode) -> TrapCode {
    store.pending = Some(error);
    code
}

unsafe fn translate(machine: *mut exec::Machine, func: *mut exec::Func) -> Result<(), TrapCode> {
    // SAFETY: code runs, so there is no other reference to the store (see `store`), and `func` is a record of an
    // instance in it, whose module nothing changes.
    unsafe {
        let store = root(machine).as_mut();
        let instance = (*func).instance.cast::<InstanceRecord>();
        if !(*instance).ready {
            return Err(stop(
                store,
                Error::new("a function of an instance that could not be made"),
                TrapCode::InvalidFunction,
            ));
        }
        let module = (*instance).module.inner();
        let defined = func.offset_from_unsigned((*instance).exec.funcs);
        let code = match module.code.get(defined) {
            Some(code) => code,
            None => {
                let index = module.info.imported_funcs + defined as u32;
                let translation = store.translation();
                match translation.map_err(Error::from).and_then(|made| made.function(module, index)) {
                    Ok(code) => code,
                    Err(error) => return Err(stop(store, error, TrapCode::InvalidFunction)),
                }
            }
        };
        (*func).code = code.entry;
        (*func).frame_slots = code.frame_slots;
    }
    Ok(())
}

unsafe fn locate(
    machine: *mut exec::Machine,
    instance: *mut exec::Instance,
    place: *const exec::Cell,
) -> *const exec::Cell {
    // SAFETY: as above: an instance is the first part of its record, which keeps its module.
    unsafe {
        let code = &(*instance.cast::<InstanceRecord>()).module.inner().code;
        root(machine).as_mut().places.locate(code, place)
    }
}

#[cfg(feature = "gc")]
unsafe fn make_room(machine: *mut exec::Machine, bytes: usize, top: *mut u64) -> bool {
    // SAFETY: as above.
    unsafe { root(machine).as_mut().make_room(bytes, top) }
}

/// Modules with objects are refused.
#[cfg(not(feature = "gc"))]
unsafe fn make_room(_: *mut exec::Machine, _: usize, _: *mut u64) -> bool {
    false
}

#[cfg(feature = "gc")]
unsafe fn exception(
    machine: *mut exec::Machine,
    tag: u32,
    values: *const u64,
    slots: usize,
    top: *mut u64,
) -> Option<u32> {
    // SAFETY: as above; the values are slots of the running function.
    unsafe { root(machine).as_mut().new_exception(tag, values, slots, top) }
}

/// Modules with tags are refused.
#[cfg(not(feature = "gc"))]
unsafe fn exception(_: *mut exec::Machine, _: u32, _: *const u64, _: usize, _: *mut u64) -> Option<u32> {
    None
}

unsafe fn host(
    machine: *mut exec::Machine,
    func: *mut exec::Func,
    instance: *mut exec::Instance,
    args: *mut u64,
) -> Result<(), TrapCode> {
    // SAFETY: the records are of the machine's store; a host function's record lies in a `HostRecord`, and its
    // arguments and results in `header` slots that are the running function's own, below where others would run.
    unsafe {
        let mut root = root(machine);
        let slots = NonNull::slice_from_raw_parts(NonNull::new_unchecked(args), (*func).header.into());
        // With room for handles of its parameters, and of its results.
        #[cfg(feature = "gc")]
        let scope = match root.as_ref().objects.roots.enter_with_room(2 * usize::from((*func).header)) {
            Ok(scope) => scope,
            Err(error) => return Err(stop(root.as_mut(), error.into(), TrapCode::Host)),
        };
        let code = &(*func.cast::<HostRecord>()).host;
        let mut frame = HostFrame { root, instance };
        // No unwinding passes through handlers: a panic waits in the store until they have returned.
        #[cfg(feature = "std")]
        let outcome = {
            let run = core::panic::AssertUnwindSafe(|| {
                code.call(&mut frame, slots).map_err(|error| thrown(frame.root.as_mut(), error))
            });
            std::panic::catch_unwind(run).unwrap_or_else(|panic| {
                root.as_mut().panic = Some(panic);
                Err(TrapCode::Host)
            })
        };
        #[cfg(not(feature = "std"))]
        let outcome = code.call(&mut frame, slots).map_err(|error| thrown(root.as_mut(), error));
        #[cfg(feature = "gc")]
        root.as_mut().objects.roots.leave(scope);
        outcome
    }
}

/// What becomes of a host function's error: an exception of the store's is thrown, all else stops wasm.
#[cold]
fn thrown(store: &mut StoreInner, error: Error) -> TrapCode {
    #[cfg(feature = "gc")]
    if let Some(exception) = error.as_exception() {
        let tag = exception.tag().number(store);
        let types = &store.tags[tag as usize].ty.params;
        let fit = types.len() == exception.values().len()
            && exception.values().iter().zip(types).all(|(value, &ty)| value.is_of(ty, store));
        if !fit {
            let error = Error::new("a host function threw an exception whose values are not of its tag's types");
            return stop(store, error, TrapCode::Host);
        }
        let mut slots: Vec<u64> = Vec::new();
        if let Err(error) = slots.try_resize(crate::host::slots(types), 0) {
            return stop(store, error.into(), TrapCode::Host);
        }
        crate::value::write_slots(exception.values(), &mut slots, store);
        let top = store.machine.stack_top;
        // SAFETY: the slots were just made.
        return match unsafe { store.new_exception(tag, slots.as_ptr(), slots.len(), top) } {
            Some(reference) => {
                store.machine.exception = reference;
                TrapCode::Exception
            }
            None => TrapCode::HeapExhausted,
        };
    }
    stop(store, error, TrapCode::Host)
}

unsafe fn memory_grow(_: *mut exec::Machine, memory: *mut exec::Memory, delta: u64) -> Option<u64> {
    // SAFETY: a memory is the first part of its record, which nobody else uses meanwhile.
    unsafe { (*memory.cast::<MemoryRecord>()).grow(delta) }
}

unsafe fn table_grow(_: *mut exec::Machine, table: *mut exec::Table, delta: u64, init: u32) -> Option<u64> {
    // SAFETY: a table is the first part of its record, which nobody else uses meanwhile.
    unsafe { (*table.cast::<TableRecord>()).grow(delta, init) }
}
