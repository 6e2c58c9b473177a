//! Allocation. The next object follows the last one, in a hole between lines that are in use. `cycle` has the
//! collections that make holes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use wasmote_exec as exec;

use crate::cycle::Cycle;
use crate::layout::{HEADER, Layout, Layouts, SharedLayouts, array_bytes};
use crate::mark::{Marker, queue_len};

/// Log2 of the size of a line in bytes.
pub(crate) const LINE_LOG2: usize = 8;
/// Objects larger than this are allocated from the end of the heap.
const LARGE_OBJECT: usize = 16 << LINE_LOG2;
/// A flag in a line's byte: it is in use. Lines without any flag are free.
pub(crate) const IN_USE: u8 = 1;
/// The heap grows by at least this many bytes.
const MIN_GROWTH: usize = 256 << 10;
/// At most this many bytes are taken at a time for small objects while a cycle runs.
pub(crate) const CYCLE_HOLE: usize = 64 << 10;
/// At least this many bytes can be allocated between two collections.
pub(crate) const BUDGET: usize = 4 << 20;
/// The largest heap in bytes, which references can address.
const MAX_BYTES: usize = if usize::BITS > 32 { (1 << 34) - (1 << 20) } else { 1 << 30 };

/// The source of a heap's bytes.
pub trait HeapBacking {
    /// Grows to this many bytes. New bytes are zero. Returns the first byte, which is 8-aligned and may have moved.
    /// Returns `None` if nothing changes.
    fn grow(&mut self, bytes: usize) -> Option<*mut u8>;
}

/// The heap of a store. Handlers see it as an [`exec::Heap`], the view, which all functions here get.
pub struct Heap {
    span: Box<dyn HeapBacking>,
    /// The bytes in use, a multiple of a line. [`exec::Heap::SLACK`] more bytes follow.
    pub(crate) len: usize,
    most: usize,
    /// The bytes from this offset on were never written.
    fresh: usize,
    /// One bit for each 8 bytes, set where an object begins.
    pub(crate) starts: Vec<u64>,
    /// One bit for each 8 bytes, set where a reached object begins, and for all bytes in which new objects may lie
    /// while a collection runs. The bit after an object's own one says that the object could not wait. All are clear
    /// between collections.
    pub(crate) marks: Vec<u64>,
    /// For each line, whether it is in use, and flags of the running collection.
    pub(crate) lines: Vec<u8>,
    /// The collector's stack. It is empty between collections and has all the room that it will get, so a collection
    /// allocates nothing.
    pub(crate) waiting: Vec<u32>,
    /// The collection that runs between allocations.
    pub(crate) cycle: Option<Cycle>,
    /// Whether the last collection found all roots when everything was marked, not before.
    pub(crate) was_whole: bool,
    /// No line below this one is free for small objects.
    pub(crate) next: usize,
    /// No line from this one on is free for large objects.
    pub(crate) high: usize,
    /// The rest of the hole that was in use when a large object was allocated.
    pub(crate) rest: (usize, usize),
    /// The offset at which the search for room between objects continues. It is 0 if there was no such search since
    /// the last collection. No object that begins below this offset reaches beyond it, because the search does not
    /// see such an object.
    pub(crate) gap: usize,
    /// The offset at which the view's cursor was set. What the cursor passed since is not yet counted.
    put: usize,
    /// The bytes that may be allocated until the next collection.
    pub(crate) budget: usize,
    /// Whether to collect at each opportunity.
    stress: bool,
    /// Returns nanoseconds from any fixed start, if collections are timed.
    pub(crate) clock: Option<fn() -> u64>,
    /// The layouts of the store's types, at an address that handlers use.
    pub layouts: SharedLayouts,
    pub(crate) stats: HeapStats,
    #[cfg(test)]
    pub(crate) work: crate::mark::tests::Work,
}

/// Statistics of a heap.
#[derive(Clone, Copy, Default, Debug)]
pub struct HeapStats {
    /// The number of collections.
    pub collections: u64,
    /// The bytes of the lines that were in use after the last collection.
    pub live: u64,
    /// The size of the heap in bytes.
    pub bytes: u64,
    /// The bytes of all objects that were ever allocated.
    pub allocated: u64,
    /// The nanoseconds that all collections took, if there is a clock (`Config::gc_clock`).
    pub pauses: u64,
    /// The nanoseconds that the longest pause took: a whole collection, or a part of one that runs between
    /// allocations.
    pub longest_pause: u64,
    /// The number of parts of collections that ran between allocations.
    pub slices: u64,
}

impl Heap {
    /// Creates an empty heap of at most `most` bytes.
    pub fn new(
        span: Box<dyn HeapBacking>,
        layouts: Box<Layouts>,
        most: u64,
        stress: bool,
        clock: Option<fn() -> u64>,
    ) -> Heap {
        Heap {
            span,
            len: 0,
            most: usize::try_from(most).unwrap_or(MAX_BYTES).min(MAX_BYTES) & !((1 << LINE_LOG2) - 1),
            fresh: 0,
            starts: Vec::new(),
            marks: Vec::new(),
            lines: Vec::new(),
            waiting: Vec::new(),
            cycle: None,
            was_whole: true,
            next: 0,
            high: 0,
            rest: (0, 0),
            gap: 0,
            put: 0,
            budget: BUDGET,
            stress,
            clock,
            layouts: layouts.into(),
            stats: HeapStats::default(),
            #[cfg(test)]
            work: Default::default(),
        }
    }

    /// Returns the statistics so far.
    pub fn stats(&self, view: &exec::Heap) -> HeapStats {
        HeapStats { allocated: self.stats.allocated + (view.cursor - self.put) as u64, ..self.stats }
    }

    /// Returns the number of collections.
    pub fn collections(&self) -> u64 {
        self.stats.collections
    }

    /// Lets the view allocate from these bytes.
    pub(crate) fn put(&mut self, view: &mut exec::Heap, start: usize, end: usize) {
        self.stats.allocated += (view.cursor - self.put) as u64;
        self.put = start;
        (view.cursor, view.limit) = (start, end);
    }

    /// Makes room, so that the next allocation of `bytes` bytes, a multiple of 8, succeeds. If it collects, `roots`
    /// passes all roots to the marker. Before the heap grows, `may_grow` is asked with its size and the new size in
    /// bytes. Returns `false` if there is no room.
    pub fn make_room(
        &mut self,
        view: &mut exec::Heap,
        bytes: usize,
        roots: &mut dyn FnMut(&mut Marker<'_>),
        may_grow: &mut dyn FnMut(usize, usize) -> bool,
    ) -> bool {
        // An empty heap has nothing to collect.
        let mut collected = self.len == 0;
        let mut completed = false;
        if self.stress && !collected {
            self.complete(view);
            if Heap::may_run_between(view) {
                self.begin(view, roots);
            } else {
                self.collect(view, roots);
                collected = true;
            }
        }
        self.pay(view);
        loop {
            if (collected || completed || self.cycle.is_some() || bytes <= self.budget)
                && (self.take_hole(view, bytes)
                    || self.grow(view, bytes, may_grow)
                    || (collected || self.gap > 0)
                        && self.cycle.is_none()
                        && self.allocate_in_gap(view, bytes, may_grow))
            {
                if self.stress {
                    // The next allocation must ask again.
                    view.limit = view.cursor + bytes;
                }
                return true;
            }
            if collected {
                return false;
            }
            if self.cycle.is_some() {
                self.complete(view);
                completed = true;
            } else if !completed && bytes > self.budget && self.pauses_are_long() && Heap::may_run_between(view) {
                self.begin(view, roots);
            } else {
                self.collect(view, roots);
                collected = true;
            }
        }
    }

    /// Finds room in the memory that the heap has.
    fn take_hole(&mut self, view: &mut exec::Heap, bytes: usize) -> bool {
        if bytes > LARGE_OBJECT {
            return self.take_large(view, bytes);
        }
        let (start, end) = mem::take(&mut self.rest);
        if end - start >= bytes {
            self.put(view, start, end);
            return true;
        }
        let Some((first, last)) = self.free_lines(self.next, bytes) else {
            self.next = self.lines.len();
            return false;
        };
        self.next = last;
        // Takes no more than needed at a time. Clearing a large hole at once would also clear the processor's caches.
        // A smaller hole pays for a shorter slice of marking.
        let most = if self.cycle.is_some() { CYCLE_HOLE } else { MIN_GROWTH };
        let last = last.min(first + (most >> LINE_LOG2).max(bytes.div_ceil(1 << LINE_LOG2)));
        self.next = last;
        self.take(view, first, last);
        true
    }

    fn take_large(&mut self, view: &mut exec::Heap, bytes: usize) -> bool {
        let Some(first) = self.free_lines_above(bytes) else {
            self.high = 0;
            return false;
        };
        self.high = first;
        if view.limit - view.cursor > self.rest.1 - self.rest.0 {
            self.rest = (view.cursor, view.limit);
        }
        self.take(view, first, first + bytes.div_ceil(1 << LINE_LOG2));
        true
    }

    /// Returns the first range of free lines from `from` on with this many bytes.
    fn free_lines(&self, from: usize, bytes: usize) -> Option<(usize, usize)> {
        let wanted = bytes.div_ceil(1 << LINE_LOG2);
        let lines = &self.lines;
        let mut at = from;
        loop {
            let first = at + lines.get(at..)?.iter().position(|&line| line == 0)?;
            let free = lines[first..].iter().position(|&line| line != 0).unwrap_or(lines.len() - first);
            if free >= wanted {
                return Some((first, first + free));
            }
            at = first + free;
        }
    }

    /// Returns the first line of the last free range below `high` with this many bytes. Large objects are allocated
    /// from the end, so that small ones, which may live long, do not lie between them.
    fn free_lines_above(&self, bytes: usize) -> Option<usize> {
        let wanted = bytes.div_ceil(1 << LINE_LOG2);
        let mut end = self.high;
        loop {
            let last = self.lines.get(self.next..end)?.iter().rposition(|&line| line == 0)? + 1 + self.next;
            let used = self.lines[self.next..last].iter().rposition(|&line| line != 0);
            let first = self.next + used.map_or(0, |used| used + 1);
            if last - first >= wanted {
                return Some(last - wanted);
            }
            end = first;
        }
    }

    /// Finds room between small objects, in lines that are partly in use, or at the end of the last object. It is the
    /// last resort in a heap that cannot grow by enough.
    fn allocate_in_gap(
        &mut self,
        view: &mut exec::Heap,
        bytes: usize,
        may_grow: &mut dyn FnMut(usize, usize) -> bool,
    ) -> bool {
        if bytes > LARGE_OBJECT {
            return false;
        }
        let mut end = self.gap.max(1 << LINE_LOG2);
        for word in end >> 9..self.starts.len() {
            let mut starts = self.starts[word];
            while starts != 0 {
                let at = (word * 64 + starts.trailing_zeros() as usize) << 3;
                starts &= starts - 1;
                if at >= end + bytes {
                    self.gap = at;
                    self.take_bytes(view, end, at);
                    return true;
                }
                // SAFETY: the bitmap says that an object begins at this offset, which is below `len`. Its eight bytes
                // are in the heap or its slack.
                let header = unsafe { view.base.add(at).cast::<u64>().read_unaligned() };
                end = end.max(at + self.size(at, header));
            }
        }
        self.gap = self.len;
        if end + bytes > self.len && !self.extend(view, end + bytes - self.len, may_grow) {
            return false;
        }
        self.gap = self.len;
        self.take_bytes(view, end, self.len);
        true
    }

    /// Lets the view allocate from these lines.
    fn take(&mut self, view: &mut exec::Heap, first: usize, last: usize) {
        self.take_bytes(view, first << LINE_LOG2, last << LINE_LOG2);
    }

    /// Lets the view allocate from these bytes. There must be at least one.
    fn take_bytes(&mut self, view: &mut exec::Heap, start: usize, end: usize) {
        self.lines[start >> LINE_LOG2..=(end - 1) >> LINE_LOG2].fill(IN_USE);
        self.took(start, end);
        let used = end.min(self.fresh);
        if start < used {
            // SAFETY: the callers chose bytes between two objects and below `len`, so they lie in the heap and in no
            // object.
            unsafe { view.base.add(start).write_bytes(0, used - start) };
        }
        self.fresh = self.fresh.max(end);
        self.budget = self.budget.saturating_sub(end - start);
        self.put(view, start, end);
    }

    /// Takes room at the end, and adds memory if too little is free there.
    fn grow(&mut self, view: &mut exec::Heap, bytes: usize, may_grow: &mut dyn FnMut(usize, usize) -> bool) -> bool {
        let needed = bytes.saturating_sub(self.free_at_end() << LINE_LOG2);
        if needed > 0 && !self.extend(view, needed, may_grow) {
            return false;
        }
        // Earlier searches passed this room because it was too small.
        let first = self.lines.len() - self.free_at_end();
        self.next = self.next.min(first);
        self.gap = self.gap.min(first << LINE_LOG2);
        self.high = self.lines.len();
        self.take_hole(view, bytes)
    }

    /// Returns how many lines are free at the end.
    fn free_at_end(&self) -> usize {
        self.lines.iter().rev().take_while(|&&line| line == 0).count()
    }

    /// Adds at least this many bytes. In an empty heap, the line of null comes on top.
    fn extend(&mut self, view: &mut exec::Heap, needed: usize, may_grow: &mut dyn FnMut(usize, usize) -> bool) -> bool {
        let room = self.most - self.len;
        let null = if self.len == 0 { 1 << LINE_LOG2 } else { 0 };
        if needed > room.saturating_sub(null) {
            return false;
        }
        // `room` is a multiple of a line, so it is at least this much.
        let needed = (needed + null).next_multiple_of(1 << LINE_LOG2);
        // Grows at least by a share of the heap, so that growth stays rare.
        let usual = MIN_GROWTH.max(self.len / 8) & !((1 << LINE_LOG2) - 1);
        let mut more = needed.max(usual).min(room);
        while !(may_grow(self.len, self.len + more) && self.add(view, more)) {
            if more == needed {
                return false;
            }
            // There may be less memory, or a lower limit. The request is halved, not reduced line by line, because each growth may move
            // all bytes.
            more = needed.max((more / 2) & !((1 << LINE_LOG2) - 1));
        }
        true
    }

    /// Adds exactly this many bytes, a multiple of a line.
    fn add(&mut self, view: &mut exec::Heap, more: usize) -> bool {
        let (first, len) = (self.lines.len(), self.len + more);
        let words = (len >> 3).div_ceil(64);
        let enlarge = |bits: &mut Vec<u64>| {
            let more = words.saturating_sub(bits.len());
            bits.try_reserve_exact(more).map(|()| bits.resize(words, 0)).is_ok()
        };
        let enlarged = enlarge(&mut self.starts)
            && enlarge(&mut self.marks)
            && self.lines.try_reserve_exact((len >> LINE_LOG2) - first).is_ok()
            && self.waiting.try_reserve_exact(queue_len(len).saturating_sub(self.waiting.len())).is_ok();
        // The bitmaps and the lines may have moved. The view must get their address even if something failed.
        self.show(view);
        if !enlarged {
            return false;
        }
        let Some(base) = self.span.grow(len + exec::Heap::SLACK) else { return false };
        self.lines.resize(len >> LINE_LOG2, 0);
        if first == 0 {
            // Null refers to no object.
            self.lines[0] = IN_USE;
        }
        self.len = len;
        view.base = base;
        view.last = (len >> 2) as u32 - 1;
        view.edge = base.wrapping_add(len);
        self.stats.bytes = len as u64;
        true
    }

    /// Returns whether an object begins where this reference points.
    pub fn is_object(&self, reference: u32) -> bool {
        let bit = reference as usize >> 1;
        reference & 1 == 0 && self.starts.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// Returns the size of the object with this header at this offset in bytes, limited to the end of the heap.
    pub(crate) fn size(&self, at: usize, header: u64) -> usize {
        self.size_in(self.layouts.get(header as u32), at, header)
    }

    /// Returns [`Heap::size`] for the layout of the header's type.
    pub(crate) fn size_in(&self, layout: Option<&Layout>, at: usize, header: u64) -> usize {
        size_in(layout, header).min(self.len - at)
    }
}

/// Returns the size in bytes that the object with this header claims to have.
pub(crate) fn size_in(layout: Option<&Layout>, header: u64) -> usize {
    match layout {
        Some(Layout::Fixed { bytes, .. }) => *bytes as usize,
        Some(Layout::Array { log2, .. }) => array_bytes((*log2).into(), (header >> 32) as u32).unwrap_or(HEADER),
        #[cfg(feature = "stack-switching")]
        None if header as u32 == crate::layout::CONTINUATION => crate::layout::CONTINUATION_BYTES,
        None => HEADER,
    }
}
