//! A heap with its bytes and its roots, for tests.

use std::alloc::{Layout as Bytes, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::rc::Rc;

use wasmote_exec as exec;
use wasmote_ir::{FieldType, HeapType, Mutability, RefType, StorageType, ValType};

use crate::{Heap, HeapBacking, Layout, Marker, barrier};

/// The source of a heap's bytes.
pub struct Backing {
    base: *mut u8,
    layout: Bytes,
    /// The most bytes that it gives, without the slack.
    limit: Rc<Cell<usize>>,
    /// Whether each growth moves the bytes.
    moves: bool,
}

fn zeroed(bytes: usize) -> (*mut u8, Bytes) {
    let layout = Bytes::from_size_align(bytes + exec::Heap::SLACK, 16).unwrap();
    // SAFETY: the slack makes the size greater than zero.
    let base = unsafe { alloc_zeroed(layout) };
    assert!(!base.is_null());
    (base, layout)
}

impl Backing {
    pub fn new(most: usize, limit: Rc<Cell<usize>>, moves: bool) -> Backing {
        let (base, layout) = zeroed(if moves { 0 } else { most });
        Backing { base, layout, limit, moves }
    }
}

impl HeapBacking for Backing {
    fn grow(&mut self, bytes: usize) -> Option<*mut u8> {
        if bytes > self.limit.get() + exec::Heap::SLACK {
            return None;
        }
        if self.moves {
            let (base, layout) = zeroed(bytes - exec::Heap::SLACK);
            // SAFETY: the old and the new bytes are different allocations, and the copy has the smaller of both
            // sizes. Nothing uses the old bytes after this.
            unsafe {
                base.copy_from_nonoverlapping(self.base, self.layout.size().min(bytes));
                self.base.write_bytes(0xdd, self.layout.size());
                dealloc(self.base, self.layout);
            }
            (self.base, self.layout) = (base, layout);
        }
        assert!(bytes <= self.layout.size());
        Some(self.base)
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        // SAFETY: `base` was allocated with this layout.
        unsafe { dealloc(self.base, self.layout) };
    }
}

/// A structure of a reference and an `i64`.
pub const NODE: u32 = 3;
/// An array of references.
pub const ARRAY: u32 = 5;
/// An array of `i8`.
pub const STRING: u32 = 6;

pub struct Store {
    pub heap: Heap,
    pub view: exec::Heap,
    pub roots: Vec<u32>,
}

impl Store {
    pub fn new(most: usize, stress: bool) -> Store {
        let limit = Rc::new(Cell::new(most));
        Store::with(Box::new(Backing::new(most, limit, false)), most as u64, stress)
    }

    pub fn with(backing: Box<dyn HeapBacking>, most: u64, stress: bool) -> Store {
        let mut heap = Heap::new(backing, Box::default(), most, stress, None);
        let reference = ValType::Ref(RefType::new(true, HeapType::Any));
        let field = |ty| FieldType::new(Mutability::Var, StorageType::ValType(ty));
        heap.layouts
            .add(NODE, || Layout::of_struct(&[field(reference), field(ValType::I64)], false, &|_| false))
            .unwrap();
        heap.layouts.add(ARRAY, || Ok(Layout::of_array(field(reference), &|_| false))).unwrap();
        let byte = FieldType::new(Mutability::Var, StorageType::I8);
        heap.layouts.add(STRING, || Ok(Layout::of_array(byte, &|_| false))).unwrap();
        let layouts = heap.layouts.as_ptr().cast();
        Store { heap, view: exec::Heap { layouts, ..exec::Heap::EMPTY }, roots: Vec::new() }
    }

    pub fn allocate(&mut self, bytes: usize, header: u64) -> Option<u32> {
        let Store { heap, view, roots } = self;
        // SAFETY: only the heap changes the view, so its fields are as documented.
        unsafe {
            if let Some(reference) = view.allocate(bytes, header) {
                return Some(reference);
            }
            let mut mark = |marker: &mut Marker<'_>| roots.iter().for_each(|&root| marker.reference(root));
            let made = heap.make_room(view, bytes, &mut mark, &mut |_, _| true);
            made.then(|| view.allocate(bytes, header).expect("room was made"))
        }
    }

    pub fn node(&mut self, next: u32, value: u64) -> Option<u32> {
        let node = self.allocate(24, NODE.into())?;
        self.write(node, 8, next);
        let place = self.view.place(node).unwrap();
        // SAFETY: a node has 24 bytes.
        unsafe { place.add(16).cast::<u64>().write(value) };
        Some(node)
    }

    /// Writes a field or an element with the barrier, as handlers do.
    pub fn write(&self, object: u32, at: usize, value: u32) {
        // SAFETY: the tests pass an object and an offset inside of it.
        unsafe {
            let place = self.view.place(object).unwrap().add(at);
            if barrier::is_needed(&self.view) {
                barrier::shade(&self.view, place, 1);
            }
            place.cast::<u32>().write(value);
        }
    }

    /// Begins a cycle.
    pub fn begin(&mut self) {
        let Store { heap, view, roots } = self;
        heap.begin(view, &mut |marker| roots.iter().for_each(|&root| marker.reference(root)));
    }

    pub fn read(&self, object: u32, at: usize) -> u32 {
        // SAFETY: the tests pass an object and an offset inside of it.
        unsafe { self.view.place(object).unwrap().add(at).cast::<u32>().read() }
    }

    pub fn collect(&mut self) {
        let Store { heap, view, roots } = self;
        heap.collect(view, &mut |marker| roots.iter().for_each(|&root| marker.reference(root)));
    }
}
