//! Stores, and who may use one at which time.
//!
//! Python code shares a store, also while a host function runs that wasm called; in Rust a store has one user at a time.
//! [`StoreCell`] joins the two by one invariant:
//!
//! **`access` says where the one usable borrow of the store is.** It is nowhere (`Idle`: the cell may make one), or with
//! a caller that the running host function was given (`Lent`, to the thread that runs it), or taken (`Taken`). Whoever
//! uses the borrow takes it, and puts it back afterwards. If a panic prevents that, the store stays unusable.
//!
//! Code runs without the interpreter's lock, so that other threads of Python run at the same time. If they use the store,
//! they get an exception.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, ThreadId};

use pyo3::exceptions::{PyBufferError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use wasmote::{
    AsContextMut, Error, Extern, ResourceLimiter, StoreContextMut, StoreLimits, StoreLimitsBuilder, TrapCode,
    UpdateDeadline, scope,
};
use wasmote_wasi::WasiCtx;

use crate::attach::attach;
use crate::engine::{Engine, EngineCell};
use crate::error::{from_py, to_py};
use crate::func::Caller;
use crate::objects::{Objects, Token};
use crate::wasi::WasiConfig;

/// What a store owns for this package.
pub struct StoreData {
    /// The cell of the store.
    pub cell: Weak<StoreCell>,
    /// The state of WASI, once it is set or used.
    pub wasi: Option<WasiCtx>,
    /// The host functions of linkers that are in this store, by number.
    pub linked: HashMap<u64, wasmote::Func>,
    limits: Limits,
    engine: Arc<EngineCell>,
    /// The epoch at which code ends, if there is one.
    deadline: Option<u64>,
}

/// A borrowed store.
pub type Context<'a> = StoreContextMut<'a, StoreData>;
/// The caller of a host function.
pub type Running<'a> = wasmote::Caller<'a, StoreData>;

/// The limits of a store, and that no memory moves beneath a buffer.
struct Limits {
    limits: StoreLimits,
    views: Arc<AtomicUsize>,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        if current > 0 && desired > current && self.views.load(Ordering::SeqCst) > 0 {
            return Err(from_py(PyBufferError::new_err("a memory cannot grow while buffers of the store are in use")));
        }
        self.limits.memory_growing(current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.limits.table_grow_failed(error)
    }

    fn gc_heap_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.limits.gc_heap_growing(current, desired, maximum)
    }

    fn code_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        self.limits.code_growing(current, desired)
    }

    fn total_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        self.limits.total_growing(current, desired)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

#[derive(Clone, Copy)]
enum Access {
    /// No code runs in the store.
    Idle,
    /// A host function runs on this thread. This is its `Running<'_>`, which is borrowed as long as the function runs.
    Lent { caller: NonNull<()>, thread: ThreadId },
    /// The borrow is in use.
    Taken,
}

/// A store that Python code shares.
pub struct StoreCell {
    /// The number of the store, which its items have, too.
    pub id: u64,
    access: Mutex<Access>,
    store: UnsafeCell<wasmote::Store<StoreData>>,
    /// The engine of the store.
    pub engine: Arc<EngineCell>,
    /// The Python objects of the store.
    pub objects: Arc<Objects>,
    /// How many buffers of its memories are in use.
    pub views: Arc<AtomicUsize>,
}

// SAFETY: the store is used by whoever has taken its borrow, and by the thread of `Lent`; see the invariant above. The
// pointer in `access` is used by that thread alone. `assert_send` proves that the store may be used by any thread.
unsafe impl Send for StoreCell {}
// SAFETY: as above.
unsafe impl Sync for StoreCell {}

const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<wasmote::Store<StoreData>>();
};

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl StoreCell {
    fn new(engine: &Arc<EngineCell>) -> Result<Arc<StoreCell>, Error> {
        let views = Arc::<AtomicUsize>::default();
        let data = |cell: &Weak<StoreCell>| StoreData {
            cell: Weak::clone(cell),
            wasi: None,
            linked: HashMap::new(),
            limits: Limits { limits: StoreLimits::default(), views: Arc::clone(&views) },
            engine: Arc::clone(engine),
            deadline: None,
        };
        let mut failure = None;
        let cell = Arc::new_cyclic(|cell| {
            let mut store = wasmote::Store::new(&engine.watched.engine, data(cell));
            let prepared = store.try_limiter(|data| &mut data.limits).and_then(|()| store.set_epoch_deadline(1));
            failure = prepared.err();
            store.epoch_deadline_callback(at_epoch);
            StoreCell {
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                access: Mutex::new(Access::Idle),
                store: UnsafeCell::new(store),
                engine: Arc::clone(engine),
                objects: Arc::default(),
                views: Arc::clone(&views),
            }
        });
        failure.map_or(Ok(cell), Err)
    }

    fn set_access(&self, access: Access) -> Access {
        std::mem::replace(&mut *self.access.lock().unwrap_or_else(PoisonError::into_inner), access)
    }

    /// Takes the borrow, if this thread may have it and `may` permits it.
    fn take(&self, may: impl FnOnce(Access) -> bool) -> PyResult<Access> {
        let mut access = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = match *access {
            Access::Idle => true,
            Access::Lent { thread, .. } => thread == thread::current().id(),
            Access::Taken => false,
        };
        if !is_free {
            return Err(PyRuntimeError::new_err("the store is in use"));
        }
        if !may(*access) {
            return Err(PyRuntimeError::new_err("this is not possible now: code of the store is running"));
        }
        Ok(std::mem::replace(&mut access, Access::Taken))
    }

    /// Runs `body` with the store. Handles of references that it makes are valid until it ends.
    ///
    /// # Errors
    /// Fails if the store is in use, by another thread or by code that may not use it now.
    pub fn with<R>(&self, body: impl FnOnce(&mut Context<'_>) -> PyResult<R>) -> PyResult<R> {
        let access = self.take(|_| true)?;
        let mut context = match access {
            // SAFETY: nobody else borrows the store, by the invariant; `Taken` keeps it so until `body` has ended.
            Access::Idle => unsafe { (*self.store.get()).as_context_mut() },
            // SAFETY: `lend` keeps the caller borrowed as long as this access is there, and nobody else uses it, by
            // the invariant.
            Access::Lent { caller, .. } => unsafe { caller.cast::<Running<'_>>().as_mut().as_context_mut() },
            // `take` returned an error.
            Access::Taken => return Err(PyRuntimeError::new_err("the store is in use")),
        };
        let result = scope(&mut context, body);
        self.set_access(access);
        self.objects.release_due();
        result
    }

    /// Runs `body` with the caller, if its function is the one that runs now.
    pub fn with_caller<R>(
        &self,
        caller: NonNull<()>,
        body: impl FnOnce(&mut Running<'_>) -> PyResult<R>,
    ) -> PyResult<R> {
        let access = self.take(|access| matches!(access, Access::Lent { caller: running, .. } if running == caller))?;
        // SAFETY: as for `Lent` in `with`.
        let result = body(unsafe { caller.cast::<Running<'_>>().as_mut() });
        self.set_access(access);
        self.objects.release_due();
        result
    }

    /// Runs Python code, which may use the store through this caller.
    pub fn lend<R>(&self, running: &mut Running<'_>, python: impl FnOnce(NonNull<()>) -> R) -> R {
        /// If a panic passes, the caller is gone: the store stays unusable.
        struct Unlend<'a>(&'a StoreCell);
        impl Drop for Unlend<'_> {
            fn drop(&mut self) {
                self.0.set_access(Access::Taken);
            }
        }
        let caller = NonNull::from(running).cast();
        self.set_access(Access::Lent { caller, thread: thread::current().id() });
        let unlend = Unlend(self);
        self.objects.release_due();
        let result = python(caller);
        std::mem::forget(unlend);
        // Code that switches native stacks (greenlets) could leave calls in another order than it began them. Then
        // another call still uses the store.
        if !matches!(self.set_access(Access::Taken), Access::Lent { caller: last, .. } if last == caller) {
            eprintln!("wasmote: a host function returned while a call that it began was running");
            std::process::abort();
        }
        result
    }

    /// Runs `body` with the store itself, if no code runs in it.
    fn with_idle<R>(&self, body: impl FnOnce(&mut wasmote::Store<StoreData>) -> PyResult<R>) -> PyResult<R> {
        let access = self.take(|access| matches!(access, Access::Idle))?;
        // SAFETY: as for `Idle` in `with`.
        let result = body(unsafe { &mut *self.store.get() });
        self.set_access(access);
        self.objects.release_due();
        result
    }

    /// Runs code that may last: without the interpreter's lock, and looked after.
    pub fn run<R: Send>(&self, py: Python<'_>, code: impl FnOnce() -> R + Send) -> R {
        py.detach(|| self.engine.watched.run(code))
    }

    /// Fails if the number of an item's store is another one.
    #[inline]
    pub fn check(&self, item: u64) -> PyResult<()> {
        if item == self.id { Ok(()) } else { Err(PyValueError::new_err("the object belongs to another store")) }
    }

    /// Fails if the engine of an object is another one.
    pub fn check_engine(&self, engine: &wasmote::Engine) -> PyResult<()> {
        match wasmote::Engine::same(&self.engine.watched.engine, engine) {
            true => Ok(()),
            false => Err(PyValueError::new_err("the object belongs to another engine")),
        }
    }
}

/// Decides at each epoch whether code goes on, after Python's signal handlers have run.
fn at_epoch(context: Context<'_>) -> Result<UpdateDeadline, Error> {
    // An interpreter that ends waits for nothing; its daemon threads may run on.
    attach(|py| py.check_signals()).transpose().map_err(from_py)?;
    let data = context.data();
    if data.deadline.is_some_and(|deadline| data.engine.epoch() >= deadline) {
        return Err(TrapCode::Interrupt.into());
    }
    Ok(UpdateDeadline::Continue(1))
}

/// Returns the cell of a `Store` or `Caller`.
#[inline]
pub fn cell_of(store: &Bound<'_, PyAny>) -> PyResult<Arc<StoreCell>> {
    if let Ok(store) = store.cast::<Store>() {
        return Ok(Arc::clone(&store.get().cell));
    }
    match store.cast::<Caller>() {
        Ok(caller) => caller.get().cell(),
        Err(_) => Err(PyTypeError::new_err("expected a Store or a Caller")),
    }
}

/// An item as Python sees it.
pub fn extern_to_py(py: Python<'_>, cell: &StoreCell, item: Extern) -> PyResult<Py<PyAny>> {
    use crate::{func::Func, items, memory::Memory};
    let store = cell.id;
    Ok(match item {
        Extern::Func(handle) => Py::new(py, Func::new(handle, store))?.into_any(),
        Extern::Memory(handle) => Py::new(py, Memory { handle, store })?.into_any(),
        Extern::Table(handle) => Py::new(py, items::Table { handle, store })?.into_any(),
        Extern::Global(handle) => Py::new(py, items::Global { handle, store })?.into_any(),
        Extern::Tag(handle) => Py::new(py, items::Tag { handle, store })?.into_any(),
        Extern::SharedMemory(memory) => Py::new(py, items::SharedMemory { memory })?.into_any(),
        _ => return Err(PyTypeError::new_err("an item of an unknown kind")),
    })
}

/// An item of Python's, which must be in this store, or in none.
pub fn extern_of_py(cell: &StoreCell, item: &Bound<'_, PyAny>) -> PyResult<Extern> {
    use crate::{func::Func, items, memory::Memory};
    macro_rules! try_kinds {
        ($($ty:ty)*) => { $(
            if let Ok(item) = item.cast::<$ty>() {
                cell.check(item.get().store)?;
                return Ok(item.get().handle.into());
            }
        )* };
    }
    try_kinds!(Func Memory items::Table items::Global items::Tag);
    match item.cast::<items::SharedMemory>() {
        Ok(item) => Ok(item.get().memory.clone().into()),
        Err(_) => Err(PyTypeError::new_err("expected a Func, Memory, SharedMemory, Table, Global or Tag")),
    }
}

/// Everything that code works on: instances and their items. It lives as long as this object and its buffers do; other
/// objects do not keep it alive.
#[pyclass(frozen, weakref, subclass, module = "wasmote")]
pub struct Store {
    pub(crate) cell: Arc<StoreCell>,
    data: Token,
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(signature = (engine = None, data = None))]
    fn new(py: Python<'_>, engine: Option<&Engine>, data: Option<Py<PyAny>>) -> PyResult<Store> {
        let engine = engine.map_or_else(|| Arc::new(EngineCell::default()), |engine| Arc::clone(&engine.cell));
        let cell = StoreCell::new(&engine).map_err(|error| to_py(py, error))?;
        let data = cell.objects.add(data.unwrap_or_else(|| py.None()));
        Ok(Store { cell, data })
    }

    /// The engine of the store.
    #[getter]
    fn engine(&self) -> Engine {
        Engine { cell: Arc::clone(&self.cell.engine) }
    }

    /// Returns the object that the store was made with.
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.data.get(py)
    }

    /// Collects the objects of guests that nothing refers to.
    fn gc(&self) -> PyResult<()> {
        self.cell.with_idle(|store| {
            store.collect();
            Ok(())
        })
    }

    /// Sets the fuel that is left. Fails unless `Config.consume_fuel` was set.
    fn set_fuel(&self, py: Python<'_>, fuel: u64) -> PyResult<()> {
        self.cell.with(|context| context.set_fuel(fuel).map_err(|error| to_py(py, error)))
    }

    /// Returns the fuel that is left. Fails unless `Config.consume_fuel` was set.
    fn get_fuel(&self, py: Python<'_>) -> PyResult<u64> {
        self.cell.with(|context| context.get_fuel().map_err(|error| to_py(py, error)))
    }

    /// Gives the store its state of WASI. The configuration may be used again.
    fn set_wasi(&self, py: Python<'_>, wasi: &WasiConfig) -> PyResult<()> {
        let built = wasi.build(py, &self.cell.objects)?;
        let replaced = self.cell.with(|context| Ok(context.data_mut().wasi.replace(built)))?;
        // It flushes streams of Python.
        drop(replaced);
        Ok(())
    }

    /// Sets the deadline: this many calls of `Engine.increment_epoch` from now on. Code then traps. Fails unless
    /// `Config.epoch_interruption` was set.
    fn set_epoch_deadline(&self, ticks_after_current: u64) -> PyResult<()> {
        if !self.cell.engine.has_epochs {
            return Err(PyValueError::new_err("Config.epoch_interruption was not set"));
        }
        let deadline = self.cell.engine.epoch().saturating_add(ticks_after_current);
        self.cell.with(|context| {
            context.data_mut().deadline = Some(deadline);
            Ok(())
        })
    }

    /// Limits what the store may have. A negative number is no limit. Memories are counted in bytes, each by itself;
    /// `total_size` counts memories, tables, objects and translated code together.
    #[pyo3(signature = (memory_size = -1, table_elements = -1, instances = -1, tables = -1, memories = -1, *, total_size = -1, trap_on_grow_failure = false),
        text_signature = "($self, memory_size=-1, table_elements=-1, instances=-1, tables=-1, memories=-1, *, total_size=-1, trap_on_grow_failure=False)")]
    #[allow(clippy::too_many_arguments)]
    fn set_limits(
        &self,
        memory_size: i64,
        table_elements: i64,
        instances: i64,
        tables: i64,
        memories: i64,
        total_size: i64,
        trap_on_grow_failure: bool,
    ) -> PyResult<()> {
        let limit = |number: i64| usize::try_from(number).ok();
        let most = |number| limit(number).unwrap_or(usize::MAX);
        let mut builder = StoreLimitsBuilder::new().trap_on_grow_failure(trap_on_grow_failure);
        builder = builder.instances(most(instances)).tables(most(tables)).memories(most(memories));
        if let Some(bytes) = limit(memory_size) {
            builder = builder.memory_size(bytes);
        }
        if let Some(elements) = limit(table_elements) {
            builder = builder.table_elements(elements);
        }
        if let Some(bytes) = limit(total_size) {
            builder = builder.max_total_bytes(bytes);
        }
        self.cell.with(|context| {
            context.data_mut().limits.limits = builder.build();
            Ok(())
        })
    }

    /// Returns what stops the store's code from other threads.
    fn interrupt_handle(&self, py: Python<'_>) -> PyResult<InterruptHandle> {
        let handle = self.cell.with(|context| context.interrupt_handle().map_err(|error| to_py(py, error)))?;
        Ok(InterruptHandle { handle })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.cell.objects.traverse(&visit)
    }

    fn __clear__(&self) {
        self.cell.objects.clear();
    }
}

/// Stops the code of a store from other threads.
#[pyclass(frozen, module = "wasmote")]
pub struct InterruptHandle {
    handle: wasmote::InterruptHandle,
}

#[pymethods]
impl InterruptHandle {
    /// Stops the code that runs, or else the next that runs, with the trap `TrapCode.INTERRUPT`. Does nothing if the store
    /// is gone.
    fn interrupt(&self) {
        self.handle.interrupt();
    }
}
