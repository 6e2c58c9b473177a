//! The table of vector instructions, which are numbered after all others. The rows are as in [`for_each_op!`]. A
//! vector's lower half is in the first of its two slots.

/// Calls `$callback` with the other arguments, then all rows of this table.
#[macro_export]
macro_rules! for_each_simd_op {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            // --- moves -------------------------------------------------------------------------------
            /// dst = src.
            V128Copy: VecCopy(none -> none);
            /// dst = 128-bit constant.
            V128Const: VecConst(none -> none);
            /// accumulator = 128-bit constant.
            V128LoadConst: VecLoadConst(none -> v128);
            /// Return a vector.
            V128Return: VecReturn(v128 -> none);

            // --- memory 0 ----------------------------------------------------------------------------
            /// dst = 128 bits.
            V128Load: VecLoad(i32 -> v128), any V128LoadAny;
            /// dst = 8 lanes of 8 bits, sign-extended to 16.
            V128Load8x8S: VecLoad1(i32 -> v128);
            /// dst = 8 lanes of 8 bits, zero-extended to 16.
            V128Load8x8U: VecLoad1(i32 -> v128);
            /// dst = 4 lanes of 16 bits, sign-extended to 32.
            V128Load16x4S: VecLoad1(i32 -> v128);
            /// dst = 4 lanes of 16 bits, zero-extended to 32.
            V128Load16x4U: VecLoad1(i32 -> v128);
            /// dst = 2 lanes of 32 bits, sign-extended to 64.
            V128Load32x2S: VecLoad1(i32 -> v128);
            /// dst = 2 lanes of 32 bits, zero-extended to 64.
            V128Load32x2U: VecLoad1(i32 -> v128);
            /// dst = 8 bits in all lanes.
            V128Load8Splat: VecLoad1(i32 -> v128);
            /// dst = 16 bits in all lanes.
            V128Load16Splat: VecLoad1(i32 -> v128);
            /// dst = 32 bits in all lanes.
            V128Load32Splat: VecLoad2(i32 -> v128);
            /// dst = 64 bits in both lanes.
            V128Load64Splat: VecLoad1(i32 -> v128);
            /// dst = 32 bits, zero-extended.
            V128Load32Zero: VecLoad1(i32 -> v128);
            /// dst = 64 bits, zero-extended.
            V128Load64Zero: VecLoad1(i32 -> v128);
            /// Store 128 bits.
            V128Store: VecStore(v128 -> none), any V128StoreAny;
            /// dst = v with one lane of 8 bits loaded.
            V128Load8Lane: VecLoadLane16(v128 -> v128);
            /// dst = v with one lane of 16 bits loaded.
            V128Load16Lane: VecLoadLane8(v128 -> v128);
            /// dst = v with one lane of 32 bits loaded.
            V128Load32Lane: VecLoadLane4(v128 -> v128);
            /// dst = v with the lower half loaded.
            V128Load64Lane0: VecLoadHalf(v128 -> v128);
            /// dst = v with the upper half loaded.
            V128Load64Lane1: VecLoadHalf(v128 -> v128);
            /// Store one lane of 8 bits.
            V128Store8Lane: VecStoreLane16(none -> none);
            /// Store one lane of 16 bits.
            V128Store16Lane: VecStoreLane8(none -> none);
            /// Store one lane of 32 bits.
            V128Store32Lane: VecStoreLane4(none -> none);

            // --- any memory --------------------------------------------------------------------------
            /// dst = 128 bits.
            V128LoadAny: VecLoadAny(i64 -> v128);
            /// Store 128 bits.
            V128StoreAny: VecStoreAny(i64 -> none);

            // --- lanes -------------------------------------------------------------------------------
            /// dst = a in all lanes.
            I8x16Splat: VecSplat1(i32 -> v128);
            /// dst = a in all lanes.
            I16x8Splat: VecSplat1(i32 -> v128);
            /// dst = a in all lanes.
            I32x4Splat: VecSplat(i32 -> v128);
            /// dst = a in all lanes.
            I64x2Splat: VecSplat(i64 -> v128);
            /// dst = a in all lanes.
            F32x4Splat: VecSplat(f32 -> v128);
            /// dst = a in all lanes.
            F64x2Splat: VecSplat(f64 -> v128);
            /// dst = a lane, sign-extended.
            I8x16ExtractLaneS: VecExtract16(none -> i32);
            /// dst = a lane, zero-extended.
            I8x16ExtractLaneU: VecExtract16(none -> i32);
            /// dst = a lane, sign-extended.
            I16x8ExtractLaneS: VecExtract8(none -> i32);
            /// dst = a lane, zero-extended.
            I16x8ExtractLaneU: VecExtract8(none -> i32);
            /// dst = a lane.
            I32x4ExtractLane: VecExtract4(none -> i32);
            /// dst = a lane.
            F32x4ExtractLane: VecExtract4(none -> f32);
            /// dst = v with one lane replaced.
            I8x16ReplaceLane: VecReplace16(v128 -> v128);
            /// dst = v with one lane replaced.
            I16x8ReplaceLane: VecReplace8(v128 -> v128);
            /// dst = v with one lane replaced.
            I32x4ReplaceLane: VecReplace4(v128 -> v128);
            /// dst = v with the lower half replaced.
            I64x2ReplaceLane0: VecReplaceHalf(v128 -> v128);
            /// dst = v with the upper half replaced.
            I64x2ReplaceLane1: VecReplaceHalf(v128 -> v128);
            /// dst = bytes of a and b that the constant chooses.
            I8x16Shuffle: VecShuffle(v128 -> v128);
            /// dst = bytes of a that the constant chooses, 0 where it is 16 or more.
            I8x16Permute: VecPermute(v128 -> v128);
            /// dst = lanes of the lower halves of a and b in turn.
            I8x16InterleaveLow: VecBin1(v128 -> v128);
            /// dst = lanes of the upper halves of a and b in turn.
            I8x16InterleaveHigh: VecBin1(v128 -> v128);
            /// dst = lanes of the lower halves of a and b in turn.
            I16x8InterleaveLow: VecBin1(v128 -> v128);
            /// dst = lanes of the upper halves of a and b in turn.
            I16x8InterleaveHigh: VecBin1(v128 -> v128);
            /// dst = lanes of the lower halves of a and b in turn.
            I32x4InterleaveLow: VecBin3(v128 -> v128);
            /// dst = lanes of the upper halves of a and b in turn.
            I32x4InterleaveHigh: VecBin3(v128 -> v128);
            /// dst = lanes of the lower halves of a and b in turn.
            I64x2InterleaveLow: VecBin3(v128 -> v128);
            /// dst = lanes of the upper halves of a and b in turn.
            I64x2InterleaveHigh: VecBin3(v128 -> v128);
            /// dst = bytes of a that b chooses, 0 where it is 16 or more.
            I8x16Swizzle: VecSwizzle(v128 -> v128);
            /// As `I8x16Swizzle`, or another byte where b is 16 or more.
            I8x16RelaxedSwizzle: VecBin1(v128 -> v128);

            // --- bits --------------------------------------------------------------------------------
            /// dst = !a.
            V128Not: VecUnary(v128 -> v128);
            /// dst = a & b.
            V128And: VecBin8(v128 -> v128), commutes;
            /// dst = a & !b.
            V128AndNot: VecBin1(v128 -> v128);
            /// dst = a | b.
            V128Or: VecBin4(v128 -> v128), commutes;
            /// dst = a ^ b.
            V128Xor: VecBin8(v128 -> v128), commutes;
            /// dst = bits of a where c is set, of b elsewhere.
            V128Bitselect: VecThree(v128 -> v128);
            /// As `V128Bitselect`, if all lanes of c have all bits set or none.
            I8x16RelaxedLaneselect: VecThree1(v128 -> v128);
            /// As `V128Bitselect`, if all lanes of c have all bits set or none.
            I16x8RelaxedLaneselect: VecThree1(v128 -> v128);
            /// As `V128Bitselect`, if all lanes of c have all bits set or none.
            I32x4RelaxedLaneselect: VecThree1(v128 -> v128);
            /// As `V128Bitselect`, if all lanes of c have all bits set or none.
            I64x2RelaxedLaneselect: VecThree1(v128 -> v128);
            /// dst = a has a bit set.
            V128AnyTrue: VecTest(v128 -> i32), branch BrV128AnyTrue;
            /// dst = no lane is 0.
            I8x16AllTrue: VecTest(v128 -> i32), branch BrI8x16AllTrue;
            /// dst = the lanes' sign bits.
            I8x16Bitmask: VecTest(v128 -> i32);
            /// dst = no lane is 0.
            I16x8AllTrue: VecTest1(v128 -> i32);
            /// dst = the lanes' sign bits.
            I16x8Bitmask: VecTest1(v128 -> i32);
            /// dst = no lane is 0.
            I32x4AllTrue: VecTest1(v128 -> i32);
            /// dst = the lanes' sign bits.
            I32x4Bitmask: VecTest1(v128 -> i32);
            /// dst = no lane is 0.
            I64x2AllTrue: VecTest1(v128 -> i32);
            /// dst = the lanes' sign bits.
            I64x2Bitmask: VecTest1(v128 -> i32);

            // --- lanes: I8x16 ------------------------------------------------------------------------
            /// dst = a == b.
            I8x16Eq: VecBin4(v128 -> v128), commutes;
            /// dst = a != b.
            I8x16Ne: VecBin1(v128 -> v128);
            /// dst = a > b, signed.
            I8x16GtS: VecBin3(v128 -> v128);
            /// dst = a > b, unsigned.
            I8x16GtU: VecBin3(v128 -> v128);
            /// dst = a >= b, signed.
            I8x16GeS: VecBin1(v128 -> v128);
            /// dst = a >= b, unsigned.
            I8x16GeU: VecBin1(v128 -> v128);
            /// dst = |a|.
            I8x16Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            I8x16Neg: VecUnary1(v128 -> v128);
            /// dst = bits set.
            I8x16Popcnt: VecUnary1(v128 -> v128);
            /// dst = a << b.
            I8x16Shl: VecShift2(v128 -> v128);
            /// dst = a >> b, signed.
            I8x16ShrS: VecShift2(v128 -> v128);
            /// dst = a >> b, unsigned.
            I8x16ShrU: VecShift(v128 -> v128);
            /// dst = a + b, wrapping.
            I8x16Add: VecBin4(v128 -> v128), commutes;
            /// dst = a - b, wrapping.
            I8x16Sub: VecBin1(v128 -> v128);
            /// dst = a + b, signed, saturating.
            I8x16AddSatS: VecBin1(v128 -> v128);
            /// dst = a - b, signed, saturating.
            I8x16SubSatS: VecBin1(v128 -> v128);
            /// dst = a + b, unsigned, saturating.
            I8x16AddSatU: VecBin1(v128 -> v128);
            /// dst = a - b, unsigned, saturating.
            I8x16SubSatU: VecBin1(v128 -> v128);
            /// dst = (a + b + 1) / 2, unsigned.
            I8x16AvgrU: VecBin1(v128 -> v128);
            /// dst = the smaller, signed.
            I8x16MinS: VecBin1(v128 -> v128);
            /// dst = the smaller, unsigned.
            I8x16MinU: VecBin1(v128 -> v128), commutes;
            /// dst = the larger, signed.
            I8x16MaxS: VecBin1(v128 -> v128);
            /// dst = the larger, unsigned.
            I8x16MaxU: VecBin1(v128 -> v128);
            /// dst = lanes of a, then of b, saturated.
            I8x16NarrowI16x8S: VecBin1(v128 -> v128);
            /// dst = lanes of a, then of b, saturated.
            I8x16NarrowI16x8U: VecBin1(v128 -> v128);

            // --- lanes: I16x8 ------------------------------------------------------------------------
            /// dst = a == b.
            I16x8Eq: VecBin1(v128 -> v128), commutes;
            /// dst = a != b.
            I16x8Ne: VecBin1(v128 -> v128);
            /// dst = a > b, signed.
            I16x8GtS: VecBin1(v128 -> v128);
            /// dst = a > b, unsigned.
            I16x8GtU: VecBin1(v128 -> v128);
            /// dst = a >= b, signed.
            I16x8GeS: VecBin1(v128 -> v128);
            /// dst = a >= b, unsigned.
            I16x8GeU: VecBin1(v128 -> v128);
            /// dst = |a|.
            I16x8Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            I16x8Neg: VecUnary1(v128 -> v128);
            /// dst = a << b.
            I16x8Shl: VecShift(v128 -> v128);
            /// dst = a >> b, signed.
            I16x8ShrS: VecShift2(v128 -> v128);
            /// dst = a >> b, unsigned.
            I16x8ShrU: VecShift(v128 -> v128);
            /// dst = a + b, wrapping.
            I16x8Add: VecBin1(v128 -> v128), commutes;
            /// dst = a - b, wrapping.
            I16x8Sub: VecBin1(v128 -> v128);
            /// dst = a + b, signed, saturating.
            I16x8AddSatS: VecBin1(v128 -> v128);
            /// dst = a - b, signed, saturating.
            I16x8SubSatS: VecBin1(v128 -> v128);
            /// dst = a + b, unsigned, saturating.
            I16x8AddSatU: VecBin1(v128 -> v128);
            /// dst = a - b, unsigned, saturating.
            I16x8SubSatU: VecBin1(v128 -> v128);
            /// dst = (a + b + 1) / 2, unsigned.
            I16x8AvgrU: VecBin1(v128 -> v128);
            /// dst = a * b, wrapping.
            I16x8Mul: VecBin2(v128 -> v128), commutes;
            /// dst = the smaller, signed.
            I16x8MinS: VecBin1(v128 -> v128);
            /// dst = the smaller, unsigned.
            I16x8MinU: VecBin1(v128 -> v128);
            /// dst = the larger, signed.
            I16x8MaxS: VecBin1(v128 -> v128);
            /// dst = the larger, unsigned.
            I16x8MaxU: VecBin1(v128 -> v128);
            /// dst = lanes of a, then of b, saturated.
            I16x8NarrowI32x4S: VecBin1(v128 -> v128);
            /// dst = lanes of a, then of b, saturated.
            I16x8NarrowI32x4U: VecBin1(v128 -> v128);
            /// dst = sums of neighbours.
            I16x8ExtAddPairwiseI8x16S: VecUnary1(v128 -> v128);
            /// dst = sums of neighbours.
            I16x8ExtAddPairwiseI8x16U: VecUnary1(v128 -> v128);
            /// dst = (a * b + 0x4000) >> 15, saturating.
            I16x8Q15MulrSatS: VecBin1(v128 -> v128);
            /// As `I16x8Q15MulrSatS`, or another result for -1 * -1.
            I16x8RelaxedQ15mulrS: VecBin1(v128 -> v128);
            /// dst = sums of neighbours' products; lanes of b have 7 bits.
            I16x8RelaxedDotI8x16I7x16S: VecBin1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I16x8ExtendLowI8x16S: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I16x8ExtMulLowI8x16S: VecBin1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I16x8ExtendLowI8x16U: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I16x8ExtMulLowI8x16U: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I16x8ExtendHighI8x16S: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I16x8ExtMulHighI8x16S: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I16x8ExtendHighI8x16U: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I16x8ExtMulHighI8x16U: VecBin1(v128 -> v128);

            // --- lanes: I32x4 ------------------------------------------------------------------------
            /// dst = a == b.
            I32x4Eq: VecBin1(v128 -> v128), commutes;
            /// dst = a != b.
            I32x4Ne: VecBin1(v128 -> v128);
            /// dst = a > b, signed.
            I32x4GtS: VecBin1(v128 -> v128);
            /// dst = a > b, unsigned.
            I32x4GtU: VecBin1(v128 -> v128);
            /// dst = a >= b, signed.
            I32x4GeS: VecBin1(v128 -> v128);
            /// dst = a >= b, unsigned.
            I32x4GeU: VecBin1(v128 -> v128);
            /// dst = |a|.
            I32x4Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            I32x4Neg: VecUnary1(v128 -> v128);
            /// dst = a << b.
            I32x4Shl: VecShift(v128 -> v128);
            /// dst = a >> b, signed.
            I32x4ShrS: VecShift2(v128 -> v128);
            /// dst = a >> b, unsigned.
            I32x4ShrU: VecShift(v128 -> v128);
            /// dst = a + b, wrapping.
            I32x4Add: VecBin8(v128 -> v128), commutes;
            /// dst = a - b, wrapping.
            I32x4Sub: VecBin3(v128 -> v128);
            /// dst = a * b, wrapping.
            I32x4Mul: VecBin2(v128 -> v128), commutes;
            /// dst = the smaller, signed.
            I32x4MinS: VecBin1(v128 -> v128);
            /// dst = the smaller, unsigned.
            I32x4MinU: VecBin1(v128 -> v128);
            /// dst = the larger, signed.
            I32x4MaxS: VecBin1(v128 -> v128);
            /// dst = the larger, unsigned.
            I32x4MaxU: VecBin1(v128 -> v128);
            /// dst = sums of neighbours.
            I32x4ExtAddPairwiseI16x8S: VecUnary1(v128 -> v128);
            /// dst = sums of neighbours.
            I32x4ExtAddPairwiseI16x8U: VecUnary1(v128 -> v128);
            /// dst = sums of neighbours' products.
            I32x4DotI16x8S: VecBin2(v128 -> v128), commutes;
            /// dst = c + sums of four products; lanes of b have 7 bits.
            I32x4RelaxedDotI8x16I7x16AddS: VecThree1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I32x4ExtendLowI16x8S: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I32x4ExtMulLowI16x8S: VecBin1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I32x4ExtendLowI16x8U: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I32x4ExtMulLowI16x8U: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I32x4ExtendHighI16x8S: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I32x4ExtMulHighI16x8S: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I32x4ExtendHighI16x8U: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I32x4ExtMulHighI16x8U: VecBin1(v128 -> v128);

            // --- lanes: I64x2 ------------------------------------------------------------------------
            /// dst = a == b.
            I64x2Eq: VecBin1(v128 -> v128);
            /// dst = a != b.
            I64x2Ne: VecBin1(v128 -> v128);
            /// dst = a > b, signed.
            I64x2GtS: VecBin1(v128 -> v128);
            /// dst = a >= b, signed.
            I64x2GeS: VecBin1(v128 -> v128);
            /// dst = |a|.
            I64x2Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            I64x2Neg: VecUnary1(v128 -> v128);
            /// dst = a << b.
            I64x2Shl: VecShift2(v128 -> v128);
            /// dst = a >> b, signed.
            I64x2ShrS: VecShift2(v128 -> v128);
            /// dst = a >> b, unsigned.
            I64x2ShrU: VecShift(v128 -> v128);
            /// dst = a + b, wrapping.
            I64x2Add: VecBin2(v128 -> v128), commutes;
            /// dst = a - b, wrapping.
            I64x2Sub: VecBin1(v128 -> v128);
            /// dst = a * b, wrapping.
            I64x2Mul: VecBin1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I64x2ExtendLowI32x4S: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I64x2ExtMulLowI32x4S: VecBin1(v128 -> v128);
            /// dst = lanes of the lower half, extended.
            I64x2ExtendLowI32x4U: VecUnary1(v128 -> v128);
            /// dst = products of the lower halves.
            I64x2ExtMulLowI32x4U: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I64x2ExtendHighI32x4S: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I64x2ExtMulHighI32x4S: VecBin1(v128 -> v128);
            /// dst = lanes of the upper half, extended.
            I64x2ExtendHighI32x4U: VecUnary1(v128 -> v128);
            /// dst = products of the upper halves.
            I64x2ExtMulHighI32x4U: VecBin1(v128 -> v128);

            // --- lanes: F32x4 ------------------------------------------------------------------------
            /// dst = a == b.
            F32x4Eq: VecBin1(v128 -> v128);
            /// dst = a != b.
            F32x4Ne: VecBin1(v128 -> v128);
            /// dst = a < b.
            F32x4Lt: VecBin1(v128 -> v128);
            /// dst = a <= b.
            F32x4Le: VecBin5(v128 -> v128);
            /// dst = a rounded up.
            F32x4Ceil: VecUnary1(v128 -> v128);
            /// dst = a rounded down.
            F32x4Floor: VecUnary1(v128 -> v128);
            /// dst = a rounded to zero.
            F32x4Trunc: VecUnary1(v128 -> v128);
            /// dst = a rounded to the nearest, ties to even.
            F32x4Nearest: VecUnary1(v128 -> v128);
            /// dst = |a|.
            F32x4Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            F32x4Neg: VecUnary1(v128 -> v128);
            /// dst = square root.
            F32x4Sqrt: VecUnary1(v128 -> v128);
            /// dst = a, every NaN the canonical one.
            F32x4Canonical: VecUnary1(v128 -> v128);
            /// dst = a + b.
            F32x4Add: VecBin4(v128 -> v128), commutes;
            /// dst = a - b.
            F32x4Sub: VecBin6(v128 -> v128);
            /// dst = a * b.
            F32x4Mul: VecBin4(v128 -> v128), commutes;
            /// dst = a / b.
            F32x4Div: VecBin1(v128 -> v128);
            /// dst = smaller, NaN if either is.
            F32x4Min: VecBin1(v128 -> v128);
            /// dst = larger, NaN if either is.
            F32x4Max: VecBin1(v128 -> v128);
            /// dst = b < a ? b : a.
            F32x4PMin: VecBin1(v128 -> v128);
            /// dst = a < b ? b : a.
            F32x4PMax: VecBin1(v128 -> v128);
            /// As `F32x4Min`, or either source if one is NaN or both are zeros.
            F32x4RelaxedMin: VecBin1(v128 -> v128);
            /// As `F32x4Max`, or either source if one is NaN or both are zeros.
            F32x4RelaxedMax: VecBin1(v128 -> v128);
            /// dst = a * b + c, rounded once or twice.
            F32x4RelaxedMadd: VecThree1(v128 -> v128);
            /// dst = -(a * b) + c, rounded once or twice.
            F32x4RelaxedNmadd: VecThree1(v128 -> v128);
            /// dst = (a * b) + c, rounded twice.
            F32x4MulAdd: VecFused(v128 -> v128), fuses F32x4Mul then F32x4Add;

            // --- lanes: F64x2 ------------------------------------------------------------------------
            /// dst = a == b.
            F64x2Eq: VecBin1(v128 -> v128);
            /// dst = a != b.
            F64x2Ne: VecBin1(v128 -> v128);
            /// dst = a < b.
            F64x2Lt: VecBin5(v128 -> v128);
            /// dst = a <= b.
            F64x2Le: VecBin1(v128 -> v128);
            /// dst = a rounded up.
            F64x2Ceil: VecUnary1(v128 -> v128);
            /// dst = a rounded down.
            F64x2Floor: VecUnary1(v128 -> v128);
            /// dst = a rounded to zero.
            F64x2Trunc: VecUnary1(v128 -> v128);
            /// dst = a rounded to the nearest, ties to even.
            F64x2Nearest: VecUnary1(v128 -> v128);
            /// dst = |a|.
            F64x2Abs: VecUnary1(v128 -> v128);
            /// dst = -a.
            F64x2Neg: VecUnary1(v128 -> v128);
            /// dst = square root.
            F64x2Sqrt: VecUnary1(v128 -> v128);
            /// dst = a, every NaN the canonical one.
            F64x2Canonical: VecUnary1(v128 -> v128);
            /// dst = a + b.
            F64x2Add: VecBin4(v128 -> v128), commutes;
            /// dst = a - b.
            F64x2Sub: VecBin6(v128 -> v128);
            /// dst = a * b.
            F64x2Mul: VecBin4(v128 -> v128), commutes;
            /// dst = a / b.
            F64x2Div: VecBin1(v128 -> v128);
            /// dst = smaller, NaN if either is.
            F64x2Min: VecBin1(v128 -> v128);
            /// dst = larger, NaN if either is.
            F64x2Max: VecBin1(v128 -> v128);
            /// dst = b < a ? b : a.
            F64x2PMin: VecBin1(v128 -> v128);
            /// dst = a < b ? b : a.
            F64x2PMax: VecBin1(v128 -> v128);
            /// As `F64x2Min`, or either source if one is NaN or both are zeros.
            F64x2RelaxedMin: VecBin1(v128 -> v128);
            /// As `F64x2Max`, or either source if one is NaN or both are zeros.
            F64x2RelaxedMax: VecBin1(v128 -> v128);
            /// dst = a * b + c, rounded once or twice.
            F64x2RelaxedMadd: VecThree1(v128 -> v128);
            /// dst = -(a * b) + c, rounded once or twice.
            F64x2RelaxedNmadd: VecThree1(v128 -> v128);
            /// dst = (a * b) + c, rounded twice.
            F64x2MulAdd: VecFused(v128 -> v128), fuses F64x2Mul then F64x2Add;

            // --- conversions -------------------------------------------------------------------------
            /// dst = a truncated, signed, saturating.
            I32x4TruncSatF32x4S: VecUnary1(v128 -> v128);
            /// dst = a truncated, unsigned, saturating.
            I32x4TruncSatF32x4U: VecUnary1(v128 -> v128);
            /// dst = a truncated, signed, saturating; upper half 0.
            I32x4TruncSatF64x2SZero: VecUnary1(v128 -> v128);
            /// dst = a truncated, unsigned, saturating; upper half 0.
            I32x4TruncSatF64x2UZero: VecUnary1(v128 -> v128);
            /// dst = as `I32x4TruncSatF32x4S`, or anything where that saturates.
            I32x4RelaxedTruncF32x4S: VecUnary1(v128 -> v128);
            /// dst = as `I32x4TruncSatF32x4U`, or anything where that saturates.
            I32x4RelaxedTruncF32x4U: VecUnary1(v128 -> v128);
            /// dst = as `I32x4TruncSatF64x2SZero`, or anything where that saturates.
            I32x4RelaxedTruncF64x2SZero: VecUnary1(v128 -> v128);
            /// dst = as `I32x4TruncSatF64x2UZero`, or anything where that saturates.
            I32x4RelaxedTruncF64x2UZero: VecUnary1(v128 -> v128);
            /// dst = a as f32, signed.
            F32x4ConvertI32x4S: VecUnary1(v128 -> v128);
            /// dst = a as f32, unsigned.
            F32x4ConvertI32x4U: VecUnary1(v128 -> v128);
            /// dst = lower half as f64, signed.
            F64x2ConvertLowI32x4S: VecUnary1(v128 -> v128);
            /// dst = lower half as f64, unsigned.
            F64x2ConvertLowI32x4U: VecUnary1(v128 -> v128);
            /// dst = a as f32; upper half 0.
            F32x4DemoteF64x2Zero: VecUnary1(v128 -> v128);
            /// dst = lower half as f64.
            F64x2PromoteLowF32x4: VecUnary1(v128 -> v128);

            // --- fused operations and branches -------------------------------------------------------
            /// dst = (a + b) + c.
            I32x4AddAdd: VecFused(v128 -> v128), fuses I32x4Add then I32x4Add;
            /// dst = a rotated left by a constant.
            I32x4Rotl: VecRotl(v128 -> v128);
            /// dst = bytes of a ^ b that the constant chooses.
            I8x16XorPermute: VecShuffle(v128 -> v128);
            /// Jump when a has a bit set.
            BrV128AnyTrue: VecBranch(v128 -> none), negate BrV128Zero;
            /// Jump when a has no bit set.
            BrV128Zero: VecBranch(v128 -> none);
            /// Jump when no lane is 0.
            BrI8x16AllTrue: VecBranch(v128 -> none), negate BrI8x16NotAllTrue;
            /// Jump when a lane is 0.
            BrI8x16NotAllTrue: VecBranch(v128 -> none);
        }
    };
}
