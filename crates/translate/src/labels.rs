//! Labels: what branches lead to, and the branches whose targets are not known yet.

use alloc::vec::Vec;

use wasmote_decode::ModuleInfo;
use wasmote_ir::ValType;
use wasmparser::BlockType;

use crate::TranslateErrorKind;
use crate::code::Code;

/// The kind of a structured instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The function itself.
    Func,
    /// `block`.
    Block,
    /// `loop`.
    Loop,
    /// `if` before its `else`.
    If,
    /// `else`.
    Else,
}

/// The type of a structured instruction.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// No parameters, at most one result.
    Value(Option<ValType>),
    /// A function type by index.
    Func(u32),
}

impl Signature {
    /// What a block type says.
    pub fn new(ty: BlockType) -> Result<Signature, TranslateErrorKind> {
        Ok(match ty {
            BlockType::Empty => Signature::Value(None),
            BlockType::Type(ty) => Signature::Value(Some(value_type(ty)?)),
            BlockType::FuncType(index) => Signature::Func(index),
        })
    }

    /// The parameters.
    pub fn params<'a>(&'a self, module: &'a ModuleInfo) -> &'a [ValType] {
        match self {
            Signature::Value(_) => &[],
            Signature::Func(index) => module.type_of_funcs(*index).map_or(&[], |ty| &ty.params),
        }
    }

    /// The results.
    pub fn results<'a>(&'a self, module: &'a ModuleInfo) -> &'a [ValType] {
        match self {
            Signature::Value(ty) => ty.as_slice(),
            Signature::Func(index) => module.type_of_funcs(*index).map_or(&[], |ty| &ty.results),
        }
    }
}

/// A value type of the binary.
pub fn value_type(ty: wasmparser::ValType) -> Result<ValType, TranslateErrorKind> {
    wasmote_decode::val_type(ty, 0).map_err(|_| TranslateErrorKind::Unsupported)
}

/// A structured instruction that has not ended.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its kind.
    pub kind: Kind,
    /// Its type.
    pub signature: Signature,
    /// Entries on the operand stack below its parameters.
    pub height: usize,
    /// Slot of the first value that a branch to it brings.
    pub base: u16,
    /// Where a loop begins in the code.
    pub start: usize,
    /// The last of the branches to its end, in [`Labels::waiting`].
    pub branches: Option<u32>,
    /// The branch of an `if` around its first arm.
    pub around: Option<u32>,
    /// What [`crate::locals::Locals::mark`] said at its start.
    pub mark: usize,
}

/// A branch whose target is not known yet.
#[derive(Clone, Copy)]
struct Waiting {
    /// Where its instruction starts.
    start: usize,
    /// The unit of its target operand.
    operand: usize,
    /// The one before it to the same label.
    next: Option<u32>,
}

/// The labels around the current point, outermost first.
#[derive(Default)]
pub struct Labels {
    labels: Vec<Label>,
    waiting: Vec<Waiting>,
}

impl Labels {
    /// Starts a function.
    pub fn start(&mut self) {
        self.labels.clear();
        self.waiting.clear();
    }

    /// Enters a structured instruction.
    pub fn push(&mut self, label: Label) {
        self.labels.push(label);
    }

    /// Leaves the innermost one.
    pub fn pop(&mut self) -> Option<Label> {
        self.labels.pop()
    }

    /// The innermost one.
    pub fn top(&self) -> Option<&Label> {
        self.labels.last()
    }

    /// The label at a depth counted from the innermost.
    pub fn at(&self, depth: u32) -> Option<Label> {
        let index = self.labels.len().checked_sub(1 + depth as usize)?;
        self.labels.get(index).copied()
    }

    /// Notes a branch, or sets its target if it leads back to a loop.
    pub fn branch(&mut self, depth: u32, start: usize, operand: usize, code: &mut Code) {
        let Some(index) = self.labels.len().checked_sub(1 + depth as usize) else { return };
        let label = &mut self.labels[index];
        if label.kind == Kind::Loop {
            code.set_target(start, operand, label.start);
        } else {
            self.waiting.push(Waiting { start, operand, next: label.branches });
            label.branches = Some(self.waiting.len() as u32 - 1);
        }
    }

    /// Notes a branch that leads to no label; to be bound with [`Labels::bind`].
    pub fn wait(&mut self, start: usize, operand: usize) -> u32 {
        self.waiting.push(Waiting { start, operand, next: None });
        self.waiting.len() as u32 - 1
    }

    /// Lets a branch, and those noted before it to the same label, lead to the end of the code.
    pub fn bind(&self, last: Option<u32>, code: &mut Code) {
        let mut next = last;
        let here = code.units.len();
        while let Some(index) = next {
            let waiting = self.waiting[index as usize];
            code.set_target(waiting.start, waiting.operand, here);
            code.note_jump(waiting.start);
            next = waiting.next;
        }
    }
}
