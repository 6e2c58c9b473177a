//! Validation in a build without threads: the caller's is the only one.

use alloc::vec::Vec;

use wasmote_validate::{Bodies, Features, ValidateError};

/// By what large modules are validated.
#[derive(Clone, Default, Debug)]
pub struct Threads;

/// Which bodies are known to be valid, which nobody notes.
pub(crate) struct Validated;

impl Validated {
    pub(crate) fn new(_: &Bodies) -> Result<Validated, ValidateError> {
        Ok(Validated)
    }

    pub(crate) fn has(&self, _: u32) -> bool {
        false
    }

    /// Proves all valid; those that have large frames.
    pub(crate) fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        bodies.validate_all(wasm)
    }
}

/// Proves a module valid; the functions that have large frames.
pub(crate) fn validate_module(wasm: &[u8], features: &Features, _: &Threads) -> Result<Vec<u32>, ValidateError> {
    wasmote_validate::validate(wasm, features)
}
