//! Values that often reveal bugs.

use wasmote_test_support::Random;

use super::evaluate::is_number;
use super::{Function, Type};

/// How many functions and loops may begin in a call from the host.
pub const TIME_OF_A_CALL: u32 = 60;

/// Returns the host's arguments: bits, or null. Returns `None` if it has no value of a parameter's type.
pub fn arguments(number: usize, function: &Function) -> Option<Vec<Option<u128>>> {
    let mut random = Random::new(number as u64);
    let one = |&ty: &Type| match ty {
        Type::Object => None,
        ty if is_number(ty) => Some(Some(bits(ty, &mut random))),
        _ => Some(None),
    };
    function.signature.params.iter().map(one).collect()
}

/// Returns the bits of a value of this type that often reveals bugs.
pub fn bits(ty: Type, random: &mut Random) -> u128 {
    let small = random.pick(&[0u64, 1, 2, 3, 7, 31, 255, u64::MAX, 1 << 31, 1 << 63, 0x7fff_ffff]);
    match ty {
        Type::I32 => u128::from(small as u32),
        Type::F32 => random.pick(&[0.0f32, -0.0, 1.5, f32::INFINITY, -1e10]).to_bits().into(),
        Type::F64 => random.pick(&[0.0f64, -0.0, 1.5, f64::INFINITY, -1e100]).to_bits().into(),
        Type::V128 => u128::from(small) << 64 | 0x0102_0304_0506_0708,
        _ => small.into(),
    }
}
