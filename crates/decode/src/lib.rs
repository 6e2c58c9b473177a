//! Decodes a WebAssembly binary, or an image, into [`ModuleInfo`], which is plain data. It checks only what it needs to
//! continue reading. `wasmote-validate` validates.
//!
//! Read in this order:
//!
//! 1. [`module`]: the data, with `external_types`; [`Header`]: the kinds of files.
//! 2. `sections`: reads a binary section by section.
//! 3. [`reader`] and [`operators`]: read the contents of function bodies, for all crates that need them. `types`,
//!    `initial` and `constant`: types, items with constant expressions, and these expressions.
//! 4. [`error`] and `refusal`: why a binary is refused; `unsupported`: whether function bodies need a proposal that a build lacks.
//! 5. [`names`]: names of functions, which are looked up on demand.
//! 6. [`image`]: reads images into the same data.
//!
//! Indices are passed on as the binary has them, in range or not. Only those of a valid module can be trusted.
//!
//! The memory that decoding takes is at most a small multiple of the size of the binary. If there is not enough,
//! decoding fails with [`DecodeErrorKind::OutOfMemory`].
//!
#![doc = include_str!("../FEATURES.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "wasm")]
mod constant;
pub mod error;
mod external_types;
pub mod header;
#[cfg(feature = "image")]
pub mod image;
#[cfg(feature = "wasm")]
mod initial;
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
mod refusal;
#[cfg(feature = "wasm")]
mod sections;
#[cfg(feature = "wasm")]
mod types;
#[cfg(all(feature = "wasm", not(all(feature = "simd", feature = "gc"))))]
mod unsupported;

pub use error::{DecodeError, DecodeErrorKind};
pub use external_types::{FuncType, GlobalType, MemoryError, MemoryType, MemoryTypeBuilder, TableType, TagType};
pub use header::Header;
pub use module::*;
#[cfg(feature = "wasm")]
pub use sections::{MAX_IMPORTS, SECTION_ORDER, decode, decode_supported};
#[cfg(all(feature = "wasm", not(all(feature = "simd", feature = "gc"))))]
pub use unsupported::check_supported;
