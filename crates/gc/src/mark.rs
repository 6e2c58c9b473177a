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
const LEFT: u8 = 2;

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
    /// The first and the last line with an object that could not wait.
    left: Option<(usize, usize)>,
}

impl<'h> Marker<'h> {
    pub(crate) fn new(heap: &'h mut Heap, view: &wasmote_exec::Heap) -> Marker<'h> {
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
            left: None,
        }
    }

    /// Marks the object that a root refers to. It ignores everything that is no object: null, `i31` values, and
    /// numbers that only look like references.
    #[inline]
    pub fn reference(&mut self, reference: u32) {
        self.mark(reference);
        if self.waiting.len() > self.waiting.capacity() / 2 {
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
        let has_references = match layout {
            Some(Layout::Fixed { references, .. }) => !references.is_empty(),
            Some(Layout::Array { references, .. }) => *references,
            None => is_continuation(header),
        };
        let bytes = self.heap.size_in(layout, at, header).max(1);
        let (first, last) = (at >> LINE_LOG2, (at + bytes - 1) >> LINE_LOG2);
        // The flag for objects that could not wait must stay.
        if first == last {
            self.heap.lines[first] |= 1;
        } else {
            self.heap.lines[first..=last].iter_mut().for_each(|line| *line |= 1);
        }
        if has_references {
            if self.waiting.len() < self.waiting.capacity() {
                self.waiting.push(bit);
            } else {
                self.leave(first);
            }
        }
    }

    /// Records that an object which begins in this line must be searched for later.
    #[cold]
    fn leave(&mut self, line: usize) {
        self.heap.lines[line] |= LEFT;
        let (first, last) = self.left.unwrap_or((line, line));
        self.left = Some((first.min(line), last.max(line)));
    }

    /// Marks what all objects that were found refer to.
    fn scan_objects(&mut self) {
        loop {
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
                for &offset in references {
                    let place = at + offset as usize;
                    if place + 4 <= end {
                        self.mark(read(base, place));
                    }
                }
            }
            Some(Layout::Array { references: true, .. }) => {
                let mut place = at + HEADER;
                let last = end.min(place + 4 * (header >> 32) as usize);
                while place + 4 <= last {
                    self.mark(read(base, place));
                    place += 4;
                }
            }
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

    /// Marks everything that is left.
    pub(crate) fn finish(mut self) {
        self.scan_objects();
        while let Some((first, last)) = self.left.take() {
            #[cfg(test)]
            (self.heap.work.searches += 1);
            for line in first..=last {
                if self.heap.lines[line] & LEFT != 0 {
                    self.heap.lines[line] &= !LEFT;
                    self.scan_line(line);
                }
            }
        }
        self.heap.waiting = self.waiting;
    }

    /// Marks what the marked objects that begin in this line refer to.
    fn scan_line(&mut self, line: usize) {
        // The bits of a line are half a word. The search clears the start bits of the objects that it visits, so it
        // visits none twice, however often the line is searched. The marks replace the start bits after the
        // collection.
        let (word, half) = (line / 2, line % 2 * 32);
        let bits = u64::from(u32::MAX) << half;
        let mut marked = self.heap.marks[word] & self.heap.starts[word] & bits;
        self.heap.starts[word] &= !marked;
        while marked != 0 {
            let bit = word * 64 + marked.trailing_zeros() as usize;
            marked &= marked - 1;
            self.visit(bit << 3);
            self.scan_objects();
        }
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
