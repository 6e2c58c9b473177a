//! Constant expressions (spec: valid/instructions#constant-expressions).

use wasmote_ir::{RefType, ValType};
use wasmparser::BinaryReader;

use crate::error::{DecodeError, Feature};
use crate::module::{ConstExpr, ConstOp};
use crate::types::{HAS_GC, heap_type};

/// Reads the instructions of an expression, and its `end`.
pub(crate) fn constant(reader: &mut BinaryReader<'_>) -> Result<ConstExpr, DecodeError> {
    let mut failed = None;
    let ops = ConstExpr::try_of(&mut || {
        operation(reader).unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(ops?),
    }
}

/// The next instruction, unless it is the `end`.
fn operation(reader: &mut BinaryReader<'_>) -> Result<Option<ConstOp>, DecodeError> {
    loop {
        let offset = reader.original_position() as usize;
        return Ok(Some(match reader.read_u8()? {
            0x0b => return Ok(None),
            0x41 => ConstOp::Num(ValType::I32, u64::from(reader.read_var_i32()? as u32)),
            0x42 => ConstOp::Num(ValType::I64, reader.read_var_i64()? as u64),
            0x43 => ConstOp::Num(ValType::F32, u64::from(reader.read_u32()?)),
            0x44 => ConstOp::Num(ValType::F64, reader.read_u64()?),
            0x23 => ConstOp::GlobalGet(reader.read_var_u32()?),
            0xd0 => ConstOp::RefNull(ValType::Ref(RefType::new(true, heap_type(reader.read()?, offset)?))),
            0xd2 => ConstOp::RefFunc(reader.read_var_u32()?),
            0x6a => ConstOp::I32Add,
            0x6b => ConstOp::I32Sub,
            0x6c => ConstOp::I32Mul,
            0x7c => ConstOp::I64Add,
            0x7d => ConstOp::I64Sub,
            0x7e => ConstOp::I64Mul,
            0xfb => match object(reader, offset)? {
                Some(op) => op,
                None => continue,
            },
            #[cfg(feature = "simd")]
            0xfd if reader.read_var_u32()? == V128_CONST => ConstOp::V128([reader.read_u64()?, reader.read_u64()?]),
            _ => return Err(not_constant(offset)),
        }));
    }
}

/// An instruction on objects; none if it has nothing to do.
fn object(reader: &mut BinaryReader<'_>, offset: usize) -> Result<Option<ConstOp>, DecodeError> {
    let opcode = reader.read_var_u32()?;
    if !matches!(opcode, 0x00 | 0x01 | 0x06..=0x08 | 0x1a..=0x1c) {
        return Err(not_constant(offset));
    }
    if !HAS_GC {
        return Err(DecodeError::unsupported(Feature::Gc, offset));
    }
    Ok(Some(match opcode {
        0x00 => ConstOp::StructNew(reader.read_var_u32()?),
        0x01 => ConstOp::StructNewDefault(reader.read_var_u32()?),
        0x06 => ConstOp::ArrayNew(reader.read_var_u32()?),
        0x07 => ConstOp::ArrayNewDefault(reader.read_var_u32()?),
        0x08 => ConstOp::ArrayNewFixed(reader.read_var_u32()?, reader.read_var_u32()?),
        0x1c => ConstOp::RefI31,
        // any.convert_extern, extern.convert_any: the same bits.
        _ => return Ok(None),
    }))
}

fn not_constant(offset: usize) -> DecodeError {
    DecodeError::malformed("constant expression required", offset)
}

/// The number of the operator that makes a constant vector.
#[cfg(feature = "simd")]
const V128_CONST: u32 = 0x0c;
