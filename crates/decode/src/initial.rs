//! Reads the items with constant expressions: tables, globals, element and data segments.

use wasmote_ir::ValType;
use wasmote_ir::fallible::{TryVec, try_with_capacity};

use crate::module::{DataSegment, ElemItems, ElemSegment, SegmentMode};
use crate::refusal::{Fault, Refusal};
use crate::sections::Decoder;

impl Decoder<'_> {
    pub(crate) fn table(&mut self) -> Result<(), Refusal> {
        // If the bytes 0x40 0x00 come before the type, an expression follows it.
        let has_init = self.reader.peek()? == 0x40;
        if has_init && *self.reader.bytes(2)? != [0x40, 0x00] {
            return Err(Fault::TableEncoding.into());
        }
        let ty = self.table_type()?;
        self.module.tables.try_push(ty)?;
        let init = if has_init { Some(self.constant()?) } else { None };
        Ok(self.module.table_inits.try_push(init)?)
    }

    pub(crate) fn global(&mut self) -> Result<(), Refusal> {
        let ty = self.global_type()?;
        self.module.globals.try_push(ty)?;
        let init = self.constant()?;
        Ok(self.module.global_inits.try_push(init)?)
    }

    pub(crate) fn elem(&mut self) -> Result<(), Refusal> {
        // Bit 0: the segment is not active. Bit 1: it is declared if it is not active, or has the index of a table if
        // it is active. Bit 2: the elements are expressions.
        let flags = self.reader.index()?;
        if flags > 0b111 {
            return Err(Fault::ElemFlags.into());
        }
        let mode = match flags & 0b11 {
            0b11 => SegmentMode::Declared,
            0b01 => SegmentMode::Passive,
            explicit => {
                let target = if explicit == 0 { 0 } else { self.reader.index()? };
                SegmentMode::Active { target, offset: self.constant()? }
            }
        };
        let are_exprs = flags & 0b100 != 0;
        let mut ty = ValType::FUNCREF;
        if flags & 0b11 != 0 {
            if are_exprs {
                ty = ValType::Ref(self.ref_type()?);
            } else if self.reader.byte()? != 0 {
                return Err(Fault::ElemKind.into());
            }
        }
        let count = self.reader.index()?;
        // Each item takes at least a byte, so a larger count is a lie.
        let room = self.reader.left().min(count as usize);
        let items = if are_exprs {
            let mut exprs = try_with_capacity(room)?;
            for _ in 0..count {
                exprs.try_push(self.constant()?)?;
            }
            ElemItems::Exprs(exprs.try_into_box()?)
        } else {
            let mut funcs = try_with_capacity(room)?;
            for _ in 0..count {
                funcs.try_push(self.reader.index()?)?;
            }
            ElemItems::Funcs(funcs.try_into_box()?)
        };
        Ok(self.module.elems.try_push(ElemSegment { mode, ty, items })?)
    }

    pub(crate) fn data(&mut self) -> Result<(), Refusal> {
        let flags = self.reader.index()?;
        let mode = match flags {
            0 | 2 => {
                let target = if flags == 0 { 0 } else { self.reader.index()? };
                SegmentMode::Active { target, offset: self.constant()? }
            }
            1 => SegmentMode::Passive,
            _ => return Err(Fault::DataFlags.into()),
        };
        let bytes = self.sized()?;
        Ok(self.module.data.try_push(DataSegment { mode, bytes })?)
    }
}
