//! Typed construction of instructions. A family whose shape is known to the compiler has a method for each variant. The
//! method takes the operands that the shape lists, each with its own type.
//!
//! ```
//! use wasmote_ir::ops::family;
//! use wasmote_ir::write::{Base, Slot};
//!
//! let call = family::CallRef.s((Slot(3), Base(7)));
//! assert_eq!(call.values, [3, 7]);
//! ```
//!
//! Operands in a wrong order do not compile:
//!
//! ```compile_fail
//! use wasmote_ir::ops::family;
//! use wasmote_ir::write::{Base, Slot};
//!
//! let call = family::CallRef.s((Base(7), Slot(3)));
//! ```
//!
//! The result has the family, the number of the variant and the values of the operands. So the code that encodes it
//! needs no generics. Where the classes depend on the operands, the caller looks up the variant instead
//! ([`Sources`](crate::ops::Sources)).

use crate::ops::Op;

/// An instruction that is not encoded yet.
#[derive(Clone, Copy, Debug)]
pub struct Instruction<const N: usize> {
    /// The family.
    pub op: Op,
    /// The number of the variant.
    pub variant: u8,
    /// The values of the operands, in order.
    pub values: [u64; N],
}

macro_rules! operands {
    ($( $(#[$doc:meta])* $name:ident($ty:ty); )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name(pub $ty);

        impl From<$name> for u64 {
            #[inline(always)]
            fn from(operand: $name) -> u64 {
                operand.0.into()
            }
        }
    )* };
}

operands! {
    /// A slot that is read, or the first of several.
    Slot(u16);
    /// A slot that is written, or the first of several.
    Dst(u16);
    /// A slot that is read and written.
    SlotDst(u16);
    /// The first slot of a call's arguments, or the first slot that is not in use.
    Base(u16);
    /// The slot of the frame's header.
    Header(u16);
    /// The length of a run of slots.
    Count(u16);
    /// A constant.
    Imm(u64);
    /// An offset in a memory, in bytes.
    Offset(u64);
    /// The number of targets that follow.
    Targets(u32);
    /// The index of a function.
    Func(u32);
    /// The index of a type.
    Type(u32);
    /// The index of a global.
    Global(u32);
    /// The index of a memory.
    Memory(u32);
    /// The index of a table.
    Table(u32);
    /// The index of a segment.
    Segment(u32);
    /// The index of a tag.
    Tag(u32);
    /// The offset of a field in an object, in bytes.
    Field(u32);
    /// The index of a lane.
    Lane(u8);
}

/// A target, which the caller sets later.
#[derive(Clone, Copy, Debug)]
pub struct Target;

impl From<Target> for u64 {
    #[inline(always)]
    fn from(_target: Target) -> u64 {
        0
    }
}

/// An unused operand.
#[derive(Clone, Copy, Debug)]
pub struct Padding;

impl From<Padding> for u64 {
    #[inline(always)]
    fn from(_padding: Padding) -> u64 {
        0
    }
}

/// Names the type of an operand that a shape lists.
macro_rules! operand_type {
    (Src) => {
        $crate::write::Slot
    };
    (SrcPair) => {
        $crate::write::Slot
    };
    (SrcRun) => {
        $crate::write::Slot
    };
    (Dst) => {
        $crate::write::Dst
    };
    (DstPair) => {
        $crate::write::Dst
    };
    (DstFour) => {
        $crate::write::Dst
    };
    (DstRun) => {
        $crate::write::Dst
    };
    (SrcDst) => {
        $crate::write::SlotDst
    };
    (Imm16) => {
        $crate::write::Imm
    };
    (Imm32) => {
        $crate::write::Imm
    };
    (Imm64) => {
        $crate::write::Imm
    };
    (Offset16) => {
        $crate::write::Offset
    };
    (Offset64) => {
        $crate::write::Offset
    };
    (TargetCount) => {
        $crate::write::Targets
    };
    (Defined) => {
        $crate::write::Func
    };
    (Import) => {
        $crate::write::Func
    };
    (GlobalPair) => {
        $crate::write::Global
    };
    (GlobalDst) => {
        $crate::write::Global
    };
    (GlobalDstPair) => {
        $crate::write::Global
    };
    (Data) => {
        $crate::write::Segment
    };
    (Elem) => {
        $crate::write::Segment
    };
    (Lane4) => {
        $crate::write::Lane
    };
    (Lane8) => {
        $crate::write::Lane
    };
    (Lane16) => {
        $crate::write::Lane
    };
    ($operand:ident) => {
        $crate::write::$operand
    };
}

/// A tuple of operands, in order.
pub trait Operands<const N: usize> {
    /// Returns the values of the operands.
    fn values(self) -> [u64; N];
}

macro_rules! tuples {
    ($( $count:literal: $($operand:ident)*; )*) => { $(
        impl<$($operand: Into<u64>),*> Operands<$count> for ($($operand,)*) {
            #[inline(always)]
            #[allow(non_snake_case)]
            fn values(self) -> [u64; $count] {
                let ($($operand,)*) = self;
                [$($operand.into()),*]
            }
        }
    )* };
}

tuples! {
    0: ;
    1: A;
    2: A B;
    3: A B C;
    4: A B C D;
    5: A B C D E;
    6: A B C D E F;
    7: A B C D E F G;
}
