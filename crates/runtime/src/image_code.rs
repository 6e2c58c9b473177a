//! Fetches functions from images, for linking.

use alloc::vec::Vec;

use wasmote_decode::image::ReadError;
use wasmote_exec as exec;
use wasmote_ir::exception_table::ExceptionEntry;
use wasmote_ir::fallible::{OutOfMemory, TryVec};
use wasmote_ir::image::{ImageError, scratch_words};

use crate::error::{Error, Fault};
use crate::module::ModuleInner;
use crate::origin::{ImageOrigin, Made};

/// A function of an image as bytes and as units, and the buffers for its verification.
#[derive(Default)]
pub(crate) struct ImageCode {
    code: Vec<u8>,
    units: Vec<u16>,
    handlers: Vec<ExceptionEntry>,
    scratch: Vec<u32>,
    offsets: Vec<(u32, u32)>,
}

impl ImageCode {
    /// Fetches the code of a function. If it is fetched `again`, so are its offsets, if the image has them.
    pub(crate) fn function<'a>(
        &'a mut self,
        module: &ModuleInner,
        source: &ImageOrigin,
        func: u32,
        again: bool,
    ) -> Result<Made<'a>, Error> {
        let (frame_slots, header) = self.fetch(module, source, func)?;
        self.offsets.clear();
        if again {
            for pair in source.image().offsets(func - module.info.imported_funcs) {
                self.offsets.try_push(pair)?;
            }
        }
        let ImageCode { units: code, handlers, offsets, .. } = self;
        Ok((exec::UnlinkedFunc { code, header, frame_slots, handlers, ..exec::UnlinkedFunc::EMPTY }, offsets))
    }

    /// Fetches a function, and verifies it unless the image is trusted. Returns the slots of its frame, and the
    /// slot of its header.
    #[inline(never)]
    fn fetch(&mut self, module: &ModuleInner, source: &ImageOrigin, func: u32) -> Result<(u32, u16), Error> {
        let image = source.image();
        let defined = (func - module.info.imported_funcs) as usize;
        let code = module.info.bodies.get(defined).and_then(|range| module.bytes().get(range.clone()));
        // The copy is what is verified and linked, so later changes of a mapped file do no harm.
        self.code.clear();
        self.code.try_extend_from_slice(code.unwrap_or(&[]))?;
        if !source.trusted {
            let words = scratch_words(self.code.len() / 2);
            if self.scratch.len() < words {
                self.scratch.try_resize(words, 0)?;
            }
            image.verify_function(func, &self.code, &mut self.scratch)?;
        }
        self.units.clear();
        self.units.try_room(self.code.len() / 2)?;
        self.units.extend(self.code.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])));
        self.handlers.clear();
        for handler in image.handlers_of(func).filter_map(|index| image.handler(index)) {
            self.handlers.try_push(handler)?;
        }
        Ok(image.func(func).map_or((0, 0), |func| (func.frame_slots.into(), func.header)))
    }
}

impl From<ImageError> for Error {
    fn from(error: ImageError) -> Error {
        Error::of(Fault::Image(error))
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Error {
        match error {
            ReadError::Image(error) => error.into(),
            ReadError::OutOfMemory => OutOfMemory.into(),
        }
    }
}
