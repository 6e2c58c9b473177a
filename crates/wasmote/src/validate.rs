//! Validation of modules that are not trusted.

use wasmote_runtime as runtime;
pub use wasmote_validate::{Features, ValidateError};

use crate::engine::{Config, Engine};
use crate::error::Error;
use crate::module::Module;

impl Module {
    /// Decodes a module and validates it. [`Config::validation`](crate::Config::validation) says whether function
    /// bodies are validated now. With [`Config::eager_translation`](crate::Config::eager_translation), all
    /// functions are translated, too.
    ///
    /// # Errors
    /// Fails if the module is malformed, invalid, or needs a feature that this build lacks. Fails also if a
    /// function needs more than 65,535 slots for locals and operands. The error has the offset.
    pub fn new(engine: &Engine, wasm: impl Into<runtime::WasmBytes>) -> Result<Module, Error> {
        Ok(Module(runtime::Module::validated(engine.inner(), wasm.into())?))
    }

    /// Validates all functions that are not yet validated. There are some only with
    /// [`Validation::Lazy`](crate::Validation::Lazy). Threads that call this at the same time share the work, and
    /// each returns when all of it is done.
    ///
    /// # Errors
    /// Returns the error of the first invalid function, with its offset.
    pub fn validate(&self) -> Result<(), Error> {
        Ok(self.0.validate()?)
    }
}

impl Config {
    /// Sets which proposals modules may use. Default: all that this build has.
    pub fn features(&mut self, features: Features) -> &mut Config {
        self.settings.optional.features = features;
        self
    }
}

#[cfg(feature = "threads")]
impl Config {
    /// Sets how many threads may validate a large module at once; 1 means only the calling thread. Default: the
    /// number that the machine runs at once, up to 8; without the feature `std`, 1.
    pub fn validation_threads(&mut self, threads: usize) -> &mut Config {
        self.settings.optional.threads.most = Some(threads);
        self
    }

    /// Sets a function that runs work on several threads. Default: threads of the standard library; without the
    /// feature `std`, only the calling thread.
    pub fn run_on_threads(&mut self, run: runtime::RunOnThreads) -> &mut Config {
        self.settings.optional.threads.run = run;
        self
    }
}

impl From<ValidateError> for Error {
    fn from(error: ValidateError) -> Error {
        runtime::Error::from(error).into()
    }
}
