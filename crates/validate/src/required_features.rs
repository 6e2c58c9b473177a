//! Finds out which proposals a module needs. It validates the module with few proposals on, and turns on a missing one
//! until the module is valid.

use alloc::vec::Vec;

use wasmote_decode::proposals::{flag, is_built};
use wasmote_ir::Proposal;
use wasmparser::WasmFeatures;

use crate::validate::validate_with;

/// A proposal that a module needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RequiredFeature {
    /// The name for messages.
    pub name: &'static str,
    /// Whether this build runs it.
    pub built: bool,
}

/// Returns the proposals that a module needs, and whether the module is valid with them. If it is not, the proposals
/// are those that it needs up to the error. This is slow: it validates the module once or more for each proposal.
pub fn required_features(wasm: &[u8]) -> (Vec<RequiredFeature>, bool) {
    // In wasmparser, floats are a feature, and `externref` needs the feature of types that are collected.
    let mut flags = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    let mut result = validate_with(wasm, flags, flags);
    while let Err(error) = &result {
        let named = error.missing_feature().filter(|flag| !flags.contains(*flag));
        let Some(next) = named.or_else(|| next_candidate(wasm, flags, error.offset())) else { break };
        flags |= next;
        result = validate_with(wasm, flags, flags);
    }
    // wasmparser has flags for parts of a proposal, and the module may need only such a part.
    let operand_list = Proposal::ALL.iter().filter(|&&proposal| flags.intersects(flag(proposal)));
    (
        operand_list.map(|&proposal| RequiredFeature { name: proposal.name(), built: is_built(proposal) }).collect(),
        result.is_ok(),
    )
}

/// Returns a flag with which validation gets beyond this offset. It is for errors that name no proposal.
fn next_candidate(wasm: &[u8], flags: WasmFeatures, offset: usize) -> Option<WasmFeatures> {
    Proposal::ALL.iter().map(|&proposal| flag(proposal)).find(|&flag| {
        !flags.contains(flag)
            && validate_with(wasm, flags | flag, flags | flag).err().is_none_or(|error| error.offset() > offset)
    })
}
