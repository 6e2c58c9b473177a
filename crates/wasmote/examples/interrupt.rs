//! Stops a guest that never ends: once from another thread, and once at a deadline that a callback moves.
//!
//!     cargo run -p wasmote --example interrupt

use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, Error, Instance, Module, Store, UpdateDeadline};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(Config::new().interruption(true));
    let wasm = r#"(module
            (global $n (export "n") (mut i64) (i64.const 0))
            (func $count (export "count")
                (loop (global.set $n (i64.add (global.get $n) (i64.const 1))) (br 0))))"#;
    let module = Module::new(&engine, wasm)?;
    // The store's data is the number of deadlines so far.
    let mut store = Store::new(&engine, 0);
    let instance = Instance::new(&mut store, &module, &[])?;
    let count = instance.get_typed_func::<(), ()>(&store, "count")?;

    let handle = store.interrupt_handle()?;
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        handle.interrupt();
    });
    let error = count.call(&mut store, ()).err().ok_or("the loop ended")?;
    println!("{error}");
    other.join().map_err(|_| "the other thread panicked")?;

    // An epoch every 5 milliseconds, for as long as the program runs.
    let ticking = engine.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(5));
            ticking.increment_epoch();
        }
    });
    store.epoch_deadline_callback(|mut store| {
        *store.data_mut() += 1;
        println!("deadline {}", store.data());
        if *store.data() < 3 { Ok(UpdateDeadline::Continue(1)) } else { Err(Error::new("three deadlines are enough")) }
    });
    store.set_epoch_deadline(1)?;
    let error = count.call(&mut store, ()).err().ok_or("the loop ended")?;
    println!("{error}");
    Ok(())
}
