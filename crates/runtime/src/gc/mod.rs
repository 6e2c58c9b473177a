//! Objects and exceptions of stores.

mod access;
mod heap;
pub(crate) mod objects;
pub(crate) mod roots;

pub use access::{Array, Part};
pub use wasmote_gc::heap::Stats as HeapStats;
