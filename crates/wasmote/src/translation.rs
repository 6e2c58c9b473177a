//! From a function's body to linked code, and from code back to places in the module.

use alloc::vec::Vec;

use wasmote_exec as exec;
use wasmote_translate::Translator;

use crate::code::Code;
use crate::error::{Error, ErrorKind};
use crate::module::{ModuleInner, Stats};

/// A translator with its buffers.
#[derive(Default)]
pub(crate) struct Translation {
    translator: Translator,
    linker: exec::Linker,
    cells: Vec<exec::Cell>,
}

impl Translation {
    /// Gives a function (imports counted) its code, for all instances of its module.
    pub(crate) fn function(&mut self, module: &ModuleInner, func: u32) -> Result<Code, Error> {
        #[cfg(feature = "validate")]
        if let Some(bodies) = &module.bodies {
            bodies.validate_body(module.wasm(), func)?;
        }
        let translated = self
            .translator
            .translate(&module.info, module.wasm(), func, false)
            .map_err(|error| Error::of(ErrorKind::Translate { func, error }))?;
        self.linker.link(func, translated.code, module.type_ids.ids(), &mut self.cells);
        let defined = (func - module.info.imported_funcs) as usize;
        let made = Stats {
            functions: 1,
            units: translated.code.len() as u64,
            cells: self.cells.len() as u64,
            wasm_bytes: module.info.bodies[defined].len() as u64,
        };
        Ok(module.code.publish(defined, translated.frame_slots, &self.cells, made))
    }

    /// Where in the module the instructions at these offsets in a function's linked code come from. Translates the
    /// function again, this time noting offsets, so that nothing is kept for traps that never happen.
    pub(crate) fn wasm_offsets(
        &mut self,
        module: &ModuleInner,
        func: u32,
        cells: &mut dyn Iterator<Item = (u32, &mut Option<u32>)>,
    ) {
        // It was translated before, so it can be again.
        let Ok(translated) = self.translator.translate(&module.info, module.wasm(), func, true) else {
            return;
        };
        for (cell, offset) in cells {
            let unit = self.linker.unit_at(translated.code, cell);
            let after = translated.offsets.partition_point(|&(at, _)| at <= unit);
            *offset = after.checked_sub(1).map(|before| translated.offsets[before].1);
        }
    }
}
