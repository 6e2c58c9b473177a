//! Loads modules that are known to be valid.

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::module::Module;
use crate::origin::{ModuleOrigin, WasmOrigin};

impl Module {
    /// Decodes a module without validating it.
    ///
    /// # Safety
    /// The module must be valid. The code of an invalid module can do anything.
    ///
    /// # Errors
    /// Fails if the module cannot be decoded.
    pub unsafe fn unchecked(engine: &Engine, wasm: WasmBytes) -> Result<Module, Error> {
        let info = wasmote_decode::decode(wasm.get())?;
        #[cfg(not(all(feature = "simd", feature = "gc")))]
        wasmote_decode::check_supported(&info, wasm.get())?;
        ready(Module::build(engine, wasm, ModuleOrigin::Wasm(WasmOrigin::default()), info)?)
    }
}
