//! Instructions whose types depend on nothing but themselves, by opcode: what they take and leave, and what stands
//! behind them in the binary (spec: appendix/index-instructions). All others have arms of their own in `instructions`.

use wasmote_ir::ValType;

use crate::types::Ty;

/// A type in a row; number types have the numbers that they have elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum T {
    I32 = ValType::I32.number() as u8,
    I64 = ValType::I64.number() as u8,
    F32 = ValType::F32.number() as u8,
    F64 = ValType::F64.number() as u8,
    #[cfg(feature = "simd")]
    V128 = ValType::V128.number() as u8,
    /// An address of the memory that the instruction names.
    Address,
    /// No value.
    None,
}

/// What stands behind the opcode.
#[derive(Clone, Copy)]
pub enum Immediate {
    None,
    /// Alignment, at most this power of two, and offset.
    Memory(u8),
    /// The same, then a lane of this size.
    #[cfg(feature = "simd")]
    MemoryLane(u8),
    /// Alignment, exactly this power of two, and offset.
    Atomic(u8),
    /// A lane of so many.
    #[cfg(feature = "simd")]
    Lane(u8),
    /// Sixteen lanes of 32.
    #[cfg(feature = "simd")]
    Shuffle,
    /// So many bytes.
    Bytes(u8),
}

/// A proposal that an instruction belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Proposal {
    None,
    SignExtension,
    SaturatingFloatToInt,
    #[cfg(feature = "simd")]
    Simd,
    #[cfg(feature = "simd")]
    RelaxedSimd,
    Threads,
    /// There is no such instruction here.
    Unknown,
}

#[derive(Clone, Copy)]
pub struct Row {
    pub proposal: Proposal,
    pub immediate: Immediate,
    /// In the order of the stack; what is not there comes first.
    pub pops: [T; 3],
    pub push: T,
}

pub const UNKNOWN: Row =
    Row { proposal: Proposal::Unknown, immediate: Immediate::None, pops: [T::None; 3], push: T::None };

impl T {
    /// The type, given that of addresses.
    #[inline(always)]
    pub fn ty(self, address: Ty) -> Ty {
        if self as u8 == T::Address as u8 { address } else { Ty::of_number_type(self as u8) }
    }
}

/// Types in the order of the stack, at the end of three.
pub const fn pops(types: &[T]) -> [T; 3] {
    match *types {
        [a, b, c] => [a, b, c],
        [b, c] => [T::None, b, c],
        [c] => [T::None, T::None, c],
        _ => [T::None; 3],
    }
}

/// The value of these, of which there is at most one.
pub const fn push(types: &[T]) -> T {
    if let [ty] = *types { ty } else { T::None }
}

/// Puts the row at all opcodes of these spans, the last included.
pub const fn fill<const N: usize>(rows: &mut [Row; N], spans: &[(usize, usize)], row: Row) {
    let mut span = 0;
    while span < spans.len() {
        let (mut at, last) = spans[span];
        while at <= last {
            rows[at] = row;
            at += 1;
        }
        span += 1;
    }
}

macro_rules! span {
    ($only:literal) => {
        ($only, $only)
    };
    ($first:literal to $last:literal) => {
        ($first, $last)
    };
}

macro_rules! rows {
    ($size:literal; $( $proposal:ident: $( $($first:literal $(to $last:literal)?),+ => $immediate:expr, [$($pop:ident)*] $($push:ident)?; )* )*) => {{
        let mut rows = [UNKNOWN; $size];
        $( $(
            fill(&mut rows, &[$( span!($first $(to $last)?) ),+], Row {
                proposal: Proposal::$proposal,
                immediate: $immediate,
                pops: pops(&[$(T::$pop),*]),
                push: push(&[$(T::$push)?]),
            });
        )* )*
        rows
    }};
}

use Immediate::{Atomic, Bytes, Memory};
pub const NO: Immediate = Immediate::None;

/// Opcodes of one byte.
pub static ROWS: [Row; 0x100] = rows! { 0x100;
    None:
        // Loads and stores.
        0x28 => Memory(2), [Address] I32;
        0x29 => Memory(3), [Address] I64;
        0x2a => Memory(2), [Address] F32;
        0x2b => Memory(3), [Address] F64;
        0x2c to 0x2d => Memory(0), [Address] I32;
        0x2e to 0x2f => Memory(1), [Address] I32;
        0x30 to 0x31 => Memory(0), [Address] I64;
        0x32 to 0x33 => Memory(1), [Address] I64;
        0x34 to 0x35 => Memory(2), [Address] I64;
        0x36 => Memory(2), [Address I32];
        0x37 => Memory(3), [Address I64];
        0x38 => Memory(2), [Address F32];
        0x39 => Memory(3), [Address F64];
        0x3a => Memory(0), [Address I32];
        0x3b => Memory(1), [Address I32];
        0x3c => Memory(0), [Address I64];
        0x3d => Memory(1), [Address I64];
        0x3e => Memory(2), [Address I64];
        // Constants of fixed length.
        0x43 => Bytes(4), [] F32;
        0x44 => Bytes(8), [] F64;
        // Tests and comparisons.
        0x45 => NO, [I32] I32;
        0x46 to 0x4f => NO, [I32 I32] I32;
        0x50 => NO, [I64] I32;
        0x51 to 0x5a => NO, [I64 I64] I32;
        0x5b to 0x60 => NO, [F32 F32] I32;
        0x61 to 0x66 => NO, [F64 F64] I32;
        // Arithmetic.
        0x67 to 0x69 => NO, [I32] I32;
        0x6a to 0x78 => NO, [I32 I32] I32;
        0x79 to 0x7b => NO, [I64] I64;
        0x7c to 0x8a => NO, [I64 I64] I64;
        0x8b to 0x91 => NO, [F32] F32;
        0x92 to 0x98 => NO, [F32 F32] F32;
        0x99 to 0x9f => NO, [F64] F64;
        0xa0 to 0xa6 => NO, [F64 F64] F64;
        // Conversions.
        0xa7 => NO, [I64] I32;
        0xa8 to 0xa9, 0xbc => NO, [F32] I32;
        0xaa to 0xab => NO, [F64] I32;
        0xac to 0xad => NO, [I32] I64;
        0xae to 0xaf => NO, [F32] I64;
        0xb0 to 0xb1, 0xbd => NO, [F64] I64;
        0xb2 to 0xb3, 0xbe => NO, [I32] F32;
        0xb4 to 0xb5 => NO, [I64] F32;
        0xb6 => NO, [F64] F32;
        0xb7 to 0xb8 => NO, [I32] F64;
        0xb9 to 0xba, 0xbf => NO, [I64] F64;
        0xbb => NO, [F32] F64;
    SignExtension:
        0xc0 to 0xc1 => NO, [I32] I32;
        0xc2 to 0xc4 => NO, [I64] I64;
};

/// Behind the prefix 0xfc.
pub static ROWS_FC: [Row; 8] = rows! { 8;
    SaturatingFloatToInt:
        0x00 to 0x01 => NO, [F32] I32;
        0x02 to 0x03 => NO, [F64] I32;
        0x04 to 0x05 => NO, [F32] I64;
        0x06 to 0x07 => NO, [F64] I64;
};

/// Behind the prefix 0xfe: atomic accesses. No build runs them yet; what a module needs is named all the same.
pub static ROWS_FE: [Row; 0x4f] = rows! { 0x4f;
    Threads:
        0x00 => Atomic(2), [Address I32] I32;
        0x01 => Atomic(2), [Address I32 I64] I32;
        0x02 => Atomic(3), [Address I64 I64] I32;
        0x10 => Atomic(2), [Address] I32;
        0x11 => Atomic(3), [Address] I64;
        0x12 => Atomic(0), [Address] I32;
        0x13 => Atomic(1), [Address] I32;
        0x14 => Atomic(0), [Address] I64;
        0x15 => Atomic(1), [Address] I64;
        0x16 => Atomic(2), [Address] I64;
        0x17 => Atomic(2), [Address I32];
        0x18 => Atomic(3), [Address I64];
        0x19 => Atomic(0), [Address I32];
        0x1a => Atomic(1), [Address I32];
        0x1b => Atomic(0), [Address I64];
        0x1c => Atomic(1), [Address I64];
        0x1d => Atomic(2), [Address I64];
        // Read, modify, write: seven widths each of add, sub, and, or, xor, xchg.
        0x1e, 0x25, 0x2c, 0x33, 0x3a, 0x41 => Atomic(2), [Address I32] I32;
        0x1f, 0x26, 0x2d, 0x34, 0x3b, 0x42 => Atomic(3), [Address I64] I64;
        0x20, 0x27, 0x2e, 0x35, 0x3c, 0x43 => Atomic(0), [Address I32] I32;
        0x21, 0x28, 0x2f, 0x36, 0x3d, 0x44 => Atomic(1), [Address I32] I32;
        0x22, 0x29, 0x30, 0x37, 0x3e, 0x45 => Atomic(0), [Address I64] I64;
        0x23, 0x2a, 0x31, 0x38, 0x3f, 0x46 => Atomic(1), [Address I64] I64;
        0x24, 0x2b, 0x32, 0x39, 0x40, 0x47 => Atomic(2), [Address I64] I64;
        // cmpxchg
        0x48 => Atomic(2), [Address I32 I32] I32;
        0x49 => Atomic(3), [Address I64 I64] I64;
        0x4a => Atomic(0), [Address I32 I32] I32;
        0x4b => Atomic(1), [Address I32 I32] I32;
        0x4c => Atomic(0), [Address I64 I64] I64;
        0x4d => Atomic(1), [Address I64 I64] I64;
        0x4e => Atomic(2), [Address I64 I64] I64;
};
