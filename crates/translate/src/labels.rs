//! Labels: what branches lead to, and the branches whose targets are not known yet.

use alloc::vec::Vec;

use wasmote_decode::ModuleInfo;
use wasmote_decode::operators::{Lacking, WrittenBlock};
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;

use crate::body::Step;
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
    /// `try_table`.
    #[cfg(feature = "gc")]
    Try,
    /// `try`, the older form, before its first `catch`.
    #[cfg(feature = "gc")]
    OlderTry,
    /// `catch`.
    #[cfg(feature = "gc")]
    OlderCatch,
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
    pub fn new(ty: WrittenBlock) -> Result<Signature, Lacking> {
        Ok(match ty {
            WrittenBlock::Empty => Signature::Value(None),
            WrittenBlock::Value(ty) => Signature::Value(Some(ty.known()?)),
            WrittenBlock::Type(index) => Signature::Func(index),
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
    /// Of a `try`, its number among those that have not ended; else [`NO_TRY`].
    #[cfg(feature = "gc")]
    pub tried: u32,
    /// How many `try`s are among the labels up to this one; [`Labels`] counts them.
    #[cfg(feature = "gc")]
    pub tries: u32,
    /// How many of them are of the older form.
    #[cfg(feature = "gc")]
    pub older_tries: u32,
}

impl Label {
    /// A label that nothing branches to yet, and that is of no `try`.
    pub fn new(kind: Kind, signature: Signature, height: usize, base: u16) -> Label {
        Label {
            kind,
            signature,
            height,
            base,
            start: 0,
            branches: None,
            around: None,
            mark: 0,
            #[cfg(feature = "gc")]
            tried: NO_TRY,
            #[cfg(feature = "gc")]
            tries: 0,
            #[cfg(feature = "gc")]
            older_tries: 0,
        }
    }
}

/// The number of no `try`.
#[cfg(feature = "gc")]
pub const NO_TRY: u32 = u32::MAX;
/// In place of where an instruction starts: what waits is a handler, the operand its entry.
const HANDLER: usize = usize::MAX;

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

    /// Enters a structured instruction; counts the `try`s around it.
    pub fn push(&mut self, label: Label) -> Step {
        #[cfg(feature = "gc")]
        let label = Label { tries: self.tries(), older_tries: self.older_tries(), ..label };
        Ok(self.labels.try_push(label)?)
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
            let next = label.branches;
            label.branches = Some(self.waiting.len() as u32);
            self.add_waiting(Waiting { start, operand, next }, code);
        }
    }

    /// Notes what waits for its target.
    fn add_waiting(&mut self, waiting: Waiting, code: &mut Code) {
        if self.waiting.try_push(waiting).is_err() {
            code.fail();
        }
    }

    /// Notes a branch that leads to no label; to be bound with [`Labels::bind`].
    pub fn wait(&mut self, start: usize, operand: usize, code: &mut Code) -> u32 {
        let number = self.waiting.len() as u32;
        self.add_waiting(Waiting { start, operand, next: None }, code);
        number
    }

    /// Lets a branch, and those noted before it to the same label, lead to the end of the code.
    pub fn bind(&self, last: Option<u32>, code: &mut Code) {
        let mut next = last;
        let here = code.units.len();
        // What there was no memory for is not there.
        while let Some(waiting) = next.and_then(|index| self.waiting.get(index as usize)) {
            if waiting.start == HANDLER {
                code.handlers[waiting.operand].target = here as u32;
            } else {
                code.set_target(waiting.start, waiting.operand, here);
                code.note_jump(waiting.start);
            }
            next = waiting.next;
        }
    }
}

/// What leads to labels when something is thrown.
#[cfg(feature = "gc")]
impl Labels {
    /// The number of the label at a depth, from the outermost.
    pub fn index(&self, depth: u32) -> Option<usize> {
        self.labels.len().checked_sub(1 + depth as usize)
    }

    /// Whether the label with this number is the function's.
    pub fn is_function(&self, index: usize) -> bool {
        self.labels.get(index).is_none_or(|label| label.kind == Kind::Func)
    }

    /// Has a handler lead to the label with this number.
    pub fn handle(&mut self, index: usize, entry: usize, code: &mut Code) {
        let Some(label) = self.labels.get_mut(index) else { return };
        if label.kind == Kind::Loop {
            code.handlers[entry].target = label.start as u32;
        } else {
            let next = label.branches;
            label.branches = Some(self.waiting.len() as u32);
            self.add_waiting(Waiting { start: HANDLER, operand: entry, next }, code);
        }
    }

    /// Says which `try` the innermost label, which was just entered, is of.
    pub fn set_try(&mut self, number: u32) {
        if let Some(label) = self.labels.last_mut() {
            label.tried = number;
            label.tries += 1;
            label.older_tries += u32::from(label.kind == Kind::OlderTry);
        }
    }

    /// The innermost label has come to a `catch`.
    pub fn become_catch(&mut self) {
        if let Some(label) = self.labels.last_mut() {
            label.kind = Kind::OlderCatch;
        }
    }

    /// How many `try`s have not ended.
    pub fn tries(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.tries)
    }

    /// How many of them are of the older form.
    pub fn older_tries(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.older_tries)
    }

    /// How many of them are labels up to this number.
    pub fn tries_up_to(&self, index: usize) -> u32 {
        self.labels.get(index).map_or(0, |label| label.tries)
    }
}
