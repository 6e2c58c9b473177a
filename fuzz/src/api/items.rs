//! References of all kinds, and what can be done with those to items, traps and frames.

use std::ptr::null_mut;

use super::callbacks::{finalize, token};
use super::data::val_of;
use super::ffi::*;
use super::world::World;

pub const STEPS: &[fn(&World)] = &[
    copy,
    |world| world.refs.delete(world),
    |world| world.refs.delete(world),
    same,
    host_info,
    host_info,
    foreign,
    foreign,
    |world| world.refs.add(new_trap(world)),
    trap,
    frame,
    new_global,
    global,
    new_table,
    table,
    table,
    new_memory,
    memory,
    item,
    garbage,
];

type As = unsafe extern "C" fn(*mut Ref) -> *mut Ref;

/// Returns a reference, mostly of this kind.
pub fn of_kind(world: &World, kind: As) -> Option<*mut Ref> {
    // SAFETY: what is in a pool is alive.
    world.refs.pick_where(world, |reference| unsafe { !kind(reference).is_null() })
}

fn copy(world: &World) {
    if let Some(reference) = world.refs.pick(world) {
        // SAFETY: the reference is alive.
        world.refs.add(unsafe { wasm_ref_copy(reference) });
    }
}

fn same(world: &World) {
    if let (Some(a), Some(b)) = (world.refs.pick(world), world.refs.pick(world)) {
        // SAFETY: both are alive. While a stream uses the store, objects of wasm's cannot be compared.
        let _same = unsafe { wasm_ref_same(a, b) };
    }
}

fn host_info(world: &World) {
    let Some(reference) = world.refs.pick(world) else { return };
    // SAFETY: the reference is alive.
    unsafe {
        match world.below(4) {
            0 => wasm_ref_set_host_info(reference, null_mut()),
            1 => {
                let _info = wasm_ref_get_host_info(reference);
            }
            _ => wasm_ref_set_host_info_with_finalizer(reference, token(), Some(finalize)),
        }
    }
}

fn foreign(world: &World) {
    let Some(store) = world.stores.pick(world) else { return };
    // SAFETY: the store is alive.
    let foreign = unsafe { wasm_foreign_new(store) };
    if !foreign.is_null() && world.bool() {
        // SAFETY: the reference is alive, and in no pool yet, so that nobody deletes it.
        unsafe { wasm_ref_set_host_info_with_finalizer(foreign, token(), Some(finalize)) };
    }
    world.refs.add(foreign);
}

/// Makes so many objects that the collector runs.
fn garbage(world: &World) {
    if world.below(4) > 0 {
        return;
    }
    for _ in 0..300 {
        let Some(store) = world.stores.pick(world) else { return };
        // SAFETY: the store is alive; the reference is owned, and may be null.
        unsafe { wasm_ref_delete(wasm_foreign_new(store)) };
    }
}

/// Returns a trap, or null if there is no store.
pub fn new_trap(world: &World) -> *mut Ref {
    let Some(store) = world.stores.pick(world) else { return null_mut() };
    let mut message = *b"stop\xff\0";
    let message = Vector::lent(&mut message[..world.below(7)]);
    // SAFETY: the store is alive, and the message is lent.
    unsafe { wasm_trap_new(store, &raw const message) }
}

fn trap(world: &World) {
    let Some(trap) = of_kind(world, wasm_ref_as_trap) else { return };
    let (mut message, mut frames) = (Bytes::EMPTY, Vector::EMPTY);
    // SAFETY: the trap is alive, and no finalizer runs before the last of these calls. The vectors are owned.
    unsafe {
        let is_trap = !wasm_ref_as_trap(trap).is_null();
        assert!(wasmote_trap_code(trap) <= 25);
        wasmote_trap_exit_status(trap, null_mut());
        wasm_trap_message(trap, &raw mut message);
        assert_eq!(message.elements().last(), is_trap.then_some(&0));
        wasm_byte_vec_delete(&raw mut message);
        if world.bool() {
            world.frames.add(wasm_trap_origin(trap));
        } else {
            wasm_trap_trace(trap, &raw mut frames);
            assert!(frames.size <= 1024);
            if let Some(&first) = frames.elements().first() {
                world.frames.add(wasm_frame_copy(first));
            }
            wasm_frame_vec_delete(&raw mut frames);
        }
    }
}

fn frame(world: &World) {
    let Some(frame) = world.frames.pick(world) else { return };
    let mut name = Bytes::EMPTY;
    // SAFETY: the frame is alive; it lends its instance.
    unsafe {
        wasm_frame_func_index(frame);
        wasm_frame_func_offset(frame);
        wasmote_frame_func_name(frame, &raw mut name);
        wasm_byte_vec_delete(&raw mut name);
        let instance = wasm_frame_instance(frame);
        if !instance.is_null() {
            assert!(!wasm_ref_as_instance(instance).is_null());
            let copy = wasm_ref_copy(instance);
            world.refs.add(copy);
        }
    }
    if world.bool() {
        world.frames.delete(world);
    }
}

fn of_type(world: &World, kind: u8) -> Option<*mut ExternType> {
    // SAFETY: what is in a pool is alive.
    world.types.pick_where(world, |ty| unsafe { wasm_externtype_kind(ty) == kind })
}

/// Returns a type of a function, mostly.
pub fn functype(world: &World) -> Option<*mut ExternType> {
    of_type(world, 0)
}

fn new_global(world: &World) {
    let (Some(store), Some(ty)) = (world.stores.pick(world), of_type(world, 1)) else { return };
    // SAFETY: the store and the type are alive; the value is owned.
    unsafe {
        let content = wasm_globaltype_content(ty);
        let kind = if content.is_null() { world.byte() % 4 } else { wasm_valtype_kind(content) };
        let mut val = val_of(world, kind);
        world.refs.add(wasm_global_new(store, ty, &raw const val));
        wasm_val_delete(&raw mut val);
    }
}

fn global(world: &World) {
    let Some(global) = of_kind(world, wasm_ref_as_global) else { return };
    let mut val = Val { kind: 0, of: 0 };
    // SAFETY: the global is alive until the call; values are owned.
    unsafe {
        match world.below(3) {
            0 => world.types.add(wasm_global_type(global)),
            1 => {
                wasm_global_get(global, &raw mut val);
                world.vals.add(Box::into_raw(Box::new(val)));
            }
            _ => {
                val = val_of(world, [0, 1, 2, 3, 128, 129, 130][world.below(7)]);
                wasm_global_set(global, &raw const val);
                wasm_val_delete(&raw mut val);
            }
        }
    }
}

/// Returns a reference that is alive, or null.
fn element(world: &World) -> *mut Ref {
    if world.bool() { null_mut() } else { world.refs.pick(world).unwrap_or(null_mut()) }
}

fn new_table(world: &World) {
    let (Some(store), Some(ty)) = (world.stores.pick(world), of_type(world, 2)) else { return };
    // SAFETY: all are alive.
    world.refs.add(unsafe { wasm_table_new(store, ty, element(world)) });
}

fn table(world: &World) {
    let Some(table) = of_kind(world, wasm_ref_as_table) else { return };
    let (size, element) = (world.size(), element(world));
    // SAFETY: both are alive until the call.
    unsafe {
        match world.below(5) {
            0 => world.types.add(wasm_table_type(table)),
            1 => world.refs.add(wasm_table_get(table, size)),
            2 => {
                wasm_table_set(table, size, element);
            }
            3 => {
                wasm_table_size(table);
            }
            _ => {
                wasm_table_grow(table, size, element);
            }
        }
    }
}

fn new_memory(world: &World) {
    let (Some(store), Some(ty)) = (world.stores.pick(world), of_type(world, 3)) else { return };
    // SAFETY: both are alive.
    world.refs.add(unsafe { wasm_memory_new(store, ty) });
}

fn memory(world: &World) {
    let Some(memory) = of_kind(world, wasm_ref_as_memory) else { return };
    // SAFETY: the memory is alive until the call. A finalizer runs after a call only, and then nothing follows.
    unsafe {
        match world.below(4) {
            0 => world.types.add(wasm_memory_type(memory)),
            1 => {
                wasm_memory_grow(memory, world.size());
            }
            2 => {
                wasm_memory_size(memory);
            }
            _ => {
                let copy = wasm_ref_copy(memory);
                let data = wasm_memory_data(copy);
                let size = wasm_memory_data_size(copy);
                if size > 0 && !data.is_null() {
                    let at = data.add((world.u64() % size as u64) as usize);
                    at.write(at.read().wrapping_add(world.byte()));
                }
                wasm_ref_delete(copy);
            }
        }
    }
}

fn item(world: &World) {
    let Some(item) = of_kind(world, wasm_ref_as_extern) else { return };
    // SAFETY: the item is alive.
    unsafe {
        assert!(wasm_extern_kind(item) <= 4);
        world.types.add(wasm_extern_type(item));
    }
}
