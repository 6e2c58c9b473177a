//! The operators on vectors by their numbers: one row each.

use wasmote_ir::Op;

use Kind::*;
use Op::*;

/// How an operator is translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Not at all: there is none with this number.
    Missing,
    /// Two vectors.
    Two,
    /// Two vectors, of which the family takes the second one first.
    Swapped,
    /// One operand.
    One,
    /// A test that a branch may become.
    Test,
    /// Three vectors.
    Three,
    /// A vector and a number of bits; lanes have as many as the row says.
    Shift,
    /// A constant.
    Const,
    /// Bytes of two vectors, chosen by a constant.
    Shuffle,
    /// A load of a vector.
    Load,
    /// A load of less.
    LoadPart,
    /// A store of a vector.
    Store,
    /// A load of a lane.
    LoadLane,
    /// A store of a lane.
    StoreLane,
    /// A store of a lane of 64 bits, which is a slot.
    StoreHalf,
    /// A scalar in all lanes, which have as many bits as the row says.
    Splat,
    /// A lane.
    Extract,
    /// A lane of 64 bits, which is a slot. It has the type that the family has, a splat, as source.
    ExtractHalf,
    /// A lane replaced.
    Replace,
}

/// For each number the kind, a number of bits, and the family.
pub static OPERATORS: [(Kind, u8, Op); 276] = [
    (Load, 0, V128Load),
    (LoadPart, 0, V128Load8x8S),
    (LoadPart, 0, V128Load8x8U),
    (LoadPart, 0, V128Load16x4S),
    (LoadPart, 0, V128Load16x4U),
    (LoadPart, 0, V128Load32x2S),
    (LoadPart, 0, V128Load32x2U),
    (LoadPart, 0, V128Load8Splat),
    (LoadPart, 0, V128Load16Splat),
    (LoadPart, 0, V128Load32Splat),
    (LoadPart, 0, V128Load64Splat),
    (Store, 0, V128Store),
    (Const, 0, V128Const),
    (Shuffle, 0, I8x16Shuffle),
    (Two, 0, I8x16Swizzle),
    (Splat, 8, I8x16Splat),
    (Splat, 16, I16x8Splat),
    (Splat, 32, I32x4Splat),
    (Splat, 64, I64x2Splat),
    (Splat, 32, F32x4Splat),
    (Splat, 64, F64x2Splat),
    (Extract, 0, I8x16ExtractLaneS),
    (Extract, 0, I8x16ExtractLaneU),
    (Replace, 0, I8x16ReplaceLane),
    (Extract, 0, I16x8ExtractLaneS),
    (Extract, 0, I16x8ExtractLaneU),
    (Replace, 0, I16x8ReplaceLane),
    (Extract, 0, I32x4ExtractLane),
    (Replace, 0, I32x4ReplaceLane),
    (ExtractHalf, 0, I64x2Splat),
    (Replace, 0, I64x2ReplaceLane0),
    (Extract, 0, F32x4ExtractLane),
    (Replace, 0, I32x4ReplaceLane),
    (ExtractHalf, 0, F64x2Splat),
    (Replace, 0, I64x2ReplaceLane0),
    (Two, 0, I8x16Eq),
    (Two, 0, I8x16Ne),
    (Swapped, 0, I8x16GtS),
    (Swapped, 0, I8x16GtU),
    (Two, 0, I8x16GtS),
    (Two, 0, I8x16GtU),
    (Swapped, 0, I8x16GeS),
    (Swapped, 0, I8x16GeU),
    (Two, 0, I8x16GeS),
    (Two, 0, I8x16GeU),
    (Two, 0, I16x8Eq),
    (Two, 0, I16x8Ne),
    (Swapped, 0, I16x8GtS),
    (Swapped, 0, I16x8GtU),
    (Two, 0, I16x8GtS),
    (Two, 0, I16x8GtU),
    (Swapped, 0, I16x8GeS),
    (Swapped, 0, I16x8GeU),
    (Two, 0, I16x8GeS),
    (Two, 0, I16x8GeU),
    (Two, 0, I32x4Eq),
    (Two, 0, I32x4Ne),
    (Swapped, 0, I32x4GtS),
    (Swapped, 0, I32x4GtU),
    (Two, 0, I32x4GtS),
    (Two, 0, I32x4GtU),
    (Swapped, 0, I32x4GeS),
    (Swapped, 0, I32x4GeU),
    (Two, 0, I32x4GeS),
    (Two, 0, I32x4GeU),
    (Two, 0, F32x4Eq),
    (Two, 0, F32x4Ne),
    (Two, 0, F32x4Lt),
    (Swapped, 0, F32x4Lt),
    (Two, 0, F32x4Le),
    (Swapped, 0, F32x4Le),
    (Two, 0, F64x2Eq),
    (Two, 0, F64x2Ne),
    (Two, 0, F64x2Lt),
    (Swapped, 0, F64x2Lt),
    (Two, 0, F64x2Le),
    (Swapped, 0, F64x2Le),
    (One, 0, V128Not),
    (Two, 0, V128And),
    (Two, 0, V128AndNot),
    (Two, 0, V128Or),
    (Two, 0, V128Xor),
    (Three, 0, V128Bitselect),
    (Test, 0, V128AnyTrue),
    (LoadLane, 0, V128Load8Lane),
    (LoadLane, 0, V128Load16Lane),
    (LoadLane, 0, V128Load32Lane),
    (LoadLane, 0, V128Load64Lane0),
    (StoreLane, 0, V128Store8Lane),
    (StoreLane, 0, V128Store16Lane),
    (StoreLane, 0, V128Store32Lane),
    (StoreHalf, 0, Store64),
    (LoadPart, 0, V128Load32Zero),
    (LoadPart, 0, V128Load64Zero),
    (One, 0, F32x4DemoteF64x2Zero),
    (One, 0, F64x2PromoteLowF32x4),
    (One, 0, I8x16Abs),
    (One, 0, I8x16Neg),
    (One, 0, I8x16Popcnt),
    (Test, 0, I8x16AllTrue),
    (One, 0, I8x16Bitmask),
    (Two, 0, I8x16NarrowI16x8S),
    (Two, 0, I8x16NarrowI16x8U),
    (One, 0, F32x4Ceil),
    (One, 0, F32x4Floor),
    (One, 0, F32x4Trunc),
    (One, 0, F32x4Nearest),
    (Shift, 8, I8x16Shl),
    (Shift, 8, I8x16ShrS),
    (Shift, 8, I8x16ShrU),
    (Two, 0, I8x16Add),
    (Two, 0, I8x16AddSatS),
    (Two, 0, I8x16AddSatU),
    (Two, 0, I8x16Sub),
    (Two, 0, I8x16SubSatS),
    (Two, 0, I8x16SubSatU),
    (One, 0, F64x2Ceil),
    (One, 0, F64x2Floor),
    (Two, 0, I8x16MinS),
    (Two, 0, I8x16MinU),
    (Two, 0, I8x16MaxS),
    (Two, 0, I8x16MaxU),
    (One, 0, F64x2Trunc),
    (Two, 0, I8x16AvgrU),
    (One, 0, I16x8ExtAddPairwiseI8x16S),
    (One, 0, I16x8ExtAddPairwiseI8x16U),
    (One, 0, I32x4ExtAddPairwiseI16x8S),
    (One, 0, I32x4ExtAddPairwiseI16x8U),
    (One, 0, I16x8Abs),
    (One, 0, I16x8Neg),
    (Two, 0, I16x8Q15MulrSatS),
    (One, 0, I16x8AllTrue),
    (One, 0, I16x8Bitmask),
    (Two, 0, I16x8NarrowI32x4S),
    (Two, 0, I16x8NarrowI32x4U),
    (One, 0, I16x8ExtendLowI8x16S),
    (One, 0, I16x8ExtendHighI8x16S),
    (One, 0, I16x8ExtendLowI8x16U),
    (One, 0, I16x8ExtendHighI8x16U),
    (Shift, 16, I16x8Shl),
    (Shift, 16, I16x8ShrS),
    (Shift, 16, I16x8ShrU),
    (Two, 0, I16x8Add),
    (Two, 0, I16x8AddSatS),
    (Two, 0, I16x8AddSatU),
    (Two, 0, I16x8Sub),
    (Two, 0, I16x8SubSatS),
    (Two, 0, I16x8SubSatU),
    (One, 0, F64x2Nearest),
    (Two, 0, I16x8Mul),
    (Two, 0, I16x8MinS),
    (Two, 0, I16x8MinU),
    (Two, 0, I16x8MaxS),
    (Two, 0, I16x8MaxU),
    (Missing, 0, Unreachable),
    (Two, 0, I16x8AvgrU),
    (Two, 0, I16x8ExtMulLowI8x16S),
    (Two, 0, I16x8ExtMulHighI8x16S),
    (Two, 0, I16x8ExtMulLowI8x16U),
    (Two, 0, I16x8ExtMulHighI8x16U),
    (One, 0, I32x4Abs),
    (One, 0, I32x4Neg),
    (Missing, 0, Unreachable),
    (One, 0, I32x4AllTrue),
    (One, 0, I32x4Bitmask),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (One, 0, I32x4ExtendLowI16x8S),
    (One, 0, I32x4ExtendHighI16x8S),
    (One, 0, I32x4ExtendLowI16x8U),
    (One, 0, I32x4ExtendHighI16x8U),
    (Shift, 32, I32x4Shl),
    (Shift, 32, I32x4ShrS),
    (Shift, 32, I32x4ShrU),
    (Two, 0, I32x4Add),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Two, 0, I32x4Sub),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Two, 0, I32x4Mul),
    (Two, 0, I32x4MinS),
    (Two, 0, I32x4MinU),
    (Two, 0, I32x4MaxS),
    (Two, 0, I32x4MaxU),
    (Two, 0, I32x4DotI16x8S),
    (Missing, 0, Unreachable),
    (Two, 0, I32x4ExtMulLowI16x8S),
    (Two, 0, I32x4ExtMulHighI16x8S),
    (Two, 0, I32x4ExtMulLowI16x8U),
    (Two, 0, I32x4ExtMulHighI16x8U),
    (One, 0, I64x2Abs),
    (One, 0, I64x2Neg),
    (Missing, 0, Unreachable),
    (One, 0, I64x2AllTrue),
    (One, 0, I64x2Bitmask),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (One, 0, I64x2ExtendLowI32x4S),
    (One, 0, I64x2ExtendHighI32x4S),
    (One, 0, I64x2ExtendLowI32x4U),
    (One, 0, I64x2ExtendHighI32x4U),
    (Shift, 64, I64x2Shl),
    (Shift, 64, I64x2ShrS),
    (Shift, 64, I64x2ShrU),
    (Two, 0, I64x2Add),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Two, 0, I64x2Sub),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Missing, 0, Unreachable),
    (Two, 0, I64x2Mul),
    (Two, 0, I64x2Eq),
    (Two, 0, I64x2Ne),
    (Swapped, 0, I64x2GtS),
    (Two, 0, I64x2GtS),
    (Swapped, 0, I64x2GeS),
    (Two, 0, I64x2GeS),
    (Two, 0, I64x2ExtMulLowI32x4S),
    (Two, 0, I64x2ExtMulHighI32x4S),
    (Two, 0, I64x2ExtMulLowI32x4U),
    (Two, 0, I64x2ExtMulHighI32x4U),
    (One, 0, F32x4Abs),
    (One, 0, F32x4Neg),
    (Missing, 0, Unreachable),
    (One, 0, F32x4Sqrt),
    (Two, 0, F32x4Add),
    (Two, 0, F32x4Sub),
    (Two, 0, F32x4Mul),
    (Two, 0, F32x4Div),
    (Two, 0, F32x4Min),
    (Two, 0, F32x4Max),
    (Two, 0, F32x4PMin),
    (Two, 0, F32x4PMax),
    (One, 0, F64x2Abs),
    (One, 0, F64x2Neg),
    (Missing, 0, Unreachable),
    (One, 0, F64x2Sqrt),
    (Two, 0, F64x2Add),
    (Two, 0, F64x2Sub),
    (Two, 0, F64x2Mul),
    (Two, 0, F64x2Div),
    (Two, 0, F64x2Min),
    (Two, 0, F64x2Max),
    (Two, 0, F64x2PMin),
    (Two, 0, F64x2PMax),
    (One, 0, I32x4TruncSatF32x4S),
    (One, 0, I32x4TruncSatF32x4U),
    (One, 0, F32x4ConvertI32x4S),
    (One, 0, F32x4ConvertI32x4U),
    (One, 0, I32x4TruncSatF64x2SZero),
    (One, 0, I32x4TruncSatF64x2UZero),
    (One, 0, F64x2ConvertLowI32x4S),
    (One, 0, F64x2ConvertLowI32x4U),
    (Two, 0, I8x16RelaxedSwizzle),
    (One, 0, I32x4RelaxedTruncF32x4S),
    (One, 0, I32x4RelaxedTruncF32x4U),
    (One, 0, I32x4RelaxedTruncF64x2SZero),
    (One, 0, I32x4RelaxedTruncF64x2UZero),
    (Three, 0, F32x4RelaxedMadd),
    (Three, 0, F32x4RelaxedNmadd),
    (Three, 0, F64x2RelaxedMadd),
    (Three, 0, F64x2RelaxedNmadd),
    (Three, 0, I8x16RelaxedLaneselect),
    (Three, 0, I16x8RelaxedLaneselect),
    (Three, 0, I32x4RelaxedLaneselect),
    (Three, 0, I64x2RelaxedLaneselect),
    (Two, 0, F32x4RelaxedMin),
    (Two, 0, F32x4RelaxedMax),
    (Two, 0, F64x2RelaxedMin),
    (Two, 0, F64x2RelaxedMax),
    (Two, 0, I16x8RelaxedQ15mulrS),
    (Two, 0, I16x8RelaxedDotI8x16I7x16S),
    (Three, 0, I32x4RelaxedDotI8x16I7x16AddS),
];

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec;

    use wasmote_decode::operators::{Operators, VECTOR};
    use wasmparser::{BinaryReader, OperatorsReader};

    use super::*;

    /// The name of the operator whose row this is, as far as the row says it.
    fn named(row: (Kind, u8, Op), name: &str) -> String {
        let family = row.2.name();
        match row.0 {
            Kind::Swapped if family.starts_with('F') => family.replace("Lt", "Gt").replace("Le", "Ge"),
            Kind::Swapped => family.replace("Gt", "Lt").replace("Ge", "Le"),
            Kind::StoreHalf => "V128Store64Lane".into(),
            Kind::ExtractHalf => family.replace("Splat", "ExtractLane"),
            Kind::LoadLane if family.starts_with("V128Load64") => "V128Load64Lane".into(),
            Kind::Replace if family.starts_with('I') && name.starts_with('F') => {
                family.replace('I', "F").trim_end_matches('0').into()
            }
            Kind::Replace => family.trim_end_matches('0').into(),
            _ => family.into(),
        }
    }

    #[test]
    fn every_row_is_the_operator_that_wasmparser_reads() {
        let mut seen = 0;
        for number in 0..OPERATORS.len() as u32 + 200 {
            let mut bytes = vec![0xfd, number as u8 & 127 | 128, (number >> 7) as u8];
            bytes.extend([0; 24]);
            let row = OPERATORS.get(number as usize).copied().unwrap_or((Missing, 0, Unreachable));
            let mut reader = OperatorsReader::new(BinaryReader::new(&bytes, 0));
            let mut ours = Operators::new(&bytes, 0);
            let read = ours.byte().and_then(|opcode| Ok((opcode, ours.skip(opcode)?)));
            let Ok(operator) = reader.read() else {
                assert_eq!(row.0, Missing, "{number:#x}");
                continue;
            };
            let name = format!("{operator:?}").split(' ').next().unwrap_or_default().to_string();
            assert_eq!(named(row, &name), name, "{number:#x}");
            assert_eq!(read, Ok((VECTOR, number)), "{name}");
            assert_eq!(ours.position() as u64, reader.original_position(), "{name}");
            seen += 1;
        }
        assert_eq!(seen, 256);
    }

    #[test]
    fn rows_with_lanes_say_how_wide_they_are() {
        for (kind, bits, op) in OPERATORS {
            let name = op.name();
            let lanes = if matches!(kind, Shift | Splat) { format!("{bits}x") } else { String::new() };
            assert!(name[1..].starts_with(&lanes) && (bits == 0) == lanes.is_empty(), "{name}");
        }
    }
}
