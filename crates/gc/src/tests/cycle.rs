//! Tests of cycles against a model of the graph of objects. The model knows which objects can be reached. None of these
//! may be gone or changed, whatever a guest does between slices, and the others are gone after the next cycle.

use std::collections::{BTreeMap, BTreeSet};

use wasmote_test_support::Random;

use super::store::{ARRAY, Store};

/// An object: its number, which is the value of a node, and what it refers to.
struct Object {
    number: u64,
    is_array: bool,
    references: Vec<u32>,
}

struct Graph {
    store: Store,
    objects: BTreeMap<u32, Object>,
    made: u64,
}

impl Graph {
    fn new(most: usize, stress: bool) -> Graph {
        Graph { store: Store::new(most, stress), objects: BTreeMap::new(), made: 0 }
    }

    /// Makes an object and a root that refers to it.
    fn make(&mut self, len: Option<usize>) {
        self.made += 1;
        let (reference, count) = match len {
            None => (self.store.node(0, self.made), 1),
            Some(len) => {
                let bytes = (8 + 4 * len).next_multiple_of(8);
                (self.store.allocate(bytes, u64::from(ARRAY) | (len as u64) << 32), len)
            }
        };
        let reference = reference.expect("there is room");
        if self.made.is_multiple_of(32) {
            assert!(!self.reachable().contains(&reference), "{reference} is in use and was given away");
        }
        let object = Object { number: self.made, is_array: len.is_some(), references: vec![0; count] };
        self.objects.insert(reference, object);
        self.store.roots.push(reference);
    }

    /// Returns all objects that roots lead to.
    fn reachable(&self) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut waiting = self.store.roots.clone();
        while let Some(reference) = waiting.pop() {
            if reference != 0 && found.insert(reference) {
                waiting.extend(&self.objects[&reference].references);
            }
        }
        found
    }

    /// Asserts that everything in use is there and unchanged. Returns the number of objects in use.
    fn check(&self) -> usize {
        let reachable = self.reachable();
        for &reference in &reachable {
            let object = &self.objects[&reference];
            assert!(self.store.heap.is_object(reference), "object {} is gone", object.number);
            if !object.is_array {
                assert_eq!(u64::from(self.store.read(reference, 16)), object.number);
            }
            for (i, &other) in object.references.iter().enumerate() {
                assert_eq!(self.store.read(reference, 8 + 4 * i), other, "object {}", object.number);
            }
        }
        reachable.len()
    }

    /// Does something at random that a guest could do.
    fn step(&mut self, random: &mut Random) {
        while self.store.roots.len() > 40 {
            self.store.roots.swap_remove(random.below(41));
        }
        let roots = self.store.roots.len();
        let [a, b] = [random.below(roots), random.below(roots)].map(|root| self.store.roots.get(root).copied());
        match random.below(10) {
            0 | 1 => self.make(None),
            2 => self.make(Some(random.below(6))),
            3 if random.one_in(40) => self.make(Some(random.below(3000))),
            4 if roots > 8 => drop(self.store.roots.swap_remove(random.below(roots))),
            operation => {
                let (Some(a), Some(b)) = (a, b) else { return };
                let count = self.objects[&a].references.len();
                if count == 0 {
                    return;
                }
                let field = random.below(count);
                if operation < 7 {
                    // Reads a reference, as into a local.
                    self.store.roots.push(self.objects[&a].references[field]);
                    self.store.roots.retain(|&root| root != 0);
                } else {
                    let value = if random.one_in(3) { 0 } else { b };
                    self.store.write(a, 8 + 4 * field, value);
                    self.objects.get_mut(&a).unwrap().references[field] = value;
                }
            }
        }
    }

    /// Returns the objects that cannot be reached, and their numbers.
    fn garbage(&self) -> Vec<(u32, u64)> {
        let reachable = self.reachable();
        let all = self.objects.iter().filter(|(reference, _)| !reachable.contains(reference));
        all.map(|(&reference, object)| (reference, object.number)).collect()
    }
}

#[test]
fn cycles_keep_what_is_in_use_and_free_what_was_garbage_when_they_began() {
    let seeds = if cfg!(miri) { 2 } else { 30 };
    let (mut cycles, mut slices) = (0, 0);
    for seed in 0..seeds {
        let mut random = Random::new(seed);
        let mut graph = Graph::new(8 << 20, false);
        for _ in 0..if cfg!(miri) { 2 } else { 25 } {
            for _ in 0..random.below(200) {
                graph.step(&mut random);
            }
            graph.store.begin();
            let garbage = graph.garbage();
            let begun = graph.store.heap.collections();
            while graph.store.heap.collections() == begun {
                for _ in 0..random.below(30) {
                    // An allocation may end the cycle.
                    if graph.store.heap.cycle.is_some() {
                        graph.step(&mut random);
                    }
                }
                let most = if random.chance(50) { 40 } else { 2000 };
                let work = 1 + random.below(most) as u64;
                let Store { heap, view, .. } = &mut graph.store;
                if heap.cycle.is_some() {
                    heap.slice(view, work);
                    slices += 1;
                }
            }
            cycles += 1;
            for (reference, number) in garbage {
                // The allocation that ended the cycle may have taken its room.
                if graph.objects[&reference].number == number {
                    assert!(!graph.store.heap.is_object(reference), "seed {seed}: garbage is left");
                    graph.objects.remove(&reference);
                }
            }
            graph.check();
        }
        graph.store.collect();
        let in_use = graph.check();
        let left: u32 = graph.store.heap.starts.iter().map(|word| word.count_ones()).sum();
        assert_eq!(left as usize, in_use, "seed {seed}");
    }
    assert!(slices > 4 * cycles, "{slices} slices of {cycles} cycles");
}

#[test]
fn stress_ends_a_cycle_and_begins_another_at_each_allocation() {
    for seed in 0..if cfg!(miri) { 1 } else { 20 } {
        let mut random = Random::new(seed);
        let mut graph = Graph::new(8 << 20, true);
        for _ in 0..if cfg!(miri) { 100 } else { 1000 } {
            graph.step(&mut random);
            graph.check();
        }
        let collections = graph.store.heap.collections();
        assert!(collections + 2 >= graph.made, "{collections} collections, {} objects", graph.made);
        assert!(graph.store.heap.cycle.is_some());
    }
}

#[test]
fn a_collection_at_once_forgets_the_cycle_that_runs() {
    let mut graph = Graph::new(8 << 20, false);
    let mut random = Random::new(1);
    for _ in 0..50 {
        for _ in 0..50 {
            graph.step(&mut random);
        }
        graph.store.begin();
        for _ in 0..50 {
            graph.step(&mut random);
        }
        let Store { heap, view, .. } = &mut graph.store;
        heap.slice(view, 100);
        graph.store.collect();
        assert!(graph.store.view.marks.is_null() && graph.store.heap.waiting.is_empty());
        let in_use = graph.check();
        let left: u32 = graph.store.heap.starts.iter().map(|word| word.count_ones()).sum();
        assert_eq!(left as usize, in_use);
    }
}

/// Makes lists with this many nodes in all, and makes them roots. Then replaces nodes for a while. Returns the most
/// objects that a slice looked through, and how many bytes the heap had for each byte in use.
fn replace(nodes: usize) -> (usize, f64) {
    let mut store = Store::new(256 << 20, false);
    let lists = 64;
    store.roots = vec![0; lists];
    let push = |store: &mut Store, i: usize| {
        let node = store.node(store.roots[i % lists], i as u64).expect("there is room");
        store.roots[i % lists] = node;
    };
    (0..nodes).for_each(|i| push(&mut store, i));
    let (mut most, mut before) = (0, store.heap.work.objects);
    for i in 0..4 * nodes {
        let slices = store.heap.stats(&store.view).slices;
        store.node(0, 0).expect("there is room");
        if i % 8 == 0 {
            push(&mut store, i);
            let (root, next) = (store.roots[i % lists], store.read(store.roots[i % lists], 8));
            store.write(root, 8, store.read(next, 8));
        }
        if store.heap.stats(&store.view).slices != slices {
            most = most.max(store.heap.work.objects - before);
        }
        before = store.heap.work.objects;
    }
    (most, store.heap.stats(&store.view).bytes as f64 / (24 * nodes) as f64)
}

#[test]
fn slices_are_bounded_and_the_heap_stays_below_three_times_what_is_in_use() {
    let [(small, _), (large, _)] = [150_000, 450_000].map(|nodes| {
        let (most, factor) = replace(nodes);
        assert!(most > 0 && factor < 3.0, "{most} objects in a slice, {factor} times what is in use");
        (most, factor)
    });
    // Each object of 24 bytes is work of 40.
    assert!(large <= (2 << 20) / 40 + 100 && large < 2 * small, "{small} and {large} objects in a slice");
}
