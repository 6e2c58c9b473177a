//! Instances.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{to_py, types_class};
use crate::module::Module;
use crate::store::{cell_of, extern_of_py, extern_to_py};

/// A module that was instantiated in a store.
#[pyclass(frozen, module = "wasmote")]
pub struct Instance {
    pub(crate) handle: wasmote::Instance,
    pub(crate) store: u64,
}

#[pymethods]
impl Instance {
    /// Instantiates a module with imports in the order of `Module.imports`, and runs its start function.
    #[new]
    fn new(
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        module: &Module,
        imports: &Bound<'_, PyAny>,
    ) -> PyResult<Instance> {
        let cell = cell_of(store)?;
        cell.check_engine(module.module.engine())?;
        let imports = imports.try_iter()?.map(|item| extern_of_py(&cell, &item?)).collect::<PyResult<Vec<_>>>()?;
        let handle = cell.with(|context| {
            let made = cell.run(py, || wasmote::Instance::new(&mut *context, &module.module, &imports));
            made.map_err(|error| to_py(py, error))
        })?;
        Ok(Instance { handle, store: cell.id })
    }

    /// Returns the exports: a mapping of names to items, in the order of the module.
    fn exports<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let cell = cell_of(store)?;
        cell.check(self.store)?;
        let exports = PyDict::new(py);
        cell.with(|context| {
            for (name, item) in self.handle.exports(&*context) {
                exports.set_item(name, extern_to_py(py, &cell, item)?)?;
            }
            Ok(())
        })?;
        types_class!(py, "InstanceExports")?.call1((exports,))
    }
}
