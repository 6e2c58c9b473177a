//! Configurations and engines.

use wasmote::{CompilationMode, Config, Engine};

/// The settings of an engine: `wasm_config_t`.
pub struct wasm_config_t {
    pub(crate) config: Config,
}

/// What stores and modules share: `wasm_engine_t`.
pub struct wasm_engine_t {
    pub(crate) engine: Engine,
}

c_functions! {
    /// Makes a configuration with the default settings.
    fn wasm_config_new() -> Option<Box<wasm_config_t>> {
        Some(Box::new(wasm_config_t { config: Config::new() }))
    }

    /// Deletes a configuration.
    fn wasm_config_delete(config: Option<Box<wasm_config_t>>) {
        drop(config);
    }

    /// Sets whether code takes fuel. Default: false. A new store then has none.
    fn wasmote_config_consume_fuel_set(config: &mut wasm_config_t, on: bool) {
        config.config.consume_fuel(on);
    }

    /// Sets whether other threads can stop code. Default: false.
    fn wasmote_config_interruption_set(config: &mut wasm_config_t, on: bool) {
        config.config.interruption(on);
    }

    /// Sets whether function bodies are validated and translated at their first calls. Default: false: they are validated
    /// when the module is loaded.
    fn wasmote_config_lazy_set(config: &mut wasm_config_t, on: bool) {
        config.config.compilation_mode(if on { CompilationMode::Lazy } else { CompilationMode::LazyTranslation });
    }

    /// Sets whether the same module with the same inputs has the same results on every machine. Default: false.
    fn wasmote_config_deterministic_set(config: &mut wasm_config_t, on: bool) {
        config.config.deterministic(on);
    }

    /// Sets whether guard pages replace bounds checks of memories. Default: true on Linux. They need a handler of SIGSEGV
    /// in the process, which passes on what is not wasm's.
    fn wasmote_config_guard_pages_set(config: &mut wasm_config_t, on: bool) {
        config.config.guard_pages(on);
    }

    /// Sets whether traps have frames. Default: true.
    fn wasmote_config_backtrace_set(config: &mut wasm_config_t, on: bool) {
        config.config.wasm_backtrace(on);
    }

    /// Sets the bytes of a store's value stack, which limits how deep functions nest. Default: 8 MiB.
    fn wasmote_config_max_stack_set(config: &mut wasm_config_t, bytes: usize) {
        config.config.max_stack(bytes);
    }

    /// Sets how many bytes of the native stack nested calls may use. Default: 512 KiB. A thread that calls wasm must have
    /// them, and those that one host function uses.
    fn wasmote_config_max_native_stack_set(config: &mut wasm_config_t, bytes: usize) {
        config.config.max_native_stack(bytes);
    }

    /// Sets the largest size of each memory, in bytes. Default: no limit.
    fn wasmote_config_max_memory_set(config: &mut wasm_config_t, bytes: u64) {
        config.config.max_memory(bytes);
    }

    /// Makes an engine with the default settings.
    fn wasm_engine_new() -> Option<Box<wasm_engine_t>> {
        Some(Box::new(wasm_engine_t { engine: Engine::default() }))
    }

    /// Makes an engine with these settings, and takes them over. Null stands for the default settings.
    fn wasm_engine_new_with_config(config: Option<Box<wasm_config_t>>) -> Option<Box<wasm_engine_t>> {
        let engine = config.map_or_else(Engine::default, |config| Engine::new(&config.config));
        Some(Box::new(wasm_engine_t { engine }))
    }

    /// Deletes an owner of an engine. Stores and modules keep what they need of it.
    fn wasm_engine_delete(engine: Option<Box<wasm_engine_t>>) {
        drop(engine);
    }
}
