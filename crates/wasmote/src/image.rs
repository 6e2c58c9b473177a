//! Images: modules that were translated ahead of time.

pub use wasmote_ir::image::{ImageError, ImageErrorKind};
use wasmote_runtime as runtime;
use wasmote_runtime::WasmBytes;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::module::Module;

impl Module {
    /// Loads an image that `wasmote compile` or [`Module::to_image`] wrote. Nothing is decoded, validated or
    /// translated.
    ///
    /// The image's description of the module is verified now. Each function is verified at its first call;
    /// [`Module::verify`] verifies all of them. So hostile bytes can make a wrong module, but cannot break memory
    /// safety.
    ///
    /// # Errors
    /// Fails if the bytes are not an image, are damaged, or are of another version or build. The message says what
    /// to do.
    pub fn from_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        Module::admitted(runtime::Module::of_image(engine.inner(), image.into())?)
    }

    /// Loads an image without verifying its functions and data.
    ///
    /// # Safety
    /// The image must be unchanged since it was written. A changed one can do anything, also break memory safety.
    ///
    /// # Errors
    /// Those of [`Module::from_image`], as far as the image is verified.
    #[allow(unsafe_code)]
    pub unsafe fn from_image_unchecked(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller guarantees that the image is unchanged since it was written.
        Module::admitted(unsafe { runtime::Module::from_image_unchecked(engine.inner(), image.into()) }?)
    }

    /// Does the same as [`Module::from_image`] for a copy of the bytes: the name that Wasmtime has for it. Here it is safe.
    ///
    /// # Errors
    /// As [`Module::from_image`].
    pub fn deserialize(engine: &Engine, image: impl AsRef<[u8]>) -> Result<Module, Error> {
        Module::from_image(engine, wasmote_ir::fallible::try_copy(image.as_ref())?)
    }

    /// The four bytes at the beginning of each image.
    pub const IMAGE_MAGIC: [u8; 4] = wasmote_ir::image::layout::MAGIC;

    /// Returns whether these bytes begin as an image does. The rest is not checked.
    #[must_use]
    pub fn is_image(bytes: &[u8]) -> bool {
        bytes.starts_with(&Module::IMAGE_MAGIC)
    }
}

impl From<ImageError> for Error {
    fn from(error: ImageError) -> Error {
        Error::of(ErrorKind::Image(error))
    }
}
