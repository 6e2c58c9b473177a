//! Tests of the heap alone: reachable objects stay as they were, and everything else makes room.

use wasmote_exec as exec;

use super::store::{ARRAY, NODE, Store};

#[test]
fn lists_stay_and_garbage_goes_whatever_the_sizes() {
    for stress in [false, true] {
        // Objects do not move, and some nodes have a line to themselves.
        let mut store = Store::new(16 << 20, stress);
        store.roots.push(0);
        let (count, mut list) = (if stress { 300 } else { 3000 }, 0);
        for i in 0..count {
            list = store.node(list, i).unwrap();
            store.roots[0] = list;
            // Arrays of all sizes between the nodes. Some are larger than what small objects share a line with.
            let len = i * 37 % 5000;
            store.allocate(8 + (4 * len as usize).next_multiple_of(8), u64::from(ARRAY) | len << 32).unwrap();
        }
        assert!(store.heap.collections() > 1);
        for i in (0..count).rev() {
            assert_eq!(u64::from(store.read(list, 16)), i);
            list = store.read(list, 8);
        }
        assert_eq!(list, 0);
    }
}

#[test]
fn more_objects_than_can_wait_are_all_found() {
    // An array of lists: at once far more objects than the mark stack has room for.
    const OPERAND_LISTS: u32 = 200_000;
    let mut store = Store::new(64 << 20, false);
    let array =
        store.allocate(8 + 4 * OPERAND_LISTS as usize, u64::from(ARRAY) | u64::from(OPERAND_LISTS) << 32).unwrap();
    store.roots.push(array);
    for i in 0..OPERAND_LISTS {
        let tail = store.node(0, u64::from(i)).unwrap();
        // The tail must be in use while the other node is made.
        store.roots.push(tail);
        let node = store.node(tail, 0).unwrap();
        store.roots.pop();
        store.write(array, 8 + 4 * i as usize, node);
    }
    store.collect();
    for i in 0..OPERAND_LISTS {
        let node = store.read(array, 8 + 4 * i as usize);
        assert!(store.heap.is_object(node));
        let tail = store.read(node, 8);
        assert!(store.heap.is_object(tail));
        assert_eq!(store.read(tail, 16), i);
    }
    store.roots.clear();
    store.collect();
    assert!(!store.heap.is_object(array) && store.heap.stats(&store.view).live <= 256);
}

#[test]
fn objects_are_zero_when_they_are_made() {
    let mut store = Store::new(1 << 20, false);
    for round in 0..200_000u32 {
        let node = store.allocate(24, NODE.into()).unwrap();
        assert_eq!((store.read(node, 8), store.read(node, 16)), (0, 0), "round {round}");
        store.write(node, 8, u32::MAX);
        store.write(node, 16, u32::MAX);
    }
}

#[test]
fn a_full_heap_says_so_and_goes_on_when_there_is_room() {
    let mut store = Store::new(1 << 20, false);
    let mut list = 0;
    let mut count = 0;
    store.roots.push(0);
    while let Some(node) = store.node(list, 1) {
        list = node;
        store.roots[0] = list;
        count += 1;
    }
    assert!((30_000..50_000).contains(&count), "{count}");
    store.roots[0] = 0;
    assert!(store.node(0, 1).is_some());
    assert!(store.allocate(900 << 10, u64::from(ARRAY) | 1 << 32).is_some());
    assert!(store.allocate(2 << 20, ARRAY.into()).is_none());
}

#[test]
fn what_only_looks_like_a_reference_is_left_alone_and_headers_are_not_believed() {
    let mut store = Store::new(1 << 20, false);
    let node = store.node(0, 7).unwrap();
    for wrong in [0, 1, node + 1, node + 2, 4, u32::MAX, store.view.last, store.view.last + 1, store.view.last + 3] {
        assert!(!store.heap.is_object(wrong), "{wrong}");
        store.roots.push(wrong);
    }
    store.roots.push(node);
    // Headers that only code without validation could write: unknown types, and lengths far beyond the heap.
    for header in [u64::MAX, u64::from(ARRAY) | u64::from(u32::MAX) << 32, 99, u64::from(exec::EXCEPTION)] {
        let place = store.view.place(node).unwrap();
        // SAFETY: `place` is the object's header of eight bytes.
        unsafe { place.cast::<u64>().write(header) };
        store.collect();
        assert!(store.heap.is_object(node));
    }
}

impl Store {
    /// Allocates an array of this many bytes, header included, and makes it a root.
    fn array(&mut self, bytes: usize) -> Option<u32> {
        let array = self.allocate(bytes, u64::from(ARRAY) | (bytes as u64 / 4 - 2) << 32)?;
        self.roots.push(array);
        Some(array)
    }

    /// Allocates arrays of these sizes until there is no room for one. Returns the arrays and their sizes.
    fn fill(&mut self, sizes: impl Iterator<Item = usize>) -> Vec<(u32, usize)> {
        let mut made = Vec::new();
        for bytes in sizes {
            let Some(array) = self.array(bytes) else { break };
            // All of the bytes must belong to the array alone.
            for at in (8..bytes).step_by(4) {
                assert_eq!(self.read(array, at), 0);
                self.write(array, at, 1);
            }
            made.push((array, bytes));
        }
        made.sort_unstable();
        for pair in made.windows(2) {
            assert!(pair[0].0 as usize * 4 + pair[0].1 <= pair[1].0 as usize * 4, "objects lie on each other");
        }
        made
    }

    /// Keeps only these arrays. Returns their total size.
    fn keep(&mut self, arrays: impl Iterator<Item = (u32, usize)>) -> usize {
        let (roots, bytes): (Vec<_>, Vec<_>) = arrays.unzip();
        self.roots = roots;
        bytes.into_iter().sum()
    }
}

/// Returns numbers that are the same in each run.
fn numbers() -> impl Iterator<Item = usize> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    })
}

const MIB: usize = 1 << 20;

#[test]
fn as_much_as_survived_is_allocated_between_collections_unless_the_heap_is_limited() {
    for most in [64 * MIB, 10 * MIB] {
        let mut store = Store::new(most, false);
        while store.roots.len() < 2048 {
            store.array(4096).expect("there is room");
        }
        store.collect();
        let before = store.heap.collections();
        for i in 0..64 * MIB / 64 {
            store.allocate(64, u64::from(ARRAY) | 14 << 32).unwrap_or_else(|| panic!("{i}: there is room"));
        }
        let (collections, bytes) = (store.heap.collections() - before, store.heap.stats(&store.view).bytes as usize);
        if most < 16 * MIB {
            assert!(bytes <= most && collections > 30, "{collections} collections in {bytes} bytes");
        } else {
            assert!((7..=8).contains(&collections), "{collections} collections");
            // It grows by an eighth at a time.
            assert!((16 * MIB..19 * MIB).contains(&bytes), "{bytes} bytes");
        }
    }
}

#[test]
fn small_objects_go_between_others_when_nothing_else_is_left() {
    for bytes in [16, 24, 64, 120, 200] {
        let mut store = Store::new(MIB, false);
        let made = store.fill(std::iter::repeat(bytes));
        // No line is free then, but one of each two objects becomes garbage.
        let kept = store.keep(made.iter().copied().step_by(2));
        let before = store.heap.collections();
        let again = store.fill(std::iter::repeat(bytes));
        assert!(again.len() + 1 >= made.len() / 2, "{bytes} bytes: {} of {}", again.len(), made.len());
        assert!(kept + again.len() * bytes > MIB - 3 * (bytes + 256), "{bytes} bytes: {} again", again.len());
        // There is not one collection for each object.
        assert!(store.heap.collections() - before <= 3, "{} collections", store.heap.collections() - before);
    }
}

#[test]
fn what_a_pattern_of_all_sizes_leaves_free_is_found() {
    let size = |number: usize| match number % 8 {
        0 => 4096 + number / 8 % 16384,
        1 | 2 => 256 + number / 8 % 3840,
        _ => 16 + number / 8 % 240,
    };
    let mut store = Store::new(8 * MIB, false);
    let made = store.fill(numbers().map(|number| size(number) & !7));
    for keep in [2, 3, 10] {
        let kept = store.keep(made.iter().copied().zip(numbers()).filter(|(_, n)| n % keep == 0).map(|(it, _)| it));
        let again: usize = store.fill(std::iter::repeat(32)).iter().map(|(_, bytes)| bytes).sum();
        assert!(kept + again > 8 * MIB / 100 * 99, "{kept} kept of 8 MiB, {again} found room");
        // The same again with mixed sizes. The first that finds no room may be a large one.
        let kept = store.keep(made.iter().copied().zip(numbers()).filter(|(_, n)| n % keep == 0).map(|(it, _)| it));
        let again = store.fill(numbers().skip(1000).map(|number| (16 + number % 240) & !7));
        let again: usize = again.iter().map(|(_, bytes)| bytes).sum();
        assert!(kept + again > 8 * MIB / 100 * 97, "{kept} kept of 8 MiB, {again} of mixed sizes found room");
    }
}

#[test]
fn large_objects_find_each_hole_that_is_large_enough_and_no_other() {
    const PIECE: usize = 16 << 10;
    let mut store = Store::new(4 * MIB, false);
    let made = store.fill(std::iter::repeat(PIECE));
    // The line of null, and the rests where the heap grew, are lost.
    assert!(made.len() >= 4 * MIB / PIECE - 8, "{}", made.len());
    // One of each five pieces stays.
    let kept: Vec<_> = made.iter().copied().step_by(5).collect();
    store.keep(kept.iter().copied());
    let (mut holes, mut end) = (0, 256);
    for place in kept.iter().map(|(array, _)| *array as usize * 4).chain([4 * MIB]) {
        holes += (place - end) / (4 * PIECE);
        end = place + PIECE;
    }
    assert!(holes >= 40, "{holes}");
    assert!(store.array(5 * PIECE).is_none(), "larger than any hole");
    assert_eq!(store.fill(std::iter::repeat(4 * PIECE)).len(), holes);
}

#[test]
fn an_array_that_takes_all_that_is_left_finds_room() {
    for most in [2 * MIB, 8 * MIB] {
        let mut store = Store::new(most, false);
        let node = store.node(0, 7).unwrap();
        store.roots.push(node);
        // The line of null, and that of the node, are in use.
        let rest = most - 2 * 256;
        assert!(store.array(rest + 8).is_none());
        assert!(store.array(rest).is_some());
        assert_eq!(store.read(node, 16), 7);
        store.roots.truncate(1);
        assert!(store.array(rest).is_some(), "once more, when it is garbage");
        assert!(store.array(256).is_none());
        assert!(store.array(128).is_some(), "there is room besides the node");
    }
}

#[test]
fn what_is_free_at_the_end_counts_when_the_heap_grows_for_a_small_object() {
    const LINE: usize = 256;
    // The first growth of a heap. The heap may have eight lines more.
    const FIRST: usize = 256 << 10;
    let mut store = Store::new(FIRST + 8 * LINE, false);
    let made = store.fill(std::iter::repeat_n(LINE, FIRST / LINE - 1));
    assert_eq!(store.heap.stats(&store.view).bytes as usize, FIRST, "all lines are in use, and it has not grown again");
    store.keep(made[..made.len() - 8].iter().copied());
    assert!(store.array(16 * LINE).is_some(), "eight lines, and eight more");
}
