//! Types as wasmparser reads them into ours, or the feature that they belong to.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::{FieldType, HeapType, RefType, StorageType, ValType};
use wasmparser::CompositeInnerType;

use crate::error::{DecodeError, Feature};
use crate::module::{CompositeType, FuncType, GlobalType, MemoryType, SubType, TableType};

/// A value type as wasmparser reads it, or the feature that it belongs to.
pub fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType, DecodeError> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 if cfg!(feature = "simd") => ValType::V128,
        wasmparser::ValType::V128 => return Err(DecodeError::unsupported(Feature::Simd, offset)),
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty, offset)?),
    })
}

/// A reference type.
pub(crate) fn ref_type(ty: wasmparser::RefType, offset: usize) -> Result<RefType, DecodeError> {
    Ok(RefType::new(ty.is_nullable(), heap_type(ty.heap_type(), offset)?))
}

/// What a reference refers to.
pub fn heap_type(ty: wasmparser::HeapType, offset: usize) -> Result<HeapType, DecodeError> {
    use wasmparser::AbstractHeapType as Abstract;
    let lacking = match ty {
        wasmparser::HeapType::Abstract { shared: true, .. } => Feature::SharedEverything,
        wasmparser::HeapType::Abstract { ty, .. } => {
            let (known, feature) = match ty {
                Abstract::Func => return Ok(HeapType::Func),
                Abstract::NoFunc => return Ok(HeapType::NoFunc),
                Abstract::Extern => return Ok(HeapType::Extern),
                Abstract::NoExtern => return Ok(HeapType::NoExtern),
                Abstract::Any => (HeapType::Any, Feature::Gc),
                Abstract::Eq => (HeapType::Eq, Feature::Gc),
                Abstract::I31 => (HeapType::I31, Feature::Gc),
                Abstract::Struct => (HeapType::Struct, Feature::Gc),
                Abstract::Array => (HeapType::Array, Feature::Gc),
                Abstract::None => (HeapType::None, Feature::Gc),
                Abstract::Exn => (HeapType::Exn, Feature::Exceptions),
                Abstract::NoExn => (HeapType::NoExn, Feature::Exceptions),
                Abstract::Cont | Abstract::NoCont => {
                    return Err(DecodeError::unsupported(Feature::StackSwitching, offset));
                }
            };
            if HAS_GC {
                return Ok(known);
            }
            feature
        }
        wasmparser::HeapType::Concrete(index) => match index.as_module_index() {
            Some(index) if index < RefType::MAX_INDEX => return Ok(HeapType::Index(index)),
            _ => return Err(DecodeError::malformed("unknown type", offset)),
        },
        wasmparser::HeapType::Exact(_) => Feature::CustomDescriptors,
    };
    Err(DecodeError::unsupported(lacking, offset))
}

/// Whether objects are let through.
pub(crate) const HAS_GC: bool = cfg!(feature = "gc");

pub(crate) fn sub_type(ty: &wasmparser::SubType, offset: usize) -> Result<SubType, DecodeError> {
    let composite = &ty.composite_type;
    if composite.shared {
        return Err(DecodeError::unsupported(Feature::SharedEverything, offset));
    }
    if composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
        return Err(DecodeError::unsupported(Feature::CustomDescriptors, offset));
    }
    let supertype = match &*ty.supertype_idxs {
        [] => None,
        [index] => match index.unpack().as_module_index() {
            Some(index) => Some(index),
            None => return Err(DecodeError::malformed("unknown type", offset)),
        },
        _ => return Err(DecodeError::malformed("sub type must not have multiple supertypes", offset)),
    };
    let composite = match &composite.inner {
        CompositeInnerType::Func(func) => CompositeType::Func(FuncType {
            params: val_types(func.params(), offset)?,
            results: val_types(func.results(), offset)?,
        }),
        CompositeInnerType::Struct(ty) if HAS_GC => {
            let fields: Result<Box<[FieldType]>, DecodeError> =
                ty.fields.iter().map(|field| field_type(field, offset)).collect();
            CompositeType::Struct(fields?)
        }
        CompositeInnerType::Array(ty) if HAS_GC => CompositeType::Array(field_type(&ty.0, offset)?),
        CompositeInnerType::Cont(_) => return Err(DecodeError::unsupported(Feature::StackSwitching, offset)),
        _ => return Err(DecodeError::unsupported(Feature::Gc, offset)),
    };
    Ok(SubType { is_final: ty.is_final, supertype, composite })
}

fn field_type(ty: &wasmparser::FieldType, offset: usize) -> Result<FieldType, DecodeError> {
    let storage = match ty.element_type {
        wasmparser::StorageType::I8 => StorageType::I8,
        wasmparser::StorageType::I16 => StorageType::I16,
        // Kotlin declares fields that are vectors, whether or not it uses them.
        wasmparser::StorageType::Val(wasmparser::ValType::V128) => StorageType::Val(ValType::V128),
        wasmparser::StorageType::Val(ty) => StorageType::Val(val_type(ty, offset)?),
    };
    Ok(FieldType { storage, mutable: ty.mutable })
}

fn val_types(types: &[wasmparser::ValType], offset: usize) -> Result<Box<[ValType]>, DecodeError> {
    let mut ours = Vec::with_capacity(types.len());
    for &ty in types {
        ours.push(val_type(ty, offset)?);
    }
    Ok(ours.into_boxed_slice())
}

pub(crate) fn table_type(ty: wasmparser::TableType, offset: usize) -> Result<TableType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Feature::SharedEverything, offset));
    }
    Ok(TableType {
        element: ValType::Ref(ref_type(ty.element_type, offset)?),
        min: ty.initial,
        max: ty.maximum,
        table64: ty.table64,
    })
}

/// The type of a tag by its index.
pub(crate) fn tag_type(ty: wasmparser::TagType, offset: usize) -> Result<u32, DecodeError> {
    if HAS_GC { Ok(ty.func_type_idx) } else { Err(DecodeError::unsupported(Feature::Exceptions, offset)) }
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType, offset: usize) -> Result<MemoryType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Feature::Threads, offset));
    }
    // The proposal has these two sizes only; others would have to be checked for overflow all over the place.
    let page_log2 = ty.page_size_log2();
    if page_log2 != 0 && page_log2 != 16 {
        return Err(DecodeError::malformed("invalid custom page size", offset));
    }
    Ok(MemoryType { min: ty.initial, max: ty.maximum, page_log2, memory64: ty.memory64, shared: false })
}

pub(crate) fn global_type(ty: wasmparser::GlobalType, offset: usize) -> Result<GlobalType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::unsupported(Feature::SharedEverything, offset));
    }
    Ok(GlobalType { content: val_type(ty.content_type, offset)?, mutable: ty.mutable })
}
