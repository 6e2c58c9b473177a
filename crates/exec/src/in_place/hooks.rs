//! The hooks of execution in place: calls of host functions, and growth of memories and tables.

use core::slice;

use wasmote_ir::TrapCode;

use super::InPlace;
use super::{Caller, HostFunction};
use crate::mode::Absent;
use crate::state::{self, Memory};

type Machine = state::Machine<InPlace>;
type Instance = state::Instance<InPlace>;

/// What the hooks need while code runs. The machine's `embedder` points to it.
pub(super) struct HostHooks<T, I> {
    pub(super) data: *mut T,
    pub(super) imports: *const I,
    pub(super) resolved: *const u16,
}

/// Returns the hooks for instances whose data is a `T`, and whose host functions are of the type `I`.
pub(super) fn hooks<T, I: HostFunction<T>>() -> state::Hooks<InPlace> {
    state::Hooks {
        translate: Absent,
        locate: Absent,
        make_room: Absent,
        #[cfg(feature = "stack-switching")]
        stack_room: Absent,
        #[cfg(feature = "stack-switching")]
        grow_stack: Absent,
        #[cfg(feature = "stack-switching")]
        perform: Absent,
        exception: Absent,
        host: host::<T, I>,
        memory_grow,
        #[cfg(feature = "threads")]
        atomic_wait: Absent,
        #[cfg(feature = "threads")]
        atomic_notify: Absent,
        table_grow,
    }
}

/// Calls a host function.
///
/// # Safety
/// As [`Hooks::host`](state::Hooks::host): the function is an imported one, and `args` has `slots` slots.
/// `Instance::run` runs the code, its data is a `T`, and its imports are of the type `I`.
unsafe fn host<T, I: HostFunction<T>>(
    machine: *mut Machine,
    index: u32,
    instance: *mut Instance,
    args: *mut u64,
    slots: usize,
) -> Result<(), TrapCode> {
    // SAFETY: `Instance::run` set `embedder` to a `HostHooks<T, I>` that lives as long as the run, and nothing else uses the
    // data then. `resolved` has an entry for each imported function, which `resolve` found in `imports`. The caller
    // guarantees the slots of `args`.
    let (import, args, data) = unsafe {
        let host = &mut *(*machine).embedder.cast::<HostHooks<T, I>>();
        let import = &*host.imports.add(usize::from(*host.resolved.add(index as usize)));
        (import, slice::from_raw_parts_mut(args, slots), &mut *host.data)
    };
    import.call(&mut Caller { instance, data }, args)?;
    let mut slot = 0;
    for ty in import.types(true) {
        use wasmote_ir::ValType::{F32, I32};
        if let (I32 | F32, Some(value)) = (ty, args.get_mut(slot)) {
            *value = u64::from(*value as u32);
        }
        slot += usize::from(ty.slots());
    }
    Ok(())
}

/// Grows a memory. The record's `embedder` is the number of bytes that there is room for.
///
/// # Safety
/// `memory` is a record that `Parts::memories` wrote.
unsafe fn memory_grow(_: *mut Machine, memory: *mut Memory, delta: u64) -> Option<u64> {
    // SAFETY: the caller guarantees the record, with its length in front of the base.
    let (&Memory { base, page_log2, max_pages, embedder: room, .. }, old) = unsafe { (&*memory, (*memory).len()) };
    let pages = old >> page_log2;
    let new = pages.checked_add(delta).filter(|&new| new <= max_pages)?;
    let len = new.checked_mul(1 << page_log2).filter(|&len| len <= room as u64)?;
    // SAFETY: from `base` on, `room` bytes of the buffer are the memory's, and its length lies in front.
    unsafe {
        base.add(old as usize).write_bytes(0, (len - old) as usize);
        base.cast::<u64>().sub(1).write(len);
    }
    Some(pages)
}

/// Grows a table by nothing: in place, tables have a fixed length.
///
/// # Safety
/// `table` is a record of the instance.
unsafe fn table_grow(_: *mut Machine, table: *mut state::Table<InPlace>, delta: u64, _init: u32) -> Option<u64> {
    // SAFETY: the caller guarantees the record, which lies in the buffer.
    (delta == 0).then(|| unsafe { (*table).len })
}
