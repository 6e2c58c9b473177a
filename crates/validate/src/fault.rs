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

    /// The same in the words that are used for most of them.
    #[cold]
    #[inline(never)]
    pub fn not_enabled(feature: WasmFeatures, name: &str, offset: usize) -> Fault {
        Fault::missing(feature, &alloc::format!("{name} support is not enabled"), offset)
    }

    /// Something with this index that there isn't.
    #[cold]
    #[inline(never)]
    pub fn unknown(what: &str, index: u32, offset: usize) -> Fault {
        Fault::of(format_args!("unknown {what} {index}: {what} index out of bounds"), offset)
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
