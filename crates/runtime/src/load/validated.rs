//! Modules that are validated.

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::lazy_validation::{self, LazyValidation};
use crate::module::Module;
use crate::origin::{ModuleOrigin, WasmOrigin};

impl Module {
    /// Decodes a module and validates it, all of it or without the bodies of its functions, as the settings say.
    ///
    /// # Errors
    /// What is wrong with the module.
    pub fn validated(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        // Decoding comes first: it names what this build lacks.
        let info = wasmote_decode::decode(wasm.get())?;
        let settings = engine.settings();
        let lazy_validation = match settings.lazy_validation {
            false => {
                lazy_validation::validate(settings, &info, wasm.get())?;
                None
            }
            true => {
                // Bodies are looked at when they are called, but what this build lacks is said now.
                #[cfg(not(all(feature = "simd", feature = "gc")))]
                wasmote_decode::check_supported(&info, wasm.get())?;
                Some(LazyValidation::new(wasm.get(), settings)?)
            }
        };
        ready(Module::build(engine, wasm, ModuleOrigin::Wasm(WasmOrigin::new(lazy_validation)), info)?)
    }

    /// Validates the functions that are not yet known to be valid. Threads that do so at once share the work.
    ///
    /// # Errors
    /// What is wrong with the first function that is not valid.
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
