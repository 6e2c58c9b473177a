//! Exceptions: operators that throw, and the tables that say which handler covers which code. `try_table` and the
//! legacy `try` become the same kind of entries.
//!
//! A handler continues where a branch to its label would lead. Its entry says to which slots the exception's values are
//! written, so it needs no code. Only a handler whose label is the function needs code, which returns. That code stands
//! after the function's end.

use alloc::vec::Vec;

use wasmote_decode::operators::Catch;
use wasmote_decode::reader::Reader;
use wasmote_ir::exception_table::{ANY, DELEGATE, ExceptionEntry, NO_SLOT};
use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::{Immediate, Operator};
use wasmote_ir::ops::family;
use wasmote_ir::write::{Header, Padding, Slot, Tag};

use crate::TranslateErrorKind;
use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::labels::{LabelKind, NO_TRY, Signature};
use crate::stack::Location;

/// A `try_table` or legacy `try` that has not ended.
#[derive(Clone, Copy)]
struct Try {
    /// Where the covered code begins.
    from: usize,
    /// Where the covered code of a legacy `try` ended, once there was a `catch`.
    to: Option<usize>,
    /// How many `try`s are around it.
    level: u16,
    /// The index of its first clause in [`Exceptions::clauses`].
    clauses: usize,
    /// The slot that keeps the exception for `rethrow`, or [`NO_SLOT`].
    kept: u16,
}

/// A clause of a `try` that has not ended. Its entry is written at the end.
#[derive(Clone, Copy)]
struct Clause {
    handler: ExceptionEntry,
    /// The index of the label that it leads to, counted from the outermost. [`OWN`] if `handler` has the target.
    label: usize,
}

/// Stands in [`Clause::label`] for no label: `handler` has the target.
const OWN: usize = usize::MAX;

/// The `try`s of a function, and the clauses of those that have not ended.
#[derive(Default)]
pub struct Exceptions {
    tries: Vec<Try>,
    clauses: Vec<Clause>,
    /// The first of the slots that keep exceptions for `rethrow`.
    first_kept: u16,
    /// The number of these slots: one for each level of nested legacy `try`s.
    kept: u16,
    /// Handlers that return from the function, as indices in `CodeWriter::handlers`.
    returns: Vec<usize>,
}

/// Returns how deep the legacy `try`s of a body nest. The reader stands in front of the body's operators.
fn nesting(mut reader: Reader<'_>) -> TranslateResult<u16> {
    let (mut depth, mut most) = (0u32, 0u32);
    let mut blocks = Vec::new();
    while let Ok(operator) = reader.operator() {
        match operator {
            Operator::Try => {
                blocks.try_push(true)?;
                depth += 1;
                most = most.max(depth);
            }
            Operator::End | Operator::Delegate if blocks.pop() == Some(true) => depth -= 1,
            _ if operator.row().immediates()[0] == Some(Immediate::Block) => blocks.try_push(false)?,
            _ => {}
        }
        if reader.skip_immediates(operator).is_err() {
            break;
        }
    }
    Ok(most.min(u32::from(u16::MAX)) as u16)
}

impl BodyTranslator<'_> {
    /// Starts a function. The reader stands in front of its operators.
    ///
    /// Each level of nested legacy `try`s needs a slot that keeps an exception for `rethrow`. It lies below all
    /// operands, so that calls leave it alone. Few functions have a legacy `try`, so the first pass looks for none.
    /// When it meets one ([`BodyTranslator::found_older_try`]), a second pass counts the levels first.
    pub fn start_exceptions(&mut self, legacy_tries: bool) -> TranslateResult {
        let kept = if legacy_tries { nesting(self.reader)? } else { 0 };
        self.exceptions.first_kept = self.locals.reserve(kept)? as u16;
        self.exceptions.kept = kept;
        self.exceptions.tries.clear();
        self.exceptions.clauses.clear();
        self.exceptions.returns.clear();
        Ok(())
    }

    /// Returns how many `try`s are around the current operator.
    fn level(&self) -> TranslateResult<u16> {
        u16::try_from(self.labels.tries()).map_err(|_| TranslateErrorKind::TooManyTries)
    }

    /// Opens the label of a `try`.
    fn open_try(&mut self, kind: LabelKind, signature: Signature, clauses: usize, kept: u16) -> TranslateResult {
        let level = self.level()?;
        self.materialize_for_paths()?;
        // No instruction is fused across this point, so that the `try` covers exactly the instructions after it.
        self.code.join();
        self.enter(kind, signature, None)?;
        let from = self.code.units.len();
        self.labels.set_try(self.exceptions.tries.len() as u32);
        self.exceptions.tries.try_push(Try { from, to: None, level, clauses, kept })?;
        Ok(())
    }

    /// `try_table`.
    pub fn try_table(&mut self) -> TranslateResult {
        let signature = self.signature()?;
        let level = self.level()?;
        let clauses = self.exceptions.clauses.len();
        for _ in 0..self.reader.u32()? {
            let Catch { tag, has_reference: keeps, label: depth } = self.reader.catch()?;
            let count = match tag {
                Some(tag) => self.tag_slots(tag)?,
                None => 0,
            };
            let label = self.labels.index(depth).ok_or(INVALID)?;
            let slot = self.labels.at(depth).ok_or(INVALID)?.base;
            self.stack.peak = self.stack.peak.max(u32::from(slot) + u32::from(count) + u32::from(keeps));
            let reference = if keeps { slot.wrapping_add(count) } else { NO_SLOT };
            let handler =
                ExceptionEntry { tag: tag.unwrap_or(ANY), slot, count, reference, level, ..ExceptionEntry::default() };
            self.exceptions.clauses.try_push(Clause { handler, label })?;
        }
        self.open_try(LabelKind::Try, signature, clauses, NO_SLOT)
    }

    /// Returns how many slots the values of a tag's exceptions take.
    fn tag_slots(&self, tag: u32) -> TranslateResult<u16> {
        let ty = self.module.tags.get(tag as usize).and_then(|&ty| self.module.type_of_funcs(ty)).ok_or(INVALID)?;
        Ok(ty.params().iter().map(|ty| ty.slots()).sum())
    }

    /// Writes the entries of the innermost `try`, which has this number. Its code ends here.
    pub fn close_try(&mut self, index: u32) -> TranslateResult {
        let Some(tried) = self.exceptions.tries.get(index as usize).copied() else { return Ok(()) };
        self.code.join();
        let to = tried.to.unwrap_or(self.code.units.len());
        for i in tried.clauses..self.exceptions.clauses.len() {
            let Clause { mut handler, label } = self.exceptions.clauses[i];
            (handler.from, handler.to) = (tried.from as u32, to as u32);
            let entry = self.code.handlers.len();
            self.code.handlers.try_push(handler)?;
            if label == OWN {
                continue;
            }
            if self.labels.is_function(label) {
                self.exceptions.returns.try_push(entry)?;
            } else {
                self.labels.handle(label, entry, self.code);
            }
        }
        self.exceptions.clauses.truncate(tried.clauses);
        self.exceptions.tries.truncate(index as usize);
        Ok(())
    }

    /// Writes the code of handlers that return from the function. It stands after the function's end.
    pub fn return_handlers(&mut self) -> TranslateResult {
        let results = self.ty.results().iter().map(|ty| ty.slots()).sum();
        for i in 0..self.exceptions.returns.len() {
            let entry = self.exceptions.returns[i];
            self.code.join();
            let here = self.code.units.len() as u32;
            let handler = self.code.handlers.get_mut(entry).ok_or(INVALID)?;
            handler.target = here;
            let slot = handler.slot;
            self.code.copy_run(slot, 0, results);
            self.code.write(family::Return.x((Header(self.header), Padding)));
        }
        Ok(())
    }

    /// The legacy `try`.
    pub fn try_(&mut self) -> TranslateResult {
        let signature = self.signature()?;
        let depth = self.labels.legacy_tries();
        if depth >= u32::from(self.exceptions.kept) {
            self.found_older_try = true;
            return Err(INVALID);
        }
        let kept = self.exceptions.first_kept + depth as u16;
        self.open_try(LabelKind::OlderTry, signature, self.exceptions.clauses.len(), kept)
    }

    /// The legacy `catch`, which has a tag, or `catch_all`.
    pub fn catch(&mut self, tagged: bool) -> TranslateResult {
        let tag = if tagged { Some(self.reader.u32()?) } else { None };
        let label = *self.labels.top().ok_or(INVALID)?;
        if !matches!(label.kind, LabelKind::OlderTry | LabelKind::OlderCatch) {
            return Err(INVALID);
        }
        if self.reachable {
            self.materialize_top(label.signature.results(self.module).len())?;
            self.goto(0);
        }
        self.code.join();
        let here = self.code.units.len();
        let index = label.tried as usize;
        let tried = self.exceptions.tries.get_mut(index).ok_or(INVALID)?;
        tried.to.get_or_insert(here);
        let (level, kept) = (tried.level, tried.kept);
        self.labels.become_catch();
        self.locals.forget(label.mark);
        self.stack.truncate(label.height);
        let mut count = 0;
        if let Some(tag) = tag {
            count = self.tag_slots(tag)?;
            let ty = self.module.tags.get(tag as usize).and_then(|&ty| self.module.type_of_funcs(ty)).ok_or(INVALID)?;
            for &ty in ty.params() {
                self.stack.push(Location::Temp, ty);
            }
        }
        let handler = ExceptionEntry {
            target: here as u32,
            tag: tag.unwrap_or(ANY),
            slot: label.base,
            count,
            reference: kept,
            level,
            ..ExceptionEntry::default()
        };
        self.exceptions.clauses.try_push(Clause { handler, label: OWN })?;
        self.reachable = true;
        self.skipped = 0;
        Ok(())
    }

    /// `delegate`: ends a legacy `try`, whose exceptions are thrown on as if in the label at the given depth.
    pub fn delegate(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        // The depth does not count the label of the `try` itself.
        let outer = self.labels.index(depth.checked_add(1).ok_or(INVALID)?).ok_or(INVALID)?;
        let level = self.labels.tries_up_to(outer);
        let label = *self.labels.top().ok_or(INVALID)?;
        let tried = self.exceptions.tries.get(label.tried as usize).copied().ok_or(INVALID)?;
        let slot = u16::try_from(level).map_err(|_| TranslateErrorKind::TooManyTries)?;
        let handler =
            ExceptionEntry { tag: DELEGATE, slot, reference: NO_SLOT, level: tried.level, ..ExceptionEntry::default() };
        self.exceptions.clauses.try_push(Clause { handler, label: OWN })?;
        self.end().map(|_| ())
    }

    /// `throw`.
    pub fn throw(&mut self) -> TranslateResult {
        let tag = self.reader.u32()?;
        let ty = self.module.tags.get(tag as usize).and_then(|&ty| self.module.type_of_funcs(ty)).ok_or(INVALID)?;
        self.meter.values(ty.params().len());
        let (base, count) = self.arguments(ty)?;
        self.code.write(family::Throw.s((Tag(tag), Slot(base.0), count, Header(self.header))));
        self.code.join();
        self.unreachable();
        Ok(())
    }

    /// `throw_ref`.
    pub fn throw_ref(&mut self) -> TranslateResult {
        let slot = self.pop_slot()?;
        self.throw_slot(slot);
        Ok(())
    }

    /// Throws the exception that the reference in this slot refers to.
    fn throw_slot(&mut self, slot: Slot) {
        self.code.write(family::ThrowRef.s((slot, Header(self.header))));
        self.code.join();
        self.unreachable();
    }

    /// The legacy `rethrow`.
    pub fn rethrow(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        let label = self.labels.at(depth).ok_or(INVALID)?;
        let tried = self.exceptions.tries.get(label.tried as usize).ok_or(INVALID)?;
        if label.tried == NO_TRY || tried.kept == NO_SLOT {
            return Err(INVALID);
        }
        self.throw_slot(Slot(tried.kept));
        Ok(())
    }
}
