//! Wasm code that shares a memory: it waits and notifies, is interrupted, and is translated by several threads.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Wake;
use std::thread;
use std::time::{Duration, Instant};

use wasmote::{
    Config, Engine, Instance, Linker, Module, ResumableCall, SharedMemory, Store, TrapCode, TypedFunc, Val, WaitResult,
};

use crate::host::TYPE;

const WAITS: &str = r#"(module (import "host" "memory" (memory 1 4 shared)) (export "memory" (memory 0))
    (func (export "wait") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32)
        (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32)
        (memory.atomic.notify (local.get 0) (local.get 1)))
    (func (export "add") (param i32 i32) (result i32)
        (i32.atomic.rmw.add (local.get 0) (local.get 1)))
    (func (export "add_many") (param $at i32) (param $count i32)
        (loop $again
            (drop (i32.atomic.rmw.add (local.get $at) (i32.const 1)))
            (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))"#;

struct Shared {
    engine: Engine,
    module: Module,
    memory: SharedMemory,
}

impl Shared {
    fn new(text: &str) -> Shared {
        let engine = Engine::new(Config::new().interruption(true));
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let memory = SharedMemory::new(&engine, TYPE).unwrap();
        Shared { engine, module, memory }
    }

    fn instance(&self) -> (Store<()>, Instance) {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[self.memory.clone().into()]).unwrap();
        (store, instance)
    }

    /// Notifies the first that waits at an address, as soon as one does.
    fn wake_one(&self, address: u64) {
        while self.memory.atomic_notify(address, 1).unwrap() == 0 {
            thread::yield_now();
        }
    }
}

type Wait = TypedFunc<(i32, i32, i64), i32>;

#[test]
fn wasm_and_the_host_wake_each_other() {
    let shared = Shared::new(WAITS);
    thread::scope(|scope| {
        let wasm = scope.spawn(|| {
            let (mut store, instance) = shared.instance();
            let wait: Wait = instance.get_typed_func(&store, "wait").unwrap();
            let first = wait.call(&mut store, (8, 0, -1)).unwrap();
            let wait64 = instance.get_typed_func::<(i32, i64, i64), i32>(&store, "wait64").unwrap();
            (first, wait64.call(&mut store, (16, 0, i64::MAX)).unwrap())
        });
        shared.wake_one(8);
        shared.wake_one(16);
        assert_eq!(wasm.join().unwrap(), (0, 0));
        let host = scope.spawn(|| shared.memory.atomic_wait32(8, 0, None).unwrap());
        let (mut store, instance) = shared.instance();
        let notify = instance.get_typed_func::<(i32, i32), i32>(&store, "notify").unwrap();
        while notify.call(&mut store, (8, -1)).unwrap() == 0 {}
        assert_eq!(host.join().unwrap(), WaitResult::Ok);
        assert_eq!(notify.call(&mut store, (8, -1)).unwrap(), 0);
    });
}

#[test]
fn waits_end_by_value_and_by_time_and_addresses_are_checked() {
    let shared = Shared::new(WAITS);
    let (mut store, instance) = shared.instance();
    let wait: Wait = instance.get_typed_func(&store, "wait").unwrap();
    let mut call = |at, expected, time| {
        let outcome = wait.call(&mut store, (at, expected, time));
        outcome.map_err(|error| error.as_trap_code().unwrap())
    };
    assert_eq!(call(8, 1, -1), Ok(1));
    assert_eq!(call(8, 0, 0), Ok(2));
    assert_eq!(call(8, 0, 1_000_000), Ok(2));
    assert_eq!(call(65532, 0, 0), Ok(2));
    assert_eq!(call(65536, 0, 0), Err(TrapCode::MemoryOutOfBounds));
    assert_eq!(call(-4, 0, 0), Err(TrapCode::MemoryOutOfBounds));
    assert_eq!(call(2, 0, 0), Err(TrapCode::UnalignedAtomic));
    let start = Instant::now();
    assert_eq!(call(8, 0, 20_000_000), Ok(2));
    assert!(start.elapsed() >= Duration::from_millis(20), "time never passes early");
}

#[cfg(feature = "compile")]
#[test]
fn images_carry_shared_memories_and_waits() {
    let shared = Shared::new(WAITS);
    let image = shared.module.to_image(&wasmote::ImageOptions::default()).unwrap();
    let shared = Shared { module: Module::from_image(&shared.engine, image).unwrap(), ..shared };
    assert!(
        shared.module.imports().all(|import| matches!(*import.ty(), wasmote::ExternType::Memory(ty) if ty.is_shared()))
    );
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let (mut store, instance) = shared.instance();
            instance
                .get_typed_func::<(i32, i32, i64), i32>(&store, "wait")
                .unwrap()
                .call(&mut store, (8, 0, -1))
                .unwrap()
        });
        shared.wake_one(8);
        assert_eq!(waiter.join().unwrap(), 0);
    });
}

#[test]
fn additions_of_threads_are_never_lost() {
    const COUNT: i32 = 100_000;
    let shared = Shared::new(WAITS);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let (mut store, instance) = shared.instance();
                let add = instance.get_typed_func::<(i32, i32), ()>(&store, "add_many").unwrap();
                add.call(&mut store, (32, COUNT)).unwrap();
            });
        }
    });
    let mut sum = [0; 4];
    shared.memory.read(32, &mut sum).unwrap();
    assert_eq!(i32::from_le_bytes(sum), 3 * COUNT);
}

#[test]
fn an_interruption_ends_a_wait_and_takes_no_notification() {
    let shared = Shared::new(WAITS);
    for early in [true, false] {
        let (mut store, instance) = shared.instance();
        let wait: Wait = instance.get_typed_func(&store, "wait").unwrap();
        let handle = store.interrupt_handle().unwrap();
        let (send, receive) = mpsc::channel();
        let waiter = thread::spawn(move || {
            send.send(()).unwrap();
            wait.call(&mut store, (8, 0, -1)).unwrap_err().as_trap_code()
        });
        receive.recv().unwrap();
        if !early {
            thread::sleep(Duration::from_millis(20));
        }
        handle.interrupt();
        assert_eq!(waiter.join().unwrap(), Some(TrapCode::Interrupt));
        assert_eq!(shared.memory.atomic_notify(8, 1).unwrap(), 0);
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Count>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_wait_leaves_the_waker_that_the_embedder_set() {
    let shared = Shared::new(WAITS);
    let (mut store, instance) = shared.instance();
    let wait: Wait = instance.get_typed_func(&store, "wait").unwrap();
    let handle = store.interrupt_handle().unwrap();
    let count = Arc::new(Count::default());
    handle.set_waker(Some(count.clone().into())).unwrap();
    // During a wait, an interruption wakes both.
    let other = handle.clone();
    let waiter = thread::spawn(move || {
        let outcome = wait.call(&mut store, (8, 0, -1)).unwrap_err().as_trap_code();
        (store, wait, outcome)
    });
    thread::sleep(Duration::from_millis(20));
    other.interrupt();
    let (mut store, wait, outcome) = waiter.join().unwrap();
    assert_eq!(outcome, Some(TrapCode::Interrupt));
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    // After one that ended by itself, it wakes the embedder's alone.
    assert_eq!(wait.call(&mut store, (8, 0, 1_000_000)).unwrap(), 2);
    handle.interrupt();
    assert_eq!(count.0.load(Ordering::SeqCst), 2);
}

#[test]
fn a_wait_that_was_interrupted_goes_on_for_the_rest_of_its_time() {
    let shared = Shared::new(WAITS);
    let (mut store, instance) = shared.instance();
    let wait = instance.get_func(&store, "wait").unwrap();
    let handle = store.interrupt_handle().unwrap();
    let time = Duration::from_millis(60);
    let args = [Val::I32(8), Val::I32(0), Val::I64(time.as_nanos() as i64)];
    let mut results = [Val::I32(7)];
    let start = Instant::now();
    handle.interrupt();
    let mut call = wait.call_resumable(&mut store, &args, &mut results).unwrap();
    let mut interruptions = 0;
    // Each resumption is interrupted at once, or a moment later. With all of its time each, it would never end.
    while let ResumableCall::OutOfFuel(stopped) = call {
        interruptions += 1;
        assert!(start.elapsed() < time * 100, "it does not end");
        let handle = handle.clone();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            handle.interrupt();
        });
        call = stopped.resume(&mut store, &mut results).unwrap();
        other.join().unwrap();
    }
    assert!(interruptions > 1);
    assert!(start.elapsed() >= time);
    assert!(matches!(results, [Val::I32(2)]), "{results:?}");
}

#[test]
fn epochs_that_do_not_end_a_call_do_not_end_its_wait() {
    let shared = Shared::new(WAITS);
    let (mut store, instance) = shared.instance();
    store.set_epoch_deadline(1_000_000).unwrap();
    let wait: Wait = instance.get_typed_func(&store, "wait").unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(move || wait.call(&mut store, (8, 0, -1)).unwrap());
        for _ in 0..100 {
            shared.engine.increment_epoch();
            thread::yield_now();
        }
        shared.wake_one(8);
        assert_eq!(waiter.join().unwrap(), 0);
    });
}

/// All threads call all functions at the same time, so they often translate the same one.
#[test]
fn threads_translate_the_same_functions() {
    const COUNT: usize = 200;
    let mut text = String::from("(module (import \"host\" \"memory\" (memory 1 4 shared))");
    for i in 0..COUNT {
        let next = if i + 1 < COUNT {
            format!("(call {} (i32.add (local.get 0) (i32.const {i})))", i + 1)
        } else {
            "(local.get 0)".into()
        };
        write!(text, "(func (export \"f{i}\") (param i32) (result i32) (i32.xor {next} (i32.const {i})))").unwrap();
    }
    text.push(')');
    for _ in 0..5 {
        let shared = Shared::new(&text);
        let results: Vec<Vec<i32>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let shared = &shared;
                    scope.spawn(move || {
                        let (mut store, instance) = shared.instance();
                        let of = |i: usize| (i * 37 + thread * 50) % COUNT;
                        let mut results = vec![0; COUNT];
                        for i in (0..COUNT).map(of) {
                            let f = instance.get_typed_func::<i32, i32>(&store, &format!("f{i}")).unwrap();
                            results[i] = f.call(&mut store, 1).unwrap();
                        }
                        results
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(shared.module.stats().functions, COUNT as u64, "each is published once");
    }
}

#[test]
fn a_store_that_ends_leaves_the_memory_to_others() {
    let shared = Shared::new(WAITS);
    let mut linker = Linker::new(&shared.engine);
    linker.define("host", "memory", shared.memory.clone()).unwrap();
    let Shared { engine, module, memory } = shared;
    let mut last = Store::new(&engine, ());
    let instance = linker.instantiate(&mut last, &module).unwrap();
    drop((linker, memory));
    for _ in 0..3 {
        let memory = instance.get_shared_memory(&last, "memory").unwrap();
        let mut other = Store::new(&engine, ());
        let user = Instance::new(&mut other, &module, &[memory.into()]).unwrap();
        let add = user.get_typed_func::<(i32, i32), i32>(&other, "add").unwrap();
        thread::spawn(move || add.call(&mut other, (0, 1)).unwrap()).join().unwrap();
    }
    let add = instance.get_typed_func::<(i32, i32), i32>(&last, "add").unwrap();
    assert_eq!(add.call(&mut last, (0, 0)).unwrap(), 3);
}
