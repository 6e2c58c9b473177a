//! The instruction set of wasmote: one table, and everything that follows from it.
//!
//! Read in this order:
//!
//! 1. [`shape`]: what operands an instruction can have, and in which classes (slot, immediate, register);
//! 2. `table`, `managed`, `objects` and (for vectors) `table_simd`: one row an instruction family, and [`ops`]: the numbering of opcodes made
//!    from it;
//! 3. [`code`]: reading and writing instructions as 16-bit units; [`write`](mod@write): putting instructions together;
//! 4. [`disasm`]: instructions as text;
//! 5. [`frame`], [`types`], [`trap`], [`handlers`], [`casts`], [`fuel`]: what translator and executor agree on beside the instructions;
//! 6. with the feature `operators`, `operators`: the language's own operators, a table like that of instructions; [`Proposal`]: what a module may need
//!    and a build may lack;
//! 7. [`image`]: translated modules as files, and what must hold for them before they run;
//! 8. with the feature `alloc`, `fallible`: how all crates allocate what guests decide the size of, and `keys`: a map that does.
//!
//! Nothing else here allocates, and nothing depends on another crate.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;

#[macro_use]
mod managed;
#[macro_use]
mod objects;
#[macro_use]
mod table;
#[cfg(feature = "simd")]
#[macro_use]
mod table_simd;

#[macro_use]
pub mod write;

pub mod casts;
pub mod code;
pub mod disasm;
#[cfg(feature = "alloc")]
pub mod fallible;
pub mod frame;
pub mod fuel;
pub mod handlers;
pub mod image;
#[cfg(feature = "alloc")]
pub mod keys;
#[cfg(feature = "operators")]
pub mod operators;
pub mod ops;
#[macro_use]
mod proposal;
pub mod shape;
pub mod trap;
pub mod types;

pub use ops::{Op, Opcode};
pub use proposal::Proposal;
pub use trap::TrapCode;
pub use types::{FieldType, HeapType, RefType, StorageType, ValType};
