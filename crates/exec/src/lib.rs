//! The execution core: machine state, handlers, dispatch and traps.
//!
//! Read in this order:
//!
//! 1. [`state`]: the records that everything works on, owned by the embedder;
//! 2. `dispatch`: how one instruction reaches the next, by tail calls or a loop;
//! 3. `operand`: operand classes;
//! 4. `handlers`: what each instruction does;
//! 5. [`cells`]: from compact code to what runs, and [`call`](mod@call): from the host into wasm, and backtraces (feature
//!    `alloc`);
//! 6. `throw`: from an exception to its handler;
//! 7. `guard`: accesses of memory without a check, where pages without access do it (feature `guard-pages`);
//! 8. `count`: how often each instruction ran, for those who look for better ones (feature `count`);
//! 9. `vector`: what handlers in other crates are made of (feature `simd`);
//! 10. `in_place`, instead of these without `alloc`: images executed where they lie, in memory that the embedder gives.
//!
//! The one invariant that all `unsafe` here rests on: **the code being run is verified, or was made by
//! `wasmote-translate` from a validated body**, and the records are as [`state`] says.
#![no_std]
#![deny(missing_docs)]
// What handlers in other crates are made of asks of its callers what `Instr::run` does: said once, in `vector`.
#![cfg_attr(feature = "simd", allow(clippy::missing_safety_doc))]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
pub mod call;
pub mod cells;
#[cfg(feature = "count")]
pub mod count;
mod dispatch;
#[cfg(feature = "alloc")]
pub mod extend;
#[cfg(guarded)]
pub mod guard;
mod handlers;
#[cfg(not(feature = "alloc"))]
pub mod in_place;
#[cfg(feature = "alloc")]
mod link;
mod operand;
pub mod state;
#[cfg(feature = "alloc")]
mod throw;
#[cfg(feature = "simd")]
pub mod vector;

/// Which pairs of instructions have one handler for both, by number (feature `pairs`): so that tests can try each of them.
#[cfg(feature = "pairs")]
pub mod pairs {
    pub use crate::handlers::pairs::{COUNT, opcodes};
}

#[cfg(feature = "alloc")]
pub use call::{Frame, backtrace, call};
pub use cells::Cell;
#[cfg(feature = "alloc")]
pub use link::{Linker, Source};
pub use state::*;
#[cfg(feature = "alloc")]
pub use throw::EXCEPTION;
#[cfg(not(feature = "alloc"))]
pub use wasmote_ir::{TrapCode, ValType};

/// How this build gets from one handler to the next: `"tail calls"` or `"loop"`.
pub const DISPATCH: &str = if cfg!(all(tail_dispatch, not(debug_assertions))) { "tail calls" } else { "loop" };
