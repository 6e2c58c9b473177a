//! Numbers (spec: text/values#integers, text/values#floating-point).

use crate::lexer::{TokenKind, hex_digit};

/// An integer token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Integer {
    pub is_signed: bool,
    pub is_negative: bool,
    /// The absolute value, if it fits in 64 bits.
    pub magnitude: Option<u64>,
}

impl Integer {
    /// Returns the number in `bits` bits (at most 64), if it fits as a signed or an unsigned integer.
    pub fn in_bits(self, bits: u32) -> Option<u64> {
        let magnitude = self.magnitude?;
        let max = u64::MAX >> (64 - bits);
        let half = 1 << (bits - 1);
        match self.is_negative {
            false => (magnitude <= max).then_some(magnitude),
            true => (magnitude <= half).then_some(magnitude.wrapping_neg() & max),
        }
    }
}

/// Returns the token kind of a number. Returns `None` if the word is not a number.
pub(crate) fn kind(word: &[u8]) -> Option<TokenKind> {
    let (_, _, rest) = sign(word);
    if integer(word).is_some() {
        return Some(TokenKind::Integer);
    }
    let is_float = match rest.strip_prefix(b"nan:0x") {
        Some(payload) => digits(payload, true) == Some(payload.len()),
        None => rest == b"inf" || rest == b"nan" || parts(rest).is_some(),
    };
    is_float.then_some(TokenKind::Float)
}

/// Splits off a sign. Returns whether there is one, whether it is a minus, and the rest.
fn sign(word: &[u8]) -> (bool, bool, &[u8]) {
    match word {
        [b'+', rest @ ..] => (true, false, rest),
        [b'-', rest @ ..] => (true, true, rest),
        _ => (false, false, word),
    }
}

/// Splits off `0x`. Returns whether it was there, and the rest.
fn base(word: &[u8]) -> (bool, &[u8]) {
    match word.strip_prefix(b"0x") {
        Some(rest) => (true, rest),
        None => (false, word),
    }
}

/// Counts the characters of a sequence of digits, which single underscores may separate. Returns `None` if a digit is
/// missing.
fn digits(word: &[u8], hex: bool) -> Option<usize> {
    let is_digit = |byte: u8| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let mut end = 0;
    loop {
        match word.get(end) {
            Some(&byte) if is_digit(byte) => end += 1,
            Some(b'_') if end > 0 && word[end - 1] != b'_' => end += 1,
            _ if end > 0 && word[end - 1] != b'_' => return Some(end),
            _ => return None,
        }
    }
}

/// Parses a word as an integer.
pub(crate) fn integer(word: &[u8]) -> Option<Integer> {
    let (is_signed, is_negative, rest) = sign(word);
    let (hex, rest) = base(rest);
    if digits(rest, hex)? != rest.len() {
        return None;
    }
    let mut magnitude = Some(0u64);
    for digit in rest.iter().filter_map(|&byte| hex_digit(byte)) {
        let shifted = magnitude.and_then(|value| value.checked_mul(if hex { 16 } else { 10 }));
        magnitude = shifted.and_then(|value| value.checked_add(digit.into()));
    }
    Some(Integer { is_signed, is_negative, magnitude })
}

/// The parts of a float without its sign.
struct FloatParts<'w> {
    hex: bool,
    whole: &'w [u8],
    fraction: &'w [u8],
    exponent: &'w [u8],
}

fn parts(word: &[u8]) -> Option<FloatParts<'_>> {
    let (hex, rest) = base(word);
    let (whole, mut rest) = rest.split_at(digits(rest, hex)?);
    let mut fraction: &[u8] = &[];
    if let Some(behind) = rest.strip_prefix(b".") {
        let starts =
            behind.first().is_some_and(|&byte| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() });
        let end = if starts { digits(behind, hex)? } else { 0 };
        (fraction, rest) = behind.split_at(end);
    }
    let exponent = match rest {
        [] => rest,
        [b'p' | b'P', exponent @ ..] if hex => exponent,
        [b'e' | b'E', exponent @ ..] if !hex => exponent,
        _ => return None,
    };
    if !rest.is_empty() {
        let (_, _, unsigned) = sign(exponent);
        if digits(unsigned, false)? != unsigned.len() {
            return None;
        }
    }
    Some(FloatParts { hex, whole, fraction, exponent })
}

/// A float format: the bits of its significand, including the implicit one, and of its exponent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FloatFormat {
    significand: u32,
    exponent: u32,
}

impl FloatFormat {
    pub const F32: FloatFormat = FloatFormat { significand: 24, exponent: 8 };
    pub const F64: FloatFormat = FloatFormat { significand: 53, exponent: 11 };

    /// Parses a word, which may be an integer, as a float. Returns its bits, or `None` if it is out of range.
    pub fn bits(self, word: &[u8]) -> Option<u64> {
        let (_, is_negative, rest) = sign(word);
        let fraction = self.significand - 1;
        let infinity = ((1 << self.exponent) - 1) << fraction;
        let bits = match rest {
            b"inf" => infinity,
            b"nan" => infinity | 1 << (fraction - 1),
            _ => match rest.strip_prefix(b"nan:") {
                Some(payload) => {
                    let payload = integer(payload)?.magnitude?;
                    (payload != 0 && payload >> fraction == 0).then_some(infinity | payload)?
                }
                None => {
                    let (significand, exponent, rest) = parts(rest)?.value();
                    let bits = self.rounded(significand, exponent, rest);
                    (bits < infinity).then_some(bits)?
                }
            },
        };
        Some(bits | u64::from(is_negative) << (fraction + self.exponent))
    }

    /// Rounds `significand * 2^exponent` to the nearest float. The highest bit of `significand` is set unless it is
    /// zero. `rest` says that the exact value is a little larger.
    fn rounded(self, significand: u64, exponent: i64, rest: bool) -> u64 {
        if significand == 0 {
            return 0;
        }
        let bias = (1 << (self.exponent - 1)) - 1;
        // One less, since the significand's first bit is added to the exponent below.
        let written = exponent + 63 + bias - 1;
        if written >= 2 * bias {
            return u64::MAX;
        }
        // Subnormal numbers have fewer bits.
        let dropped = i64::from(64 - self.significand) - written.min(0);
        let (kept, dropped_bits) = match dropped {
            1..=63 => (significand >> dropped, significand << (64 - dropped)),
            64 => (0, significand),
            _ => return 0,
        };
        let half = 1 << 63;
        let up = dropped_bits > half || dropped_bits == half && (rest || kept & 1 != 0);
        // A carry increments the exponent.
        ((written.max(0) as u64) << (self.significand - 1)) + kept + u64::from(up)
    }
}

impl FloatParts<'_> {
    /// Returns the exponent. Exponents are clamped where the result no longer depends on them.
    fn exponent(&self) -> i64 {
        const LARGE: i64 = 1 << 40;
        let (_, is_negative, unsigned) = sign(self.exponent);
        let digits = unsigned.iter().filter_map(|&byte| hex_digit(byte));
        let value = digits.fold(0, |value, digit| LARGE.min(value * 10 + i64::from(digit)));
        if is_negative { -value } else { value }
    }

    /// Returns the digits, each with whether it is behind the point.
    fn digits(&self) -> impl Iterator<Item = (u8, bool)> {
        let whole = self.whole.iter().map(|&byte| (byte, false));
        let all = whole.chain(self.fraction.iter().map(|&byte| (byte, true)));
        all.filter_map(|(byte, behind)| Some((hex_digit(byte)?, behind)))
    }

    /// Returns the arguments of [`FloatFormat::rounded`].
    fn value(&self) -> (u64, i64, bool) {
        if self.hex { self.hexadecimal() } else { self.decimal() }
    }

    fn hexadecimal(&self) -> (u64, i64, bool) {
        let (mut significand, mut exponent, mut rest) = (0u64, self.exponent(), false);
        for (digit, behind) in self.digits() {
            if significand >> 60 == 0 {
                significand = significand << 4 | u64::from(digit);
            } else {
                rest |= digit != 0;
                exponent += 4;
            }
            exponent -= 4 * i64::from(behind);
        }
        let shift = significand.leading_zeros() & 63;
        (significand << shift, exponent - i64::from(shift), rest)
    }

    /// Converts decimal digits: as one large number, multiplied with or divided by a power of ten.
    fn decimal(&self) -> (u64, i64, bool) {
        /// No value halfway between two floats has more significant digits.
        const DIGITS: usize = 770;
        let (mut number, mut count, mut exponent, mut rest) = (Large::of(0), 0, self.exponent(), false);
        for (digit, behind) in self.digits() {
            if count == DIGITS {
                rest |= digit != 0;
                exponent += 1;
            } else if count > 0 || digit != 0 {
                number.multiply_add(10, digit.into());
                count += 1;
            }
            exponent -= i64::from(behind);
        }
        // Beyond the range of all floats, the exact value does not matter.
        let magnitude = exponent + count as i64;
        if count == 0 || magnitude < -400 {
            return (0, 0, false);
        }
        if magnitude > 400 {
            return (1 << 63, 1 << 20, false);
        }
        let mut divisor = Large::of(1);
        for _ in 0..exponent.unsigned_abs() {
            if exponent > 0 { number.multiply_add(10, 0) } else { divisor.multiply_add(10, 0) }
        }
        // Scales both to the same number of bits: the quotient then lies in [1, 2), and this is its exponent.
        let mut power = number.bits() - divisor.bits();
        if power < 0 {
            number.shift(power.unsigned_abs())
        } else {
            divisor.shift(power.unsigned_abs())
        }
        if number.is_below(&divisor) {
            number.shift(1);
            power -= 1;
        }
        let mut quotient = 0;
        for _ in 0..64 {
            let fits = !number.is_below(&divisor);
            if fits {
                number.subtract(&divisor);
            }
            number.shift(1);
            quotient = quotient << 1 | u64::from(fits);
        }
        (quotient, i64::from(power) - 63, rest || number.bits() > 0)
    }
}

/// A natural number of less than 4,096 bits, which ten to the power of 1,170 fits.
struct Large {
    /// The lowest word first.
    words: [u32; 128],
}

impl Large {
    fn of(number: u32) -> Large {
        let mut words = [0; 128];
        words[0] = number;
        Large { words }
    }

    /// The number of bits.
    fn bits(&self) -> i32 {
        let highest = self.words.iter().rposition(|&word| word != 0);
        highest.map_or(0, |at| at as i32 * 32 + 32 - self.words[at].leading_zeros() as i32)
    }

    /// Returns the words up to the highest that is not zero, and one more if there is one.
    fn used(&mut self) -> &mut [u32] {
        let count = (self.bits() as usize / 32 + 2).min(self.words.len());
        &mut self.words[..count]
    }

    fn multiply_add(&mut self, factor: u32, add: u32) {
        let mut carry = add;
        for word in self.used() {
            let product = u64::from(*word) * u64::from(factor) + u64::from(carry);
            *word = product as u32;
            carry = (product >> 32) as u32;
        }
    }

    fn shift(&mut self, bits: u32) {
        for _ in 0..bits / 31 {
            self.multiply_add(1 << 31, 0);
        }
        self.multiply_add(1 << (bits % 31), 0);
    }

    fn is_below(&self, other: &Large) -> bool {
        self.words.iter().rev().lt(other.words.iter().rev())
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Large) {
        let mut borrow = false;
        for (word, &less) in self.words.iter_mut().zip(&other.words) {
            let (difference, first) = word.overflowing_sub(less);
            let (difference, second) = difference.overflowing_sub(borrow.into());
            *word = difference;
            borrow = first || second;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FloatFormat, integer, kind};
    use crate::lexer::TokenKind;

    fn f32(word: &str) -> Option<u32> {
        FloatFormat::F32.bits(word.as_bytes()).map(|bits| bits as u32)
    }

    fn f64(word: &str) -> Option<u64> {
        FloatFormat::F64.bits(word.as_bytes())
    }

    #[test]
    fn words_are_integers_floats_or_neither() {
        for word in ["0", "+1_000", "-0x_f", "0xF_f"] {
            let expected = (!word.contains("x_")).then_some(TokenKind::Integer);
            assert_eq!(kind(word.as_bytes()), expected, "{word}");
        }
        for word in ["1.", "1.5", "1e5", "1.e-5", "0x1p3", "0x1.8P+3", "inf", "-nan", "+nan:0x1", "1_0.0_1e1_0"] {
            assert_eq!(kind(word.as_bytes()), Some(TokenKind::Float), "{word}");
        }
        for word in [
            "", "+", "1_", "1__0", "_1", "0x", "1._5", "1.5_", "1e", "1e+", "0x1e+", "nan:0x", "nan:1", "nan:0x_1",
            "--1", "1.0x", "0x1.p",
        ] {
            assert_eq!(kind(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn integers_fit_signed_or_unsigned() {
        let bits = |word: &str, bits| integer(word.as_bytes()).and_then(|value| value.in_bits(bits));
        assert_eq!(bits("-128", 8), Some(0x80));
        assert_eq!(bits("255", 8), Some(0xff));
        assert_eq!(bits("256", 8), None);
        assert_eq!(bits("-129", 8), None);
        assert_eq!(bits("-0x8000_0000_0000_0000", 64), Some(1 << 63));
        assert_eq!(bits("0xffff_ffff_ffff_ffff", 64), Some(u64::MAX));
        assert_eq!(bits("0x1_0000_0000_0000_0000", 64), None);
    }

    /// The standard library parses decimal floats correctly.
    #[test]
    fn decimal_floats_are_rounded_to_the_nearest() {
        let mut random = 1u64;
        for _ in 0..500 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let exponent = (random >> 32) as i64 % 400 - 50;
            let word = alloc::format!("{}.{}e{exponent}", random % 1_000_003, random >> 20);
            let ours = f64(&word);
            let theirs: f64 = word.parse().unwrap();
            assert_eq!(ours, theirs.is_finite().then(|| theirs.to_bits()), "{word}");
            let word = alloc::format!("-{}.{}e{}", random % 1_000_003, random >> 20, exponent / 5);
            let theirs: f32 = word.parse().unwrap();
            assert_eq!(f32(&word), theirs.is_finite().then(|| theirs.to_bits()), "{word}");
            // A value halfway between two floats, and its neighbours.
            let value = f64::from_bits(random & !(1 << 63) & !(1 << 62) | 1 << 61);
            let exact = alloc::format!("{value:.1100}");
            assert_eq!(f64(&exact), Some(value.to_bits()), "{exact}");
        }
        for word in [
            "5e-324",
            "2.4703282292062328e-324",
            "2.4703282292062327e-324",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "2.2250738585072011e-308",
            "9007199254740993",
            "9007199254740993.0000000000000000000000000000000000000000000000000001",
            "0.000001e-400",
            "1e99999999999999999999",
            "0e99999999999",
            "1e-99999999999999999999",
        ] {
            let theirs: f64 = word.parse().unwrap();
            assert_eq!(f64(word), theirs.is_finite().then(|| theirs.to_bits()), "{word}");
        }
        let long = alloc::format!("0.{}1{}e800", "0".repeat(800), "9".repeat(900));
        assert_eq!(f64(&long), Some(long.parse::<f64>().unwrap().to_bits()));
    }

    #[test]
    fn hexadecimal_floats_are_rounded_to_the_nearest() {
        assert_eq!(f32("0x1.8p1"), Some(3f32.to_bits()));
        assert_eq!(f32("-0x0p9999999999999999999"), Some(1 << 31));
        assert_eq!(f32("0x1.fffff4p-106"), Some(0x0aff_fffa));
        assert_eq!(f32("0xfffff98p-133"), Some(0x0aff_fffa));
        assert_eq!(f32("0x1.00000100000000000p-50"), Some(0x2680_0000));
        assert_eq!(f32("0x1.00000100000000001p-50"), Some(0x2680_0001));
        assert_eq!(f32("0x1p-149"), Some(1));
        assert_eq!(f32("0x1p-150"), Some(0));
        assert_eq!(f32("0x1.000001p-150"), Some(1));
        assert_eq!(f32("0x1p-151"), Some(0));
        assert_eq!(f32("0x1.fffffep127"), Some(f32::MAX.to_bits()));
        assert_eq!(f32("0x1.ffffffp127"), None);
        assert_eq!(f64("0x0.0000000000000000001p80"), Some(16f64.to_bits()));
        assert_eq!(f64("0x1p1024"), None);
    }

    #[test]
    fn payloads_of_nan_are_not_zero_and_fit() {
        assert_eq!(f32("nan"), Some(0x7fc0_0000));
        assert_eq!(f32("-nan:0x7f_ffff"), Some(0xffff_ffff));
        assert_eq!(f32("nan:0x0"), None);
        assert_eq!(f32("nan:0x800000"), None);
        assert_eq!(f64("nan:0x8000000000000"), Some(0x7ff8 << 48));
        assert_eq!(f64("-inf"), Some(0xfff << 52));
    }
}
