//! Structured instructions, branches and returns.

use wasmote_ir::fallible::TryVec;
use wasmote_ir::ops::{BRANCHES_FOR_ALL, Sources, family};
use wasmote_ir::shape::Operand;
use wasmote_ir::write::{Header, Padding, Target};
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{RecentInstr, Src, fits_signed};
#[cfg(feature = "gc")]
use crate::labels::NO_TRY;
use crate::labels::{Label, LabelKind, Signature};
use crate::stack::{Location, StackEntry};

/// A branch that carries at least this many values moves them with one instruction.
const MANY_VALUES: usize = 5;

/// A popped condition, as the branches that test it.
pub struct BranchCondition {
    /// The branch that jumps if the condition is not zero.
    pub taken: Op,
    /// The branch that jumps if the condition is zero.
    pub not: Op,
    /// The first source of both branches.
    pub a: Src,
    /// The second source of both branches.
    pub b: Src,
}

impl BodyTranslator<'_> {
    /// Pops a condition. If an instruction computed it only for this, that instruction is retracted: the branch does
    /// its work.
    fn condition(&mut self) -> TranslateResult<BranchCondition> {
        self.write_wraps_below()?;
        let entry = self.pop_low()?;
        if let Some(recent) = self.deciding(entry) {
            #[cfg(feature = "gc")]
            if let Some(condition) = self.cast_condition(&recent) {
                return Ok(condition);
            }
            if let (Op::I32Eq | Op::I64Eq, Src::Reg, Src::Imm(0)) = (recent.op, recent.a, recent.b)
                && let Some(before) = self.code.before_last()
                && self.alone(&before)
                && before.op.result() == recent.op.source()
                && let Some((taken, not)) = decided(&before)
            {
                self.code.retract();
                self.code.retract();
                return Ok(BranchCondition { taken: not, not: taken, a: before.a, b: before.b });
            }
            if let Some((taken, not)) = decided(&recent) {
                self.code.retract();
                return Ok(BranchCondition { taken, not, a: recent.a, b: recent.b });
            }
        }
        let a = self.register_or_slot(entry, ValType::I32);
        Ok(BranchCondition { taken: Op::BrI32Ne, not: Op::BrI32Eq, a, b: Src::Imm(0) })
    }

    /// Whether the instruction that took this result from the accumulator is its only reader. It is if the result was
    /// not stored, or if its slot is that of a temporary, which is read only once.
    fn alone(&self, recent: &RecentInstr) -> bool {
        recent.elided || recent.dst.is_some_and(|dst| u32::from(dst) >= self.locals.end())
    }

    /// Writes a branch that jumps if the condition is `when`. Returns where it starts, and the unit of its target.
    pub fn branch_on(&mut self, condition: &BranchCondition, when: bool) -> (usize, usize) {
        let op = if when { condition.taken } else { condition.not };
        #[cfg(feature = "gc")]
        if op == Op::BrOnCast {
            return self.branch_on_cast(condition, when);
        }
        if let Some(start) = self.step(op, condition.a, condition.b) {
            return (start, self.code.units.len() - Operand::Target.units());
        }
        let variant = op.variant(sources_of(op, condition.a, condition.b)).unwrap_or(0);
        let start = self.code.emit_two_sources(op, variant, condition.a, condition.b, 0);
        let operand = self.code.units.len() - Operand::Target.units();
        self.code.note_constant(start);
        (start, operand)
    }

    /// Reads the type of a structured instruction.
    pub fn signature(&mut self) -> TranslateResult<Signature> {
        Ok(Signature::new(self.reader.block_type()?)?)
    }

    /// Opens a structured instruction whose parameters are on the stack.
    pub fn enter(&mut self, kind: LabelKind, signature: Signature, around: Option<u32>) -> TranslateResult {
        let params = signature.params(self.module).len();
        let height = self.stack.len().checked_sub(params).ok_or(INVALID)?;
        let base = self.stack.get(height).map_or(self.stack.next_stack_slot(), |entry| entry.stack_slot());
        let start = self.code.units.len();
        let mark = self.locals.mark();
        self.labels.push(Label { start, around, mark, ..Label::new(kind, signature, height, base) })
    }

    /// `block`.
    pub fn block(&mut self) -> TranslateResult {
        let signature = self.signature()?;
        // A local may be written on only some of the paths through the block. An operand that still named the local
        // would be in a different place on each path. Likewise a wrap may be written on only some of them.
        self.materialize_for_paths()?;
        self.enter(LabelKind::Block, signature, None)
    }

    /// `loop`.
    pub fn loop_(&mut self) -> TranslateResult {
        let signature = self.signature()?;
        self.materialize_for_paths()?;
        self.materialize_top(signature.params(self.module).len())?;
        self.code.join();
        self.enter(LabelKind::Loop, signature, None)?;
        self.meter.open(self.code);
        Ok(())
    }

    /// `if`.
    pub fn if_(&mut self) -> TranslateResult {
        let signature = self.signature()?;
        let condition = self.condition()?;
        self.materialize_for_paths()?;
        self.materialize_top(signature.params(self.module).len())?;
        let (start, operand) = self.branch_on(&condition, false);
        let around = self.labels.wait(start, operand, self.code);
        self.enter(LabelKind::If, signature, Some(around))
    }

    /// `else`.
    pub fn else_(&mut self) -> TranslateResult {
        let mut label = self.labels.pop().ok_or(INVALID)?;
        if label.kind != LabelKind::If {
            return Err(INVALID);
        }
        self.labels.push(label)?;
        if self.reachable {
            self.materialize_top(label.signature.results(self.module).len())?;
            self.goto(0);
            label = self.labels.pop().ok_or(INVALID)?;
        } else {
            self.labels.pop();
        }
        self.labels.bind(label.around.take(), self.code);
        self.code.join();
        self.locals.forget(label.mark);
        self.stack.truncate(label.height);
        for &ty in label.signature.params(self.module) {
            self.stack.push(Location::Temp, ty);
        }
        label.kind = LabelKind::Else;
        self.labels.push(label)?;
        self.reachable = true;
        Ok(())
    }

    /// `end`. Returns whether it ends the function.
    pub fn end(&mut self) -> TranslateResult<bool> {
        #[cfg(feature = "gc")]
        if let Some(tried) = self.labels.top().map(|label| label.tried).filter(|&tried| tried != NO_TRY) {
            self.close_try(tried)?;
        }
        let label = *self.labels.top().ok_or(INVALID)?;
        let results = label.signature.results(self.module).len();
        let joins = label.branches.is_some() || label.around.is_some();
        if self.reachable && self.stack.len() != label.height + results {
            return Err(INVALID);
        }
        if joins {
            if self.reachable {
                self.materialize_top(results)?;
                self.code.note_move();
            }
            self.labels.bind(label.branches, self.code);
            self.labels.bind(label.around, self.code);
            self.code.join();
            self.locals.forget(label.mark);
            self.stack.truncate(label.height);
            for &ty in label.signature.results(self.module) {
                self.stack.push(Location::Temp, ty);
            }
            self.reachable = true;
        }
        let was_function = label.kind == LabelKind::Func;
        if was_function && self.reachable {
            self.meter.values(results);
        }
        if was_function || label.kind == LabelKind::Loop {
            self.meter.close(self.code);
        }
        if was_function && self.reachable {
            self.return_()?;
        }
        #[cfg(feature = "gc")]
        if was_function {
            self.return_handlers()?;
        }
        self.labels.leave();
        if !self.reachable {
            self.stack.truncate(label.height);
        }
        Ok(was_function)
    }

    /// Notes that the operators that follow cannot be reached.
    pub fn unreachable(&mut self) {
        self.reachable = false;
        self.skipped = 0;
    }

    /// Returns how many values a branch to a label carries.
    pub fn branch_arity(&self, label: &Label) -> usize {
        match label.kind {
            LabelKind::Loop => label.signature.params(self.module).len(),
            _ => label.signature.results(self.module).len(),
        }
    }

    /// Whether the topmost `count` entries are where a branch to the label must leave them.
    pub fn in_place(&self, label: &Label, count: usize) -> bool {
        let Some(first) = self.stack.len().checked_sub(count) else { return false };
        self.stack.get(first).is_none_or(|entry| entry.stack_slot() == label.base) && self.is_materialized(first)
    }

    /// Whether the entries from `first` on are in their stack slots.
    fn is_materialized(&self, first: usize) -> bool {
        let mut entries = (first..self.stack.len()).filter_map(|index| self.stack.get(index));
        entries.all(|entry| entry.place() == Location::Temp)
    }

    /// Materializes the topmost `count` entries if they are [`MANY_VALUES`] or more. A branch then moves them with one
    /// instruction. Otherwise the code of a body full of branches would be a thousand times as large as the body.
    pub fn materialize_many(&mut self, count: usize) -> TranslateResult {
        if count >= MANY_VALUES {
            self.materialize_top(count)?;
        }
        Ok(())
    }

    /// Writes instructions that move the topmost `count` entries to where a branch to the label must leave them. The
    /// entries stay on the stack.
    pub fn move_to(&mut self, label: &Label, count: usize) -> TranslateResult {
        let first = self.stack.len().checked_sub(count).ok_or(INVALID)?;
        if count >= MANY_VALUES && self.is_materialized(first) {
            let from = self.stack.get(first).ok_or(INVALID)?.stack_slot();
            self.code.copy_run(from, label.base, self.stack.next_stack_slot().wrapping_sub(from));
            return Ok(());
        }
        let mut to = label.base;
        // Temporaries only move to lower slots, so no slot is overwritten before it is moved.
        for index in first..self.stack.len() {
            let entry = self.stack.get(index).ok_or(INVALID)?;
            match entry.place() {
                Location::Temp if entry.stack_slot() == to => {}
                Location::Temp if count == 1 && self.code.redirect(entry.stack_slot(), to) => {}
                Location::Temp => self.code.copy_value(entry.stack_slot(), to, entry.ty()),
                Location::Local(slot) => self.code.copy_value(slot, to, entry.ty()),
                Location::Const(bits) => self.code.constant(bits, to),
                Location::WrappedTemp | Location::WrappedLocal(_) => self.write_wrap(entry, to),
                #[cfg(feature = "simd")]
                Location::Vector(number) => self.code.vector_constant(number, Some(to)),
            }
            to = to.wrapping_add(entry.ty().slots());
        }
        Ok(())
    }

    /// `br`.
    pub fn br(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        let label = self.labels.at(depth).ok_or(INVALID)?;
        let count = self.branch_arity(&label);
        self.meter.values(count);
        if label.kind == LabelKind::Func {
            self.return_()?;
        } else {
            self.materialize_many(count)?;
            self.move_to(&label, count)?;
            self.goto(depth);
        }
        self.unreachable();
        Ok(())
    }

    /// Writes an unconditional branch to the label at this depth.
    pub fn goto(&mut self, depth: u32) {
        self.code.note_move();
        let test = self.labels.at(depth).and_then(|label| self.repeat_test(&label));
        let start = self.code.write_short(family::Goto.x((Target,)));
        if let Some(test) = test {
            self.code.note_copied(start, test);
        }
        self.code.note_constant(start);
        self.labels.branch(depth, start, start + 1, self.code);
    }

    /// `br_if`.
    pub fn br_if(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        let condition = self.condition()?;
        self.branch_if(depth, condition)
    }

    /// Branches on a condition. The values that the branch carries are on the stack.
    pub fn branch_if(&mut self, depth: u32, condition: BranchCondition) -> TranslateResult {
        let label = self.labels.at(depth).ok_or(INVALID)?;
        let count = self.branch_arity(&label);
        self.meter.values(count);
        self.materialize_many(count)?;
        if count == 0 || self.in_place(&label, count) {
            let (start, operand) = self.branch_on(&condition, true);
            self.labels.branch(depth, start, operand, self.code);
            return Ok(());
        }
        self.branch_with(depth, &label, |body| body.branch_on(&condition, false))
    }

    /// Writes a branch whose values must be moved first. `around` writes the opposite branch, which skips the moves
    /// when the label is not taken. It returns where that branch starts, and the unit of its target.
    pub fn branch_with(
        &mut self,
        depth: u32,
        label: &Label,
        around: impl FnOnce(&mut Self) -> (usize, usize),
    ) -> TranslateResult {
        let count = self.branch_arity(label);
        if label.kind == LabelKind::Func && count > 1 {
            self.materialize_top(count)?;
        }
        self.materialize_many(count)?;
        let (start, operand) = around(self);
        let around = self.labels.wait(start, operand, self.code);
        let held = self.code.held();
        self.code.resume(held);
        if label.kind == LabelKind::Func {
            self.return_()?;
        } else {
            self.move_to(label, count)?;
            self.goto(depth);
        }
        self.labels.bind(Some(around), self.code);
        self.code.resume(held);
        Ok(())
    }

    /// Pops the index of a `br_table`, whose targets were read. If a small constant was just subtracted from it, that
    /// instruction is retracted: as many targets in front, which lead where the default leads, do its work.
    fn branch_index(&mut self) -> TranslateResult<Src> {
        self.write_wraps_below()?;
        let entry = self.pop_low()?;
        if let Some(RecentInstr { op: Op::I32Add, a, b: Src::Imm(b), .. }) = self.deciding(entry)
            && let Some(&default) = self.targets.last()
        {
            let (length, more) = (self.targets.len(), (b as u32).wrapping_neg() as usize);
            // The table at most doubles, so the work stays linear.
            if more <= length {
                self.code.retract();
                self.targets.try_resize(length + more, default)?;
                self.targets.rotate_right(more);
                return Ok(a);
            }
        }
        Ok(self.register_or_slot(entry, ValType::I32))
    }

    /// `br_table`.
    pub fn br_table(&mut self) -> TranslateResult {
        self.targets.clear();
        let mut default = 0;
        for _ in 0..=self.reader.u32()? {
            default = self.reader.u32()?;
            self.targets.try_push(default)?;
        }
        let index = self.branch_index()?;
        let default = self.labels.at(default).ok_or(INVALID)?;
        let count = self.branch_arity(&default);
        self.meter.values(count);
        self.materialize_top(count)?;
        let length = self.targets.len();
        let variant = Op::BrTable.variant(Sources::of(index.class())).ok_or(INVALID)?;
        let start = self.code.emit_one_source(Op::BrTable, variant, index, length as u64);
        let first = self.code.units.len();
        self.code.units.try_resize(first + 2 * length, 0)?;
        self.code.join();
        // A target whose values must be moved leads to a trampoline that moves them. There is one for each label.
        self.trampolines.begin();
        for i in 0..length {
            let (depth, operand) = (self.targets[i], first + 2 * i);
            let label = self.labels.at(depth).ok_or(INVALID)?;
            if label.kind != LabelKind::Func && (count == 0 || self.in_place(&label, count)) {
                self.labels.branch(depth, start, operand, self.code);
                continue;
            }
            let trampoline = match self.trampolines.get(depth) {
                Some(trampoline) => trampoline,
                None => {
                    let here = self.code.units.len();
                    self.code.join();
                    if label.kind == LabelKind::Func {
                        self.return_()?;
                    } else {
                        self.move_to(&label, count)?;
                        self.goto(depth);
                    }
                    self.trampolines.set(depth, here)?;
                    // There may be many trampolines, each with many moves, so the limit is checked for each.
                    self.code.check()?;
                    here
                }
            };
            self.code.set_target(start, operand, trampoline);
        }
        self.unreachable();
        Ok(())
    }

    /// Writes a return with the topmost entries, which stay on the stack.
    pub fn return_(&mut self) -> TranslateResult {
        let results: &[ValType] = self.ty.results();
        let header = Header(self.header);
        let first = self.stack.len().checked_sub(results.len()).ok_or(INVALID)?;
        match *results {
            [] => {
                self.code.write_short(family::Return.x((header, Padding)));
            }
            [ty] if ty != ValType::V128 => {
                let entry = self.stack.get(first).ok_or(INVALID)?;
                self.return_one(entry, ty, header);
            }
            #[cfg(feature = "simd")]
            [ValType::V128] if self.code.has_accumulators() => {
                let entry = self.stack.get(first).ok_or(INVALID)?;
                self.return_vector(entry, header);
            }
            _ => {
                let base = self.materialize_top(results.len())?;
                let slots = results.iter().map(|ty| ty.slots()).sum();
                self.code.copy_run(base, 0, slots);
                self.code.write(family::Return.x((header, Padding)));
            }
        }
        Ok(())
    }

    /// Writes a return with one result, which is no vector.
    fn return_one(&mut self, entry: StackEntry, ty: ValType, header: Header) {
        let op = match ty {
            ValType::F32 => Op::ReturnF32,
            ValType::F64 => Op::ReturnF64,
            _ => Op::ReturnInt,
        };
        let entry = if entry.is_wrapped() { self.write_popped_wrap(entry) } else { entry };
        let (op, source) = match self.source(entry, ty) {
            Src::Reg => {
                self.take(entry);
                (op, Src::Reg)
            }
            // An immediate has 32 bits.
            Src::Imm(bits) if op == Op::ReturnInt && fits_signed(bits) => (op, Src::Imm(bits)),
            Src::Imm(bits) if op == Op::ReturnInt && bits <= u32::MAX.into() => (Op::ReturnU32, Src::Imm(bits)),
            _ => (op, Src::Slot(self.slot(entry))),
        };
        let variant = op.variant(Sources::of(source.class())).unwrap_or(0);
        self.code.emit_one_source(op, variant, source, header.into());
    }
}

/// Returns the classes of a branch's sources. A branch on a vector has only one source.
#[inline]
pub fn sources_of(branch: Op, a: Src, b: Src) -> Sources {
    let first = Sources::of(a.class());
    if cfg!(feature = "simd") && branch.source() == Some(ValType::V128) { first } else { first.and(b.class()) }
}

/// Returns the branches that do the work of an instruction and of a test of its result. The first jumps if the result
/// is not zero, the second if it is. Returns `None` unless both have a variant for the instruction's sources.
#[inline]
fn decided(recent: &RecentInstr) -> Option<(Op, Op)> {
    let branches = recent.op.branches()?;
    let has = |branch: Op| branch.variant(sources_of(branch, recent.a, recent.b)).is_some();
    (BRANCHES_FOR_ALL || has(branches.0) && has(branches.1)).then_some(branches)
}
