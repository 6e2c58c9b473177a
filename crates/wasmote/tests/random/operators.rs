//! The instructions on numbers that random programs use, with their meanings on bits.

use super::Type::{self, F32, F64, I32, I64};

/// The result, or the reason of the trap.
pub type Outcome = Result<u64, &'static str>;

#[derive(Debug)]
pub struct Unary {
    pub name: &'static str,
    pub from: Type,
    pub to: Type,
    pub apply: fn(u64) -> Outcome,
}

#[derive(Debug)]
pub struct Binary {
    pub name: &'static str,
    pub from: Type,
    pub to: Type,
    pub apply: fn(u64, u64) -> Outcome,
}

#[derive(Debug)]
pub struct Load {
    pub name: &'static str,
    pub ty: Type,
    pub bytes: usize,
    /// Extends the loaded bytes; the upper ones are zero.
    pub extend: fn(u64) -> u64,
}

#[derive(Debug)]
pub struct Store {
    pub name: &'static str,
    pub ty: Type,
    pub bytes: usize,
}

/// An atomic operation, whose result is the old value.
#[derive(Debug)]
pub struct Modify {
    pub name: &'static str,
    pub ty: Type,
    pub bytes: usize,
    /// Computes the new value, of which the lower bytes count.
    pub apply: fn(u64, u64) -> u64,
}

const OVERFLOW: Outcome = Err("integer overflow");
const BY_ZERO: Outcome = Err("integer divide by zero");

fn i32(bits: u64) -> i32 {
    bits as i32
}

fn i64(bits: u64) -> i64 {
    bits as i64
}

fn of32(value: i32) -> Outcome {
    Ok(u64::from(value as u32))
}

fn of64(value: i64) -> Outcome {
    Ok(value as u64)
}

fn f32(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn f64(bits: u64) -> f64 {
    f64::from_bits(bits)
}

fn off32(value: f32) -> Outcome {
    Ok(u64::from(value.to_bits()))
}

fn off64(value: f64) -> Outcome {
    Ok(value.to_bits())
}

fn truth(value: bool) -> Outcome {
    Ok(u64::from(value))
}

/// Truncates to an integer between exclusive bounds, which are exact as f64.
fn trunc(value: f64, above: f64, below: f64, of: fn(f64) -> u64) -> Outcome {
    if value.is_nan() {
        Err("invalid conversion to integer")
    } else if value > above && value < below {
        Ok(of(value))
    } else {
        OVERFLOW
    }
}

const fn unary(name: &'static str, from: Type, to: Type, apply: fn(u64) -> Outcome) -> Unary {
    Unary { name, from, to, apply }
}

const fn binary(name: &'static str, from: Type, to: Type, apply: fn(u64, u64) -> Outcome) -> Binary {
    Binary { name, from, to, apply }
}

const fn load(name: &'static str, ty: Type, bytes: usize, extend: fn(u64) -> u64) -> Load {
    Load { name, ty, bytes, extend }
}

const fn store(name: &'static str, ty: Type, bytes: usize) -> Store {
    Store { name, ty, bytes }
}

pub static UNARY: &[Unary] = &[
    unary("i32.eqz", I32, I32, |a| truth(i32(a) == 0)),
    unary("i32.clz", I32, I32, |a| of32(i32(a).leading_zeros() as i32)),
    unary("i32.ctz", I32, I32, |a| of32(i32(a).trailing_zeros() as i32)),
    unary("i32.popcnt", I32, I32, |a| of32(i32(a).count_ones() as i32)),
    unary("i32.extend8_s", I32, I32, |a| of32(i32::from(a as i8))),
    unary("i32.extend16_s", I32, I32, |a| of32(i32::from(a as i16))),
    unary("i32.wrap_i64", I64, I32, |a| of32(i64(a) as i32)),
    unary("i32.trunc_f32_s", F32, I32, |a| {
        trunc(f32(a).into(), -2_147_483_649.0, 2_147_483_648.0, |a| u64::from(a as i32 as u32))
    }),
    unary("i32.trunc_f64_u", F64, I32, |a| trunc(f64(a), -1.0, 4_294_967_296.0, |a| u64::from(a as u32))),
    unary("i32.trunc_sat_f64_s", F64, I32, |a| of32(f64(a) as i32)),
    unary("i32.trunc_sat_f32_u", F32, I32, |a| of32(f32(a) as u32 as i32)),
    unary("i64.eqz", I64, I32, |a| truth(i64(a) == 0)),
    unary("i64.clz", I64, I64, |a| of64(i64(a).leading_zeros().into())),
    unary("i64.ctz", I64, I64, |a| of64(i64(a).trailing_zeros().into())),
    unary("i64.popcnt", I64, I64, |a| of64(i64(a).count_ones().into())),
    unary("i64.extend8_s", I64, I64, |a| of64(i64::from(a as i8))),
    unary("i64.extend16_s", I64, I64, |a| of64(i64::from(a as i16))),
    unary("i64.extend32_s", I64, I64, |a| of64(i64::from(a as i32))),
    unary("i64.extend_i32_s", I32, I64, |a| of64(i32(a).into())),
    unary("i64.extend_i32_u", I32, I64, |a| of64((i32(a) as u32).into())),
    unary("i64.trunc_sat_f64_s", F64, I64, |a| of64(f64(a) as i64)),
    unary("i64.trunc_sat_f32_u", F32, I64, |a| of64(f32(a) as u64 as i64)),
    unary("f32.abs", F32, F32, |a| off32(f32(a).abs())),
    unary("f32.neg", F32, F32, |a| off32(-f32(a))),
    unary("f32.ceil", F32, F32, |a| off32(f32(a).ceil())),
    unary("f32.floor", F32, F32, |a| off32(f32(a).floor())),
    unary("f32.trunc", F32, F32, |a| off32(f32(a).trunc())),
    unary("f32.nearest", F32, F32, |a| off32(f32(a).round_ties_even())),
    unary("f32.sqrt", F32, F32, |a| off32(f32(a).sqrt())),
    unary("f32.convert_i32_s", I32, F32, |a| off32(i32(a) as f32)),
    unary("f32.convert_i64_u", I64, F32, |a| off32(a as f32)),
    unary("f32.demote_f64", F64, F32, |a| off32(f64(a) as f32)),
    unary("f32.reinterpret_i32", I32, F32, Ok),
    unary("f64.abs", F64, F64, |a| off64(f64(a).abs())),
    unary("f64.neg", F64, F64, |a| off64(-f64(a))),
    unary("f64.ceil", F64, F64, |a| off64(f64(a).ceil())),
    unary("f64.floor", F64, F64, |a| off64(f64(a).floor())),
    unary("f64.trunc", F64, F64, |a| off64(f64(a).trunc())),
    unary("f64.nearest", F64, F64, |a| off64(f64(a).round_ties_even())),
    unary("f64.sqrt", F64, F64, |a| off64(f64(a).sqrt())),
    unary("f64.convert_i32_u", I32, F64, |a| off64((i32(a) as u32).into())),
    unary("f64.convert_i64_s", I64, F64, |a| off64(i64(a) as f64)),
    unary("f64.promote_f32", F32, F64, |a| off64(f32(a).into())),
    unary("f64.reinterpret_i64", I64, F64, Ok),
];

macro_rules! integers {
    ($($prefix:literal $ty:ident $get:ident $of:ident $signed:ty, $unsigned:ty;)*) => { &[$(
        binary(concat!($prefix, ".add"), $ty, $ty, |a, b| $of($get(a).wrapping_add($get(b)))),
        binary(concat!($prefix, ".sub"), $ty, $ty, |a, b| $of($get(a).wrapping_sub($get(b)))),
        binary(concat!($prefix, ".mul"), $ty, $ty, |a, b| $of($get(a).wrapping_mul($get(b)))),
        binary(concat!($prefix, ".div_s"), $ty, $ty, |a, b| match $get(b) {
            0 => BY_ZERO,
            b => $get(a).checked_div(b).map_or(OVERFLOW, $of),
        }),
        binary(concat!($prefix, ".div_u"), $ty, $ty, |a, b| {
            ($get(a) as $unsigned).checked_div($get(b) as $unsigned).map_or(BY_ZERO, |it| $of(it as $signed))
        }),
        binary(concat!($prefix, ".rem_s"), $ty, $ty, |a, b| match $get(b) {
            0 => BY_ZERO,
            b => $of($get(a).wrapping_rem(b)),
        }),
        binary(concat!($prefix, ".rem_u"), $ty, $ty, |a, b| {
            ($get(a) as $unsigned).checked_rem($get(b) as $unsigned).map_or(BY_ZERO, |it| $of(it as $signed))
        }),
        binary(concat!($prefix, ".and"), $ty, $ty, |a, b| $of($get(a) & $get(b))),
        binary(concat!($prefix, ".or"), $ty, $ty, |a, b| $of($get(a) | $get(b))),
        binary(concat!($prefix, ".xor"), $ty, $ty, |a, b| $of($get(a) ^ $get(b))),
        binary(concat!($prefix, ".shl"), $ty, $ty, |a, b| $of($get(a).wrapping_shl(b as u32))),
        binary(concat!($prefix, ".shr_s"), $ty, $ty, |a, b| $of($get(a).wrapping_shr(b as u32))),
        binary(concat!($prefix, ".shr_u"), $ty, $ty, |a, b| {
            $of(($get(a) as $unsigned).wrapping_shr(b as u32) as $signed)
        }),
        binary(concat!($prefix, ".rotl"), $ty, $ty, |a, b| $of($get(a).rotate_left(b as u32 % <$signed>::BITS))),
        binary(concat!($prefix, ".rotr"), $ty, $ty, |a, b| $of($get(a).rotate_right(b as u32 % <$signed>::BITS))),
        binary(concat!($prefix, ".eq"), $ty, I32, |a, b| truth($get(a) == $get(b))),
        binary(concat!($prefix, ".ne"), $ty, I32, |a, b| truth($get(a) != $get(b))),
        binary(concat!($prefix, ".lt_s"), $ty, I32, |a, b| truth($get(a) < $get(b))),
        binary(concat!($prefix, ".lt_u"), $ty, I32, |a, b| truth(($get(a) as $unsigned) < $get(b) as $unsigned)),
        binary(concat!($prefix, ".gt_s"), $ty, I32, |a, b| truth($get(a) > $get(b))),
        binary(concat!($prefix, ".gt_u"), $ty, I32, |a, b| truth($get(a) as $unsigned > $get(b) as $unsigned)),
        binary(concat!($prefix, ".le_s"), $ty, I32, |a, b| truth($get(a) <= $get(b))),
        binary(concat!($prefix, ".le_u"), $ty, I32, |a, b| truth($get(a) as $unsigned <= $get(b) as $unsigned)),
        binary(concat!($prefix, ".ge_s"), $ty, I32, |a, b| truth($get(a) >= $get(b))),
        binary(concat!($prefix, ".ge_u"), $ty, I32, |a, b| truth($get(a) as $unsigned >= $get(b) as $unsigned)),
    )*] };
}

/// The smaller (or larger) value; NaN if either is; of zeros the negative (or positive) one.
macro_rules! extreme {
    ($get:ident, $of:ident, $a:ident, $b:ident, $method:ident, $both:tt) => {{
        let (x, y) = ($get($a), $get($b));
        if x.is_nan() || y.is_nan() {
            $of(x + y)
        } else if x == y {
            Ok($a $both $b)
        } else {
            $of(x.$method(y))
        }
    }};
}

macro_rules! floats {
    ($($prefix:literal $ty:ident $get:ident $of:ident;)*) => { &[$(
        binary(concat!($prefix, ".add"), $ty, $ty, |a, b| $of($get(a) + $get(b))),
        binary(concat!($prefix, ".sub"), $ty, $ty, |a, b| $of($get(a) - $get(b))),
        binary(concat!($prefix, ".mul"), $ty, $ty, |a, b| $of($get(a) * $get(b))),
        binary(concat!($prefix, ".div"), $ty, $ty, |a, b| $of($get(a) / $get(b))),
        binary(concat!($prefix, ".min"), $ty, $ty, |a, b| extreme!($get, $of, a, b, min, |)),
        binary(concat!($prefix, ".max"), $ty, $ty, |a, b| extreme!($get, $of, a, b, max, &)),
        binary(concat!($prefix, ".eq"), $ty, I32, |a, b| truth($get(a) == $get(b))),
        binary(concat!($prefix, ".ne"), $ty, I32, |a, b| truth($get(a) != $get(b))),
        binary(concat!($prefix, ".lt"), $ty, I32, |a, b| truth($get(a) < $get(b))),
        binary(concat!($prefix, ".gt"), $ty, I32, |a, b| truth($get(a) > $get(b))),
        binary(concat!($prefix, ".le"), $ty, I32, |a, b| truth($get(a) <= $get(b))),
        binary(concat!($prefix, ".ge"), $ty, I32, |a, b| truth($get(a) >= $get(b))),
    )*] };
}

pub static INTEGERS: &[Binary] = integers! {
    "i32" I32 i32 of32 i32, u32;
    "i64" I64 i64 of64 i64, u64;
};

pub static FLOATS: &[Binary] = floats! {
    "f32" F32 f32 off32;
    "f64" F64 f64 off64;
};

const fn modify(name: &'static str, ty: Type, bytes: usize, apply: fn(u64, u64) -> u64) -> Modify {
    Modify { name, ty, bytes, apply }
}

pub static MODIFIES: &[Modify] = &[
    modify("i32.atomic.rmw.add", I32, 4, u64::wrapping_add),
    modify("i32.atomic.rmw8.sub_u", I32, 1, u64::wrapping_sub),
    modify("i32.atomic.rmw16.xor_u", I32, 2, |a, b| a ^ b),
    modify("i64.atomic.rmw.sub", I64, 8, u64::wrapping_sub),
    modify("i64.atomic.rmw32.and_u", I64, 4, |a, b| a & b),
    modify("i64.atomic.rmw16.or_u", I64, 2, |a, b| a | b),
    modify("i64.atomic.rmw8.xchg_u", I64, 1, |_, b| b),
];

pub static LOADS: &[Load] = &[
    load("i32.atomic.load", I32, 4, |a| a),
    load("i32.atomic.load8_u", I32, 1, |a| a),
    load("i64.atomic.load", I64, 8, |a| a),
    load("i64.atomic.load16_u", I64, 2, |a| a),
    load("i64.atomic.load32_u", I64, 4, |a| a),
    load("i32.load", I32, 4, |a| a),
    load("i32.load8_s", I32, 1, |a| u64::from(i32::from(a as i8) as u32)),
    load("i32.load8_u", I32, 1, |a| a),
    load("i32.load16_s", I32, 2, |a| u64::from(i32::from(a as i16) as u32)),
    load("i32.load16_u", I32, 2, |a| a),
    load("i64.load", I64, 8, |a| a),
    load("i64.load8_s", I64, 1, |a| i64::from(a as i8) as u64),
    load("i64.load8_u", I64, 1, |a| a),
    load("i64.load16_s", I64, 2, |a| i64::from(a as i16) as u64),
    load("i64.load16_u", I64, 2, |a| a),
    load("i64.load32_s", I64, 4, |a| i64::from(a as i32) as u64),
    load("i64.load32_u", I64, 4, |a| a),
    load("f32.load", F32, 4, |a| a),
    load("f64.load", F64, 8, |a| a),
];

pub static STORES: &[Store] = &[
    store("i32.store", I32, 4),
    store("i32.store8", I32, 1),
    store("i32.store16", I32, 2),
    store("i64.store", I64, 8),
    store("i64.store8", I64, 1),
    store("i64.store16", I64, 2),
    store("i64.store32", I64, 4),
    store("f32.store", F32, 4),
    store("f64.store", F64, 8),
    store("i32.atomic.store16", I32, 2),
    store("i64.atomic.store", I64, 8),
    store("i64.atomic.store32", I64, 4),
];
