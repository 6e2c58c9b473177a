//! Calls that stop, because of a host function or of their fuel, and go on later.

mod interrupts;
mod modes;
mod objects;
mod stops;
mod stores;

use modes::{MODES, Mode};
use wasmote::{Caller, Engine, Error, Instance, Linker, ResumableCall, Store, TypedResumableCall, Val};

/// What the host knows: whether it answers at once, and how often it was asked.
#[derive(Default)]
pub struct Host {
    direct: bool,
    asked: u32,
}

/// The answer to a number. Answers are of all types of numbers.
fn answer(number: i32) -> [Val; 5] {
    let wide = i64::from(number) * 0x1_0000_0001 + 7;
    [
        Val::I32(number.wrapping_mul(3) + 1),
        Val::I64(wide),
        Val::F32(number as f32 + 0.5),
        Val::F64(f64::from(number) + 0.25),
        Val::V128((wide as u128) << 64 | number as u32 as u128),
    ]
}

/// Defines host functions that answer at once, or suspend with the number as the reason.
fn linker(engine: &Engine) -> Linker<Host> {
    fn ask(mut caller: Caller<'_, Host>, number: i32) -> Result<[Val; 5], Error> {
        caller.data_mut().asked += 1;
        if caller.data().direct { Ok(answer(number)) } else { Err(caller.suspend_with(number)) }
    }
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "i32", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(|it| it[0].i32().unwrap()))
        .unwrap();
    linker
        .func_wrap("host", "i64", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(|it| it[1].i64().unwrap()))
        .unwrap();
    linker
        .func_wrap("host", "f32", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(|it| it[2].f32().unwrap()))
        .unwrap();
    linker
        .func_wrap("host", "f64", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(|it| it[3].f64().unwrap()))
        .unwrap();
    linker
        .func_wrap("host", "v128", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(|it| it[4].v128().unwrap()))
        .unwrap();
    linker.func_wrap("host", "none", |caller: Caller<'_, Host>, x: i32| ask(caller, x).map(drop)).unwrap();
    let many = |caller: Caller<'_, Host>, x: i32, _: i64, _: f64| {
        ask(caller, x).map(|it| (it[0].i32().unwrap(), it[1].i64().unwrap(), it[3].f64().unwrap()))
    };
    linker.func_wrap("host", "many", many).unwrap();
    linker
}

/// Returns what the host function of this type answers.
fn answer_of(types: &[wasmote::ValType], number: i32) -> Vec<Val> {
    types.iter().map(|&ty| answer(number).into_iter().find(|it| it.ty() == ty).unwrap()).collect()
}

/// Calls of the host in every way: directly, through a table, by a tail call, and out of another instance.
const OTHER: &str = r#"(module
    (import "host" "i32" (func $ask (param i32) (result i32)))
    (import "host" "none" (func $none (param i32)))
    (memory 1)
    (func (export "other") (param i32) (result i32)
        (i32.store (i32.shl (local.get 0) (i32.const 2)) (local.get 0))
        (call $none (local.get 0))
        (i32.add (i32.load (i32.shl (local.get 0) (i32.const 2))) (call $ask (i32.add (local.get 0) (i32.const 1)))))
    (func (export "tail") (param i32) (result i32) (return_call $ask (local.get 0))))"#;
const WORK: &str = r#"(module
    (import "other" "other" (func $other (param i32) (result i32)))
    (import "other" "tail" (func $tail (param i32) (result i32)))
    (import "host" "i32" (func $i32 (param i32) (result i32)))
    (import "host" "i64" (func $i64 (param i32) (result i64)))
    (import "host" "f32" (func $f32 (param i32) (result f32)))
    (import "host" "f64" (func $f64 (param i32) (result f64)))
    (import "host" "many" (func $many (param i32 i64 f64) (result i32 i64 f64)))
    (type $t (func (param i32) (result i32)))
    (table funcref (elem $i32 $other $tail $own))
    (memory (export "memory") 1)
    (func $own (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func $recursive (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $recursive (i32.sub (local.get 0) (i32.const 1))) (call $other (local.get 0))))
            (else (call $tail (i32.const 40)))))
    (func (export "work") (param i32) (result i64) (local i64 f64 i32)
        (loop
            (i32.store (i32.shl (local.get 0) (i32.const 2)) (local.get 0))
            (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (call $i64 (local.get 0))))
            (local.set 1 (i64.add (local.get 1) (i64.extend_i32_s (call $i32 (i32.load (i32.shl (local.get 0) (i32.const 2)))))))
            (local.set 2 (f64.add (local.get 2) (f64.promote_f32 (f32.mul (call $f32 (local.get 0)) (f32.const 2)))))
            (local.set 2 (f64.mul (call $f64 (local.get 0)) (local.get 2)))
            (local.set 1 (i64.xor (local.get 1) (i64.extend_i32_u
                (call_indirect (type $t) (local.get 0) (i32.and (local.get 0) (i32.const 3))))))
            (local.set 1 (i64.xor (local.get 1) (i64.extend_i32_u (call $recursive (i32.const 3)))))
            (call $many (local.get 0) (local.get 1) (local.get 2))
            (local.set 2)
            (local.set 1 (i64.add (local.get 1)))
            (local.set 3)
            (local.set 1 (i64.rotl (local.get 1) (i64.extend_i32_u (local.get 3))))
            (if (call $i32 (i32.const 5)) (then (local.set 1 (i64.add (local.get 1) (i64.const 99)))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i64.xor (local.get 1) (i64.reinterpret_f64 (local.get 2)))))"#;
const VECTORS: &str = r#"(module
    (import "host" "v128" (func $v128 (param i32) (result v128)))
    (func (export "vectors") (param i32) (result i64) (local v128)
        (local.set 1 (i64x2.add (call $v128 (local.get 0)) (call $v128 (i32.const 3))))
        (i64.add (i64x2.extract_lane 0 (local.get 1)) (i64x2.extract_lane 1 (call $v128 (i32.const -1))))))"#;

/// Instantiates these modules, each of which can import the exports of those before it as `other`.
fn instantiate(mode: Mode, texts: &[&str]) -> (Store<Host>, Instance) {
    let engine = mode.engine();
    let mut linker = linker(&engine);
    let mut store = Store::new(&engine, Host::default());
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let mut last = None;
    for text in texts {
        let instance = linker.instantiate(&mut store, &mode.module(&engine, text)).unwrap();
        linker.instance(&mut store, "other", instance).unwrap();
        last = Some(instance);
    }
    (store, last.unwrap())
}

/// Resumes the call until it returns. Gives `fuel` units each time when they are used up. Returns how often it waited
/// for the host, and how often for fuel.
fn finish(store: &mut Store<Host>, mut call: ResumableCall, fuel: u64, results: &mut [Val]) -> (u32, u32) {
    let (mut waits, mut stops) = (0, 0);
    loop {
        call = match call {
            ResumableCall::Finished => return (waits, stops),
            ResumableCall::HostTrap(call) => {
                waits += 1;
                let types = call.host_func().ty(&*store).results().to_vec();
                let values = answer_of(&types, *call.value::<i32>().unwrap());
                call.resume(&mut *store, &values, results).unwrap()
            }
            ResumableCall::OutOfFuel(call) => {
                stops += 1;
                let left = store.get_fuel().unwrap();
                store.set_fuel(left + fuel).unwrap();
                call.resume(&mut *store, results).unwrap()
            }
        }
    }
}

#[test]
fn a_call_that_waits_returns_what_it_would_have_returned() {
    for &mode in MODES {
        for (texts, export) in [(&[OTHER, WORK][..], "work"), (&[VECTORS], "vectors")] {
            if export == "vectors" && matches!(mode, Mode::Image(wasmote::OpSet::Core, _)) {
                continue;
            }
            let (mut store, instance) = instantiate(mode, texts);
            let func = instance.get_func(&store, export).unwrap();
            let (mut wanted, mut results) = ([Val::I64(0)], [Val::I64(0)]);
            store.data_mut().direct = true;
            func.call(&mut store, &[Val::I32(7)], &mut wanted).unwrap();
            *store.data_mut() = Host { direct: false, asked: 0 };
            let call = func.call_resumable(&mut store, &[Val::I32(7)], &mut results).unwrap();
            let (waits, stops) = finish(&mut store, call, 0, &mut results);
            assert_eq!((results, waits, stops), (wanted, store.data().asked, 0), "{mode:?}, {export}");
            assert!(waits > 2, "{waits}");
        }
    }
}

#[test]
fn a_call_can_wait_for_the_host_and_for_fuel() {
    for &mode in MODES.iter().filter(|mode| mode.is_metered()) {
        let (mut store, instance) = instantiate(mode, &[OTHER, WORK]);
        let func = instance.get_func(&store, "work").unwrap();
        let mut wanted = [Val::I64(0)];
        store.data_mut().direct = true;
        store.set_fuel(u64::MAX).unwrap();
        func.call(&mut store, &[Val::I32(5)], &mut wanted).unwrap();
        let used = u64::MAX - store.get_fuel().unwrap();
        for fuel in [1, 2, 5, 33, 100_000] {
            *store.data_mut() = Host::default();
            store.set_fuel(0).unwrap();
            let mut results = [Val::I64(0)];
            let call = func.call_resumable(&mut store, &[Val::I32(5)], &mut results).unwrap();
            let (waits, stops) = finish(&mut store, call, fuel, &mut results);
            assert_eq!((results, waits), (wanted, store.data().asked), "{mode:?}, {fuel} at a time");
            // Nothing is paid twice.
            assert_eq!(u64::from(stops) * fuel - store.get_fuel().unwrap(), used, "{mode:?}, {fuel} at a time");
        }
    }
}

#[test]
fn many_calls_wait_at_once_and_go_on_in_any_order() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[OTHER, WORK]);
        let func = instance.get_func(&store, "work").unwrap();
        store.data_mut().direct = true;
        let mut wanted = [[Val::I64(0)]; 20];
        for (count, wanted) in (1..).zip(&mut wanted) {
            func.call(&mut store, &[Val::I32(count)], wanted).unwrap();
        }
        store.data_mut().direct = false;
        let mut results = [[Val::I64(0)]; 20];
        let mut calls = Vec::new();
        for (at, results) in results.iter_mut().enumerate() {
            let call = func.call_resumable(&mut store, &[Val::I32(at as i32 + 1)], results).unwrap();
            calls.push((at, call));
        }
        let mut random = 1_u64;
        while !calls.is_empty() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (at, call) = calls.swap_remove((random >> 33) as usize % calls.len());
            let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
            let types = call.host_func().ty(&store).results().to_vec();
            let values = answer_of(&types, *call.value::<i32>().unwrap());
            match call.resume(&mut store, &values, &mut results[at]).unwrap() {
                ResumableCall::Finished => {}
                call => calls.push((at, call)),
            }
        }
        assert_eq!(results, wanted, "{mode:?}");
    }
}

#[test]
fn a_typed_call_returns_its_type() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[OTHER]);
        let other = instance.get_typed_func::<i32, i32>(&store, "other").unwrap();
        let mut call = other.call_resumable(&mut store, 6).unwrap();
        let mut asked = Vec::new();
        let result = loop {
            call = match call {
                TypedResumableCall::Finished(result) => break result,
                TypedResumableCall::HostTrap(mut call) => {
                    assert_eq!(call.host_error().to_string(), "a host function waits");
                    asked.push(*call.take_value().unwrap().downcast::<i32>().unwrap());
                    assert!(call.take_value().is_none());
                    let types = call.host_func().ty(&store).results().to_vec();
                    call.resume(&mut store, &answer_of(&types, asked[asked.len() - 1])).unwrap()
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((result, &asked[..]), (6 + 22, &[6, 7][..]), "{mode:?}");
    }
}
