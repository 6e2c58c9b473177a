//! Objects that only the frames of a waiting call hold.

use std::sync::Arc;

use wasmote::{Caller, Error, ExternRef, Linker, ResumableCall, Store, Val, scope};

use super::modes::MODES;

const OBJECTS: &str = r#"(module
    (type $s (struct (field i32)))
    (import "host" "wait" (func $wait (param externref) (result externref)))
    (import "host" "same" (func $same (param externref externref) (result i32)))
    (func $keep (param externref) (result i32) (local (ref null $s) externref)
        (local.set 1 (struct.new $s (i32.const 7)))
        (local.set 2 (call $wait (local.get 0)))
        (drop (struct.new $s (i32.const 1)))
        (i32.add (struct.get $s 0 (local.get 1)) (call $same (local.get 0) (local.get 2))))
    (func (export "f") (param externref) (result i32) (local (ref null $s))
        (local.set 1 (struct.new $s (i32.const 100)))
        (i32.add (call $keep (local.get 0)) (struct.get $s 0 (local.get 1)))))"#;

#[test]
fn objects_of_a_waiting_call_stay_alive_and_go_with_it() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<()>::new(&engine);
        let wait = |caller: Caller<'_, ()>, _: Option<ExternRef>| -> Result<Option<ExternRef>, Error> {
            Err(caller.suspend(Error::new("wait")))
        };
        linker.func_wrap("host", "wait", wait).unwrap();
        let same = |a: Option<ExternRef>, b: Option<ExternRef>| i32::from(a == b);
        linker.func_wrap("host", "same", same).unwrap();
        let mut store = Store::new(&engine, ());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
        let instance = linker.instantiate(&mut store, &mode.module(&engine, OBJECTS)).unwrap();
        let f = instance.get_func(&store, "f").unwrap();
        let mut results = [Val::I32(0)];

        let value = Arc::new(());
        let mut calls: Vec<_> = (0..6)
            .map(|_| {
                // The handle goes with the scope, so only the frames have the reference.
                scope(&mut store, |store| {
                    let held = ExternRef::new(&mut *store, value.clone());
                    f.call_resumable(store, &[held.into()], &mut [Val::I32(0)]).unwrap()
                })
            })
            .collect();
        store.collect();
        assert_eq!(Arc::strong_count(&value), 7, "{mode:?}");
        // Half of them are dropped, and their objects with them.
        calls.truncate(3);
        store.collect();
        assert_eq!(Arc::strong_count(&value), 4, "{mode:?}");
        for call in calls {
            let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
            scope(&mut store, |store| {
                let new = ExternRef::new(&mut *store, value.clone());
                let call = call.resume(store, &[new.into()], &mut results).unwrap();
                assert!(matches!(call, ResumableCall::Finished));
            });
            assert_eq!(results, [Val::I32(107)], "{mode:?}");
        }
        store.collect();
        assert_eq!(Arc::strong_count(&value), 1, "{mode:?}");
    }
}
