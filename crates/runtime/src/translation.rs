//! From a function's body, or its place in an image, to linked code, and from code back to places in the module.

use alloc::vec::Vec;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;
#[cfg(feature = "wasm")]
use wasmote_translate::{Translated, Translator};

use crate::code::{Code, Linked, NotKept, Stats};
use crate::engine::Settings;
use crate::error::{Error, Fault};
#[cfg(feature = "image")]
use crate::image_code::ImageCode;
use crate::module::{Module, ModuleInner};
use crate::source::Source;

/// The handlers of instructions on objects.
#[cfg(feature = "gc")]
const OBJECTS: &[exec::extend::Handler] = &wasmote_gc::HANDLERS;
#[cfg(not(feature = "gc"))]
const OBJECTS: &[exec::extend::Handler] = &[];

/// A translator with its buffers.
pub(crate) struct Translation {
    #[cfg(feature = "wasm")]
    translator: Translator,
    #[cfg(feature = "image")]
    image_code: ImageCode,
    linker: exec::Linker,
    cells: Vec<exec::Cell>,
}

fn linker() -> exec::Linker {
    let linker = exec::Linker::new(OBJECTS);
    // SAFETY: they are those of vector instructions, and for this machine.
    #[cfg(feature = "simd")]
    let linker = unsafe { linker.with_vectors(wasmote_simd::handler) };
    linker
}

impl Translation {
    pub(crate) fn new(_settings: &Settings) -> Translation {
        Translation {
            #[cfg(feature = "wasm")]
            translator: Translator::with_options(_settings.code_options()),
            #[cfg(feature = "image")]
            image_code: ImageCode::default(),
            linker: linker(),
            cells: Vec::new(),
        }
    }

    /// Gives a function (imports counted) its code, for all instances of its module.
    pub(crate) fn function(&mut self, module: &ModuleInner, func: u32) -> Result<Code, Error> {
        let defined = (func - module.info.imported_funcs) as usize;
        let types = module.type_ids.ids();
        let (frame_slots, units, start): (u32, usize, usize) = match module.source {
            #[cfg(feature = "wasm")]
            Source::Wasm(ref _source) => {
                #[cfg(feature = "validate")]
                if let Some(unproven) = &_source.unproven {
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
                    ..unlinked(module, func)
                };
                let start = self.linker.link(&source, types, &mut self.cells)?;
                (frame_slots, code.len(), start)
            }
            #[cfg(feature = "image")]
            Source::Image(ref source) => {
                let (frame_slots, header) = self.image_code.fetch(module, source, func)?;
                let ImageCode { units: code, handlers, .. } = &self.image_code;
                let source = exec::Source { code, header, frame_slots, handlers, ..unlinked(module, func) };
                let start = self.linker.link(&source, types, &mut self.cells)?;
                (frame_slots, code.len(), start)
            }
        };
        let made = Stats {
            functions: 1,
            units: units as u64,
            cells: self.cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        let kept = module.code.publish(defined, &Linked { frame_slots, start, cells: &self.cells }, made);
        kept.map_err(|error| match error {
            NotKept::Limit(limit) => Error::of(Fault::CodeLimit { func, limit }),
            NotKept::OutOfMemory => OutOfMemory.into(),
        })
    }

    /// Where in the module the instructions at these offsets in a function's linked code come from. Translates the
    /// function again, this time noting offsets, so that nothing is kept for traps that never happen. An image does not say.
    pub(crate) fn wasm_offsets(
        &mut self,
        module: &ModuleInner,
        func: u32,
        cells: &mut dyn Iterator<Item = (u32, &mut Option<u32>)>,
    ) {
        match module.source {
            #[cfg(feature = "wasm")]
            Source::Wasm(_) => {
                // It was translated before, so it can be again.
                let Ok(translated) = self.translator.translate(&module.info, module.bytes(), func, true) else {
                    return;
                };
                let Translated { code, header, handlers, changing, .. } = translated;
                let source =
                    exec::Source { code, header, handlers, changing: Some(changing), ..unlinked(module, func) };
                for (cell, offset) in cells {
                    let Ok(unit) = self.linker.unit_at(&source, cell) else { continue };
                    let after = translated.offsets.partition_point(|&(at, _)| at <= unit);
                    *offset = after.checked_sub(1).map(|before| translated.offsets[before].1);
                }
            }
            #[cfg(feature = "image")]
            Source::Image(_) => {
                let _ = func;
                cells.for_each(drop);
            }
        }
    }
}

/// Translates all functions now, or of an image verifies them.
///
/// # Errors
/// What is wrong with the first one that can't be called.
pub fn verify(module: &Module) -> Result<(), Error> {
    let inner = module.inner();
    let mut translation = Translation::new(inner.engine.settings());
    for func in inner.info.imported_funcs..inner.info.funcs.len() as u32 {
        translation.function(inner, func)?;
    }
    Ok(())
}

/// What is the same for all functions of a module, and for this one before it has code.
fn unlinked(module: &ModuleInner, func: u32) -> exec::Source<'_> {
    let types = module.info.funcs.get(module.info.imported_funcs as usize..);
    exec::Source {
        func,
        callees: (types.unwrap_or(&[]), &module.headers),
        #[cfg(guarded)]
        guarded: module.info.memories.first().is_some_and(|ty| module.engine.guards(ty)),
        ..exec::Source::CHECKED
    }
}
