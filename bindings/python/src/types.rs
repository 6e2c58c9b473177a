//! Types of both languages. Those of Python are in `_types.py`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use wasmote::{
    ExternType, FuncType, GlobalType, HeapType, MemoryType, MemoryTypeBuilder, Mutability, RefType, TableType, TagType,
    ValType,
};

use crate::error::types_class;

/// The heap types that Python can name.
const HEAP_TYPES: [HeapType; 12] = [
    HeapType::Func,
    HeapType::NoFunc,
    HeapType::Extern,
    HeapType::NoExtern,
    HeapType::Any,
    HeapType::Eq,
    HeapType::I31,
    HeapType::Struct,
    HeapType::Array,
    HeapType::None,
    HeapType::Exn,
    HeapType::NoExn,
];

fn of_instance<'py>(value: &Bound<'py, PyAny>, class: &Bound<'py, PyAny>, name: &str) -> PyResult<()> {
    match value.is_instance(class)? {
        true => Ok(()),
        false => Err(PyTypeError::new_err(format!("expected {name}"))),
    }
}

/// Makes a type of a `ValType`.
pub fn val_type(ty: &Bound<'_, PyAny>) -> PyResult<ValType> {
    of_instance(ty, types_class!(ty.py(), "ValType")?, "ValType")?;
    let name = ty.getattr("_name")?;
    let name: &str = &name.extract::<String>()?;
    let numbers = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
    let references =
        HEAP_TYPES.iter().flat_map(|&heap| [true, false].map(|nullable| ValType::Ref(RefType::new(nullable, heap))));
    numbers
        .into_iter()
        .chain(references)
        .find(|ty| ty.name() == name)
        .ok_or_else(|| PyValueError::new_err(format!("a host cannot make the type {name}, which belongs to a module")))
}

fn val_type_to_py(py: Python<'_>, ty: ValType) -> PyResult<Bound<'_, PyAny>> {
    types_class!(py, "ValType")?.call1((ty.name(),))
}

/// The most parameters or results of a host function.
const MOST_TYPES: usize = 1000;

/// Makes a type of a `FuncType`.
pub fn func_type(ty: &Bound<'_, PyAny>) -> PyResult<FuncType> {
    of_instance(ty, types_class!(ty.py(), "FuncType")?, "FuncType")?;
    let list = |name: &str| -> PyResult<Vec<ValType>> {
        let types = ty.getattr(name)?.try_iter()?.take(MOST_TYPES + 1).map(|ty| val_type(&ty?));
        let types: Vec<ValType> = types.collect::<PyResult<_>>()?;
        if types.len() > MOST_TYPES {
            return Err(PyValueError::new_err("a host function has at most 1000 parameters and results"));
        }
        Ok(types)
    };
    Ok(FuncType::new(list("_params")?, list("_results")?))
}

/// Makes a `FuncType`.
pub fn func_type_to_py<'py>(py: Python<'py>, ty: &FuncType) -> PyResult<Bound<'py, PyAny>> {
    let list = |types: &[ValType]| {
        PyList::new(py, types.iter().map(|&ty| val_type_to_py(py, ty)).collect::<PyResult<Vec<_>>>()?)
    };
    types_class!(py, "FuncType")?.call1((list(ty.params())?, list(ty.results())?))
}

fn limits_to_py(py: Python<'_>, min: u64, max: Option<u64>) -> PyResult<Bound<'_, PyAny>> {
    types_class!(py, "Limits")?.call1((min, max))
}

fn limits(limits: &Bound<'_, PyAny>) -> PyResult<(u64, Option<u64>)> {
    of_instance(limits, types_class!(limits.py(), "Limits")?, "Limits")?;
    Ok((limits.getattr("min")?.extract()?, limits.getattr("max")?.extract()?))
}

/// Makes a type of a `GlobalType`.
pub fn global_type(ty: &Bound<'_, PyAny>) -> PyResult<GlobalType> {
    of_instance(ty, types_class!(ty.py(), "GlobalType")?, "GlobalType")?;
    Ok(GlobalType::new(val_type(&ty.getattr("content")?)?, Mutability::of(ty.getattr("mutable")?.extract()?)))
}

/// Makes a `GlobalType`.
pub fn global_type_to_py(py: Python<'_>, ty: GlobalType) -> PyResult<Bound<'_, PyAny>> {
    types_class!(py, "GlobalType")?.call1((val_type_to_py(py, ty.content())?, ty.mutability().is_mut()))
}

/// Makes a type of a `TableType`.
pub fn table_type(ty: &Bound<'_, PyAny>) -> PyResult<TableType> {
    of_instance(ty, types_class!(ty.py(), "TableType")?, "TableType")?;
    let element = val_type(&ty.getattr("element")?)?;
    let element = element.reference().ok_or_else(|| PyTypeError::new_err("a table holds references"))?;
    let (min, max) = limits(&ty.getattr("limits")?)?;
    if ty.getattr("is_64")?.extract()? {
        return Ok(TableType::new64(element, min, max));
    }
    let narrow =
        |size: u64| u32::try_from(size).map_err(|_| PyValueError::new_err("a table has less than 2^32 elements"));
    Ok(TableType::new(element, narrow(min)?, max.map(narrow).transpose()?))
}

/// Makes a `TableType`.
pub fn table_type_to_py(py: Python<'_>, ty: TableType) -> PyResult<Bound<'_, PyAny>> {
    let limits = limits_to_py(py, ty.minimum(), ty.maximum())?;
    types_class!(py, "TableType")?.call1((val_type_to_py(py, ty.element().into())?, limits, ty.is_64()))
}

/// Makes a type of a `MemoryType`.
pub fn memory_type(ty: &Bound<'_, PyAny>) -> PyResult<MemoryType> {
    of_instance(ty, types_class!(ty.py(), "MemoryType")?, "MemoryType")?;
    let (min, max) = limits(&ty.getattr("limits")?)?;
    let mut builder = MemoryTypeBuilder::new();
    builder.min(min).max(max).memory64(ty.getattr("is_64")?.extract()?).shared(ty.getattr("shared")?.extract()?);
    let built = builder.page_size_log2(ty.getattr("page_size_log2")?.extract()?).build();
    built.map_err(|error| PyValueError::new_err(format!("the type is invalid: {error:?}")))
}

/// Makes a `MemoryType`.
pub fn memory_type_to_py(py: Python<'_>, ty: MemoryType) -> PyResult<Bound<'_, PyAny>> {
    let limits = limits_to_py(py, ty.minimum(), ty.maximum())?;
    types_class!(py, "MemoryType")?.call1((limits, ty.is_64(), ty.is_shared(), ty.page_size_log2()))
}

/// Makes a type of a `TagType`.
pub fn tag_type(ty: &Bound<'_, PyAny>) -> PyResult<TagType> {
    of_instance(ty, types_class!(ty.py(), "TagType")?, "TagType")?;
    Ok(TagType::new(func_type(&ty.getattr("functype")?)?))
}

/// Makes a `TagType`.
pub fn tag_type_to_py<'py>(py: Python<'py>, ty: &TagType) -> PyResult<Bound<'py, PyAny>> {
    types_class!(py, "TagType")?.call1((func_type_to_py(py, ty.ty())?,))
}

/// Makes the type of an import or export.
pub fn extern_type_to_py<'py>(py: Python<'py>, ty: &ExternType) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        ExternType::Func(ty) => func_type_to_py(py, ty),
        ExternType::Table(ty) => table_type_to_py(py, *ty),
        ExternType::Memory(ty) => memory_type_to_py(py, *ty),
        ExternType::Global(ty) => global_type_to_py(py, *ty),
        ExternType::Tag(ty) => tag_type_to_py(py, ty),
        _ => Err(PyTypeError::new_err("a type of an unknown kind")),
    }
}
