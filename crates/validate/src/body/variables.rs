//! Validates the operators on locals and globals, and `select`.

use wasmote_ir::fallible::TryVec;

use super::BodyValidator;
use crate::fault::Invalid;
use crate::types::Ty;

impl BodyValidator<'_> {
    #[inline(always)]
    pub fn local_get(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32_here()?;
        match self.locals.get(index as usize) {
            Some(local) if local.is_set() => {
                let ty = local.ty();
                self.push(ty);
                Ok(())
            }
            Some(_) => Err(Invalid::of(format_args!("uninitialized local: {index}"), self.offset)),
            None => Err(self.unknown("local", index)),
        }
    }

    #[inline(always)]
    pub fn local_set(&mut self) -> Result<(), Invalid> {
        self.set_local()?;
        Ok(())
    }

    #[inline(always)]
    pub fn local_tee(&mut self) -> Result<(), Invalid> {
        let ty = self.set_local()?;
        self.push(ty);
        Ok(())
    }

    /// Reads the index of a local, and pops its value. Returns its type.
    #[inline(always)]
    fn set_local(&mut self) -> Result<Ty, Invalid> {
        let index = self.reader.u32_here()?;
        let Some(local) = self.locals.get_mut(index as usize) else { return Err(self.unknown("local", index)) };
        let ty = local.ty();
        if !local.is_set() {
            // The value is checked after this. If it is wrong, validation ends.
            local.set();
            self.set.try_push(index)?;
        }
        self.pop(ty)?;
        Ok(ty)
    }

    pub fn global_get(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32_here()?;
        let global = self.outline.global(index).ok_or_else(|| self.unknown("global", index))?;
        self.push(global.ty);
        Ok(())
    }

    pub fn global_set(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32_here()?;
        let global = self.outline.global(index).ok_or_else(|| self.unknown("global", index))?;
        if !global.mutable {
            return Err(self.fault("global is immutable: cannot modify it with `global.set`"));
        }
        self.pop(global.ty)
    }

    pub fn select(&mut self) -> Result<(), Invalid> {
        self.pop(Ty::I32)?;
        let (b, a) = (self.pop_any()?, self.pop_any()?);
        if a.is_ref() || b.is_ref() {
            return Err(self.fault("type mismatch: select only takes integral types"));
        }
        let ty = match (a, b) {
            (Ty::BOTTOM, ty) | (ty, Ty::BOTTOM) => ty,
            (a, b) if a == b => a,
            _ => return Err(self.fault("type mismatch: select operands have different types")),
        };
        self.push(ty);
        Ok(())
    }

    pub fn select_typed(&mut self) -> Result<(), Invalid> {
        if self.reader.u32()? != 1 {
            return Err(self.fault("invalid result arity"));
        }
        let ty = self.value_type()?;
        self.pop(Ty::I32)?;
        self.pop(ty)?;
        self.pop(ty)?;
        self.push(ty);
        Ok(())
    }
}
