//! What stores and modules have in common: the settings and the types in use.

use alloc::sync::Arc;

use wasmote_decode::MemoryType;

use crate::guard;
use crate::lock::Lock;
use crate::types::TypeRegistry;

/// How an engine works. `wasmote::Config` says what each of these is about.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the bodies of functions are validated when they are first called, instead of when the module is loaded.
    pub lazy_validation: bool,
    /// Whether all functions are translated when a module is loaded.
    pub eager_translation: bool,
    /// Whether wasm takes fuel.
    pub fuel: bool,
    /// Whether results that are NaN are the canonical one.
    pub canonical_nans: bool,
    /// Whether memories may have pages without access behind them, instead of checks.
    pub guard_pages: bool,
    /// Whether two instructions in a row may be done by one handler.
    pub superinstructions: bool,
    /// Bytes of the value stack of each store.
    pub max_stack: usize,
    /// How often calls from the host may nest.
    pub max_nesting: u32,
    /// The most bytes of a linear memory.
    pub max_memory: u64,
    /// The most elements of a table.
    pub max_table: u64,
    /// The most bytes of a module's code, if it does not depend on the module.
    pub max_code_size: Option<u64>,
    /// The most bytes of a store's objects.
    pub max_gc_heap: u64,
    /// Whether each allocation collects.
    pub gc_stress: bool,
    /// What tells the time, in nanoseconds.
    pub gc_clock: Option<fn() -> u64>,
    /// What only some builds have.
    pub optional: OptionalSettings,
}

/// Settings that belong to features of this crate.
#[derive(Clone, Default, Debug)]
pub struct OptionalSettings {
    /// Which proposals modules may use.
    #[cfg(feature = "validate")]
    pub features: wasmote_validate::Features,
    /// By what large modules are validated.
    #[cfg(feature = "validate")]
    pub threads: crate::threads::Threads,
    /// Who is shown each instruction.
    #[cfg(feature = "trace")]
    pub trace: Option<crate::trace::Tracer>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lazy_validation: false,
            eager_translation: false,
            fuel: false,
            canonical_nans: false,
            guard_pages: cfg!(target_os = "linux"),
            superinstructions: true,
            max_stack: 8 << 20,
            max_nesting: 200,
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
    /// The most bytes of code of a module whose functions have bodies of so many bytes.
    pub fn code_limit(&self, bodies: u64) -> u64 {
        self.max_code_size.unwrap_or((16 << 20) + bodies.saturating_mul(64))
    }
}

/// What stores and modules have in common. Only what belongs to the same engine works together.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    settings: Settings,
    /// Whether memories have pages without access behind them.
    guards: bool,
    types: Lock<TypeRegistry>,
}

impl Engine {
    /// An engine that works as `settings` say.
    pub fn new(settings: &Settings) -> Engine {
        let settings = settings.clone();
        let guards = settings.guard_pages && guard::available();
        Engine { inner: Arc::new(EngineInner { settings, guards, types: Lock::new(TypeRegistry::default()) }) }
    }

    /// Whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }

    /// Whether memories of this type have pages without access behind them, and code does not check its accesses.
    pub(crate) fn guards(&self, ty: &MemoryType) -> bool {
        self.inner.guards && !ty.memory64 && ty.page_log2 == 16
    }

    /// How it works.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The types in use.
    pub fn types(&self) -> &Lock<TypeRegistry> {
        &self.inner.types
    }
}
