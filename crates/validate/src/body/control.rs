//! Validates blocks, branches, calls, and operators of exceptions.

use wasmote_decode::operators::{Catch, EncodedBlockType};
use wasmote_ir::HeapType;
use wasmote_ir::fallible::TryVec;
use wasmparser::WasmFeatures;

use super::BodyValidator;
use super::stack::{Block, FrameKind};
use crate::fault::Invalid;
use crate::outline::{Composite, FuncType};
use crate::types::Ty;

/// The maximum number of labels of a `br_table`, as in wasmparser.
const MAX_LABELS: u32 = 7_654_321;
/// The maximum number of clauses of a `try_table`, as in wasmparser.
const MAX_CATCHES: u32 = 10_000;

impl<'m> BodyValidator<'m> {
    /// Reads the type of a block (spec: binary/instructions#block-types).
    fn block_type(&mut self) -> Result<Block, Invalid> {
        let offset = self.reader.heap_offset();
        let index = match self.reader.block_type()? {
            EncodedBlockType::Empty => return Ok(Block::Empty),
            EncodedBlockType::Value(ty) => return Ok(Block::One(self.resolve(ty, offset)?)),
            EncodedBlockType::Type(index) => index,
        };
        if !self.features.contains(WasmFeatures::MULTI_VALUE) {
            let message = "blocks, loops, and ifs may only produce a resulttype when multi-value is not enabled";
            return Err(Invalid::missing(WasmFeatures::MULTI_VALUE, message, self.offset));
        }
        self.func_type(index)?;
        Ok(Block::Type(index))
    }

    /// Returns a function type by its index.
    pub fn func_type(&self, index: u32) -> Result<&'m FuncType, Invalid> {
        match self.outline.composite(index) {
            Some(Composite::Func(ty)) => Ok(ty),
            Some(_) => Err(Invalid::of(format_args!("expected func type at index {index}"), self.offset)),
            None => Err(self.unknown("type", index)),
        }
    }

    #[inline]
    pub fn block(&mut self, kind: FrameKind) -> Result<(), Invalid> {
        let block = self.block_type()?;
        self.enter_with_params(kind, block)
    }

    pub fn if_(&mut self) -> Result<(), Invalid> {
        let block = self.block_type()?;
        self.pop(Ty::I32)?;
        self.enter_with_params(FrameKind::If, block)
    }

    pub fn else_(&mut self) -> Result<(), Invalid> {
        if self.frame().kind != FrameKind::If {
            return Err(self.fault("else found outside of an `if` block"));
        }
        let frame = self.leave()?;
        self.enter(FrameKind::Else, frame.block)?;
        let params = self.params(frame.block);
        self.push_all(&params)
    }

    #[inline]
    pub fn end(&mut self) -> Result<(), Invalid> {
        let frame = self.leave()?;
        if frame.kind == FrameKind::If {
            // An `if` without an `else` behaves as if its `else` were empty: the results are the parameters.
            self.enter(FrameKind::Else, frame.block)?;
            let params = self.params(frame.block);
            self.push_all(&params)?;
            self.leave()?;
        }
        match frame.block {
            Block::Empty => {}
            Block::One(ty) => self.push(ty),
            block => self.push_all(&self.results_of(block))?,
        }
        Ok(())
    }

    pub fn br(&mut self) -> Result<(), Invalid> {
        let label = self.reader.u32_here()?;
        let types = self.label(label)?;
        self.pop_each(&types)?;
        self.unreachable();
        Ok(())
    }

    pub fn br_if(&mut self) -> Result<(), Invalid> {
        let label = self.reader.u32_here()?;
        self.pop(Ty::I32)?;
        let types = self.label(label)?;
        self.pass(&types)
    }

    /// Validates the values that a conditional branch carries. If it is not taken, they stay on the stack and have
    /// the types of the label.
    pub fn pass(&mut self, types: &[Ty]) -> Result<(), Invalid> {
        self.pop_each(types)?;
        self.push_all(types)
    }

    pub fn br_table(&mut self) -> Result<(), Invalid> {
        let count = self.reader.u32()?;
        if count > MAX_LABELS {
            return Err(self.fault("br_table size is out of bounds"));
        }
        self.pop(Ty::I32)?;
        let mut arity = None;
        // Many labels may have the same long list of types. Each list is compared only once, so that this is linear.
        self.seen.clear();
        self.seen_types.clear();
        // The last label is the default.
        for _ in 0..=count {
            let label = self.reader.u32_here()?;
            let types = self.label(label)?;
            if *arity.get_or_insert(types.len()) != types.len() {
                return Err(self.fault("type mismatch: br_table target labels have different number of types"));
            }
            if types.len() < 2 || self.is_first(label)? {
                self.peek_all(&types)?;
            }
        }
        self.unreachable();
        Ok(())
    }

    /// Whether this label is the first of the current `br_table` with its type. Two types with equal values may count
    /// as different.
    fn is_first(&mut self, label: u32) -> Result<bool, Invalid> {
        let frame = self.target(label)?;
        let ty = match frame.block {
            Block::Type(ty) => self.outline.canonical(ty).map_or(0, |place| 2 * place + 1),
            _ => 0,
        };
        let key = (ty + u32::from(frame.kind == FrameKind::Loop)).to_le_bytes();
        let number = self.seen_types.len() as u32;
        let key_of = |number: u32| self.seen_types.get(number as usize).map_or(&[][..], |key| key);
        let known = self.seen.insert(&key, number, &key_of)?;
        if known.is_none() {
            self.seen_types.try_push(key)?;
        }
        Ok(known.is_none())
    }

    pub fn return_(&mut self) -> Result<(), Invalid> {
        self.pop_each(self.results)?;
        self.unreachable();
        Ok(())
    }

    #[inline]
    pub fn call(&mut self) -> Result<(), Invalid> {
        let ty = self.callee()?;
        self.call_of(ty)
    }

    /// Reads the index of a function.
    fn callee(&mut self) -> Result<&'m FuncType, Invalid> {
        let index = self.reader.u32_here()?;
        let ty = self.outline.func(index).ok_or_else(|| self.unknown("function", index))?;
        self.func_type(ty)
    }

    /// Validates the operands and results of a call.
    fn call_of(&mut self, ty: &FuncType) -> Result<(), Invalid> {
        self.pop_each(&ty.params)?;
        self.push_all(&ty.results)
    }

    /// Validates the operands and results of a tail call.
    fn tail_call_of(&mut self, ty: &FuncType) -> Result<(), Invalid> {
        let agree = ty.results.len() == self.results.len()
            && ty.results.iter().zip(self.results).all(|(&ty, &result)| self.outline.matches(ty, result));
        if !agree {
            return Err(self.fault("type mismatch: current function requires other results than the callee returns"));
        }
        self.pop_each(&ty.params)?;
        self.unreachable();
        Ok(())
    }

    pub fn call_indirect(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32()?;
        let table = if self.features.contains(WasmFeatures::CALL_INDIRECT_OVERLONG) {
            self.reader.u32()?
        } else {
            self.zero_byte()?
        };
        let ty = self.indirect_callee(index, table)?;
        self.call_of(ty)
    }

    /// Pops the index into a table, and returns the type of the callee.
    fn indirect_callee(&mut self, ty: u32, table: u32) -> Result<&'m FuncType, Invalid> {
        let table = self.outline.table(table).ok_or_else(|| self.unknown("table", table))?;
        if !self.outline.matches(table.element, Ty::FUNCREF) {
            return Err(self.fault("type mismatch: indirect calls must go through a table with type <= funcref"));
        }
        self.pop(table.index)?;
        self.func_type(ty)
    }

    pub fn return_call(&mut self) -> Result<(), Invalid> {
        let ty = self.callee()?;
        self.tail_call_of(ty)
    }

    pub fn return_call_indirect(&mut self) -> Result<(), Invalid> {
        let (index, table) = (self.reader.u32()?, self.reader.u32()?);
        let ty = self.indirect_callee(index, table)?;
        self.tail_call_of(ty)
    }

    pub fn call_ref(&mut self) -> Result<(), Invalid> {
        let ty = self.callee_on_stack()?;
        self.call_of(ty)
    }

    pub fn return_call_ref(&mut self) -> Result<(), Invalid> {
        let ty = self.callee_on_stack()?;
        self.tail_call_of(ty)
    }

    /// Reads the type of a callee, and pops the reference to it.
    fn callee_on_stack(&mut self) -> Result<&'m FuncType, Invalid> {
        let index = self.reader.u32()?;
        let ty = self.func_type(index)?;
        self.pop(self.concrete(true, index)?)?;
        Ok(ty)
    }

    // --- exceptions ----------------------------------------------------------------------------

    /// Returns the type of a tag.
    pub fn tag_type(&self, index: u32) -> Result<&'m FuncType, Invalid> {
        self.outline.tag(index).ok_or_else(|| self.unknown("tag", index))
    }

    /// Returns the types of the values of a tag's exceptions. A tag with results has none.
    pub fn tag(&self, index: u32) -> Result<&'m [Ty], Invalid> {
        let ty = self.tag_type(index)?;
        if ty.results.is_empty() { Ok(&ty.params) } else { Err(self.fault("non-empty tag result type")) }
    }

    pub fn throw(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32()?;
        let params = self.tag(index)?;
        self.pop_all(params)?;
        self.unreachable();
        Ok(())
    }

    pub fn throw_ref(&mut self) -> Result<(), Invalid> {
        self.pop(Ty::EXNREF)?;
        self.unreachable();
        Ok(())
    }

    pub fn try_table(&mut self) -> Result<(), Invalid> {
        let block = self.block_type()?;
        let params = self.params(block);
        self.pop_all(&params)?;
        let count = self.reader.u32()?;
        if count > MAX_CATCHES {
            return Err(self.fault("catches size is out of bounds"));
        }
        // The labels of clauses do not count the block itself, so it is entered after them.
        for _ in 0..count {
            self.catch_clause()?;
        }
        self.enter(FrameKind::TryTable, block)?;
        self.push_all(&params)
    }

    fn catch_clause(&mut self) -> Result<(), Invalid> {
        let Catch { tag, has_reference, label } = self.reader.catch()?;
        let values = match tag {
            Some(index) => self.tag(index)?,
            None => &[],
        };
        let exception = [Ty::abstract_ref(false, HeapType::Exn)];
        let exception = if has_reference { &exception[..] } else { &[] };
        let types = self.label(label)?;
        if types.len() != values.len() + exception.len() {
            return Err(self.fault(
                "type mismatch: catch label must have the types of the tag, and the reference if it takes one",
            ));
        }
        for (&found, &expected) in values.iter().chain(exception).zip(types.iter()) {
            self.check(found, expected)?;
        }
        Ok(())
    }

    pub fn try_(&mut self) -> Result<(), Invalid> {
        self.block(FrameKind::Try)
    }

    /// Ends a `try` or a `catch`, before another `catch`.
    fn leave_try(&mut self) -> Result<Block, Invalid> {
        if !matches!(self.frame().kind, FrameKind::Try | FrameKind::Catch) {
            return Err(self.fault("catch found outside of a `try` block"));
        }
        Ok(self.leave()?.block)
    }

    pub fn catch(&mut self) -> Result<(), Invalid> {
        let block = self.leave_try()?;
        self.enter(FrameKind::Catch, block)?;
        let index = self.reader.u32()?;
        let params = self.tag(index)?;
        self.push_all(params)
    }

    pub fn catch_all(&mut self) -> Result<(), Invalid> {
        let block = self.leave_try()?;
        self.enter(FrameKind::CatchAll, block)?;
        Ok(())
    }

    pub fn delegate(&mut self) -> Result<(), Invalid> {
        if self.frame().kind != FrameKind::Try {
            return Err(self.fault("delegate found outside of a `try` block"));
        }
        let label = self.reader.u32()?;
        let frame = self.leave()?;
        // This is no branch, but the label must exist.
        self.target(label)?;
        let results = self.results_of(frame.block);
        self.push_all(&results)
    }

    pub fn rethrow(&mut self) -> Result<(), Invalid> {
        let label = self.reader.u32()?;
        if !matches!(self.target(label)?.kind, FrameKind::Catch | FrameKind::CatchAll) {
            return Err(self.fault("invalid rethrow label: target was not a `catch` block"));
        }
        self.unreachable();
        Ok(())
    }
}
