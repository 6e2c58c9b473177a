//! NaN made canonical, where asked for: after each operator that may give another one, instructions replace it (spec:
//! exec/numerics#nan-propagation). Code that does not ask for it has none of this.

#[cfg(feature = "simd")]
use wasmote_ir::Op;
use wasmote_ir::ValType;
use wasmote_ir::ops::family;
use wasmote_ir::write::{Dst, Imm, Slot};

use crate::body::{Body, Step};

/// What an operator may give NaN as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lanes {
    F32,
    F64,
}

/// What the operator with this opcode may give a NaN as whose bits are not said. Others leave bits alone, or give no floats.
fn arithmetic(opcode: u8) -> Option<Lanes> {
    Some(match opcode {
        // `ceil` to `sqrt`, `add` to `max`, `f32.demote_f64`.
        0x8d..=0x91 | 0x92..=0x97 | 0xb6 => Lanes::F32,
        // The same, `f64.promote_f32`.
        0x9b..=0x9f | 0xa0..=0xa5 | 0xbb => Lanes::F64,
        _ => return None,
    })
}

/// [`arithmetic`] of a family of vectors: the one that makes results canonical.
#[cfg(feature = "simd")]
fn canonical(op: Op) -> Option<Op> {
    use Op as O;
    Some(match op {
        O::F32x4Add | O::F32x4Sub | O::F32x4Mul | O::F32x4Div | O::F32x4Min | O::F32x4Max | O::F32x4Sqrt => {
            O::F32x4Canonical
        }
        O::F32x4Ceil | O::F32x4Floor | O::F32x4Trunc | O::F32x4Nearest | O::F32x4DemoteF64x2Zero => O::F32x4Canonical,
        O::F32x4RelaxedMadd | O::F32x4RelaxedNmadd | O::F32x4RelaxedMin | O::F32x4RelaxedMax => O::F32x4Canonical,
        O::F64x2Add | O::F64x2Sub | O::F64x2Mul | O::F64x2Div | O::F64x2Min | O::F64x2Max | O::F64x2Sqrt => {
            O::F64x2Canonical
        }
        O::F64x2Ceil | O::F64x2Floor | O::F64x2Trunc | O::F64x2Nearest | O::F64x2PromoteLowF32x4 => O::F64x2Canonical,
        O::F64x2RelaxedMadd | O::F64x2RelaxedNmadd | O::F64x2RelaxedMin | O::F64x2RelaxedMax => O::F64x2Canonical,
        _ => return None,
    })
}

impl Body<'_> {
    /// [`Body::canonicalise`] for an operator on vectors that became this family.
    #[cfg(feature = "simd")]
    pub fn canonicalise_vector(&mut self, op: Op) -> Step {
        match canonical(op) {
            Some(op) if self.canonical_nans => self.vector_one(op),
            _ => Ok(()),
        }
    }

    /// Makes the result of an operator that was just translated the canonical NaN if it is another one, where that is asked for.
    #[inline(always)]
    pub fn canonicalise(&mut self, opcode: u8) -> Step {
        if self.canonical_nans { self.make_canonical(opcode) } else { Ok(()) }
    }

    #[inline(never)]
    fn make_canonical(&mut self, opcode: u8) -> Step {
        match arithmetic(opcode) {
            None => Ok(()),
            Some(Lanes::F32) => {
                let slot = self.pop_slot()?;
                let same = self.scratch(0)?;
                self.code.write(family::F32Eq.ss((slot, slot, same)));
                let dst = self.push_apart(ValType::F32);
                let nan = Imm(f32::NAN.to_bits().into());
                self.code.write(family::Select32.ssi((Slot(same.0), slot, nan, dst)));
                Ok(())
            }
            Some(Lanes::F64) => {
                let slot = self.pop_slot()?;
                let (same, nan) = (self.scratch(0)?, self.scratch(1)?);
                self.code.constant(f64::NAN.to_bits(), nan.0);
                self.code.write(family::F64Eq.ss((slot, slot, same)));
                let dst = self.push_apart(ValType::F64);
                self.code.write(family::Select64.sss((Slot(same.0), slot, Slot(nan.0), dst)));
                Ok(())
            }
        }
    }

    /// A slot above the one that was popped last, which nothing on the stack has; another for each number.
    fn scratch(&mut self, number: usize) -> Step<Dst> {
        let mut slot = Dst(0);
        for _ in 0..number + 2 {
            slot = self.push_apart(ValType::I64);
        }
        for _ in 0..number + 2 {
            self.pop()?;
        }
        Ok(slot)
    }
}
