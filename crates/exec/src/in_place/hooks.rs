//! What execution asks back: host functions, and growth.

use core::slice;

use wasmote_ir::TrapCode;

use super::InPlace;
use super::{Caller, Import};
use crate::mode::Absent;
use crate::state::{self, Memory};

type Machine = state::Machine<InPlace>;
type Instance = state::Instance<InPlace>;

/// What the hooks need while code runs; the machine's `embedder` points to it.
pub(super) struct Host<T> {
    pub(super) data: *mut T,
    pub(super) imports: *const Import<T>,
    pub(super) resolved: *const u16,
}

/// The hooks for instances whose data is a `T`.
pub(super) fn hooks<T>() -> state::Hooks<InPlace> {
    state::Hooks {
        translate: Absent,
        locate: Absent,
        make_room: Absent,
        exception: Absent,
        host: host::<T>,
        memory_grow,
        table_grow,
    }
}

unsafe fn host<T>(
    machine: *mut Machine,
    index: u32,
    instance: *mut Instance,
    args: *mut u64,
    slots: usize,
) -> Result<(), TrapCode> {
    // SAFETY: `Instance::run` put the pointer there, and what it leads to is unused while code runs; the import was found when
    // the image was instantiated; arguments and results have slots of their own.
    unsafe {
        let host = &mut *(*machine).embedder.cast::<Host<T>>();
        let import = &*host.imports.add(usize::from(*host.resolved.add(index as usize)));
        let args = slice::from_raw_parts_mut(args, slots);
        (import.func)(&mut Caller { instance, data: &mut *host.data }, args)?;
        let mut slot = 0;
        for ty in import.results {
            use wasmote_ir::ValType::{F32, I32};
            if let (I32 | F32, Some(value)) = (ty, args.get_mut(slot)) {
                *value = u64::from(*value as u32);
            }
            slot += usize::from(ty.slots());
        }
    }
    Ok(())
}

/// `embedder` of a memory is how many bytes there is room for.
unsafe fn memory_grow(_: *mut Machine, memory: *mut Memory, delta: u64) -> Option<u64> {
    // SAFETY: the memory lies in the buffer, with the room that it says.
    unsafe {
        let old = (*memory).len();
        let pages = old >> (*memory).page_log2;
        let new = pages.checked_add(delta).filter(|&new| new <= (*memory).max_pages)?;
        let len = new.checked_mul(1 << (*memory).page_log2).filter(|&len| len <= (*memory).embedder as u64)?;
        let base = (*memory).base;
        base.add(old as usize).write_bytes(0, (len - old) as usize);
        base.cast::<u64>().sub(1).write(len);
        Some(pages)
    }
}

unsafe fn table_grow(_: *mut Machine, table: *mut state::Table<InPlace>, delta: u64, _init: u32) -> Option<u64> {
    // SAFETY: the table lies in the buffer.
    (delta == 0).then(|| unsafe { (*table).len })
}
