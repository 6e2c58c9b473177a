//! A call inside of a module looks up its function's code once, for all instances of the module, in every store and
//! thread.

use std::fmt::Write;
use std::thread;

use wasmote::{Config, Engine, Instance, Module, Store, TrapCode};

use crate::module;

/// Returns instances in stores of their own. None of them has run anything.
fn two(module: &Module) -> [(Store<()>, Instance); 2] {
    [(); 2].map(|()| {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        (store, instance)
    })
}

/// Calls `export` in the first instance until its calls are resolved, then in the second. So the second runs code that
/// it never asked for.
fn after_another(module: &Module, export: &str, before: i32, then: i32) -> Result<i32, wasmote::Error> {
    let [(mut first, one), (mut second, other)] = two(module);
    let warm = one.get_typed_func::<i32, i32>(&first, export).unwrap();
    for _ in 0..4 {
        warm.call(&mut first, before).unwrap();
    }
    other.get_typed_func::<i32, i32>(&second, export).unwrap().call(&mut second, then)
}

#[test]
fn a_trap_is_traced_through_code_that_another_instance_asked_for() {
    let text = r#"(module
        (func $bottom (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
        (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $bottom (local.get 0))))
        (func $top (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $middle (local.get 0)))))"#;
    let error = after_another(&module(&Engine::default(), text), "run", 1, 0).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    let names: Vec<_> = backtrace.frames().iter().map(|frame| frame.func_name().unwrap()).collect();
    assert_eq!(names, ["bottom", "middle", "top"]);
    assert!(backtrace.frames().iter().all(|frame| frame.module_offset().is_some()));
}

#[test]
fn an_exception_is_caught_in_code_that_another_instance_asked_for() {
    let text = r#"(module
        (tag $t (param i32))
        (func $bottom (param i32) (result i32)
            (if (local.get 0) (then (throw $t (local.get 0))))
            (i32.const 5))
        (func $middle (param i32) (result i32)
            (block $caught (result i32)
                (try_table (catch $t $caught) (return (call $bottom (local.get 0))))
                (unreachable))
            (i32.add (i32.const 100)))
        (func (export "run") (param i32) (result i32) (i32.add (i32.const 1000) (call $middle (local.get 0)))))"#;
    let module = module(&Engine::default(), text);
    assert_eq!(after_another(&module, "run", 0, 7).unwrap(), 1107);
    assert_eq!(after_another(&module, "run", 7, 0).unwrap(), 1005);
}

/// Returns a module with a function whose header lies far up, behind many parameters and results. The function calls
/// itself.
fn wide(params: usize) -> String {
    let mut text = format!("(module (func $f (param{}) (result{})\n", " i32".repeat(params), " i32".repeat(params));
    text.push_str("(if (local.get 0) (then (i32.sub (local.get 0) (i32.const 1))");
    for i in 1..params {
        write!(text, " (i32.add (local.get {i}) (i32.const {i}))").unwrap();
    }
    text.push_str(" (return (call $f))))\n");
    for i in 0..params {
        write!(text, " (local.get {i})").unwrap();
    }
    write!(text, ")\n(func (export \"run\") (param i32) (result i32) (local.get 0)").unwrap();
    for i in 1..params {
        write!(text, " (i32.const {i})").unwrap();
    }
    text.push_str(" (call $f)");
    for _ in 1..params {
        text.push_str(" (i32.add)");
    }
    text + "))"
}

#[test]
fn a_header_may_be_anywhere() {
    for params in [1, 2, 62, 63, 64, 65, 200] {
        let module = module(&Engine::default(), &wide(params));
        let all: usize = (1..params).map(|i| i + 9 * i).sum();
        assert_eq!(after_another(&module, "run", 3, 9).unwrap(), all as i32, "{params} parameters");
    }
}

/// `run` calls itself until most of the stack is used up, and then a function that needs most of the rest.
#[test]
fn a_frame_beyond_the_stack_is_a_trap_at_its_call() {
    let locals = " i64".repeat(3000);
    let text = format!(
        r#"(module
        (func $large (param i32) (result i32) (local{locals}) (local.get 0))
        (func (export "large") (param i32) (result i32) (call $large (local.get 0)))
        (func $run (export "run") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $run (i32.sub (local.get 0) (i32.const 1)))))
                (else (call $large (i32.const 0))))))"#
    );
    let mut config = Config::new();
    config.max_stack(64 << 10);
    let engine = Engine::new(&config);
    for known in [false, true] {
        let mut trapped = Vec::new();
        let module = module(&engine, &text);
        for depth in [4000, 3999, 0, 500, 1000, 2000, 4000, 100_000] {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let get = |store: &Store<()>, name: &str| instance.get_typed_func::<i32, i32>(store, name).unwrap();
            if known {
                assert_eq!(get(&store, "large").call(&mut store, 7).unwrap(), 7);
            }
            match get(&store, "run").call(&mut store, depth) {
                Ok(result) => assert_eq!(result, depth),
                Err(error) => {
                    let backtrace = error.backtrace().unwrap();
                    assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
                    assert_eq!(backtrace.frames()[0].func_name(), Some("run"));
                    assert!(backtrace.frames()[0].module_offset().is_some());
                    trapped.push(depth);
                }
            }
            // The store continues to work.
            assert_eq!(get(&store, "large").call(&mut store, 9).unwrap(), 9);
        }
        assert!(trapped.contains(&100_000) && trapped.len() > 1 && trapped.len() < 8, "{trapped:?}");
    }
}

#[test]
fn threads_resolve_the_same_calls_at_once() {
    let mut text = String::from("(module\n");
    // Each calls the next two, so that functions are first called from several places at once.
    for i in 0..40 {
        writeln!(
            text,
            "(func $f{i} (param i32) (result i32) (if (result i32) (i32.gt_s (local.get 0) (i32.const 0)) (then
            (i32.add (call $f{} (i32.sub (local.get 0) (i32.const 1))) (call $f{} (i32.sub (local.get 0) (i32.const 2)))))
            (else (i32.const {i}))))",
            (i + 1) % 40,
            (i + 2) % 40
        )
        .unwrap();
    }
    text.push_str("(export \"run\" (func $f0)))");
    let engine = Engine::default();
    for _ in 0..20 {
        let module = module(&engine, &text);
        let run = || {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
            (0..16).map(|depth| run.call(&mut store, depth).unwrap()).collect::<Vec<_>>()
        };
        let all = thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(all.iter().all(|one| *one == all[0]));
    }
}
