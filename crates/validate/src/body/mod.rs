//! Validates a body in one pass over its bytes (spec: appendix/algorithm).
//!
//! 1. `stack`: the stacks of operands and of blocks.
//! 2. `instructions`: chooses how each operator is validated. Most operators always have the same types. They are
//!    validated by their row in the table of operators (`wasmote_ir::operators`). `control`, `variables`, `memory`,
//!    `references`, `objects` and `continuations` validate the others.
//! 3. `constant`: constant expressions, which have only a few operators.
//!
//! A missing check here makes everything that runs later unsafe. So `tests` compares the verdicts with those of
//! wasmparser's validator, on bodies of all kinds and on damaged ones.

mod constant;
#[cfg(feature = "stack-switching")]
mod continuations;
mod control;
mod instructions;
mod memory;
mod objects;
mod references;
mod stack;
mod variables;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use wasmote_decode::proposals::flag;
use wasmote_ir::Proposal;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::frame::{HEADER, MAX_SLOTS};
use wasmote_ir::string_map::StringMap;
use wasmparser::WasmFeatures;

use crate::fault::Invalid;
use crate::limits::MAX_LOCALS;
use crate::outline::{Composite, Outline};
use crate::read::Reader;
use crate::types::{Local, Ty};
use stack::{Block, ControlFrame, FrameKind};

pub use constant::constant;

/// Buffers, which the next body may use again.
#[derive(Default)]
pub struct Buffers {
    operands: Vec<Ty>,
    frames: Vec<ControlFrame>,
    locals: Vec<Local>,
    set: Vec<u32>,
    /// The functions whose frames may be too large.
    pub large_frames: Vec<u32>,
    seen: StringMap,
    seen_types: Vec<[u8; 4]>,
}

/// A body that is being validated.
struct BodyValidator<'m> {
    outline: &'m Outline,
    features: WasmFeatures,
    reader: Reader<'m>,
    /// The offset of the current instruction in the binary.
    offset: usize,
    /// The height of the stack below the operands of the innermost block: `frames.last().height`.
    floor: usize,
    operands: Vec<Ty>,
    frames: Vec<ControlFrame>,
    locals: Vec<Local>,
    /// Whether memory ran out for an operand.
    out_of_memory: bool,
    /// The locals without a default value that were set, in order. The end of a block removes those that were set
    /// inside.
    set: Vec<u32>,
    /// The types of labels of the current `br_table` that were compared with the operands.
    seen: StringMap,
    /// The keys of `seen`, by number.
    seen_types: Vec<[u8; 4]>,
    /// The results of the function.
    results: &'m [Ty],
}

/// Validates the body of this function, whose bytes begin at `base` in the binary.
pub fn validate(
    outline: &Outline,
    features: WasmFeatures,
    func: u32,
    bytes: &[u8],
    base: usize,
    buffers: &mut Buffers,
) -> Result<(), Invalid> {
    let Some(Composite::Func(ty)) = outline.func(func).and_then(|ty| outline.composite(ty)) else {
        return Err(Invalid::new("unknown function type", base));
    };
    let mut body = BodyValidator::new(outline, features, Reader::new(bytes, base), Block::Function, buffers)?;
    body.results = &ty.results;
    let result = body.parameters(&ty.params).and_then(|()| body.locals()).and_then(|()| body.instructions());
    let result = body.checked(result);
    let large = body.may_not_fit();
    body.recycle(buffers);
    if large {
        buffers.large_frames.try_push(func)?;
        // The next body must begin with small buffers, because their capacities tell how much it needs.
        (buffers.operands, buffers.frames) = (Vec::new(), Vec::new());
    }
    result
}

impl<'m> BodyValidator<'m> {
    /// Returns a body whose reading has not begun.
    fn new(
        outline: &'m Outline,
        features: WasmFeatures,
        reader: Reader<'m>,
        block: Block,
        buffers: &mut Buffers,
    ) -> Result<BodyValidator<'m>, OutOfMemory> {
        let mut body = BodyValidator {
            outline,
            features,
            offset: reader.offset(),
            reader,
            floor: 0,
            out_of_memory: false,
            operands: core::mem::take(&mut buffers.operands),
            frames: core::mem::take(&mut buffers.frames),
            locals: core::mem::take(&mut buffers.locals),
            set: core::mem::take(&mut buffers.set),
            seen: core::mem::take(&mut buffers.seen),
            seen_types: core::mem::take(&mut buffers.seen_types),
            results: &[],
        };
        body.operands.clear();
        body.frames.clear();
        body.locals.clear();
        body.set.clear();
        body.frames.try_push(ControlFrame::new(FrameKind::Block, block, 0, 0))?;
        Ok(body)
    }

    /// Returns the buffers for the next body.
    fn recycle(self, buffers: &mut Buffers) {
        buffers.operands = self.operands;
        buffers.frames = self.frames;
        buffers.locals = self.locals;
        buffers.set = self.set;
        buffers.seen = self.seen;
        buffers.seen_types = self.seen_types;
    }

    /// Whether the frame may have more than [`MAX_SLOTS`] slots, or blocks may nest deeper than that. The capacities
    /// of the stacks are upper limits of their heights. To track the exact heights would cost time for each
    /// instruction.
    fn may_not_fit(&self) -> bool {
        let blocks = self.frames.capacity();
        let values = self.locals.len() + self.results.len() + self.operands.capacity();
        // A value takes at most two slots, and a legacy `try` takes one. A new array in metered code takes two more
        // while it is filled.
        2 * values + blocks + usize::from(HEADER) + 2 > MAX_SLOTS as usize
    }

    /// Adds the parameters to the locals.
    fn parameters(&mut self, types: &[Ty]) -> Result<(), Invalid> {
        self.locals.try_room(types.len())?;
        self.locals.extend(types.iter().map(|&ty| Local::param(ty)));
        Ok(())
    }

    /// Reads the declarations of locals.
    fn locals(&mut self) -> Result<(), Invalid> {
        for _ in 0..self.reader.u32()? {
            self.offset = self.reader.offset();
            let count = self.reader.u32()? as usize;
            let ty = self.value_type()?;
            if count > MAX_LOCALS.saturating_sub(self.locals.len()) {
                return Err(self.fault("too many locals: locals exceed maximum"));
            }
            self.locals.try_resize(self.locals.len() + count, Local::declared(ty))?;
        }
        Ok(())
    }

    /// Returns an error at the current instruction.
    #[cold]
    #[inline(never)]
    fn fault(&self, message: &str) -> Invalid {
        Invalid::new(message, self.offset)
    }

    /// Returns an error for an index that is out of range.
    #[cold]
    #[inline(never)]
    fn unknown(&self, what: &str, index: u32) -> Invalid {
        Invalid::unknown(what, index, self.offset)
    }

    /// Fails if the proposal is off.
    #[inline]
    fn require(&self, proposal: Proposal) -> Result<(), Invalid> {
        if self.features.contains(flag(proposal)) { Ok(()) } else { Err(self.missing(proposal)) }
    }

    /// Returns an error for a proposal that is off.
    #[cold]
    #[inline(never)]
    fn missing(&self, proposal: Proposal) -> Invalid {
        Invalid::not_enabled(proposal, self.offset)
    }
}
