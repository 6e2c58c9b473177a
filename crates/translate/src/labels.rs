//! Labels, which are what branches lead to, and the branches whose targets are not known yet.

use alloc::vec::Vec;

use wasmote_decode::ModuleInfo;
use wasmote_decode::operators::{EncodedBlockType, UnsupportedType};
use wasmote_ir::ValType;
use wasmote_ir::fallible::TryVec;

use crate::body::TranslateResult;
use crate::code_writer::CodeWriter;

/// The kind of a structured instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LabelKind {
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
    /// The legacy `try`, before its first `catch`.
    #[cfg(feature = "gc")]
    OlderTry,
    /// The legacy `try`, from its first `catch` on.
    #[cfg(feature = "gc")]
    OlderCatch,
}

/// The type of a structured instruction.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// No parameters, and at most one result.
    Value(Option<ValType>),
    /// A function type, by its index.
    Func(u32),
}

impl Signature {
    /// Returns the signature that a block type denotes.
    pub fn new(ty: EncodedBlockType) -> Result<Signature, UnsupportedType> {
        Ok(match ty {
            EncodedBlockType::Empty => Signature::Value(None),
            EncodedBlockType::Value(ty) => Signature::Value(Some(ty.supported()?)),
            EncodedBlockType::Type(index) => Signature::Func(index),
        })
    }

    /// Returns the types of the parameters.
    pub fn params<'a>(&'a self, module: &'a ModuleInfo) -> &'a [ValType] {
        match self {
            Signature::Value(_) => &[],
            Signature::Func(index) => module.type_of_funcs(*index).map_or(&[], |ty| ty.params()),
        }
    }

    /// Returns the types of the results.
    pub fn results<'a>(&'a self, module: &'a ModuleInfo) -> &'a [ValType] {
        match self {
            Signature::Value(ty) => ty.as_slice(),
            Signature::Func(index) => module.type_of_funcs(*index).map_or(&[], |ty| ty.results()),
        }
    }
}

/// A structured instruction that has not ended.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its kind.
    pub kind: LabelKind,
    /// Its type.
    pub signature: Signature,
    /// The number of entries on the operand stack below its parameters.
    pub height: usize,
    /// The slot of the first value that a branch to it carries.
    pub base: u16,
    /// Where its code begins. Branches to a loop lead there.
    pub start: usize,
    /// The index in [`Labels::waiting`] of the last branch to its end.
    pub branches: Option<u32>,
    /// For an `if`, the index in [`Labels::waiting`] of the branch that skips its first arm.
    pub around: Option<u32>,
    /// The mark at its start, from [`crate::locals::Locals::mark`].
    pub mark: usize,
    /// For a `try`, its number among the `try`s that have not ended. Otherwise [`NO_TRY`].
    #[cfg(feature = "gc")]
    pub tried: u32,
    /// How many labels up to this one are `try`s. [`Labels`] counts them.
    #[cfg(feature = "gc")]
    pub tries: u32,
    /// How many labels up to this one are legacy `try`s.
    #[cfg(feature = "gc")]
    pub legacy_tries: u32,
}

impl Label {
    /// Returns a label that no branch leads to yet, and that belongs to no `try`.
    pub fn new(kind: LabelKind, signature: Signature, height: usize, base: u16) -> Label {
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
            legacy_tries: 0,
        }
    }
}

/// Stands in [`Label::tried`] for no `try`.
#[cfg(feature = "gc")]
pub const NO_TRY: u32 = u32::MAX;
/// Stands in [`PendingBranch::start`] for an exception handler, whose index in [`CodeWriter::handlers`] is then the operand.
const HANDLER: usize = usize::MAX;

/// A branch or an exception handler whose target is not known yet.
#[derive(Clone, Copy)]
struct PendingBranch {
    /// Where its instruction starts, or [`HANDLER`].
    start: usize,
    /// The unit of its target operand.
    operand: usize,
    /// The one that was noted before it for the same label.
    next: Option<u32>,
}

/// The labels around the current point, outermost first.
#[derive(Default)]
pub struct Labels {
    labels: Vec<Label>,
    waiting: Vec<PendingBranch>,
    /// The number of entries on the operand stack below those of the innermost label.
    floor: usize,
}

impl Labels {
    /// Starts a function.
    pub fn start(&mut self) {
        self.labels.clear();
        self.waiting.clear();
        self.floor = 0;
    }

    /// Enters a structured instruction, and counts the `try`s around it.
    pub fn push(&mut self, label: Label) -> TranslateResult {
        #[cfg(feature = "gc")]
        let label = Label { tries: self.tries(), legacy_tries: self.legacy_tries(), ..label };
        self.labels.try_push(label)?;
        self.floor = label.height;
        Ok(())
    }

    /// Leaves the innermost structured instruction, and returns its label.
    pub fn pop(&mut self) -> Option<Label> {
        let label = self.top().copied();
        self.leave();
        label
    }

    /// Leaves the innermost structured instruction.
    #[inline]
    pub fn leave(&mut self) {
        self.labels.truncate(self.labels.len().saturating_sub(1));
        self.floor = self.labels.last().map_or(0, |label| label.height);
    }

    /// Returns the number of entries on the operand stack below those of the innermost label.
    #[inline(always)]
    pub fn floor(&self) -> usize {
        self.floor
    }

    /// Returns the innermost label.
    pub fn top(&self) -> Option<&Label> {
        self.labels.last()
    }

    /// Returns the label at a depth. The innermost label has depth 0.
    pub fn at(&self, depth: u32) -> Option<Label> {
        let index = self.labels.len().checked_sub(1 + depth as usize)?;
        self.labels.get(index).copied()
    }

    /// Notes a branch to the label at this depth. If the label is a loop, sets the branch's target.
    pub fn branch(&mut self, depth: u32, start: usize, operand: usize, code: &mut CodeWriter) {
        let Some(index) = self.labels.len().checked_sub(1 + depth as usize) else { return };
        let label = &mut self.labels[index];
        if label.kind == LabelKind::Loop {
            code.set_target(start, operand, label.start);
        } else {
            let next = label.branches;
            label.branches = Some(self.waiting.len() as u32);
            self.add_pending(PendingBranch { start, operand, next }, code);
        }
    }

    /// Notes a branch or handler that waits for its target.
    fn add_pending(&mut self, waiting: PendingBranch, code: &mut CodeWriter) {
        if self.waiting.try_push(waiting).is_err() {
            code.fail();
        }
    }

    /// Notes a branch that leads to no label. Returns the number that [`Labels::bind`] takes.
    pub fn wait(&mut self, start: usize, operand: usize, code: &mut CodeWriter) -> u32 {
        let number = self.waiting.len() as u32;
        self.add_pending(PendingBranch { start, operand, next: None }, code);
        number
    }

    /// Sets the target of a branch, and of those that were noted before it for the same label, to the end of the code.
    pub fn bind(&self, last: Option<u32>, code: &mut CodeWriter) {
        let mut next = last;
        let here = code.units.len();
        // A branch that there was no memory for is missing from the list.
        while let Some(waiting) = next.and_then(|index| self.waiting.get(index as usize)) {
            if waiting.start == HANDLER {
                code.handlers[waiting.operand].target = here as u32;
            } else {
                code.set_target(waiting.start, waiting.operand, here);
            }
            next = waiting.next;
        }
    }
}

/// Labels as the targets of exception handlers.
#[cfg(feature = "gc")]
impl Labels {
    /// Returns the index of the label at a depth. The outermost label has index 0.
    pub fn index(&self, depth: u32) -> Option<usize> {
        self.labels.len().checked_sub(1 + depth as usize)
    }

    /// Whether the label with this index is the function's.
    pub fn is_function(&self, index: usize) -> bool {
        self.labels.get(index).is_none_or(|label| label.kind == LabelKind::Func)
    }

    /// Makes the handler `entry` of [`CodeWriter::handlers`] lead to the label with this index.
    pub fn handle(&mut self, index: usize, entry: usize, code: &mut CodeWriter) {
        let Some(label) = self.labels.get_mut(index) else { return };
        if label.kind == LabelKind::Loop {
            code.handlers[entry].target = label.start as u32;
        } else {
            let next = label.branches;
            label.branches = Some(self.waiting.len() as u32);
            self.add_pending(PendingBranch { start: HANDLER, operand: entry, next }, code);
        }
    }

    /// Sets the number of the `try` that the innermost label belongs to. The label was just entered.
    pub fn set_try(&mut self, number: u32) {
        if let Some(label) = self.labels.last_mut() {
            label.tried = number;
            label.tries += 1;
            label.legacy_tries += u32::from(label.kind == LabelKind::OlderTry);
        }
    }

    /// Notes that the innermost label, a legacy `try`, has reached a `catch`.
    pub fn become_catch(&mut self) {
        if let Some(label) = self.labels.last_mut() {
            label.kind = LabelKind::OlderCatch;
        }
    }

    /// Returns how many `try`s have not ended.
    pub fn tries(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.tries)
    }

    /// Returns how many legacy `try`s have not ended.
    pub fn legacy_tries(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.legacy_tries)
    }

    /// Returns how many labels up to this index are `try`s.
    pub fn tries_up_to(&self, index: usize) -> u32 {
        self.labels.get(index).map_or(0, |label| label.tries)
    }
}
