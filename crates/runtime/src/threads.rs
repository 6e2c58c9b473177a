//! Threads for validation: those of the standard library, unless the embedder brings its own.

pub use wasmote_validate::RunOnThreads;

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
    pub(crate) fn count(&self) -> usize {
        self.most.unwrap_or_else(at_hand)
    }
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
