//! What bodies of functions need and this build does not have, found when a module is loaded: where bodies are validated, validation
//! says so; where they are not, or only when they are called, this does, so that no module runs up to what is missing.

use wasmote_ir::Proposal;
use wasmote_ir::operators::Immediate;

use crate::error::DecodeError;
use crate::module::ModuleInfo;
use crate::operators::{Lacking, WrittenBlock, WrittenType};
use crate::proposals::is_built;
use crate::reader::{Malformed, Reader};

/// Looks for operators and types of what was compiled out. What is wrong with a body otherwise is not looked for.
///
/// # Errors
/// The first feature that a body needs, and where.
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

/// Why a body is read no further.
enum Found {
    /// Something of this proposal is here.
    Missing(Proposal, usize),
    Malformed,
}

impl From<Malformed> for Found {
    fn from(_: Malformed) -> Found {
        Found::Malformed
    }
}

fn look(mut body: Reader<'_>) -> Result<(), Found> {
    for _ in 0..body.u32()? {
        body.u32()?;
        let at = body.position();
        known(body.value_type()?, at)?;
    }
    // To the body's end, where no byte is left.
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

/// Whether this build has values of a type.
fn known(ty: WrittenType, at: usize) -> Result<(), Found> {
    match ty.known() {
        Err(Lacking::Proposal(proposal)) => Err(Found::Missing(proposal, at)),
        Err(Lacking::Index) => Err(Found::Malformed),
        Ok(_) => Ok(()),
    }
}
