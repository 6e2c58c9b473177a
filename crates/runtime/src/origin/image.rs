//! The origin of modules that were loaded from images.

use alloc::boxed::Box;
use core::ops::Range;

use wasmote_decode::ModuleInfo;
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, modes};

use crate::error::Error;
use crate::origin::{Data, Offset};

/// A module that was translated ahead of time.
pub(crate) struct ImageOrigin {
    /// A copy of the image's metadata. The image's file may be mapped, and a guest could change it after the
    /// verification.
    pub(crate) metadata: Box<[u8]>,
    /// Whether functions need no verification.
    pub(crate) trusted: bool,
}

impl ImageOrigin {
    /// Returns the image. It has only the metadata.
    pub(crate) fn image(&self) -> Image<'_> {
        Image::of_parsed(&self.metadata)
    }

    /// Calls `each` with each data segment and its index, in order.
    pub(crate) fn each_data(
        &self,
        _: &ModuleInfo,
        bytes: &[u8],
        each: &mut dyn FnMut(usize, &Data<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let image = self.image();
        let mut at = image.code_end();
        for number in 0..image.count(Section::Data) {
            let Some(data) = image.data(number) else { continue };
            let range = at..at.saturating_add(data.len as usize);
            at = range.end;
            let expr;
            let active = if data.mode != modes::ACTIVE {
                None
            } else if data.fixed {
                Some((data.target, Offset::Is(data.offset.into())))
            } else {
                // A verified image has all of its expressions.
                expr = wasmote_decode::image::constant(&image, data.offset)?;
                Some((data.target, Offset::Of(expr.as_deref().unwrap_or(&[]))))
            };
            each(number as usize, &Data { active, bytes: bytes.get(range) })?;
        }
        Ok(())
    }

    /// Returns `true`: this is an image.
    pub(crate) fn is_image(&self) -> bool {
        true
    }

    /// Returns how many data segments instructions can name.
    pub(crate) fn indexed_data(&self, _: &ModuleInfo) -> usize {
        self.image().indexed_data() as usize
    }

    /// Returns whether the image says from which operators its code comes.
    pub(crate) fn has_offsets(&self) -> bool {
        self.image().has_offsets()
    }

    /// Returns how many custom sections the image has.
    pub(crate) fn custom_count(&self, _: &ModuleInfo) -> usize {
        self.image().count(Section::Customs) as usize
    }

    /// Returns the name of a custom section, and the range of its contents in the image. Verified images have names in
    /// UTF-8; another name, of an image that is trusted instead, is empty.
    pub(crate) fn custom<'a>(&'a self, _: &'a ModuleInfo, index: usize) -> Option<(&'a str, Range<usize>)> {
        let custom = self.image().custom(u32::try_from(index).ok()?)?;
        Some((core::str::from_utf8(custom.name).unwrap_or_default(), custom.bytes))
    }

    /// Returns the module's name, if the image has names.
    pub(crate) fn module_name<'a>(&'a self, _: &ModuleInfo, _: &'a [u8]) -> Option<&'a str> {
        core::str::from_utf8(self.image().module_name()?).ok()
    }

    /// Returns the name of a function, if the image has names. `func` is its index; imports count.
    pub(crate) fn function_name<'a>(&'a self, _: &ModuleInfo, _: &'a [u8], func: u32) -> Option<&'a str> {
        core::str::from_utf8(self.image().function_name(func)?).ok()
    }
}
