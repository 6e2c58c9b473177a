//! The heap of objects: structures, arrays, exceptions and values of the host. `docs/gc.md` has the design.
//!
//! Read in this order:
//!
//! 1. [`layout`]: what objects look like;
//! 2. [`heap`]: allocation, in holes between lines that are in use;
//! 3. [`mark`]: what is reachable;
//! 4. [`handlers`], `casts`, `metered`: what instructions do.
//!
//! The one invariant: **the heap's bytes are nobody's word.** Whatever code that was not validated writes to objects, all that is
//! read of one is checked before it is used as an index, and what says where objects begin lies elsewhere.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod casts;
pub mod handlers;
pub mod heap;
pub mod layout;
pub mod mark;
mod metered;
#[cfg(test)]
mod tests;

pub use handlers::HANDLERS;
pub use heap::{Heap, Span};
pub use layout::{Layout, Layouts};
pub use mark::Marker;
