//! The 16-bit immediate of casts and type tests: whether null passes, whether the answer is negated, and the kind of
//! type.

/// Null passes.
pub const NULLABLE: u16 = 1;
/// The answer is negated.
pub const NEGATED: u16 = 2;
/// The bits of the kind, which is one of the following.
pub const KIND: u16 = 0xfffc;
/// Every reference that is not null passes.
pub const TOP: u16 = 0 << 2;
/// No reference that is not null passes.
pub const BOTTOM: u16 = 1 << 2;
/// `i31`, structures and arrays pass.
pub const EQ: u16 = 2 << 2;
/// `i31` passes.
pub const I31: u16 = 3 << 2;
/// Structures pass.
pub const STRUCT: u16 = 4 << 2;
/// Arrays pass.
pub const ARRAY: u16 = 5 << 2;
/// Objects of the type that the instruction names pass, and those of its subtypes.
pub const OBJECT: u16 = 6 << 2;
/// Functions of the type that the instruction names pass, and those of its subtypes.
pub const FUNC: u16 = 7 << 2;
/// Objects of the type that the instruction names pass.
pub const EXACT_OBJECT: u16 = 8 << 2;
/// Functions of the type that the instruction names pass.
pub const EXACT_FUNC: u16 = 9 << 2;
