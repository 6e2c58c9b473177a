//! Instructions, plain or folded (spec: text/instructions). Open parentheses are kept in a list, so that nesting uses
//! no native stack.

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::{Immediate, Operator};

use crate::buffer::Buffer;
use crate::encode::{Encoder, Section, subsection};
use crate::error::{Result, SyntaxErrorKind};
use crate::lexer::{Annotation, TokenKind};
use crate::space::IndexSpace;

/// The state of the expression that is being parsed.
#[derive(Default)]
pub(crate) struct Expression {
    levels: Vec<OpenLevel>,
    /// The instructions of open folded forms. Each is written when its parenthesis closes.
    pending: Buffer,
    /// The function's branch hints: for each its place, its size, and the hint.
    hints: Section,
    /// The names of the function's labels, and the number of its blocks.
    pub label_names: Section,
    pub blocks: u32,
}

/// How many instructions to parse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All up to the closing parenthesis.
    All,
    /// One, which may be folded.
    One,
    /// One or more, all folded.
    Folded,
}

/// An open parenthesis.
#[derive(Clone, Copy)]
struct OpenLevel {
    open: Open,
    /// The offset of the instruction's immediates in the text.
    at: u32,
    /// Where the instruction begins in [`Expression::pending`].
    pending: usize,
    /// The branch hint in front of it.
    hint: Option<u8>,
}

/// What an open parenthesis belongs to.
#[derive(Clone, Copy)]
enum Open {
    /// An instruction that is encoded already, and written behind its operands.
    Pending,
    /// An instruction whose type use may add a type to the module. It is parsed again behind its operands, so that
    /// types keep their order.
    Later(Operator),
    /// A block, which is closed by an `end`.
    Block,
    /// An `if` up to its `then`. The next two follow `then` and `else`.
    Condition,
    Then,
    Else,
    /// A legacy `try` up to its `do`. The next two follow `do` and `delegate`.
    Try,
    Done,
    Delegated,
    /// The instructions in `then`, `else`, `do`, `catch` and `catch_all`.
    Arm,
}

impl Encoder<'_, '_> {
    /// Resets the state for a new expression.
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

    /// Writes the branch hints and label names of a function.
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

    /// Parses instructions up to the end of the enclosing form, or as `extent` says.
    #[inline(never)]
    pub fn instructions(&mut self, extent: Extent) -> Result {
        // The hint for the next instruction.
        let mut hint = None;
        loop {
            match self.parser.token().kind {
                TokenKind::Open => {
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
                TokenKind::Close | TokenKind::End if hint.is_some() => {
                    return Err(self.parser.fault(SyntaxErrorKind::HintPlace));
                }
                TokenKind::Close if !self.expression.levels.is_empty() => {
                    self.close_level()?;
                    if extent != Extent::All && self.expression.levels.is_empty() {
                        return Ok(());
                    }
                }
                TokenKind::Close | TokenKind::End if self.expression.levels.is_empty() => return Ok(()),
                _ => {
                    let wants_open = match self.expression.levels.last() {
                        _ if extent == Extent::Folded => true,
                        None => extent != Extent::All,
                        Some(level) => !matches!(level.open, Open::Pending | Open::Later(_) | Open::Block | Open::Arm),
                    };
                    if wants_open {
                        return Err(self.parser.fault(SyntaxErrorKind::Open));
                    }
                    self.mark(hint.take());
                    let (operator, shared) = self.operator()?;
                    self.instruction(operator, shared)?;
                }
            }
        }
    }

    /// Records a hint for the instruction that is written next.
    fn mark(&mut self, hint: Option<u8>) {
        let Some(hint) = hint else { return };
        let hints = &mut self.expression.hints;
        hints.count += 1;
        hints.bytes.number(self.body.len() as u64);
        hints.bytes.byte(1);
        hints.bytes.byte(hint);
    }

    /// Parses a branch hint behind the annotation's name.
    fn hint(&mut self, before: Option<u8>) -> Result<u8> {
        let fault = self.parser.fault(SyntaxErrorKind::Hint);
        let mut bytes = Buffer::default();
        self.parser.string(&mut bytes)?;
        self.parser.close()?;
        match *bytes.bytes()? {
            [hint @ (0 | 1)] if before.is_none() => Ok(hint),
            [0 | 1] => Err(self.parser.fault(SyntaxErrorKind::HintPlace)),
            _ => Err(fault),
        }
    }

    /// Parses an operator's name. Returns the operator, and whether the next operator has the same name.
    #[inline(never)]
    fn operator(&mut self) -> Result<(Operator, bool)> {
        if self.parser.token().kind != TokenKind::Keyword {
            return Err(self.parser.fault(SyntaxErrorKind::Instruction));
        }
        let operator =
            Operator::of_name(self.parser.word()).ok_or_else(|| self.parser.fault(SyntaxErrorKind::Operator))?;
        self.parser.advance();
        Ok(operator)
    }

    fn push_level(&mut self, open: Open, at: u32, hint: Option<u8>) -> Result {
        let pending = self.expression.pending.len();
        self.expression.levels.try_push(OpenLevel { open, at, pending, hint })?;
        Ok(())
    }

    /// Parses an instruction behind its parenthesis.
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

    /// Encodes an instruction whose immediates are at another place of the text.
    fn later(&mut self, operator: Operator, level: OpenLevel) -> Result {
        let place = self.parser.place();
        self.parser.seek(level.at);
        self.mark(level.hint);
        self.instruction(operator, false)?;
        self.parser.go_to(place);
        Ok(())
    }

    /// Opens a clause of `if` or `try`, if one comes next. `hinted` says that there is a branch hint in front.
    fn arm(&mut self, open: Open, hinted: bool) -> Result<bool> {
        let next = match open {
            Open::Condition if !self.parser.is_form("then") => return Ok(false),
            Open::Condition => Open::Then,
            Open::Then if self.parser.is_form("else") => Open::Else,
            Open::Try if self.parser.is_form("do") => Open::Done,
            Open::Try => return Err(self.parser.fault(SyntaxErrorKind::Do)),
            Open::Done if self.parser.is_form("delegate") => Open::Delegated,
            Open::Done if self.parser.is_form("catch") || self.parser.is_form("catch_all") => Open::Done,
            _ => return Err(self.parser.fault(SyntaxErrorKind::Arms)),
        };
        if hinted {
            return Err(self.parser.fault(SyntaxErrorKind::HintPlace));
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
            // These are operators themselves. An `else` also needs the label that it belongs to.
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

    /// Closes the innermost parenthesis.
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
            Open::Condition => return Err(self.parser.fault(SyntaxErrorKind::Then)),
            Open::Try => return Err(self.parser.fault(SyntaxErrorKind::Do)),
            Open::Delegated | Open::Arm => {}
        }
        self.parser.close()
    }

    /// Parses a constant expression or an offset. Appends it, with its `end`, to [`Encoder::body`].
    #[inline(never)]
    pub fn constant(&mut self, extent: Extent) -> Result {
        let needs = self.needs_data_count;
        self.start_expression();
        self.instructions(extent)?;
        self.write_operator(Operator::End);
        // Only functions require the data count section.
        self.needs_data_count = needs;
        Ok(())
    }

    /// Parses `(word instruction*)`, or one folded instruction.
    pub fn constant_in(&mut self, word: &str, else_: Extent) -> Result {
        if self.parser.take_form(word) {
            self.constant(Extent::All)?;
            return self.parser.close();
        }
        self.constant(else_)
    }

    /// Parses an index: a number or an identifier.
    #[inline(never)]
    pub fn index(&mut self, space: usize) -> Result<u32> {
        const WRONGS: [SyntaxErrorKind; 8] = [
            SyntaxErrorKind::UnknownFunc,
            SyntaxErrorKind::UnknownTable,
            SyntaxErrorKind::UnknownMemory,
            SyntaxErrorKind::UnknownGlobal,
            SyntaxErrorKind::UnknownTag,
            SyntaxErrorKind::UnknownType,
            SyntaxErrorKind::UnknownElem,
            SyntaxErrorKind::UnknownData,
        ];
        let wrong = WRONGS[space];
        self.spaces[space].index(self.parser, wrong)
    }

    /// Parses an index. If there is none, it is 0.
    pub fn index_or_zero(&mut self, space: usize) -> Result<u32> {
        if self.parser.is_index() { self.index(space) } else { Ok(0) }
    }
}

impl IndexSpace {
    /// Returns the index space of an immediate, if it is an index.
    pub fn of(immediate: Immediate) -> Option<usize> {
        Some(match immediate {
            Immediate::Func => IndexSpace::FUNCS,
            Immediate::Table => IndexSpace::TABLES,
            Immediate::Memory | Immediate::MemoryOrZero => IndexSpace::MEMORIES,
            Immediate::Global => IndexSpace::GLOBALS,
            Immediate::Tag => IndexSpace::TAGS,
            Immediate::Type => IndexSpace::TYPES,
            Immediate::Elem => IndexSpace::ELEMS,
            Immediate::Data => IndexSpace::DATAS,
            _ => return None,
        })
    }
}
