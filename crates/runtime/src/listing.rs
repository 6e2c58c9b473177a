//! What functions become, to be shown: for `wasmote dump`, and for whoever traces what runs.

use alloc::vec::Vec;

use wasmote_ir::fallible::{TryVec, try_collect};

use crate::error::Error;
use crate::module::{Module, ModuleInner};
use crate::origin::ModuleOrigin;
use crate::translation::{Translation, Unlinked};

pub use wasmote_exec::{InstrHandler, LinkedInstr};

/// A function as it runs.
#[derive(Clone, Default, Debug)]
pub struct LinkedFunction {
    /// Slots of its frame.
    pub frame_slots: u32,
    /// The slot of its header.
    pub header: u16,
    /// Its compact code, as it was before it was linked.
    pub code: Vec<u16>,
    /// Its instructions in linked code, in order.
    pub instrs: Vec<LinkedInstr>,
    /// Bytes of its linked code.
    pub bytes: u32,
    /// The byte offset in the module of the operator that code comes from, from this unit on; ascending. Images have none.
    pub offsets: Vec<(u32, u32)>,
}

impl LinkedFunction {
    /// The byte offset in the module of the operator that the instruction at this unit comes from. Nothing comes from an operator that sets
    /// locals to zero where the function begins, and in an image it is not known.
    pub fn offset(&self, unit: u32) -> Option<u32> {
        let after = self.offsets.partition_point(|&(at, _)| at <= unit);
        after.checked_sub(1).map(|before| self.offsets[before].1)
    }

    /// Where in linked code the instruction at this unit is, in bytes; its end for what is behind all.
    pub fn place(&self, unit: usize) -> u32 {
        let found = self.instrs.binary_search_by(|instr| (instr.unit as usize).cmp(&unit));
        found.map_or(self.bytes, |at| self.instrs[at].byte)
    }
}

/// What holds for the code of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkedOptions {
    /// Whether it may have instructions of the extended op set.
    pub extended: bool,
    /// Whether it takes fuel.
    pub metered: bool,
    /// Whether NaNs are made canonical. An image does not say.
    pub canonical_nans: Option<bool>,
    /// Whether accesses of memory 0 leave it to pages without access to notice addresses out of bounds.
    pub guarded: bool,
    /// Whether two instructions in a row may have one handler.
    pub superinstructions: bool,
}

impl Module {
    /// A function, imports counted, as it runs: what its first call makes of it is made again, by the same translator and linker.
    ///
    /// # Errors
    /// Those of its first call; also when it has no code.
    pub fn linked_function(&self, func: u32) -> Result<LinkedFunction, Error> {
        let inner = self.inner();
        if func.checked_sub(inner.info.imported_funcs).is_none_or(|func| func as usize >= inner.info.bodies.len()) {
            return Err(Error::usage("there is no function of the module's own with this index"));
        }
        Translation::new(inner.engine.settings()).linked_function(inner, func)
    }

    /// What holds for the code of all functions.
    pub fn linked_options(&self) -> LinkedOptions {
        let inner = self.inner();
        let settings = inner.engine.settings();
        let options = LinkedOptions {
            extended: cfg!(feature = "extended"),
            metered: settings.fuel,
            canonical_nans: Some(settings.canonical_nans),
            guarded: inner.guarded(),
            superinstructions: cfg!(feature = "superinstructions") && settings.superinstructions,
        };
        match inner.source {
            #[cfg(feature = "wasm")]
            ModuleOrigin::Wasm(_) => options,
            #[cfg(feature = "image")]
            ModuleOrigin::Image(ref source) => {
                use wasmote_ir::image::OpSet;
                use wasmote_ir::image::layout::features;
                let image = source.image();
                let extended = image.op_set() == OpSet::Extended;
                let metered = image.features() & features::METERED != 0;
                LinkedOptions { extended, metered, canonical_nans: None, ..options }
            }
        }
    }
}

impl Translation {
    fn linked_function(&mut self, module: &ModuleInner, func: u32) -> Result<LinkedFunction, Error> {
        let Unlinked { source, offsets, linker, cells } = self.unlinked(module, func, true)?;
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
