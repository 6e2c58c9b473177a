//! Traps: codes, names, offsets, and stores that continue to work.

use wasmote::{Config, Engine, Instance, Module, Store, TrapCode};

use crate::{first_line, instance, linked, module};

/// Returns the offset of `needle`, which occurs once in `wasm`.
fn offset_of(wasm: &[u8], needle: &[u8]) -> usize {
    let mut found = wasm.windows(needle.len()).enumerate().filter(|(_, bytes)| *bytes == needle);
    let (at, _) = found.next().unwrap();
    assert!(found.next().is_none());
    at
}

#[test]
fn a_trap_says_where_with_names_and_offsets() {
    let text = r#"(module
        (import "a" "b" (func $host))
        (func $divide (param i32 i32) (result i32) (call $host) (i32.div_u (local.get 0) (local.get 1)))
        (func (export "run") (param i32) (result i32)
            (i32.add (i32.const 77) (call $divide (i32.const 99) (local.get 0)))))"#;
    let wasm = wat::parse_str(text).unwrap();
    let (mut store, instance) = linked((), text, |linker| {
        linker.func_wrap("a", "b", || ()).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 9).unwrap(), 88);
    let error = run.call(&mut store, 0).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::IntegerDivisionByZero);
    let [inner, outer] = backtrace.frames() else { panic!("{error}") };
    // i32.div_u is 0x6e, behind local.get 0 and local.get 1; the call is 0x10 of function 1, behind local.get 0.
    let divide = offset_of(&wasm, &[0x20, 0, 0x20, 1, 0x6e]) + 4;
    let call = offset_of(&wasm, &[0x20, 0, 0x10, 1]) + 2;
    assert_eq!((inner.func_index(), inner.func_name(), inner.module_offset()), (1, Some("divide"), Some(divide)));
    assert_eq!((outer.func_index(), outer.func_name(), outer.module_offset()), (2, None, Some(call)));
    let expected = format!(
        "wasm trap: integer divide by zero\n  0: func 1 <divide> at wasm offset {divide:#x}\n  1: func 2 at wasm offset {call:#x}"
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_frame_between_two_instances_is_listed() {
    let engine = Engine::default();
    let inner = module(&engine, r#"(module (func $deep (export "f") unreachable))"#);
    let outer = module(
        &engine,
        r#"(module (import "a" "f" (func $f)) (func $middle (call $f)) (func $top (export "run") (call $middle)))"#,
    );
    let mut store = Store::new(&engine, ());
    let f = Instance::new(&mut store, &inner, &[]).unwrap().get_func(&store, "f").unwrap();
    let instance = Instance::new(&mut store, &outer, &[f.into()]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let error = run.call(&mut store, &[], &mut []).unwrap_err();
    let names: Vec<&str> = error.backtrace().unwrap().frames().iter().map(|frame| frame.func_name().unwrap()).collect();
    assert_eq!(names, ["deep", "middle", "top"]);
}

#[test]
fn endless_recursion_is_a_trap_with_a_bounded_backtrace() {
    let text = r#"(module
        (func $again (export "run") (param i32) (result i32)
            (i32.add (call $again (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
        (func (export "fine") (result i32) i32.const 5))"#;
    let (mut store, instance) = instance(text);
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let error = run.call(&mut store, 0).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
    assert_eq!((backtrace.frames().len(), backtrace.omitted_frames()), (64, 1000));
    assert!(backtrace.frames().iter().all(|frame| frame.module_offset() == backtrace.frames()[0].module_offset()));
    assert_eq!(first_line(&error), "wasm trap: call stack exhausted");
    assert!(error.to_string().ends_with("and 1000 or more"), "{error}");
    let fine = instance.get_typed_func::<(), i32>(&store, "fine").unwrap();
    assert_eq!(fine.call(&mut store, ()).unwrap(), 5);
}

#[test]
fn frames_that_repeat_are_folded() {
    let text = r#"(module
        (func $leaf (param i32) (if (local.get 0) (then (call $even (local.get 0))) (else unreachable)))
        (func $even (param i32) (call $odd (i32.sub (local.get 0) (i32.const 1))))
        (func $odd (param i32) (if (local.get 0) (then (call $even (local.get 0))) (else (call $leaf (i32.const 0)))))
        (func $alone (param i32) (if (local.get 0) (then (call $alone (i32.sub (local.get 0) (i32.const 1)))) (else unreachable)))
        (func $top (export "pair") (param i32) (call $leaf (local.get 0)))
        (func (export "alone") (param i32) (call $alone (local.get 0))))"#;
    let (mut store, instance) = instance(text);
    let mut lines = |name: &str, depth: i32| {
        let func = instance.get_typed_func::<i32, ()>(&store, name).unwrap();
        let error = func.call(&mut store, depth).unwrap_err();
        let without_offsets = |line: &str| line.split(" at ").next().unwrap().trim_start().to_owned();
        error.to_string().lines().skip(1).map(without_offsets).collect::<Vec<_>>()
    };
    assert_eq!(lines("pair", 2)[3..], ["3: func 2 <odd>", "4: func 1 <even>", "5: func 0 <leaf>", "6: func 4 <top>"]);
    let folded = lines("pair", 9);
    assert_eq!(folded[..4], ["0: func 0 <leaf>", "1: func 2 <odd>", "2: func 1 <even>", "3: func 2 <odd>"]);
    assert_eq!(
        folded[4..],
        ["the same 2 frames 7 more times", "18: func 1 <even>", "19: func 0 <leaf>", "20: func 4 <top>"]
    );
    assert_eq!(lines("alone", 3).len(), 5);
    assert_eq!(lines("alone", 9)[1..], ["1: func 3 <alone>", "the same 8 more times", "10: func 5"]);
}

#[test]
fn the_configuration_sets_the_depth() {
    let text = r#"(module (func $down (export "down") (param i32)
        (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let depth = |bytes: usize, calls: i32| {
        let mut config = Config::new();
        config.max_stack(bytes);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module(&engine, text), &[]).unwrap();
        let down = instance.get_typed_func::<i32, ()>(&store, "down").unwrap();
        down.call(&mut store, calls).is_ok()
    };
    assert!(depth(64 << 10, 100));
    assert!(!depth(64 << 10, 100_000));
    assert!(depth(64 << 20, 100_000));
    // There is always a minimum.
    assert!(depth(0, 1));
}

#[test]
fn all_reasons_to_trap_have_their_codes() {
    let text = r#"(module (memory 1) (table 1 funcref)
        (func (export "unreachable") unreachable)
        (func (export "memory") (drop (i32.load (i32.const -1))))
        (func (export "table") (table.set (i32.const 5) (ref.null func)))
        (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
        (func (export "zero") (drop (i64.rem_u (i64.const 1) (i64.const 0))))
        (func (export "nan") (drop (i32.trunc_f64_s (f64.const nan)))))"#;
    let (mut store, instance) = instance(text);
    let cases = [
        ("unreachable", TrapCode::UnreachableCodeReached),
        ("memory", TrapCode::MemoryOutOfBounds),
        ("table", TrapCode::TableOutOfBounds),
        ("overflow", TrapCode::IntegerOverflow),
        ("zero", TrapCode::IntegerDivisionByZero),
        ("nan", TrapCode::BadConversionToInteger),
    ];
    for (name, code) in cases {
        let func = instance.get_func(&store, name).unwrap();
        let error = func.call(&mut store, &[], &mut []).unwrap_err();
        let backtrace = error.backtrace().unwrap();
        assert_eq!(error.as_trap_code().unwrap(), code);
        assert_eq!(backtrace.frames().len(), 1);
        assert!(backtrace.frames()[0].module_offset().is_some());
    }
}

#[test]
fn modules_without_names_trap_without_them() {
    // A function with a single `unreachable`, exported as "f".
    let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x05\x01\x03\0\0\x0b";
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let error = instance.get_func(&store, "f").unwrap().call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(error.to_string(), "wasm trap: unreachable\n  0: func 0 at wasm offset 0x1e");
}
