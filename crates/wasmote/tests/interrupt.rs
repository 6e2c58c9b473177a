//! Interruption by handles and by epochs.
#![cfg(feature = "interrupt")]

mod interruptions;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;
use std::thread;
use std::time::Duration;

use interruptions::{interrupt_often, seen};
use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, Extern, Func, FuncType, ImageOptions, Instance, Linker, Module, OpSet,
    Store, TrapCode, UpdateDeadline, Val, ValType,
};

/// How a module is loaded: from its binary, or from an image.
fn origins() -> [Option<CodeOptions>; 4] {
    let image = |op_set, metered| Some(CodeOptions::default().with_op_set(op_set).with_metered(metered));
    [None, image(OpSet::Core, false), image(OpSet::Extended, false), image(OpSet::Extended, true)]
}

fn configs() -> impl Iterator<Item = Config> {
    (0..4).map(|bits| {
        let mut config = Config::new();
        config.interruption(true).guard_pages(bits & 1 != 0).eager_translation(bits & 2 != 0);
        config
    })
}

fn load(engine: &Engine, text: &str, origin: Option<CodeOptions>) -> Module {
    let module = Module::new(engine, wat::parse_str(text).unwrap()).unwrap();
    match origin {
        None => module,
        Some(code) => {
            let image = module.to_image(&ImageOptions::default().with_code(code)).unwrap();
            Module::from_image(engine, image).unwrap()
        }
    }
}

fn code(error: &Error) -> Option<TrapCode> {
    error.as_trap_code()
}

/// Functions that never return, and do not use up the stack.
const ENDLESS: &str = r#"(module
    (memory 1 1)
    (table 1 funcref) (elem (i32.const 0) $turn)
    (type $turn (func (param i32)))
    (tag $tag)
    (func (export "loop") (loop (br 0)))
    (func (export "nested") (loop (loop (br_if 1 (i32.const 1))) (br 0)))
    (func (export "table") (param i32) (loop (br_table 0 0 (local.get 0))))
    (func (export "conditional") (param i64) (result i64)
        (loop (local.set 0 (i64.add (local.get 0) (i64.const 2))) (br_if 0 (i64.ne (local.get 0) (i64.const 1))))
        (local.get 0))
    (func $turn (type $turn) (return_call $back (i32.add (local.get 0) (i32.const 1))))
    (func $back (param i32) (return_call $turn (i32.sub (local.get 0) (i32.const 1))))
    (func (export "tail") (return_call $turn (i32.const 0)))
    (func $indirect (export "indirect") (type $turn) (return_call_indirect (type $turn) (local.get 0) (i32.const 0)))
    (func (export "call") (loop (call $leaf) (br 0)))
    (func $leaf)
    (func $busy (result i32) (local i32)
        (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 1000))))
        (local.get 0))
    (func (export "deep") (loop (drop (call $busy)) (br 0)))
    (func (export "thrown")
        (loop $again (try_table (catch $tag $again) (throw $tag))))
    (func (export "machine") (local i32)
        (loop $again
            (block (block (br_table 0 1 (local.get 0))) (local.set 0 (i32.const 1)) (br $again))
            (local.set 0 (i32.const 0)) (br $again)))
    (func (export "one state") (local i32)
        (loop $again (block (br_table 0 (local.get 0))) (local.set 0 (i32.const 0)) (br $again)))
    (func (export "circle") (param i32) (local i32)
        (loop $one (block $three (block $two (br $two)) (br $three)) (br_if $one (i32.eq (local.get 1) (local.get 0)))))
    (func (export "test") (param i32)
        (loop $again (if (i32.eqz (local.get 0)) (then (i32.store (i32.const 0) (i32.const 1)) (br $again)))))
    (func (export "load and test")
        (loop $again (if (i32.eqz (i32.load8_u (i32.const 9))) (then (i32.store (i32.const 0) (i32.const 1)) (br $again)))))
    (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0))))"#;

/// Loops that never end, with each comparison and in several forms. Linked code has handlers for some jumps back that
/// look for an interruption themselves.
fn endless_loops() -> (String, Vec<String>) {
    // The first local begins at 1 and stays odd.
    let comparisons = [
        ("ne", "0"),
        ("eq", "7"),
        ("lt_u", "-2"),
        ("lt_s", "0x7ffffffe"),
        ("gt_u", "0"),
        ("gt_s", "0x80000000"),
        ("le_u", "-1"),
        ("le_s", "0x7fffffff"),
        ("ge_u", "1"),
        ("ge_s", "0x80000001"),
    ];
    let bodies = [
        "",
        "(local.set 1 (i32.add (local.get 1) (i32.const 4)))",
        "(i32.store (i32.const 16) (local.get 1))",
        "(local.set 1 (i32.xor (local.get 0) (i32.load (i32.const 8))))",
    ];
    let (mut text, mut names) = (String::from("(module (memory 1)"), Vec::new());
    for (comparison, bound) in comparisons {
        let odd = if comparison == "eq" { "(i32.or (local.get 0) (i32.const -1))" } else { "(local.get 0)" };
        let bound = if comparison == "eq" { "-1" } else { bound };
        for (number, body) in bodies.iter().enumerate() {
            for (form, right) in [("const", format!("(i32.const {bound})")), ("local", "(local.get 2)".into())] {
                let name = format!("{comparison} {number} {form}");
                let step = "(local.set 0 (i32.add (local.get 0) (i32.const 2)))";
                text += &format!(
                    r#"(func (export "{name}") (local i32 i32 i32)
                        (local.set 0 (i32.const 1)) (local.set 2 (i32.const {bound}))
                        (loop {body} {step} (br_if 0 (i32.{comparison} {odd} {right}))))"#
                );
                names.push(name);
            }
        }
    }
    (text + ")", names)
}

#[test]
fn a_handle_stops_whatever_runs() {
    let names =
        "loop,nested,table,conditional,tail,indirect,call,deep,thrown,machine,one state,circle,test,load and test,fill";
    stop_all(ENDLESS, &names.split(',').map(String::from).collect::<Vec<_>>());
}

#[test]
fn a_handle_stops_each_form_of_a_loop() {
    let (text, names) = endless_loops();
    stop_all(&text, &names);
}

fn stop_all(text: &str, names: &[String]) {
    for config in configs() {
        let engine = Engine::new(&config);
        for origin in origins() {
            let module = load(&engine, text, origin);
            for name in names {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let func = instance.get_func(&store, name).unwrap();
                let ty = func.ty(&store);
                let args: Vec<Val> = ty.params().iter().map(|&ty| Val::default_of(ty)).collect();
                let mut results = vec![Val::I32(0); ty.results().len()];
                let handle = store.interrupt_handle().unwrap();
                let stopper = thread::spawn(move || {
                    thread::sleep(Duration::from_millis(2));
                    handle.interrupt();
                });
                let error = func.call(&mut store, &args, &mut results).unwrap_err();
                assert_eq!(code(&error), Some(TrapCode::Interrupt), "{name}: {error}");
                assert!(!error.backtrace().unwrap().frames().is_empty(), "{name} has no frames");
                stopper.join().unwrap();
                // The store works as before.
                assert!(!store.interrupt_handle().unwrap().is_interrupted());
            }
        }
    }
}

#[test]
fn an_interruption_before_a_call_stops_that_call_only() {
    let engine = Engine::new(Config::new().interruption(true));
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7)))))"#;
    let module = load(&engine, text, None);
    let mut store = Store::new(&engine, ());
    let handle = store.interrupt_handle().unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
    handle.interrupt();
    handle.interrupt();
    assert!(handle.is_interrupted());
    assert_eq!(code(&f.call(&mut store, 3).unwrap_err()), Some(TrapCode::Interrupt));
    assert_eq!(f.call(&mut store, 3).unwrap(), 7);
    drop(store);
    handle.interrupt();
}

#[test]
fn a_start_function_is_stopped() {
    let engine = Engine::new(Config::new().interruption(true));
    let module = load(&engine, "(module (func $start (loop (br 0))) (start $start))", None);
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(1).unwrap();
    let ticker = engine.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(2));
        ticker.increment_epoch();
    });
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(code(&error), Some(TrapCode::Interrupt));
}

#[test]
fn without_the_setting_there_is_no_handle() {
    let mut store = Store::new(&Engine::default(), ());
    assert!(store.interrupt_handle().unwrap_err().to_string().contains("Config::interruption"));
    assert!(store.set_epoch_deadline(1).is_err());
}

#[test]
fn epochs_stop_only_stores_whose_deadline_has_come() {
    let engine = Engine::new(Config::new().epoch_interruption(true));
    let module = load(
        &engine,
        r#"(module (func (export "f") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))"#,
        None,
    );
    let mut stores: Vec<_> = (0..3_u64)
        .map(|ticks| {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
            store.set_epoch_deadline(100).unwrap();
            store.set_epoch_deadline(ticks + 1).unwrap();
            (store, f)
        })
        .collect();
    for epoch in 0..3 {
        engine.increment_epoch();
        for (number, (store, f)) in stores.iter_mut().enumerate() {
            let outcome = f.call(&mut *store, 5);
            match outcome {
                Err(error) if number == epoch => assert_eq!(code(&error), Some(TrapCode::Interrupt)),
                outcome => assert_eq!(outcome.unwrap(), 0),
            }
        }
    }
    stores.pop();
    engine.increment_epoch();
}

#[test]
fn a_callback_decides_at_the_deadline_and_may_call_wasm() {
    let engine = Engine::new(Config::new().interruption(true));
    let text = r#"(module (global $g (export "g") (mut i32) (i32.const 0))
        (func (export "count") (global.set $g (i32.add (global.get $g) (i32.const 1))))
        (func $deep (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (else (loop (br_if 0 (i32.lt_u (global.get $g) (i32.const 3)))) (i32.const 0))))
        (func (export "wait") (result i32) (call $deep (i32.const 50))))"#;
    let module = load(&engine, text, None);
    let mut store = Store::new(&engine, 0);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let count = instance.get_typed_func::<(), ()>(&store, "count").unwrap();
    let wait = instance.get_typed_func::<(), i32>(&store, "wait").unwrap();
    store.epoch_deadline_callback(move |mut store| {
        *store.data_mut() += 1;
        count.call(&mut store, ())?;
        store.engine().increment_epoch();
        Ok(UpdateDeadline::Continue(if *store.data() < 3 { 0 } else { 1000 }))
    });
    store.set_epoch_deadline(0).unwrap();
    assert_eq!(wait.call(&mut store, ()).unwrap(), 50);
    assert_eq!(*store.data(), 3);

    store.epoch_deadline_callback(|_| Err(Error::new("enough")));
    store.set_epoch_deadline(0).unwrap();
    assert_eq!(wait.call(&mut store, ()).unwrap_err().to_string(), "enough");
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Interrupt));
    store.set_epoch_deadline(0).unwrap();
    assert_eq!(code(&wait.call(&mut store, ()).unwrap_err()), Some(TrapCode::Interrupt));
}

#[test]
fn an_interruption_wakes_the_waker_of_a_host_function() {
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let engine = Engine::new(Config::new().interruption(true));
    let woken = Arc::new(Count::default());
    let mut linker = Linker::<Arc<Count>>::new(&engine);
    linker
        .func_wrap("", "block", |mut caller: Caller<'_, Arc<Count>>| {
            let handle = caller.interrupt_handle()?;
            handle.set_waker(Some(caller.data().clone().into()))?;
            let other = handle.clone();
            let thread = thread::spawn(move || other.interrupt());
            while caller.data().0.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            thread.join().unwrap();
            assert!(caller.is_interrupted());
            handle.set_waker(None)
        })
        .unwrap();
    let text =
        r#"(module (import "" "block" (func $block)) (func $leaf) (func (export "f") (call $block) (call $leaf)))"#;
    let mut store = Store::new(&engine, woken.clone());
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    assert_eq!(code(&f.call(&mut store, ()).unwrap_err()), Some(TrapCode::Interrupt));
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    store.interrupt_handle().unwrap().interrupt();
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    drop(store);
    assert_eq!(Arc::strong_count(&woken), 1);
}

/// Host functions of both kinds that return their argument, after giving way twice. They count their calls.
fn giving_way(store: &mut Store<u32>) -> [Func; 2] {
    fn act(mut caller: Caller<'_, u32>, arg: i64) -> Result<i64, Error> {
        *caller.data_mut() += 1;
        if *caller.data() > 2 {
            return Ok(arg);
        }
        caller.engine().increment_epoch();
        assert!(caller.is_interrupted());
        Err(Error::interrupted())
    }
    let ty = FuncType::new([ValType::I64], [ValType::I64]);
    let of_values = Func::new(&mut *store, ty, |caller, args, results| {
        let Val::I64(arg) = args[0] else { unreachable!() };
        results[0] = Val::I64(act(caller, arg)?);
        Ok(())
    });
    [Func::wrap(&mut *store, act), of_values]
}

#[test]
fn a_host_function_that_gives_way_is_called_again_with_the_same_arguments() {
    let text = r#"(module (import "" "f" (func $f (param i64) (result i64)))
        (func (export "call") (param i64) (result i64) (i64.add (call $f (local.get 0)) (i64.const 1)))
        (func (export "tail") (param i64) (result i64) (return_call $f (local.get 0))))"#;
    for config in configs() {
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, 0);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
        store.set_epoch_deadline(1).unwrap();
        for f in giving_way(&mut store) {
            for origin in origins() {
                let instance = Instance::new(&mut store, &load(&engine, text, origin), &[f.into()]).unwrap();
                let [call, tail] = ["call", "tail"].map(|name| instance.get_func(&store, name).unwrap());
                for (func, expected) in [(call, 78), (tail, 77), (f, 77)] {
                    *store.data_mut() = 0;
                    let mut results = [Val::I64(0)];
                    func.call(&mut store, &[Val::I64(77)], &mut results).unwrap();
                    assert!(matches!(results, [Val::I64(got)] if got == expected), "{results:?}");
                    assert_eq!(*store.data(), 3);
                }
            }
        }
    }
}

#[test]
fn a_host_function_that_passes_on_an_interruption_is_not_called_again() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut linker = Linker::<u32>::new(&engine);
    linker
        .func_wrap("", "f", |mut caller: Caller<'_, u32>| {
            *caller.data_mut() += 1;
            let Some(Extern::Func(spin)) = caller.get_export("spin") else { unreachable!() };
            spin.call(&mut caller, &[], &mut [])
        })
        .unwrap();
    let text =
        r#"(module (import "" "f" (func $f)) (func (export "spin") (loop (br 0))) (func (export "g") (call $f)))"#;
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let handle = store.interrupt_handle().unwrap();
    let g = instance.get_typed_func::<(), ()>(&store, "g").unwrap();
    for round in 1..=2 {
        let (stopper, before) = (handle.clone(), handle.stopped_calls());
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            stopper.interrupt();
        });
        assert_eq!(code(&g.call(&mut store, ()).unwrap_err()), Some(TrapCode::Interrupt));
        thread.join().unwrap();
        assert_eq!((*store.data(), handle.stopped_calls()), (round, before + 1));
    }
}

/// Work with calls between instances, through tables, tail calls, exceptions and overlapping copies of many pieces.
const OTHER: &str = r#"(module
    (memory (export "m") 100)
    (tag $tag (param i32))
    (func $count (param i32 i32) (result i32)
        (if (result i32) (local.get 0)
            (then (return_call $count (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 3))))
            (else (local.get 1))))
    (func $throws (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $tag (local.get 0)))))
    (func (export "other") (param i32) (result i32)
        (block $caught (result i32)
            (try_table (catch $tag $caught) (call $throws (local.get 0)))
            (call $count (local.get 0) (i32.const 0))))
    (func (export "copy") (param i32) (result i32) (local i32)
        (loop
            (i32.store (i32.mul (local.get 1) (i32.const 4)) (i32.xor (local.get 1) (local.get 0)))
            (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 20000))))
        (memory.copy (i32.const 80000) (i32.const 0) (i32.const 6000000))
        (memory.copy (i32.const 0) (i32.const 160000) (i32.const 6000000))
        (memory.copy (i32.const 1000) (i32.const 0) (i32.const 6000000))
        (memory.fill (i32.const 2000) (local.get 0) (i32.const 5000000))
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 6500000))
        (i32.xor (i32.load (i32.const 1000)) (i32.xor (i32.load (i32.const 5001999)) (i32.load (i32.const 6000999))))))"#;
const WORK: &str = r#"(module
    (import "o" "other" (func $other (param i32) (result i32)))
    (import "o" "copy" (func $copy (param i32) (result i32)))
    (table funcref (elem $other $fib))
    (type $t (func (param i32) (result i32)))
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "work") (param i32) (result i64) (local i64 f64)
        (loop
            (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.extend_i32_u (call $other (local.get 0)))))
            (local.set 2 (f64.add (local.get 2) (f64.sqrt (f64.convert_i32_u (local.get 0)))))
            (local.set 1 (i64.xor (local.get 1) (i64.extend_i32_u
                (call_indirect (type $t) (i32.rem_u (local.get 0) (i32.const 20)) (i32.and (local.get 0) (i32.const 1))))))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i64.xor (i64.reinterpret_f64 (local.get 2)) (i64.add (local.get 1) (i64.extend_i32_u (call $copy (i32.const 77)))))))"#;

#[test]
fn work_that_is_interrupted_at_random_moments_has_the_same_result() {
    let run = |config: &Config, origin, often: bool| {
        let engine = Engine::new(config);
        let mut linker = Linker::new(&engine);
        let mut store = Store::new(&engine, ());
        let other = Instance::new(&mut store, &load(&engine, OTHER, origin), &[]).unwrap();
        linker.instance(&mut store, "o", other).unwrap();
        let instance = linker.instantiate(&mut store, &load(&engine, WORK, origin)).unwrap();
        let work = instance.get_typed_func::<i32, i64>(&store, "work").unwrap();
        if often {
            interrupt_often(&mut store);
        }
        work.call(&mut store, 200).unwrap()
    };
    let expected = run(&Config::new(), None, false);
    for config in configs() {
        for origin in origins() {
            let before = seen();
            // However busy the machine is, the other thread gets its turn at some time.
            while seen() < before + 20 {
                assert_eq!(run(&config, origin, true), expected);
            }
        }
    }
}
