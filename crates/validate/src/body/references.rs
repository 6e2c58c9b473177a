//! Types as they are written in bodies, and references.

use wasmote_ir::HeapType;
use wasmparser::WasmFeatures;

use super::Body;
use crate::fault::Fault;
use crate::types::Ty;

impl Body<'_> {
    /// Reads a value type (spec: binary/types).
    pub fn value_type(&mut self) -> Result<Ty, Fault> {
        Ok(match self.reader.byte()? {
            0x7f => Ty::I32,
            0x7e => Ty::I64,
            0x7d => Ty::F32,
            0x7c => Ty::F64,
            0x7b => {
                self.require(WasmFeatures::SIMD, "SIMD")?;
                Ty::V128
            }
            0x63 => self.reference_type(true)?,
            0x64 => self.reference_type(false)?,
            byte => match abstract_heap(byte) {
                Some(heap) => {
                    self.require_heap(heap, true)?;
                    Ty::abstract_ref(true, heap)
                }
                None => return Err(self.foreign_type(byte, "invalid value type")),
            },
        })
    }

    /// Reads a heap type, and makes a reference type of it.
    pub fn reference_type(&mut self, nullable: bool) -> Result<Ty, Fault> {
        let first = self.reader.peek()?;
        if first & 0xc0 == 0x40 {
            self.reader.skip(1)?;
            let Some(heap) = abstract_heap(first) else { return Err(self.foreign_type(first, "invalid heap type")) };
            self.require_heap(heap, nullable)?;
            return Ok(Ty::abstract_ref(nullable, heap));
        }
        let Ok(index) = u32::try_from(self.reader.signed(33)?) else { return Err(self.fault("invalid heap type")) };
        if !self.features.contains(WasmFeatures::GC) {
            self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")?;
        }
        self.concrete(nullable, index)
    }

    /// References to values of the type with this index.
    pub fn concrete(&self, nullable: bool, index: u32) -> Result<Ty, Fault> {
        let index = self.outline.canonical(index).ok_or_else(|| self.unknown("type", index))?;
        Ok(Ty::concrete_ref(nullable, index))
    }

    fn require_heap(&self, heap: HeapType, nullable: bool) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        match heap {
            HeapType::Func | HeapType::Extern if nullable => Ok(()),
            HeapType::Func | HeapType::Extern => self.require(WasmFeatures::FUNCTION_REFERENCES, "function references"),
            HeapType::Exn | HeapType::NoExn => self.require(WasmFeatures::EXCEPTIONS, "exceptions"),
            _ => self.require(WasmFeatures::GC, "gc"),
        }
    }

    #[cold]
    fn foreign_type(&self, byte: u8, message: &str) -> Fault {
        match byte {
            0x68 | 0x75 => self.missing(WasmFeatures::STACK_SWITCHING, "stack switching"),
            0x65 => self.missing(WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
            0x62 => {
                let message = "custom descriptors required for exact reference types";
                Fault::missing(WasmFeatures::CUSTOM_DESCRIPTORS, message, self.offset)
            }
            _ => self.fault(message),
        }
    }

    pub fn ref_null(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        let ty = self.reference_type(true)?;
        self.push(ty);
        Ok(())
    }

    pub fn ref_is_null(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        self.pop_ref()?;
        self.push(Ty::I32);
        Ok(())
    }

    pub fn ref_func(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        let index = self.reader.u32()?;
        let ty = self.outline.func(index).ok_or_else(|| self.unknown("function", index))?;
        if !self.outline.is_declared(index) {
            return Err(self.fault("undeclared function reference"));
        }
        self.push(self.concrete(false, ty)?);
        Ok(())
    }

    pub fn ref_as_non_null(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")?;
        let ty = self.pop_ref()?;
        self.push(ty.non_null());
        Ok(())
    }

    pub fn br_on_null(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")?;
        let label = self.reader.u32()?;
        let ty = self.pop_ref()?;
        let types = self.label(label)?;
        self.pass(&types)?;
        self.push(ty.non_null());
        Ok(())
    }

    pub fn br_on_non_null(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")?;
        let label = self.reader.u32()?;
        let types = self.label(label)?;
        let (last, others) = self.branch_with_reference(&types)?;
        self.pop(last.or_null())?;
        self.pass(others)
    }

    /// The reference that a branch takes along last, and what it takes along in front of it.
    pub fn branch_with_reference<'t>(&self, types: &'t [Ty]) -> Result<(Ty, &'t [Ty]), Fault> {
        match types {
            [others @ .., last] if last.is_ref() => Ok((*last, others)),
            _ => Err(self.fault("type mismatch: the label does not end with a reference type")),
        }
    }
}

/// The abstract heap types by their bytes.
fn abstract_heap(byte: u8) -> Option<HeapType> {
    Some(match byte {
        0x74 => HeapType::NoExn,
        0x73 => HeapType::NoFunc,
        0x72 => HeapType::NoExtern,
        0x71 => HeapType::None,
        0x70 => HeapType::Func,
        0x6f => HeapType::Extern,
        0x6e => HeapType::Any,
        0x6d => HeapType::Eq,
        0x6c => HeapType::I31,
        0x6b => HeapType::Struct,
        0x6a => HeapType::Array,
        0x69 => HeapType::Exn,
        _ => return None,
    })
}
