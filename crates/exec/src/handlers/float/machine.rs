//! Rounding, minimum and maximum, roots and conversions by the processor's own arithmetic. They make no calls, so
//! handlers need no stack frame.

use wasmote_ir::TrapCode;

macro_rules! operations {
    ($module:ident, $float:ident, $bits:ident, $int:ident, $exact:literal, $quiet:expr, $sqrt:path) => {
        /// Operations that `core` lacks.
        pub mod $module {
            /// From this value on, all values are integers.
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

            /// Rounds a value below [`EXACT`] by `round`, which gets the truncated value. Larger values and
            /// infinities stay as they are. NaN becomes quiet.
            #[inline(always)]
            fn integral(a: $float, round: impl Fn($float) -> $float) -> $float {
                if abs(a) < EXACT {
                    // SAFETY: the comparison above makes the value finite and in range.
                    let truncated = unsafe { a.to_int_unchecked::<$int>() } as $float;
                    copysign(round(truncated), a)
                } else if a.is_nan() {
                    // The compiler would remove an addition of zero.
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

            /// Rounds to the nearest integer, ties to even. After adding `EXACT`, no bits are left for a fraction.
            #[inline(always)]
            pub fn nearest(a: $float) -> $float {
                integral(a, |_| (abs(a) + EXACT) - EXACT)
            }

            /// The square root.
            #[inline(always)]
            pub fn sqrt(a: $float) -> $float {
                $sqrt(a)
            }

            /// Returns the smaller value, or NaN if either is NaN. -0 is smaller than +0.
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

            /// Returns the larger value, or NaN if either is NaN. +0 is larger than -0.
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
        }
    };
}
operations!(single, f32, u32, i32, 8_388_608.0, 1 << 22, super::sqrt32);
operations!(double, f64, u64, i64, 4_503_599_627_370_496.0, 1 << 51, super::sqrt64);

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sqrt32(a: f32) -> f32 {
    use core::arch::x86_64::{_mm_cvtss_f32, _mm_set_ss, _mm_sqrt_ss};
    // SAFETY: x86-64 always has SSE.
    unsafe { _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a))) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sqrt64(a: f64) -> f64 {
    use core::arch::x86_64::{_mm_cvtsd_f64, _mm_set_sd, _mm_sqrt_pd};
    // SAFETY: x86-64 always has SSE2.
    unsafe { _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(a))) }
}

#[cfg(not(target_arch = "x86_64"))]
use libm::{sqrt as sqrt64, sqrtf as sqrt32};

/// Truncates a value and traps if it does not lie between the bounds. `$compare` says whether the lower one is
/// included.
macro_rules! truncate {
    ($a:ident, $low:expr, $compare:tt, $high:expr, $int:ty) => {
        if $a $compare $low && $a < $high {
            // SAFETY: the value lies between the bounds, so it truncates to an integer of the type.
            unsafe { $a.to_int_unchecked::<$int>() }
        } else {
            Err($crate::handlers::float::machine::unrepresentable($a.is_nan()))?
        }
    };
}

/// Truncates a value to an integer of the type, saturating at its bounds.
macro_rules! saturate {
    ($a:ident, $int:ty) => {
        $a as $int
    };
}

pub(super) use {saturate, truncate};

/// Returns the trap of a value that does not truncate to an integer of the type.
#[inline(always)]
pub(super) fn unrepresentable(nan: bool) -> TrapCode {
    if nan { TrapCode::BadConversionToInteger } else { TrapCode::IntegerOverflow }
}
