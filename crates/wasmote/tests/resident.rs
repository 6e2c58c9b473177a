//! Unused stores and tables take little memory: what a guest requests by a number must not be touched before it is
//! used.
//!
//! The tests count resident bytes, so only one may run at a time.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmote::{Config, Engine, ErrorKind, Instance, Module, Store, Val};

static ONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the resident bytes of this process.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    // The kernel counts its own pages, whatever their size.
    pages * page_size()
}

fn page_size() -> usize {
    // SAFETY: sysconf only returns a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Returns how many resident bytes `make` adds.
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
    // Like a program that once freed a large allocation: glibc then serves others of that size from its heap, and
    // clears them.
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
        let error = f.call(&mut store, ()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OutOfMemory), "{error}");
    }
}

/// Returns a module of a few hundred bytes that asks for a billion elements.
fn tables(element: &str) -> Module {
    let table = format!("(table 10000000 {element})");
    let text = format!(
        r#"(module {} (func (export "set") (table.set 99 (i32.const 9999999) (table.get 3 (i32.const 5))))
            (func (export "grow") (result i32) (table.grow 0 (ref.null {}) (i32.const 0))))"#,
        table.repeat(100),
        element.trim_end_matches("ref"),
    );
    let wasm = wat::parse_str(text).unwrap();
    assert!(wasm.len() < 1000);
    Module::new(&Engine::default(), wasm).unwrap()
}

#[test]
fn elements_of_tables_are_not_touched_until_they_are_used() {
    let _alone = alone();
    for element in ["funcref", "externref"] {
        let module = tables(element);
        let mut store = Store::new(module.engine(), ());
        let (bytes, instance) = taken(|| Instance::new(&mut store, &module, &[]).unwrap());
        println!("{bytes} bytes for 100 tables of 10,000,000 elements");
        assert!(bytes < 2 << 20, "{bytes}");
        let (bytes, ()) = taken(|| {
            let set = instance.get_func(&store, "set").unwrap();
            set.call(&mut store, &[], &mut []).unwrap();
            let grow = instance.get_func(&store, "grow").unwrap();
            let mut results = [Val::I32(0)];
            grow.call(&mut store, &[], &mut results).unwrap();
            assert_eq!(results[0].i32(), Some(10_000_000));
            #[cfg(feature = "gc")]
            store.collect();
        });
        assert!(bytes < 1 << 20, "{bytes}");
    }
}

#[test]
fn a_table_that_grows_by_one_takes_what_it_has() {
    let _alone = alone();
    let wasm = wat::parse_str(
        r#"(module (table $t 0 funcref) (elem declare func $f) (func $f)
            (func (export "grow") (param $n i32)
                (loop $l
                    (drop (table.grow $t (ref.func $f) (i32.const 1)))
                    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#,
    )
    .unwrap();
    let module = Module::new(&Engine::default(), wasm).unwrap();
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let grow = instance.get_typed_func::<i32, ()>(&store, "grow").unwrap();
    let (bytes, ()) = taken(|| grow.call(&mut store, 300_000).unwrap());
    println!("{bytes} bytes for 300,000 elements");
    assert!((1_000_000..2_000_000).contains(&bytes), "{bytes}");
}
