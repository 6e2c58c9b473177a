//! The store: everything that running code can reach (spec: exec/runtime#store).
//!
//! ```text
//! StoreWithData<T> ──> Store: machine, value stack, arenas of records   <── handles (Func, Memory, ...), by number
//!    └───────> T                │
//!                               └── raw pointers among the records, for the handlers
//! ```
//!
//! While code runs, no reference to `Store` exists. Hooks make one from the machine's pointer to the store, and end
//! it before they call the host.

use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::any::Any;
use core::ptr::NonNull;

use wasmote_decode::{FuncType, GlobalType, MemoryType, TableType};
use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec};

use crate::activation::Calls;
use crate::arena::Arena;
use crate::call_hook::CallHooks;
use crate::code::{Code, CodeStats, LookupCache, Variant};
use crate::engine::Engine;
use crate::error::{Error, Fault};
use crate::fuel::FuelSlices;
use crate::global::GlobalRecord;
use crate::host::{HostCode, HostRecord};
use crate::instance::InstanceRecord;
use crate::interrupt::Interrupts;
use crate::limits::{CodeBudget, Growth, Limits, Resource};
use crate::memory::MemoryRecord;
use crate::module::ModuleInner;
use crate::noted::{Noted, Writes};
use crate::objects::Objects;
use crate::samples::Samples;
use crate::shared::try_box;
use crate::shared_memory::SharedMemory;
use crate::stack::ValueStack;
use crate::table::TableRecord;
use crate::tag::TagRecord;
use crate::translation::Translation;
use crate::type_ids::{SupertypeDisplays, TypeIds};

/// Instances, memories, tables, globals and functions, and the machine that runs them.
///
/// Its parts point to each other and to the store itself. So nothing may move a store, or put another in its place.
pub struct Store {
    pub(crate) machine: exec::Machine,
    id: StoreId,
    pub(crate) engine: Engine,
    /// The embedder's data, in a box of its own.
    pub(crate) data: NonNull<()>,
    /// The memory of the machine's slots, made with the first call.
    stack: Option<ValueStack>,
    #[cfg_attr(not(feature = "interrupt"), allow(dead_code))]
    pub(crate) interrupts: Interrupts,
    /// The calls that have stopped and may run again.
    pub(crate) calls: Calls,
    /// How the fuel is divided while a call runs that yields.
    pub(crate) slices: FuelSlices,
    /// The functions, in the order of their references: `machine.funcs` points here.
    funcs: Vec<*mut exec::Func>,
    hosts: Arena<HostRecord>,
    /// The types of `hosts`.
    pub(crate) host_types: TypeIds,
    /// The supertypes of all types in use: `machine.types` points here.
    pub(crate) displays: SupertypeDisplays,
    pub(crate) memories: Arena<MemoryRecord>,
    /// The shared memories among them, by [`SharedMemory::address`], with their numbers.
    pub(crate) shared_memories: Vec<(*const (), u32)>,
    /// The memory of instances that have none.
    pub(crate) no_memory: exec::Memory,
    pub(crate) tables: Arena<TableRecord>,
    pub(crate) globals: Arena<GlobalRecord>,
    pub(crate) tags: Vec<TagRecord>,
    pub(crate) objects: Objects,
    /// Caches which function a place in code belongs to.
    pub(crate) places: LookupCache,
    pub(crate) instances: Arena<InstanceRecord>,
    /// The error with which a host function or a translation stopped execution.
    pub(crate) pending: Option<Error>,
    /// The panic with which a host function stopped execution.
    #[cfg(feature = "std")]
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// What permits growth.
    pub(crate) limits: Limits,
    /// The translator and its buffers, made with the first translation.
    translation: Option<Box<Translation>>,
    /// What the host changes, for recording.
    pub(crate) noted: Noted,
    #[cfg_attr(not(feature = "profile"), allow(dead_code))]
    pub(crate) samples: Samples,
    /// What is called when calls pass between the host and wasm.
    #[cfg_attr(not(feature = "call-hook"), allow(dead_code))]
    pub(crate) call_hooks: CallHooks,
}

/// Identifies a store. No number is used twice, so a handle matches only its own store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StoreId(u64);

impl StoreId {
    fn next() -> StoreId {
        #[cfg(target_has_atomic = "64")]
        {
            use core::sync::atomic::{AtomicU64, Ordering};
            static LAST: AtomicU64 = AtomicU64::new(0);
            StoreId(LAST.fetch_add(1, Ordering::Relaxed) + 1)
        }
        #[cfg(not(target_has_atomic = "64"))]
        {
            static LAST: crate::lock::Lock<u64> = crate::lock::Lock::new(0);
            let mut last = LAST.lock();
            *last += 1;
            StoreId(*last)
        }
    }
}

impl Store {
    /// Makes an empty store without data, leaked from a box. The first call makes its value stack.
    pub(crate) fn new(engine: &Engine, hooks: exec::Hooks) -> Result<NonNull<Store>, OutOfMemory> {
        // Without a stack, even the smallest frame has no room. So the first call reaches `make_stack`.
        let mut machine = exec::Machine::new(core::ptr::null_mut(), 0, hooks);
        machine.max_native_stack = engine.settings().max_native_stack;
        // Without metering, metered images run as if fuel had no limit.
        if engine.settings().fuel {
            machine.fuel = 0;
        }
        let store = Store {
            machine,
            id: StoreId::next(),
            engine: engine.clone(),
            data: NonNull::dangling(),
            stack: None,
            interrupts: Interrupts::default(),
            calls: Calls::default(),
            slices: FuelSlices::default(),
            funcs: Vec::new(),
            hosts: Arena::new(),
            host_types: TypeIds::new(engine),
            displays: SupertypeDisplays::default(),
            memories: Arena::new(),
            shared_memories: Vec::new(),
            no_memory: exec::Memory {
                base: exec::EmptyMemory::base(),
                page_log2: 16,
                memory64: false,
                shared: false,
                max_pages: 0,
                embedder: usize::MAX,
            },
            tables: Arena::new(),
            globals: Arena::new(),
            tags: Vec::new(),
            objects: Objects::new(engine)?,
            places: LookupCache::default(),
            instances: Arena::new(),
            pending: None,
            #[cfg(feature = "std")]
            panic: None,
            limits: Limits::default(),
            translation: None,
            noted: Noted::default(),
            samples: Samples::default(),
            call_hooks: CallHooks::default(),
        };
        let root = NonNull::from(Box::leak(try_box(store)?));
        // SAFETY: `root` was just leaked from a box, so nothing else refers to it.
        unsafe {
            (*root.as_ptr()).machine.embedder = root.as_ptr().cast();
            (*root.as_ptr()).machine.heap.layouts = (*root.as_ptr()).objects.layouts();
            #[cfg(feature = "stack-switching")]
            {
                (*root.as_ptr()).machine.heap.continuations = (*root.as_ptr()).objects.continuations.as_ptr();
            }
        }
        Ok(root)
    }

    /// Returns the store's identity.
    #[inline]
    pub fn id(&self) -> StoreId {
        self.id
    }

    /// Checks that a handle belongs to this store.
    ///
    /// # Panics
    /// If it belongs to another store.
    #[inline]
    pub fn check(&self, id: StoreId) {
        if id != self.id {
            wrong_store();
        }
    }

    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sets the fuel that is left.
    ///
    /// # Errors
    /// Fails if the engine does not meter code.
    #[inline(never)]
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.get_fuel()?;
        self.set_all_fuel(fuel);
        Ok(())
    }

    /// Returns the fuel that is left.
    ///
    /// # Errors
    /// Fails if the engine does not meter code.
    #[inline(never)]
    pub fn get_fuel(&self) -> Result<u64, Error> {
        if self.engine.settings().fuel {
            return Ok(self.all_fuel());
        }
        Err(Error::usage("the engine does not meter code: turn on `Config::consume_fuel`"))
    }

    /// Takes fuel, and returns what is left.
    ///
    /// # Errors
    /// Fails if the engine does not meter code. If there is less fuel, takes none and fails with
    /// [`TrapCode::OutOfFuel`].
    #[inline(never)]
    pub fn consume_fuel(&mut self, fuel: u64) -> Result<u64, Error> {
        let left = self.get_fuel()?.checked_sub(fuel).ok_or(TrapCode::OutOfFuel)?;
        self.set_all_fuel(left);
        Ok(left)
    }

    /// Returns how many frames were searched for exception handlers so far.
    pub fn frames_searched(&self) -> u64 {
        self.machine.searched
    }

    /// Keeps the error with which a host function stops wasm, for the host's call to return it. `traced` says whether
    /// the frames that it stops are of interest.
    pub fn stop(&mut self, error: Box<dyn Any + Send + Sync>, traced: bool) -> TrapCode {
        self.stop_with(Error::of(Fault::Host { error, traced }), TrapCode::Host)
    }

    /// Does the same, if there is no memory for the error.
    pub fn stop_without_memory(&mut self) -> TrapCode {
        self.stop_with(OutOfMemory.into(), TrapCode::Host)
    }

    #[cold]
    pub(crate) fn stop_with(&mut self, error: Error, code: TrapCode) -> TrapCode {
        self.pending = Some(error);
        code
    }

    /// Returns the error that was kept when wasm stopped with this code. A panic of the host's code continues here.
    pub(crate) fn kept_error(&mut self, code: TrapCode) -> Option<Error> {
        match code {
            TrapCode::Host | TrapCode::InvalidFunction | TrapCode::Suspended => {
                #[cfg(feature = "std")]
                if let Some(panic) = self.panic.take() {
                    std::panic::resume_unwind(panic);
                }
                self.limits.resume_panic();
                self.pending.take()
            }
            TrapCode::HeapExhausted => {
                self.limits.resume_panic();
                self.limits.heap_error()
            }
            _ => None,
        }
    }

    /// Makes the value stack if there is none. Returns whether it was made now.
    pub(crate) fn make_stack(&mut self) -> Result<bool, OutOfMemory> {
        if self.stack.is_some() {
            return Ok(false);
        }
        let stack = ValueStack::new(self.engine.settings().max_stack, self.engine.spaces()).ok_or(OutOfMemory)?;
        self.machine.set_own_stack(stack.start(), stack.len());
        self.stack = Some(stack);
        Ok(true)
    }

    /// Returns the value stack to the engine. Nothing runs any more.
    pub(crate) fn give_back_stack(&mut self) {
        if let Some(stack) = self.stack.take() {
            stack.give_back(self.machine.reached());
        }
    }

    /// Gives references to functions whose records are in a row, and returns the first one. The others follow in order.
    ///
    /// # Safety
    /// From `first` on there are so many records of functions without references. The store keeps them in place.
    pub(crate) unsafe fn add_references(&mut self, first: *mut exec::Func, count: usize) -> Result<u32, OutOfMemory> {
        let before = self.funcs.len();
        let Ok(last) = u32::try_from(before + count) else { return Err(OutOfMemory) };
        self.funcs.try_room(count)?;
        for defined in 0..count {
            // SAFETY: the caller guarantees the record, and `&mut self` proves that no code uses it now.
            let func = unsafe { first.add(defined) };
            self.funcs.push(func);
            // SAFETY: as above.
            unsafe { (*func).reference = self.funcs.len() as u32 };
        }
        self.machine.funcs = self.funcs.as_ptr();
        self.machine.funcs_len = last;
        Ok(before as u32 + 1)
    }

    /// Returns the number of a function type. The store holds the type from now on.
    pub(crate) fn add_func_type(&mut self, ty: &FuncType) -> Result<u32, Error> {
        let id = self.host_types.add(ty)?;
        let known = self.engine.types().lock().known(id);
        let added = self.displays.add(id, known.as_ref());
        self.machine.types = self.displays.types();
        added?;
        Ok(id)
    }

    /// Makes the types of a module known to the machine.
    pub(crate) fn add_types(&mut self, types: &TypeIds) -> Result<(), OutOfMemory> {
        let added = types.known().try_for_each(|(id, known)| self.displays.add(id, Some(known)));
        // The list may have moved, even if adding a type failed.
        self.machine.types = self.displays.types();
        added?;
        self.objects.add_types(&self.engine, types)
    }

    /// Returns the record of the function with this reference, if there is one.
    #[inline]
    pub(crate) fn func(&self, reference: u32) -> Option<*mut exec::Func> {
        let index = (reference as usize).checked_sub(1)?;
        self.funcs.get(index).copied()
    }

    /// Returns whether a reference is to a function.
    pub fn is_func(&self, reference: u32) -> bool {
        self.func(reference).is_some()
    }

    #[inline]
    fn known_func(&self, reference: u32) -> *mut exec::Func {
        match self.func(reference) {
            Some(record) => record,
            None => unreachable!("functions stay in their store"),
        }
    }

    /// Returns the engine's number of a function's type.
    ///
    /// # Panics
    /// If no function has this reference.
    pub fn func_type_id(&self, reference: u32) -> u32 {
        // SAFETY: the store keeps the record in place, and no code runs while the store is borrowed.
        unsafe { (*self.known_func(reference)).type_id }
    }

    /// Returns the type of a function.
    ///
    /// # Panics
    /// If no function has this reference.
    #[inline]
    pub fn func_type(&self, reference: u32) -> &FuncType {
        let func = self.known_func(reference);
        // SAFETY: the store keeps the records in place. A function without an instance is the first part of a
        // `HostRecord`. Any other lies in the array of its instance, whose module never changes.
        unsafe {
            let instance = (*func).instance.cast::<InstanceRecord>();
            if instance.is_null() {
                return (*func.cast::<HostRecord>()).host.ty();
            }
            let module = (*instance).module.inner();
            let defined = func.offset_from_unsigned((*instance).exec.funcs);
            let ty = module.info.funcs.get(module.info.imported_funcs as usize + defined);
            match ty.and_then(|&ty| module.type_ids.func_type(ty)) {
                Some(ty) => ty,
                None => unreachable!("an instance has functions whose types its module has"),
            }
        }
    }

    /// Adds a host function, and returns its reference. Its type is `type_id`, or that of the code; the two differ
    /// at most in their recursion group.
    ///
    /// # Safety
    /// The code was made for stores whose data has the type that this store's data has.
    ///
    /// # Errors
    /// Fails if there is not enough memory, or if the engine has no room for another type.
    pub unsafe fn add_host(&mut self, host: &HostCode, type_id: Option<u32>) -> Result<u32, Error> {
        let type_id = match type_id {
            Some(id) => {
                self.host_types.hold(id)?;
                id
            }
            None => self.add_func_type(host.ty())?,
        };
        let record = self.hosts.push(HostRecord::new(host.clone(), type_id))?;
        // SAFETY: a `HostRecord` begins with the record of a function, and stays in this store.
        Ok(unsafe { self.add_references(record.as_ptr().cast(), 1) }?)
    }

    /// Makes a memory filled with zeros, and returns its number.
    ///
    /// # Errors
    /// Fails if the type is invalid, if the minimum exceeds the limit, or if there is not enough memory. Fails also if
    /// the limiter refuses.
    pub fn add_memory(&mut self, ty: MemoryType) -> Result<u32, Error> {
        let index = self.memories.len() as u32;
        self.permit_more(0, 1, 0)?;
        let bytes = |pages: u64| pages.saturating_mul(1 << ty.page_size_log2().min(16));
        let (desired, maximum) = (bytes(ty.minimum()), ty.maximum().map(bytes));
        let growth = Growth { resource: Resource::Memory, current: 0, desired, maximum };
        self.permit_initial(growth)?;
        if ty.is_shared() {
            let memory = SharedMemory::new(&self.engine, ty)?;
            return self.push_shared(&memory);
        }
        let Some(record) = MemoryRecord::new(ty, &self.engine, index) else {
            return Err(Error::instantiate("a memory's type is invalid, or its minimum is too large"));
        };
        self.memories.push(record)?;
        self.limits.grew(growth);
        Ok(index)
    }

    /// Returns the number of a shared memory in this store, which the first use adds.
    ///
    /// # Errors
    /// Fails if the memory is of another engine, if there is not enough memory, or if the limiter refuses.
    pub fn add_shared_memory(&mut self, memory: &SharedMemory) -> Result<u32, Error> {
        let address = memory.address();
        if let Some(&(_, index)) = self.shared_memories.iter().find(|(known, _)| *known == address) {
            return Ok(index);
        }
        if !Engine::same(memory.engine(), &self.engine) {
            return Err(Error::instantiate("the shared memory and the store belong to different engines"));
        }
        self.permit_more(0, 1, 0)?;
        let ty = memory.ty();
        let maximum = ty.maximum().map(|pages| pages.saturating_mul(1 << ty.page_size_log2()));
        self.permit_initial(Growth { resource: Resource::Memory, current: 0, desired: memory.len(), maximum })?;
        self.push_shared(memory)
    }

    fn push_shared(&mut self, memory: &SharedMemory) -> Result<u32, Error> {
        self.shared_memories.try_room(1)?;
        let index = self.memories.len() as u32;
        self.memories.push(MemoryRecord::of_shared(memory, index))?;
        self.shared_memories.push((memory.address(), index));
        self.count_shared(index);
        Ok(index)
    }

    /// Makes a table whose elements are all `init`, and returns its number.
    ///
    /// # Errors
    /// Fails if the type is invalid, if the minimum exceeds the limit, or if there is not enough memory. Fails also if
    /// the limiter refuses.
    pub fn add_table(&mut self, ty: TableType, init: u32) -> Result<u32, Error> {
        let index = self.tables.len() as u32;
        self.permit_more(0, 0, 1)?;
        let growth = Growth { resource: Resource::Table, current: 0, desired: ty.minimum(), maximum: ty.maximum() };
        self.permit_initial(growth)?;
        let Some(record) = TableRecord::new(ty, init, &self.engine, index) else {
            return Err(Error::instantiate("a table's type is invalid, or its minimum is too large"));
        };
        self.tables.push(record)?;
        self.limits.grew(growth);
        Ok(index)
    }

    /// Makes a global, and returns its number.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn add_global(&mut self, ty: GlobalType, value: [u64; 2]) -> Result<u32, OutOfMemory> {
        let index = self.globals.len() as u32;
        self.globals.push(GlobalRecord::new(ty, value, index))?;
        Ok(index)
    }

    /// Makes a tag, and returns its number. The type's parameters are the values of its exceptions.
    ///
    /// # Errors
    /// Fails if there is not enough memory, or if the engine has no room for another type.
    pub fn add_tag(&mut self, ty: FuncType) -> Result<u32, Error> {
        let type_id = self.add_func_type(&ty)?;
        Ok(self.add_tag_of(TagRecord { ty, type_id })?)
    }

    pub(crate) fn add_tag_of(&mut self, record: TagRecord) -> Result<u32, OutOfMemory> {
        self.tags.try_room(1)?;
        let index = self.tags.len() as u32;
        self.objects.add_tag(&self.engine, record.ty.params())?;
        self.tags.push(record);
        Ok(index)
    }

    /// Returns a memory.
    ///
    /// # Panics
    /// Like all these functions: if nothing has this number.
    #[inline]
    pub fn memory(&self, index: u32) -> &MemoryRecord {
        // SAFETY: the store keeps the record in place, and no code runs while the store is borrowed.
        unsafe { there(self.memories.get(index as usize)).as_ref() }
    }

    /// Returns a memory, mutably.
    #[inline]
    pub fn memory_mut(&mut self, index: u32) -> &mut MemoryRecord {
        // SAFETY: the store keeps the record in place. The store is mutably borrowed, so nothing else uses the
        // record.
        let record = unsafe { there(self.memories.get(index as usize)).as_mut() };
        self.noted.memory(index, record);
        record
    }

    /// Returns a memory, mutably, for a host function that grows it only, or says what it writes.
    #[inline]
    pub fn memory_and_writes(&mut self, index: u32) -> (&mut MemoryRecord, Writes<'_>) {
        // SAFETY: as in `memory_mut`.
        let record = unsafe { there(self.memories.get(index as usize)).as_mut() };
        let writes = self.noted.writes(index, record);
        (record, writes)
    }

    /// Returns a table.
    pub fn table(&self, index: u32) -> &TableRecord {
        // SAFETY: as in `memory`.
        unsafe { there(self.tables.get(index as usize)).as_ref() }
    }

    /// Returns a table, mutably.
    pub fn table_mut(&mut self, index: u32) -> &mut TableRecord {
        // SAFETY: as in `memory_mut`.
        let record = unsafe { there(self.tables.get(index as usize)).as_mut() };
        self.noted.table(index, record);
        record
    }

    /// Copies `len` elements between tables, which may be the same. Returns `None` if a range does not lie in its
    /// table.
    pub fn copy_elements(&mut self, to: u32, to_index: u64, from: u32, from_index: u64, len: u64) -> Option<()> {
        // This marks the elements as written. The copy uses pointers, since two mutable references may not lead
        // into the same table.
        self.table_mut(to).range_mut(to_index, len)?;
        let source = self.table(from).place(from_index, len)?;
        let target = self.table(to).place(to_index, len)?;
        // SAFETY: `place` checked that both ranges have `len` elements. `copy` allows them to overlap.
        unsafe { core::ptr::copy(source, target, len as usize) };
        Some(())
    }

    /// Returns a global.
    pub fn global(&self, index: u32) -> &GlobalRecord {
        // SAFETY: as in `memory`.
        unsafe { there(self.globals.get(index as usize)).as_ref() }
    }

    /// Returns a global, mutably.
    pub fn global_mut(&mut self, index: u32) -> &mut GlobalRecord {
        // SAFETY: as in `memory_mut`.
        let record = unsafe { there(self.globals.get(index as usize)).as_mut() };
        self.noted.global(index, record);
        record
    }

    /// Returns a tag.
    pub fn tag(&self, index: u32) -> &TagRecord {
        &self.tags[index as usize]
    }

    /// Returns an instance.
    pub fn instance(&self, index: u32) -> &InstanceRecord {
        // SAFETY: as in `memory`.
        unsafe { there(self.instances.get(index as usize)).as_ref() }
    }

    /// Returns the translator with its buffers, which the first use makes.
    pub(crate) fn translation(&mut self) -> Result<&mut Translation, OutOfMemory> {
        let made = match self.translation.take() {
            Some(made) => made,
            None => try_box(Translation::new(self.engine.settings()))?,
        };
        Ok(self.translation.insert(made))
    }

    /// Translates a function at its first call. The store pays for the code.
    pub(crate) fn translate(&mut self, module: &ModuleInner, func: u32, variant: Variant) -> Result<Code, Error> {
        // The translator is the store's, too, so the limits are taken out meanwhile.
        let mut limits = core::mem::take(&mut self.limits);
        let mut budget = CodeBudget::new(&mut limits, self.data, self.heap_bytes());
        let made = self.translation().map_err(Error::from);
        let made = made.and_then(|made| made.function(module, func, variant, &mut budget));
        self.limits = limits;
        made
    }

    /// Returns how many items of each kind the store has.
    #[cfg(feature = "replay")]
    pub(crate) fn items(&self) -> [usize; 7] {
        [
            self.memories.len(),
            self.tables.len(),
            self.globals.len(),
            self.tags.len(),
            self.funcs.len(),
            self.hosts.len(),
            self.instances.len(),
        ]
    }

    /// Returns how much code was translated so far, of the modules that have instances in this store.
    pub fn stats(&self) -> CodeStats {
        let mut stats = CodeStats::default();
        // Sorted by module, since there may be many of both. (The code of a heap sort has a tenth of the size of
        // `sort`.)
        let instances = self.instances.iter().map(|instance| {
            // SAFETY: the store keeps the record in place, and nothing changes its module.
            let module = unsafe { &(*instance.as_ptr()).module };
            (module.address(), instance)
        });
        let instances = instances.collect::<BinaryHeap<_>>().into_sorted_vec();
        for (at, &(module, instance)) in instances.iter().enumerate() {
            if at == 0 || instances[at - 1].0 != module {
                // SAFETY: the store keeps the record in place, and nothing changes its module.
                stats += unsafe { &(*instance.as_ptr()).module }.stats();
            }
        }
        stats
    }
}

/// Returns a record that must be in the store, since its number comes from a checked handle.
#[inline]
fn there<T>(record: Option<NonNull<T>>) -> NonNull<T> {
    match record {
        Some(record) => record,
        None => unreachable!("records stay in their store"),
    }
}

#[cold]
#[inline(never)]
fn wrong_store() -> ! {
    panic!("a handle (Func, Memory, Instance, ...) was used with a store that it does not belong to")
}
