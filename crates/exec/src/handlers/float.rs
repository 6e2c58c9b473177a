//! Float arithmetic and conversions (spec: exec/numerics#floating-point-operations).

#[cfg(not(small_floats))]
use wasmote_ir::TrapCode;

macro_rules! rounding {
    ($module:ident, $float:ident, $bits:ident, $int:ident, $exact:literal, $quiet:expr, $sqrt:path) => {
        /// Operations that `core` lacks, without calls, so that handlers need no stack frame.
        pub mod $module {
            #[cfg(not(small_floats))]
            pub use rounding::{ceil, floor, nearest, trunc};

            /// Rounding by the machine's own arithmetic.
            #[cfg(not(small_floats))]
            mod rounding {
                /// From here on all values are integers.
                const EXACT: $float = $exact;

                #[inline(always)]
                fn copysign(magnitude: $float, sign: $float) -> $float {
                    const SIGN: $bits = 1 << ($bits::BITS - 1);
                    $float::from_bits(magnitude.to_bits() & !SIGN | sign.to_bits() & SIGN)
                }

                #[inline(always)]
                fn abs(a: $float) -> $float {
                    copysign(a, 0.0)
                }

                /// Rounds a value below [`EXACT`] by `round`, which gets it truncated; larger ones, infinities and NaN
                /// stay, but for NaN becoming quiet.
                #[inline(always)]
                fn integral(a: $float, round: impl Fn($float) -> $float) -> $float {
                    if abs(a) < EXACT {
                        // SAFETY: the value is finite and in range.
                        let truncated = unsafe { a.to_int_unchecked::<$int>() } as $float;
                        copysign(round(truncated), a)
                    } else if a.is_nan() {
                        // An addition of zero would do, but the compiler takes it for nothing.
                        $float::from_bits(a.to_bits() | $quiet)
                    } else {
                        a
                    }
                }

                /// Rounds up.
                #[inline(always)]
                pub fn ceil(a: $float) -> $float {
                    integral(a, |t| if t < a { t + 1.0 } else { t })
                }

                /// Rounds down.
                #[inline(always)]
                pub fn floor(a: $float) -> $float {
                    integral(a, |t| if t > a { t - 1.0 } else { t })
                }

                /// Rounds to zero.
                #[inline(always)]
                pub fn trunc(a: $float) -> $float {
                    integral(a, |t| t)
                }

                /// Rounds to the nearest, ties to even: adding [`EXACT`] leaves no room for a fraction.
                #[inline(always)]
                pub fn nearest(a: $float) -> $float {
                    integral(a, |_| (abs(a) + EXACT) - EXACT)
                }
            }

            /// Rounds up.
            #[cfg(small_floats)]
            pub fn ceil(a: $float) -> $float {
                super::small::rounded(a.into(), super::small::To::Above) as $float
            }

            /// Rounds down.
            #[cfg(small_floats)]
            pub fn floor(a: $float) -> $float {
                super::small::rounded(a.into(), super::small::To::Below) as $float
            }

            /// Rounds to zero.
            #[cfg(small_floats)]
            pub fn trunc(a: $float) -> $float {
                super::small::rounded(a.into(), super::small::To::Zero) as $float
            }

            /// Rounds to the nearest, ties to even.
            #[cfg(small_floats)]
            pub fn nearest(a: $float) -> $float {
                super::small::rounded(a.into(), super::small::To::Nearest) as $float
            }

            /// The square root.
            #[inline(always)]
            pub fn sqrt(a: $float) -> $float {
                $sqrt(a)
            }

            /// The smaller; NaN if either is; -0 is smaller than +0.
            #[cfg(not(small_floats))]
            #[inline(always)]
            pub fn min(a: $float, b: $float) -> $float {
                if a < b {
                    a
                } else if b < a {
                    b
                } else if a == b {
                    $float::from_bits(a.to_bits() | b.to_bits())
                } else {
                    a + b
                }
            }

            /// The larger; NaN if either is; +0 is larger than -0.
            #[cfg(not(small_floats))]
            #[inline(always)]
            pub fn max(a: $float, b: $float) -> $float {
                if a > b {
                    a
                } else if b > a {
                    b
                } else if a == b {
                    $float::from_bits(a.to_bits() & b.to_bits())
                } else {
                    a + b
                }
            }

            /// The smaller; NaN if either is; -0 is smaller than +0.
            #[cfg(small_floats)]
            pub fn min(a: $float, b: $float) -> $float {
                super::small::extreme(a.into(), b.into(), false) as $float
            }

            /// The larger; NaN if either is; +0 is larger than -0.
            #[cfg(small_floats)]
            pub fn max(a: $float, b: $float) -> $float {
                super::small::extreme(a.into(), b.into(), true) as $float
            }
        }
    };
}
rounding!(single, f32, u32, i32, 8_388_608.0, 1 << 22, super::sqrt32);
rounding!(double, f64, u64, i64, 4_503_599_627_370_496.0, 1 << 51, super::sqrt64);

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sqrt32(a: f32) -> f32 {
    use core::arch::x86_64::{_mm_cvtss_f32, _mm_set_ss, _mm_sqrt_ss};
    // SAFETY: SSE is part of the architecture.
    unsafe { _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a))) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sqrt64(a: f64) -> f64 {
    use core::arch::x86_64::{_mm_cvtsd_f64, _mm_set_sd, _mm_sqrt_pd};
    // SAFETY: SSE2 is part of the architecture.
    unsafe { _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(a))) }
}

#[cfg(all(not(target_arch = "x86_64"), not(small_floats)))]
use libm::{sqrt as sqrt64, sqrtf as sqrt32};
#[cfg(small_floats)]
use small::{sqrt32, sqrt64};

/// What takes less code, where speed is not asked for.
#[cfg(any(test, small_floats))]
#[path = "small_floats.rs"]
mod small;

/// Truncates a value that must lie strictly between the bounds.
#[cfg(not(small_floats))]
macro_rules! truncate {
    ($a:ident, $low:expr, $compare:tt, $high:expr, $int:ty) => {
        if $a $compare $low && $a < $high {
            // SAFETY: the bounds are those of the type, less than one away.
            unsafe { $a.to_int_unchecked::<$int>() }
        } else {
            Err(unrepresentable($a.is_nan()))?
        }
    };
}

/// Truncates a value to the nearest integer of a type.
#[cfg(not(small_floats))]
macro_rules! saturate {
    ($a:ident, $int:ty) => {
        $a as $int
    };
}

/// Both, in fewer bytes.
#[cfg(small_floats)]
macro_rules! truncate {
    ($a:ident, $low:expr, $compare:tt, $high:expr, $int:ty) => {
        super::small::truncated($a.into(), <$int>::BITS, <$int>::MIN != 0, false)? as $int
    };
}
#[cfg(small_floats)]
macro_rules! saturate {
    ($a:ident, $int:ty) => {
        super::small::truncated($a.into(), <$int>::BITS, <$int>::MIN != 0, true).unwrap_or(0) as $int
    };
}

#[cfg(not(small_floats))]
#[inline(always)]
fn unrepresentable(nan: bool) -> TrapCode {
    if nan { TrapCode::BadConversionToInteger } else { TrapCode::IntegerOverflow }
}

/// The rows.
#[allow(clippy::manual_range_contains)]
pub mod rows {
    #[cfg(not(small_floats))]
    use super::unrepresentable;
    use super::{double, single};
    use crate::handlers::numeric::{TrapOf, binary, unary};

    binary! {
        F32Add(a, b: f32) -> f32 { a + b }
        F32Sub(a, b: f32) -> f32 { a - b }
        F32Mul(a, b: f32) -> f32 { a * b }
        F32Div(a, b: f32) -> f32 { a / b }
        F32Min(a, b: f32) -> f32 { single::min(a, b) }
        F32Max(a, b: f32) -> f32 { single::max(a, b) }
        F32Copysign(a, b: f32) -> f32 { f32::from_bits(a.to_bits() & 0x7fff_ffff | b.to_bits() & 0x8000_0000) }
        F32Eq(a, b: f32) -> u32 { u32::from(a == b) }
        F32Ne(a, b: f32) -> u32 { u32::from(a != b) }
        F32Lt(a, b: f32) -> u32 { u32::from(a < b) }
        F32Gt(a, b: f32) -> u32 { u32::from(a > b) }
        F32Le(a, b: f32) -> u32 { u32::from(a <= b) }
        F32Ge(a, b: f32) -> u32 { u32::from(a >= b) }
        F64Add(a, b: f64) -> f64 { a + b }
        F64Sub(a, b: f64) -> f64 { a - b }
        F64Mul(a, b: f64) -> f64 { a * b }
        F64Div(a, b: f64) -> f64 { a / b }
        F64Min(a, b: f64) -> f64 { double::min(a, b) }
        F64Max(a, b: f64) -> f64 { double::max(a, b) }
        F64Copysign(a, b: f64) -> f64 { f64::from_bits(a.to_bits() & !(1 << 63) | b.to_bits() & 1 << 63) }
        F64Eq(a, b: f64) -> u32 { u32::from(a == b) }
        F64Ne(a, b: f64) -> u32 { u32::from(a != b) }
        F64Lt(a, b: f64) -> u32 { u32::from(a < b) }
        F64Gt(a, b: f64) -> u32 { u32::from(a > b) }
        F64Le(a, b: f64) -> u32 { u32::from(a <= b) }
        F64Ge(a, b: f64) -> u32 { u32::from(a >= b) }
    }

    unary! {
        F32Abs(a: f32) -> f32 { f32::from_bits(a.to_bits() & 0x7fff_ffff) }
        F32Neg(a: f32) -> f32 { f32::from_bits(a.to_bits() ^ 0x8000_0000) }
        F32Ceil(a: f32) -> f32 { single::ceil(a) }
        F32Floor(a: f32) -> f32 { single::floor(a) }
        F32Trunc(a: f32) -> f32 { single::trunc(a) }
        F32Nearest(a: f32) -> f32 { single::nearest(a) }
        F32Sqrt(a: f32) -> f32 { single::sqrt(a) }
        F32ConvertI32S(a: i32) -> f32 { a as f32 }
        F32ConvertI32U(a: u32) -> f32 { a as f32 }
        F32ConvertI64S(a: i64) -> f32 { a as f32 }
        F32ConvertI64U(a: u64) -> f32 { a as f32 }
        F32DemoteF64(a: f64) -> f32 { a as f32 }
        F64Abs(a: f64) -> f64 { f64::from_bits(a.to_bits() & !(1 << 63)) }
        F64Neg(a: f64) -> f64 { f64::from_bits(a.to_bits() ^ 1 << 63) }
        F64Ceil(a: f64) -> f64 { double::ceil(a) }
        F64Floor(a: f64) -> f64 { double::floor(a) }
        F64Trunc(a: f64) -> f64 { double::trunc(a) }
        F64Nearest(a: f64) -> f64 { double::nearest(a) }
        F64Sqrt(a: f64) -> f64 { double::sqrt(a) }
        F64ConvertI32S(a: i32) -> f64 { f64::from(a) }
        F64ConvertI32U(a: u32) -> f64 { f64::from(a) }
        F64ConvertI64S(a: i64) -> f64 { a as f64 }
        F64ConvertI64U(a: u64) -> f64 { a as f64 }
        F64PromoteF32(a: f32) -> f64 { f64::from(a) }

        I32TruncF32S(a: f32) -> i32 { truncate!(a, -2_147_483_648.0, >=, 2_147_483_648.0, i32) }
        I32TruncF32U(a: f32) -> u32 { truncate!(a, -1.0, >, 4_294_967_296.0, u32) }
        I32TruncF64S(a: f64) -> i32 { truncate!(a, -2_147_483_649.0, >, 2_147_483_648.0, i32) }
        I32TruncF64U(a: f64) -> u32 { truncate!(a, -1.0, >, 4_294_967_296.0, u32) }
        I64TruncF32S(a: f32) -> i64 { truncate!(a, -9_223_372_036_854_775_808.0, >=, 9_223_372_036_854_775_808.0, i64) }
        I64TruncF32U(a: f32) -> u64 { truncate!(a, -1.0, >, 18_446_744_073_709_551_616.0, u64) }
        I64TruncF64S(a: f64) -> i64 { truncate!(a, -9_223_372_036_854_775_808.0, >=, 9_223_372_036_854_775_808.0, i64) }
        I64TruncF64U(a: f64) -> u64 { truncate!(a, -1.0, >, 18_446_744_073_709_551_616.0, u64) }
        I32TruncSatF32S(a: f32) -> i32 { saturate!(a, i32) }
        I32TruncSatF32U(a: f32) -> u32 { saturate!(a, u32) }
        I32TruncSatF64S(a: f64) -> i32 { saturate!(a, i32) }
        I32TruncSatF64U(a: f64) -> u32 { saturate!(a, u32) }
        I64TruncSatF32S(a: f32) -> i64 { saturate!(a, i64) }
        I64TruncSatF32U(a: f32) -> u64 { saturate!(a, u64) }
        I64TruncSatF64S(a: f64) -> i64 { saturate!(a, i64) }
        I64TruncSatF64U(a: f64) -> u64 { saturate!(a, u64) }
    }
}
