//! Validation with wasmparser's validator.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures, WasmModuleResources,
};

use crate::features::Features;

/// Why a module is not valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidateError {
    /// What is wrong, in one line without the place.
    pub message: Box<str>,
    /// Where, as byte offset in the binary.
    pub offset: usize,
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset {:#x})", self.message, self.offset)
    }
}

impl core::error::Error for ValidateError {}

impl From<wasmparser::Error> for ValidateError {
    #[cold]
    #[inline(never)]
    fn from(error: wasmparser::Error) -> ValidateError {
        // A reader without vectors takes their prefix for a mistake.
        let without_vectors = !cfg!(feature = "simd") && error.message().starts_with("unexpected SIMD opcode");
        let message = if without_vectors { "SIMD support is not enabled" } else { error.message() };
        ValidateError { message: message.into(), offset: error.offset() as usize }
    }
}

/// Proves a whole module valid.
pub fn validate(wasm: &[u8], features: &Features) -> Result<(), ValidateError> {
    Ok(validate_with(wasm, features.flags())?)
}

/// The same with the validator's own flags and errors.
pub(crate) fn validate_with(wasm: &[u8], flags: WasmFeatures) -> Result<(), wasmparser::Error> {
    // Each body is validated as it comes by, while its bytes and the validator's state are in the caches.
    let mut allocations = Some(FuncValidatorAllocations::default());
    walk(wasm, flags, &mut |func, body| {
        let mut validator = func.into_validator(allocations.take().unwrap_or_default());
        validator.validate(&body)?;
        allocations = Some(validator.into_allocations());
        Ok(())
    })
}

/// Proves all of a module valid but the bodies of its functions, which [`Bodies`] does one by one.
pub fn validate_outline(wasm: &[u8], features: &Features) -> Result<Bodies, ValidateError> {
    let flags = features.flags();
    let mut bodies = Bodies { module: None, flags, first: 0, ranges: Vec::new() };
    walk(wasm, flags, &mut |func, body| {
        if bodies.module.is_none() {
            bodies.first = func.index;
            bodies.module = Some(func.resources);
        }
        let range = body.range();
        bodies.ranges.push(range.start as usize..range.end as usize);
        Ok(())
    })?;
    Ok(bodies)
}

type EachBody<'e, 'w> =
    &'e mut dyn FnMut(FuncToValidate<ValidatorResources>, FunctionBody<'w>) -> Result<(), wasmparser::Error>;

/// Validates everything but bodies, and hands these on.
fn walk<'w>(wasm: &'w [u8], flags: WasmFeatures, each_body: EachBody<'_, 'w>) -> Result<(), wasmparser::Error> {
    let mut validator = Validator::new_with_features(flags);
    let mut parser = Parser::new(0);
    parser.set_features(flags);
    for payload in parser.parse_all(wasm) {
        if let ValidPayload::Func(func, body) = validator.payload(&payload?)? {
            each_body(func, body)?;
        }
    }
    Ok(())
}

/// The bodies of a module of which everything else is valid.
pub struct Bodies {
    /// The rest of the module; absent if there are no bodies.
    module: Option<ValidatorResources>,
    flags: WasmFeatures,
    /// Index of the function with the first body: the number of imported ones.
    first: u32,
    ranges: Vec<Range<usize>>,
}

impl Bodies {
    /// Proves the body of a function valid, imports counted in its index. `wasm` is the binary that the outline
    /// was made from.
    pub fn validate_body(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        self.validate_reusing(wasm, func, &mut FuncValidatorAllocations::default())
    }

    /// The same with buffers that the next one may use again.
    pub(crate) fn validate_reusing(
        &self,
        wasm: &[u8],
        func: u32,
        allocations: &mut FuncValidatorAllocations,
    ) -> Result<(), ValidateError> {
        let Some((module, ty, range)) = self.lookup(func) else {
            return Err(ValidateError { message: "no such function".into(), offset: 0 });
        };
        let Some(bytes) = wasm.get(range.clone()) else {
            return Err(ValidateError { message: "function body beyond the end".into(), offset: wasm.len() });
        };
        let reader = BinaryReader::new_features(bytes, range.start as u64, self.flags);
        let func = FuncToValidate { resources: module.clone(), index: func, ty, features: self.flags };
        let mut validator = func.into_validator(core::mem::take(allocations));
        validator.validate(&FunctionBody::new(reader))?;
        *allocations = validator.into_allocations();
        Ok(())
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

    fn lookup(&self, func: u32) -> Option<(&ValidatorResources, u32, Range<usize>)> {
        let module = self.module.as_ref()?;
        let range = self.ranges.get(func.checked_sub(self.first)? as usize)?;
        Some((module, module.type_index_of_function(func)?, range.clone()))
    }
}

// Modules are shared between threads, and with them what is left to prove.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Bodies>();
};
