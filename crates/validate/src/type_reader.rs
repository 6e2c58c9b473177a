//! Reads types of a binary and turns them into numbers (spec: binary/types).

use wasmote_decode::operators::{EncodedHeapType, EncodedValType};
use wasmote_decode::proposals::flag;
use wasmote_ir::{HeapType, Proposal, ValType};
use wasmparser::WasmFeatures;

use crate::fault::Invalid;
use crate::read::Reader;
use crate::types::Ty;

/// Reads types with these proposals.
pub struct TypeReader<'a> {
    pub features: WasmFeatures,
    /// Returns the place of the type with this index. The index is at this offset in the binary, which an error
    /// reports.
    pub canonical: &'a dyn Fn(u32, usize) -> Result<u32, Invalid>,
}

impl TypeReader<'_> {
    /// Reads a value type.
    pub fn value_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Invalid> {
        let offset = reader.heap_offset();
        let ty = reader.value_type()?;
        self.resolve(ty, offset)
    }

    /// Returns the number of a value type. If it is a reference type, its heap type is at this offset in the binary.
    pub fn resolve(&self, ty: EncodedValType, offset: usize) -> Result<Ty, Invalid> {
        match ty {
            EncodedValType::Number(ty) => {
                if ty == ValType::V128 {
                    self.require(Proposal::Simd, offset)?;
                }
                Ok(Ty::of(ty))
            }
            EncodedValType::Reference(nullable, heap) => self.reference_to(heap, nullable, offset),
        }
    }

    /// Reads a reference type.
    pub fn reference_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Invalid> {
        let offset = reader.heap_offset();
        let (nullable, heap) = reader.reference_type()?;
        self.reference_to(heap, nullable, offset)
    }

    /// Reads the type of a table's elements. `funcref` is allowed in every version.
    pub fn element_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Invalid> {
        let offset = reader.heap_offset();
        match reader.reference_type()? {
            (true, EncodedHeapType::Known(HeapType::Func)) => Ok(Ty::FUNCREF),
            (nullable, heap) => self.reference_to(heap, nullable, offset),
        }
    }

    /// Reads a heap type. Returns the type of references to it.
    pub fn heap_type(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<Ty, Invalid> {
        let offset = reader.offset();
        let heap = reader.heap_type()?;
        self.reference_to(heap, nullable, offset)
    }

    /// Returns the number of a reference type. Its heap type is at this offset in the binary.
    ///
    /// The types of proposals that no build runs are not validated. These proposals are only on to find out what else a
    /// module needs.
    pub fn reference_to(&self, heap: EncodedHeapType, nullable: bool, offset: usize) -> Result<Ty, Invalid> {
        match heap {
            EncodedHeapType::Known(HeapType::Index(index)) => {
                Ok(Ty::concrete_ref(nullable, self.defined(index, offset)?))
            }
            EncodedHeapType::Known(heap) => {
                self.require(Proposal::ReferenceTypes, offset)?;
                if !nullable || heap.proposal() != Proposal::ReferenceTypes {
                    self.require_more(heap, offset)?;
                }
                Ok(Ty::abstract_ref(nullable, heap))
            }
            EncodedHeapType::Shared(heap) => {
                self.require(Proposal::SharedEverything, offset)?;
                Ok(Ty::abstract_ref(nullable, heap))
            }
            EncodedHeapType::Exact(index) => {
                self.require(Proposal::CustomDescriptors, offset)?;
                Ok(Ty::exact_ref(nullable, self.defined(index, offset)?))
            }
        }
    }

    /// Returns the place of the defined type with this index, for references to it.
    fn defined(&self, index: u32, offset: usize) -> Result<u32, Invalid> {
        self.require(Proposal::ReferenceTypes, offset)?;
        if !self.features.contains(WasmFeatures::GC) {
            self.require(Proposal::FunctionReferences, offset)?;
        }
        (self.canonical)(index, offset)
    }

    /// Fails if a proposal is off that a reference needs in addition to reference types.
    fn require_more(&self, heap: HeapType, offset: usize) -> Result<(), Invalid> {
        match heap.proposal() {
            Proposal::ReferenceTypes => self.require(Proposal::FunctionReferences, offset),
            proposal => self.require(proposal, offset),
        }
    }

    /// Fails if the proposal is off.
    fn require(&self, proposal: Proposal, offset: usize) -> Result<(), Invalid> {
        if self.features.contains(flag(proposal)) { Ok(()) } else { Err(Invalid::not_enabled(proposal, offset)) }
    }
}
