//! The native part of the Python package `wasmote`.
//!
//! ```text
//! Python ──> func, instance, linker ──> store ──> wasmote
//!                     │                   │
//!            value, types, error    ticker, objects
//! ```
//!
//! Read in this order:
//!
//! 1. `store`: who holds the store while Python and wasm call each other; `ticker`: signals of Python while wasm runs;
//!    `attach`: the lock of the interpreter; `objects`: what Python's collector sees of a store;
//! 2. `error`, `types`, `value`: exceptions, types and values of both languages;
//! 3. `engine`, `module`, `instance`, `linker`, `wasi`: one file for each subject of the API;
//! 4. `func`: calls in both directions; `memory`: buffers; `items`: tables, globals, tags, shared memories.
//!
//! Plain data (types, exceptions) is written in Python: `python/wasmote/_types.py`.

mod attach;
mod engine;
mod error;
mod func;
mod instance;
mod items;
mod linker;
mod memory;
mod module;
mod objects;
mod store;
mod ticker;
mod types;
mod value;
mod wasi;

/// The native part of wasmote. Import `wasmote` instead.
#[pyo3::pymodule]
mod _wasmote {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::engine::{Config, Engine};
    #[pymodule_export]
    use crate::func::{Caller, Func};
    #[pymodule_export]
    use crate::instance::Instance;
    #[pymodule_export]
    use crate::items::{Global, SharedMemory, Table, Tag};
    #[pymodule_export]
    use crate::linker::Linker;
    #[pymodule_export]
    use crate::memory::Memory;
    #[pymodule_export]
    use crate::module::{Module, wat2wasm};
    #[pymodule_export]
    use crate::store::{InterruptHandle, Store};
    #[pymodule_export]
    use crate::value::Ref;
    #[pymodule_export]
    use crate::wasi::WasiConfig;

    /// For the package: a forked child begins anew.
    #[pyfunction]
    fn _after_fork() {
        crate::ticker::after_fork();
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
