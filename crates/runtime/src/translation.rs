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
use crate::objects::HANDLERS;
use crate::source::Source;

/// A translator with its buffers.
pub(crate) struct Translation {
    #[cfg(feature = "wasm")]
    translator: Translator,
    #[cfg(feature = "image")]
    image_code: ImageCode,
    linker: exec::Linker,
    cells: Vec<exec::Cell>,
}

/// A function that is translated or fetched, but not linked, and what links it.
pub(crate) struct Unlinked<'a> {
    pub(crate) source: exec::Source<'a>,
    /// Units, each with the byte offset in the module of the operator that code comes from, from there on. None of an image.
    #[cfg_attr(not(any(feature = "wasm", feature = "listing")), allow(dead_code))]
    pub(crate) offsets: &'a [(u32, u32)],
    pub(crate) linker: &'a mut exec::Linker,
    /// What it is linked into, which is replaced.
    pub(crate) cells: &'a mut Vec<exec::Cell>,
}

fn linker() -> exec::Linker {
    let linker = exec::Linker::new(HANDLERS);
    // SAFETY: they are those of vector instructions, and for this machine.
    #[cfg(feature = "simd")]
    let linker = unsafe { linker.with_vectors(wasmote_simd::handler) };
    linker
}

impl Translation {
    pub(crate) fn new(settings: &Settings) -> Translation {
        Translation {
            #[cfg(feature = "wasm")]
            translator: Translator::with_options(settings.code_options()),
            #[cfg(feature = "image")]
            image_code: ImageCode::default(),
            linker: linker().superinstructions(settings.superinstructions),
            cells: Vec::new(),
        }
    }

    /// Gives a function (imports counted) its code, for all instances of its module.
    pub(crate) fn function(&mut self, module: &ModuleInner, func: u32) -> Result<Code, Error> {
        let defined = (func - module.info.imported_funcs) as usize;
        let Unlinked { source, linker, cells, .. } = self.unlinked(module, func, false)?;
        let start = linker.link(&source, module.type_ids.ids(), cells)?;
        let frame_slots = source.frame_slots;
        let made = Stats {
            functions: 1,
            units: source.code.len() as u64,
            cells: cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        let kept = module.code.publish(defined, &Linked { frame_slots, start, cells }, made);
        kept.map_err(|error| match error {
            NotKept::Limit(limit) => Error::of(Fault::CodeLimit { func, limit }),
            NotKept::OutOfMemory => OutOfMemory.into(),
        })
    }

    /// A function as it is before it is linked, with what links it. `_again` is whether it was translated before: then it is also noted where
    /// its code comes from, and there is no limit to it.
    pub(crate) fn unlinked<'a>(
        &'a mut self,
        module: &'a ModuleInner,
        func: u32,
        _again: bool,
    ) -> Result<Unlinked<'a>, Error> {
        let (source, offsets): (exec::Source<'a>, &'a [(u32, u32)]) = match module.source {
            #[cfg(feature = "wasm")]
            Source::Wasm(ref _source) => {
                #[cfg(feature = "validate")]
                if let Some(unproven) = &_source.unproven {
                    unproven.function(module.bytes(), func)?;
                }
                // Cells hold four units of two bytes at most: what is too much as units is as cells.
                let (limit, left) = module.code.limit();
                let units = if _again { usize::MAX } else { usize::try_from(left / 2).unwrap_or(usize::MAX) };
                let translated = self
                    .translator
                    .translate_within(units, &module.info, module.bytes(), func, _again)
                    .map_err(|error| Error::translate(func, error, limit))?;
                let Translated { code, header, handlers, frame_slots, changing, offsets } = translated;
                let changing = Some(changing);
                (exec::Source { code, header, frame_slots, handlers, changing, ..without_code(module, func) }, offsets)
            }
            #[cfg(feature = "image")]
            Source::Image(ref source) => {
                let (frame_slots, header) = self.image_code.fetch(module, source, func)?;
                let ImageCode { units: code, handlers, .. } = &self.image_code;
                (exec::Source { code, header, frame_slots, handlers, ..without_code(module, func) }, &[])
            }
        };
        Ok(Unlinked { source, offsets, linker: &mut self.linker, cells: &mut self.cells })
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
                let Ok(Unlinked { source, offsets, linker, .. }) = self.unlinked(module, func, true) else { return };
                for (cell, offset) in cells {
                    let Ok(unit) = linker.unit_at(&source, cell) else { continue };
                    let after = offsets.partition_point(|&(at, _)| at <= unit);
                    *offset = after.checked_sub(1).map(|before| offsets[before].1);
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
fn without_code(module: &ModuleInner, func: u32) -> exec::Source<'_> {
    let types = module.info.funcs.get(module.info.imported_funcs as usize..);
    exec::Source {
        func,
        callees: (types.unwrap_or(&[]), &module.headers),
        guarded: module.guarded(),
        ..exec::Source::CHECKED
    }
}
