//! The table of instructions.
//!
//! A row is `Name: Shape(source type -> result type)`; `none` stands where there is none, or where the
//! type does not matter. Everything else is derived from the rows: opcodes, encoding, disassembly here,
//! and the handlers in `wasmote-exec`. Names are the specification's, in capitals and without dots.
//!
//! To add an instruction, add its row here and its meaning in `wasmote-exec`; to have it emitted, name
//! it in `wasmote-translate`.

use crate::shape::{self, Shape, Variant};
use crate::types::ValType;

/// Calls the macro named with all rows of the table.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // --- control -------------------------------------------------------------------------------
            /// Trap: the program came where it said that it never would.
            Unreachable: Plain(none -> none),
            /// Go on at the target.
            Goto: Jump(none -> none),
            /// Go on at the target chosen by the source, the last one if it is out of range.
            BrTable: Table(i32 -> none),
            /// Leave the function; results, if any, are in place.
            Return: Return(none -> none),
            /// Leave the function with an integer or a reference.
            ReturnInt: ReturnValue(i64 -> none),
            /// Leave the function with an f32.
            ReturnF32: ReturnFloat(f32 -> none),
            /// Leave the function with an f64.
            ReturnF64: ReturnFloat(f64 -> none),
            /// Call a function that this module defines; the index counts those only.
            Call: Call(none -> none),
            /// Call an imported function.
            CallImport: Call(none -> none),
            /// Call the function that a table holds.
            CallIndirect: CallIndirect(i64 -> none),
            /// Call a function that this module defines instead of returning.
            ReturnCall: ReturnCall(none -> none),
            /// Call an imported function instead of returning.
            ReturnCallImport: ReturnCall(none -> none),
            /// Call the function that a table holds instead of returning.
            ReturnCallIndirect: ReturnCallIndirect(i64 -> none),

            // --- moves ---------------------------------------------------------------------------------
            /// dst = src.
            Copy: Copy(none -> none),
            /// Two moves.
            CopyTwo: Copy2(none -> none),
            /// A run of moves.
            CopySpan: CopyRun(none -> none),
            /// dst = 32-bit constant, zero-extended.
            ConstU32: Const32(none -> none),
            /// dst = 32-bit constant, sign-extended to 64.
            ConstS32: Const32(none -> none),
            /// dst = 64-bit constant.
            ConstI64: Const64(none -> none),
            /// accumulator = 64-bit constant.
            LoadConst: ConstReg(none -> i64),
            /// A local set to zero.
            ZeroOne: ZeroFixed(none -> none),
            /// Two neighbouring locals set to zero.
            ZeroTwo: ZeroFixed(none -> none),
            /// Four neighbouring locals set to zero.
            ZeroFour: ZeroFixed(none -> none),
            /// Locals set to zero.
            ZeroSlots: Zero(none -> none),
            /// dst = a if cond else b; immediates zero-extended.
            Select32: Select(i32 -> i64),
            /// dst = a if cond else b; immediates sign-extended.
            Select64: Select(i32 -> i64),
            /// dst = a if cond else b, vectors.
            SelectV128: SelectPair(i32 -> v128),
            /// dst = global.
            GlobalRead: GlobalGet(none -> i64),
            /// global = src; immediates zero-extended.
            GlobalWrite32: GlobalSet(i64 -> none),
            /// global = src; immediates sign-extended.
            GlobalWrite64: GlobalSet(i64 -> none),
            /// dst = global, a vector.
            GlobalReadV128: GlobalGetPair(none -> v128),
            /// global = src, a vector.
            GlobalWriteV128: GlobalSetPair(v128 -> none),

            // --- branches on two sources ---------------------------------------------------------------
            /// Jump when a == b.
            BrI32Eq: Branch(i32 -> none),
            /// Jump when a != b.
            BrI32Ne: Branch(i32 -> none),
            /// Jump when a < b, signed.
            BrI32LtS: Branch(i32 -> none),
            /// Jump when a < b, unsigned.
            BrI32LtU: Branch(i32 -> none),
            /// Jump when a > b, signed.
            BrI32GtS: Branch(i32 -> none),
            /// Jump when a > b, unsigned.
            BrI32GtU: Branch(i32 -> none),
            /// Jump when a <= b, signed.
            BrI32LeS: Branch(i32 -> none),
            /// Jump when a <= b, unsigned.
            BrI32LeU: Branch(i32 -> none),
            /// Jump when a >= b, signed.
            BrI32GeS: Branch(i32 -> none),
            /// Jump when a >= b, unsigned.
            BrI32GeU: Branch(i32 -> none),
            /// Jump when a & b == 0.
            BrI32AndEqz: Branch(i32 -> none),
            /// Jump when a & b != 0.
            BrI32AndNez: Branch(i32 -> none),
            /// Jump when a == b.
            BrI64Eq: Branch(i64 -> none),
            /// Jump when a != b.
            BrI64Ne: Branch(i64 -> none),
            /// Jump when a < b, signed.
            BrI64LtS: Branch(i64 -> none),
            /// Jump when a < b, unsigned.
            BrI64LtU: Branch(i64 -> none),
            /// Jump when a > b, signed.
            BrI64GtS: Branch(i64 -> none),
            /// Jump when a > b, unsigned.
            BrI64GtU: Branch(i64 -> none),
            /// Jump when a <= b, signed.
            BrI64LeS: Branch(i64 -> none),
            /// Jump when a <= b, unsigned.
            BrI64LeU: Branch(i64 -> none),
            /// Jump when a >= b, signed.
            BrI64GeS: Branch(i64 -> none),
            /// Jump when a >= b, unsigned.
            BrI64GeU: Branch(i64 -> none),
            /// Jump when a & b == 0.
            BrI64AndEqz: Branch(i64 -> none),
            /// Jump when a & b != 0.
            BrI64AndNez: Branch(i64 -> none),
            /// Jump when a == b.
            BrF32Eq: Branch(f32 -> none),
            /// Jump unless a == b.
            BrF32Ne: Branch(f32 -> none),
            /// Jump when a < b.
            BrF32Lt: Branch(f32 -> none),
            /// Jump when a > b.
            BrF32Gt: Branch(f32 -> none),
            /// Jump when a <= b.
            BrF32Le: Branch(f32 -> none),
            /// Jump when a >= b.
            BrF32Ge: Branch(f32 -> none),
            /// Jump unless a < b.
            BrF32NotLt: Branch(f32 -> none),
            /// Jump unless a > b.
            BrF32NotGt: Branch(f32 -> none),
            /// Jump unless a <= b.
            BrF32NotLe: Branch(f32 -> none),
            /// Jump unless a >= b.
            BrF32NotGe: Branch(f32 -> none),
            /// Jump when a == b.
            BrF64Eq: BranchWide(f64 -> none),
            /// Jump unless a == b.
            BrF64Ne: BranchWide(f64 -> none),
            /// Jump when a < b.
            BrF64Lt: BranchWide(f64 -> none),
            /// Jump when a > b.
            BrF64Gt: BranchWide(f64 -> none),
            /// Jump when a <= b.
            BrF64Le: BranchWide(f64 -> none),
            /// Jump when a >= b.
            BrF64Ge: BranchWide(f64 -> none),
            /// Jump unless a < b.
            BrF64NotLt: BranchWide(f64 -> none),
            /// Jump unless a > b.
            BrF64NotGt: BranchWide(f64 -> none),
            /// Jump unless a <= b.
            BrF64NotLe: BranchWide(f64 -> none),
            /// Jump unless a >= b.
            BrF64NotGe: BranchWide(f64 -> none),

            // --- integers, 32 bits ---------------------------------------------------------------------
            /// dst = a + b, wrapping.
            I32Add: Bin8(i32 -> i32),
            /// dst = a - b, wrapping.
            I32Sub: Bin12(i32 -> i32),
            /// dst = a * b, wrapping.
            I32Mul: Bin8(i32 -> i32),
            /// dst = a / b, signed.
            I32DivS: Bin8(i32 -> i32),
            /// dst = a / b, unsigned.
            I32DivU: Bin8(i32 -> i32),
            /// dst = a % b, signed.
            I32RemS: Bin8(i32 -> i32),
            /// dst = a % b, unsigned.
            I32RemU: Bin8(i32 -> i32),
            /// dst = a & b.
            I32And: Bin8(i32 -> i32),
            /// dst = a | b.
            I32Or: Bin8(i32 -> i32),
            /// dst = a ^ b.
            I32Xor: Bin8(i32 -> i32),
            /// dst = a << b.
            I32Shl: Bin12(i32 -> i32),
            /// dst = a >> b, signed.
            I32ShrS: Bin12(i32 -> i32),
            /// dst = a >> b, unsigned.
            I32ShrU: Bin12(i32 -> i32),
            /// dst = a rotated left by b.
            I32Rotl: Bin12(i32 -> i32),
            /// dst = a rotated right by b.
            I32Rotr: Bin12(i32 -> i32),
            /// dst = a == b.
            I32Eq: Bin8(i32 -> i32),
            /// dst = a != b.
            I32Ne: Bin8(i32 -> i32),
            /// dst = a < b, signed.
            I32LtS: Bin8(i32 -> i32),
            /// dst = a < b, unsigned.
            I32LtU: Bin8(i32 -> i32),
            /// dst = a > b, signed.
            I32GtS: Bin8(i32 -> i32),
            /// dst = a > b, unsigned.
            I32GtU: Bin8(i32 -> i32),
            /// dst = a <= b, signed.
            I32LeS: Bin8(i32 -> i32),
            /// dst = a <= b, unsigned.
            I32LeU: Bin8(i32 -> i32),
            /// dst = a >= b, signed.
            I32GeS: Bin8(i32 -> i32),
            /// dst = a >= b, unsigned.
            I32GeU: Bin8(i32 -> i32),
            /// dst = leading zeros.
            I32Clz: Unary(i32 -> i32),
            /// dst = trailing zeros.
            I32Ctz: Unary(i32 -> i32),
            /// dst = bits set.
            I32Popcnt: Unary(i32 -> i32),
            /// dst = low 8 bits, sign-extended.
            I32Extend8S: Unary(i32 -> i32),
            /// dst = low 16 bits, sign-extended.
            I32Extend16S: Unary(i32 -> i32),
            /// dst = low 32 bits.
            I32WrapI64: Unary(i64 -> i32),
            /// dst = a truncated, signed; traps.
            I32TruncF32S: Unary(f32 -> i32),
            /// dst = a truncated, unsigned; traps.
            I32TruncF32U: Unary(f32 -> i32),
            /// dst = a truncated, signed; traps.
            I32TruncF64S: Unary(f64 -> i32),
            /// dst = a truncated, unsigned; traps.
            I32TruncF64U: Unary(f64 -> i32),
            /// dst = a truncated, signed, saturating.
            I32TruncSatF32S: Unary(f32 -> i32),
            /// dst = a truncated, unsigned, saturating.
            I32TruncSatF32U: Unary(f32 -> i32),
            /// dst = a truncated, signed, saturating.
            I32TruncSatF64S: Unary(f64 -> i32),
            /// dst = a truncated, unsigned, saturating.
            I32TruncSatF64U: Unary(f64 -> i32),

            // --- integers, 64 bits ---------------------------------------------------------------------
            /// dst = a + b, wrapping.
            I64Add: Bin8(i64 -> i64),
            /// dst = a - b, wrapping.
            I64Sub: Bin12(i64 -> i64),
            /// dst = a * b, wrapping.
            I64Mul: Bin8(i64 -> i64),
            /// dst = a / b, signed.
            I64DivS: Bin8(i64 -> i64),
            /// dst = a / b, unsigned.
            I64DivU: Bin8(i64 -> i64),
            /// dst = a % b, signed.
            I64RemS: Bin8(i64 -> i64),
            /// dst = a % b, unsigned.
            I64RemU: Bin8(i64 -> i64),
            /// dst = a & b.
            I64And: Bin8(i64 -> i64),
            /// dst = a | b.
            I64Or: Bin8(i64 -> i64),
            /// dst = a ^ b.
            I64Xor: Bin8(i64 -> i64),
            /// dst = a << b.
            I64Shl: Bin12(i64 -> i64),
            /// dst = a >> b, signed.
            I64ShrS: Bin12(i64 -> i64),
            /// dst = a >> b, unsigned.
            I64ShrU: Bin12(i64 -> i64),
            /// dst = a rotated left by b.
            I64Rotl: Bin12(i64 -> i64),
            /// dst = a rotated right by b.
            I64Rotr: Bin12(i64 -> i64),
            /// dst = a == b.
            I64Eq: Bin8(i64 -> i32),
            /// dst = a != b.
            I64Ne: Bin8(i64 -> i32),
            /// dst = a < b, signed.
            I64LtS: Bin8(i64 -> i32),
            /// dst = a < b, unsigned.
            I64LtU: Bin8(i64 -> i32),
            /// dst = a > b, signed.
            I64GtS: Bin8(i64 -> i32),
            /// dst = a > b, unsigned.
            I64GtU: Bin8(i64 -> i32),
            /// dst = a <= b, signed.
            I64LeS: Bin8(i64 -> i32),
            /// dst = a <= b, unsigned.
            I64LeU: Bin8(i64 -> i32),
            /// dst = a >= b, signed.
            I64GeS: Bin8(i64 -> i32),
            /// dst = a >= b, unsigned.
            I64GeU: Bin8(i64 -> i32),
            /// dst = leading zeros.
            I64Clz: Unary(i64 -> i64),
            /// dst = trailing zeros.
            I64Ctz: Unary(i64 -> i64),
            /// dst = bits set.
            I64Popcnt: Unary(i64 -> i64),
            /// dst = low 8 bits, sign-extended.
            I64Extend8S: Unary(i64 -> i64),
            /// dst = low 16 bits, sign-extended.
            I64Extend16S: Unary(i64 -> i64),
            /// dst = low 32 bits, sign-extended; `i64.extend_i32_s` and `i64.extend32_s`.
            I64Extend32S: Unary(i64 -> i64),
            /// dst = a truncated, signed; traps.
            I64TruncF32S: Unary(f32 -> i64),
            /// dst = a truncated, unsigned; traps.
            I64TruncF32U: Unary(f32 -> i64),
            /// dst = a truncated, signed; traps.
            I64TruncF64S: Unary(f64 -> i64),
            /// dst = a truncated, unsigned; traps.
            I64TruncF64U: Unary(f64 -> i64),
            /// dst = a truncated, signed, saturating.
            I64TruncSatF32S: Unary(f32 -> i64),
            /// dst = a truncated, unsigned, saturating.
            I64TruncSatF32U: Unary(f32 -> i64),
            /// dst = a truncated, signed, saturating.
            I64TruncSatF64S: Unary(f64 -> i64),
            /// dst = a truncated, unsigned, saturating.
            I64TruncSatF64U: Unary(f64 -> i64),
            /// dst pair = a pair + b pair, 128 bits.
            I64Add128: Wide4(i64 -> i64),
            /// dst pair = a pair - b pair, 128 bits.
            I64Sub128: Wide4(i64 -> i64),
            /// dst pair = a * b, signed, 128 bits.
            I64MulWideS: Wide2(i64 -> i64),
            /// dst pair = a * b, unsigned, 128 bits.
            I64MulWideU: Wide2(i64 -> i64),

            // --- floats --------------------------------------------------------------------------------
            /// dst = a + b.
            F32Add: Bin8(f32 -> f32),
            /// dst = a - b.
            F32Sub: Bin12(f32 -> f32),
            /// dst = a * b.
            F32Mul: Bin8(f32 -> f32),
            /// dst = a / b.
            F32Div: Bin12(f32 -> f32),
            /// dst = smaller, NaN if either is.
            F32Min: Bin8(f32 -> f32),
            /// dst = larger, NaN if either is.
            F32Max: Bin8(f32 -> f32),
            /// dst = a with the sign of b.
            F32Copysign: Bin8(f32 -> f32),
            /// dst = a == b.
            F32Eq: Bin8(f32 -> i32),
            /// dst = a != b.
            F32Ne: Bin8(f32 -> i32),
            /// dst = a < b.
            F32Lt: Bin8(f32 -> i32),
            /// dst = a > b.
            F32Gt: Bin8(f32 -> i32),
            /// dst = a <= b.
            F32Le: Bin8(f32 -> i32),
            /// dst = a >= b.
            F32Ge: Bin8(f32 -> i32),
            /// dst = |a|.
            F32Abs: Unary(f32 -> f32),
            /// dst = -a.
            F32Neg: Unary(f32 -> f32),
            /// dst = a rounded up.
            F32Ceil: Unary(f32 -> f32),
            /// dst = a rounded down.
            F32Floor: Unary(f32 -> f32),
            /// dst = a rounded to zero.
            F32Trunc: Unary(f32 -> f32),
            /// dst = a rounded to the nearest, ties to even.
            F32Nearest: Unary(f32 -> f32),
            /// dst = square root.
            F32Sqrt: Unary(f32 -> f32),
            /// dst = a as f32, signed.
            F32ConvertI32S: Unary(i32 -> f32),
            /// dst = a as f32, unsigned.
            F32ConvertI32U: Unary(i32 -> f32),
            /// dst = a as f32, signed.
            F32ConvertI64S: Unary(i64 -> f32),
            /// dst = a as f32, unsigned.
            F32ConvertI64U: Unary(i64 -> f32),
            /// dst = a as f32.
            F32DemoteF64: Unary(f64 -> f32),
            /// dst = a + b.
            F64Add: Bin8Wide(f64 -> f64),
            /// dst = a - b.
            F64Sub: Bin12Wide(f64 -> f64),
            /// dst = a * b.
            F64Mul: Bin8Wide(f64 -> f64),
            /// dst = a / b.
            F64Div: Bin12Wide(f64 -> f64),
            /// dst = smaller, NaN if either is.
            F64Min: Bin8Wide(f64 -> f64),
            /// dst = larger, NaN if either is.
            F64Max: Bin8Wide(f64 -> f64),
            /// dst = a with the sign of b.
            F64Copysign: Bin8Wide(f64 -> f64),
            /// dst = a == b.
            F64Eq: Bin8Wide(f64 -> i32),
            /// dst = a != b.
            F64Ne: Bin8Wide(f64 -> i32),
            /// dst = a < b.
            F64Lt: Bin8Wide(f64 -> i32),
            /// dst = a > b.
            F64Gt: Bin8Wide(f64 -> i32),
            /// dst = a <= b.
            F64Le: Bin8Wide(f64 -> i32),
            /// dst = a >= b.
            F64Ge: Bin8Wide(f64 -> i32),
            /// dst = |a|.
            F64Abs: Unary(f64 -> f64),
            /// dst = -a.
            F64Neg: Unary(f64 -> f64),
            /// dst = a rounded up.
            F64Ceil: Unary(f64 -> f64),
            /// dst = a rounded down.
            F64Floor: Unary(f64 -> f64),
            /// dst = a rounded to zero.
            F64Trunc: Unary(f64 -> f64),
            /// dst = a rounded to the nearest, ties to even.
            F64Nearest: Unary(f64 -> f64),
            /// dst = square root.
            F64Sqrt: Unary(f64 -> f64),
            /// dst = a as f64, signed.
            F64ConvertI32S: Unary(i32 -> f64),
            /// dst = a as f64, unsigned.
            F64ConvertI32U: Unary(i32 -> f64),
            /// dst = a as f64, signed.
            F64ConvertI64S: Unary(i64 -> f64),
            /// dst = a as f64, unsigned.
            F64ConvertI64U: Unary(i64 -> f64),
            /// dst = a as f64.
            F64PromoteF32: Unary(f32 -> f64),

            // --- memory 0 ------------------------------------------------------------------------------
            /// dst = 32 bits.
            Load32: Load(i32 -> i32),
            /// dst = 8 bits, sign-extended to 32.
            Load8S32: Load(i32 -> i32),
            /// dst = 8 bits, zero-extended.
            Load8U: Load(i32 -> i32),
            /// dst = 16 bits, sign-extended to 32.
            Load16S32: Load(i32 -> i32),
            /// dst = 16 bits, zero-extended.
            Load16U: Load(i32 -> i32),
            /// dst = 64 bits.
            Load64: Load(i32 -> i64),
            /// dst = 8 bits, sign-extended to 64.
            Load8S64: Load(i32 -> i64),
            /// dst = 16 bits, sign-extended to 64.
            Load16S64: Load(i32 -> i64),
            /// dst = 32 bits, sign-extended to 64.
            Load32S64: Load(i32 -> i64),
            /// dst = f32.
            LoadF32: Load(i32 -> f32),
            /// dst = f64.
            LoadF64: Load(i32 -> f64),
            /// Store the low 8 bits.
            Store8: Store(i32 -> none),
            /// Store the low 16 bits.
            Store16: Store(i32 -> none),
            /// Store the low 32 bits.
            Store32: Store(i32 -> none),
            /// Store 64 bits.
            Store64: Store(i64 -> none),
            /// Store an f32.
            StoreF32: StoreFloat(f32 -> none),
            /// Store an f64.
            StoreF64: StoreFloat(f64 -> none),

            // --- any memory ----------------------------------------------------------------------------
            /// dst = 32 bits.
            Load32Any: LoadAny(i64 -> i32),
            /// dst = 8 bits, sign-extended to 32.
            Load8S32Any: LoadAny(i64 -> i32),
            /// dst = 8 bits, zero-extended.
            Load8UAny: LoadAny(i64 -> i32),
            /// dst = 16 bits, sign-extended to 32.
            Load16S32Any: LoadAny(i64 -> i32),
            /// dst = 16 bits, zero-extended.
            Load16UAny: LoadAny(i64 -> i32),
            /// dst = 64 bits.
            Load64Any: LoadAny(i64 -> i64),
            /// dst = 8 bits, sign-extended to 64.
            Load8S64Any: LoadAny(i64 -> i64),
            /// dst = 16 bits, sign-extended to 64.
            Load16S64Any: LoadAny(i64 -> i64),
            /// dst = 32 bits, sign-extended to 64.
            Load32S64Any: LoadAny(i64 -> i64),
            /// Store the low 8 bits.
            Store8Any: StoreAny(i64 -> none),
            /// Store the low 16 bits.
            Store16Any: StoreAny(i64 -> none),
            /// Store the low 32 bits.
            Store32Any: StoreAny(i64 -> none),
            /// Store 64 bits.
            Store64Any: StoreAny(i64 -> none),
            /// dst = pages of a memory.
            MemSize: MemorySize(none -> i64),
            /// dst = pages before growing by src, or -1.
            MemGrow: MemoryGrow(i64 -> i64),
            /// Copy between memories.
            MemCopy: MemoryCopy(i64 -> none),
            /// Fill with a byte.
            MemFill: MemoryFill(i64 -> none),
            /// Copy from a data segment.
            MemInit: MemoryInit(i64 -> none),
            /// Drop a data segment.
            DropData: DataDrop(none -> none),

            // --- tables and references -----------------------------------------------------------------
            /// dst = element.
            TabGet: TableGet(i64 -> i64),
            /// element = value.
            TabSet: TableSet(i64 -> none),
            /// dst = elements of a table.
            TabSize: TableSize(none -> i64),
            /// dst = elements before growing, or -1.
            TabGrow: TableGrow(i64 -> i64),
            /// Fill with a value.
            TabFill: TableFill(i64 -> none),
            /// Copy between tables.
            TabCopy: TableCopy(i64 -> none),
            /// Copy from an element segment.
            TabInit: TableInit(i64 -> none),
            /// Drop an element segment.
            DropElem: ElemDrop(none -> none),
            /// dst = reference to a function.
            FuncReference: RefFunc(none -> i64),

            // --- tiles ---------------------------------------------------------------------------------
            /// dst = a + constant.
            I64AddConst: BinConst(i64 -> i64),
            /// dst = a * constant.
            I64MulConst: BinConst(i64 -> i64),
            /// dst = a & constant.
            I64AndConst: BinConst(i64 -> i64),
            /// dst = a | constant.
            I64OrConst: BinConst(i64 -> i64),
            /// dst = a ^ constant.
            I64XorConst: BinConst(i64 -> i64),
            /// dst = a + constant; dst2 = a2 + constant2.
            I32AddTwo: AddTwo(none -> i32),
            /// a += constant; jump when a != b.
            StepI32Ne: Step(i32 -> i32),
            /// a += constant; jump when a < b, signed.
            StepI32LtS: Step(i32 -> i32),
            /// a += constant; jump when a < b, unsigned.
            StepI32LtU: Step(i32 -> i32),
            /// a += constant; jump when a > b, signed.
            StepI32GtS: Step(i32 -> i32),
            /// a += constant; jump when a > b, unsigned.
            StepI32GtU: Step(i32 -> i32),
            /// dst = (a + b) + c.
            F32AddAdd: Tile3(f32 -> f32),
            /// dst = (a + b) - c.
            F32AddSub: Tile3(f32 -> f32),
            /// dst = c - (a + b).
            F32AddSubFrom: Tile3(f32 -> f32),
            /// dst = (a + b) * c.
            F32AddMul: Tile3(f32 -> f32),
            /// dst = (a - b) + c.
            F32SubAdd: Tile3(f32 -> f32),
            /// dst = (a - b) - c.
            F32SubSub: Tile3(f32 -> f32),
            /// dst = c - (a - b).
            F32SubSubFrom: Tile3(f32 -> f32),
            /// dst = (a - b) * c.
            F32SubMul: Tile3(f32 -> f32),
            /// dst = (a * b) + c.
            F32MulAdd: Tile3(f32 -> f32),
            /// dst = (a * b) - c.
            F32MulSub: Tile3(f32 -> f32),
            /// dst = c - (a * b).
            F32MulSubFrom: Tile3(f32 -> f32),
            /// dst = (a * b) * c.
            F32MulMul: Tile3(f32 -> f32),
            /// dst = (a + b) + c.
            F64AddAdd: Tile3(f64 -> f64),
            /// dst = (a + b) - c.
            F64AddSub: Tile3(f64 -> f64),
            /// dst = c - (a + b).
            F64AddSubFrom: Tile3(f64 -> f64),
            /// dst = (a + b) * c.
            F64AddMul: Tile3(f64 -> f64),
            /// dst = (a - b) + c.
            F64SubAdd: Tile3(f64 -> f64),
            /// dst = (a - b) - c.
            F64SubSub: Tile3(f64 -> f64),
            /// dst = c - (a - b).
            F64SubSubFrom: Tile3(f64 -> f64),
            /// dst = (a - b) * c.
            F64SubMul: Tile3(f64 -> f64),
            /// dst = (a * b) + c.
            F64MulAdd: Tile3(f64 -> f64),
            /// dst = (a * b) - c.
            F64MulSub: Tile3(f64 -> f64),
            /// dst = c - (a * b).
            F64MulSubFrom: Tile3(f64 -> f64),
            /// dst = (a * b) * c.
            F64MulMul: Tile3(f64 -> f64),
            /// dst = (a << b) + c.
            I32ShlAdd: Tile3Imm(i32 -> i32),
            /// dst = (a & b) << c.
            I32AndShl: Tile3Imm(i32 -> i32),
            /// dst = (a >> b) & c.
            I32ShrUAnd: Tile3Imm(i32 -> i32),
            /// dst = (a & b) + c.
            I32AndAdd: Tile3Imm(i32 -> i32),
            /// dst = (a + b) & c.
            I32AddAnd: Tile3Imm(i32 -> i32),
            /// dst = (a + b) + c.
            I32AddAdd: Tile3Imm(i32 -> i32),
            /// dst = (a * b) + c.
            I32MulAdd: Tile3Imm(i32 -> i32),
            /// dst = (a ^ b) & c.
            I32XorAnd: Tile3Imm(i32 -> i32),
            /// dst = (a ^ b) ^ c.
            I32XorXor: Tile3Imm(i32 -> i32),
            /// dst = (a ^ b) + c.
            I32XorAdd: Tile3Imm(i32 -> i32),
            /// dst = (a rotl b) ^ c.
            I32RotlXor: Tile3Imm(i32 -> i32),
            /// dst = (a >> b) ^ c.
            I32ShrUXor: Tile3Imm(i32 -> i32),
            /// dst = (a << b) | c.
            I32ShlOr: Tile3Imm(i32 -> i32),
            /// dst = (a | b) | c.
            I32OrOr: Tile3Imm(i32 -> i32),
            /// dst = (a << b) ^ c.
            I64ShlXor: Tile3Imm(i64 -> i64),
            /// dst = (a >> b) ^ c.
            I64ShrUXor: Tile3Imm(i64 -> i64),
            /// dst = (a rotl b) ^ c.
            I64RotlXor: Tile3Imm(i64 -> i64),
            /// dst = (a ^ b) ^ c.
            I64XorXor: Tile3Imm(i64 -> i64),
            /// dst = (a * b) + c.
            I64MulAdd: Tile3Imm(i64 -> i64),
            /// dst = (a ^ b) & c.
            I64XorAnd: Tile3Imm(i64 -> i64),
            /// dst = (a >> b) & c.
            I64ShrUAnd: Tile3Imm(i64 -> i64),
            /// dst = (a << b) | c.
            I64ShlOr: Tile3Imm(i64 -> i64),
            /// dst = (a | b) | c.
            I64OrOr: Tile3Imm(i64 -> i64),
            /// dst = (a + b) + c.
            I64AddAdd: Tile3Imm(i64 -> i64),
            /// dst = (a & b) ^ c.
            I64AndXor: Tile3Imm(i64 -> i64),
        }
    };
}

macro_rules! val_type {
    (none) => {
        None
    };
    (i32) => {
        Some(ValType::I32)
    };
    (i64) => {
        Some(ValType::I64)
    };
    (f32) => {
        Some(ValType::F32)
    };
    (f64) => {
        Some(ValType::F64)
    };
    (v128) => {
        Some(ValType::V128)
    };
}

macro_rules! define_ops {
    ($( $(#[$doc:meta])* $name:ident : $shape:ident ( $source:ident -> $result:ident ) ,)*) => {
        /// A family of instructions: one row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Op { $( $(#[$doc])* $name ),* }

        impl Op {
            /// All families in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            const ROWS: &'static [Row] = &[$(Row {
                name: stringify!($name),
                variants: <shape::$shape as Shape>::VARIANTS,
                source: val_type!($source),
                result: val_type!($result),
            }),*];
        }
    };
}

struct Row {
    name: &'static str,
    variants: &'static [Variant],
    source: Option<ValType>,
    result: Option<ValType>,
}

for_each_op!(define_ops);

impl Op {
    /// The name of the row.
    pub const fn name(self) -> &'static str {
        Self::ROWS[self as usize].name
    }

    /// The variants, core ones first.
    pub const fn variants(self) -> &'static [Variant] {
        Self::ROWS[self as usize].variants
    }

    /// The type of the sources, which decides their accumulator.
    pub const fn source(self) -> Option<ValType> {
        Self::ROWS[self as usize].source
    }

    /// The type of the result, which decides the accumulator it is left in.
    pub const fn result(self) -> Option<ValType> {
        Self::ROWS[self as usize].result
    }
}

/// Number of variants of the whole table.
pub const OPCODES: usize = count(false);
/// Number of variants in the core op set; their opcodes are the lowest.
pub const CORE_OPCODES: usize = count(true);

const fn count(core_only: bool) -> usize {
    let mut total = 0;
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            if variants[v].core || !core_only {
                total += 1;
            }
            v += 1;
        }
        op += 1;
    }
    total
}

/// A variant of a family, as it stands in code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Opcode(pub u16);

/// For each family the opcode of its first core variant, and of its first other one.
static BASES: [(u16, u16); Op::ALL.len()] = bases();
/// For each opcode its family and variant.
static FAMILIES: [(Op, u8); OPCODES] = FAMILIES_CONST;
const FAMILIES_CONST: [(Op, u8); OPCODES] = families();

const fn bases() -> [(u16, u16); Op::ALL.len()] {
    let mut bases = [(0, 0); Op::ALL.len()];
    let (mut core, mut extended) = (0, CORE_OPCODES as u16);
    let mut op = 0;
    while op < bases.len() {
        bases[op] = (core, extended);
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            if variants[v].core {
                core += 1;
            } else {
                extended += 1;
            }
            v += 1;
        }
        op += 1;
    }
    bases
}

const fn families() -> [(Op, u8); OPCODES] {
    let mut families = [(Op::Unreachable, 0); OPCODES];
    let mut op = 0;
    while op < Op::ALL.len() {
        let mut v = 0;
        while v < Op::ROWS[op].variants.len() {
            families[Opcode::new(Op::ALL[op], v as u8).0 as usize] = (Op::ALL[op], v as u8);
            v += 1;
        }
        op += 1;
    }
    families
}

const fn core_variants(op: Op) -> u16 {
    let variants = op.variants();
    let mut n = 0;
    while n < variants.len() && variants[n].core {
        n += 1;
    }
    n as u16
}

/// For each opcode the units of an instruction, its opcode and the listed operands.
static UNITS: [u8; OPCODES] = units();

const fn units() -> [u8; OPCODES] {
    let mut units = [0; OPCODES];
    let mut op = 0;
    while op < Op::ALL.len() {
        let variants = Op::ROWS[op].variants;
        let mut v = 0;
        while v < variants.len() {
            units[Opcode::new(Op::ALL[op], v as u8).0 as usize] = 1 + variants[v].units() as u8;
            v += 1;
        }
        op += 1;
    }
    units
}

impl Opcode {
    /// The units of an instruction with this opcode, less the targets of a `br_table`; `None` if the number is no opcode.
    #[inline]
    pub fn units(self) -> Option<usize> {
        UNITS.get(usize::from(self.0)).map(|&units| usize::from(units))
    }

    /// The opcode of a variant. Panics if the family has no such variant.
    pub const fn new(op: Op, variant: u8) -> Opcode {
        assert!((variant as usize) < op.variants().len());
        let cores = core_variants(op);
        let (core, extended) = BASES_CONST[op as usize];
        Opcode(if (variant as u16) < cores { core + variant as u16 } else { extended + variant as u16 - cores })
    }

    /// The family and the variant's number in it, for tables made at compile time. Panics if the number is no opcode.
    pub const fn description(opcode: u16) -> (Op, u8) {
        FAMILIES_CONST[opcode as usize]
    }

    /// The family and the variant's number in it, unless the number is no opcode.
    pub fn family(self) -> Option<(Op, u8)> {
        FAMILIES.get(usize::from(self.0)).copied()
    }
}

const BASES_CONST: [(u16, u16); Op::ALL.len()] = bases();

/// The opcode of a variant, looked up at run time; what it is for a variant that there is not does not matter.
#[inline]
pub fn opcode(op: Op, variant: u8) -> Opcode {
    let (core, extended) = BASES[op as usize];
    let (variant, cores) = (u16::from(variant), CORES[op as usize]);
    Opcode(if variant < cores { core + variant } else { extended + variant - cores })
}

/// For each family how many variants are core ones.
static CORES: [u16; Op::ALL.len()] = {
    let mut cores = [0; Op::ALL.len()];
    let mut op = 0;
    while op < cores.len() {
        cores[op] = core_variants(Op::ALL[op]);
        op += 1;
    }
    cores
};
