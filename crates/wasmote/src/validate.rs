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
    /// `wasm` is a binary, or with the feature `wat` a text. A binary is copied: [`Module::from_binary`] keeps bytes
    /// that it owns.
    ///
    /// # Errors
    /// Fails if the module is malformed, invalid, or needs a feature that this build lacks. Fails also if a
    /// function needs more than 65,535 slots for locals and operands. The error has the offset.
    pub fn new(engine: &Engine, wasm: impl AsRef<[u8]>) -> Result<Module, Error> {
        Module::of_bytes(engine, wasm.as_ref())
    }

    #[inline(never)]
    fn of_bytes(engine: &Engine, wasm: &[u8]) -> Result<Module, Error> {
        #[cfg(feature = "wat")]
        if let Some(binary) = crate::text::to_binary(wasm, "module")? {
            return Module::from_binary(engine, binary);
        }
        Module::from_binary(engine, wasmote_ir::fallible::try_copy(wasm)?)
    }

    /// Does the same for a binary alone. Bytes in a `Vec`, in a box or in a `static` are kept, not copied.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn from_binary(engine: &Engine, wasm: impl Into<runtime::WasmBytes>) -> Result<Module, Error> {
        Module::admitted(runtime::Module::validated(engine.inner(), wasm.into())?)
    }

    /// Does the same as [`Module::new`] for the contents of a file.
    ///
    /// # Errors
    /// As [`Module::new`]. Fails also if the file cannot be read.
    #[cfg(feature = "std")]
    pub fn from_file(engine: &Engine, file: impl AsRef<std::path::Path>) -> Result<Module, Error> {
        let bytes = std::fs::read(file.as_ref())?;
        #[cfg(feature = "wat")]
        if let Some(binary) = crate::text::to_binary(&bytes, &file.as_ref().to_string_lossy())? {
            return Module::from_binary(engine, binary);
        }
        Module::from_binary(engine, bytes)
    }

    /// Decodes a binary and validates all of it, without making a module.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn validate(engine: &Engine, wasm: &[u8]) -> Result<(), Error> {
        Ok(runtime::Module::check(engine.inner(), wasm)?)
    }

    /// Validates all functions that are not yet validated. There are some only with
    /// [`Validation::Lazy`](crate::Validation::Lazy). Threads that call this at the same time share the work, and
    /// each returns when all of it is done.
    ///
    /// # Errors
    /// Returns the error of the first invalid function, with its offset.
    pub fn validate_functions(&self) -> Result<(), Error> {
        Ok(self.0.validate()?)
    }
}

/// Defines a setting for each proposal that wasmi or Wasmtime has one for.
macro_rules! proposals {
    ($($name:ident, $field:ident;)*) => {
        impl Config {
            $(
                #[doc = concat!("Sets whether modules may use the proposal [`", stringify!($field), "`](Features::", stringify!($field), "). Default: on, if this build has it.")]
                pub fn $name(&mut self, on: bool) -> &mut Config {
                    self.settings.optional.features.$field = on;
                    self
                }
            )*
        }
    };
}

proposals! {
    wasm_mutable_global, mutable_global;
    wasm_sign_extension, sign_extension;
    wasm_saturating_float_to_int, saturating_float_to_int;
    wasm_multi_value, multi_value;
    wasm_bulk_memory, bulk_memory;
    wasm_reference_types, reference_types;
    wasm_simd, simd;
    wasm_relaxed_simd, relaxed_simd;
    wasm_tail_call, tail_call;
    wasm_extended_const, extended_const;
    wasm_multi_memory, multi_memory;
    wasm_memory64, memory64;
    wasm_custom_page_sizes, custom_page_sizes;
    wasm_wide_arithmetic, wide_arithmetic;
    wasm_function_references, function_references;
    wasm_gc, gc;
    wasm_exceptions, exceptions;
    wasm_threads, threads;
    wasm_stack_switching, stack_switching;
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
