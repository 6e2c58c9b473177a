//! Validates WebAssembly modules (spec: valid). [`validate()`] validates a whole module at once. [`validate_outline`]
//! validates all of it but the bodies. Each body is then validated before its first use.
//!
//! Read in this order:
//!
//! 1. `limits`: the maximum number of each part of a module.
//! 2. `read`, `types`, `type_reader`: the reader, types as numbers, and types in the binary.
//! 3. `outline`: the module without its bodies, which bodies are validated against.
//! 4. `sections`, `groups`, `items`: read and validate a binary, and fill the outline.
//! 5. `body`: function bodies and constant expressions.
//! 6. `threads`: validation of bodies by several threads.
//!
//! The translator and the executor rely on validation. So a missing check here makes everything that runs later unsafe.
//! That is why tests compare the verdicts with those of wasmparser's validator, on modules of all kinds and on damaged
//! ones.
//!
//! [`Features`] says which proposals a module may use. [`Features::default`] has all that this build runs. [`required_features()`]
//! finds out which proposals a module uses, including those that no build runs.
//!
#![doc = include_str!("../FEATURES.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod body;
mod fault;
mod features;
mod groups;
mod items;
mod limits;
mod outline;
mod read;
mod required_features;
mod sections;
#[cfg(test)]
mod tests;
#[cfg(feature = "threads")]
mod threads;
mod type_reader;
mod types;
mod validate;

pub use fault::ValidateError;
pub use features::Features;
pub use required_features::{RequiredFeature, required_features};
#[cfg(feature = "threads")]
pub use threads::{Progress, RunOnThreads, validate_with_threads};
pub use validate::{Bodies, validate, validate_outline};
