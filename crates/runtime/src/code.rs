//! The linked code of a module's functions, which all instances and threads share. Code is added function by
//! function. Once added, it stays in place until the module is dropped.

use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::ops::AddAssign;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use wasmote_exec::{Cell, Entry};
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_collect, try_with_capacity};

use crate::arena::FixedSlice;
use crate::lock::Lock;
use crate::reserve::populate;

/// How much code was translated so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct CodeStats {
    /// The number of functions.
    pub functions: u64,
    /// The bytes of their bodies in the module.
    pub wasm_bytes: u64,
    /// The 16-bit units of their compact code.
    pub units: u64,
    /// The cells of their linked code.
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

/// The cells of a function lie in words. The word before them has the number of the frame's slots. Its upper half
/// has the index of the cell with the first instruction.
type Word = u64;
const _: () = assert!(align_of::<Cell>() <= align_of::<Word>());

/// The words of the first chunk, and of the largest one. Only a single larger function gets a larger chunk.
const CHUNK_MIN: usize = 1 << 10;
const CHUNK_MAX: usize = 1 << 15;

/// The code of a function.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    /// The first instruction.
    pub(crate) entry: Entry,
    /// The number of slots in its frame.
    pub(crate) frame_slots: u32,
}

/// The code of a function, before it is published.
pub(crate) struct LinkedCode<'a> {
    /// The number of slots in its frame.
    pub(crate) frame_slots: u32,
    /// The index of the cell with the first instruction.
    pub(crate) start: usize,
    pub(crate) cells: &'a [Cell],
}

/// Which code of a function: what instances run whose memory 0 is as the engine has it, or what those run that found no
/// address space for guard pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variant {
    Usual,
    Checked,
}

/// The code of the functions that a module defines.
pub(crate) struct CodeStore {
    /// The cells of each function; null until it is translated. If memory 0 may lack guard pages, the checked variants
    /// follow.
    entries: Vec<AtomicPtr<Cell>>,
    /// The number of functions.
    functions: usize,
    /// The maximum bytes of cells.
    limit: u64,
    chunks: Lock<Chunks>,
}

/// Why the code of a function was not published.
pub(crate) enum PublishError {
    /// The cells would exceed this limit.
    Limit(u64),
    /// There is not enough memory.
    OutOfMemory,
}

impl From<OutOfMemory> for PublishError {
    fn from(_: OutOfMemory) -> PublishError {
        PublishError::OutOfMemory
    }
}

#[derive(Default)]
struct Chunks {
    /// The memory that holds the code. All chunks but the last are full.
    chunks: Vec<Chunk>,
    /// The indices of the chunks, ordered by address.
    by_address: Vec<u32>,
    /// How many words of the last chunk are used.
    used: usize,
    stats: CodeStats,
}

struct Chunk {
    /// The words of the chunk. Instances that run its code keep the module alive.
    room: FixedSlice<MaybeUninit<Word>>,
    /// The indices of the words before each function's cells, in ascending order.
    starts: Vec<u32>,
}

// SAFETY: the chunks are owned. Published code is never written again, except for the cells of calls that say where
// code begins, and these are atomic.
unsafe impl Send for CodeStore {}
// SAFETY: as above. Publication takes the lock, and readers acquire the entry, so they see the whole code.
unsafe impl Sync for CodeStore {}

impl CodeStore {
    /// Makes room for the code of `functions` functions, with at most `limit` bytes; with checked variants or without.
    pub(crate) fn new(functions: usize, limit: u64, variants: bool) -> Result<CodeStore, OutOfMemory> {
        let entries = functions << u32::from(variants);
        let entries = try_collect((0..entries).map(|_| AtomicPtr::default()))?;
        Ok(CodeStore { entries, functions, limit, chunks: Lock::new(Chunks::default()) })
    }

    /// Returns the place of a function's code. `defined` is its index among the functions that the module defines.
    fn entry(&self, defined: usize, variant: Variant) -> Option<&AtomicPtr<Cell>> {
        let variants = self.entries.get(if variant == Variant::Checked { self.functions } else { 0 }..)?;
        variants.get(..self.functions)?.get(defined)
    }

    /// Returns the limit in bytes, and how much of it is left.
    #[cfg(feature = "wasm")]
    pub(crate) fn limit(&self) -> (u64, u64) {
        (self.limit, self.limit.saturating_sub(self.chunks.lock().bytes()))
    }

    /// Returns the code of a function, if it is translated. `defined` is its index among the functions that the
    /// module defines.
    pub(crate) fn get(&self, defined: usize, variant: Variant) -> Option<Code> {
        let cells = self.entry(defined, variant)?.load(Ordering::Acquire);
        // SAFETY: `publish` stored each pointer that is not null, and `copy_in` made it.
        (!cells.is_null()).then(|| unsafe { read(cells) })
    }

    /// Publishes the code of a function, unless another thread was faster. Returns the published code.
    pub(crate) fn publish(
        &self,
        defined: usize,
        variant: Variant,
        linked: &LinkedCode<'_>,
        made: CodeStats,
    ) -> Result<Code, PublishError> {
        let mut chunks = self.chunks.lock();
        let Some(entry) = self.entry(defined, variant) else { unreachable!("the module defines the function") };
        let mut kept = entry.load(Ordering::Acquire);
        if kept.is_null() {
            if size_of_val(linked.cells) as u64 > self.limit.saturating_sub(chunks.bytes()) {
                return Err(PublishError::Limit(self.limit));
            }
            kept = chunks.copy_in(linked)?;
            chunks.stats += made;
            entry.store(kept, Ordering::Release);
        }
        // SAFETY: `copy_in` made the pointer, now or before.
        Ok(unsafe { read(kept) })
    }

    /// Returns the entry of the function that contains this place, if this module has it.
    fn find(&self, place: *const Cell) -> Option<*const Cell> {
        self.chunks.lock().find(place)
    }

    pub(crate) fn stats(&self) -> CodeStats {
        self.chunks.lock().stats
    }
}

/// # Safety
/// [`Chunks::copy_in`] made `cells`.
unsafe fn read(cells: *mut Cell) -> Code {
    // SAFETY: `copy_in` wrote the word before the cells, and the entry lies among them.
    unsafe {
        let front = cells.cast::<Word>().sub(1).read();
        Code { entry: Entry::of(cells.add((front >> 32) as usize)), frame_slots: front as u32 }
    }
}

impl Chunks {
    /// Returns the bytes of all cells.
    fn bytes(&self) -> u64 {
        self.stats.cells * size_of::<Cell>() as u64
    }

    fn copy_in(&mut self, linked: &LinkedCode<'_>) -> Result<*mut Cell, OutOfMemory> {
        let LinkedCode { frame_slots, start, cells } = *linked;
        let words = 1 + size_of_val(cells).div_ceil(size_of::<Word>());
        let room = self.chunks.last().map_or(0, |chunk| chunk.room.len() - self.used);
        if room < words {
            let usual = (CHUNK_MIN << self.chunks.len().min(8)).min(CHUNK_MAX);
            self.chunks.try_room(1)?;
            self.by_address.try_room(1)?;
            let mut chunk = chunk(usual.max(words))?;
            // With this much code, all of the chunk will be used. Requesting its pages at once takes half the time.
            if chunk.len() >= CHUNK_MAX {
                populate(&mut chunk);
            }
            let room = FixedSlice::new(chunk);
            let at = self.by_address.partition_point(|&number| self.address(number) < room.start().cast());
            self.by_address.insert(at, self.chunks.len() as u32);
            self.chunks.push(Chunk { room, starts: Vec::new() });
            self.used = 0;
        }
        let Some(chunk) = self.chunks.last_mut() else { unreachable!("there is a chunk with room") };
        chunk.starts.try_push(self.used as u32)?;
        // SAFETY: the chunk has room for `words` more words after `used`, and nothing points to them yet.
        unsafe {
            let front = chunk.room.start().cast::<Word>().add(self.used);
            front.write(u64::from(frame_slots) | (start as u64) << 32);
            let place = front.add(1).cast::<Cell>();
            ptr::copy_nonoverlapping(cells.as_ptr(), place, cells.len());
            self.used += words;
            Ok(place)
        }
    }

    /// Returns the address of a chunk.
    fn address(&self, number: u32) -> *mut Word {
        self.chunks.get(number as usize).map_or(ptr::null_mut(), |chunk| chunk.room.start().cast())
    }

    /// Returns the entry of the function whose code is the last to begin at or before this place, in the same
    /// chunk.
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
        // SAFETY: `copy_in` put a function's cells there, after the word that `start` names.
        Some(unsafe { read(self.address(number).add(start as usize + 1).cast()).entry.code() })
    }
}

/// The number of places in the cache.
const PLACES: usize = 64;

/// The function's code for each place that was looked up last. Exceptions mostly pass the same few places. The list is
/// empty until the first lookup.
#[derive(Default)]
pub(crate) struct LookupCache(Vec<(*const Cell, *const Cell)>);

impl LookupCache {
    /// Returns the entry of the function that contains this place, or null. The module must live as long as this
    /// cache.
    pub(crate) fn locate(&mut self, module: &CodeStore, place: *const Cell) -> *const Cell {
        if self.0.is_empty() && self.0.try_resize(PLACES, (ptr::null(), ptr::null())).is_err() {
            return module.find(place).unwrap_or(ptr::null());
        }
        let entry = &mut self.0[place.addr() / size_of::<Cell>() % PLACES];
        if entry.0 != place {
            let Some(code) = module.find(place) else { return ptr::null() };
            *entry = (place, code);
        }
        entry.1
    }
}

/// Makes room for `words` words.
fn chunk(words: usize) -> Result<Vec<MaybeUninit<Word>>, OutOfMemory> {
    let mut chunk: Vec<MaybeUninit<Word>> = try_with_capacity(words)?;
    // SAFETY: the capacity is at least `words`, and `MaybeUninit` needs no initialization.
    unsafe { chunk.set_len(words) };
    Ok(chunk)
}
