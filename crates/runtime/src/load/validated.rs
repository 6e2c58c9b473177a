//! Loads modules after validating them.

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::lazy_validation::{self, LazyValidation};
use crate::module::Module;
use crate::origin::{ModuleOrigin, WasmOrigin};

impl Module {
    /// Decodes a module and validates it. The settings say whether function bodies are validated now.
    ///
    /// # Errors
    /// Fails if the module is malformed, invalid, or needs a feature that this build lacks.
    pub fn validated(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        // Decoding comes first: its error names the features that this build lacks.
        let info = wasmote_decode::decode(wasm.get())?;
        let settings = engine.settings();
        let lazy_validation = match settings.lazy_validation {
            false => {
                lazy_validation::validate(settings, &info, wasm.get())?;
                None
            }
            true => {
                // Bodies are validated at their calls. What this build lacks is reported now.
                #[cfg(not(all(feature = "simd", feature = "gc")))]
                wasmote_decode::check_supported(&info, wasm.get())?;
                Some(LazyValidation::new(wasm.get(), settings)?)
            }
        };
        ready(Module::build(engine, wasm, ModuleOrigin::Wasm(WasmOrigin::new(lazy_validation)), info)?)
    }

    /// Decodes and validates a binary, all of it.
    ///
    /// # Errors
    /// As [`Module::validated`].
    pub fn check(engine: &Engine, wasm: &[u8]) -> Result<(), Error> {
        let info = wasmote_decode::decode(wasm)?;
        lazy_validation::validate(engine.settings(), &info, wasm)
    }

    /// Validates all functions that are not yet validated. Threads that call this at the same time share the work.
    ///
    /// # Errors
    /// Returns the error of the first invalid function.
    pub fn validate(&self) -> Result<(), Error> {
        let inner = self.inner();
        match &inner.source {
            ModuleOrigin::Wasm(WasmOrigin { lazy_validation: Some(lazy_validation), .. }) => {
                lazy_validation.all(inner.engine.settings(), &inner.info, inner.bytes())
            }
            _ => Ok(()),
        }
    }
}
