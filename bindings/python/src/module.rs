//! Modules.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::engine::{Engine, EngineCell};
use crate::error::{to_py, types_class};
use crate::types;

/// Decoded and validated code. Threads and stores of its engine may use it at the same time.
#[pyclass(frozen, weakref, module = "wasmote")]
pub struct Module {
    pub(crate) module: wasmote::Module,
    /// Looks after the engine, also when Python has dropped its `Engine`.
    _engine: Arc<EngineCell>,
}

/// Gives the bytes of a text or of a buffer to `body`.
fn with_bytes<R>(value: &Bound<'_, PyAny>, body: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(body(text.to_str()?.as_bytes()));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(body(bytes.as_bytes()));
    }
    match PyBuffer::<u8>::get(value) {
        Ok(buffer) => Ok(body(&buffer.to_vec(value.py())?)),
        Err(_) => Err(PyTypeError::new_err("expected bytes, or a str with a module in the text format")),
    }
}

fn load(
    py: Python<'_>,
    engine: &Engine,
    load: impl FnOnce(&wasmote::Engine) -> Result<wasmote::Module, wasmote::Error> + Send,
) -> PyResult<Module> {
    let loaded = py.detach(|| load(&engine.cell.watched.engine));
    Ok(Module { module: loaded.map_err(|error| to_py(py, error))?, _engine: Arc::clone(&engine.cell) })
}

#[pymethods]
impl Module {
    /// Loads a module: the bytes of a binary, or the text format.
    #[new]
    fn new(py: Python<'_>, engine: &Engine, wasm: &Bound<'_, PyAny>) -> PyResult<Module> {
        with_bytes(wasm, |bytes| load(py, engine, |engine| wasmote::Module::new(engine, bytes)))?
    }

    /// Loads a module from a file, of either format.
    #[staticmethod]
    fn from_file(py: Python<'_>, engine: &Engine, path: PathBuf) -> PyResult<Module> {
        let bytes = py.detach(|| std::fs::read(path))?;
        load(py, engine, |engine| wasmote::Module::new(engine, bytes))
    }

    /// Loads what `serialize` returned. It is verified, so it need not be trusted.
    #[staticmethod]
    fn deserialize(py: Python<'_>, engine: &Engine, encoded: &Bound<'_, PyAny>) -> PyResult<Module> {
        with_bytes(encoded, |bytes| load(py, engine, |engine| wasmote::Module::deserialize(engine, bytes)))?
    }

    /// Loads what `serialize` returned from a file.
    #[staticmethod]
    fn deserialize_file(py: Python<'_>, engine: &Engine, path: PathBuf) -> PyResult<Module> {
        let bytes = py.detach(|| std::fs::read(path))?;
        load(py, engine, |engine| wasmote::Module::deserialize(engine, bytes))
    }

    /// Validates a binary. Returns nothing, or raises an exception.
    #[staticmethod]
    fn validate(py: Python<'_>, engine: &Engine, wasm: &Bound<'_, PyAny>) -> PyResult<()> {
        let engine = &engine.cell.watched.engine;
        let valid = with_bytes(wasm, |bytes| py.detach(|| wasmote::Module::validate(engine, bytes)))?;
        valid.map_err(|error| to_py(py, error))
    }

    /// Returns the translated module, an image.
    fn serialize<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        let image = py.detach(|| self.module.serialize());
        Ok(PyByteArray::new(py, &image.map_err(|error| to_py(py, error))?))
    }

    /// The name, if the module has one.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.module.name()
    }

    /// What the module imports.
    #[getter]
    fn imports<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let class = types_class!(py, "ImportType")?;
        let imports = self.module.imports();
        imports.map(|it| class.call1((it.module(), it.name(), types::extern_type_to_py(py, it.ty())?))).collect()
    }

    /// What the module exports.
    #[getter]
    fn exports<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let class = types_class!(py, "ExportType")?;
        self.module.exports().map(|it| class.call1((it.name(), types::extern_type_to_py(py, it.ty())?))).collect()
    }
}

/// Returns the binary of a module in the text format.
#[pyfunction]
pub fn wat2wasm<'py>(py: Python<'py>, wat: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyByteArray>> {
    let binary = with_bytes(wat, |text| py.detach(|| wasmote::binary_of_text(text)))?;
    Ok(PyByteArray::new(py, &binary.map_err(|error| to_py(py, error))?))
}
