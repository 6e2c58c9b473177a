//! Validates the operators on references, and reads types in bodies.

use wasmote_decode::operators::{EncodedHeapType, EncodedValType};

use super::BodyValidator;
use crate::fault::Invalid;
use crate::type_reader::TypeReader;
use crate::types::Ty;

impl BodyValidator<'_> {
    /// Reads a value type.
    pub fn value_type(&mut self) -> Result<Ty, Invalid> {
        let outline = self.outline;
        let canonical = |index, offset| outline.canonical_at(index, offset);
        TypeReader { features: self.features, canonical: &canonical }.value_type(&mut self.reader)
    }

    /// Returns the number of a value type. If it is a reference type, its heap type is at this offset in the binary.
    pub fn resolve(&self, ty: EncodedValType, offset: usize) -> Result<Ty, Invalid> {
        let outline = self.outline;
        let canonical = |index, offset| outline.canonical_at(index, offset);
        TypeReader { features: self.features, canonical: &canonical }.resolve(ty, offset)
    }

    /// Returns the number of a reference type. Its heap type is at this offset in the binary.
    pub fn reference_to(&self, (nullable, heap): (bool, EncodedHeapType), offset: usize) -> Result<Ty, Invalid> {
        let outline = self.outline;
        let canonical = |index, offset| outline.canonical_at(index, offset);
        TypeReader { features: self.features, canonical: &canonical }.reference_to(heap, nullable, offset)
    }

    /// Reads a heap type. Returns the type of references to it.
    pub fn reference_type(&mut self, nullable: bool) -> Result<Ty, Invalid> {
        let outline = self.outline;
        let canonical = |index, offset| outline.canonical_at(index, offset);
        TypeReader { features: self.features, canonical: &canonical }.heap_type(&mut self.reader, nullable)
    }

    /// Returns the type of references to the type with this index.
    pub fn concrete(&self, nullable: bool, index: u32) -> Result<Ty, Invalid> {
        Ok(Ty::concrete_ref(nullable, self.outline.canonical_at(index, self.offset)?))
    }

    /// Returns the type of references to the type with this index and none of its subtypes, which are not null.
    pub fn exact(&self, index: u32) -> Result<Ty, Invalid> {
        Ok(Ty::exact_ref(false, self.outline.canonical_at(index, self.offset)?))
    }

    pub fn ref_null(&mut self) -> Result<(), Invalid> {
        let ty = self.reference_type(true)?;
        self.push(ty);
        Ok(())
    }

    pub fn ref_is_null(&mut self) -> Result<(), Invalid> {
        self.pop_ref()?;
        self.push(Ty::I32);
        Ok(())
    }

    pub fn ref_func(&mut self) -> Result<(), Invalid> {
        let func = self.function_reference()?;
        if self.outline.is_declared(func) { Ok(()) } else { Err(self.fault("undeclared function reference")) }
    }

    /// Reads the index of a function and pushes a reference to it, whether the function is declared or not.
    pub fn function_reference(&mut self) -> Result<u32, Invalid> {
        let func = self.reader.u32()?;
        let ty = self.outline.func(func).ok_or_else(|| self.unknown("function", func))?;
        self.push(if self.outline.is_exact(func) { self.exact(ty)? } else { self.concrete(false, ty)? });
        Ok(func)
    }

    pub fn ref_as_non_null(&mut self) -> Result<(), Invalid> {
        let ty = self.pop_ref()?;
        self.push(ty.non_null());
        Ok(())
    }

    pub fn br_on_null(&mut self) -> Result<(), Invalid> {
        let label = self.reader.u32()?;
        let ty = self.pop_ref()?;
        let types = self.label(label)?;
        self.pass(&types)?;
        self.push(ty.non_null());
        Ok(())
    }

    pub fn br_on_non_null(&mut self) -> Result<(), Invalid> {
        let label = self.reader.u32()?;
        let types = self.label(label)?;
        let (last, others) = self.branch_with_reference(&types)?;
        self.pop(last.or_null())?;
        self.pass(others)
    }

    /// Splits the types that a branch carries: the last one, which must be a reference, and the others.
    pub fn branch_with_reference<'t>(&self, types: &'t [Ty]) -> Result<(Ty, &'t [Ty]), Invalid> {
        match types {
            [others @ .., last] if last.is_ref() => Ok((*last, others)),
            _ => Err(self.fault("type mismatch: the label does not end with a reference type")),
        }
    }
}
