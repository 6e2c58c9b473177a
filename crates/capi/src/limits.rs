//! What bounds the code of a store: fuel, interruption and limits.

use wasmote::{InterruptHandle, StoreLimitsBuilder};

use crate::error::wasmote_error_t;
use crate::instance::IN_USE;
use crate::store::wasm_store_t;

/// Stops the code of a store from other threads: `wasmote_interrupt_handle_t`.
pub struct wasmote_interrupt_handle_t {
    handle: InterruptHandle,
}

/// What a store may take: `wasmote_limits_t`. A negative number is no limit.
#[repr(C)]
pub struct wasmote_limits_t {
    memory_bytes: i64,
    table_elements: i64,
    total_bytes: i64,
    memories: i64,
    tables: i64,
    instances: i64,
    trap_on_grow_failure: bool,
}

fn in_use<T>(result: Option<Result<T, wasmote::Error>>) -> Result<T, Box<wasmote_error_t>> {
    wasmote_error_t::or(result.ok_or_else(|| wasmote_error_t::new(IN_USE))?)
}

c_functions! {
    /// Sets the fuel that is left. Fails if the engine's code takes none.
    fn wasmote_store_set_fuel(store: &wasm_store_t, fuel: u64) -> Option<Box<wasmote_error_t>> {
        in_use(store.cell.with(|context| context.set_fuel(fuel))).err()
    }

    /// Returns the fuel that is left in `fuel`. Fails if the engine's code takes none.
    fn wasmote_store_get_fuel(store: &wasm_store_t, fuel: &mut u64) -> Option<Box<wasmote_error_t>> {
        in_use(store.cell.with(|context| context.get_fuel())).map(|left| *fuel = left).err()
    }

    /// Limits what the store may take. What it has already counts, but stays. Fails while code runs in the store.
    fn wasmote_store_limit(store: &wasm_store_t, limits: &wasmote_limits_t) -> Option<Box<wasmote_error_t>> {
        let limit = |number: i64| usize::try_from(number).ok();
        let most = |number| limit(number).unwrap_or(usize::MAX);
        let mut builder = StoreLimitsBuilder::new().trap_on_grow_failure(limits.trap_on_grow_failure);
        builder = builder.instances(most(limits.instances)).tables(most(limits.tables)).memories(most(limits.memories));
        if let Some(bytes) = limit(limits.memory_bytes) {
            builder = builder.memory_size(bytes);
        }
        if let Some(elements) = limit(limits.table_elements) {
            builder = builder.table_elements(elements);
        }
        if let Some(bytes) = limit(limits.total_bytes) {
            builder = builder.max_total_bytes(bytes);
        }
        in_use(store.cell.with_idle(|store| {
            store.data_mut().limits = builder.build();
            store.try_limiter(|data| &mut data.limits)
        })).err()
    }

    /// Returns what stops the store's code from other threads. Returns null and sets `handle`, or returns an error if the
    /// engine's code cannot be interrupted.
    fn wasmote_interrupt_handle_new(
        store: &wasm_store_t,
        handle: *mut Option<Box<wasmote_interrupt_handle_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let made = in_use(store.cell.with(|context| context.interrupt_handle()));
        made.map(|made| handle.write(Some(Box::new(wasmote_interrupt_handle_t { handle: made })))).err()
    }

    /// Stops the code that runs in the store, or else the next that runs, with the trap `WASMOTE_TRAP_INTERRUPT`. All
    /// threads and signal handlers may call it, also after the store was freed.
    fn wasmote_interrupt_handle_interrupt(handle: &wasmote_interrupt_handle_t) {
        handle.handle.interrupt();
    }

    /// Deletes the handle. Does nothing for null.
    fn wasmote_interrupt_handle_delete(handle: Option<Box<wasmote_interrupt_handle_t>>) {
        drop(handle);
    }
}
