//! Validation in a build without threads.

use alloc::vec::Vec;

use wasmote_validate::{Bodies, Features, ValidateError};

/// The threads that validate large modules: only the calling one.
#[derive(Clone, Default, Debug)]
pub struct Threads;

/// The record of bodies that are known to be valid. This build keeps none.
pub(crate) struct Validated;

impl Validated {
    pub(crate) fn new(_: &Bodies) -> Result<Validated, ValidateError> {
        Ok(Validated)
    }

    pub(crate) fn has(&self, _: u32) -> bool {
        false
    }

    /// Validates all bodies. Returns the functions with large frames.
    pub(crate) fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        bodies.validate_all(wasm)
    }
}

/// Validates a module. Returns the functions with large frames.
pub(crate) fn validate_module(wasm: &[u8], features: &Features, _: &Threads) -> Result<Vec<u32>, ValidateError> {
    wasmote_validate::validate(wasm, features)
}
