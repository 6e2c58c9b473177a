//! What each instruction does, and the table of handlers.
//!
//! A module a theme; each gives the meaning of its rows of `wasmote-ir`'s table as types named after the rows, and the
//! generic instructions that those types are stamped into, one for each choice of operand classes, as `stamp` says. `rows`
//! collects them for a mode by walking the rows.

pub mod branch;
pub mod bulk;
pub mod calls;
#[cfg(all(test, feature = "alloc"))]
mod columns_tests;
pub mod control;
pub mod float;
pub mod integer;
#[cfg(feature = "alloc")]
pub mod linked;
pub mod memory;
pub mod metered;
pub mod moves;
pub mod numeric;
#[cfg(feature = "pairs")]
pub mod pairs;
#[cfg(feature = "alloc")]
pub mod references;
pub mod rows;
pub mod stamp;
pub mod table;
pub mod tiles;
