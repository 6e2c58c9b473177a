//! Objects and exceptions as the host has them.
//!
//! `refs`: the handles; `anyref`, `structref`, `arrayref`, `exnref`: what can be done with each, `fields` with what they consist of;
//! `i31`: small integers; `object_types`: types of structures and arrays; `scope`: how long handles are good; `typed`: handles as parameters and
//! results; `exceptions`: those that are thrown.

mod anyref;
mod arrayref;
pub(crate) mod exceptions;
mod exnref;
mod fields;
mod i31;
mod object_types;
pub(crate) mod refs;
mod scope;
mod structref;
mod typed;

pub use i31::I31;
pub use object_types::{ArrayType, RecGroup, StructType};
pub use refs::{AnyRef, ArrayRef, ExnRef, StructRef};
pub use scope::scope;
#[doc(inline)]
pub use wasmote_runtime::HeapStats;
