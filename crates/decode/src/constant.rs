//! Constant expressions (spec: valid/instructions#constant-expressions).

use wasmote_ir::{RefType, ValType};
use wasmparser::Operator;

use crate::error::{DecodeError, Feature};
use crate::module::{ConstExpr, ConstOp};
use crate::operators::{Instruction, Operators};
use crate::types::heap_type;

/// The instructions of an expression, without its `end`.
pub(crate) fn constant(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, DecodeError> {
    let mut reader = Operators::new(expr.get_binary_reader());
    let mut failed = None;
    let ops = core::iter::from_fn(|| {
        operation(&mut reader).unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    })
    .collect();
    match failed {
        Some(error) => Err(error),
        None => Ok(ops),
    }
}

/// The next instruction, unless it is the `end`.
fn operation(reader: &mut Operators<'_>) -> Result<Option<ConstOp>, DecodeError> {
    let offset = reader.position() as usize;
    let operator = match reader.read()? {
        Instruction::Plain(operator) => operator,
        #[cfg(feature = "simd")]
        Instruction::Vector(vector) if vector.number == V128_CONST => {
            return Ok(Some(ConstOp::V128(halves(u128::from_le_bytes(vector.bytes)))));
        }
        Instruction::Lacking(Feature::Gc) => return Err(DecodeError::unsupported(Feature::Gc, offset)),
        _ => return Err(not_constant(offset)),
    };
    Ok(Some(match operator {
        Operator::End => return Ok(None),
        Operator::I32Const { value } => ConstOp::Num(ValType::I32, u64::from(value as u32)),
        Operator::I64Const { value } => ConstOp::Num(ValType::I64, value as u64),
        Operator::F32Const { value } => ConstOp::Num(ValType::F32, u64::from(value.bits())),
        Operator::F64Const { value } => ConstOp::Num(ValType::F64, value.bits()),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        Operator::RefNull { hty } => ConstOp::RefNull(ValType::Ref(RefType::new(true, heap_type(hty, offset)?))),
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        Operator::StructNew { struct_type_index } => ConstOp::StructNew(struct_type_index),
        Operator::StructNewDefault { struct_type_index } => ConstOp::StructNewDefault(struct_type_index),
        Operator::ArrayNew { array_type_index } => ConstOp::ArrayNew(array_type_index),
        Operator::ArrayNewDefault { array_type_index } => ConstOp::ArrayNewDefault(array_type_index),
        Operator::ArrayNewFixed { array_type_index, array_size } => {
            ConstOp::ArrayNewFixed(array_type_index, array_size)
        }
        Operator::RefI31 => ConstOp::RefI31,
        // The same bits.
        Operator::AnyConvertExtern | Operator::ExternConvertAny => return operation(reader),
        _ => return Err(not_constant(offset)),
    }))
}

fn not_constant(offset: usize) -> DecodeError {
    DecodeError::malformed("constant expression required", offset)
}

/// The number of the operator that makes a constant vector.
#[cfg(feature = "simd")]
const V128_CONST: u32 = 0x0c;

#[cfg(feature = "simd")]
fn halves(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}
