//! Imports and exports, as numbers in a store.

/// An item in a store that a module imports or exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A function, by its reference.
    Func(u32),
    /// A table, by its number.
    Table(u32),
    /// A memory, by its number.
    Memory(u32),
    /// A global, by its number.
    Global(u32),
    /// A tag, by its number.
    Tag(u32),
}
