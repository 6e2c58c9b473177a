//! Reads constant expressions (spec: valid/instructions#constant-expressions).

use wasmote_ir::operators::Operator;
use wasmote_ir::{RefType, ValType};

use crate::module::{ConstExpr, ConstOp};
use crate::proposals::is_built;
use crate::refusal::{Fault, Refusal};
use crate::sections::Decoder;

impl Decoder<'_> {
    /// Reads an expression, including its `end`.
    #[inline(never)]
    pub(crate) fn constant(&mut self) -> Result<ConstExpr, Refusal> {
        // Fast path: a module may have very many segments, and most of their offsets are a single number.
        let mut ahead = self.reader;
        if ahead.operator() == Ok(Operator::I32Const)
            && let Ok(value) = ahead.signed(32)
            && ahead.operator() == Ok(Operator::End)
        {
            self.reader = ahead;
            return Ok(ConstExpr::One(ConstOp::Num(ValType::I32, u64::from(value as u32))));
        }
        let item = self.offset;
        let mut failed = None;
        let ops = ConstExpr::try_of(&mut || {
            self.operation().unwrap_or_else(|refusal| {
                failed = Some(refusal);
                None
            })
        });
        match failed {
            // Its place is that of the instruction.
            Some(refusal) => Err(refusal),
            None => {
                self.offset = item;
                Ok(ops?)
            }
        }
    }

    /// Reads the next instruction. Returns `None` for the `end`.
    fn operation(&mut self) -> Result<Option<ConstOp>, Refusal> {
        loop {
            self.offset = self.reader.position();
            let reader = &mut self.reader;
            let operator = reader.operator()?;
            let row = operator.row();
            if row.constant().is_none() {
                return Err(Fault::NotConstant.into());
            }
            if !is_built(row.proposal) {
                return Err(Refusal::Unsupported(row.proposal));
            }
            return Ok(Some(match operator {
                Operator::End => return Ok(None),
                Operator::I32Const => ConstOp::Num(ValType::I32, u64::from(reader.signed(32)? as u32)),
                Operator::I64Const => ConstOp::Num(ValType::I64, reader.signed(64)? as u64),
                Operator::F32Const => ConstOp::Num(ValType::F32, u64::from(u32::from_le_bytes(reader.array()?))),
                Operator::F64Const => ConstOp::Num(ValType::F64, u64::from_le_bytes(reader.array()?)),
                #[cfg(feature = "simd")]
                Operator::V128Const => {
                    ConstOp::V128([u64::from_le_bytes(reader.array()?), u64::from_le_bytes(reader.array()?)])
                }
                Operator::GlobalGet => ConstOp::GlobalGet(reader.index()?),
                Operator::RefNull => {
                    ConstOp::RefNull(ValType::Ref(RefType::new(true, reader.heap_type()?.supported()?)))
                }
                Operator::RefFunc => ConstOp::RefFunc(reader.index()?),
                Operator::I32Add => ConstOp::I32Add,
                Operator::I32Sub => ConstOp::I32Sub,
                Operator::I32Mul => ConstOp::I32Mul,
                Operator::I64Add => ConstOp::I64Add,
                Operator::I64Sub => ConstOp::I64Sub,
                Operator::I64Mul => ConstOp::I64Mul,
                Operator::StructNew => ConstOp::StructNew(reader.index()?),
                Operator::StructNewDefault => ConstOp::StructNewDefault(reader.index()?),
                Operator::StructNewDesc => ConstOp::StructNewDesc(reader.index()?),
                Operator::StructNewDefaultDesc => ConstOp::StructNewDefaultDesc(reader.index()?),
                Operator::ArrayNew => ConstOp::ArrayNew(reader.index()?),
                Operator::ArrayNewDefault => ConstOp::ArrayNewDefault(reader.index()?),
                Operator::ArrayNewFixed => ConstOp::ArrayNewFixed(reader.index()?, reader.index()?),
                Operator::RefI31 => ConstOp::RefI31,
                // These change no bits, so they are left out.
                Operator::AnyConvertExtern | Operator::ExternConvertAny => continue,
                _ => return Err(Fault::NotConstant.into()),
            }));
        }
    }
}
