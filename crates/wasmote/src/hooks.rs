//! What execution asks of this crate: code for functions, calls of the host, growth.

use core::ptr::NonNull;
use core::slice;

use wasmote_exec as exec;
use wasmote_ir::TrapCode;

use crate::caller::HostFrame;
use crate::error::Error;
use crate::host::HostRecord;
use crate::instance::InstanceRecord;
use crate::memory::MemoryRecord;
use crate::store::StoreInner;
use crate::table::TableRecord;

/// All of them.
pub(crate) const HOOKS: exec::Hooks = exec::Hooks { translate, host, memory_grow, table_grow };

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
        let module = (*instance).module.inner();
        let defined = func.offset_from_unsigned((*instance).exec.funcs);
        let code = match module.code.get(defined) {
            Some(code) => code,
            None => {
                let index = module.info.imported_funcs + defined as u32;
                let translation = store.translation();
                match translation.function(module, index) {
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
        let slots = slice::from_raw_parts_mut(args, usize::from((*func).header));
        let code = &(*func.cast::<HostRecord>()).host;
        let mut frame = HostFrame { root, instance };
        // No unwinding passes through handlers: a panic waits in the store until they have returned.
        #[cfg(feature = "std")]
        let outcome = {
            let run = core::panic::AssertUnwindSafe(|| code.call(&mut frame, slots));
            match std::panic::catch_unwind(run) {
                Ok(outcome) => outcome,
                Err(panic) => {
                    root.as_mut().panic = Some(panic);
                    return Err(TrapCode::Host);
                }
            }
        };
        #[cfg(not(feature = "std"))]
        let outcome = code.call(&mut frame, slots);
        outcome.map_err(|error| stop(root.as_mut(), error, TrapCode::Host))
    }
}

unsafe fn memory_grow(_: *mut exec::Machine, memory: *mut exec::Memory, delta: u64) -> Option<u64> {
    // SAFETY: a memory is the first part of its record, which nobody else uses meanwhile.
    unsafe { (*memory.cast::<MemoryRecord>()).grow(delta) }
}

unsafe fn table_grow(_: *mut exec::Machine, table: *mut exec::Table, delta: u64, init: u32) -> Option<u64> {
    // SAFETY: a table is the first part of its record, which nobody else uses meanwhile.
    unsafe { (*table.cast::<TableRecord>()).grow(delta, init) }
}
