//! What stores and modules have in common, and how it is configured.

use core::fmt;

use wasmote_runtime as runtime;

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
#[derive(Clone, Default, Debug)]
pub struct Config {
    pub(crate) settings: runtime::Settings,
}

impl Config {
    /// The defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// When the bodies of functions are validated; [`Validation::Eager`] unless said otherwise.
    pub fn validation(&mut self, validation: Validation) -> &mut Config {
        self.settings.lazy_validation = validation == Validation::Lazy;
        self
    }

    /// Whether all functions are translated when a module is loaded, instead of each when it is first called.
    pub fn eager_translation(&mut self, eager: bool) -> &mut Config {
        self.settings.eager_translation = eager;
        self
    }

    /// Whether wasm takes fuel: one for each operator, where functions and loops begin, and what works on many bytes or elements in proportion.
    /// With none left it traps with [`OutOfFuel`](crate::TrapCode::OutOfFuel). `docs/fuel.md` has all costs, and
    /// [`FUEL_SCHEDULE`](crate::FUEL_SCHEDULE) their number. See [`Store::set_fuel`](crate::Store::set_fuel). Off unless said otherwise.
    /// Of an image, what it was compiled with decides.
    pub fn fuel(&mut self, fuel: bool) -> &mut Config {
        self.settings.fuel = fuel;
        self
    }

    /// Whether what arithmetic on floats gives as NaN is always the canonical one, so that results are the same bits on every
    /// machine; costs up to three instructions for each that may give NaN. Off unless said otherwise. Of an image, what it was
    /// compiled with decides.
    pub fn canonical_nans(&mut self, canonical: bool) -> &mut Config {
        self.settings.canonical_nans = canonical;
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
        self.settings.guard_pages = guard;
        self
    }

    /// Whether two instructions in a row may be done by one handler, where the build has one for both (feature `superinstructions`). Results are the same,
    /// but slower without: that is for finding out whether a superinstruction is to blame for a wrong one. On unless said otherwise.
    pub fn superinstructions(&mut self, on: bool) -> &mut Config {
        self.settings.superinstructions = on;
        self
    }

    /// Bytes of the value stack of each store: how deep wasm functions can nest before a call traps with
    /// [`StackOverflow`](crate::TrapCode::StackOverflow). 8 MiB unless said otherwise; what is never used is
    /// only address space.
    pub fn max_stack(&mut self, bytes: usize) -> &mut Config {
        self.settings.max_stack = bytes;
        self
    }

    /// How often calls from the host into wasm may nest, which is what takes the native stack; 200 unless said
    /// otherwise.
    pub fn max_nesting(&mut self, calls: u32) -> &mut Config {
        self.settings.max_nesting = calls;
        self
    }

    /// The most bytes that a linear memory may have; growing beyond it fails as the specification lets it.
    /// Unlimited unless said otherwise.
    pub fn max_memory(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_memory = bytes;
        self
    }

    /// The most elements that a table may have; growing beyond it fails as the specification lets it.
    /// 10,000,000 unless said otherwise.
    pub fn max_table(&mut self, elements: u64) -> &mut Config {
        self.settings.max_table = elements;
        self
    }

    /// The most bytes of code that the functions of a module may be translated into, all of them together; a function that is too
    /// much fails when it is called, or with [`eager_translation`](Config::eager_translation) when the module is loaded, with
    /// [`ErrorKind::CodeLimit`](crate::ErrorKind::CodeLimit). The same holds for [`Module::to_image`](crate::Module::to_image). Code of ordinary modules has
    /// four to ten times the bytes of their bodies; hostile ones have instructions of two bytes that become thousands.
    /// 64 times the bytes of the module's bodies plus 16 MiB unless said otherwise.
    pub fn max_code_size(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_code_size = Some(bytes);
        self
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
#[repr(transparent)]
pub struct Engine(runtime::Engine);

impl Engine {
    /// An engine that works as `config` says.
    pub fn new(config: &Config) -> Engine {
        Engine(runtime::Engine::new(&config.settings))
    }

    /// Whether both are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        runtime::Engine::same(&a.0, &b.0)
    }

    /// What the runtime has as one.
    #[allow(unsafe_code)]
    pub(crate) fn of(engine: &runtime::Engine) -> &Engine {
        // SAFETY: an `Engine` is transparent over it.
        unsafe { &*core::ptr::from_ref(engine).cast() }
    }

    pub(crate) fn inner(&self) -> &runtime::Engine {
        &self.0
    }

    pub(crate) fn types(&self) -> &runtime::Lock<runtime::TypeRegistry> {
        self.0.types()
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
