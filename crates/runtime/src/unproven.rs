//! Validation: of whole modules, and of the bodies of a module that is validated as it runs.

use core::sync::atomic::{AtomicBool, Ordering};

use wasmote_decode::ModuleInfo;
use wasmote_translate::{TranslateErrorKind, Translator};
#[cfg(feature = "threads")]
use wasmote_validate::Progress;
use wasmote_validate::{Bodies, ValidateError};

use crate::engine::Settings;
use crate::error::Error;

/// Bodies that may not be valid, of a module that is valid otherwise.
pub(crate) struct Unproven {
    bodies: Bodies,
    #[cfg(feature = "threads")]
    progress: Progress,
    /// Whether all functions are known to be within the limits of the translator.
    fits: AtomicBool,
}

impl Unproven {
    /// Of a module, of which all but its bodies is valid: it is looked at now.
    pub(crate) fn new(wasm: &[u8], settings: &Settings) -> Result<Unproven, ValidateError> {
        let bodies = wasmote_validate::validate_outline(wasm, &settings.features)?;
        Ok(Unproven {
            #[cfg(feature = "threads")]
            progress: Progress::new(&bodies)?,
            bodies,
            fits: AtomicBool::new(false),
        })
    }

    /// Proves one valid, unless it is proven. `wasm` is the binary of the module.
    pub(crate) fn function(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        #[cfg(feature = "threads")]
        if self.progress.is_proven(func) {
            return Ok(());
        }
        self.bodies.validate_body(wasm, func)
    }

    /// Proves all valid and within limits, together with other threads that do.
    pub(crate) fn all(&self, settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
        #[cfg(feature = "threads")]
        let large_frames = self.progress.finish(wasm, &self.bodies)?;
        #[cfg(not(feature = "threads"))]
        let large_frames = self.bodies.validate_all(wasm)?;
        if !self.fits.load(Ordering::Relaxed) {
            check_limits(settings, info, wasm, &large_frames)?;
            self.fits.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Proves a module valid and within limits.
pub(crate) fn validate(settings: &Settings, info: &ModuleInfo, wasm: &[u8]) -> Result<(), Error> {
    #[cfg(feature = "threads")]
    let large_frames = {
        let threads = &settings.threads;
        wasmote_validate::validate_with_threads(wasm, &settings.features, || threads.count(), threads.run)?
    };
    #[cfg(not(feature = "threads"))]
    let large_frames = wasmote_validate::validate(wasm, &settings.features)?;
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
        match translator.translate_within(MUCH, info, wasm, func, false) {
            Err(error) if error.kind != TranslateErrorKind::CodeLimit => {
                return Err(Error::translate(func, error, 0));
            }
            _ => {}
        }
    }
    Ok(())
}
