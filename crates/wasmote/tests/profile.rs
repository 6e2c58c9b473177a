//! Profiles: samples by events, from other threads, and together with interruptions.
#![cfg(all(feature = "profile", feature = "validate", feature = "compile"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use wasmote::{
    Caller, CodeOptions, Config, Engine, Extern, ImageOptions, Instance, Linker, Module, OpSet, Store, TrapCode,
    UpdateDeadline,
};

/// How a module is loaded: from its binary, or from an image with names.
fn origins() -> [Option<CodeOptions>; 4] {
    let image = |op_set, metered| Some(CodeOptions::default().with_op_set(op_set).with_metered(metered));
    [None, image(OpSet::Core, false), image(OpSet::Extended, false), image(OpSet::Extended, true)]
}

fn configs() -> impl Iterator<Item = Config> {
    (0..8).map(|bits| {
        let mut config = Config::new();
        config.interruption(true).guard_pages(bits & 1 != 0).eager_translation(bits & 2 != 0);
        config.superinstructions(bits & 4 != 0);
        config
    })
}

fn load(engine: &Engine, text: &str, origin: Option<CodeOptions>) -> Module {
    let module = Module::new(engine, wat::parse_str(text).unwrap()).unwrap();
    match origin {
        None => module,
        Some(code) => {
            let image = module.to_image(&ImageOptions::default().with_code(code).with_names(true)).unwrap();
            Module::from_image(engine, image).unwrap()
        }
    }
}

fn folded<T>(store: &Store<T>) -> Vec<String> {
    let mut text = String::new();
    store.profile().expect("it is sampled").write_folded(&mut text).unwrap();
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    lines.sort();
    lines
}

/// A host function that notes a sample, and one that calls the export `again` of its caller.
fn host(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "note", |mut caller: Caller<'_, ()>| caller.note_sample()).unwrap();
    let enter = |mut caller: Caller<'_, ()>| {
        let Some(Extern::Func(again)) = caller.get_export("again") else { panic!("it exports `again`") };
        again.call(&mut caller, &[], &mut [])
    };
    linker.func_wrap("host", "enter", enter).unwrap();
    linker
}

fn run(engine: &Engine, module: &Module) -> Store<()> {
    let mut store = Store::new(engine, ());
    let _ = store.set_fuel(1 << 40);
    store.sample().unwrap();
    let instance = host(engine).instantiate(&mut store, module).unwrap();
    instance.get_typed_func::<(), ()>(&store, "main").unwrap().call(&mut store, ()).unwrap();
    store
}

#[test]
fn functions_are_counted_in_proportion_with_their_callers() {
    let text = r#"(module
        (import "host" "note" (func $note))
        (import "host" "enter" (func $enter))
        (table funcref (elem $three $note))
        (func $three (call $note) (call $note) (call $note))
        (func $one (call $note))
        (func $tail (return_call $one))
        (func $down (param i32)
            (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (call $note))))
        (func $indirect (param i32) (call_indirect (local.get 0)))
        (func $again (export "again") (call $one) (return_call $note))
        (func $main (export "main") (local $i i32)
            (loop $more
                (call $three)
                (call $one)
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
            (call $tail)
            (call $down (i32.const 2))
            (call $indirect (i32.const 0))
            (call $indirect (i32.const 1))
            (call $enter)))"#;
    let expected = [
        "main;down;down;down;host.note 1",
        "main;host.enter;again;one;host.note 1",
        // A tail call leaves no trace of its caller.
        "main;host.enter;host.note 1",
        "main;indirect;host.note 1",
        "main;indirect;three;host.note 3",
        "main;one;host.note 11",
        "main;three;host.note 30",
    ];
    for config in configs() {
        for origin in origins() {
            let mut config = config.clone();
            config.consume_fuel(origin.as_ref().is_some_and(|code| code.metered));
            let engine = Engine::new(&config);
            let store = run(&engine, &load(&engine, text, origin));
            assert_eq!(folded(&store), expected);
            assert_eq!(store.profile().unwrap().samples(), 48);
            assert_eq!(store.profile().unwrap().lost_samples(), 0);
        }
    }
}

#[test]
fn calls_between_instances_are_in_the_stack() {
    let engine = Engine::new(Config::new().interruption(true));
    let library = load(
        &engine,
        r#"(module (import "host" "note" (func $note)) (import "host" "enter" (func $enter))
            (func $again (export "again") (call $note))
            (func $library (export "f") (call $enter) (call $note)))"#,
        None,
    );
    let program = load(
        &engine,
        r#"(module (import "library" "f" (func $f)) (func $inner (call $f)) (func (export "main") (call $inner)))"#,
        None,
    );
    let mut store = Store::new(&engine, ());
    store.sample().unwrap();
    let mut linker = host(&engine);
    let instance = linker.instantiate(&mut store, &library).unwrap();
    linker.define("library", "f", instance.get_export(&store, "f").unwrap()).unwrap();
    let instance = linker.instantiate(&mut store, &program).unwrap();
    instance.get_typed_func::<(), ()>(&store, "main").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(
        folded(&store),
        ["func[2];inner;library;host.enter;again;host.note 1", "func[2];inner;library;host.note 1"]
    );
}

#[test]
fn a_deep_stack_has_its_inner_functions() {
    let text = r#"(module
        (import "host" "note" (func $note))
        (func $down (param i32)
            (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (call $note))))
        (func $exact (export "exact") (call $down (i32.const 1021)))
        (func $main (export "main") (call $down (i32.const 50000))))"#;
    let engine = Engine::new(Config::new().interruption(true));
    let module = load(&engine, text, None);
    let mut store = run(&engine, &module);
    let deep = format!("[omitted]{};host.note 1", ";down".repeat(1023));
    assert_eq!(folded(&store).join("|"), deep);
    let instance = host(&engine).instantiate(&mut store, &module).unwrap();
    instance.get_typed_func::<(), ()>(&store, "exact").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(folded(&store), [deep, format!("exact{};host.note 1", ";down".repeat(1022))]);
}

#[test]
fn more_stacks_than_have_room_are_counted_as_lost() {
    // Each call of `tree` at each depth is another stack: 2^19 of them.
    let text = r#"(module
        (import "host" "note" (func $note))
        (func $left (param i32) (call $tree (local.get 0)))
        (func $right (param i32) (call $tree (local.get 0)))
        (func $tree (param i32)
            (if (i32.eqz (local.get 0)) (then (return_call $note)))
            (call $left (i32.sub (local.get 0) (i32.const 1)))
            (call $right (i32.sub (local.get 0) (i32.const 1))))
        (func (export "main") (call $tree (i32.const 17))))"#;
    let engine = Engine::new(Config::new().interruption(true));
    let store = run(&engine, &load(&engine, text, None));
    let profile = store.profile().unwrap();
    assert_eq!(profile.samples() + profile.lost_samples(), 1 << 17);
    assert!(profile.lost_samples() > 0 && profile.samples() > 1 << 14, "{profile:?}");
    assert_eq!(folded(&store).len() as u64, profile.samples());
}

/// Asks for a sample all the time, until it is dropped.
struct Asking(Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Asking {
    fn begin(mut ask: impl FnMut() + Send + 'static) -> Asking {
        let done = Arc::new(AtomicBool::new(false));
        let is_done = done.clone();
        let thread = thread::spawn(move || {
            while !is_done.load(Ordering::Relaxed) {
                ask();
                thread::yield_now();
            }
        });
        Asking(done, Some(thread))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        let _ = self.1.take().map(thread::JoinHandle::join);
    }
}

/// Functions that compute 100,000 in other ways: with loops, calls, tail calls, calls by table and of the host.
const BUSY: &str = r#"(module
    (import "host" "add" (func $add (param i32) (result i32)))
    (memory 40)
    (table funcref (elem $step))
    (type $step (func (param i32) (result i32)))
    (func $step (type $step) (i32.add (local.get 0) (i32.const 1)))
    (func $loop (export "loop") (result i32) (local i32)
        (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
        (local.get 0))
    (func $call (export "call") (result i32) (local i32)
        (loop (local.set 0 (call $step (local.get 0))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
        (local.get 0))
    (func $table (export "table") (result i32) (local i32)
        (loop
            (local.set 0 (call_indirect (type $step) (local.get 0) (i32.const 0)))
            (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
        (local.get 0))
    (func $tail (export "tail") (result i32) (return_call $even (i32.const 0)))
    (func $even (param i32) (result i32)
        (if (i32.ge_u (local.get 0) (i32.const 100000)) (then (return (local.get 0))))
        (return_call $odd (i32.add (local.get 0) (i32.const 1))))
    (func $odd (param i32) (result i32) (return_call $even (i32.add (local.get 0) (i32.const 1))))
    (func $host (export "host") (result i32) (local i32)
        (loop (local.set 0 (call $add (local.get 0))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
        (local.get 0))
    (func $deep (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0))))
    (func $recursion (export "recursion") (result i32) (call $deep (i32.const 100000)))
    (func $fill (export "fill") (result i32)
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 2621440))
        (i32.add (i32.const 99999) (i32.load8_u (i32.const 2621439)))))"#;

fn busy(engine: &Engine, store: &mut Store<()>, origin: Option<CodeOptions>) -> Instance {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "add", |x: i32| x + 1).unwrap();
    linker.instantiate(store, &load(engine, BUSY, origin)).unwrap()
}

const NAMES: [&str; 7] = ["loop", "call", "table", "tail", "host", "recursion", "fill"];

#[test]
fn samples_from_another_thread_change_nothing() {
    for config in configs() {
        for origin in origins() {
            let mut config = config.clone();
            config.consume_fuel(origin.as_ref().is_some_and(|code| code.metered)).max_stack(64 << 20);
            let engine = Engine::new(&config);
            let mut store = Store::new(&engine, ());
            let _ = store.set_fuel(1 << 40);
            let instance = busy(&engine, &mut store, origin);
            let sampler = store.sample().unwrap();
            let _asking = Asking::begin(move || sampler.request());
            for name in NAMES {
                let func = instance.get_typed_func::<(), i32>(&store, name).unwrap();
                assert_eq!(func.call(&mut store, ()).unwrap(), 100_000, "{name}");
            }
            for line in folded(&store) {
                let (stack, count) = line.rsplit_once(' ').expect("a count");
                assert!(count.parse::<u64>().unwrap() > 0, "{line}");
                let mut functions = stack.split(';');
                let outermost = functions.next().unwrap();
                let known = |name| NAMES.contains(&name) || matches!(name, "even" | "odd" | "[omitted]");
                assert!(known(outermost), "{line}");
                assert!(functions.all(|name| matches!(name, "step" | "host.add" | "deep")), "{line}");
            }
        }
    }
}

#[test]
fn requests_that_come_faster_than_stacks_are_noted_do_not_stop_the_code() {
    let text = r#"(module
        (func $down (param i32) (result i32) (local $n i32)
            (if (local.get 0) (then (return (call $down (i32.sub (local.get 0) (i32.const 1))))))
            (loop (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
            (local.get $n))
        (func $main (export "main") (result i32) (call $down (i32.const 900))))"#;
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &load(&engine, text, None), &[]).unwrap();
    let sampler = store.sample().unwrap();
    let _asking = Asking::begin(move || (0..1000).for_each(|_| sampler.request()));
    let main = instance.get_typed_func::<(), i32>(&store, "main").unwrap();
    assert_eq!(main.call(&mut store, ()).unwrap(), 10_000);
}

#[test]
fn a_request_is_one_sample_at_the_next_loop_or_call() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let instance = busy(&engine, &mut store, None);
    for (name, stack) in [("loop", "loop 1"), ("call", "call 1"), ("tail", "even 1"), ("recursion", "recursion;deep 1")]
    {
        let func = instance.get_typed_func::<(), i32>(&store, name).unwrap();
        // The first call of a function translates it, and takes a sample there.
        func.call(&mut store, ()).unwrap();
        let sampler = store.sample().unwrap();
        sampler.request();
        assert_eq!(func.call(&mut store, ()).unwrap(), 100_000);
        assert_eq!(folded(&store), [stack]);
        store.stop_sampling();
        assert!(store.profile().is_none());
        // A sampler from before has no effect.
        store.sample().unwrap();
        sampler.request();
        assert_eq!(func.call(&mut store, ()).unwrap(), 100_000);
        assert_eq!(folded(&store), [""; 0]);
        store.stop_sampling();
    }
}

#[test]
fn requests_during_a_host_function_count_for_it() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let sampler = store.sample().unwrap();
    let mut linker = Linker::new(&engine);
    let asking = sampler.clone();
    let work = move |caller: Caller<'_, ()>| {
        (0..5).for_each(|_| asking.request());
        assert!(!caller.is_interrupted());
    };
    linker.func_wrap("host", "work", work).unwrap();
    let text = r#"(module (import "host" "work" (func $work)) (func $main (export "main") (call $work)))"#;
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let main = instance.get_typed_func::<(), ()>(&store, "main").unwrap();
    main.call(&mut store, ()).unwrap();
    assert_eq!(folded(&store), ["main;host.work 5"]);
    sampler.request();
    main.call(&mut store, ()).unwrap();
    assert_eq!(folded(&store), ["main 1", "main;host.work 10"]);
}

#[test]
fn an_interruption_at_the_same_time_takes_effect_and_the_sample_is_kept() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let instance = busy(&engine, &mut store, None);
    let sampler = store.sample().unwrap();
    let handle = store.interrupt_handle().unwrap();
    let func = instance.get_typed_func::<(), i32>(&store, "loop").unwrap();
    sampler.request();
    assert!(!handle.is_interrupted());
    handle.interrupt();
    assert!(handle.is_interrupted());
    let error = func.call(&mut store, ()).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::Interrupt));
    assert_eq!(folded(&store), ["loop 1"]);

    // A deadline that its callback moves.
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(u64::MAX)));
    store.set_epoch_deadline(1).unwrap();
    engine.increment_epoch();
    sampler.request();
    assert_eq!(func.call(&mut store, ()).unwrap(), 100_000);
    assert_eq!(folded(&store), ["loop 2"]);

    // And one that ends the call.
    store.epoch_deadline_trap();
    store.set_epoch_deadline(1).unwrap();
    engine.increment_epoch();
    sampler.request();
    let error = func.call(&mut store, ()).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::Interrupt));
    assert_eq!(folded(&store), ["loop 3"]);
}

#[test]
fn resumable_calls_are_sampled_and_still_stop_for_interruptions_only() {
    use wasmote::{TypedResumableCall, Val};
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "wait", |caller: Caller<'_, ()>| Err::<i32, _>(caller.suspend_with(()))).unwrap();
    let text = r#"(module (import "host" "wait" (func $wait (result i32)))
        (func $inner (result i32) (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000))))
            (call $wait))
        (func $main (export "main") (result i32) (i32.add (call $inner) (call $inner))))"#;
    let sampler = store.sample().unwrap();
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let main = instance.get_typed_func::<(), i32>(&store, "main").unwrap();
    sampler.request();
    let mut call = main.call_resumable(&mut store, ()).unwrap();
    let mut waits = 0;
    let result = loop {
        call = match call {
            TypedResumableCall::Finished(result) => break result,
            TypedResumableCall::HostTrap(waiting) => {
                waits += 1;
                sampler.request();
                waiting.resume(&mut store, &[Val::I32(21)]).unwrap()
            }
            other => panic!("{other:?}"),
        };
    };
    assert_eq!((waits, result), (2, 42));
    let lines = folded(&store);
    let samples: u64 = lines.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert!(lines.iter().all(|line| line.starts_with("main")), "{lines:?}");
    // The last request comes when nothing is called any more, but the second function still is.
    assert_eq!(samples, 2, "{lines:?}");
}

#[test]
fn a_deadline_callback_has_the_stopped_code_below_it() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    let text = r#"(module (import "host" "note" (func $note)) (import "host" "enter" (func $enter))
        (import "host" "tick" (func $tick))
        (func $again (export "again") (call $tick) (loop (call $note)))
        (func $called (export "called") (call $note))
        (func $main (export "main") (call $enter)))"#;
    store.sample().unwrap();
    let mut linker = host(&engine);
    linker.func_wrap("host", "tick", |caller: Caller<'_, ()>| caller.engine().increment_epoch()).unwrap();
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let main = instance.get_typed_func::<(), ()>(&store, "main").unwrap();
    main.call(&mut store, ()).unwrap();
    let called = instance.get_typed_func::<(), ()>(&store, "called").unwrap();
    let mut calls = 0;
    store.epoch_deadline_callback(move |mut store| {
        calls += 1;
        called.call(&mut store, ())?;
        assert!(calls < 2, "the second time, it panics");
        Ok(UpdateDeadline::Continue(1))
    });
    store.set_epoch_deadline(1).unwrap();
    main.call(&mut store, ()).unwrap();
    let expected = ["main;host.enter;again;called;host.note 1", "main;host.enter;again;host.note 2"];
    assert_eq!(folded(&store), expected);

    // A panic leaves the store as it was.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| main.call(&mut store, ())));
    assert!(panicked.is_err());
    store.stop_sampling();
    store.sample().unwrap();
    main.call(&mut store, ()).unwrap();
    assert_eq!(folded(&store), ["main;host.enter;again;host.note 1"]);
}

#[cfg(feature = "async")]
#[test]
fn asynchronous_calls_are_sampled_and_yield_at_deadlines_only() {
    use std::task::{Context, Poll, Waker};
    let engine = Engine::new(Config::new().interruption(true));
    let mut linker = Linker::<Option<wasmote::Sampler>>::new(&engine);
    let tick = |caller: Caller<'_, Option<wasmote::Sampler>>| {
        caller.data().iter().for_each(wasmote::Sampler::request);
        caller.engine().increment_epoch();
    };
    linker.func_wrap("host", "tick", tick).unwrap();
    linker.func_wrap_async("host", "wait", |_: Caller<'_, Option<wasmote::Sampler>>, (): ()| async {}).unwrap();
    let text = r#"(module (import "host" "tick" (func $tick)) (import "host" "wait" (func $wait))
        (func $main (export "main") (param i32) (result i32) (local i32)
            (loop
                (call $tick) (call $wait)
                (local.set 1 (i32.add (local.get 1) (i32.const 2)))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#;
    let mut store = Store::new(&engine, None);
    *store.data_mut() = Some(store.sample().unwrap());
    let instance = linker.instantiate(&mut store, &load(&engine, text, None)).unwrap();
    let main = instance.get_typed_func::<i32, i32>(&store, "main").unwrap();
    store.epoch_deadline_async_yield_and_update(5);
    store.set_epoch_deadline(5).unwrap();
    let mut yields = 0;
    let result = {
        let mut call = std::pin::pin!(main.call_async(&mut store, 100));
        loop {
            match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => break result.unwrap(),
                Poll::Pending => yields += 1,
            }
        }
    };
    assert_eq!((result, yields), (200, 20));
    assert_eq!(folded(&store), ["main;host.tick 100"]);
}

/// A parser of what we write: elements with attributes, text, and the five entities. Returns the titles.
fn titles(mut xml: &str) -> Vec<String> {
    let (mut open, mut titles) = (Vec::new(), Vec::new());
    while let Some(at) = xml.find('<') {
        let text = &xml[..at];
        assert!(!text.contains('>'), "{text:?}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;"].iter().any(|known| entity.starts_with(known)), "{entity:?}");
        }
        if open.last() == Some(&"title") {
            titles.push(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        }
        let (tag, rest) = xml[at + 1..].split_once('>').expect("a tag ends");
        assert!(!tag.contains('<'), "{tag:?}");
        xml = rest;
        let name = tag.trim_matches('/').split(' ').next().unwrap();
        assert!(["svg", "g", "title", "rect", "text"].contains(&name), "{tag:?}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && xml == "\n", "{open:?} {xml:?}");
    titles
}

#[test]
fn hostile_names_break_neither_format() {
    let name = "a;b\\n</text><script>&amp;\\u{202e}\\u{0}\\u{fffe} 7";
    let long = "é".repeat(5000);
    let text = format!(
        r#"(module (import "host" "note" (func $note))
        (func $"{name}" (call $"{long}") (call $note))
        (func $"{long}" (call $note) (call $note) (call $note))
        (func (export "main") (call $"{name}")))"#
    );
    let engine = Engine::new(Config::new().interruption(true));
    let store = run(&engine, &load(&engine, &text, None));
    let clean = "a:b\u{fffd}</text><script>&amp:\u{fffd}\u{fffd}\u{fffd} 7";
    let long = "é".repeat(256);
    assert_eq!(folded(&store), [format!("func[3];{clean};host.note 1"), format!("func[3];{clean};{long};host.note 3")]);
    let mut image = String::new();
    store.profile().unwrap().write_flame_graph(&mut image).unwrap();
    let clean = clean.replace("a:b", "a;b").replace("&amp:", "&amp;");
    let expected = [
        "all (4 samples, 100.0%)".to_owned(),
        "func[3] (4 samples, 100.0%)".to_owned(),
        format!("{clean} (4 samples, 100.0%)"),
        format!("{long} (3 samples, 75.0%)"),
        "host.note (3 samples, 75.0%)".to_owned(),
        "host.note (1 samples, 25.0%)".to_owned(),
    ];
    assert_eq!(titles(&image), expected);
}

#[test]
fn a_flame_graph_of_nothing_is_an_image() {
    let engine = Engine::new(Config::new().interruption(true));
    let mut store = Store::new(&engine, ());
    assert!(store.profile().is_none());
    store.sample().unwrap();
    let mut image = String::new();
    store.profile().unwrap().write_flame_graph(&mut image).unwrap();
    assert_eq!(titles(&image), [""; 0]);
    assert!(image.contains("0 samples"), "{image}");
}

#[test]
fn without_interruption_there_are_no_samples() {
    let mut store = Store::new(&Engine::default(), ());
    assert!(store.sample().is_err());
    assert!(store.profile().is_none());
}

#[test]
fn a_sampler_outlives_its_store() {
    let engine = Engine::new(Config::new().interruption(true));
    for _ in 0..100 {
        let mut store = Store::new(&engine, ());
        let sampler = store.sample().unwrap();
        let asking = Asking::begin(move || sampler.request());
        thread::sleep(Duration::from_micros(200));
        drop(store);
        drop(asking);
    }
}

#[test]
fn recorded_calls_are_sampled() {
    let engine = Engine::new(Config::new().interruption(true));
    let text = r#"(module (import "host" "note" (func $note)) (func $main (export "main") (call $note)))"#;
    let module = load(&engine, text, None);
    for sampled_first in [false, true] {
        let mut store = Store::new(&engine, ());
        if sampled_first {
            store.sample().unwrap();
        }
        store.record(&module, |_| Ok(())).unwrap();
        store.sample().unwrap();
        let instance = host(&engine).instantiate(&mut store, &module).unwrap();
        let main = instance.get_typed_func::<(), ()>(&store, "main").unwrap();
        main.call(&mut store, ()).unwrap();
        assert_eq!(store.end_recording().unwrap(), 1);
        main.call(&mut store, ()).unwrap();
        assert_eq!(folded(&store), ["main;host.note 2"]);
        store.stop_sampling();
        main.call(&mut store, ()).unwrap();
    }
}
