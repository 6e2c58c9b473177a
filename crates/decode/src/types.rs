//! Reads types. Those that wasmparser reads are converted, or refused with the proposal that they belong to.

use alloc::boxed::Box;

#[cfg(feature = "gc")]
use wasmote_ir::fallible::try_collect;
use wasmote_ir::fallible::{TryVec, try_format, try_with_capacity};
use wasmote_ir::{FieldType, HeapType, Proposal, RefType, StorageType, ValType};
use wasmparser::BinaryReader;

use crate::error::DecodeError;
use crate::module::{CompositeType, FuncType, GlobalType, MemoryType, ModuleInfo, SubType, TableType};
#[cfg(feature = "gc")]
use crate::module::{FEW_FIELDS, field_places};
use crate::operators::{EncodedHeapType, EncodedValType, UnsupportedType};

// The maximum numbers of types, and of the parts of a type. Web engines agreed on these (spec:
// appendix/implementation).
const MAX_TYPES: usize = 1_000_000;
const MAX_PARAMS: usize = 1_000;
const MAX_RESULTS: usize = 1_000;
const MAX_FIELDS: usize = 10_000;

/// Converts a value type of wasmparser. Fails with the proposal that it belongs to, if this build lacks it.
pub(crate) fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType, DecodeError> {
    let written = match ty {
        wasmparser::ValType::I32 => return Ok(ValType::I32),
        wasmparser::ValType::I64 => return Ok(ValType::I64),
        wasmparser::ValType::F32 => return Ok(ValType::F32),
        wasmparser::ValType::F64 => return Ok(ValType::F64),
        wasmparser::ValType::V128 => EncodedValType::Number(ValType::V128),
        wasmparser::ValType::Ref(ty) => return Ok(ValType::Ref(ref_type(ty, offset)?)),
    };
    written.supported().map_err(|lacking| lacking_at(lacking, offset))
}

/// Converts a reference type of wasmparser.
pub(crate) fn ref_type(ty: wasmparser::RefType, offset: usize) -> Result<RefType, DecodeError> {
    let heap = written(ty.heap_type()).supported().map_err(|lacking| lacking_at(lacking, offset))?;
    Ok(RefType::new(ty.is_nullable(), heap))
}

/// Converts a heap type of wasmparser.
fn written(ty: wasmparser::HeapType) -> EncodedHeapType {
    use wasmparser::AbstractHeapType as Abstract;
    let index = |index: wasmparser::UnpackedIndex| index.as_module_index().unwrap_or(u32::MAX);
    let (shared, heap) = match ty {
        wasmparser::HeapType::Concrete(ty) => return EncodedHeapType::Known(HeapType::Index(index(ty))),
        wasmparser::HeapType::Exact(ty) => return EncodedHeapType::Exact(index(ty)),
        wasmparser::HeapType::Abstract { shared, ty } => (
            shared,
            match ty {
                Abstract::Func => HeapType::Func,
                Abstract::NoFunc => HeapType::NoFunc,
                Abstract::Extern => HeapType::Extern,
                Abstract::NoExtern => HeapType::NoExtern,
                Abstract::Any => HeapType::Any,
                Abstract::Eq => HeapType::Eq,
                Abstract::I31 => HeapType::I31,
                Abstract::Struct => HeapType::Struct,
                Abstract::Array => HeapType::Array,
                Abstract::None => HeapType::None,
                Abstract::Exn => HeapType::Exn,
                Abstract::NoExn => HeapType::NoExn,
                Abstract::Cont | Abstract::NoCont => {
                    return EncodedHeapType::Continuation { is_bottom: ty == Abstract::NoCont, is_shared: shared };
                }
            },
        ),
    };
    if shared { EncodedHeapType::Shared(heap) } else { EncodedHeapType::Known(heap) }
}

#[cold]
fn lacking_at(lacking: UnsupportedType, offset: usize) -> DecodeError {
    match lacking {
        UnsupportedType::Proposal(proposal) => DecodeError::unsupported(proposal, offset),
        UnsupportedType::Index => DecodeError::malformed("unknown type", offset),
    }
}

/// Whether this build accepts GC objects and exceptions.
pub(crate) const HAS_GC: bool = cfg!(feature = "gc");

impl ModuleInfo {
    /// Reads a recursion group, or a single type. wasmparser's reader is not used here: it first collects all types
    /// of a group, which may be a million, with allocations that cannot fail.
    pub(crate) fn add_group(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), DecodeError> {
        let offset = reader.original_position() as usize;
        let mut count = 1;
        let mut types = reader.clone();
        if types.read_u8()? == 0x4e {
            *reader = types;
            count = size(reader, MAX_TYPES, "rec group types size is out of bounds")?;
            self.types.try_room(count.min(reader.bytes_remaining()))?;
        }
        let first = self.types.len();
        for _ in 0..count {
            let ty = sub_type(reader, offset)?;
            #[cfg(feature = "gc")]
            if let CompositeType::Struct(fields) = &ty.composite
                && fields.len() > FEW_FIELDS
            {
                let places = try_collect(field_places(fields))?.try_into_box()?;
                self.field_places.try_push((self.types.len() as u32, places))?;
            }
            self.types.try_push(ty)?;
        }
        // Empty groups are not noted: nothing can refer to them. Groups of one type need no note.
        if count > 1 {
            self.groups.try_push((first as u32, count as u32))?;
        }
        Ok(())
    }
}

/// Reads a count of at most `max`.
fn size(reader: &mut BinaryReader<'_>, max: usize, message: &str) -> Result<usize, DecodeError> {
    let offset = reader.original_position() as usize;
    match reader.read_var_u32()? as usize {
        size if size <= max => Ok(size),
        _ => Err(DecodeError::malformed(message, offset)),
    }
}

/// Reads a type. Errors about the type as a whole are reported at `offset`.
fn sub_type(reader: &mut BinaryReader<'_>, offset: usize) -> Result<SubType, DecodeError> {
    let (mut kind, mut supertype, mut is_final) = (reader.read_u8()?, None, true);
    if matches!(kind, 0x4f | 0x50) {
        is_final = kind == 0x4f;
        supertype = match reader.read_var_u32()? {
            0 => None,
            1 => Some(reader.read_var_u32()?).filter(|&index| index < RefType::MAX_INDEX),
            _ => return Err(DecodeError::malformed("sub type must not have multiple supertypes", offset)),
        };
        kind = reader.read_u8()?;
    }
    let composite = match kind {
        0x60 => CompositeType::Func(FuncType {
            params: val_types(reader, MAX_PARAMS, "function params size is out of bounds", offset)?,
            results: val_types(reader, MAX_RESULTS, "function returns size is out of bounds", offset)?,
        }),
        0x5f if HAS_GC => {
            let count = size(reader, MAX_FIELDS, "struct fields size is out of bounds")?;
            let mut fields = try_with_capacity(count.min(reader.bytes_remaining()))?;
            for _ in 0..count {
                fields.try_push(field_type(reader, offset)?)?;
            }
            CompositeType::Struct(fields.try_into_box()?)
        }
        0x5e if HAS_GC => CompositeType::Array(field_type(reader, offset)?),
        0x5e | 0x5f => return Err(DecodeError::unsupported(Proposal::Gc, offset)),
        0x5d => return Err(DecodeError::unsupported(Proposal::StackSwitching, offset)),
        0x65 => return Err(DecodeError::unsupported(Proposal::SharedEverything, offset)),
        0x4c | 0x4d => return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset)),
        _ => return Err(invalid_kind(kind, reader)),
    };
    Ok(SubType { is_final, supertype, composite })
}

#[cold]
#[inline(never)]
fn invalid_kind(kind: u8, reader: &BinaryReader<'_>) -> DecodeError {
    let offset = reader.original_position() as usize - 1;
    match try_format(format_args!("invalid leading byte ({kind:#x}) for type")) {
        Ok(message) => DecodeError::malformed(&message, offset),
        Err(error) => error.into(),
    }
}

fn field_type(reader: &mut BinaryReader<'_>, offset: usize) -> Result<FieldType, DecodeError> {
    let ty = reader.read::<wasmparser::FieldType>()?;
    let storage = match ty.element_type {
        wasmparser::StorageType::I8 => StorageType::I8,
        wasmparser::StorageType::I16 => StorageType::I16,
        // Even a build without vectors accepts fields of this type: Kotlin declares such fields and may not use them.
        wasmparser::StorageType::Val(wasmparser::ValType::V128) => StorageType::Val(ValType::V128),
        wasmparser::StorageType::Val(ty) => StorageType::Val(val_type(ty, offset)?),
    };
    Ok(FieldType { storage, mutable: ty.mutable })
}

fn val_types(
    reader: &mut BinaryReader<'_>,
    max: usize,
    message: &str,
    offset: usize,
) -> Result<Box<[ValType]>, DecodeError> {
    let count = size(reader, max, message)?;
    let mut types = try_with_capacity(count.min(reader.bytes_remaining()))?;
    for _ in 0..count {
        types.try_push(val_type(reader.read()?, offset)?)?;
    }
    Ok(types.try_into_box()?)
}

pub(crate) fn table_type(ty: wasmparser::TableType, offset: usize) -> Result<TableType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Proposal::SharedEverything, offset));
    }
    Ok(TableType {
        element: ValType::Ref(ref_type(ty.element_type, offset)?),
        min: ty.initial,
        max: ty.maximum,
        table64: ty.table64,
    })
}

/// Converts the type of a tag to its index.
pub(crate) fn tag_type(ty: wasmparser::TagType, offset: usize) -> Result<u32, DecodeError> {
    if HAS_GC { Ok(ty.func_type_idx) } else { Err(DecodeError::unsupported(Proposal::Exceptions, offset)) }
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType, offset: usize) -> Result<MemoryType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Proposal::Threads, offset));
    }
    // The proposal has only these two sizes. Other sizes could make computations of bytes overflow in many places.
    let page_log2 = ty.page_size_log2();
    if page_log2 != 0 && page_log2 != 16 {
        return Err(DecodeError::malformed("invalid custom page size", offset));
    }
    Ok(MemoryType { min: ty.initial, max: ty.maximum, page_log2, memory64: ty.memory64, shared: false })
}

pub(crate) fn global_type(ty: wasmparser::GlobalType, offset: usize) -> Result<GlobalType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Proposal::SharedEverything, offset));
    }
    Ok(GlobalType { content: val_type(ty.content_type, offset)?, mutable: ty.mutable })
}
