//! Tests what `docs/gc.md` promises about room: an allocation succeeds exactly if there is room for it among the
//! objects in use. A model of the heap says whether there is. It knows only the objects in use and the most bytes
//! that the heap may have.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasmote_test_support::Random;

use super::store::{Backing, STRING, Store};

const LINE: usize = 256;
/// The largest object that can share lines with others.
const SMALL: usize = 4 << 10;
/// A heap grows by at least this many bytes.
const STEP: usize = 256 << 10;
/// This many bytes may be allocated before the first collection.
const BUDGET: usize = 4 << 20;

static ZEROS: [u8; 4096] = [0; 4096];

/// A heap and the objects in use in it.
struct Trial {
    store: Store,
    /// The offset and size of each object in use.
    live: BTreeMap<usize, usize>,
    /// The most bytes that the heap may have.
    most: usize,
    /// The most bytes that there is memory for.
    limit: Rc<Cell<usize>>,
    /// What is tried, for messages.
    what: String,
}

/// How to make a heap.
#[derive(Clone, Copy, Debug)]
struct Kind {
    most: usize,
    limit: usize,
    stress: bool,
    /// Whether its bytes move when it grows.
    moves: bool,
}

impl Kind {
    fn of(most: usize, stress: bool) -> Kind {
        Kind { most, limit: most, stress, moves: false }
    }
}

/// Returns the bytes with which the object at this offset is filled.
fn pattern(at: usize) -> u8 {
    (at / 8 % 251) as u8 + 1
}

impl Trial {
    fn new(kind: Kind, what: String) -> Trial {
        let limit = Rc::new(Cell::new(kind.limit));
        let backing = Backing::new(kind.most, limit.clone(), kind.moves);
        let store = Store::with(Box::new(backing), kind.most as u64, kind.stress);
        Trial { store, live: BTreeMap::new(), most: kind.most, limit, what }
    }

    /// Returns the end of the heap when it is as large as it can be.
    fn end(&self) -> usize {
        self.most.min(self.limit.get()) / LINE * LINE
    }

    /// Returns the ranges without objects in use, each from the end of one object to the start of the next.
    fn gaps(&self) -> Vec<(usize, usize)> {
        let mut gaps = Vec::new();
        // The first line has no objects, because null refers to it.
        let mut end = LINE;
        for (&at, &bytes) in &self.live {
            gaps.push((end, at));
            end = at + bytes;
        }
        gaps.push((end, self.end().max(end)));
        gaps
    }

    /// Returns the size of the largest small object that there is room for, and that of the largest object of any
    /// size.
    fn room(&self) -> (usize, usize) {
        let gaps = self.gaps();
        let between = gaps.iter().map(|(from, to)| to - from).max().unwrap();
        let lines = gaps.iter().map(|(from, to)| (to / LINE).saturating_sub(from.div_ceil(LINE))).max().unwrap();
        (between.min(SMALL), lines * LINE)
    }

    /// Returns whether there is room for an object.
    fn has_room(&self, bytes: usize) -> bool {
        let (small, any) = self.room();
        bytes <= small || bytes <= any
    }

    fn slice(&mut self, at: usize, bytes: usize) -> &mut [u8] {
        assert!(at + bytes <= self.store.heap.stats(&self.store.view).bytes as usize, "{}: beyond the end", self.what);
        // SAFETY: the assertion keeps the bytes in the heap, and nothing else refers to them while `self` is
        // borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.store.view.base.add(at), bytes) }
    }

    /// Allocates an object. Asserts that this succeeds exactly if there is room.
    fn allocate(&mut self, bytes: usize) -> Option<usize> {
        let header = u64::from(STRING) | ((bytes - 8) as u64) << 32;
        let Some(reference) = self.store.allocate(bytes, header) else {
            assert!(!self.has_room(bytes), "{}: refused {bytes}, room for {:?}", self.what, self.room());
            return None;
        };
        let at = reference as usize * 4;
        let before = self.live.range(..at + bytes).next_back();
        assert!(before.is_none_or(|(&other, &size)| other + size <= at), "{}: {at} + {bytes} on {before:?}", self.what);
        assert!(at >= LINE && at + bytes <= self.end(), "{}: {at} + {bytes} is not in the heap", self.what);
        let what = self.what.clone();
        let slice = &mut self.slice(at, bytes)[8..];
        assert!(slice.chunks(4096).all(|part| part == &ZEROS[..part.len()]), "{what}: {at} + {bytes} is not zero");
        slice.fill(pattern(at));
        self.live.insert(at, bytes);
        self.store.roots.push(reference);
        Some(at)
    }

    /// Allocates objects of these sizes until there is no room for one. Returns their offsets.
    fn fill(&mut self, sizes: impl Iterator<Item = usize>) -> Vec<usize> {
        sizes.map_while(|bytes| self.allocate(bytes)).collect()
    }

    /// Asserts that an object is unchanged.
    fn check(&mut self, at: usize) {
        let bytes = self.live[&at];
        let what = self.what.clone();
        let header = u64::from(STRING) | ((bytes - 8) as u64) << 32;
        let slice = self.slice(at, bytes);
        assert!(slice[..8] == header.to_ne_bytes(), "{what}: the header at {at} has changed");
        let full = [pattern(at); 4096];
        assert!(slice[8..].chunks(4096).all(|part| part == &full[..part.len()]), "{what}: {at} + {bytes} has changed");
        assert!(self.store.heap.is_object((at / 4) as u32), "{}: {at} is gone", self.what);
    }

    /// Drops objects that are no longer in use.
    fn forget(&mut self, gone: impl Fn(usize) -> bool) {
        for at in self.live.keys().copied().filter(|&at| gone(at)).collect::<Vec<_>>() {
            self.check(at);
            self.live.remove(&at);
        }
        self.store.roots.retain(|&root| !gone(root as usize * 4));
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.forget(|_| true);
        }
    }
}

/// A name, and what happens in a heap before the allocation that is tried.
type State = (&'static str, fn(&mut Trial));

const STATES: [State; 12] = [
    ("empty", |_| {}),
    ("collected while empty", |trial| trial.store.collect()),
    ("refused while empty", |trial| assert!(trial.allocate(trial.end().max(8)).is_none())),
    ("one object", |trial| {
        trial.allocate(24);
    }),
    ("one object, collected", |trial| {
        trial.allocate(24);
        trial.store.collect();
    }),
    ("garbage", |trial| {
        trial.allocate(24);
        trial.allocate(8 + trial.end() / 16 * 8);
        trial.forget(|_| true);
    }),
    ("garbage to the end", |trial| {
        trial.fill([24, 4096, 200].into_iter().cycle());
        trial.forget(|_| true);
    }),
    ("holes of lines", |trial| {
        let made = trial.fill([4096, 512, 8192, 264].into_iter().cycle());
        trial.forget(|at| made.iter().position(|&it| it == at).unwrap() % 2 == 0);
    }),
    ("gaps in lines", |trial| {
        let made = trial.fill(std::iter::repeat(200));
        trial.forget(|at| made.iter().position(|&it| it == at).unwrap() % 5 < 2);
    }),
    ("gaps, looked through", |trial| {
        let made = trial.fill(std::iter::repeat(120));
        trial.forget(|at| made.iter().position(|&it| it == at).unwrap() % 3 == 1);
        trial.fill([104, 256].into_iter());
    }),
    ("full but for the end", |trial| {
        let keep = trial.end().saturating_sub(3 * LINE + 200);
        while let Some(at) = trial.allocate(104) {
            if at >= keep {
                trial.forget(|it| it >= keep);
                break;
            }
        }
    }),
    ("full", |trial| {
        trial.fill(std::iter::repeat(1024));
        trial.fill(std::iter::repeat(8));
    }),
];

/// Returns sizes around these, all multiples of 8.
fn around(places: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let near = [-264, -256, -248, -16, -8, 0, 8, 16, 248, 256, 264];
    let sizes = places.into_iter().flat_map(|place| near.map(|by| place.checked_add_signed(by)));
    let mut sizes: Vec<usize> = sizes.flatten().filter(|&size| size >= 8).map(|size| size & !7).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Tries each size around each boundary: first in a heap in each state, then followed by objects of a few other
/// sizes.
fn sizes_around_boundaries(kinds: &[Kind], states: &[State]) {
    let mut tried = 0;
    for kind in kinds {
        for (name, prepare) in states {
            let trial = |size: usize| {
                let mut trial = Trial::new(*kind, format!("{kind:?}, {name}, {size} bytes"));
                prepare(&mut trial);
                trial
            };
            let (between, lines) = trial(0).room();
            let fixed = [8, LINE, SMALL, STEP, BUDGET, kind.most, kind.limit, kind.most / 8 * 7];
            let sizes = around(fixed.into_iter().chain([between, lines]).filter(|&size| size <= kind.most + 2 * LINE));
            for size in sizes {
                let mut trial = trial(size);
                trial.allocate(size);
                // The next allocations must find everything in order.
                for next in [8, 264, trial.room().1, trial.room().0, 8] {
                    trial.allocate(next.max(8));
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 20 * kinds.len() * states.len(), "{tried}");
}

#[test]
fn small_heaps_have_all_the_room_there_is() {
    let mosts = [0, 255, 256, 257, 511, 512, 513, 768, 1000, 1024, 4096, 4352, 4608, 4864, 8192, 20000];
    let kinds: Vec<_> = mosts.iter().flat_map(|&most| [false, true].map(|stress| Kind::of(most, stress))).collect();
    sizes_around_boundaries(&kinds, &STATES);
}

#[test]
fn heaps_of_about_a_step_have_all_the_room_there_is() {
    let mosts = [STEP - LINE, STEP, STEP + LINE, STEP + SMALL];
    let kinds: Vec<_> = mosts.iter().map(|&most| Kind::of(most, false)).collect();
    sizes_around_boundaries(&kinds, &STATES);
    // A collection for each object takes long if there are many.
    sizes_around_boundaries(&[Kind::of(STEP + LINE, true)], &STATES[..7]);
}

#[test]
fn heaps_beyond_the_budget_have_all_the_room_there_is() {
    let mosts = [BUDGET - LINE, BUDGET, BUDGET + LINE, BUDGET + 2 * LINE, 2 * BUDGET + STEP];
    for stress in [false, true] {
        let kinds: Vec<_> = mosts.iter().map(|&most| Kind::of(most, stress)).collect();
        sizes_around_boundaries(&kinds, &STATES[..6]);
    }
}

#[test]
fn heaps_with_less_memory_than_they_may_have_use_all_of_it() {
    let most = BUDGET + STEP;
    for moves in [false, true] {
        let limits = [0, 255, 256, 512, 768, SMALL, 5000, STEP - LINE, STEP + LINE];
        let kinds: Vec<_> = limits.iter().map(|&limit| Kind { most, limit, stress: false, moves }).collect();
        sizes_around_boundaries(&kinds, &STATES[..6]);
    }
    let kinds = [5000, 20000].map(|limit| Kind { most, limit, stress: false, moves: true });
    sizes_around_boundaries(&kinds, &STATES);
}

#[test]
fn an_object_that_reaches_over_the_former_end_is_not_given_away() {
    for most in [7 * LINE, 8 * LINE] {
        let kind = Kind { most, limit: 7 * LINE, stress: false, moves: false };
        let mut trial = Trial::new(kind, format!("{kind:?}"));
        trial.fill(std::iter::repeat_n(LINE, 4));
        // Two lines are left. If the heap does not have both yet, the search for gaps ends between them.
        assert!(trial.allocate(3 * LINE).is_none());
        let at = trial.allocate(2 * LINE).expect("two lines");
        assert_eq!(at, 5 * LINE);
        // The search must not continue there, in the middle of the object.
        assert!(trial.allocate(8).is_none());
        trial.check(at);
    }
}

#[test]
fn sizes_that_no_heap_has_are_refused() {
    for most in [0, 1 << 20, u64::MAX] {
        for before in [false, true] {
            for stress in [false, true] {
                let limit = Rc::new(Cell::new(1 << 20));
                let mut store = Store::with(Box::new(Backing::new(1 << 20, limit, false)), most, stress);
                if before && most > 0 {
                    assert!(store.allocate(24, STRING.into()).is_some());
                }
                let mut sizes = around([1 << 30, 1 << 31, 1 << 32, 1 << 34, (1 << 34) - (1 << 20), 1 << 36, 1 << 63]);
                // Sizes at the limits of 32-bit hosts and of this one.
                sizes.extend(around([u32::MAX as usize - 264, usize::MAX / 2, usize::MAX - 300]));
                sizes.extend([usize::MAX & !7, (usize::MAX - 255) & !7]);
                for size in sizes {
                    assert!(store.allocate(size, STRING.into()).is_none(), "{size}");
                }
                assert_eq!(store.allocate(24, STRING.into()).is_some(), most > 0);
            }
        }
    }
}

/// Runs a random sequence in a heap of any kind: allocations, garbage, collections, and growing memory.
fn sequence(seed: u64) {
    let mut random = Random::new(seed);
    let most = match random.below(8) {
        0 => random.below(2 << 10),
        1..4 => random.below(16 << 10),
        4..6 => random.below(128 << 10),
        6 => random.below(2 * STEP),
        _ => random.below(3 * BUDGET),
    };
    let (limited, stress, moves) = (random.below(3) == 0, random.below(4) == 0, random.below(4) == 0);
    let limit = if limited { random.below(most + 1) } else { most };
    let kind = Kind { most, limit, stress, moves };
    let mut trial = Trial::new(kind, format!("{kind:?}, HEAP_SEED={seed}"));
    let usual = 1 << random.below(13);
    for _ in 0..200 + random.below(600) {
        match random.below(100) {
            0..3 => trial.store.collect(),
            3 => {
                let (number, keep) = (random.below(1000), 1 + random.below(9));
                trial.forget(|at| (at / 8 * 31 + number) % 10 >= keep);
            }
            4..20 => {
                let at = random.below(trial.end().max(1));
                let found = trial.live.range(at..).next().map(|(&at, _)| at);
                trial.forget(|at| Some(at) == found);
            }
            20 if limited => {
                let more = trial.limit.get() + [8, 256, 300, 4096, STEP][random.below(5)];
                trial.limit.set(more.min(most));
            }
            21..24 => {
                // Exactly the room that there is, or slightly more.
                let (small, any) = trial.room();
                let size = if random.below(2) == 0 { small } else { any } + 8 * random.below(2);
                trial.allocate(size.max(8) & !7);
            }
            kind => {
                let end = match kind {
                    24..27 => trial.end() + LINE,
                    27..37 => 40 << 10,
                    37..60 => SMALL + 64,
                    _ => usual,
                };
                trial.allocate(8 + 8 * random.below(end.div_ceil(8).max(1)));
            }
        }
    }
}

#[test]
fn sequences_have_all_the_room_there_is() {
    if let Ok(seed) = std::env::var("HEAP_SEED") {
        return sequence(seed.parse().expect("HEAP_SEED is a number"));
    }
    println!("seeds 0 to 1999; HEAP_SEED=n repeats one");
    (0..2000).for_each(sequence);
}
