//! Canonical NaNs, if the options ask for them. After each operator whose result may be any NaN, instructions replace
//! that NaN by the canonical one (spec: exec/numerics#nan-propagation).

#[cfg(feature = "simd")]
use wasmote_ir::Op;
use wasmote_ir::ValType;
use wasmote_ir::operators::{Operand, Row};
use wasmote_ir::ops::family;
use wasmote_ir::write::{Dst, Imm, Slot};

use crate::body::{BodyTranslator, TranslateResult};

impl BodyTranslator<'_> {
    /// Makes the result of the last operator canonical, if its row says that the result may be any NaN.
    #[inline(never)]
    pub fn make_canonical(&mut self, row: &Row) -> TranslateResult {
        match (row.types().leaves[0], row.nan_is_wide()) {
            (_, None) => Ok(()),
            #[cfg(feature = "simd")]
            (Operand::V128, Some(false)) => self.vector_one(Op::F32x4Canonical),
            #[cfg(feature = "simd")]
            (Operand::V128, _) => self.vector_one(Op::F64x2Canonical),
            (Operand::F32, _) => {
                let slot = self.pop_slot()?;
                let same = self.scratch(0)?;
                self.code.write(family::F32Eq.ss((slot, slot, same)));
                let dst = self.push_cold(ValType::F32);
                let nan = Imm(f32::NAN.to_bits().into());
                self.code.write(family::Select32.ssi((Slot(same.0), slot, nan, dst)));
                Ok(())
            }
            _ => {
                let slot = self.pop_slot()?;
                let (same, nan) = (self.scratch(0)?, self.scratch(1)?);
                self.code.constant(f64::NAN.to_bits(), nan.0);
                self.code.write(family::F64Eq.ss((slot, slot, same)));
                let dst = self.push_cold(ValType::F64);
                self.code.write(family::Select64.sss((Slot(same.0), slot, Slot(nan.0), dst)));
                Ok(())
            }
        }
    }

    /// Returns a free slot above that of the last popped operand. Each `number` has another one.
    fn scratch(&mut self, number: usize) -> TranslateResult<Dst> {
        let mut slot = Dst(0);
        for _ in 0..number + 2 {
            slot = self.push_cold(ValType::I64);
        }
        for _ in 0..number + 2 {
            self.pop()?;
        }
        Ok(slot)
    }
}
