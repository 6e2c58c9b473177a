//! wasmote is a small and fast WebAssembly interpreter to embed in programs.
//!
//! ```
//! use wasmote::{Caller, Engine, Linker, Module, Store};
//!
//! // A module in the text format. The bytes of a `.wasm` file work as well.
//! let wasm = r#"(module
//!     (import "host" "log" (func $log (param i32)))
//!     (func (export "run") (param i32) (result i32)
//!         (call $log (local.get 0))
//!         (i32.mul (local.get 0) (i32.const 2))))"#;
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, wasm)?;
//!
//! // Defines what the module imports. Host functions can use the store's data.
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
//! An [`Engine`] holds the settings and the types that stores and modules share. A [`Module`] is decoded and
//! validated code; any number of threads may use it. A [`Store`] owns everything that code works on: an
//! [`Instance`] of each module instantiated in it, and the [`Func`]s, [`Memory`]s, [`Table`]s and [`Global`]s. All
//! of these are handles: small, `Copy`, and valid only with their own store. A [`SharedMemory`] belongs to no store, and
//! stores on several threads use it. A [`Linker`] finds a module's imports
//! by name. Functions that can fail return an [`Error`].
//!
//! # For contributors
//!
//! Read in this order:
//!
//! 1. `engine`, `module` with `validate`, `text`, `image` and `compile`, `store` with `limits`, `context`: what stores share,
//!    and how a store is borrowed;
//! 2. `handles`, with `own_store`: the embedder's handles of items in a store; `value`: values, and their form as slots;
//! 3. `extern_type`, `externs`, `imports`: imports and exports;
//! 4. `func`, `memory`, `shared_memory`, `table`, `global`, `tag`, `instance`, `linker` with `name_map` and `default_imports`: the operations on each
//!    item; `reference`: what tables hold;
//! 5. `typed`, `host`, `caller`, `call_hook`: calls in both directions, and Rust types as WebAssembly types; `suspension`,
//!    `resumable`: calls that stop and go on later; `async_calls`: calls that are futures;
//! 6. `interrupt`: other threads stop code; `error` with `errors`, `messages`, `type_text`, `downcast` and `anyhow_errors`, `exit`, `exception`,
//!    `backtrace` with `dwarf`, `thrown`: failures;
//! 7. `externref`: values of the host; `gc`: objects and exceptions; `rooted`: references that the host owns;
//! 8. `replay`: records host calls, and replays them;
//! 9. `linked_code`: the linked code of a function, to print it; `trace`: each instruction as it runs; `script`:
//!    the specification's scripts, for tests.
//!
//! The records behind the handles are in `wasmote-runtime`, and so is nearly all `unsafe` code. This crate has only
//! a few items with `allow(unsafe_code)`:
//!
//! - calls, which build their arguments from values of the right types;
//! - host functions, which go only to stores whose data has the type that they were made for;
//! - references to the runtime's engine or module, which become references to the types of this crate;
//! - functions that are `unsafe` for the embedder, too.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![deny(missing_docs)]
#![deny(missing_debug_implementations)]
#![warn(clippy::must_use_candidate)]
#![deny(unsafe_code)]
// Without these two features there are no modules, and most of the rest is unused.
#![cfg_attr(not(any(feature = "wasm", feature = "image")), allow(dead_code, unused, unreachable_code))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "anyhow")]
mod anyhow_errors;
#[cfg(feature = "async")]
mod async_calls;
mod backtrace;
#[cfg(feature = "call-hook")]
mod call_hook;
mod caller;
#[cfg(feature = "compile")]
mod compile;
mod context;
mod default_imports;
mod downcast;
#[cfg(feature = "dwarf")]
mod dwarf;
mod engine;
mod error;
pub mod errors;
mod exception;
mod exit;
mod extern_type;
mod externref;
mod externs;
mod fuel;
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
#[cfg(feature = "interrupt")]
mod interrupt;
#[cfg(feature = "limits")]
mod limits;
#[cfg(feature = "listing")]
mod linked_code;
mod linker;
mod memory;
mod messages;
mod module;
mod name_map;
#[cfg(not(feature = "anyhow"))]
mod no_anyhow_errors;
#[cfg(not(feature = "dwarf"))]
mod no_dwarf;
mod own_store;
#[cfg(feature = "profile")]
mod profile;
mod reference;
#[cfg(feature = "replay")]
mod replay;
mod resumable;
mod rooted;
#[cfg(feature = "script")]
pub mod script;
mod shared_memory;
mod store;
mod suspension;
mod table;
mod tag;
#[cfg(feature = "wat")]
mod text;
mod thrown;
#[cfg(feature = "trace")]
mod trace;
#[cfg(feature = "messages")]
mod type_text;
mod typed;
#[cfg(feature = "validate")]
mod validate;
mod value;

#[cfg(feature = "async")]
pub use async_calls::{AsyncRet, Then};
#[cfg(not(feature = "anyhow"))]
use no_anyhow_errors as anyhow_errors;
#[cfg(not(feature = "dwarf"))]
use no_dwarf as dwarf;

pub use backtrace::{FrameInfo, WasmBacktrace};
#[cfg(feature = "call-hook")]
pub use call_hook::CallHook;
pub use caller::Caller;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
#[cfg(feature = "dwarf")]
pub use dwarf::FrameSymbol;
pub use engine::{CompilationMode, Config, Engine, Validation};
pub use error::{Error, ErrorKind, ImportProblem};
pub use exception::Exception;
pub use exit::I32Exit;
pub use extern_type::ExternType;
pub use externs::Extern;
#[cfg(feature = "gc")]
#[doc(inline)]
pub use gc::{ArrayRef, ArrayType, HeapStats, I31, RecGroup, StructRef, StructType, scope};
pub use handles::{AnyRef, ExnRef, ExternRef, Func, Global, Instance, Memory, Table, Tag};
pub use host::RawFn;
#[cfg(feature = "image")]
pub use image::{ImageError, ImageErrorKind};
#[cfg(feature = "interrupt")]
pub use interrupt::{InterruptHandle, UpdateDeadline};
#[cfg(feature = "limits")]
pub use limits::{
    DEFAULT_INSTANCE_LIMIT, DEFAULT_MEMORY_LIMIT, DEFAULT_TABLE_LIMIT, ResourceLimiter, StoreLimits, StoreLimitsBuilder,
};
pub use linker::{InstancePre, Linker};
pub use module::{CustomSection, ExportType, ImportType, Module, ModuleExport, ResourcesRequired};
#[cfg(feature = "profile")]
pub use profile::{Profile, ProfiledFunction, Sampler};
pub use reference::{Nullable, Ref};
#[cfg(feature = "replay")]
pub use replay::{ReplayError, ReplayedCall};
pub use resumable::{
    ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel, TypedResumableCall, TypedResumableCallHostTrap,
    TypedResumableCallOutOfFuel,
};
pub use rooted::{GcRef, OwnedRooted, Rooted};
pub use shared_memory::{SharedMemory, WaitResult};
pub use store::Store;
#[cfg(feature = "wat")]
pub use text::binary_of_text;
#[cfg(feature = "trace")]
pub use trace::{TraceStep, When};
pub use typed::{IntoFunc, TypedFunc, WasmRet, WasmTy, WasmTypes};
#[doc(no_inline)]
pub use typed::{WasmTypes as WasmParams, WasmTypes as WasmResults};
#[cfg(feature = "validate")]
pub use validate::{Features, ValidateError};
pub use value::Val;
#[cfg(feature = "count")]
pub use wasmote_runtime::count;
// For crates on top of this one that also work without the standard library. Not part of the API.
#[cfg(all(feature = "threads", feature = "validate"))]
pub use wasmote_runtime::RunOnThreads;
#[cfg(all(unix, feature = "clock"))]
#[doc(hidden)]
pub use wasmote_runtime::clock_time;
#[doc(inline)]
pub use wasmote_runtime::{CodeStats, WasmBytes};
#[cfg(feature = "listing")]
#[doc(inline)]
pub use wasmote_runtime::{InstrHandler, LinkedFunction, LinkedInstr, LinkedOptions};
#[doc(hidden)]
pub use wasmote_runtime::{Lock, Writes};

#[cfg(feature = "compile")]
pub use wasmote_compile::ImageOptions;
#[doc(hidden)]
pub use wasmote_decode::ModuleInfo;
pub use wasmote_decode::{
    CompositeType, DecodeError, DecodeErrorKind, FuncType, GlobalType, MemoryType, MemoryTypeBuilder, SubType,
    TableType, TagType,
};
/// The version of the fuel schedule, which says what each operator costs. `docs/fuel.md` lists the costs. The
/// number changes whenever a cost changes. A metered image has the number of the schedule that it was compiled for, and
/// loads only where it is the same.
pub use wasmote_ir::fuel::SCHEDULE as FUEL_SCHEDULE;
pub use wasmote_ir::{FieldType, HeapType, Mutability, Proposal, RefType, StorageType, TrapCode, ValType};
#[cfg(feature = "compile")]
pub use wasmote_translate::{CodeOptions, OpSet};
#[cfg(feature = "wat")]
pub use wasmote_wat::TextError;

/// The result of this crate's functions.
pub type Result<T, E = Error> = core::result::Result<T, E>;
/// The name that Wasmtime has for the reason of a trap.
pub type Trap = TrapCode;
/// The name that Wasmtime has for the error of [`Memory::read`] and [`Memory::write`].
pub type MemoryAccessError = Error;
/// The name that wasmi has for `f32`.
pub type F32 = f32;
/// The name that wasmi has for `f64`.
pub type F64 = f64;
/// A vector of 128 bits, lane 0 in the lowest bits.
pub type V128 = u128;

#[cfg(feature = "wasm")]
pub use wasmote_translate::{TranslateError, TranslateErrorKind};
