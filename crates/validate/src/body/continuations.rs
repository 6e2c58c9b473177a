//! Validates the operators of continuations (proposal `stack-switching`).

use wasmote_decode::operators::ResumeClause;
use wasmote_ir::HeapType;
use wasmote_ir::operators::{Operator, Row};

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
        match operator {
            Operator::ContNew => self.cont_new(),
            Operator::ContBind => self.cont_bind(),
            Operator::Suspend => self.suspend(),
            Operator::Resume => {
                let ty = self.reader.u32()?;
                let params = &self.cont_type(ty)?.params;
                self.resume(ty, params)
            }
            Operator::ResumeThrow => {
                let (ty, tag) = (self.reader.u32()?, self.reader.u32()?);
                let params = self.tag(tag)?;
                self.resume(ty, params)
            }
            Operator::ResumeThrowRef => {
                let ty = self.reader.u32()?;
                self.resume(ty, &[Ty::EXNREF])
            }
            Operator::Switch => self.switch(),
            _ => Err(self.missing(row.proposal)),
        }
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

    /// Returns the function type of the continuations that references of a type are to.
    #[inline(never)]
    fn referenced(&self, ty: Ty) -> Result<&'m FuncType, Invalid> {
        let outline = self.outline;
        if let Some(HeapType::Index(place)) = ty.heap()
            && let Some(&Composite::Cont(func)) = outline.types.get(place as usize).map(|ty| &ty.composite)
            && let Some(func) = outline.func_type_at(func)
        {
            return Ok(func);
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

    fn cont_new(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32()?;
        let func = self.cont(index)?;
        self.pop(Ty::concrete_ref(true, func))?;
        self.push(self.concrete(false, index)?);
        Ok(())
    }

    fn cont_bind(&mut self) -> Result<(), Invalid> {
        let (from, to) = (self.reader.u32()?, self.reader.u32()?);
        let (old, new) = (self.cont_type(from)?, self.cont_type(to)?);
        let bound = old.params.len().checked_sub(new.params.len());
        let Some((bound, rest)) = bound.and_then(|bound| old.params.split_at_checked(bound)) else {
            return Err(self.fault("type mismatch in continuation arguments"));
        };
        self.check_all(&new.params, rest)?;
        self.check_all(&old.results, &new.results)?;
        self.pop(self.concrete(true, from)?)?;
        self.pop_all(bound)?;
        self.push(self.concrete(false, to)?);
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Invalid> {
        let tag = self.reader.u32()?;
        let ty = self.tag_type(tag)?;
        self.pop_all(&ty.params)?;
        self.push_all(&ty.results)
    }

    /// Validates the rest of a `resume` of this continuation type, which takes these values.
    #[inline(never)]
    fn resume(&mut self, index: u32, params: &[Ty]) -> Result<(), Invalid> {
        let ty = self.cont_type(index)?;
        let count = self.reader.u32()?;
        if count > MAX_CLAUSES {
            return Err(self.fault("resume table size is out of bounds"));
        }
        for _ in 0..count {
            self.clause(ty)?;
        }
        self.pop(self.concrete(true, index)?)?;
        self.pop_all(params)?;
        self.push_all(&ty.results)
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
        let (last, others) = self.branch_with_reference(&types)?;
        self.check_all(&tag.params, others)?;
        let suspended = self.referenced(last)?;
        self.check_all(&suspended.params, &tag.results)?;
        self.check_all(&resumed.results, &suspended.results)
    }

    #[inline(never)]
    fn switch(&mut self) -> Result<(), Invalid> {
        let (index, tag) = (self.reader.u32()?, self.reader.u32()?);
        let (ty, tag) = (self.cont_type(index)?, self.tag_type(tag)?);
        if !tag.params.is_empty() {
            return Err(self.fault("type mismatch: non-empty tag parameter type"));
        }
        let (last, params) = self.branch_with_reference(&ty.params)?;
        let other = self.referenced(last)?;
        self.check_all(&ty.results, &tag.results)?;
        self.check_all(&tag.results, &other.results)?;
        self.pop(self.concrete(true, index)?)?;
        self.pop_all(params)?;
        self.push_all(&other.params)
    }
}
