//! The origin of modules that were decoded from binaries.

use core::ops::Range;

use wasmote_decode::names::FunctionNames;
use wasmote_decode::{ModuleInfo, SegmentMode};

use crate::error::Error;
use crate::lock::Lock;
use crate::origin::{Data, Offset};

/// A module that was decoded from a binary.
#[derive(Default)]
pub(crate) struct WasmOrigin {
    /// What validates the bodies that are not validated yet.
    #[cfg(feature = "validate")]
    pub(crate) lazy_validation: Option<crate::lazy_validation::LazyValidation>,
    /// The names of functions. The first use reads them.
    names: Lock<Option<FunctionNames>>,
}

impl WasmOrigin {
    /// Calls `each` with each data segment and its index, in order.
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

    /// Returns `false`: this is a binary.
    pub(crate) fn is_image(&self) -> bool {
        false
    }

    /// Returns how many data segments instructions can name: all or none. A binary with such instructions must have
    /// a data count section (spec: binary/modules#data-count-section).
    pub(crate) fn indexed_data(&self, info: &ModuleInfo) -> usize {
        const DATA_COUNT: u8 = 12;
        let counted = info.sections.iter().any(|&(id, _)| id == DATA_COUNT);
        if counted { info.data.len() } else { 0 }
    }

    /// Returns `true`: translating a function again finds the operators.
    pub(crate) fn has_offsets(&self) -> bool {
        true
    }

    /// Returns how many custom sections there are.
    pub(crate) fn custom_count(&self, info: &ModuleInfo) -> usize {
        info.customs.len()
    }

    /// Returns the name of a custom section, and the range of its contents in the binary.
    pub(crate) fn custom<'a>(&'a self, info: &'a ModuleInfo, index: usize) -> Option<(&'a str, Range<usize>)> {
        info.customs.get(index).map(|custom| (&*custom.name, custom.bytes.clone()))
    }

    /// Returns the module's name, if it has names.
    pub(crate) fn module_name<'a>(&self, info: &ModuleInfo, wasm: &'a [u8]) -> Option<&'a str> {
        wasmote_decode::names::module_name(info, wasm)
    }

    /// Returns the name of a function, if the module has names. `func` is its index; imports count.
    pub(crate) fn function_name<'a>(&self, info: &ModuleInfo, wasm: &'a [u8], func: u32) -> Option<&'a str> {
        self.names.lock().get_or_insert_with(|| FunctionNames::new(info, wasm)).get(wasm, func)
    }
}
