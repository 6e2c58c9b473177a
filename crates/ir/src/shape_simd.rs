//! The shapes of vector instructions. A vector is in two neighbouring slots or in the vector accumulator. A constant
//! vector is given as its two halves.

use super::{Format, Operand, Shape, Summary, Variant, formats, set_of};

shapes! { vector_families:
    /// A copy of a vector.
    VecCopy { s vec [SrcPair, DstPair] }
    /// A constant vector, written to slots.
    VecConst { i vec [Imm64, Imm64, DstPair] }
    /// A constant vector, written to the accumulator.
    VecLoadConst { i_r vec [Imm64, Imm64] }
    /// A return of one vector.
    VecReturn { s vec [SrcPair, Header], r vec [Header] }
    /// One vector.
    VecUnary { s vec [SrcPair, DstPair], r vec [DstPair], s_r vec [SrcPair], r_r vec [] }
    /// [`VecUnary`] for rare families: no accumulators.
    VecUnary1 { s vec [SrcPair, DstPair] }
    /// [`VecTest`] for rare families.
    VecTest1 { s vec [SrcPair, Dst] }
    /// One vector, and a scalar result.
    VecTest { s vec [SrcPair, Dst], r vec [Dst], s_r vec [SrcPair], r_r vec [] }
    /// One scalar.
    VecSplat { s vec [Src, DstPair], r vec [DstPair] }
    /// [`VecSplat`] for rare families.
    VecSplat1 { s vec [Src, DstPair] }
    /// Two vectors. Here and below, rarer families have fewer variants, in which the result is always stored.
    VecBin1 { ss vec [SrcPair, SrcPair, DstPair] }
    /// Two vectors, for families that commute.
    VecBin2 { ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair] }
    /// [`VecBin2`] whose result may be left in the accumulator.
    VecBin4 { ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair], ss_r vec [SrcPair, SrcPair], rs_r vec [SrcPair] }
    /// Two vectors.
    VecBin3 { ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair], sr vec [SrcPair, DstPair] }
    /// Two vectors. The second may be constant.
    VecBin5 {
        ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair], sr vec [SrcPair, DstPair],
        si vec [SrcPair, Imm64, Imm64, DstPair], ri vec [Imm64, Imm64, DstPair],
    }
    /// Two vectors. The first may be constant.
    VecSwizzle {
        ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair], sr vec [SrcPair, DstPair],
        is vec [Imm64, Imm64, SrcPair, DstPair], ir vec [Imm64, Imm64, DstPair],
    }
    /// [`VecBin3`] whose result may be left in the accumulator.
    VecBin6 {
        ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair], sr vec [SrcPair, DstPair],
        ss_r vec [SrcPair, SrcPair], rs_r vec [SrcPair], sr_r vec [SrcPair],
    }
    /// [`VecBin4`] where one vector may be constant.
    VecBin8 {
        ss vec [SrcPair, SrcPair, DstPair], rs vec [SrcPair, DstPair],
        si vec [SrcPair, Imm64, Imm64, DstPair], ri vec [Imm64, Imm64, DstPair],
        ss_r vec [SrcPair, SrcPair], rs_r vec [SrcPair], si_r vec [SrcPair, Imm64, Imm64], ri_r vec [Imm64, Imm64],
    }
    /// Three vectors.
    VecThree {
        sss vec [SrcPair, SrcPair, SrcPair, DstPair], rss vec [SrcPair, SrcPair, DstPair], ssr vec [SrcPair, SrcPair, DstPair],
        sss_r vec [SrcPair, SrcPair, SrcPair], rss_r vec [SrcPair, SrcPair], ssr_r vec [SrcPair, SrcPair],
    }
    /// [`VecThree`] for rare families.
    VecThree1 { sss vec [SrcPair, SrcPair, SrcPair, DstPair] }
    /// Fused operation: the result of the first operation is the first source of the second.
    VecFused {
        sss vec [SrcPair, SrcPair, SrcPair, DstPair], rss vec [SrcPair, SrcPair, DstPair],
        sss_r vec [SrcPair, SrcPair, SrcPair], rss_r vec [SrcPair, SrcPair],
    }
    /// Fused operation: a rotation of lanes by a constant.
    VecRotl { si vec [SrcPair, Imm16, DstPair], ri vec [Imm16, DstPair], si_r vec [SrcPair, Imm16], ri_r vec [Imm16] }
    /// A branch on a vector.
    VecBranch { s vec [SrcPair, Target], r vec [Target] }
    /// A vector and a shift count for its lanes.
    VecShift {
        ss vec [SrcPair, Src, DstPair], si vec [SrcPair, Imm16, DstPair], ri vec [Imm16, DstPair],
        ss_r vec [SrcPair, Src], si_r vec [SrcPair, Imm16], ri_r vec [Imm16],
    }
    /// [`VecShift`] for rare families.
    VecShift2 { ss vec [SrcPair, Src, DstPair], si vec [SrcPair, Imm16, DstPair] }
    /// Two vectors, and a constant that chooses among their bytes, or among the bytes of a result computed from them.
    VecShuffle {
        ss vec [SrcPair, SrcPair, Imm64, Imm64, DstPair], rs vec [SrcPair, Imm64, Imm64, DstPair],
        ss_r vec [SrcPair, SrcPair, Imm64, Imm64], rs_r vec [SrcPair, Imm64, Imm64],
    }
    /// A vector, and a constant that chooses among its bytes.
    VecPermute {
        si vec [SrcPair, Imm64, Imm64, DstPair], ri vec [Imm64, Imm64, DstPair],
        si_r vec [SrcPair, Imm64, Imm64], ri_r vec [Imm64, Imm64],
    }
    /// Extracts one of 16 lanes.
    VecExtract16 { s vec [SrcPair, Lane16, Dst], s_r vec [SrcPair, Lane16] }
    /// Extracts one of 8 lanes.
    VecExtract8 { s vec [SrcPair, Lane8, Dst], s_r vec [SrcPair, Lane8] }
    /// Extracts one of 4 lanes.
    VecExtract4 { s vec [SrcPair, Lane4, Dst], s_r vec [SrcPair, Lane4] }
    /// A vector, and a scalar that replaces one of 16 lanes.
    VecReplace16 { ss vec [SrcPair, Src, Lane16, DstPair] }
    /// A vector, and a scalar that replaces one of 8 lanes.
    VecReplace8 { ss vec [SrcPair, Src, Lane8, DstPair] }
    /// A vector, and a scalar that replaces one of 4 lanes.
    VecReplace4 { ss vec [SrcPair, Src, Lane4, DstPair], rs vec [Src, Lane4, DstPair] }
    /// A vector, and a scalar that replaces a half.
    VecReplaceHalf { ss vec [SrcPair, Src, DstPair] }
    /// A load from memory 0, with addresses as in [`Load`](crate::shape::Load).
    VecLoad {
        s vec [Src, Offset, DstPair], r vec [Offset, DstPair], ss vec [Src, Src, Offset, DstPair],
        si vec [Src, Imm32, Offset, DstPair], ri vec [Imm32, Offset, DstPair],
        s_r vec [Src, Offset], r_r vec [Offset], ss_r vec [Src, Src, Offset],
        si_r vec [Src, Imm32, Offset], ri_r vec [Imm32, Offset],
    }
    /// A load from memory 0 at an address that is no sum.
    VecLoad2 { s vec [Src, Offset, DstPair], r vec [Offset, DstPair] }
    /// [`VecLoad2`] for rare families.
    VecLoad1 { s vec [Src, Offset, DstPair] }
    /// A store to memory 0: address, then value after `_`, as in [`Store`](crate::shape::Store).
    VecStore {
        s_s vec [Src, SrcPair, Offset], r_s vec [SrcPair, Offset],
        s_r vec [Src, Offset], ss_r vec [Src, Src, Offset], si_r vec [Src, Imm32, Offset],
    }
    /// A load from any memory.
    VecLoadAny { s vec [Src, Memory, Offset64, DstPair] }
    /// A store to any memory.
    VecStoreAny { s vec [Src, SrcPair, Memory, Offset64] }
    /// A load of one of 16 lanes: the address, then the vector.
    VecLoadLane16 { ss vec [Src, Offset, SrcPair, Lane16, DstPair] }
    /// A load of one of 8 lanes.
    VecLoadLane8 { ss vec [Src, Offset, SrcPair, Lane8, DstPair] }
    /// A load of one of 4 lanes.
    VecLoadLane4 { ss vec [Src, Offset, SrcPair, Lane4, DstPair] }
    /// A load of a half.
    VecLoadHalf { ss vec [Src, Offset, SrcPair, DstPair] }
    /// A store of one of 16 lanes.
    VecStoreLane16 { s vec [Src, SrcPair, Lane16, Offset] }
    /// A store of one of 8 lanes.
    VecStoreLane8 { s vec [Src, SrcPair, Lane8, Offset] }
    /// A store of one of 4 lanes.
    VecStoreLane4 { s vec [Src, SrcPair, Lane4, Offset] }
}
