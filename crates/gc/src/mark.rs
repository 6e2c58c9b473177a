//! Marking: what can be reached from the roots. Iterative, with a stack of bounded size that is there before it is needed: a collection
//! allocates nothing, as it may be run because there is no memory.

#[cfg(test)]
pub(crate) mod tests;

use alloc::vec::Vec;
use core::mem;

use crate::heap::{Heap, LINE};
use crate::layout::{HEADER, Layout};

/// How many objects can wait to be looked through in a heap of so many bytes. One for each line, up to 32,768, is hardly ever too few.
/// One for each 16 lines, whatever the size, bounds how often lines must be searched for objects that found no room to wait: as each
/// search comes after so many new objects at least, 256 times, which makes the work linear.
pub(crate) fn waiting_for(bytes: usize) -> usize {
    (bytes >> LINE).min(1 << 15).max(bytes >> (LINE + 4))
}

/// In the byte of a line: objects that begin in it are marked and could not wait.
const LEFT: u8 = 2;

/// A collection under way: takes the roots.
pub struct Marker<'h> {
    heap: &'h mut Heap,
    base: *const u8,
    /// Objects that are marked and have references, as numbers of bits.
    waiting: Vec<u32>,
    /// The first and the last line of those in which objects begin that found no room to wait.
    left: Option<(usize, usize)>,
}

impl<'h> Marker<'h> {
    pub(crate) fn new(heap: &'h mut Heap, base: *const u8) -> Marker<'h> {
        let waiting = mem::take(&mut heap.waiting);
        Marker { heap, base, waiting, left: None }
    }

    /// A reference that is in use. Whatever is no object is left alone: null, small integers, and what only looks like a reference.
    #[inline]
    pub fn reference(&mut self, reference: u32) {
        self.mark(reference);
        if self.waiting.len() > self.waiting.capacity() / 2 {
            self.look_through();
        }
    }

    /// The heap.
    pub fn heap(&self) -> &Heap {
        self.heap
    }

    /// Slots of which any may be a reference that is in use.
    ///
    /// # Safety
    /// They can be read.
    pub unsafe fn slots(&mut self, from: *const u64, to: *const u64) {
        let mut at = from;
        while at < to {
            // SAFETY: the caller's promise.
            let slot = unsafe { at.read() };
            // References are zero-extended.
            if slot >> 32 == 0 {
                self.reference(slot as u32);
            }
            at = at.wrapping_add(1);
        }
    }

    fn header(&self, at: usize) -> u64 {
        // SAFETY: the offset of an object that begins in the heap, by its bitmap; eight bytes are there.
        unsafe { self.base.add(at).cast::<u64>().read_unaligned() }
    }

    fn mark(&mut self, reference: u32) {
        if !self.heap.is_object(reference) {
            return;
        }
        let bit = reference as usize >> 1;
        let word = &mut self.heap.marks[bit / 64];
        if *word >> (bit % 64) & 1 != 0 {
            return;
        }
        *word |= 1 << (bit % 64);
        let at = bit << 3;
        let header = self.header(at);
        let bytes = self.heap.size(at, header).max(1);
        let (first, last) = (at >> LINE, (at + bytes - 1) >> LINE);
        // An object may be left in the line.
        if first == last {
            self.heap.lines[first] |= 1;
        } else {
            self.heap.lines[first..=last].iter_mut().for_each(|line| *line |= 1);
        }
        let has_references = match self.heap.layouts.get(header as u32) {
            Some(Layout::Fixed { references, .. }) => !references.is_empty(),
            Some(Layout::Array { references, .. }) => *references,
            None => false,
        };
        if has_references {
            if self.waiting.len() < self.waiting.capacity() {
                self.waiting.push(bit as u32);
            } else {
                self.leave(first);
            }
        }
    }

    /// Has an object that begins in this line be looked through later.
    #[cold]
    fn leave(&mut self, line: usize) {
        self.heap.lines[line] |= LEFT;
        let (first, last) = self.left.unwrap_or((line, line));
        self.left = Some((first.min(line), last.max(line)));
    }

    fn look_through(&mut self) {
        while let Some(bit) = self.waiting.pop() {
            self.look_at((bit as usize) << 3);
        }
    }

    /// Marks what the object at this offset refers to.
    fn look_at(&mut self, at: usize) {
        #[cfg(test)]
        (self.heap.work.objects += 1);
        let header = self.header(at);
        let end = at + self.heap.size(at, header);
        // SAFETY: all that is read lies in the heap, as it is below `end`.
        let read = |base: *const u8, place: usize| unsafe { base.add(place).cast::<u32>().read_unaligned() };
        let base = self.base;
        match self.heap.layouts.get(header as u32) {
            Some(Layout::Fixed { references, .. }) => {
                // SAFETY: nothing adds or changes types while this collects.
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
            _ => {}
        }
    }

    /// Marks all that is left.
    pub(crate) fn finish(mut self) {
        self.look_through();
        while let Some((first, last)) = self.left.take() {
            #[cfg(test)]
            (self.heap.work.searches += 1);
            for line in first..=last {
                if self.heap.lines[line] & LEFT != 0 {
                    self.heap.lines[line] &= !LEFT;
                    self.look_at_line(line);
                }
            }
        }
        self.heap.waiting = self.waiting;
    }

    /// Marks what the marked objects that begin in this line refer to.
    fn look_at_line(&mut self, line: usize) {
        // The bits of a line are half a word. Of an object that was looked at here, the bit of its start is cleared, which its mark
        // replaces anyway: so no object is looked at here twice, however often its line is.
        let (word, half) = (line / 2, line % 2 * 32);
        let bits = u64::from(u32::MAX) << half;
        let mut marked = self.heap.marks[word] & self.heap.starts[word] & bits;
        self.heap.starts[word] &= !marked;
        while marked != 0 {
            let bit = word * 64 + marked.trailing_zeros() as usize;
            marked &= marked - 1;
            self.look_at(bit << 3);
            self.look_through();
        }
    }
}
