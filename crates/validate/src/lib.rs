//! The proof that a WebAssembly module is valid (spec: valid): at once with [`validate`], or with
//! [`validate_outline`] first and each body before its first use. What `wasmote-translate` may rely on, and with
//! it all of execution, is stated here.
//!
//! Read in this order:
//!
//! 1. `limits`: how many of each thing there may be;
//! 2. `read`, `types`, `written`: bytes, types as they are compared, and as they are written;
//! 3. `outline`: what bodies are checked against: all of the module but them;
//! 4. `sections`, `groups`, `items`: the way through a binary, which checks and fills it;
//! 5. `body`: bodies, and constant expressions.
//!
//! A check that is missing here is unsafety in everything that runs later. So all of it is compared with wasmparser's
//! validator, on modules of all kinds and on damaged ones: `tests`, and those of `body`.
//!
//! [`Features`] says which proposals a module may use; [`Features::default`] has all that this build runs.
//! [`needed`] finds out which of them, and of those that no build runs, a module uses.
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
mod needed;
mod outline;
mod read;
mod sections;
#[cfg(test)]
mod tests;
#[cfg(feature = "threads")]
mod threads;
mod types;
mod validate;
mod written;

pub use fault::ValidateError;
pub use features::Features;
pub use needed::{Needed, needed};
#[cfg(feature = "threads")]
pub use threads::{Progress, RunOnThreads, validate_with_threads};
pub use validate::{Bodies, validate, validate_outline};
