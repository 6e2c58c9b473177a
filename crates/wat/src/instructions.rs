//! Instructions, one after the other or folded (spec: text/instructions). What is folded is kept in a list, so that depth costs no stack.

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::{Immediate, Operator};

use crate::buffer::Buffer;
use crate::encode::{Encoder, Section, subsection};
use crate::error::{Result, Wrong};
use crate::lexer::{Annotation, Kind};
use crate::space::Space;

/// What is written of an expression, and what is open in it.
#[derive(Default)]
pub(crate) struct Expression {
    levels: Vec<Level>,
    /// The instructions of open parentheses, which are written when these are closed.
    pending: Buffer,
    /// What branches of the function do: for each the place, the size of the hint, and the hint.
    hints: Section,
    /// What labels of the function are called, and how many blocks there are.
    pub label_names: Section,
    pub blocks: u32,
}

/// Which instructions belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All that stand there.
    All,
    /// What is in one pair of parentheses.
    One,
    /// The same, in which everything is folded.
    Folded,
}

/// An open parenthesis.
#[derive(Clone, Copy)]
struct Level {
    open: Open,
    /// Where the immediates of the instruction stand in the text.
    at: u32,
    /// Where it begins in [`Expression::pending`].
    pending: usize,
    /// What was said of it in front.
    hint: Option<u8>,
}

/// What an open parenthesis stands for.
#[derive(Clone, Copy)]
enum Open {
    /// An instruction that comes behind its operands, as it is written.
    Pending,
    /// One whose types become types of the module only there: it is read again then.
    Later(Operator),
    /// A block that is closed by an `end`.
    Block,
    /// An `if` whose condition is read; then whether `then` and `else` were there.
    Condition,
    Then,
    Else,
    /// A `try` of the older exceptions; then its `do` was there, or its `delegate`.
    Try,
    Done,
    Delegated,
    /// The instructions behind `then`, `else`, `do`, `catch` and `catch_all`.
    Arm,
}

impl Encoder<'_, '_> {
    /// Forgets what was open, and the names of labels.
    pub fn start_expression(&mut self) {
        self.labels.clear();
        self.expression.levels.clear();
        self.expression.pending.clear();
        self.expression.hints.count = 0;
        self.expression.hints.bytes.clear();
        self.expression.label_names.count = 0;
        self.expression.label_names.bytes.clear();
        self.expression.blocks = 0;
    }

    /// Writes the hints at branches, and the names of labels, of a function that was read.
    pub fn finish_body(&mut self, func: u32) {
        let Expression { hints, label_names, .. } = &self.expression;
        let labels = &mut self.names[subsection::LABELS];
        for (from, to) in [(hints, &mut self.hints), (label_names, labels)] {
            if from.count > 0 {
                to.count += 1;
                to.bytes.index(func);
                to.bytes.index(from.count);
                to.bytes.append(&from.bytes, 0..);
            }
        }
    }

    /// Instructions up to the end of what they stand in, or fewer.
    #[inline(never)]
    pub fn instructions(&mut self, extent: Extent) -> Result {
        // What was said of the instruction that comes next.
        let mut hint = None;
        loop {
            match self.parser.token().kind {
                Kind::Open => {
                    let level = self.expression.levels.last().map(|level| level.open);
                    match level {
                        Some(
                            open @ (Open::Condition
                            | Open::Then
                            | Open::Else
                            | Open::Try
                            | Open::Done
                            | Open::Delegated),
                        ) if self.arm(open, hint.is_some())? => {}
                        _ => {
                            if extent == Extent::All && self.parser.take_annotation(Annotation::BranchHint) {
                                hint = Some(self.hint(hint)?);
                                continue;
                            }
                            self.parser.advance();
                            self.folded(hint.take())?;
                        }
                    }
                }
                Kind::Close | Kind::End if hint.is_some() => return Err(self.parser.fault(Wrong::HintPlace)),
                Kind::Close if !self.expression.levels.is_empty() => {
                    self.close_level()?;
                    if extent != Extent::All && self.expression.levels.is_empty() {
                        return Ok(());
                    }
                }
                Kind::Close | Kind::End if self.expression.levels.is_empty() => return Ok(()),
                _ => {
                    let wants_open = match self.expression.levels.last() {
                        _ if extent == Extent::Folded => true,
                        None => extent != Extent::All,
                        Some(level) => !matches!(level.open, Open::Pending | Open::Later(_) | Open::Block | Open::Arm),
                    };
                    if wants_open {
                        return Err(self.parser.fault(Wrong::Open));
                    }
                    self.mark(hint.take());
                    let (operator, shared) = self.operator()?;
                    self.instruction(operator, shared)?;
                }
            }
        }
    }

    /// Notes what was said of the instruction that is written next.
    fn mark(&mut self, hint: Option<u8>) {
        let Some(hint) = hint else { return };
        let hints = &mut self.expression.hints;
        hints.count += 1;
        hints.bytes.number(self.body.len() as u64);
        hints.bytes.byte(1);
        hints.bytes.byte(hint);
    }

    /// What is said of a branch, behind the name of the annotation.
    fn hint(&mut self, before: Option<u8>) -> Result<u8> {
        let fault = self.parser.fault(Wrong::Hint);
        let mut bytes = Buffer::default();
        self.parser.string(&mut bytes)?;
        self.parser.close()?;
        match *bytes.bytes()? {
            [hint @ (0 | 1)] if before.is_none() => Ok(hint),
            [0 | 1] => Err(self.parser.fault(Wrong::HintPlace)),
            _ => Err(fault),
        }
    }

    /// Takes the name of an operator: which it is, and whether the next one has the same name.
    #[inline(never)]
    fn operator(&mut self) -> Result<(Operator, bool)> {
        if self.parser.token().kind != Kind::Keyword {
            return Err(self.parser.fault(Wrong::Instruction));
        }
        let operator = Operator::of_name(self.parser.word()).ok_or_else(|| self.parser.fault(Wrong::Operator))?;
        self.parser.advance();
        Ok(operator)
    }

    fn push_level(&mut self, open: Open, at: u32, hint: Option<u8>) -> Result {
        let pending = self.expression.pending.len();
        self.expression.levels.try_push(Level { open, at, pending, hint })?;
        Ok(())
    }

    /// An instruction behind its parenthesis.
    fn folded(&mut self, hint: Option<u8>) -> Result {
        let (operator, shared) = self.operator()?;
        let at = self.parser.at();
        match operator.row().immediates() {
            [Some(Immediate::Block), ..] if operator == Operator::If => {
                self.block_head()?;
                self.push_level(Open::Condition, at, hint)
            }
            [Some(Immediate::Block), ..] => {
                self.mark(hint);
                self.instruction(operator, shared)?;
                self.push_level(if operator == Operator::Try { Open::Try } else { Open::Block }, at, None)
            }
            [Some(Immediate::Type), Some(Immediate::Table), ..] => {
                self.call_head()?;
                self.push_level(Open::Later(operator), at, hint)
            }
            _ => {
                self.push_level(Open::Pending, at, hint)?;
                let start = self.body.len();
                self.instruction(operator, shared)?;
                self.expression.pending.append(&self.body, start..);
                self.body.truncate(start);
                Ok(())
            }
        }
    }

    /// Writes an instruction of which the immediates stand at another place of the text.
    fn later(&mut self, operator: Operator, level: Level) -> Result {
        let place = self.parser.place();
        self.parser.seek(level.at);
        self.mark(level.hint);
        self.instruction(operator, false)?;
        self.parser.go_to(place);
        Ok(())
    }

    /// Takes the parenthesis of a part of `if` or `try`, if that is what it is. `hinted` is whether something was said of what comes next.
    fn arm(&mut self, open: Open, hinted: bool) -> Result<bool> {
        let next = match open {
            Open::Condition if !self.parser.is_form("then") => return Ok(false),
            Open::Condition => Open::Then,
            Open::Then if self.parser.is_form("else") => Open::Else,
            Open::Try if self.parser.is_form("do") => Open::Done,
            Open::Try => return Err(self.parser.fault(Wrong::Do)),
            Open::Done if self.parser.is_form("delegate") => Open::Delegated,
            Open::Done if self.parser.is_form("catch") || self.parser.is_form("catch_all") => Open::Done,
            _ => return Err(self.parser.fault(Wrong::Arms)),
        };
        if hinted {
            return Err(self.parser.fault(Wrong::HintPlace));
        }
        self.parser.advance();
        let Some(level) = self.expression.levels.last_mut() else { return Ok(false) };
        level.open = next;
        let level = *level;
        match open {
            Open::Condition => {
                self.parser.advance();
                self.later(Operator::If, level)?;
            }
            Open::Try => {
                self.parser.advance();
            }
            // These are operators themselves, but for which label an `else` belongs to.
            _ => {
                let (operator, shared) = self.operator()?;
                self.write_operator(operator);
                if operator != Operator::Else {
                    self.immediates(operator, shared)?;
                }
            }
        }
        if matches!(next, Open::Delegated) {
            self.parser.close()?;
            return Ok(true);
        }
        self.push_level(Open::Arm, 0, None)?;
        Ok(true)
    }

    /// A parenthesis that closes the last one that is open.
    fn close_level(&mut self) -> Result {
        let Some(level) = self.expression.levels.pop() else { return Ok(()) };
        match level.open {
            Open::Pending => {
                self.mark(level.hint);
                self.body.append(&self.expression.pending, level.pending..);
                self.expression.pending.truncate(level.pending);
            }
            Open::Later(operator) => self.later(operator, level)?,
            Open::Block | Open::Then | Open::Else | Open::Done => {
                self.write_operator(Operator::End);
                self.labels.pop(self.parser)?;
            }
            Open::Condition => return Err(self.parser.fault(Wrong::Then)),
            Open::Try => return Err(self.parser.fault(Wrong::Do)),
            Open::Delegated | Open::Arm => {}
        }
        self.parser.close()
    }

    /// Instructions of a constant expression, or of an offset, and its end. They are written to [`Encoder::body`].
    #[inline(never)]
    pub fn constant(&mut self, extent: Extent) -> Result {
        let needs = self.needs_data_count;
        self.start_expression();
        self.instructions(extent)?;
        self.write_operator(Operator::End);
        // The number of data segments is for functions.
        self.needs_data_count = needs;
        Ok(())
    }

    /// `(word instruction*)`, or one folded instruction.
    pub fn constant_in(&mut self, word: &str, else_: Extent) -> Result {
        if self.parser.take_form(word) {
            self.constant(Extent::All)?;
            return self.parser.close();
        }
        self.constant(else_)
    }

    /// The index of something, by number or name.
    #[inline(never)]
    pub fn index(&mut self, space: usize) -> Result<u32> {
        const WRONGS: [Wrong; 8] = [
            Wrong::UnknownFunc,
            Wrong::UnknownTable,
            Wrong::UnknownMemory,
            Wrong::UnknownGlobal,
            Wrong::UnknownTag,
            Wrong::UnknownType,
            Wrong::UnknownElem,
            Wrong::UnknownData,
        ];
        let wrong = WRONGS[space];
        self.spaces[space].index(self.parser, wrong)
    }

    /// The same where 0 is meant if none is given.
    pub fn index_or_zero(&mut self, space: usize) -> Result<u32> {
        if self.parser.is_index() { self.index(space) } else { Ok(0) }
    }
}

impl Space {
    /// The space that an immediate is an index of.
    pub fn of(immediate: Immediate) -> Option<usize> {
        Some(match immediate {
            Immediate::Func => Space::FUNCS,
            Immediate::Table => Space::TABLES,
            Immediate::Memory | Immediate::MemoryOrZero => Space::MEMORIES,
            Immediate::Global => Space::GLOBALS,
            Immediate::Tag => Space::TAGS,
            Immediate::Type => Space::TYPES,
            Immediate::Elem => Space::ELEMS,
            Immediate::Data => Space::DATAS,
            _ => return None,
        })
    }
}
