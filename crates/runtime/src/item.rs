//! What is imported and exported, as numbers in a store.

/// Something in a store that a module imports or exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A function, by its reference.
    Func(u32),
    /// A table.
    Table(u32),
    /// A memory.
    Memory(u32),
    /// A global.
    Global(u32),
    /// A tag.
    Tag(u32),
}
