//! Exception tables: which code of a function is covered by which handler. Nothing of it is looked at until something is thrown.

/// A handler, one clause of a `try`. Entries of a function stand inner ones first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Handler {
    /// Where the code begins that it covers: in units, or once linked in bytes, from the function's first.
    pub from: u32,
    /// Where that code ends.
    pub to: u32,
    /// Where to go on.
    pub target: u32,
    /// The index of the tag; or [`ANY`], or [`DELEGATE`].
    pub tag: u32,
    /// The first slot that the values go to. Of a [`DELEGATE`], the level from which on handlers further out are left out.
    pub slot: u16,
    /// How many slots the values take.
    pub count: u16,
    /// The slot that the reference to the exception goes to, or [`NO_SLOT`].
    pub reference: u16,
    /// How many `try`s are around its own.
    pub level: u16,
}

/// Whatever the tag.
pub const ANY: u32 = u32::MAX;
/// No handler: those between here and some level are left out.
pub const DELEGATE: u32 = u32::MAX - 1;
/// No slot.
pub const NO_SLOT: u16 = u16::MAX;
