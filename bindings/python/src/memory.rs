//! Linear memories, and buffers of them.
//!
//! A buffer points into the memory, which must neither move nor be freed beneath it. The buffer's owner keeps the store
//! alive, and the store counts the buffers in use: while there is one, its limiter refuses that a memory grows.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyIndexError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PySlice};

use crate::error::to_py;
use crate::store::{StoreCell, cell_of};
use crate::types;

/// A linear memory of a store.
#[pyclass(frozen, module = "wasmote")]
pub struct Memory {
    /// The memory.
    pub handle: wasmote::Memory,
    /// The number of the store.
    pub store: u64,
}

impl Memory {
    fn cell(&self, store: &Bound<'_, PyAny>) -> PyResult<Arc<StoreCell>> {
        let cell = cell_of(store)?;
        cell.check(self.store)?;
        Ok(cell)
    }
}

/// Resolves `[start:stop]` as a list does.
fn range(py: Python<'_>, start: Option<isize>, stop: Option<isize>, len: usize) -> PyResult<(usize, usize)> {
    let (whole, len) = (len, isize::try_from(len)?);
    // `PySlice` takes numbers alone.
    let slice = PySlice::new(py, start.unwrap_or(0), stop.unwrap_or(len), 1).indices(len)?;
    let start = usize::try_from(slice.start)?.min(whole);
    Ok((start, usize::try_from(slice.stop)?.max(start)))
}

#[pymethods]
impl Memory {
    #[new]
    fn new(py: Python<'_>, store: &Bound<'_, PyAny>, ty: &Bound<'_, PyAny>) -> PyResult<Memory> {
        let cell = cell_of(store)?;
        let ty = types::memory_type(ty)?;
        let handle = cell.with(|context| wasmote::Memory::new(context, ty).map_err(|error| to_py(py, error)))?;
        Ok(Memory { handle, store: cell.id })
    }

    /// Returns the type. Its minimum does not change when the memory grows.
    fn r#type<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.cell(store)?.with(|context| Ok(self.handle.ty(context)))?;
        types::memory_type_to_py(py, ty)
    }

    /// Adds `delta` pages of zeros, and returns the previous size in pages. Raises `BufferError` while buffers of the store's
    /// memories are in use.
    fn grow(&self, py: Python<'_>, store: &Bound<'_, PyAny>, delta: u64) -> PyResult<u64> {
        self.cell(store)?.with(|context| self.handle.grow(context, delta).map_err(|error| to_py(py, error)))
    }

    /// Returns the size in pages.
    fn size(&self, store: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.cell(store)?.with(|context| Ok(self.handle.size(context)))
    }

    /// Returns the size in bytes.
    fn data_len(&self, store: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.cell(store)?.with(|context| Ok(self.handle.data_size(context)))
    }

    /// Returns the bytes of a page.
    fn page_size(&self, store: &Bound<'_, PyAny>) -> PyResult<u64> {
        self.cell(store)?.with(|context| Ok(self.handle.ty(context).page_size()))
    }

    /// Returns the logarithm of the bytes of a page to base 2.
    fn page_size_log2(&self, store: &Bound<'_, PyAny>) -> PyResult<u8> {
        self.cell(store)?.with(|context| Ok(self.handle.ty(context).page_size_log2()))
    }

    /// Returns a copy of the bytes `[start:stop]`, as of a list.
    #[pyo3(signature = (store, start = None, stop = None))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        store: &Bound<'py, PyAny>,
        start: Option<isize>,
        stop: Option<isize>,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        self.cell(store)?.with(|context| {
            let data = self.handle.data(&*context);
            let (start, stop) = range(py, start, stop, data.len())?;
            PyByteArray::new_with(py, stop - start, |bytes| {
                bytes.copy_from_slice(&data[start..stop]);
                Ok(())
            })
        })
    }

    /// Writes bytes from `start` on, which may be negative to count from the end. Returns their number. Raises `IndexError`
    /// if they do not lie in the memory, which is unchanged then.
    #[pyo3(signature = (store, value, start = None))]
    fn write(
        &self,
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        start: Option<isize>,
    ) -> PyResult<usize> {
        let copy;
        let bytes = match value.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes(),
            // The buffer may be one of this memory.
            Err(_) => {
                copy = PyBuffer::<u8>::get(value)?.to_vec(py)?;
                &copy
            }
        };
        self.cell(store)?.with(|context| {
            let len = self.handle.data_size(&*context);
            let (start, _) = range(py, start, None, len)?;
            if start >= len && !(bytes.is_empty() && start == len) {
                return Err(PyIndexError::new_err("index out of range"));
            }
            match self.handle.write(context, start, bytes) {
                Ok(()) => Ok(bytes.len()),
                Err(_) => Err(PyIndexError::new_err("index out of range")),
            }
        })
    }

    /// Returns a view of the memory itself, to read and write. As long as it or a slice of it is in use, no memory of
    /// the store grows: growth raises `BufferError`, also out of a call of a guest that grows its memory. `release()` it,
    /// or use it in a `with` statement.
    fn buffer<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyMemoryView>> {
        let cell = self.cell(store)?;
        let owner = Bound::new(py, MemoryBuffer { cell, memory: self.handle })?;
        PyMemoryView::from(&owner)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Memory>().is_ok_and(|other| other.get().handle == self.handle)
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.handle.hash(&mut hasher);
        hasher.finish()
    }
}

/// The owner of the buffers of a memory. It keeps the store's items alive, but not its host functions.
#[pyclass(frozen, module = "wasmote._wasmote")]
struct MemoryBuffer {
    cell: Arc<StoreCell>,
    memory: wasmote::Memory,
}

#[pymethods]
impl MemoryBuffer {
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let this = slf.get();
        // Counted while the store is taken, so that nothing grows between.
        let (data, len) = this.cell.with(|context| {
            this.cell.views.fetch_add(1, Ordering::SeqCst);
            Ok((this.memory.data_ptr(&*context), this.memory.data_size(&*context)))
        })?;
        let filled = match ffi::Py_ssize_t::try_from(len) {
            // SAFETY: Python gave `view`. The memory has `len` bytes at `data`, and neither moves nor is freed while the view is
            // counted: `Limits` refuses growth, and the view owns this object, which owns the store. Code of the guest may
            // change the bytes meanwhile, as users of a buffer must expect.
            Ok(len) => unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), data.cast::<c_void>(), len, 0, flags) },
            Err(_) => -1,
        };
        if filled == 0 {
            return Ok(());
        }
        this.cell.views.fetch_sub(1, Ordering::SeqCst);
        Err(PyErr::take(slf.py()).unwrap_or_else(|| PyBufferError::new_err("the memory is too large")))
    }

    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.cell.views.fetch_sub(1, Ordering::SeqCst);
    }
}
