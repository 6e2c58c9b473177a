//! Reads constant expressions (spec: valid/instructions#constant-expressions).

use wasmote_ir::operators::Operator;
use wasmote_ir::{RefType, ValType};
use wasmparser::BinaryReader;

use crate::error::DecodeError;
use crate::module::{ConstExpr, ConstOp};
use crate::operators::UnsupportedType;
use crate::proposals::is_built;
use crate::reader::{Malformed, Reader};

/// Reads an expression, including its `end`.
pub(crate) fn constant(binary: &mut BinaryReader<'_>) -> Result<ConstExpr, DecodeError> {
    let mut failed = None;
    let left = binary.bytes_remaining();
    let mut reader = Reader::new(binary.clone().read_bytes(left)?, binary.original_position() as usize);
    let ops = ConstExpr::try_of(&mut || {
        operation(&mut reader).unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    });
    binary.read_bytes(left - reader.left())?;
    match failed {
        Some(error) => Err(error),
        None => Ok(ops?),
    }
}

/// Reads the next instruction. Returns `None` for the `end`.
fn operation(reader: &mut Reader<'_>) -> Result<Option<ConstOp>, DecodeError> {
    let offset = reader.position();
    next(reader).map_err(|wrong| match wrong {
        ConstExprError::Malformed(malformed) => DecodeError::malformed(malformed.message(), reader.position()),
        ConstExprError::UnsupportedType(UnsupportedType::Proposal(proposal)) => {
            DecodeError::unsupported(proposal, offset)
        }
        ConstExprError::UnsupportedType(UnsupportedType::Index) => DecodeError::malformed("unknown type", offset),
        ConstExprError::NotConstant => DecodeError::malformed("constant expression required", offset),
    })
}

/// Why an instruction is refused.
enum ConstExprError {
    Malformed(Malformed),
    UnsupportedType(UnsupportedType),
    NotConstant,
}

impl From<Malformed> for ConstExprError {
    fn from(malformed: Malformed) -> ConstExprError {
        ConstExprError::Malformed(malformed)
    }
}

impl From<UnsupportedType> for ConstExprError {
    fn from(lacking: UnsupportedType) -> ConstExprError {
        ConstExprError::UnsupportedType(lacking)
    }
}

fn next(reader: &mut Reader<'_>) -> Result<Option<ConstOp>, ConstExprError> {
    loop {
        let operator = reader.operator()?;
        let row = operator.row();
        if row.constant().is_none() {
            return Err(ConstExprError::NotConstant);
        }
        if !is_built(row.proposal) {
            return Err(UnsupportedType::Proposal(row.proposal).into());
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
            Operator::RefNull => ConstOp::RefNull(ValType::Ref(RefType::new(true, reader.heap_type()?.supported()?))),
            Operator::RefFunc => ConstOp::RefFunc(reader.index()?),
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            Operator::I64Add => ConstOp::I64Add,
            Operator::I64Sub => ConstOp::I64Sub,
            Operator::I64Mul => ConstOp::I64Mul,
            Operator::StructNew => ConstOp::StructNew(reader.index()?),
            Operator::StructNewDefault => ConstOp::StructNewDefault(reader.index()?),
            Operator::ArrayNew => ConstOp::ArrayNew(reader.index()?),
            Operator::ArrayNewDefault => ConstOp::ArrayNewDefault(reader.index()?),
            Operator::ArrayNewFixed => ConstOp::ArrayNewFixed(reader.index()?, reader.index()?),
            Operator::RefI31 => ConstOp::RefI31,
            // These change no bits, so they are left out.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => continue,
            _ => return Err(ConstExprError::NotConstant),
        }));
    }
}
