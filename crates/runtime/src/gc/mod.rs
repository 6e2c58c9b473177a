//! The objects and exceptions of a store:
//!
//! - `objects`: the heap, and what the collector must know;
//! - `roots`: references that the host holds;
//! - `heap`: allocation, lookup, and collection;
//! - `access`: the host's access to fields and elements;
//! - `constant`: objects in constant expressions;
//! - `continuations`: continuations and their stacks.

mod access;
mod constant;
#[cfg(feature = "stack-switching")]
mod continuations;
mod heap;
pub(crate) mod objects;
mod roots;

pub use access::{Array, Part};
pub use wasmote_gc::heap::HeapStats;
