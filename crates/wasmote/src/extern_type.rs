//! Types of what can be imported and exported (spec: syntax/types#external-types).

use wasmote_decode::{Export, ExportKind, FuncType, GlobalType, ImportType, MemoryType, TableType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime::Module;

/// The type of an [`Extern`](crate::Extern). Prints as `func (i32, i32) -> i64`, `memory 1..=16` (pages) and the like, with feature
/// `messages`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExternType {
    /// A function's.
    Func(FuncType),
    /// A table's.
    Table(TableType),
    /// A memory's.
    Memory(MemoryType),
    /// A global's.
    Global(GlobalType),
    /// A tag's: its exceptions' values are the parameters.
    Tag(FuncType),
}

impl ExternType {
    /// The function type, if it is one.
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            ExternType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of an import; `None` if there is none, which only a module that is not valid brings about.
    pub(crate) fn of_import(module: &Module, ty: ImportType) -> Result<Option<ExternType>, OutOfMemory> {
        let func_type = |index| module.func_type(index).map(FuncType::try_clone).transpose();
        Ok(Some(match ty {
            ImportType::Func(index) => match func_type(index)? {
                Some(ty) => ExternType::Func(ty),
                None => return Ok(None),
            },
            ImportType::Table(ty) => ExternType::Table(module.table_type(ty)),
            ImportType::Memory(ty) => ExternType::Memory(ty),
            ImportType::Global(ty) => ExternType::Global(module.global_type(ty)),
            ImportType::Tag(index) => match func_type(index)? {
                Some(ty) => ExternType::Tag(ty),
                None => return Ok(None),
            },
        }))
    }

    /// The type of an export; `None` if there is none.
    pub(crate) fn of_export(module: &Module, export: &Export) -> Option<ExternType> {
        let index = export.index as usize;
        let info = module.info();
        Some(match export.kind {
            ExportKind::Func => ExternType::Func(module.func_type(*info.funcs.get(index)?)?.clone()),
            ExportKind::Table => ExternType::Table(module.table_type(*info.tables.get(index)?)),
            ExportKind::Memory => ExternType::Memory(*info.memories.get(index)?),
            ExportKind::Global => ExternType::Global(module.global_type(*info.globals.get(index)?)),
            ExportKind::Tag => ExternType::Tag(module.func_type(*info.tags.get(index)?)?.clone()),
        })
    }
}
