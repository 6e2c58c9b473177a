//! The execution core: machine state, handlers, dispatch and traps.
//!
//! Read in this order:
//!
//! 1. [`mode`]: the two modes, linked code and code executed in place;
//! 2. [`state`]: the records that all code here works on, owned by the embedder;
//! 3. `dispatch`: how one handler reaches the next, by tail calls or by a loop;
//! 4. `operand`: operand classes;
//! 5. `handlers`: what each instruction does.
//!
//! These exist for linked code only (feature `alloc`), whose records are exported here under their plain names:
//!
//! 1. `linked`: the mode itself. It has `cells` and `link`, which turn compact code into runnable cells; `activation`,
//!    which has calls from the host and backtraces; and `throw`, which finds the handler of an exception;
//! 2. `objects`: the GC heap, as handlers see it;
//! 3. `guard`: memory accesses without a bounds check, where inaccessible pages do the check (feature `guard-pages`);
//! 4. `count`: counts how often each instruction ran, to find better ones (feature `count`);
//! 5. `extend`, `vector`: what other crates build handlers with (the latter with the feature `simd`).
//!
//! `stack_limit` is what another thread changes to stop a machine (feature `interrupt`).
//!
//! `trace` shows each instruction as it runs, in both modes (feature `trace`).
//!
//! `in_place` executes images where they lie, with memory that the embedder gives (feature `in-place`).
//!
//! All `unsafe` here rests on one invariant: **the code being run is verified, or was made by `wasmote-translate` from
//! a validated body**, and the records are as [`state`] documents.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
// The unsafe items of `vector` share the contract of `Execute::run`, which its module doc states once.
#![cfg_attr(feature = "simd", allow(clippy::missing_safety_doc))]
// A build without a mode uses none of the rest.
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
mod stack_limit;
pub mod state;
#[cfg(feature = "trace")]
pub mod trace;
#[cfg(feature = "simd")]
pub mod vector;

/// The superinstructions by number (feature `superinstructions`), so that tests can try each of them.
#[cfg(feature = "superinstructions")]
pub mod superinstructions {
    pub use crate::handlers::superinstructions::{COUNT, opcodes};
}

pub use activation::{Stop, each_stack};
#[cfg(feature = "stack-switching")]
pub use handlers::continuations::perform;
#[cfg(feature = "in-place")]
pub use in_place::InPlace;
#[cfg(all(feature = "alloc", feature = "trace"))]
pub use linked::activation::site;
#[cfg(feature = "alloc")]
pub use linked::activation::{Frame, NotedCalls, caller_frames};
#[cfg(feature = "stack-switching")]
pub use linked::continuations::{CONTINUATION, CONTINUATION_BYTES, Continuation, Continuations};
#[cfg(feature = "alloc")]
pub use linked::link::{CodeLinker, InstrHandler, LinkedInstr, UnlinkedFunc};
#[cfg(feature = "stack-switching")]
pub use linked::stack_growth::grow_stack;
#[cfg(feature = "alloc")]
pub use linked::throw::EXCEPTION;
#[cfg(feature = "alloc")]
pub use linked::*;
pub use objects::{Display, Heap, MAX_DEPTH, Types};
pub use stack_limit::StackLimit;
pub use state::{DataSegment, ElemSegment, EmptyMemory, MAX_NATIVE_STACK, Memory};
pub use wasmote_ir::{TrapCode, ValType};

/// How this build gets from one handler to the next: `"tail calls"` or `"loop"`.
pub const DISPATCH: &str = if cfg!(all(tail_dispatch, not(debug_assertions))) { "tail calls" } else { "loop" };
