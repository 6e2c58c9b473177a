//! Reads types. Those of proposals that this build lacks are refused.

use alloc::boxed::Box;

#[cfg(feature = "gc")]
use wasmote_ir::fallible::try_collect;
use wasmote_ir::fallible::{TryVec, try_with_capacity};
use wasmote_ir::{FieldType, Mutability, Proposal, RefType, StorageType, ValType};

use crate::external_types::{FuncType, GlobalType, MemoryType, TableType};
use crate::module::{CompositeType, SubType};
#[cfg(feature = "gc")]
use crate::module::{FEW_FIELDS, field_places};
use crate::operators::EncodedValType;
use crate::refusal::{Fault, Refusal};
use crate::sections::Decoder;

// The maximum numbers of types, and of the parts of a type. Web engines agreed on these (spec:
// appendix/implementation).
const MAX_TYPES: usize = 1_000_000;
const MAX_PARAMS: usize = 1_000;
const MAX_RESULTS: usize = 1_000;
const MAX_FIELDS: usize = 10_000;

/// Whether this build accepts GC objects and exceptions.
pub(crate) const HAS_GC: bool = cfg!(feature = "gc");
/// Whether this build has shared memories. The host needs atomic accesses of all sizes.
const HAS_SHARED_MEMORIES: bool = cfg!(all(feature = "threads", target_has_atomic = "8", target_has_atomic = "64"));

impl Decoder<'_> {
    /// Reads a recursion group, or a single type.
    pub(crate) fn group(&mut self) -> Result<(), Refusal> {
        let mut count = 1;
        if self.reader.peek()? == 0x4e {
            self.reader.pass(1);
            count = self.size(MAX_TYPES, Fault::GroupSize)?;
            self.module.types.try_room(self.room(count))?;
        }
        let first = self.module.types.len();
        for _ in 0..count {
            let ty = self.sub_type()?;
            #[cfg(feature = "gc")]
            if let CompositeType::Struct(fields) = &ty.composite
                && fields.len() > FEW_FIELDS
            {
                let places = try_collect(field_places(fields))?.try_into_box()?;
                self.module.field_places.try_push((self.module.types.len() as u32, places))?;
            }
            self.module.types.try_push(ty)?;
        }
        // Empty groups are not noted: nothing can refer to them. Groups of one type need no note.
        if count > 1 {
            self.module.groups.try_push((first as u32, count as u32))?;
        }
        Ok(())
    }

    /// Returns for how many items to make room. Each item takes at least a byte, so a larger count is a lie.
    fn room(&self, count: usize) -> usize {
        self.reader.left().min(count)
    }

    /// Reads a count of at most `max`.
    fn size(&mut self, max: usize, fault: Fault) -> Result<usize, Refusal> {
        match self.reader.index()? as usize {
            size if size <= max => Ok(size),
            _ => Err(fault.into()),
        }
    }

    fn sub_type(&mut self) -> Result<SubType, Refusal> {
        let (mut kind, mut supertype, mut is_final) = (self.reader.byte()?, None, true);
        if matches!(kind, 0x4f | 0x50) {
            is_final = kind == 0x4f;
            supertype = match self.reader.index()? {
                0 => None,
                1 => Some(self.reader.index()?).filter(|&index| index < RefType::MAX_INDEX),
                _ => return Err(Fault::Supertypes.into()),
            };
            kind = self.reader.byte()?;
        }
        let mut clauses = [None; 2];
        for (clause, byte) in clauses.iter_mut().zip([0x4c, 0x4d]) {
            if HAS_GC && kind == byte {
                *clause = Some(self.reader.index()?).filter(|&index| index < RefType::MAX_INDEX);
                kind = self.reader.byte()?;
            }
        }
        let [describes, descriptor] = clauses;
        let composite = match kind {
            0x60 => CompositeType::Func(FuncType::of(
                self.val_types(MAX_PARAMS, Fault::ParamsSize)?,
                self.val_types(MAX_RESULTS, Fault::ResultsSize)?,
            )),
            0x5f if HAS_GC => {
                let count = self.size(MAX_FIELDS, Fault::FieldsSize)?;
                let mut fields = try_with_capacity(self.room(count))?;
                for _ in 0..count {
                    fields.try_push(self.field_type()?)?;
                }
                CompositeType::Struct(fields.try_into_box()?)
            }
            0x5e if HAS_GC => CompositeType::Array(self.field_type()?),
            0x5e | 0x5f => return Err(Refusal::Unsupported(Proposal::Gc)),
            0x5d if cfg!(feature = "stack-switching") => match u32::try_from(self.reader.signed(33)?) {
                Ok(func) if func < RefType::MAX_INDEX => CompositeType::Cont(func),
                _ => return Err(Fault::UnknownType.into()),
            },
            0x5d => return Err(Refusal::Unsupported(Proposal::StackSwitching)),
            0x65 => return Err(Refusal::Unsupported(Proposal::SharedEverything)),
            0x4c | 0x4d => return Err(Refusal::Unsupported(Proposal::CustomDescriptors)),
            _ => {
                self.offset = self.reader.position() - 1;
                return Err(Fault::TypeKind.into());
            }
        };
        Ok(SubType { is_final, supertype, describes, descriptor, composite })
    }

    fn field_type(&mut self) -> Result<FieldType, Refusal> {
        let element_type = match self.reader.peek()? {
            0x78 => {
                self.reader.pass(1);
                StorageType::I8
            }
            0x77 => {
                self.reader.pass(1);
                StorageType::I16
            }
            _ => StorageType::ValType(match self.reader.value_type()? {
                // Even a build without vectors accepts fields of this type: Kotlin declares such fields and may not use
                // them.
                EncodedValType::Number(ty) => ty,
                reference => reference.supported()?,
            }),
        };
        match self.reader.byte()? {
            mutable @ (0 | 1) => Ok(FieldType::new(Mutability::of(mutable == 1), element_type)),
            _ => Err(Fault::FieldMutability.into()),
        }
    }

    fn val_types(&mut self, max: usize, fault: Fault) -> Result<Box<[ValType]>, Refusal> {
        let count = self.size(max, fault)?;
        let mut types = try_with_capacity(self.room(count))?;
        for _ in 0..count {
            types.try_push(self.val_type()?)?;
        }
        Ok(types.try_into_box()?)
    }

    fn val_type(&mut self) -> Result<ValType, Refusal> {
        Ok(self.reader.value_type()?.supported()?)
    }

    /// Reads a reference type.
    pub(crate) fn ref_type(&mut self) -> Result<RefType, Refusal> {
        let (nullable, heap) = self.reader.reference_type()?;
        Ok(RefType::new(nullable, heap.supported()?))
    }

    /// Reads limits: the minimum, and the maximum if there is one.
    fn limits(&mut self, flags: u8) -> Result<(u64, Option<u64>), Refusal> {
        let min = self.reader.unsigned(64)?;
        let max = if flags & 0b1 != 0 { Some(self.reader.unsigned(64)?) } else { None };
        Ok((min, max))
    }

    pub(crate) fn table_type(&mut self) -> Result<TableType, Refusal> {
        let element = self.ref_type()?;
        let flags = self.reader.byte()?;
        if flags > 0b111 {
            return Err(Fault::TableFlags.into());
        }
        let (min, max) = self.limits(flags)?;
        if flags & 0b10 != 0 {
            return Err(Refusal::Unsupported(Proposal::SharedEverything));
        }
        Ok(TableType { element, min, max, table64: flags & 0b100 != 0 })
    }

    pub(crate) fn memory_type(&mut self) -> Result<MemoryType, Refusal> {
        let flags = self.reader.byte()?;
        if flags > 0b1111 {
            return Err(Fault::MemoryFlags.into());
        }
        let (min, max) = self.limits(flags)?;
        let page_log2 = if flags & 0b1000 != 0 { self.reader.index()? } else { 16 };
        let shared = flags & 0b10 != 0;
        if shared && !HAS_SHARED_MEMORIES {
            return Err(Refusal::Unsupported(Proposal::Threads));
        }
        // The proposal has only these two sizes. Other sizes could make computations of bytes overflow in many places.
        if page_log2 != 0 && page_log2 != 16 {
            return Err(Fault::PageSize.into());
        }
        Ok(MemoryType { min, max, page_log2: page_log2 as u8, memory64: flags & 0b100 != 0, shared })
    }

    pub(crate) fn global_type(&mut self) -> Result<GlobalType, Refusal> {
        let content = self.val_type()?;
        let flags = self.reader.byte()?;
        if flags > 0b11 {
            return Err(Fault::GlobalFlags.into());
        }
        if flags & 0b10 != 0 {
            return Err(Refusal::Unsupported(Proposal::SharedEverything));
        }
        Ok(GlobalType::new(content, Mutability::of(flags & 0b1 != 0)))
    }

    /// Reads the type of a tag. Returns its index.
    pub(crate) fn tag_type(&mut self) -> Result<u32, Refusal> {
        if self.reader.byte()? != 0 {
            return Err(Fault::TagAttributes.into());
        }
        let index = self.reader.index()?;
        if HAS_GC { Ok(index) } else { Err(Refusal::Unsupported(Proposal::Exceptions)) }
    }
}
