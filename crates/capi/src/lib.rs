//! The C API of wasmote: the standard header `wasm.h`, unchanged, and `wasmote.h` for what the standard lacks.
//!
//! ```text
//! C ──> config ──> store ──> module ──> instance ──> func, items ──> wasmote
//!       types, vectors: data │            │
//!                            └─ object: references of all kinds, value, foreign, trap
//! ```
//!
//! Read in this order:
//!
//! 1. `store`: who holds the store while C and wasm call each other; `finalizers`;
//! 2. `vectors`, `types`: data without a store; `fallible`;
//! 3. `object`: references, their host information, and what they are; `foreign`; `value`;
//! 4. `config`, `module`, `instance`, `func`, `items`, `trap`: the functions of `wasm.h`, by subject;
//! 5. `error`, `linker`, `unboxed`, `resumable`, `exceptions`, `gc`, `wasi`, `limits`: what `wasmote.h` adds.
//!
//! # Rules
//!
//! They hold for all functions, and are what each function marked `unsafe` asks of its caller:
//!
//! - **Pointers.** A pointer is to an object of the type that the header says, which was not deleted. Null is allowed
//!   where a function's text says so, and for all functions that delete.
//! - **Ownership.** `own` in the header says who deletes. A vector that is passed as `own` is empty afterwards. Vectors
//!   that this library is to delete must be made by its own functions, since their memory comes from its allocator.
//! - **Threads.** Engines, shared modules and interrupt handles can be used by all threads at once, and so can linkers that
//!   have no items of a store and that nobody changes. A store, with all that belongs to it, is used by one thread at a
//!   time: it may move to another thread with all its references, and with linkers that have its items. Data (types,
//!   vectors, values without references, configurations) is used by one thread at a time.
//! - **Stores.** Each reference keeps its store alive. A store is freed when it and all its references are deleted.
//!   A reference that is passed together with another store is an error: the result is null, false or a trap.
//! - **Calls back.** A host function may call everything, and may delete its own store and all that a function which runs
//!   was given, except memory of C's. So may a finalizer. Finalizers run after the function of this library that made them
//!   due: when it returns, or before it calls a host function.
//!   Streams and clocks of WASI, and the finalizers of these and of a linker's functions, must not use the store; what they
//!   call fails. These finalizers must not use the linker, either.
//! - **Panics** do not leave the library: a panic is a bug in it, and ends the process. Nor may a callback unwind into
//!   the library, as by a C++ exception; that ends the process, too. A callback must not leave with longjmp.
#![doc = include_str!("../FEATURES.md")]
#![deny(missing_docs)]
#![allow(non_camel_case_types)]
// The rules above are the contract of every function; repeating them in each would hide what is special.
#![allow(clippy::missing_safety_doc)]

/// Defines functions of C. Their safety is that of the [rules](crate#rules).
macro_rules! c_functions {
    ($( $(#[$attribute:meta])* fn $name:ident($($argument:ident: $ty:ty),* $(,)?) $(-> $result:ty)? $body:block )*) => { $(
        $(#[$attribute])*
        // A body works on what its arguments point to, as the rules allow.
        #[allow(unsafe_op_in_unsafe_fn)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $ty),*) $(-> $result)? $body
    )* };
}

pub mod config;
pub mod error;
pub mod exceptions;
pub mod fallible;
mod finalizers;
mod foreign;
pub mod func;
pub mod gc;
pub mod instance;
pub mod items;
pub mod limits;
pub mod linker;
pub mod module;
pub mod object;
pub mod resumable;
pub mod store;
pub mod trap;
pub mod types;
pub mod unboxed;
pub mod value;
pub mod vectors;
#[cfg(feature = "wasi")]
pub mod wasi;

/// What all threads may use at once.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<config::wasm_engine_t>();
    shared::<module::wasm_shared_module_t>();
    shared::<limits::wasmote_interrupt_handle_t>();
};
