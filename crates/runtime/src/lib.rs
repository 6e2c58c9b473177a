//! The runtime: what stores and modules are made of, and all of it that is reached by raw pointer.
//!
//! `wasmote` puts handles, types and errors over it, and is the crate for embedders; what is public here is for that crate alone.
//!
//! Read in this order; a file uses those before it, but for the few circles that `cargo xtask circles` prints.
//!
//! 1. `shared`, `arena`, `lock`, `pages` with `reserve`, `stack`, `guard`: memory, and who owns it;
//! 2. `types`, `trace`, [`engine`](Engine), `type_ids`: what stores and modules have in common;
//! 3. `bytes`, `source`, `lazy_validation` with `threads`, `code`, `module`, `translation` with `wasm_code` and `image_code`, `load`: from bytes to linked code, a function at a time; `listing`: that code, to be shown;
//! 4. `memory`, `table`, `global`, `tag`, `instance`, `host`, `gc::objects` with `gc::roots`: the records that handlers work on;
//! 5. `store`, `references`, `root`, `gc::heap`, `gc::access`, or `externs` in a build without objects: who owns the records, and what can be done with them while no code runs;
//! 6. `run`, `activation`, `hooks` with `watch`: calls into wasm and out of it, what stopped them, and how they go on; `constant`, `instantiate`: how instances come to be;
//! 7. `owned`, `caller`: how a store is borrowed, with the embedder's data.
//!
//! `unsafe` is here because records refer to each other by pointers. What carries it all: records stay at their
//! addresses until their store is dropped, numbers are checked by the store that they are given to, and while code runs nothing holds a
//! reference to the store.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
// Without both there are no modules, and little of the rest is used.
#![cfg_attr(not(any(feature = "wasm", feature = "image")), allow(dead_code, unused, unreachable_code))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod activation;
mod arena;
mod bytes;
mod caller;
mod code;
mod constant;
mod engine;
mod error;
#[cfg(not(feature = "gc"))]
mod externs;
#[cfg(feature = "gc")]
mod gc;
mod global;
#[cfg(guarded)]
mod guard;
mod hooks;
mod host;
#[cfg(feature = "image")]
mod image_code;
mod instance;
mod instantiate;
mod item;
#[cfg(feature = "validate")]
mod lazy_validation;
#[cfg(feature = "listing")]
mod listing;
mod load;
mod lock;
mod memory;
mod module;
#[cfg(all(feature = "validate", not(feature = "threads")))]
mod one_thread;
mod origin;
mod owned;
mod pages;
mod references;
mod reserve;
mod root;
mod run;
mod shared;
mod stack;
mod store;
mod table;
mod tag;
#[cfg(all(feature = "threads", feature = "validate"))]
mod threads;
#[cfg(feature = "trace")]
mod trace;
mod translation;
mod trap;
mod type_ids;
mod types;
#[cfg(not(guarded))]
mod unguarded;
#[cfg(feature = "wasm")]
mod wasm_code;
#[cfg(feature = "trace")]
mod watch;

#[cfg(not(feature = "gc"))]
use externs::objects;
#[cfg(feature = "gc")]
use gc::objects;
#[cfg(all(feature = "validate", not(feature = "threads")))]
use one_thread as threads;
#[cfg(not(guarded))]
use unguarded as guard;

pub use activation::Activation;
pub use bytes::WasmBytes;
pub use caller::Caller;
pub use code::CodeStats;
pub use engine::{Engine, OptionalSettings, Settings};
pub use error::{Error, Fault};
#[cfg(feature = "gc")]
pub use gc::{Array, HeapStats, Part};
pub use global::GlobalRecord;
pub use host::{Closure, Erased, HostCall, HostCode, MAX_VALUES, Plain};
pub use instance::InstanceRecord;
pub use item::Item;
#[cfg(feature = "listing")]
pub use listing::{InstrHandler, LinkedFunction, LinkedInstr, LinkedOptions};
pub use lock::Lock;
pub use memory::MemoryRecord;
pub use module::{Module, slots};
pub use owned::{StoreMut, StoreRef, StoreWithData};
pub use root::Root;
pub use shared::{FallibleArc, no_memory, try_box};
pub use store::{Store, StoreId};
pub use table::TableRecord;
pub use tag::TagRecord;
#[cfg(all(feature = "threads", feature = "validate"))]
pub use threads::{RunOnThreads, Threads};
#[cfg(feature = "trace")]
pub use trace::{TraceStep, Tracer, When};
pub use translation::verify;
pub use trap::{Trap, TrapFrame};
pub use types::{Known, KnownType, RELATIVE, TypeRegistry};
#[cfg(feature = "count")]
pub use wasmote_exec::count;
