//! The Python objects that a store owns: host functions, streams, and what `externref`s refer to.
//!
//! They stand in one table, so that Python's collector sees each of them once, through the store. What is in the wasm store
//! has only a [`Token`]. Dropping a token may happen while the store is in use, or on a thread that does not hold the
//! interpreter's lock; so the object is only moved to a list then, and released when its finalizer may use the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyReferenceError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// A table of Python objects.
#[derive(Default)]
pub struct Objects(Mutex<Table>);

#[derive(Default)]
struct Table {
    live: HashMap<u64, Py<PyAny>>,
    /// Objects whose tokens were dropped.
    due: Vec<Py<PyAny>>,
    next: u64,
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an object.
    pub fn add(self: &Arc<Self>, object: Py<PyAny>) -> Token {
        let mut table = self.lock();
        let key = table.next;
        table.next += 1;
        table.live.insert(key, object);
        Token { key, objects: Arc::clone(self) }
    }

    /// Releases the objects that are due. They may run code of Python.
    pub fn release_due(&self) {
        let mut table = self.lock();
        if table.due.is_empty() {
            return;
        }
        let due = std::mem::take(&mut table.due);
        drop(table);
        drop(due);
    }

    /// Shows all objects to Python's collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Nobody waits for the interpreter while holding the lock, so this does not wait for long.
        let table = self.lock();
        table.live.values().chain(&table.due).try_for_each(|object| visit.call(object))
    }

    /// Gives up all objects, for Python's collector. Their tokens find nothing afterwards.
    pub fn clear(&self) {
        let mut table = self.lock();
        let objects = (std::mem::take(&mut table.live), std::mem::take(&mut table.due));
        drop(table);
        drop(objects);
    }
}

/// Stands for an object of the table. Dropping it gives up the object.
pub struct Token {
    key: u64,
    objects: Arc<Objects>,
}

impl Token {
    /// Returns the object.
    pub fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let table = self.objects.lock();
        let object = table.live.get(&self.key).map(|object| object.clone_ref(py));
        object.ok_or_else(|| PyReferenceError::new_err("the store's objects were collected"))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let mut table = self.objects.lock();
        if let Some(object) = table.live.remove(&self.key) {
            table.due.push(object);
        }
    }
}
