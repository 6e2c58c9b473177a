//! The stacks of operands and of blocks.

use core::ops::Deref;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use super::BodyValidator;
use crate::fault::Invalid;
use crate::outline::{Composite, FuncType};
use crate::types::Ty;

/// The maximum number of operands on the stack. A frame has room for about 60,000, so the translator would refuse
/// more in any case.
const MAX_OPERANDS: usize = 1 << 20;

/// The kind of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    Block,
    Loop,
    If,
    Else,
    TryTable,
    Try,
    Catch,
    CatchAll,
}

/// The type of a block.
#[derive(Clone, Copy)]
pub enum Block {
    /// The type of the body itself: no parameters, and the results of the function.
    Function,
    /// No parameters and no results.
    Empty,
    /// One result.
    One(Ty),
    /// The function type with this index.
    Type(u32),
}

/// A block that has not ended.
#[derive(Clone, Copy)]
pub struct ControlFrame {
    pub kind: FrameKind,
    /// Whether the rest of the block cannot be reached.
    pub unreachable: bool,
    pub block: Block,
    /// The number of operands below those of the block.
    pub height: u32,
    /// The length of `BodyValidator::set` at its start.
    pub set: u32,
}

impl ControlFrame {
    pub fn new(kind: FrameKind, block: Block, height: usize, set: usize) -> ControlFrame {
        ControlFrame { kind, unreachable: false, block, height: height as u32, set: set as u32 }
    }
}

/// The types of a block's parameters or results.
pub enum Types<'m> {
    One(Ty),
    Many(&'m [Ty]),
}

impl Deref for Types<'_> {
    type Target = [Ty];

    fn deref(&self) -> &[Ty] {
        match self {
            Types::One(ty) => core::slice::from_ref(ty),
            Types::Many(types) => types,
        }
    }
}

impl<'m> BodyValidator<'m> {
    /// Pushes an operand. If memory runs out, only the end of the validation reports it ([`BodyValidator::checked`]): a result
    /// here would cost time for each instruction.
    #[inline(always)]
    pub fn push(&mut self, ty: Ty) {
        if self.operands.len() < self.operands.capacity() {
            self.operands.push(ty);
        } else {
            self.push_cold(ty);
        }
    }

    #[cold]
    #[inline(never)]
    fn push_cold(&mut self, ty: Ty) {
        self.out_of_memory |= self.operands.try_push(ty).is_err();
    }

    /// Returns the result of the validation, or an error if memory ran out for an operand. The result means nothing
    /// then.
    pub fn checked(&self, result: Result<(), Invalid>) -> Result<(), Invalid> {
        if self.out_of_memory { Err(OutOfMemory.into()) } else { result }
    }

    /// Pops an operand, which must have this type.
    #[inline(always)]
    pub fn pop(&mut self, expected: Ty) -> Result<(), Invalid> {
        let top = self.operands.len().wrapping_sub(1);
        // In most cases the block has an operand, and it has exactly this type.
        if top < self.operands.len() && top >= self.floor && self.operands[top] == expected {
            self.operands.truncate(top);
            return Ok(());
        }
        self.pop_cold(expected)
    }

    #[inline(never)]
    fn pop_cold(&mut self, expected: Ty) -> Result<(), Invalid> {
        let found = self.pop_expecting(Some(expected))?;
        self.check(found, expected)
    }

    /// Pops an operand of any type.
    pub fn pop_any(&mut self) -> Result<Ty, Invalid> {
        self.pop_expecting(None)
    }

    /// Pops an operand. `expected` is only for the message.
    fn pop_expecting(&mut self, expected: Option<Ty>) -> Result<Ty, Invalid> {
        if self.operands.len() > self.floor {
            return Ok(self.operands.pop().unwrap_or(Ty::BOTTOM));
        }
        if self.frame().unreachable {
            return Ok(Ty::BOTTOM);
        }
        Err(self.missing_operand(expected))
    }

    /// Pops a reference of any type.
    pub fn pop_ref(&mut self) -> Result<Ty, Invalid> {
        match self.pop_any()? {
            Ty::BOTTOM => Ok(Ty::REF_BOTTOM),
            ty if ty.is_ref() => Ok(ty),
            ty => Err(self.mismatch(Ty::REF_BOTTOM, ty)),
        }
    }

    /// [`BodyValidator::pop_each`] for cold paths. It is not inlined, so that they stay small.
    #[inline(never)]
    pub fn pop_all(&mut self, types: &[Ty]) -> Result<(), Invalid> {
        self.pop_each(types)
    }

    /// Pops operands, which must have these types. The last one is on top.
    #[inline(always)]
    pub fn pop_each(&mut self, types: &[Ty]) -> Result<(), Invalid> {
        for &ty in types.iter().rev() {
            if self.is_bottomless() {
                break;
            }
            self.pop(ty)?;
        }
        Ok(())
    }

    /// Whether the stack gives any number of operands of any type, because the code is unreachable. Then there is no
    /// need to pop them one by one: an instruction of a few bytes may have very many operands.
    #[inline]
    pub fn is_bottomless(&self) -> bool {
        self.operands.len() == self.floor && self.frame().unreachable
    }

    /// Pushes operands of these types. Their number is limited, because an instruction of a few bytes may push very
    /// many.
    pub fn push_all(&mut self, types: &[Ty]) -> Result<(), Invalid> {
        match *types {
            [] => return Ok(()),
            [ty] => {
                self.push(ty);
                return Ok(());
            }
            _ => {}
        }
        if types.len() > MAX_OPERANDS.saturating_sub(self.operands.len()) {
            return Err(self.fault("too many operands on the stack"));
        }
        self.operands.try_extend_from_slice(types)?;
        Ok(())
    }

    /// Checks that the topmost operands have these types, and leaves them on the stack.
    pub fn peek_all(&self, types: &[Ty]) -> Result<(), Invalid> {
        let mut top = self.operands.len();
        for &expected in types.iter().rev() {
            if top > self.floor {
                top -= 1;
                self.check(self.operands[top], expected)?;
            } else if !self.frame().unreachable {
                return Err(self.missing_operand(Some(expected)));
            }
        }
        Ok(())
    }

    /// Checks that a value of type `found` can be used as one of type `expected`.
    pub fn check(&self, found: Ty, expected: Ty) -> Result<(), Invalid> {
        if self.outline.matches(found, expected) { Ok(()) } else { Err(self.mismatch(expected, found)) }
    }

    /// Returns an error for a value of a wrong type.
    #[cold]
    #[inline(never)]
    pub fn mismatch(&self, expected: Ty, found: Ty) -> Invalid {
        let (expected, found) = (self.outline.show(expected), self.outline.show(found));
        Invalid::of(format_args!("type mismatch: expected {expected}, found {found}"), self.offset)
    }

    /// Returns an error for an empty stack.
    #[cold]
    #[inline(never)]
    fn missing_operand(&self, expected: Option<Ty>) -> Invalid {
        match expected.map(|expected| self.outline.show(expected)) {
            Some(ty) => Invalid::of(format_args!("type mismatch: expected {ty} but nothing on stack"), self.offset),
            None => self.fault("type mismatch: expected a type but nothing on stack"),
        }
    }

    /// Notes that the rest of the block cannot be reached.
    pub fn unreachable(&mut self) {
        self.operands.truncate(self.floor);
        if let Some(frame) = self.frames.last_mut() {
            frame.unreachable = true;
        }
    }

    /// Returns the innermost block. There always is one while instructions are read.
    #[inline]
    pub fn frame(&self) -> ControlFrame {
        match self.frames.last() {
            Some(&frame) => frame,
            None => ControlFrame::new(FrameKind::Block, Block::Empty, 0, 0),
        }
    }

    /// Begins a block, whose parameters are already popped.
    #[inline(never)]
    pub fn enter(&mut self, kind: FrameKind, block: Block) -> Result<(), Invalid> {
        self.frames.try_push(ControlFrame::new(kind, block, self.operands.len(), self.set.len()))?;
        self.floor = self.operands.len();
        Ok(())
    }

    /// Begins a block whose parameters are on the stack.
    pub fn enter_with_params(&mut self, kind: FrameKind, block: Block) -> Result<(), Invalid> {
        // Only function types have parameters.
        let Block::Type(_) = block else { return self.enter(kind, block) };
        let params = self.params(block);
        self.pop_each(&params)?;
        self.enter(kind, block)?;
        self.push_all(&params)
    }

    /// Ends the innermost block. Only its results may be on the stack, and they are popped.
    pub fn leave(&mut self) -> Result<ControlFrame, Invalid> {
        let frame = self.frame();
        match frame.block {
            Block::Empty => {}
            Block::One(ty) => self.pop(ty)?,
            block => self.pop_all(&self.results_of(block))?,
        }
        if self.operands.len() != self.floor {
            return Err(self.fault("type mismatch: values remaining on stack at end of block"));
        }
        self.frames.pop();
        self.floor = self.frames.last().map_or(0, |frame| frame.height as usize);
        if self.set.len() > frame.set as usize {
            for &local in &self.set[frame.set as usize..] {
                self.locals[local as usize].unset();
            }
            self.set.truncate(frame.set as usize);
        }
        Ok(frame)
    }

    /// Returns the types of a block's parameters.
    pub fn params(&self, block: Block) -> Types<'m> {
        match block {
            Block::Type(ty) => Types::Many(self.outline_func(ty).map_or(&[], |ty| &ty.params)),
            _ => Types::Many(&[]),
        }
    }

    /// Returns the types of a block's results.
    pub fn results_of(&self, block: Block) -> Types<'m> {
        match block {
            Block::Function => Types::Many(self.results),
            Block::Empty => Types::Many(&[]),
            Block::One(ty) => Types::One(ty),
            Block::Type(ty) => Types::Many(self.outline_func(ty).map_or(&[], |ty| &ty.results)),
        }
    }

    /// Returns the block of a label.
    pub fn target(&self, label: u32) -> Result<ControlFrame, Invalid> {
        match self.frames.iter().rev().nth(label as usize) {
            Some(&frame) => Ok(frame),
            None => Err(self.fault("unknown label: branch depth too large")),
        }
    }

    /// Returns the types of the values that a branch to this label carries.
    pub fn label(&self, label: u32) -> Result<Types<'m>, Invalid> {
        let frame = self.target(label)?;
        Ok(if frame.kind == FrameKind::Loop { self.params(frame.block) } else { self.results_of(frame.block) })
    }

    /// Returns a function type by its index, which was checked when it was read.
    fn outline_func(&self, ty: u32) -> Option<&'m FuncType> {
        match self.outline.composite(ty) {
            Some(Composite::Func(ty)) => Some(ty),
            _ => None,
        }
    }
}
