//! Types of imports and exports (spec: syntax/types#external-types).

use wasmote_decode::{Export, ExportKind, FuncType, GlobalType, ImportType, MemoryType, TableType, TagType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime::Module;

/// The type of an [`Extern`](crate::Extern). With the feature `messages` it prints like `func (i32, i32) -> i64` or
/// `memory 1..=16`, which counts pages.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExternType {
    /// The type of a function.
    Func(FuncType),
    /// The type of a table.
    Table(TableType),
    /// The type of a memory.
    Memory(MemoryType),
    /// The type of a global.
    Global(GlobalType),
    /// The type of a tag.
    Tag(TagType),
}

macro_rules! kinds {
    ($($name:ident, $kind:ident: $ty:ty, $what:literal;)*) => {
        impl ExternType {
            $(
                #[doc = concat!("Returns the type of the ", $what, ", if this is one.")]
                pub fn $name(&self) -> Option<&$ty> {
                    match self {
                        ExternType::$kind(ty) => Some(ty),
                        _ => None,
                    }
                }
            )*
        }
    };
}

kinds! {
    func, Func: FuncType, "function";
    table, Table: TableType, "table";
    memory, Memory: MemoryType, "memory";
    global, Global: GlobalType, "global";
    tag, Tag: TagType, "tag";
}

impl ExternType {
    /// Returns the type of an import. `None` if its type index is out of range, which only an invalid module can
    /// cause.
    pub(crate) fn of_import(module: &Module, ty: ImportType) -> Result<Option<ExternType>, OutOfMemory> {
        let func_type = |index| module.func_type(index).map(FuncType::try_clone).transpose();
        Ok(Some(match ty {
            ImportType::Func(index) | ImportType::ExactFunc(index) => match func_type(index)? {
                Some(ty) => ExternType::Func(ty),
                None => return Ok(None),
            },
            ImportType::Table(ty) => ExternType::Table(module.table_type(ty)),
            ImportType::Memory(ty) => ExternType::Memory(ty),
            ImportType::Global(ty) => ExternType::Global(module.global_type(ty)),
            ImportType::Tag(index) => match func_type(index)? {
                Some(ty) => ExternType::Tag(TagType::new(ty)),
                None => return Ok(None),
            },
        }))
    }

    /// Returns the type of an export. `None` if its index is out of range.
    pub(crate) fn of_export(module: &Module, export: &Export) -> Result<Option<ExternType>, OutOfMemory> {
        let index = export.index as usize;
        let info = module.info();
        let func_type =
            |index: Option<&u32>| index.and_then(|&ty| module.func_type(ty)).map(FuncType::try_clone).transpose();
        Ok(match export.kind {
            ExportKind::Func => func_type(info.funcs.get(index))?.map(ExternType::Func),
            ExportKind::Table => info.tables.get(index).map(|&ty| ExternType::Table(module.table_type(ty))),
            ExportKind::Memory => info.memories.get(index).map(|&ty| ExternType::Memory(ty)),
            ExportKind::Global => info.globals.get(index).map(|&ty| ExternType::Global(module.global_type(ty))),
            ExportKind::Tag => func_type(info.tags.get(index))?.map(|ty| ExternType::Tag(TagType::new(ty))),
        })
    }
}
