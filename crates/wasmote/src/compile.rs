//! Writes modules as images.

use alloc::vec::Vec;

use wasmote_compile::{ImageOptions, ImageWriteError};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime as runtime;
use wasmote_translate::CodeOptions;

use crate::error::Error;
use crate::messages::message;
use crate::module::Module;

impl Module {
    /// Writes the module as an image, for [`Module::from_image`] on any machine, and for execution in place.
    ///
    /// ```
    /// use wasmote::{Engine, ImageOptions, Module};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module (func (export "answer") (result i32) i32.const 42))"#)?;
    /// let image = Module::new(&engine, wasm)?.to_image(&ImageOptions::default())?;
    /// let module = Module::from_image(&engine, image)?;
    /// assert_eq!(module.exports().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if one of these is so:
    ///
    /// - The module is already an image, or it has more items than an image can hold.
    /// - A function is invalid (with lazy validation), or cannot be translated.
    /// - The code exceeds [`Config::max_code_size`](crate::Config::max_code_size).
    /// - There is not enough memory.
    pub fn to_image(&self, options: &ImageOptions) -> Result<Vec<u8>, Error> {
        if self.inner().is_image() {
            return Err(Error::new("the module is already an image"));
        }
        #[cfg(feature = "validate")]
        self.validate_functions()?;
        let limit = self.inner().code_limit();
        let image = wasmote_compile::write_image_limited(limit, self.inner().info(), self.inner().bytes(), options);
        image.map_err(|error| match error {
            ImageWriteError::Function(func, error) => runtime::Error::translate(func, error, limit).into(),
            ImageWriteError::OutOfMemory => OutOfMemory.into(),
            ImageWriteError::TooLarge(what) => {
                let _ = what;
                Error::new(message!("the module is too large for an image", ": too many {what}"))
            }
            _ => Error::new("the module is not valid"),
        })
    }

    /// Writes the module as an image for engines with the settings of its own, with the names of functions: the name that
    /// Wasmtime has for it. [`Module::deserialize`] loads it.
    ///
    /// # Errors
    /// As [`Module::to_image`].
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let settings = self.inner().engine().settings();
        let (metered, canonical_nans) = (settings.fuel, settings.canonical_nans);
        let code = CodeOptions::default().with_metered(metered).with_canonical_nans(canonical_nans);
        self.to_image(&ImageOptions::default().with_code(code).with_names(true))
    }
}
