//! What stores and modules have in common: the configuration and the function types.

use alloc::sync::Arc;
use core::fmt;

#[cfg(feature = "validate")]
use wasmote_validate::Features;
#[cfg(all(feature = "threads", feature = "validate"))]
use wasmote_validate::RunOnThreads;

#[cfg(guarded)]
use wasmote_decode::MemoryType;

use crate::lock::Lock;
use crate::types::TypeRegistry;

/// When the bodies of functions are validated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Validation {
    /// All of them when the module is loaded, as the specification says.
    #[default]
    Eager,
    /// Each when it is first called. A call of an invalid function fails, and so does the run it is part of. All
    /// else about the module is validated when it is loaded. [`Module::validate`](crate::Module::validate) does the rest whenever it is called, which
    /// other threads can do while this one runs the module.
    Lazy,
}

/// How an [`Engine`] works.
///
/// ```
/// use wasmote::{Config, Engine, Validation};
///
/// let mut config = Config::new();
/// config.validation(Validation::Lazy).max_stack(1 << 20);
/// let engine = Engine::new(&config);
/// # let _ = engine;
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) validation: Validation,
    pub(crate) eager_translation: bool,
    pub(crate) fuel: bool,
    pub(crate) canonical_nans: bool,
    guard_pages: bool,
    #[cfg(all(feature = "threads", feature = "validate"))]
    validation_threads: Option<usize>,
    #[cfg(all(feature = "threads", feature = "validate"))]
    pub(crate) run_on_threads: RunOnThreads,
    pub(crate) max_stack: usize,
    pub(crate) max_nesting: u32,
    pub(crate) max_memory: u64,
    pub(crate) max_table: u64,
    max_code_size: Option<u64>,
    #[cfg(feature = "gc")]
    pub(crate) max_gc_heap: u64,
    #[cfg(feature = "gc")]
    pub(crate) gc_stress: bool,
    #[cfg(feature = "gc")]
    pub(crate) gc_clock: Option<fn() -> u64>,
    #[cfg(feature = "validate")]
    pub(crate) features: Features,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            validation: Validation::Eager,
            eager_translation: false,
            fuel: false,
            canonical_nans: false,
            guard_pages: cfg!(target_os = "linux"),
            #[cfg(all(feature = "threads", feature = "validate"))]
            validation_threads: None,
            #[cfg(all(feature = "threads", feature = "validate"))]
            run_on_threads: threads::run,
            max_stack: 8 << 20,
            max_nesting: 200,
            max_memory: u64::MAX,
            max_table: 10_000_000,
            max_code_size: None,
            #[cfg(feature = "gc")]
            max_gc_heap: 4 << 30,
            #[cfg(feature = "gc")]
            gc_stress: false,
            #[cfg(feature = "gc")]
            gc_clock: None,
            #[cfg(feature = "validate")]
            features: Features::default(),
        }
    }
}

impl Config {
    /// The defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// When the bodies of functions are validated; [`Validation::Eager`] unless said otherwise.
    pub fn validation(&mut self, validation: Validation) -> &mut Config {
        self.validation = validation;
        self
    }

    /// How many threads may validate a large module at once, 1 being the caller's alone. As many as the machine has, up to
    /// 8, unless said otherwise; without the feature `std`, 1.
    #[cfg(all(feature = "threads", feature = "validate"))]
    pub fn validation_threads(&mut self, threads: usize) -> &mut Config {
        self.validation_threads = Some(threads);
        self
    }

    /// By what threads are run that validate a module: threads of the standard library, unless said otherwise. Without the feature `std` there are
    /// none but the caller's then.
    #[cfg(all(feature = "threads", feature = "validate"))]
    pub fn run_on_threads(&mut self, run: RunOnThreads) -> &mut Config {
        self.run_on_threads = run;
        self
    }

    /// What functions are translated into.
    #[cfg(feature = "wasm")]
    pub(crate) fn code_options(&self) -> wasmote_translate::CodeOptions {
        wasmote_translate::CodeOptions { metered: self.fuel, canonical_nans: self.canonical_nans, ..Default::default() }
    }

    #[cfg(all(feature = "threads", feature = "validate"))]
    pub(crate) fn threads(&self) -> usize {
        self.validation_threads.unwrap_or_else(threads::at_hand)
    }

    /// Whether all functions are translated when a module is loaded, instead of each when it is first called.
    pub fn eager_translation(&mut self, eager: bool) -> &mut Config {
        self.eager_translation = eager;
        self
    }

    /// Whether wasm takes fuel: one for each operator, where functions and loops begin, and what works on many bytes or elements in proportion.
    /// With none left it traps with [`OutOfFuel`](crate::TrapCode::OutOfFuel). `docs/fuel.md` has all costs, and
    /// [`FUEL_SCHEDULE`](crate::FUEL_SCHEDULE) their number. See [`Store::set_fuel`](crate::Store::set_fuel). Off unless said otherwise.
    /// Of an image, what it was compiled with decides.
    pub fn fuel(&mut self, fuel: bool) -> &mut Config {
        self.fuel = fuel;
        self
    }

    /// Whether what arithmetic on floats gives as NaN is always the canonical one, so that results are the same bits on every
    /// machine; costs up to three instructions for each that may give NaN. Off unless said otherwise. Of an image, what it was
    /// compiled with decides.
    pub fn canonical_nans(&mut self, canonical: bool) -> &mut Config {
        self.canonical_nans = canonical;
        self
    }

    /// Whether accesses of 32-bit memories leave it to pages without access behind the memory to notice what is out of bounds,
    /// instead of comparing each address with the memory's length: fewer instructions, but each memory takes 8 GiB of address
    /// space, and the first engine installs a handler for SIGSEGV (on macOS for SIGBUS, too). The handler passes on to the one before it what is not wasmote's, and a
    /// handler that is installed after it should do the same, or traps of that kind end the process. So they do in a thread that blocks SIGSEGV:
    /// the system delivers it to nobody else. A process has room for some 16,000 such memories, where addresses have 47 bits; one more is an
    /// error when it is made. Where there is room for less than 500, addresses are compared. A library that installed the handler must not be unloaded.
    ///
    /// On unless said otherwise on Linux; on macOS off unless said otherwise, since there the handler has been compiled, but not been run
    /// by anybody yet. Only where it is possible: on x86-64 and aarch64 with the feature `guard-pages`, in a process with so much
    /// address space. Elsewhere, and for memories whose pages have not 64 KiB, addresses are compared.
    pub fn guard_pages(&mut self, guard: bool) -> &mut Config {
        self.guard_pages = guard;
        self
    }

    /// Bytes of the value stack of each store: how deep wasm functions can nest before a call traps with
    /// [`StackOverflow`](crate::TrapCode::StackOverflow). 8 MiB unless said otherwise; what is never used is
    /// only address space.
    pub fn max_stack(&mut self, bytes: usize) -> &mut Config {
        self.max_stack = bytes;
        self
    }

    /// How often calls from the host into wasm may nest, which is what takes the native stack; 200 unless said
    /// otherwise.
    pub fn max_nesting(&mut self, calls: u32) -> &mut Config {
        self.max_nesting = calls;
        self
    }

    /// The most bytes that a linear memory may have; growing beyond it fails as the specification lets it.
    /// Unlimited unless said otherwise.
    pub fn max_memory(&mut self, bytes: u64) -> &mut Config {
        self.max_memory = bytes;
        self
    }

    /// The most elements that a table may have; growing beyond it fails as the specification lets it.
    /// 10,000,000 unless said otherwise.
    pub fn max_table(&mut self, elements: u64) -> &mut Config {
        self.max_table = elements;
        self
    }

    /// The most bytes of code that the functions of a module may be translated into, all of them together; a function that is too
    /// much fails when it is called, or with [`eager_translation`](Config::eager_translation) when the module is loaded, with
    /// [`ErrorKind::CodeLimit`](crate::ErrorKind::CodeLimit). The same holds for [`Module::to_image`](crate::Module::to_image). Code of ordinary modules has
    /// four to ten times the bytes of their bodies; hostile ones have instructions of two bytes that become thousands.
    /// 64 times the bytes of the module's bodies plus 16 MiB unless said otherwise.
    pub fn max_code_size(&mut self, bytes: u64) -> &mut Config {
        self.max_code_size = Some(bytes);
        self
    }

    /// That of a module whose functions have bodies of so many bytes.
    pub(crate) fn code_limit(&self, bodies: u64) -> u64 {
        self.max_code_size.unwrap_or((16 << 20) + bodies.saturating_mul(64))
    }

    /// The most bytes that a store's objects may have; an allocation beyond traps with
    /// [`HeapExhausted`](crate::TrapCode::HeapExhausted). 4 GiB unless said otherwise; more than 16 GiB can't be had.
    #[cfg(feature = "gc")]
    pub fn max_gc_heap(&mut self, bytes: u64) -> &mut Config {
        self.max_gc_heap = bytes;
        self
    }

    /// Whether each allocation collects, to find references that are not seen to be in use. Off unless said otherwise.
    #[cfg(feature = "gc")]
    pub fn gc_stress(&mut self, stress: bool) -> &mut Config {
        self.gc_stress = stress;
        self
    }

    /// What tells the time in nanoseconds, since whenever, for the pauses in [`HeapStats`](crate::HeapStats); without one they are
    /// not measured. It must not panic: that ends the process.
    #[cfg(feature = "gc")]
    pub fn gc_clock(&mut self, clock: fn() -> u64) -> &mut Config {
        self.gc_clock = Some(clock);
        self
    }

    /// Which proposals modules may use; all that this build has unless said otherwise.
    #[cfg(feature = "validate")]
    pub fn features(&mut self, features: Features) -> &mut Config {
        self.features = features;
        self
    }
}

/// Threads for validation, unless the embedder brings its own.
#[cfg(all(feature = "threads", feature = "validate"))]
mod threads {
    #[cfg(feature = "std")]
    use std::thread;

    /// How many there are.
    #[cfg(feature = "std")]
    pub fn at_hand() -> usize {
        thread::available_parallelism().map_or(1, |threads| threads.get().min(8))
    }

    #[cfg(feature = "std")]
    pub fn run(threads: usize, work: &(dyn Fn() + Sync)) {
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where no thread can be had, the others do its work.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    #[cfg(not(feature = "std"))]
    pub fn at_hand() -> usize {
        1
    }

    #[cfg(not(feature = "std"))]
    pub fn run(_: usize, work: &(dyn Fn() + Sync)) {
        work();
    }
}

/// What stores and modules have in common; cheap to clone. Only what belongs to the same engine works together.
///
/// ```
/// let engine = wasmote::Engine::default();
/// let store = wasmote::Store::new(&engine, ());
/// # let _ = store;
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    config: Config,
    /// Whether memories have pages without access behind them.
    #[cfg(guarded)]
    guards: bool,
    types: Lock<TypeRegistry>,
}

impl Engine {
    /// An engine that works as `config` says.
    pub fn new(config: &Config) -> Engine {
        let config = config.clone();
        let types = Lock::new(TypeRegistry::default());
        #[cfg(guarded)]
        let guards = config.guard_pages && crate::guard::available();
        let inner = EngineInner {
            config,
            #[cfg(guarded)]
            guards,
            types,
        };
        Engine { inner: Arc::new(inner) }
    }

    /// Whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }

    /// Whether memories of this type have pages without access behind them, and code does not check its accesses.
    #[cfg(guarded)]
    pub(crate) fn guards(&self, ty: &MemoryType) -> bool {
        self.inner.guards && !ty.memory64 && ty.page_log2 == 16
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn types(&self) -> &Lock<TypeRegistry> {
        &self.inner.types
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new(&Config::default())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
