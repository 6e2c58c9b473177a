//! Which operator is translated how: by its opcode, in a table where many are alike, else an arm each
//! (spec: appendix/index-instructions).

use wasmote_decode::operators::BULK;
#[cfg(feature = "gc")]
use wasmote_decode::operators::OBJECT;
#[cfg(feature = "simd")]
use wasmote_decode::operators::VECTOR;
use wasmote_ir::{Op, ValType};

use crate::TranslateErrorKind;
use crate::body::{Body, INVALID, Step};
use crate::labels::value_type;
use crate::stack::Place;

use Op::*;
use ValType::{F32, F64, I32, I64};

/// Loads from 0x28 on: for memory 0, for all memories, and the type.
static LOADS: [(Op, Op, ValType); 14] = [
    (Load32, Load32Any, I32),
    (Load64, Load64Any, I64),
    (LoadF32, Load32Any, F32),
    (LoadF64, Load64Any, F64),
    (Load8S32, Load8S32Any, I32),
    (Load8U, Load8UAny, I32),
    (Load16S32, Load16S32Any, I32),
    (Load16U, Load16UAny, I32),
    (Load8S64, Load8S64Any, I64),
    (Load8U, Load8UAny, I64),
    (Load16S64, Load16S64Any, I64),
    (Load16U, Load16UAny, I64),
    (Load32S64, Load32S64Any, I64),
    (Load32, Load32Any, I64),
];

/// Stores from 0x36 on: to memory 0, to all memories, and of the float accumulator.
static STORES: [(Op, Op, Option<Op>); 9] = [
    (Store32, Store32Any, None),
    (Store64, Store64Any, None),
    (Store32, Store32Any, Some(StoreF32)),
    (Store64, Store64Any, Some(StoreF64)),
    (Store8, Store8Any, None),
    (Store16, Store16Any, None),
    (Store8, Store8Any, None),
    (Store16, Store16Any, None),
    (Store32, Store32Any, None),
];

/// In [`NUMERIC`], for what has an arm of its own.
const APART: Op = Unreachable;

/// Families from 0x45 on.
#[rustfmt::skip]
static NUMERIC: [Op; 0x80] = [
    APART, I32Eq, I32Ne, I32LtS, I32LtU, I32GtS, I32GtU, I32LeS, I32LeU, I32GeS, I32GeU,
    APART, I64Eq, I64Ne, I64LtS, I64LtU, I64GtS, I64GtU, I64LeS, I64LeU, I64GeS, I64GeU,
    F32Eq, F32Ne, F32Lt, F32Gt, F32Le, F32Ge,
    F64Eq, F64Ne, F64Lt, F64Gt, F64Le, F64Ge,
    I32Clz, I32Ctz, I32Popcnt, I32Add, APART, I32Mul, I32DivS, I32DivU, I32RemS, I32RemU,
    I32And, I32Or, I32Xor, I32Shl, I32ShrS, I32ShrU, I32Rotl, I32Rotr,
    I64Clz, I64Ctz, I64Popcnt, I64Add, APART, I64Mul, I64DivS, I64DivU, I64RemS, I64RemU,
    I64And, I64Or, I64Xor, I64Shl, I64ShrS, I64ShrU, I64Rotl, I64Rotr,
    F32Abs, F32Neg, F32Ceil, F32Floor, F32Trunc, F32Nearest, F32Sqrt,
    F32Add, F32Sub, F32Mul, F32Div, F32Min, F32Max, F32Copysign,
    F64Abs, F64Neg, F64Ceil, F64Floor, F64Trunc, F64Nearest, F64Sqrt,
    F64Add, F64Sub, F64Mul, F64Div, F64Min, F64Max, F64Copysign,
    I32WrapI64, I32TruncF32S, I32TruncF32U, I32TruncF64S, I32TruncF64U,
    I64Extend32S, APART, I64TruncF32S, I64TruncF32U, I64TruncF64S, I64TruncF64U,
    F32ConvertI32S, F32ConvertI32U, F32ConvertI64S, F32ConvertI64U, F32DemoteF64,
    F64ConvertI32S, F64ConvertI32U, F64ConvertI64S, F64ConvertI64U, F64PromoteF32,
    APART, APART, APART, APART,
    I32Extend8S, I32Extend16S, I64Extend8S, I64Extend16S, I64Extend32S,
];

/// Families from 0 on behind [`BULK`].
static SATURATING: [Op; 8] = [
    I32TruncSatF32S,
    I32TruncSatF32U,
    I32TruncSatF64S,
    I32TruncSatF64U,
    I64TruncSatF32S,
    I64TruncSatF32U,
    I64TruncSatF64S,
    I64TruncSatF64U,
];

impl Body<'_> {
    /// Reads what comes before the operators: the locals. `older_tries` says whether the body has a `try` of the older form.
    #[inline(never)]
    pub fn declare_all(&mut self, older_tries: bool) -> Step {
        for _ in 0..self.operators.index()? {
            let (count, ty) = (self.operators.index()?, self.operators.value_type()?);
            self.locals.declare(count, value_type(ty)?)?;
        }
        self.locals.ready()?;
        #[cfg(feature = "gc")]
        self.start_exceptions(older_tries)?;
        let _ = older_tries;
        Ok(())
    }

    /// Reads the next operator and translates it. Returns whether it ended the function.
    #[inline(always)]
    pub fn next(&mut self) -> Step<bool> {
        self.code.operator = self.operators.position() as u32;
        let opcode = self.operators.byte()?;
        if !self.reachable {
            return self.skip(opcode);
        }
        self.meter.count();
        let mut behind = self.operators;
        let ended = self.operator(opcode)?;
        // What translates an operator reads what stands behind it, all of it.
        debug_assert!(behind.skip(opcode).is_ok() && behind.position() == self.operators.position());
        Ok(ended)
    }

    /// Translates an operator that can be reached, whose opcode was just read. Returns whether it ended the function.
    #[inline(always)]
    pub fn operator(&mut self, opcode: u8) -> Step<bool> {
        match opcode {
            // --- control ---------------------------------------------------------------------------
            0x00 => {
                self.code.write(wasmote_ir::ops::family::Unreachable.x(()));
                self.unreachable();
                Ok(())
            }
            0x01 => Ok(()),
            0x02 => self.block(),
            0x03 => self.loop_(),
            0x04 => self.if_(),
            0x05 => self.else_(),
            #[cfg(feature = "gc")]
            0x06 => self.try_(),
            #[cfg(feature = "gc")]
            0x07 => self.catch(true),
            #[cfg(feature = "gc")]
            0x08 => self.throw(),
            #[cfg(feature = "gc")]
            0x09 => self.rethrow(),
            #[cfg(feature = "gc")]
            0x0a => self.throw_ref(),
            0x0b => return self.end(),
            0x0c => self.br(),
            0x0d => self.br_if(),
            0x0e => self.br_table(),
            0x0f => {
                self.meter.values(self.ty.results.len());
                self.return_()?;
                self.unreachable();
                Ok(())
            }
            0x10 => self.call(),
            0x11 => self.call_indirect(),
            0x12 => self.return_call(),
            0x13 => self.return_call_indirect(),
            0x14 => self.call_ref(),
            0x15 => self.return_call_ref(),
            #[cfg(feature = "gc")]
            0x18 => self.delegate(),
            #[cfg(feature = "gc")]
            0x19 => self.catch(false),
            #[cfg(feature = "gc")]
            0x1f => self.try_table(),

            // --- parametric, variables and constants -------------------------------------------------
            0x1a => self.pop().map(|_| ()),
            0x1b => self.select(),
            0x1c => {
                self.operators.types()?;
                self.select()
            }
            0x20 => {
                let local = self.operators.index()?;
                self.local_get(local)
            }
            0x21 => {
                let local = self.operators.index()?;
                self.local_set(local)
            }
            0x22 => {
                let local = self.operators.index()?;
                self.local_tee(local)
            }
            0x23 => self.global_get(),
            0x24 => self.global_set(),
            0x41 => {
                let value = self.operators.i32()?;
                self.constant(u64::from(value as u32), I32)
            }
            0x42 => {
                let value = self.operators.i64()?;
                self.constant(value as u64, I64)
            }
            0x43 => {
                let bits = u32::from_le_bytes(self.operators.bytes()?);
                self.constant(bits.into(), F32)
            }
            0x44 => {
                let bits = u64::from_le_bytes(self.operators.bytes()?);
                self.constant(bits, F64)
            }

            // --- memories and tables ---------------------------------------------------------------
            0x25 => {
                let table = self.operators.index()?;
                let (_, element) = self.table_types(table)?;
                self.plain_operator(TabGet, 1, &[u64::from(table)], Some(element))
            }
            0x26 => self.plain_with_indices(TabSet, 2, 1),
            0x28..=0x35 => {
                let (op, any, ty) = LOADS[usize::from(opcode - 0x28)];
                let arg = self.operators.memory()?;
                self.load(op, any, ty, arg)
            }
            0x36..=0x3e => {
                let (op, any, float) = STORES[usize::from(opcode - 0x36)];
                let arg = self.operators.memory()?;
                self.store(op, any, float, arg)
            }
            0x3f => {
                let memory = self.operators.index()?;
                let ty = self.address_type(memory)?;
                self.plain_operator(MemSize, 0, &[u64::from(memory)], Some(ty))
            }
            0x40 => {
                let memory = self.operators.index()?;
                let ty = self.address_type(memory)?;
                self.plain_operator(self.metered(MemGrow, MemGrowFuel), 1, &[u64::from(memory)], Some(ty))
            }

            // --- numbers ---------------------------------------------------------------------------
            0x45 => self.eqz(I32Eq),
            0x50 => self.eqz(I64Eq),
            0x6b => self.subtract(I32Sub, I32Add),
            0x7d => self.subtract(I64Sub, I64Add),
            // Zero-extended already; floats keep their bits.
            0xad | 0xbd => self.cast(I64),
            0xbc => self.cast(I32),
            0xbe => self.cast(F32),
            0xbf => self.cast(F64),
            0x67..=0x69 | 0x79..=0x7b | 0xc0..=0xc4 => self.unary(NUMERIC[usize::from(opcode - 0x45)]),
            0x46..=0x8a => self.binary(NUMERIC[usize::from(opcode - 0x45)]),
            0x8b..=0x91 | 0x99..=0x9f | 0xa7..=0xbb => {
                self.unary(NUMERIC[usize::from(opcode - 0x45)])?;
                self.canonicalise(opcode)
            }
            0x92..=0xa6 => {
                self.binary(NUMERIC[usize::from(opcode - 0x45)])?;
                self.canonicalise(opcode)
            }

            // --- references and what is behind prefixes -----------------------------------------------
            0xd0 => self.ref_null(),
            0xd1 => self.eqz(I32Eq),
            0xd2 => {
                let func = self.operators.index()?;
                self.plain_operator(FuncReference, 0, &[u64::from(func)], Some(ValType::FUNCREF))
            }
            #[cfg(feature = "gc")]
            0xd3 => self.binary(I32Eq),
            0xd4 => self.ref_as_non_null(),
            0xd5 => self.br_on_null(),
            0xd6 => self.br_on_non_null(),
            #[cfg(feature = "gc")]
            OBJECT => self.object(),
            BULK => self.bulk(),
            #[cfg(feature = "simd")]
            VECTOR => self.vector(),
            _ => Err(TranslateErrorKind::Unsupported),
        }?;
        Ok(false)
    }

    /// An operator behind [`BULK`].
    #[inline(never)]
    fn bulk(&mut self) -> Step {
        let number = self.operators.index()?;
        match number {
            0x00..=0x07 => self.unary(SATURATING[number as usize]),
            0x08 => self.long_operator(MemInit, MemInitFuel, 2),
            0x09 => self.plain_with_indices(DropData, 0, 1),
            0x0a => self.long_operator(MemCopy, MemCopyFuel, 2),
            0x0b => self.long_operator(MemFill, MemFillFuel, 1),
            0x0c => self.long_operator(TabInit, TabInitFuel, 2),
            0x0d => self.plain_with_indices(DropElem, 0, 1),
            0x0e => self.long_operator(TabCopy, TabCopyFuel, 2),
            0x0f => {
                let table = self.operators.index()?;
                let (index, _) = self.table_types(table)?;
                self.plain_operator(self.metered(TabGrow, TabGrowFuel), 2, &[u64::from(table)], Some(index))
            }
            0x10 => {
                let table = self.operators.index()?;
                let (index, _) = self.table_types(table)?;
                self.plain_operator(TabSize, 0, &[u64::from(table)], Some(index))
            }
            0x11 => self.long_operator(TabFill, TabFillFuel, 1),
            0x13 => self.wide(I64Add128, 4),
            0x14 => self.wide(I64Sub128, 4),
            0x15 => self.wide(I64MulWideS, 2),
            0x16 => self.wide(I64MulWideU, 2),
            _ => Err(TranslateErrorKind::Unsupported),
        }
    }

    /// An operator without result that takes so many operands, and has so many indices, which its instruction has, too.
    fn plain_with_indices(&mut self, op: Op, operands: usize, indices: usize) -> Step {
        let mut immediates = [0; 2];
        for index in &mut immediates[..indices] {
            *index = u64::from(self.operators.index()?);
        }
        self.plain_operator(op, operands, &immediates[..indices], None)
    }

    /// The family for metered code, or the other one.
    fn metered(&self, op: Op, metered: Op) -> Op {
        if self.meter.is_on() { metered } else { op }
    }

    /// [`Body::plain_with_indices`] of an operator with three operands that takes fuel by its length: then they are temporaries, from which the
    /// instruction takes what it did.
    fn long_operator(&mut self, op: Op, metered: Op, indices: usize) -> Step {
        if self.meter.is_on() {
            self.settle_top(3)?;
        }
        self.plain_with_indices(self.metered(op, metered), 3, indices)
    }

    /// Passes over an operator that can't be reached: only where the innermost reachable label ends matters. Returns whether it ended
    /// the function.
    pub fn skip(&mut self, opcode: u8) -> Step<bool> {
        match opcode {
            #[cfg(feature = "gc")]
            0x07 | 0x19 if self.skipped == 0 => return self.catch(opcode == 0x07).map(|()| false),
            #[cfg(feature = "gc")]
            0x18 if self.skipped == 0 => return self.delegate().map(|()| false),
            0x05 if self.skipped == 0 => return self.else_().map(|()| false),
            0x0b if self.skipped == 0 => return self.end(),
            0x02..=0x04 | 0x06 | 0x1f => self.skipped += 1,
            0x0b | 0x18 => self.skipped = self.skipped.saturating_sub(1),
            _ => {}
        }
        self.operators.skip(opcode)?;
        Ok(false)
    }

    /// A constant: nothing is written before it is used.
    #[inline(always)]
    fn constant(&mut self, bits: u64, ty: ValType) -> Step {
        self.stack.push(Place::Const(bits), ty);
        Ok(())
    }

    /// A subtraction; of a constant, it is an addition, which commutes.
    fn subtract(&mut self, subtract: Op, add: Op) -> Step {
        let index = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        let top = self.stack.get(index).ok_or(INVALID)?;
        let Place::Const(bits) = top.place() else { return self.binary(subtract) };
        self.pop()?;
        let negated =
            if top.ty() == ValType::I32 { u64::from((bits as u32).wrapping_neg()) } else { bits.wrapping_neg() };
        self.stack.push(Place::Const(negated), top.ty());
        self.binary(add)
    }
}
