//! Calls that stop when their fuel is used up, and are resumed or dropped.
#![cfg(all(feature = "wasm", feature = "validate"))]

use wasmote_runtime::{Activation, Engine, Error, Fault, Item, Module, Progress, Settings, StoreMut, StoreWithData};

/// Returns a store with an instance of each text, and the last instance. Each module imports the exports of the
/// previous one, in order.
fn instantiate(settings: &Settings, texts: &[&str]) -> (StoreWithData<()>, u32) {
    let engine = Engine::new(settings);
    let mut store = StoreWithData::try_new(&engine, ()).unwrap();
    let (mut exports, mut instance) = (Vec::new(), 0);
    for text in texts {
        let module = Module::validated(&engine, wat::parse_str(text).unwrap().into()).unwrap();
        if settings.fuel {
            store.borrow_mut().store().set_fuel(u64::MAX).unwrap();
        }
        instance = store.borrow_mut().instantiate(&module, &exports).unwrap();
        let record = store.borrow().store().instance(instance);
        exports = module.info().exports.iter().map(|export| record.exported(export).unwrap()).collect();
    }
    (store, instance)
}

fn func(store: &StoreWithData<()>, instance: u32, name: &str) -> u32 {
    match store.borrow().store().instance(instance).export(name) {
        Some(Item::Func(reference)) => reference,
        other => panic!("{name} is {other:?}"),
    }
}

fn fueled() -> Settings {
    Settings { fuel: true, ..Settings::default() }
}

fn start(store: &mut StoreMut<'_, ()>, func: u32, args: &[u64]) -> Activation {
    // SAFETY: `args` has as many numbers as the function has parameters; the callers see to that.
    unsafe { store.start(func, args) }.unwrap()
}

/// Adds fuel and resumes the call: a single instruction may cost more than a small amount. Returns the result, if the
/// call returns.
fn go_on_with(store: &mut StoreMut<'_, ()>, call: &mut Activation, more: u64) -> Result<Option<u64>, Error> {
    let left = store.store().get_fuel().unwrap();
    go_on(store, call, left + more)
}

/// Sets the fuel and resumes the call. Returns the result, if the call returns.
fn go_on(store: &mut StoreMut<'_, ()>, call: &mut Activation, fuel: u64) -> Result<Option<u64>, Error> {
    store.store().set_fuel(fuel).unwrap();
    let mut results = [0];
    // SAFETY: the functions of these tests have one result.
    let progress = unsafe { store.run(call, &mut results) }?;
    Ok(matches!(progress, Progress::Returned).then_some(results[0]))
}

fn has_ended(outcome: Result<Option<u64>, Error>) -> bool {
    let failure = outcome.err().and_then(Error::into_failure);
    failure.is_some_and(|failure| matches!(failure.fault, Fault::Usage(_)))
}

/// Calls between instances, indirect calls, recursion, loops, and instructions that work in pieces.
const OTHER: &str = r#"(module
    (memory 2)
    (func $digits (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
            (else (i32.add (i32.rem_u (local.get 0) (i32.const 10)) (call $digits (i32.div_u (local.get 0) (i32.const 10)))))))
    (func (export "other") (param i32) (result i32)
        (memory.fill (i32.const 0) (local.get 0) (i32.const 100000))
        (i32.add (call $digits (local.get 0)) (i32.load8_u (i32.const 99999)))))"#;
const WORK: &str = r#"(module
    (import "" "other" (func $other (param i32) (result i32)))
    (table funcref (elem $other))
    (type $t (func (param i32) (result i32)))
    (func (export "work") (param i32) (result i64) (local i64 f64)
        (loop
            (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.extend_i32_u (call $other (local.get 0)))))
            (local.set 2 (f64.add (local.get 2) (f64.sqrt (f64.convert_i32_u (local.get 0)))))
            (local.set 1 (i64.xor (local.get 1) (i64.extend_i32_u
                (call_indirect (type $t) (i32.trunc_f64_u (local.get 2)) (i32.const 0)))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

#[test]
fn a_call_that_stops_repeatedly_returns_the_same_result() {
    let (mut store, instance) = instantiate(&fueled(), &[OTHER, WORK]);
    let work = func(&store, instance, "work");
    let mut store = store.borrow_mut();
    let mut whole = start(&mut store, work, &[40]);
    let wanted = go_on(&mut store, &mut whole, u64::MAX).unwrap().unwrap();
    let used = u64::MAX - store.store().get_fuel().unwrap();
    for fuel in [1, 2, 3, 7, 50, 1000, 33_333] {
        let mut call = start(&mut store, work, &[40]);
        store.store().set_fuel(0).unwrap();
        let mut stops = 0;
        let result = loop {
            match go_on_with(&mut store, &mut call, fuel).unwrap() {
                Some(result) => break result,
                None => stops += 1,
            }
        };
        assert_eq!(result, wanted, "{fuel} at a time");
        // Nothing is paid twice.
        assert_eq!((stops + 1) * fuel - store.store().get_fuel().unwrap(), used, "{fuel} at a time");
    }
}

#[test]
fn calls_that_have_stopped_do_not_disturb_each_other() {
    let (mut store, instance) = instantiate(&fueled(), &[OTHER, WORK]);
    let work = func(&store, instance, "work");
    let mut store = store.borrow_mut();
    let wanted: Vec<u64> = (1..20)
        .map(|count| {
            let mut call = start(&mut store, work, &[count]);
            go_on(&mut store, &mut call, u64::MAX).unwrap().unwrap()
        })
        .collect();
    let mut calls: Vec<Activation> = (1..20).map(|count| start(&mut store, work, &[count])).collect();
    let mut results = vec![None; calls.len()];
    while results.contains(&None) {
        for (call, result) in calls.iter_mut().zip(&mut results).rev().filter(|(_, result)| result.is_none()) {
            *result = go_on(&mut store, call, 5000).unwrap();
        }
    }
    assert_eq!(results.into_iter().flatten().collect::<Vec<_>>(), wanted);
}

#[test]
fn a_call_that_has_ended_cannot_be_resumed() {
    let (mut store, instance) = instantiate(&fueled(), &[OTHER, WORK]);
    let work = func(&store, instance, "work");
    let mut store = store.borrow_mut();
    let mut call = start(&mut store, work, &[1]);
    assert!(go_on(&mut store, &mut call, u64::MAX).unwrap().is_some());
    assert!(has_ended(go_on(&mut store, &mut call, u64::MAX)));
}

#[test]
fn a_trap_after_a_stop_has_all_frames() {
    let (mut store, instance) = instantiate(
        &fueled(),
        &[r#"(module
            (func $deep (param i32) (result i32)
                (if (result i32) (i32.eqz (local.get 0)) (then unreachable)
                    (else (call $deep (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "f") (result i32) (call $deep (i32.const 9))))"#],
    );
    let f = func(&store, instance, "f");
    let mut store = store.borrow_mut();
    let mut call = start(&mut store, f, &[]);
    store.store().set_fuel(0).unwrap();
    let error = loop {
        match go_on_with(&mut store, &mut call, 1) {
            Ok(result) => assert_eq!(result, None),
            Err(error) => break error,
        }
    };
    let failure = error.into_failure().unwrap();
    assert!(matches!(failure.fault, Fault::Trap(_)));
    assert_eq!(wasmote_runtime::Backtrace::of_failure(failure.backtrace).frames().len(), 11);
    assert!(has_ended(go_on(&mut store, &mut call, 1)));
}

/// A process may have about 65,000 mappings, so they must be unmapped at once.
#[test]
fn a_dropped_call_frees_its_stack() {
    let settings = Settings { max_stack: 64 << 10, ..fueled() };
    let (mut store, instance) = instantiate(&settings, &[OTHER, WORK]);
    let work = func(&store, instance, "work");
    let mut store = store.borrow_mut();
    for _ in 0..70_000 {
        let mut call = start(&mut store, work, &[2]);
        assert_eq!(go_on(&mut store, &mut call, 3).unwrap(), None);
    }
    let mut kept: Vec<_> = (0..1000).map(|_| start(&mut store, work, &[2])).collect();
    kept.drain(..500);
    for call in &mut kept {
        assert!(go_on(&mut store, call, u64::MAX).unwrap().is_some());
    }
}

#[cfg(feature = "gc")]
#[test]
fn objects_of_a_suspended_call_stay_alive() {
    let settings = Settings { gc_stress: true, ..fueled() };
    let (mut store, instance) = instantiate(
        &settings,
        &[r#"(module
            (type $s (struct (field i32)))
            (func (export "f") (param i32) (result i32) (local (ref null $s))
                (local.set 1 (struct.new $s (local.get 0)))
                (drop (struct.new $s (i32.const 1)))
                (drop (struct.new $s (i32.const 2)))
                (struct.get $s 0 (local.get 1))))"#],
    );
    let f = func(&store, instance, "f");
    let mut store = store.borrow_mut();
    let mut calls: Vec<Activation> = (0..10).map(|i| start(&mut store, f, &[i + 100])).collect();
    let mut results = vec![None; calls.len()];
    store.store().set_fuel(0).unwrap();
    while results.contains(&None) {
        for (call, result) in calls.iter_mut().zip(&mut results).filter(|(_, result)| result.is_none()) {
            *result = go_on_with(&mut store, call, 1).unwrap();
            store.store().collect();
        }
    }
    assert_eq!(results, (0..10).map(|i| Some(i + 100)).collect::<Vec<_>>());
}
