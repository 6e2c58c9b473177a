//! The operations of `machine` in fewer bytes, by calls of `small`.

macro_rules! operations {
    ($module:ident, $float:ident, $sqrt:path) => {
        /// Operations that `core` lacks.
        pub mod $module {
            use crate::handlers::float::small::{RoundTo, extreme, rounded};

            /// Rounds up.
            pub fn ceil(a: $float) -> $float {
                rounded(a.into(), RoundTo::Above) as $float
            }

            /// Rounds down.
            pub fn floor(a: $float) -> $float {
                rounded(a.into(), RoundTo::Below) as $float
            }

            /// Rounds to zero.
            pub fn trunc(a: $float) -> $float {
                rounded(a.into(), RoundTo::Zero) as $float
            }

            /// Rounds to the nearest integer, ties to even.
            pub fn nearest(a: $float) -> $float {
                rounded(a.into(), RoundTo::Nearest) as $float
            }

            /// The square root.
            #[inline(always)]
            pub fn sqrt(a: $float) -> $float {
                $sqrt(a)
            }

            /// Returns the smaller value, or NaN if either is NaN. -0 is smaller than +0.
            pub fn min(a: $float, b: $float) -> $float {
                extreme(a.into(), b.into(), false) as $float
            }

            /// Returns the larger value, or NaN if either is NaN. +0 is larger than -0.
            pub fn max(a: $float, b: $float) -> $float {
                extreme(a.into(), b.into(), true) as $float
            }
        }
    };
}
operations!(single, f32, crate::handlers::float::small::sqrt32);
operations!(double, f64, crate::handlers::float::small::sqrt64);

/// Truncates a value and traps if no integer of the type is the result. The type gives the bounds.
macro_rules! truncate {
    ($a:ident, $low:expr, $compare:tt, $high:expr, $int:ty) => {
        $crate::handlers::float::small::truncated($a.into(), <$int>::BITS, <$int>::MIN != 0, false)? as $int
    };
}

/// Truncates a value to an integer of the type, saturating at its bounds.
macro_rules! saturate {
    ($a:ident, $int:ty) => {
        $crate::handlers::float::small::truncated($a.into(), <$int>::BITS, <$int>::MIN != 0, true).unwrap_or(0) as $int
    };
}

pub(super) use {saturate, truncate};
