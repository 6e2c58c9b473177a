//! The instruction set of wasmote's IR: one table, and everything that is derived from it.
//!
//! The crate depends on no other crate. Only `fallible` and `string_map` allocate. Read in this order:
//!
//! 1. [`shape`]: the operands that an instruction can have, and their classes (slot, immediate, accumulator).
//! 2. `instructions`, `instructions_managed`, `instructions_gc` and `instructions_simd`: one row for each instruction
//!    family. [`ops`]: the opcodes, which are numbered from these rows.
//! 3. [`code`]: instructions as 16-bit units. [`write`](mod@write): typed construction of instructions.
//! 4. [`disasm`]: instructions as text.
//! 5. [`frame`], [`types`], [`trap`], [`exception_table`], [`casts`], [`atomics`], [`fuel`]: what else the translator and the
//!    executor must agree on.
//! 6. `operators` (feature `operators`): the operators of WebAssembly itself, in a table like that of instructions.
//!    [`Proposal`]: the proposals that a module may need and a build may lack.
//! 7. [`image`]: translated modules as files, and how they are verified before they run.
//! 8. `fallible` and `string_map` (feature `alloc`): allocation that can fail, for sizes that a guest decides, and a
//!    map that uses it.
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;

#[macro_use]
mod instructions_managed;
#[macro_use]
mod instructions_gc;
#[macro_use]
mod instructions;
#[cfg(feature = "simd")]
#[macro_use]
mod instructions_simd;

#[macro_use]
pub mod write;

pub mod atomics;
pub mod casts;
pub mod code;
pub mod disasm;
pub mod exception_table;
#[cfg(feature = "alloc")]
pub mod fallible;
pub mod frame;
pub mod fuel;
pub mod image;
#[cfg(feature = "operators")]
pub mod operators;
pub mod ops;
#[cfg(feature = "alloc")]
pub mod string_map;
#[macro_use]
mod proposal;
pub mod shape;
pub mod trap;
pub mod types;

pub use ops::{Op, Opcode};
pub use proposal::Proposal;
pub use trap::TrapCode;
pub use types::{FieldType, HeapType, Mutability, RefType, StorageType, ValType};
