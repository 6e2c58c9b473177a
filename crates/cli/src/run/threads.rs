//! `--threads`: lets the guest start threads (wasi-threads).

use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_wasi::{ThreadOptions, WasiThreads};

use super::limits::{limit, limits};
use super::{Body, State};
use crate::options::Options;

/// Runs a guest that may start threads. The limits hold for each thread's store; each counts all of the shared memory.
pub fn run(
    store: &mut Store<State>,
    linker: Linker<State>,
    module: &Module,
    options: &Options,
    body: Body<'_>,
) -> Result<(), Error> {
    let (engine, limits, limited) = (Engine::clone(module.engine()), limits(options), options.are_limited());
    let new_store = move |wasi| {
        let mut store = Store::try_new(&engine, State { wasi, limits: limits.clone() })?;
        limit(&mut store, limited)?;
        Ok(store)
    };
    let spawn = ThreadOptions::new(wasmote_rt::spawn);
    WasiThreads::new(module, linker, |state| &mut state.wasi, new_store, spawn)?.run(store, body)
}
