//! Modules as images: taken, and made.

pub use wasmote_ir::image::{ImageError, ImageErrorKind};
use wasmote_runtime as runtime;
use wasmote_runtime::WasmBytes;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::module::Module;

impl Module {
    /// Takes an image that `wasmote compile`, or [`Module::to_image`], wrote. Nothing is decoded, validated or translated; what
    /// it says about the module is verified now, its functions each when it is first called ([`Module::verify`] does so
    /// for all). Whatever the bytes are, no more than a wrong module comes of it.
    ///
    /// # Errors
    /// When the bytes are no image, damaged, or of another version or build, and what to do about it.
    pub fn from_image(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        Ok(Module(runtime::Module::of_image(engine.inner(), image.into())?))
    }

    /// As [`Module::from_image`], without looking at functions and data.
    ///
    /// # Safety
    /// The image is as it was written: one that was changed may do anything.
    ///
    /// # Errors
    /// As [`Module::from_image`], as far as it looks.
    #[allow(unsafe_code)]
    pub unsafe fn from_image_unchecked(engine: &Engine, image: impl Into<WasmBytes>) -> Result<Module, Error> {
        // SAFETY: the caller guarantees that the image is unchanged since it was written.
        Ok(Module(unsafe { runtime::Module::from_image_unchecked(engine.inner(), image.into()) }?))
    }

    /// The bytes that every image begins with.
    pub const IMAGE_MAGIC: [u8; 4] = wasmote_ir::image::layout::MAGIC;

    /// Whether these bytes begin as an image does, whatever follows.
    pub fn is_image(bytes: &[u8]) -> bool {
        bytes.starts_with(&Module::IMAGE_MAGIC)
    }
}

impl From<ImageError> for Error {
    fn from(error: ImageError) -> Error {
        Error::of(ErrorKind::Image(error))
    }
}
