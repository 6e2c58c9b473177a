//! The threads that wait at addresses of a shared memory (spec, threads proposal: `memory.atomic.wait` and
//! `memory.atomic.notify`).
//!
//! Threads are woken in the order in which they came. The value is compared while the lock is held, so no wake-up is
//! lost. A thread waits as long as it has an entry, and only who removes the entry decides why the wait ends: so a
//! notification counts exactly the threads that it wakes, and never one that gave up before.
//!
//! All of it is generic over the lock and over how threads sleep. `tests/loom` runs this file with loom's, in every
//! order that the memory model allows.

use alloc::vec::Vec;

/// Gives one thread at a time access to a value.
pub trait Exclusive<T> {
    /// Calls `body` with the value. Other threads wait until it has returned.
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R;
}

/// A thread that sleeps, for others to wake it.
pub trait Sleeper: Clone {
    /// Ends the thread's sleep, or its next one.
    fn wake(&self);
}

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome<G> {
    /// Another thread notified this one.
    Woken,
    /// The place did not have the expected value.
    Mismatch,
    /// The thread gave up, for this reason.
    GaveUp(G),
}

/// There is not enough memory for another entry.
#[derive(Debug)]
pub struct QueueFull;

/// The waiting threads of one memory, in the order in which they came.
pub struct Waiters<S> {
    entries: Vec<Entry<S>>,
    /// The ticket of the next entry. Entries are ordered by ticket.
    next: u64,
}

struct Entry<S> {
    address: u64,
    ticket: u64,
    sleeper: S,
}

/// How many threads are woken at once. They are woken after the lock is released.
const BATCH: usize = 8;

impl<S: Sleeper> Waiters<S> {
    /// Makes an empty queue.
    pub const fn new() -> Waiters<S> {
        Waiters { entries: Vec::new(), next: 0 }
    }

    fn enter(&mut self, address: u64, sleeper: S) -> Result<u64, QueueFull> {
        self.entries.try_reserve(1).map_err(|_| QueueFull)?;
        let ticket = self.next;
        self.next += 1;
        self.entries.push(Entry { address, ticket, sleeper });
        Ok(ticket)
    }

    fn find(&self, ticket: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&ticket, |entry| entry.ticket).ok()
    }

    /// Removes the first entries at this address that came before `end`, and puts their threads into `batch`. Returns
    /// how many there were.
    fn take(&mut self, address: u64, end: u64, batch: &mut [Option<S>]) -> usize {
        let mut taken = 0;
        self.entries.retain(|entry| {
            let wanted = entry.address == address && entry.ticket < end && taken < batch.len();
            if wanted {
                batch[taken] = Some(entry.sleeper.clone());
                taken += 1;
            }
            !wanted
        });
        taken
    }
}

/// Waits at an address, if `is_expected` says that the place has the expected value. `sleep` sleeps until `sleeper` is
/// woken, or shorter; it returns a reason to give up.
///
/// # Errors
/// Fails if there is not enough memory for another entry.
pub fn wait<S: Sleeper, G>(
    waiters: &impl Exclusive<Waiters<S>>,
    address: u64,
    sleeper: S,
    is_expected: impl FnOnce() -> bool,
    mut sleep: impl FnMut() -> Option<G>,
) -> Result<Outcome<G>, QueueFull> {
    let entered = waiters.with(|waiters| is_expected().then(|| waiters.enter(address, sleeper)).transpose())?;
    let Some(ticket) = entered else { return Ok(Outcome::Mismatch) };
    loop {
        let gave_up = sleep();
        let waits = waiters.with(|waiters| {
            let entry = waiters.find(ticket);
            if let (Some(at), true) = (entry, gave_up.is_some()) {
                waiters.entries.remove(at);
            }
            entry.is_some()
        });
        match gave_up {
            _ if !waits => return Ok(Outcome::Woken),
            Some(reason) => return Ok(Outcome::GaveUp(reason)),
            None => {}
        }
    }
}

/// Wakes the first `count` threads that wait at an address. Returns how many there were.
pub fn notify<S: Sleeper>(waiters: &impl Exclusive<Waiters<S>>, address: u64, count: u32) -> u32 {
    let mut woken = 0;
    let mut end = None;
    while woken < count {
        let mut batch = [const { None }; BATCH];
        let room = BATCH.min((count - woken) as usize);
        let taken = waiters.with(|waiters| {
            // Threads that begin to wait after this are left alone, also those that were woken and wait again.
            let end = *end.get_or_insert(waiters.next);
            waiters.take(address, end, &mut batch[..room])
        });
        batch.iter().flatten().for_each(S::wake);
        woken += taken as u32;
        if taken < BATCH {
            break;
        }
    }
    woken
}
