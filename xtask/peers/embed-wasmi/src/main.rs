//! Runs a module's export `run`, from an i32 to an i32: `peer-embed-wasmi FILE NUMBER`. Its exit status is the result.

use std::process::exit;

use wasmi::{Engine, Error, Linker, Module, Store};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wasm = arguments.next().and_then(|path| std::fs::read(path).ok());
    let number = arguments.next().and_then(|number| number.parse().ok());
    match wasm.zip(number).map(|(wasm, number)| run(wasm, number)) {
        Some(Ok(result)) => exit(result),
        Some(Err(_)) => exit(101),
        None => exit(102),
    }
}

fn run(wasm: Vec<u8>, number: i32) -> Result<i32, Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    instance.get_typed_func::<i32, i32>(&store, "run")?.call(&mut store, number)
}
