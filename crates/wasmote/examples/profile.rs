//! Samples a guest every millisecond, and prints where it spent its time. With a file as its argument, it also writes a
//! flame graph there.
//!
//!     cargo run -p wasmote --features profile --example profile -- profile.svg

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, Instance, Module, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(Config::new().interruption(true));
    let wasm = r#"(module
            (func $spin (param i32)
                (loop
                    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                    (br_if 0 (local.get 0))))
            (func $short (call $spin (i32.const 2000000)))
            (func $long (call $spin (i32.const 6000000)))
            (func $main (export "main") (call $short) (call $long)))"#;
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let run = instance.get_typed_func::<(), ()>(&store, "main")?;

    let sampler = store.sample()?;
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let clock = thread::spawn(move || {
        while !is_done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
            sampler.request();
        }
    });
    run.call(&mut store, ())?;
    done.store(true, Ordering::Relaxed);
    clock.join().map_err(|_| "the other thread panicked")?;

    let profile = store.profile().ok_or("the store is sampled")?;
    let mut folded = String::new();
    profile.write_folded(&mut folded)?;
    print!("{folded}");
    if let Some(file) = std::env::args().nth(1) {
        let mut image = String::new();
        profile.write_flame_graph(&mut image)?;
        std::fs::write(file, image)?;
    }
    Ok(())
}
