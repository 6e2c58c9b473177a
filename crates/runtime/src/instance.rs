//! Instances of modules.

use wasmote_decode::{Export, ExportKind};
#[cfg(any(feature = "replay", feature = "profile"))]
use wasmote_decode::{Import, ImportType};
use wasmote_exec as exec;

use crate::arena::FixedSlice;
use crate::code::Variant;
use crate::global::GlobalRecord;
use crate::item::Item;
use crate::module::Module;

/// An instance in a store. It begins with the part that handlers use, whose pointers lead to the fields after it.
#[repr(C)]
pub struct InstanceRecord {
    pub(crate) exec: exec::Instance,
    pub(crate) module: Module,
    /// The number of the memory that is exported as `memory`.
    pub(crate) memory: Option<u32>,
    pub(crate) parts: Parts,
    /// Which code its functions run.
    pub(crate) variant: Variant,
    /// Whether its globals and tables exist. If making them failed, its functions never run.
    pub(crate) ready: bool,
}

/// The arrays that the pointers of an [`exec::Instance`] lead to.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) funcs: FixedSlice<exec::Func>,
    pub(crate) imports: FixedSlice<*mut exec::Func>,
    pub(crate) globals: FixedSlice<*mut u64>,
    pub(crate) memories: FixedSlice<*mut exec::Memory>,
    pub(crate) tables: FixedSlice<*mut exec::Table>,
    /// The store's numbers of the tags.
    pub(crate) tags: FixedSlice<u32>,
    pub(crate) data: FixedSlice<exec::DataSegment>,
    pub(crate) elems: FixedSlice<exec::ElemSegment>,
    /// The references in the element segments.
    pub(crate) references: alloc::vec::Vec<FixedSlice<u32>>,
}

impl Parts {
    /// Returns the record of a function; imports count.
    pub(crate) fn func(&self, index: u32) -> Option<*mut exec::Func> {
        let index = index as usize;
        match index.checked_sub(self.imports.len()) {
            Some(defined) => self.funcs.get(defined),
            None => read(&self.imports, index),
        }
    }
}

/// Returns one of the pointers of a slice.
fn read<T>(run: &FixedSlice<*mut T>, index: usize) -> Option<*mut T> {
    // SAFETY: `get` checked the index, and nothing changes the pointers in these slices.
    run.get(index).map(|place| unsafe { place.read() })
}

impl InstanceRecord {
    /// Returns the module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Returns the first import that is this function.
    #[cfg(any(feature = "replay", feature = "profile"))]
    pub(crate) fn import_of(&self, func: *mut exec::Func) -> Option<&Import> {
        let imports = &self.parts.imports;
        let at = (0..imports.len()).find(|&at| read(imports, at) == Some(func))?;
        let functions = |import: &&Import| matches!(import.ty, ImportType::Func(_) | ImportType::ExactFunc(_));
        self.module.info().imports.iter().filter(functions).nth(at)
    }

    /// Returns the number of the memory that it exports as `memory`.
    pub fn memory(&self) -> Option<u32> {
        self.memory
    }

    /// Returns the export with this name.
    pub fn export(&self, name: &str) -> Option<Item> {
        self.exported(self.module.inner().export(name)?)
    }

    /// Returns the item that one of the module's exports is in this instance.
    pub fn exported(&self, export: &Export) -> Option<Item> {
        let parts = &self.parts;
        let index = export.index as usize;
        // SAFETY: the pointers lead to records of the same store, which keeps them as long as it lives.
        Some(unsafe {
            match export.kind {
                ExportKind::Func => Item::Func((*parts.func(export.index)?).reference),
                ExportKind::Table => Item::Table((*read(&parts.tables, index)?).embedder as u32),
                ExportKind::Memory => Item::Memory((*read(&parts.memories, index)?).embedder as u32),
                ExportKind::Tag => Item::Tag(parts.tags.get(index)?.read()),
                ExportKind::Global => Item::Global((*read(&parts.globals, index)?.cast::<GlobalRecord>()).index),
            }
        })
    }
}
