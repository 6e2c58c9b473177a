//! The entry points: validate a module at once, or body by body.

use alloc::vec::Vec;
use core::ops::Range;

#[cfg(feature = "threads")]
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::fallible::TryVec;
use wasmparser::WasmFeatures;

use crate::body::{self, Buffers};
use crate::fault::{Invalid, ValidateError};
use crate::features::Features;
use crate::outline::Outline;
use crate::sections::walk;

/// Validates a whole module.
///
/// Returns the functions whose frames may have more slots than the translator supports
/// ([`wasmote_ir::frame::MAX_SLOTS`]). Only the translator can tell for sure. The indices count imported functions.
/// Most modules have no such function.
///
/// # Errors
/// If the module is invalid, or if there is not enough memory.
pub fn validate(wasm: &[u8], features: &Features) -> Result<Vec<u32>, ValidateError> {
    Ok(validate_with(wasm, features.flags(), features.body_flags())?)
}

/// [`validate`] with flags of wasmparser. The error also has the missing proposal.
pub(crate) fn validate_with(wasm: &[u8], flags: WasmFeatures, body_flags: WasmFeatures) -> Result<Vec<u32>, Invalid> {
    // Each body is validated when the reader comes to it, so that the first of several errors is reported.
    let mut buffers = Buffers::default();
    walk(wasm, flags, &mut |outline, func, range| {
        let bytes = wasm.get(range.clone()).unwrap_or_default();
        body::validate(outline, body_flags, func, bytes, range.start, &mut buffers)
    })?;
    Ok(buffers.large_frames)
}

/// Validates all of a module but its bodies. [`Bodies`] validates these one by one.
///
/// # Errors
/// If the module is invalid, or if there is not enough memory.
pub fn validate_outline(wasm: &[u8], features: &Features) -> Result<Bodies, ValidateError> {
    let flags = features.body_flags();
    let mut bodies = Bodies { outline: Outline::default(), flags, first: 0, ranges: Vec::new() };
    bodies.outline = walk(wasm, features.flags(), &mut |_, func, range| {
        if bodies.ranges.is_empty() {
            bodies.first = func;
        }
        Ok(bodies.ranges.try_push(range)?)
    })?;
    Ok(bodies)
}

/// The bodies of a module. Everything else in the module is valid.
pub struct Bodies {
    /// The rest of the module.
    outline: Outline,
    flags: WasmFeatures,
    /// The index of the function with the first body, which is the number of imported functions.
    first: u32,
    /// The ranges of the bodies in the binary.
    ranges: Vec<Range<usize>>,
}

impl Bodies {
    /// Validates the body of a function. The index counts imported functions. `wasm` is the binary that the outline was
    /// made from.
    ///
    /// # Errors
    /// If the body is invalid, if there is no such body, or if there is not enough memory.
    pub fn validate_body(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        Ok(self.validate_reusing(wasm, func, &mut Buffers::default())?)
    }

    /// Validates all bodies. Returns the same as [`validate`].
    ///
    /// # Errors
    /// If a body is invalid, or if there is not enough memory.
    pub fn validate_all(&self, wasm: &[u8]) -> Result<Vec<u32>, ValidateError> {
        let mut buffers = Buffers::default();
        for defined in 0..self.ranges.len() as u32 {
            self.validate_reusing(wasm, self.first + defined, &mut buffers)?;
        }
        Ok(buffers.large_frames)
    }

    /// [`Bodies::validate_body`] with buffers, which the next body may use again.
    pub(crate) fn validate_reusing(&self, wasm: &[u8], func: u32, buffers: &mut Buffers) -> Result<(), Invalid> {
        let range = func.checked_sub(self.first).and_then(|defined| self.ranges.get(defined as usize));
        let Some(range) = range else { return Err(Invalid::new("no such function", 0)) };
        let Some(bytes) = wasm.get(range.clone()) else {
            return Err(Invalid::new("function body beyond the end", wasm.len()));
        };
        body::validate(&self.outline, self.flags, func, bytes, range.start, buffers)
    }

    /// Returns the functions with bodies, in runs whose bodies have about this many bytes.
    #[cfg(feature = "threads")]
    pub(crate) fn shares(&self, bytes: usize) -> Result<Vec<Range<u32>>, OutOfMemory> {
        let mut shares = Vec::new();
        let (mut start, mut sum) = (self.first, 0);
        for (func, range) in (self.first..).zip(&self.ranges) {
            sum += range.len();
            if sum >= bytes {
                shares.try_push(start..func + 1)?;
                (start, sum) = (func + 1, 0);
            }
        }
        let end = self.first + self.ranges.len() as u32;
        if start < end {
            shares.try_push(start..end)?;
        }
        Ok(shares)
    }
}

// Modules are shared between threads, and so are the bodies that are not validated yet.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Bodies>();
};
