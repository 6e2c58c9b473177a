//! Operations that NEON intrinsics compute better than what the compiler makes of `portable`.
//!
//! SAFETY, for every block here: aarch64 always has NEON, and the intrinsics on values have no other condition.
#![allow(clippy::undocumented_unsafe_blocks)]

use core::arch::aarch64::*;

use wasmote_exec::vector::Vector;

pub use crate::portable::*;

#[inline(always)]
fn bytes(a: Vector) -> uint8x16_t {
    unsafe { vreinterpretq_u8_u64(a.0) }
}

#[inline(always)]
fn of_bytes(a: uint8x16_t) -> Vector {
    Vector(unsafe { vreinterpretq_u64_u8(a) })
}

#[inline(always)]
pub fn i8x16_swizzle(a: Vector, b: Vector) -> Vector {
    of_bytes(unsafe { vqtbl1q_u8(bytes(a), bytes(b)) })
}

#[inline(always)]
pub fn i8x16_shuffle(a: Vector, b: Vector, lanes: Vector) -> Vector {
    of_bytes(unsafe { vqtbl2q_u8(uint8x16x2_t(bytes(a), bytes(b)), bytes(lanes)) })
}

#[inline(always)]
pub fn i8x16_popcnt(a: Vector) -> Vector {
    of_bytes(unsafe { vcntq_u8(bytes(a)) })
}

#[inline(always)]
pub fn v128_any_true(a: Vector) -> u32 {
    u32::from(unsafe { vmaxvq_u8(bytes(a)) } != 0)
}

#[inline(always)]
pub fn i8x16_all_true(a: Vector) -> u32 {
    u32::from(unsafe { vminvq_u8(bytes(a)) } != 0)
}

#[inline(always)]
pub fn i8x16_narrow_i16x8_s(a: Vector, b: Vector) -> Vector {
    let wide = |a: Vector| unsafe { vreinterpretq_s16_u64(a.0) };
    of_bytes(unsafe { vreinterpretq_u8_s8(vcombine_s8(vqmovn_s16(wide(a)), vqmovn_s16(wide(b)))) })
}

#[inline(always)]
pub fn i8x16_narrow_i16x8_u(a: Vector, b: Vector) -> Vector {
    let wide = |a: Vector| unsafe { vreinterpretq_s16_u64(a.0) };
    of_bytes(unsafe { vcombine_u8(vqmovun_s16(wide(a)), vqmovun_s16(wide(b))) })
}

#[inline(always)]
pub fn i8x16_avgr_u(a: Vector, b: Vector) -> Vector {
    of_bytes(unsafe { vrhaddq_u8(bytes(a), bytes(b)) })
}
