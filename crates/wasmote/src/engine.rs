//! The engine: what stores and modules share, and its configuration.

use core::fmt;

use wasmote_runtime as runtime;

/// When function bodies are validated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Validation {
    /// Validates all bodies when the module is loaded, as the specification says.
    #[default]
    Eager,
    /// Validates each body at its first call. A call of an invalid function fails, and execution stops with that
    /// error. Everything else about the module is validated when it is loaded.
    /// [`Module::validate_functions`](crate::Module::validate_functions) validates all remaining bodies. Other threads may call it
    /// while this one runs the module.
    Lazy,
}

/// When functions are validated and translated: see [`Config::compilation_mode`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum CompilationMode {
    /// Validates and translates all functions when the module is loaded.
    Eager,
    /// Validates all functions when the module is loaded, and translates each at its first call.
    #[default]
    LazyTranslation,
    /// Validates and translates each function at its first call.
    Lazy,
}

/// The settings of an [`Engine`].
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
    /// Returns the default settings.
    #[must_use]
    pub fn new() -> Config {
        Config::default()
    }

    /// Sets when function bodies are validated. Default: [`Validation::Eager`].
    pub fn validation(&mut self, validation: Validation) -> &mut Config {
        self.settings.lazy_validation = validation == Validation::Lazy;
        self
    }

    /// Sets whether all functions are translated when a module is loaded. Default: off; each function is translated
    /// at its first call.
    pub fn eager_translation(&mut self, eager: bool) -> &mut Config {
        self.settings.eager_translation = eager;
        self
    }

    /// Sets when functions are validated and translated. The same as [`Config::validation`] and
    /// [`Config::eager_translation`] together. Default: [`CompilationMode::LazyTranslation`].
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Config {
        self.settings.lazy_validation = mode == CompilationMode::Lazy;
        self.settings.eager_translation = mode == CompilationMode::Eager;
        self
    }

    /// Sets whether wasm code takes fuel. Default: off.
    ///
    /// Each operator costs one unit, charged where functions and loops begin. Operators that work on many bytes or
    /// elements cost more, in proportion to their number. Without fuel, execution traps with
    /// [`OutOfFuel`](crate::TrapCode::OutOfFuel). `docs/fuel.md` lists all costs;
    /// [`FUEL_SCHEDULE`](crate::FUEL_SCHEDULE) is the version of that list.
    /// A new store has none: [`Store::set_fuel`](crate::Store::set_fuel) gives it some.
    ///
    /// [`Store::consume_fuel`](crate::Store::consume_fuel) takes some of it for the work of a host function.
    ///
    /// An image that is not metered is then refused when it is loaded, because fuel could not stop it:
    /// `CodeOptions::metered` and `wasmote compile --fuel` meter an image. Without this setting, a metered image also loads.
    /// It runs as if fuel had no limit, and a store's fuel cannot be read or set.
    pub fn consume_fuel(&mut self, consume: bool) -> &mut Config {
        self.settings.fuel = consume;
        self
    }

    /// Sets whether modules may have a start function, which runs when they are instantiated. Default: yes. Without it,
    /// such modules are refused when they are loaded, with
    /// [`TranslationError::StartFunction`](crate::errors::TranslationError::StartFunction).
    pub fn allow_start_fn(&mut self, allow: bool) -> &mut Config {
        self.settings.forbids_start = !allow;
        self
    }

    /// Sets whether float arithmetic always returns the canonical NaN. Default: off.
    ///
    /// Results then have the same bits on every machine. The cost is up to three instructions for each operator
    /// that may return a NaN. An image that was not compiled so is refused: see `CodeOptions::canonical_nans`.
    pub fn canonical_nans(&mut self, canonical: bool) -> &mut Config {
        self.settings.canonical_nans = canonical;
        self
    }

    /// Sets whether the same module with the same inputs has the same results on every machine. Default: off.
    ///
    /// - Float arithmetic returns the canonical NaN, as with [`canonical_nans`](Config::canonical_nans).
    /// - Relaxed vector instructions do the same everywhere. A build with the feature `relaxed-native` has no such
    ///   instructions on x86-64, so it refuses to load modules.
    /// - A memory has at most 4 GiB, or [`max_memory`](Config::max_memory) if that is less. The other limits do not
    ///   depend on the machine anyway.
    ///
    /// What host functions return is the embedder's part. `docs/deterministic.md` lists what remains: above all, growth of
    /// a memory fails where the system has not enough memory.
    pub fn deterministic(&mut self, deterministic: bool) -> &mut Config {
        self.settings.deterministic = deterministic;
        self
    }

    /// Sets whether guard pages replace the bounds checks of 32-bit memories. Default: on for Linux, otherwise off.
    ///
    /// Inaccessible pages follow each memory, and an access out of bounds faults there. Code has fewer
    /// instructions, since it does not compare addresses with the memory's length. This has consequences for the
    /// process:
    ///
    /// - Each memory takes 8 GiB of address space. With 47-bit addresses, a process has room for about 16,000 such
    ///   memories. For one more, and where there is room for less than 500, addresses are compared instead.
    /// - The first such memory installs a handler for SIGSEGV (on macOS also for SIGBUS). It passes faults that are not
    ///   wasmote's on to the handler installed before it. If the host installs a handler later, the next memory puts
    ///   wasmote's above it again. Until then, the host's handler must pass on what it does not know; otherwise a trap
    ///   ends the process.
    /// - A thread that blocks SIGSEGV must not run wasm: the system delivers the signal to no other thread, and the
    ///   trap ends the process.
    /// - A library that installed the handler must not be unloaded.
    ///
    /// Guard pages work on x86-64 and aarch64, with the feature `guard-pages`. On macOS the handler compiles, but
    /// nobody has run it yet; this is why the default is off. Everywhere else, addresses are compared. This is also
    /// so for memories with a page size other than 64 KiB.
    pub fn guard_pages(&mut self, guard: bool) -> &mut Config {
        self.settings.guard_pages = guard;
        self
    }

    /// Sets whether one handler may run two instructions in a row (feature `superinstructions`). Default: on.
    ///
    /// Results are the same, but code is slower when this is off. Turn it off to find out whether a
    /// superinstruction causes a wrong result.
    pub fn superinstructions(&mut self, on: bool) -> &mut Config {
        self.settings.superinstructions = on;
        self
    }

    /// Sets the size of each store's value stack, in bytes. Default: 8 MiB; minimum: 512 bytes.
    ///
    /// It limits how deep wasm functions can nest. A deeper call traps with
    /// [`StackOverflow`](crate::TrapCode::StackOverflow). Parts that are never used take address space, but no
    /// memory.
    pub fn max_stack(&mut self, bytes: usize) -> &mut Config {
        self.settings.max_stack = bytes;
        self
    }

    /// Sets how many bytes of the native stack nested calls may use: host functions that call wasm, whose code calls
    /// host functions again, and so on. Default: 512 KiB. With 0, calls cannot nest.
    ///
    /// Other calls do not use the native stack. A call that begins beyond the limit traps with
    /// [`StackOverflow`](crate::TrapCode::StackOverflow). The outermost call always begins, and what it uses itself
    /// does not count.
    ///
    /// A thread that calls wasm needs this many bytes free, and those that one host function uses. The default suits
    /// threads of 1 MiB and more. Rust makes threads of 2 MiB. The main thread has 1 MiB on Windows and mostly
    /// 8 MiB elsewhere. Other threads may be smaller: musl gives 128 KiB to those that C code starts.
    ///
    /// If a host function continues on another native stack, such as that of a fiber or of a thread that it waits
    /// for, that stack has a count of its own. At most 64 stacks can be nested. A host function that uses more than
    /// the limit before it calls wasm looks as if it changed stacks, so its bytes do not count.
    pub fn max_native_stack(&mut self, bytes: usize) -> &mut Config {
        self.settings.max_native_stack = bytes;
        self
    }

    /// Sets whether errors that stop wasm have a backtrace. Default: on.
    ///
    /// To find the offsets in it, each of its functions is translated again. Where host functions fail often, and nobody
    /// looks at the frames, this is worth turning off.
    pub fn wasm_backtrace(&mut self, on: bool) -> &mut Config {
        self.settings.wasm_backtrace = on;
        self
    }

    /// Sets the maximum size of a linear memory, in bytes. Default: unlimited.
    ///
    /// A memory whose minimum is larger cannot be made. Growing beyond the limit fails, as the specification
    /// allows.
    pub fn max_memory(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_memory = bytes;
        self
    }

    /// Sets the maximum size of a table, in elements. Default: 10,000,000.
    ///
    /// A table whose minimum is larger cannot be made. Growing beyond the limit fails, as the specification allows.
    pub fn max_table(&mut self, elements: u64) -> &mut Config {
        self.settings.max_table = elements;
        self
    }

    /// Sets how many bytes of code a module's functions may be translated into, all together. Default: 16 MiB plus
    /// 64 times the bytes of the module's function bodies.
    ///
    /// A function that exceeds the limit fails at its call, or at loading with
    /// [`eager_translation`](Config::eager_translation). The error is
    /// [`ErrorKind::CodeLimit`](crate::ErrorKind::CodeLimit). The limit holds for `Module::to_image`, too.
    ///
    /// Ordinary modules translate to four to ten times the bytes of their bodies. The limit protects against
    /// hostile ones, where an instruction of two bytes becomes thousands.
    pub fn max_code_size(&mut self, bytes: u64) -> &mut Config {
        self.settings.max_code_size = Some(bytes);
        self
    }
}

/// What stores and modules share: the settings and the types in use. Cheap to clone. Stores and modules work
/// together only if they belong to the same engine.
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
    /// Makes an engine with these settings.
    #[must_use]
    pub fn new(config: &Config) -> Engine {
        Engine(runtime::Engine::new(&config.settings))
    }

    /// Returns whether both are the same engine.
    #[must_use]
    pub fn same(a: &Engine, b: &Engine) -> bool {
        runtime::Engine::same(&a.0, &b.0)
    }

    /// Returns the runtime's engine as an engine of this crate.
    #[allow(unsafe_code)]
    pub(crate) fn of(engine: &runtime::Engine) -> &Engine {
        // SAFETY: `repr(transparent)` gives both types the same layout, and the lifetime is that of the argument.
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
