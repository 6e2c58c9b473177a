//! Calls that are interrupted and go on.

use std::sync::atomic::{AtomicBool, Ordering};

use wasmote::{ResumableCall, TrapCode, TypedResumableCall, Val};

use super::modes::{MODES, Mode};
use super::{OTHER, WORK, answer_of, instantiate};

const SPINS: &str = r#"(module
    (memory 1)
    (func (export "spin") (param i32) (result i64) (local i64)
        (loop
            (local.set 1 (i64.rotl (i64.xor (local.get 1) (i64.extend_i32_u (local.get 0))) (i64.const 7)))
            (i64.store (i32.const 8) (local.get 1))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

#[test]
fn a_call_can_be_interrupted_while_it_waits() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[OTHER, WORK]);
        let handle = store.interrupt_handle().unwrap();
        let func = instance.get_func(&store, "work").unwrap();
        let (mut wanted, mut results) = ([Val::I64(0)], [Val::I64(0)]);
        store.data_mut().direct = true;
        func.call(&mut store, &[Val::I32(4)], &mut wanted).unwrap();
        store.data_mut().direct = false;
        let mut call = func.call_resumable(&mut store, &[Val::I32(4)], &mut results).unwrap();
        let (mut waits, mut interruptions) = (0, 0);
        loop {
            call = match call {
                ResumableCall::Finished => break,
                ResumableCall::HostTrap(call) => {
                    // It stops again at its next call or loop.
                    handle.interrupt();
                    waits += 1;
                    let types = call.host_func().ty(&store).results().to_vec();
                    let values = answer_of(&types, *call.value::<i32>().unwrap());
                    call.resume(&mut store, &values, &mut results).unwrap()
                }
                ResumableCall::OutOfFuel(call) if call.is_interrupted() => {
                    interruptions += 1;
                    call.resume(&mut store, &mut results).unwrap()
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(results, wanted, "{mode:?}");
        assert!(interruptions > waits / 2, "{mode:?}: {interruptions} of {waits}");
    }
}

#[test]
fn a_call_that_another_thread_interrupts_returns_what_it_would_have_returned() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[SPINS]);
        let handle = store.interrupt_handle().unwrap();
        let spin = instance.get_typed_func::<i32, i64>(&store, "spin").unwrap();
        let wanted = spin.call(&mut store, 300_000).unwrap();
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    handle.interrupt();
                    std::thread::yield_now();
                }
            });
            // At least one interruption, also if the other thread is late.
            handle.interrupt();
            let (mut call, mut interruptions) = (spin.call_resumable(&mut store, 300_000), 0);
            let result = loop {
                call = match call.unwrap() {
                    TypedResumableCall::Finished(result) => break result,
                    TypedResumableCall::OutOfFuel(call) if call.is_interrupted() => {
                        interruptions += 1;
                        call.resume(&mut store)
                    }
                    other => panic!("{other:?}"),
                }
            };
            ended.store(true, Ordering::Relaxed);
            assert_eq!(result, wanted, "{mode:?}");
            assert!(interruptions > 0);
        });
    }
}

#[test]
fn an_interrupted_call_can_be_dropped() {
    let (mut store, instance) = instantiate(Mode::Lazy, &[SPINS]);
    let handle = store.interrupt_handle().unwrap();
    let spin = instance.get_typed_func::<i32, i64>(&store, "spin").unwrap();
    let wanted = spin.call(&mut store, 1000).unwrap();
    handle.interrupt();
    assert!(
        matches!(spin.call_resumable(&mut store, 1000).unwrap(), TypedResumableCall::OutOfFuel(call) if call.is_interrupted())
    );
    assert_eq!(spin.call(&mut store, 1000).unwrap(), wanted);
    handle.interrupt();
    assert_eq!(spin.call(&mut store, 1000).unwrap_err().as_trap_code().unwrap(), TrapCode::Interrupt);
}
