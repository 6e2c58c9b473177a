//! What can be imported and exported (spec: exec/runtime#external-instances).

use wasmote_decode::{FuncType, GlobalType, MemoryType, TableType};
use wasmote_ir::fallible::OutOfMemory;

use crate::context::AsContext;
use crate::func::{Func, func_type};
use crate::global::Global;
use crate::memory::Memory;
use crate::shared::no_memory;
use crate::store::StoreInner;
use crate::table::Table;
use crate::tag::Tag;

/// Something that a module imports or exports.
#[derive(Clone, Copy, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

/// The type of an [`Extern`]. Prints as `func (i32, i32) -> i64`, `memory 1..=16` (pages) and the like, with feature
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

macro_rules! into {
    ($($name:ident, $kind:ident;)*) => {
        impl Extern {
            $(
                #[doc = concat!("The ", stringify!($name), ", if it is one.")]
                pub fn $name(self) -> Option<$kind> {
                    match self {
                        Extern::$kind(it) => Some(it),
                        _ => None,
                    }
                }
            )*
        }

        $(
            impl From<$kind> for Extern {
                fn from(it: $kind) -> Extern {
                    Extern::$kind(it)
                }
            }
        )*
    };
}

into! {
    func, Func;
    table, Table;
    memory, Memory;
    global, Global;
    tag, Tag;
}

impl Extern {
    /// The type. Tables and memories have the size they have now as their minimum.
    ///
    /// # Panics
    /// If this belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> ExternType {
        self.type_in(ctx.as_context().inner()).unwrap_or_else(|_| no_memory())
    }

    pub(crate) fn type_in(self, store: &StoreInner) -> Result<ExternType, OutOfMemory> {
        Ok(match self {
            Extern::Func(func) => ExternType::Func(func_type(store, func.record(store)).try_clone()?),
            Extern::Table(table) => {
                let record = table.record(store);
                let min = record.size();
                ExternType::Table(TableType { min, ..*record.ty() })
            }
            Extern::Memory(memory) => {
                let record = memory.record(store);
                let min = record.size();
                ExternType::Memory(MemoryType { min, ..*record.ty() })
            }
            Extern::Global(global) => ExternType::Global(*global.record(store).ty()),
            Extern::Tag(tag) => ExternType::Tag(tag.record(store).ty.try_clone()?),
        })
    }
}

impl ExternType {
    /// The function type, if it is one.
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            ExternType::Func(ty) => Some(ty),
            _ => None,
        }
    }
}
