//! Float arithmetic and conversions (spec: exec/numerics#floating-point-operations).

#[cfg(feature = "small-floats")]
mod calls;
#[cfg(not(feature = "small-floats"))]
mod machine;
/// Uses the smaller code if speed matters less.
#[cfg(any(test, feature = "small-floats"))]
mod small;

#[cfg(feature = "small-floats")]
use calls as how;
#[cfg(not(feature = "small-floats"))]
use machine as how;

pub use how::{double, single};

/// The rows.
#[allow(clippy::manual_range_contains)]
pub mod rows {
    use super::how::{saturate, truncate};
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
