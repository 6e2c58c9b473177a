//! Objects and exceptions as the host has them.
//!
//! `refs`: the handles, but for those that values have; `anyref`, `structref`, `arrayref`, `exnref`: what can be done with each, `fields` with
//! what they consist of; `i31`: small integers; `object_types`: types of structures and arrays; `scope`: how long handles are good; `typed`:
//! handles as parameters and results; `exceptions`: those that are thrown; `heap`: what is set and asked about all objects of a store.

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
