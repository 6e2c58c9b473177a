//! Allocation: the next object lies behind the last one, in a hole between lines that are in use.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use wasmote_exec as exec;

use crate::layout::{HEADER, Layout, Layouts, SharedLayouts, array_bytes};
use crate::mark::{Marker, waiting_for};

/// Log2 of the bytes of a line.
pub(crate) const LINE: usize = 8;
/// Larger objects do not look for holes where small ones do.
const LARGE: usize = 16 << LINE;
/// What the heap grows by at least.
const STEP: usize = 256 << 10;
/// What may be allocated until the next collection, at least.
const BUDGET: usize = 4 << 20;
/// The most bytes: as many as references can tell apart.
const MOST: usize = if usize::BITS > 32 { (1 << 34) - (1 << 20) } else { 1 << 30 };

/// Where the bytes of a heap come from.
pub trait Span {
    /// Makes it this many bytes, of which the new ones are zero; the first one, which may be another than before, 8-aligned. `None`
    /// leaves it as it was.
    fn grow(&mut self, bytes: usize) -> Option<*mut u8>;
}

/// A store's heap. What handlers see of it is an [`exec::Heap`], which all functions here are given.
pub struct Heap {
    span: Box<dyn Span>,
    /// Bytes in use, a multiple of a line; as many as [`exec::Heap::SLACK`] follow.
    pub(crate) len: usize,
    most: usize,
    /// Bytes from here on were never written.
    fresh: usize,
    /// A bit for each 8 bytes: whether an object begins there.
    pub(crate) starts: Vec<u64>,
    /// The same, and whether it was reached. Clear between collections.
    pub(crate) marks: Vec<u64>,
    /// For each line whether it is in use.
    pub(crate) lines: Vec<u8>,
    /// The collector's stack: empty between collections, with all the room that it gets, so that a collection allocates nothing.
    pub(crate) waiting: Vec<u32>,
    /// No line below is free for small objects.
    next: usize,
    /// Nor is one from here on for large ones.
    high: usize,
    /// What was left of a hole when a large object was allocated.
    rest: (usize, usize),
    /// Where the search for room between objects goes on; 0 while that was not needed since the last collection. No object that
    /// begins below reaches beyond: the search does not see it.
    gap: usize,
    /// Where the view's cursor was put: what it has passed since is not yet counted.
    put: usize,
    /// Bytes that may be allocated until the next collection.
    budget: usize,
    /// Whether to collect whenever there is a choice.
    stress: bool,
    /// Gives nanoseconds since whenever, if collections are to be timed.
    clock: Option<fn() -> u64>,
    /// The store's types, at an address that handlers know.
    pub layouts: SharedLayouts,
    stats: Stats,
    #[cfg(test)]
    pub(crate) work: crate::mark::tests::Work,
}

/// What happened in a heap.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Collections.
    pub collections: u64,
    /// Bytes of the lines that were in use after the last one.
    pub live: u64,
    /// Bytes of the heap.
    pub bytes: u64,
    /// Bytes of all objects that were made.
    pub allocated: u64,
    /// Nanoseconds that collections took, if there is a clock: `Config::gc_clock`.
    pub pauses: u64,
    /// Nanoseconds that the longest one took.
    pub longest_pause: u64,
}

/// What a clock says. Those who ask are in the middle of changing the heap: a panic does not get beyond this, and ends the process.
#[allow(improper_ctypes_definitions, reason = "only called from here")]
extern "C" fn read(clock: fn() -> u64) -> u64 {
    clock()
}

impl Heap {
    /// An empty heap of at most this many bytes.
    pub fn new(
        span: Box<dyn Span>,
        layouts: Box<Layouts>,
        most: u64,
        stress: bool,
        clock: Option<fn() -> u64>,
    ) -> Heap {
        Heap {
            span,
            len: 0,
            most: usize::try_from(most).unwrap_or(MOST).min(MOST) & !((1 << LINE) - 1),
            fresh: 0,
            starts: Vec::new(),
            marks: Vec::new(),
            lines: Vec::new(),
            waiting: Vec::new(),
            next: 0,
            high: 0,
            rest: (0, 0),
            gap: 0,
            put: 0,
            budget: BUDGET,
            stress,
            clock,
            layouts: layouts.into(),
            stats: Stats::default(),
            #[cfg(test)]
            work: Default::default(),
        }
    }

    /// What happened so far.
    pub fn stats(&self, view: &exec::Heap) -> Stats {
        Stats { allocated: self.stats.allocated + (view.cursor - self.put) as u64, ..self.stats }
    }

    /// How many collections there were.
    pub fn collections(&self) -> u64 {
        self.stats.collections
    }

    /// Has objects go to these bytes.
    fn put(&mut self, view: &mut exec::Heap, start: usize, end: usize) {
        self.stats.allocated += (view.cursor - self.put) as u64;
        self.put = start;
        (view.cursor, view.limit) = (start, end);
    }

    /// Makes room for an object of `bytes`, a multiple of 8: afterwards the next allocation of that many succeeds. `roots` gives the
    /// marker all that is in use, if it is asked. `false` if there is no room.
    pub fn make_room(&mut self, view: &mut exec::Heap, bytes: usize, roots: &mut dyn FnMut(&mut Marker<'_>)) -> bool {
        // A heap without memory has nothing to collect.
        let mut collected = self.len == 0;
        if self.stress && !collected {
            self.collect(view, roots);
            collected = true;
        }
        loop {
            if (collected || bytes <= self.budget)
                && (self.take_hole(view, bytes)
                    || self.grow(view, bytes)
                    || (collected || self.gap > 0) && self.take_gap(view, bytes))
            {
                if self.stress {
                    // The next allocation asks again.
                    view.limit = view.cursor + bytes;
                }
                return true;
            }
            if collected {
                return false;
            }
            self.collect(view, roots);
            collected = true;
        }
    }

    /// Finds room in what there is.
    fn take_hole(&mut self, view: &mut exec::Heap, bytes: usize) -> bool {
        if bytes > LARGE {
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
        // Not more at a time than is wanted: clearing it all at once would clear the caches, too.
        let last = last.min(first + (STEP >> LINE).max(bytes.div_ceil(1 << LINE)));
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
        self.take(view, first, first + bytes.div_ceil(1 << LINE));
        true
    }

    /// The first free lines from `from` on that have so many bytes.
    fn free_lines(&self, from: usize, bytes: usize) -> Option<(usize, usize)> {
        let wanted = bytes.div_ceil(1 << LINE);
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

    /// The first of the last free lines below `high` that have so many bytes. Large objects come from the end, so that small ones, which
    /// may stay for long, do not lie between them.
    fn free_lines_above(&self, bytes: usize) -> Option<usize> {
        let wanted = bytes.div_ceil(1 << LINE);
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

    /// Finds room between small objects, in lines that others lie in, or from the last one on: the last resort in a heap that may
    /// not grow by as much as is wanted.
    fn take_gap(&mut self, view: &mut exec::Heap, bytes: usize) -> bool {
        if bytes > LARGE {
            return false;
        }
        let mut end = self.gap.max(1 << LINE);
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
                // SAFETY: the offset of an object that begins in the heap, by its bitmap; eight bytes are there.
                let header = unsafe { view.base.add(at).cast::<u64>().read_unaligned() };
                end = end.max(at + self.size(at, header));
            }
        }
        self.gap = self.len;
        if end + bytes > self.len && !self.extend(view, end + bytes - self.len) {
            return false;
        }
        self.gap = self.len;
        self.take_bytes(view, end, self.len);
        true
    }

    /// Has objects go to these lines.
    fn take(&mut self, view: &mut exec::Heap, first: usize, last: usize) {
        self.take_bytes(view, first << LINE, last << LINE);
    }

    /// Has objects go to these bytes, at least one.
    fn take_bytes(&mut self, view: &mut exec::Heap, start: usize, end: usize) {
        self.lines[start >> LINE..=(end - 1) >> LINE].fill(1);
        let used = end.min(self.fresh);
        if start < used {
            // SAFETY: the bytes lie in the heap, and no object does in them.
            unsafe { view.base.add(start).write_bytes(0, used - start) };
        }
        self.fresh = self.fresh.max(end);
        self.budget = self.budget.saturating_sub(end - start);
        self.put(view, start, end);
    }

    /// Takes room at the end, where memory is added if what is free there is too little.
    fn grow(&mut self, view: &mut exec::Heap, bytes: usize) -> bool {
        let needed = bytes.saturating_sub(self.free_at_end() << LINE);
        if needed > 0 && !self.extend(view, needed) {
            return false;
        }
        // Those who found too little there have gone past it.
        let first = self.lines.len() - self.free_at_end();
        self.next = self.next.min(first);
        self.gap = self.gap.min(first << LINE);
        self.high = self.lines.len();
        self.take_hole(view, bytes)
    }

    /// How many lines are free at the end.
    fn free_at_end(&self) -> usize {
        self.lines.iter().rev().take_while(|&&line| line == 0).count()
    }

    /// Adds so many bytes of memory at least, but for what it adds to be the line of null.
    fn extend(&mut self, view: &mut exec::Heap, needed: usize) -> bool {
        let room = self.most - self.len;
        let null = if self.len == 0 { 1 << LINE } else { 0 };
        if needed > room.saturating_sub(null) {
            return false;
        }
        // The room is a number of lines, and so is no less than this.
        let needed = (needed + null).next_multiple_of(1 << LINE);
        // As much as may be allocated until a collection is due.
        let usual = STEP.max(self.len / 8) & !((1 << LINE) - 1);
        let mut more = needed.max(usual).min(room);
        while !self.add(view, more) {
            if more == needed {
                return false;
            }
            // There may be memory for less. What remains is not asked for bit by bit: each time bytes may have to move.
            more = needed.max((more / 2) & !((1 << LINE) - 1));
        }
        true
    }

    /// Adds just so many bytes, a number of lines.
    fn add(&mut self, view: &mut exec::Heap, more: usize) -> bool {
        let (first, len) = (self.lines.len(), self.len + more);
        let words = (len >> 3).div_ceil(64);
        let enlarge = |bits: &mut Vec<u64>| {
            let more = words.saturating_sub(bits.len());
            bits.try_reserve_exact(more).map(|()| bits.resize(words, 0)).is_ok()
        };
        // Whatever fails, the view has what there is: these may move.
        let enlarged = enlarge(&mut self.starts) && enlarge(&mut self.marks);
        view.starts = self.starts.as_mut_ptr();
        if !enlarged
            || self.lines.try_reserve_exact((len >> LINE) - first).is_err()
            || self.waiting.try_reserve_exact(waiting_for(len)).is_err()
        {
            return false;
        }
        let Some(base) = self.span.grow(len + exec::Heap::SLACK) else { return false };
        self.lines.resize(len >> LINE, 0);
        if first == 0 {
            // Null is no object.
            self.lines[0] = 1;
        }
        self.len = len;
        view.base = base;
        view.last = (len >> 2) as u32 - 1;
        view.edge = base.wrapping_add(len);
        self.stats.bytes = len as u64;
        true
    }

    /// Finds out what is in use, and forgets all else.
    pub fn collect(&mut self, view: &mut exec::Heap, roots: &mut dyn FnMut(&mut Marker<'_>)) {
        let now = |heap: &Heap| heap.clock.map_or(0, |clock| read(clock));
        let start = now(self);
        self.lines.fill(0);
        if let Some(null) = self.lines.first_mut() {
            *null = 1;
        }
        let mut marker = Marker::new(self, view.base);
        roots(&mut marker);
        marker.finish();
        mem::swap(&mut self.starts, &mut self.marks);
        view.starts = self.starts.as_mut_ptr();
        self.marks.fill(0);
        self.put(view, 0, 0);
        self.rest = (0, 0);
        self.gap = 0;
        self.next = 0;
        self.high = self.lines.len();
        let live = self.lines.iter().filter(|&&line| line != 0).count() << LINE;
        self.budget = BUDGET.max(live / 5 * 2);
        self.stats.collections += 1;
        self.stats.live = live as u64;
        let pause = now(self).saturating_sub(start);
        self.stats.pauses += pause;
        self.stats.longest_pause = self.stats.longest_pause.max(pause);
    }

    /// Whether an object begins where this reference says.
    pub fn is_object(&self, reference: u32) -> bool {
        let bit = reference as usize >> 1;
        reference & 1 == 0 && self.starts.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// Bytes of the object at this offset with this header, all of them in the heap.
    pub(crate) fn size(&self, at: usize, header: u64) -> usize {
        let bytes = match self.layouts.get(header as u32) {
            Some(Layout::Fixed { bytes, .. }) => *bytes as usize,
            Some(Layout::Array { log2, .. }) => array_bytes((*log2).into(), (header >> 32) as u32).unwrap_or(HEADER),
            None => HEADER,
        };
        bytes.min(self.len - at)
    }
}
