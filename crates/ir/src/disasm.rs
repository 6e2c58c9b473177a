//! Instructions as text, one line for each: `I32Add.ss_r s0, s3`.

use core::fmt::{self, Display, Formatter};

use crate::Opcode;
use crate::code::DecodedInstr;
use crate::shape::Operand;

/// Displays an instruction after its offset in units. Targets are shown as offsets in units.
pub struct Listed<'a>(pub usize, pub DecodedInstr<'a>);

/// Displays the name of an instruction: `I32Add.ss_r`.
pub struct Named(pub Opcode);

/// Displays the operands of an instruction at this offset in units. The function turns the offset of a target into the
/// number that is shown.
pub struct Operands<'a>(pub usize, pub DecodedInstr<'a>, pub &'a dyn Fn(usize) -> u32);

impl Display for Named {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some((op, _)) = self.0.family() else { return f.write_str("?") };
        f.write_str(op.name())?;
        if op.variant_count() > 1 {
            write!(f, ".{}", self.0.suffix())?;
        }
        Ok(())
    }
}

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Listed(at, instr) = *self;
        write!(f, "{at:5}  {}{}", Named(instr.opcode), Operands(at, instr, &|unit| unit as u32))
    }
}

impl Display for Operands<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Operands(at, instr, place) = self;
        let shown = instr.operands().filter(|&(kind, _)| kind != Operand::Padding);
        for (i, (kind, value)) in shown.enumerate() {
            f.write_str(if i == 0 { " " } else { ", " })?;
            match kind {
                Operand::Src | Operand::SrcDst | Operand::SrcPair | Operand::SrcRun => write!(f, "s{value}")?,
                Operand::Dst | Operand::DstPair | Operand::DstFour | Operand::DstRun => write!(f, "-> s{value}")?,
                Operand::Base => write!(f, "base s{value}")?,
                Operand::Header => write!(f, "header s{value}")?,
                Operand::Imm16 => write!(f, "{}", value as u16 as i16)?,
                Operand::Imm32 => write!(f, "{}", value as u32 as i32)?,
                Operand::Imm64 => write!(f, "{}", value as i64)?,
                Operand::Offset16 | Operand::Offset | Operand::Offset64 => write!(f, "+{value}")?,
                Operand::Target => write!(f, "@{}", place((*at as i64 + i64::from(value as u32 as i32)) as usize))?,
                Operand::Count => write!(f, "x{value}")?,
                Operand::Padding => {}
                Operand::TargetCount => write!(f, "of {value}")?,
                Operand::Func => write!(f, "func {value}")?,
                Operand::Defined => write!(f, "defined {value}")?,
                Operand::Import => write!(f, "import {value}")?,
                Operand::Type => write!(f, "type {value}")?,
                Operand::Global | Operand::GlobalPair | Operand::GlobalDst | Operand::GlobalDstPair => {
                    write!(f, "global {value}")?;
                }
                Operand::Memory => write!(f, "memory {value}")?,
                Operand::Table => write!(f, "table {value}")?,
                Operand::Data => write!(f, "data {value}")?,
                Operand::Elem => write!(f, "elem {value}")?,
                Operand::Tag => write!(f, "tag {value}")?,
                #[cfg(feature = "simd")]
                Operand::Lane4 | Operand::Lane8 | Operand::Lane16 => write!(f, "lane {value}")?,
                Operand::Field => write!(f, ".{value}")?,
            }
        }
        Ok(())
    }
}
