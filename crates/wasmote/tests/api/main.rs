//! Tests the embedding API, one file a subject.

mod barriers;
mod calls;
mod deterministic;
mod direct_calls;
mod dwarf;
mod errors;
mod guard_pages;
mod host;
mod host_objects;
mod indirect_calls;
mod instances;
#[cfg(feature = "limits")]
mod limits;
mod managed;
mod memories;
mod modules;
mod native_stack;
mod nested_calls;
mod objects;
mod porting;
mod reused_space;
mod stores;
mod tables;
mod throws;
mod traps;
#[cfg(all(feature = "simd", feature = "compile"))]
mod vectors;

use wasmote::{Engine, Error, Instance, Linker, Module, Store};

/// Returns a module from text.
fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).unwrap()).unwrap()
}

/// Returns a store with an instance that imports nothing.
fn instance(text: &str) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = module(&engine, text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// Returns a store with an instance that imports what `define` defines.
fn linked<T>(data: T, text: &str, define: impl FnOnce(&mut Linker<T>)) -> Result<(Store<T>, Instance), Error> {
    let engine = Engine::default();
    let module = module(&engine, text);
    let mut linker = Linker::new(&engine);
    define(&mut linker);
    let mut store = Store::new(&engine, data);
    let instance = linker.instantiate(&mut store, &module)?;
    Ok((store, instance))
}

/// Returns the first line of an error's message.
fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap().to_string()
}
