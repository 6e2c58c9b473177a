//! What a store shares with the threads that may interrupt it.

use alloc::boxed::Box;
use core::fmt;
use core::hint::spin_loop;
use core::ptr;
#[cfg(shared_memory)]
use core::sync::atomic::fence;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use core::task::Waker;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;

use crate::shared::{FallibleArc, try_box};
#[cfg(shared_memory)]
use crate::shared_memory::sleep::Parked;

/// A reason: somebody called [`InterruptHandle::interrupt`].
pub(crate) const REQUESTED: u32 = 1;
/// A reason: the engine's epoch may have reached the store's deadline.
pub(crate) const EPOCH: u32 = 2;
/// A reason: somebody asked for a sample. It interrupts nothing but the code itself.
pub(crate) const SAMPLE: u32 = 4;

/// Interrupts the code of a store. It can be cloned and sent to other threads, and may outlive the store.
#[derive(Clone)]
pub struct InterruptHandle(pub(crate) FallibleArc<Shared>);

impl InterruptHandle {
    /// Stops the store's running code at its next call or loop, or the next code that runs. Several interruptions
    /// before that count as one. If the store is gone, nothing happens.
    ///
    /// It never waits and never allocates, so a signal handler may call it.
    pub fn interrupt(&self) {
        self.0.raise(REQUESTED);
    }

    /// Returns whether an interruption was asked for that has not yet taken effect.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_raised()
    }

    /// Returns how many calls interruptions have ended in this store so far. If the number is the same as when a host
    /// function returned [`TrapCode::Interrupt`](wasmote_ir::TrapCode::Interrupt), its call may be made again.
    pub fn stopped_calls(&self) -> usize {
        self.0.stopped_calls.load(Ordering::Relaxed)
    }

    /// Sets what is woken by an interruption, beside the code itself. Host functions that block use it. `None` removes
    /// it.
    ///
    /// A store has one waker. If interruptions come from signal handlers, waking must be allowed there.
    ///
    /// # Errors
    /// Fails if there is not enough memory.
    pub fn set_waker(&self, waker: Option<Waker>) -> Result<(), OutOfMemory> {
        let new = match waker {
            Some(waker) => Box::into_raw(try_box(waker)?),
            None => ptr::null_mut(),
        };
        self.0.replace_waker(new);
        Ok(())
    }

    /// Lets interruptions wake a thread, too, until the result is dropped. The store has one such thread at a time.
    #[cfg(shared_memory)]
    pub(crate) fn wakes<'a>(&'a self, sleeper: &'a Parked) -> Waking<'a> {
        self.0.sleeper.store(ptr::from_ref(sleeper).cast_mut(), Ordering::SeqCst);
        // An interruption either sees it, or is seen by the thread before it sleeps.
        fence(Ordering::SeqCst);
        Waking(&self.0)
    }
}

/// Interruptions wake a thread until this is dropped ([`InterruptHandle::wakes`]).
#[cfg(shared_memory)]
pub(crate) struct Waking<'a>(&'a Shared);

#[cfg(shared_memory)]
impl Drop for Waking<'_> {
    fn drop(&mut self) {
        self.0.sleeper.store(ptr::null_mut(), Ordering::SeqCst);
        self.0.wait_for_users();
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterruptHandle")
    }
}

/// What the handles and the store share. No thread waits for another, except when a pointer is withdrawn.
pub(crate) struct Shared {
    /// The stack limit of the store's machine, or null once the store is dropped.
    limit: AtomicPtr<exec::StackLimit>,
    /// A waker from a box, or null.
    waker: AtomicPtr<Waker>,
    /// The thread that waits at an address of a shared memory, or null.
    #[cfg(shared_memory)]
    sleeper: AtomicPtr<Parked>,
    /// How many threads may be using one of the pointers.
    users: AtomicUsize,
    reasons: AtomicU32,
    /// How many calls interruptions have ended.
    stopped_calls: AtomicUsize,
    /// One more than the place in the engine's list of deadlines, or 0. Whoever uses it holds the lock of the list.
    place: AtomicUsize,
}

impl Shared {
    /// `limit` stays valid until [`Shared::retire`].
    pub(crate) fn new(limit: *const exec::StackLimit) -> Shared {
        Shared {
            limit: AtomicPtr::new(limit.cast_mut()),
            waker: AtomicPtr::default(),
            #[cfg(shared_memory)]
            sleeper: AtomicPtr::default(),
            users: AtomicUsize::new(0),
            reasons: AtomicU32::new(0),
            stopped_calls: AtomicUsize::new(0),
            place: AtomicUsize::new(0),
        }
    }

    /// Notes a reason and interrupts the machine. Host functions that block notice all reasons but [`SAMPLE`].
    pub(crate) fn raise(&self, reason: u32) {
        self.reasons.fetch_or(reason, Ordering::SeqCst);
        self.users.fetch_add(1, Ordering::SeqCst);
        let (limit, waker) = (self.limit.load(Ordering::SeqCst), self.waker.load(Ordering::SeqCst));
        // SAFETY: whoever withdraws a pointer first replaces it and then waits until `users` is 0. All these accesses
        // have one order. So a pointer that is read here stays valid until `users` is decremented.
        unsafe {
            if let Some(limit) = limit.as_ref() {
                limit.interrupt();
            }
            if reason != SAMPLE
                && let Some(waker) = waker.as_ref()
            {
                waker.wake_by_ref();
            }
            #[cfg(shared_memory)]
            if reason != SAMPLE
                && let Some(sleeper) = self.sleeper.load(Ordering::SeqCst).as_ref()
            {
                sleeper.unpark();
            }
        }
        self.users.fetch_sub(1, Ordering::SeqCst);
    }

    /// Returns the place in the engine's list of deadlines.
    pub(crate) fn place(&self) -> Option<usize> {
        self.place.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(crate) fn set_place(&self, place: Option<usize>) {
        self.place.store(place.map_or(0, |place| place + 1), Ordering::Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.reasons.load(Ordering::Relaxed) & !SAMPLE != 0
    }

    /// Returns the reasons since the last call. The machine was cleared before, so that a reason noted after that
    /// interrupts it again.
    pub(crate) fn take_reasons(&self) -> u32 {
        self.reasons.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn count_stopped_call(&self) {
        self.stopped_calls.fetch_add(1, Ordering::Relaxed);
    }

    fn replace_waker(&self, new: *mut Waker) {
        let old = self.waker.swap(new, Ordering::SeqCst);
        self.wait_for_users();
        if !old.is_null() {
            // SAFETY: `set_waker` took it from a box, the swap made it this thread's, and no thread uses it any more.
            drop(unsafe { Box::from_raw(old) });
        }
    }

    /// Forgets the store, which is about to be dropped.
    pub(crate) fn retire(&self) {
        self.limit.store(ptr::null_mut(), Ordering::SeqCst);
        self.wait_for_users();
    }

    /// Waits until no thread uses a pointer that it read before. A user needs a few instructions.
    fn wait_for_users(&self) {
        while self.users.load(Ordering::SeqCst) != 0 {
            spin_loop();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.replace_waker(ptr::null_mut());
    }
}
