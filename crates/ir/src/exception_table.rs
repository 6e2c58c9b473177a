//! Exception tables: which handler covers which code of a function. They are used only when an exception is thrown.

/// An exception handler: one clause of a `try`. The handlers of a function are ordered from inner to outer ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ExceptionEntry {
    /// Where the covered code begins: the offset in the function's code, in units, or in bytes once it is linked.
    pub from: u32,
    /// Where the covered code ends.
    pub to: u32,
    /// Where execution continues.
    pub target: u32,
    /// The index of the tag, or [`ANY`], or [`DELEGATE`].
    pub tag: u32,
    /// The first slot that the exception's values are written to. For a [`DELEGATE`], a level: the search continues
    /// only with handlers whose level is lower.
    pub slot: u16,
    /// How many slots the values take.
    pub count: u16,
    /// The slot that the reference to the exception is written to, or [`NO_SLOT`].
    pub reference: u16,
    /// How many `try`s are around its own.
    pub level: u16,
}

/// Stands in [`ExceptionEntry::tag`] for any tag.
pub const ANY: u32 = u32::MAX;
/// Stands in [`ExceptionEntry::tag`] for a `delegate`. It catches nothing, but makes the search skip handlers.
pub const DELEGATE: u32 = u32::MAX - 1;
/// Stands in [`ExceptionEntry::reference`] for no slot.
pub const NO_SLOT: u16 = u16::MAX;
