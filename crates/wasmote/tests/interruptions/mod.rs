//! Interrupts the code of a store at random moments, and lets it continue.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use wasmote::{Engine, Store, UpdateDeadline};

/// The engine whose epoch is incremented now.
static CURRENT: Mutex<Option<Engine>> = Mutex::new(None);
static SEEN: AtomicU64 = AtomicU64::new(0);

/// Makes the code of this store stop and continue all the time, until another store takes its place.
pub fn interrupt_often(store: &mut Store<()>) {
    static TICKER: OnceLock<()> = OnceLock::new();
    store.epoch_deadline_callback(|_| {
        SEEN.fetch_add(1, Ordering::Relaxed);
        Ok(UpdateDeadline::Continue(1))
    });
    store.set_epoch_deadline(1).unwrap();
    *CURRENT.lock().unwrap() = Some(store.engine().clone());
    TICKER.get_or_init(|| {
        thread::spawn(tick);
    });
}

/// Returns how often code has stopped and continued so far.
pub fn seen() -> u64 {
    SEEN.load(Ordering::Relaxed)
}

fn tick() {
    let mut random = 1_u64;
    loop {
        if let Some(engine) = &*CURRENT.lock().unwrap() {
            engine.increment_epoch();
        }
        // Between 0 and a few microseconds, so that the code gets on.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        for _ in 0..random >> 52 {
            std::hint::spin_loop();
        }
        thread::yield_now();
    }
}
