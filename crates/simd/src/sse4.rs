//! Operations that instructions up to SSE4.2 compute better than `sse2`.
//!
//! SAFETY, for every block here: `handler_table::handler` returns handlers with these operations only if [`available`]
//! returns true.
#![allow(clippy::undocumented_unsafe_blocks)]

use core::arch::x86_64::*;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use wasmote_exec::vector::Vector;

use crate::sse2::{double, integer, single};

/// Returns whether the processor has SSSE3, SSE4.1, SSE4.2 and POPCNT.
pub fn available() -> bool {
    const NEEDED: u32 = 1 << 9 | 1 << 19 | 1 << 20 | 1 << 23;
    /// 0 is unknown, 1 no, 2 yes. `cpuid` takes long in virtual machines, so its result is kept.
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    match KNOWN.load(Relaxed) {
        0 => {
            // Miri does not support `cpuid`.
            let available = !cfg!(miri) && __cpuid(1).ecx & NEEDED == NEEDED;
            KNOWN.store(1 + u8::from(available), Relaxed);
            available
        }
        known => known == 2,
    }
}

integer! {
    // The addition sets the highest bit of indices beyond 15.
    i8x16_swizzle(a, b) { _mm_shuffle_epi8(a, _mm_adds_epu8(b, _mm_set1_epi8(0x70))) }
    // All indices are below 16.
    i8x16_permute(a, lanes) { _mm_shuffle_epi8(a, lanes) }
    i8x16_shuffle(a, b, lanes) {{
        let of_a = _mm_shuffle_epi8(a, _mm_adds_epu8(lanes, _mm_set1_epi8(0x70)));
        let of_b = _mm_shuffle_epi8(b, _mm_sub_epi8(lanes, _mm_set1_epi8(16)));
        _mm_or_si128(of_a, of_b)
    }}
    i8x16_popcnt(a) {{
        let four = _mm_set1_epi8(0x0f);
        let counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        let low = _mm_shuffle_epi8(counts, _mm_and_si128(a, four));
        _mm_add_epi8(low, _mm_shuffle_epi8(counts, _mm_and_si128(_mm_srli_epi16(a, 4), four)))
    }}
    i32x4_mul(a, b) { _mm_mullo_epi32(a, b) }
    i32x4_min_s(a, b) { _mm_min_epi32(a, b) }
    i32x4_max_s(a, b) { _mm_max_epi32(a, b) }
    i32x4_min_u(a, b) { _mm_min_epu32(a, b) }
    i32x4_max_u(a, b) { _mm_max_epu32(a, b) }
    i64x2_gt_s(a, b) { _mm_cmpgt_epi64(a, b) }
}

single! {
    f32x4_ceil(a) { _mm_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC) }
    f32x4_floor(a) { _mm_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC) }
    f32x4_trunc(a) { _mm_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC) }
    f32x4_nearest(a) { _mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) }
}

double! {
    f64x2_ceil(a) { _mm_round_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC) }
    f64x2_floor(a) { _mm_round_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC) }
    f64x2_trunc(a) { _mm_round_pd(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC) }
    f64x2_nearest(a) { _mm_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) }
}
