//! Marks what is reachable from the roots. It is iterative, and its stack has a fixed size and is allocated in
//! advance. A collection allocates nothing, because it may run when there is no memory.
//!
//! Marking mostly waits for memory. So a reference that is found only sets the mark and asks for the object's bytes.
//! The object is looked at when [`AHEAD`] more were found, and its bytes have arrived.

#[cfg(test)]
pub(crate) mod tests;

use alloc::vec::Vec;
use core::mem;

use crate::heap::{Heap, LINE_LOG2};
use crate::layout::{HEADER, Layout};

/// Returns how many objects can wait on the stack in a heap of this size. One for each line, up to 32,768, is almost
/// always enough. If the stack is full, lines must be searched for objects that could not wait. One entry for each 16
/// lines, in heaps of any size, bounds the number of such searches to 256. So the work is linear.
pub(crate) fn queue_len(bytes: usize) -> usize {
    (bytes >> LINE_LOG2).min(1 << 15).max(bytes >> (LINE_LOG2 + 4))
}

/// How many objects were found and are not yet looked at, because their bytes are on the way.
const AHEAD: usize = 16;

/// A flag in a line's byte: an object that begins in it is marked but could not wait.
pub(crate) const LEFT: u8 = 2;
/// A flag in a line's byte: a marked object lies in it.
pub(crate) const REACHED: u8 = 4;

/// The work of marking an object, besides looking through it, which is work of its bytes.
pub(crate) const OBJECT: u64 = 16;
/// The work of following an element of an array.
const ELEMENT: u64 = 8;

/// A running collection. It receives the roots.
pub struct Marker<'h> {
    heap: &'h mut Heap,
    base: *const u8,
    /// The store's continuations, whose stacks are like objects.
    #[cfg(feature = "stack-switching")]
    continuations: *const wasmote_exec::Continuations,
    /// The marked objects whose references are still to be followed, as bit numbers.
    waiting: Vec<u32>,
    /// The marked objects that are not yet looked at, as bit numbers, in the order in which they were found. The
    /// oldest is at `oldest`, and the next one goes to `newest`, both modulo [`AHEAD`].
    ahead: [u32; AHEAD],
    oldest: usize,
    newest: usize,
    /// The work that is left. One object is marked for each unit of it at most, and one element is followed.
    work: u64,
}

impl<'h> Marker<'h> {
    pub(crate) fn new(heap: &'h mut Heap, view: &wasmote_exec::Heap, work: u64) -> Marker<'h> {
        let waiting = mem::take(&mut heap.waiting);
        Marker {
            heap,
            base: view.base,
            #[cfg(feature = "stack-switching")]
            continuations: view.continuations,
            waiting,
            ahead: [0; AHEAD],
            oldest: 0,
            newest: 0,
            work,
        }
    }

    /// Marks the object that a root refers to. It ignores everything that is no object: null, `i31` values, and
    /// numbers that only look like references.
    #[inline]
    pub fn reference(&mut self, reference: u32) {
        self.mark(reference);
        if self.work > 0 && self.waiting.len() > self.waiting.capacity() / 2 {
            self.scan_objects();
        }
    }

    /// Returns the heap.
    pub fn heap(&self) -> &Heap {
        self.heap
    }

    /// Marks from slots. Each may have a reference.
    ///
    /// # Safety
    /// The slots from `from` to `to` are readable and initialized.
    pub unsafe fn slots(&mut self, from: *const u64, to: *const u64) {
        let mut at = from;
        while at < to {
            // SAFETY: the caller guarantees the slots from `from` to `to`, and `at` is between them.
            let slot = unsafe { at.read() };
            // References are zero-extended, so other values with upper bits are none.
            if slot >> 32 == 0 {
                self.reference(slot as u32);
            }
            at = at.wrapping_add(1);
        }
    }

    fn header(&self, at: usize) -> u64 {
        // SAFETY: callers pass the offset of an object that the bitmap knows, which is below `len`. Its eight bytes
        // are in the heap or its slack.
        unsafe { self.base.add(at).cast::<u64>().read_unaligned() }
    }

    fn mark(&mut self, reference: u32) {
        let bit = reference as usize >> 1;
        let (word, flag) = (bit / 64, 1 << (bit % 64));
        let (Some(starts), Some(marks)) = (self.heap.starts.get(word), self.heap.marks.get_mut(word)) else { return };
        if reference & 1 != 0 || starts & !*marks & flag == 0 {
            return;
        }
        *marks |= flag;
        prefetch(self.base.wrapping_add(bit << 3));
        let oldest = mem::replace(&mut self.ahead[self.newest % AHEAD], bit as u32);
        self.newest = self.newest.wrapping_add(1);
        if self.newest.wrapping_sub(self.oldest) > AHEAD {
            self.oldest = self.oldest.wrapping_add(1);
            self.look_at(oldest);
        }
    }

    /// Marks the lines of a marked object, and lets the object wait if it has references.
    fn look_at(&mut self, bit: u32) {
        let at = (bit as usize) << 3;
        let header = self.header(at);
        let layout = self.heap.layouts.get(header as u32);
        let leads_on = leads_on(layout, header);
        let bytes = self.heap.size_in(layout, at, header).max(1);
        let (first, last) = (at >> LINE_LOG2, (at + bytes - 1) >> LINE_LOG2);
        // The flag for objects that could not wait must stay.
        if first == last {
            self.heap.lines[first] |= REACHED;
        } else {
            self.heap.lines[first..=last].iter_mut().for_each(|line| *line |= REACHED);
        }
        self.work = self.work.saturating_sub(OBJECT);
        if leads_on && bytes > HEADER {
            if self.waiting.len() < self.waiting.capacity() {
                self.waiting.push(bit);
            } else {
                self.leave(bit);
            }
        }
    }

    /// Records that an object of two words or more must be searched for later. No object begins at the second word.
    #[cold]
    fn leave(&mut self, bit: u32) {
        let second = bit as usize + 1;
        if let Some(word) = self.heap.marks.get_mut(second / 64) {
            *word |= 1 << (second % 64);
        }
        self.heap.lines[bit as usize >> (LINE_LOG2 - 3)] |= LEFT;
    }

    /// Marks what all objects that were found refer to, as far as the work goes.
    fn scan_objects(&mut self) {
        while self.work > 0 {
            if let Some(bit) = self.waiting.pop() {
                self.visit((bit as usize) << 3);
            } else if self.oldest != self.newest {
                let bit = self.ahead[self.oldest % AHEAD];
                self.oldest = self.oldest.wrapping_add(1);
                self.look_at(bit);
            } else {
                return;
            }
        }
    }

    /// Marks what the object at this offset refers to.
    fn visit(&mut self, at: usize) {
        #[cfg(test)]
        (self.heap.work.objects += 1);
        let header = self.header(at);
        let layout = self.heap.layouts.get(header as u32);
        let end = at + self.heap.size_in(layout, at, header);
        // SAFETY: the callers below check that `place + 4` is at most `end`, which is in the heap.
        let read = |base: *const u8, place: usize| unsafe { base.add(place).cast::<u32>().read_unaligned() };
        let base = self.base;
        match layout {
            Some(Layout::Fixed { references, .. }) => {
                // SAFETY: nothing adds or changes types during a collection, so the list stays in place while `mark`
                // borrows the heap.
                let references: &[u32] = unsafe { &*core::ptr::from_ref(&**references) };
                self.work = self.work.saturating_sub((end - at) as u64);
                for &offset in references {
                    let place = at + offset as usize;
                    if place + 4 <= end {
                        self.mark(read(base, place));
                    }
                }
            }
            Some(Layout::Array { references: true, .. }) => self.visit_elements(at, HEADER),
            #[cfg(feature = "stack-switching")]
            // SAFETY: only the store whose heap this is makes objects of continuations, and its list is live. No code
            // runs during a collection. Its stacks are initialized.
            None if is_continuation(header) => unsafe {
                let (list, reference) = (self.continuations, (at >> 2) as u32);
                (*list).each_stack(reference, (header >> 32) as u32, &mut |first, end| self.mark_slots(first, end));
            },
            _ => {}
        }
    }

    /// Marks what slots refer to, but looks into nothing yet.
    ///
    /// # Safety
    /// As [`Marker::slots`].
    #[cfg(feature = "stack-switching")]
    unsafe fn mark_slots(&mut self, from: *const u64, to: *const u64) {
        let mut at = from;
        while at < to {
            // SAFETY: the caller guarantees the slots from `from` to `to`, and `at` is between them.
            let slot = unsafe { at.read() };
            if slot >> 32 == 0 {
                self.mark(slot as u32);
            }
            at = at.wrapping_add(1);
        }
    }

    /// Marks what the elements of an array refer to, from the one at offset `from` of the array on. If there are more
    /// than the work allows, the heap's cycle notes where to go on.
    fn visit_elements(&mut self, at: usize, from: usize) {
        let header = self.header(at);
        let Some(Layout::Array { references: true, .. }) = self.heap.layouts.get(header as u32) else { return };
        let len = 4 * (header >> 32);
        let end = self.heap.size(at, header).min(usize::try_from(HEADER as u64 + len).unwrap_or(usize::MAX));
        let most = usize::try_from(self.work / ELEMENT).unwrap_or(usize::MAX).max(1);
        let count = (end.saturating_sub(from) / 4).min(most);
        let last = from + 4 * count;
        for place in (from..last).step_by(4) {
            // SAFETY: `last` is at most `end`, which is in the heap.
            self.mark(unsafe { self.base.add(at + place).cast::<u32>().read_unaligned() });
        }
        self.work = self.work.saturating_sub(ELEMENT * count as u64);
        if last + 4 <= end {
            self.work = 0;
            if let Some(cycle) = &mut self.heap.cycle {
                cycle.array = Some(((at >> 3) as u32, last));
            }
        }
    }

    /// Marks everything that is left, as far as the work goes. Returns whether nothing is left.
    pub(crate) fn run(mut self) -> bool {
        if self.work > 0
            && let Some((bit, from)) = self.heap.cycle.as_mut().and_then(|cycle| cycle.array.take())
        {
            self.visit_elements((bit as usize) << 3, from);
        }
        let done = loop {
            self.scan_objects();
            if self.work == 0 {
                break false;
            }
            if !self.search() {
                break true;
            }
        };
        while self.oldest != self.newest {
            let bit = self.ahead[self.oldest % AHEAD];
            self.oldest = self.oldest.wrapping_add(1);
            self.look_at(bit);
        }
        self.heap.waiting = self.waiting;
        done
    }

    /// Searches the lines for objects that could not wait, and marks what they refer to, as far as the work goes.
    /// Returns whether there were any. A cycle's search goes on where its last slice ended, so that slices together
    /// go through the lines no more often than a collection at once does.
    fn search(&mut self) -> bool {
        let first = self.heap.cycle.as_ref().map_or(0, |cycle| cycle.line);
        let found = self.search_from(first);
        found || (first > 0 && self.search_from(0))
    }

    /// Searches the lines from this one on.
    fn search_from(&mut self, first: usize) -> bool {
        let (mut at, mut found) = (first, false);
        while self.work > 0
            && let Some(line) = next_left(&self.heap.lines, at)
        {
            #[cfg(test)]
            (self.heap.work.searches += usize::from(!found));
            found = true;
            self.scan_line(line);
            // Without work, objects of the line may be left.
            at = if self.work > 0 { line + 1 } else { line };
        }
        #[cfg(test)]
        (self.heap.work.lines += if self.work > 0 { self.heap.lines.len() } else { at } - first);
        if let Some(cycle) = &mut self.heap.cycle {
            cycle.line = if self.work > 0 { 0 } else { at };
        }
        found
    }

    /// Marks what the objects that begin in this line and could not wait refer to.
    fn scan_line(&mut self, line: usize) {
        self.heap.lines[line] &= !LEFT;
        loop {
            // The bits of a line are half a word.
            let word = line / 2;
            let seconds = |bits: &[u64]| bits[word] >> 1 | bits.get(word + 1).map_or(0, |next| next << 63);
            let (starts, marks) = (&self.heap.starts, &self.heap.marks);
            // After an object of one word, another object may begin.
            let left = starts[word] & marks[word] & seconds(marks) & !seconds(starts);
            let left = left & u64::from(u32::MAX) << (line % 2 * 32);
            if left == 0 {
                return;
            }
            if self.work == 0 {
                self.heap.lines[line] |= LEFT;
                return;
            }
            let bit = word * 64 + left.trailing_zeros() as usize;
            self.heap.marks[(bit + 1) / 64] &= !(1 << ((bit + 1) % 64));
            self.visit(bit << 3);
            self.scan_objects();
        }
    }
}

/// Returns the first line from `from` on with the flag [`LEFT`].
fn next_left(lines: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 64;
    let is_left = |&line: &u8| line & LEFT != 0;
    let mut at = from;
    // Few lines have it, so blocks are tested first.
    for block in lines.get(from..)?.chunks(BLOCK) {
        if block.iter().fold(0, |all, line| all | line) & LEFT != 0 {
            return block.iter().position(is_left).map(|line| at + line);
        }
        at += BLOCK;
    }
    None
}

/// Returns whether an object of this layout may refer to others.
pub(crate) fn leads_on(layout: Option<&Layout>, header: u64) -> bool {
    match layout {
        Some(Layout::Fixed { references, .. }) => !references.is_empty(),
        Some(Layout::Array { references, .. }) => *references,
        None => is_continuation(header),
    }
}

/// Asks the processor for the bytes at this address.
#[inline(always)]
fn prefetch(place: *const u8) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse", not(miri)))]
    // SAFETY: this has no effect on memory, whatever the address, and the target has the instruction.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse", not(miri))))]
    let _ = place;
}

/// Whether this is the header of a continuation.
fn is_continuation(header: u64) -> bool {
    #[cfg(feature = "stack-switching")]
    {
        header as u32 == crate::layout::CONTINUATION
    }
    #[cfg(not(feature = "stack-switching"))]
    {
        let _ = header;
        false
    }
}
