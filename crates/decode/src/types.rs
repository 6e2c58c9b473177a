//! Types as wasmparser reads them into ours, or the feature that they belong to.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmote_ir::ValType;
use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType, SubType};

use crate::error::{DecodeError, Feature};
use crate::module::{FuncType, GlobalType, MemoryType, TableType};

/// A value type as wasmparser reads it, or the feature that it belongs to.
pub fn val_type(ty: wasmparser::ValType, offset: usize) -> Result<ValType, DecodeError> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 if cfg!(feature = "simd") => ValType::V128,
        wasmparser::ValType::V128 => return Err(DecodeError::unsupported(Feature::Simd, offset)),
        wasmparser::ValType::Ref(ty) => ref_type(ty, offset)?,
    })
}

pub(crate) fn ref_type(ty: RefType, offset: usize) -> Result<ValType, DecodeError> {
    let of_heap = heap_type(ty.heap_type(), offset)?;
    if ty.is_nullable() { Ok(of_heap) } else { Err(DecodeError::unsupported(Feature::FunctionReferences, offset)) }
}

/// The type of nullable references to `ty`.
pub fn heap_type(ty: HeapType, offset: usize) -> Result<ValType, DecodeError> {
    let lacking = match ty {
        HeapType::Abstract { shared: true, .. } => Feature::SharedEverything,
        HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::Func => return Ok(ValType::FuncRef),
            AbstractHeapType::Extern => return Ok(ValType::ExternRef),
            AbstractHeapType::Exn | AbstractHeapType::NoExn => Feature::Exceptions,
            AbstractHeapType::Cont | AbstractHeapType::NoCont => Feature::StackSwitching,
            _ => Feature::Gc,
        },
        HeapType::Concrete(_) => Feature::FunctionReferences,
        HeapType::Exact(_) => Feature::CustomDescriptors,
    };
    Err(DecodeError::unsupported(lacking, offset))
}

pub(crate) fn func_type(ty: &SubType, offset: usize) -> Result<FuncType, DecodeError> {
    let composite = &ty.composite_type;
    if composite.shared {
        return Err(DecodeError::unsupported(Feature::SharedEverything, offset));
    }
    if composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
        return Err(DecodeError::unsupported(Feature::CustomDescriptors, offset));
    }
    match &composite.inner {
        CompositeInnerType::Func(func) if ty.is_final && ty.supertype_idxs.is_empty() => {
            Ok(FuncType { params: val_types(func.params(), offset)?, results: val_types(func.results(), offset)? })
        }
        CompositeInnerType::Cont(_) => Err(DecodeError::unsupported(Feature::StackSwitching, offset)),
        _ => Err(DecodeError::unsupported(Feature::Gc, offset)),
    }
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
    Ok(TableType { element: ref_type(ty.element_type, offset)?, min: ty.initial, max: ty.maximum, table64: ty.table64 })
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
