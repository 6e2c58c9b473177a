//! Calls that wait while other things happen to their store, or that are dropped.

use std::sync::Arc;

use wasmote::{Caller, Error, Extern, Func, Linker, ResumableCall, Store, TypedResumableCall, Val};

use super::modes::{MODES, Mode};
use super::{Host, OTHER, WORK, answer_of, finish, instantiate};

#[test]
fn a_call_goes_on_only_in_its_own_store() {
    let (mut store, instance) = instantiate(Mode::Metered, &[OTHER, WORK]);
    let (mut other, _) = instantiate(Mode::Metered, &[OTHER, WORK]);
    let mut results = [Val::I64(0)];
    let work = instance.get_func(&store, "work").unwrap();
    let typed = instance.get_typed_func::<i32, i64>(&store, "work").unwrap();
    let mut start = |fuel| {
        store.set_fuel(fuel).unwrap();
        work.call_resumable(&mut store, &[Val::I32(2)], &mut [Val::I64(0)]).unwrap()
    };
    let (waits, throws, stops) = (start(u64::MAX), start(u64::MAX), start(1));
    store.set_fuel(u64::MAX).unwrap();
    let typed = typed.call_resumable(&mut store, 2).unwrap();
    // It makes no difference whether the store still exists.
    drop(store);
    let ResumableCall::HostTrap(call) = waits else { panic!("{waits:?}") };
    let refused = |error: Error| assert_eq!(error.to_string(), "the call belongs to another store");
    refused(call.resume(&mut other, &[Val::I64(0)], &mut results).unwrap_err());
    let ResumableCall::HostTrap(call) = throws else { panic!("{throws:?}") };
    refused(call.resume_throw(&mut other, Error::new("no"), &mut results).unwrap_err());
    let ResumableCall::OutOfFuel(call) = stops else { panic!("{stops:?}") };
    refused(call.resume(&mut other, &mut results).unwrap_err());
    let TypedResumableCall::HostTrap(call) = typed else { panic!("{typed:?}") };
    refused(call.resume(&mut other, &[Val::I64(0)]).unwrap_err());
}

#[test]
fn a_call_that_is_dropped_leaves_nothing_behind() {
    let engine = Mode::Metered.engine();
    let value = Arc::new(());
    let mut linker = Linker::<Arc<()>>::new(&engine);
    let wait = |caller: Caller<'_, Arc<()>>| -> Result<(), Error> { Err(caller.suspend_with(caller.data().clone())) };
    linker.func_wrap("host", "wait", wait).unwrap();
    let text = r#"(module (import "host" "wait" (func $wait)) (func (export "f") (call $wait) (call $wait)))"#;
    let module = Mode::Metered.module(&engine, text);
    let mut store = Store::new(&engine, value.clone());
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    // A process may have about 65,000 mappings, so each stack must be given back at once.
    for _ in 0..66_000 {
        let TypedResumableCall::HostTrap(call) = f.call_resumable(&mut store, ()).unwrap() else { panic!() };
        assert_eq!(Arc::strong_count(&value), 3);
        drop(call);
        assert_eq!(Arc::strong_count(&value), 2);
    }
    let TypedResumableCall::HostTrap(call) = f.call_resumable(&mut store, ()).unwrap() else { panic!() };
    let TypedResumableCall::HostTrap(call) = call.resume(&mut store, &[]).unwrap() else { panic!() };
    // The reason of the first stop is gone, and that of the second is here.
    assert_eq!(Arc::strong_count(&value), 3);
    drop(store);
    assert_eq!(Arc::strong_count(&value), 2);
    drop(call);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn memories_and_functions_may_change_while_a_call_waits() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[OTHER, WORK]);
        let func = instance.get_func(&store, "work").unwrap();
        let (mut wanted, mut results) = ([Val::I64(0)], [Val::I64(0)]);
        store.data_mut().direct = true;
        func.call(&mut store, &[Val::I32(3)], &mut wanted).unwrap();
        store.data_mut().direct = false;
        let memory = instance.get_memory(&store, "memory").unwrap();
        let mut call = func.call_resumable(&mut store, &[Val::I32(3)], &mut results).unwrap();
        let mut other = None;
        loop {
            call = match call {
                ResumableCall::Finished => break,
                ResumableCall::HostTrap(call) => {
                    // Without guard pages the memory moves.
                    memory.grow(&mut store, 3).unwrap();
                    let wrapped = Func::wrap(&mut store, || 1);
                    wrapped.call(&mut store, &[], &mut [Val::I32(0)]).unwrap();
                    // Another call takes its own way, and stays.
                    other = Some(func.call_resumable(&mut store, &[Val::I32(1)], &mut [Val::I64(0)]).unwrap());
                    let types = call.host_func().ty(&store).results().to_vec();
                    let values = answer_of(&types, *call.value::<i32>().unwrap());
                    call.resume(&mut store, &values, &mut results).unwrap()
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(results, wanted, "{mode:?}");
        finish(&mut store, other.unwrap(), 0, &mut results);
    }
}

/// A host function starts a call, keeps it in the store, and answers. The host goes on with it later.
#[test]
fn a_call_that_a_host_function_started_outlives_it() {
    type Kept = Vec<TypedResumableCall<i32>>;
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<Kept>::new(&engine);
        let wait = |caller: Caller<'_, Kept>, x: i32| -> Result<i32, Error> { Err(caller.suspend_with(x)) };
        linker.func_wrap("host", "wait", wait).unwrap();
        let spawn = |mut caller: Caller<'_, Kept>, x: i32| -> Result<(), Error> {
            let task = caller.get_export("task").and_then(Extern::into_func).unwrap().typed::<i32, i32>(&caller)?;
            let call = task.call_resumable(&mut caller, x)?;
            caller.data_mut().push(call);
            Ok(())
        };
        linker.func_wrap("host", "spawn", spawn).unwrap();
        let text = r#"(module
            (import "host" "wait" (func $wait (param i32) (result i32)))
            (import "host" "spawn" (func $spawn (param i32)))
            (func (export "task") (param i32) (result i32) (local i32)
                (local.set 1 (i32.mul (local.get 0) (i32.const 100)))
                (i32.add (local.get 1) (call $wait (local.get 0))))
            (func (export "main") (result i32)
                (call $spawn (i32.const 1)) (call $spawn (i32.const 2)) (call $spawn (i32.const 3))
                (call $wait (i32.const 4))))"#;
        let mut store = Store::new(&engine, Kept::new());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
        let instance = linker.instantiate(&mut store, &mode.module(&engine, text)).unwrap();
        let main = instance.get_typed_func::<(), i32>(&store, "main").unwrap();
        let mut calls = vec![main.call_resumable(&mut store, ()).unwrap()];
        calls.append(store.data_mut());
        let mut sums = Vec::new();
        for call in calls {
            let TypedResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
            let x = *call.value::<i32>().unwrap();
            let TypedResumableCall::Finished(sum) = call.resume(&mut store, &[Val::I32(x)]).unwrap() else { panic!() };
            sums.push(sum);
        }
        assert_eq!(sums, [4, 101, 202, 303], "{mode:?}");
    }
}

#[test]
fn a_call_can_go_on_in_another_thread() {
    let (store, instance) = instantiate(Mode::Lazy, &[OTHER, WORK]);
    let (mut store, mut results): (Store<Host>, _) = (store, [Val::I64(0)]);
    let func = instance.get_func(&store, "work").unwrap();
    let mut wanted = [Val::I64(0)];
    store.data_mut().direct = true;
    func.call(&mut store, &[Val::I32(2)], &mut wanted).unwrap();
    store.data_mut().direct = false;
    let call = func.call_resumable(&mut store, &[Val::I32(2)], &mut results).unwrap();
    let thread = std::thread::spawn(move || {
        finish(&mut store, call, 0, &mut results);
        results
    });
    assert_eq!(thread.join().unwrap(), wanted);
}
