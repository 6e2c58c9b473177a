//! Limits how much a guest does with fuel. The host takes fuel for its own work, too.

use wasmote::{Caller, Config, Engine, Error, Linker, Module, Store, TrapCode};

/// Works for the guest, at a cost of one unit for each item.
fn work(mut caller: Caller<'_, ()>, items: u32) -> Result<(), Error> {
    let left = caller.consume_fuel(items.into())?;
    println!("{items} items done, {left} units left");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wasm = r#"(module (import "host" "work" (func $work (param i32)))
             (func (export "run") (param i32)
               (loop
                 (call $work (local.get 0))
                 (local.set 0 (i32.mul (local.get 0) (i32.const 2)))
                 (br 0))))"#;
    let engine = Engine::new(Config::new().consume_fuel(true));
    let module = Module::new(&engine, wasm)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "work", work)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(1000)?;
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<u32, ()>(&store, "run")?;
    let error = run.call(&mut store, 100).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::OutOfFuel));
    println!("the guest ended with {} units left", store.get_fuel()?);
    Ok(())
}
