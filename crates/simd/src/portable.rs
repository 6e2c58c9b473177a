//! The meaning of each operation, on any machine. The names are those of the text format, with underscores.
#![allow(dead_code)] // What the machine does itself is only compared with.

use wasmote_exec::vector::{Vector, double, single};

use crate::lanes::{bytes, f32x4, f64x2, i8x16, i16x8, i32x4, i64x2, of_bytes, u8x16, u16x8, u32x4, u64x2};

#[inline(always)]
pub fn i32x4_rotl(a: Vector, by: u32) -> Vector {
    u32x4::join(u32x4::split(a).map(|a| a.rotate_left(by & 31)))
}

/// Implements operations that treat each lane alike, with one or two vectors.
macro_rules! lanewise {
    ($in:ident -> $out:ident: $( $name:ident ($($arg:ident),+) { $body:expr } )*) => { $(
        #[inline(always)]
        pub fn $name($($arg: Vector),+) -> Vector {
            $( let $arg = $in::split($arg); )+
            let mut out = [0 as $out::Lane; $out::COUNT];
            let mut i = 0;
            while i < $out::COUNT {
                $( let $arg = $arg[i]; )+
                out[i] = $body;
                i += 1;
            }
            $out::join(out)
        }
    )* };
}

/// Returns a lane with all bits set, or with none.
macro_rules! mask {
    ($condition:expr) => {
        if $condition { !0 } else { 0 }
    };
}

lanewise! { u64x2 -> u64x2:
    v128_not(a) { !a }
    v128_and(a, b) { a & b }
    v128_andnot(a, b) { a & !b }
    v128_or(a, b) { a | b }
    v128_xor(a, b) { a ^ b }
    v128_bitselect(a, b, c) { a & c | b & !c }
}

macro_rules! integers {
    ($($signed:ident $unsigned:ident: $eq:ident $ne:ident $gt_s:ident $ge_s:ident $abs:ident $neg:ident $add:ident $sub:ident
        $shl:ident $shr_s:ident $shr_u:ident $all_true:ident $bitmask:ident;)*) => { $(
        lanewise! { $unsigned -> $unsigned:
            $eq(a, b) { mask!(a == b) }
            $ne(a, b) { mask!(a != b) }
            $add(a, b) { a.wrapping_add(b) }
            $sub(a, b) { a.wrapping_sub(b) }
            $neg(a) { a.wrapping_neg() }
        }
        lanewise! { $signed -> $signed:
            $gt_s(a, b) { mask!(a > b) }
            $ge_s(a, b) { mask!(a >= b) }
            $abs(a) { a.wrapping_abs() }
        }

        #[inline(always)]
        pub fn $shl(a: Vector, by: u32) -> Vector {
            $unsigned::join($unsigned::split(a).map(|a| a.wrapping_shl(by)))
        }

        #[inline(always)]
        pub fn $shr_s(a: Vector, by: u32) -> Vector {
            $signed::join($signed::split(a).map(|a| a.wrapping_shr(by)))
        }

        #[inline(always)]
        pub fn $shr_u(a: Vector, by: u32) -> Vector {
            $unsigned::join($unsigned::split(a).map(|a| a.wrapping_shr(by)))
        }

        #[inline(always)]
        pub fn $all_true(a: Vector) -> u32 {
            u32::from($unsigned::split(a).iter().all(|&a| a != 0))
        }

        #[inline(always)]
        pub fn $bitmask(a: Vector) -> u32 {
            $signed::split(a).iter().enumerate().fold(0, |bits, (i, &a)| bits | u32::from(a < 0) << i)
        }
    )* };
}

integers! {
    i8x16 u8x16: i8x16_eq i8x16_ne i8x16_gt_s i8x16_ge_s i8x16_abs i8x16_neg i8x16_add i8x16_sub
        i8x16_shl i8x16_shr_s i8x16_shr_u i8x16_all_true i8x16_bitmask;
    i16x8 u16x8: i16x8_eq i16x8_ne i16x8_gt_s i16x8_ge_s i16x8_abs i16x8_neg i16x8_add i16x8_sub
        i16x8_shl i16x8_shr_s i16x8_shr_u i16x8_all_true i16x8_bitmask;
    i32x4 u32x4: i32x4_eq i32x4_ne i32x4_gt_s i32x4_ge_s i32x4_abs i32x4_neg i32x4_add i32x4_sub
        i32x4_shl i32x4_shr_s i32x4_shr_u i32x4_all_true i32x4_bitmask;
    i64x2 u64x2: i64x2_eq i64x2_ne i64x2_gt_s i64x2_ge_s i64x2_abs i64x2_neg i64x2_add i64x2_sub
        i64x2_shl i64x2_shr_s i64x2_shr_u i64x2_all_true i64x2_bitmask;
}

#[inline(always)]
pub fn v128_any_true(a: Vector) -> u32 {
    let [low, high] = a.halves();
    u32::from(low | high != 0)
}

lanewise! { u8x16 -> u8x16:
    i8x16_gt_u(a, b) { mask!(a > b) }
    i8x16_ge_u(a, b) { mask!(a >= b) }
    i8x16_popcnt(a) { a.count_ones() as u8 }
    i8x16_add_sat_u(a, b) { a.saturating_add(b) }
    i8x16_sub_sat_u(a, b) { a.saturating_sub(b) }
    i8x16_min_u(a, b) { if a < b { a } else { b } }
    i8x16_max_u(a, b) { if a > b { a } else { b } }
    i8x16_avgr_u(a, b) { (u16::from(a) + u16::from(b)).div_ceil(2) as u8 }
}
lanewise! { i8x16 -> i8x16:
    i8x16_add_sat_s(a, b) { a.saturating_add(b) }
    i8x16_sub_sat_s(a, b) { a.saturating_sub(b) }
    i8x16_min_s(a, b) { if a < b { a } else { b } }
    i8x16_max_s(a, b) { if a > b { a } else { b } }
}
lanewise! { u16x8 -> u16x8:
    i16x8_gt_u(a, b) { mask!(a > b) }
    i16x8_ge_u(a, b) { mask!(a >= b) }
    i16x8_mul(a, b) { a.wrapping_mul(b) }
    i16x8_add_sat_u(a, b) { a.saturating_add(b) }
    i16x8_sub_sat_u(a, b) { a.saturating_sub(b) }
    i16x8_min_u(a, b) { if a < b { a } else { b } }
    i16x8_max_u(a, b) { if a > b { a } else { b } }
    i16x8_avgr_u(a, b) { (u32::from(a) + u32::from(b)).div_ceil(2) as u16 }
}
lanewise! { i16x8 -> i16x8:
    i16x8_add_sat_s(a, b) { a.saturating_add(b) }
    i16x8_sub_sat_s(a, b) { a.saturating_sub(b) }
    i16x8_min_s(a, b) { if a < b { a } else { b } }
    i16x8_max_s(a, b) { if a > b { a } else { b } }
    // Only the product of -1 and -1 is too large.
    i16x8_q15mulr_sat_s(a, b) { ((i32::from(a) * i32::from(b) + 0x4000) >> 15).min(0x7fff) as i16 }
}
lanewise! { u32x4 -> u32x4:
    i32x4_gt_u(a, b) { mask!(a > b) }
    i32x4_ge_u(a, b) { mask!(a >= b) }
    i32x4_mul(a, b) { a.wrapping_mul(b) }
    i32x4_min_u(a, b) { if a < b { a } else { b } }
    i32x4_max_u(a, b) { if a > b { a } else { b } }
}
lanewise! { i32x4 -> i32x4:
    i32x4_min_s(a, b) { if a < b { a } else { b } }
    i32x4_max_s(a, b) { if a > b { a } else { b } }
}
lanewise! { u64x2 -> u64x2:
    i64x2_mul(a, b) { a.wrapping_mul(b) }
}

/// Implements operations with results of twice the width: extension of one half, products of halves, and sums of
/// neighbours.
macro_rules! widen {
    ($($narrow:ident -> $wide:ident: $extend_low:ident $extend_high:ident $mul_low:ident $mul_high:ident;)*) => { $(
        #[inline(always)]
        pub fn $extend_low(a: Vector) -> Vector {
            let a = $narrow::split(a);
            let mut out = [0; $wide::COUNT];
            let mut i = 0;
            while i < $wide::COUNT {
                out[i] = $wide::Lane::from(a[i]);
                i += 1;
            }
            $wide::join(out)
        }

        #[inline(always)]
        pub fn $extend_high(a: Vector) -> Vector {
            let a = $narrow::split(a);
            let mut out = [0; $wide::COUNT];
            let mut i = 0;
            while i < $wide::COUNT {
                out[i] = $wide::Lane::from(a[$wide::COUNT + i]);
                i += 1;
            }
            $wide::join(out)
        }

        #[inline(always)]
        pub fn $mul_low(a: Vector, b: Vector) -> Vector {
            let (a, b) = ($wide::split($extend_low(a)), $wide::split($extend_low(b)));
            let mut out = [0; $wide::COUNT];
            let mut i = 0;
            while i < $wide::COUNT {
                out[i] = a[i].wrapping_mul(b[i]);
                i += 1;
            }
            $wide::join(out)
        }

        #[inline(always)]
        pub fn $mul_high(a: Vector, b: Vector) -> Vector {
            let (a, b) = ($wide::split($extend_high(a)), $wide::split($extend_high(b)));
            let mut out = [0; $wide::COUNT];
            let mut i = 0;
            while i < $wide::COUNT {
                out[i] = a[i].wrapping_mul(b[i]);
                i += 1;
            }
            $wide::join(out)
        }
    )* };
}

widen! {
    i8x16 -> i16x8: i16x8_extend_low_i8x16_s i16x8_extend_high_i8x16_s i16x8_extmul_low_i8x16_s i16x8_extmul_high_i8x16_s;
    u8x16 -> u16x8: i16x8_extend_low_i8x16_u i16x8_extend_high_i8x16_u i16x8_extmul_low_i8x16_u i16x8_extmul_high_i8x16_u;
    i16x8 -> i32x4: i32x4_extend_low_i16x8_s i32x4_extend_high_i16x8_s i32x4_extmul_low_i16x8_s i32x4_extmul_high_i16x8_s;
    u16x8 -> u32x4: i32x4_extend_low_i16x8_u i32x4_extend_high_i16x8_u i32x4_extmul_low_i16x8_u i32x4_extmul_high_i16x8_u;
    i32x4 -> i64x2: i64x2_extend_low_i32x4_s i64x2_extend_high_i32x4_s i64x2_extmul_low_i32x4_s i64x2_extmul_high_i32x4_s;
    u32x4 -> u64x2: i64x2_extend_low_i32x4_u i64x2_extend_high_i32x4_u i64x2_extmul_low_i32x4_u i64x2_extmul_high_i32x4_u;
}

macro_rules! pairwise {
    ($($name:ident: $narrow:ident -> $wide:ident;)*) => { $(
        #[inline(always)]
        pub fn $name(a: Vector) -> Vector {
            let a = $narrow::split(a);
            let mut out = [0; $wide::COUNT];
            for (i, out) in out.iter_mut().enumerate() {
                *out = $wide::Lane::from(a[2 * i]) + $wide::Lane::from(a[2 * i + 1]);
            }
            $wide::join(out)
        }
    )* };
}
pairwise! {
    i16x8_extadd_pairwise_i8x16_s: i8x16 -> i16x8;
    i16x8_extadd_pairwise_i8x16_u: u8x16 -> u16x8;
    i32x4_extadd_pairwise_i16x8_s: i16x8 -> i32x4;
    i32x4_extadd_pairwise_i16x8_u: u16x8 -> u32x4;
}

macro_rules! narrow {
    ($($name:ident: $wide:ident -> $narrow:ident;)*) => { $(
        #[inline(always)]
        pub fn $name(a: Vector, b: Vector) -> Vector {
            let (a, b) = ($wide::split(a), $wide::split(b));
            let (min, max) = ($narrow::Lane::MIN as $wide::Lane, $narrow::Lane::MAX as $wide::Lane);
            let mut out = [0; $narrow::COUNT];
            for (out, wide) in out.iter_mut().zip(a.into_iter().chain(b)) {
                *out = wide.clamp(min, max) as $narrow::Lane;
            }
            $narrow::join(out)
        }
    )* };
}
narrow! {
    i8x16_narrow_i16x8_s: i16x8 -> i8x16;
    i8x16_narrow_i16x8_u: i16x8 -> u8x16;
    i16x8_narrow_i32x4_s: i32x4 -> i16x8;
    i16x8_narrow_i32x4_u: i32x4 -> u16x8;
}

#[inline(always)]
pub fn i32x4_dot_i16x8_s(a: Vector, b: Vector) -> Vector {
    let (a, b) = (i16x8::split(a), i16x8::split(b));
    let mut out = [0; 4];
    for (i, out) in out.iter_mut().enumerate() {
        let product = |i: usize| i32::from(a[i]) * i32::from(b[i]);
        // The sum overflows only if all four lanes have the least value.
        *out = product(2 * i).wrapping_add(product(2 * i + 1));
    }
    i32x4::join(out)
}

/// The lanes of both vectors are signed. Sums of two products saturate.
#[inline(always)]
pub fn i16x8_relaxed_dot_i8x16_i7x16_s(a: Vector, b: Vector) -> Vector {
    let (a, b) = (i8x16::split(a), i8x16::split(b));
    let mut out = [0; 8];
    for (i, out) in out.iter_mut().enumerate() {
        let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
        *out = product(2 * i).saturating_add(product(2 * i + 1));
    }
    i16x8::join(out)
}

#[inline(always)]
pub fn i32x4_relaxed_dot_i8x16_i7x16_add_s(a: Vector, b: Vector, c: Vector) -> Vector {
    i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c)
}

#[inline(always)]
pub fn i8x16_swizzle(a: Vector, b: Vector) -> Vector {
    let (a, b) = (bytes(a), bytes(b));
    of_bytes(b.map(|at| if at < 16 { a[usize::from(at & 15)] } else { 0 }))
}

/// Chooses bytes of both vectors by the bytes of a third one, which are below 32.
#[inline(always)]
pub fn i8x16_shuffle(a: Vector, b: Vector, lanes: Vector) -> Vector {
    let (a, b) = (bytes(a), bytes(b));
    of_bytes(bytes(lanes).map(|at| if at < 16 { a[usize::from(at & 15)] } else { b[usize::from(at & 15)] }))
}

macro_rules! interleave {
    ($($lanes:ident: $low:ident $high:ident;)*) => { $(
        #[inline(always)]
        pub fn $low(a: Vector, b: Vector) -> Vector {
            let (a, b) = ($lanes::split(a), $lanes::split(b));
            let mut out = [0; $lanes::COUNT];
            for i in 0..$lanes::COUNT / 2 {
                (out[2 * i], out[2 * i + 1]) = (a[i], b[i]);
            }
            $lanes::join(out)
        }

        #[inline(always)]
        pub fn $high(a: Vector, b: Vector) -> Vector {
            let (a, b) = ($lanes::split(a), $lanes::split(b));
            let mut out = [0; $lanes::COUNT];
            for i in 0..$lanes::COUNT / 2 {
                (out[2 * i], out[2 * i + 1]) = (a[$lanes::COUNT / 2 + i], b[$lanes::COUNT / 2 + i]);
            }
            $lanes::join(out)
        }
    )* };
}
interleave! {
    u8x16: i8x16_interleave_low i8x16_interleave_high;
    u16x8: i16x8_interleave_low i16x8_interleave_high;
    u32x4: i32x4_interleave_low i32x4_interleave_high;
    u64x2: i64x2_interleave_low i64x2_interleave_high;
}

macro_rules! splats {
    ($($name:ident($ty:ty as $to:ident);)*) => { $(
        #[inline(always)]
        pub fn $name(a: $ty) -> Vector {
            $to::join([a as $to::Lane; $to::COUNT])
        }
    )* };
}
splats! {
    i8x16_splat(u32 as u8x16);
    i16x8_splat(u32 as u16x8);
    i32x4_splat(u32 as u32x4);
    i64x2_splat(u64 as u64x2);
    f32x4_splat(f32 as f32x4);
    f64x2_splat(f64 as f64x2);
}

macro_rules! floats {
    ($($lanes:ident $masks:ident $scalar:ident $canonical:literal $sign:literal: $eq:ident $ne:ident $lt:ident $le:ident
        $ceil:ident $floor:ident $trunc:ident $nearest:ident $abs:ident $neg:ident $sqrt:ident $canon:ident
        $add:ident $sub:ident $mul:ident $div:ident $min:ident $max:ident $pmin:ident $pmax:ident
        $madd:ident $nmadd:ident;)*) => { $(
        lanewise! { $lanes -> $masks:
            $eq(a, b) { mask!(a == b) }
            $ne(a, b) { mask!(a != b) }
            $lt(a, b) { mask!(a < b) }
            $le(a, b) { mask!(a <= b) }
            $canon(a) { if a.is_nan() { $canonical } else { a.to_bits() } }
        }
        lanewise! { $masks -> $masks:
            $abs(a) { a & !$sign }
            $neg(a) { a ^ $sign }
        }
        lanewise! { $lanes -> $lanes:
            $ceil(a) { $scalar::ceil(a) }
            $floor(a) { $scalar::floor(a) }
            $trunc(a) { $scalar::trunc(a) }
            $nearest(a) { $scalar::nearest(a) }
            $sqrt(a) { $scalar::sqrt(a) }
            $add(a, b) { a + b }
            $sub(a, b) { a - b }
            $mul(a, b) { a * b }
            $div(a, b) { a / b }
            $min(a, b) { $scalar::min(a, b) }
            $max(a, b) { $scalar::max(a, b) }
            $pmin(a, b) { if b < a { b } else { a } }
            $pmax(a, b) { if a < b { b } else { a } }
            $madd(a, b, c) { a * b + c }
            $nmadd(a, b, c) { -(a * b) + c }
        }
    )* };
}
floats! {
    f32x4 u32x4 single 0x7fc0_0000 0x8000_0000: f32x4_eq f32x4_ne f32x4_lt f32x4_le
        f32x4_ceil f32x4_floor f32x4_trunc f32x4_nearest f32x4_abs f32x4_neg f32x4_sqrt f32x4_canonical
        f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_min f32x4_max f32x4_pmin f32x4_pmax
        f32x4_madd f32x4_nmadd;
    f64x2 u64x2 double 0x7ff8_0000_0000_0000 0x8000_0000_0000_0000: f64x2_eq f64x2_ne f64x2_lt f64x2_le
        f64x2_ceil f64x2_floor f64x2_trunc f64x2_nearest f64x2_abs f64x2_neg f64x2_sqrt f64x2_canonical
        f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_min f64x2_max f64x2_pmin f64x2_pmax
        f64x2_madd f64x2_nmadd;
}

lanewise! { f32x4 -> i32x4:
    i32x4_trunc_sat_f32x4_s(a) { a as i32 }
}
lanewise! { f32x4 -> u32x4:
    i32x4_trunc_sat_f32x4_u(a) { a as u32 }
}
lanewise! { i32x4 -> f32x4:
    f32x4_convert_i32x4_s(a) { a as f32 }
}
lanewise! { u32x4 -> f32x4:
    f32x4_convert_i32x4_u(a) { a as f32 }
}

#[inline(always)]
pub fn i32x4_trunc_sat_f64x2_s_zero(a: Vector) -> Vector {
    let [a, b] = f64x2::split(a);
    i32x4::join([a as i32, b as i32, 0, 0])
}

#[inline(always)]
pub fn i32x4_trunc_sat_f64x2_u_zero(a: Vector) -> Vector {
    let [a, b] = f64x2::split(a);
    u32x4::join([a as u32, b as u32, 0, 0])
}

#[inline(always)]
pub fn f64x2_convert_low_i32x4_s(a: Vector) -> Vector {
    let [a, b, ..] = i32x4::split(a);
    f64x2::join([f64::from(a), f64::from(b)])
}

#[inline(always)]
pub fn f64x2_convert_low_i32x4_u(a: Vector) -> Vector {
    let [a, b, ..] = u32x4::split(a);
    f64x2::join([f64::from(a), f64::from(b)])
}

#[inline(always)]
pub fn f32x4_demote_f64x2_zero(a: Vector) -> Vector {
    let [a, b] = f64x2::split(a);
    f32x4::join([a as f32, b as f32, 0.0, 0.0])
}

#[inline(always)]
pub fn f64x2_promote_low_f32x4(a: Vector) -> Vector {
    let [a, b, ..] = f32x4::split(a);
    f64x2::join([f64::from(a), f64::from(b)])
}

/// Puts one lane of `value`, which has the same value in all lanes, into `a`.
#[inline(always)]
pub fn replace(a: Vector, value: Vector, lane_bytes: usize, lane: usize) -> Vector {
    // SAFETY: `lane_mask` returns a pointer to 16 bytes.
    let mask = of_bytes(unsafe { lane_mask(lane_bytes, lane).cast::<[u8; 16]>().read() });
    v128_bitselect(value, a, mask)
}

/// Returns a pointer to 16 bytes that are all ones in this lane and zeros elsewhere.
#[inline(always)]
pub fn lane_mask(lane_bytes: usize, lane: usize) -> *const u8 {
    /// For each lane size, a lane of ones in the middle of 48 bytes. The 16 bytes that start at the middle less the
    /// lane's offset are the mask.
    static MASKS: [[u8; 48]; 4] = {
        let mut masks = [[0; 48]; 4];
        let mut log = 0;
        while log < 4 {
            let mut i = 0;
            while i < 1 << log {
                masks[log][16 + i] = 0xff;
                i += 1;
            }
            log += 1;
        }
        masks
    };
    let first = 16 - lane_bytes * (lane & (16 / lane_bytes - 1));
    // `first` is from 1 to 16, so 16 bytes follow among the 48.
    MASKS[lane_bytes.trailing_zeros() as usize].as_ptr().wrapping_add(first)
}
