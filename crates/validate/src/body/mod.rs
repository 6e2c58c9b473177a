//! The proof that a body is valid, in one pass over its bytes (spec: appendix/algorithm).
//!
//! 1. `stack`: the stacks of operands and of blocks;
//! 2. `instructions`: from an operator to what it does to them; most have types that are always the same, and are checked by their rows in the
//!    table of operators (`wasmote_ir::operators`); `control`, `variables`, `memory`, `references`, `objects`: those that need more;
//! 3. `constant`: the few of them that constant expressions are made of.
//!
//! A check that is missing here is unsafety in everything that runs later. So all of it is compared with wasmparser's
//! validator, on modules of all kinds and on damaged ones: `tests`.

mod constant;
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
use wasmote_ir::keys::Keys;
use wasmparser::WasmFeatures;

use crate::fault::Fault;
use crate::limits::MAX_LOCALS;
use crate::outline::{Composite, Outline};
use crate::read::Reader;
use crate::types::{Local, Ty};
use stack::{Block, Frame, FrameKind};

pub use constant::constant;

/// Buffers that the next body may use again.
#[derive(Default)]
pub struct Buffers {
    operands: Vec<Ty>,
    frames: Vec<Frame>,
    locals: Vec<Local>,
    set: Vec<u32>,
    /// Functions whose frames may have more slots than a frame can have.
    pub large_frames: Vec<u32>,
    seen: Keys,
    seen_types: Vec<[u8; 4]>,
}

/// A body that is being checked.
struct Body<'m> {
    outline: &'m Outline,
    features: WasmFeatures,
    reader: Reader<'m>,
    /// Offset of the instruction at hand.
    offset: usize,
    /// Where the operands of the innermost block begin: `frames.last().height`.
    floor: usize,
    operands: Vec<Ty>,
    frames: Vec<Frame>,
    locals: Vec<Local>,
    /// Whether there was no memory for an operand.
    out_of_memory: bool,
    /// Locals that were set and had no value before, in order; a block's end takes its own away again.
    set: Vec<u32>,
    /// The blocks that the instruction at hand may branch to, by what they take.
    seen: Keys,
    seen_types: Vec<[u8; 4]>,
    /// The function's results.
    results: &'m [Ty],
}

/// Checks the body of this function, whose bytes begin at `base` in the binary.
pub fn validate(
    outline: &Outline,
    features: WasmFeatures,
    func: u32,
    bytes: &[u8],
    base: usize,
    buffers: &mut Buffers,
) -> Result<(), Fault> {
    let Some(Composite::Func(ty)) = outline.func(func).and_then(|ty| outline.composite(ty)) else {
        return Err(Fault::new("unknown function type", base));
    };
    let mut body = Body::new(outline, features, Reader::new(bytes, base), Block::Function, buffers)?;
    body.results = &ty.results;
    let result = body.parameters(&ty.params).and_then(|()| body.locals()).and_then(|()| body.instructions());
    let result = body.checked(result);
    let large = body.may_not_fit();
    body.give_back(buffers);
    if large {
        buffers.large_frames.try_push(func)?;
        // Capacities tell how much the next body needs.
        (buffers.operands, buffers.frames) = (Vec::new(), Vec::new());
    }
    result
}

impl<'m> Body<'m> {
    /// One of which nothing is read yet.
    fn new(
        outline: &'m Outline,
        features: WasmFeatures,
        reader: Reader<'m>,
        block: Block,
        buffers: &mut Buffers,
    ) -> Result<Body<'m>, OutOfMemory> {
        let mut body = Body {
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
        body.frames.try_push(Frame::new(FrameKind::Block, block, 0, 0))?;
        Ok(body)
    }

    fn give_back(self, buffers: &mut Buffers) {
        buffers.operands = self.operands;
        buffers.frames = self.frames;
        buffers.locals = self.locals;
        buffers.set = self.set;
        buffers.seen = self.seen;
        buffers.seen_types = self.seen_types;
    }

    /// Whether the frame may have more than [`MAX_SLOTS`] slots, or blocks nest deeper than that. As many operands and blocks as there
    /// is room for were there at a time, at most: to count them exactly would cost each instruction.
    fn may_not_fit(&self) -> bool {
        let blocks = self.frames.capacity();
        let values = self.locals.len() + self.results.len() + self.operands.capacity();
        // A value takes two slots at most, and a `try` of the older form one. A new array in metered code takes two more while it is filled.
        2 * values + blocks + usize::from(HEADER) + 2 > MAX_SLOTS as usize
    }

    fn parameters(&mut self, types: &[Ty]) -> Result<(), Fault> {
        self.locals.try_room(types.len())?;
        self.locals.extend(types.iter().map(|&ty| Local::param(ty)));
        Ok(())
    }

    fn locals(&mut self) -> Result<(), Fault> {
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

    #[cold]
    #[inline(never)]
    fn fault(&self, message: &str) -> Fault {
        Fault::new(message, self.offset)
    }

    /// Something with this index that there isn't.
    #[cold]
    #[inline(never)]
    fn unknown(&self, what: &str, index: u32) -> Fault {
        Fault::unknown(what, index, self.offset)
    }

    /// Whether the proposal is on.
    #[inline]
    fn require(&self, proposal: Proposal) -> Result<(), Fault> {
        if self.features.contains(flag(proposal)) { Ok(()) } else { Err(self.missing(proposal)) }
    }

    #[cold]
    #[inline(never)]
    fn missing(&self, proposal: Proposal) -> Fault {
        Fault::not_enabled(proposal, self.offset)
    }
}
