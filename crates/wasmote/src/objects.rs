//! The store's objects: exceptions, and what the collector must know.

use alloc::boxed::Box;

use wasmote_exec as exec;
use wasmote_gc as gc;
use wasmote_ir::ValType;

use crate::engine::Config;
use crate::pages::Pages;
use crate::roots::Roots;
use crate::store::StoreInner;

/// The bytes of a heap.
struct HeapPages {
    pages: Option<Pages>,
    most: u64,
}

impl gc::Span for HeapPages {
    fn grow(&mut self, bytes: usize) -> Option<*mut u8> {
        match &mut self.pages {
            Some(pages) => pages.grow(bytes as u64, self.most)?,
            none => *none = Some(Pages::new(bytes as u64, self.most)?),
        }
        self.pages.as_ref().map(Pages::base)
    }
}

/// The objects of a store.
pub(crate) struct Objects {
    /// Absent while it collects.
    heap: Option<Box<gc::Heap>>,
    /// What handles refer to.
    pub(crate) roots: Roots,
}

impl Objects {
    pub(crate) fn new(config: &Config) -> Objects {
        let most = config.max_gc_heap;
        let span = HeapPages { pages: None, most: most.saturating_add(exec::Heap::SLACK as u64) };
        let heap = gc::Heap::new(Box::new(span), most, config.gc_stress);
        Objects { heap: Some(Box::new(heap)), roots: Roots::default() }
    }

    /// Adds the exceptions of the store's next tag.
    pub(crate) fn add_tag(&mut self, types: &[ValType]) {
        if let Some(heap) = &mut self.heap {
            let layouts = &mut heap.layouts;
            let layout = gc::Layout::of_exception(types, &|id| layouts.get(id).is_none());
            layouts.add_exception(layout);
        }
    }

    pub(crate) fn is_object(&self, reference: u32) -> bool {
        self.heap.as_ref().is_some_and(|heap| heap.is_object(reference))
    }

    /// Whether references of this type may be to objects.
    fn is_traced(heap: &gc::Heap, ty: ValType) -> bool {
        use wasmote_ir::HeapType;
        ty.reference().is_some_and(|ty| match ty.heap() {
            HeapType::Index(id) => heap.layouts.get(id).is_some(),
            other => other.top() != Some(HeapType::Func),
        })
    }
}

impl StoreInner {
    /// A new object of `bytes`, a multiple of 8, all zero but for its header. All slots from `top` on are free.
    pub(crate) fn allocate(&mut self, bytes: usize, header: u64, top: *const u64) -> Option<u32> {
        // SAFETY: the heap is as `make_room` leaves it.
        if let Some(reference) = unsafe { self.machine.heap.allocate(bytes, header) } {
            return Some(reference);
        }
        if !self.make_room(bytes, top) {
            return None;
        }
        // SAFETY: as above.
        unsafe { self.machine.heap.allocate(bytes, header) }
    }

    /// Has the next allocation of so many bytes succeed, by a collection if need be.
    pub(crate) fn make_room(&mut self, bytes: usize, top: *const u64) -> bool {
        let Some(mut heap) = self.objects.heap.take() else { return false };
        let mut view = self.machine.heap;
        let store = &*self;
        let made = heap.make_room(&mut view, bytes, &mut |marker| store.mark_roots(marker, top), &mut |_| {});
        self.machine.heap = view;
        self.objects.heap = Some(heap);
        made
    }

    /// All that is in use but by other objects.
    fn mark_roots(&self, marker: &mut gc::Marker<'_>, top: *const u64) {
        // SAFETY: the value stack from its first slot to `top`.
        unsafe { marker.slots(self.stack_start(), top) };
        self.objects.roots.each(&mut |reference| marker.reference(reference));
        marker.reference(self.machine.exception);
        for global in self.globals.iter() {
            // SAFETY: records live as long as the store, and no code runs now.
            let global = unsafe { global.as_ref() };
            if Objects::is_traced(marker.heap(), global.ty().content) {
                marker.reference(global.slots()[0] as u32);
            }
        }
        for table in self.tables.iter() {
            // SAFETY: as above.
            let table = unsafe { table.as_ref() };
            if Objects::is_traced(marker.heap(), table.ty().element) {
                table.elements().iter().for_each(|&reference| marker.reference(reference));
            }
        }
        for instance in self.instances.iter() {
            // SAFETY: as above.
            let instance = unsafe { instance.as_ref() };
            for (segment, ty) in instance.parts.references.iter().zip(&instance.module.info().elems) {
                let ty = instance.module.inner().type_ids.val_type(ty.ty);
                if Objects::is_traced(marker.heap(), ty) {
                    for index in 0..segment.len() {
                        // SAFETY: in the run.
                        segment.get(index).into_iter().for_each(|place| marker.reference(unsafe { place.read() }));
                    }
                }
            }
        }
    }

    /// The tag's number and the values, as slots, of an exception.
    pub(crate) fn exception(&self, reference: u32) -> Option<(u32, &[u64])> {
        if !self.objects.is_object(reference) {
            return None;
        }
        let place = self.machine.heap.place(reference)?;
        // SAFETY: an object begins there, 8-aligned, with room for the values of any type behind it.
        unsafe {
            let tag = place.cast::<u32>().read().checked_sub(exec::EXCEPTION)?;
            let count = crate::host::slots(&self.tags.get(tag as usize)?.ty.params);
            Some((tag, core::slice::from_raw_parts(place.add(8).cast(), count)))
        }
    }

    /// A new exception with values in slots.
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
        // SAFETY: the object has room for the values.
        unsafe { place.add(8).cast::<u64>().copy_from_nonoverlapping(values, slots) };
        Some(reference)
    }
}
