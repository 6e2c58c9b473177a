//! From opcodes to what they do.

use wasmparser::WasmFeatures;

use super::Body;
use super::stack::FrameKind;
use super::table::{Immediate, Proposal, ROWS, ROWS_FC, ROWS_FE, Row, T};
use crate::fault::Fault;
use crate::types::Ty;

impl Body<'_> {
    /// Checks all instructions, until the end that ends the body.
    pub fn instructions(&mut self) -> Result<(), Fault> {
        while !self.frames.is_empty() {
            self.offset = self.reader.offset();
            let Ok(opcode) = self.reader.byte() else {
                return Err(self.fault("control frames remain at end of function body or expression"));
            };
            self.instruction(opcode)?;
        }
        self.offset = self.reader.offset();
        if self.reader.is_at_end() {
            Ok(())
        } else {
            Err(self.fault("operators remaining after end of function body or expression"))
        }
    }

    #[inline(always)]
    fn instruction(&mut self, opcode: u8) -> Result<(), Fault> {
        match opcode {
            0x00 => self.unreachable(),
            0x01 => {}
            0x02 => self.block(FrameKind::Block)?,
            0x03 => self.block(FrameKind::Loop)?,
            0x04 => self.if_()?,
            0x05 => self.else_()?,
            0x06 => self.try_()?,
            0x07 => self.catch()?,
            0x08 => self.throw()?,
            0x09 => self.rethrow()?,
            0x0a => self.throw_ref()?,
            0x0b => self.end()?,
            0x0c => self.br()?,
            0x0d => self.br_if()?,
            0x0e => self.br_table()?,
            0x0f => self.return_()?,
            0x10 => self.call()?,
            0x11 => self.call_indirect()?,
            0x12 => self.return_call()?,
            0x13 => self.return_call_indirect()?,
            0x14 => self.call_ref()?,
            0x15 => self.return_call_ref()?,
            0x18 => self.delegate()?,
            0x19 => self.catch_all()?,
            0x1a => drop(self.pop_any()?),
            0x1b => self.select()?,
            0x1c => self.select_typed()?,
            0x1f => self.try_table()?,
            0x20 => self.local_get()?,
            0x21 => self.local_set()?,
            0x22 => self.local_tee()?,
            0x23 => self.global_get()?,
            0x24 => self.global_set()?,
            0x25 => self.table_get()?,
            0x26 => self.table_set()?,
            0x3f => self.memory_size()?,
            0x40 => self.memory_grow()?,
            0x41 => {
                self.reader.signed(32)?;
                self.push(Ty::I32);
            }
            0x42 => {
                self.reader.signed(64)?;
                self.push(Ty::I64);
            }
            0x28..=0x35 => return self.load(&ROWS[usize::from(opcode)]),
            0x45..=0xbf => return self.numeric(&ROWS[usize::from(opcode)]),
            0xd0 => self.ref_null()?,
            0xd1 => self.ref_is_null()?,
            0xd2 => self.ref_func()?,
            0xd3 => self.ref_eq()?,
            0xd4 => self.ref_as_non_null()?,
            0xd5 => self.br_on_null()?,
            0xd6 => self.br_on_non_null()?,
            0xfb..=0xfe => self.prefixed(opcode)?,
            _ => return self.row(&ROWS[usize::from(opcode)], u32::from(opcode)),
        }
        Ok(())
    }

    #[inline(never)]
    pub fn prefixed(&mut self, prefix: u8) -> Result<(), Fault> {
        let opcode = self.reader.u32()?;
        let row = match prefix {
            0xfb => return self.object(opcode),
            0xfc if opcode >= 0x08 => return self.bulk(opcode),
            0xfc => ROWS_FC.get(opcode as usize),
            #[cfg(feature = "simd")]
            0xfd => super::table_simd::row(opcode),
            0xfe if opcode == 0x03 => return self.fence(),
            0xfe => ROWS_FE.get(opcode as usize),
            _ => None,
        };
        match row {
            Some(row) => self.row(row, u32::from(prefix) << 16 | opcode),
            None => Err(self.unknown_opcode(u32::from(prefix) << 16 | opcode.min(0xffff))),
        }
    }

    /// Arithmetic and its like, by its row: one operand or two of the same type. Most of the time they are what they should be.
    #[inline(always)]
    fn numeric(&mut self, row: &Row) -> Result<(), Fault> {
        let (ty, result) = (row.pops[2].ty(Ty::BOTTOM), row.push.ty(Ty::BOTTOM));
        let floor = self.floor;
        let rest = if row.pops[1] == T::None {
            self.operands.len().wrapping_sub(1)
        } else {
            let rest = self.operands.len().wrapping_sub(2);
            if self.operands.get(rest) == Some(&ty) { rest } else { usize::MAX }
        };
        match self.operands.last() {
            Some(&top) if top == ty && rest >= floor && rest < self.operands.len() => {
                self.operands.truncate(rest + 1);
                self.operands[rest] = result;
                Ok(())
            }
            _ => self.operands_of(row, Ty::BOTTOM),
        }
    }

    /// A load, by its row.
    #[inline(always)]
    fn load(&mut self, row: &Row) -> Result<(), Fault> {
        let Immediate::Memory(align) = row.immediate else { return self.row(row, 0) };
        let address = self.memory_argument(align, false)?;
        let floor = self.floor;
        if self.operands.len() > floor
            && let Some(top) = self.operands.last_mut()
            && *top == address
        {
            *top = row.push.ty(address);
            return Ok(());
        }
        self.operands_of(row, address)
    }

    /// An instruction that its row describes.
    #[inline(never)]
    pub fn row(&mut self, row: &Row, opcode: u32) -> Result<(), Fault> {
        if row.proposal != Proposal::None {
            self.require_proposal(row.proposal, opcode)?;
        }
        let address = match row.immediate {
            Immediate::None => Ty::BOTTOM,
            Immediate::Memory(align) => self.memory_argument(align, false)?,
            immediate => self.immediate(immediate)?,
        };
        self.operands_of(row, address)
    }

    /// Takes what the row says, and leaves its result.
    #[inline(never)]
    fn operands_of(&mut self, row: &Row, address: Ty) -> Result<(), Fault> {
        for ty in row.pops.into_iter().rev() {
            if ty == T::None {
                break;
            }
            self.pop(ty.ty(address))?;
        }
        if row.push != T::None {
            self.push(row.push.ty(address));
        }
        Ok(())
    }

    /// Reads what stands behind the opcode. Returns the type of addresses, if it is about a memory.
    #[inline(never)]
    fn immediate(&mut self, immediate: Immediate) -> Result<Ty, Fault> {
        match immediate {
            Immediate::None => {}
            Immediate::Memory(align) => return self.memory_argument(align, false),
            Immediate::Atomic(align) => return self.memory_argument(align, true),
            #[cfg(feature = "simd")]
            Immediate::MemoryLane(align) => {
                let address = self.memory_argument(align, false)?;
                self.lane(16 >> align)?;
                return Ok(address);
            }
            #[cfg(feature = "simd")]
            Immediate::Lane(lanes) => self.lane(lanes)?,
            #[cfg(feature = "simd")]
            Immediate::Shuffle => {
                for _ in 0..16 {
                    self.lane(32)?;
                }
            }
            Immediate::Bytes(count) => self.reader.skip(usize::from(count))?,
        }
        Ok(Ty::BOTTOM)
    }

    #[cfg(feature = "simd")]
    #[inline(never)]
    fn lane(&mut self, lanes: u8) -> Result<(), Fault> {
        if self.reader.byte()? < lanes { Ok(()) } else { Err(self.fault("SIMD index out of bounds")) }
    }

    #[inline(never)]
    fn require_proposal(&self, proposal: Proposal, opcode: u32) -> Result<(), Fault> {
        let (feature, name) = match proposal {
            Proposal::None => return Ok(()),
            Proposal::SignExtension => (WasmFeatures::SIGN_EXTENSION, "sign extension operations"),
            Proposal::SaturatingFloatToInt => {
                (WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating float to int conversions")
            }
            #[cfg(feature = "simd")]
            Proposal::Simd => (WasmFeatures::SIMD, "SIMD"),
            #[cfg(feature = "simd")]
            Proposal::RelaxedSimd => (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
            Proposal::Threads => (WasmFeatures::THREADS, "threads"),
            Proposal::Unknown => return Err(self.unknown_opcode(opcode)),
        };
        self.require(feature, name)
    }

    /// An opcode that nothing here knows: perhaps some proposal's.
    #[cold]
    #[inline(never)]
    fn unknown_opcode(&self, opcode: u32) -> Fault {
        let (prefix, low) = (opcode >> 16, opcode & 0xffff);
        let (feature, name) = match (prefix, low) {
            (0, 0xe0..=0xe6) => (WasmFeatures::STACK_SWITCHING, "stack switching"),
            (0xfd, 0x000..=0x0ff) if !cfg!(feature = "simd") => (WasmFeatures::SIMD, "SIMD"),
            (0xfd, 0x100..=0x113) if !cfg!(feature = "simd") => (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
            (0xfe, 0x04 | 0x4f..=0x72) => (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
            (0, _) => return Fault::of(format_args!("illegal opcode: 0x{low:x}"), self.offset),
            _ => return Fault::of(format_args!("unknown 0x{prefix:x} subopcode: 0x{low:x}"), self.offset),
        };
        self.missing(feature, name)
    }
}
