//! From a function's body, or its place in an image, to linked code, and from code back to places in the module.

use alloc::vec::Vec;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;
#[cfg(feature = "image")]
use wasmote_ir::fallible::TryVec;
#[cfg(feature = "image")]
use wasmote_ir::handlers::Handler;
#[cfg(feature = "image")]
use wasmote_ir::image::scratch_words;
#[cfg(feature = "wasm")]
use wasmote_translate::{Translated, Translator};

use crate::code::{Code, Linked, NotKept};
use crate::engine::Config;
use crate::error::{Error, ErrorKind};
use crate::module::{ModuleInner, Source, Stats};

/// The handlers of instructions on objects.
#[cfg(feature = "gc")]
const OBJECTS: &[exec::extend::Handler] = &wasmote_gc::HANDLERS;
#[cfg(not(feature = "gc"))]
const OBJECTS: &[exec::extend::Handler] = &[];

/// A translator with its buffers.
pub(crate) struct Translation {
    #[cfg(feature = "wasm")]
    translator: Translator,
    linker: exec::Linker,
    cells: Vec<exec::Cell>,
    /// A function of an image as bytes and as units, and what its verification needs.
    #[cfg(feature = "image")]
    code: Vec<u8>,
    #[cfg(feature = "image")]
    units: Vec<u16>,
    #[cfg(feature = "image")]
    handlers: Vec<Handler>,
    #[cfg(feature = "image")]
    scratch: Vec<u32>,
}

#[cfg(not(feature = "simd"))]
fn linker() -> exec::Linker {
    exec::Linker::new(OBJECTS)
}

#[cfg(feature = "simd")]
fn linker() -> exec::Linker {
    // SAFETY: they are those of vector instructions, and for this machine.
    unsafe { exec::Linker::new(OBJECTS).with_vectors(wasmote_simd::handler) }
}

impl Translation {
    pub(crate) fn new(config: &Config) -> Translation {
        #[cfg(not(feature = "wasm"))]
        let _ = config;
        Translation {
            #[cfg(feature = "wasm")]
            translator: Translator::with_options(config.code_options()),
            linker: linker(),
            cells: Vec::new(),
            #[cfg(feature = "image")]
            code: Vec::new(),
            #[cfg(feature = "image")]
            units: Vec::new(),
            #[cfg(feature = "image")]
            handlers: Vec::new(),
            #[cfg(feature = "image")]
            scratch: Vec::new(),
        }
    }

    /// Gives a function (imports counted) its code, for all instances of its module.
    pub(crate) fn function(&mut self, module: &ModuleInner, func: u32) -> Result<Code, Error> {
        let defined = (func - module.info.imported_funcs) as usize;
        let types = module.type_ids.ids();
        let (frame_slots, units, start) = match module.source {
            #[cfg(feature = "wasm")]
            Source::Wasm => {
                #[cfg(feature = "validate")]
                if let Some(unproven) = &module.unproven {
                    unproven.function(module.bytes(), func)?;
                }
                // Cells hold four units of two bytes at most: what is too much as units is as cells.
                let (limit, left) = module.code.limit();
                let units = usize::try_from(left / 2).unwrap_or(usize::MAX);
                let translated = self
                    .translator
                    .translate_within(units, &module.info, module.bytes(), func, false)
                    .map_err(|error| Error::translate(func, error, limit))?;
                let Translated { code, header, handlers, frame_slots, changing, .. } = translated;
                let source = exec::Source {
                    code,
                    header,
                    frame_slots,
                    handlers,
                    changing: Some(changing),
                    ..source(module, func)
                };
                let start = self.linker.link(&source, types, &mut self.cells)?;
                (frame_slots, code.len(), start)
            }
            #[cfg(feature = "image")]
            Source::Image { trusted } => {
                let (frame_slots, header) = self.of_image(module, func, trusted)?;
                let (code, handlers) = (&self.units, &self.handlers);
                let source = exec::Source { code, header, frame_slots, handlers, ..source(module, func) };
                let start = self.linker.link(&source, types, &mut self.cells)?;
                (frame_slots, self.units.len(), start)
            }
            #[cfg(not(any(feature = "wasm", feature = "image")))]
            Source::Nothing => (types.len() as u32, 0, 0),
        };
        let made = Stats {
            functions: 1,
            units: units as u64,
            cells: self.cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        let kept = module.code.publish(defined, &Linked { frame_slots, start, cells: &self.cells }, made);
        kept.map_err(|error| match error {
            NotKept::Limit(limit) => Error::of(ErrorKind::CodeLimit { func, limit }),
            NotKept::OutOfMemory => OutOfMemory.into(),
        })
    }

    /// Fetches a function out of an image, verified unless the image is trusted; the slots of its frame, and of its header.
    #[cfg(feature = "image")]
    #[inline(never)]
    fn of_image(&mut self, module: &ModuleInner, func: u32, trusted: bool) -> Result<(u32, u16), Error> {
        let image = module.image();
        let defined = (func - module.info.imported_funcs) as usize;
        let code = module.info.bodies.get(defined).and_then(|range| module.bytes().get(range.clone()));
        // What is verified is what is linked, whatever happens to a file that is mapped.
        self.code.clear();
        self.code.try_extend_from_slice(code.unwrap_or(&[]))?;
        if !trusted {
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

    /// Where in the module the instructions at these offsets in a function's linked code come from. Translates the
    /// function again, this time noting offsets, so that nothing is kept for traps that never happen. An image does not say.
    pub(crate) fn wasm_offsets(
        &mut self,
        module: &ModuleInner,
        func: u32,
        cells: &mut dyn Iterator<Item = (u32, &mut Option<u32>)>,
    ) {
        #[cfg(feature = "wasm")]
        if module.source == Source::Wasm {
            // It was translated before, so it can be again.
            let Ok(translated) = self.translator.translate(&module.info, module.bytes(), func, true) else {
                return;
            };
            let Translated { code, header, handlers, changing, .. } = translated;
            let source = exec::Source { code, header, handlers, changing: Some(changing), ..source(module, func) };
            for (cell, offset) in cells {
                let Ok(unit) = self.linker.unit_at(&source, cell) else { continue };
                let after = translated.offsets.partition_point(|&(at, _)| at <= unit);
                *offset = after.checked_sub(1).map(|before| translated.offsets[before].1);
            }
            return;
        }
        let _ = (module, func);
        cells.for_each(drop);
    }
}

/// What is the same for all functions of a module, and for this one before it has code.
fn source(module: &ModuleInner, func: u32) -> exec::Source<'_> {
    let types = module.info.funcs.get(module.info.imported_funcs as usize..);
    exec::Source {
        func,
        callees: (types.unwrap_or(&[]), &module.headers),
        #[cfg(guarded)]
        guarded: module.guarded,
        ..exec::Source::CHECKED
    }
}
