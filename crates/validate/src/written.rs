//! Types as they are written (spec: binary/types).

use wasmote_ir::HeapType;
use wasmparser::WasmFeatures;

use crate::fault::Fault;
use crate::read::Reader;
use crate::types::Ty;

/// What it takes to understand a type.
pub struct Written<'a> {
    pub features: WasmFeatures,
    /// The type that stands for the one with this index.
    pub canonical: &'a dyn Fn(u32) -> Option<u32>,
    /// Where what the type belongs to begins, for messages.
    pub offset: usize,
}

impl Written<'_> {
    pub fn value_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        Ok(match reader.peek()? {
            0x7f => number(reader, Ty::I32)?,
            0x7e => number(reader, Ty::I64)?,
            0x7d => number(reader, Ty::F32)?,
            0x7c => number(reader, Ty::F64)?,
            0x7b => {
                self.require(WasmFeatures::SIMD, "SIMD")?;
                number(reader, Ty::V128)?
            }
            _ => self.reference_type(reader)?,
        })
    }

    pub fn reference_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let ty = self.reference(reader)?;
        self.require_reference(ty)?;
        Ok(ty)
    }

    /// The type of a table's elements: any reference, and functions in every version.
    pub fn element_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let ty = self.reference(reader)?;
        if ty != Ty::FUNCREF {
            self.require_reference(ty)?;
        }
        Ok(ty)
    }

    /// A heap type, and makes a reference type of it.
    pub fn heap_type(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<Ty, Fault> {
        let ty = self.heap(reader, nullable)?;
        self.require_reference(ty)?;
        Ok(ty)
    }

    fn reference(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        match reader.byte()? {
            0x63 => self.heap(reader, true),
            0x64 => self.heap(reader, false),
            byte => match abstract_heap(byte) {
                Some(heap) => Ok(Ty::abstract_ref(true, heap)),
                None => Err(self.foreign(byte, "invalid value type")),
            },
        }
    }

    fn heap(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<Ty, Fault> {
        let first = reader.peek()?;
        if first & 0xc0 == 0x40 {
            reader.skip(1)?;
            let heap = abstract_heap(first).ok_or_else(|| self.foreign(first, "invalid heap type"))?;
            return Ok(Ty::abstract_ref(nullable, heap));
        }
        let Ok(index) = u32::try_from(reader.signed(33)?) else {
            return Err(Fault::new("invalid heap type", self.offset));
        };
        if !self.features.contains(WasmFeatures::GC) {
            self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")?;
        }
        match (self.canonical)(index) {
            Some(canonical) => Ok(Ty::concrete_ref(nullable, canonical)),
            None => Err(Fault::unknown("type", index, self.offset)),
        }
    }

    fn require_reference(&self, ty: Ty) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        match ty.heap() {
            // The feature was asked for with the index.
            None | Some(HeapType::Index(_)) => Ok(()),
            Some(HeapType::Func | HeapType::Extern) if ty.is_nullable() => Ok(()),
            Some(HeapType::Func | HeapType::Extern) => {
                self.require(WasmFeatures::FUNCTION_REFERENCES, "function references")
            }
            Some(HeapType::Exn | HeapType::NoExn) => self.require(WasmFeatures::EXCEPTIONS, "exceptions"),
            Some(_) => self.require(WasmFeatures::GC, "gc"),
        }
    }

    fn require(&self, feature: WasmFeatures, name: &str) -> Result<(), Fault> {
        if self.features.contains(feature) { Ok(()) } else { Err(Fault::not_enabled(feature, name, self.offset)) }
    }

    /// A type of a proposal that nothing here knows, perhaps.
    #[cold]
    fn foreign(&self, byte: u8, message: &str) -> Fault {
        let (feature, name) = match byte {
            0x68 | 0x75 => (WasmFeatures::STACK_SWITCHING, "stack switching"),
            0x65 => (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
            0x62 => {
                let message = "custom descriptors required for exact reference types";
                return Fault::missing(WasmFeatures::CUSTOM_DESCRIPTORS, message, self.offset);
            }
            _ => return Fault::new(message, self.offset),
        };
        Fault::not_enabled(feature, name, self.offset)
    }
}

fn number(reader: &mut Reader<'_>, ty: Ty) -> Result<Ty, Fault> {
    reader.skip(1)?;
    Ok(ty)
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
