//! Operations that SSE2 intrinsics compute better than what the compiler makes of `portable`.
//!
//! SAFETY, for every block here: x86-64 always has SSE2, and the intrinsics on values have no other condition.
#![allow(clippy::undocumented_unsafe_blocks)]

use core::arch::x86_64::*;

use wasmote_exec::vector::Vector;

use crate::lanes::{bytes, of_bytes};
pub use crate::portable::*;

/// Implements operations by intrinsics on the processor's integer vectors.
macro_rules! integer {
    ($( $name:ident($($arg:ident),+) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($($arg: Vector),+) -> Vector {
            $( let $arg = $arg.0; )+
            // SAFETY: x86-64 always has SSE2. `sse4` and `relaxed` use this macro, too, and say in their module docs
            // what they rely on.
            #[allow(unused_unsafe)]
            Vector(unsafe { $body })
        }
    )* };
}
pub(crate) use integer;

/// Implements operations by intrinsics on vectors of f32.
macro_rules! single {
    ($( $name:ident($($arg:ident),+) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($($arg: Vector),+) -> Vector {
            // SAFETY: as in `integer!`.
            #[allow(unused_unsafe)]
            unsafe {
                $( let $arg = _mm_castsi128_ps($arg.0); )+
                Vector(_mm_castps_si128($body))
            }
        }
    )* };
}
pub(crate) use single;

/// Implements operations by intrinsics on vectors of f64.
macro_rules! double {
    ($( $name:ident($($arg:ident),+) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($($arg: Vector),+) -> Vector {
            // SAFETY: as in `integer!`.
            #[allow(unused_unsafe)]
            unsafe {
                $( let $arg = _mm_castsi128_pd($arg.0); )+
                Vector(_mm_castpd_si128($body))
            }
        }
    )* };
}
pub(crate) use double;

/// Implements operations whose results are no vectors.
macro_rules! test {
    ($( $name:ident($arg:ident) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($arg: Vector) -> u32 {
            let $arg = $arg.0;
            // SAFETY: x86-64 always has SSE2.
            #[allow(unused_unsafe)]
            unsafe { $body }
        }
    )* };
}

/// Implements shifts by a number of bits. Only the bits in the mask count.
macro_rules! shift {
    ($( $name:ident($arg:ident, $by:ident & $mask:literal) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($arg: Vector, by: u32) -> Vector {
            let $arg = $arg.0;
            // SAFETY: x86-64 always has SSE2.
            #[allow(unused_unsafe)]
            unsafe {
                let $by = _mm_cvtsi32_si128((by & $mask) as i32);
                Vector($body)
            }
        }
    )* };
}

#[inline(always)]
fn zero() -> __m128i {
    // SAFETY: x86-64 always has SSE2; so below.
    unsafe { _mm_setzero_si128() }
}

#[inline(always)]
fn not(a: __m128i) -> __m128i {
    unsafe { _mm_xor_si128(a, _mm_set1_epi32(-1)) }
}

/// Returns the bits of `a` where `mask` is set, and those of `b` elsewhere.
#[inline(always)]
fn choose(mask: __m128i, a: __m128i, b: __m128i) -> __m128i {
    unsafe { _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b)) }
}

/// Converts unsigned lanes to signed lanes with the same order.
#[inline(always)]
fn signed32(a: __m128i) -> __m128i {
    unsafe { _mm_xor_si128(a, _mm_set1_epi32(i32::MIN)) }
}

/// Returns the even lanes of 8 bits, sign-extended to 16.
#[inline(always)]
fn even(a: __m128i) -> __m128i {
    unsafe { _mm_srai_epi16(_mm_slli_epi16(a, 8), 8) }
}

/// Returns the odd lanes of 8 bits, sign-extended to 16.
#[inline(always)]
fn odd(a: __m128i) -> __m128i {
    unsafe { _mm_srai_epi16(a, 8) }
}

integer! {
    v128_bitselect(a, b, c) { choose(c, a, b) }

    i8x16_eq(a, b) { _mm_cmpeq_epi8(a, b) }
    i8x16_ne(a, b) { not(_mm_cmpeq_epi8(a, b)) }
    i8x16_gt_s(a, b) { _mm_cmpgt_epi8(a, b) }
    i8x16_ge_s(a, b) { not(_mm_cmpgt_epi8(b, a)) }
    i8x16_gt_u(a, b) { not(_mm_cmpeq_epi8(_mm_min_epu8(a, b), a)) }
    i8x16_ge_u(a, b) { _mm_cmpeq_epi8(_mm_max_epu8(a, b), a) }
    i8x16_add(a, b) { _mm_add_epi8(a, b) }
    i8x16_sub(a, b) { _mm_sub_epi8(a, b) }
    i8x16_neg(a) { _mm_sub_epi8(zero(), a) }
    i8x16_abs(a) { _mm_min_epu8(a, _mm_sub_epi8(zero(), a)) }
    i8x16_add_sat_s(a, b) { _mm_adds_epi8(a, b) }
    i8x16_add_sat_u(a, b) { _mm_adds_epu8(a, b) }
    i8x16_sub_sat_s(a, b) { _mm_subs_epi8(a, b) }
    i8x16_sub_sat_u(a, b) { _mm_subs_epu8(a, b) }
    i8x16_min_u(a, b) { _mm_min_epu8(a, b) }
    i8x16_max_u(a, b) { _mm_max_epu8(a, b) }
    i8x16_min_s(a, b) { choose(_mm_cmpgt_epi8(a, b), b, a) }
    i8x16_max_s(a, b) { choose(_mm_cmpgt_epi8(a, b), a, b) }
    i8x16_avgr_u(a, b) { _mm_avg_epu8(a, b) }
    i8x16_narrow_i16x8_s(a, b) { _mm_packs_epi16(a, b) }
    i8x16_narrow_i16x8_u(a, b) { _mm_packus_epi16(a, b) }
    i8x16_popcnt(a) {{
        let bits = |a, by, mask| _mm_and_si128(_mm_srl_epi16(a, _mm_cvtsi32_si128(by)), _mm_set1_epi8(mask));
        let twos = _mm_sub_epi8(a, bits(a, 1, 0x55));
        let fours = _mm_add_epi8(bits(twos, 0, 0x33), bits(twos, 2, 0x33));
        _mm_and_si128(_mm_add_epi8(fours, bits(fours, 4, 0x0f)), _mm_set1_epi8(0x0f))
    }}

    i16x8_eq(a, b) { _mm_cmpeq_epi16(a, b) }
    i16x8_ne(a, b) { not(_mm_cmpeq_epi16(a, b)) }
    i16x8_gt_s(a, b) { _mm_cmpgt_epi16(a, b) }
    i16x8_ge_s(a, b) { not(_mm_cmpgt_epi16(b, a)) }
    i16x8_gt_u(a, b) { not(_mm_cmpeq_epi16(_mm_subs_epu16(a, b), zero())) }
    i16x8_ge_u(a, b) { _mm_cmpeq_epi16(_mm_subs_epu16(b, a), zero()) }
    i16x8_add(a, b) { _mm_add_epi16(a, b) }
    i16x8_sub(a, b) { _mm_sub_epi16(a, b) }
    i16x8_neg(a) { _mm_sub_epi16(zero(), a) }
    i16x8_abs(a) { _mm_max_epi16(a, _mm_sub_epi16(zero(), a)) }
    i16x8_mul(a, b) { _mm_mullo_epi16(a, b) }
    i16x8_add_sat_s(a, b) { _mm_adds_epi16(a, b) }
    i16x8_add_sat_u(a, b) { _mm_adds_epu16(a, b) }
    i16x8_sub_sat_s(a, b) { _mm_subs_epi16(a, b) }
    i16x8_sub_sat_u(a, b) { _mm_subs_epu16(a, b) }
    i16x8_min_s(a, b) { _mm_min_epi16(a, b) }
    i16x8_max_s(a, b) { _mm_max_epi16(a, b) }
    i16x8_min_u(a, b) { _mm_sub_epi16(a, _mm_subs_epu16(a, b)) }
    i16x8_max_u(a, b) { _mm_add_epi16(b, _mm_subs_epu16(a, b)) }
    i16x8_avgr_u(a, b) { _mm_avg_epu16(a, b) }
    i16x8_narrow_i32x4_s(a, b) { _mm_packs_epi32(a, b) }
    i16x8_narrow_i32x4_u(a, b) {{
        // Converts to signed lanes by subtracting 2^15. Lanes below 0 count as 0.
        let less = |a| _mm_sub_epi32(_mm_andnot_si128(_mm_srai_epi32(a, 31), a), _mm_set1_epi32(0x8000));
        _mm_xor_si128(_mm_packs_epi32(less(a), less(b)), _mm_set1_epi16(i16::MIN))
    }}
    i16x8_q15mulr_sat_s(a, b) {{
        let (low, high) = (_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b));
        let round = |a| _mm_srai_epi32(_mm_add_epi32(a, _mm_set1_epi32(0x4000)), 15);
        _mm_packs_epi32(round(_mm_unpacklo_epi16(low, high)), round(_mm_unpackhi_epi16(low, high)))
    }}
    i16x8_extend_low_i8x16_s(a) { _mm_srai_epi16(_mm_unpacklo_epi8(a, a), 8) }
    i16x8_extend_high_i8x16_s(a) { _mm_srai_epi16(_mm_unpackhi_epi8(a, a), 8) }
    i16x8_extend_low_i8x16_u(a) { _mm_unpacklo_epi8(a, zero()) }
    i16x8_extend_high_i8x16_u(a) { _mm_unpackhi_epi8(a, zero()) }
    i16x8_extmul_low_i8x16_s(a, b) {
        _mm_mullo_epi16(_mm_srai_epi16(_mm_unpacklo_epi8(a, a), 8), _mm_srai_epi16(_mm_unpacklo_epi8(b, b), 8))
    }
    i16x8_extmul_high_i8x16_s(a, b) {
        _mm_mullo_epi16(_mm_srai_epi16(_mm_unpackhi_epi8(a, a), 8), _mm_srai_epi16(_mm_unpackhi_epi8(b, b), 8))
    }
    i16x8_extmul_low_i8x16_u(a, b) { _mm_mullo_epi16(_mm_unpacklo_epi8(a, zero()), _mm_unpacklo_epi8(b, zero())) }
    i16x8_extmul_high_i8x16_u(a, b) { _mm_mullo_epi16(_mm_unpackhi_epi8(a, zero()), _mm_unpackhi_epi8(b, zero())) }
    i16x8_extadd_pairwise_i8x16_s(a) { _mm_add_epi16(even(a), odd(a)) }
    i16x8_extadd_pairwise_i8x16_u(a) { _mm_add_epi16(_mm_and_si128(a, _mm_set1_epi16(0xff)), _mm_srli_epi16(a, 8)) }
    i16x8_relaxed_dot_i8x16_i7x16_s(a, b) {
        _mm_adds_epi16(_mm_mullo_epi16(even(a), even(b)), _mm_mullo_epi16(odd(a), odd(b)))
    }

    i32x4_eq(a, b) { _mm_cmpeq_epi32(a, b) }
    i32x4_ne(a, b) { not(_mm_cmpeq_epi32(a, b)) }
    i32x4_gt_s(a, b) { _mm_cmpgt_epi32(a, b) }
    i32x4_ge_s(a, b) { not(_mm_cmpgt_epi32(b, a)) }
    i32x4_gt_u(a, b) { _mm_cmpgt_epi32(signed32(a), signed32(b)) }
    i32x4_ge_u(a, b) { not(_mm_cmpgt_epi32(signed32(b), signed32(a))) }
    i32x4_add(a, b) { _mm_add_epi32(a, b) }
    i32x4_sub(a, b) { _mm_sub_epi32(a, b) }
    i32x4_neg(a) { _mm_sub_epi32(zero(), a) }
    i32x4_abs(a) {{
        let sign = _mm_srai_epi32(a, 31);
        _mm_sub_epi32(_mm_xor_si128(a, sign), sign)
    }}
    i32x4_mul(a, b) {{
        let even = _mm_mul_epu32(a, b);
        let odd = _mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
        _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0b10_00), _mm_shuffle_epi32(odd, 0b10_00))
    }}
    i32x4_min_s(a, b) { choose(_mm_cmpgt_epi32(a, b), b, a) }
    i32x4_max_s(a, b) { choose(_mm_cmpgt_epi32(a, b), a, b) }
    i32x4_min_u(a, b) { choose(_mm_cmpgt_epi32(signed32(a), signed32(b)), b, a) }
    i32x4_max_u(a, b) { choose(_mm_cmpgt_epi32(signed32(a), signed32(b)), a, b) }
    i32x4_extend_low_i16x8_s(a) { _mm_srai_epi32(_mm_unpacklo_epi16(a, a), 16) }
    i32x4_extend_high_i16x8_s(a) { _mm_srai_epi32(_mm_unpackhi_epi16(a, a), 16) }
    i32x4_extend_low_i16x8_u(a) { _mm_unpacklo_epi16(a, zero()) }
    i32x4_extend_high_i16x8_u(a) { _mm_unpackhi_epi16(a, zero()) }
    i32x4_extmul_low_i16x8_s(a, b) { _mm_unpacklo_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b)) }
    i32x4_extmul_high_i16x8_s(a, b) { _mm_unpackhi_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b)) }
    i32x4_extmul_low_i16x8_u(a, b) { _mm_unpacklo_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epu16(a, b)) }
    i32x4_extmul_high_i16x8_u(a, b) { _mm_unpackhi_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epu16(a, b)) }
    i32x4_extadd_pairwise_i16x8_s(a) { _mm_madd_epi16(a, _mm_set1_epi16(1)) }
    i32x4_extadd_pairwise_i16x8_u(a) { _mm_add_epi32(_mm_and_si128(a, _mm_set1_epi32(0xffff)), _mm_srli_epi32(a, 16)) }
    i32x4_dot_i16x8_s(a, b) { _mm_madd_epi16(a, b) }
    i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c) {{
        let pairs = _mm_adds_epi16(_mm_mullo_epi16(even(a), even(b)), _mm_mullo_epi16(odd(a), odd(b)));
        _mm_add_epi32(_mm_madd_epi16(pairs, _mm_set1_epi16(1)), c)
    }}

    i64x2_eq(a, b) {{
        let equal = _mm_cmpeq_epi32(a, b);
        _mm_and_si128(equal, _mm_shuffle_epi32(equal, 0b10_11_00_01))
    }}
    i64x2_ne(a, b) {{
        let equal = _mm_cmpeq_epi32(a, b);
        not(_mm_and_si128(equal, _mm_shuffle_epi32(equal, 0b10_11_00_01)))
    }}
    // If the upper halves are equal, the difference of the lower halves borrows.
    i64x2_gt_s(a, b) {{
        let lower = _mm_and_si128(_mm_cmpeq_epi32(a, b), _mm_sub_epi64(b, a));
        _mm_shuffle_epi32(_mm_or_si128(lower, _mm_cmpgt_epi32(a, b)), 0b11_11_01_01)
    }}
    i64x2_ge_s(a, b) { not(i64x2_gt_s(Vector(b), Vector(a)).0) }
    i64x2_add(a, b) { _mm_add_epi64(a, b) }
    i64x2_sub(a, b) { _mm_sub_epi64(a, b) }
    i64x2_neg(a) { _mm_sub_epi64(zero(), a) }
    i64x2_abs(a) {{
        let sign = _mm_shuffle_epi32(_mm_srai_epi32(a, 31), 0b11_11_01_01);
        _mm_sub_epi64(_mm_xor_si128(a, sign), sign)
    }}
    i64x2_extend_low_i32x4_s(a) { _mm_unpacklo_epi32(a, _mm_srai_epi32(a, 31)) }
    i64x2_extend_high_i32x4_s(a) { _mm_unpackhi_epi32(a, _mm_srai_epi32(a, 31)) }
    i64x2_extend_low_i32x4_u(a) { _mm_unpacklo_epi32(a, zero()) }
    i64x2_extend_high_i32x4_u(a) { _mm_unpackhi_epi32(a, zero()) }
    i64x2_extmul_low_i32x4_s(a, b) { signed_products(_mm_unpacklo_epi32(a, a), _mm_unpacklo_epi32(b, b)) }
    i64x2_extmul_high_i32x4_s(a, b) { signed_products(_mm_unpackhi_epi32(a, a), _mm_unpackhi_epi32(b, b)) }
    i64x2_extmul_low_i32x4_u(a, b) { _mm_mul_epu32(_mm_unpacklo_epi32(a, a), _mm_unpacklo_epi32(b, b)) }
    i64x2_extmul_high_i32x4_u(a, b) { _mm_mul_epu32(_mm_unpackhi_epi32(a, a), _mm_unpackhi_epi32(b, b)) }
}

/// Returns the signed products of the even lanes, each twice. From the unsigned products it
/// subtracts, in the upper half, each factor whose partner is negative.
#[inline(always)]
fn signed_products(a: __m128i, b: __m128i) -> __m128i {
    unsafe {
        let of_a = _mm_and_si128(_mm_srai_epi32(a, 31), b);
        let of_b = _mm_and_si128(_mm_srai_epi32(b, 31), a);
        _mm_sub_epi64(_mm_mul_epu32(a, b), _mm_slli_epi64(_mm_add_epi32(of_a, of_b), 32))
    }
}

/// As in `portable`.
#[inline(always)]
pub fn i32x4_rotl(a: Vector, by: u32) -> Vector {
    unsafe {
        let by = (by & 31) as i32;
        let (left, right) = (_mm_cvtsi32_si128(by), _mm_cvtsi32_si128(32 - by));
        Vector(_mm_or_si128(_mm_sll_epi32(a.0, left), _mm_srl_epi32(a.0, right)))
    }
}

shift! {
    // For lanes of 8 bits, bits that would cross into a neighbour are cleared.
    i8x16_shl(a, by & 7) { _mm_sll_epi16(_mm_and_si128(a, low_bits(by)), by) }
    i8x16_shr_u(a, by & 7) { _mm_and_si128(_mm_srl_epi16(a, by), low_bits(by)) }
    i8x16_shr_s(a, by & 7) {{
        let wide = |a| _mm_srai_epi16(_mm_sra_epi16(a, by), 8);
        _mm_packs_epi16(wide(_mm_unpacklo_epi8(a, a)), wide(_mm_unpackhi_epi8(a, a)))
    }}
    i16x8_shl(a, by & 15) { _mm_sll_epi16(a, by) }
    i16x8_shr_s(a, by & 15) { _mm_sra_epi16(a, by) }
    i16x8_shr_u(a, by & 15) { _mm_srl_epi16(a, by) }
    i32x4_shl(a, by & 31) { _mm_sll_epi32(a, by) }
    i32x4_shr_s(a, by & 31) { _mm_sra_epi32(a, by) }
    i32x4_shr_u(a, by & 31) { _mm_srl_epi32(a, by) }
    i64x2_shl(a, by & 63) { _mm_sll_epi64(a, by) }
    i64x2_shr_u(a, by & 63) { _mm_srl_epi64(a, by) }
    i64x2_shr_s(a, by & 63) {{
        // The sign bit is shifted along. Subtracting it from there extends the sign.
        let sign = _mm_srl_epi64(_mm_set1_epi64x(i64::MIN), by);
        _mm_sub_epi64(_mm_xor_si128(_mm_srl_epi64(a, by), sign), sign)
    }}
}

/// Returns bytes of ones that are shifted right by a number of bits.
#[inline(always)]
fn low_bits(by: __m128i) -> __m128i {
    unsafe {
        let wide = _mm_srl_epi16(_mm_set1_epi16(0xff), by);
        _mm_packus_epi16(wide, wide)
    }
}

test! {
    v128_any_true(a) { u32::from(_mm_movemask_epi8(_mm_cmpeq_epi8(a, zero())) != 0xffff) }
    i8x16_all_true(a) { u32::from(_mm_movemask_epi8(_mm_cmpeq_epi8(a, zero())) == 0) }
    i16x8_all_true(a) { u32::from(_mm_movemask_epi8(_mm_cmpeq_epi16(a, zero())) == 0) }
    i32x4_all_true(a) { u32::from(_mm_movemask_epi8(_mm_cmpeq_epi32(a, zero())) == 0) }
    i8x16_bitmask(a) { _mm_movemask_epi8(a) as u32 }
    i16x8_bitmask(a) { _mm_movemask_epi8(_mm_packs_epi16(a, zero())) as u32 }
    i32x4_bitmask(a) { _mm_movemask_ps(_mm_castsi128_ps(a)) as u32 }
    i64x2_bitmask(a) { _mm_movemask_pd(_mm_castsi128_pd(a)) as u32 }
}

single! {
    f32x4_eq(a, b) { _mm_cmpeq_ps(a, b) }
    f32x4_ne(a, b) { _mm_cmpneq_ps(a, b) }
    f32x4_lt(a, b) { _mm_cmplt_ps(a, b) }
    f32x4_le(a, b) { _mm_cmple_ps(a, b) }
    f32x4_sqrt(a) { _mm_sqrt_ps(a) }
    f32x4_div(a, b) { _mm_div_ps(a, b) }
    f32x4_pmin(a, b) { _mm_min_ps(b, a) }
    f32x4_pmax(a, b) { _mm_max_ps(b, a) }
    // The two orders of operands differ for zeros only. A sum is NaN if either source is.
    f32x4_min(a, b) {{
        let (smaller, nan) = (_mm_or_ps(_mm_min_ps(a, b), _mm_min_ps(b, a)), _mm_cmpunord_ps(a, b));
        _mm_or_ps(_mm_and_ps(nan, _mm_add_ps(a, b)), _mm_andnot_ps(nan, smaller))
    }}
    f32x4_max(a, b) {{
        let (larger, nan) = (_mm_and_ps(_mm_max_ps(a, b), _mm_max_ps(b, a)), _mm_cmpunord_ps(a, b));
        _mm_or_ps(_mm_and_ps(nan, _mm_add_ps(a, b)), _mm_andnot_ps(nan, larger))
    }}
    f32x4_canonical(a) {{
        let nan = _mm_cmpunord_ps(a, a);
        _mm_or_ps(_mm_andnot_ps(nan, a), _mm_and_ps(nan, _mm_set1_ps(f32::from_bits(0x7fc0_0000))))
    }}
    f32x4_ceil(a) { round32(a, |near| _mm_add_ps(near, _mm_and_ps(_mm_cmplt_ps(near, a), _mm_set1_ps(1.0)))) }
    f32x4_floor(a) { round32(a, |near| _mm_sub_ps(near, _mm_and_ps(_mm_cmplt_ps(a, near), _mm_set1_ps(1.0)))) }
    f32x4_trunc(a) {
        round32(a, |near| {
            let (near, magnitude) = (_mm_andnot_ps(_mm_set1_ps(-0.0), near), _mm_andnot_ps(_mm_set1_ps(-0.0), a));
            _mm_sub_ps(near, _mm_and_ps(_mm_cmplt_ps(magnitude, near), _mm_set1_ps(1.0)))
        })
    }
    f32x4_nearest(a) { round32(a, |near| near) }
}

double! {
    f64x2_eq(a, b) { _mm_cmpeq_pd(a, b) }
    f64x2_ne(a, b) { _mm_cmpneq_pd(a, b) }
    f64x2_lt(a, b) { _mm_cmplt_pd(a, b) }
    f64x2_le(a, b) { _mm_cmple_pd(a, b) }
    f64x2_sqrt(a) { _mm_sqrt_pd(a) }
    f64x2_div(a, b) { _mm_div_pd(a, b) }
    f64x2_pmin(a, b) { _mm_min_pd(b, a) }
    f64x2_pmax(a, b) { _mm_max_pd(b, a) }
    f64x2_min(a, b) {{
        let (smaller, nan) = (_mm_or_pd(_mm_min_pd(a, b), _mm_min_pd(b, a)), _mm_cmpunord_pd(a, b));
        _mm_or_pd(_mm_and_pd(nan, _mm_add_pd(a, b)), _mm_andnot_pd(nan, smaller))
    }}
    f64x2_max(a, b) {{
        let (larger, nan) = (_mm_and_pd(_mm_max_pd(a, b), _mm_max_pd(b, a)), _mm_cmpunord_pd(a, b));
        _mm_or_pd(_mm_and_pd(nan, _mm_add_pd(a, b)), _mm_andnot_pd(nan, larger))
    }}
    f64x2_canonical(a) {{
        let nan = _mm_cmpunord_pd(a, a);
        _mm_or_pd(_mm_andnot_pd(nan, a), _mm_and_pd(nan, _mm_set1_pd(f64::from_bits(0x7ff8_0000_0000_0000))))
    }}
    f64x2_ceil(a) { round64(a, |near| _mm_add_pd(near, _mm_and_pd(_mm_cmplt_pd(near, a), _mm_set1_pd(1.0)))) }
    f64x2_floor(a) { round64(a, |near| _mm_sub_pd(near, _mm_and_pd(_mm_cmplt_pd(a, near), _mm_set1_pd(1.0)))) }
    f64x2_trunc(a) {
        round64(a, |near| {
            let (near, magnitude) = (_mm_andnot_pd(_mm_set1_pd(-0.0), near), _mm_andnot_pd(_mm_set1_pd(-0.0), a));
            _mm_sub_pd(near, _mm_and_pd(_mm_cmplt_pd(magnitude, near), _mm_set1_pd(1.0)))
        })
    }
    f64x2_nearest(a) { round64(a, |near| near) }
}

/// Rounds to the nearest integer with ties to even, then lets `correct` choose another integer. Values without a
/// fraction stay as they are, and NaN becomes quiet.
#[inline(always)]
fn round32(a: __m128, correct: impl Fn(__m128) -> __m128) -> __m128 {
    unsafe {
        let (minus, exact) = (_mm_set1_ps(-0.0), _mm_set1_ps(8_388_608.0));
        let (sign, magnitude) = (_mm_and_ps(a, minus), _mm_andnot_ps(minus, a));
        let near = _mm_or_ps(_mm_sub_ps(_mm_add_ps(magnitude, exact), exact), sign);
        let whole = _mm_or_ps(_mm_andnot_ps(minus, correct(near)), sign);
        let quiet = _mm_and_ps(_mm_cmpunord_ps(a, a), _mm_set1_ps(f32::from_bits(1 << 22)));
        let small = _mm_cmplt_ps(magnitude, exact);
        _mm_or_ps(_mm_and_ps(small, whole), _mm_andnot_ps(small, _mm_or_ps(a, quiet)))
    }
}

/// As [`round32`], for f64.
#[inline(always)]
fn round64(a: __m128d, correct: impl Fn(__m128d) -> __m128d) -> __m128d {
    unsafe {
        let (minus, exact) = (_mm_set1_pd(-0.0), _mm_set1_pd(4_503_599_627_370_496.0));
        let (sign, magnitude) = (_mm_and_pd(a, minus), _mm_andnot_pd(minus, a));
        let near = _mm_or_pd(_mm_sub_pd(_mm_add_pd(magnitude, exact), exact), sign);
        let whole = _mm_or_pd(_mm_andnot_pd(minus, correct(near)), sign);
        let quiet = _mm_and_pd(_mm_cmpunord_pd(a, a), _mm_set1_pd(f64::from_bits(1 << 51)));
        let small = _mm_cmplt_pd(magnitude, exact);
        _mm_or_pd(_mm_and_pd(small, whole), _mm_andnot_pd(small, _mm_or_pd(a, quiet)))
    }
}

/// 2^31.
const BIG: f32 = 2_147_483_648.0;

integer! {
    f32x4_convert_i32x4_s(a) { _mm_castps_si128(_mm_cvtepi32_ps(a)) }
    f64x2_convert_low_i32x4_s(a) { _mm_castpd_si128(_mm_cvtepi32_pd(a)) }
    f32x4_demote_f64x2_zero(a) { _mm_castps_si128(_mm_cvtpd_ps(_mm_castsi128_pd(a))) }
    f64x2_promote_low_f32x4(a) { _mm_castpd_si128(_mm_cvtps_pd(_mm_castsi128_ps(a))) }
    // A value that cannot be converted becomes the least number. That is right for values that are too small.
    i32x4_trunc_sat_f32x4_s(a) {{
        let a = _mm_castsi128_ps(a);
        let a = _mm_and_ps(a, _mm_cmpord_ps(a, a));
        let large = _mm_castps_si128(_mm_cmpge_ps(a, _mm_set1_ps(BIG)));
        _mm_xor_si128(_mm_cvttps_epi32(a), large)
    }}
    i32x4_trunc_sat_f32x4_u(a) {{
        // NaN and negative numbers become 0.
        let a = _mm_max_ps(_mm_castsi128_ps(a), _mm_setzero_ps());
        let big = _mm_cmpge_ps(a, _mm_set1_ps(BIG));
        let rest = _mm_sub_ps(a, _mm_and_ps(big, _mm_set1_ps(BIG)));
        let over = _mm_castps_si128(_mm_cmpge_ps(rest, _mm_set1_ps(BIG)));
        let value = _mm_xor_si128(_mm_cvttps_epi32(rest), _mm_slli_epi32(_mm_castps_si128(big), 31));
        _mm_or_si128(value, over)
    }}
    i32x4_trunc_sat_f64x2_s_zero(a) {{
        let a = _mm_castsi128_pd(a);
        let a = _mm_and_pd(a, _mm_cmpord_pd(a, a));
        _mm_cvttpd_epi32(_mm_min_pd(a, _mm_set1_pd(2_147_483_647.0)))
    }}
    i32x4_trunc_sat_f64x2_u_zero(a) {{
        let a = _mm_min_pd(_mm_max_pd(_mm_castsi128_pd(a), _mm_setzero_pd()), _mm_set1_pd(4_294_967_295.0));
        let whole = round64(a, |near| _mm_sub_pd(near, _mm_and_pd(_mm_cmplt_pd(a, near), _mm_set1_pd(1.0))));
        // From 2^52 on, the lowest bit of a number has the value 1.
        let bits = _mm_castpd_ps(_mm_add_pd(whole, _mm_set1_pd(4_503_599_627_370_496.0)));
        _mm_castps_si128(_mm_shuffle_ps(bits, _mm_setzero_ps(), 0b10_00))
    }}
}

/// As in `portable`.
#[inline(always)]
pub fn replace(a: Vector, value: Vector, lane_bytes: usize, lane: usize) -> Vector {
    let mask = lane_mask(lane_bytes, lane);
    // SAFETY: `lane_mask` returns a pointer to 16 bytes.
    Vector(choose(unsafe { _mm_loadu_si128(mask.cast()) }, value.0, a.0))
}

/// Returns the bytes of `from` at these indices, or 0 for an index out of range. It works byte by byte in little
/// code, because most machines have an instruction for it.
#[inline(never)]
fn named(from: &[u8], lanes: Vector) -> Vector {
    let mut lanes = bytes(lanes);
    // Without `black_box`, the compiler writes out the code for each lane.
    for lane in core::hint::black_box(&mut lanes[..]) {
        *lane = from.get(usize::from(*lane)).copied().unwrap_or(0);
    }
    of_bytes(lanes)
}

/// It is not inlined, so that it is not repeated for each choice of operand classes.
#[inline(never)]
pub fn i8x16_swizzle(a: Vector, b: Vector) -> Vector {
    named(&bytes(a), b)
}

/// As [`i8x16_swizzle`].
#[inline(never)]
pub fn i8x16_shuffle(a: Vector, b: Vector, lanes: Vector) -> Vector {
    let mut both = [0; 32];
    both[..16].copy_from_slice(&bytes(a));
    both[16..].copy_from_slice(&bytes(b));
    named(&both, lanes)
}
