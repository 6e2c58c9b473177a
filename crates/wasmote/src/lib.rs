//! wasmote, a small and fast WebAssembly interpreter, to embed in programs.
//!
//! ```
//! use wasmote::{Caller, Engine, Linker, Module, Store};
//!
//! // A module in text form; bytes of a `.wasm` file do as well.
//! let wasm = wat::parse_str(r#"(module
//!     (import "host" "log" (func $log (param i32)))
//!     (func (export "run") (param i32) (result i32)
//!         (call $log (local.get 0))
//!         (i32.mul (local.get 0) (i32.const 2))))"#)?;
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, wasm)?;
//!
//! // What the module imports. Host functions get at the store's data.
//! let mut linker = Linker::<Vec<u32>>::new(&engine);
//! linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<u32>>, x: u32| {
//!     caller.data_mut().push(x);
//! })?;
//!
//! let mut store = Store::new(&engine, Vec::new());
//! let instance = linker.instantiate(&mut store, &module)?;
//! let run = instance.get_typed_func::<u32, u32>(&store, "run")?;
//! assert_eq!(run.call(&mut store, 21)?, 42);
//! assert_eq!(*store.data(), [21]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is here
//!
//! An [`Engine`] has what stores and modules have in common. A [`Module`] is decoded and validated code, which any
//! number of threads may use. A [`Store`] is a world of its own: it owns an [`Instance`] of each module instantiated
//! in it, with the [`Func`]s, [`Memory`]s, [`Table`]s and [`Global`]s, all of which are handles, small and `Copy`,
//! that mean something only together with their store. A [`Linker`] finds what modules import by name. Everything
//! that can fail returns an [`Error`].
//!
//! # For those who work on it
//!
//! Read in this order:
//!
//! 1. `engine`, `types`: configuration, and function types as numbers;
//! 2. `module`, `code`, `translation`: from bytes to linked code, a function at a time;
//! 3. `store`, `stack`, `arena`, `shared`, `context`: who owns the records that `wasmote-exec` works on, and how they are borrowed;
//! 4. `func`, `memory` with `pages` and `reserve`, `table`, `global`, `tag`, `externs`, `value`: the records and the handles to them;
//! 5. `instantiate`, `instance`, `linker`: how they come to be;
//! 6. `run`, `hooks`, `host`, `caller`, `typed`: calls into wasm and out of it, and what becomes of failures;
//! 7. `error`, `trap`, `exception`; `objects`, `roots`: what the collector must know; `anyref`, `structref`, `arrayref`, `exnref`,
//!    `access`, `object_types`: objects as the host has them;
//! 8. `script`: the specification's scripts, for tests.
//!
//! `unsafe` is here because records refer to each other by pointers. What carries it all: records stay at their
//! addresses until their store is dropped, handles meet no store but their own, and while code runs nothing holds a
//! reference to the store.
#![no_std]
#![deny(missing_docs)]
// Without both there are no modules, and little of the rest is used.
#![cfg_attr(not(any(feature = "wasm", feature = "image")), allow(dead_code))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "gc")]
mod access;
#[cfg(feature = "gc")]
mod anyref;
mod arena;
#[cfg(feature = "gc")]
mod arrayref;
mod bytes;
mod caller;
mod code;
mod context;
mod engine;
mod error;
mod exception;
#[cfg(feature = "gc")]
mod exnref;
mod externs;
mod func;
mod global;
#[cfg(guarded)]
mod guard;
mod hooks;
mod host;
mod instance;
mod instantiate;
mod linker;
mod lock;
mod memory;
mod messages;
mod module;
mod named;
#[cfg(feature = "gc")]
mod object_types;
#[cfg(feature = "gc")]
mod objects;
mod pages;
#[cfg(reserve)]
mod reserve;
#[cfg(feature = "gc")]
mod roots;
#[cfg(not(feature = "gc"))]
#[path = "plain.rs"]
mod roots;
mod run;
#[cfg(feature = "script")]
pub mod script;
mod shared;
mod stack;
mod store;
#[cfg(feature = "gc")]
mod structref;
mod table;
mod tag;
mod translation;
mod trap;
mod typed;
mod types;
#[cfg(feature = "validate")]
mod unproven;
mod value;

#[cfg(feature = "gc")]
pub use anyref::{AnyRef, I31};
#[cfg(feature = "gc")]
pub use arrayref::ArrayRef;
pub use bytes::WasmBytes;
pub use caller::Caller;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::{Config, Engine, Validation};
pub use error::{Error, ErrorKind, ImportProblem};
pub use exception::Exception;
#[cfg(feature = "gc")]
pub use exnref::ExnRef;
pub use externs::{Extern, ExternType};
pub use func::Func;
pub use global::Global;
pub use instance::Instance;
pub use linker::{Linker, RawFn};
#[cfg(feature = "gc")]
pub use object_types::{ArrayType, RecGroup, StructType};
#[cfg(feature = "gc")]
pub use wasmote_gc::heap::Stats as HeapStats;
// For crates over this one that do without the standard library, too; no part of the API.
#[doc(hidden)]
pub use lock::Lock;
pub use memory::Memory;
pub use module::{ExportDescription, ImportDescription, Module, Stats};
#[cfg(feature = "gc")]
pub use roots::scope;
pub use store::Store;
#[cfg(feature = "gc")]
pub use structref::StructRef;
pub use table::Table;
pub use tag::Tag;
pub use trap::{Trap, TrapFrame};
pub use typed::{IntoFunc, TypedFunc, WasmRet, WasmTy, WasmTypes};
pub use value::{ExternRef, Val};
#[cfg(feature = "count")]
pub use wasmote_exec::count;

#[cfg(feature = "compile")]
pub use wasmote_compile::ImageOptions;
pub use wasmote_decode::{
    CompositeType, DecodeError, DecodeErrorKind, FuncType, GlobalType, MemoryType, ModuleInfo, SubType, TableType,
};
/// The number of the schedule by which code that takes fuel does so: `docs/fuel.md`. It changes whenever a cost does. An image whose
/// code takes fuel runs only under the schedule that it was compiled for.
pub use wasmote_ir::fuel::SCHEDULE as FUEL_SCHEDULE;
#[cfg(feature = "image")]
pub use wasmote_ir::image::{ImageError, ImageErrorKind};
pub use wasmote_ir::{FieldType, HeapType, Proposal, RefType, StorageType, TrapCode, ValType};
#[cfg(feature = "compile")]
pub use wasmote_translate::{CodeOptions, OpSet};
#[cfg(feature = "wasm")]
pub use wasmote_translate::{TranslateError, TranslateErrorKind};
#[cfg(all(feature = "threads", feature = "validate"))]
pub use wasmote_validate::RunOnThreads;
#[cfg(feature = "validate")]
pub use wasmote_validate::{Features, ValidateError};
