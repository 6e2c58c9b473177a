//! Tables, globals, tags and shared memories.

use std::sync::Arc;

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use wasmote::{Ref, ValType};

use crate::engine::Engine;
use crate::error::to_py;
use crate::store::{Context, StoreCell, cell_of};
use crate::{types, value};

/// Defines an item of a store: what of it is equal, and its type.
macro_rules! item {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[pyclass(frozen, eq, hash, module = "wasmote")]
        #[derive(PartialEq, Eq, Hash)]
        pub struct $name {
            /// The item.
            pub handle: wasmote::$name,
            /// The number of the store.
            pub store: u64,
        }

        impl $name {
            fn cell(&self, store: &Bound<'_, PyAny>) -> PyResult<Arc<StoreCell>> {
                let cell = cell_of(store)?;
                cell.check(self.store)?;
                Ok(cell)
            }
        }
    };
}

item! {
    /// A table of references.
    Table
}
item! {
    /// A global variable.
    Global
}
item! {
    /// A tag of exceptions.
    Tag
}

fn element(value: &Bound<'_, PyAny>, ty: ValType, context: &mut Context<'_>, cell: &StoreCell) -> PyResult<Ref> {
    let value = value::of_py(value, ty, context, cell)?;
    value.ref_().ok_or_else(|| PyTypeError::new_err("a table holds references"))
}

#[pymethods]
impl Table {
    /// Makes a table whose elements are all `init`.
    #[new]
    fn new(
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        ty: &Bound<'_, PyAny>,
        init: &Bound<'_, PyAny>,
    ) -> PyResult<Table> {
        let cell = cell_of(store)?;
        let ty = types::table_type(ty)?;
        let handle = cell.with(|context| {
            let init = element(init, ty.element().into(), context, &cell)?;
            wasmote::Table::new(context, ty, init).map_err(|error| to_py(py, error))
        })?;
        Ok(Table { handle, store: cell.id })
    }

    /// Returns the type. Its minimum does not change when the table grows.
    fn r#type<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.cell(store)?.with(|context| Ok(self.handle.ty(context)))?;
        types::table_type_to_py(py, ty)
    }

    /// Returns the number of elements.
    fn size(&self, store: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.cell(store)?.with(|context| Ok(self.handle.size(context)))
    }

    /// Adds elements, and returns the previous number.
    fn grow(&self, py: Python<'_>, store: &Bound<'_, PyAny>, amt: u64, init: &Bound<'_, PyAny>) -> PyResult<u64> {
        let cell = self.cell(store)?;
        cell.with(|context| {
            let ty = self.handle.ty(&*context).element().into();
            let init = element(init, ty, context, &cell)?;
            self.handle.grow(context, amt, init).map_err(|error| to_py(py, error))
        })
    }

    /// Returns an element, or `None` for null and beyond the end.
    fn get(&self, py: Python<'_>, store: &Bound<'_, PyAny>, idx: u64) -> PyResult<Option<Py<PyAny>>> {
        let cell = self.cell(store)?;
        cell.with(|context| match self.handle.get(&*context, idx) {
            Some(element) if !element.is_null() => value::to_py(py, element.into(), context, &cell).map(Some),
            _ => Ok(None),
        })
    }

    /// Sets an element.
    fn set(&self, py: Python<'_>, store: &Bound<'_, PyAny>, idx: u64, val: &Bound<'_, PyAny>) -> PyResult<()> {
        let cell = self.cell(store)?;
        cell.with(|context| {
            if idx >= self.handle.size(&*context) {
                return Err(PyIndexError::new_err("index out of range"));
            }
            let ty = self.handle.ty(&*context).element().into();
            let val = element(val, ty, context, &cell)?;
            self.handle.set(context, idx, val).map_err(|error| to_py(py, error))
        })
    }
}

#[pymethods]
impl Global {
    /// Makes a global with this value.
    #[new]
    fn new(
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        ty: &Bound<'_, PyAny>,
        val: &Bound<'_, PyAny>,
    ) -> PyResult<Global> {
        let cell = cell_of(store)?;
        let ty = types::global_type(ty)?;
        let handle = cell.with(|context| {
            let val = value::of_py(val, ty.content(), context, &cell)?;
            wasmote::Global::new(context, ty, val).map_err(|error| to_py(py, error))
        })?;
        Ok(Global { handle, store: cell.id })
    }

    /// Returns the type.
    fn r#type<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.cell(store)?.with(|context| Ok(self.handle.ty(context)))?;
        types::global_type_to_py(py, ty)
    }

    /// Returns the value.
    fn value(&self, py: Python<'_>, store: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let cell = self.cell(store)?;
        cell.with(|context| value::to_py(py, self.handle.get(&*context), context, &cell))
    }

    /// Sets the value. Fails if the global is not mutable.
    fn set_value(&self, py: Python<'_>, store: &Bound<'_, PyAny>, val: &Bound<'_, PyAny>) -> PyResult<()> {
        let cell = self.cell(store)?;
        cell.with(|context| {
            let ty = self.handle.ty(&*context).content();
            let val = value::of_py(val, ty, context, &cell)?;
            self.handle.set(context, val).map_err(|error| to_py(py, error))
        })
    }
}

#[pymethods]
impl Tag {
    /// Makes a tag. Its type has no results.
    #[new]
    fn new(store: &Bound<'_, PyAny>, ty: &Bound<'_, PyAny>) -> PyResult<Tag> {
        let cell = cell_of(store)?;
        let ty = types::tag_type(ty)?;
        if !ty.ty().results().is_empty() {
            return Err(PyValueError::new_err("a tag has no results"));
        }
        let handle = cell.with(|context| Ok(wasmote::Tag::new(context, &ty)))?;
        Ok(Tag { handle, store: cell.id })
    }

    /// Returns the type: what an exception with this tag carries.
    fn r#type<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.cell(store)?.with(|context| Ok(self.handle.ty(context)))?;
        types::tag_type_to_py(py, &ty)
    }
}

/// A memory that belongs to no store. Instances in several stores, and so several threads, can import it.
#[pyclass(frozen, module = "wasmote")]
pub struct SharedMemory {
    /// The memory.
    pub memory: wasmote::SharedMemory,
}

#[pymethods]
impl SharedMemory {
    #[new]
    fn new(py: Python<'_>, engine: &Engine, ty: &Bound<'_, PyAny>) -> PyResult<SharedMemory> {
        let made = wasmote::SharedMemory::new(&engine.cell.watched.engine, types::memory_type(ty)?);
        Ok(SharedMemory { memory: made.map_err(|error| to_py(py, error))? })
    }

    /// Returns the type. Its minimum does not change when the memory grows.
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        types::memory_type_to_py(py, self.memory.ty())
    }

    /// Returns the size in pages.
    fn size(&self) -> u64 {
        self.memory.size()
    }
}
