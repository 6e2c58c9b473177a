//! Types as they are written (spec: binary/types).

use wasmote_decode::operators::{WrittenHeap, WrittenType};
use wasmote_decode::proposals::flag;
use wasmote_ir::{HeapType, Proposal, ValType};
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
        let offset = reader.heap_offset();
        let ty = reader.value_type()?;
        self.understand(ty, offset)
    }

    /// The value type, whose heap type is written at this offset if it is a reference type.
    pub fn understand(&self, ty: WrittenType, offset: usize) -> Result<Ty, Fault> {
        match ty {
            WrittenType::Number(ty) => {
                if ty == ValType::V128 {
                    self.require(Proposal::Simd, offset)?;
                }
                Ok(Ty::of(ty))
            }
            WrittenType::Reference(nullable, heap) => self.reference_to(heap, nullable, offset),
        }
    }

    pub fn reference_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let offset = reader.heap_offset();
        let (nullable, heap) = reader.reference_type()?;
        self.reference_to(heap, nullable, offset)
    }

    /// The type of a table's elements: any reference, and functions in every version.
    pub fn element_type(&self, reader: &mut Reader<'_>) -> Result<Ty, Fault> {
        let offset = reader.heap_offset();
        match reader.reference_type()? {
            (true, WrittenHeap::Known(HeapType::Func)) => Ok(Ty::FUNCREF),
            (nullable, heap) => self.reference_to(heap, nullable, offset),
        }
    }

    /// A heap type, of which it makes a reference type.
    pub fn heap_type(&self, reader: &mut Reader<'_>, nullable: bool) -> Result<Ty, Fault> {
        let offset = reader.offset();
        let heap = reader.heap_type()?;
        self.reference_to(heap, nullable, offset)
    }

    /// References to what is of this heap type, which is written at this offset. With a proposal on that no build runs, which is only to find
    /// out what else a module needs, its types are not checked.
    pub fn reference_to(&self, heap: WrittenHeap, nullable: bool, offset: usize) -> Result<Ty, Fault> {
        match heap {
            WrittenHeap::Known(HeapType::Index(index)) => {
                self.require(Proposal::ReferenceTypes, offset)?;
                if !self.features.contains(WasmFeatures::GC) {
                    self.require(Proposal::FunctionReferences, offset)?;
                }
                Ok(Ty::concrete_ref(nullable, (self.canonical)(index, offset)?))
            }
            WrittenHeap::Known(heap) => {
                self.require(Proposal::ReferenceTypes, offset)?;
                if !nullable || heap.proposal() != Proposal::ReferenceTypes {
                    self.require_more(heap, offset)?;
                }
                Ok(Ty::abstract_ref(nullable, heap))
            }
            WrittenHeap::Shared(heap) => {
                self.require(Proposal::SharedEverything, offset)?;
                Ok(Ty::abstract_ref(nullable, heap))
            }
            WrittenHeap::Exact(index) => {
                self.require(Proposal::CustomDescriptors, offset)?;
                Ok(Ty::concrete_ref(nullable, (self.canonical)(index, offset)?))
            }
            WrittenHeap::Continuation { .. } => {
                self.require(Proposal::StackSwitching, offset)?;
                Ok(Ty::FOREIGN)
            }
        }
    }

    /// What references need beyond those that came first.
    fn require_more(&self, heap: HeapType, offset: usize) -> Result<(), Fault> {
        match heap.proposal() {
            Proposal::ReferenceTypes => self.require(Proposal::FunctionReferences, offset),
            proposal => self.require(proposal, offset),
        }
    }

    fn require(&self, proposal: Proposal, offset: usize) -> Result<(), Fault> {
        if self.features.contains(flag(proposal)) { Ok(()) } else { Err(Fault::not_enabled(proposal, offset)) }
    }
}
