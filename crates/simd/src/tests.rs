//! Compares each operation of this machine with the portable one, bit by bit. The inputs are random bits, and lanes
//! on which such operations go wrong: zeros, infinities, NaNs with payloads, the least and the largest values.

use wasmote_exec::vector::Vector;
use wasmote_test_support::Random;

use crate::{baseline, portable};

/// Two of these make half a vector: zeros, ones, infinities, NaNs, the bounds of integers as floats, and whole
/// floats.
const WORDS: [u32; 16] = [
    0,
    0x8000_0000,
    0x3f80_0000,
    0xbfc0_0000,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_1234,
    0x7f80_0001,
    0x4f00_0000,
    0xcf00_0000,
    0x4f80_0000,
    0x7fff_ffff,
    0xffff_ffff,
    0x0080_ff7f,
    0x4b00_0001,
];
/// The same with 64 bits.
const HALVES: [u64; 12] = [
    0,
    1 << 63,
    0x3ff0_0000_0000_0000,
    0xbff8_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_1234_5678,
    0x7ff0_0000_0000_0001,
    0x41df_ffff_ffe0_0000,
    0x41ef_ffff_fff0_0000,
    0xc1e0_0000_0010_0000,
];

/// Returns half a vector.
fn half(random: &mut Random) -> u64 {
    let bits = random.next_u64();
    let pick = (bits >> 32) as usize;
    match bits >> 8 & 7 {
        0 | 1 => random.next_u64(),
        2 | 3 => u64::from(WORDS[pick & 15]) | u64::from(WORDS[pick >> 4 & 15]) << 32,
        4 => HALVES[pick.checked_rem(HALVES.len()).unwrap_or(0)],
        // Floats of moderate size, with fractions.
        5 => u64::from(((pick as i32) as f32 / 1000.0).to_bits()) | u64::from((pick as f32).to_bits()) << 32,
        6 => ((random.next_u64() as i64) as f64 / 4_294_967_296.0 / 3.0).to_bits(),
        // Small bytes.
        _ => random.next_u64() & 0x1f1f_1f1f_1f1f_1f1f,
    }
}

/// Returns a vector of two such halves.
fn vector(random: &mut Random) -> Vector {
    Vector::new([half(random), half(random)])
}

const ROUNDS: usize = 20_000;

/// Makes all NaNs of a float vector the same. Of two NaNs either may come out, because the compiler swaps the
/// operands of operations that it takes for commutative.
fn one_nan(operation: &str, v: Vector) -> Vector {
    match operation.get(..5) {
        Some("f32x4") => portable::f32x4_canonical(v),
        Some("f64x2") => portable::f64x2_canonical(v),
        _ => v,
    }
}

macro_rules! compare {
    ($name:ident: $level:ident, $check:expr;
        binary { $($binary:ident)* } unary { $($unary:ident)* } test { $($test:ident)* } three { $($three:ident)* }
        shift { $($shift:ident)* }) => {
        #[test]
        fn $name() {
            if !$check {
                extern crate std;
                std::println!("left out: this machine has no such instructions");
                return;
            }
            let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
            for _ in 0..ROUNDS {
                let (a, b, c, by) = (vector(&mut random), vector(&mut random), vector(&mut random), random.next_u64() as u32);
                $(
                    let name = stringify!($binary);
                    let own = one_nan(name, $level::$binary(a, b)).halves();
                    let portable = one_nan(name, portable::$binary(a, b)).halves();
                    assert_eq!(own, portable, "{} of {a:x?}, {b:x?}: {own:x?}, {portable:x?}", stringify!($binary));
                )*
                $(
                    let (own, portable) = ($level::$unary(a).halves(), portable::$unary(a).halves());
                    assert_eq!(own, portable, "{} of {a:x?}: {own:x?}, {portable:x?}", stringify!($unary));
                )*
                $( assert_eq!($level::$test(a), portable::$test(a), "{} of {a:x?}", stringify!($test)); )*
                $(
                    let (own, portable) = ($level::$three(a, b, c).halves(), portable::$three(a, b, c).halves());
                    assert_eq!(own, portable, "{} of {a:x?}, {b:x?}, {c:x?}", stringify!($three));
                )*
                $(
                    let (own, portable) = ($level::$shift(a, by).halves(), portable::$shift(a, by).halves());
                    assert_eq!(own, portable, "{} of {a:x?} by {by}", stringify!($shift));
                )*
                let _ = (b, c, by);
            }
        }
    };
}

compare! { every_operation_of_the_architecture_is_the_portable_one: baseline, true;
    binary {
        f32x4_add f32x4_div f32x4_eq f32x4_le f32x4_lt f32x4_max f32x4_min f32x4_mul f32x4_ne f32x4_pmax f32x4_pmin
        f32x4_sub f64x2_add f64x2_div f64x2_eq f64x2_le f64x2_lt f64x2_max f64x2_min f64x2_mul f64x2_ne f64x2_pmax
        f64x2_pmin f64x2_sub i16x8_add i16x8_add_sat_s i16x8_add_sat_u i16x8_avgr_u i16x8_eq
        i16x8_extmul_high_i8x16_s i16x8_extmul_high_i8x16_u i16x8_extmul_low_i8x16_s i16x8_extmul_low_i8x16_u
        i16x8_ge_s i16x8_ge_u i16x8_gt_s i16x8_gt_u i16x8_interleave_high i16x8_interleave_low i16x8_max_s
        i16x8_max_u i16x8_min_s i16x8_min_u i16x8_mul i16x8_narrow_i32x4_s i16x8_narrow_i32x4_u i16x8_ne
        i16x8_q15mulr_sat_s i16x8_relaxed_dot_i8x16_i7x16_s i16x8_sub i16x8_sub_sat_s i16x8_sub_sat_u i32x4_add
        i32x4_dot_i16x8_s i32x4_eq i32x4_extmul_high_i16x8_s i32x4_extmul_high_i16x8_u i32x4_extmul_low_i16x8_s
        i32x4_extmul_low_i16x8_u i32x4_ge_s i32x4_ge_u i32x4_gt_s i32x4_gt_u i32x4_interleave_high
        i32x4_interleave_low i32x4_max_s i32x4_max_u i32x4_min_s i32x4_min_u i32x4_mul i32x4_ne i32x4_sub i64x2_add
        i64x2_eq i64x2_extmul_high_i32x4_s i64x2_extmul_high_i32x4_u i64x2_extmul_low_i32x4_s
        i64x2_extmul_low_i32x4_u i64x2_ge_s i64x2_gt_s i64x2_interleave_high i64x2_interleave_low i64x2_mul
        i64x2_ne i64x2_sub i8x16_add i8x16_add_sat_s i8x16_add_sat_u i8x16_avgr_u i8x16_eq i8x16_ge_s i8x16_ge_u
        i8x16_gt_s i8x16_gt_u i8x16_interleave_high i8x16_interleave_low i8x16_max_s i8x16_max_u i8x16_min_s
        i8x16_min_u i8x16_narrow_i16x8_s i8x16_narrow_i16x8_u i8x16_ne i8x16_sub i8x16_sub_sat_s i8x16_sub_sat_u
        i8x16_swizzle v128_and v128_andnot v128_or v128_xor
    }
    unary {
        f32x4_abs f32x4_canonical f32x4_ceil f32x4_convert_i32x4_s f32x4_convert_i32x4_u f32x4_demote_f64x2_zero
        f32x4_floor f32x4_nearest f32x4_neg f32x4_sqrt f32x4_trunc f64x2_abs f64x2_canonical f64x2_ceil
        f64x2_convert_low_i32x4_s f64x2_convert_low_i32x4_u f64x2_floor f64x2_nearest f64x2_neg
        f64x2_promote_low_f32x4 f64x2_sqrt f64x2_trunc i16x8_abs i16x8_extadd_pairwise_i8x16_s
        i16x8_extadd_pairwise_i8x16_u i16x8_extend_high_i8x16_s i16x8_extend_high_i8x16_u i16x8_extend_low_i8x16_s
        i16x8_extend_low_i8x16_u i16x8_neg i32x4_abs i32x4_extadd_pairwise_i16x8_s i32x4_extadd_pairwise_i16x8_u
        i32x4_extend_high_i16x8_s i32x4_extend_high_i16x8_u i32x4_extend_low_i16x8_s i32x4_extend_low_i16x8_u
        i32x4_neg i32x4_trunc_sat_f32x4_s i32x4_trunc_sat_f32x4_u i32x4_trunc_sat_f64x2_s_zero
        i32x4_trunc_sat_f64x2_u_zero i64x2_abs i64x2_extend_high_i32x4_s i64x2_extend_high_i32x4_u
        i64x2_extend_low_i32x4_s i64x2_extend_low_i32x4_u i64x2_neg i8x16_abs i8x16_neg i8x16_popcnt v128_not
    }
    test {
        i16x8_all_true i16x8_bitmask i32x4_all_true i32x4_bitmask i64x2_all_true i64x2_bitmask i8x16_all_true
        i8x16_bitmask v128_any_true
    }
    three {
        f32x4_madd f32x4_nmadd f64x2_madd f64x2_nmadd i32x4_relaxed_dot_i8x16_i7x16_add_s
        v128_bitselect
    }
    shift {
        i16x8_shl i16x8_shr_s i16x8_shr_u i32x4_rotl i32x4_shl i32x4_shr_s i32x4_shr_u i64x2_shl i64x2_shr_s
        i64x2_shr_u i8x16_shl i8x16_shr_s i8x16_shr_u
    }
}

/// Exactly one sum of two products exceeds a lane of 16 bits. It must saturate, also when it is then added to a
/// 32-bit lane (spec: exec/numerics#relaxed-dot-product).
#[test]
fn relaxed_dot_products_saturate() {
    let least = Vector::new([0x8080_8080_8080_8080; 2]);
    let most = [0x7fff_7fff_7fff_7fff; 2];
    assert_eq!(portable::i16x8_relaxed_dot_i8x16_i7x16_s(least, least).halves(), most);
    assert_eq!(baseline::i16x8_relaxed_dot_i8x16_i7x16_s(least, least).halves(), most);
    let one = Vector::new([0x0000_0001_0000_0001; 2]);
    let sums = [0x0000_ffff_0000_ffff; 2];
    assert_eq!(portable::i32x4_relaxed_dot_i8x16_i7x16_add_s(least, least, one).halves(), sums);
    assert_eq!(baseline::i32x4_relaxed_dot_i8x16_i7x16_add_s(least, least, one).halves(), sums);
}

#[cfg(target_arch = "x86_64")]
use crate::sse4;

#[cfg(target_arch = "x86_64")]
compare! { every_operation_of_sse4_is_the_portable_one: sse4, sse4::available();
    binary { i32x4_max_s i32x4_max_u i32x4_min_s i32x4_min_u i32x4_mul i64x2_gt_s i8x16_swizzle }
    unary {
        f32x4_ceil f32x4_floor f32x4_nearest f32x4_trunc f64x2_ceil f64x2_floor f64x2_nearest f64x2_trunc i8x16_popcnt
    }
    test {}
    three {}
    shift {}
}

#[cfg(target_arch = "x86_64")]
#[test]
fn bytes_chosen_by_sse4_are_the_portable_ones() {
    let mut random = Random::new(3);
    for _ in 0..ROUNDS {
        let (a, b) = (vector(&mut random), vector(&mut random));
        let lanes = Vector::new([random.next_u64(), random.next_u64()].map(|half| half & 0x1f1f_1f1f_1f1f_1f1f));
        let portable = portable::i8x16_shuffle(a, b, lanes).halves();
        assert_eq!(baseline::i8x16_shuffle(a, b, lanes).halves(), portable, "{a:x?}, {b:x?}, {lanes:x?}");
        if sse4::available() {
            assert_eq!(sse4::i8x16_shuffle(a, b, lanes).halves(), portable, "{a:x?}, {b:x?}, {lanes:x?}");
        }
    }
}
