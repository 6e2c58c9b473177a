//! Tests shared memories with several threads.

#[cfg(feature = "threads")]
mod host;
#[cfg(feature = "threads")]
mod linking;
#[cfg(feature = "threads")]
mod wasm;
