//! The objects and exceptions of a store: allocation, lookup, and collection.

use alloc::sync::Arc;
use core::any::Any;

use wasmote_exec as exec;
use wasmote_gc as gc;
use wasmote_gc::layout::HOST;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, TrapCode};

use crate::error::Error;
use crate::gc::objects::{HostObject, Objects};
use crate::limits::{Growth, Resource};
use crate::module::slots;
use crate::root::Root;
use crate::store::Store;

impl Store {
    /// Allocates an object of `bytes` bytes, a multiple of 8. All are zero except for the header. Slots from `top`
    /// on are not in use.
    pub(crate) fn allocate(&mut self, bytes: usize, header: u64, top: *const u64) -> Option<u32> {
        // SAFETY: `make_room` and the collector keep the heap's limits valid.
        if let Some(reference) = unsafe { self.machine.heap.allocate(bytes, header) } {
            return Some(reference);
        }
        if !self.make_room(bytes, top) {
            return None;
        }
        // SAFETY: `make_room` and the collector keep the heap's limits valid.
        unsafe { self.machine.heap.allocate(bytes, header) }
    }

    /// Makes sure that the next allocation of this size succeeds, by a collection if necessary. Returns whether it
    /// will.
    pub(crate) fn make_room(&mut self, bytes: usize, top: *const u64) -> bool {
        // Marking reads the store, so the limits are taken out meanwhile.
        let mut limits = core::mem::take(&mut self.limits);
        let (data, maximum) = (self.data, Some(self.engine.settings().max_gc_heap));
        #[cfg(feature = "stack-switching")]
        let stacks = self.continuation_bytes();
        #[cfg(not(feature = "stack-switching"))]
        let stacks = 0;
        let made = self.with_heap(top, |heap, view, roots| {
            heap.make_room(view, bytes, roots, &mut |current, desired| {
                let (current, desired) = (stacks + current as u64, stacks + desired as u64);
                limits.permit_heap(data, Growth { resource: Resource::GcHeap, current, desired, maximum })
            })
        });
        self.limits = limits;
        if made == Some(true) {
            self.limits.made_room();
        }
        made.unwrap_or(false)
    }

    /// Collects garbage: drops all objects that nothing can reach.
    pub fn collect(&mut self) {
        self.collect_below(self.machine.stack_top);
    }

    /// [`Store::collect`] where slots from `top` on are not in use.
    pub(crate) fn collect_below(&mut self, top: *const u64) {
        self.with_heap(top, |heap, view, roots| heap.collect(view, roots));
    }

    /// Runs `work` on the heap, which may collect. Values of the host whose objects are gone are then dropped.
    fn with_heap<R>(
        &mut self,
        top: *const u64,
        work: impl FnOnce(&mut gc::Heap, &mut exec::Heap, &mut dyn FnMut(&mut gc::Marker<'_>)) -> R,
    ) -> Option<R> {
        let mut heap = self.objects.heap.take()?;
        let mut view = self.machine.heap;
        let before = heap.collections();
        let store = &*self;
        let result = work(&mut heap, &mut view, &mut |marker| store.mark_roots(marker, top));
        self.machine.heap = view;
        let collected = heap.collections() != before;
        #[cfg(feature = "stack-switching")]
        let was_whole = heap.was_whole();
        self.objects.heap = Some(heap);
        if collected {
            // A cycle begins without continuations, so those that there are when it ends are new.
            #[cfg(feature = "stack-switching")]
            if was_whole {
                self.objects.continuations.sweep();
            }
            // This comes last, since dropping runs the embedder's code.
            self.objects.drop_hosts();
        }
        Some(result)
    }

    /// Makes an object that stands for a value of the host, and returns a reference to it. `None` if there is no
    /// room.
    pub fn add_extern(&mut self, value: Arc<dyn Any + Send + Sync>) -> Option<u32> {
        let top = self.machine.stack_top;
        // Room comes first: a collection may return free numbers.
        if self.machine.heap.limit - self.machine.heap.cursor < 8 && !self.make_room(8, top) {
            return None;
        }
        if self.objects.free.is_empty() {
            self.objects.hosts.try_reserve(1).ok()?;
            self.objects.free.try_reserve(self.objects.hosts.len() + 1).ok()?;
        }
        let number = self.objects.free.pop().unwrap_or(self.objects.hosts.len() as u32);
        let header = u64::from(HOST) | u64::from(number) << 32;
        let object = self.allocate(8, header, top)?;
        let host = Some(HostObject { object, value });
        match self.objects.hosts.get_mut(number as usize) {
            Some(place) => *place = host,
            None => self.objects.hosts.push(host),
        }
        Some(object)
    }

    /// Returns the value of the host that a reference is to. `None` if it is to none.
    pub fn extern_value(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        let header = self.header(reference)?;
        let host = self.objects.hosts.get((header >> 32) as usize)?.as_ref()?;
        (header as u32 == HOST && host.object == reference).then_some(&*host.value)
    }

    /// Makes an object. For a structure, `values` are the fields; without values, all fields are zero; `len` is the
    /// reference to its descriptor, or 0. For an array of `len` elements, `values` are the elements, or a single value
    /// for all of them.
    ///
    /// # Errors
    /// Fails if the heap has no room.
    pub fn new_object(&mut self, id: u32, len: u32, values: &[[u64; 2]]) -> Result<Root, Error> {
        self.make_object(id, len, values).map_err(|code| self.error_of(code))
    }

    fn make_object(&mut self, id: u32, len: u32, values: &[[u64; 2]]) -> Result<Root, TrapCode> {
        let top = self.machine.stack_top;
        let bytes = match self.objects.layout(id) {
            Some(gc::Layout::Fixed { bytes, .. }) => Some(*bytes as usize),
            Some(gc::Layout::Array { log2, .. }) => gc::layout::array_bytes((*log2).into(), len),
            None => None,
        };
        let header = u64::from(id) | u64::from(len) << 32;
        let object = bytes.and_then(|bytes| self.allocate(bytes, header, top)).ok_or(TrapCode::HeapExhausted)?;
        let Some(place) = self.machine.heap.place(object) else { return Err(TrapCode::HeapExhausted) };
        let write = |at: usize, log2: u8, value: &[u64; 2]| {
            // SAFETY: the layout's offsets lie in the object, which was just allocated with that layout.
            unsafe { gc::handlers::store(place.add(at), value.as_ptr(), log2.into()) }
        };
        match self.objects.layout(id) {
            Some(gc::Layout::Fixed { fields, .. }) => {
                fields.iter().zip(values).for_each(|(&(at, log2), value)| write(at as usize, log2, value));
            }
            Some(&gc::Layout::Array { log2, .. }) => match values {
                // The object is zero already. Not writing it leaves its pages untouched, since a guest chooses the
                // length.
                [] | [[0, 0]] => {}
                // SAFETY: the object was just allocated with room for `len` elements.
                [value] => unsafe { gc::handlers::fill(place.add(8), value.as_ptr(), log2.into(), len as usize) },
                _ => {
                    let elements = values.iter().take(len as usize).enumerate();
                    elements.for_each(|(i, value)| write(8 + (i << log2), log2, value));
                }
            },
            None => {}
        }
        Root::try_new(self, object).map_err(|_| TrapCode::HeapExhausted)
    }

    /// Prepares the store for objects of this type, and holds the type.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn use_type(&mut self, id: u32) -> Result<(), OutOfMemory> {
        if self.objects.layout(id).is_some() {
            return Ok(());
        }
        let known = self.engine.types().lock().known(id);
        // Supertypes are needed, too: a field or table of a supertype may hold such an object, and the collector
        // must find it there.
        known.iter().flat_map(|known| &*known.display).try_for_each(|&id| self.add_object_type(id))
    }

    /// Returns the header of the object that a reference is to.
    pub(crate) fn header(&self, reference: u32) -> Option<u64> {
        let place = self.objects.is_object(reference).then(|| self.machine.heap.place(reference))??;
        // SAFETY: `is_object` checked that an object begins there. Objects are aligned to 8 bytes.
        Some(unsafe { place.cast::<u64>().read() })
    }

    /// Returns what the heap and its collector did so far.
    pub fn heap_stats(&self) -> gc::heap::HeapStats {
        self.objects.stats(&self.machine.heap)
    }

    /// Returns the type of the object that a reference is to, which is not null: `i31`, the engine's number of a
    /// type, or `any` for a value of the host. `None` if it is not to an object. Only an image that was modified
    /// can cause this.
    pub fn heap_type(&self, reference: u32) -> Option<HeapType> {
        if reference & 1 != 0 {
            return Some(HeapType::I31);
        }
        match self.header(reference)? as u32 {
            HOST => Some(HeapType::Any),
            id if id < HOST => Some(HeapType::Index(id)),
            _ => None,
        }
    }

    /// Marks everything that is used by something other than objects.
    fn mark_roots(&self, marker: &mut gc::Marker<'_>, top: *const u64) {
        // SAFETY: callers of `slots` pass ranges of value stacks that activations use.
        let mut slots = |first, end| unsafe { marker.slots(first, end) };
        // SAFETY: the machine is part of this store, and no code runs on it now.
        unsafe { exec::each_stack(&raw const self.machine, top, &mut slots) };
        self.calls.each_stack(&mut slots);
        self.objects.roots.each(&mut |reference| marker.reference(reference));
        marker.reference(self.machine.exception);
        for global in self.globals.iter() {
            // SAFETY: the store keeps the record in place, and no code runs now.
            let global = unsafe { global.as_ref() };
            if Objects::is_traced(marker.heap(), global.ty().content()) {
                marker.reference(global.slots()[0] as u32);
            }
        }
        for table in self.tables.iter() {
            // SAFETY: the store keeps the record in place, and no code runs now.
            let table = unsafe { table.as_ref() };
            if Objects::is_traced(marker.heap(), table.ty().element().into()) {
                table.used().flatten().for_each(|&reference| marker.reference(reference));
            }
        }
        for instance in self.instances.iter() {
            // SAFETY: the store keeps the record in place, and no code runs now.
            let instance = unsafe { instance.as_ref() };
            for (segment, ty) in instance.parts.references.iter().zip(&instance.module.info().elems) {
                let ty = instance.module.inner().type_ids.val_type(ty.ty);
                if Objects::is_traced(marker.heap(), ty) {
                    for index in 0..segment.len() {
                        // SAFETY: `get` checked the index, and the references were written when the segment was
                        // made.
                        segment.get(index).into_iter().for_each(|place| marker.reference(unsafe { place.read() }));
                    }
                }
            }
        }
    }

    /// Returns an exception's tag, by its number, and its values, as slots.
    pub fn exception(&self, reference: u32) -> Option<(u32, &[u64])> {
        if !self.objects.is_object(reference) {
            return None;
        }
        let place = self.machine.heap.place(reference)?;
        // SAFETY: `is_object` checked that an object begins there, aligned to 8 bytes. Its tag says how many slots
        // follow.
        unsafe {
            let tag = (place.cast::<u64>().read() as u32).checked_sub(exec::EXCEPTION)?;
            let count = slots(self.tags.get(tag as usize)?.ty.params());
            Some((tag, core::slice::from_raw_parts(place.add(8).cast(), count)))
        }
    }

    /// Throws an exception in wasm, when the running host function returns. The values are slots.
    pub fn throw(&mut self, tag: u32, values: &[u64]) -> TrapCode {
        let top = self.machine.stack_top;
        // SAFETY: `values` is a slice, so its slots can be read.
        match unsafe { self.new_exception(tag, values.as_ptr(), values.len(), top) } {
            Some(reference) => {
                self.machine.exception = reference;
                TrapCode::Exception
            }
            None => TrapCode::HeapExhausted,
        }
    }

    /// Makes an exception. The values are slots. `None` if there is no room.
    ///
    /// # Safety
    /// The slots can be read.
    pub(crate) unsafe fn new_exception(
        &mut self,
        tag: u32,
        values: *const u64,
        slots: usize,
        top: *const u64,
    ) -> Option<u32> {
        let reference = self.allocate(8 + 8 * slots, u64::from(tag + exec::EXCEPTION), top)?;
        let place = self.machine.heap.place(reference)?;
        // SAFETY: the object was just allocated with room for the values, and the caller guarantees that they can
        // be read.
        unsafe { place.add(8).cast::<u64>().copy_from_nonoverlapping(values, slots) };
        Some(reference)
    }
    /// Makes a type known to the machine, and holds it.
    fn add_object_type(&mut self, id: u32) -> Result<(), OutOfMemory> {
        self.host_types.hold(id)?;
        let known = self.engine.types().lock().known(id);
        let added = self.displays.add(id, known.as_ref());
        self.machine.types = self.displays.types();
        added?;
        match known {
            Some(known) => self.objects.add_type(&self.engine, id, &known.ty),
            None => Ok(()),
        }
    }
}
