//! Stops and limits a guest that cannot be trusted: in time, in work, in memory and in stack.
//!
//! ```text
//! spin: stopped after 100 ms
//! spin: stopped after 1000000 units of fuel
//! grow: the guest has 16 MiB
//! recurse: the value stack is exhausted
//! ```

use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, Error, Instance, Module, Store, StoreLimits, StoreLimitsBuilder, TrapCode};

/// Instantiates the guest in a store of its own, with 16 MiB of memory at most.
fn start(engine: &Engine) -> Result<(Store<StoreLimits>, Instance), Error> {
    let module = Module::new(engine, include_str!("greedy.wat"))?;
    let mut store = Store::new(engine, StoreLimitsBuilder::new().memory_size(16 << 20).instances(1).build());
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

fn main() -> Result<(), Error> {
    // Time: another thread stops the code.
    let mut config = Config::default();
    config.interruption(true);
    let (mut store, instance) = start(&Engine::new(&config))?;
    let handle = store.interrupt_handle()?;
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        handle.interrupt();
    });
    let error = instance.get_typed_func::<(), ()>(&store, "spin")?.call(&mut store, ()).expect_err("an endless loop");
    if error.as_trap_code() == Some(TrapCode::Interrupt) {
        println!("spin: stopped after 100 ms");
    }

    // Work: it is counted, so the guest stops at the same place each time.
    let mut config = Config::default();
    config.consume_fuel(true);
    let (mut store, instance) = start(&Engine::new(&config))?;
    store.set_fuel(1_000_000)?;
    let error = instance.get_typed_func::<(), ()>(&store, "spin")?.call(&mut store, ()).expect_err("an endless loop");
    if error.as_trap_code() == Some(TrapCode::OutOfFuel) {
        println!("spin: stopped after 1000000 units of fuel");
    }

    // Memory: `memory.grow` returns -1 to the guest.
    let (mut store, instance) = start(&Engine::default())?;
    let pages = instance.get_typed_func::<(), u32>(&store, "grow")?.call(&mut store, ())?;
    println!("grow: the guest has {} MiB", pages / 16);

    // Stack: endless recursion of the guest uses none of the host's stack.
    let mut config = Config::default();
    config.max_stack(64 << 10);
    let (mut store, instance) = start(&Engine::new(&config))?;
    let error = instance.get_typed_func::<(), ()>(&store, "recurse")?.call(&mut store, ()).expect_err("no end");
    if error.as_trap_code() == Some(TrapCode::StackOverflow) {
        println!("recurse: the value stack is exhausted");
    }
    Ok(())
}
