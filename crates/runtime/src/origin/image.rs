//! Modules that were translated before.

use alloc::boxed::Box;

use wasmote_decode::ModuleInfo;
use wasmote_ir::image::Image;
use wasmote_ir::image::layout::{Section, modes};

use crate::error::Error;
use crate::origin::{Data, Offset};

/// A module that was translated before.
pub(crate) struct ImageOrigin {
    /// A copy of the image's metadata: the file may be mapped, and changed by a guest after it was verified.
    pub(crate) metadata: Box<[u8]>,
    /// Whether functions need not be verified.
    pub(crate) trusted: bool,
}

impl ImageOrigin {
    /// The image, its metadata only.
    pub(crate) fn image(&self) -> Image<'_> {
        Image::of_parsed(&self.metadata)
    }

    /// Calls `each` with the data segments in order, and their numbers.
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
                // A verified image has them all.
                expr = wasmote_decode::image::constant(&image, data.offset)?;
                Some((data.target, Offset::Of(expr.as_deref().unwrap_or(&[]))))
            };
            each(number as usize, &Data { active, bytes: bytes.get(range) })?;
        }
        Ok(())
    }

    /// It is one.
    pub(crate) fn is_image(&self) -> bool {
        true
    }

    /// How many data segments instructions can name.
    pub(crate) fn indexed_data(&self, _: &ModuleInfo) -> usize {
        self.image().indexed_data() as usize
    }

    /// The name of a function, imports counted, if the image has names.
    pub(crate) fn function_name<'a>(&'a self, _: &ModuleInfo, _: &'a [u8], func: u32) -> Option<&'a str> {
        core::str::from_utf8(self.image().function_name(func)?).ok()
    }
}
