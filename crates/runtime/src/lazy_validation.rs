//! Validation of whole modules, and of single bodies at their first call.

use core::sync::atomic::{AtomicBool, Ordering};

use wasmote_decode::ModuleInfo;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_translate::{TranslateErrorKind, Translator};
use wasmote_validate::{Bodies, ValidateError};

use crate::engine::Settings;
use crate::error::{Error, Fault};
use crate::origin::WasmOrigin;
use crate::threads::{Validated, validate_module};

/// The bodies that are not known to be valid yet. Everything else about the module is valid.
pub(crate) struct LazyValidation {
    bodies: Bodies,
    validated: Validated,
    /// Whether all functions are known to be within the translator's limits.
    fits: AtomicBool,
}

impl LazyValidation {
    /// Validates a module, except for its bodies.
    pub(crate) fn new(wasm: &[u8], settings: &Settings) -> Result<LazyValidation, ValidateError> {
        let bodies = wasmote_validate::validate_outline(wasm, &settings.optional.features)?;
        Ok(LazyValidation { validated: Validated::new(&bodies)?, bodies, fits: AtomicBool::new(false) })
    }

    /// Validates a body, unless it is known to be valid. `wasm` is the module's binary.
    pub(crate) fn function(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        if self.validated.has(func) {
            return Ok(());
        }
        self.bodies.validate_body(wasm, func)
    }

    /// Validates all bodies and checks limits. Other threads that do the same share the work.
    pub(crate) fn all(&self, settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
        let large_frames = self.validated.finish(wasm, &self.bodies)?;
        if !self.fits.load(Ordering::Relaxed) {
            check_limits(settings, info, wasm, &large_frames)?;
            self.fits.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Validates a module, and checks the translator's limits.
pub(crate) fn validate(settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
    let large_frames = validate_module(wasm, &settings.optional.features, &settings.optional.threads)?;
    check_limits(settings, info, wasm, &large_frames)
}

/// The maximum units of code that are made to check the translator's limits.
const MUCH: usize = 16 << 20;

/// Checks that the translator's limits allow these functions. Validation does not know these limits.
fn check_limits(settings: &Settings, info: &ModuleInfo, wasm: &[u8], funcs: &[u32]) -> Result<(), Error> {
    if funcs.is_empty() {
        return Ok(());
    }
    let mut translator = Translator::with_options(settings.code_options());
    for &func in funcs {
        // The amount of code is not checked here: it may be huge, and is an error of the call.
        match translator.translate_limited(MUCH, info, wasm, func, false) {
            Err(error) if error.kind != TranslateErrorKind::CodeLimit => {
                return Err(Error::translate(func, error, 0));
            }
            _ => {}
        }
    }
    Ok(())
}

impl WasmOrigin {
    /// Makes the origin of a module. It is valid, except for bodies that `lazy_validation` still has to validate.
    pub(crate) fn new(lazy_validation: Option<LazyValidation>) -> WasmOrigin {
        let mut source = WasmOrigin::default();
        source.lazy_validation = lazy_validation;
        source
    }

    /// Validates a body, unless it is known to be valid. `wasm` is the module's binary.
    pub(crate) fn validate_function(&self, wasm: &[u8], func: u32) -> Result<(), Error> {
        match &self.lazy_validation {
            Some(lazy_validation) => Ok(lazy_validation.function(wasm, func)?),
            None => Ok(()),
        }
    }
}

impl From<ValidateError> for Error {
    fn from(error: ValidateError) -> Error {
        match error.is_out_of_memory() {
            true => OutOfMemory.into(),
            false => Error::of(Fault::Validate(error)),
        }
    }
}
