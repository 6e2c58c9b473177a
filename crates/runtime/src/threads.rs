//! Threads for validation: those of the standard library, unless the embedder brings its own.

use alloc::vec::Vec;

pub use wasmote_validate::RunOnThreads;
use wasmote_validate::{Bodies, Features, Progress, ValidateError, validate_with_threads};

/// By what large modules are validated.
#[derive(Clone, Debug)]
pub struct Threads {
    /// How many threads there may be at once; as many as the machine has, up to 8, if it is not said.
    pub most: Option<usize>,
    /// What runs them.
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

/// Which bodies are known to be valid, for the threads that share the work.
pub(crate) struct Validated(Progress);

impl Validated {
    pub(crate) fn new(bodies: &Bodies) -> Result<Validated, ValidateError> {
        Progress::new(bodies).map(Validated)
    }

    pub(crate) fn has(&self, func: u32) -> bool {
        self.0.is_validated(func)
    }

    /// Proves all valid, together with other threads that do; those that have large frames.
    pub(crate) fn finish(&self, wasm: &[u8], bodies: &Bodies) -> Result<Vec<u32>, ValidateError> {
        self.0.finish(wasm, bodies)
    }
}

/// Proves a module valid; the functions that have large frames.
pub(crate) fn validate_module(wasm: &[u8], features: &Features, threads: &Threads) -> Result<Vec<u32>, ValidateError> {
    validate_with_threads(wasm, features, || threads.count(), threads.run)
}

/// How many there are: without the standard library, the caller's alone.
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
            // Where no thread can be had, the others do its work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    #[cfg(not(feature = "std"))]
    work();
}
