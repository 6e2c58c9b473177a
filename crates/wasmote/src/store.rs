//! The store: everything that running code may touch, with the embedder's data (spec: exec/runtime#store).
//!
//! ```text
//! Store<T> ──> StoreInner: machine, value stack, arenas of records   <── handles (Func, Memory, ...) by number
//!    └───────> T                    │
//!                                   └── raw pointers among the records, for the handlers
//! ```
//!
//! While code runs, no reference to `StoreInner` exists: hooks make one from the machine's pointer to it, and let
//! go of it before they call the host.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
#[cfg(not(feature = "gc"))]
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(any(feature = "std", not(feature = "gc")))]
use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use wasmote_decode::FuncType;
use wasmote_exec as exec;
use wasmote_ir::ValType;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};

use crate::arena::{Arena, Run};
use crate::code::Places;
use crate::engine::Engine;
use crate::error::Error;
use crate::global::GlobalRecord;
use crate::hooks;
use crate::host::{HostCode, HostRecord};
use crate::instance::InstanceRecord;
use crate::memory::MemoryRecord;
use crate::module::Stats;
#[cfg(feature = "gc")]
use crate::objects::Objects;
use crate::shared::{no_memory, try_box};
use crate::stack::ValueStack;
use crate::table::TableRecord;
use crate::tag::TagRecord;
use crate::translation::Translation;
use crate::types::{Displays, TypeIds};
#[cfg(feature = "gc")]
use wasmote_gc::heap::Stats as HeapStats;

/// Instances, memories, tables, globals and functions, with a value of the embedder's that host functions get at.
///
/// What was put into a store stays until all of it is dropped.
///
/// ```
/// use wasmote::{Engine, Store};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, 41);
/// *store.data_mut() += 1;
/// assert_eq!(store.into_data(), 42);
/// ```
pub struct Store<T> {
    root: NonNull<StoreInner>,
    /// `T` neither shrinks nor grows in lifetime: host functions write what others read.
    data: PhantomData<fn(T) -> T>,
}

// SAFETY: all that a store owns can be sent (host functions and external values must be `Send` and `Sync`, modules
// are) but its raw pointers, which lead to what it owns; the data is a `T`.
unsafe impl<T: Send> Send for Store<T> {}
// SAFETY: through `&Store` one can only read, and get at `&T`.
unsafe impl<T: Sync> Sync for Store<T> {}

/// What does not depend on the type of the embedder's data.
#[doc(hidden)]
pub struct StoreInner {
    pub(crate) machine: exec::Machine,
    pub(crate) id: StoreId,
    pub(crate) engine: Engine,
    /// The embedder's data.
    pub(crate) data: NonNull<()>,
    /// Where the machine's slots are, once there was a call.
    stack: Option<ValueStack>,
    /// What references refer to: `machine.funcs` points here.
    funcs: Vec<*mut exec::Func>,
    hosts: Arena<HostRecord>,
    /// The types of `hosts`.
    host_types: TypeIds,
    /// The supertypes of all types in use: `machine.types` points here.
    displays: Displays,
    pub(crate) memories: Arena<MemoryRecord>,
    /// What instances without a memory have in place of one.
    pub(crate) no_memory: Run<exec::Memory>,
    pub(crate) tables: Arena<TableRecord>,
    pub(crate) globals: Arena<GlobalRecord>,
    pub(crate) tags: Vec<TagRecord>,
    #[cfg(feature = "gc")]
    pub(crate) objects: Objects,
    /// Of which functions the places are that were asked for last.
    pub(crate) places: Places,
    pub(crate) instances: Arena<InstanceRecord>,
    /// What external references refer to: reference `r` is entry `r - 1`. With objects, they are objects.
    #[cfg(not(feature = "gc"))]
    externs: Vec<Arc<dyn Any + Send + Sync>>,
    /// The error of the host function, or of the translation, that stopped execution.
    pub(crate) pending: Option<Error>,
    /// The panic of the host function that stopped execution.
    #[cfg(feature = "std")]
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// Buffers of the translation, once there was one.
    pub(crate) translation: Option<Box<Translation>>,
}

/// Tells stores apart. No number is given twice, so that a handle can only ever meet its own store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StoreId(Number);

#[cfg(target_has_atomic = "64")]
use core::sync::atomic::AtomicU64 as AtomicNumber;
#[cfg(target_has_atomic = "64")]
type Number = u64;
#[cfg(not(target_has_atomic = "64"))]
use core::sync::atomic::AtomicUsize as AtomicNumber;
#[cfg(not(target_has_atomic = "64"))]
type Number = usize;

impl StoreId {
    fn next() -> StoreId {
        use core::sync::atomic::Ordering::Relaxed;
        static NEXT: AtomicNumber = AtomicNumber::new(0);
        match NEXT.fetch_update(Relaxed, Relaxed, |id| id.checked_add(1)) {
            Ok(id) => StoreId(id),
            Err(_) => panic!("no more stores can be made"),
        }
    }
}

impl<T> Store<T> {
    /// An empty store. Its value stack is made with the first call, which fails if there is no room for it.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store::try_new(engine, data).unwrap_or_else(|_| no_memory())
    }

    /// An empty store.
    ///
    /// # Errors
    /// When there is no memory for it. The data is dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<Store<T>, Error> {
        let data = try_box(data)?;
        let mut root = StoreInner::new(engine, NonNull::dangling())?;
        // SAFETY: it was just made.
        unsafe { root.as_mut() }.data = NonNull::from(Box::leak(data)).cast();
        Ok(Store { root, data: PhantomData })
    }

    pub(crate) fn root(&self) -> NonNull<StoreInner> {
        self.root
    }

    fn inner(&self) -> &StoreInner {
        // SAFETY: `root` is owned by `self`, and nobody changes it while `self` is borrowed.
        unsafe { self.root.as_ref() }
    }

    fn data_pointer(&self) -> NonNull<T> {
        self.inner().data.cast()
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        // SAFETY: the data was boxed by `new`, and nobody changes it while `self` is borrowed.
        unsafe { self.data_pointer().as_ref() }
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: the data was boxed by `new`, and nobody else gets at it while `self` is borrowed.
        unsafe { self.data_pointer().as_mut() }
    }

    /// Drops all but the embedder's data.
    pub fn into_data(self) -> T {
        let store = ManuallyDrop::new(self);
        let data = store.data_pointer();
        // SAFETY: both were boxed by `new`, and `drop` will not free them again.
        unsafe {
            drop(Box::from_raw(store.root.as_ptr()));
            *Box::from_raw(data.as_ptr())
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner().engine
    }

    /// Gives code that takes fuel this much: see [`Config::fuel`](crate::Config::fuel). A new store has `u64::MAX`.
    pub fn set_fuel(&mut self, fuel: u64) {
        // SAFETY: `root` is owned by `self`, and nobody else uses it while `self` is borrowed.
        unsafe { self.root.as_mut() }.machine.fuel = fuel;
    }

    /// The fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.inner().machine.fuel
    }

    /// Drops all objects that nothing can reach, now instead of when their room is needed.
    #[cfg(feature = "gc")]
    pub fn collect(&mut self) {
        // SAFETY: `root` is owned by `self`, and nobody else uses it while `self` is borrowed.
        unsafe { self.root.as_mut() }.collect();
    }

    /// What happened to objects so far.
    #[cfg(feature = "gc")]
    pub fn heap_stats(&self) -> HeapStats {
        self.inner().objects.stats(&self.inner().machine.heap)
    }

    /// How many frames of functions were searched for handlers of exceptions so far: each that one was thrown in, across or into.
    #[cfg(feature = "gc")]
    pub fn searched_frames(&self) -> u64 {
        self.inner().machine.searched
    }

    /// What was translated so far of the modules that have instances here.
    pub fn stats(&self) -> Stats {
        self.inner().stats()
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        let data = self.data_pointer();
        // SAFETY: both were boxed by `new`, and nothing uses them after this.
        unsafe {
            drop(Box::from_raw(self.root.as_ptr()));
            drop(Box::from_raw(data.as_ptr()));
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(self.data()).finish()
    }
}

impl StoreInner {
    fn new(engine: &Engine, data: NonNull<()>) -> Result<NonNull<StoreInner>, OutOfMemory> {
        // Without a stack: in it not even the smallest frame finds room, and the first call comes to `make_stack`.
        let mut machine = exec::Machine::new(core::ptr::null_mut(), 0, hooks::HOOKS);
        machine.max_depth = engine.config().max_nesting;
        let mut no_memory = try_with_capacity(1)?;
        no_memory.push(exec::Memory {
            base: exec::EmptyMemory::base(),
            page_log2: 16,
            memory64: false,
            max_pages: 0,
            embedder: usize::MAX,
        });
        let inner = StoreInner {
            machine,
            id: StoreId::next(),
            engine: engine.clone(),
            data,
            stack: None,
            funcs: Vec::new(),
            hosts: Arena::new(),
            host_types: TypeIds::new(engine),
            displays: Displays::default(),
            memories: Arena::new(),
            no_memory: Run::new(no_memory)?,
            tables: Arena::new(),
            globals: Arena::new(),
            tags: Vec::new(),
            #[cfg(feature = "gc")]
            objects: Objects::new(engine.config())?,
            places: Places::default(),
            instances: Arena::new(),
            #[cfg(not(feature = "gc"))]
            externs: Vec::new(),
            pending: None,
            #[cfg(feature = "std")]
            panic: None,
            translation: None,
        };
        let root = NonNull::from(Box::leak(try_box(inner)?));
        // SAFETY: `root` was just made.
        unsafe {
            (*root.as_ptr()).machine.embedder = root.as_ptr().cast();
            #[cfg(feature = "gc")]
            {
                (*root.as_ptr()).machine.heap.layouts = (*root.as_ptr()).objects.layouts();
            }
        }
        Ok(root)
    }

    /// Makes the value stack if there is none yet, and says whether it was made now.
    pub(crate) fn make_stack(&mut self) -> Result<bool, Error> {
        if self.stack.is_some() {
            return Ok(false);
        }
        let stack = ValueStack::new(self.engine.config().max_stack).ok_or(OutOfMemory)?;
        self.machine.set_stack(stack.start(), stack.len());
        self.stack = Some(stack);
        Ok(true)
    }

    /// Refuses a handle of another store.
    #[inline]
    pub(crate) fn check(&self, id: StoreId) {
        if id != self.id {
            wrong_store();
        }
    }

    /// The reference to a function, which is made with the first one.
    ///
    /// # Safety
    /// `func` is a function's record in this store.
    pub(crate) unsafe fn reference(&mut self, func: *mut exec::Func) -> Result<u32, OutOfMemory> {
        // SAFETY: the caller's promise.
        let known = unsafe { (*func).reference };
        if known != 0 {
            return Ok(known);
        }
        self.funcs.try_push(func)?;
        let Ok(reference) = u32::try_from(self.funcs.len()) else {
            panic!("a store cannot have more than 2^32 functions")
        };
        self.machine.funcs = self.funcs.as_ptr();
        self.machine.funcs_len = reference;
        // SAFETY: the caller's promise.
        unsafe { (*func).reference = reference };
        Ok(reference)
    }

    /// The number of a function type, which is held from now on.
    pub(crate) fn add_type(&mut self, ty: &FuncType) -> Result<u32, Error> {
        let id = self.host_types.add(ty)?;
        let known = self.engine.types().lock().known(id);
        let added = self.displays.add(id, known.as_ref());
        self.machine.types = self.displays.types();
        added?;
        Ok(id)
    }
    /// Makes the types of a module known to the machine.
    pub(crate) fn add_types(&mut self, types: &TypeIds) -> Result<(), OutOfMemory> {
        #[cfg(feature = "gc")]
        let engine = self.engine.clone();
        #[cfg(feature = "gc")]
        let registry = engine.types().lock();
        #[cfg(feature = "gc")]
        let is_func = |id: u32| registry.kind(id) == wasmote_ir::HeapType::Func;
        let added = types.known().try_for_each(|(id, known)| {
            self.displays.add(id, Some(known))?;
            #[cfg(feature = "gc")]
            self.objects.add_type(id, &known.ty, &is_func)?;
            Ok(())
        });
        // Whatever failed, they may have moved.
        self.machine.types = self.displays.types();
        added
    }

    /// Holds what these types refer to.
    pub(crate) fn hold_types(&mut self, types: &[ValType]) -> Result<(), OutOfMemory> {
        for id in types.iter().filter_map(|ty| ty.reference()?.index()) {
            #[cfg(feature = "gc")]
            self.use_type(id)?;
            #[cfg(not(feature = "gc"))]
            self.host_types.hold(id)?;
        }
        Ok(())
    }

    /// Makes a type known to the machine, and holds it.
    #[cfg(feature = "gc")]
    pub(crate) fn add_object_type(&mut self, id: u32) -> Result<(), OutOfMemory> {
        self.host_types.hold(id)?;
        let engine = self.engine.clone();
        let registry = engine.types().lock();
        let known = registry.known(id);
        let added = self.displays.add(id, known.as_ref());
        self.machine.types = self.displays.types();
        added?;
        match known {
            Some(known) => self.objects.add_type(id, &known.ty, &|id| registry.kind(id) == wasmote_ir::HeapType::Func),
            None => Ok(()),
        }
    }

    /// What a reference refers to; `None` if it is null or of no function.
    pub(crate) fn func(&self, reference: u32) -> Option<*mut exec::Func> {
        let index = (reference as usize).checked_sub(1)?;
        self.funcs.get(index).copied()
    }

    /// Makes a host function; its reference. The type must have been checked by [`crate::host::check_type`].
    pub(crate) fn add_host(&mut self, host: &HostCode, type_id: Option<u32>) -> Result<u32, Error> {
        let type_id = match type_id {
            Some(id) => {
                self.host_types.hold(id)?;
                id
            }
            None => self.add_type(host.ty())?,
        };
        let record = self.hosts.push(HostRecord::new(host.clone(), type_id))?;
        // SAFETY: a record of a host function begins with that of a function, and lies in this store.
        Ok(unsafe { self.reference(record.as_ptr().cast()) }?)
    }

    #[cfg(not(feature = "gc"))]
    pub(crate) fn add_extern(&mut self, value: Arc<dyn Any + Send + Sync>) -> Option<u32> {
        let reference = u32::try_from(self.externs.len() + 1).ok()?;
        self.externs.try_push(value).ok()?;
        Some(reference)
    }

    #[cfg(not(feature = "gc"))]
    pub(crate) fn extern_value(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        let index = (reference as usize).checked_sub(1)?;
        self.externs.get(index).map(|value| &**value)
    }

    /// The buffers of translation, which are made when they are first asked for.
    pub(crate) fn translation(&mut self) -> Result<&mut Translation, OutOfMemory> {
        let made = match self.translation.take() {
            Some(made) => made,
            None => try_box(Translation::new(self.engine.config()))?,
        };
        Ok(self.translation.insert(made))
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        // Ordered by module: there may be many of either. (A heap sorts with a tenth of the code that `sort` has.)
        let instances = self.instances.iter().map(|instance| {
            // SAFETY: records live as long as the store, and nothing changes this one.
            let module = unsafe { &(*instance.as_ptr()).module };
            (module.address(), instance)
        });
        let instances = instances.collect::<BinaryHeap<_>>().into_sorted_vec();
        for (at, &(module, instance)) in instances.iter().enumerate() {
            if at == 0 || instances[at - 1].0 != module {
                // SAFETY: as above.
                stats += unsafe { &(*instance.as_ptr()).module }.stats();
            }
        }
        stats
    }
}

#[cold]
#[inline(never)]
fn wrong_store() -> ! {
    panic!("a handle (Func, Memory, Instance, ...) was used with a store that it does not belong to")
}
