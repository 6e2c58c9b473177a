//! Constant expressions (spec: exec/instructions#constant-expressions).

use alloc::vec::Vec;

use wasmote_decode::ConstOp;
use wasmote_ir::fallible::TryVec;

use crate::error::Error;
use crate::global::GlobalRecord;
use crate::instance::Parts;
use crate::store::Store;
use crate::type_ids::TypeIds;

/// The error for what validation rules out. Only an unvalidated module can cause it.
#[cold]
pub(crate) fn invalid() -> Error {
    Error::instantiate("the module is not valid")
}

/// Evaluates a constant expression, and returns its value as slots.
#[inline(never)]
pub(crate) fn evaluate(
    store: &mut Store,
    types: &TypeIds,
    parts: &Parts,
    globals: &[*mut u64],
    expr: &[ConstOp],
) -> Result<[u64; 2], Error> {
    // Nearly all expressions are one number, and a module may have a hundred thousand of them.
    if let [ConstOp::Num(_, bits)] = *expr {
        return Ok([bits, 0]);
    }
    let mut stack: Vec<[u64; 2]> = Vec::new();
    for op in expr {
        let value = match *op {
            ConstOp::Num(_, bits) => [bits, 0],
            ConstOp::V128(value) => value,
            ConstOp::GlobalGet(index) => {
                let global = *globals.get(index as usize).ok_or_else(invalid)?;
                // SAFETY: `globals` has pointers to globals of this store, and no code runs now.
                unsafe { (*global.cast::<GlobalRecord>()).slots() }
            }
            ConstOp::RefNull(_) => [0, 0],
            ConstOp::RefI31 => {
                let [value, _] = stack.pop().ok_or_else(invalid)?;
                [u64::from((value as u32) << 1 | 1), 0]
            }
            ConstOp::StructNew(_)
            | ConstOp::StructNewDefault(_)
            | ConstOp::StructNewDesc(_)
            | ConstOp::StructNewDefaultDesc(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayNewDefault(_)
            | ConstOp::ArrayNewFixed(..) => store.constant_object(types, op, &mut stack)?,
            ConstOp::RefFunc(index) => {
                let func = parts.func(index).ok_or_else(invalid)?;
                // SAFETY: `Parts::func` returns only records of this store.
                [u64::from(unsafe { (*func).reference }), 0]
            }
            binary => {
                let (Some([b, _]), Some([a, _])) = (stack.pop(), stack.pop()) else {
                    return Err(invalid());
                };
                let narrow = |value: u64| u64::from(value as u32);
                let value = match binary {
                    ConstOp::I32Add => narrow(a.wrapping_add(b)),
                    ConstOp::I32Sub => narrow(a.wrapping_sub(b)),
                    ConstOp::I32Mul => narrow(a.wrapping_mul(b)),
                    ConstOp::I64Add => a.wrapping_add(b),
                    ConstOp::I64Sub => a.wrapping_sub(b),
                    _ => a.wrapping_mul(b),
                };
                [value, 0]
            }
        };
        stack.try_push(value)?;
    }
    stack.pop().ok_or_else(invalid)
}
