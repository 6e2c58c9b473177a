//! Makes linked code from a function's body, or from its code in an image. Finds the offset in the module that code
//! comes from.

use alloc::vec::Vec;

use wasmote_exec as exec;
use wasmote_ir::fallible::OutOfMemory;

use crate::code::{Code, CodeStats, LinkedCode, PublishError, Variant};
use crate::engine::Settings;
use crate::error::{Error, Fault};
use crate::interrupt::configure;
use crate::limits::CodeBudget;
use crate::module::{Module, ModuleInner};
use crate::objects::HANDLERS;
use crate::origin::{ModuleOrigin, with_origin};

/// What makes compact code, for each origin of modules, with buffers.
#[derive(Default)]
struct Makers {
    #[cfg(feature = "wasm")]
    wasm: crate::wasm_code::WasmCode,
    #[cfg(feature = "image")]
    image: crate::image_code::ImageCode,
}

/// The translator and linker of functions, with their buffers.
pub(crate) struct Translation {
    makers: Makers,
    linker: exec::CodeLinker,
    cells: Vec<exec::Cell>,
}

/// A function that is not linked yet, and its linker.
pub(crate) struct LinkJob<'a> {
    pub(crate) source: exec::UnlinkedFunc<'a>,
    /// The units where the code of another operator begins, each with that operator's byte offset in the module.
    /// Images may have none.
    pub(crate) offsets: &'a [(u32, u32)],
    pub(crate) linker: &'a mut exec::CodeLinker,
    /// The buffer for the cells. Linking replaces its contents.
    pub(crate) cells: &'a mut Vec<exec::Cell>,
}

fn linker() -> exec::CodeLinker {
    let linker = exec::CodeLinker::new(HANDLERS);
    // SAFETY: `wasmote_simd::handler` returns the handlers of the vector instructions, compiled for this machine.
    #[cfg(feature = "simd")]
    let linker = unsafe { linker.with_vectors(wasmote_simd::handler) };
    linker
}

impl Translation {
    pub(crate) fn new(settings: &Settings) -> Translation {
        Translation {
            makers: Makers::default(),
            linker: configure(linker().superinstructions(settings.superinstructions), settings),
            cells: Vec::new(),
        }
    }

    /// Makes and publishes the code of a function, for all instances of its module that run this variant. `func` is its index; imports
    /// count. The budget pays for the code.
    pub(crate) fn function(
        &mut self,
        module: &ModuleInner,
        func: u32,
        variant: Variant,
        budget: &mut CodeBudget<'_>,
    ) -> Result<Code, Error> {
        let defined = (func - module.info.imported_funcs) as usize;
        let LinkJob { source, linker, cells, .. } = self.unlinked(module, func, variant, false)?;
        let start = linker.link(&source, module.type_ids.ids(), cells)?;
        let frame_slots = source.frame_slots;
        let bytes = size_of_val(&**cells) as u64;
        budget.permit(bytes)?;
        let made = CodeStats {
            functions: 1,
            units: source.code.len() as u64,
            cells: cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        let kept = module.code.publish(defined, variant, &LinkedCode { frame_slots, start, cells }, made);
        let code = kept.map_err(|error| match error {
            PublishError::Limit(limit) => Error::of(Fault::CodeLimit { func, limit }),
            PublishError::OutOfMemory => OutOfMemory.into(),
        })?;
        budget.grew(bytes);
        Ok(code)
    }

    /// Returns a function before linking, and its linker. `again` says that it was translated before. Its offsets
    /// are then recorded, and the code limit does not count.
    pub(crate) fn unlinked<'a>(
        &'a mut self,
        module: &'a ModuleInner,
        func: u32,
        variant: Variant,
        again: bool,
    ) -> Result<LinkJob<'a>, Error> {
        let (source, offsets) = match module.source {
            #[cfg(feature = "wasm")]
            ModuleOrigin::Wasm(ref source) => self.makers.wasm.function(module, source, func, again)?,
            #[cfg(feature = "image")]
            ModuleOrigin::Image(ref source) => self.makers.image.function(module, source, func, again)?,
        };
        let types = module.info.funcs.get(module.info.imported_funcs as usize..);
        let callees = (types.unwrap_or(&[]), &*module.headers);
        let source =
            exec::UnlinkedFunc { func, callees, guarded: module.guarded() && variant == Variant::Usual, ..source };
        Ok(LinkJob { source, offsets, linker: &mut self.linker, cells: &mut self.cells })
    }

    /// Finds the offsets in the module for offsets in a function's linked code. It translates the function again,
    /// this time recording offsets. So traps that never happen cost nothing. An image has offsets if it was written
    /// with them.
    pub(crate) fn wasm_offsets(
        &mut self,
        module: &ModuleInner,
        func: u32,
        variant: Variant,
        cells: &mut dyn Iterator<Item = (u32, &mut Option<u32>)>,
    ) {
        if !with_origin!(module.source, it => it.has_offsets()) {
            return;
        }
        // The function was translated before, so this fails only for lack of memory.
        let Ok(LinkJob { source, offsets, linker, .. }) = self.unlinked(module, func, variant, true) else { return };
        for (cell, offset) in cells {
            let Ok(unit) = linker.unit_at(&source, cell) else { continue };
            let after = offsets.partition_point(|&(at, _)| at <= unit);
            *offset = after.checked_sub(1).map(|before| offsets[before].1);
        }
    }
}

/// Translates all functions now. Functions of an image are verified.
///
/// # Errors
/// Returns the error of the first function that can't be called.
pub fn verify(module: &Module) -> Result<(), Error> {
    let inner = module.inner();
    let mut translation = Translation::new(inner.engine.settings());
    for func in inner.info.imported_funcs..inner.info.funcs.len() as u32 {
        translation.function(inner, func, Variant::Usual, &mut CodeBudget::unlimited())?;
    }
    Ok(())
}
