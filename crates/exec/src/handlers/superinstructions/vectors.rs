//! Superinstructions of vector instructions. They are the sequences of two instructions that guests with vectors run
//! most (`cargo xtask bench vectors --count-each`), mainly loads with what follows them and stores with what precedes
//! them. Their handlers are in `wasmote-simd`.

use wasmote_ir::Op;

use super::{joined, number};

/// Passes the superinstructions of vector instructions to a macro. Each line has a first instruction and those that
/// may follow it.
#[macro_export]
macro_rules! for_each_vector_superinstruction {
    ($callback:ident) => {
        $callback! {
            BrV128Zero.r: I32x4Sub.ss;
            F32x4Add.rs_r: F32x4Le.ri, V128Store.s_r;
            F32x4Add.ss_r: F32x4MulAdd.rss;
            F32x4Mul.rs_r: V128Store.s_r;
            F32x4Mul.ss: F32x4Mul.ss;
            F32x4MulAdd.rss_r: V128Store.s_r;
            F32x4Sub.ss_r: F32x4Add.rs;
            F64x2Add.rs_r: V128Store.s_r;
            F64x2Mul.rs_r: V128Store.s_r;
            F64x2MulAdd.rss_r: V128Store.s_r;
            I32x4Add.rs: I32x4Add.rs, I32x4Add.ss, V128Xor.rs;
            I32x4Add.rs_r: V128Store.s_r;
            I32x4Add.ss: V128Xor.rs, V128Xor.ss;
            I32x4Rotl.ri: I32x4Add.rs;
            I32x4ShrU.si_r: V128Xor.rs;
            I8x16Add.rs_r: V128Store.s_r;
            I8x16Add.ss_r: I8x16GtU.sr;
            I8x16Eq.rs: V128Or.rs;
            I8x16Eq.ss: V128Or.rs, V128Or.rs_r;
            I8x16GtU.rs: V128Or.rs_r;
            I8x16GtU.sr: V128Or.rs;
            V128And.rs: V128And.ss_r;
            V128And.rs_r: I8x16Bitmask.r, V128Xor.rs_r;
            V128And.ss_r: V128Or.rs;
            V128Load.s: I8x16Eq.rs, V128Load.s, V128Load.s_r;
            V128Load.s_r: F32x4Add.rs_r, F32x4Mul.rs, F64x2Add.rs_r, F64x2Mul.rs, I32x4Add.rs_r, V128Store.s_r;
            V128Load.ss_r: I8x16Eq.rs, I8x16Eq.rs_r;
            V128Or.rs: V128And.si_r, V128And.ss_r, V128Load.si;
            V128Or.rs_r: I8x16Bitmask.r_r, V128And.rs;
            V128Xor.rs: I32x4Rotl.ri;
            V128Xor.ss: I32x4Rotl.ri;
        }
    };
}

macro_rules! opcodes {
    ($( $first:ident.$a:ident: $( $second:ident.$b:ident ),+ ; )*) => {
        /// Their opcodes, the first one in the upper half.
        pub static VECTORS: [u32; 0 $( $( + { let _ = Op::$second; 1 } )+ )*] = [$( $( joined(
            (Op::$first, number(Op::$first, stringify!($a))),
            (Op::$second, number(Op::$second, stringify!($b))),
        ), )+ )*];
    };
}
for_each_vector_superinstruction!(opcodes);

/// Returns the number of the superinstruction of these opcodes, if there is one. The list is short, so a linear
/// search is enough.
#[inline(never)]
pub fn find(opcodes: u32) -> Option<usize> {
    // Without `black_box`, the compiler writes out a comparison for each entry.
    core::hint::black_box(&VECTORS[..]).iter().position(|&listed| listed == opcodes)
}
