//! The names that `wasmtime_wasi` has for preview 1, in its module of this name.

use wasmote::{Error, Linker};

pub use crate::context::WasiCtx as WasiP1Ctx;

/// Does the same as [`add_to_linker`](crate::add_to_linker). A call that waits keeps its thread waiting.
///
/// # Errors
/// As [`add_to_linker`](crate::add_to_linker).
pub fn add_to_linker_sync<T: 'static>(
    linker: &mut Linker<T>,
    context: fn(&mut T) -> &mut WasiP1Ctx,
) -> Result<(), Error> {
    crate::add_to_linker(linker, context)
}
