//! Runs a function of a module.
//!
//! ```text
//! 6 * 7 = 42
//! ```

use wasmote::{Engine, Error, Instance, Module, Store};

fn main() -> Result<(), Error> {
    // An engine has the settings. A module is code, and a store has all that code works on.
    let engine = Engine::default();
    // Text or a binary: `include_bytes!("multiply.wasm")` works as well.
    let module = Module::new(&engine, include_str!("multiply.wat"))?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    // The types are compared once, here.
    let multiply = instance.get_typed_func::<(i32, i32), i32>(&store, "multiply")?;
    println!("6 * 7 = {}", multiply.call(&mut store, (6, 7))?);
    Ok(())
}
