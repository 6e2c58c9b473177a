//! The linked code of functions, for `wasmote dump` and for traces.

use alloc::vec::Vec;

use wasmote_ir::fallible::{TryVec, try_collect};

use crate::code::Variant;
use crate::error::Error;
use crate::module::{Module, ModuleInner};
use crate::origin::ModuleOrigin;
use crate::translation::{LinkJob, Translation};

pub use wasmote_exec::{InstrHandler, LinkedInstr};

/// The code of a function, as it runs.
#[derive(Clone, Default, Debug)]
#[non_exhaustive]
pub struct LinkedFunction {
    /// The number of slots in its frame.
    pub frame_slots: u32,
    /// The slot of its frame header.
    pub header: u16,
    /// Its compact code, before linking.
    pub code: Vec<u16>,
    /// Its linked instructions, in order.
    pub instrs: Vec<LinkedInstr>,
    /// The bytes of its linked code.
    pub bytes: u32,
    /// The units where the code of another operator begins, each with that operator's byte offset in the module;
    /// ascending. Images have none.
    pub offsets: Vec<(u32, u32)>,
}

impl LinkedFunction {
    /// Returns the byte offset in the module of the operator that an instruction comes from. `unit` is the
    /// instruction's place in `code`. `None` for images, and for the instructions at the beginning that set locals
    /// to zero.
    pub fn offset(&self, unit: u32) -> Option<u32> {
        let after = self.offsets.partition_point(|&(at, _)| at <= unit);
        after.checked_sub(1).map(|before| self.offsets[before].1)
    }

    /// Returns the byte offset in linked code of the instruction at this unit. Beyond the last one, it is the end
    /// of the code.
    pub fn place(&self, unit: usize) -> u32 {
        let found = self.instrs.binary_search_by(|instr| (instr.unit as usize).cmp(&unit));
        found.map_or(self.bytes, |at| self.instrs[at].byte)
    }
}

/// The options that hold for all code of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LinkedOptions {
    /// Whether it may have instructions of the extended op set.
    pub extended: bool,
    /// Whether it takes fuel.
    pub metered: bool,
    /// Whether NaNs are made canonical.
    pub canonical_nans: bool,
    /// Whether accesses of memory 0 leave bounds checks to guard pages.
    pub guarded: bool,
    /// Whether one handler may run two instructions in a row.
    pub superinstructions: bool,
}

impl Module {
    /// Returns the linked code of a function. It is translated and linked again, in the same way as at the
    /// function's first call. `func` is its index; imports count.
    ///
    /// # Errors
    /// Those of the function's first call. Fails also if the function is imported, or does not exist.
    pub fn linked_function(&self, func: u32) -> Result<LinkedFunction, Error> {
        let inner = self.inner();
        if func.checked_sub(inner.info.imported_funcs).is_none_or(|func| func as usize >= inner.info.bodies.len()) {
            return Err(Error::usage("the module defines no function with this index"));
        }
        Translation::new(inner.engine.settings()).linked_function(inner, func)
    }

    /// Returns the options that hold for all code of the module.
    pub fn linked_options(&self) -> LinkedOptions {
        let inner = self.inner();
        let settings = inner.engine.settings();
        let options = LinkedOptions {
            extended: cfg!(feature = "extended"),
            metered: settings.fuel,
            canonical_nans: settings.canonical_nans,
            guarded: inner.guarded(),
            superinstructions: cfg!(feature = "superinstructions") && settings.superinstructions,
        };
        match inner.source {
            #[cfg(feature = "wasm")]
            ModuleOrigin::Wasm(_) => options,
            #[cfg(feature = "image")]
            ModuleOrigin::Image(ref source) => {
                use wasmote_ir::image::OpSet;
                let image = source.image();
                let extended = image.op_set() == OpSet::Extended;
                let metered = image.is_metered();
                let canonical_nans = image.features() & wasmote_ir::image::layout::features::CANONICAL_NANS != 0;
                LinkedOptions { extended, metered, canonical_nans, ..options }
            }
        }
    }
}

impl Translation {
    fn linked_function(&mut self, module: &ModuleInner, func: u32) -> Result<LinkedFunction, Error> {
        let LinkJob { source, offsets, linker, cells } = self.unlinked(module, func, Variant::Usual, true)?;
        let start = linker.link(&source, module.type_ids.ids(), cells)?;
        let mut linked =
            LinkedFunction { frame_slots: source.frame_slots, header: source.header, ..Default::default() };
        linked.offsets.try_extend_from_slice(offsets)?;
        linked.code.try_extend_from_slice(source.code)?;
        linked.bytes = size_of_val(&cells[start..]) as u32;
        linked.instrs = try_collect(linker.linked(source.code, &cells[start..]))?;
        Ok(linked)
    }
}
