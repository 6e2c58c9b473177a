//! How families of instructions relate: what becomes of them when their sources are swapped, when their
//! result is negated, and when a branch is all that uses it.

use wasmote_ir::Op;

/// The family that does the same as a load or store whose address is a slot, with an offset of 16 bits.
pub fn near(op: Op) -> Option<Op> {
    Some(match op {
        // Floats go to their slots as bits.
        Op::Load32 | Op::LoadF32 => Op::Load32Near,
        Op::Load8S32 => Op::Load8S32Near,
        Op::Load8U => Op::Load8UNear,
        Op::Load16S32 => Op::Load16S32Near,
        Op::Load16U => Op::Load16UNear,
        Op::Load64 | Op::LoadF64 => Op::Load64Near,
        Op::Load8S64 => Op::Load8S64Near,
        Op::Load16S64 => Op::Load16S64Near,
        Op::Load32S64 => Op::Load32S64Near,
        Op::Store8 => Op::Store8Near,
        Op::Store16 => Op::Store16Near,
        Op::Store32 => Op::Store32Near,
        Op::Store64 => Op::Store64Near,
        _ => return None,
    })
}

/// Whether `a op b` is `b op a`.
pub fn commutes(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        I32Add
            | I32Mul
            | I32And
            | I32Or
            | I32Xor
            | I32Eq
            | I32Ne
            | I64Add
            | I64Mul
            | I64And
            | I64Or
            | I64Xor
            | I64Eq
            | I64Ne
            | F32Add
            | F32Mul
            | F32Min
            | F32Max
            | F32Eq
            | F32Ne
            | F64Add
            | F64Mul
            | F64Min
            | F64Max
            | F64Eq
            | F64Ne
            | BrI32Eq
            | BrI32Ne
            | BrI32AndEqz
            | BrI32AndNez
            | BrI64Eq
            | BrI64Ne
            | BrI64AndEqz
            | BrI64AndNez
            | BrF32Eq
            | BrF32Ne
            | BrF64Eq
            | BrF64Ne
    )
}

/// Pairs of families: one is the other with the sources swapped.
const MIRRORED: &[(Op, Op)] = {
    use Op::*;
    &[
        (I32LtS, I32GtS),
        (I32LtU, I32GtU),
        (I32LeS, I32GeS),
        (I32LeU, I32GeU),
        (I64LtS, I64GtS),
        (I64LtU, I64GtU),
        (I64LeS, I64GeS),
        (I64LeU, I64GeU),
        (F32Lt, F32Gt),
        (F32Le, F32Ge),
        (F64Lt, F64Gt),
        (F64Le, F64Ge),
        (BrI32LtS, BrI32GtS),
        (BrI32LtU, BrI32GtU),
        (BrI32LeS, BrI32GeS),
        (BrI32LeU, BrI32GeU),
        (BrI64LtS, BrI64GtS),
        (BrI64LtU, BrI64GtU),
        (BrI64LeS, BrI64GeS),
        (BrI64LeU, BrI64GeU),
        (BrF32Lt, BrF32Gt),
        (BrF32Le, BrF32Ge),
        (BrF32NotLt, BrF32NotGt),
        (BrF32NotLe, BrF32NotGe),
        (BrF64Lt, BrF64Gt),
        (BrF64Le, BrF64Ge),
        (BrF64NotLt, BrF64NotGt),
        (BrF64NotLe, BrF64NotGe),
    ]
};

/// Pairs of integer comparisons: one holds when the other does not.
const NEGATED: &[(Op, Op)] = {
    use Op::*;
    &[
        (I32Eq, I32Ne),
        (I32LtS, I32GeS),
        (I32LtU, I32GeU),
        (I32GtS, I32LeS),
        (I32GtU, I32LeU),
        (I64Eq, I64Ne),
        (I64LtS, I64GeS),
        (I64LtU, I64GeU),
        (I64GtS, I64LeS),
        (I64GtU, I64LeU),
    ]
};

/// As [`DECIDES`], of vectors.
#[cfg(feature = "simd")]
const VECTOR_DECIDES: &[(Op, Op, Op)] = &[
    (Op::V128AnyTrue, Op::BrV128AnyTrue, Op::BrV128Zero),
    (Op::I8x16AllTrue, Op::BrI8x16AllTrue, Op::BrI8x16NotAllTrue),
];

/// For each family that can decide a branch: the branch taken when its result is not zero, and the one when it is.
const DECIDES: &[(Op, Op, Op)] = {
    use Op::*;
    &[
        (I32Eq, BrI32Eq, BrI32Ne),
        (I32Ne, BrI32Ne, BrI32Eq),
        (I32LtS, BrI32LtS, BrI32GeS),
        (I32LtU, BrI32LtU, BrI32GeU),
        (I32GtS, BrI32GtS, BrI32LeS),
        (I32GtU, BrI32GtU, BrI32LeU),
        (I32LeS, BrI32LeS, BrI32GtS),
        (I32LeU, BrI32LeU, BrI32GtU),
        (I32GeS, BrI32GeS, BrI32LtS),
        (I32GeU, BrI32GeU, BrI32LtU),
        (I32And, BrI32AndNez, BrI32AndEqz),
        (I64Eq, BrI64Eq, BrI64Ne),
        (I64Ne, BrI64Ne, BrI64Eq),
        (I64LtS, BrI64LtS, BrI64GeS),
        (I64LtU, BrI64LtU, BrI64GeU),
        (I64GtS, BrI64GtS, BrI64LeS),
        (I64GtU, BrI64GtU, BrI64LeU),
        (I64LeS, BrI64LeS, BrI64GtS),
        (I64LeU, BrI64LeU, BrI64GtU),
        (I64GeS, BrI64GeS, BrI64LtS),
        (I64GeU, BrI64GeU, BrI64LtU),
        (F32Eq, BrF32Eq, BrF32Ne),
        (F32Ne, BrF32Ne, BrF32Eq),
        (F32Lt, BrF32Lt, BrF32NotLt),
        (F32Gt, BrF32Gt, BrF32NotGt),
        (F32Le, BrF32Le, BrF32NotLe),
        (F32Ge, BrF32Ge, BrF32NotGe),
        (F64Eq, BrF64Eq, BrF64Ne),
        (F64Ne, BrF64Ne, BrF64Eq),
        (F64Lt, BrF64Lt, BrF64NotLt),
        (F64Gt, BrF64Gt, BrF64NotGt),
        (F64Le, BrF64Le, BrF64NotLe),
        (F64Ge, BrF64Ge, BrF64NotGe),
    ]
};

fn partner(pairs: &[(Op, Op)], op: Op) -> Option<Op> {
    pairs.iter().find_map(|&(a, b)| {
        if a == op {
            Some(b)
        } else if b == op {
            Some(a)
        } else {
            None
        }
    })
}

/// The family that does the same with its sources swapped.
pub fn mirror(op: Op) -> Option<Op> {
    if commutes(op) { Some(op) } else { partner(MIRRORED, op) }
}

/// The comparison that holds when this one does not.
pub fn negate(op: Op) -> Option<Op> {
    partner(NEGATED, op)
}

/// The branches that a result of this family decides: when it is not zero, and when it is.
pub fn branches(op: Op) -> Option<(Op, Op)> {
    #[cfg(feature = "simd")]
    let all = DECIDES.iter().chain(VECTOR_DECIDES);
    #[cfg(not(feature = "simd"))]
    let all = DECIDES.iter();
    let mut all = all;
    all.find(|&&(decider, ..)| decider == op).map(|&(_, taken, not)| (taken, not))
}
