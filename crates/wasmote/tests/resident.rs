//! How much memory stores and tables take that nobody uses: what a guest can ask for by a number must not be touched before it is used.
//!
//! Counted in bytes that are resident, so one test at a time.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmote::{Config, Engine, Instance, Module, Store};

static ONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    // The kernel counts in its own pages, whatever the size.
    pages * page_size()
}

fn page_size() -> usize {
    // SAFETY: asks for a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// How much more is resident with what this makes than before it.
fn taken<R>(make: impl FnOnce() -> R) -> (usize, R) {
    let before = resident();
    let made = make();
    (resident().saturating_sub(before), made)
}

const STORES: usize = 1000;

#[test]
fn a_store_without_calls_takes_less_than_20_kib() {
    let _alone = alone();
    let engine = Engine::default();
    // As a program that once freed a large allocation: glibc then has others of that size out of what it keeps, and clears them.
    drop(std::hint::black_box(vec![1_u8; 30 << 20]));
    let (bytes, stores) = taken(|| (0..STORES).map(|i| Store::new(&engine, i)).collect::<Vec<_>>());
    println!("{} bytes a store without calls", bytes / STORES);
    assert!(bytes < STORES * (20 << 10), "{bytes}");
    drop(stores);
    let (bytes, _) = taken(|| {
        for i in 0..10 * STORES {
            drop(Store::new(&engine, i));
        }
    });
    assert!(bytes < 1 << 20, "{bytes}");
}

#[test]
fn a_store_with_a_call_takes_less_than_20_kib() {
    let _alone = alone();
    let engine = Engine::default();
    let wasm = wat::parse_str(r#"(module (func (export "f") (param i32) (result i32) local.get 0))"#).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    drop(std::hint::black_box(vec![1_u8; 30 << 20]));
    let (bytes, stores) = taken(|| {
        let one = |i: i32| {
            let mut store = Store::new(&engine, i);
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
            assert_eq!(f.call(&mut store, i).unwrap(), i);
            store
        };
        (0..STORES as i32).map(one).collect::<Vec<_>>()
    });
    println!("{} bytes a store with a call", bytes / STORES);
    assert!(bytes < STORES * (20 << 10), "{bytes}");
    drop(stores);
}

#[test]
fn a_store_whose_stack_cannot_be_had_is_made_and_its_first_call_is_an_error() {
    let mut config = Config::new();
    config.max_stack(1 << 60);
    let engine = Engine::new(&config);
    let wasm = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, wasm).unwrap(), &[]).unwrap();
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    for _ in 0..2 {
        assert_eq!(f.call(&mut store, ()).unwrap_err().to_string(), "there is no room for the value stack");
    }
}
