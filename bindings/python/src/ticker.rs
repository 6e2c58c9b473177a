//! A thread that looks after running code: it begins an epoch 20 times a second in all engines whose code runs. At an epoch,
//! code calls back, and Python's signal handlers run ([`crate::store`]).
//!
//! It sleeps while no code runs. A forked child has no such thread, so it begins with a new `Ticker`.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmote::Engine;

const TICK: Duration = Duration::from_millis(50);
/// The thread sleeps after this many ticks without running code.
const IDLE_TICKS: u32 = 40;

static CURRENT: AtomicPtr<Ticker> = AtomicPtr::new(std::ptr::null_mut());

struct Ticker {
    watched: Mutex<Vec<Weak<Watched>>>,
    thread: Mutex<Option<Thread>>,
    is_asleep: AtomicBool,
}

/// An engine whose code is looked after.
pub struct Watched {
    /// The engine.
    pub engine: Engine,
    /// How many calls run.
    running: AtomicUsize,
    /// The ticker that knows of the engine.
    ticker: AtomicPtr<Ticker>,
}

impl Watched {
    pub fn new(engine: Engine) -> Watched {
        Watched { engine, running: AtomicUsize::new(0), ticker: AtomicPtr::default() }
    }

    /// Runs code that is looked after.
    pub fn run<R>(self: &Arc<Self>, code: impl FnOnce() -> R) -> R {
        /// Counts down even if `code` panics.
        struct Running<'a>(&'a Watched);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.running.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(self);
        let ticker = Ticker::current();
        if !std::ptr::eq(self.ticker.load(Ordering::Relaxed), ticker) {
            ticker.watch(self);
        }
        if ticker.is_asleep.load(Ordering::SeqCst) {
            ticker.wake();
        }
        code()
    }
}

impl Ticker {
    fn current() -> &'static Ticker {
        let current = CURRENT.load(Ordering::Acquire);
        // SAFETY: what is set was leaked by `begin`.
        unsafe { current.as_ref() }.unwrap_or_else(Ticker::begin)
    }

    #[cold]
    fn begin() -> &'static Ticker {
        let new = Box::leak(Box::new(Ticker {
            watched: Mutex::default(),
            thread: Mutex::default(),
            is_asleep: AtomicBool::new(true),
        }));
        let set = CURRENT.compare_exchange(std::ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        match set {
            Ok(_) => new,
            // SAFETY: as in `current`. Another thread was first; the new one is lost.
            Err(current) => unsafe { &*current },
        }
    }

    #[cold]
    fn watch(&'static self, watched: &Arc<Watched>) {
        let mut list = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::ptr::eq(watched.ticker.swap(std::ptr::from_ref(self).cast_mut(), Ordering::Relaxed), self) {
            list.push(Arc::downgrade(watched));
        }
    }

    #[cold]
    fn wake(&'static self) {
        self.is_asleep.store(false, Ordering::SeqCst);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        match &*thread {
            Some(thread) => thread.unpark(),
            None => {
                let started = thread::Builder::new().name("wasmote".into()).stack_size(64 << 10).spawn(|| self.tick());
                // Without a thread, code runs on, and signals wait until it is done. The next call tries again.
                match started {
                    Ok(handle) => *thread = Some(handle.thread().clone()),
                    Err(_) => self.is_asleep.store(true, Ordering::SeqCst),
                }
            }
        }
    }

    fn tick(&self) {
        let mut idle = 0;
        loop {
            thread::sleep(TICK);
            idle = if self.tick_all() { 0 } else { idle + 1 };
            if idle < IDLE_TICKS {
                continue;
            }
            self.is_asleep.store(true, Ordering::SeqCst);
            // A call that began before it could see this is seen now.
            if self.tick_all() {
                self.is_asleep.store(false, Ordering::SeqCst);
            }
            while self.is_asleep.load(Ordering::SeqCst) {
                thread::park();
            }
            idle = 0;
        }
    }

    /// Returns whether code runs.
    fn tick_all(&self) -> bool {
        let mut list = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut any = false;
        let mut running = Vec::new();
        list.retain(|watched| {
            let Some(watched) = watched.upgrade() else { return false };
            running.push(watched);
            true
        });
        // Dropping the last owner of an engine takes time, and so do epochs.
        drop(list);
        for watched in running {
            if watched.running.load(Ordering::SeqCst) > 0 {
                watched.engine.increment_epoch();
                any = true;
            }
        }
        any
    }
}

/// Begins anew in a forked child. The ticker of the parent may be locked for ever here, so it is left alone.
pub fn after_fork() {
    CURRENT.store(std::ptr::null_mut(), Ordering::Release);
}
