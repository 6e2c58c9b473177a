//! What the embedder has called when calls pass between the host and wasm. A build without the feature `call-hook` has
//! no such thing.

#[cfg(not(feature = "call-hook"))]
mod absent;
#[cfg(feature = "call-hook")]
mod present;

#[cfg(not(feature = "call-hook"))]
pub(crate) use absent::{CallHooks, around};
#[cfg(feature = "call-hook")]
pub(crate) use present::{CallHooks, around};

/// Where a call passes between the host and wasm.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallHook {
    /// The host calls wasm.
    CallingWasm,
    /// Wasm has returned to the host.
    ReturningFromWasm,
    /// Wasm calls the host.
    CallingHost,
    /// The host has returned to wasm.
    ReturningFromHost,
}
