//! Integer arithmetic (spec: exec/numerics#integer-operations).

/// The rows.
pub mod rows {
    use wasmote_ir::TrapCode;

    use crate::dispatch::{Execute, Flow, Regs};
    use crate::handlers::handler_macros::single;
    use crate::handlers::numeric::{TrapOf, binary, unary};
    use crate::mode::Mode;

    /// Checks a divisor. Division and remainder leave with the trap by `?`.
    fn nonzero<T: PartialEq + Default>(b: T) -> Result<T, TrapCode> {
        if b == T::default() { Err(TrapCode::IntegerDivisionByZero) } else { Ok(b) }
    }

    binary! {
        I32Add(a, b: u32) -> u32 { a.wrapping_add(b) }
        I32Sub(a, b: u32) -> u32 { a.wrapping_sub(b) }
        I32Mul(a, b: u32) -> u32 { a.wrapping_mul(b) }
        I32DivS(a, b: i32) -> i32 { a.checked_div(nonzero(b)?).ok_or(TrapCode::IntegerOverflow)? }
        I32DivU(a, b: u32) -> u32 { a / nonzero(b)? }
        I32RemS(a, b: i32) -> i32 { a.checked_rem(nonzero(b)?).unwrap_or(0) }
        I32RemU(a, b: u32) -> u32 { a % nonzero(b)? }
        I32And(a, b: u32) -> u32 { a & b }
        I32Or(a, b: u32) -> u32 { a | b }
        I32Xor(a, b: u32) -> u32 { a ^ b }
        I32Shl(a, b: u32) -> u32 { a.wrapping_shl(b) }
        I32ShrS(a, b: i32) -> i32 { a.wrapping_shr(b as u32) }
        I32ShrU(a, b: u32) -> u32 { a.wrapping_shr(b) }
        I32Rotl(a, b: u32) -> u32 { a.rotate_left(b & 31) }
        I32Rotr(a, b: u32) -> u32 { a.rotate_right(b & 31) }
        I32Eq(a, b: u32) -> u32 { u32::from(a == b) }
        I32Ne(a, b: u32) -> u32 { u32::from(a != b) }
        I32LtS(a, b: i32) -> u32 { u32::from(a < b) }
        I32LtU(a, b: u32) -> u32 { u32::from(a < b) }
        I32GtS(a, b: i32) -> u32 { u32::from(a > b) }
        I32GtU(a, b: u32) -> u32 { u32::from(a > b) }
        I32LeS(a, b: i32) -> u32 { u32::from(a <= b) }
        I32LeU(a, b: u32) -> u32 { u32::from(a <= b) }
        I32GeS(a, b: i32) -> u32 { u32::from(a >= b) }
        I32GeU(a, b: u32) -> u32 { u32::from(a >= b) }
        I64Add(a, b: u64) -> u64 { a.wrapping_add(b) }
        I64Sub(a, b: u64) -> u64 { a.wrapping_sub(b) }
        I64Mul(a, b: u64) -> u64 { a.wrapping_mul(b) }
        I64DivS(a, b: i64) -> i64 { a.checked_div(nonzero(b)?).ok_or(TrapCode::IntegerOverflow)? }
        I64DivU(a, b: u64) -> u64 { a / nonzero(b)? }
        I64RemS(a, b: i64) -> i64 { a.checked_rem(nonzero(b)?).unwrap_or(0) }
        I64RemU(a, b: u64) -> u64 { a % nonzero(b)? }
        I64And(a, b: u64) -> u64 { a & b }
        I64Or(a, b: u64) -> u64 { a | b }
        I64Xor(a, b: u64) -> u64 { a ^ b }
        I64Shl(a, b: u64) -> u64 { a.wrapping_shl(b as u32) }
        I64ShrS(a, b: i64) -> i64 { a.wrapping_shr(b as u32) }
        I64ShrU(a, b: u64) -> u64 { a.wrapping_shr(b as u32) }
        I64Rotl(a, b: u64) -> u64 { a.rotate_left(b as u32 & 63) }
        I64Rotr(a, b: u64) -> u64 { a.rotate_right(b as u32 & 63) }
        I64Eq(a, b: u64) -> u32 { u32::from(a == b) }
        I64Ne(a, b: u64) -> u32 { u32::from(a != b) }
        I64LtS(a, b: i64) -> u32 { u32::from(a < b) }
        I64LtU(a, b: u64) -> u32 { u32::from(a < b) }
        I64GtS(a, b: i64) -> u32 { u32::from(a > b) }
        I64GtU(a, b: u64) -> u32 { u32::from(a > b) }
        I64LeS(a, b: i64) -> u32 { u32::from(a <= b) }
        I64LeU(a, b: u64) -> u32 { u32::from(a <= b) }
        I64GeS(a, b: i64) -> u32 { u32::from(a >= b) }
        I64GeU(a, b: u64) -> u32 { u32::from(a >= b) }
    }

    unary! {
        I32Clz(a: u32) -> u32 { a.leading_zeros() }
        I32Ctz(a: u32) -> u32 { a.trailing_zeros() }
        I32Popcnt(a: u32) -> u32 { a.count_ones() }
        I32Extend8S(a: u32) -> i32 { i32::from(a as i8) }
        I32Extend16S(a: u32) -> i32 { i32::from(a as i16) }
        I32WrapI64(a: u64) -> u32 { a as u32 }
        I64Clz(a: u64) -> u64 { u64::from(a.leading_zeros()) }
        I64Ctz(a: u64) -> u64 { u64::from(a.trailing_zeros()) }
        I64Popcnt(a: u64) -> u64 { u64::from(a.count_ones()) }
        I64Extend8S(a: u64) -> i64 { i64::from(a as i8) }
        I64Extend16S(a: u64) -> i64 { i64::from(a as i16) }
        I64Extend32S(a: u64) -> i64 { i64::from(a as i32) }
    }

    /// Implements wide arithmetic. A value of 128 bits takes two slots, the lower half first.
    macro_rules! wide {
        ($( $name:ident: $shape:ident ($r:ident) $body:block )*) => {
            $(
                #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
                pub struct $name;
                impl<M: Mode> Execute<M> for $name {
    const GOES_ON: bool = true;

                    #[inline(always)]
                    unsafe fn run($r: &mut Regs<M>) -> Flow<M> {
                        // SAFETY: the caller guarantees an instruction of this row. Its last operand names two slots
                        // of the frame, and the others name sources in the frame.
                        unsafe {
                            let value: u128 = $body;
                            let dst = $r.slot(const { wasmote_ir::Op::$name.operand_units() - 1 });
                            // The accumulator gets the lower half at once. Keeping an old value would need one more
                            // register.
                            $r.set_accumulator(value as u64);
                            dst.write(value as u64);
                            dst.add(1).write((value >> 64) as u64);
                            $r.advance(const { wasmote_ir::Op::$name.operand_units() });
                        }
                        Flow::Next
                    }
                }
            )*
            single!(hot: $( $name: $shape ),*);
        };
    }

    /// Reads a value of 128 bits from the slots that the operands at `at` and `at + 1` name.
    ///
    /// # Safety
    /// As [`Execute::run`], and the instruction has these operands.
    #[inline(always)]
    unsafe fn pair<M: Mode>(r: &Regs<M>, at: usize) -> u128 {
        // SAFETY: the caller guarantees two slot operands.
        unsafe { u128::from(r.slot(at).read()) | u128::from(r.slot(at + 1).read()) << 64 }
    }

    wide! {
        I64Add128: Wide4 (r) { pair(r, 0).wrapping_add(pair(r, 2)) }
        I64Sub128: Wide4 (r) { pair(r, 0).wrapping_sub(pair(r, 2)) }
        I64MulWideS: Wide2 (r) { (i128::from(r.slot(0).read() as i64) * i128::from(r.slot(1).read() as i64)) as u128 }
        I64MulWideU: Wide2 (r) { u128::from(r.slot(0).read()) * u128::from(r.slot(1).read()) }
    }
}
