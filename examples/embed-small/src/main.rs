//! Runs a module's export `run`, from an i32 to an i32: `embed-small FILE NUMBER`. The exit status is the result.

use std::process::exit;

use wasmote::{Engine, Error, Instance, Module, Store};

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
    let module = load(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<i32, i32>(&store, "run")?.call(&mut store, number)
}

/// Loads a module and validates it.
#[cfg(feature = "validate")]
fn load(engine: &Engine, wasm: Vec<u8>) -> Result<Module, Error> {
    Module::new(engine, wasm)
}

/// Loads a module that the embedder trusts.
#[cfg(all(feature = "wasm", not(feature = "validate")))]
fn load(engine: &Engine, wasm: Vec<u8>) -> Result<Module, Error> {
    // SAFETY: the user of this program guarantees that the file is a valid module.
    unsafe { Module::new_unchecked(engine, wasm) }
}

/// Loads a module that was translated ahead of time.
#[cfg(not(feature = "wasm"))]
fn load(engine: &Engine, image: Vec<u8>) -> Result<Module, Error> {
    Module::from_image(engine, image)
}
