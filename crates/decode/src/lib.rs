//! Bytes into [`ModuleInfo`]: what a WebAssembly binary is made of, as plain data. Nothing is validated here
//! beyond what is needed to read on; see `wasmote-validate`.
//!
//! Read in this order:
//!
//! 1. [`module`]: the data that comes out; [`Header`]: what bytes are at all;
//! 2. `sections`: the way through a binary, section by section;
//! 3. [`reader`] and [`operators`]: reading what function bodies consist of, for all crates that do; `types`, `initial` and `constant`: value
//!    types out of wasmparser's, sections with constant expressions, and these;
//! 4. [`error`]: why a binary was refused; `missing`: whether function bodies need what a build lacks;
//! 5. [`names`]: function names, looked up when someone asks;
//! 6. [`image`]: images into the same data.
//!
//! Every index that a binary contains is handed on as it stands, in range or not: only a valid module's indices
//! can be trusted. Memory taken is bounded by a small multiple of the binary's size. When there is none, that is an error
//! ([`DecodeErrorKind::OutOfMemory`]); only wasmparser's own errors, of which there is one at most, take three pieces of less than 200 bytes by
//! allocations that cannot fail.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "wasm")]
mod constant;
pub mod error;
pub mod header;
#[cfg(feature = "image")]
pub mod image;
#[cfg(feature = "wasm")]
mod initial;
#[cfg(all(feature = "wasm", not(all(feature = "simd", feature = "gc"))))]
mod missing;
pub mod module;
#[cfg(feature = "wasm")]
pub mod names;
#[cfg(feature = "wasm")]
pub mod operators;
#[cfg(feature = "wasm")]
pub mod proposals;
#[cfg(feature = "wasm")]
pub mod reader;
#[cfg(feature = "wasm")]
mod sections;
#[cfg(feature = "wasm")]
mod types;

pub use error::{DecodeError, DecodeErrorKind};
pub use header::Header;
#[cfg(all(feature = "wasm", not(all(feature = "simd", feature = "gc"))))]
pub use missing::refuse_missing;
pub use module::*;
#[cfg(feature = "wasm")]
pub use sections::decode;
