//! Items that modules import and export (spec: exec/runtime#external-instances).

use wasmote_decode::{MemoryType, TableType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime::{Item, Store, no_memory};

use crate::context::AsContext;
use crate::extern_type::ExternType;
use crate::handles::{Func, Global, Memory, Table, Tag};

/// An item that a module imports or exports.
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

macro_rules! into {
    ($($name:ident, $kind:ident;)*) => {
        impl Extern {
            $(
                #[doc = concat!("Returns the ", stringify!($name), ", if this is one.")]
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
    /// Returns the type. The minimum of a table or memory is its current size.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> ExternType {
        self.type_in(ctx.as_context().inner()).unwrap_or_else(|_| no_memory())
    }

    pub(crate) fn type_in(self, store: &Store) -> Result<ExternType, OutOfMemory> {
        type_of(self.item(store), store)
    }

    /// Returns the handle of one of the runtime's items.
    pub(crate) fn of(store: &Store, item: Item) -> Extern {
        match item {
            Item::Func(func) => Extern::Func(Func::of(store, func)),
            Item::Table(table) => Extern::Table(Table::of(store, table)),
            Item::Memory(memory) => Extern::Memory(Memory::of(store, memory)),
            Item::Global(global) => Extern::Global(Global::of(store, global)),
            Item::Tag(tag) => Extern::Tag(Tag::of(store, tag)),
        }
    }

    /// Returns the runtime's item.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub(crate) fn item(self, store: &Store) -> Item {
        match self {
            Extern::Func(func) => Item::Func(func.number(store)),
            Extern::Table(table) => Item::Table(table.number(store)),
            Extern::Memory(memory) => Item::Memory(memory.number(store)),
            Extern::Global(global) => Item::Global(global.number(store)),
            Extern::Tag(tag) => Item::Tag(tag.number(store)),
        }
    }
}

fn type_of(item: Item, store: &Store) -> Result<ExternType, OutOfMemory> {
    Ok(match item {
        Item::Func(func) => ExternType::Func(store.func_type(func).try_clone()?),
        Item::Table(table) => {
            let record = store.table(table);
            ExternType::Table(TableType { min: record.size(), ..*record.ty() })
        }
        Item::Memory(memory) => {
            let record = store.memory(memory);
            ExternType::Memory(MemoryType { min: record.size(), ..*record.ty() })
        }
        Item::Global(global) => ExternType::Global(*store.global(global).ty()),
        Item::Tag(tag) => ExternType::Tag(store.tag(tag).ty().try_clone()?),
    })
}
