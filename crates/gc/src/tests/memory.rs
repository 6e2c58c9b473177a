//! Tests of the heap without memory: it reports that, and continues when there is memory. A collection needs none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use super::store::{ARRAY, NODE, Store};

thread_local! {
    /// How many more allocations this thread may make, or `None` without a limit.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// How many allocations were refused.
    static REFUSED: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, as long as it may be used.
struct Refusing;

fn refuses() -> bool {
    let refused = LEFT.get() == Some(0);
    LEFT.set(LEFT.get().map(|left| left.saturating_sub(1)));
    REFUSED.set(REFUSED.get() + usize::from(refused));
    refused
}

// SAFETY: each function does what the system's allocator does, or returns null, which the trait permits.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the contract of `alloc`, which is that of the system's allocator.
        if refuses() { std::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees the contract of `dealloc`. The place came from the system's allocator.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller guarantees the contract of `realloc`. The place came from the system's allocator.
        if refuses() { std::ptr::null_mut() } else { unsafe { System.realloc(place, layout, bytes) } }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// Runs `work` with at most this many allocations. Returns its result and how many more it asked for.
fn with<R>(allocations: usize, work: impl FnOnce() -> R) -> (R, usize) {
    REFUSED.set(0);
    LEFT.set(Some(allocations));
    let result = work();
    LEFT.set(None);
    (result, REFUSED.get())
}

const MIB: usize = 1 << 20;

#[test]
fn a_collection_allocates_nothing_however_many_objects_wait() {
    // Far more objects than can wait. Each leads to another one.
    const OPERAND_LISTS: usize = 100_000;
    let mut store = Store::new(16 * MIB, false);
    let array = store.allocate(8 + 4 * OPERAND_LISTS, u64::from(ARRAY) | (OPERAND_LISTS as u64) << 32).unwrap();
    store.roots.push(array);
    for i in 0..OPERAND_LISTS {
        let tail = store.node(0, i as u64).unwrap();
        store.write(array, 8 + 4 * i, tail);
        let node = store.node(tail, 0).unwrap();
        store.write(array, 8 + 4 * i, node);
    }
    let ((), refused) = with(0, || store.collect());
    assert_eq!(refused, 0);
    for i in 0..OPERAND_LISTS {
        let tail = store.read(store.read(array, 8 + 4 * i), 8);
        assert!(store.heap.is_object(tail));
        assert_eq!(store.read(tail, 16) as usize, i);
    }
}

#[test]
fn growing_without_memory_is_refused_and_leaves_all_as_it_was() {
    // Allows each number of allocations below the number that growth needs.
    for grown in [false, true] {
        for allocations in 0.. {
            let mut store = Store::new(16 * MIB, false);
            store.roots.reserve(8);
            let mut list = 0;
            if grown {
                for i in 0..1000 {
                    list = store.node(list, i).unwrap();
                    store.roots.clear();
                    store.roots.push(list);
                }
            }
            let (array, refused) = with(allocations, || store.allocate(3 * MIB, ARRAY.into()));
            assert!(array.is_some() || refused > 0);
            store.roots.extend(array);
            // The existing objects are usable, and there is more with memory.
            assert!(store.allocate(5 * MIB, ARRAY.into()).is_some());
            store.collect();
            for i in (0..if grown { 1000 } else { 0 }).rev() {
                assert_eq!(store.read(list, 16), i);
                list = store.read(list, 8);
            }
            assert!(array.is_none_or(|array| store.heap.is_object(array)));
            if refused == 0 {
                // The bitmaps, the lines, and the collector's stack.
                assert!(allocations >= 4, "{allocations}");
                break;
            }
        }
    }
}

#[test]
fn a_heap_that_may_not_grow_for_want_of_memory_uses_all_that_there_is() {
    let mut store = Store::new(16 * MIB, false);
    store.roots.reserve(20_000);
    store.roots.push(store.view.last);
    assert!(store.node(0, 0).is_some());
    let bytes = store.heap.stats(&store.view).bytes as usize;
    let (nodes, refused) = with(0, || {
        let mut nodes = 0;
        while let Some(node) = store.allocate(24, NODE.into()) {
            store.roots.push(node);
            nodes += 1;
        }
        nodes
    });
    assert!(refused > 0);
    // The line of null, and less than an object at the end, are lost.
    assert_eq!(nodes, (bytes - 256) / 24);
}
