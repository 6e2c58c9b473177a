//! Values of scripts, and the comparison of results with expectations.

use alloc::string::String;
use core::fmt::Write;

use wasmote_wat::script::{Arg, Float, Heap, Pattern};

use crate::handles::ExternRef;
use crate::script::Decimals;
use crate::script::objects;
use crate::store::Store;
use crate::value::Val;

/// Marks a host reference that was made as an `anyref`.
#[derive(PartialEq)]
pub(super) struct Host(pub(super) u32);

/// Makes the value of an argument. `None` if this build lacks its type. Host references hold numbers.
pub(super) fn argument(arg: &Arg, store: &mut Store<()>) -> Option<Val> {
    Some(match *arg {
        Arg::I32(value) => Val::I32(value),
        Arg::I64(value) => Val::I64(value),
        Arg::F32(bits) => Val::F32(f32::from_bits(bits)),
        Arg::F64(bits) => Val::F64(f64::from_bits(bits)),
        Arg::V128(bits) => Val::V128(bits),
        Arg::Null(Heap::Func) => Val::FuncRef(None),
        Arg::Null(Heap::Extern) => Val::ExternRef(None),
        Arg::Extern(number) => Val::ExternRef(Some(ExternRef::new(store, number))),
        _ => return objects::argument(arg, store),
    })
}

/// Returns whether a value is the expected one.
pub(super) fn matches(value: &Val, pattern: &Pattern, store: &Store<()>) -> bool {
    match (pattern, value) {
        (Pattern::I32(expected), Val::I32(value)) => expected == value,
        (Pattern::I64(expected), Val::I64(value)) => expected == value,
        (Pattern::F32(expected), Val::F32(value)) => expected.matches_f32(value.to_bits()),
        (Pattern::F64(expected), Val::F64(value)) => expected.matches_f64(value.to_bits()),
        (Pattern::V128(expected), Val::V128(bits)) => expected == bits,
        (Pattern::F32x4(lanes), Val::V128(bits)) => {
            let lane = |i: usize| (bits >> (32 * i)) as u32;
            lanes.iter().enumerate().all(|(i, expected)| expected.matches_f32(lane(i)))
        }
        (Pattern::F64x2(lanes), Val::V128(bits)) => {
            let lane = |i: usize| (bits >> (64 * i)) as u64;
            lanes.iter().enumerate().all(|(i, expected)| expected.matches_f64(lane(i)))
        }
        (Pattern::Null(heap), Val::FuncRef(None)) => matches!(heap, None | Some(Heap::Func)),
        (Pattern::Null(heap), Val::ExternRef(None)) => matches!(heap, None | Some(Heap::Extern)),
        (Pattern::Func, Val::FuncRef(Some(_))) => true,
        (Pattern::Extern(expected), Val::ExternRef(Some(value))) => expected.is_none_or(|expected| {
            let data = value.data(store);
            data.downcast_ref() == Some(&expected) || data.downcast_ref() == Some(&Host(expected))
        }),
        (Pattern::Either(patterns), _) => patterns.iter().any(|pattern| matches(value, pattern, store)),
        _ => objects::matches(value, pattern, store),
    }
}

/// Formats values for failures. Floats have their bits; references have no number.
pub(super) fn shown(values: &[Val], decimals: Option<Decimals>) -> String {
    let mut out = String::from("(");
    for (i, value) in values.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        // Writing to a string does not fail.
        let _ = match value {
            Val::I32(value) => write!(out, "i32 {value} = {value:#x}"),
            Val::I64(value) => write!(out, "i64 {value} = {value:#x}"),
            Val::F32(value) => {
                let decimal = decimals.map_or_else(String::new, |decimals| (decimals.f32)(*value) + " = ");
                write!(out, "f32 {decimal}bits {:#010x}", value.to_bits())
            }
            Val::F64(value) => {
                let decimal = decimals.map_or_else(String::new, |decimals| (decimals.f64)(*value) + " = ");
                write!(out, "f64 {decimal}bits {:#018x}", value.to_bits())
            }
            Val::V128(bits) => write!(out, "v128 {bits:#034x}"),
            Val::FuncRef(func) => write!(out, "{}", if func.is_some() { "a function" } else { "null funcref" }),
            Val::ExternRef(value) => write!(out, "{}", if value.is_some() { "an external" } else { "null externref" }),
            other => write!(out, "{}", objects::shown(other)),
        };
    }
    out.push(')');
    out
}

/// Formats expected results, in the same form.
pub(super) fn expected(patterns: &[Pattern]) -> String {
    let mut out = String::from("(");
    write_expected(&mut out, patterns, ", ");
    out.push(')');
    out
}

fn write_expected(out: &mut String, patterns: &[Pattern], between: &str) {
    for (i, pattern) in patterns.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { between });
        // Writing to a string does not fail.
        let _ = match pattern {
            Pattern::I32(value) => write!(out, "i32 {value} = {value:#x}"),
            Pattern::I64(value) => write!(out, "i64 {value} = {value:#x}"),
            Pattern::F32(float) => write_float(out, "f32", *float, 10),
            Pattern::F64(float) => write_float(out, "f64", *float, 18),
            Pattern::V128(bits) => write!(out, "v128 {bits:#034x}"),
            Pattern::F32x4(lanes) => write_lanes(out, "f32", lanes, 10),
            Pattern::F64x2(lanes) => write_lanes(out, "f64", lanes, 18),
            Pattern::Null(_) => write!(out, "null"),
            Pattern::Func => write!(out, "a function"),
            Pattern::Extern(None) => write!(out, "an external"),
            Pattern::Extern(Some(number)) => write!(out, "external {number}"),
            Pattern::Host(number) => write!(out, "external {number} as an object"),
            Pattern::Object(kind) => write!(out, "an object of kind {kind}"),
            Pattern::Other(proposal) => write!(out, "something of {proposal}"),
            Pattern::Either(patterns) => {
                write_expected(out, patterns, " or ");
                Ok(())
            }
        };
    }
}

/// Formats an expected float. `width` is the number of characters of its bits, with `0x`.
fn write_float(out: &mut String, ty: &str, float: Float, width: usize) -> core::fmt::Result {
    match float {
        Float::Bits(bits) => write!(out, "{ty} bits {bits:#0width$x}"),
        Float::CanonicalNan => write!(out, "{ty} nan:canonical"),
        Float::ArithmeticNan => write!(out, "{ty} nan:arithmetic"),
    }
}

/// Formats an expected vector of floats.
fn write_lanes(out: &mut String, ty: &str, lanes: &[Float], width: usize) -> core::fmt::Result {
    out.push_str("v128 of");
    lanes.iter().try_for_each(|&lane| {
        out.push(' ');
        write_float(out, ty, lane, width)
    })
}
