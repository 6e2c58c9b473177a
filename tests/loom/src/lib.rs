//! The queue of threads that wait at addresses of a shared memory, with loom's locks and threads. Each test runs in
//! every order that the memory model allows, up to so many changes from one thread to another.
#![cfg(test)]

extern crate alloc;

#[allow(dead_code)]
#[path = "../../../crates/runtime/src/shared_memory/wait_queue.rs"]
mod wait_queue;

use loom::sync::atomic::{AtomicU32, Ordering::SeqCst};
use loom::sync::{Arc, Mutex, Notify};
use loom::thread::{self, JoinHandle};

use wait_queue::{Exclusive, Outcome, Sleeper, Waiters, notify, wait};

/// A shared memory with one place, and its queue.
struct Memory {
    value: AtomicU32,
    waiters: Queue,
}

struct Queue(Mutex<Waiters<Thread>>);

impl Exclusive<Waiters<Thread>> for Queue {
    fn with<R>(&self, body: impl FnOnce(&mut Waiters<Thread>) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

/// A thread that sleeps until it is woken. Loom reports a thread that sleeps for ever.
#[derive(Clone)]
struct Thread(Arc<Notify>);

impl Sleeper for Thread {
    fn wake(&self) {
        self.0.notify();
    }
}

const PLACE: u64 = 8;

impl Memory {
    fn new() -> Arc<Memory> {
        Arc::new(Memory { value: AtomicU32::new(0), waiters: Queue(Mutex::new(Waiters::new())) })
    }

    /// Waits while the value is 0.
    fn wait(&self) -> Outcome<()> {
        let thread = Thread(Arc::new(Notify::new()));
        let sleep = || {
            thread.0.wait();
            None
        };
        wait(&self.waiters, PLACE, thread.clone(), || self.value.load(SeqCst) == 0, sleep).unwrap()
    }

    /// Does the same, but gives up at once.
    fn wait_without_time(&self) -> Outcome<()> {
        let thread = Thread(Arc::new(Notify::new()));
        wait(&self.waiters, PLACE, thread, || self.value.load(SeqCst) == 0, || Some(())).unwrap()
    }

    fn set_and_notify(&self, count: u32) -> u32 {
        self.value.store(1, SeqCst);
        notify(&self.waiters, PLACE, count)
    }
}

fn spawn<T: 'static>(memory: &Arc<Memory>, body: impl FnOnce(&Memory) -> T + 'static) -> JoinHandle<T> {
    let memory = memory.clone();
    thread::spawn(move || body(&memory))
}

fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(body);
}

/// A wake-up that were lost would let the waiting thread sleep for ever.
#[test]
fn no_wake_up_is_lost() {
    model(|| {
        let memory = Memory::new();
        let waiter = spawn(&memory, Memory::wait);
        let woken = memory.set_and_notify(1);
        let expected = if woken == 1 { Outcome::Woken } else { Outcome::Mismatch };
        assert_eq!(waiter.join().unwrap(), expected);
    });
}

#[test]
fn a_notification_counts_those_that_it_wakes_and_no_others() {
    model(|| {
        let memory = Memory::new();
        let waiters = [spawn(&memory, Memory::wait), spawn(&memory, Memory::wait_without_time)];
        let woken = memory.set_and_notify(u32::MAX);
        let outcomes = waiters.map(|waiter| waiter.join().unwrap());
        assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Woken).count(), woken as usize);
    });
}

#[test]
fn who_gives_up_takes_no_notification_from_others() {
    model(|| {
        let memory = Memory::new();
        let waiters = [spawn(&memory, Memory::wait_without_time), spawn(&memory, Memory::wait)];
        // One of the two may be woken by the first, the other must be by the second.
        let woken = memory.set_and_notify(1) + notify(&memory.waiters, PLACE, 1);
        let outcomes = waiters.map(|waiter| waiter.join().unwrap());
        assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Woken).count(), woken as usize);
    });
}

#[test]
fn two_that_notify_wake_two() {
    model(|| {
        let memory = Memory::new();
        let waiter = spawn(&memory, Memory::wait);
        let other = spawn(&memory, |memory| memory.set_and_notify(1));
        let woken = memory.set_and_notify(1) + other.join().unwrap();
        let outcome = waiter.join().unwrap();
        assert_eq!(u32::from(outcome == Outcome::Woken), woken);
    });
}

#[test]
fn other_addresses_are_left_alone() {
    model(|| {
        let memory = Memory::new();
        let waiter = spawn(&memory, Memory::wait_without_time);
        assert_eq!(notify(&memory.waiters, PLACE + 4, u32::MAX), 0);
        assert_eq!(waiter.join().unwrap(), Outcome::GaveUp(()));
    });
}
