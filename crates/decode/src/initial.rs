//! Reads the sections with constant expressions: tables, globals, element and data segments.
//!
//! wasmparser's readers of these sections are not used. They look for the end of an expression with a reader of all
//! operators. That takes longer than reading the expression, and its code has 33 KB.

use wasmote_ir::ValType;
use wasmote_ir::fallible::{TryVec, try_with_capacity};
use wasmparser::{BinaryReader, GlobalType, RefType, TableType};

use crate::constant::constant;
use crate::error::DecodeError;
use crate::module::{DataSegment, ElemItems, ElemSegment, ModuleInfo, SegmentMode};
use crate::types::{global_type, ref_type, table_type};

/// Calls `item` for each item of a section, whose bytes begin at this offset in the binary.
pub(crate) fn each(
    bytes: &[u8],
    offset: usize,
    item: &mut dyn FnMut(&mut BinaryReader<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = BinaryReader::new(bytes, offset as u64);
    for _ in 0..reader.read_var_u32()? {
        item(&mut reader)?;
    }
    if reader.eof() {
        Ok(())
    } else {
        Err(malformed("section size mismatch: unexpected data at the end of the section", &reader))
    }
}

fn malformed(message: &str, reader: &BinaryReader<'_>) -> DecodeError {
    DecodeError::malformed(message, reader.original_position() as usize)
}

/// Returns for how many items to make room. Each item takes at least a byte, so a larger count is a lie.
fn room(count: u32, reader: &BinaryReader<'_>) -> usize {
    (count as usize).min(reader.bytes_remaining())
}

impl ModuleInfo {
    pub(crate) fn add_table(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), DecodeError> {
        let offset = reader.original_position() as usize;
        // If the bytes 0x40 0x00 come before the type, an expression follows it.
        let mut behind = reader.clone();
        let has_init = behind.read_u8()? == 0x40;
        if has_init {
            if behind.read_u8()? != 0 {
                return Err(malformed("invalid table encoding", reader));
            }
            *reader = behind;
        }
        self.tables.try_push(table_type(reader.read::<TableType>()?, offset)?)?;
        let init = if has_init { Some(constant(reader)?) } else { None };
        self.table_inits.try_push(init)?;
        Ok(())
    }

    pub(crate) fn add_global(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), DecodeError> {
        let offset = reader.original_position() as usize;
        self.globals.try_push(global_type(reader.read::<GlobalType>()?, offset)?)?;
        self.global_inits.try_push(constant(reader)?)?;
        Ok(())
    }

    pub(crate) fn add_elem(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), DecodeError> {
        let offset = reader.original_position() as usize;
        // Bit 0: the segment is not active. Bit 1: it is declared if it is not active, or has the index of a table if
        // it is active. Bit 2: the elements are expressions.
        let flags = reader.read_var_u32()?;
        if flags > 0b111 {
            return Err(DecodeError::malformed("invalid flags byte in element segment", offset));
        }
        let mode = match flags & 0b11 {
            0b11 => SegmentMode::Declared,
            0b01 => SegmentMode::Passive,
            explicit => {
                let target = if explicit == 0 { 0 } else { reader.read_var_u32()? };
                SegmentMode::Active { target, offset: constant(reader)? }
            }
        };
        let are_exprs = flags & 0b100 != 0;
        let mut ty = ValType::FUNCREF;
        if flags & 0b11 != 0 {
            if are_exprs {
                ty = ValType::Ref(ref_type(reader.read::<RefType>()?, offset)?);
            } else if reader.read_u8()? != 0 {
                return Err(malformed("only the function external type is supported in elem segment", reader));
            }
        }
        let count = reader.read_var_u32()?;
        let items = if are_exprs {
            let mut exprs = try_with_capacity(room(count, reader))?;
            for _ in 0..count {
                exprs.try_push(constant(reader)?)?;
            }
            ElemItems::Exprs(exprs.try_into_box()?)
        } else {
            let mut funcs = try_with_capacity(room(count, reader))?;
            for _ in 0..count {
                funcs.try_push(reader.read_var_u32()?)?;
            }
            ElemItems::Funcs(funcs.try_into_box()?)
        };
        self.elems.try_push(ElemSegment { mode, ty, items })?;
        Ok(())
    }

    pub(crate) fn add_data(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), DecodeError> {
        let offset = reader.original_position() as usize;
        let mode = match reader.read_var_u32()? {
            0 => SegmentMode::Active { target: 0, offset: constant(reader)? },
            1 => SegmentMode::Passive,
            2 => SegmentMode::Active { target: reader.read_var_u32()?, offset: constant(reader)? },
            _ => return Err(DecodeError::malformed("invalid flags byte in data segment", offset)),
        };
        let count = reader.read_var_u32()? as usize;
        let start = reader.original_position() as usize;
        reader.read_bytes(count)?;
        self.data.try_push(DataSegment { mode, bytes: start..start + count })?;
        Ok(())
    }
}
