//! The execution core: machine state, handlers, dispatch and traps.
//!
//! Read in this order:
//!
//! 1. [`state`]: the records that everything works on, owned by the embedder;
//! 2. `dispatch`: how one instruction reaches the next, by tail calls or a loop;
//! 3. `operand`: operand classes;
//! 4. `handlers`: what each instruction does;
//! 5. [`cells`]: from compact code to what runs;
//! 6. [`call`](mod@call): from the host into wasm, and backtraces.
//!
//! The one invariant that all `unsafe` here rests on: **the code being run is verified, or was made by
//! `wasmote-translate` from a validated body**, and the records are as [`state`] says.
#![no_std]
#![deny(missing_docs)]
// Only the linker, which allocates, asks for handlers so far.
#![cfg_attr(not(feature = "alloc"), allow(dead_code))]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod call;
pub mod cells;
mod dispatch;
mod handlers;
mod operand;
pub mod state;

pub use call::{Frame, backtrace, call};
#[cfg(feature = "alloc")]
pub use cells::Linker;
pub use cells::{CODE_START, Cell};
pub use state::*;

/// How this build gets from one handler to the next: `"tail calls"` or `"loop"`.
pub const DISPATCH: &str = if cfg!(all(tail_dispatch, not(debug_assertions))) { "tail calls" } else { "loop" };
