//! Gives each row its operation.

use wasmote_exec::vector::{Binary, FeedsFirst, Ternary, Unary, Vector};
use wasmote_ir::TrapCode;

use crate::shapes::{Condition, Extract, Replace, Shift, Shuffle};

/// Implements the rows whose operands are all values.
macro_rules! rows {
    ($level:ident;
        binary { $($binary:ident = $binary_op:ident;)* }
        unary { $($unary:ident = $unary_op:ident;)* }
        test { $($test:ident = $test_op:ident;)* }
        three { $($three:ident = $three_op:ident;)* }
        shift { $($shift:ident = $shift_op:ident;)* }
    ) => {
        $(
            pub struct $binary;
            impl Binary for $binary {
                type In = Vector;
                type Out = Vector;
                #[inline(always)]
                fn eval(a: Vector, b: Vector) -> Result<Vector, TrapCode> {
                    Ok(crate::$level::$binary_op(a, b))
                }
            }
        )*
        $(
            pub struct $unary;
            impl Unary for $unary {
                type In = Vector;
                type Out = Vector;
                #[inline(always)]
                fn eval(a: Vector) -> Result<Vector, TrapCode> {
                    Ok(crate::$level::$unary_op(a))
                }
            }
        )*
        $(
            pub struct $test;
            impl Unary for $test {
                type In = Vector;
                type Out = u32;
                #[inline(always)]
                fn eval(a: Vector) -> Result<u32, TrapCode> {
                    Ok(crate::$level::$test_op(a))
                }
            }
        )*
        $(
            pub struct $three;
            impl Ternary for $three {
                type Value = Vector;
                #[inline(always)]
                fn eval(a: Vector, b: Vector, c: Vector) -> Result<Vector, TrapCode> {
                    Ok(crate::$level::$three_op(a, b, c))
                }
            }
        )*
        $(
            pub struct $shift;
            impl Shift for $shift {
                #[inline(always)]
                fn eval(a: Vector, by: u32) -> Vector {
                    crate::$level::$shift_op(a, by)
                }
            }
        )*
    };
}

/// All rows.
pub mod baseline {
    use super::*;
    pub use crate::memory::rows::*;
    pub use crate::shapes::rows::*;

    rows! { baseline;
    binary {
        I8x16InterleaveLow = i8x16_interleave_low;
        I8x16InterleaveHigh = i8x16_interleave_high;
        I16x8InterleaveLow = i16x8_interleave_low;
        I16x8InterleaveHigh = i16x8_interleave_high;
        I32x4InterleaveLow = i32x4_interleave_low;
        I32x4InterleaveHigh = i32x4_interleave_high;
        I64x2InterleaveLow = i64x2_interleave_low;
        I64x2InterleaveHigh = i64x2_interleave_high;
        I8x16Swizzle = i8x16_swizzle;
        I8x16RelaxedSwizzle = i8x16_swizzle;
        V128And = v128_and;
        V128AndNot = v128_andnot;
        V128Or = v128_or;
        V128Xor = v128_xor;
        I8x16Eq = i8x16_eq;
        I8x16Ne = i8x16_ne;
        I8x16GtS = i8x16_gt_s;
        I8x16GtU = i8x16_gt_u;
        I8x16GeS = i8x16_ge_s;
        I8x16GeU = i8x16_ge_u;
        I8x16Add = i8x16_add;
        I8x16Sub = i8x16_sub;
        I8x16AddSatS = i8x16_add_sat_s;
        I8x16SubSatS = i8x16_sub_sat_s;
        I8x16AddSatU = i8x16_add_sat_u;
        I8x16SubSatU = i8x16_sub_sat_u;
        I8x16AvgrU = i8x16_avgr_u;
        I8x16MinS = i8x16_min_s;
        I8x16MinU = i8x16_min_u;
        I8x16MaxS = i8x16_max_s;
        I8x16MaxU = i8x16_max_u;
        I8x16NarrowI16x8S = i8x16_narrow_i16x8_s;
        I8x16NarrowI16x8U = i8x16_narrow_i16x8_u;
        I16x8Eq = i16x8_eq;
        I16x8Ne = i16x8_ne;
        I16x8GtS = i16x8_gt_s;
        I16x8GtU = i16x8_gt_u;
        I16x8GeS = i16x8_ge_s;
        I16x8GeU = i16x8_ge_u;
        I16x8Add = i16x8_add;
        I16x8Sub = i16x8_sub;
        I16x8AddSatS = i16x8_add_sat_s;
        I16x8SubSatS = i16x8_sub_sat_s;
        I16x8AddSatU = i16x8_add_sat_u;
        I16x8SubSatU = i16x8_sub_sat_u;
        I16x8AvgrU = i16x8_avgr_u;
        I16x8Mul = i16x8_mul;
        I16x8MinS = i16x8_min_s;
        I16x8MinU = i16x8_min_u;
        I16x8MaxS = i16x8_max_s;
        I16x8MaxU = i16x8_max_u;
        I16x8NarrowI32x4S = i16x8_narrow_i32x4_s;
        I16x8NarrowI32x4U = i16x8_narrow_i32x4_u;
        I16x8Q15MulrSatS = i16x8_q15mulr_sat_s;
        I16x8RelaxedQ15mulrS = i16x8_q15mulr_sat_s;
        I16x8RelaxedDotI8x16I7x16S = i16x8_relaxed_dot_i8x16_i7x16_s;
        I16x8ExtMulLowI8x16S = i16x8_extmul_low_i8x16_s;
        I16x8ExtMulLowI8x16U = i16x8_extmul_low_i8x16_u;
        I16x8ExtMulHighI8x16S = i16x8_extmul_high_i8x16_s;
        I16x8ExtMulHighI8x16U = i16x8_extmul_high_i8x16_u;
        I32x4Eq = i32x4_eq;
        I32x4Ne = i32x4_ne;
        I32x4GtS = i32x4_gt_s;
        I32x4GtU = i32x4_gt_u;
        I32x4GeS = i32x4_ge_s;
        I32x4GeU = i32x4_ge_u;
        I32x4Add = i32x4_add;
        I32x4Sub = i32x4_sub;
        I32x4Mul = i32x4_mul;
        I32x4MinS = i32x4_min_s;
        I32x4MinU = i32x4_min_u;
        I32x4MaxS = i32x4_max_s;
        I32x4MaxU = i32x4_max_u;
        I32x4DotI16x8S = i32x4_dot_i16x8_s;
        I32x4ExtMulLowI16x8S = i32x4_extmul_low_i16x8_s;
        I32x4ExtMulLowI16x8U = i32x4_extmul_low_i16x8_u;
        I32x4ExtMulHighI16x8S = i32x4_extmul_high_i16x8_s;
        I32x4ExtMulHighI16x8U = i32x4_extmul_high_i16x8_u;
        I64x2Eq = i64x2_eq;
        I64x2Ne = i64x2_ne;
        I64x2GtS = i64x2_gt_s;
        I64x2GeS = i64x2_ge_s;
        I64x2Add = i64x2_add;
        I64x2Sub = i64x2_sub;
        I64x2Mul = i64x2_mul;
        I64x2ExtMulLowI32x4S = i64x2_extmul_low_i32x4_s;
        I64x2ExtMulLowI32x4U = i64x2_extmul_low_i32x4_u;
        I64x2ExtMulHighI32x4S = i64x2_extmul_high_i32x4_s;
        I64x2ExtMulHighI32x4U = i64x2_extmul_high_i32x4_u;
        F32x4Eq = f32x4_eq;
        F32x4Ne = f32x4_ne;
        F32x4Lt = f32x4_lt;
        F32x4Le = f32x4_le;
        F32x4Add = f32x4_add;
        F32x4Sub = f32x4_sub;
        F32x4Mul = f32x4_mul;
        F32x4Div = f32x4_div;
        F32x4Min = f32x4_min;
        F32x4Max = f32x4_max;
        F32x4PMin = f32x4_pmin;
        F32x4PMax = f32x4_pmax;
        F32x4RelaxedMin = f32x4_min;
        F32x4RelaxedMax = f32x4_max;
        F64x2Eq = f64x2_eq;
        F64x2Ne = f64x2_ne;
        F64x2Lt = f64x2_lt;
        F64x2Le = f64x2_le;
        F64x2Add = f64x2_add;
        F64x2Sub = f64x2_sub;
        F64x2Mul = f64x2_mul;
        F64x2Div = f64x2_div;
        F64x2Min = f64x2_min;
        F64x2Max = f64x2_max;
        F64x2PMin = f64x2_pmin;
        F64x2PMax = f64x2_pmax;
        F64x2RelaxedMin = f64x2_min;
        F64x2RelaxedMax = f64x2_max;
    }
    unary {
        V128Not = v128_not;
        I8x16Abs = i8x16_abs;
        I8x16Neg = i8x16_neg;
        I8x16Popcnt = i8x16_popcnt;
        I16x8Abs = i16x8_abs;
        I16x8Neg = i16x8_neg;
        I16x8ExtAddPairwiseI8x16S = i16x8_extadd_pairwise_i8x16_s;
        I16x8ExtAddPairwiseI8x16U = i16x8_extadd_pairwise_i8x16_u;
        I16x8ExtendLowI8x16S = i16x8_extend_low_i8x16_s;
        I16x8ExtendLowI8x16U = i16x8_extend_low_i8x16_u;
        I16x8ExtendHighI8x16S = i16x8_extend_high_i8x16_s;
        I16x8ExtendHighI8x16U = i16x8_extend_high_i8x16_u;
        I32x4Abs = i32x4_abs;
        I32x4Neg = i32x4_neg;
        I32x4ExtAddPairwiseI16x8S = i32x4_extadd_pairwise_i16x8_s;
        I32x4ExtAddPairwiseI16x8U = i32x4_extadd_pairwise_i16x8_u;
        I32x4ExtendLowI16x8S = i32x4_extend_low_i16x8_s;
        I32x4ExtendLowI16x8U = i32x4_extend_low_i16x8_u;
        I32x4ExtendHighI16x8S = i32x4_extend_high_i16x8_s;
        I32x4ExtendHighI16x8U = i32x4_extend_high_i16x8_u;
        I64x2Abs = i64x2_abs;
        I64x2Neg = i64x2_neg;
        I64x2ExtendLowI32x4S = i64x2_extend_low_i32x4_s;
        I64x2ExtendLowI32x4U = i64x2_extend_low_i32x4_u;
        I64x2ExtendHighI32x4S = i64x2_extend_high_i32x4_s;
        I64x2ExtendHighI32x4U = i64x2_extend_high_i32x4_u;
        F32x4Ceil = f32x4_ceil;
        F32x4Floor = f32x4_floor;
        F32x4Trunc = f32x4_trunc;
        F32x4Nearest = f32x4_nearest;
        F32x4Abs = f32x4_abs;
        F32x4Neg = f32x4_neg;
        F32x4Sqrt = f32x4_sqrt;
        F32x4Canonical = f32x4_canonical;
        F64x2Ceil = f64x2_ceil;
        F64x2Floor = f64x2_floor;
        F64x2Trunc = f64x2_trunc;
        F64x2Nearest = f64x2_nearest;
        F64x2Abs = f64x2_abs;
        F64x2Neg = f64x2_neg;
        F64x2Sqrt = f64x2_sqrt;
        F64x2Canonical = f64x2_canonical;
        I32x4TruncSatF32x4S = i32x4_trunc_sat_f32x4_s;
        I32x4TruncSatF32x4U = i32x4_trunc_sat_f32x4_u;
        I32x4TruncSatF64x2SZero = i32x4_trunc_sat_f64x2_s_zero;
        I32x4TruncSatF64x2UZero = i32x4_trunc_sat_f64x2_u_zero;
        I32x4RelaxedTruncF32x4S = i32x4_trunc_sat_f32x4_s;
        I32x4RelaxedTruncF32x4U = i32x4_trunc_sat_f32x4_u;
        I32x4RelaxedTruncF64x2SZero = i32x4_trunc_sat_f64x2_s_zero;
        I32x4RelaxedTruncF64x2UZero = i32x4_trunc_sat_f64x2_u_zero;
        F32x4ConvertI32x4S = f32x4_convert_i32x4_s;
        F32x4ConvertI32x4U = f32x4_convert_i32x4_u;
        F64x2ConvertLowI32x4S = f64x2_convert_low_i32x4_s;
        F64x2ConvertLowI32x4U = f64x2_convert_low_i32x4_u;
        F32x4DemoteF64x2Zero = f32x4_demote_f64x2_zero;
        F64x2PromoteLowF32x4 = f64x2_promote_low_f32x4;
    }
    test {
        V128AnyTrue = v128_any_true;
        I8x16AllTrue = i8x16_all_true;
        I8x16Bitmask = i8x16_bitmask;
        I16x8AllTrue = i16x8_all_true;
        I16x8Bitmask = i16x8_bitmask;
        I32x4AllTrue = i32x4_all_true;
        I32x4Bitmask = i32x4_bitmask;
        I64x2AllTrue = i64x2_all_true;
        I64x2Bitmask = i64x2_bitmask;
    }
    three {
        V128Bitselect = v128_bitselect;
        I8x16RelaxedLaneselect = v128_bitselect;
        I16x8RelaxedLaneselect = v128_bitselect;
        I32x4RelaxedLaneselect = v128_bitselect;
        I64x2RelaxedLaneselect = v128_bitselect;
        I32x4RelaxedDotI8x16I7x16AddS = i32x4_relaxed_dot_i8x16_i7x16_add_s;
        F32x4RelaxedMadd = f32x4_madd;
        F32x4RelaxedNmadd = f32x4_nmadd;
        F64x2RelaxedMadd = f64x2_madd;
        F64x2RelaxedNmadd = f64x2_nmadd;
    }
    shift {
        I8x16Shl = i8x16_shl;
        I8x16ShrS = i8x16_shr_s;
        I8x16ShrU = i8x16_shr_u;
        I16x8Shl = i16x8_shl;
        I16x8ShrS = i16x8_shr_s;
        I16x8ShrU = i16x8_shr_u;
        I32x4Shl = i32x4_shl;
        I32x4ShrS = i32x4_shr_s;
        I32x4ShrU = i32x4_shr_u;
        I64x2Shl = i64x2_shl;
        I64x2ShrS = i64x2_shr_s;
        I64x2ShrU = i64x2_shr_u;
        I32x4Rotl = i32x4_rotl;
    }
    }

    /// Gives the meanings of fused operations, which follow from their rows.
    macro_rules! fused {
        ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) $(, $column:ident $($value:ident)*)* ;)*) => {
            $( $( fused!(@ $name $column $($value)*); )* )*
        };
        (@ $name:ident fuses $first:ident then $second:ident) => {
            pub type $name = FeedsFirst<$first, $second>;
        };
        (@ $name:ident $column:ident $($value:ident)*) => {};
    }
    wasmote_ir::for_each_simd_op!(fused);

    /// Implements rows with one scalar source.
    macro_rules! splats {
        ($($name:ident = $op:ident($ty:ty);)*) => { $(
            pub struct $name;
            impl Unary for $name {
                type In = $ty;
                type Out = Vector;
                #[inline(always)]
                fn eval(a: $ty) -> Result<Vector, TrapCode> {
                    Ok(crate::baseline::$op(a))
                }
            }
        )* };
    }
    splats! {
        I8x16Splat = i8x16_splat(u32);
        I16x8Splat = i16x8_splat(u32);
        I32x4Splat = i32x4_splat(u32);
        I64x2Splat = i64x2_splat(u64);
        F32x4Splat = f32x4_splat(f32);
        F64x2Splat = f64x2_splat(f64);
    }

    macro_rules! replaces {
        ($($name:ident: $ty:ty, $splat:ident, $bytes:literal, |$lane:ident| $number:expr;)*) => { $(
            pub struct $name;
            impl Replace for $name {
                type Lane = $ty;
                const LANES: usize = 16 / $bytes;
                #[inline(always)]
                fn eval(a: Vector, value: $ty, $lane: usize) -> Vector {
                    crate::baseline::replace(a, crate::baseline::$splat(value), $bytes, $number)
                }
            }
        )* };
    }
    replaces! {
        I8x16ReplaceLane: u32, i8x16_splat, 1, |lane| lane;
        I16x8ReplaceLane: u32, i16x8_splat, 2, |lane| lane;
        I32x4ReplaceLane: u32, i32x4_splat, 4, |lane| lane;
        I64x2ReplaceLane0: u64, i64x2_splat, 8, |_lane| 0;
        I64x2ReplaceLane1: u64, i64x2_splat, 8, |_lane| 1;
    }

    macro_rules! extracts {
        ($($name:ident: $lane:ty as $ty:ty, |$value:ident| $as:expr;)*) => { $(
            pub struct $name;
            impl Extract for $name {
                type Lane = $ty;
                const LANES: usize = 16 / size_of::<$lane>();
                #[inline(always)]
                unsafe fn read(at: *const u64, lane: usize) -> $ty {
                    // On big-endian machines the lanes of each half have the opposite order in a slot.
                    let last = 8 / size_of::<$lane>() - 1;
                    let lane = if cfg!(target_endian = "big") { lane ^ last } else { lane };
                    // SAFETY: the caller guarantees two slots at `at` and a lane of the vector.
                    let $value = unsafe { at.cast::<$lane>().add(lane).read() };
                    $as
                }
            }
        )* };
    }
    extracts! {
        I8x16ExtractLaneS: i8 as i32, |value| value.into();
        I8x16ExtractLaneU: u8 as u32, |value| value.into();
        I16x8ExtractLaneS: i16 as i32, |value| value.into();
        I16x8ExtractLaneU: u16 as u32, |value| value.into();
        I32x4ExtractLane: u32 as u32, |value| value;
        F32x4ExtractLane: f32 as f32, |value| value;
    }

    pub struct I8x16Shuffle;
    impl Shuffle for I8x16Shuffle {
        #[inline(always)]
        fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector {
            crate::baseline::i8x16_shuffle(a, b, lanes)
        }
    }

    pub struct I8x16XorPermute;
    impl Shuffle for I8x16XorPermute {
        #[inline(always)]
        fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector {
            crate::baseline::i8x16_swizzle(crate::baseline::v128_xor(a, b), lanes)
        }
    }

    /// A swizzle by a constant is the same operation.
    pub use I8x16Swizzle as I8x16Permute;

    macro_rules! conditions {
        ($($name:ident($a:ident) $holds:expr;)*) => { $(
            pub struct $name;
            impl Condition for $name {
                #[inline(always)]
                fn holds($a: Vector) -> bool {
                    $holds
                }
            }
        )* };
    }
    conditions! {
        BrV128AnyTrue(a) crate::baseline::v128_any_true(a) != 0;
        BrV128Zero(a) crate::baseline::v128_any_true(a) == 0;
        BrI8x16AllTrue(a) crate::baseline::i8x16_all_true(a) != 0;
        BrI8x16NotAllTrue(a) crate::baseline::i8x16_all_true(a) == 0;
    }
}

/// The rows that `sse4` implements better.
#[cfg(target_arch = "x86_64")]
pub mod sse4 {
    use super::*;

    rows! { sse4;
    binary {
        I8x16Swizzle = i8x16_swizzle;
        I8x16RelaxedSwizzle = i8x16_swizzle;
        I32x4Mul = i32x4_mul;
        I32x4MinS = i32x4_min_s;
        I32x4MinU = i32x4_min_u;
        I32x4MaxS = i32x4_max_s;
        I32x4MaxU = i32x4_max_u;
        I64x2GtS = i64x2_gt_s;
    }
    unary {
        I8x16Popcnt = i8x16_popcnt;
        F32x4Ceil = f32x4_ceil;
        F32x4Floor = f32x4_floor;
        F32x4Trunc = f32x4_trunc;
        F32x4Nearest = f32x4_nearest;
        F64x2Ceil = f64x2_ceil;
        F64x2Floor = f64x2_floor;
        F64x2Trunc = f64x2_trunc;
        F64x2Nearest = f64x2_nearest;
    }
    test {
    }
    three {
    }
    shift {
    }
    }

    pub struct I8x16Shuffle;
    impl Shuffle for I8x16Shuffle {
        #[inline(always)]
        fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector {
            crate::sse4::i8x16_shuffle(a, b, lanes)
        }
    }

    pub struct I8x16XorPermute;
    impl Shuffle for I8x16XorPermute {
        #[inline(always)]
        fn eval(a: Vector, b: Vector, lanes: Vector) -> Vector {
            crate::sse4::i8x16_permute(crate::baseline::v128_xor(a, b), lanes)
        }
    }

    pub struct I8x16Permute;
    impl Binary for I8x16Permute {
        type In = Vector;
        type Out = Vector;
        #[inline(always)]
        fn eval(a: Vector, b: Vector) -> Result<Vector, TrapCode> {
            Ok(crate::sse4::i8x16_permute(a, b))
        }
    }
}

/// The relaxed rows in the processor's own way.
#[cfg(all(feature = "relaxed-native", target_arch = "x86_64"))]
pub mod relaxed {
    use super::*;

    rows! { relaxed;
    binary {
        I8x16RelaxedSwizzle = i8x16_relaxed_swizzle;
        I16x8RelaxedQ15mulrS = i16x8_relaxed_q15mulr_s;
        I16x8RelaxedDotI8x16I7x16S = i16x8_relaxed_dot_i8x16_i7x16_s;
        F32x4RelaxedMin = f32x4_relaxed_min;
        F32x4RelaxedMax = f32x4_relaxed_max;
        F64x2RelaxedMin = f64x2_relaxed_min;
        F64x2RelaxedMax = f64x2_relaxed_max;
    }
    unary {
        I32x4RelaxedTruncF32x4S = i32x4_relaxed_trunc_f32x4_s;
        I32x4RelaxedTruncF64x2SZero = i32x4_relaxed_trunc_f64x2_s_zero;
    }
    test {
    }
    three {
        I8x16RelaxedLaneselect = i8x16_relaxed_laneselect;
        I16x8RelaxedLaneselect = i16x8_relaxed_laneselect;
        I32x4RelaxedLaneselect = i32x4_relaxed_laneselect;
        I64x2RelaxedLaneselect = i64x2_relaxed_laneselect;
        I32x4RelaxedDotI8x16I7x16AddS = i32x4_relaxed_dot_i8x16_i7x16_add_s;
        F32x4RelaxedMadd = f32x4_relaxed_madd;
        F32x4RelaxedNmadd = f32x4_relaxed_nmadd;
        F64x2RelaxedMadd = f64x2_relaxed_madd;
        F64x2RelaxedNmadd = f64x2_relaxed_nmadd;
    }
    shift {
    }
    }
}
