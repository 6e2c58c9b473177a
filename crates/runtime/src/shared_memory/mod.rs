//! Memories that several stores, and so several threads, use at the same time.
//!
//! ```text
//! Store (one a thread) ──> MemoryRecord ──┐
//! Store                ──> MemoryRecord ──┼──> SharedMemory: bytes that never move, length, waiting threads
//! the embedder         ───────────────────┘
//! ```
//!
//! Each store has a record of its own, with the same base. The length lies in front of the base, as that of any memory
//! does, and is published with `Release` after the bytes are accessible. Bytes are accessed atomically or by wasm
//! code, and never through references.
//!
//! Where threads cannot sleep, `absent` takes the place of this module.

mod relaxed;
pub(crate) mod sleep;
#[cfg(test)]
mod tests;
mod wait_queue;

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use wasmote_decode::MemoryType;
use wasmote_exec as exec;
use wasmote_ir::TrapCode;
use wasmote_ir::fallible::OutOfMemory;

use crate::engine::Engine;
use crate::error::Error;
use crate::hooks::root;
use crate::lock::Lock;
use crate::memory::{MemoryRecord, sizes};
use crate::pages::Pages;
use crate::shared::FallibleArc;
use crate::wait_result::WaitResult;
use sleep::{Parked, now};
use wait_queue::{Exclusive, Outcome, Waiters, notify, wait};

/// A memory that threads share. Clones are the same memory.
#[derive(Clone)]
pub struct SharedMemory(FallibleArc<Inner>);

struct Inner {
    engine: Engine,
    ty: MemoryType,
    /// The most pages that it may have, by its type and by what could be reserved.
    max_pages: u64,
    base: NonNull<u8>,
    /// Whoever grows the memory holds the lock.
    pages: Lock<Pages>,
    waiters: Lock<Waiters<FallibleArc<Parked>>>,
}

// SAFETY: `base` leads to the bytes of `pages`, which stay in place, and all of whose accesses are atomic or wasm code's.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl<T> Exclusive<T> for Lock<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.lock())
    }
}

/// Why a thread stops waiting without being notified.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GiveUp {
    TimedOut,
    Interrupted,
}

impl SharedMemory {
    /// Makes a memory filled with zeros. Its whole range is reserved.
    ///
    /// # Errors
    /// Fails if the type is invalid or not shared, if the minimum exceeds the engine's limit, or if there is not enough
    /// memory or address space.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<SharedMemory, Error> {
        if !ty.is_shared() || ty.maximum().is_none() {
            return Err(Error::instantiate("a shared memory needs a shared type with a maximum"));
        }
        let invalid = || Error::instantiate("a memory's type is invalid, or its minimum is too large");
        let (len, max_bytes) = sizes(&ty, engine).ok_or_else(invalid)?;
        let made = Pages::in_place(len, max_bytes, engine.spaces());
        let (pages, room) = made.ok_or_else(|| Error::instantiate("there is no room for a shared memory's maximum"))?;
        let base = NonNull::new(pages.base()).ok_or(OutOfMemory)?;
        let inner = Inner {
            engine: engine.clone(),
            ty,
            max_pages: room.min(max_bytes) >> ty.page_size_log2(),
            base,
            pages: Lock::new(pages),
            waiters: Lock::new(Waiters::new()),
        };
        Ok(SharedMemory(FallibleArc::try_new(inner)?))
    }

    /// Returns the engine that it was made for.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Returns an address that identifies the memory.
    pub fn address(&self) -> *const () {
        self.0.address()
    }

    /// Returns the type that the memory was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.0.ty
    }

    /// Returns the most pages that it may have.
    pub(crate) fn max_pages(&self) -> u64 {
        self.0.max_pages
    }

    /// Returns the address of the first byte, which never changes.
    pub fn base(&self) -> *mut u8 {
        self.0.base.as_ptr()
    }

    /// Returns the size in bytes.
    pub fn len(&self) -> u64 {
        // SAFETY: `Pages` keeps the length in the 8 aligned bytes before the base. From the time that the memory is
        // shared, they are accessed atomically.
        unsafe { AtomicU64::from_ptr(self.base().cast::<u64>().sub(1)) }.load(Ordering::Acquire)
    }

    /// Returns whether the memory has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the size in pages.
    pub fn size(&self) -> u64 {
        self.len() >> self.0.ty.page_size_log2()
    }

    /// Adds `delta` pages, and returns the previous size. `None` leaves the memory unchanged.
    pub fn grow(&self, delta: u64) -> Option<u64> {
        let mut pages = self.0.pages.lock();
        self.grow_locked(&mut pages, delta)
    }

    /// Does the same if the memory has `len` bytes.
    ///
    /// # Errors
    /// It has more, since another thread was faster.
    pub(crate) fn grow_from(&self, len: u64, delta: u64) -> Result<Option<u64>, Outgrown> {
        let mut pages = self.0.pages.lock();
        if self.len() == len { Ok(self.grow_locked(&mut pages, delta)) } else { Err(Outgrown) }
    }

    fn grow_locked(&self, pages: &mut Pages, delta: u64) -> Option<u64> {
        let old = self.size();
        let new = old.checked_add(delta).filter(|&new| new <= self.0.max_pages)?;
        let len = new.checked_mul(1 << self.0.ty.page_size_log2())?;
        if new > old {
            pages.make_room(usize::try_from(len).ok()?)?;
            // SAFETY: as in `len`. The bytes are accessible now, and the lock is held.
            unsafe { AtomicU64::from_ptr(self.base().cast::<u64>().sub(1)) }.store(len, Ordering::Release);
        }
        Some(old)
    }

    /// Returns the address of these bytes, if all of them lie in the memory.
    fn place(&self, offset: u64, len: u64) -> Result<*mut u8, TrapCode> {
        if offset.checked_add(len).is_none_or(|end| end > self.len()) {
            return Err(TrapCode::MemoryOutOfBounds);
        }
        // SAFETY: `offset` is at most the length, so the place lies in the memory, or just past its end.
        Ok(unsafe { self.base().add(offset as usize) })
    }

    /// Copies bytes from `offset` on into `buffer`. Bytes that other threads write meanwhile may be old or new.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), TrapCode> {
        let place = self.place(offset, buffer.len() as u64)?;
        // SAFETY: `place` checked the range. All accesses to a shared memory are atomic, or of wasm code.
        unsafe { relaxed::read(place, buffer) };
        Ok(())
    }

    /// Copies `bytes` into the memory, from `offset` on.
    ///
    /// # Errors
    /// Fails if the range does not lie in the memory. The memory is then unchanged.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), TrapCode> {
        let place = self.place(offset, bytes.len() as u64)?;
        // SAFETY: as in `read`.
        unsafe { relaxed::write(place, bytes) };
        Ok(())
    }

    /// Returns the address of a value of so many bytes.
    fn aligned(&self, address: u64, width: u64) -> Result<*mut u8, TrapCode> {
        if !address.is_multiple_of(width) {
            return Err(TrapCode::UnalignedAtomic);
        }
        self.place(address, width)
    }

    /// Waits until another thread notifies this one at an address, if the 32 bits there are `expected`. It waits at
    /// most so many nanoseconds.
    ///
    /// # Errors
    /// Fails if the address is not a multiple of 4, if it does not lie in the memory, or if there is not enough memory.
    pub fn wait32(&self, address: u64, expected: u32, nanoseconds: Option<u64>) -> Result<WaitResult, Error> {
        let place = self.aligned(address, 4)?;
        // SAFETY: `aligned` checked the place.
        let is_expected = || unsafe { is_32(place, expected) };
        self.wait_as_host(address, nanoseconds, is_expected)
    }

    /// Does the same for 64 bits.
    ///
    /// # Errors
    /// As [`SharedMemory::wait32`], with a multiple of 8.
    pub fn wait64(&self, address: u64, expected: u64, nanoseconds: Option<u64>) -> Result<WaitResult, Error> {
        let place = self.aligned(address, 8)?;
        // SAFETY: `aligned` checked the place.
        let is_expected = || unsafe { is_64(place, expected) };
        self.wait_as_host(address, nanoseconds, is_expected)
    }

    fn wait_as_host(
        &self,
        address: u64,
        nanoseconds: Option<u64>,
        is_expected: impl Fn() -> bool,
    ) -> Result<WaitResult, Error> {
        let deadline = nanoseconds.map(|left| now().saturating_add(left));
        let parked = FallibleArc::try_new(Parked::new())?;
        match self.wait(address, parked, deadline, is_expected, || false)? {
            Outcome::Woken => Ok(WaitResult::Ok),
            Outcome::Mismatch => Ok(WaitResult::Mismatch),
            Outcome::GaveUp(_) => Ok(WaitResult::TimedOut),
        }
    }

    /// Waits at an address until the deadline, or until `is_interrupted` says so after `parked` was woken.
    fn wait(
        &self,
        address: u64,
        parked: FallibleArc<Parked>,
        deadline: Option<u64>,
        is_expected: impl FnOnce() -> bool,
        is_interrupted: impl Fn() -> bool,
    ) -> Result<Outcome<GiveUp>, OutOfMemory> {
        let sleeper = parked.clone();
        let sleep = || {
            if is_interrupted() {
                return Some(GiveUp::Interrupted);
            }
            let left = deadline.map(|deadline| deadline.saturating_sub(now()));
            if left == Some(0) {
                return Some(GiveUp::TimedOut);
            }
            parked.park(left);
            None
        };
        wait(&self.0.waiters, address, sleeper, is_expected, sleep).map_err(|_| OutOfMemory)
    }

    /// Wakes up to `count` threads that wait at an address, in the order in which they came. Returns how many.
    ///
    /// # Errors
    /// Fails if the address is not a multiple of 4, or does not lie in the memory.
    pub fn notify(&self, address: u64, count: u32) -> Result<u32, TrapCode> {
        self.aligned(address, 4)?;
        Ok(notify(&self.0.waiters, address, count))
    }
}

/// Another thread grew the memory.
pub(crate) struct Outgrown;

/// # Safety
/// `place` is a multiple of 4 in a shared memory.
unsafe fn is_32(place: *mut u8, expected: u32) -> bool {
    // SAFETY: the caller guarantees the place. Accesses to it are atomic, or of wasm code.
    u32::from_le(unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::SeqCst)) == expected
}

/// # Safety
/// `place` is a multiple of 8 in a shared memory.
unsafe fn is_64(place: *mut u8, expected: u64) -> bool {
    // SAFETY: the caller guarantees the place. Accesses to it are atomic, or of wasm code.
    u64::from_le(unsafe { AtomicU64::from_ptr(place.cast()) }.load(Ordering::SeqCst)) == expected
}

/// Returns the shared memory that a record of running code is of.
///
/// # Safety
/// `memory` is a record of the store whose machine runs.
unsafe fn shared<'a>(memory: *mut exec::Memory) -> Option<&'a SharedMemory> {
    // SAFETY: the caller guarantees a record, which begins with this part. The store keeps it in place while code runs.
    unsafe { (*memory.cast::<MemoryRecord>()).shared() }
}

/// The hook for `memory.atomic.wait`.
///
/// # Safety
/// As for all hooks: handlers call it with the machine that runs, and a memory of its store. The address was checked:
/// it is aligned, and lies in the memory.
pub(crate) unsafe fn atomic_wait(
    machine: *mut exec::Machine,
    memory: *mut exec::Memory,
    address: u64,
    expected: u64,
    width: u32,
    timeout: i64,
) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the record.
    let Some(memory) = (unsafe { shared(memory) }) else { return Err(TrapCode::ExpectedSharedMemory) };
    let place = memory.aligned(address, width.into())?;
    // SAFETY: `aligned` checked the place for this width.
    let is_expected = || unsafe { if width == 8 { is_64(place, expected) } else { is_32(place, expected as u32) } };
    // SAFETY: the activation runs on this machine. An interrupted wait left its deadline there, and runs again now.
    let progress = unsafe { &mut (*(*machine).running).progress };
    let resumed = Some(core::mem::take(progress)).filter(|&deadline| deadline != 0);
    // The usual case of a lock that is free by now.
    if !is_expected() {
        return Ok(WaitResult::Mismatch as u32);
    }
    let deadline = u64::try_from(timeout).ok().map(|left| resumed.unwrap_or_else(|| now().saturating_add(left)));
    // SAFETY: handlers call this with the machine that runs, so no other reference to the store exists. This one ends
    // here: other threads use what the handle leads to while this one sleeps.
    let handle = unsafe { root(machine).as_ref() }.interrupts.handle();
    let waited = FallibleArc::try_new(Parked::new()).and_then(|parked| {
        let _waking = handle.as_ref().map(|handle| handle.wakes(&parked));
        let is_interrupted = || handle.as_ref().is_some_and(|handle| handle.is_interrupted());
        memory.wait(address, parked.clone(), deadline, is_expected, is_interrupted)
    });
    match waited {
        Ok(Outcome::Woken) => Ok(WaitResult::Ok as u32),
        Ok(Outcome::Mismatch) => Ok(WaitResult::Mismatch as u32),
        Ok(Outcome::GaveUp(GiveUp::TimedOut)) => Ok(WaitResult::TimedOut as u32),
        Ok(Outcome::GaveUp(GiveUp::Interrupted)) => {
            *progress = deadline.unwrap_or(0);
            Err(TrapCode::Interrupt)
        }
        // SAFETY: as above.
        Err(OutOfMemory) => Err(unsafe { root(machine).as_mut() }.stop_with(OutOfMemory.into(), TrapCode::Host)),
    }
}

/// The hook for `memory.atomic.notify`.
///
/// # Safety
/// As for [`atomic_wait`].
pub(crate) unsafe fn atomic_notify(_: *mut exec::Machine, memory: *mut exec::Memory, address: u64, count: u32) -> u32 {
    // SAFETY: the caller guarantees the record.
    match unsafe { shared(memory) } {
        Some(memory) => notify(&memory.0.waiters, address, count),
        None => 0,
    }
}
