//! Operators of continuations. A `resume` is like a call; its clauses follow as instructions of their own, each of which
//! says where a branch to its label would lead, and where that branch would leave its values.

use wasmote_decode::operators::ResumeClause;
use wasmote_decode::{CompositeType, FuncType};
use wasmote_ir::Op;
use wasmote_ir::ValType;
use wasmote_ir::operators::Operator;

use crate::TranslateErrorKind;
use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::objects::OBJECT;

/// The operator names the type of a continuation. It takes one, or the function of a new one.
const TAKES: u8 = 1;
/// It names a tag.
const TAG: u8 = 2;
/// It takes no values of the continuation's type.
const TAKES_NO_VALUES: u8 = 4;
/// It leaves a continuation.
const MAKES: u8 = 8;
/// It names a second type, whose values are not bound.
const BINDS: u8 = 16;
/// It resumes, and clauses follow.
const CLAUSES: u8 = 32;
/// It takes an exception.
const EXCEPTION: u8 = 64;
/// The last value is the continuation that runs now.
const SWITCHES: u8 = 128;

/// The operators, by number. As a table, because a `match` becomes a copy of the code for each of them.
static FORMS: [(Operator, Op, u8); 7] = [
    (Operator::ContNew, Op::ContNew, TAKES | TAKES_NO_VALUES | MAKES),
    (Operator::ContBind, Op::ContBind, TAKES | MAKES | BINDS),
    (Operator::Suspend, Op::Suspend, TAG),
    (Operator::Resume, Op::Resume, TAKES | CLAUSES),
    (Operator::ResumeThrow, Op::ResumeThrow, TAKES | TAG | CLAUSES),
    (Operator::ResumeThrowRef, Op::ResumeThrowRef, TAKES | TAKES_NO_VALUES | CLAUSES | EXCEPTION),
    (Operator::Switch, Op::Switch, TAKES | TAG | SWITCHES),
];

/// Returns how many slots these values take. A list has at most 1,000.
#[inline(never)]
fn slots(types: &[ValType]) -> u16 {
    types.iter().map(|ty| ty.slots()).sum()
}

impl<'a> BodyTranslator<'a> {
    /// Translates an operator of continuations.
    #[inline(never)]
    pub fn continuation(&mut self, operator: Operator) -> TranslateResult {
        let number = operator.number().wrapping_sub(Operator::ContNew.number());
        let Some(&(of, op, form)) = FORMS.get(usize::from(number)) else {
            return Err(TranslateErrorKind::Unsupported);
        };
        debug_assert_eq!(of, operator);
        let is = |bits: u8| form & bits != 0;
        let mut operands = [0; 8];
        let mut used = 0;
        let mut add = |operand: u64| {
            operands[used & 7] = operand;
            used += 1;
        };
        let top = self.top();
        // The values that go out, and those that come back.
        let (mut out, mut back): (&[ValType], &[ValType]) = (&[], &[]);
        if is(TAKES) {
            let ty = self.cont_type_here()?;
            (out, back) = (ty.params(), ty.results());
        }
        if is(TAG) {
            let tag = self.reader.u32()?;
            add(tag.into());
            let tag = self.tag_type(tag)?;
            if is(SWITCHES) {
                let (last, params) = out.split_last().ok_or(INVALID)?;
                let own = last.reference().and_then(|ty| ty.index()).ok_or(INVALID)?;
                (out, back) = (params, self.cont_type(own)?.params());
            } else {
                out = tag.params();
            }
            if !is(TAKES) {
                back = tag.results();
            }
        }
        if is(BINDS) {
            let bound = out.len().checked_sub(self.cont_type_here()?.params().len()).ok_or(INVALID)?;
            out = &out[..bound];
        }
        if is(TAKES_NO_VALUES) {
            out = &[];
        }
        // The function of a new continuation, or a continuation.
        if is(TAKES) {
            let taken = self.pop_slot()?;
            if is(EXCEPTION) {
                add(self.pop_slot()?.into());
            }
            add(taken.into());
        }
        self.meter.values(out.len());
        let base = self.materialize_top(out.len())?;
        for _ in out {
            self.pop_cold()?;
        }
        let out = slots(out);
        if is(MAKES) {
            if is(BINDS) {
                add(base.into());
                add(out.into());
            }
            add(self.push_cold(OBJECT).into());
            add(top.into());
            back = &[];
        } else {
            let back = slots(back);
            add(base.into());
            add(out.max(back).into());
            add(u64::from(out) | u64::from(back) << 16);
            add(self.header.into());
        }
        self.code.emit_single_variant(op, operands.get(..used).ok_or(INVALID)?);
        if is(CLAUSES) {
            self.clauses()?;
        }
        if is(MAKES) {
            return Ok(());
        }
        self.meter.values(back.len());
        self.code.join();
        for &ty in back {
            self.push_cold(ty);
        }
        Ok(())
    }

    /// Returns the function type of a continuation type.
    #[inline(never)]
    fn cont_type(&self, ty: u32) -> TranslateResult<&'a FuncType> {
        match self.module.types.get(ty as usize).map(|ty| &ty.composite) {
            Some(&CompositeType::Cont(func)) => self.module.type_of_funcs(func).ok_or(INVALID),
            _ => Err(INVALID),
        }
    }

    /// Reads the index of a continuation type. Returns its function type.
    #[inline(never)]
    fn cont_type_here(&mut self) -> TranslateResult<&'a FuncType> {
        let ty = self.reader.u32()?;
        self.cont_type(ty)
    }

    /// Returns the type of a tag.
    #[inline(never)]
    fn tag_type(&self, tag: u32) -> TranslateResult<&'a FuncType> {
        self.module.tags.get(tag as usize).and_then(|&ty| self.module.type_of_funcs(ty)).ok_or(INVALID)
    }

    /// Translates the clauses of a `resume`.
    fn clauses(&mut self) -> TranslateResult {
        for _ in 0..self.reader.u32()? {
            let ResumeClause { tag, label } = self.reader.handler()?;
            let (mut base, mut count) = (0, 0);
            if let Some(depth) = label {
                base = self.labels.at(depth).ok_or(INVALID)?.base;
                count = slots(self.tag_type(tag)?.params()) + 1;
                self.stack.peak = self.stack.peak.max(u32::from(base) + u32::from(count));
            }
            let operands = [tag.into(), 0, base.into(), count.into()];
            let start = self.code.emit_single_variant(Op::HandleTag, &operands);
            match label {
                Some(depth) => self.labels.branch(depth, start, start + TARGET, self.code),
                // Nothing goes there, but a target must be an instruction.
                None => {
                    self.code.set_target(start, start + TARGET, start + const { 1 + Op::HandleTag.operand_units() })
                }
            }
        }
        Ok(())
    }
}

/// The unit of the target in a `HandleTag`. The opcode and the tag come before it.
const TARGET: usize = 3;
