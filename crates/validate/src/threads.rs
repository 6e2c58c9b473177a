//! Validation of bodies by several threads at once: each depends on the outline alone.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use wasmote_ir::fallible::{OutOfMemory, TryVec, try_collect};

use crate::body::Buffers;
use crate::fault::{Fault, ValidateError};
use crate::features::Features;
use crate::validate::{Bodies, validate, validate_outline};

/// Bytes of bodies that a thread takes at a time: enough that taking costs nothing, few enough that all end together.
const SHARE: usize = 1 << 17;
/// Bytes of a binary below which threads cost more than they save.
const WORTH_IT: usize = 1 << 20;

/// Proves a whole module valid, if it is large with up to as many threads as `threads` says, which asks the system. Of several mistakes in bodies it reports the
/// first. Returns what [`validate`] does.
pub fn validate_with_threads(
    wasm: &[u8],
    features: &Features,
    threads: impl FnOnce() -> usize,
) -> Result<Vec<u32>, ValidateError> {
    let threads = if wasm.len() < WORTH_IT { 1 } else { threads() };
    if threads < 2 {
        return validate(wasm, features);
    }
    let bodies = validate_outline(wasm, features)?;
    let progress = Progress::new(&bodies)?;
    thread::scope(|scope| {
        for _ in 1..threads.min(progress.shares.len()) {
            // Where no thread can be had, the others do its work.
            let _ = thread::Builder::new().spawn_scoped(scope, || progress.work(wasm, &bodies));
        }
        progress.finish(wasm, &bodies)
    })
}

/// How far the proof of a module's bodies has come, for threads that share in it. All are given the same bodies, and the binary
/// that these are of.
pub struct Progress {
    /// The functions that a thread takes at a time.
    shares: Vec<Range<u32>>,
    /// Which of them are proven valid.
    proven: Vec<AtomicBool>,
    /// The next one to take.
    next: AtomicUsize,
    state: Mutex<State>,
    /// A thread has no more to do.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Threads that have taken a share, or are about to.
    working: usize,
    /// The first mistake known, by its offset, and the function that it is in.
    invalid: Option<(usize, u32)>,
    /// A thread had no memory to go on with.
    out_of_memory: bool,
    /// Functions whose frames may have more slots than a frame can have.
    large_frames: Vec<u32>,
}

/// A thread at work, until it is dropped.
struct Working<'a>(&'a Progress);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.state().working -= 1;
        self.0.ended.notify_all();
    }
}

impl Progress {
    /// Nothing is proven yet.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new(bodies: &Bodies) -> Result<Progress, ValidateError> {
        let all = || {
            let shares = bodies.shares(SHARE)?;
            let proven = try_collect(shares.iter().map(|_| AtomicBool::new(false)))?;
            Ok((shares, proven))
        };
        let (shares, proven) = all().map_err(|error: OutOfMemory| Fault::from(error))?;
        Ok(Progress { shares, proven, next: AtomicUsize::new(0), state: Mutex::default(), ended: Condvar::new() })
    }

    /// Whether a function, imports counted in its index, is proven valid.
    pub fn is_proven(&self, func: u32) -> bool {
        let share = self.shares.partition_point(|share| share.end <= func);
        self.proven.get(share).is_some_and(|proven| proven.load(Ordering::Acquire))
    }

    /// Takes part until there is nothing left to take. Others may still be at work then.
    pub fn work(&self, wasm: &[u8], bodies: &Bodies) {
        self.state().working += 1;
        let _working = Working(self);
        let mut buffers = Buffers::default();
        while self.work_on(self.next.fetch_add(1, Ordering::Relaxed), wasm, bodies, &mut buffers) {}
    }

    /// Takes part, and waits for the others. Of several mistakes it reports the first. Returns what [`validate`] does.
    pub fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        self.work(wasm, bodies);
        let mut state = self.state();
        while state.working > 0 {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some((offset, func)) = state.invalid {
            bodies.validate_body(wasm, func)?;
            return Err(Fault::new("the function was not valid before", offset).into());
        }
        if state.out_of_memory {
            return Err(Fault::from(OutOfMemory).into());
        }
        drop(state);
        // What a thread took that panicked, which none should.
        for share in 0..self.shares.len() {
            if !self.proven[share].load(Ordering::Acquire)
                && !self.work_on(share, wasm, bodies, &mut Buffers::default())
            {
                return self.finish(wasm, bodies);
            }
        }
        Ok(try_collect(self.state().large_frames.iter().copied()).map_err(Fault::from)?)
    }

    /// Validates a share; `false` if there was a mistake in it, or there is no such share.
    fn work_on(&self, share: usize, wasm: &[u8], bodies: &Bodies, buffers: &mut Buffers) -> bool {
        let Some(funcs) = self.shares.get(share) else { return false };
        for func in funcs.clone() {
            if let Err(fault) = bodies.validate_reusing(wasm, func, buffers) {
                // Whatever comes later in the binary does not matter any more; what comes earlier is somebody's already.
                self.next.store(self.shares.len(), Ordering::Relaxed);
                let mut state = self.state();
                if fault.is_out_of_memory() {
                    state.out_of_memory = true;
                    return false;
                }
                let here = (fault.offset(), func);
                state.invalid = Some(state.invalid.map_or(here, |first| first.min(here)));
                return false;
            }
        }
        if !buffers.large_frames.is_empty() {
            let mut state = self.state();
            if state.large_frames.try_extend_from_slice(&buffers.large_frames).is_err() {
                state.out_of_memory = true;
                return false;
            }
            buffers.large_frames.clear();
        }
        self.proven[share].store(true, Ordering::Release);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
