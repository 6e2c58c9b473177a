//! What a cast asks for, in 16 bits: whether null is of the type, whether the answer is turned round, and what the type is.

/// Null is of the type.
pub const NULLABLE: u16 = 1;
/// The answer is turned round.
pub const NEGATED: u16 = 2;
/// The bits that say what the type is: one of those that follow.
pub const KIND: u16 = 0xfffc;
/// Whatever is not null.
pub const TOP: u16 = 0 << 2;
/// Nothing.
pub const BOTTOM: u16 = 1 << 2;
/// Integers, structures and arrays.
pub const EQ: u16 = 2 << 2;
/// Integers.
pub const I31: u16 = 3 << 2;
/// Structures.
pub const STRUCT: u16 = 4 << 2;
/// Arrays.
pub const ARRAY: u16 = 5 << 2;
/// Objects of the type that is named, or subtypes.
pub const OBJECT: u16 = 6 << 2;
/// Functions of the type that is named, or subtypes.
pub const FUNC: u16 = 7 << 2;
