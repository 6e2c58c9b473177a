//! Which proposals a module needs: the validator is asked with few of them on, and turns on the one it misses until
//! it is content.

use alloc::vec::Vec;

use wasmote_decode::proposals::{flag, is_built};
use wasmote_ir::Proposal;
use wasmparser::WasmFeatures;

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

/// The proposals that a module needs. When it is not valid with all of them either, those that it needs up to the fault,
/// and `false`. Cold: takes a validation for each of them.
pub fn needed(wasm: &[u8]) -> (Vec<Needed>, bool) {
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
    let listed = Proposal::ALL.iter().filter(|&&proposal| flags.intersects(flag(proposal)));
    (listed.map(|&proposal| Needed { name: proposal.name(), built: is_built(proposal) }).collect(), result.is_ok())
}

/// The feature with which the validator gets beyond this offset; not all errors name theirs.
fn further(wasm: &[u8], flags: WasmFeatures, offset: usize) -> Option<WasmFeatures> {
    Proposal::ALL.iter().map(|&proposal| flag(proposal)).find(|&flag| {
        !flags.contains(flag)
            && validate_with(wasm, flags | flag, flags | flag).err().is_none_or(|error| error.offset() > offset)
    })
}
