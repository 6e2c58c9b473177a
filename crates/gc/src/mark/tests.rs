//! Marking is linear: objects that cannot wait are not searched for again and again.

use super::{AHEAD, queue_len};
use crate::tests::store::{ARRAY, Store};

/// The work of collections.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Work {
    /// How often an object was visited.
    pub(crate) objects: usize,
    /// How often lines were searched for objects that could not wait.
    pub(crate) searches: usize,
    /// How many lines these searches passed.
    pub(crate) lines: usize,
}

/// Makes arrays of more objects than can wait. One of the last objects of each leads to the next array. It cannot
/// wait, so each array is found only after all objects of the one before. Each needs a search of its own, and most of
/// the searched lines have objects that were already visited.
///
/// The collection is in one pause, or in slices of this work.
fn chain(most: usize, arrays: usize, slice: Option<u64>) -> Work {
    let mut store = Store::new(most, false);
    let len = queue_len(most) + 100;
    // The objects behind it are not yet looked at when all others have been.
    let leading = len - 1 - AHEAD;
    let mut objects = 0;
    let mut next = 0;
    for _ in 0..arrays {
        let array = store.allocate(8 + 4 * len, u64::from(ARRAY) | (len as u64) << 32).expect("there is room");
        // Both arrays are in use until the new one leads to the older one.
        store.roots.push(array);
        for i in 0..len {
            // It lies lower than the objects of the older array, which leads here, so an upwards search has already
            // passed it.
            let node = store.node(if i == leading { next } else { 0 }, i as u64).expect("there is room");
            store.write(array, 8 + 4 * i, node);
        }
        store.roots.retain(|&root| root == array);
        objects += len + 1;
        next = array;
    }
    store.heap.work = Work::default();
    match slice {
        None => store.collect(),
        Some(slice) => {
            store.begin();
            let Store { heap, view, .. } = &mut store;
            while heap.cycle.is_some() {
                heap.slice(view, slice);
            }
        }
    }
    let work = store.heap.work;
    assert!(work.searches >= arrays - 1, "{work:?}: too few searches to tell");
    assert!(work.objects >= objects && work.objects <= 2 * objects, "{work:?} for {objects} objects");
    let mut array = next;
    for _ in 0..arrays {
        assert!(store.heap.is_object(array));
        let last = store.read(array, 8 + 4 * leading);
        assert!(store.heap.is_object(last));
        array = store.read(last, 8);
    }
    assert_eq!(array, 0);
    work
}

#[test]
fn objects_that_cannot_wait_are_looked_through_once_more_at_most() {
    chain(1 << 20, 7, None);
    chain(8 << 20, 7, None);
    chain(24 << 20, 20, None);
}

#[test]
fn slices_search_no_more_lines_than_one_pause() {
    let whole = chain(8 << 20, 7, None).lines;
    for slice in [50, 1000, 100_000] {
        let lines = chain(8 << 20, 7, Some(slice)).lines;
        assert!(lines <= 2 * whole, "{slice}: {lines} lines instead of {whole}");
    }
}

#[test]
fn lines_are_searched_as_often_in_large_heaps_as_in_others() {
    for bits in 8..35 {
        // The smallest objects with a reference have 16 bytes.
        let bytes = 1usize << bits;
        assert!(bytes / 16 / queue_len(bytes) <= 256, "{bits}");
    }
}
