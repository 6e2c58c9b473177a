//! Types as they are written (spec: binary/types).

use wasmote_ir::HeapType;
use wasmparser::WasmFeatures;

use crate::fault::Fault;
use crate::read::Reader;
use crate::types::Ty;

/// What it takes to understand a type.
pub struct Written<'a> {
    pub features: WasmFeatures,
    /// The type that stands for the one with this index, which is written at this offset.
    pub canonical: &'a dyn Fn(u32, usize) -> Result<u32, Fault>,
}

impl Written<'_> {
    pub fn value_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let ty = match reader.peek()? {
            0x7f => Ty::I32,
            0x7e => Ty::I64,
            0x7d => Ty::F32,
            0x7c => Ty::F64,
            0x7b => {
                self.require(WasmFeatures::SIMD, "SIMD", reader.offset())?;
                Ty::V128
            }
            _ => return self.reference_type(reader),
        };
        reader.skip(1)?;
        Ok(ty)
    }

    pub fn reference_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        match reader.byte()? {
            0x63 => self.heap_type(reader, true),
            0x64 => self.heap_type(reader, false),
            byte => self.abstract_type(reader, byte, true, "invalid value type"),
        }
    }

    /// The type of a table's elements: any reference, and functions in every version.
    pub fn element_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let mut ahead = reader.clone();
        let first = ahead.byte()?;
        if first == 0x70 || first == 0x63 && ahead.byte()? == 0x70 {
            reader.follow(&ahead);
            return Ok(Ty::FUNCREF);
        }
        self.reference_type(reader)
    }

    /// A heap type, of which it makes a reference type.
    pub fn heap_type(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<Ty, Fault> {
        let (offset, first) = (reader.offset(), reader.peek()?);
        if first & 0xc0 == 0x40 {
            reader.skip(1)?;
            return self.abstract_type(reader, first, nullable, "invalid heap type");
        }
        let Ok(index) = u32::try_from(reader.signed(33)?) else { return Err(Fault::new("invalid heap type", offset)) };
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types", offset)?;
        if !self.features.contains(WasmFeatures::GC) {
            self.require(WasmFeatures::FUNCTION_REFERENCES, "function references", offset)?;
        }
        Ok(Ty::concrete_ref(nullable, (self.canonical)(index, offset)?))
    }

    /// References to what the byte says, which has just been read.
    fn abstract_type(&self, reader: &mut Reader<'_>, byte: u8, nullable: bool, message: &str) -> Result<Ty, Fault> {
        let offset = reader.offset() - 1;
        let Some(heap) = abstract_heap(byte) else { return self.foreign(reader, byte, nullable, message) };
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types", offset)?;
        match heap {
            HeapType::Func | HeapType::Extern if nullable => {}
            HeapType::Func | HeapType::Extern => {
                self.require(WasmFeatures::FUNCTION_REFERENCES, "function references", offset)?;
            }
            HeapType::Exn | HeapType::NoExn => self.require(WasmFeatures::EXCEPTIONS, "exceptions", offset)?,
            _ => self.require(WasmFeatures::GC, "gc", offset)?,
        }
        Ok(Ty::abstract_ref(nullable, heap))
    }

    /// A type of a proposal that no build runs, perhaps. With that on, which is only to find out what else a module needs, it
    /// is read and not checked.
    #[cold]
    #[inline(never)]
    fn foreign(&self, reader: &mut Reader<'_>, byte: u8, nullable: bool, message: &str) -> Result<Ty, Fault> {
        let offset = reader.offset() - 1;
        match byte {
            0x68 | 0x75 => {
                self.require(WasmFeatures::STACK_SWITCHING, "stack switching", offset)?;
                Ok(Ty::FOREIGN)
            }
            0x65 => {
                self.require(WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads", offset)?;
                match abstract_heap(reader.byte()?) {
                    Some(heap) => Ok(Ty::abstract_ref(nullable, heap)),
                    None => Err(Fault::new(message, offset)),
                }
            }
            0x62 => {
                self.require(WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors", offset)?;
                Ok(Ty::concrete_ref(nullable, (self.canonical)(reader.u32()?, offset)?))
            }
            _ => Err(Fault::new(message, offset)),
        }
    }

    fn require(&self, feature: WasmFeatures, name: &str, offset: usize) -> Result<(), Fault> {
        if self.features.contains(feature) { Ok(()) } else { Err(Fault::not_enabled(feature, name, offset)) }
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
