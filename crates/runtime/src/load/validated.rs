//! Modules that are validated.

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::module::Module;
use crate::source::{Source, WasmSource};
use crate::unproven::{self, Unproven};

impl Module {
    /// Decodes a module and validates it, all of it or without the bodies of its functions, as the settings say.
    ///
    /// # Errors
    /// What is wrong with the module.
    pub fn validated(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        // Decoding comes first: it names what this build lacks.
        let info = wasmote_decode::decode(wasm.get())?;
        let settings = engine.settings();
        let unproven = match settings.lazy_validation {
            false => {
                unproven::validate(settings, &info, wasm.get())?;
                None
            }
            true => {
                // Bodies are looked at when they are called, but what this build lacks is said now.
                #[cfg(not(all(feature = "simd", feature = "gc")))]
                wasmote_decode::refuse_missing(&info, wasm.get())?;
                Some(Unproven::new(wasm.get(), settings)?)
            }
        };
        ready(Module::build(engine, wasm, Source::Wasm(WasmSource::new(unproven)), info)?)
    }

    /// Validates the functions that are not yet known to be valid. Threads that do so at once share the work.
    ///
    /// # Errors
    /// What is wrong with the first function that is not valid.
    pub fn validate(&self) -> Result<(), Error> {
        let inner = self.inner();
        match &inner.source {
            Source::Wasm(WasmSource { unproven: Some(unproven), .. }) => {
                unproven.all(inner.engine.settings(), &inner.info, inner.bytes())
            }
            _ => Ok(()),
        }
    }
}
