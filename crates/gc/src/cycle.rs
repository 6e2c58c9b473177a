//! Collections: at once, or between allocations.
//!
//! A collection at once marks what is reachable and frees everything else. It is one pause.
//!
//! A *cycle* is a collection between allocations. It frees what was not reachable when it began:
//!
//! 1. It begins with all roots, and marks the objects that they refer to. Roots are not looked at again.
//! 2. Each allocation pays for a slice of marking. Meanwhile, what overwrites a reference in an object marks the old
//!    one first ([`barrier`](crate::barrier)). So nothing that could be reached at the beginning is missed: either its
//!    references are still where they were, or they were marked when they were overwritten.
//! 3. New objects lie in bytes that are marked as a whole. They survive the cycle and are not looked through, since
//!    what they refer to was reachable at the beginning, or is new, too.
//! 4. The end frees everything that has no mark.

use core::mem;

use wasmote_exec as exec;

use crate::heap::{BUDGET, CYCLE_HOLE, Heap, IN_USE, LINE_LOG2};
use crate::mark::{LEFT, Marker, REACHED};

/// Collections are cycles if at least this many bytes survived the one before. With less, they are short enough.
const LONG: u64 = 2 << 20;
/// The work that each allocated byte pays for. Marking an object is work of its size and [`mark::OBJECT`] at most, so
/// a cycle allocates at most three eighths of what the heap had when it began.
///
/// [`mark::OBJECT`]: crate::mark::OBJECT
const RATE: u64 = 8;
/// The work of a slice, unless very large objects are allocated.
const SLICE: u64 = RATE * CYCLE_HOLE as u64;
/// Less work than this is not worth a slice.
const SHORT: u64 = SLICE / 4;

/// A running cycle.
#[derive(Default)]
pub(crate) struct Cycle {
    /// The work that was not yet done for the bytes that were allocated.
    owed: u64,
    /// The bytes of holes that were taken since the beginning.
    taken: usize,
    /// An array that is partly looked through: its bit, and the offset in it of the next element.
    pub(crate) array: Option<(u32, usize)>,
    /// Lines before this one were searched for objects that could not wait, since the search last began anew.
    pub(crate) line: usize,
}

/// Reads the clock. Callers are in the middle of changing the heap. A panic cannot unwind out of this function and
/// ends the process.
#[allow(improper_ctypes_definitions, reason = "only called from here")]
extern "C" fn read(clock: fn() -> u64) -> u64 {
    clock()
}

impl Heap {
    /// Collects at once: finds the objects in use and frees everything else.
    pub fn collect(&mut self, view: &mut exec::Heap, roots: &mut dyn FnMut(&mut Marker<'_>)) {
        self.timed(|heap| {
            heap.abandon();
            heap.put(view, 0, 0);
            heap.rest = (0, 0);
            let mut marker = Marker::new(heap, view, u64::MAX);
            roots(&mut marker);
            marker.run();
            heap.sweep(view, 0);
            heap.was_whole = true;
        });
    }

    /// Returns whether collections at once would be long pauses.
    pub(crate) fn pauses_are_long(&self) -> bool {
        self.stats.live >= LONG
    }

    /// Returns whether a cycle may begin. The stacks of continuations have no barrier, so there must be none.
    pub(crate) fn may_run_between(view: &exec::Heap) -> bool {
        #[cfg(feature = "stack-switching")]
        // SAFETY: the pointer is null or leads to the list of the store, which lives as long as its heap.
        let none = unsafe { view.continuations.as_ref() }.is_none_or(|list| list.in_use() == 0);
        #[cfg(not(feature = "stack-switching"))]
        let (none, _) = (true, view);
        none
    }

    /// Begins a cycle with these roots.
    pub(crate) fn begin(&mut self, view: &mut exec::Heap, roots: &mut dyn FnMut(&mut Marker<'_>)) {
        self.timed(|heap| {
            heap.stats.slices += 1;
            heap.cycle = Some(Cycle::default());
            // The holes in use go on from the next line, so that no line has old and new objects.
            let (start, end) = whole_lines(view.cursor, view.limit);
            heap.put(view, start, end);
            heap.took(start, end);
            heap.rest = whole_lines(heap.rest.0, heap.rest.1);
            heap.took(heap.rest.0, heap.rest.1);
            // No work: this only finds the roots.
            let mut marker = Marker::new(heap, view, 0);
            roots(&mut marker);
            marker.run();
            heap.show(view);
        });
    }

    /// Does the work that the bytes pay for that were allocated since the last slice.
    pub(crate) fn pay(&mut self, view: &mut exec::Heap) {
        if let Some(cycle) = &mut self.cycle
            && cycle.owed >= SHORT
        {
            // A part of what large objects owe waits for the next allocations.
            let work = cycle.owed.min(SLICE.max(cycle.owed / 8));
            cycle.owed -= work;
            self.slice(view, work);
        }
    }

    /// Does some work of the running cycle, and ends it if nothing is left.
    pub(crate) fn slice(&mut self, view: &mut exec::Heap, work: u64) {
        debug_assert!(self.cycle.is_some(), "without a cycle nothing is marked");
        self.timed(|heap| {
            heap.stats.slices += 1;
            if Marker::new(heap, view, work).run() {
                let taken = heap.cycle.take().map_or(0, |cycle| cycle.taken);
                heap.sweep(view, taken);
                heap.was_whole = false;
            }
        });
    }

    /// Does all that is left of the running cycle, if one runs.
    pub(crate) fn complete(&mut self, view: &mut exec::Heap) {
        while self.cycle.is_some() {
            self.slice(view, u64::MAX);
        }
    }

    /// Forgets the running cycle, if one runs.
    fn abandon(&mut self) {
        if self.cycle.take().is_some() {
            self.marks.fill(0);
            self.lines.iter_mut().for_each(|line| *line &= IN_USE);
            self.waiting.clear();
        }
    }

    /// Frees what is not marked. A cycle took `taken` bytes for new objects.
    fn sweep(&mut self, view: &mut exec::Heap, taken: usize) {
        for (starts, marks) in self.starts.iter_mut().zip(&mut self.marks) {
            *starts &= mem::take(marks);
        }
        self.lines.iter_mut().for_each(|line| *line = u8::from(*line & REACHED != 0) * IN_USE);
        if let Some(null) = self.lines.first_mut() {
            *null = IN_USE;
        }
        self.show(view);
        self.gap = 0;
        self.next = 0;
        self.high = self.lines.len();
        let live = self.lines.iter().filter(|&&line| line != 0).count() << LINE_LOG2;
        // What a cycle took counts as allocated after it. So as much is allocated between two beginnings as between
        // two collections at once.
        let budget = BUDGET.max(live.saturating_sub(taken));
        self.budget = budget.saturating_sub(taken).max(budget / 4);
        self.stats.collections += 1;
        self.stats.live = live as u64;
    }

    /// Prepares these bytes, from which objects will be allocated. While a cycle runs, they are marked.
    pub(crate) fn took(&mut self, start: usize, end: usize) {
        let Some(cycle) = &mut self.cycle else { return };
        if start >= end {
            return;
        }
        cycle.taken += end - start;
        cycle.owed = cycle.owed.saturating_add(RATE.saturating_mul((end - start) as u64));
        self.lines[start >> LINE_LOG2..end >> LINE_LOG2].fill(IN_USE | REACHED);
        // The bits of a line are half a word.
        for line in start >> LINE_LOG2..end >> LINE_LOG2 {
            self.marks[line / 2] |= u64::from(u32::MAX) << (line % 2 * 32);
        }
    }

    /// Gives the view the addresses of the bitmaps, and what handlers need while a cycle runs.
    pub(crate) fn show(&mut self, view: &mut exec::Heap) {
        view.starts = self.starts.as_mut_ptr();
        (view.marks, view.lines) = match self.cycle {
            Some(_) => (self.marks.as_mut_ptr(), self.lines.as_mut_ptr()),
            None => (core::ptr::null_mut(), core::ptr::null_mut()),
        };
    }

    /// Returns whether the last collection looked at the roots when everything else was marked, so that what it has
    /// not found was in no use when it ended.
    pub fn was_whole(&self) -> bool {
        self.was_whole
    }

    /// Does a part of a collection, and measures how long it takes.
    fn timed(&mut self, work: impl FnOnce(&mut Heap)) {
        let now = |heap: &Heap| heap.clock.map_or(0, |clock| read(clock));
        let start = now(self);
        work(self);
        let pause = now(self).saturating_sub(start);
        self.stats.pauses += pause;
        self.stats.longest_pause = self.stats.longest_pause.max(pause);
    }
}

const _: () = assert!(IN_USE & (LEFT | REACHED) == 0 && LEFT & REACHED == 0);

/// Returns the range of the lines that lie wholly in these bytes. It may be empty.
fn whole_lines(start: usize, end: usize) -> (usize, usize) {
    let (start, end) = (start.next_multiple_of(1 << LINE_LOG2), end & !((1 << LINE_LOG2) - 1));
    if start < end { (start, end) } else { (0, 0) }
}
