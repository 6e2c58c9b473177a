//! The proof that a WebAssembly module is valid (spec: valid): at once with [`validate`], or with
//! [`validate_outline`] first and each body before its first use. What `wasmote-translate` may rely on, and with
//! it all of execution, is stated here.
//!
//! `validate` has wasmparser's validator check everything but bodies, `outline` keeps what these are checked against, and
//! `body` checks them.
//!
//! [`Features`] says which proposals a module may use; [`Features::default`] has all that this build runs.
//! [`needed`] finds out which of them, and of those that no build runs, a module uses.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(feature = "threads")]
extern crate std;

mod body;
mod fault;
mod features;
mod needed;
mod outline;
#[cfg(feature = "threads")]
mod threads;
mod types;
mod validate;

pub use fault::ValidateError;
pub use features::Features;
pub use needed::{Needed, needed};
#[cfg(feature = "threads")]
pub use threads::{Progress, validate_with_threads};
pub use validate::{Bodies, validate, validate_outline};
