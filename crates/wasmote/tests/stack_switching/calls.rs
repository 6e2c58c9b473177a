//! Continuations and calls of the host: nested, resumable, interrupted, and with backtraces.

use std::sync::atomic::{AtomicBool, Ordering};

use wasmote::{
    Caller, Config, Engine, Error, Exception, Func, FuncType, Linker, Module, ResumableCall, Store, Tag, TagType,
    TrapCode, Val, ValType,
};

use super::instantiate;

const HOSTED: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $k (cont $f))
    (type $r (func (result i32))) (type $kr (cont $r))
    (type $box (struct (field i32)))
    (import "host" "call" (func $call (param funcref i32) (result i32)))
    (tag $yield (param i32) (result i32))
    (func $yields (type $f) (suspend $yield (local.get 0)))
    (func $through (type $f) (call $call (ref.func $yields) (local.get 0)))
    (func $recursive (type $f)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $recursive (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
    (func $calls-deep (type $f)
        (local $box (ref null $box)) (local $sum i32)
        (local.set $box (struct.new $box (i32.const 40)))
        (local.set $sum (call $call (ref.func $recursive) (local.get 0)))
        (local.set $sum (i32.add (local.get $sum) (call $call (ref.func $generates) (i32.const 7))))
        (i32.add (local.get $sum) (struct.get $box 0 (local.get $box))))
    ;; Runs `yields` in a continuation, and doubles what it yields.
    (func $generates (export "generates") (type $f) (local $k (ref null $k))
        (block $one (result i32 (ref $k))
            (resume $k (on $yield $one) (local.get 0) (cont.new $k (ref.func $yields)))
            (return))
        (local.set $k)
        (resume $k (i32.mul (i32.const 2)) (local.get $k)))
    (elem declare func $yields $through $recursive $calls-deep $generates)
    (func (export "through the host") (param i32) (result i32)
        (block $one (result i32 (ref $k))
            (resume $k (on $yield $one) (local.get 0) (cont.new $k (ref.func $through)))
            (return))
        (unreachable))
    (func (export "deep in the host") (param i32) (result i32)
        (resume $k (local.get 0) (cont.new $k (ref.func $calls-deep)))))"#;

fn define_call<T: 'static>(linker: &mut Linker<T>) {
    let call = |mut caller: Caller<'_, T>, func: Option<Func>, x: i32| -> Result<i32, Error> {
        let func = func.unwrap().typed::<i32, i32>(&caller)?;
        func.call(&mut caller, x)
    };
    linker.func_wrap("host", "call", call).unwrap();
}

#[test]
fn nothing_suspends_through_a_host_function() {
    let (mut store, instance) = instantiate(&Config::new(), (), HOSTED, define_call);
    let through = instance.get_typed_func::<i32, i32>(&store, "through the host").unwrap();
    let error = through.call(&mut store, 3).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::UnhandledTag);
    let generates = instance.get_typed_func::<i32, i32>(&store, "generates").unwrap();
    assert_eq!(generates.call(&mut store, 4).unwrap(), 8);
}

#[test]
fn a_host_function_has_the_stack_of_its_call() {
    for stress in [false, true] {
        let (mut store, instance) = instantiate(Config::new().gc_stress(stress), (), HOSTED, define_call);
        let deep = instance.get_typed_func::<i32, i32>(&store, "deep in the host").unwrap();
        // The continuation's own stack is far smaller.
        assert_eq!(deep.call(&mut store, 50_000).unwrap(), 50_000 + 14 + 40);
        store.collect();
        assert_eq!(store.continuations(), 0);
    }
}

const TRACED: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (tag $yield)
    (import "host" "fail" (func $fail))
    (func $innermost (suspend $yield) (call $traps))
    (func $traps unreachable)
    (func $middle (resume $k (cont.new $k (ref.func $innermost))))
    (func $fails (call $fail))
    (func $unhandled (suspend $yield))
    (elem declare func $innermost $middle $fails $unhandled)
    (func $resumes (param (ref $k)) (resume $k (local.get 0)))
    (func $outer (export "outer")
        (block $on (result (ref $k))
            (resume $k (on $yield $on) (cont.new $k (ref.func $middle)))
            (return))
        (call $resumes))
    (func $host (export "host") (resume $k (cont.new $k (ref.func $fails))))
    (func $free (export "unhandled") (resume $k (cont.new $k (ref.func $unhandled)))))"#;

#[test]
fn a_backtrace_goes_through_all_continuations() {
    let define = |linker: &mut Linker<()>| {
        linker.func_wrap("host", "fail", || -> Result<(), Error> { Err(Error::new("failed")) }).unwrap();
    };
    let (mut store, instance) = instantiate(&Config::new(), (), TRACED, define);
    let frames = |store: &mut Store<()>, name: &str| -> Vec<String> {
        let error = instance.get_typed_func::<(), ()>(&*store, name).unwrap().call(store, ()).unwrap_err();
        let backtrace = error.backtrace().unwrap_or_else(|| panic!("{error}"));
        assert!(backtrace.frames().iter().all(|frame| frame.module_offset().is_some()));
        backtrace.frames().iter().map(|frame| frame.func_name().unwrap().into()).collect()
    };
    assert_eq!(frames(&mut store, "outer"), ["traps", "innermost", "middle", "resumes", "outer"]);
    assert_eq!(frames(&mut store, "host"), ["fails", "host"]);
    assert_eq!(frames(&mut store, "unhandled"), ["unhandled", "free"]);
}

/// A generator that waits for the host, uses objects, and takes fuel. `run` adds what it yields.
const WORK: &str = r#"(module
    (type $f (func (param i32) (result i64))) (type $k (cont $f))
    (type $r (func (result i64))) (type $kr (cont $r))
    (type $box (struct (field i64)))
    (import "host" "wait" (func $wait (param i32) (result i64)))
    (import "host" "tag" (tag $failed (param i32)))
    (tag $yield (param (ref null $box)))
    (func $recursive (param i32) (result i64) (local $box (ref null $box))
        (local.set $box (struct.new $box (i64.extend_i32_u (local.get 0))))
        (if (i32.eqz (local.get 0)) (then (return (call $wait (i32.const 3)))))
        (suspend $yield (local.get $box))
        (i64.add (struct.get $box 0 (local.get $box)) (call $recursive (i32.sub (local.get 0) (i32.const 1)))))
    (func $work (type $f) (local $i i32) (local $sum i64)
        (loop $again
            (local.set $sum (i64.add (local.get $sum) (call $recursive (local.get $i))))
            (local.set $sum (i64.mul (i64.const 3) (i64.add (local.get $sum) (call $wait (local.get $i)))))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
        (local.get $sum))
    (func $nested (type $f) (resume $k (local.get 0) (cont.new $k (ref.func $work))))
    (elem declare func $work $nested)
    (func (export "run") (param i32) (result i64)
        (local $sum i64) (local $k (ref null $kr)) (local $box (ref null $box))
        (block $caught (result i32)
            (return
                (try_table (result i64) (catch $failed $caught)
                    (block $one (result (ref null $box) (ref $kr))
                        (resume $k (on $yield $one) (local.get 0) (cont.new $k (ref.func $nested)))
                        (return))
                    (loop $more (param (ref null $box) (ref null $kr)) (result i64)
                        (local.set $k)
                        (local.set $box)
                        (local.set $sum (i64.add (local.get $sum) (struct.get $box 0 (local.get $box))))
                        (resume $kr (on $yield $more) (local.get $k)))
                    (i64.add (local.get $sum)))))
        (i64.extend_i32_u)))"#;

/// Whether the host answers at once.
type Host = bool;

fn work(config: &Config, direct: bool) -> (Store<Host>, wasmote::Instance, Tag) {
    let engine = wasmote::Engine::new(config);
    let mut store = Store::new(&engine, direct);
    let mut linker = Linker::new(&engine);
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
    linker.define("host", "tag", tag).unwrap();
    let wait = |caller: Caller<'_, Host>, x: i32| -> Result<i64, Error> {
        if *caller.data() { Ok(i64::from(x) + 5) } else { Err(caller.suspend_with(x)) }
    };
    linker.func_wrap("host", "wait", wait).unwrap();
    let module = wasmote::Module::new(&engine, wat::parse_str(WORK).unwrap_or_else(|error| panic!("{error}")));
    let instance = linker.instantiate(&mut store, &module.unwrap()).unwrap();
    (store, instance, tag)
}

#[test]
fn calls_stop_and_go_on_inside_of_continuations() {
    for (fuel, stress) in [(None, false), (None, true), (Some(40), false), (Some(17), true)] {
        let mut config = Config::new();
        config.gc_stress(stress).consume_fuel(fuel.is_some()).max_stack(64 << 10);
        let (mut store, instance, tag) = work(&config, true);
        if fuel.is_some() {
            store.set_fuel(u64::MAX).unwrap();
        }
        let run = instance.get_func(&store, "run").unwrap();
        let mut wanted = [Val::I64(0)];
        run.call(&mut store, &[Val::I32(12)], &mut wanted).unwrap();

        *store.data_mut() = false;
        // Several calls at once, in turn.
        let mut results = [[Val::I64(0)], [Val::I64(0)], [Val::I64(0)]];
        let mut calls = Vec::new();
        for results in &mut results {
            if let Some(fuel) = fuel {
                store.set_fuel(fuel).unwrap();
            }
            calls.push(Some(run.call_resumable(&mut store, &[Val::I32(12)], results).unwrap()));
        }
        let mut stops = 0;
        while calls.iter().any(Option::is_some) {
            for (call, results) in calls.iter_mut().zip(&mut results) {
                stops += 1;
                store.collect();
                if let Some(fuel) = fuel {
                    // One instruction may cost more.
                    let left = store.get_fuel().unwrap();
                    store.set_fuel(left + fuel).unwrap();
                }
                *call = match call.take() {
                    None | Some(ResumableCall::Finished) => None,
                    Some(ResumableCall::HostTrap(call)) => {
                        let answer = Val::I64(i64::from(*call.value::<i32>().unwrap()) + 5);
                        Some(call.resume(&mut store, &[answer], results).unwrap())
                    }
                    Some(ResumableCall::OutOfFuel(call)) => Some(call.resume(&mut store, results).unwrap()),
                };
            }
        }
        assert!(stops > 60, "{stops}");
        assert_eq!(results, [wanted; 3]);
        store.collect();
        assert_eq!(store.continuations(), 0);

        // A call that is dropped, and one whose host function fails in the end.
        if let Some(fuel) = fuel {
            store.set_fuel(fuel * 10_000).unwrap();
        }
        let call = run.call_resumable(&mut store, &[Val::I32(12)], &mut [Val::I64(0)]).unwrap();
        store.collect();
        assert_eq!(store.continuations(), 2);
        drop(call);
        store.collect();
        assert_eq!(store.continuations(), 0);
        let mut results = [Val::I64(0)];
        let call = run.call_resumable(&mut store, &[Val::I32(12)], &mut results).unwrap();
        let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
        store.collect();
        let thrown = Exception::new(tag, [Val::I32(77)]);
        let call = call.resume_throw(&mut store, thrown, &mut results).unwrap();
        assert!(matches!(call, ResumableCall::Finished));
        assert_eq!(results, [Val::I64(77)]);
        assert_eq!(store.continuations(), 0);
    }
}

const ENDLESS: &str = r#"(module
    (rec (type $f (func (param (ref null $k)))) (type $k (cont $f)))
    (tag $switch)
    ;; Each resumes the next.
    (func $nests (type $f) (resume $k (ref.null $k) (cont.new $k (ref.func $nests))))
    ;; Two that switch to each other.
    (func $switches (type $f)
        (loop (local.set 0 (switch $k $switch (local.get 0))) (br 0)))
    (func $starts (type $f)
        (local.set 0 (cont.new $k (ref.func $switches)))
        (loop (local.set 0 (switch $k $switch (local.get 0))) (br 0)))
    ;; Each switches to the next, without a loop or a call.
    (func $chains (type $f) (drop (switch $k $switch (cont.new $k (ref.func $chains)))))
    (elem declare func $nests $switches $starts $chains)
    (func (export "chain") (resume $k (on $switch switch) (ref.null $k) (cont.new $k (ref.func $chains))))
    (func (export "nest") (resume $k (ref.null $k) (cont.new $k (ref.func $nests))))
    (func (export "switch") (resume $k (on $switch switch) (ref.null $k) (cont.new $k (ref.func $starts)))))"#;

#[test]
fn code_that_only_switches_can_be_interrupted() {
    for name in ["nest", "switch", "chain"] {
        let (mut store, instance) = instantiate(Config::new().interruption(true), (), ENDLESS, |_| ());
        let handle = store.interrupt_handle().unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    std::thread::yield_now();
                }
            });
            let error = instance.get_typed_func::<(), ()>(&store, name).unwrap().call(&mut store, ()).unwrap_err();
            done.store(true, Ordering::Relaxed);
            assert_eq!(error.as_trap_code().unwrap(), TrapCode::Interrupt, "{name}");
        });
        store.collect();
        assert_eq!(store.continuations(), 0);
    }
}

#[test]
fn fuel_stops_continuations() {
    for name in ["nest", "switch", "chain"] {
        let (mut store, instance) = instantiate(Config::new().consume_fuel(true), (), ENDLESS, |_| ());
        store.set_fuel(20_000).unwrap();
        let error = instance.get_typed_func::<(), ()>(&store, name).unwrap().call(&mut store, ()).unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::OutOfFuel, "{name}");
    }
}

const VALUES: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (func $nothing)
    (elem declare func $nothing)
    (func (export "new") (result (ref $k)) (cont.new $k (ref.func $nothing)))
    (func (export "any") (result contref) (cont.new $k (ref.func $nothing)))
    (func (export "is null") (param (ref null $k)) (result i32) (ref.is_null (local.get 0)))
    (func (export "is any null") (param contref) (result i32) (ref.is_null (local.get 0)))
    (func (export "is no object") (param anyref) (result i32) (ref.is_null (local.get 0)))
    (global (export "global") (mut (ref null $k)) (ref.null $k))
    (table (export "table") 3 (ref null $k)))"#;

#[test]
fn the_host_holds_continuations_but_cannot_pass_them_on() {
    let (mut store, instance) = instantiate(Config::new().gc_stress(true), (), VALUES, |_| ());
    for name in ["new", "any"] {
        let mut results = [Val::I32(0)];
        instance.get_func(&store, name).unwrap().call(&mut store, &[], &mut results).unwrap();
        assert!(matches!(results[0], Val::AnyRef(Some(_))), "{results:?}");
        store.collect();
        assert!(store.continuations() > 0);
        for taker in ["is null", "is any null", "is no object"] {
            let func = instance.get_func(&store, taker).unwrap();
            func.call(&mut store, &results.clone(), &mut [Val::I32(0)]).unwrap_err();
        }
        let global = instance.get_global(&store, "global").unwrap();
        assert!(global.set(&mut store, results[0]).is_err());
    }
    for taker in ["is null", "is any null"] {
        let func = instance.get_func(&store, taker).unwrap();
        let null = Val::default_of(func.ty(&store).params()[0]);
        let mut results = [Val::I32(0)];
        func.call(&mut store, &[null], &mut results).unwrap();
        assert_eq!(results, [Val::I32(1)]);
    }
}

/// A host function is called by a function of another instance, in a continuation.
#[test]
fn samples_have_the_frames_of_continuations_and_of_their_callers() {
    const OTHER: &str = r#"(module (import "" "note" (func $note))
        (func $inner (export "inner") (call $note)))"#;
    const TEXT: &str = r#"(module (import "other" "inner" (func $inner))
        (type $f (func)) (type $k (cont $f))
        (func $body (call $inner)) (elem declare func $body)
        (func $outer (export "outer") (resume $k (cont.new $k (ref.func $body)))))"#;
    for stress in [false, true] {
        let engine = Engine::new(Config::new().interruption(true).gc_stress(stress));
        let mut linker = Linker::new(&engine);
        linker.func_wrap("", "note", |mut caller: Caller<'_, ()>| caller.note_sample()).unwrap();
        let mut store = Store::new(&engine, ());
        let module = |text: &str| Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let other = linker.instantiate(&mut store, &module(OTHER)).unwrap();
        linker.instance(&mut store, "other", other).unwrap();
        let instance = linker.instantiate(&mut store, &module(TEXT)).unwrap();
        store.sample().unwrap();
        instance.get_typed_func::<(), ()>(&store, "outer").unwrap().call(&mut store, ()).unwrap();
        let mut text = String::new();
        store.profile().unwrap().write_folded(&mut text).unwrap();
        let frames = ["outer", "body", "inner"].map(|name| text.find(name));
        assert!(frames.is_sorted() && frames[0].is_some(), "{text}");
    }
}
