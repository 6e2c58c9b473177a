//! The meaning of each instruction, and the table of handlers.
//!
//! Each module has one subject. It gives the meanings of its rows of `wasmote-ir`'s table, as types with the names of
//! the rows. It also has the generic instructions into which these types are stamped, one for each choice of operand
//! classes (see `handler_macros`). `rows` collects the handlers of a mode from all rows.

#[cfg(feature = "alloc")]
pub mod atomics;
pub mod branch;
pub mod bulk;
pub mod calls;
#[cfg(all(test, feature = "alloc"))]
mod columns_tests;
#[cfg(feature = "stack-switching")]
pub mod continuations;
pub mod control;
pub mod float;
pub mod fused;
pub mod handler_macros;
pub mod integer;
#[cfg(feature = "alloc")]
pub mod linked;
pub mod memory;
pub mod metered;
pub mod moves;
pub mod numeric;
#[cfg(feature = "alloc")]
pub mod references;
pub mod rows;
pub mod shared;
#[cfg(feature = "superinstructions")]
pub mod superinstructions;
pub mod table_instructions;
