//! Parses values from the command line, and prints results.

use alloc::format;
use alloc::string::{String, ToString};

use wasmote::{Val, ValType};

use crate::features;

/// Parses an integer: decimal or hexadecimal, with an optional sign, from `-2^(bits-1)` to `2^bits - 1`.
fn integer(text: &str, bits: u32) -> Option<u64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // `from_str_radix` would accept a second sign.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16),
        Some(_) => return None,
        None => digits.parse(),
    }
    .ok()?;
    let limit = if negative { 1 << (bits - 1) } else { u64::MAX >> (64 - bits) };
    (value <= limit).then(|| if negative { value.wrapping_neg() } else { value })
}

/// Parses a value of this type.
pub fn parse(text: &str, ty: ValType) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(integer(text, 32)? as i32),
        ValType::I64 => Val::I64(integer(text, 64)? as i64),
        ValType::F32 => Val::F32(wasmote_rt::parse_f32(text)?),
        ValType::F64 => Val::F64(wasmote_rt::parse_f64(text)?),
        ValType::V128 if features::SIMD.is_built => Val::V128(u128::from_str_radix(text.strip_prefix("0x")?, 16).ok()?),
        ValType::FUNCREF if text == "null" => Val::FuncRef(None),
        ValType::EXTERNREF if text == "null" => Val::ExternRef(None),
        _ => return None,
    })
}

// Not inlined, since `to_string` of an integer is.
#[inline(never)]
fn decimal(value: i64) -> String {
    value.to_string()
}

/// Prints a value as a plain number.
pub fn print(value: &Val) -> String {
    match value {
        Val::I32(value) => decimal((*value).into()),
        Val::I64(value) => decimal(*value),
        Val::F32(value) if value.is_nan() => "nan".into(),
        Val::F32(value) => wasmote_rt::print_f32(*value),
        Val::F64(value) if value.is_nan() => "nan".into(),
        Val::F64(value) => wasmote_rt::print_f64(*value),
        Val::V128(value) if features::SIMD.is_built => format!("{value:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".into(),
        reference => reference.ty().name().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_signed_unsigned_and_hexadecimal_forms() {
        for (text, value) in [("7", 7), ("-1", -1), ("4294967295", -1), ("0xffffffff", -1), ("-0x10", -16), ("+3", 3)] {
            assert!(matches!(parse(text, ValType::I32), Some(Val::I32(v)) if v == value), "{text}");
        }
        assert!(matches!(parse("-2147483648", ValType::I32), Some(Val::I32(i32::MIN))));
        assert!(matches!(parse("18446744073709551615", ValType::I64), Some(Val::I64(-1))));
        assert!(matches!(parse("-9223372036854775808", ValType::I64), Some(Val::I64(i64::MIN))));
    }

    #[test]
    fn other_texts_and_too_large_integers_are_refused() {
        for text in ["", "-", "+-1", "--1", "0x", "0x+1", "1.5", "4294967296", "-2147483649", "seven", "1e3"] {
            assert!(parse(text, ValType::I32).is_none(), "{text}");
        }
        assert!(parse("18446744073709551616", ValType::I64).is_none());
    }

    #[test]
    fn floats_print_as_plain_numbers() {
        let f64s = [("3.5", "3.5"), ("7", "7"), ("nan", "nan"), ("inf", "inf"), ("-inf", "-inf"), ("-0.0", "-0")];
        for (text, printed) in f64s {
            assert_eq!(print(&parse(text, ValType::F64).unwrap()), printed);
            assert_eq!(print(&parse(text, ValType::F32).unwrap()), printed);
        }
    }
}
