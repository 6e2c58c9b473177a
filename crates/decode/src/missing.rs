//! Finds proposals that function bodies need and this build lacks, when a module is loaded.
//!
//! Validation reports them as well. This is for bodies that are not validated, or only when they are first called. So a
//! module that needs such a proposal does not even start.

use wasmote_ir::Proposal;
use wasmote_ir::operators::Immediate;

use crate::error::DecodeError;
use crate::module::ModuleInfo;
use crate::operators::{Lacking, WrittenBlock, WrittenType};
use crate::proposals::is_built;
use crate::reader::{Malformed, Reader};

/// Refuses a module whose bodies have operators or types of a proposal that this build lacks. A malformed body is not
/// reported here.
///
/// # Errors
/// If a body needs such a proposal.
pub fn refuse_missing(info: &ModuleInfo, wasm: &[u8]) -> Result<(), DecodeError> {
    for range in &info.bodies {
        let Some(body) = wasm.get(range.clone()) else { continue };
        match look(Reader::new(body, range.start)) {
            Err(Found::Missing(proposal, at)) => return Err(DecodeError::unsupported(proposal, at)),
            Ok(()) | Err(Found::Malformed) => {}
        }
    }
    Ok(())
}

/// Why reading a body ends.
enum Found {
    /// It needs this proposal, at this offset.
    Missing(Proposal, usize),
    /// It is malformed, or ends.
    Malformed,
}

impl From<Malformed> for Found {
    fn from(_: Malformed) -> Found {
        Found::Malformed
    }
}

/// Reads a body until it ends, is malformed, or needs a proposal that this build lacks.
fn look(mut body: Reader<'_>) -> Result<(), Found> {
    for _ in 0..body.u32()? {
        body.u32()?;
        let at = body.position();
        known(body.value_type()?, at)?;
    }
    // This ends when there is no byte left for an operator.
    loop {
        let at = body.position();
        let operator = body.operator()?;
        let row = operator.row();
        if !is_built(row.proposal) {
            return Err(Found::Missing(row.proposal, at));
        }
        let mut types = body;
        body.skip_immediates(operator)?;
        if let Some(Immediate::Block) = row.immediates()[0]
            && let WrittenBlock::Value(ty) = types.block_type()?
        {
            known(ty, at)?;
        }
    }
}

/// Fails if this build lacks a type.
fn known(ty: WrittenType, at: usize) -> Result<(), Found> {
    match ty.known() {
        Err(Lacking::Proposal(proposal)) => Err(Found::Missing(proposal, at)),
        Err(Lacking::Index) => Err(Found::Malformed),
        Ok(_) => Ok(()),
    }
}
