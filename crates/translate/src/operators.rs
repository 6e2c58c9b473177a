//! Chooses how each operator is translated. Operators that are alike have a line in the table of `lines`; each of the
//! others has an arm here.

use wasmote_ir::operators::{Immediate, Operand, Operator, Row, TAKES};
use wasmote_ir::{HeapType, Op, Proposal, RefType, ValType};

#[cfg(not(feature = "gc"))]
use crate::TranslateErrorKind;
use crate::atomics::is_pause;
use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::lines::{LineKind, line};
use crate::stack::Location;

use Op::*;
use ValType::{F32, F64, I32, I64};

impl BodyTranslator<'_> {
    /// Reads the declarations of locals, which come before the operators. `legacy_tries` says whether the body is
    /// known to have a legacy `try`.
    #[inline(never)]
    pub fn declare_all(&mut self, legacy_tries: bool) -> TranslateResult {
        for _ in 0..self.reader.u32()? {
            let (count, ty) = (self.reader.u32()?, self.reader.value_type()?);
            self.locals.declare(count, ty.supported()?)?;
        }
        self.locals.ready()?;
        #[cfg(feature = "gc")]
        self.start_exceptions(legacy_tries)?;
        let _ = legacy_tries;
        Ok(())
    }

    /// Reads the next operator and translates it. Returns whether it ends the function.
    #[inline(always)]
    pub fn next(&mut self) -> TranslateResult<bool> {
        self.code.operator = self.reader.position() as u32;
        let operator = self.reader.operator()?;
        if !self.reachable {
            return self.skip(operator);
        }
        self.meter.count();
        let mut behind = self.reader;
        let ended = self.operator(operator)?;
        // Each arm must read all immediates of its operator.
        debug_assert!(
            behind.skip_immediates(operator).is_ok() && behind.position() == self.reader.position(),
            "{operator:?}"
        );
        Ok(ended)
    }

    /// Translates a reachable operator, whose opcode was just read. Returns whether it ends the function.
    #[inline(always)]
    pub fn operator(&mut self, operator: Operator) -> TranslateResult<bool> {
        match operator {
            // --- control ---------------------------------------------------------------------------
            Operator::Unreachable => {
                self.code.write(wasmote_ir::ops::family::Unreachable.x(()));
                self.unreachable();
                Ok(())
            }
            Operator::Nop => Ok(()),
            Operator::Block => self.block(),
            Operator::Loop => self.loop_(),
            Operator::If => self.if_(),
            Operator::Else => self.else_(),
            #[cfg(feature = "gc")]
            Operator::Try => self.try_(),
            #[cfg(feature = "gc")]
            Operator::Catch => self.catch(true),
            #[cfg(feature = "gc")]
            Operator::Throw => self.throw(),
            #[cfg(feature = "gc")]
            Operator::Rethrow => self.rethrow(),
            #[cfg(feature = "gc")]
            Operator::ThrowRef => self.throw_ref(),
            Operator::End => return self.end(),
            Operator::Br => self.br(),
            Operator::BrIf => self.br_if(),
            Operator::BrTable => self.br_table(),
            Operator::Return => {
                self.meter.values(self.ty.results().len());
                self.return_()?;
                self.unreachable();
                Ok(())
            }
            Operator::Call => self.call(),
            Operator::CallIndirect => self.call_indirect(),
            Operator::ReturnCall => self.return_call(),
            Operator::ReturnCallIndirect => self.return_call_indirect(),
            Operator::CallRef => self.call_ref(),
            Operator::ReturnCallRef => self.return_call_ref(),
            #[cfg(feature = "gc")]
            Operator::Delegate => self.delegate(),
            #[cfg(feature = "gc")]
            Operator::CatchAll => self.catch(false),
            #[cfg(feature = "gc")]
            Operator::TryTable => self.try_table(),

            // --- parametric, variables and constants -------------------------------------------------
            Operator::Drop => self.pop_any().map(|_| ()),
            Operator::Select => self.select(),
            Operator::SelectTyped => {
                self.reader.skip_immediates(operator)?;
                self.select()
            }
            Operator::LocalGet => {
                let local = self.reader.u32()?;
                self.local_get(local)
            }
            Operator::LocalSet => {
                let local = self.reader.u32()?;
                self.local_set(local)
            }
            Operator::LocalTee => {
                let local = self.reader.u32()?;
                self.local_tee(local)
            }
            Operator::GlobalGet => self.global_get(),
            Operator::GlobalSet => self.global_set(),
            Operator::I32Const => {
                let value = self.reader.i32()?;
                self.constant(u64::from(value as u32), I32)
            }
            Operator::I64Const => {
                let value = self.reader.i64()?;
                self.constant(value as u64, I64)
            }
            Operator::F32Const => {
                let bits = u32::from_le_bytes(self.reader.array()?);
                self.constant(bits.into(), F32)
            }
            Operator::F64Const => {
                let bits = u64::from_le_bytes(self.reader.array()?);
                self.constant(bits, F64)
            }

            // --- numbers ---------------------------------------------------------------------------
            Operator::I32Eqz | Operator::RefIsNull => self.eqz(I32Eq),
            Operator::I64Eqz => self.eqz(I64Eq),
            Operator::I32Sub => self.subtract(I32Sub, I32Add),
            Operator::I64Sub => self.subtract(I64Sub, I64Add),
            Operator::I32And => self.and(I32And),
            Operator::I64And => self.and(I64And),
            Operator::I32ShrS => self.shift_right_signed(I32ShrS),
            Operator::I64ShrS => self.shift_right_signed(I64ShrS),
            Operator::I32WrapI64 => self.wrap(),
            Operator::I32Extend8S => self.extend(I32Extend8S, 8),
            Operator::I32Extend16S => self.extend(I32Extend16S, 16),
            Operator::I64Extend8S => self.extend(I64Extend8S, 8),
            Operator::I64Extend16S => self.extend(I64Extend16S, 16),
            Operator::I64Extend32S | Operator::I64ExtendI32S => self.extend(I64Extend32S, 32),
            // No code: a slot holds 32-bit integers zero-extended, and a float as its bits.
            Operator::I64ExtendI32U | Operator::I64ReinterpretF64 => self.cast(I64),
            Operator::I32ReinterpretF32 => self.cast(I32),
            Operator::F32ReinterpretI32 => self.cast(F32),
            Operator::F64ReinterpretI64 => self.cast(F64),

            _ => self.by_line(operator),
        }?;
        Ok(false)
    }

    /// Translates an operator that has a line, or a rare one.
    #[inline(always)]
    fn by_line(&mut self, operator: Operator) -> TranslateResult {
        let line = line(operator);
        match line.kind {
            LineKind::Binary => self.binary(line.op),
            LineKind::Unary => self.unary(line.op),
            LineKind::Load => {
                let arg = self.reader.memarg()?;
                return self.load(line.op, scalar(operator.row().types().leaves[0]), arg);
            }
            LineKind::Store => {
                let arg = self.reader.memarg()?;
                return self.store(line.op, None, arg);
            }
            #[cfg(feature = "simd")]
            LineKind::Vector(kind) => self.vector(kind, line.op),
            _ => return self.other(operator, line.kind, line.op),
        }?;
        if self.canonical_nans { self.make_canonical(operator.row()) } else { Ok(()) }
    }

    /// Translates a rare operator.
    #[inline(never)]
    fn other(&mut self, operator: Operator, kind: LineKind, op: Op) -> TranslateResult {
        let row = operator.row();
        match operator {
            Operator::F32Store | Operator::F64Store => {
                let arg = self.reader.memarg()?;
                let (op, float) =
                    if operator == Operator::F32Store { (Store32, StoreF32) } else { (Store64, StoreF64) };
                self.store(op, Some(float), arg)
            }
            Operator::MemorySize => {
                let memory = self.reader.u32()?;
                let ty = self.address_type(memory)?;
                self.plain_operator(MemSize, 0, &[u64::from(memory)], Some(ty))
            }
            Operator::MemoryGrow => {
                let memory = self.reader.u32()?;
                let ty = self.address_type(memory)?;
                self.plain_operator(self.metered(MemGrow, MemGrowFuel), 1, &[u64::from(memory)], Some(ty))
            }
            Operator::MemoryInit => self.long_operator(MemInit, MemInitFuel, row),
            Operator::MemoryCopy => self.long_operator(MemCopy, MemCopyFuel, row),
            Operator::MemoryFill => self.long_operator(MemFill, MemFillFuel, row),
            Operator::TableGet => {
                let table = self.reader.u32()?;
                let (_, element) = self.table_types(table)?;
                self.plain_operator(TabGet, 1, &[u64::from(table)], Some(element))
            }
            Operator::TableSet => self.plain_with_indices(TabSet, 2, row),
            Operator::TableInit => self.long_operator(TabInit, TabInitFuel, row),
            Operator::TableCopy => self.long_operator(TabCopy, TabCopyFuel, row),
            Operator::TableGrow => {
                let table = self.reader.u32()?;
                let (index, _) = self.table_types(table)?;
                self.plain_operator(self.metered(TabGrow, TabGrowFuel), 2, &[u64::from(table)], Some(index))
            }
            Operator::TableSize => {
                let table = self.reader.u32()?;
                let (index, _) = self.table_types(table)?;
                self.plain_operator(TabSize, 0, &[u64::from(table)], Some(index))
            }
            Operator::TableFill => self.long_operator(TabFill, TabFillFuel, row),

            Operator::RefNull => self.ref_null(),
            Operator::RefFunc => {
                let func = self.reader.u32()?;
                self.plain_operator(FuncReference, 0, &[u64::from(func)], Some(ValType::FUNCREF))
            }
            #[cfg(feature = "gc")]
            Operator::RefEq => self.binary(I32Eq),
            Operator::RefAsNonNull => self.ref_as_non_null(),
            Operator::BrOnNull => self.br_on_null(),
            Operator::BrOnNonNull => self.br_on_non_null(),
            _ => match kind {
                LineKind::Plain => self.plain_with_indices(op, takes(row), row),
                LineKind::Wide => self.wide(op, takes(row)),
                _ if row.proposal == Proposal::Threads || is_pause(operator) => self.atomic(operator, row),
                #[cfg(feature = "gc")]
                _ => self.object(operator),
                #[cfg(not(feature = "gc"))]
                _ => Err(TranslateErrorKind::Unsupported),
            },
        }
    }

    /// Translates an operator with this number of operands. Its immediates, which are indices, are also those of the
    /// instruction. Its row says what the result is.
    fn plain_with_indices(&mut self, op: Op, operands: usize, row: &Row) -> TranslateResult {
        let mut indices = [0; 2];
        let mut count = 0;
        while let Some(Some(_)) = row.immediates().get(count) {
            *indices.get_mut(count).ok_or(INVALID)? = u64::from(self.reader.u32()?);
            count += 1;
        }
        let result = match row.types().leaves[0] {
            Operand::None => None,
            Operand::RefI31 => Some(ValType::Ref(RefType::new(false, HeapType::I31))),
            operand => Some(scalar(operand)),
        };
        self.plain_operator(op, operands, &indices[..count], result)
    }

    /// Returns the family `metered` for metered code, and `op` for other code.
    fn metered(&self, op: Op, metered: Op) -> Op {
        if self.meter.is_on() { metered } else { op }
    }

    /// [`BodyTranslator::plain_with_indices`] for an operator with three operands that takes fuel by its length. In metered
    /// code the operands are materialized: the instruction works in steps and updates them after each.
    fn long_operator(&mut self, op: Op, metered: Op, row: &Row) -> TranslateResult {
        if self.meter.is_on() {
            self.materialize_top(3)?;
        }
        self.plain_with_indices(self.metered(op, metered), 3, row)
    }

    /// Skips an unreachable operator. Only operators that end the innermost reachable label, or its first part, matter.
    /// Returns whether the operator ends the function.
    pub fn skip(&mut self, operator: Operator) -> TranslateResult<bool> {
        match operator {
            #[cfg(feature = "gc")]
            Operator::Catch | Operator::CatchAll if self.skipped == 0 => {
                return self.catch(operator == Operator::Catch).map(|()| false);
            }
            #[cfg(feature = "gc")]
            Operator::Delegate if self.skipped == 0 => return self.delegate().map(|()| false),
            Operator::Else if self.skipped == 0 => return self.else_().map(|()| false),
            Operator::End if self.skipped == 0 => return self.end(),
            Operator::End | Operator::Delegate => self.skipped = self.skipped.saturating_sub(1),
            _ if operator.row().immediates()[0] == Some(Immediate::Block) => self.skipped += 1,
            _ => {}
        }
        self.reader.skip_immediates(operator)?;
        Ok(false)
    }

    /// Pushes a constant. No code is written before it is used.
    #[inline(always)]
    fn constant(&mut self, bits: u64, ty: ValType) -> TranslateResult {
        self.stack.push(Location::Const(bits), ty);
        Ok(())
    }

    /// Translates a subtraction. To subtract a constant is to add its negation; addition commutes, so it has more
    /// variants and fused operations.
    fn subtract(&mut self, subtract: Op, add: Op) -> TranslateResult {
        let index = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        let top = self.stack.get(index).ok_or(INVALID)?;
        let Location::Const(bits) = top.place() else { return self.binary(subtract) };
        self.pop()?;
        let negated =
            if top.ty() == ValType::I32 { u64::from((bits as u32).wrapping_neg()) } else { bits.wrapping_neg() };
        self.stack.push(Location::Const(negated), top.ty());
        self.binary(add)
    }
}

/// Returns how many operands an operator takes, by its row.
pub fn takes(row: &Row) -> usize {
    TAKES - row.types().takes.iter().take_while(|&&operand| operand == Operand::None).count()
}

/// Returns the type of a number in a row. References and vectors do not get here.
pub fn scalar(operand: Operand) -> ValType {
    match operand {
        Operand::I64 => I64,
        Operand::F32 => F32,
        Operand::F64 => F64,
        _ => I32,
    }
}
