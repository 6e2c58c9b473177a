//! The stacks of operands and of blocks.

use core::ops::Deref;

use wasmote_ir::fallible::{OutOfMemory, TryVec};

use super::Body;
use crate::fault::Fault;
use crate::outline::{Composite, FuncType};
use crate::types::Ty;

/// As many operands as there may be at a time. Frames of functions have no room for more than some 60,000.
const MAX_OPERANDS: usize = 1 << 20;

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
    /// The body itself: no parameters, and the results of the function.
    Function,
    Empty,
    /// One result.
    One(Ty),
    /// That of the function type with this index.
    Type(u32),
}

/// A block that has begun and not ended.
#[derive(Clone, Copy)]
pub struct Frame {
    pub kind: FrameKind,
    /// The rest of it is never reached.
    pub unreachable: bool,
    pub block: Block,
    /// How many operands there were in front of it.
    pub height: u32,
    /// How many locals had been set.
    pub set: u32,
}

impl Frame {
    pub fn new(kind: FrameKind, block: Block, height: usize, set: usize) -> Frame {
        Frame { kind, unreachable: false, block, height: height as u32, set: set as u32 }
    }
}

/// Parameters or results of a block.
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

impl<'m> Body<'m> {
    /// Puts an operand on the stack. Where there is no memory for it, the body is given up in the end ([`Body::checked`]): a check for
    /// each instruction would cost more.
    #[inline(always)]
    pub fn push(&mut self, ty: Ty) {
        if self.operands.len() < self.operands.capacity() {
            self.operands.push(ty);
        } else {
            self.push_growing(ty);
        }
    }

    #[cold]
    #[inline(never)]
    fn push_growing(&mut self, ty: Ty) {
        self.out_of_memory |= self.operands.try_push(ty).is_err();
    }

    /// The result of checking, which means nothing if there was no memory for an operand.
    pub fn checked(&self, result: Result<(), Fault>) -> Result<(), Fault> {
        if self.out_of_memory { Err(OutOfMemory.into()) } else { result }
    }

    /// Takes an operand of this type.
    #[inline(always)]
    pub fn pop(&mut self, expected: Ty) -> Result<(), Fault> {
        let top = self.operands.len().wrapping_sub(1);
        // Above the floor there is something, and most of the time just what is expected.
        if top < self.operands.len() && top >= self.floor && self.operands[top] == expected {
            self.operands.truncate(top);
            return Ok(());
        }
        self.pop_slowly(expected)
    }

    #[inline(never)]
    fn pop_slowly(&mut self, expected: Ty) -> Result<(), Fault> {
        let found = self.pop_expecting(Some(expected))?;
        self.check(found, expected)
    }

    /// Takes an operand of whatever type.
    pub fn pop_any(&mut self) -> Result<Ty, Fault> {
        self.pop_expecting(None)
    }

    /// `expected` is for the message only.
    fn pop_expecting(&mut self, expected: Option<Ty>) -> Result<Ty, Fault> {
        if self.operands.len() > self.floor {
            return Ok(self.operands.pop().unwrap_or(Ty::BOTTOM));
        }
        if self.frame().unreachable {
            return Ok(Ty::BOTTOM);
        }
        Err(self.missing_operand(expected))
    }

    /// Takes a reference of whatever type.
    pub fn pop_ref(&mut self) -> Result<Ty, Fault> {
        match self.pop_any()? {
            Ty::BOTTOM => Ok(Ty::REF_BOTTOM),
            ty if ty.is_ref() => Ok(ty),
            ty => Err(self.mismatch("a reference", ty)),
        }
    }

    /// [`Body::pop_each`] for what is rare, whose code had better be small.
    #[inline(never)]
    pub fn pop_all(&mut self, types: &[Ty]) -> Result<(), Fault> {
        self.pop_each(types)
    }

    /// Takes operands of these types, the last of which is on top.
    #[inline(always)]
    pub fn pop_each(&mut self, types: &[Ty]) -> Result<(), Fault> {
        for &ty in types.iter().rev() {
            if self.is_bottomless() {
                break;
            }
            self.pop(ty)?;
        }
        Ok(())
    }

    /// Whether operands of any type are there, as many as are wanted: there is no need to take them one by one, however many an
    /// instruction of few bytes takes.
    #[inline]
    pub fn is_bottomless(&self) -> bool {
        self.operands.len() == self.floor && self.frame().unreachable
    }

    /// Puts operands of these types on the stack. Unlike single ones they can be many more than the body has bytes.
    pub fn push_all(&mut self, types: &[Ty]) -> Result<(), Fault> {
        if types.len() > MAX_OPERANDS.saturating_sub(self.operands.len()) {
            return Err(self.fault("too many operands on the stack"));
        }
        self.operands.try_extend_from_slice(types)?;
        Ok(())
    }

    /// Whether the uppermost operands are of these types; they stay what they are.
    pub fn peek_all(&self, types: &[Ty]) -> Result<(), Fault> {
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

    /// Whether a value of the one type can be one of the other.
    pub fn check(&self, found: Ty, expected: Ty) -> Result<(), Fault> {
        if self.outline.matches(found, expected) { Ok(()) } else { Err(self.mismatch(expected.name(), found)) }
    }

    #[cold]
    #[inline(never)]
    pub fn mismatch(&self, expected: &str, found: Ty) -> Fault {
        Fault::of(format_args!("type mismatch: expected {expected}, found {}", found.name()), self.offset)
    }

    #[cold]
    #[inline(never)]
    fn missing_operand(&self, expected: Option<Ty>) -> Fault {
        let expected = expected.map_or("a type", Ty::name);
        Fault::of(format_args!("type mismatch: expected {expected} but nothing on stack"), self.offset)
    }

    /// The rest of the block is never reached.
    pub fn unreachable(&mut self) {
        self.operands.truncate(self.floor);
        if let Some(frame) = self.frames.last_mut() {
            frame.unreachable = true;
        }
    }

    /// The innermost block. There is one as long as instructions are read.
    #[inline]
    pub fn frame(&self) -> Frame {
        match self.frames.last() {
            Some(&frame) => frame,
            None => Frame::new(FrameKind::Block, Block::Empty, 0, 0),
        }
    }

    /// Begins a block, whose parameters have been taken.
    pub fn enter(&mut self, kind: FrameKind, block: Block) -> Result<(), Fault> {
        self.frames.try_push(Frame::new(kind, block, self.operands.len(), self.set.len()))?;
        self.floor = self.operands.len();
        Ok(())
    }

    /// Begins a block whose parameters are on the stack.
    pub fn enter_with_params(&mut self, kind: FrameKind, block: Block) -> Result<(), Fault> {
        let params = self.params(block);
        self.pop_each(&params)?;
        self.enter(kind, block)?;
        self.push_all(&params)
    }

    /// Ends the innermost block, with its results and nothing else on the stack, and takes them.
    pub fn leave(&mut self) -> Result<Frame, Fault> {
        let frame = self.frame();
        let results = self.results_of(frame.block);
        self.pop_each(&results)?;
        if self.operands.len() != self.floor {
            return Err(self.fault("type mismatch: values remaining on stack at end of block"));
        }
        self.frames.pop();
        self.floor = self.frames.last().map_or(0, |frame| frame.height as usize);
        for &local in &self.set[frame.set as usize..] {
            self.locals[local as usize].unset();
        }
        self.set.truncate(frame.set as usize);
        Ok(frame)
    }

    pub fn params(&self, block: Block) -> Types<'m> {
        match block {
            Block::Type(ty) => Types::Many(self.outline_func(ty).map_or(&[], |ty| &ty.params)),
            _ => Types::Many(&[]),
        }
    }

    pub fn results_of(&self, block: Block) -> Types<'m> {
        match block {
            Block::Function => Types::Many(self.results),
            Block::Empty => Types::Many(&[]),
            Block::One(ty) => Types::One(ty),
            Block::Type(ty) => Types::Many(self.outline_func(ty).map_or(&[], |ty| &ty.results)),
        }
    }

    /// The block that a label stands for.
    pub fn target(&self, label: u32) -> Result<Frame, Fault> {
        match self.frames.iter().rev().nth(label as usize) {
            Some(&frame) => Ok(frame),
            None => Err(self.fault("unknown label: branch depth too large")),
        }
    }

    /// What a branch to this label takes along.
    pub fn label(&self, label: u32) -> Result<Types<'m>, Fault> {
        let frame = self.target(label)?;
        Ok(if frame.kind == FrameKind::Loop { self.params(frame.block) } else { self.results_of(frame.block) })
    }

    /// A function type by its index, which was checked when it was read.
    fn outline_func(&self, ty: u32) -> Option<&'m FuncType> {
        match self.outline.composite(ty) {
            Some(Composite::Func(ty)) => Some(ty),
            _ => None,
        }
    }
}
