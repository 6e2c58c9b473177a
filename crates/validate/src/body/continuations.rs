//! Validates the operators of continuations (proposal `stack-switching`).

use wasmote_decode::operators::ResumeClause;
use wasmote_ir::operators::{Operator, Row};
use wasmote_ir::{HeapType, Proposal};

use super::BodyValidator;
use crate::fault::Invalid;
use crate::outline::{Composite, FuncType};
use crate::types::Ty;

/// The maximum number of clauses of a `resume`, as in wasmparser.
const MAX_CLAUSES: u32 = 10_000;

impl<'m> BodyValidator<'m> {
    /// Validates an operator of continuations, or of a proposal that no build runs.
    #[inline(never)]
    pub fn continuation(&mut self, operator: Operator, row: &Row) -> Result<(), Invalid> {
        let made;
        let mut index = 0;
        let is_suspend = operator == Operator::Suspend;
        if row.proposal == Proposal::StackSwitching && !is_suspend {
            index = self.reader.u32()?;
        }
        // The values that it takes below a continuation, and those that it leaves.
        let (out, back): (&[Ty], &[Ty]) = match operator {
            Operator::ContNew => {
                let func = self.cont(index)?;
                self.pop(Ty::concrete_ref(true, func))?;
                self.push(self.concrete(false, index)?);
                return Ok(());
            }
            Operator::ContBind => {
                let to = self.reader.u32()?;
                let (old, new) = (self.cont_type(index)?, self.cont_type(to)?);
                let bound = old.params.len().checked_sub(new.params.len());
                let Some((bound, rest)) = bound.and_then(|bound| old.params.split_at_checked(bound)) else {
                    return Err(self.fault("type mismatch in continuation arguments"));
                };
                self.check_all(&new.params, rest)?;
                self.check_all(&old.results, &new.results)?;
                made = self.concrete(false, to)?;
                (bound, core::slice::from_ref(&made))
            }
            Operator::Suspend | Operator::Switch => {
                let tag = self.reader.u32()?;
                let tag = self.tag_type(tag)?;
                if is_suspend { (&tag.params, &tag.results) } else { self.switch(index, tag)? }
            }
            Operator::Resume | Operator::ResumeThrow | Operator::ResumeThrowRef => {
                let ty = self.cont_type(index)?;
                let mut params = &*ty.params;
                if operator == Operator::ResumeThrow {
                    let tag = self.reader.u32()?;
                    params = self.tag(tag)?;
                } else if operator == Operator::ResumeThrowRef {
                    params = &[Ty::EXNREF];
                }
                self.clauses(ty)?;
                (params, &ty.results)
            }
            _ => return Err(self.missing(row.proposal)),
        };
        if !is_suspend {
            self.pop_all(&[self.concrete(true, index)?])?;
        }
        self.pop_all(out)?;
        self.push_all(back)
    }

    /// Returns the function type of a continuation type.
    #[inline(never)]
    fn cont_type(&self, index: u32) -> Result<&'m FuncType, Invalid> {
        let outline = self.outline;
        match outline.func_type_at(self.cont(index)?) {
            Some(ty) => Ok(ty),
            None => Err(self.unknown("type", index)),
        }
    }

    /// Returns the place of the function type of a continuation type.
    #[inline(never)]
    fn cont(&self, index: u32) -> Result<u32, Invalid> {
        match self.outline.composite(index) {
            Some(&Composite::Cont(func)) => Ok(func),
            Some(_) => Err(Invalid::of(format_args!("non-continuation type {index}"), self.offset)),
            None => Err(self.unknown("type", index)),
        }
    }

    /// Splits off the last type of a list, which must be a reference to a continuation. Returns the others, and the function
    /// type of the continuation.
    #[inline(never)]
    fn with_continuation<'t>(&self, types: &'t [Ty]) -> Result<(&'t [Ty], &'m FuncType), Invalid> {
        let (last, others) = self.branch_with_reference(types)?;
        let outline = self.outline;
        if let Some(HeapType::Index(place)) = last.heap()
            && let Some(&Composite::Cont(func)) = outline.types.get(place as usize).map(|ty| &ty.composite)
            && let Some(func) = outline.func_type_at(func)
        {
            return Ok((others, func));
        }
        Err(self.fault("type mismatch: non-continuation type"))
    }

    /// Checks that each type of a list matches that of another.
    #[inline(never)]
    fn check_all(&self, found: &[Ty], expected: &[Ty]) -> Result<(), Invalid> {
        if found.len() != expected.len() {
            return Err(self.fault("type mismatch: different numbers of values"));
        }
        found.iter().zip(expected).try_for_each(|(&found, &expected)| self.check(found, expected))
    }

    /// Validates the clauses of a `resume` of continuations of this type.
    fn clauses(&mut self, resumed: &FuncType) -> Result<(), Invalid> {
        let count = self.reader.u32()?;
        if count > MAX_CLAUSES {
            return Err(self.fault("resume table size is out of bounds"));
        }
        (0..count).try_for_each(|_| self.clause(resumed))
    }

    /// Validates a clause of a `resume` of continuations of this type.
    #[inline(never)]
    fn clause(&mut self, resumed: &FuncType) -> Result<(), Invalid> {
        let ResumeClause { tag, label } = self.reader.handler()?;
        let tag = self.tag_type(tag)?;
        let Some(label) = label else {
            if tag.params.is_empty() && tag.results == resumed.results {
                return Ok(());
            }
            return Err(self.fault("type mismatch: switch tag does not match continuation"));
        };
        let types = self.label(label)?;
        let (others, suspended) = self.with_continuation(&types)?;
        self.check_all(&tag.params, others)?;
        self.check_all(&suspended.params, &tag.results)?;
        self.check_all(&resumed.results, &suspended.results)
    }

    /// Validates a `switch` to a continuation of the type with this index. Returns the values that go out and come back.
    fn switch(&mut self, index: u32, tag: &FuncType) -> Result<(&'m [Ty], &'m [Ty]), Invalid> {
        let ty = self.cont_type(index)?;
        if !tag.params.is_empty() {
            return Err(self.fault("type mismatch: non-empty tag parameter type"));
        }
        let (params, other) = self.with_continuation(&ty.params)?;
        self.check_all(&ty.results, &tag.results)?;
        self.check_all(&tag.results, &other.results)?;
        Ok((params, &other.params))
    }
}
