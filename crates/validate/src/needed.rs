//! Which proposals a module needs: the validator is asked with few of them on, and turns on the one it misses until
//! it is content.

use alloc::vec::Vec;

use wasmparser::WasmFeatures;

use crate::features::Features;
use crate::validate::validate_with;

/// A proposal that a module needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Needed {
    /// What people call it.
    pub name: &'static str,
    /// Whether this build has it.
    pub built: bool,
}

/// The proposals known, in the order in which they are tried and listed.
fn known() -> [(WasmFeatures, &'static str, bool); 24] {
    let built = Features::default();
    [
        (WasmFeatures::MUTABLE_GLOBAL, "mutable globals", built.mutable_global),
        (WasmFeatures::SIGN_EXTENSION, "sign extension", built.sign_extension),
        (WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating float-to-int conversion", built.saturating_float_to_int),
        (WasmFeatures::MULTI_VALUE, "multiple values", built.multi_value),
        (WasmFeatures::BULK_MEMORY, "bulk memory operations", built.bulk_memory),
        (WasmFeatures::REFERENCE_TYPES, "reference types", built.reference_types),
        (WasmFeatures::SIMD, "SIMD", built.simd),
        (WasmFeatures::RELAXED_SIMD, "relaxed SIMD", built.relaxed_simd),
        (WasmFeatures::TAIL_CALL, "tail calls", built.tail_call),
        (WasmFeatures::EXTENDED_CONST, "extended constant expressions", built.extended_const),
        (WasmFeatures::MULTI_MEMORY, "multiple memories", built.multi_memory),
        (WasmFeatures::MEMORY64, "memory64", built.memory64),
        (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes", built.custom_page_sizes),
        (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic", built.wide_arithmetic),
        (WasmFeatures::FUNCTION_REFERENCES, "typed function references", built.function_references),
        (WasmFeatures::GC, "garbage collection", cfg!(feature = "gc")),
        (WasmFeatures::EXCEPTIONS, "exception handling", built.exceptions),
        (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling", built.legacy_exceptions),
        (WasmFeatures::THREADS, "threads", false),
        (WasmFeatures::STACK_SWITCHING, "stack switching", false),
        (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads", false),
        (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors", false),
        (WasmFeatures::COMPACT_IMPORTS, "compact imports", false),
        (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics", false),
    ]
}

/// The proposals that a module needs. When it is not valid with all of them either, those that it needs up to the fault,
/// and `false`. Cold: takes a validation for each of them.
pub fn needed(wasm: &[u8]) -> (Vec<Needed>, bool) {
    let known = known();
    // Floats are no proposal, and `externref` counts as one of the types that need a collector.
    let mut flags = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    let mut result = validate_with(wasm, flags, flags);
    while let Err(error) = &result {
        let named = error.missing_feature().filter(|flag| !flags.contains(*flag));
        let Some(next) = named.or_else(|| further(wasm, flags, error.offset())) else { break };
        flags |= next;
        result = validate_with(wasm, flags, flags);
    }
    // The validator knows parts of some features, too, and may miss no more than such a part.
    let listed = known.iter().filter(|(flag, ..)| flags.intersects(*flag));
    (listed.map(|&(_, name, built)| Needed { name, built }).collect(), result.is_ok())
}

/// The feature with which the validator gets beyond this offset; not all errors name theirs.
fn further(wasm: &[u8], flags: WasmFeatures, offset: usize) -> Option<WasmFeatures> {
    known().iter().map(|&(flag, ..)| flag).find(|&flag| {
        !flags.contains(flag)
            && validate_with(wasm, flags | flag, flags | flag).err().is_none_or(|error| error.offset() > offset)
    })
}
