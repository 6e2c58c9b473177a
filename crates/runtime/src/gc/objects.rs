//! The heap of a store, and what the collector must know.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use wasmote_decode::{CompositeType, SubType};
use wasmote_exec as exec;
use wasmote_gc as gc;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_ir::{HeapType, ValType};

use crate::engine::Engine;
#[cfg(feature = "stack-switching")]
use crate::gc::continuations::ContinuationList;
use crate::gc::roots::Roots;
pub(crate) use crate::gc::roots::{OwnedEntry, RootEntry};
use crate::pages::Pages;
use crate::reserve::SpacePool;
use crate::shared::try_box;
use crate::type_ids::TypeIds;

/// The handlers of instructions on objects.
pub(crate) const HANDLERS: &[exec::extend::Handler] = &gc::HANDLERS;

/// The bytes of a heap.
struct HeapPages {
    pages: Option<Pages>,
    most: u64,
    pool: SpacePool,
}

impl gc::HeapBacking for HeapPages {
    fn grow(&mut self, bytes: usize) -> Option<*mut u8> {
        match &mut self.pages {
            Some(pages) => pages.grow(bytes as u64, self.most)?,
            none => *none = Some(Pages::new(bytes as u64, self.most, Some(&self.pool))?),
        }
        self.pages.as_ref().map(Pages::base)
    }
}

/// The objects of a store.
pub(crate) struct Objects {
    /// The heap. `None` during a collection.
    pub(crate) heap: Option<Box<gc::Heap>>,
    /// The references that the host holds.
    pub(crate) roots: Roots,
    /// The values of the host. The object of each has its index as number.
    pub(crate) hosts: Vec<Option<HostObject>>,
    /// The free indices in `hosts`. There is room for all indices, so a collection allocates nothing.
    pub(crate) free: Vec<u32>,
    #[cfg(feature = "stack-switching")]
    pub(crate) continuations: ContinuationList,
}

/// A value of the host, and the object that stands for it.
pub(crate) struct HostObject {
    pub(crate) object: u32,
    pub(crate) value: Arc<dyn Any + Send + Sync>,
}

impl Objects {
    pub(crate) fn new(engine: &Engine) -> Result<Objects, OutOfMemory> {
        let settings = engine.settings();
        let most = settings.max_gc_heap;
        let most_bytes = most.saturating_add(exec::Heap::SLACK as u64);
        let span = HeapPages { pages: None, most: most_bytes, pool: engine.spaces().clone() };
        let span: Box<HeapPages> = try_box(span)?;
        let heap =
            gc::Heap::new(span, try_box(gc::layout::Layouts::default())?, most, settings.gc_stress, settings.gc_clock);
        let heap = Some(try_box(heap)?);
        Ok(Objects {
            heap,
            roots: Roots::default(),
            hosts: Vec::new(),
            free: Vec::new(),
            #[cfg(feature = "stack-switching")]
            continuations: ContinuationList::new(settings)?,
        })
    }

    /// Adds the layout of the exceptions for the store's next tag.
    pub(crate) fn add_tag(&mut self, engine: &Engine, types: &[ValType]) -> Result<(), OutOfMemory> {
        if let Some(heap) = &mut self.heap {
            let registry = engine.types().lock();
            heap.layouts.room_for_exception()?;
            heap.layouts.add_exception(gc::Layout::of_exception(types, &|id| registry.kind(id) == HeapType::Func)?);
        }
        Ok(())
    }

    /// Adds the layouts of a module's types, except function types.
    pub(crate) fn add_types(&mut self, engine: &Engine, types: &TypeIds) -> Result<(), OutOfMemory> {
        types.known().try_for_each(|(id, known)| self.add_type(engine, id, &known.ty))
    }

    /// Adds the layout of a type, unless it is a function type.
    pub(crate) fn add_type(&mut self, engine: &Engine, id: u32, ty: &SubType) -> Result<(), OutOfMemory> {
        let Some(heap) = &mut self.heap else { return Ok(()) };
        if let CompositeType::Func(_) = ty.composite {
            return Ok(());
        }
        let registry = engine.types().lock();
        let is_func = |id: u32| registry.kind(id) == HeapType::Func;
        match &ty.composite {
            CompositeType::Func(_) => Ok(()),
            CompositeType::Struct(fields) => {
                let has_descriptor = ty.descriptor.is_some();
                heap.layouts.add(id, || gc::Layout::of_struct(fields, has_descriptor, &is_func))
            }
            CompositeType::Array(element) => heap.layouts.add(id, || Ok(gc::Layout::of_array(*element, &is_func))),
            CompositeType::Cont(_) => heap.layouts.add(id, || gc::Layout::of_struct(&[], false, &is_func)),
        }
    }

    /// Returns the layout of a type.
    pub(crate) fn layout(&self, id: u32) -> Option<&gc::Layout> {
        self.heap.as_ref()?.layouts.get(id)
    }

    /// Returns the address of the layouts, which handlers use.
    pub(crate) fn layouts(&self) -> *const () {
        self.heap.as_ref().map_or(core::ptr::null(), |heap| heap.layouts.as_ptr().cast())
    }

    /// Returns what the heap and its collector did so far.
    pub(crate) fn stats(&self, view: &exec::Heap) -> gc::heap::HeapStats {
        self.heap.as_ref().map(|heap| heap.stats(view)).unwrap_or_default()
    }

    pub(crate) fn is_object(&self, reference: u32) -> bool {
        self.heap.as_ref().is_some_and(|heap| heap.is_object(reference))
    }

    /// Returns whether the store has this reference, which is neither null nor to a function.
    pub(crate) fn is_known(&self, reference: u32) -> bool {
        reference & 1 != 0 || self.is_object(reference)
    }

    /// Drops the values of the host whose objects are gone.
    pub(crate) fn drop_hosts(&mut self) {
        for number in 0..self.hosts.len() {
            let gone = self.hosts[number].as_ref().is_some_and(|host| !self.is_object(host.object));
            if gone {
                self.free.push(number as u32);
                drop(self.hosts[number].take());
            }
        }
    }

    /// Returns whether references of this type may be to objects.
    pub(crate) fn is_traced(heap: &gc::Heap, ty: ValType) -> bool {
        ty.reference().is_some_and(|ty| match ty.heap() {
            HeapType::Index(id) | HeapType::Exact(id) => heap.layouts.get(id).is_some(),
            other => other.top() != Some(HeapType::Func),
        })
    }
}
