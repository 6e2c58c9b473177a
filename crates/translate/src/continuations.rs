//! Operators of continuations. A `resume` is like a call; its clauses follow as instructions of their own, each of which
//! says where a branch to its label would lead, and where that branch would leave its values.

use wasmote_decode::operators::ResumeClause;
use wasmote_decode::{CompositeType, FuncType};
use wasmote_ir::Op;
use wasmote_ir::ValType;
use wasmote_ir::operators::Operator;
use wasmote_ir::ops::family;
use wasmote_ir::write::{Count, Dst, Header, Slot, Tag, Target};

use crate::TranslateErrorKind;
use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::objects::OBJECT;
use crate::stack::Location;

/// Returns how many slots these values take. A list has at most 1,000.
#[inline(never)]
fn slots(types: &[ValType]) -> u16 {
    types.iter().map(|ty| ty.slots()).sum()
}

impl<'a> BodyTranslator<'a> {
    /// Translates an operator of continuations.
    #[inline(never)]
    pub fn continuation(&mut self, operator: Operator) -> TranslateResult {
        match operator {
            Operator::ContNew => self.cont_new(),
            Operator::ContBind => self.cont_bind(),
            Operator::Suspend => self.suspend(),
            Operator::Resume => self.resume(),
            Operator::ResumeThrow => self.resume_throw(),
            Operator::ResumeThrowRef => self.resume_throw_ref(),
            Operator::Switch => self.switch(),
            _ => Err(TranslateErrorKind::Unsupported),
        }
    }

    /// Returns the function type of a continuation type.
    #[inline(never)]
    fn cont_type(&self, ty: u32) -> TranslateResult<&'a FuncType> {
        match self.module.types.get(ty as usize).map(|ty| &ty.composite) {
            Some(&CompositeType::Cont(func)) => self.module.type_of_funcs(func).ok_or(INVALID),
            _ => Err(INVALID),
        }
    }

    /// Returns the type of a tag.
    #[inline(never)]
    fn tag_type(&self, tag: u32) -> TranslateResult<&'a FuncType> {
        self.module.tags.get(tag as usize).and_then(|&ty| self.module.type_of_funcs(ty)).ok_or(INVALID)
    }

    /// Materializes the topmost operands, which have these types, and pops them. Returns the slot of the first one.
    #[inline(never)]
    fn popped_run(&mut self, types: &[ValType]) -> TranslateResult<Slot> {
        self.meter.values(types.len());
        let base = self.materialize_top(types.len())?;
        for _ in types {
            self.pop_cold()?;
        }
        Ok(Slot(base))
    }

    /// Pushes values that came back into their slots.
    #[inline(never)]
    fn push_returned(&mut self, types: &[ValType]) {
        self.meter.values(types.len());
        self.code.join();
        for &ty in types {
            self.stack.push(Location::Temp, ty);
        }
    }

    fn cont_new(&mut self) -> TranslateResult {
        self.reader.u32()?;
        let top = self.top();
        let func = self.pop_slot()?;
        let dst = self.push_cold(OBJECT);
        self.code.write(family::ContNew.s((func, dst, top)));
        Ok(())
    }

    fn cont_bind(&mut self) -> TranslateResult {
        let (from, to) = (self.reader.u32()?, self.reader.u32()?);
        let (from, to) = (self.cont_type(from)?, self.cont_type(to)?);
        let bound = from.params.len().checked_sub(to.params.len()).ok_or(INVALID)?;
        let top = self.top();
        let cont = self.pop_slot()?;
        let values = self.popped_run(&from.params[..bound])?;
        let dst = self.push_cold(OBJECT);
        self.code.write(family::ContBind.s((cont, values, Count(slots(&from.params[..bound])), dst, top)));
        Ok(())
    }

    fn suspend(&mut self) -> TranslateResult {
        let tag = self.reader.u32()?;
        let ty = self.tag_type(tag)?;
        self.exchange(Op::Suspend, Some(tag), false, &ty.params, &ty.results)?;
        self.push_returned(&ty.results);
        Ok(())
    }

    fn switch(&mut self) -> TranslateResult {
        let (ty, tag) = (self.reader.u32()?, self.reader.u32()?);
        let (last, params) = self.cont_type(ty)?.params.split_last().ok_or(INVALID)?;
        let own = last.reference().and_then(|ty| ty.index()).ok_or(INVALID)?;
        let back = &self.cont_type(own)?.params;
        self.exchange(Op::Switch, Some(tag), true, params, back)?;
        self.push_returned(back);
        Ok(())
    }

    fn resume(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let ty = self.cont_type(ty)?;
        self.exchange(Op::Resume, None, true, &ty.params, &ty.results)?;
        self.clauses(ty)
    }

    fn resume_throw(&mut self) -> TranslateResult {
        let (ty, tag) = (self.reader.u32()?, self.reader.u32()?);
        let ty = self.cont_type(ty)?;
        let params = &self.tag_type(tag)?.params;
        self.exchange(Op::ResumeThrow, Some(tag), true, params, &ty.results)?;
        self.clauses(ty)
    }

    /// Writes an instruction that has a tag, takes a continuation, or both, and values. Others come back.
    #[inline(never)]
    fn exchange(
        &mut self,
        op: Op,
        tag: Option<u32>,
        takes_continuation: bool,
        out: &[ValType],
        back: &[ValType],
    ) -> TranslateResult {
        let mut operands = [0; 6];
        let mut used = 0;
        let mut add = |operand: u64| {
            operands[used] = operand;
            used += 1;
        };
        if let Some(tag) = tag {
            add(tag.into());
        }
        if takes_continuation {
            add(self.pop_slot()?.into());
        }
        let values = self.popped_run(out)?;
        let (out, back) = (slots(out), slots(back));
        add(values.into());
        add(out.max(back).into());
        add(u64::from(out) | u64::from(back) << 16);
        add(self.header.into());
        self.code.emit_single_variant(op, &operands[..used]);
        Ok(())
    }

    fn resume_throw_ref(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let ty = self.cont_type(ty)?;
        let (cont, exception) = (self.pop_slot()?, self.pop_slot()?);
        let values = self.popped_run(&[])?;
        let count = Count(slots(&ty.results));
        self.code.write(family::ResumeThrowRef.s((exception, cont, values, count, Header(self.header))));
        self.clauses(ty)
    }

    /// Translates the clauses of a `resume` of continuations of this type, and pushes the results.
    #[inline(never)]
    fn clauses(&mut self, ty: &FuncType) -> TranslateResult {
        for _ in 0..self.reader.u32()? {
            let ResumeClause { tag, label } = self.reader.handler()?;
            let Some(depth) = label else {
                let start = self.code.write(family::HandleTag.x((Tag(tag), Target, Dst(0), Count(0))));
                // Nothing goes there, but a target must be an instruction.
                self.code.set_target(start, start + TARGET, start + const { 1 + Op::HandleTag.operand_units() });
                continue;
            };
            let label = self.labels.at(depth).ok_or(INVALID)?;
            let count = slots(&self.tag_type(tag)?.params) + 1;
            self.stack.peak = self.stack.peak.max(u32::from(label.base) + u32::from(count));
            let start = self.code.write(family::HandleTag.x((Tag(tag), Target, Dst(label.base), Count(count))));
            self.labels.branch(depth, start, start + TARGET, self.code);
        }
        self.push_returned(&ty.results);
        Ok(())
    }
}

/// The unit of the target in a `HandleTag`. The opcode and the tag come before it.
const TARGET: usize = 3;
