//! Items that modules import and export (spec: exec/runtime#external-instances).

use wasmote_decode::{ImportType, MemoryType, TagType};
use wasmote_ir::fallible::OutOfMemory;
use wasmote_runtime::{Item, Module, Store, memory_matches, no_memory};

use crate::error::Error;
use crate::shared_memory::SharedMemory;

use crate::context::AsContext;
use crate::extern_type::ExternType;
use crate::handles::{Func, Global, Memory, Table, Tag};

/// An item that a module imports or exports.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory of one store.
    Memory(Memory),
    /// A memory that threads share. It belongs to no store.
    SharedMemory(SharedMemory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

macro_rules! into {
    ($($into:ident, $kind:ident, $what:literal;)*) => {
        impl Extern {
            $(
                #[doc = concat!("Returns the ", $what, ", if this is one.")]
                #[must_use]
                pub fn $into(self) -> Option<$kind> {
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
    into_func, Func, "function";
    into_table, Table, "table";
    into_memory, Memory, "memory";
    into_shared_memory, SharedMemory, "shared memory";
    into_global, Global, "global";
    into_tag, Tag, "tag";
}

impl Extern {
    /// Returns the type. The minimum of a table or memory is its current size.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub fn ty(&self, ctx: impl AsContext) -> ExternType {
        self.type_in(ctx.as_context().inner()).unwrap_or_else(|_| no_memory())
    }

    pub(crate) fn type_in(&self, store: &Store) -> Result<ExternType, OutOfMemory> {
        match self.place(store) {
            Place::Store(item) => type_of(item, store),
            Place::Shared(memory) => Ok(ExternType::Memory(type_of_shared(memory))),
        }
    }

    /// Returns whether the type matches that of an import.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub(crate) fn matches(&self, store: &Store, module: &Module, wanted: ImportType) -> bool {
        match (self.place(store), wanted) {
            (Place::Store(item), _) => store.matches(module, wanted, item),
            (Place::Shared(memory), ImportType::Memory(wanted)) => memory_matches(wanted, &type_of_shared(memory)),
            (Place::Shared(_), _) => false,
        }
    }

    /// Returns the handle of one of the runtime's items.
    pub(crate) fn of(store: &Store, item: Item) -> Extern {
        match item {
            Item::Func(func) => Extern::Func(Func::of(store, func)),
            Item::Table(table) => Extern::Table(Table::of(store, table)),
            Item::Memory(memory) => match store.memory(memory).shared() {
                Some(shared) => Extern::SharedMemory(SharedMemory::of(shared)),
                None => Extern::Memory(Memory::of(store, memory)),
            },
            Item::Global(global) => Extern::Global(Global::of(store, global)),
            Item::Tag(tag) => Extern::Tag(Tag::of(store, tag)),
        }
    }

    /// Returns the runtime's item. The first use of a shared memory adds it to the store.
    ///
    /// # Errors
    /// Fails if the store cannot have the shared memory.
    ///
    /// # Panics
    /// If the handle belongs to another store.
    pub(crate) fn item(&self, store: &mut Store) -> Result<Item, Error> {
        match self.place(store) {
            Place::Store(item) => Ok(item),
            Place::Shared(memory) => Ok(Item::Memory(store.add_shared_memory(memory.inner())?)),
        }
    }

    fn place(&self, store: &Store) -> Place<'_> {
        Place::Store(match self {
            Extern::Func(func) => Item::Func(func.number(store)),
            Extern::Table(table) => Item::Table(table.number(store)),
            Extern::Memory(memory) => Item::Memory(memory.number(store)),
            Extern::SharedMemory(memory) => return Place::Shared(memory),
            Extern::Global(global) => Item::Global(global.number(store)),
            Extern::Tag(tag) => Item::Tag(tag.number(store)),
        })
    }
}

/// Where an item is.
enum Place<'a> {
    /// In the store.
    Store(Item),
    /// In no store.
    Shared(&'a SharedMemory),
}

fn type_of_shared(memory: &SharedMemory) -> MemoryType {
    memory.ty().with_minimum(memory.size())
}

fn type_of(item: Item, store: &Store) -> Result<ExternType, OutOfMemory> {
    Ok(match item {
        Item::Func(func) => ExternType::Func(store.func_type(func).try_clone()?),
        Item::Table(table) => {
            let record = store.table(table);
            ExternType::Table(record.ty().with_minimum(record.size()))
        }
        Item::Memory(memory) => {
            let record = store.memory(memory);
            ExternType::Memory(record.ty().with_minimum(record.size()))
        }
        Item::Global(global) => ExternType::Global(*store.global(global).ty()),
        Item::Tag(tag) => ExternType::Tag(TagType::new(store.tag(tag).ty().try_clone()?)),
    })
}
