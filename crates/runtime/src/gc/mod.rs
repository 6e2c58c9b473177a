//! Objects and exceptions of stores.

mod access;
mod constant;
mod heap;
pub(crate) mod objects;
mod roots;

pub use access::{Array, Part};
pub use wasmote_gc::heap::HeapStats;
