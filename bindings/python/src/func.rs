//! Functions, and calls in both directions.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use smallvec::SmallVec;
use wasmote::{AsContextMut, Error, FuncType, Val};

use crate::attach::attach;
use crate::error::{from_py, to_py};
use crate::objects::Token;
use crate::store::{Context, Running, StoreCell, cell_of, extern_to_py};
use crate::{types, value};

/// A function of a store.
#[pyclass(frozen, module = "wasmote")]
pub struct Func {
    /// The function.
    pub handle: wasmote::Func,
    /// The number of the store.
    pub store: u64,
    /// The type, once it was used. Reading it out of the store copies it.
    ty: OnceLock<FuncType>,
}

type Values = SmallVec<[Val; 8]>;

impl Func {
    /// Wraps a function.
    pub fn new(handle: wasmote::Func, store: u64) -> Func {
        Func { handle, store, ty: OnceLock::new() }
    }

    fn ty(&self, context: &Context<'_>) -> &FuncType {
        self.ty.get_or_init(|| self.handle.ty(context))
    }
}

#[pymethods]
impl Func {
    /// Makes a host function. `func` gets the arguments as Python values, after a `Caller` if `access_caller` is set. It
    /// returns the result, `None`, or as many results as the type says.
    #[new]
    #[pyo3(signature = (store, ty, func, access_caller = false))]
    fn of_host(
        store: &Bound<'_, PyAny>,
        ty: &Bound<'_, PyAny>,
        func: &Bound<'_, PyAny>,
        access_caller: bool,
    ) -> PyResult<Func> {
        let cell = cell_of(store)?;
        let function = HostFunction::new(ty, func, access_caller)?;
        let handle = cell.with(|context| Ok(function.add_to(&cell, context)))?;
        Ok(Func::new(handle, cell.id))
    }

    /// Returns the type.
    fn r#type<'py>(&self, py: Python<'py>, store: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let cell = cell_of(store)?;
        cell.check(self.store)?;
        cell.with(|context| types::func_type_to_py(py, self.ty(context)))
    }

    /// Calls the function. Returns `None`, the result, or a list of the results.
    #[pyo3(signature = (store, *params))]
    fn __call__(&self, py: Python<'_>, store: &Bound<'_, PyAny>, params: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        let cell = cell_of(store)?;
        cell.check(self.store)?;
        cell.with(|context| {
            let ty = self.ty(context);
            if params.len() != ty.params().len() {
                return Err(wrong_count(params.len(), ty.params().len()));
            }
            let mut args = Values::new();
            for (param, &ty) in params.iter().zip(ty.params()) {
                args.push(value::of_py(&param, ty, context, &cell)?);
            }
            let mut results = Values::from_elem(Val::I32(0), ty.results().len());
            cell.run(py, || self.handle.call(&mut *context, &args, &mut results)).map_err(|error| to_py(py, error))?;
            match &results[..] {
                [] => Ok(py.None()),
                [result] => value::to_py(py, *result, context, &cell),
                results => {
                    let results = results.iter().map(|&result| value::to_py(py, result, context, &cell));
                    Ok(PyList::new(py, results.collect::<PyResult<Vec<_>>>()?)?.into_any().unbind())
                }
            }
        })
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Func>().is_ok_and(|other| other.get().handle == self.handle)
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.handle.hash(&mut hasher);
        hasher.finish()
    }
}

#[cold]
fn wrong_count(given: usize, expected: usize) -> PyErr {
    PyTypeError::new_err(format!("the function takes {expected} arguments, and {given} were given"))
}

/// A function of Python, for wasm.
pub struct HostFunction {
    /// Its type.
    pub ty: FuncType,
    /// What is called.
    pub callable: Py<PyAny>,
    /// Whether it gets a caller.
    pub access_caller: bool,
}

impl HostFunction {
    /// Checks what Python gave.
    pub fn new(ty: &Bound<'_, PyAny>, callable: &Bound<'_, PyAny>, access_caller: bool) -> PyResult<HostFunction> {
        if !callable.is_callable() {
            return Err(PyTypeError::new_err("expected a callable"));
        }
        Ok(HostFunction { ty: types::func_type(ty)?, callable: callable.clone().unbind(), access_caller })
    }

    /// Adds the function to a store.
    pub fn add_to(self, cell: &StoreCell, context: &mut Context<'_>) -> wasmote::Func {
        let HostFunction { ty, callable, access_caller } = self;
        let (types, token) = (ty.clone(), cell.objects.add(callable));
        wasmote::Func::new(context, ty, move |running, args, results| {
            let called = attach(|py| call_python(py, running, &token, &types, access_caller, args, results));
            called.unwrap_or_else(|| Err(Error::new("the Python interpreter is shutting down")))
        })
    }
}

fn call_python(
    py: Python<'_>,
    mut running: Running<'_>,
    token: &Token,
    ty: &FuncType,
    access_caller: bool,
    args: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let cell = running.data().cell.upgrade().ok_or_else(|| Error::new("the store is being deleted"))?;
    let call = || {
        let callable = token.get(py)?;
        let mut params = SmallVec::<[Py<PyAny>; 8]>::new();
        let mut caller = None;
        if access_caller {
            let object = Py::new(py, Caller { state: Mutex::new(None) })?;
            params.push(object.clone_ref(py).into_any());
            caller = Some(object);
        }
        let context = &mut running.as_context_mut();
        for &arg in args {
            params.push(value::to_py(py, arg, context, &cell)?);
        }
        let params = PyTuple::new(py, params)?;
        let returned = cell.lend(&mut running, |lent| {
            let Some(caller) = &caller else { return callable.bind(py).call1(params) };
            caller.get().set(Some((Arc::clone(&cell), Lent(lent))));
            let returned = callable.bind(py).call1(params);
            caller.get().set(None);
            returned
        })?;
        let context = &mut running.as_context_mut();
        match results {
            [] if returned.is_none() => {}
            [] => return Err(PyTypeError::new_err("a host function without results returned a value")),
            [result] => *result = value::of_py(&returned, ty.results()[0], context, &cell)?,
            results => {
                let returned = returned.try_iter()?.take(results.len() + 1).collect::<PyResult<Vec<_>>>()?;
                if returned.len() != results.len() {
                    return Err(PyTypeError::new_err(format!("a host function must return {} values", results.len())));
                }
                for ((returned, &ty), result) in returned.iter().zip(ty.results()).zip(results) {
                    *result = value::of_py(returned, ty, context, &cell)?;
                }
            }
        }
        Ok(())
    };
    call().map_err(from_py)
}

/// The caller that a host function was lent. Only the cell uses it, which checks that it is still the one.
struct Lent(NonNull<()>);

// SAFETY: it is compared with another one before it is used, on the thread that it was lent to (`StoreCell::take`).
unsafe impl Send for Lent {}

/// The store and the calling instance, as a host function sees them. It can be used as a store until the function returns.
#[pyclass(frozen, module = "wasmote")]
pub struct Caller {
    state: Mutex<Option<(Arc<StoreCell>, Lent)>>,
}

impl Caller {
    fn set(&self, state: Option<(Arc<StoreCell>, Lent)>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn state(&self) -> PyResult<(Arc<StoreCell>, NonNull<()>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            Some((cell, lent)) => Ok((Arc::clone(cell), lent.0)),
            None => Err(PyRuntimeError::new_err("the host function that had this Caller has returned")),
        }
    }

    /// Returns the cell of the store, while the function runs.
    pub fn cell(&self) -> PyResult<Arc<StoreCell>> {
        Ok(self.state()?.0)
    }
}

#[pymethods]
impl Caller {
    /// Returns the export of the calling instance with this name, or `None`.
    fn get(&self, py: Python<'_>, name: &str) -> PyResult<Option<Py<PyAny>>> {
        let (cell, lent) = self.state()?;
        let item = cell.with_caller(lent, |running| Ok(running.get_export(name)))?;
        item.map(|item| extern_to_py(py, &cell, item)).transpose()
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        self.get(py, name)?.ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }
}
