//! Finds proposals that function bodies need and this build lacks, when a module is loaded.
//!
//! Validation reports them as well. This is for bodies that are not validated, or only when they are first called. So a
//! module that needs such a proposal does not even start.

use wasmote_ir::Proposal;
use wasmote_ir::operators::Immediate;

use crate::error::DecodeError;
use crate::module::ModuleInfo;
use crate::operators::{EncodedBlockType, EncodedValType, UnsupportedType};
use crate::proposals::is_built;
use crate::reader::{Malformed, Reader};

/// Refuses a module whose bodies have operators or types of a proposal that this build lacks. A malformed body is not
/// reported here.
///
/// # Errors
/// If a body needs such a proposal.
pub fn check_supported(info: &ModuleInfo, wasm: &[u8]) -> Result<(), DecodeError> {
    for range in &info.bodies {
        let Some(body) = wasm.get(range.clone()) else { continue };
        match scan_body(Reader::new(body, range.start)) {
            Err(ScanEnd::Missing(proposal, at)) => return Err(DecodeError::unsupported(proposal, at)),
            Ok(()) | Err(ScanEnd::Malformed) => {}
        }
    }
    Ok(())
}

/// Why reading a body ends.
enum ScanEnd {
    /// It needs this proposal, at this offset.
    Missing(Proposal, usize),
    /// It is malformed, or ends.
    Malformed,
}

impl From<Malformed> for ScanEnd {
    fn from(_: Malformed) -> ScanEnd {
        ScanEnd::Malformed
    }
}

/// Reads a body until it ends, is malformed, or needs a proposal that this build lacks.
fn scan_body(mut body: Reader<'_>) -> Result<(), ScanEnd> {
    for _ in 0..body.u32()? {
        body.u32()?;
        let at = body.position();
        check_type(body.value_type()?, at)?;
    }
    // This ends when there is no byte left for an operator.
    loop {
        let at = body.position();
        let operator = body.operator()?;
        let row = operator.row();
        if !is_built(row.proposal) {
            return Err(ScanEnd::Missing(row.proposal, at));
        }
        let mut types = body;
        body.skip_immediates(operator)?;
        if let Some(Immediate::Block) = row.immediates()[0]
            && let EncodedBlockType::Value(ty) = types.block_type()?
        {
            check_type(ty, at)?;
        }
    }
}

/// Fails if this build lacks a type.
fn check_type(ty: EncodedValType, at: usize) -> Result<(), ScanEnd> {
    match ty.supported() {
        Err(UnsupportedType::Proposal(proposal)) => Err(ScanEnd::Missing(proposal, at)),
        Err(UnsupportedType::Index) => Err(ScanEnd::Malformed),
        Ok(_) => Ok(()),
    }
}
