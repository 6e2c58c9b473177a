//! Why a binary was refused.

use alloc::boxed::Box;

use wasmote_ir::fallible::OutOfMemory;
#[cfg(feature = "wasm")]
use wasmote_ir::fallible::try_str;
#[cfg(feature = "wasm")]
use wasmparser::WasmFeatures;

/// Why a binary was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// The reason.
    pub kind: DecodeErrorKind,
    /// Byte offset in the binary.
    pub offset: usize,
}

/// The kinds of [`DecodeError`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeErrorKind {
    /// The bytes are not a module; what is wrong with them.
    Malformed(Box<str>),
    /// The bytes are a component, which is another format than that of modules.
    Component,
    /// The module uses something that this build does not have.
    Unsupported(Feature),
    /// There is no memory for what the module is made of.
    OutOfMemory,
}

/// What a module may use and a build may lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// Structures, arrays and recursive types.
    Gc,
    /// References to functions of a given type, and references that are never null.
    FunctionReferences,
    /// Tags and exceptions.
    Exceptions,
    /// Shared memories and atomic instructions.
    Threads,
    /// Vectors of 128 bits.
    Simd,
    /// Continuations.
    StackSwitching,
    /// Shared functions, tables, globals and types.
    SharedEverything,
    /// Structures with descriptors, and exact types.
    CustomDescriptors,
    /// Imports whose module name is given once.
    CompactImports,
    /// A proposal that has no name here.
    Other,
}

impl Feature {
    /// The name of the proposal, to be followed by "support".
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Gc => "garbage collection",
            Feature::FunctionReferences => "typed function references",
            Feature::Exceptions => "exception handling",
            Feature::Threads => "threads",
            Feature::Simd => "SIMD",
            Feature::StackSwitching => "stack switching",
            Feature::SharedEverything => "shared-everything threads",
            Feature::CustomDescriptors => "custom descriptors",
            Feature::CompactImports => "compact import section",
            Feature::Other => "proposal",
        }
    }

    /// The feature behind a flag of wasmparser's.
    #[cfg(feature = "wasm")]
    fn of_flag(flag: WasmFeatures) -> Feature {
        const FLAGS: &[(WasmFeatures, Feature)] = &[
            (WasmFeatures::GC, Feature::Gc),
            (WasmFeatures::GC_TYPES, Feature::Gc),
            (WasmFeatures::FUNCTION_REFERENCES, Feature::FunctionReferences),
            (WasmFeatures::EXCEPTIONS, Feature::Exceptions),
            (WasmFeatures::LEGACY_EXCEPTIONS, Feature::Exceptions),
            (WasmFeatures::THREADS, Feature::Threads),
            (WasmFeatures::SIMD, Feature::Simd),
            (WasmFeatures::RELAXED_SIMD, Feature::Simd),
            (WasmFeatures::STACK_SWITCHING, Feature::StackSwitching),
            (WasmFeatures::SHARED_EVERYTHING_THREADS, Feature::SharedEverything),
            (WasmFeatures::CUSTOM_DESCRIPTORS, Feature::CustomDescriptors),
            (WasmFeatures::COMPACT_IMPORTS, Feature::CompactImports),
        ];
        FLAGS.iter().find(|(known, _)| *known == flag).map_or(Feature::Other, |&(_, feature)| feature)
    }
}

#[cfg(feature = "wasm")]
impl DecodeError {
    #[cold]
    #[inline(never)]
    pub(crate) fn malformed(message: &str, offset: usize) -> DecodeError {
        match try_str(message) {
            Ok(message) => DecodeError { kind: DecodeErrorKind::Malformed(message), offset },
            Err(error) => error.into(),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn unsupported(feature: Feature, offset: usize) -> DecodeError {
        DecodeError { kind: DecodeErrorKind::Unsupported(feature), offset }
    }
}

impl From<OutOfMemory> for DecodeError {
    fn from(_: OutOfMemory) -> DecodeError {
        DecodeError { kind: DecodeErrorKind::OutOfMemory, offset: 0 }
    }
}

#[cfg(feature = "wasm")]
impl From<wasmparser::Error> for DecodeError {
    #[cold]
    #[inline(never)]
    fn from(error: wasmparser::Error) -> DecodeError {
        let offset = error.offset() as usize;
        match error.missing_wasm_feature() {
            Some(flag) => DecodeError::unsupported(Feature::of_flag(flag), offset),
            // A reader without vectors takes their prefix for a mistake.
            None if !cfg!(feature = "simd") && error.message().starts_with("unexpected SIMD opcode") => {
                DecodeError::unsupported(Feature::Simd, offset)
            }
            None => DecodeError::malformed(error.message(), offset),
        }
    }
}

#[cfg(feature = "messages")]
impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.kind {
            DecodeErrorKind::Malformed(message) => f.write_str(message)?,
            DecodeErrorKind::Component => return f.write_str(crate::header::COMPONENT),
            DecodeErrorKind::Unsupported(feature) => write!(f, "{} support is not enabled", feature.name())?,
            DecodeErrorKind::OutOfMemory => return OutOfMemory.fmt(f),
        }
        write!(f, " (at offset {:#x})", self.offset)
    }
}

#[cfg(feature = "messages")]
impl core::error::Error for DecodeError {}
