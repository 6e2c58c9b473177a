//! Which operator is translated how: one arm each.

use wasmote_ir::{Op, ValType};
use wasmparser::Operator;

use crate::body::{Body, INVALID, Step};
use crate::labels::value_type;
use crate::stack::Place;

impl Body<'_> {
    /// Translates one operator. Returns whether it ended the function.
    pub fn operator(&mut self, operator: &Operator<'_>) -> Step<bool> {
        if !self.reachable {
            return self.skip(operator);
        }
        use Operator as O;
        use ValType::{F32, F64, I32, I64};
        match *operator {
            // --- control ---------------------------------------------------------------------------
            O::Nop => Ok(()),
            O::Unreachable => {
                self.code.emit(Op::Unreachable, 0, &[]);
                self.unreachable();
                Ok(())
            }
            O::Block { blockty } => self.block(blockty),
            O::Loop { blockty } => self.loop_(blockty),
            O::If { blockty } => self.if_(blockty),
            #[cfg(feature = "gc")]
            O::TryTable { ref try_table } => self.try_table(try_table),
            #[cfg(feature = "gc")]
            O::Try { blockty } => self.try_(blockty),
            #[cfg(feature = "gc")]
            O::Catch { tag_index } => self.catch(Some(tag_index)),
            #[cfg(feature = "gc")]
            O::CatchAll => self.catch(None),
            #[cfg(feature = "gc")]
            O::Delegate { relative_depth } => self.delegate(relative_depth),
            #[cfg(feature = "gc")]
            O::Throw { tag_index } => self.throw(tag_index),
            #[cfg(feature = "gc")]
            O::ThrowRef => self.throw_ref(),
            #[cfg(feature = "gc")]
            O::Rethrow { relative_depth } => self.rethrow(relative_depth),
            O::Else => self.else_(),
            O::End => return self.end(),
            O::Br { relative_depth } => self.br(relative_depth),
            O::BrIf { relative_depth } => self.br_if(relative_depth),
            O::BrTable { ref targets } => self.br_table(targets),
            O::Return => {
                self.return_()?;
                self.unreachable();
                Ok(())
            }
            O::Call { function_index } => self.call(function_index),
            O::CallIndirect { type_index, table_index } => self.call_indirect(type_index, table_index),
            O::ReturnCall { function_index } => self.return_call(function_index),
            O::ReturnCallIndirect { type_index, table_index } => self.return_call_indirect(type_index, table_index),

            // --- parametric and variables ----------------------------------------------------------
            O::Drop => self.pop().map(|_| ()),
            O::Select | O::TypedSelect { .. } => self.select(),
            O::LocalGet { local_index } => self.local_get(local_index),
            O::LocalSet { local_index } => self.local_set(local_index),
            O::LocalTee { local_index } => self.local_tee(local_index),
            O::GlobalGet { global_index } => self.global_get(global_index),
            O::GlobalSet { global_index } => self.global_set(global_index),

            // --- constants and references ----------------------------------------------------------
            O::I32Const { value } => self.constant(u64::from(value as u32), I32),
            O::I64Const { value } => self.constant(value as u64, I64),
            O::F32Const { value } => self.constant(u64::from(value.bits()), F32),
            O::F64Const { value } => self.constant(value.bits(), F64),
            O::RefNull { hty } => self.ref_null(hty),
            O::RefIsNull => self.eqz(Op::I32Eq),
            O::RefFunc { function_index } => {
                self.plain_operator(Op::FuncReference, 0, &[u64::from(function_index)], Some(ValType::FUNCREF))
            }

            O::RefAsNonNull => self.ref_as_non_null(),
            O::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            O::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            O::CallRef { type_index } => self.call_ref(type_index),
            O::ReturnCallRef { type_index } => self.return_call_ref(type_index),

            // --- objects ---------------------------------------------------------------------------
            #[cfg(feature = "gc")]
            O::StructNew { struct_type_index } => self.struct_new(struct_type_index),
            #[cfg(feature = "gc")]
            O::StructNewDefault { struct_type_index } => self.struct_new_default(struct_type_index),
            #[cfg(feature = "gc")]
            O::StructGet { struct_type_index, field_index } | O::StructGetU { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)
            }
            #[cfg(feature = "gc")]
            O::StructGetS { struct_type_index, field_index } => self.struct_get(struct_type_index, field_index, true),
            #[cfg(feature = "gc")]
            O::StructSet { struct_type_index, field_index } => self.struct_set(struct_type_index, field_index),
            #[cfg(feature = "gc")]
            O::ArrayNew { array_type_index } => self.array_new(array_type_index),
            #[cfg(feature = "gc")]
            O::ArrayNewDefault { array_type_index } => self.array_new_default(array_type_index),
            #[cfg(feature = "gc")]
            O::ArrayNewFixed { array_type_index, array_size } => self.array_new_fixed(array_type_index, array_size),
            #[cfg(feature = "gc")]
            O::ArrayNewData { array_type_index, array_data_index } => {
                self.array_new_of(Op::ArrayNewData, array_type_index, array_data_index)
            }
            #[cfg(feature = "gc")]
            O::ArrayNewElem { array_type_index, array_elem_index } => {
                self.array_new_of(Op::ArrayNewElem, array_type_index, array_elem_index)
            }
            #[cfg(feature = "gc")]
            O::ArrayGet { array_type_index } | O::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, false)
            }
            #[cfg(feature = "gc")]
            O::ArrayGetS { array_type_index } => self.array_get(array_type_index, true),
            #[cfg(feature = "gc")]
            O::ArraySet { array_type_index } => self.array_set(array_type_index),
            #[cfg(feature = "gc")]
            O::ArrayLen => self.plain_operator(Op::ArrayLen, 1, &[], Some(I32)),
            #[cfg(feature = "gc")]
            O::ArrayFill { array_type_index } => self.array_fill(array_type_index),
            #[cfg(feature = "gc")]
            O::ArrayCopy { array_type_index_dst, .. } => self.array_copy(array_type_index_dst),
            #[cfg(feature = "gc")]
            O::ArrayInitData { array_type_index, array_data_index } => {
                self.array_init(Op::ArrayInitData, array_type_index, array_data_index)
            }
            #[cfg(feature = "gc")]
            O::ArrayInitElem { array_type_index, array_elem_index } => {
                self.array_init(Op::ArrayInitElem, array_type_index, array_elem_index)
            }
            #[cfg(feature = "gc")]
            O::RefI31 => self.plain_operator(
                Op::RefI31,
                1,
                &[],
                Some(ValType::Ref(wasmote_ir::RefType::new(false, wasmote_ir::HeapType::I31))),
            ),
            #[cfg(feature = "gc")]
            O::I31GetS => self.plain_operator(Op::I31GetS, 1, &[], Some(I32)),
            #[cfg(feature = "gc")]
            O::I31GetU => self.plain_operator(Op::I31GetU, 1, &[], Some(I32)),
            #[cfg(feature = "gc")]
            O::RefEq => self.binary(Op::I32Eq),
            #[cfg(feature = "gc")]
            O::RefTestNonNull { hty } => self.ref_test(false, hty),
            #[cfg(feature = "gc")]
            O::RefTestNullable { hty } => self.ref_test(true, hty),
            #[cfg(feature = "gc")]
            O::RefCastNonNull { hty } => self.ref_cast(false, hty),
            #[cfg(feature = "gc")]
            O::RefCastNullable { hty } => self.ref_cast(true, hty),
            #[cfg(feature = "gc")]
            O::BrOnCast { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, false),
            #[cfg(feature = "gc")]
            O::BrOnCastFail { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, true),
            #[cfg(feature = "gc")]
            O::AnyConvertExtern => self.convert(wasmote_ir::HeapType::Any),
            #[cfg(feature = "gc")]
            O::ExternConvertAny => self.convert(wasmote_ir::HeapType::Extern),

            // --- loads and stores ------------------------------------------------------------------
            O::I32Load { memarg } => self.load(Op::Load32, Op::Load32Any, I32, memarg),
            O::I64Load { memarg } => self.load(Op::Load64, Op::Load64Any, I64, memarg),
            O::F32Load { memarg } => self.load(Op::LoadF32, Op::Load32Any, F32, memarg),
            O::F64Load { memarg } => self.load(Op::LoadF64, Op::Load64Any, F64, memarg),
            O::I32Load8S { memarg } => self.load(Op::Load8S32, Op::Load8S32Any, I32, memarg),
            O::I32Load8U { memarg } => self.load(Op::Load8U, Op::Load8UAny, I32, memarg),
            O::I32Load16S { memarg } => self.load(Op::Load16S32, Op::Load16S32Any, I32, memarg),
            O::I32Load16U { memarg } => self.load(Op::Load16U, Op::Load16UAny, I32, memarg),
            O::I64Load8S { memarg } => self.load(Op::Load8S64, Op::Load8S64Any, I64, memarg),
            O::I64Load8U { memarg } => self.load(Op::Load8U, Op::Load8UAny, I64, memarg),
            O::I64Load16S { memarg } => self.load(Op::Load16S64, Op::Load16S64Any, I64, memarg),
            O::I64Load16U { memarg } => self.load(Op::Load16U, Op::Load16UAny, I64, memarg),
            O::I64Load32S { memarg } => self.load(Op::Load32S64, Op::Load32S64Any, I64, memarg),
            O::I64Load32U { memarg } => self.load(Op::Load32, Op::Load32Any, I64, memarg),
            O::I32Store { memarg } | O::I64Store32 { memarg } => self.store(Op::Store32, Op::Store32Any, None, memarg),
            O::I64Store { memarg } => self.store(Op::Store64, Op::Store64Any, None, memarg),
            O::F32Store { memarg } => self.store(Op::Store32, Op::Store32Any, Some(Op::StoreF32), memarg),
            O::F64Store { memarg } => self.store(Op::Store64, Op::Store64Any, Some(Op::StoreF64), memarg),
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => self.store(Op::Store8, Op::Store8Any, None, memarg),
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => {
                self.store(Op::Store16, Op::Store16Any, None, memarg)
            }

            // --- memories and tables ---------------------------------------------------------------
            O::MemorySize { mem } => {
                let ty = self.address_type(mem)?;
                self.plain_operator(Op::MemSize, 0, &[u64::from(mem)], Some(ty))
            }
            O::MemoryGrow { mem } => {
                let ty = self.address_type(mem)?;
                self.plain_operator(Op::MemGrow, 1, &[u64::from(mem)], Some(ty))
            }
            O::MemoryCopy { dst_mem, src_mem } => {
                self.plain_operator(Op::MemCopy, 3, &[u64::from(dst_mem), u64::from(src_mem)], None)
            }
            O::MemoryFill { mem } => self.plain_operator(Op::MemFill, 3, &[u64::from(mem)], None),
            O::MemoryInit { data_index, mem } => {
                self.plain_operator(Op::MemInit, 3, &[u64::from(data_index), u64::from(mem)], None)
            }
            O::DataDrop { data_index } => self.plain_operator(Op::DropData, 0, &[u64::from(data_index)], None),
            O::TableGet { table } => {
                let (_, element) = self.table_types(table)?;
                self.plain_operator(Op::TabGet, 1, &[u64::from(table)], Some(element))
            }
            O::TableSet { table } => self.plain_operator(Op::TabSet, 2, &[u64::from(table)], None),
            O::TableSize { table } => {
                let (index, _) = self.table_types(table)?;
                self.plain_operator(Op::TabSize, 0, &[u64::from(table)], Some(index))
            }
            O::TableGrow { table } => {
                let (index, _) = self.table_types(table)?;
                self.plain_operator(Op::TabGrow, 2, &[u64::from(table)], Some(index))
            }
            O::TableFill { table } => self.plain_operator(Op::TabFill, 3, &[u64::from(table)], None),
            O::TableCopy { dst_table, src_table } => {
                self.plain_operator(Op::TabCopy, 3, &[u64::from(dst_table), u64::from(src_table)], None)
            }
            O::TableInit { elem_index, table } => {
                self.plain_operator(Op::TabInit, 3, &[u64::from(elem_index), u64::from(table)], None)
            }
            O::ElemDrop { elem_index } => self.plain_operator(Op::DropElem, 0, &[u64::from(elem_index)], None),

            // --- integers --------------------------------------------------------------------------
            O::I32Eqz => self.eqz(Op::I32Eq),
            O::I32Eq => self.binary(Op::I32Eq),
            O::I32Ne => self.binary(Op::I32Ne),
            O::I32LtS => self.binary(Op::I32LtS),
            O::I32LtU => self.binary(Op::I32LtU),
            O::I32GtS => self.binary(Op::I32GtS),
            O::I32GtU => self.binary(Op::I32GtU),
            O::I32LeS => self.binary(Op::I32LeS),
            O::I32LeU => self.binary(Op::I32LeU),
            O::I32GeS => self.binary(Op::I32GeS),
            O::I32GeU => self.binary(Op::I32GeU),
            O::I64Eqz => self.eqz(Op::I64Eq),
            O::I64Eq => self.binary(Op::I64Eq),
            O::I64Ne => self.binary(Op::I64Ne),
            O::I64LtS => self.binary(Op::I64LtS),
            O::I64LtU => self.binary(Op::I64LtU),
            O::I64GtS => self.binary(Op::I64GtS),
            O::I64GtU => self.binary(Op::I64GtU),
            O::I64LeS => self.binary(Op::I64LeS),
            O::I64LeU => self.binary(Op::I64LeU),
            O::I64GeS => self.binary(Op::I64GeS),
            O::I64GeU => self.binary(Op::I64GeU),
            O::I32Clz => self.unary(Op::I32Clz),
            O::I32Ctz => self.unary(Op::I32Ctz),
            O::I32Popcnt => self.unary(Op::I32Popcnt),
            O::I32Add => self.binary(Op::I32Add),
            O::I32Sub => self.subtract(Op::I32Sub, Op::I32Add),
            O::I32Mul => self.binary(Op::I32Mul),
            O::I32DivS => self.binary(Op::I32DivS),
            O::I32DivU => self.binary(Op::I32DivU),
            O::I32RemS => self.binary(Op::I32RemS),
            O::I32RemU => self.binary(Op::I32RemU),
            O::I32And => self.binary(Op::I32And),
            O::I32Or => self.binary(Op::I32Or),
            O::I32Xor => self.binary(Op::I32Xor),
            O::I32Shl => self.binary(Op::I32Shl),
            O::I32ShrS => self.binary(Op::I32ShrS),
            O::I32ShrU => self.binary(Op::I32ShrU),
            O::I32Rotl => self.binary(Op::I32Rotl),
            O::I32Rotr => self.binary(Op::I32Rotr),
            O::I64Clz => self.unary(Op::I64Clz),
            O::I64Ctz => self.unary(Op::I64Ctz),
            O::I64Popcnt => self.unary(Op::I64Popcnt),
            O::I64Add => self.binary(Op::I64Add),
            O::I64Sub => self.subtract(Op::I64Sub, Op::I64Add),
            O::I64Mul => self.binary(Op::I64Mul),
            O::I64DivS => self.binary(Op::I64DivS),
            O::I64DivU => self.binary(Op::I64DivU),
            O::I64RemS => self.binary(Op::I64RemS),
            O::I64RemU => self.binary(Op::I64RemU),
            O::I64And => self.binary(Op::I64And),
            O::I64Or => self.binary(Op::I64Or),
            O::I64Xor => self.binary(Op::I64Xor),
            O::I64Shl => self.binary(Op::I64Shl),
            O::I64ShrS => self.binary(Op::I64ShrS),
            O::I64ShrU => self.binary(Op::I64ShrU),
            O::I64Rotl => self.binary(Op::I64Rotl),
            O::I64Rotr => self.binary(Op::I64Rotr),
            O::I64Add128 => self.wide(Op::I64Add128, 4),
            O::I64Sub128 => self.wide(Op::I64Sub128, 4),
            O::I64MulWideS => self.wide(Op::I64MulWideS, 2),
            O::I64MulWideU => self.wide(Op::I64MulWideU, 2),

            // --- floats ----------------------------------------------------------------------------
            O::F32Eq => self.binary(Op::F32Eq),
            O::F32Ne => self.binary(Op::F32Ne),
            O::F32Lt => self.binary(Op::F32Lt),
            O::F32Gt => self.binary(Op::F32Gt),
            O::F32Le => self.binary(Op::F32Le),
            O::F32Ge => self.binary(Op::F32Ge),
            O::F64Eq => self.binary(Op::F64Eq),
            O::F64Ne => self.binary(Op::F64Ne),
            O::F64Lt => self.binary(Op::F64Lt),
            O::F64Gt => self.binary(Op::F64Gt),
            O::F64Le => self.binary(Op::F64Le),
            O::F64Ge => self.binary(Op::F64Ge),
            O::F32Abs => self.unary(Op::F32Abs),
            O::F32Neg => self.unary(Op::F32Neg),
            O::F32Ceil => self.unary(Op::F32Ceil),
            O::F32Floor => self.unary(Op::F32Floor),
            O::F32Trunc => self.unary(Op::F32Trunc),
            O::F32Nearest => self.unary(Op::F32Nearest),
            O::F32Sqrt => self.unary(Op::F32Sqrt),
            O::F32Add => self.binary(Op::F32Add),
            O::F32Sub => self.binary(Op::F32Sub),
            O::F32Mul => self.binary(Op::F32Mul),
            O::F32Div => self.binary(Op::F32Div),
            O::F32Min => self.binary(Op::F32Min),
            O::F32Max => self.binary(Op::F32Max),
            O::F32Copysign => self.binary(Op::F32Copysign),
            O::F64Abs => self.unary(Op::F64Abs),
            O::F64Neg => self.unary(Op::F64Neg),
            O::F64Ceil => self.unary(Op::F64Ceil),
            O::F64Floor => self.unary(Op::F64Floor),
            O::F64Trunc => self.unary(Op::F64Trunc),
            O::F64Nearest => self.unary(Op::F64Nearest),
            O::F64Sqrt => self.unary(Op::F64Sqrt),
            O::F64Add => self.binary(Op::F64Add),
            O::F64Sub => self.binary(Op::F64Sub),
            O::F64Mul => self.binary(Op::F64Mul),
            O::F64Div => self.binary(Op::F64Div),
            O::F64Min => self.binary(Op::F64Min),
            O::F64Max => self.binary(Op::F64Max),
            O::F64Copysign => self.binary(Op::F64Copysign),

            // --- conversions -----------------------------------------------------------------------
            O::I32WrapI64 => self.unary(Op::I32WrapI64),
            // Zero-extended already; floats keep their bits.
            O::I64ExtendI32U | O::I64ReinterpretF64 => self.cast(I64),
            O::I32ReinterpretF32 => self.cast(I32),
            O::F32ReinterpretI32 => self.cast(F32),
            O::F64ReinterpretI64 => self.cast(F64),
            O::I64ExtendI32S | O::I64Extend32S => self.unary(Op::I64Extend32S),
            O::I32Extend8S => self.unary(Op::I32Extend8S),
            O::I32Extend16S => self.unary(Op::I32Extend16S),
            O::I64Extend8S => self.unary(Op::I64Extend8S),
            O::I64Extend16S => self.unary(Op::I64Extend16S),
            O::I32TruncF32S => self.unary(Op::I32TruncF32S),
            O::I32TruncF32U => self.unary(Op::I32TruncF32U),
            O::I32TruncF64S => self.unary(Op::I32TruncF64S),
            O::I32TruncF64U => self.unary(Op::I32TruncF64U),
            O::I64TruncF32S => self.unary(Op::I64TruncF32S),
            O::I64TruncF32U => self.unary(Op::I64TruncF32U),
            O::I64TruncF64S => self.unary(Op::I64TruncF64S),
            O::I64TruncF64U => self.unary(Op::I64TruncF64U),
            O::I32TruncSatF32S => self.unary(Op::I32TruncSatF32S),
            O::I32TruncSatF32U => self.unary(Op::I32TruncSatF32U),
            O::I32TruncSatF64S => self.unary(Op::I32TruncSatF64S),
            O::I32TruncSatF64U => self.unary(Op::I32TruncSatF64U),
            O::I64TruncSatF32S => self.unary(Op::I64TruncSatF32S),
            O::I64TruncSatF32U => self.unary(Op::I64TruncSatF32U),
            O::I64TruncSatF64S => self.unary(Op::I64TruncSatF64S),
            O::I64TruncSatF64U => self.unary(Op::I64TruncSatF64U),
            O::F32ConvertI32S => self.unary(Op::F32ConvertI32S),
            O::F32ConvertI32U => self.unary(Op::F32ConvertI32U),
            O::F32ConvertI64S => self.unary(Op::F32ConvertI64S),
            O::F32ConvertI64U => self.unary(Op::F32ConvertI64U),
            O::F32DemoteF64 => self.unary(Op::F32DemoteF64),
            O::F64ConvertI32S => self.unary(Op::F64ConvertI32S),
            O::F64ConvertI32U => self.unary(Op::F64ConvertI32U),
            O::F64ConvertI64S => self.unary(Op::F64ConvertI64S),
            O::F64ConvertI64U => self.unary(Op::F64ConvertI64U),
            O::F64PromoteF32 => self.unary(Op::F64PromoteF32),
            _ => Err(crate::TranslateErrorKind::Unsupported),
        }?;
        Ok(false)
    }

    /// An operator that can't be reached: only where the innermost reachable label ends matters.
    fn skip(&mut self, operator: &Operator<'_>) -> Step<bool> {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => self.skipped += 1,
            #[cfg(feature = "gc")]
            Operator::Catch { tag_index } if self.skipped == 0 => self.catch(Some(*tag_index))?,
            #[cfg(feature = "gc")]
            Operator::CatchAll if self.skipped == 0 => self.catch(None)?,
            #[cfg(feature = "gc")]
            Operator::Delegate { relative_depth } if self.skipped == 0 => self.delegate(*relative_depth)?,
            Operator::Delegate { .. } => self.skipped -= 1,
            Operator::Else if self.skipped == 0 => self.else_()?,
            Operator::End if self.skipped == 0 => return self.end(),
            Operator::End => self.skipped -= 1,
            _ => {}
        }
        Ok(false)
    }

    /// A constant: nothing is written before it is used.
    fn constant(&mut self, bits: u64, ty: ValType) -> Step {
        self.stack.push(Place::Const(bits), ty);
        Ok(())
    }

    /// A subtraction; of a constant, it is an addition, which commutes.
    fn subtract(&mut self, subtract: Op, add: Op) -> Step {
        let index = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        let top = self.stack.get(index).ok_or(INVALID)?;
        let Place::Const(bits) = top.place else { return self.binary(subtract) };
        self.pop()?;
        let negated =
            if top.ty == ValType::I32 { u64::from((bits as u32).wrapping_neg()) } else { bits.wrapping_neg() };
        self.stack.push(Place::Const(negated), top.ty);
        self.binary(add)
    }

    /// The locals that the body declares.
    pub fn declare(&mut self, count: u32, ty: wasmparser::ValType) -> Step {
        self.locals.declare(count, value_type(ty)?)
    }
}
