//! Validates bodies with several threads at once. A body depends on the outline only, so the threads are independent.
//!
//! No thread waits for another. If a thread has taken bodies and not yet validated them, others validate them as well
//! when there is nothing else to do. So this needs neither locks nor an operating system.

use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use wasmote_ir::fallible::{OutOfMemory, try_collect};

use crate::body::Buffers;
use crate::fault::{Invalid, ValidateError};
use crate::features::Features;
use crate::validate::{Bodies, validate, validate_outline};

/// How many bytes of bodies a thread takes at a time. It is large enough that taking costs nothing, and small enough
/// that all threads end at about the same time.
const SHARE: usize = 1 << 17;
/// The size of a binary below which threads cost more than they save, in bytes.
const WORTH_IT: usize = 1 << 20;

/// Calls a function on this number of threads at once, including the caller's, and returns when all calls have
/// returned. It may use fewer threads.
pub type RunOnThreads = fn(usize, &(dyn Fn() + Sync));

/// Validates a whole module like [`validate`]. For a large module it uses up to `threads()` threads, a function that
/// may ask the system.
///
/// # Errors
/// As [`validate`]. Of several errors in bodies it reports the first one in the binary.
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

/// The progress of validating a module's bodies, which several threads share. All calls must be given the same bodies
/// and their binary.
pub struct Progress {
    /// Shares of functions. A thread takes one share at a time.
    shares: Vec<Range<u32>>,
    /// For each share, whether it is valid.
    validated: Vec<AtomicBool>,
    /// The next share to take.
    next: AtomicUsize,
    /// A bit for each function with a body that says whether its frame may be too large. It is set before the share
    /// counts as valid.
    large_frames: Vec<AtomicU32>,
}

impl Progress {
    /// Returns the progress of bodies before any is validated.
    ///
    /// # Errors
    /// If there is not enough memory.
    pub fn new(bodies: &Bodies) -> Result<Progress, ValidateError> {
        let all = || {
            let shares = bodies.shares(SHARE)?;
            let validated = try_collect(shares.iter().map(|_| AtomicBool::new(false)))?;
            let words = functions(&shares).len().div_ceil(32);
            let large_frames = try_collect((0..words).map(|_| AtomicU32::new(0)))?;
            Ok(Progress { shares, validated, next: AtomicUsize::new(0), large_frames })
        };
        Ok(all().map_err(|error: OutOfMemory| Invalid::from(error))?)
    }

    /// Whether a function's body is known to be valid. The index counts imported functions.
    pub fn is_validated(&self, func: u32) -> bool {
        self.is_share_validated(self.shares.partition_point(|share| share.end <= func))
    }

    fn is_share_validated(&self, share: usize) -> bool {
        self.validated.get(share).is_some_and(|validated| validated.load(Ordering::Acquire))
    }

    /// Validates shares until all are taken, or one is invalid. Other threads may still be validating theirs.
    pub fn work(&self, wasm: &[u8], bodies: &Bodies) {
        // `finish` finds the error as well.
        let _ = self.take_part(wasm, bodies);
    }

    /// Validates shares until all are taken, or one is invalid. Then it fails with the share and the error.
    fn take_part(&self, wasm: &[u8], bodies: &Bodies) -> Result<(), (usize, Invalid)> {
        let mut buffers = Buffers::default();
        loop {
            let share = self.next.fetch_add(1, Ordering::Relaxed);
            if share >= self.shares.len() {
                return Ok(());
            }
            if let Err(fault) = self.validate_share(share, wasm, bodies, &mut buffers) {
                // Later shares do not matter now, because the first error is reported. All earlier shares are taken.
                self.next.store(self.shares.len(), Ordering::Relaxed);
                return Err((share, fault));
            }
        }
    }

    /// Validates shares until all are taken, and then those that other threads have taken and not finished. Returns
    /// the same as [`validate`].
    ///
    /// # Errors
    /// As [`validate`]. Of several errors in bodies it reports the first one in the binary.
    pub fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        let taken = self.take_part(wasm, bodies);
        let mut buffers = Buffers::default();
        for share in 0..taken.as_ref().map_or_else(|&(share, _)| share, |()| self.shares.len()) {
            if !self.is_share_validated(share) {
                self.validate_share(share, wasm, bodies, &mut buffers)?;
            }
        }
        taken.map_err(|(_, fault)| fault)?;
        let has_large_frame = |&func: &u32| {
            let (word, bit) = self.bit(func);
            self.large_frames[word].load(Ordering::Relaxed) & bit != 0
        };
        Ok(try_collect(functions(&self.shares).filter(has_large_frame)).map_err(Invalid::from)?)
    }

    /// Validates the bodies of a share. Stops early if another thread has finished the share.
    fn validate_share(&self, share: usize, wasm: &[u8], bodies: &Bodies, buffers: &mut Buffers) -> Result<(), Invalid> {
        for func in self.shares[share].clone() {
            if self.is_share_validated(share) {
                return Ok(());
            }
            bodies.validate_reusing(wasm, func, buffers)?;
        }
        for func in buffers.large_frames.drain(..) {
            let (word, bit) = self.bit(func);
            self.large_frames[word].fetch_or(bit, Ordering::Relaxed);
        }
        self.validated[share].store(true, Ordering::Release);
        Ok(())
    }

    /// Returns the word and the bit of a function in `large_frames`.
    fn bit(&self, func: u32) -> (usize, u32) {
        let defined = func - functions(&self.shares).start;
        (defined as usize / 32, 1 << (defined % 32))
    }
}

/// Returns all functions of some shares, which follow each other.
fn functions(shares: &[Range<u32>]) -> Range<u32> {
    shares.first().map_or(0, |first| first.start)..shares.last().map_or(0, |last| last.end)
}
