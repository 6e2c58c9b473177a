//! Floats for firmware. Handlers of the core op set call these functions on machines that compute most floats in
//! software anyhow. They work on the bits of an f64, which can represent each f32. So they take a tenth of the code.

use wasmote_ir::TrapCode;

const ONE: u64 = 1 << 52;
const SIGN: u64 = 1 << 63;

/// Returns the exponent of the highest bit. It is 1024 for NaN and infinities, and -1023 for zero and subnormal
/// numbers.
fn exponent(bits: u64) -> i32 {
    (bits >> 52 & 0x7ff) as i32 - 1023
}

/// Truncates a value to an integer of `width` bits. If `saturates`, a value out of range becomes the nearest integer,
/// and NaN becomes 0.
#[inline(never)]
pub fn truncated(a: f64, width: u32, signed: bool, saturates: bool) -> Result<u64, TrapCode> {
    let bits = a.to_bits();
    let (exponent, negative) = (exponent(bits), bits & SIGN != 0);
    let most = match (signed, negative) {
        (true, _) => (1 << (width - 1)) - u64::from(!negative),
        (false, true) => 0,
        (false, false) => u64::MAX >> (64 - width),
    };
    let mantissa = bits & (ONE - 1) | ONE;
    let mut value = match exponent {
        ..0 => 0,
        0..52 => mantissa >> (52 - exponent),
        52..64 => mantissa << (exponent - 52),
        _ => u64::MAX,
    };
    if a.is_nan() {
        if !saturates {
            return Err(TrapCode::BadConversionToInteger);
        }
        value = 0;
    } else if exponent >= 64 || value > most {
        if !saturates {
            return Err(TrapCode::IntegerOverflow);
        }
        value = most;
    }
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// Returns the smaller or the larger of two values, or NaN if either is NaN. -0 is smaller than +0.
#[inline(never)]
pub fn extreme(a: f64, b: f64, largest: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        return a + b;
    }
    // Floats have the order of their bits as integers, except negative ones, which have the opposite order.
    let order = |a: f64| {
        let bits = a.to_bits() as i64;
        bits ^ (bits >> 63 & i64::MAX)
    };
    if (order(a) < order(b)) == largest { b } else { a }
}

/// The direction of rounding.
#[derive(Clone, Copy, PartialEq)]
pub enum RoundTo {
    Zero,
    Nearest,
    Below,
    Above,
}

/// Rounds a value to an integer. `Nearest` rounds ties to even.
#[inline(never)]
pub fn rounded(a: f64, to: RoundTo) -> f64 {
    let bits = a.to_bits();
    let (exponent, sign) = (exponent(bits), bits & SIGN);
    if exponent >= 52 {
        // NaN becomes quiet.
        return if a.is_nan() { f64::from_bits(bits | ONE >> 1) } else { a };
    }
    // The bits of the truncated value, what to add for the next larger magnitude, the lost fraction (`ONE / 2` is
    // half), and whether the truncated value is odd.
    let (zero, unit, lost, odd) = if exponent < 0 {
        // Below 1, it matters only how the value compares with half.
        let half = if bits & !SIGN > 0.5f64.to_bits() { 3 } else { 2 };
        let lost = if bits & !SIGN < 0.5f64.to_bits() { u64::from(bits & !SIGN != 0) } else { half };
        (sign, 1f64.to_bits(), lost << 50, false)
    } else {
        let unit = ONE >> exponent;
        let lost = bits & (unit - 1);
        // The lowest bit of the integer. For a value of 1 it is the lowest bit of the exponent, which is set.
        (bits - lost, unit, lost << exponent, bits & unit != 0)
    };
    let more = match to {
        RoundTo::Zero => false,
        RoundTo::Nearest => lost > ONE / 2 || lost == ONE / 2 && odd,
        RoundTo::Below => lost != 0 && sign != 0,
        RoundTo::Above => lost != 0 && sign == 0,
    };
    f64::from_bits(if more { zero + unit } else { zero })
}

/// Computes the square root bit by bit, correctly rounded.
#[inline(never)]
pub fn sqrt64(a: f64) -> f64 {
    let bits = a.to_bits();
    let (mut exponent, mut left) = ((bits >> 52) as i32, bits & (ONE - 1));
    // Zeros and positive infinity are their own roots.
    if bits << 1 == 0 || bits == f64::INFINITY.to_bits() {
        return a;
    }
    // The value is negative or NaN.
    if exponent >= 0x7ff {
        return f64::NAN;
    }
    if exponent == 0 {
        let zeros = left.leading_zeros() - 11;
        left <<= zeros;
        exponent = 1 - zeros as i32;
    }
    left |= ONE;
    // The root has half the exponent, so the exponent must be even.
    if exponent & 1 == 0 {
        left <<= 1;
    }
    left <<= 1;
    let (mut root, mut twice, mut bit) = (0, 0, ONE << 1);
    while bit != 0 {
        let next = twice + bit;
        if next <= left {
            twice = next + bit;
            left -= next;
            root |= bit;
        }
        left <<= 1;
        bit >>= 1;
    }
    // The last bit is half a unit. It is never all that remains, because the square would then have more bits than
    // the value.
    root += root & 1;
    // The highest bit adds one to the exponent.
    let half = ((exponent + 1021) >> 1) as u64;
    f64::from_bits((root >> 1) + (half << 52))
}

/// Computes the f32 square root from the f64 one. Twice the precision is enough to round again correctly.
#[inline(never)]
pub fn sqrt32(a: f32) -> f32 {
    sqrt64(f64::from(a)) as f32
}

#[cfg(test)]
mod tests {
    extern crate std;
    use core::cmp::Ordering;

    use wasmote_ir::TrapCode;

    use super::{RoundTo, extreme, rounded, sqrt32, sqrt64, truncated};

    /// Asserts that both are the same number, or both NaN.
    fn same(found: f64, right: f64) -> bool {
        found.to_bits() == right.to_bits() || found.is_nan() && right.is_nan()
    }

    /// Numbers of all sizes, infinities and NaN.
    fn numbers() -> std::vec::Vec<u64> {
        let special = [
            0,
            1,
            2,
            3,
            1 << 51,
            (1 << 52) - 1,
            1 << 52,
            0x3ff << 52,
            0x400 << 52,
            (0x7fe << 52) | 1,
            0x7ff << 52,
            (0x7ff << 52) | 1,
        ];
        let mut random = 88_172_645_463_325_252_u64;
        let random = std::iter::repeat_with(|| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        });
        let random: std::vec::Vec<u64> = random.take(100_000).collect();
        // Also small exponents, and squares, whose roots are exact.
        let denormal = random.iter().map(|bits| bits >> 12);
        let squares = random.iter().map(|bits| ((bits >> 38) as f64 * (bits >> 38) as f64).to_bits());
        // Values around integers and halves.
        let near = (0..4000_u64).map(|n| (n as f64 / 4.0).to_bits());
        let limits = [31, 32, 63, 64].map(|n| 2f64.powi(n).to_bits());
        let near = near.chain(limits).flat_map(|bits| [bits.saturating_sub(1), bits, bits + 1]);
        let all = special.into_iter().chain(random.iter().copied()).chain(denormal).chain(squares).chain(near);
        let some_size = random.iter().map(|bits| bits & !(0x7ff << 52) | (1000 + bits % 100) << 52);
        all.chain(some_size).flat_map(|bits| [bits, bits | 1 << 63]).collect()
    }

    #[test]
    fn roots_are_those_of_the_machine() {
        for bits in numbers() {
            let a = f64::from_bits(bits);
            assert!(same(sqrt64(a), a.sqrt()), "{a:e}: {:e} instead of {:e}", sqrt64(a), a.sqrt());
            let a = f32::from_bits(bits as u32);
            assert!(same(sqrt32(a).into(), a.sqrt().into()), "{a:e}");
        }
    }

    #[test]
    fn extremes_are_those_of_the_specification() {
        let numbers = numbers();
        for (&a, &b) in numbers.iter().zip(numbers.iter().rev()).chain(numbers.iter().zip(numbers.iter().skip(1))) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            let right = match a.partial_cmp(&b) {
                None => [f64::NAN; 2],
                Some(Ordering::Less) => [a, b],
                Some(Ordering::Greater) => [b, a],
                // The results are the same, except for the signs of zeros.
                Some(Ordering::Equal) => [a.to_bits() | b.to_bits(), a.to_bits() & b.to_bits()].map(f64::from_bits),
            };
            assert!(same(extreme(a, b, false), right[0]) && same(extreme(a, b, true), right[1]), "{a:e} {b:e}");
        }
    }

    #[test]
    fn what_is_rounded_is_as_the_machine_rounds_it() {
        for bits in numbers() {
            let a = f64::from_bits(bits);
            let right = [a.trunc(), a.round_ties_even(), a.floor(), a.ceil()];
            for (to, right) in [RoundTo::Zero, RoundTo::Nearest, RoundTo::Below, RoundTo::Above].into_iter().zip(right)
            {
                assert!(same(rounded(a, to), right), "{a:e}: {:e} instead of {right:e}", rounded(a, to));
            }
        }
    }

    #[test]
    fn integers_are_those_of_the_language() {
        for bits in numbers() {
            let a = f64::from_bits(bits);
            let right = [
                (32, true, i64::from(a as i32) as u64),
                (32, false, u64::from(a as u32)),
                (64, true, a as i64 as u64),
                (64, false, a as u64),
            ];
            for (width, signed, value) in right {
                assert_eq!(truncated(a, width, signed, true), Ok(value), "{a:e}");
                // A value less than one beyond the largest or smallest integer is still in range.
                let (low, high) = match (signed, width) {
                    (true, 32) => (-2_147_483_649.0, 2_147_483_648.0),
                    (true, _) => (-9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0),
                    (false, 32) => (-1.0, 4_294_967_296.0),
                    (false, _) => (-1.0, 18_446_744_073_709_551_616.0),
                };
                let right = match () {
                    () if a.is_nan() => Err(TrapCode::BadConversionToInteger),
                    () if low < a && a < high => Ok(value),
                    () => Err(TrapCode::IntegerOverflow),
                };
                assert_eq!(truncated(a, width, signed, false), right, "{a:e} {width} {signed}");
            }
        }
    }
}
