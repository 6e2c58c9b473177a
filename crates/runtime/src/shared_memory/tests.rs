//! The order in which the queue wakes threads. `tests/loom` tests what several threads do at the same time.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::wait_queue::{Outcome, Sleeper, Waiters, notify, wait};
use crate::lock::Lock;

/// A thread that notes its number when it is woken.
#[derive(Clone)]
struct Noted(u32, Arc<Lock<Vec<u32>>>);

impl Sleeper for Noted {
    fn wake(&self) {
        self.1.lock().push(self.0);
    }
}

/// Lets this many threads wait, one after the other, and then wakes some. Returns whom it woke, and how each wait ended,
/// the last one first.
fn woken(threads: u32, address_of: fn(u32) -> u64, count: u32) -> (Vec<u32>, Vec<(u32, Outcome<()>)>) {
    struct Test {
        queue: Lock<Waiters<Noted>>,
        order: Arc<Lock<Vec<u32>>>,
        ends: Lock<Vec<(u32, Outcome<()>)>>,
        address_of: fn(u32) -> u64,
    }
    /// A thread sleeps while the next one comes. The last one notifies, and all give up.
    fn enter(test: &Test, thread: u32, threads: u32, count: u32) {
        let sleep = || {
            match thread + 1 < threads {
                true => enter(test, thread + 1, threads, count),
                false => drop(notify(&test.queue, 0, count)),
            }
            Some(())
        };
        let sleeper = Noted(thread, test.order.clone());
        let end = wait(&test.queue, (test.address_of)(thread), sleeper, || true, sleep).unwrap();
        test.ends.lock().push((thread, end));
    }
    let test = Test { queue: Lock::new(Waiters::new()), order: Arc::default(), ends: Lock::default(), address_of };
    enter(&test, 0, threads, count);
    assert_eq!(notify(&test.queue, 0, u32::MAX), 0, "nobody waits any more");
    let order = core::mem::take(&mut *test.order.lock());
    (order, core::mem::take(&mut *test.ends.lock()))
}

#[test]
fn those_that_came_first_are_woken_first_at_their_address_only() {
    let (order, ends) = woken(6, |thread| u64::from(thread % 2) * 4, 2);
    assert_eq!(order, [0, 2]);
    for (thread, end) in ends {
        assert_eq!(end == Outcome::Woken, order.contains(&thread), "{thread}");
    }
}

#[test]
fn more_than_a_batch_are_woken_in_order() {
    let (order, ends) = woken(30, |_| 0, u32::MAX);
    assert!(order.into_iter().eq(0..30));
    assert!(ends.iter().all(|&(_, end)| end == Outcome::Woken));
    assert_eq!(woken(30, |_| 0, 20).0.len(), 20);
    assert!(woken(30, |_| 0, 0).0.is_empty());
}
