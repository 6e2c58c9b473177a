//! What is wrong with a module, and which proposal it misses, if that is all.

use alloc::boxed::Box;
use core::fmt;

use wasmparser::WasmFeatures;

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

/// The same, and the proposal with which it would be otherwise. In a box, so that results are small where nothing fails.
#[derive(Debug)]
pub struct Fault(Box<(ValidateError, Option<WasmFeatures>)>);

impl Fault {
    #[cold]
    #[inline(never)]
    pub fn new(message: &str, offset: usize) -> Fault {
        Fault(Box::new((ValidateError { message: message.into(), offset }, None)))
    }

    #[cold]
    #[inline(never)]
    pub fn of(message: fmt::Arguments<'_>, offset: usize) -> Fault {
        Fault::new(&alloc::fmt::format(message), offset)
    }

    #[cold]
    #[inline(never)]
    pub fn missing(feature: WasmFeatures, message: &str, offset: usize) -> Fault {
        let mut fault = Fault::new(message, offset);
        fault.0.1 = Some(feature);
        fault
    }

    pub fn offset(&self) -> usize {
        self.0.0.offset
    }

    pub fn missing_feature(&self) -> Option<WasmFeatures> {
        self.0.1
    }
}

impl From<Fault> for ValidateError {
    fn from(fault: Fault) -> ValidateError {
        fault.0.0
    }
}

impl From<wasmparser::Error> for Fault {
    #[cold]
    #[inline(never)]
    fn from(error: wasmparser::Error) -> Fault {
        // A reader without vectors takes their prefix for a mistake.
        let without_vectors = !cfg!(feature = "simd") && error.message().starts_with("unexpected SIMD opcode");
        let message = if without_vectors { "SIMD support is not enabled" } else { error.message() };
        let mut fault = Fault::new(message, error.offset() as usize);
        fault.0.1 = error.missing_wasm_feature();
        fault
    }
}
