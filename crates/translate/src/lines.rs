//! A table of how operators are translated, for those that are alike: one line an operator. The others have arms in
//! `operators`.

use wasmote_ir::Op;
use wasmote_ir::operators::Operator;

/// How an operator is translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// The operator has no line.
    Missing,
    /// An operator with one operand.
    Unary,
    /// An operator with two operands.
    Binary,
    /// A scalar load.
    Load,
    /// A store of an integer.
    Store,
    /// An operator with all operands in slots. Its immediates are those of the instruction.
    Plain,
    /// An operator with all operands in slots and two results.
    Wide,
    /// An operator on vectors.
    #[cfg(feature = "simd")]
    Vector(crate::simd::operators::VectorLineKind),
}

/// How an operator is translated, and the family that it becomes.
#[derive(Clone, Copy)]
pub struct OperatorLine {
    pub kind: LineKind,
    pub op: Op,
}

/// Makes a line for each operator. The family is given only if its name differs.
macro_rules! lines {
    ($list:ident $( $kind:ident: $( $operator:ident $(=> $op:ident)? ),*; )*) => {
        const $list: &[(Operator, OperatorLine)] = &[$( $( (
            Operator::$operator,
            OperatorLine { kind: LineKind::$kind, op: family!($operator $($op)?) },
        ) ),* ),*];
    };
}

/// Names the family of a line.
macro_rules! family {
    ($operator:ident) => {
        Op::$operator
    };
    ($operator:ident $op:ident) => {
        Op::$op
    };
}
#[cfg(feature = "simd")]
pub(crate) use family;

lines! { SCALARS
    Unary:
        I32Clz, I32Ctz, I32Popcnt, I64Clz, I64Ctz, I64Popcnt, F32Abs, F32Neg, F32Ceil, F32Floor, F32Trunc, F32Nearest,
        F32Sqrt, F64Abs, F64Neg, F64Ceil, F64Floor, F64Trunc, F64Nearest, F64Sqrt, I32TruncF32S,
        I32TruncF32U, I32TruncF64S, I32TruncF64U, I64TruncF32S, I64TruncF32U,
        I64TruncF64S, I64TruncF64U, F32ConvertI32S, F32ConvertI32U, F32ConvertI64S, F32ConvertI64U, F32DemoteF64,
        F64ConvertI32S, F64ConvertI32U, F64ConvertI64S, F64ConvertI64U, F64PromoteF32, I32TruncSatF32S, I32TruncSatF32U, I32TruncSatF64S, I32TruncSatF64U,
        I64TruncSatF32S, I64TruncSatF32U, I64TruncSatF64S, I64TruncSatF64U;
    Binary:
        I32Eq, I32Ne, I32LtS, I32LtU, I32GtS, I32GtU, I32LeS, I32LeU, I32GeS, I32GeU, I64Eq, I64Ne, I64LtS, I64LtU,
        I64GtS, I64GtU, I64LeS, I64LeU, I64GeS, I64GeU, F32Eq, F32Ne, F32Lt, F32Gt, F32Le, F32Ge, F64Eq, F64Ne, F64Lt,
        F64Gt, F64Le, F64Ge, I32Add, I32Mul, I32DivS, I32DivU, I32RemS, I32RemU, I32Or, I32Xor, I32Shl,
        I32ShrU, I32Rotl, I32Rotr, I64Add, I64Mul, I64DivS, I64DivU, I64RemS, I64RemU, I64Or, I64Xor, I64Shl,
        I64ShrU, I64Rotl, I64Rotr, F32Add, F32Sub, F32Mul, F32Div, F32Min, F32Max, F32Copysign, F64Add, F64Sub,
        F64Mul, F64Div, F64Min, F64Max, F64Copysign;
    Load:
        I32Load => Load32, I64Load => Load64, F32Load => LoadF32, F64Load => LoadF64, I32Load8S => Load8S32, I32Load8U => Load8U,
        I32Load16S => Load16S32, I32Load16U => Load16U, I64Load8S => Load8S64, I64Load8U => Load8U, I64Load16S => Load16S64,
        I64Load16U => Load16U, I64Load32S => Load32S64, I64Load32U => Load32;
    Store:
        I32Store => Store32, I64Store => Store64, I32Store8 => Store8, I32Store16 => Store16, I64Store8 => Store8,
        I64Store16 => Store16, I64Store32 => Store32;
    Plain: DataDrop => DropData, ElemDrop => DropElem;
    Wide: I64Add128, I64Sub128, I64MulWideS, I64MulWideU;
}

#[cfg(feature = "gc")]
lines! { OBJECTS
    Plain: ArrayLen, RefI31, I31GetS, I31GetU;
}

/// The line of an operator that has none.
const MISSING: OperatorLine = OperatorLine { kind: LineKind::Missing, op: Op::Unreachable };

/// All lines, in lists.
const ALL: &[&[&[(Operator, OperatorLine)]]] = &[
    &[SCALARS],
    #[cfg(feature = "gc")]
    &[OBJECTS],
    #[cfg(feature = "simd")]
    crate::simd::operators::LINES,
];

/// Sorts the lines by the operators' numbers. Returns the first `COUNT` of them, and one above the highest number.
const fn lines<const COUNT: usize>() -> ([OperatorLine; COUNT], usize) {
    let (mut lines, mut end) = ([MISSING; COUNT], 0);
    let mut lists = 0;
    while lists < ALL.len() {
        let mut list = 0;
        while list < ALL[lists].len() {
            let mut i = 0;
            while i < ALL[lists][list].len() {
                let (operator, line) = ALL[lists][list][i];
                let number = operator.number() as usize;
                if number < COUNT {
                    assert!(matches!(lines[number].kind, LineKind::Missing), "an operator has two lines");
                    lines[number] = line;
                }
                if number >= end {
                    end = number + 1;
                }
                i += 1;
            }
            list += 1;
        }
        lists += 1;
    }
    (lines, end)
}

/// One above the highest number of an operator that has a line.
const END: usize = lines::<0>().1;

/// The kinds, by the operators' numbers. The families have an array of their own: kind and family in one would take a
/// byte more for padding.
static KINDS: [LineKind; END] = {
    let (lines, _) = lines::<END>();
    let (mut kinds, mut i) = ([LineKind::Missing; END], 0);
    while i < END {
        kinds[i] = lines[i].kind;
        i += 1;
    }
    kinds
};

/// The families, by the operators' numbers.
static OPS: [Op; END] = {
    let (lines, _) = lines::<END>();
    let (mut ops, mut i) = ([MISSING.op; END], 0);
    while i < END {
        ops[i] = lines[i].op;
        i += 1;
    }
    ops
};

/// Returns the line of an operator. Without one, the kind is [`LineKind::Missing`].
#[inline(always)]
pub fn line(operator: Operator) -> OperatorLine {
    let number = operator.number() as usize;
    match (KINDS.get(number), OPS.get(number)) {
        (Some(&kind), Some(&op)) => OperatorLine { kind, op },
        _ => MISSING,
    }
}
