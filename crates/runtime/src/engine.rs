//! The engine: the settings and the types that stores and modules share.

use alloc::sync::Arc;

use wasmote_decode::MemoryType;

use crate::guard;
use crate::lock::Lock;
use crate::reserve::SpacePool;
use crate::types::TypeRegistry;

/// The maximum size of a linear memory of a deterministic engine, in bytes. It is the maximum of 32-bit memories.
const DETERMINISTIC_MAX_MEMORY: u64 = 4 << 30;

/// How an engine works. The methods of `wasmote::Config` document these fields.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether function bodies are validated at their first call, instead of when the module is loaded.
    pub lazy_validation: bool,
    /// Whether all functions are translated when a module is loaded.
    pub eager_translation: bool,
    /// Whether wasm code takes fuel.
    pub fuel: bool,
    /// Whether modules with a start function are refused.
    pub forbids_start: bool,
    /// Whether float arithmetic always returns the canonical NaN.
    pub canonical_nans: bool,
    /// Whether runs have the same results on every machine. [`Engine::new`] sets the other fields accordingly.
    pub deterministic: bool,
    /// Whether guard pages may replace bounds checks.
    pub guard_pages: bool,
    /// Whether one handler may run two instructions in a row.
    pub superinstructions: bool,
    /// Bytes of each store's value stack.
    pub max_stack: usize,
    /// Bytes of the native stack that nested calls from the host may use.
    pub max_native_stack: usize,
    /// Whether errors that stop wasm have a backtrace.
    pub wasm_backtrace: bool,
    /// The maximum size of a linear memory, in bytes.
    pub max_memory: u64,
    /// The maximum size of a table, in elements.
    pub max_table: u64,
    /// The maximum bytes of a module's code. `None`: the limit depends on the module, see [`Settings::code_limit`].
    pub max_code_size: Option<u64>,
    /// The maximum size of a store's heap of objects, in bytes.
    pub max_gc_heap: u64,
    /// Whether each allocation of an object collects garbage.
    pub gc_stress: bool,
    /// A clock that returns nanoseconds, to measure the collector's pauses.
    pub gc_clock: Option<fn() -> u64>,
    /// Settings that only some builds have.
    pub optional: OptionalSettings,
}

/// The settings of optional features of this crate.
#[derive(Clone, Default, Debug)]
pub struct OptionalSettings {
    /// Which proposals modules may use.
    #[cfg(feature = "validate")]
    pub features: wasmote_validate::Features,
    /// The threads that validate large modules.
    #[cfg(feature = "validate")]
    pub threads: crate::threads::Threads,
    /// Whether code notices interruptions.
    #[cfg(feature = "interrupt")]
    pub interruption: bool,
    /// Whether only calls notice them, and loops do not.
    #[cfg(feature = "interrupt")]
    pub interruption_at_calls_only: bool,
    /// The function that is called for each instruction.
    #[cfg(feature = "trace")]
    pub trace: Option<crate::trace::Tracer>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lazy_validation: false,
            eager_translation: false,
            fuel: false,
            forbids_start: false,
            canonical_nans: false,
            deterministic: false,
            guard_pages: cfg!(target_os = "linux"),
            superinstructions: true,
            max_stack: 8 << 20,
            max_native_stack: wasmote_exec::MAX_NATIVE_STACK,
            wasm_backtrace: true,
            max_memory: u64::MAX,
            max_table: 10_000_000,
            max_code_size: None,
            max_gc_heap: 4 << 30,
            gc_stress: false,
            gc_clock: None,
            optional: OptionalSettings::default(),
        }
    }
}

impl Settings {
    /// Returns the maximum bytes of code for a module whose function bodies have `bodies` bytes.
    pub fn code_limit(&self, bodies: u64) -> u64 {
        self.max_code_size.unwrap_or((16 << 20) + bodies.saturating_mul(64))
    }

    /// Returns whether results depend on the machine in spite of [`Settings::deterministic`]: relaxed vector
    /// instructions do what this one does fastest.
    pub(crate) fn differs_between_machines(&self) -> bool {
        self.deterministic && cfg!(all(feature = "relaxed-native", target_arch = "x86_64"))
    }
}

/// What stores and modules share. Stores and modules work together only if they belong to the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    settings: Settings,
    /// Whether 32-bit memories have guard pages: set, and available in this process.
    guards: bool,
    types: Lock<TypeRegistry>,
    spaces: SpacePool,
    #[cfg(feature = "interrupt")]
    epochs: crate::deadlines::Epochs,
}

impl Engine {
    /// Makes an engine with these settings.
    pub fn new(settings: &Settings) -> Engine {
        let mut settings = settings.clone();
        if settings.deterministic {
            settings.canonical_nans = true;
            settings.max_memory = settings.max_memory.min(DETERMINISTIC_MAX_MEMORY);
        }
        let guards = settings.guard_pages && guard::available();
        Engine {
            inner: Arc::new(EngineInner {
                settings,
                guards,
                types: Lock::new(TypeRegistry::default()),
                spaces: SpacePool::default(),
                #[cfg(feature = "interrupt")]
                epochs: crate::deadlines::Epochs::default(),
            }),
        }
    }

    /// Returns whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }

    /// Returns whether memories of this type have guard pages, so that code does not check its accesses. Shared memories
    /// have none: each access checks the length, which other threads raise.
    pub(crate) fn guards(&self, ty: &MemoryType) -> bool {
        self.inner.guards && !ty.is_shared() && !ty.is_64() && ty.page_size_log2() == 16
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Returns the address space that stores have returned.
    pub(crate) fn spaces(&self) -> &SpacePool {
        &self.inner.spaces
    }

    /// Returns the epoch, and the deadlines of stores.
    #[cfg(feature = "interrupt")]
    pub(crate) fn epochs(&self) -> &crate::deadlines::Epochs {
        &self.inner.epochs
    }

    /// Begins the next epoch and interrupts the stores whose deadline it is.
    #[cfg(feature = "interrupt")]
    pub fn increment_epoch(&self) {
        self.inner.epochs.increment();
    }

    /// Returns the types in use.
    pub fn types(&self) -> &Lock<TypeRegistry> {
        &self.inner.types
    }
}
