//! Tests of execution in place: what its interface promises, beyond what the specification's scripts cover
//! (`conformance`).
//!
//! Each module is tried with each kind of code that the build runs. Buffers are filled with ones first, so that a
//! missing initialization shows.

mod calls;
mod firmware;
// These tests use floats in some places.
#[cfg(feature = "float")]
mod fuel;
#[cfg(feature = "float")]
mod host;
#[cfg(feature = "float")]
mod loading;
mod memories;
#[cfg(feature = "float")]
mod native_stack;
#[cfg(not(feature = "float"))]
mod no_floats;
mod small;
#[path = "../support/mod.rs"]
mod support;
mod tables;
#[cfg(feature = "trace")]
mod trace;
#[cfg(feature = "float")]
mod traps;

use support::{Aligned, buffer_for, each_image};
use wasmote_exec::TrapCode;
use wasmote_exec::in_place::{CallError, Import, Instance};

/// The slots of the value stack, unless a test says otherwise.
const STACK: usize = 256;

/// Returns a buffer as `buffer_for` does, filled with ones.
fn dirty_buffer(image: &[u8], stack_slots: usize, more: usize) -> Vec<u64> {
    let mut buffer = buffer_for(image, stack_slots, more);
    buffer.fill(u64::MAX);
    buffer
}

/// Instantiates an image and passes the instance to `test`.
fn with<T>(image: &Aligned, imports: &[Import<T>], data: T, test: impl FnOnce(&mut Instance<'_, T>)) {
    let mut buffer = dirty_buffer(image.bytes(), STACK, 0);
    let mut instance = Instance::new(image.bytes(), imports, &mut buffer, STACK, data)
        .unwrap_or_else(|error| panic!("{}", error.message()));
    test(&mut instance);
}

/// Calls an export that has one result.
fn one<T>(instance: &mut Instance<'_, T>, export: &str, args: &[u64]) -> Result<u64, TrapCode> {
    let mut results = [0xdead];
    match instance.call(export, args, &mut results) {
        Ok(()) => Ok(results[0]),
        Err(CallError::Trap(code)) => Err(code),
        Err(error) => panic!("{export}: {}", error.message()),
    }
}

/// Calls an export that has no result.
fn none<T>(instance: &mut Instance<'_, T>, export: &str, args: &[u64]) -> Result<(), TrapCode> {
    match instance.call(export, args, &mut []) {
        Ok(()) => Ok(()),
        Err(CallError::Trap(code)) => Err(code),
        Err(error) => panic!("{export}: {}", error.message()),
    }
}

/// Checks calls of exports of a module without imports, in this order. Each export has one result.
#[track_caller]
fn check(text: &str, calls: &[(&str, &[u64], Result<u64, TrapCode>)]) {
    each_image(text, |image| {
        with(image, &[], (), |instance| {
            for (export, args, expected) in calls {
                assert_eq!(one(instance, export, args), *expected, "{export} {args:x?}");
            }
        });
    });
}
