//! The proof that a WebAssembly module is valid (spec: valid): at once with [`validate`], or with
//! [`validate_outline`] first and each body before its first use. What `wasmote-translate` may rely on, and with
//! it all of execution, is stated here.
//!
//! [`Features`] says which proposals a module may use; [`Features::default`] has all that this build runs.
//! [`needed`] finds out which of them, and of those that no build runs, a module uses.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(feature = "threads")]
extern crate std;

mod features;
mod needed;
#[cfg(feature = "threads")]
mod threads;
mod validate;

pub use features::Features;
pub use needed::{Needed, needed};
#[cfg(feature = "threads")]
pub use threads::validate_with_threads;
pub use validate::{Bodies, ValidateError, validate, validate_outline};
