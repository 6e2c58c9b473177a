//! Validation: of whole modules, and of the bodies of a module that is validated as it runs.

use core::sync::atomic::{AtomicBool, Ordering};

use wasmote_decode::ModuleInfo;
use wasmote_ir::fallible::OutOfMemory;
use wasmote_translate::{TranslateErrorKind, Translator};
use wasmote_validate::{Bodies, ValidateError};

use crate::engine::Settings;
use crate::error::{Error, Fault};
use crate::origin::WasmOrigin;
use crate::threads::{Validated, validate_module};

/// Bodies that may not be valid, of a module that is valid otherwise.
pub(crate) struct LazyValidation {
    bodies: Bodies,
    validated: Validated,
    /// Whether all functions are known to be within the limits of the translator.
    fits: AtomicBool,
}

impl LazyValidation {
    /// Of a module, of which all but its bodies is valid: it is looked at now.
    pub(crate) fn new(wasm: &[u8], settings: &Settings) -> Result<LazyValidation, ValidateError> {
        let bodies = wasmote_validate::validate_outline(wasm, &settings.optional.features)?;
        Ok(LazyValidation { validated: Validated::new(&bodies)?, bodies, fits: AtomicBool::new(false) })
    }

    /// Proves one valid, unless it is proven. `wasm` is the binary of the module.
    pub(crate) fn function(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        if self.validated.has(func) {
            return Ok(());
        }
        self.bodies.validate_body(wasm, func)
    }

    /// Proves all valid and within limits, together with other threads that do.
    pub(crate) fn all(&self, settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
        let large_frames = self.validated.finish(wasm, &self.bodies)?;
        if !self.fits.load(Ordering::Relaxed) {
            check_limits(settings, info, wasm, &large_frames)?;
            self.fits.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Proves a module valid and within limits.
pub(crate) fn validate(settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
    let large_frames = validate_module(wasm, &settings.optional.features, &settings.optional.threads)?;
    check_limits(settings, info, wasm, &large_frames)
}

/// As many units of code as may be made to find out what the translator can do.
const MUCH: usize = 16 << 20;

/// Checks that the translator can do these functions: it has limits that validation knows nothing of.
fn check_limits(settings: &Settings, info: &ModuleInfo, wasm: &[u8], funcs: &[u32]) -> Result<(), Error> {
    if funcs.is_empty() {
        return Ok(());
    }
    let mut translator = Translator::with_options(settings.code_options());
    for &func in funcs {
        // There may be no end of code, which is not what is asked for: it is an error of the call.
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
    /// A module that is valid, but maybe for these bodies.
    pub(crate) fn new(lazy_validation: Option<LazyValidation>) -> WasmOrigin {
        let mut source = WasmOrigin::default();
        source.lazy_validation = lazy_validation;
        source
    }

    /// Has a body be valid, unless it is known to be. `wasm` is the binary of the module.
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
