//! The table of instructions.
//!
//! A row is `Name: Shape(source type -> result type)`, then its columns. `none` stands for no type, or for a type
//! that does not matter. `ops::columns` explains the columns. Names are the specification's, capitalized and without
//! dots.
//!
//! Everything else is derived from the rows: opcodes, encoding and disassembly in this crate, and the list of
//! handlers in `wasmote-exec`.
//!
//! To add an instruction, add its row here and its meaning in `wasmote-exec`. The translator emits it once
//! `wasmote-translate` names it.

/// Calls `$callback` with all rows of the table, then the other arguments.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident $($more:tt)*) => {
        $callback! {
            // --- control -------------------------------------------------------------------------------
            /// Trap: the program executed `unreachable`.
            Unreachable: Plain(none -> none);
            /// Take the cost from the fuel; trap if there is not enough. Only in metered code.
            Fuel: Meter(none -> none);
            /// Jump.
            Goto: Jump(none -> none);
            /// Jump to the target with the number in the source, or to the last one if the number is out of range.
            BrTable: Table(i32 -> none);
            /// Return; the results, if any, are in place.
            Return: Return(none -> none);
            /// Return an integer or a reference.
            ReturnInt: ReturnValue(i64 -> none);
            /// Return an immediate, zero-extended.
            ReturnU32: ReturnImmediate(i32 -> none);
            /// Return an f32.
            ReturnF32: ReturnFloat(f32 -> none);
            /// Return an f64.
            ReturnF64: ReturnFloat(f64 -> none);
            /// Call a function that this module defines; the index does not count imported functions.
            Call: Call(none -> none);
            /// Call an imported function.
            CallImport: CallImport(none -> none);
            /// Call a function through a table.
            CallIndirect: CallIndirect(i64 -> none);
            /// Tail call of a function that this module defines.
            ReturnCall: ReturnCall(none -> none);
            /// Tail call of an imported function.
            ReturnCallImport: ReturnCallImport(none -> none);
            /// Tail call of a function through a table.
            ReturnCallIndirect: ReturnCallIndirect(i64 -> none);

            // --- moves ---------------------------------------------------------------------------------
            /// dst = src.
            Copy: Copy(none -> none);
            /// Two copies, one after the other.
            CopyTwo: Copy2(none -> none);
            /// Copy a run of slots.
            CopySpan: CopyRun(none -> none);
            /// dst = 32-bit constant, zero-extended.
            ConstU32: Const32(none -> none);
            /// dst = 32-bit constant, sign-extended to 64.
            ConstS32: Const32(none -> none);
            /// dst = 64-bit constant.
            ConstI64: Const64(none -> none);
            /// accumulator = 64-bit constant.
            LoadConst: ConstReg(none -> i64);
            /// Set a slot to zero.
            ZeroOne: ZeroOne(none -> none);
            /// Set two neighbouring slots to zero.
            ZeroTwo: ZeroTwo(none -> none);
            /// Set four neighbouring slots to zero.
            ZeroFour: ZeroFour(none -> none);
            /// Set a run of slots to zero.
            ZeroSlots: Zero(none -> none);
            /// dst = a if cond else b; immediates zero-extended.
            Select32: Select(i32 -> i32);
            /// dst = a if cond else b; immediates sign-extended.
            Select64: Select8(i32 -> i64);
            /// dst = a if cond else b, vectors.
            SelectV128: SelectPair(i32 -> v128);
            /// dst = global.
            GlobalRead: GlobalGet(none -> i64);
            /// global = src; immediates zero-extended.
            GlobalWrite32: GlobalSet(i64 -> none);
            /// global = src; immediates sign-extended.
            GlobalWrite64: GlobalSet(i64 -> none);
            /// dst = global, a vector.
            GlobalReadV128: GlobalGetPair(none -> v128);
            /// global = src, a vector.
            GlobalWriteV128: GlobalSetPair(v128 -> none);

            // --- branches on two sources ---------------------------------------------------------------
            /// Jump when a == b.
            BrI32Eq: Branch(i32 -> none), commutes, negate BrI32Ne;
            /// Jump when a != b.
            BrI32Ne: Branch(i32 -> none), commutes, step StepI32Ne;
            /// Jump when a < b, signed.
            BrI32LtS: Branch(i32 -> none), mirror BrI32GtS, negate BrI32GeS, step StepI32LtS;
            /// Jump when a < b, unsigned.
            BrI32LtU: Branch(i32 -> none), mirror BrI32GtU, negate BrI32GeU, step StepI32LtU;
            /// Jump when a > b, signed.
            BrI32GtS: Branch(i32 -> none), negate BrI32LeS, step StepI32GtS;
            /// Jump when a > b, unsigned.
            BrI32GtU: Branch(i32 -> none), negate BrI32LeU, step StepI32GtU;
            /// Jump when a <= b, signed.
            BrI32LeS: Branch(i32 -> none), mirror BrI32GeS;
            /// Jump when a <= b, unsigned.
            BrI32LeU: Branch(i32 -> none), mirror BrI32GeU;
            /// Jump when a >= b, signed.
            BrI32GeS: Branch(i32 -> none);
            /// Jump when a >= b, unsigned.
            BrI32GeU: Branch(i32 -> none);
            /// Jump when a & b == 0.
            BrI32AndEqz: Branch(i32 -> none), commutes;
            /// Jump when a & b != 0.
            BrI32AndNez: Branch(i32 -> none), commutes, negate BrI32AndEqz;
            /// Jump when a == b.
            BrI64Eq: Branch(i64 -> none), commutes, negate BrI64Ne;
            /// Jump when a != b.
            BrI64Ne: Branch(i64 -> none), commutes;
            /// Jump when a < b, signed.
            BrI64LtS: Branch(i64 -> none), mirror BrI64GtS, negate BrI64GeS;
            /// Jump when a < b, unsigned.
            BrI64LtU: Branch(i64 -> none), mirror BrI64GtU, negate BrI64GeU;
            /// Jump when a > b, signed.
            BrI64GtS: Branch(i64 -> none), negate BrI64LeS;
            /// Jump when a > b, unsigned.
            BrI64GtU: Branch(i64 -> none), negate BrI64LeU;
            /// Jump when a <= b, signed.
            BrI64LeS: Branch(i64 -> none), mirror BrI64GeS;
            /// Jump when a <= b, unsigned.
            BrI64LeU: Branch(i64 -> none), mirror BrI64GeU;
            /// Jump when a >= b, signed.
            BrI64GeS: Branch(i64 -> none);
            /// Jump when a >= b, unsigned.
            BrI64GeU: Branch(i64 -> none);
            /// Jump when a == b.
            BrF32Eq: Branch2(f32 -> none), commutes, negate BrF32Ne;
            /// Jump unless a == b.
            BrF32Ne: Branch2(f32 -> none), commutes;
            /// Jump when a < b.
            BrF32Lt: Branch(f32 -> none), mirror BrF32Gt, negate BrF32NotLt;
            /// Jump when a > b.
            BrF32Gt: Branch(f32 -> none), negate BrF32NotGt;
            /// Jump when a <= b.
            BrF32Le: Branch2(f32 -> none), mirror BrF32Ge, negate BrF32NotLe;
            /// Jump when a >= b.
            BrF32Ge: Branch2(f32 -> none), negate BrF32NotGe;
            /// Jump unless a < b.
            BrF32NotLt: Branch(f32 -> none), mirror BrF32NotGt;
            /// Jump unless a > b.
            BrF32NotGt: Branch(f32 -> none);
            /// Jump unless a <= b.
            BrF32NotLe: Branch2(f32 -> none), mirror BrF32NotGe;
            /// Jump unless a >= b.
            BrF32NotGe: Branch2(f32 -> none);
            /// Jump when a == b.
            BrF64Eq: Branch2Wide(f64 -> none), commutes, negate BrF64Ne;
            /// Jump unless a == b.
            BrF64Ne: Branch2Wide(f64 -> none), commutes;
            /// Jump when a < b.
            BrF64Lt: BranchWide(f64 -> none), mirror BrF64Gt, negate BrF64NotLt;
            /// Jump when a > b.
            BrF64Gt: BranchWide(f64 -> none), negate BrF64NotGt;
            /// Jump when a <= b.
            BrF64Le: Branch2Wide(f64 -> none), mirror BrF64Ge, negate BrF64NotLe;
            /// Jump when a >= b.
            BrF64Ge: Branch2Wide(f64 -> none), negate BrF64NotGe;
            /// Jump unless a < b.
            BrF64NotLt: BranchWide(f64 -> none), mirror BrF64NotGt;
            /// Jump unless a > b.
            BrF64NotGt: BranchWide(f64 -> none);
            /// Jump unless a <= b.
            BrF64NotLe: Branch2Wide(f64 -> none), mirror BrF64NotGe;
            /// Jump unless a >= b.
            BrF64NotGe: Branch2Wide(f64 -> none);

            // --- integers, 32 bits ---------------------------------------------------------------------
            /// dst = a + b, wrapping.
            I32Add: Bin8(i32 -> i32), commutes, short_offset I32AddShort;
            /// dst = a - b, wrapping.
            I32Sub: Bin12(i32 -> i32);
            /// dst = a * b, wrapping.
            I32Mul: Bin8(i32 -> i32), commutes;
            /// dst = a / b, signed.
            I32DivS: Bin8(i32 -> i32), traps;
            /// dst = a / b, unsigned.
            I32DivU: Bin8(i32 -> i32), traps;
            /// dst = a % b, signed.
            I32RemS: Bin8(i32 -> i32), traps;
            /// dst = a % b, unsigned.
            I32RemU: Bin8(i32 -> i32), traps;
            /// dst = a & b.
            I32And: Bin8(i32 -> i32), commutes, branch BrI32AndNez;
            /// dst = a | b.
            I32Or: Bin8(i32 -> i32), commutes;
            /// dst = a ^ b.
            I32Xor: Bin8(i32 -> i32), commutes;
            /// dst = a << b.
            I32Shl: Bin12(i32 -> i32);
            /// dst = a >> b, signed.
            I32ShrS: Bin8(i32 -> i32);
            /// dst = a >> b, unsigned.
            I32ShrU: Bin12(i32 -> i32);
            /// dst = a rotated left by b.
            I32Rotl: Bin12(i32 -> i32);
            /// dst = a rotated right by b.
            I32Rotr: Bin8(i32 -> i32);
            /// dst = a == b.
            I32Eq: Bin8(i32 -> i32), commutes, negate I32Ne, branch BrI32Eq;
            /// dst = a != b.
            I32Ne: Bin8(i32 -> i32), commutes, branch BrI32Ne;
            /// dst = a < b, signed.
            I32LtS: Bin8(i32 -> i32), mirror I32GtS, negate I32GeS, branch BrI32LtS;
            /// dst = a < b, unsigned.
            I32LtU: Bin8(i32 -> i32), mirror I32GtU, negate I32GeU, branch BrI32LtU;
            /// dst = a > b, signed.
            I32GtS: Bin8(i32 -> i32), negate I32LeS, branch BrI32GtS;
            /// dst = a > b, unsigned.
            I32GtU: Bin8(i32 -> i32), negate I32LeU, branch BrI32GtU;
            /// dst = a <= b, signed.
            I32LeS: Bin8(i32 -> i32), mirror I32GeS, branch BrI32LeS;
            /// dst = a <= b, unsigned.
            I32LeU: Bin8(i32 -> i32), mirror I32GeU, branch BrI32LeU;
            /// dst = a >= b, signed.
            I32GeS: Bin8(i32 -> i32), branch BrI32GeS;
            /// dst = a >= b, unsigned.
            I32GeU: Bin8(i32 -> i32), branch BrI32GeU;
            /// dst = leading zeros.
            I32Clz: Unary(i32 -> i32);
            /// dst = trailing zeros.
            I32Ctz: Unary(i32 -> i32);
            /// dst = bits set.
            I32Popcnt: Unary1(i32 -> i32);
            /// dst = low 8 bits, sign-extended.
            I32Extend8S: Unary(i32 -> i32);
            /// dst = low 16 bits, sign-extended.
            I32Extend16S: Unary(i32 -> i32);
            /// dst = low 32 bits.
            I32WrapI64: Unary(i64 -> i32);
            /// dst = a truncated, signed; traps.
            I32TruncF32S: Unary1(f32 -> i32), traps;
            /// dst = a truncated, unsigned; traps.
            I32TruncF32U: Unary1(f32 -> i32), traps;
            /// dst = a truncated, signed; traps.
            I32TruncF64S: Unary1(f64 -> i32), traps;
            /// dst = a truncated, unsigned; traps.
            I32TruncF64U: Unary1(f64 -> i32), traps;
            /// dst = a truncated, signed, saturating.
            I32TruncSatF32S: Unary1(f32 -> i32);
            /// dst = a truncated, unsigned, saturating.
            I32TruncSatF32U: Unary1(f32 -> i32);
            /// dst = a truncated, signed, saturating.
            I32TruncSatF64S: Unary1(f64 -> i32);
            /// dst = a truncated, unsigned, saturating.
            I32TruncSatF64U: Unary1(f64 -> i32);

            // --- integers, 64 bits ---------------------------------------------------------------------
            /// dst = a + b, wrapping.
            I64Add: Bin8(i64 -> i64), commutes, constant I64AddConst, wrapped I32Add;
            /// dst = a - b, wrapping.
            I64Sub: Bin12(i64 -> i64), wrapped I32Sub;
            /// dst = a * b, wrapping.
            I64Mul: Bin8(i64 -> i64), commutes, constant I64MulConst, wrapped I32Mul;
            /// dst = a / b, signed.
            I64DivS: Bin2(i64 -> i64), traps;
            /// dst = a / b, unsigned.
            I64DivU: Bin2(i64 -> i64), traps;
            /// dst = a % b, signed.
            I64RemS: Bin2(i64 -> i64), traps;
            /// dst = a % b, unsigned.
            I64RemU: Bin2(i64 -> i64), traps;
            /// dst = a & b.
            I64And: Bin8(i64 -> i64), commutes, constant I64AndConst, wrapped I32And;
            /// dst = a | b.
            I64Or: Bin8(i64 -> i64), commutes, constant I64OrConst, wrapped I32Or;
            /// dst = a ^ b.
            I64Xor: Bin8(i64 -> i64), commutes, constant I64XorConst, wrapped I32Xor;
            /// dst = a << b.
            I64Shl: Bin12(i64 -> i64);
            /// dst = a >> b, signed.
            I64ShrS: Bin8(i64 -> i64);
            /// dst = a >> b, unsigned.
            I64ShrU: Bin12(i64 -> i64);
            /// dst = a rotated left by b.
            I64Rotl: Bin8(i64 -> i64);
            /// dst = a rotated right by b.
            I64Rotr: Bin2(i64 -> i64);
            /// dst = a == b.
            I64Eq: Bin8(i64 -> i32), commutes, negate I64Ne, branch BrI64Eq;
            /// dst = a != b.
            I64Ne: Bin8(i64 -> i32), commutes, branch BrI64Ne;
            /// dst = a < b, signed.
            I64LtS: Bin4(i64 -> i32), mirror I64GtS, negate I64GeS, branch BrI64LtS;
            /// dst = a < b, unsigned.
            I64LtU: Bin8(i64 -> i32), mirror I64GtU, negate I64GeU, branch BrI64LtU;
            /// dst = a > b, signed.
            I64GtS: Bin4(i64 -> i32), negate I64LeS, branch BrI64GtS;
            /// dst = a > b, unsigned.
            I64GtU: Bin4(i64 -> i32), negate I64LeU, branch BrI64GtU;
            /// dst = a <= b, signed.
            I64LeS: Bin4(i64 -> i32), mirror I64GeS, branch BrI64LeS;
            /// dst = a <= b, unsigned.
            I64LeU: Bin4(i64 -> i32), mirror I64GeU, branch BrI64LeU;
            /// dst = a >= b, signed.
            I64GeS: Bin4(i64 -> i32), branch BrI64GeS;
            /// dst = a >= b, unsigned.
            I64GeU: Bin4(i64 -> i32), branch BrI64GeU;
            /// dst = leading zeros.
            I64Clz: Unary1(i64 -> i64);
            /// dst = trailing zeros.
            I64Ctz: Unary(i64 -> i64);
            /// dst = bits set.
            I64Popcnt: Unary1(i64 -> i64);
            /// dst = low 8 bits, sign-extended.
            I64Extend8S: Unary1(i64 -> i64);
            /// dst = low 16 bits, sign-extended.
            I64Extend16S: Unary1(i64 -> i64);
            /// dst = low 32 bits, sign-extended; `i64.extend_i32_s` and `i64.extend32_s`.
            I64Extend32S: Unary(i64 -> i64);
            /// dst = a truncated, signed; traps.
            I64TruncF32S: Unary1(f32 -> i64), traps;
            /// dst = a truncated, unsigned; traps.
            I64TruncF32U: Unary1(f32 -> i64), traps;
            /// dst = a truncated, signed; traps.
            I64TruncF64S: Unary1(f64 -> i64), traps;
            /// dst = a truncated, unsigned; traps.
            I64TruncF64U: Unary1(f64 -> i64), traps;
            /// dst = a truncated, signed, saturating.
            I64TruncSatF32S: Unary1(f32 -> i64);
            /// dst = a truncated, unsigned, saturating.
            I64TruncSatF32U: Unary1(f32 -> i64);
            /// dst = a truncated, signed, saturating.
            I64TruncSatF64S: Unary1(f64 -> i64);
            /// dst = a truncated, unsigned, saturating.
            I64TruncSatF64U: Unary1(f64 -> i64);
            /// dst pair = a pair + b pair, 128 bits.
            I64Add128: Wide4(i64 -> i64);
            /// dst pair = a pair - b pair, 128 bits.
            I64Sub128: Wide4(i64 -> i64);
            /// dst pair = a * b, signed, 128 bits.
            I64MulWideS: Wide2(i64 -> i64);
            /// dst pair = a * b, unsigned, 128 bits.
            I64MulWideU: Wide2(i64 -> i64);

            // --- floats --------------------------------------------------------------------------------
            /// dst = a + b.
            F32Add: Bin8(f32 -> f32), commutes;
            /// dst = a - b.
            F32Sub: Bin12(f32 -> f32);
            /// dst = a * b.
            F32Mul: Bin8(f32 -> f32), commutes;
            /// dst = a / b.
            F32Div: Bin3(f32 -> f32);
            /// dst = smaller, NaN if either is.
            F32Min: Bin2(f32 -> f32), commutes;
            /// dst = larger, NaN if either is.
            F32Max: Bin2(f32 -> f32), commutes;
            /// dst = a with the sign of b.
            F32Copysign: Bin2(f32 -> f32);
            /// dst = a == b.
            F32Eq: Bin2(f32 -> i32), commutes, branch BrF32Eq;
            /// dst = a != b.
            F32Ne: Bin2(f32 -> i32), commutes, branch BrF32Ne;
            /// dst = a < b.
            F32Lt: Bin4(f32 -> i32), mirror F32Gt, branch BrF32Lt;
            /// dst = a > b.
            F32Gt: Bin4(f32 -> i32), branch BrF32Gt;
            /// dst = a <= b.
            F32Le: Bin2(f32 -> i32), mirror F32Ge, branch BrF32Le;
            /// dst = a >= b.
            F32Ge: Bin2(f32 -> i32), branch BrF32Ge;
            /// dst = |a|.
            F32Abs: Unary1(f32 -> f32);
            /// dst = -a.
            F32Neg: Unary1(f32 -> f32);
            /// dst = a rounded up.
            F32Ceil: Unary1(f32 -> f32);
            /// dst = a rounded down.
            F32Floor: Unary1(f32 -> f32);
            /// dst = a rounded to zero.
            F32Trunc: Unary1(f32 -> f32);
            /// dst = a rounded to the nearest, ties to even.
            F32Nearest: Unary1(f32 -> f32);
            /// dst = square root.
            F32Sqrt: Unary1(f32 -> f32);
            /// dst = a as f32, signed.
            F32ConvertI32S: Unary1(i32 -> f32);
            /// dst = a as f32, unsigned.
            F32ConvertI32U: Unary(i32 -> f32);
            /// dst = a as f32, signed.
            F32ConvertI64S: Unary1(i64 -> f32);
            /// dst = a as f32, unsigned.
            F32ConvertI64U: Unary1(i64 -> f32);
            /// dst = a as f32.
            F32DemoteF64: Unary1(f64 -> f32);
            /// dst = a + b.
            F64Add: Bin8Wide(f64 -> f64), commutes;
            /// dst = a - b.
            F64Sub: Bin12Wide(f64 -> f64);
            /// dst = a * b.
            F64Mul: Bin8Wide(f64 -> f64), commutes;
            /// dst = a / b.
            F64Div: Bin12Wide(f64 -> f64);
            /// dst = smaller, NaN if either is.
            F64Min: Bin2Wide(f64 -> f64), commutes;
            /// dst = larger, NaN if either is.
            F64Max: Bin2Wide(f64 -> f64), commutes;
            /// dst = a with the sign of b.
            F64Copysign: Bin2Wide(f64 -> f64);
            /// dst = a == b.
            F64Eq: Bin2Wide(f64 -> i32), commutes, branch BrF64Eq;
            /// dst = a != b.
            F64Ne: Bin2Wide(f64 -> i32), commutes, branch BrF64Ne;
            /// dst = a < b.
            F64Lt: Bin4Wide(f64 -> i32), mirror F64Gt, branch BrF64Lt;
            /// dst = a > b.
            F64Gt: Bin4Wide(f64 -> i32), branch BrF64Gt;
            /// dst = a <= b.
            F64Le: Bin2Wide(f64 -> i32), mirror F64Ge, branch BrF64Le;
            /// dst = a >= b.
            F64Ge: Bin2Wide(f64 -> i32), branch BrF64Ge;
            /// dst = |a|.
            F64Abs: Unary1(f64 -> f64);
            /// dst = -a.
            F64Neg: Unary(f64 -> f64);
            /// dst = a rounded up.
            F64Ceil: Unary1(f64 -> f64);
            /// dst = a rounded down.
            F64Floor: Unary1(f64 -> f64);
            /// dst = a rounded to zero.
            F64Trunc: Unary1(f64 -> f64);
            /// dst = a rounded to the nearest, ties to even.
            F64Nearest: Unary1(f64 -> f64);
            /// dst = square root.
            F64Sqrt: Unary(f64 -> f64);
            /// dst = a as f64, signed.
            F64ConvertI32S: Unary(i32 -> f64);
            /// dst = a as f64, unsigned.
            F64ConvertI32U: Unary(i32 -> f64);
            /// dst = a as f64, signed.
            F64ConvertI64S: Unary1(i64 -> f64);
            /// dst = a as f64, unsigned.
            F64ConvertI64U: Unary1(i64 -> f64);
            /// dst = a as f64.
            F64PromoteF32: Unary(f32 -> f64);

            // --- memory 0 ------------------------------------------------------------------------------
            /// dst = 32 bits.
            Load32: Load(i32 -> i32), short_offset Load32Short, any Load32Any;
            /// dst = 8 bits, sign-extended to 32.
            Load8S32: Load(i32 -> i32), short_offset Load8S32Short, any Load8S32Any;
            /// dst = 8 bits, zero-extended.
            Load8U: Load(i32 -> i32), short_offset Load8UShort, any Load8UAny;
            /// dst = 16 bits, sign-extended to 32.
            Load16S32: Load12(i32 -> i32), short_offset Load16S32Short, any Load16S32Any;
            /// dst = 16 bits, zero-extended.
            Load16U: Load(i32 -> i32), short_offset Load16UShort, any Load16UAny;
            /// dst = 64 bits.
            Load64: Load(i32 -> i64), short_offset Load64Short, any Load64Any;
            /// dst = 8 bits, sign-extended to 64.
            Load8S64: Load6(i32 -> i64), short_offset Load8S64Short, any Load8S64Any, wrapped Load8S32;
            /// dst = 16 bits, sign-extended to 64.
            Load16S64: Load6(i32 -> i64), short_offset Load16S64Short, any Load16S64Any, wrapped Load16S32;
            /// dst = 32 bits, sign-extended to 64.
            Load32S64: Load6(i32 -> i64), short_offset Load32S64Short, any Load32S64Any, wrapped Load32;
            /// dst = f32.
            LoadF32: Load12(i32 -> f32), short_offset Load32Short, any Load32Any;
            /// dst = f64.
            LoadF64: Load12(i32 -> f64), short_offset Load64Short, any Load64Any;
            /// Store the low 8 bits.
            Store8: Store(i32 -> none), short_offset Store8Short, any Store8Any;
            /// Store the low 16 bits.
            Store16: Store(i32 -> none), short_offset Store16Short, any Store16Any;
            /// Store the low 32 bits.
            Store32: Store(i32 -> none), short_offset Store32Short, any Store32Any;
            /// Store 64 bits.
            Store64: Store(i64 -> none), short_offset Store64Short, any Store64Any;
            /// Store an f32.
            StoreF32: StoreFloat(f32 -> none);
            /// Store an f64.
            StoreF64: StoreFloat(f64 -> none);

            // --- short forms, which make code of the core op set smaller ----------------------------------
            /// dst = 16-bit constant, zero-extended.
            ConstU16: Const16(none -> none);
            /// dst = a + 16-bit constant, sign-extended, wrapping.
            I32AddShort: BinNear(i32 -> i32);
            /// dst = 32 bits.
            Load32Short: LoadShort(i32 -> i32);
            /// dst = 8 bits, sign-extended to 32.
            Load8S32Short: LoadShort(i32 -> i32);
            /// dst = 8 bits, zero-extended.
            Load8UShort: LoadShort(i32 -> i32);
            /// dst = 16 bits, sign-extended to 32.
            Load16S32Short: LoadShort(i32 -> i32);
            /// dst = 16 bits, zero-extended.
            Load16UShort: LoadShort(i32 -> i32);
            /// dst = 64 bits.
            Load64Short: LoadShort(i32 -> i64);
            /// dst = 8 bits, sign-extended to 64.
            Load8S64Short: LoadShort(i32 -> i64);
            /// dst = 16 bits, sign-extended to 64.
            Load16S64Short: LoadShort(i32 -> i64);
            /// dst = 32 bits, sign-extended to 64.
            Load32S64Short: LoadShort(i32 -> i64);
            /// Store the low 8 bits.
            Store8Short: StoreShort(i32 -> none);
            /// Store the low 16 bits.
            Store16Short: StoreShort(i32 -> none);
            /// Store the low 32 bits.
            Store32Short: StoreShort(i32 -> none);
            /// Store 64 bits.
            Store64Short: StoreShort(i64 -> none);

            // --- any memory ----------------------------------------------------------------------------
            /// dst = 32 bits.
            Load32Any: LoadAny(i64 -> i32);
            /// dst = 8 bits, sign-extended to 32.
            Load8S32Any: LoadAny(i64 -> i32);
            /// dst = 8 bits, zero-extended.
            Load8UAny: LoadAny(i64 -> i32);
            /// dst = 16 bits, sign-extended to 32.
            Load16S32Any: LoadAny(i64 -> i32);
            /// dst = 16 bits, zero-extended.
            Load16UAny: LoadAny(i64 -> i32);
            /// dst = 64 bits.
            Load64Any: LoadAny(i64 -> i64);
            /// dst = 8 bits, sign-extended to 64.
            Load8S64Any: LoadAny(i64 -> i64);
            /// dst = 16 bits, sign-extended to 64.
            Load16S64Any: LoadAny(i64 -> i64);
            /// dst = 32 bits, sign-extended to 64.
            Load32S64Any: LoadAny(i64 -> i64);
            /// Store the low 8 bits.
            Store8Any: StoreAny(i64 -> none);
            /// Store the low 16 bits.
            Store16Any: StoreAny(i64 -> none);
            /// Store the low 32 bits.
            Store32Any: StoreAny(i64 -> none);
            /// Store 64 bits.
            Store64Any: StoreAny(i64 -> none);
            /// dst = pages of a memory.
            MemSize: MemorySize(none -> i64);
            /// dst = pages before growing by src, or -1.
            MemGrow: MemoryGrow(i64 -> i64);
            /// Copy between memories.
            MemCopy: MemoryCopy(i64 -> none);
            /// Fill with a byte.
            MemFill: MemoryFill(i64 -> none);
            /// Copy from a data segment.
            MemInit: MemoryInit(i64 -> none);
            /// Drop a data segment.
            DropData: DataDrop(none -> none);

            // --- tables and references -----------------------------------------------------------------
            /// dst = element.
            TabGet: TableGet(i64 -> i64);
            /// element = value.
            TabSet: TableSet(i64 -> none);
            /// dst = elements of a table.
            TabSize: TableSize(none -> i64);
            /// dst = elements before growing, or -1.
            TabGrow: TableGrow(i64 -> i64);
            /// Fill with a value.
            TabFill: TableFill(i64 -> none);
            /// Copy between tables.
            TabCopy: TableCopy(i64 -> none);
            /// Copy from an element segment.
            TabInit: TableInit(i64 -> none);
            /// Drop an element segment.
            DropElem: ElemDrop(none -> none);
            /// dst = reference to a function.
            FuncReference: RefFunc(none -> i64);

            // --- take fuel by their length, only in metered code; the operands are temporaries --------------------
            /// dst = pages before growing by src, or -1.
            MemGrowFuel: MemoryGrow(i64 -> i64);
            /// Copy between memories.
            MemCopyFuel: MemoryCopyFuel(i64 -> none);
            /// Fill with a byte.
            MemFillFuel: MemoryFillFuel(i64 -> none);
            /// Copy from a data segment.
            MemInitFuel: MemoryInitFuel(i64 -> none);
            /// dst = elements before growing, or -1.
            TabGrowFuel: TableGrow(i64 -> i64);
            /// Fill with a value.
            TabFillFuel: TableFillFuel(i64 -> none);
            /// Copy between tables.
            TabCopyFuel: TableCopyFuel(i64 -> none);
            /// Copy from an element segment.
            TabInitFuel: TableInitFuel(i64 -> none);

            // --- fused operations ----------------------------------------------------------------------
            /// dst = a + constant.
            I64AddConst: BinConst(i64 -> i64);
            /// dst = a * constant.
            I64MulConst: BinConst(i64 -> i64);
            /// dst = a & constant.
            I64AndConst: BinConst(i64 -> i64);
            /// dst = a | constant.
            I64OrConst: BinConst(i64 -> i64);
            /// dst = a ^ constant.
            I64XorConst: BinConst(i64 -> i64);
            /// dst = a + constant; dst2 = a2 + constant2.
            I32AddTwo: AddTwo(none -> i32);
            /// a += constant; jump when a != b.
            StepI32Ne: Step(i32 -> i32);
            /// a += constant; jump when a < b, signed.
            StepI32LtS: Step(i32 -> i32);
            /// a += constant; jump when a < b, unsigned.
            StepI32LtU: Step(i32 -> i32);
            /// a += constant; jump when a > b, signed.
            StepI32GtS: Step(i32 -> i32);
            /// a += constant; jump when a > b, unsigned.
            StepI32GtU: Step(i32 -> i32);
            /// dst = (a + b) + c.
            F32AddAdd: Fused3(f32 -> f32), fuses F32Add then F32Add;
            /// dst = (a + b) * c.
            F32AddMul: Fused3(f32 -> f32), fuses F32Add then F32Mul;
            /// dst = (a - b) + c.
            F32SubAdd: Fused3(f32 -> f32), fuses F32Sub then F32Add;
            /// dst = (a * b) + c.
            F32MulAdd: Fused3(f32 -> f32), fuses F32Mul then F32Add;
            /// dst = (a + b) + c.
            F64AddAdd: Fused3(f64 -> f64), fuses F64Add then F64Add;
            /// dst = (a + b) * c.
            F64AddMul: Fused3(f64 -> f64), fuses F64Add then F64Mul;
            /// dst = (a - b) + c.
            F64SubAdd: Fused3(f64 -> f64), fuses F64Sub then F64Add;
            /// dst = (a - b) * c.
            F64SubMul: Fused3(f64 -> f64), fuses F64Sub then F64Mul;
            /// dst = (a * b) + c.
            F64MulAdd: Fused3(f64 -> f64), fuses F64Mul then F64Add;
            /// dst = c - (a * b).
            F64MulSubFrom: Fused3(f64 -> f64), fuses F64Mul into F64Sub;
            /// dst = (a * b) * c.
            F64MulMul: Fused3(f64 -> f64), fuses F64Mul then F64Mul;
            /// dst = (a << b) + c.
            I32ShlAdd: Fused12(i32 -> i32), fuses I32Shl then I32Add;
            /// dst = (a & b) << c.
            I32AndShl: Fused3Imm(i32 -> i32), fuses I32And then I32Shl;
            /// dst = (a >> b) & c.
            I32ShrUAnd: Fused3Imm(i32 -> i32), fuses I32ShrU then I32And;
            /// dst = (a & b) + c.
            I32AndAdd: Fused12(i32 -> i32), fuses I32And then I32Add;
            /// dst = (a + b) & c.
            I32AddAnd: Fused3Imm(i32 -> i32), fuses I32Add then I32And;
            /// dst = (a + b) + c.
            I32AddAdd: Fused3Imm(i32 -> i32), fuses I32Add then I32Add;
            /// dst = (a * b) + c.
            I32MulAdd: Fused12(i32 -> i32), fuses I32Mul then I32Add;
            /// dst = (a ^ b) & c.
            I32XorAnd: Fused3Imm(i32 -> i32), fuses I32Xor then I32And;
            /// dst = (a ^ b) ^ c.
            I32XorXor: Fused3(i32 -> i32), fuses I32Xor then I32Xor;
            /// dst = (a ^ b) + c.
            I32XorAdd: Fused12(i32 -> i32), fuses I32Xor then I32Add;
            /// dst = (a rotl b) ^ c.
            I32RotlXor: Fused4(i32 -> i32), fuses I32Rotl then I32Xor;
            /// dst = (a >> b) ^ c.
            I32ShrUXor: Fused4(i32 -> i32), fuses I32ShrU then I32Xor;
            /// dst = (a << b) | c.
            I32ShlOr: Fused12(i32 -> i32), fuses I32Shl then I32Or;
            /// dst = (a | b) | c.
            I32OrOr: Fused3(i32 -> i32), fuses I32Or then I32Or;
            /// dst = (a << b) ^ c.
            I64ShlXor: Fused4(i64 -> i64), fuses I64Shl then I64Xor;
            /// dst = (a >> b) ^ c.
            I64ShrUXor: Fused4(i64 -> i64), fuses I64ShrU then I64Xor;
            /// dst = (a rotl b) ^ c.
            I64RotlXor: Fused12(i64 -> i64), fuses I64Rotl then I64Xor;
            /// dst = (a ^ b) ^ c.
            I64XorXor: Fused3(i64 -> i64), fuses I64Xor then I64Xor;
            /// dst = (a * b) + c.
            I64MulAdd: Fused3(i64 -> i64), fuses I64Mul then I64Add;
            /// dst = (a ^ b) & c.
            I64XorAnd: Fused12(i64 -> i64), fuses I64Xor then I64And;
            /// dst = (a << b) | c.
            I64ShlOr: Fused4(i64 -> i64), fuses I64Shl then I64Or;
            /// dst = (a + b) + c.
            I64AddAdd: Fused3(i64 -> i64), fuses I64Add then I64Add;
            $($more)*
        }
    };
}
