//! Constant expressions (spec: valid/instructions#constant-expressions).

use wasmote_ir::{RefType, ValType};
use wasmparser::{Operator, OperatorsReader};

use crate::error::{DecodeError, Feature};
use crate::module::{ConstExpr, ConstOp};
use crate::types::{HAS_GC, heap_type};

/// The instructions of an expression, without its `end`.
pub(crate) fn constant(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, DecodeError> {
    if let Some(address) = address(expr) {
        return Ok(ConstExpr::One(address));
    }
    let mut reader = expr.get_operators_reader();
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

/// The expression `i32.const`, which large modules have by the hundred thousand in front of data segments.
fn address(expr: &wasmparser::ConstExpr<'_>) -> Option<ConstOp> {
    const I32_CONST: u8 = 0x41;
    let mut reader = expr.get_binary_reader();
    if reader.read_u8().ok()? != I32_CONST {
        return None;
    }
    let value = reader.read_var_i32().ok()?;
    reader.is_end_then_eof().then_some(ConstOp::Num(ValType::I32, u64::from(value as u32)))
}

/// The next instruction, unless it is the `end`.
fn operation(reader: &mut OperatorsReader<'_>) -> Result<Option<ConstOp>, DecodeError> {
    let offset = reader.original_position() as usize;
    Ok(Some(match reader.read()? {
        Operator::End => return Ok(None),
        Operator::I32Const { value } => ConstOp::Num(ValType::I32, u64::from(value as u32)),
        Operator::I64Const { value } => ConstOp::Num(ValType::I64, value as u64),
        Operator::F32Const { value } => ConstOp::Num(ValType::F32, u64::from(value.bits())),
        Operator::F64Const { value } => ConstOp::Num(ValType::F64, value.bits()),
        #[cfg(feature = "simd")]
        Operator::V128Const { value } => ConstOp::V128(halves(u128::from_le_bytes(*value.bytes()))),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        Operator::RefNull { hty } => ConstOp::RefNull(ValType::Ref(RefType::new(true, heap_type(hty, offset)?))),
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        Operator::StructNew { struct_type_index } if HAS_GC => ConstOp::StructNew(struct_type_index),
        Operator::StructNewDefault { struct_type_index } if HAS_GC => ConstOp::StructNewDefault(struct_type_index),
        Operator::ArrayNew { array_type_index } if HAS_GC => ConstOp::ArrayNew(array_type_index),
        Operator::ArrayNewDefault { array_type_index } if HAS_GC => ConstOp::ArrayNewDefault(array_type_index),
        Operator::ArrayNewFixed { array_type_index, array_size } if HAS_GC => {
            ConstOp::ArrayNewFixed(array_type_index, array_size)
        }
        Operator::RefI31 if HAS_GC => ConstOp::RefI31,
        // The same bits.
        Operator::AnyConvertExtern | Operator::ExternConvertAny if HAS_GC => return operation(reader),
        Operator::StructNew { .. }
        | Operator::StructNewDefault { .. }
        | Operator::ArrayNew { .. }
        | Operator::ArrayNewDefault { .. }
        | Operator::ArrayNewFixed { .. }
        | Operator::RefI31
        | Operator::AnyConvertExtern
        | Operator::ExternConvertAny => {
            return Err(DecodeError::unsupported(Feature::Gc, offset));
        }
        _ => {
            return Err(DecodeError::malformed("constant expression required", offset));
        }
    }))
}

#[cfg(feature = "simd")]
fn halves(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}
