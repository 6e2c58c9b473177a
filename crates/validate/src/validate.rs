//! Modules: their outline by wasmparser's validator, their bodies by ours.

use alloc::vec::Vec;
use core::ops::Range;

use wasmparser::{FunctionBody, Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures};

use crate::body::{self, Buffers};
use crate::fault::{Fault, ValidateError};
use crate::features::Features;
use crate::outline::Outline;

/// Proves a whole module valid.
pub fn validate(wasm: &[u8], features: &Features) -> Result<(), ValidateError> {
    Ok(validate_with(wasm, features.flags(), features.body_flags())?)
}

/// The same with the validator's own flags, and what is missing.
pub(crate) fn validate_with(wasm: &[u8], flags: WasmFeatures, body_flags: WasmFeatures) -> Result<(), Fault> {
    // Each body is validated as it comes by, so that of several mistakes the first is reported.
    let mut buffers = Buffers::default();
    let mut outline = None;
    walk(wasm, flags, &mut |func, module, body| {
        let outline = outline.get_or_insert_with(|| Outline::new(module));
        let range = body.range();
        let (start, end) = (range.start as usize, range.end as usize);
        let bytes = wasm.get(start..end).unwrap_or_default();
        body::validate(outline, body_flags, func, bytes, start, &mut buffers)
    })
}

/// Proves all of a module valid but the bodies of its functions, which [`Bodies`] does one by one.
pub fn validate_outline(wasm: &[u8], features: &Features) -> Result<Bodies, ValidateError> {
    let flags = features.body_flags();
    let mut bodies = Bodies { outline: Outline::default(), flags, first: 0, ranges: Vec::new() };
    walk(wasm, features.flags(), &mut |func, module, body| {
        if bodies.ranges.is_empty() {
            bodies.first = func;
            bodies.outline = Outline::new(module);
        }
        let range = body.range();
        bodies.ranges.push(range.start as usize..range.end as usize);
        Ok(())
    })?;
    Ok(bodies)
}

pub(crate) type EachBody<'e, 'w> = &'e mut dyn FnMut(u32, &ValidatorResources, FunctionBody<'w>) -> Result<(), Fault>;

/// Validates everything but bodies, and hands these on, with the index of the function. What they depend on stands in front
/// of the first.
pub(crate) fn walk<'w>(wasm: &'w [u8], flags: WasmFeatures, each_body: EachBody<'_, 'w>) -> Result<(), Fault> {
    let mut validator = Validator::new_with_features(flags);
    let mut parser = Parser::new(0);
    parser.set_features(flags);
    for payload in parser.parse_all(wasm) {
        if let ValidPayload::Func(func, body) = validator.payload(&payload?)? {
            each_body(func.index, &func.resources, body)?;
        }
    }
    Ok(())
}

/// The bodies of a module of which everything else is valid.
pub struct Bodies {
    /// The rest of the module; empty if there are no bodies.
    outline: Outline,
    flags: WasmFeatures,
    /// Index of the function with the first body: the number of imported ones.
    first: u32,
    ranges: Vec<Range<usize>>,
}

impl Bodies {
    /// Proves the body of a function valid, imports counted in its index. `wasm` is the binary that the outline
    /// was made from.
    pub fn validate_body(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        Ok(self.validate_reusing(wasm, func, &mut Buffers::default())?)
    }

    /// The same with buffers that the next one may use again.
    pub(crate) fn validate_reusing(&self, wasm: &[u8], func: u32, buffers: &mut Buffers) -> Result<(), Fault> {
        let range = func.checked_sub(self.first).and_then(|defined| self.ranges.get(defined as usize));
        let Some(range) = range else { return Err(Fault::new("no such function", 0)) };
        let Some(bytes) = wasm.get(range.clone()) else {
            return Err(Fault::new("function body beyond the end", wasm.len()));
        };
        body::validate(&self.outline, self.flags, func, bytes, range.start, buffers)
    }

    /// The functions with bodies, in runs whose bodies have about this many bytes.
    #[cfg(feature = "threads")]
    pub(crate) fn shares(&self, bytes: usize) -> Vec<Range<u32>> {
        let mut shares = Vec::new();
        let (mut start, mut sum) = (self.first, 0);
        for (func, range) in (self.first..).zip(&self.ranges) {
            sum += range.len();
            if sum >= bytes {
                shares.push(start..func + 1);
                (start, sum) = (func + 1, 0);
            }
        }
        let end = self.first + self.ranges.len() as u32;
        if start < end {
            shares.push(start..end);
        }
        shares
    }
}

// Modules are shared between threads, and with them what is left to prove.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Bodies>();
};
