//! Loads modules from images.

use wasmote_ir::fallible::try_copy;
use wasmote_ir::image::Image;

use super::ready;
use crate::bytes::WasmBytes;
use crate::engine::Engine;
use crate::error::Error;
use crate::module::Module;
use crate::origin::{ImageOrigin, ModuleOrigin};

impl Module {
    /// Loads an image. Its description of the module is verified now, each function at its first call.
    ///
    /// # Errors
    /// Fails if the bytes are not an image, are damaged, or are of another version or build. Fails also if the engine
    /// meters code and the image is not metered.
    pub fn of_image(engine: &Engine, bytes: WasmBytes) -> Result<Module, Error> {
        Module::read_image(engine, bytes, false)
    }

    /// Loads an image without verifying functions and data.
    ///
    /// # Safety
    /// The image must be unchanged since it was written.
    ///
    /// # Errors
    /// Those of [`Module::of_image`], as far as the image is verified.
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
        if engine.settings().fuel {
            image.check_metered()?;
        }
        refuse_other_nans(&image, engine)?;
        image.verify_metadata(cfg!(feature = "extended"))?;
        if !trusted {
            image.verify_data(bytes.get())?;
        }
        let info = wasmote_decode::image::read(&image)?;
        ready(Module::build(engine, bytes, ModuleOrigin::Image(ImageOrigin { metadata, trusted }), info)?)
    }
}

/// Refuses an image whose code may return other NaNs than the canonical one, if the engine wants only that. Code of
/// the core op set says whether it computes with floats at all.
fn refuse_other_nans(image: &Image<'_>, engine: &Engine) -> Result<(), Error> {
    use wasmote_ir::image::layout::{AT_FEATURES, features};
    use wasmote_ir::image::{ImageError, ImageErrorKind, OpSet};
    let floats = image.op_set() == OpSet::Extended || image.features() & features::FLOAT != 0;
    if engine.settings().canonical_nans && floats && image.features() & features::CANONICAL_NANS == 0 {
        return Err(ImageError::new(ImageErrorKind::CanonicalNans, AT_FEATURES as u32).into());
    }
    Ok(())
}

/// Refuses the image of a module that has objects or exceptions.
fn refuse_objects(image: &Image<'_>) -> Result<(), Error> {
    use wasmote_ir::image::layout::{AT_FEATURES, features};
    use wasmote_ir::image::{ImageError, ImageErrorKind};
    match image.features() & (features::GC | features::EXCEPTIONS) {
        0 => Ok(()),
        _ => Err(ImageError::new(ImageErrorKind::Feature, AT_FEATURES as u32).into()),
    }
}
