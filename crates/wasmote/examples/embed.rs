//! The example of the README: a module and its host call each other.

use wasmote::{Caller, Engine, Linker, Module, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A binary, or text.
    let wasm = r#"(module (import "host" "log" (func $log (param i32)))
        (func (export "double") (param i32) (result i32)
          (call $log (local.get 0)) (i32.mul (local.get 0) (i32.const 2))))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    let mut linker = Linker::<Vec<u32>>::new(&engine);
    linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<u32>>, x: u32| caller.data_mut().push(x))?;
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module)?;
    let double = instance.get_typed_func::<u32, u32>(&store, "double")?;
    println!("{} {:?}", double.call(&mut store, 21)?, store.data());
    Ok(())
}
