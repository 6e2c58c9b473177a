//! Numbers with a point. The library `core` reads them with 17 KB of code and tables; the C library, which is there
//! anyway, rounds as exactly.

use alloc::ffi::CString;
use core::ffi::c_char;
use core::ptr;

unsafe extern "C" {
    fn strtod(text: *const c_char, end: *mut *mut c_char) -> f64;
    fn strtof(text: *const c_char, end: *mut *mut c_char) -> f32;
}

/// One of the two functions of C.
type Read<T> = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> T;

/// The number that the text is, as `text.parse()` has it: decimal, with or without point and exponent, or a form of
/// `inf`, `infinity`, `nan`; none if it is anything else.
pub fn parse_f64(text: &str) -> Option<f64> {
    parse(text, strtod)
}

/// The same for the smaller type.
pub fn parse_f32(text: &str) -> Option<f32> {
    parse(text, strtof)
}

fn parse<T>(text: &str, read: Read<T>) -> Option<T> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_word = ["inf", "infinity", "nan"].iter().any(|word| digits.eq_ignore_ascii_case(word));
    // C knows hexadecimal numbers, leading spaces and more.
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_word && !is_number {
        return None;
    }
    let text = CString::new(text).ok()?;
    let mut end = ptr::null_mut();
    // SAFETY: the text ends with a NUL, and the address of what follows the number can be stored.
    let value = unsafe { read(text.as_ptr(), &mut end) };
    // All of it is the number.
    ptr::eq(end, text.as_bytes_with_nul().as_ptr_range().end.wrapping_sub(1).cast()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_core() {
        let texts = "0 -0 +1 1. .5 -.5e3 1e5 1E+5 1e-5 1.e1 1e 1e+ . -. + - -- +-1 e5 .e5 1.2.3 1e5.0 1_0 0x1p3 0x1 1f 1e999
            -1e999 1e-999 inf -INF +Infinity infinit nan -NaN nan(1) NaN0 9007199254740993 16777217 0.1 3.4028236e38 1.5\u{e9}
            2.2250738585072011e-308 4.9e-324 2.4e-324 1.1754943508222874e-38 7.006492321624086e-46 1e1000000000000";
        for text in texts.split_whitespace().chain(["", " 1", "1 ", "1\0", "\n2"]) {
            assert_eq!(parse_f64(text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text:?}");
            assert_eq!(parse_f32(text).map(f32::to_bits), text.parse().ok().map(f32::to_bits), "{text:?}");
        }
        let mut state = 1u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (wide, narrow) = (f64::from_bits(state), f32::from_bits((state >> 32) as u32));
            for text in [std::format!("{wide:e}"), std::format!("{narrow:e}"), std::format!("{:.20e}", wide)] {
                assert_eq!(parse_f64(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text:?}");
                assert_eq!(parse_f32(&text).map(f32::to_bits), text.parse().ok().map(f32::to_bits), "{text:?}");
            }
        }
    }
}
