//! Converts values of scripts to slots, and compares results with what is expected.

use wasmote_exec::ValType;
use wasmote_ir::{HeapType, RefType};
use wasmote_wat::script::{Arg, Heap, Pattern};

/// Appends an argument's slots. Returns `false` if this build lacks its type. A host reference is its number plus
/// one.
pub fn push(arg: &Arg, slots: &mut Vec<u64>) -> bool {
    let last = match *arg {
        Arg::I32(value) => u64::from(value as u32),
        Arg::I64(value) => value as u64,
        Arg::F32(bits) => u64::from(bits),
        Arg::F64(bits) => bits,
        Arg::V128(bits) => {
            slots.push(bits as u64);
            (bits >> 64) as u64
        }
        Arg::Null(Heap::Func | Heap::Extern) => 0,
        Arg::Extern(number) => u64::from(number) + 1,
        Arg::Null(_) | Arg::Host(_) => return false,
    };
    slots.push(last);
    true
}

/// Returns whether a value of this type, in these slots, is as expected.
pub fn matches(ty: ValType, slots: &[u64], pattern: &Pattern) -> bool {
    let value = slots[0];
    let whole = || u128::from(value) | u128::from(slots[1]) << 64;
    match (pattern, ty) {
        (Pattern::I32(expected), ValType::I32) => u64::from(*expected as u32) == value,
        (Pattern::I64(expected), ValType::I64) => *expected as u64 == value,
        (Pattern::F32(expected), ValType::F32) => value >> 32 == 0 && expected.matches_f32(value as u32),
        (Pattern::F64(expected), ValType::F64) => expected.matches_f64(value),
        (Pattern::V128(expected), ValType::V128) => *expected == whole(),
        (Pattern::F32x4(lanes), ValType::V128) => {
            lanes.iter().enumerate().all(|(i, expected)| expected.matches_f32((whole() >> (32 * i)) as u32))
        }
        (Pattern::F64x2(lanes), ValType::V128) => {
            lanes.iter().zip(slots).all(|(expected, &bits)| expected.matches_f64(bits))
        }
        (Pattern::Null(heap), ValType::Ref(ty)) if top(ty) == HeapType::Func => {
            value == 0 && matches!(heap, None | Some(Heap::Func))
        }
        (Pattern::Null(heap), ValType::Ref(ty)) if top(ty) == HeapType::Extern => {
            value == 0 && matches!(heap, None | Some(Heap::Extern))
        }
        (Pattern::Func, ValType::Ref(ty)) if top(ty) == HeapType::Func => value != 0,
        (Pattern::Extern(expected), ValType::Ref(ty)) if top(ty) == HeapType::Extern => {
            value != 0 && expected.is_none_or(|expected| u64::from(expected) + 1 == value)
        }
        (Pattern::Either(patterns), _) => patterns.iter().any(|pattern| matches(ty, slots, pattern)),
        _ => false,
    }
}

/// Returns the top of the hierarchy of a reference type. Types with an index are function types here.
fn top(ty: RefType) -> HeapType {
    ty.heap().top().unwrap_or(HeapType::Func)
}
