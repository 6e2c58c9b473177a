//! Asynchronous calls that are interrupted, or that yield at deadlines.

use wasmote::{Caller, Engine, Linker, TrapCode, UpdateDeadline};

use super::modes::MODES;
use super::{count_yields, instantiate};

/// Calls `tick` in each round of a loop.
const TICKS: &str = r#"(module
    (import "host" "tick" (func $tick))
    (import "host" "wait" (func $wait))
    (func (export "f") (param i32) (result i32) (local i32)
        (loop
            (call $tick)
            (call $wait)
            (local.set 1 (i32.add (local.get 1) (i32.const 2)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

/// `tick` begins the next epoch.
fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "tick", |caller: Caller<'_, ()>| caller.engine().increment_epoch()).unwrap();
    linker.func_wrap_async("host", "wait", |_: Caller<'_, ()>, (): ()| async {}).unwrap();
    linker
}

#[test]
fn a_call_yields_at_its_deadlines() {
    for &mode in MODES {
        let linker = linker(&mode.engine());
        let (mut store, instance) = instantiate(mode, &linker, (), TICKS);
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        store.epoch_deadline_async_yield_and_update(5);
        store.set_epoch_deadline(5).unwrap();
        let (result, yields) = count_yields(f.call_async(&mut store, 100));
        assert_eq!((result.unwrap(), yields), (200, 20), "{mode:?}");
    }
}

#[test]
fn a_callback_and_a_trap_at_the_deadline() {
    for &mode in MODES {
        let linker = linker(&mode.engine());
        let (mut store, instance) = instantiate(mode, &linker, (), TICKS);
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(10)));
        store.set_epoch_deadline(10).unwrap();
        let (result, yields) = count_yields(f.call_async(&mut store, 100));
        assert_eq!((result.unwrap(), yields), (200, 10), "{mode:?}");
        store.epoch_deadline_trap();
        store.set_epoch_deadline(10).unwrap();
        let (result, yields) = count_yields(f.call_async(&mut store, 100));
        let error = result.unwrap_err();
        assert_eq!((error.as_trap_code().unwrap(), yields), (TrapCode::Interrupt, 0), "{mode:?}");
        store.interrupt_handle().unwrap().interrupt();
        let error = count_yields(f.call_async(&mut store, 100)).0.unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::Interrupt, "{mode:?}");
    }
}
