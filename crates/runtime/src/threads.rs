//! Threads for validation: those of the standard library, or the embedder's own.

use alloc::vec::Vec;

pub use wasmote_validate::RunOnThreads;
use wasmote_validate::{Bodies, Features, Progress, ValidateError, validate_with_threads};

/// The threads that validate large modules.
#[derive(Clone, Debug)]
pub struct Threads {
    /// The maximum number of threads at once. `None`: the number that the machine runs at once, up to 8.
    pub most: Option<usize>,
    /// The function that runs work on them.
    pub run: RunOnThreads,
}

impl Default for Threads {
    fn default() -> Threads {
        Threads { most: None, run }
    }
}

impl Threads {
    fn count(&self) -> usize {
        self.most.unwrap_or_else(at_hand)
    }
}

/// The record of bodies that are known to be valid, which threads share.
pub(crate) struct Validated(Progress);

impl Validated {
    pub(crate) fn new(bodies: &Bodies) -> Result<Validated, ValidateError> {
        Progress::new(bodies).map(Validated)
    }

    pub(crate) fn has(&self, func: u32) -> bool {
        self.0.is_validated(func)
    }

    /// Validates all bodies, together with other threads that do the same. Returns the functions with large frames.
    pub(crate) fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        self.0.finish(wasm, bodies)
    }
}

/// Validates a module. Returns the functions with large frames.
pub(crate) fn validate_module(wasm: &[u8], features: &Features, threads: &Threads) -> Result<Vec<u32>, ValidateError> {
    validate_with_threads(wasm, features, || threads.count(), threads.run)
}

/// Returns the default number of threads. Without the standard library, it is the calling one alone.
fn at_hand() -> usize {
    #[cfg(feature = "std")]
    return std::thread::available_parallelism().map_or(1, |threads| threads.get().min(8));
    #[cfg(not(feature = "std"))]
    1
}

fn run(_threads: usize, work: &(dyn Fn() + Sync)) {
    #[cfg(feature = "std")]
    std::thread::scope(|scope| {
        for _ in 1.._threads {
            // If a thread cannot be started, the others do its work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    #[cfg(not(feature = "std"))]
    work();
}
