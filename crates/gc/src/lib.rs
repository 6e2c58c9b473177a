//! The GC heap: structures, arrays, exceptions and host values. `docs/gc.md` explains the design.
//!
//! Read in this order:
//!
//! 1. [`layout`]: the layout of objects;
//! 2. [`heap`]: allocation, in holes between lines that are in use;
//! 3. [`mark`]: finds what is reachable; `cycle`: when that happens;
//! 4. [`barrier`]: what stores of references do meanwhile;
//! 5. [`handlers`], `casts`, `metered`: the meaning of the instructions.
//!
//! One invariant holds: **nothing trusts the heap's bytes.** Code that was not validated may write anything to
//! objects. So all that is read from an object is checked before it is used as an index, and the bitmap of object
//! starts lies outside of the heap.
//!
#![doc = include_str!("../FEATURES.md")]
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

extern crate alloc;

pub mod barrier;
mod casts;
mod cycle;
pub mod handlers;
pub mod heap;
pub mod layout;
pub mod mark;
mod metered;
#[cfg(test)]
mod tests;

pub use handlers::HANDLERS;
pub use heap::{Heap, HeapBacking};
pub use layout::{Layout, Layouts};
pub use mark::Marker;
