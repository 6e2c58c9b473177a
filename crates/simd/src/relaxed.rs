//! Relaxed operations in the fastest way for x86-64 with SSE4.2 (feature `relaxed-native`). Other builds have the
//! deterministic versions. With `-Ctarget-feature=+fma`, a product and a sum are rounded once.
//!
//! SAFETY, for every block here: `handler_table::handler` returns handlers with these operations only if `sse4::available`
//! returns true.
#![allow(clippy::undocumented_unsafe_blocks)]

use core::arch::x86_64::*;

use wasmote_exec::vector::Vector;

use crate::sse2::{double, integer, single};

integer! {
    // For an index beyond 15, only its lowest four bits count, or the result is 0 if its highest bit is set.
    i8x16_relaxed_swizzle(a, b) { _mm_shuffle_epi8(a, b) }
    // The highest bit of each lane decides.
    i8x16_relaxed_laneselect(a, b, c) { _mm_blendv_epi8(b, a, c) }
    i16x8_relaxed_laneselect(a, b, c) { _mm_blendv_epi8(b, a, _mm_srai_epi16(c, 15)) }
    // A value that cannot be converted becomes the least number.
    i32x4_relaxed_trunc_f32x4_s(a) { _mm_cvttps_epi32(_mm_castsi128_ps(a)) }
    i32x4_relaxed_trunc_f64x2_s_zero(a) { _mm_cvttpd_epi32(_mm_castsi128_pd(a)) }
    // -1 * -1 gives -1.
    i16x8_relaxed_q15mulr_s(a, b) { _mm_mulhrs_epi16(a, b) }
    // The lanes of `b` count as unsigned, and sums saturate.
    i16x8_relaxed_dot_i8x16_i7x16_s(a, b) { _mm_maddubs_epi16(b, a) }
    i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c) {
        _mm_add_epi32(_mm_madd_epi16(_mm_maddubs_epi16(b, a), _mm_set1_epi16(1)), c)
    }
}

single! {
    i32x4_relaxed_laneselect(a, b, c) { _mm_blendv_ps(b, a, c) }
    // With a NaN, or two zeros, the result is the second source.
    f32x4_relaxed_min(a, b) { _mm_min_ps(a, b) }
    f32x4_relaxed_max(a, b) { _mm_max_ps(a, b) }
}

double! {
    i64x2_relaxed_laneselect(a, b, c) { _mm_blendv_pd(b, a, c) }
    f64x2_relaxed_min(a, b) { _mm_min_pd(a, b) }
    f64x2_relaxed_max(a, b) { _mm_max_pd(a, b) }
}

#[cfg(target_feature = "fma")]
single! {
    f32x4_relaxed_madd(a, b, c) { _mm_fmadd_ps(a, b, c) }
    f32x4_relaxed_nmadd(a, b, c) { _mm_fnmadd_ps(a, b, c) }
}

#[cfg(target_feature = "fma")]
double! {
    f64x2_relaxed_madd(a, b, c) { _mm_fmadd_pd(a, b, c) }
    f64x2_relaxed_nmadd(a, b, c) { _mm_fnmadd_pd(a, b, c) }
}

#[cfg(not(target_feature = "fma"))]
pub use crate::sse2::{
    f32x4_madd as f32x4_relaxed_madd, f32x4_nmadd as f32x4_relaxed_nmadd, f64x2_madd as f64x2_relaxed_madd,
    f64x2_nmadd as f64x2_relaxed_nmadd,
};
