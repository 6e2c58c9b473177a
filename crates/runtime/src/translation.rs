//! From a function's body, or its place in an image, to linked code, and from code back to places in the module.

use alloc::vec::Vec;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;

use crate::code::{Code, CodeStats, Linked, PublishError};
use crate::engine::Settings;
use crate::error::{Error, Fault};
use crate::module::{Module, ModuleInner};
use crate::objects::HANDLERS;
use crate::origin::ModuleOrigin;

/// What makes code of functions, by what modules are made from, with its buffers.
#[derive(Default)]
struct Makers {
    #[cfg(feature = "wasm")]
    wasm: crate::wasm_code::WasmCode,
    #[cfg(feature = "image")]
    image: crate::image_code::ImageCode,
}

/// What makes linked code of functions, with its buffers.
pub(crate) struct Translation {
    makers: Makers,
    linker: exec::CodeLinker,
    cells: Vec<exec::Cell>,
}

/// A function that is translated or fetched, but not linked, and what links it.
pub(crate) struct Unlinked<'a> {
    pub(crate) source: exec::UnlinkedFunc<'a>,
    /// Units, each with the byte offset in the module of the operator that code comes from, from there on. None of an image.
    pub(crate) offsets: &'a [(u32, u32)],
    pub(crate) linker: &'a mut exec::CodeLinker,
    /// What it is linked into, which is replaced.
    pub(crate) cells: &'a mut Vec<exec::Cell>,
}

fn linker() -> exec::CodeLinker {
    let linker = exec::CodeLinker::new(HANDLERS);
    // SAFETY: they are those of vector instructions, and for this machine.
    #[cfg(feature = "simd")]
    let linker = unsafe { linker.with_vectors(wasmote_simd::handler) };
    linker
}

impl Translation {
    pub(crate) fn new(settings: &Settings) -> Translation {
        Translation {
            makers: Makers::default(),
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
        let made = CodeStats {
            functions: 1,
            units: source.code.len() as u64,
            cells: cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        let kept = module.code.publish(defined, &Linked { frame_slots, start, cells }, made);
        kept.map_err(|error| match error {
            PublishError::Limit(limit) => Error::of(Fault::CodeLimit { func, limit }),
            PublishError::OutOfMemory => OutOfMemory.into(),
        })
    }

    /// A function as it is before it is linked, with what links it. `again` is whether it was translated before: then it is also noted where
    /// its code comes from, and there is no limit to it.
    pub(crate) fn unlinked<'a>(
        &'a mut self,
        module: &'a ModuleInner,
        func: u32,
        again: bool,
    ) -> Result<Unlinked<'a>, Error> {
        let (source, offsets) = match module.source {
            #[cfg(feature = "wasm")]
            ModuleOrigin::Wasm(ref source) => self.makers.wasm.function(module, source, func, again)?,
            #[cfg(feature = "image")]
            ModuleOrigin::Image(ref source) => self.makers.image.function(module, source, func, again)?,
        };
        let types = module.info.funcs.get(module.info.imported_funcs as usize..);
        let callees = (types.unwrap_or(&[]), &*module.headers);
        let source = exec::UnlinkedFunc { func, callees, guarded: module.guarded(), ..source };
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
        if module.is_image() {
            return cells.for_each(drop);
        }
        // It was translated before, so it can be again.
        let Ok(Unlinked { source, offsets, linker, .. }) = self.unlinked(module, func, true) else { return };
        for (cell, offset) in cells {
            let Ok(unit) = linker.unit_at(&source, cell) else { continue };
            let after = offsets.partition_point(|&(at, _)| at <= unit);
            *offset = after.checked_sub(1).map(|before| offsets[before].1);
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
