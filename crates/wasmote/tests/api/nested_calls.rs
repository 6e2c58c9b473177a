//! Host functions that call wasm, which calls them again, and so on. Such calls use the native stack. They end with a
//! trap before it is used up, whatever the host and the guest do.

use std::sync::{Arc, OnceLock};
use std::thread;

use wasmote::{Caller, Config, Engine, Error, Func, FuncType, Instance, Linker, Module, Store, TrapCode};
use wasmote::{Val, ValType};

use crate::module;

const MIB: usize = 1 << 20;

/// `ping` calls `pong` of the host, which calls `ping`, until the argument is zero.
const PING_PONG: &str = r#"(module
    (import "host" "pong" (func $pong (param i32) (result i32)))
    (func (export "ping") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $pong (i32.sub (local.get 0) (i32.const 1))))))))"#;

/// Runs the test on a thread whose stack has this size.
fn on_thread(bytes: usize, test: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(bytes).spawn_scoped(scope, test).unwrap();
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn ping_of(caller: &Caller<'_, u32>) -> Func {
    caller.get_export("ping").and_then(|it| it.into_func()).unwrap()
}

/// Calls wasm with a typed function.
fn typed(mut caller: Caller<'_, u32>, n: i32) -> Result<i32, Error> {
    *caller.data_mut() += 1;
    ping_of(&caller).typed::<i32, i32>(&caller)?.call(&mut caller, n)
}

/// Calls wasm with values.
fn untyped(mut caller: Caller<'_, u32>, n: i32) -> Result<i32, Error> {
    *caller.data_mut() += 1;
    let mut results = [Val::I32(0)];
    ping_of(&caller).call(&mut caller, &[Val::I32(n)], &mut results)?;
    Ok(results[0].i32().unwrap())
}

/// Uses more native stack than others.
fn large(caller: Caller<'_, u32>, n: i32) -> Result<i32, Error> {
    let frame = std::hint::black_box([1u8; 20_000]);
    Ok(typed(caller, n)? + std::hint::black_box(&frame).iter().filter(|&&byte| byte == 0).count() as i32)
}

type Pong = fn(Caller<'_, u32>, i32) -> Result<i32, Error>;

/// Each way for a host function to call wasm.
const PONGS: [Pong; 3] = [typed, untyped, large];

/// An instance whose host function is `pong`.
fn ping_pong(module: &Module, pong: Pong) -> (Store<u32>, Instance) {
    let mut linker = Linker::new(module.engine());
    linker.func_wrap("host", "pong", pong).unwrap();
    let mut store = Store::new(module.engine(), 0);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let instance = linker.instantiate(&mut store, module).unwrap();
    (store, instance)
}

/// Returns the result of `ping`, and how often the host was called.
fn ping(store: &mut Store<u32>, instance: Instance, n: i32) -> (Result<i32, TrapCode>, u32) {
    *store.data_mut() = 0;
    let ping = instance.get_typed_func::<i32, i32>(&*store, "ping").unwrap();
    let outcome = ping.call(&mut *store, n).map_err(|error| error.as_trap_code().unwrap());
    (outcome, *store.data())
}

/// Every way to load a module.
fn modules() -> Vec<Module> {
    let mut configs = [Config::new(), Config::new(), Config::new(), Config::new()];
    configs[1].eager_translation(true);
    configs[2].consume_fuel(true);
    configs[3].guard_pages(false).superinstructions(false);
    let modules = configs.iter().map(|config| module(&Engine::new(config), PING_PONG));
    #[allow(unused_mut)]
    let mut modules: Vec<Module> = modules.collect();
    #[cfg(feature = "compile")]
    for (op_set, metered) in [(wasmote::OpSet::Core, false), (wasmote::OpSet::Extended, true)] {
        let code = wasmote::CodeOptions::default().with_op_set(op_set).with_metered(metered);
        let image = modules[0].to_image(&wasmote::ImageOptions::default().with_code(code)).unwrap();
        modules.push(Module::from_image(&Engine::default(), image).unwrap());
    }
    modules
}

#[test]
fn two_hundred_nested_calls_return_or_trap_on_a_thread_of_1_mib() {
    for module in modules() {
        for pong in PONGS {
            on_thread(MIB, || {
                let (mut store, instance) = ping_pong(&module, pong);
                let (outcome, calls) = ping(&mut store, instance, 200);
                assert!(outcome == Ok(200) || outcome == Err(TrapCode::StackOverflow), "{outcome:?}");
                assert!(calls >= 10, "{calls}");
            });
        }
    }
}

#[test]
fn ten_thousand_nested_calls_are_a_trap_and_the_store_works_on() {
    for module in modules() {
        for pong in PONGS {
            on_thread(MIB, || {
                let (mut store, instance) = ping_pong(&module, pong);
                let (outcome, calls) = ping(&mut store, instance, 10_000);
                assert_eq!(outcome, Err(TrapCode::StackOverflow));
                assert_eq!(ping(&mut store, instance, 10), (Ok(10), 10));
                // The same number of calls fits each time.
                assert_eq!(ping(&mut store, instance, 10_000), (outcome, calls));
            });
        }
    }
}

#[test]
fn the_limit_counts_bytes() {
    let calls = [64, 256, 1024].map(|kib| {
        let engine = Engine::new(Config::new().max_native_stack(kib << 10));
        let (mut store, instance) = ping_pong(&module(&engine, PING_PONG), typed);
        let mut calls = 0;
        on_thread(2 * MIB, || calls = ping(&mut store, instance, 10_000).1);
        calls
    });
    for pair in calls.windows(2) {
        assert!(pair[1] > 3 * pair[0] && pair[1] < 5 * pair[0], "{calls:?}");
    }
    // A host function with large frames has fewer calls.
    let (mut store, instance) = ping_pong(&module(&Engine::default(), PING_PONG), large);
    assert!((1..30).contains(&ping(&mut store, instance, 10_000).1));
}

#[test]
fn without_room_only_the_outermost_call_runs() {
    let engine = Engine::new(Config::new().max_native_stack(0));
    let (mut store, instance) = ping_pong(&module(&engine, PING_PONG), typed);
    assert_eq!(ping(&mut store, instance, 0), (Ok(0), 0));
    assert_eq!(ping(&mut store, instance, 1), (Err(TrapCode::StackOverflow), 1));
}

/// Each call of the store may come from another thread, deeper or less deep on its stack.
#[test]
fn a_store_counts_anew_on_each_thread() {
    let (mut store, instance) = ping_pong(&module(&Engine::default(), PING_PONG), typed);
    let mut counts = Vec::new();
    for _ in 0..3 {
        on_thread(2 * MIB, || counts.push(ping(&mut store, instance, 10_000).1));
    }
    counts.push(ping(&mut store, instance, 10_000).1);
    let frame = std::hint::black_box([0u8; 300_000]);
    counts.push(ping(&mut store, instance, 10_000).1);
    std::hint::black_box(&frame);
    assert!(counts.iter().all(|&count| count.abs_diff(counts[0]) <= 1), "{counts:?}");
}

/// Allows a caller to be used by a thread that its host function waits for.
struct Lent<'a, 'c>(&'a mut Caller<'c, u32>);

// SAFETY: the only thread that uses it is joined before the host function returns, and a `Store<u32>` is `Send`.
unsafe impl Send for Lent<'_, '_> {}

impl Lent<'_, '_> {
    fn ping(&mut self, n: i32) -> Result<i32, Error> {
        ping_of(self.0).typed::<i32, i32>(&*self.0)?.call(&mut *self.0, n)
    }
}

/// A host function whose nested calls run on stacks of their own, as those of fibers do.
#[test]
fn nested_calls_on_other_stacks_neither_overflow_too_early_nor_nest_endlessly() {
    fn pong(mut caller: Caller<'_, u32>, n: i32) -> Result<i32, Error> {
        *caller.data_mut() += 1;
        let mut lent = Lent(&mut caller);
        let mut outcome = Ok(0);
        on_thread(MIB, || {
            // The whole value is captured, not its field.
            let lent = &mut lent;
            outcome = lent.ping(n);
        });
        outcome
    }
    let (mut store, instance) = ping_pong(&module(&Engine::default(), PING_PONG), pong);
    assert_eq!(ping(&mut store, instance, 20), (Ok(20), 20));
    let (outcome, calls) = ping(&mut store, instance, 10_000);
    assert_eq!(outcome, Err(TrapCode::StackOverflow));
    assert!((20..200).contains(&calls), "{calls}");
    assert_eq!(ping(&mut store, instance, 20), (Ok(20), 20));
}

/// Host functions that call themselves through the store, without wasm in between.
#[test]
fn nested_calls_of_host_functions_alone_are_a_trap() {
    on_thread(MIB, || {
        let mut store = Store::new(&Engine::default(), None::<Func>);
        let ty = FuncType::new([], [ValType::I32]);
        let again = Func::new(&mut store, ty, |mut caller: Caller<'_, Option<Func>>, _, results| {
            let again = caller.data().unwrap();
            again.call(&mut caller, &[], results)
        });
        *store.data_mut() = Some(again);
        let error = again.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
    });
}

/// A start function whose host function instantiates the module again.
#[test]
fn nested_instantiations_are_a_trap() {
    on_thread(MIB, || {
        let engine = Engine::default();
        let module = module(&engine, r#"(module (import "host" "again" (func $again)) (start $again))"#);
        let shared = Arc::new(OnceLock::<(Linker<u32>, Module)>::new());
        let mut linker = Linker::new(&engine);
        let inner = shared.clone();
        let again = move |mut caller: Caller<'_, u32>| -> Result<(), Error> {
            *caller.data_mut() += 1;
            let (linker, module) = inner.get().unwrap();
            linker.instantiate(&mut caller, module).map(|_| ())
        };
        linker.func_wrap("host", "again", again).unwrap();
        let (linker, module) = shared.get_or_init(|| (linker, module));
        let mut store = Store::new(&engine, 0);
        let error = linker.instantiate(&mut store, module).unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::StackOverflow);
        assert!(*store.data() > 10);
    });
}
