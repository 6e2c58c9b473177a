//! Parses and prints floating-point numbers. The code and tables of `core` for this take 30 KB. The C library is linked
//! anyway and rounds as exactly.

use alloc::ffi::CString;
use alloc::string::String;
use core::ffi::{c_char, c_int};
use core::ptr;

unsafe extern "C" {
    fn strtod(text: *const c_char, end: *mut *mut c_char) -> f64;
    fn strtof(text: *const c_char, end: *mut *mut c_char) -> f32;
    fn snprintf(text: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
}

/// The type of `strtod` and `strtof`.
type Read<T> = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> T;

/// Parses a number. Accepts exactly what `text.parse()` accepts: decimals with or without point and exponent, and the
/// forms of `inf`, `infinity` and `nan`. Returns `None` for anything else.
pub fn parse_f64(text: &str) -> Option<f64> {
    parse(text, strtod)
}

/// The same for the smaller type.
pub fn parse_f32(text: &str) -> Option<f32> {
    parse(text, strtof)
}

fn parse<T>(text: &str, read: Read<T>) -> Option<T> {
    let text = c_number(text)?;
    let mut end = ptr::null_mut();
    // SAFETY: `CString` ends the text with a NUL, and `end` has room for the pointer that `read` stores.
    let value = unsafe { read(text.as_ptr(), &mut end) };
    // The number must take up the whole text.
    ptr::eq(end, text.as_bytes_with_nul().as_ptr_range().end.wrapping_sub(1).cast()).then_some(value)
}

/// Returns a number for C, or `None` for what `core` does not take for one.
#[inline(never)]
fn c_number(text: &str) -> Option<CString> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // A function of `core` for this is larger.
    let is = |word: &str| digits.len() == word.len() && digits.bytes().zip(word.bytes()).all(|(a, b)| a | 0x20 == b);
    let is_word = ["inf", "infinity", "nan"].into_iter().any(is);
    // C would also accept hexadecimal numbers, leading spaces and more.
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_word && !is_number {
        return None;
    }
    CString::new(text).ok()
}

/// Prints a number as `to_string()` does: decimal, without exponent, in the fewest digits that parse back to it.
pub fn print_f64(value: f64) -> String {
    print(value, &|text| parse_f64(text) == Some(value))
}

/// The same for the smaller type.
pub fn print_f32(value: f32) -> String {
    print(value.into(), &|text| parse_f32(text) == Some(value))
}

/// `same` returns whether a text parses back to the number.
fn print(value: f64, same: &dyn Fn(&str) -> bool) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .into();
    }
    // Sign, one digit, a point, up to 16 more digits, the exponent and a NUL: at most 25 bytes.
    let mut buffer = [0u8; 32];
    for digits in 0..17 {
        // SAFETY: `snprintf` writes at most `buffer.len()` bytes. The format takes a `c_int` for `*` and an `f64`, as
        // given.
        let length =
            unsafe { snprintf(buffer.as_mut_ptr().cast(), buffer.len(), c"%.*e".as_ptr(), digits as c_int, value) };
        let text = buffer.get(..length.unsigned_abs() as usize).unwrap_or_default();
        if digits == 16 || core::str::from_utf8(text).is_ok_and(same) {
            return without_exponent(text);
        }
    }
    String::new()
}

/// Rewrites `-1.25e+02` as `-125`.
fn without_exponent(text: &[u8]) -> String {
    let (number, power) = text.split_at(text.iter().position(|&byte| byte == b'e').unwrap_or(text.len()));
    let mut exponent = 0;
    for digit in power.iter().filter(|byte| byte.is_ascii_digit()) {
        exponent = exponent * 10 + i32::from(digit - b'0');
    }
    if power.get(1) == Some(&b'-') {
        exponent = -exponent;
    }
    let mut plain = String::new();
    if number.first() == Some(&b'-') {
        plain.push('-');
    }
    // The power of ten of the next digit.
    let mut power = exponent.max(0);
    let digits = number.iter().copied().filter(u8::is_ascii_digit);
    let mut digits = (exponent..0).map(|_| b'0').chain(digits);
    // Zeros fill the places in front of the point.
    while let Some(digit) = digits.next().or((power >= 0).then_some(b'0')) {
        if power == -1 {
            plain.push('.');
        }
        plain.push(digit.into());
        power -= 1;
    }
    plain
}

#[cfg(test)]
mod tests {
    use wasmote_test_support::Random;

    use super::*;

    #[test]
    fn numbers_print_as_core_prints_them() {
        let mut random = Random::new(1);
        let mut values =
            std::vec![0.0, -0.0, 1.0, 0.1, 1.5, -125.0, 100.0, 1e21, 1e300, 5e-324, 1e-7, 123456.789, f64::MAX];
        values.extend([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 2f64.powi(53), 0.3, 1.0 / 3.0, 2.5e-5]);
        for _ in 0..20_000 {
            values.push(f64::from_bits(random.next_u64()));
            values.push((random.next_u64() >> 40) as f64 / 1000.0);
        }
        let agree = |ours: String, core: String| {
            // Where two shortest forms are equally close, the last digit may be either.
            let last = core.len() - 1;
            assert!(ours == core || ours.len() == core.len() && ours[..last] == core[..last], "{ours}, {core}");
        };
        for value in values {
            let narrow = value as f32;
            agree(print_f64(value), std::format!("{value}"));
            agree(print_f32(narrow), std::format!("{narrow}"));
            assert!(value.is_nan() || parse_f64(&print_f64(value)) == Some(value));
            assert!(narrow.is_nan() || parse_f32(&print_f32(narrow)) == Some(narrow));
        }
    }

    #[test]
    fn powers_of_two_are_read_back() {
        for exponent in -1074..1024 {
            let value = if exponent < -1022 { f64::from_bits(1 << (exponent + 1074)) } else { 2f64.powi(exponent) };
            assert_eq!(parse_f64(&print_f64(value)), Some(value));
        }
    }

    #[test]
    fn the_same_numbers_are_accepted_as_by_core() {
        let texts = "0 -0 +1 1. .5 -.5e3 1e5 1E+5 1e-5 1.e1 1e 1e+ . -. + - -- +-1 e5 .e5 1.2.3 1e5.0 1_0 0x1p3 0x1 1f 1e999
            -1e999 1e-999 inf -INF +Infinity infinit nan -NaN nan(1) NaN0 9007199254740993 16777217 0.1 3.4028236e38 1.5\u{e9}
            2.2250738585072011e-308 4.9e-324 2.4e-324 1.1754943508222874e-38 7.006492321624086e-46 1e1000000000000";
        for text in texts.split_whitespace().chain(["", " 1", "1 ", "1\0", "\n2"]) {
            assert_eq!(parse_f64(text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text:?}");
            assert_eq!(parse_f32(text).map(f32::to_bits), text.parse().ok().map(f32::to_bits), "{text:?}");
        }
        let mut random = Random::new(1);
        for _ in 0..20_000 {
            let (wide, narrow) = (f64::from_bits(random.next_u64()), f32::from_bits(random.next_u64() as u32));
            for text in [std::format!("{wide:e}"), std::format!("{narrow:e}"), std::format!("{:.20e}", wide)] {
                assert_eq!(parse_f64(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text:?}");
                assert_eq!(parse_f32(&text).map(f32::to_bits), text.parse().ok().map(f32::to_bits), "{text:?}");
            }
        }
    }
}
