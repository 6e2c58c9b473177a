//! The table of instructions that only take and leave values.

use super::Type::{self, Any, Exn, Extern, F32, F64, Func, I32, I64, Object, Struct, V128};
use super::evaluate::{Trap, Value, new_object};

/// An instruction.
pub struct Operator {
    pub bytes: &'static [u8],
    pub params: &'static [Type],
    pub results: &'static [Type],
    /// Its meaning.
    pub apply: fn(&[Value]) -> Result<Value, Trap>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x?}", self.bytes)
    }
}

impl Operator {
    /// Whether a module may have it, with objects and vectors as stated.
    pub fn is_of(&self, objects: bool, vectors: bool) -> bool {
        self.params.iter().chain(self.results).all(|ty| match ty {
            V128 => vectors,
            Extern | Any | Exn | Struct | Object => objects,
            _ => true,
        })
    }
}

const fn row(
    bytes: &'static [u8],
    params: &'static [Type],
    results: &'static [Type],
    apply: fn(&[Value]) -> Result<Value, Trap>,
) -> Operator {
    Operator { bytes, params, results, apply }
}

fn i32(value: &Value) -> u32 {
    value.bits() as u32
}

fn i64(value: &Value) -> u64 {
    value.bits() as u64
}

fn number(value: impl Into<u128>) -> Result<Value, Trap> {
    Ok(Value::Bits(value.into()))
}

/// Returns the object that a reference refers to.
fn object(value: &Value) -> Result<&super::evaluate::Object, Trap> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err("null reference"),
    }
}

fn lanes(value: &Value) -> [u32; 4] {
    [0, 32, 64, 96].map(|shift| (value.bits() >> shift) as u32)
}

fn of_lanes(lanes: [u32; 4]) -> Result<Value, Trap> {
    number(lanes.iter().rev().fold(0, |all, &lane| all << 32 | u128::from(lane)))
}

/// The table. Structures have type 0, with an `i32` and an `anyref`.
pub static OPERATORS: &[Operator] = &[
    row(&[0x6a], &[I32, I32], &[I32], |v| number(i32(&v[0]).wrapping_add(i32(&v[1])))),
    row(&[0x6b], &[I32, I32], &[I32], |v| number(i32(&v[0]).wrapping_sub(i32(&v[1])))),
    row(&[0x6c], &[I32, I32], &[I32], |v| number(i32(&v[0]).wrapping_mul(i32(&v[1])))),
    row(&[0x71], &[I32, I32], &[I32], |v| number(i32(&v[0]) & i32(&v[1]))),
    row(&[0x73], &[I32, I32], &[I32], |v| number(i32(&v[0]) ^ i32(&v[1]))),
    row(&[0x6e], &[I32, I32], &[I32], |v| match i32(&v[1]) {
        0 => Err("integer divide by zero"),
        by => number(i32(&v[0]) / by),
    }),
    row(&[0x45], &[I32], &[I32], |v| number(u32::from(i32(&v[0]) == 0))),
    row(&[0x46], &[I32, I32], &[I32], |v| number(u32::from(i32(&v[0]) == i32(&v[1])))),
    row(&[0x48], &[I32, I32], &[I32], |v| number(u32::from((i32(&v[0]) as i32) < i32(&v[1]) as i32))),
    row(&[0x4f], &[I32, I32], &[I32], |v| number(u32::from(i32(&v[0]) >= i32(&v[1])))),
    row(&[0x7c], &[I64, I64], &[I64], |v| number(i64(&v[0]).wrapping_add(i64(&v[1])))),
    row(&[0x7e], &[I64, I64], &[I64], |v| number(i64(&v[0]).wrapping_mul(i64(&v[1])))),
    row(&[0x53], &[I64, I64], &[I32], |v| number(u32::from((i64(&v[0]) as i64) < i64(&v[1]) as i64))),
    row(&[0xa7], &[I64], &[I32], |v| number(i64(&v[0]) as u32)),
    row(&[0xad], &[I32], &[I64], |v| number(u64::from(i32(&v[0])))),
    row(&[0xbc], &[F32], &[I32], |v| number(i32(&v[0]))),
    row(&[0xbe], &[I32], &[F32], |v| number(i32(&v[0]))),
    row(&[0x8c], &[F32], &[F32], |v| number(i32(&v[0]) ^ 1 << 31)),
    row(&[0xbd], &[F64], &[I64], |v| number(i64(&v[0]))),
    row(&[0xbf], &[I64], &[F64], |v| number(i64(&v[0]))),
    row(&[0x9a], &[F64], &[F64], |v| number(i64(&v[0]) ^ 1 << 63)),
    row(&[0xfd, 0x11], &[I32], &[V128], |v| of_lanes([i32(&v[0]); 4])),
    row(&[0xfd, 0x1b, 0x02], &[V128], &[I32], |v| number(lanes(&v[0])[2])),
    row(&[0xfd, 0xae, 0x01], &[V128, V128], &[V128], |v| {
        let (a, b) = (lanes(&v[0]), lanes(&v[1]));
        of_lanes([0, 1, 2, 3].map(|lane| a[lane].wrapping_add(b[lane])))
    }),
    row(&[0xfd, 0x51], &[V128, V128], &[V128], |v| number(v[0].bits() ^ v[1].bits())),
    row(&[0xfd, 0x53], &[V128], &[I32], |v| number(u32::from(v[0].bits() != 0))),
    row(&[0xd1], &[Func], &[I32], |v| number(u32::from(v[0].is_null()))),
    row(&[0xd1], &[Extern], &[I32], |v| number(u32::from(v[0].is_null()))),
    row(&[0xd1], &[Any], &[I32], |v| number(u32::from(v[0].is_null()))),
    row(&[0xd1], &[Exn], &[I32], |v| number(u32::from(v[0].is_null()))),
    row(&[0xd4], &[Struct], &[Object], |v| object(&v[0]).map(|object| Value::Object(object.clone()))),
    row(&[0xd3], &[Struct, Struct], &[I32], |v| number(u32::from(v[0].is_same(&v[1])))),
    row(&[0xfb, 0x1c], &[I32], &[Any], |v| Ok(Value::I31(i32(&v[0]) & 0x7fff_ffff))),
    row(&[0xfb, 0x1b], &[Any], &[Extern], |v| Ok(v[0].clone())),
    row(&[0xfb, 0x1a], &[Extern], &[Any], |v| Ok(v[0].clone())),
    row(&[0xfb, 0x00, 0x00], &[I32, Any], &[Object], |v| Ok(new_object(v[0].clone(), v[1].clone()))),
    row(&[0xfb, 0x01, 0x00], &[], &[Object], |_| Ok(new_object(Value::Bits(0), Value::Null))),
    row(&[0xfb, 0x02, 0x00, 0x00], &[Struct], &[I32], |v| object(&v[0]).map(|object| object.borrow()[0].clone())),
    row(&[0xfb, 0x02, 0x00, 0x01], &[Struct], &[Any], |v| object(&v[0]).map(|object| object.borrow()[1].clone())),
    row(&[0xfb, 0x05, 0x00, 0x00], &[Struct, I32], &[], |v| {
        object(&v[0])?.borrow_mut()[0] = v[1].clone();
        Ok(Value::Null)
    }),
    row(&[0xfb, 0x05, 0x00, 0x01], &[Struct, Any], &[], |v| {
        object(&v[0])?.borrow_mut()[1] = v[1].clone();
        Ok(Value::Null)
    }),
];
