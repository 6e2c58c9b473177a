//! The bodies of a module that is validated as it runs ([`Validation::Lazy`](crate::Validation::Lazy)).

#[cfg(feature = "std")]
use wasmote_validate::Progress;
use wasmote_validate::{Bodies, ValidateError};

/// Bodies that may not be valid, of a module that is valid otherwise.
pub(crate) struct Unproven {
    bodies: Bodies,
    #[cfg(feature = "std")]
    progress: Progress,
    #[cfg(not(feature = "std"))]
    funcs: core::ops::Range<u32>,
}

impl Unproven {
    /// None of them is validated yet. `funcs` are the functions that they are of.
    pub fn new(bodies: Bodies, funcs: core::ops::Range<u32>) -> Unproven {
        #[cfg(feature = "std")]
        let _ = funcs;
        Unproven {
            #[cfg(feature = "std")]
            progress: Progress::new(&bodies),
            #[cfg(not(feature = "std"))]
            funcs,
            bodies,
        }
    }

    /// Proves one valid, unless it is proven. `wasm` is the binary of the module.
    pub fn function(&self, wasm: &[u8], func: u32) -> Result<(), ValidateError> {
        #[cfg(feature = "std")]
        if self.progress.is_proven(func) {
            return Ok(());
        }
        self.bodies.validate_body(wasm, func)
    }

    /// Proves all valid, together with other threads that do.
    #[cfg(feature = "std")]
    pub fn all(&self, wasm: &[u8]) -> Result<(), ValidateError> {
        self.progress.finish(wasm, &self.bodies)
    }

    /// Proves all valid.
    #[cfg(not(feature = "std"))]
    pub fn all(&self, wasm: &[u8]) -> Result<(), ValidateError> {
        self.funcs.clone().try_for_each(|func| self.bodies.validate_body(wasm, func))
    }
}
