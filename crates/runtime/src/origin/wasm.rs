//! Modules that were decoded.

use wasmote_decode::names::FunctionNames;
use wasmote_decode::{ModuleInfo, SegmentMode};

use crate::error::Error;
use crate::lock::Lock;
use crate::origin::{Data, Offset};

/// A module that was decoded.
#[derive(Default)]
pub(crate) struct WasmOrigin {
    /// What validates bodies, if they were not yet.
    #[cfg(feature = "validate")]
    pub(crate) lazy_validation: Option<crate::lazy_validation::LazyValidation>,
    /// The names of functions, once somebody asked for one.
    names: Lock<Option<FunctionNames>>,
}

impl WasmOrigin {
    /// Calls `each` with the data segments in order, and their numbers.
    pub(crate) fn each_data(
        &self,
        info: &ModuleInfo,
        wasm: &[u8],
        each: &mut dyn FnMut(usize, &Data<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        info.data.iter().enumerate().try_for_each(|(number, segment)| {
            let active = match &segment.mode {
                SegmentMode::Active { target, offset } => Some((*target, Offset::Of(offset))),
                _ => None,
            };
            each(number, &Data { active, bytes: wasm.get(segment.bytes.clone()) })
        })
    }

    /// It is none.
    pub(crate) fn is_image(&self) -> bool {
        false
    }

    /// How many data segments instructions can name: all or none. A binary whose instructions do says so in a section.
    pub(crate) fn indexed_data(&self, info: &ModuleInfo) -> usize {
        const DATA_COUNT: u8 = 12;
        let counted = info.sections.iter().any(|&(id, _)| id == DATA_COUNT);
        if counted { info.data.len() } else { 0 }
    }

    /// The name of a function, imports counted, if the module has names.
    pub(crate) fn function_name<'a>(&self, info: &ModuleInfo, wasm: &'a [u8], func: u32) -> Option<&'a str> {
        self.names.lock().get_or_insert_with(|| FunctionNames::new(info, wasm)).get(wasm, func)
    }
}
