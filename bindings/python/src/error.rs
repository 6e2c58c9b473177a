//! Errors of both languages.

use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;
use wasmote::{Error, ErrorKind, FrameInfo};

/// Returns a class of `wasmote._types`.
pub fn class<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    cell.get_or_try_init(py, || Ok(py.import("wasmote._types")?.getattr(name)?.unbind())).map(|class| class.bind(py))
}

/// Returns a class of `wasmote._types`, which is looked up once.
macro_rules! types_class {
    ($py:expr, $name:literal) => {{
        static CLASS: pyo3::sync::PyOnceLock<pyo3::Py<pyo3::PyAny>> = pyo3::sync::PyOnceLock::new();
        $crate::error::class($py, &CLASS, $name)
    }};
}
pub(crate) use types_class;

/// Makes an error of an exception, which passes through wasm as the same object.
pub fn from_py(error: PyErr) -> Error {
    Error::host(error)
}

/// Makes an exception of an error.
#[cold]
pub fn to_py(py: Python<'_>, error: Error) -> PyErr {
    let error = match error.downcast::<PyErr>() {
        Ok(exception) => return exception,
        Err(error) => error,
    };
    new_exception(py, &error).unwrap_or_else(|failure| failure)
}

fn new_exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    if let Some(status) = error.i32_exit_status() {
        return Ok(PyErr::from_value(types_class!(py, "ExitTrap")?.call1((status,))?));
    }
    let code = error.as_trap_code();
    if code.is_some() || error.as_exception().is_some() || error.backtrace().is_some() {
        let code = match (code, error.as_exception()) {
            (Some(code), _) => types_class!(py, "TrapCode")?.call1((format!("{code:?}"),))?,
            (None, Some(_)) => types_class!(py, "TrapCode")?.call1(("Exception",))?,
            (None, None) => py.None().into_bound(py),
        };
        let frames = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
        let frames = frames.iter().map(|frame| frame_to_py(py, frame)).collect::<PyResult<Vec<_>>>()?;
        let trap = types_class!(py, "Trap")?.call1((error.to_string(), code, PyList::new(py, frames)?))?;
        return Ok(PyErr::from_value(trap));
    }
    Ok(match error.kind() {
        ErrorKind::OutOfMemory => PyMemoryError::new_err("wasmote ran out of memory"),
        ErrorKind::Func(_) => PyTypeError::new_err(error.to_string()),
        _ => PyErr::from_value(types_class!(py, "WasmoteError")?.call1((error.to_string(),))?),
    })
}

fn frame_to_py<'py>(py: Python<'py>, frame: &FrameInfo) -> PyResult<Bound<'py, PyAny>> {
    types_class!(py, "Frame")?.call1((
        frame.func_index(),
        frame.func_name(),
        frame.module_name(),
        frame.module_offset(),
        frame.func_offset(),
    ))
}
