//! Linked code of a module's functions, shared by all instances and threads. A function is there or not yet; once
//! there, its code stays in place until the module goes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::ops::AddAssign;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use wasmote_exec::Cell;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_collect, try_with_capacity};

use crate::lock::Lock;
use crate::reserve::populate;

/// What was translated so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct CodeStats {
    /// Functions.
    pub functions: u64,
    /// Bytes of their bodies in the module.
    pub wasm_bytes: u64,
    /// 16-bit units of the instructions they became.
    pub units: u64,
    /// Cells of these once linked.
    pub cells: u64,
}

impl AddAssign for CodeStats {
    fn add_assign(&mut self, other: CodeStats) {
        self.functions += other.functions;
        self.wasm_bytes += other.wasm_bytes;
        self.units += other.units;
        self.cells += other.cells;
    }
}

/// Cells of a function lie in words, after one that has the slots of its frame, and in its upper half where among them its first
/// instruction is.
type Word = u64;
const _: () = assert!(align_of::<Cell>() <= align_of::<Word>());

/// Words of the first chunk, and of the largest that is not for a single function.
const CHUNK_MIN: usize = 1 << 10;
const CHUNK_MAX: usize = 1 << 15;

/// A function's code.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    /// Its first instruction.
    pub(crate) entry: *const Cell,
    /// Slots of its frame.
    pub(crate) frame_slots: u32,
}

/// A function's code before it is kept.
pub(crate) struct Linked<'a> {
    /// Slots of its frame.
    pub(crate) frame_slots: u32,
    /// The cell of its first instruction.
    pub(crate) start: usize,
    pub(crate) cells: &'a [Cell],
}

/// The code of the functions that a module defines.
pub(crate) struct CodeStore {
    /// For each function its cells, null until it is translated.
    entries: Box<[AtomicPtr<Cell>]>,
    /// The most bytes of cells.
    limit: u64,
    chunks: Lock<Chunks>,
}

/// Why a function's code is not kept.
pub(crate) enum PublishError {
    /// There is more than the limit already, or would be with it.
    Limit(u64),
    /// There is no memory.
    OutOfMemory,
}

impl From<OutOfMemory> for PublishError {
    fn from(_: OutOfMemory) -> PublishError {
        PublishError::OutOfMemory
    }
}

#[derive(Default)]
struct Chunks {
    /// Where code is: full but for the last.
    chunks: Vec<Chunk>,
    /// The numbers of the chunks, ordered by their addresses.
    by_address: Vec<u32>,
    /// Words used of the last.
    used: usize,
    stats: CodeStats,
}

struct Chunk {
    /// Was leaked from a box.
    room: NonNull<[MaybeUninit<Word>]>,
    /// Where in it functions begin, with the word in front of their cells; ascending.
    starts: Vec<u32>,
}

// SAFETY: chunks are owned, and what was published in them is never written again, but for the cells of calls that say where code begins, which
// are atomic.
unsafe impl Send for CodeStore {}
// SAFETY: as above; publication goes through the lock, and readers see it by acquiring the entry.
unsafe impl Sync for CodeStore {}

impl CodeStore {
    /// Room for the code of so many functions, of at most so many bytes.
    pub(crate) fn new(functions: usize, limit: u64) -> Result<CodeStore, OutOfMemory> {
        let entries = try_collect((0..functions).map(|_| AtomicPtr::default()))?.try_into_box()?;
        Ok(CodeStore { entries, limit, chunks: Lock::new(Chunks::default()) })
    }

    /// The most bytes that there may be, and that there may still be.
    #[cfg(feature = "wasm")]
    pub(crate) fn limit(&self) -> (u64, u64) {
        (self.limit, self.limit.saturating_sub(self.chunks.lock().bytes()))
    }

    /// The code of a function, by its number among those that the module defines, if it is there already.
    pub(crate) fn get(&self, defined: usize) -> Option<Code> {
        let cells = self.entries.get(defined)?.load(Ordering::Acquire);
        // SAFETY: what is not null was published by `publish`.
        (!cells.is_null()).then(|| unsafe { read(cells) })
    }

    /// Keeps the code of a function, unless another thread was faster, and gives what was kept.
    pub(crate) fn publish(&self, defined: usize, linked: &Linked<'_>, made: CodeStats) -> Result<Code, PublishError> {
        let mut chunks = self.chunks.lock();
        let entry = &self.entries[defined];
        let mut kept = entry.load(Ordering::Acquire);
        if kept.is_null() {
            if size_of_val(linked.cells) as u64 > self.limit.saturating_sub(chunks.bytes()) {
                return Err(PublishError::Limit(self.limit));
            }
            kept = chunks.copy_in(linked)?;
            chunks.stats += made;
            entry.store(kept, Ordering::Release);
        }
        // SAFETY: it was published, now or before.
        Ok(unsafe { read(kept) })
    }

    /// The code of the function in which this place is, if it is in one of these.
    fn find(&self, place: *const Cell) -> Option<*const Cell> {
        self.chunks.lock().find(place)
    }

    pub(crate) fn stats(&self) -> CodeStats {
        self.chunks.lock().stats
    }
}

/// # Safety
/// `cells` was made by [`Chunks::copy_in`].
unsafe fn read(cells: *mut Cell) -> Code {
    // SAFETY: the frame's slots lie in front of the cells, and the entry among them.
    unsafe {
        let front = cells.cast::<Word>().sub(1).read();
        Code { entry: cells.add((front >> 32) as usize), frame_slots: front as u32 }
    }
}

impl Chunks {
    /// Bytes of all cells.
    fn bytes(&self) -> u64 {
        self.stats.cells * size_of::<Cell>() as u64
    }

    fn copy_in(&mut self, linked: &Linked<'_>) -> Result<*mut Cell, OutOfMemory> {
        let Linked { frame_slots, start, cells } = *linked;
        let words = 1 + size_of_val(cells).div_ceil(size_of::<Word>());
        let room = self.chunks.last().map_or(0, |chunk| chunk.room.len() - self.used);
        if room < words {
            let usual = (CHUNK_MIN << self.chunks.len().min(8)).min(CHUNK_MAX);
            self.chunks.try_room(1)?;
            self.by_address.try_room(1)?;
            let mut chunk = chunk(usual.max(words))?;
            // Where there is so much code, all of it will be used: at once, the pages take half the time.
            if chunk.len() >= CHUNK_MAX {
                populate(&mut chunk);
            }
            let room = NonNull::from(Box::leak(chunk));
            let at = self.by_address.partition_point(|&number| self.address(number) < room.cast::<Word>().as_ptr());
            self.by_address.insert(at, self.chunks.len() as u32);
            self.chunks.push(Chunk { room, starts: Vec::new() });
            self.used = 0;
        }
        let Some(chunk) = self.chunks.last_mut() else { unreachable!("there is a chunk with room") };
        chunk.starts.try_push(self.used as u32)?;
        // SAFETY: the chunk has room for `words` more words, which nobody has pointers to yet.
        unsafe {
            let front = chunk.room.cast::<Word>().as_ptr().add(self.used);
            front.write(u64::from(frame_slots) | (start as u64) << 32);
            let place = front.add(1).cast::<Cell>();
            ptr::copy_nonoverlapping(cells.as_ptr(), place, cells.len());
            self.used += words;
            Ok(place)
        }
    }

    /// Where a chunk begins.
    fn address(&self, number: u32) -> *mut Word {
        self.chunks.get(number as usize).map_or(ptr::null_mut(), |chunk| chunk.room.as_ptr().cast())
    }

    /// The code of the last function that does not begin behind this place, in the chunk that it is in.
    fn find(&self, place: *const Cell) -> Option<*const Cell> {
        let after = self.by_address.partition_point(|&number| self.address(number).addr() <= place.addr());
        let number = *self.by_address.get(after.checked_sub(1)?)?;
        let chunk = self.chunks.get(number as usize)?;
        let word = (place.addr() - self.address(number).addr()) / size_of::<Word>();
        if word >= chunk.room.len() {
            return None;
        }
        let after = chunk.starts.partition_point(|&start| start as usize <= word);
        let start = *chunk.starts.get(after.checked_sub(1)?)?;
        // SAFETY: a function's code was put there, behind a word in front.
        Some(unsafe { read(self.address(number).add(start as usize + 1).cast()).entry })
    }
}

/// How many places are kept.
const PLACES: usize = 64;

/// The last places in code of which the function was asked, with its code: exceptions mostly come by the same few.
pub(crate) struct LookupCache([(*const Cell, *const Cell); PLACES]);

impl Default for LookupCache {
    fn default() -> LookupCache {
        LookupCache([(ptr::null(), ptr::null()); PLACES])
    }
}

impl LookupCache {
    /// The code of the function of a module in which this place is, or null. The module stays as long as this.
    pub(crate) fn locate(&mut self, module: &CodeStore, place: *const Cell) -> *const Cell {
        let entry = &mut self.0[place.addr() / size_of::<Cell>() % PLACES];
        if entry.0 != place {
            let Some(code) = module.find(place) else { return ptr::null() };
            *entry = (place, code);
        }
        entry.1
    }
}

/// Room for so many words.
fn chunk(words: usize) -> Result<Box<[MaybeUninit<Word>]>, OutOfMemory> {
    let mut chunk: Vec<MaybeUninit<Word>> = try_with_capacity(words)?;
    // SAFETY: there is room for so many, which need not hold anything.
    unsafe { chunk.set_len(words) };
    chunk.try_into_box()
}

impl Drop for Chunks {
    fn drop(&mut self) {
        for chunk in &self.chunks {
            // SAFETY: each was leaked from a box by `copy_in`; instances that run its code keep the module.
            drop(unsafe { Box::from_raw(chunk.room.as_ptr()) });
        }
    }
}
