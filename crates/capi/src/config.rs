//! Configurations and engines.

use wasmote::{Config, Engine};

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
