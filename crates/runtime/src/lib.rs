//! The runtime: what stores and modules consist of, and everything that is reached through raw pointers.
//!
//! `wasmote` adds handles, types and errors, and is the crate for embedders. The public items here are only for
//! that crate.
//!
//! Read the files in this order. A file uses only those before it, except for the few cycles that `cargo xtask
//! circles` prints.
//!
//! 1. `shared`, `arena`, `lock`, `reserve`, `pages`, `stack`, `guard`: memory and its owners;
//! 2. `types`, `trace`, [`engine`](Engine), `type_ids`: what stores and modules share;
//! 3. `bytes`, `origin`, `lazy_validation` with `threads`, `code`, `module`, `translation` with `wasm_code` and
//!    `image_code`, `load`: from bytes to linked code, function by function; `listing`: prints that code;
//! 4. `clock`; `shared_memory` with `wait_result`, `memory`, `table`, `global`, `tag`, `instance`, `host`, `gc::objects` with `gc::roots`: the records that
//!    handlers work on;
//! 5. `store`, `fuel`, `limits`, `references`, `root`, `gc::heap`, `gc::access`, or `externs` in a build without objects:
//!    the owner
//!    of the records, and its operations while no code runs;
//! 6. `run`, `activation`, `interrupt`, `hooks` with `watch`: calls into wasm and out of it, and how they stop; `constant`,
//!    `instantiate`: how instances are made;
//! 7. `noted`, or `not_noted` in a build without recording: what the host changes; `replay`: host calls that are
//!    recorded or replayed; `samples`, or `unsampled` in a build without profiles, and `profile`: the
//!    stacks that were found;
//! 8. `owned`, `caller`: borrows of a store together with the embedder's data; `call_hook`: what hears of calls.
//!
//! `unsafe` is needed because records refer to each other by pointers. It relies on three invariants. Records stay
//! at their addresses until their store is dropped. A store checks every number that it is given. While code runs,
//! nothing holds a reference to the store.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
// Without these two features there are no modules, and most of the rest is unused.
#![cfg_attr(not(any(feature = "wasm", feature = "image")), allow(dead_code, unused, unreachable_code))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod activation;
mod arena;
mod backtrace;
mod bytes;
mod call_hook;
mod caller;
#[cfg(all(unix, feature = "clock"))]
mod clock;
mod code;
mod constant;
#[cfg(feature = "interrupt")]
mod deadlines;
mod engine;
mod error;
#[cfg(not(feature = "gc"))]
mod externs;
mod fuel;
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
#[cfg(feature = "interrupt")]
mod interrupt;
#[cfg(feature = "interrupt")]
mod interrupt_handle;
mod item;
#[cfg(feature = "validate")]
mod lazy_validation;
mod limits;
#[cfg(feature = "listing")]
mod listing;
mod load;
mod lock;
mod memory;
mod module;
#[cfg(not(feature = "replay"))]
mod not_noted;
#[cfg(feature = "replay")]
mod noted;
#[cfg(all(feature = "validate", not(feature = "threads")))]
mod one_thread;
mod origin;
mod owned;
mod pages;
#[cfg(feature = "profile")]
mod profile;
mod references;
#[cfg(feature = "replay")]
mod replay;
mod reserve;
mod root;
mod run;
#[cfg(feature = "profile")]
mod samples;
mod shared;
#[cfg_attr(not(shared_memory), path = "shared_memory/absent.rs")]
mod shared_memory;
mod stack;
mod store;
mod table;
mod tag;
#[cfg(all(feature = "threads", feature = "validate"))]
mod threads;
#[cfg(feature = "trace")]
mod trace;
mod translation;
mod type_ids;
mod types;
#[cfg(not(guarded))]
mod unguarded;
#[cfg(not(feature = "interrupt"))]
mod uninterrupted;
#[cfg(not(feature = "profile"))]
mod unsampled;
mod wait_result;
#[cfg(feature = "wasm")]
mod wasm_code;
#[cfg(feature = "trace")]
mod watch;

#[cfg(not(feature = "gc"))]
use externs::objects;
#[cfg(feature = "gc")]
use gc::objects;
#[cfg(not(feature = "replay"))]
use not_noted as noted;
#[cfg(all(feature = "validate", not(feature = "threads")))]
use one_thread as threads;
#[cfg(not(guarded))]
use unguarded as guard;
#[cfg(not(feature = "interrupt"))]
use uninterrupted as interrupt;
#[cfg(not(feature = "profile"))]
use unsampled as samples;

pub use activation::{Activation, Progress};
pub use backtrace::{Backtrace, Frame, MAX_OMITTED};
pub use bytes::WasmBytes;
pub use call_hook::CallHook;
pub use caller::Caller;
#[cfg(all(unix, feature = "clock"))]
pub use clock::clock_time;
pub use code::CodeStats;
pub use engine::{Engine, OptionalSettings, Settings};
pub use error::{Error, Failure, Fault};
#[cfg(feature = "gc")]
pub use gc::{Array, HeapStats, Part};
pub use global::GlobalRecord;
pub use host::{Closure, Erased, HostCall, HostCode, HostTypes, MAX_VALUES, Plain};
pub use instance::InstanceRecord;
#[cfg(feature = "interrupt")]
pub use interrupt::UpdateDeadline;
#[cfg(feature = "interrupt")]
pub use interrupt_handle::InterruptHandle;
pub use item::Item;
#[cfg(feature = "limits")]
pub use limits::{Counted, Growth, Question, Resource};
#[cfg(feature = "listing")]
pub use listing::{InstrHandler, LinkedFunction, LinkedInstr, LinkedOptions};
pub use lock::Lock;
pub use memory::MemoryRecord;
pub use module::{Module, slots};
pub use noted::Writes;
#[cfg(feature = "replay")]
pub use noted::{Changes, HostCalls, InterposedCall, MemoryChange};
pub use owned::{StoreMut, StoreRef, StoreWithData};
#[cfg(feature = "profile")]
pub use profile::{Profile, ProfiledFunction};
pub use references::memory_matches;
pub use root::{OwnedRoot, Root};
#[cfg(feature = "profile")]
pub use samples::{Sampler, StackNode};
pub use shared::{FallibleArc, no_memory, try_box};
pub use shared_memory::SharedMemory;
pub use store::{Store, StoreId};
pub use table::TableRecord;
pub use tag::TagRecord;
#[cfg(all(feature = "threads", feature = "validate"))]
pub use threads::{RunOnThreads, Threads};
#[cfg(feature = "trace")]
pub use trace::{TraceStep, Tracer, When};
pub use translation::verify;
pub use types::{Known, KnownType, RELATIVE, TypeRegistry};
pub use wait_result::WaitResult;
#[cfg(feature = "count")]
pub use wasmote_exec::count;
