//! What the library calls: host functions, finalizers and streams. All of them may use the library again.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use super::ffi::*;
use super::items::new_trap;
use super::world::World;

/// What a finalizer frees.
pub fn token() -> *mut c_void {
    Box::into_raw(Box::new(0x1234_5678_u32)).cast()
}

fn check_token(token: *mut c_void) {
    // SAFETY: a callback gets its token, which is freed by its finalizer.
    assert_eq!(unsafe { *token.cast::<u32>() }, 0x1234_5678);
}

/// A finalizer that frees its token, and does a few steps.
pub unsafe extern "C" fn finalize(token: *mut c_void) {
    // SAFETY: a token of `token`.
    unsafe { finalize_only(token) };
    let world = World::current();
    for _ in 0..world.below(3) {
        world.step();
    }
}

/// A finalizer of a stream, or of a function of a linker, which must not use the library's objects.
pub unsafe extern "C" fn finalize_only(token: *mut c_void) {
    check_token(token);
    // SAFETY: a token of `token`.
    drop(unsafe { Box::from_raw(token.cast::<u32>()) });
}

pub unsafe extern "C" fn plain(args: *const Vector<Val>, results: *mut Vector<Val>) -> *mut Ref {
    // SAFETY: as the library guarantees.
    unsafe { host(null(), &*args, &mut *results) }
}

pub unsafe extern "C" fn with_env(token: *mut c_void, args: *const Vector<Val>, results: *mut Vector<Val>) -> *mut Ref {
    check_token(token);
    // SAFETY: as above.
    unsafe { host(null(), &*args, &mut *results) }
}

pub unsafe extern "C" fn with_caller(
    token: *mut c_void,
    caller: *const Caller,
    args: *const Vector<Val>,
    results: *mut Vector<Val>,
) -> *mut Ref {
    check_token(token);
    // SAFETY: as above.
    unsafe { host(caller, &*args, &mut *results) }
}

/// Does a few steps, and returns values or a trap.
unsafe fn host(caller: *const Caller, args: &Vector<Val>, results: &mut Vector<Val>) -> *mut Ref {
    let world = World::current();
    for _ in 0..world.below(4) {
        // SAFETY: the caller is valid as long as the function runs.
        match world.below(6) {
            0 if !caller.is_null() => world.stores.add(unsafe { wasmote_caller_store(caller) }),
            1 if !caller.is_null() => world.refs.add(unsafe { wasmote_caller_export(caller, b"m".as_ptr(), 1) }),
            _ => world.step(),
        }
    }
    let count = results.size;
    // SAFETY: the vector has so many places, which hold no references yet.
    let places: &mut [Val] =
        if count == 0 { &mut [] } else { unsafe { std::slice::from_raw_parts_mut(results.data, count) } };
    for (i, place) in places.iter_mut().enumerate() {
        let args = args.elements();
        let from = args.iter().cycle().skip(i).take(args.len()).find(|arg| arg.kind == place.kind);
        match (world.below(8), from) {
            (0, _) => {
                if let Some(val) = world.vals.pick(world) {
                    // SAFETY: the value is alive.
                    unsafe { wasm_val_copy(place, val) }
                }
            }
            (1, _) if place.kind >= EXTERNREF => {
                if let Some(reference) = world.refs.take(world) {
                    place.of = reference as u64;
                }
            }
            // SAFETY: arguments are alive.
            (2..6, Some(from)) => unsafe { wasm_val_copy(place, from) },
            _ => {}
        }
    }
    match world.below(10) {
        0 => world.refs.take(world).unwrap_or(null_mut()),
        1 => new_trap(world),
        _ => null_mut(),
    }
}

/// A stream, which may use the library, but not the store.
pub unsafe extern "C" fn write(token: *mut c_void, bytes: *const u8, size: usize) -> isize {
    check_token(token);
    // SAFETY: there are so many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, size) };
    let sum: usize = bytes.iter().map(|&byte| usize::from(byte)).sum();
    let world = World::current();
    for _ in 0..world.below(3) {
        world.step();
    }
    match world.below(4) {
        0 => -1,
        1 => isize::MAX,
        _ => size.min(sum + 1) as isize,
    }
}
