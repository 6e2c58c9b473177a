//! Modules out of images.

use wasmote_ir::fallible::try_copy;
use wasmote_ir::image::Image;

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::module::Module;
use crate::origin::{ImageOrigin, ModuleOrigin};

impl Module {
    /// Takes an image. What it says about the module is verified now, its functions each when it is first called.
    ///
    /// # Errors
    /// When the bytes are no image, damaged, or of another version or build.
    pub fn of_image(engine: &Engine, bytes: WasmBytes) -> Result<Module, Error> {
        Module::read_image(engine, bytes, false)
    }

    /// Takes an image, without looking at functions and data.
    ///
    /// # Safety
    /// The image is as it was written.
    ///
    /// # Errors
    /// As [`Module::of_image`], as far as it looks.
    pub unsafe fn from_image_unchecked(engine: &Engine, bytes: WasmBytes) -> Result<Module, Error> {
        Module::read_image(engine, bytes, true)
    }

    #[inline(never)]
    fn read_image(engine: &Engine, bytes: WasmBytes, trusted: bool) -> Result<Module, Error> {
        let metadata = try_copy(Image::metadata(bytes.get()))?;
        let image = Image::parse_metadata(&metadata, bytes.get().len())?;
        if !cfg!(feature = "gc") {
            refuse_objects(&image)?;
        }
        image.verify_metadata(cfg!(feature = "extended"))?;
        if !trusted {
            image.verify_data(bytes.get())?;
        }
        let info = wasmote_decode::image::read(&image)?;
        ready(Module::build(engine, bytes, ModuleOrigin::Image(ImageOrigin { metadata, trusted }), info)?)
    }
}

/// Refuses an image of a module that has objects or exceptions.
fn refuse_objects(image: &Image<'_>) -> Result<(), Error> {
    use wasmote_ir::image::layout::{AT_FEATURES, features};
    use wasmote_ir::image::{ImageError, ImageErrorKind};
    match image.features() & (features::GC | features::EXCEPTIONS) {
        0 => Ok(()),
        _ => Err(ImageError { kind: ImageErrorKind::Feature, offset: AT_FEATURES as u32 }.into()),
    }
}
