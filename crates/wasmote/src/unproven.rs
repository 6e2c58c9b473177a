//! The bodies of a module that is validated as it runs ([`Validation::Lazy`](crate::Validation::Lazy)).

use core::sync::atomic::{AtomicBool, Ordering};

use wasmote_decode::ModuleInfo;
use wasmote_translate::{TranslateErrorKind, Translator};
#[cfg(feature = "threads")]
use wasmote_validate::Progress;
use wasmote_validate::{Bodies, ValidateError};

use crate::engine::Engine;
use crate::error::Error;
use crate::module::ModuleInner;

/// Bodies that may not be valid, of a module that is valid otherwise.
pub(crate) struct Unproven {
    bodies: Bodies,
    #[cfg(feature = "threads")]
    progress: Progress,
    /// Whether all functions are known to be within the limits of the translator.
    fits: AtomicBool,
}

impl Unproven {
    /// None of them is validated yet.
    pub fn new(bodies: Bodies) -> Result<Unproven, ValidateError> {
        Ok(Unproven {
            #[cfg(feature = "threads")]
            progress: Progress::new(&bodies)?,
            bodies,
            fits: AtomicBool::new(false),
        })
    }

    /// Proves one valid, unless it is proven. `wasm` is the binary of the module.
    pub fn function(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        #[cfg(feature = "threads")]
        if self.progress.is_proven(func) {
            return Ok(());
        }
        self.bodies.validate_body(wasm, func)
    }

    /// Proves all valid and within limits, together with other threads that do.
    pub fn all(&self, module: &ModuleInner) -> Result<(), Error> {
        #[cfg(feature = "threads")]
        let large_frames = self.progress.finish(module.bytes(), &self.bodies)?;
        #[cfg(not(feature = "threads"))]
        let large_frames = self.bodies.validate_all(module.bytes())?;
        if !self.fits.load(Ordering::Relaxed) {
            check_limits(&module.engine, &module.info, module.bytes(), &large_frames)?;
            self.fits.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// As many units of code as may be made to find out what the translator can do.
const MUCH: usize = 16 << 20;

/// Checks that the translator can do these functions: it has limits that validation knows nothing of.
pub(crate) fn check_limits(engine: &Engine, info: &ModuleInfo, wasm: &[u8], funcs: &[u32]) -> Result<(), Error> {
    if funcs.is_empty() {
        return Ok(());
    }
    let mut translator = Translator::with_options(engine.config().code_options());
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
