//! Validation: modules that are not trusted.

use wasmote_runtime as runtime;
pub use wasmote_validate::{Features, ValidateError};

use crate::engine::{Config, Engine};
use crate::error::Error;
use crate::module::Module;

impl Module {
    /// Decodes a module and validates it, all of it or without the bodies of its functions, as
    /// [`Config::validation`](crate::Config::validation) says. With
    /// [`Config::eager_translation`](crate::Config::eager_translation) all functions are translated, too.
    ///
    /// # Errors
    /// What is wrong with the module, and where; also a function that has more locals and operands than 65,535 slots hold.
    pub fn new(engine: &Engine, wasm: impl Into<runtime::WasmBytes>) -> Result<Module, Error> {
        Ok(Module(runtime::Module::validated(engine.inner(), wasm.into())?))
    }

    /// Validates the functions that are not yet known to be valid, with [`Validation::Lazy`](crate::Validation::Lazy); otherwise there are none.
    /// Threads that do so at once share the work, and each returns when all is done.
    ///
    /// # Errors
    /// What is wrong with the first function that is not valid, and where.
    pub fn validate(&self) -> Result<(), Error> {
        Ok(self.0.validate()?)
    }
}

impl Config {
    /// Which proposals modules may use; all that this build has unless said otherwise.
    pub fn features(&mut self, features: Features) -> &mut Config {
        self.settings.optional.features = features;
        self
    }
}

#[cfg(feature = "threads")]
impl Config {
    /// How many threads may validate a large module at once, 1 being the caller's alone. As many as the machine has, up to
    /// 8, unless said otherwise; without the feature `std`, 1.
    pub fn validation_threads(&mut self, threads: usize) -> &mut Config {
        self.settings.optional.threads.most = Some(threads);
        self
    }

    /// By what threads are run that validate a module: threads of the standard library, unless said otherwise. Without the feature `std` there are
    /// none but the caller's then.
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
