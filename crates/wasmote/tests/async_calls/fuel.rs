//! Asynchronous calls that yield after an interval of fuel.

use std::pin::pin;

use wasmote::{Caller, Engine, Extern, Linker, TrapCode};

use super::modes::{MODES, Mode};
use super::{block_on, count_yields, instantiate, poll_once};

/// Computes for a while, also in a call that the host makes, and fills a memory.
const COMPUTES: &str = r#"(module
    (import "host" "again" (func $again (param i32) (result i64)))
    (import "host" "ready" (func $ready))
    (memory 4)
    (func $sum (export "sum") (param i32) (result i64) (local i64)
        (loop
            (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
    (func (export "f") (param i32) (result i64)
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 200000))
        (i64.add (call $sum (local.get 0)) (call $again (local.get 0))))
    (func (export "waits") (loop (call $ready) (br 0))))"#;

fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    let again = |mut caller: Caller<'_, ()>, x: i32| {
        let sum = caller.get_export("sum").and_then(Extern::into_func).unwrap().typed::<i32, i64>(&caller)?;
        sum.call(&mut caller, x)
    };
    linker.func_wrap("host", "again", again).unwrap();
    linker.func_wrap_async("host", "ready", |_: Caller<'_, ()>, (): ()| async {}).unwrap();
    linker
}

#[test]
fn a_call_yields_each_time_that_it_has_used_so_much() {
    for &mode in MODES.iter().filter(|mode| mode.is_metered()) {
        let linker = linker(&mode.engine());
        let (mut store, instance) = instantiate(mode, &linker, (), COMPUTES);
        let f = instance.get_typed_func::<i32, i64>(&store, "f").unwrap();
        store.set_fuel(1 << 40).unwrap();
        let wanted = f.call(&mut store, 1000).unwrap();
        let used = (1 << 40) - store.get_fuel().unwrap();
        for interval in [1, 10, 777, 1 << 30] {
            store.set_fuel(1 << 40).unwrap();
            store.fuel_async_yield_interval(Some(interval)).unwrap();
            let (result, yields) = count_yields(f.call_async(&mut store, 1000));
            assert_eq!(
                (result.unwrap(), (1 << 40) - store.get_fuel().unwrap()),
                (wanted, used),
                "{mode:?}, {interval}"
            );
            // Half of the work is in the call that the host makes, which cannot yield.
            assert!(yields <= used / interval, "{mode:?}, {interval}: {yields} of {used}");
            assert!(yields >= used / interval / 4, "{mode:?}, {interval}: {yields} of {used}");
        }
        store.fuel_async_yield_interval(None).unwrap();
        assert!(poll_once(pin!(f.call_async(&mut store, 1000))).is_ready());
    }
}

#[test]
fn a_call_that_is_dropped_after_yielding_leaves_the_fuel() {
    let linker = linker(&Mode::Metered.engine());
    let (mut store, instance) = instantiate(Mode::Metered, &linker, (), COMPUTES);
    let f = instance.get_typed_func::<i32, i64>(&store, "f").unwrap();
    store.set_fuel(1_000_000).unwrap();
    store.fuel_async_yield_interval(Some(100)).unwrap();
    assert!(poll_once(pin!(f.call_async(&mut store, 1000))).is_pending());
    let left = store.get_fuel().unwrap();
    assert!((999_000..1_000_000).contains(&left), "{left}");
    // A call that is not asynchronous has all of the fuel.
    let sum = instance.get_typed_func::<i32, i64>(&store, "sum").unwrap();
    assert_eq!(sum.call(&mut store, 1000).unwrap(), 500_500);
    assert!(store.get_fuel().unwrap() < left - 1000);
}

#[test]
fn a_call_that_waits_only_for_ready_futures_yields() {
    let linker = linker(&Mode::Metered.engine());
    let (mut store, instance) = instantiate(Mode::Metered, &linker, (), COMPUTES);
    let waits = instance.get_typed_func::<(), ()>(&store, "waits").unwrap();
    store.set_fuel(1000).unwrap();
    store.fuel_async_yield_interval(Some(100)).unwrap();
    let (result, yields) = count_yields(waits.call_async(&mut store, ()));
    let error = result.unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::OutOfFuel);
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
    assert!((8..=10).contains(&yields), "{yields}");
}

#[test]
fn guests_that_compute_take_turns() {
    let linker = linker(&Mode::Metered.engine());
    let started = std::rc::Rc::new(std::cell::Cell::new(0));
    let run = async |number| {
        let (mut store, instance) = instantiate(Mode::Metered, &linker, (), COMPUTES);
        let sum = instance.get_typed_func::<i32, i64>(&store, "sum").unwrap();
        store.fuel_async_yield_interval(Some(1000)).unwrap();
        started.set(started.get() + 1);
        let sum = sum.call_async(&mut store, 10_000 * number).await.unwrap();
        // Both have begun before one has ended.
        assert_eq!(started.get(), 2);
        sum
    };
    let (a, b) = block_on(super::both(run(1), run(2)));
    assert_eq!((a, b), (50_005_000, 200_010_000));
}

#[test]
fn an_interval_needs_code_that_takes_fuel() {
    let mut store = wasmote::Store::new(&Mode::Lazy.engine(), ());
    assert!(store.fuel_async_yield_interval(Some(10)).is_err());
    store.fuel_async_yield_interval(None).unwrap();
    let mut store = wasmote::Store::new(&Mode::Metered.engine(), ());
    assert!(store.fuel_async_yield_interval(Some(0)).is_err());
    store.fuel_async_yield_interval(Some(1)).unwrap();
}
