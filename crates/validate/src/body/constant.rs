//! Constant expressions: bodies of few instructions (spec: valid/instructions#constant-expressions).

use alloc::vec::Vec;

use wasmote_ir::fallible::TryVec;
use wasmparser::WasmFeatures;

use super::stack::Block;
use super::table::ROWS;
use super::{Body, Buffers};
use crate::fault::Fault;
use crate::outline::Outline;
use crate::read::Reader;
use crate::types::Ty;

/// Reads an expression whose value is of this type, its end included. Functions that it refers to are added to `named`.
pub fn constant(
    outline: &Outline,
    features: WasmFeatures,
    reader: &mut Reader<'_>,
    expected: Ty,
    named: &mut Vec<u32>,
    buffers: &mut Buffers,
) -> Result<(), Fault> {
    // Segments are many, and most begin at a number.
    if expected == Ty::I32 {
        let mut ahead = reader.clone();
        if ahead.byte()? == 0x41 && ahead.signed(32).is_ok() && matches!(ahead.byte(), Ok(0x0b)) {
            *reader = ahead;
            return Ok(());
        }
    }
    let mut body = Body::new(outline, features, reader.clone(), Block::One(expected), buffers)?;
    let result = body.constant(named);
    let result = body.checked(result);
    reader.follow(&body.reader);
    body.give_back(buffers);
    result
}

impl Body<'_> {
    fn constant(&mut self, named: &mut Vec<u32>) -> Result<(), Fault> {
        while !self.frames.is_empty() {
            self.offset = self.reader.offset();
            let opcode = self.reader.byte()?;
            match opcode {
                0x0b => self.end()?,
                0x41 => {
                    self.reader.signed(32)?;
                    self.push(Ty::I32);
                }
                0x42 => {
                    self.reader.signed(64)?;
                    self.push(Ty::I64);
                }
                0x43 | 0x44 => self.row(&ROWS[usize::from(opcode)], 0)?,
                0x6a..=0x6c | 0x7c..=0x7e => {
                    self.require_constant(WasmFeatures::EXTENDED_CONST)?;
                    self.row(&ROWS[usize::from(opcode)], 0)?;
                }
                0x23 => {
                    self.constant_global()?;
                    self.global_get()?;
                }
                0xd0 => self.ref_null()?,
                0xd2 => named.try_push(self.function_reference()?)?,
                0xfb..=0xfd => {
                    match (opcode, self.reader.clone().u32()?) {
                        (0xfb, 0x00 | 0x01 | 0x06..=0x08 | 0x1a..=0x1c) => self.require_constant(WasmFeatures::GC)?,
                        (0xfd, 0x0c) => {}
                        _ => return Err(self.fault(NOT_CONSTANT)),
                    }
                    self.prefixed(opcode)?;
                }
                _ => return Err(self.fault(NOT_CONSTANT)),
            }
        }
        Ok(())
    }

    /// Globals have to be imported, or stand in front of the expression.
    fn constant_global(&self) -> Result<(), Fault> {
        let index = self.reader.clone().u32()?;
        let global = self.outline.global(index).ok_or_else(|| self.unknown("global", index))?;
        if index >= self.outline.imported_globals {
            self.require_constant(WasmFeatures::GC)?;
        }
        if global.mutable {
            return Err(self.fault("constant expression required: global.get of mutable global"));
        }
        Ok(())
    }

    fn require_constant(&self, feature: WasmFeatures) -> Result<(), Fault> {
        if self.features.contains(feature) { Ok(()) } else { Err(Fault::missing(feature, NOT_CONSTANT, self.offset)) }
    }
}

const NOT_CONSTANT: &str = "constant expression required: non-constant operator";
