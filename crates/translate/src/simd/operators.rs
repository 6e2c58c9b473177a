//! A table of how operators on vectors are translated: one line an operator.

use wasmote_ir::Op;
use wasmote_ir::operators::Operator;

use crate::lines::{self, OperatorLine, family};

/// How an operator is translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VectorLineKind {
    /// Takes two vectors.
    BinaryOperands,
    /// Takes two vectors. The family takes the second one first.
    Swapped,
    /// Takes one operand.
    One,
    /// Tests a vector. A branch may do its work.
    Test,
    /// Takes three vectors.
    Three,
    /// Takes a vector and a shift count, which wraps at the number of bits of a lane.
    Shift,
    /// Is a constant.
    Const,
    /// Shuffles the bytes of two vectors.
    Shuffle,
    /// Loads a whole vector.
    Load,
    /// Loads fewer bytes than a vector has.
    LoadPart,
    /// Stores a whole vector.
    Store,
    /// Loads a lane.
    LoadLane,
    /// Stores a lane.
    StoreLane,
    /// Stores a lane of 64 bits, which is one slot.
    StoreHalf,
    /// Puts a scalar into all lanes.
    Splat,
    /// Extracts a lane.
    Extract,
    /// Extracts a lane of 64 bits, which is one slot. The line names the splat whose source has the lane's type.
    ExtractHalf,
    /// Replaces a lane.
    Replace,
}

/// Returns how many bits each lane has, for a family that shifts lanes or splats.
pub fn lane_bits(op: Op) -> u32 {
    use Op::*;
    match op {
        I8x16Splat | I8x16Shl | I8x16ShrS | I8x16ShrU => 8,
        I16x8Splat | I16x8Shl | I16x8ShrS | I16x8ShrU => 16,
        I32x4Splat | F32x4Splat | I32x4Shl | I32x4ShrS | I32x4ShrU => 32,
        _ => 64,
    }
}

macro_rules! lines {
    ($( $kind:ident: $( $operator:ident $(=> $op:ident)? ),*; )*) => {
        /// A line for each operator, in one list a kind. The family is given only if its name differs.
        pub const LINES: &[&[(Operator, OperatorLine)]] = &[$( of_kind!($kind: $( $operator $(=> $op)? ),*) ),*];
    };
}

/// Makes the lines of one kind.
macro_rules! of_kind {
    ($kind:ident: $( $operator:ident $(=> $op:ident)? ),*) => {
        &[$( (
            Operator::$operator,
            OperatorLine { kind: lines::LineKind::Vector(VectorLineKind::$kind), op: family!($operator $($op)?) },
        ) ),*]
    };
}

lines! {
    BinaryOperands:
        I8x16Swizzle, I8x16Eq, I8x16Ne, I8x16GtS, I8x16GtU, I8x16GeS, I8x16GeU, I16x8Eq, I16x8Ne, I16x8GtS, I16x8GtU,
        I16x8GeS, I16x8GeU, I32x4Eq, I32x4Ne, I32x4GtS, I32x4GtU, I32x4GeS, I32x4GeU, F32x4Eq, F32x4Ne, F32x4Lt, F32x4Le,
        F64x2Eq, F64x2Ne, F64x2Lt, F64x2Le, V128And, V128AndNot, V128Or, V128Xor, I8x16NarrowI16x8S, I8x16NarrowI16x8U,
        I8x16Add, I8x16AddSatS, I8x16AddSatU, I8x16Sub, I8x16SubSatS, I8x16SubSatU, I8x16MinS, I8x16MinU, I8x16MaxS,
        I8x16MaxU, I8x16AvgrU, I16x8Q15MulrSatS, I16x8NarrowI32x4S, I16x8NarrowI32x4U, I16x8Add, I16x8AddSatS, I16x8AddSatU,
        I16x8Sub, I16x8SubSatS, I16x8SubSatU, I16x8Mul, I16x8MinS, I16x8MinU, I16x8MaxS, I16x8MaxU, I16x8AvgrU,
        I16x8ExtMulLowI8x16S, I16x8ExtMulHighI8x16S, I16x8ExtMulLowI8x16U, I16x8ExtMulHighI8x16U, I32x4Add, I32x4Sub,
        I32x4Mul, I32x4MinS, I32x4MinU, I32x4MaxS, I32x4MaxU, I32x4DotI16x8S, I32x4ExtMulLowI16x8S, I32x4ExtMulHighI16x8S,
        I32x4ExtMulLowI16x8U, I32x4ExtMulHighI16x8U, I64x2Add, I64x2Sub, I64x2Mul, I64x2Eq, I64x2Ne, I64x2GtS, I64x2GeS,
        I64x2ExtMulLowI32x4S, I64x2ExtMulHighI32x4S, I64x2ExtMulLowI32x4U, I64x2ExtMulHighI32x4U, F32x4Add, F32x4Sub,
        F32x4Mul, F32x4Div, F32x4Min, F32x4Max, F32x4PMin, F32x4PMax, F64x2Add, F64x2Sub, F64x2Mul, F64x2Div, F64x2Min,
        F64x2Max, F64x2PMin, F64x2PMax, I8x16RelaxedSwizzle, F32x4RelaxedMin, F32x4RelaxedMax, F64x2RelaxedMin,
        F64x2RelaxedMax, I16x8RelaxedQ15mulrS, I16x8RelaxedDotI8x16I7x16S;
    Swapped:
        I8x16LtS => I8x16GtS, I8x16LtU => I8x16GtU, I8x16LeS => I8x16GeS, I8x16LeU => I8x16GeU, I16x8LtS => I16x8GtS,
        I16x8LtU => I16x8GtU, I16x8LeS => I16x8GeS, I16x8LeU => I16x8GeU, I32x4LtS => I32x4GtS, I32x4LtU => I32x4GtU,
        I32x4LeS => I32x4GeS, I32x4LeU => I32x4GeU, F32x4Gt => F32x4Lt, F32x4Ge => F32x4Le, F64x2Gt => F64x2Lt,
        F64x2Ge => F64x2Le, I64x2LtS => I64x2GtS, I64x2LeS => I64x2GeS;
    One:
        V128Not, F32x4DemoteF64x2Zero, F64x2PromoteLowF32x4, I8x16Abs, I8x16Neg, I8x16Popcnt, I8x16Bitmask, F32x4Ceil,
        F32x4Floor, F32x4Trunc, F32x4Nearest, F64x2Ceil, F64x2Floor, F64x2Trunc, I16x8ExtAddPairwiseI8x16S,
        I16x8ExtAddPairwiseI8x16U, I32x4ExtAddPairwiseI16x8S, I32x4ExtAddPairwiseI16x8U, I16x8Abs, I16x8Neg, I16x8AllTrue,
        I16x8Bitmask, I16x8ExtendLowI8x16S, I16x8ExtendHighI8x16S, I16x8ExtendLowI8x16U, I16x8ExtendHighI8x16U, F64x2Nearest,
        I32x4Abs, I32x4Neg, I32x4AllTrue, I32x4Bitmask, I32x4ExtendLowI16x8S, I32x4ExtendHighI16x8S, I32x4ExtendLowI16x8U,
        I32x4ExtendHighI16x8U, I64x2Abs, I64x2Neg, I64x2AllTrue, I64x2Bitmask, I64x2ExtendLowI32x4S, I64x2ExtendHighI32x4S,
        I64x2ExtendLowI32x4U, I64x2ExtendHighI32x4U, F32x4Abs, F32x4Neg, F32x4Sqrt, F64x2Abs, F64x2Neg, F64x2Sqrt,
        I32x4TruncSatF32x4S, I32x4TruncSatF32x4U, F32x4ConvertI32x4S, F32x4ConvertI32x4U, I32x4TruncSatF64x2SZero,
        I32x4TruncSatF64x2UZero, F64x2ConvertLowI32x4S, F64x2ConvertLowI32x4U, I32x4RelaxedTruncF32x4S,
        I32x4RelaxedTruncF32x4U, I32x4RelaxedTruncF64x2SZero, I32x4RelaxedTruncF64x2UZero;
    Test:
        V128AnyTrue, I8x16AllTrue;
    Three:
        V128Bitselect, F32x4RelaxedMadd, F32x4RelaxedNmadd, F64x2RelaxedMadd, F64x2RelaxedNmadd, I8x16RelaxedLaneselect,
        I16x8RelaxedLaneselect, I32x4RelaxedLaneselect, I64x2RelaxedLaneselect, I32x4RelaxedDotI8x16I7x16AddS;
    Shift:
        I8x16Shl, I8x16ShrS, I8x16ShrU, I16x8Shl, I16x8ShrS, I16x8ShrU, I32x4Shl, I32x4ShrS, I32x4ShrU, I64x2Shl, I64x2ShrS,
        I64x2ShrU;
    Const:
        V128Const;
    Shuffle:
        I8x16Shuffle;
    Load:
        V128Load;
    LoadPart:
        V128Load8x8S, V128Load8x8U, V128Load16x4S, V128Load16x4U, V128Load32x2S, V128Load32x2U, V128Load8Splat,
        V128Load16Splat, V128Load32Splat, V128Load64Splat, V128Load32Zero, V128Load64Zero;
    Store:
        V128Store;
    LoadLane:
        V128Load8Lane, V128Load16Lane, V128Load32Lane, V128Load64Lane => V128Load64Lane0;
    StoreLane:
        V128Store8Lane, V128Store16Lane, V128Store32Lane;
    StoreHalf:
        V128Store64Lane => Store64;
    Splat:
        I8x16Splat, I16x8Splat, I32x4Splat, F32x4Splat, I64x2Splat, F64x2Splat;
    Extract:
        I8x16ExtractLaneS, I8x16ExtractLaneU, I16x8ExtractLaneS, I16x8ExtractLaneU, I32x4ExtractLane, F32x4ExtractLane;
    ExtractHalf:
        I64x2ExtractLane => I64x2Splat, F64x2ExtractLane => F64x2Splat;
    Replace:
        I8x16ReplaceLane, I16x8ReplaceLane, I32x4ReplaceLane, I64x2ReplaceLane => I64x2ReplaceLane0,
        F32x4ReplaceLane => I32x4ReplaceLane, F64x2ReplaceLane => I64x2ReplaceLane0;
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use wasmote_ir::Proposal;

    use super::*;

    /// Returns the name of the operator that a line is for, as far as the line determines it. `name` decides the rest.
    fn named(row: (VectorLineKind, Op), name: &str) -> String {
        let family = row.1.name();
        match row.0 {
            VectorLineKind::Swapped if family.starts_with('F') => family.replace("Lt", "Gt").replace("Le", "Ge"),
            VectorLineKind::Swapped => family.replace("Gt", "Lt").replace("Ge", "Le"),
            VectorLineKind::StoreHalf => "V128Store64Lane".into(),
            VectorLineKind::ExtractHalf => family.replace("Splat", "ExtractLane"),
            VectorLineKind::LoadLane if family.starts_with("V128Load64") => "V128Load64Lane".into(),
            VectorLineKind::Replace if family.starts_with('I') && name.starts_with('F') => {
                family.replace('I', "F").trim_end_matches('0').into()
            }
            VectorLineKind::Replace => family.trim_end_matches('0').into(),
            _ => family.into(),
        }
    }

    #[test]
    fn every_operator_on_vectors_has_a_line_with_its_family() {
        let vectors = |operator: &&Operator| matches!(operator.row().proposal, Proposal::Simd | Proposal::RelaxedSimd);
        let mut seen = 0;
        for operator in Operator::ALL.iter().filter(vectors) {
            let line = lines::line(*operator);
            let lines::LineKind::Vector(kind) = line.kind else { panic!("{operator:?} has no line") };
            let name = format!("{operator:?}");
            assert_eq!(named((kind, line.op), &name), name);
            seen += 1;
        }
        assert_eq!(seen, 256);
    }

    #[test]
    fn lanes_are_as_wide_as_names_say() {
        for (_, OperatorLine { kind, op }) in LINES.iter().copied().flatten() {
            if matches!(kind, lines::LineKind::Vector(VectorLineKind::Shift | VectorLineKind::Splat)) {
                let name = op.name();
                assert!(name[1..].starts_with(&format!("{}x", lane_bits(*op))), "{name}");
            }
        }
    }
}
