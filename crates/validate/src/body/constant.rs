//! Validates constant expressions, as bodies with few operators (spec: valid/instructions#constant-expressions).

use alloc::vec::Vec;

use wasmote_decode::proposals::flag;
use wasmote_decode::reader::Malformed;
use wasmote_ir::Proposal;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::operators::Operator;
use wasmparser::WasmFeatures;

use super::stack::Block;
use super::{BodyValidator, Buffers};
use crate::fault::Invalid;
use crate::outline::Outline;
use crate::read::Reader;
use crate::types::Ty;

/// Reads and validates an expression with a value of this type, including its `end`. Adds the functions that it
/// refers to to `named`.
pub fn constant(
    outline: &Outline,
    features: WasmFeatures,
    reader: &mut Reader<'_>,
    expected: Ty,
    named: &mut Vec<u32>,
    buffers: &mut Buffers,
) -> Result<(), Invalid> {
    // Fast path: a module may have very many segments, and most of their offsets are a single number.
    if expected == Ty::I32 {
        let mut ahead = reader.clone();
        if ahead.operator() == Ok(Operator::I32Const) && ahead.i32().is_ok() && ahead.operator() == Ok(Operator::End) {
            *reader = ahead;
            return Ok(());
        }
    }
    let mut body = BodyValidator::new(outline, features, reader.clone(), Block::One(expected), buffers)?;
    let result = body.constant(named);
    let result = body.checked(result);
    reader.go_to(body.reader.offset());
    body.recycle(buffers);
    result
}

impl BodyValidator<'_> {
    /// Validates the instructions of a constant expression.
    fn constant(&mut self, named: &mut Vec<u32>) -> Result<(), Invalid> {
        while !self.frames.is_empty() {
            self.offset = self.reader.offset();
            let operator = match self.reader.operator() {
                Ok(operator) => operator,
                Err(Malformed::End) => return Err(Invalid::new(Malformed::End.message(), self.offset)),
                Err(_) => return Err(self.fault(NOT_CONSTANT)),
            };
            let row = operator.row();
            match row.constant() {
                Some(proposal) => self.require_constant(proposal)?,
                None => return Err(self.fault(NOT_CONSTANT)),
            }
            match operator {
                Operator::GlobalGet => {
                    self.constant_global()?;
                    self.global_get()?;
                }
                Operator::RefFunc => named.try_push(self.function_reference()?)?,
                _ => self.other(operator, row)?,
            }
        }
        Ok(())
    }

    /// Checks the global of a `global.get`, which must be immutable. It must be imported or, with GC, defined before
    /// the expression.
    fn constant_global(&self) -> Result<(), Invalid> {
        let index = self.reader.clone().u32()?;
        let global = self.outline.global(index).ok_or_else(|| self.unknown("global", index))?;
        if index >= self.outline.imported_globals {
            self.require_constant(Proposal::Gc)?;
        }
        if global.mutable {
            return Err(self.fault("constant expression required: global.get of mutable global"));
        }
        Ok(())
    }

    /// Fails if the proposal is off that allows an operator in constant expressions.
    fn require_constant(&self, proposal: Proposal) -> Result<(), Invalid> {
        let flag = flag(proposal);
        if self.features.contains(flag) { Ok(()) } else { Err(Invalid::missing(flag, NOT_CONSTANT, self.offset)) }
    }
}

const NOT_CONSTANT: &str = "constant expression required: non-constant operator";
