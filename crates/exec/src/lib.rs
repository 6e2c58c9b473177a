//! The execution core: machine state, handlers, dispatch and traps.
//!
//! Read in this order:
//!
//! 1. [`mode`]: code is linked, or executed in place, or there is some of either kind;
//! 2. [`state`]: the records that everything works on, owned by the embedder;
//! 3. `dispatch`: how one instruction reaches the next, by tail calls or a loop;
//! 4. `operand`: operand classes;
//! 5. `handlers`: what each instruction does.
//!
//! Then what is there in one of the modes only. Of linked code (feature `alloc`), whose records have their plain names here:
//!
//! 1. `linked`: what the mode is; in it `cells` and `link`, from compact code to what runs, `call`, from the host into wasm, and
//!    backtraces, and `throw`, from an exception to its handler;
//! 2. `objects`: the heap, as handlers see it;
//! 3. `guard`: accesses of memory without a check, where pages without access do it (feature `guard-pages`);
//! 4. `count`: how often each instruction ran, for those who look for better ones (feature `count`);
//! 5. `trace`: each instruction as it runs, for those who look for a mistake, in both modes (feature `trace`);
//! 6. `extend`, `vector`: what handlers in other crates are made of (the latter with the feature `simd`).
//!
//! And `in_place` (feature `in-place`): images executed where they lie, in memory that the embedder gives.
//!
//! The one invariant that all `unsafe` here rests on: **the code being run is verified, or was made by
//! `wasmote-translate` from a validated body**, and the records are as [`state`] says.
#![no_std]
#![deny(missing_docs)]
// What handlers in other crates are made of asks of its callers what `Instr::run` does: said once, in `vector`.
#![cfg_attr(feature = "simd", allow(clippy::missing_safety_doc))]
// Without a mode there is nothing that uses the rest.
#![cfg_attr(not(any(feature = "alloc", feature = "in-place")), allow(dead_code, unused_imports))]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod activation;
#[cfg(feature = "count")]
pub mod count;
mod dispatch;
#[cfg(guarded)]
pub mod guard;
mod handlers;
#[cfg(feature = "in-place")]
pub mod in_place;
#[cfg(feature = "alloc")]
mod linked;
pub mod mode;
mod objects;
mod operand;
pub mod state;
#[cfg(feature = "trace")]
pub mod trace;
#[cfg(feature = "simd")]
pub mod vector;

/// Which pairs of instructions have one handler for both, by number (feature `pairs`): so that tests can try each of them.
#[cfg(feature = "pairs")]
pub mod pairs {
    pub use crate::handlers::pairs::{COUNT, opcodes};
}

pub use activation::{Stop, each_stack};
#[cfg(feature = "in-place")]
pub use in_place::InPlace;
#[cfg(feature = "alloc")]
pub use linked::activation::Frame;
#[cfg(all(feature = "alloc", feature = "trace"))]
pub use linked::activation::site;
#[cfg(feature = "alloc")]
pub use linked::link::{LinkedInstr, Linker, Runs, Source};
#[cfg(feature = "alloc")]
pub use linked::throw::EXCEPTION;
#[cfg(feature = "alloc")]
pub use linked::*;
pub use objects::{Display, Heap, MAX_DEPTH, Types};
pub use state::{DataSegment, ElemSegment, EmptyMemory, Memory};
pub use wasmote_ir::{TrapCode, ValType};

/// How this build gets from one handler to the next: `"tail calls"` or `"loop"`.
pub const DISPATCH: &str = if cfg!(all(tail_dispatch, not(debug_assertions))) { "tail calls" } else { "loop" };
