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
//! 1. `engine`, `module` with `validate`, `image` and `compile`, `store`, `context`: what is shared and what is not, and how stores are borrowed;
//! 2. `handles`: what the embedder has of the things in a store; `value`: values, and as slots;
//! 3. `extern_type`, `externs`, `imports`: what can be imported and exported;
//! 4. `func`, `memory`, `table`, `global`, `tag`, `instance`, `linker` with `named`: what can be done with each;
//! 5. `typed`, `host`, `caller`: calls in both directions, and Rust's types as those of WebAssembly;
//! 6. `error` with `messages`, `exception`, `thrown`: what becomes of failures;
//! 7. `externref`: values of the host; `gc`: objects and exceptions;
//! 8. `linked`: what functions become, to be shown, and `trace`: what runs; `script`: the specification's scripts, for tests.
//!
//! What all of these stand for, the records that code works on, is in `wasmote-runtime`, and with it nearly all that is `unsafe`. Here it is
//! the few items that say `allow(unsafe_code)`: calls, whose arguments are made of values of the right types; host functions, which go only to
//! stores whose data they were made for; references to an engine or a module of the runtime's, which are those to ours; and the functions that
//! are unsafe for the embedder, too.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_code)]
// Without both there are no modules, and little of the rest is used.
#![cfg_attr(not(any(feature = "wasm", feature = "image")), allow(dead_code, unused, unreachable_code))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod caller;
#[cfg(feature = "compile")]
mod compile;
mod context;
mod engine;
mod error;
mod exception;
mod extern_type;
mod externref;
mod externs;
mod func;
#[cfg(feature = "gc")]
mod gc;
mod global;
mod handles;
mod host;
#[cfg(feature = "image")]
mod image;
mod imports;
mod instance;
#[cfg(feature = "listing")]
mod linked_code;
mod linker;
mod memory;
mod messages;
mod module;
mod name_map;
#[cfg(feature = "script")]
pub mod script;
mod store;
mod table;
mod tag;
mod thrown;
#[cfg(feature = "trace")]
mod trace;
mod typed;
#[cfg(feature = "validate")]
mod validate;
mod value;

pub use caller::Caller;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::{Config, Engine, Validation};
pub use error::{Error, ErrorKind, ImportProblem};
pub use exception::Exception;
pub use extern_type::ExternType;
pub use externs::Extern;
#[cfg(feature = "gc")]
#[doc(inline)]
pub use gc::{ArrayRef, ArrayType, HeapStats, I31, RecGroup, StructRef, StructType, scope};
pub use handles::{AnyRef, ExnRef, ExternRef, Func, Global, Instance, Memory, Table, Tag};
pub use host::RawFn;
#[cfg(feature = "image")]
pub use image::{ImageError, ImageErrorKind};
pub use linker::Linker;
pub use module::{ExportDescription, ImportDescription, Module};
pub use store::Store;
#[cfg(feature = "trace")]
pub use trace::{TraceStep, When};
pub use typed::{IntoFunc, TypedFunc, WasmRet, WasmTy, WasmTypes};
#[cfg(feature = "validate")]
pub use validate::{Features, ValidateError};
pub use value::Val;
#[cfg(feature = "count")]
pub use wasmote_runtime::count;
// For crates over this one that do without the standard library, too; no part of the API.
#[doc(hidden)]
pub use wasmote_runtime::Lock;
#[cfg(all(feature = "threads", feature = "validate"))]
pub use wasmote_runtime::RunOnThreads;
#[doc(inline)]
pub use wasmote_runtime::{CodeStats, Trap, TrapFrame, WasmBytes};
#[cfg(feature = "listing")]
#[doc(inline)]
pub use wasmote_runtime::{InstrHandler, LinkedFunction, LinkedInstr, LinkedOptions};

#[cfg(feature = "compile")]
pub use wasmote_compile::ImageOptions;
pub use wasmote_decode::{
    CompositeType, DecodeError, DecodeErrorKind, FuncType, GlobalType, MemoryType, ModuleInfo, SubType, TableType,
};
/// The number of the schedule by which code that takes fuel does so: `docs/fuel.md`. It changes whenever a cost does. An image whose
/// code takes fuel runs only under the schedule that it was compiled for.
pub use wasmote_ir::fuel::SCHEDULE as FUEL_SCHEDULE;
pub use wasmote_ir::{FieldType, HeapType, Proposal, RefType, StorageType, TrapCode, ValType};
#[cfg(feature = "compile")]
pub use wasmote_translate::{CodeOptions, OpSet};
#[cfg(feature = "wasm")]
pub use wasmote_translate::{TranslateError, TranslateErrorKind};
