//! A call through a table or a reference calls what is there at that time, in each instance, store and thread that runs
//! the same code.

use std::fmt::Write;
use std::thread;

use wasmote::{Config, Engine, Func, Instance, Module, Ref, Store, TrapCode, TypedFunc};

use crate::module;

/// `run` calls the function at an index of the table with an argument, and `refer` does so through a reference.
const TEXT: &str = r#"(module
    (type $unary (sub (func (param i32) (result i32))))
    (type $narrow (sub $unary (func (param i32) (result i32))))
    (global $sum (mut i32) (i32.const 0))
    (table $table (export "table") 8 funcref)
    (elem (table $table) (i32.const 0) func $sum $double $wide $third)
    (func $sum (type $unary) (global.set $sum (i32.add (global.get $sum) (local.get 0))) (global.get $sum))
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $wide (param i64) (result i32) (i32.const -1))
    (func $third (type $narrow) (i32.div_s (i32.const 300) (local.get 0)))
    (func $run (export "run") (param i32 i32) (result i32)
        (i32.add (i32.const 0) (call_indirect $table (type $unary) (local.get 1) (local.get 0))))
    (func $refer (export "refer") (param i32 i32) (result i32)
        (i32.add (i32.const 0) (call_ref $unary (local.get 1)
            (ref.cast (ref null $unary) (table.get $table (local.get 0)))))))"#;

/// Returns a store with an instance of the module.
fn instance_of(module: &Module) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    (store, instance)
}

fn run(store: &Store<()>, instance: &Instance, name: &str) -> TypedFunc<(i32, i32), i32> {
    instance.get_typed_func(store, name).unwrap()
}

#[test]
fn each_call_runs_what_the_table_has() {
    for first in [0, 1, 3] {
        for name in ["run", "refer"] {
            let (mut store, instance) = instance_of(&module(&Engine::default(), TEXT));
            let run = run(&store, &instance, name);
            for _ in 0..3 {
                run.call(&mut store, (first, 0)).unwrap_or(0);
            }
            for round in 1..4 {
                assert_eq!(run.call(&mut store, (0, 10)).unwrap(), 10 * round);
                assert_eq!(run.call(&mut store, (1, 10)).unwrap(), 20);
                assert_eq!(run.call(&mut store, (3, 10)).unwrap(), 30);
            }
            let table = instance.get_table(&store, "table").unwrap();
            let third = table.get(&store, 3).unwrap();
            table.set(&mut store, 0, third).unwrap();
            assert_eq!(run.call(&mut store, (0, 10)).unwrap(), 30);
        }
    }
}

#[test]
fn a_call_that_was_allowed_before_is_refused_for_another_function() {
    let (mut store, instance) = instance_of(&module(&Engine::default(), TEXT));
    let run = run(&store, &instance, "run");
    for index in [0, 0, 1] {
        run.call(&mut store, (index, 1)).unwrap();
    }
    let cases = [
        (2, TrapCode::BadSignature),
        (4, TrapCode::IndirectCallToNull),
        (8, TrapCode::UndefinedElement),
        (-1, TrapCode::UndefinedElement),
    ];
    for (index, code) in cases {
        let error = run.call(&mut store, (index, 1)).unwrap_err();
        assert_eq!(error.as_trap_code(), Some(code));
        assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("run"));
    }
    let refer = self::run(&store, &instance, "refer");
    refer.call(&mut store, (0, 1)).unwrap();
    let error = refer.call(&mut store, (4, 1)).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::NullReference));
}

/// Both instances run the same code, and their functions have the same code.
#[test]
fn the_same_function_of_another_instance_runs_in_that_one() {
    for name in ["run", "refer"] {
        let module = module(&Engine::default(), TEXT);
        let (mut store, one) = instance_of(&module);
        let two = Instance::new(&mut store, &module, &[]).unwrap();
        let tables = [one, two].map(|instance| instance.get_table(&store, "table").unwrap());
        let [one, two] = [one, two].map(|instance| run(&store, &instance, name));
        assert_eq!(one.call(&mut store, (0, 1)).unwrap(), 1);
        assert_eq!(one.call(&mut store, (0, 1)).unwrap(), 2);
        let sum = tables[1].get(&store, 0).unwrap();
        tables[0].set(&mut store, 1, sum).unwrap();
        assert_eq!(one.call(&mut store, (1, 100)).unwrap(), 100);
        assert_eq!(one.call(&mut store, (0, 1)).unwrap(), 3);
        assert_eq!(one.call(&mut store, (1, 100)).unwrap(), 200);
        assert_eq!(two.call(&mut store, (0, 1)).unwrap(), 201);
    }
}

/// A function of the host has a type without supertypes.
const FINAL: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (table $table (export "table") funcref (elem $same))
    (func $same (type $unary) (local.get 0))
    (func (export "run") (param i32 i32) (result i32)
        (call_indirect $table (type $unary) (local.get 1) (local.get 0)))
    (func (export "refer") (param i32 i32) (result i32)
        (call_ref $unary (local.get 1) (ref.cast (ref null $unary) (table.get $table (local.get 0))))))"#;

#[test]
fn a_host_function_in_the_place_of_another_is_called() {
    for name in ["run", "refer"] {
        for times in [0, 2] {
            let engine = Engine::default();
            let (mut store, instance) = instance_of(&module(&engine, FINAL));
            let run = run(&store, &instance, name);
            for _ in 0..times {
                run.call(&mut store, (0, 0)).unwrap();
            }
            let host = Func::wrap(&mut store, |n: i32| n + 1000);
            let table = instance.get_table(&store, "table").unwrap();
            let sum = table.get(&store, 0).unwrap();
            table.set(&mut store, 0, Ref::Func(Some(host))).unwrap();
            assert_eq!(run.call(&mut store, (0, 5)).unwrap(), 1005);
            table.set(&mut store, 0, sum).unwrap();
            assert_eq!(run.call(&mut store, (0, 5)).unwrap(), 5);
        }
    }
}

#[test]
fn a_trap_is_traced_through_calls_that_another_store_made() {
    for name in ["run", "refer"] {
        let module = module(&Engine::default(), TEXT);
        let (mut store, instance) = instance_of(&module);
        for _ in 0..3 {
            assert_eq!(run(&store, &instance, name).call(&mut store, (3, 3)).unwrap(), 100);
        }
        let (mut store, instance) = instance_of(&module);
        for _ in 0..3 {
            let error = run(&store, &instance, name).call(&mut store, (3, 0)).unwrap_err();
            assert_eq!(error.as_trap_code(), Some(TrapCode::IntegerDivisionByZero));
            let backtrace = error.backtrace().unwrap();
            let names: Vec<_> = backtrace.frames().iter().map(|frame| frame.func_name().unwrap()).collect();
            assert_eq!(names, ["third", name]);
            let wasm = wat::parse_str(TEXT).unwrap();
            let at = |frame: usize| wasm[backtrace.frames()[frame].module_offset().unwrap()];
            assert_eq!([at(0), at(1)], [0x6d, if name == "run" { 0x11 } else { 0x14 }]);
        }
    }
}

#[test]
fn recursion_through_a_table_ends_with_the_stack() {
    let text = r#"(module
        (type $unary (func (param i32) (result i32)))
        (table funcref (elem $run))
        (func $run (export "run") (type $unary)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1)
                    (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
                (else (i32.const 0)))))"#;
    let mut config = Config::new();
    config.max_stack(64 << 10);
    let (mut store, instance) = instance_of(&module(&Engine::new(&config), text));
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for depth in [0, 1, 2, 500, 100_000, 501, 100_000] {
        match run.call(&mut store, depth) {
            Ok(result) => assert_eq!((result, true), (depth, depth < 1000)),
            Err(error) => {
                assert_eq!((error.as_trap_code(), depth), (Some(TrapCode::StackOverflow), 100_000));
                assert!(error.backtrace().unwrap().frames().iter().all(|frame| frame.module_offset().is_some()));
            }
        }
    }
}

#[test]
fn threads_make_the_same_calls_at_once() {
    const FUNCS: usize = 24;
    let mut text = String::from("(module (type $unary (func (param i32) (result i32)))\n(table funcref (elem");
    for i in 0..FUNCS {
        write!(text, " $f{i}").unwrap();
    }
    text.push_str("))\n");
    // Each call has several callees, and which one comes first depends on the argument.
    for i in 0..FUNCS {
        writeln!(
            text,
            "(func $f{i} (type $unary) (if (result i32) (i32.gt_s (local.get 0) (i32.const 0)) (then
            (i32.add
                (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1))
                    (i32.rem_u (i32.add (local.get 0) (i32.const {i})) (i32.const {FUNCS})))
                (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 2)) (i32.const {}))))
            (else (i32.const {i}))))",
            (i + 7) % FUNCS
        )
        .unwrap();
    }
    text.push_str("(export \"run\" (func $f0)))");
    let engine = Engine::default();
    let results = |module: &Module, depths: &mut dyn Iterator<Item = i32>| {
        let (mut store, instance) = instance_of(module);
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        let mut results: Vec<_> = depths.map(|depth| (depth, run.call(&mut store, depth).unwrap())).collect();
        results.sort_unstable();
        results
    };
    let expected = results(&module(&engine, &text), &mut (0..14));
    for _ in 0..8 {
        let module = module(&engine, &text);
        let all = thread::scope(|scope| {
            let up = || results(&module, &mut (0..14));
            let down = || results(&module, &mut (0..14).rev());
            let threads = [scope.spawn(up), scope.spawn(down), scope.spawn(up), scope.spawn(down)];
            threads.map(|thread| thread.join().unwrap())
        });
        assert!(all.iter().all(|one| *one == expected));
    }
}
