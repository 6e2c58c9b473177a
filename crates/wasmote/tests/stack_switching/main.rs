//! Continuations (feature `stack-switching`): the scripts in `tests/stack-switching`, and what scripts cannot say.

mod calls;
#[cfg(feature = "compile")]
mod hostile;
#[path = "../interruptions/mod.rs"]
mod interruptions;
mod memory;
mod scripts;
#[cfg(feature = "trace")]
mod trace;

use wasmote::{Config, Engine, Instance, Linker, Module, Store};

/// Returns a store with an instance of a text that imports these functions.
fn instantiate<T: 'static>(
    config: &Config,
    data: T,
    text: &str,
    define: impl FnOnce(&mut Linker<T>),
) -> (Store<T>, Instance) {
    let engine = Engine::new(config);
    let mut linker = Linker::new(&engine);
    define(&mut linker);
    let module = Module::new(&engine, wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))).unwrap();
    let mut store = Store::new(&engine, data);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}
