//! Objects and exceptions, for the host.
//!
//! - `refs`: the handles, except those in `handles`;
//! - `anyref`, `structref`, `arrayref`, `exnref`: the operations on each, with `fields` for their parts;
//! - `i31`: small integers;
//! - `object_types`: types of structures and arrays;
//! - `scope`: how long handles are valid;
//! - `typed`: handles as parameters and results;
//! - `exceptions`: throwing and catching;
//! - `heap`: settings and statistics of a store's heap.

mod anyref;
mod arrayref;
pub(crate) mod exceptions;
mod exnref;
mod fields;
mod heap;
mod i31;
mod object_types;
pub(crate) mod refs;
mod scope;
mod structref;
mod typed;

pub use i31::I31;
pub use object_types::{ArrayType, RecGroup, StructType};
pub use refs::{ArrayRef, StructRef};
pub use scope::scope;
#[doc(inline)]
pub use wasmote_runtime::HeapStats;
