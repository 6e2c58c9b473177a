//! Validation of bodies by several threads at once: each depends on the outline alone. Nobody waits for another: what one has taken and not yet
//! proven, others prove, too, once there is nothing else to do. So neither locks nor an operating system are needed.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use wasmote_ir::fallible::{OutOfMemory, try_collect};

use crate::body::Buffers;
use crate::fault::{Fault, ValidateError};
use crate::features::Features;
use crate::validate::{Bodies, validate, validate_outline};

/// Bytes of bodies that a thread takes at a time: enough that taking costs nothing, few enough that all end together.
const SHARE: usize = 1 << 17;
/// Bytes of a binary below which threads cost more than they save.
const WORTH_IT: usize = 1 << 20;

/// Calls something on so many threads at once, the caller's among them, and returns when all calls have returned. There may be fewer.
pub type RunOnThreads = fn(usize, &(dyn Fn() + Sync));

/// Proves a whole module valid, if it is large with up to as many threads as `threads` says, which asks the system. Of several mistakes in bodies it reports the
/// first. Returns what [`validate`] does.
pub fn validate_with_threads(
    wasm: &[u8],
    features: &Features,
    threads: impl FnOnce() -> usize,
    run_on_threads: RunOnThreads,
) -> Result<Vec<u32>, ValidateError> {
    let threads = if wasm.len() < WORTH_IT { 1 } else { threads() };
    if threads < 2 {
        return validate(wasm, features);
    }
    let bodies = validate_outline(wasm, features)?;
    let progress = Progress::new(&bodies)?;
    run_on_threads(threads.min(progress.shares.len()), &|| progress.work(wasm, &bodies));
    progress.finish(wasm, &bodies)
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
    /// Functions whose frames may have more slots than a frame can have: a bit for each function with a body, set before its share counts as proven.
    large_frames: Vec<AtomicU32>,
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
            let words = functions(&shares).len().div_ceil(32);
            let large_frames = try_collect((0..words).map(|_| AtomicU32::new(0)))?;
            Ok(Progress { shares, proven, next: AtomicUsize::new(0), large_frames })
        };
        Ok(all().map_err(|error: OutOfMemory| Fault::from(error))?)
    }

    /// Whether a function, imports counted in its index, is proven valid.
    pub fn is_proven(&self, func: u32) -> bool {
        self.is_share_proven(self.shares.partition_point(|share| share.end <= func))
    }

    fn is_share_proven(&self, share: usize) -> bool {
        self.proven.get(share).is_some_and(|proven| proven.load(Ordering::Acquire))
    }

    /// Takes part until there is nothing left to take. Others may still be at work then.
    pub fn work(&self, wasm: &[u8], bodies: &Bodies) {
        // Who returns the verdict finds the mistake, too.
        let _ = self.take_part(wasm, bodies);
    }

    /// Takes part until there is nothing left to take, or there is a mistake. If there is, returns it and its share.
    fn take_part(&self, wasm: &[u8], bodies: &Bodies) -> Result<(), (usize, Fault)> {
        let mut buffers = Buffers::default();
        loop {
            let share = self.next.fetch_add(1, Ordering::Relaxed);
            if share >= self.shares.len() {
                return Ok(());
            }
            if let Err(fault) = self.prove(share, wasm, bodies, &mut buffers) {
                // Whatever comes later in the binary does not matter any more; what comes earlier is somebody's already.
                self.next.store(self.shares.len(), Ordering::Relaxed);
                return Err((share, fault));
            }
        }
    }

    /// Takes part, and proves what others have taken unless they have by then. Of several mistakes it reports the first. Returns what [`validate`] does.
    pub fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        let taken = self.take_part(wasm, bodies);
        let mut buffers = Buffers::default();
        for share in 0..taken.as_ref().map_or_else(|&(share, _)| share, |()| self.shares.len()) {
            if !self.is_share_proven(share) {
                self.prove(share, wasm, bodies, &mut buffers)?;
            }
        }
        taken.map_err(|(_, fault)| fault)?;
        let has_large_frame = |&func: &u32| {
            let (word, bit) = self.bit(func);
            self.large_frames[word].load(Ordering::Relaxed) & bit != 0
        };
        Ok(try_collect(functions(&self.shares).filter(has_large_frame)).map_err(Fault::from)?)
    }

    /// Proves the bodies of a share valid, or finds that another thread has.
    fn prove(&self, share: usize, wasm: &[u8], bodies: &Bodies, buffers: &mut Buffers) -> Result<(), Fault> {
        for func in self.shares[share].clone() {
            if self.is_share_proven(share) {
                return Ok(());
            }
            bodies.validate_reusing(wasm, func, buffers)?;
        }
        for func in buffers.large_frames.drain(..) {
            let (word, bit) = self.bit(func);
            self.large_frames[word].fetch_or(bit, Ordering::Relaxed);
        }
        self.proven[share].store(true, Ordering::Release);
        Ok(())
    }

    /// Where it stands whether a function's frame may be too large.
    fn bit(&self, func: u32) -> (usize, u32) {
        let defined = func - functions(&self.shares).start;
        (defined as usize / 32, 1 << (defined % 32))
    }
}

/// All functions of some shares, which lie one behind the other.
fn functions(shares: &[Range<u32>]) -> Range<u32> {
    shares.first().map_or(0, |first| first.start)..shares.last().map_or(0, |last| last.end)
}
