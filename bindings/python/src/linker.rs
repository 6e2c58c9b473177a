//! Linkers: imports by name.
//!
//! Host functions of Python stay with the linker, so that Python's collector sees them through it. A store gets its own
//! reference to each function that it uses.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use wasmote_wasi::WasiCtx;

use crate::engine::{Engine, EngineCell};
use crate::error::{to_py, types_class};
use crate::func::{Func, HostFunction};
use crate::instance::Instance;
use crate::module::Module;
use crate::store::{Context, StoreCell, StoreData, cell_of, extern_of_py, extern_to_py};

type Name = (String, String);

struct State {
    linker: wasmote::Linker<StoreData>,
    /// Host functions, with numbers that no other has.
    functions: HashMap<Name, (u64, HostFunction)>,
    /// The names that `linker` defines, but those of WASI.
    names: HashSet<Name>,
    allow_shadowing: bool,
    /// The store of the items that are defined, if there are any.
    store: Option<u64>,
}

static NEXT_FUNCTION: AtomicU64 = AtomicU64::new(0);

/// Finds the imports of modules by name. Host functions and WASI serve all stores of the engine; items serve theirs.
#[pyclass(frozen, module = "wasmote")]
pub struct Linker {
    state: Mutex<State>,
    engine: Arc<EngineCell>,
}

impl State {
    fn check_store(&self, cell: &StoreCell) -> PyResult<()> {
        match self.store {
            Some(store) if store != cell.id => Err(PyValueError::new_err("the linker has items of another store")),
            _ => cell.check_engine(self.linker.engine()),
        }
    }

    /// Removes a function whose name is defined again, if that is allowed.
    fn shadow(&mut self, py: Python<'_>, name: &Name) -> PyResult<()> {
        let is_defined = self.functions.contains_key(name) || self.names.contains(name);
        if is_defined && !self.allow_shadowing {
            let message = format!("{} {} is defined already", name.0, name.1);
            return Err(PyErr::from_value(types_class!(py, "WasmoteError")?.call1((message,))?));
        }
        self.functions.remove(name);
        Ok(())
    }

    /// Returns the function with this name, which is added to the store if it is not there yet.
    fn function(
        &self,
        py: Python<'_>,
        name: &Name,
        cell: &StoreCell,
        context: &mut Context<'_>,
    ) -> Option<wasmote::Func> {
        let (number, HostFunction { ty, callable, access_caller }) = self.functions.get(name)?;
        if let Some(func) = context.data().linked.get(number) {
            return Some(*func);
        }
        let callable = callable.clone_ref(py);
        let func = HostFunction { ty: ty.clone(), callable, access_caller: *access_caller }.add_to(cell, context);
        context.data_mut().linked.insert(*number, func);
        Some(func)
    }

    /// Returns a linker with the functions that a module imports.
    fn complete(
        &self,
        py: Python<'_>,
        module: &wasmote::Module,
        cell: &StoreCell,
        context: &mut Context<'_>,
    ) -> PyResult<wasmote::Linker<StoreData>> {
        let mut linker = self.linker.clone();
        linker.allow_shadowing(true);
        for import in module.imports() {
            let name = (import.module().to_owned(), import.name().to_owned());
            if let Some(func) = self.function(py, &name, cell, context) {
                linker.define(&name.0, &name.1, func).map_err(|error| to_py(py, error))?;
            }
        }
        Ok(linker)
    }
}

impl Linker {
    /// Borrows the state. Objects that Python frees meanwhile may run code, and so may other threads then. They find
    /// the linker in use.
    fn state(&self) -> PyResult<MutexGuard<'_, State>> {
        self.state.try_lock().map_err(|_| PyRuntimeError::new_err("the linker is in use"))
    }
}

#[pymethods]
impl Linker {
    #[new]
    fn new(engine: &Engine) -> Linker {
        let state = State {
            linker: wasmote::Linker::new(&engine.cell.watched.engine),
            functions: HashMap::new(),
            names: HashSet::new(),
            allow_shadowing: false,
            store: None,
        };
        Linker { state: Mutex::new(state), engine: Arc::clone(&engine.cell) }
    }

    /// The engine of the linker.
    #[getter]
    fn engine(&self) -> Engine {
        Engine { cell: Arc::clone(&self.engine) }
    }

    /// Whether a definition may take the place of another. Default: false.
    #[setter]
    fn set_allow_shadowing(&self, allow: bool) -> PyResult<()> {
        let mut state = self.state()?;
        state.allow_shadowing = allow;
        state.linker.allow_shadowing(allow);
        Ok(())
    }

    /// Defines an item of a store. Then the linker serves this store alone.
    fn define(
        &self,
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        module: &str,
        name: &str,
        item: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let cell = cell_of(store)?;
        let item = extern_of_py(&cell, item)?;
        let names = (module.to_owned(), name.to_owned());
        let mut state = self.state()?;
        state.check_store(&cell)?;
        state.shadow(py, &names)?;
        state.linker.define(module, name, item).map_err(|error| to_py(py, error))?;
        state.names.insert(names);
        state.store = Some(cell.id);
        Ok(())
    }

    /// Defines a host function for all stores of the engine: see `Func`.
    #[pyo3(signature = (module, name, ty, func, access_caller = false))]
    fn define_func(
        &self,
        py: Python<'_>,
        module: String,
        name: String,
        ty: &Bound<'_, PyAny>,
        func: &Bound<'_, PyAny>,
        access_caller: bool,
    ) -> PyResult<()> {
        let function = HostFunction::new(ty, func, access_caller)?;
        let names = (module, name);
        let mut state = self.state()?;
        state.shadow(py, &names)?;
        let replaced = state.functions.insert(names, (NEXT_FUNCTION.fetch_add(1, Ordering::Relaxed), function));
        // It may run code of Python.
        drop(state);
        drop(replaced);
        Ok(())
    }

    /// Defines all exports of an instance under a module name. Then the linker serves the instance's store alone.
    fn define_instance(
        &self,
        py: Python<'_>,
        store: &Bound<'_, PyAny>,
        name: &str,
        instance: &Instance,
    ) -> PyResult<()> {
        let cell = cell_of(store)?;
        cell.check(instance.store)?;
        let mut state = self.state()?;
        state.check_store(&cell)?;
        cell.with(|context| {
            let exports = instance.handle.exports(&*context).map(|(export, _)| (name.to_owned(), export.to_owned()));
            let names = exports.collect::<Vec<_>>();
            names.iter().try_for_each(|name| state.shadow(py, name))?;
            // If a name is taken, the exports before it are defined.
            state.store = Some(cell.id);
            state.linker.instance(&mut *context, name, instance.handle).map_err(|error| to_py(py, error))?;
            state.names.extend(names);
            Ok(())
        })
    }

    /// Instantiates a module in a store, and defines its exports under a module name.
    fn define_module(&self, py: Python<'_>, store: &Bound<'_, PyAny>, name: &str, module: &Module) -> PyResult<()> {
        let instance = self.instantiate(py, store, module)?;
        self.define_instance(py, store, name, &instance)
    }

    /// Defines the functions of WASI preview 1. `Store.set_wasi` says what a guest sees.
    fn define_wasi(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.state()?;
        wasmote_wasi::add_to_linker(&mut state.linker, wasi).map_err(|error| to_py(py, error))
    }

    /// Instantiates a module with what the linker defines, and runs its start function.
    fn instantiate(&self, py: Python<'_>, store: &Bound<'_, PyAny>, module: &Module) -> PyResult<Instance> {
        let cell = cell_of(store)?;
        cell.check_engine(module.module.engine())?;
        let handle = cell.with(|context| {
            let linker = {
                let state = self.state()?;
                state.check_store(&cell)?;
                state.complete(py, &module.module, &cell, context)?
            };
            let made = cell.run(py, || linker.instantiate(&mut *context, &module.module));
            made.map_err(|error| to_py(py, error))
        })?;
        Ok(Instance { handle, store: cell.id })
    }

    /// Returns the default function of a module that was defined: its export without a name, or `_start`.
    fn get_default(&self, py: Python<'_>, store: &Bound<'_, PyAny>, name: &str) -> PyResult<Func> {
        let cell = cell_of(store)?;
        let state = self.state()?;
        state.check_store(&cell)?;
        let handle = cell.with(|context| {
            let named = ["", "_start"].map(|export| (name.to_owned(), export.to_owned()));
            if let Some(func) = named.iter().find_map(|name| state.function(py, name, &cell, context)) {
                return Ok(func);
            }
            state.linker.get_default(context, name).map_err(|error| to_py(py, error))
        })?;
        Ok(Func::new(handle, cell.id))
    }

    /// Returns what is defined under this name. Raises `WasmoteError` if there is nothing.
    fn get(&self, py: Python<'_>, store: &Bound<'_, PyAny>, module: &str, name: &str) -> PyResult<Py<PyAny>> {
        let cell = cell_of(store)?;
        let state = self.state()?;
        state.check_store(&cell)?;
        let item = cell.with(|context| {
            let names = (module.to_owned(), name.to_owned());
            Ok(match state.function(py, &names, &cell, context) {
                Some(func) => Some(func.into()),
                None => state.linker.get(context, module, name),
            })
        })?;
        match item {
            Some(item) => extern_to_py(py, &cell, item),
            None => {
                let message = format!("{module} {name} is not defined");
                Err(PyErr::from_value(types_class!(py, "WasmoteError")?.call1((message,))?))
            }
        }
    }

    /// Defines all functions that a module imports and the linker lacks as functions that trap.
    fn define_unknown_imports_as_traps(&self, py: Python<'_>, module: &Module) -> PyResult<()> {
        match wasmote::Engine::same(&self.engine.watched.engine, module.module.engine()) {
            // Functions of Python have precedence over what is defined here.
            true => {
                self.state()?.linker.define_unknown_imports_as_traps(&module.module).map_err(|error| to_py(py, error))
            }
            false => Err(PyValueError::new_err("the object belongs to another engine")),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Only threads that hold the interpreter's lock take this one. So it is locked for all of a collection, or not.
        let Ok(state) = self.state.try_lock() else { return Ok(()) };
        state.functions.values().try_for_each(|(_, function)| visit.call(&function.callable))
    }

    fn __clear__(&self) {
        // Nobody uses a linker that is being collected.
        let functions = self.state().map(|mut state| std::mem::take(&mut state.functions));
        drop(functions);
    }
}

/// Returns the state of WASI in a store. Without one, a guest sees nothing.
fn wasi(data: &mut StoreData) -> &mut WasiCtx {
    data.wasi.get_or_insert_with(|| WasiCtx::builder().build_p1())
}
