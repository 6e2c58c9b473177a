//! The operators of GC: structures, arrays, `i31`, and casts of references.

use wasmote_decode::CompositeType;
use wasmote_decode::operators::Cast;
use wasmote_ir::operators::Operator;
use wasmote_ir::ops::family;
use wasmote_ir::shape::families;
use wasmote_ir::write::{Base, Count, Dst, Imm, Slot, SlotDst, Target, Type};
use wasmote_ir::{FieldType, HeapType, Op, RefType, StorageType, ValType, casts};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{RecentInstr, Src};
use crate::control::BranchCondition;
use crate::labels::LabelKind;
use crate::stack::Location;

/// The type of a reference to any object.
pub const OBJECT: ValType = ValType::Ref(RefType::new(true, HeapType::Any));

/// Chooses among families by the size of a field's storage type and, for packed types, by the sign.
fn by_size(storage: StorageType, signed: bool, ops: [Op; 7]) -> Op {
    let [s8, u8, s16, u16, four, eight, sixteen] = ops;
    match (storage.bytes(), signed) {
        (1, true) => s8,
        (1, false) => u8,
        (2, true) => s16,
        (2, false) => u16,
        (4, _) => four,
        (8, _) => eight,
        _ => sixteen,
    }
}

impl BodyTranslator<'_> {
    /// Translates an operator of GC.
    pub fn object(&mut self, operator: Operator) -> TranslateResult {
        match operator {
            Operator::StructNew => self.struct_new(),
            Operator::StructNewDefault => self.struct_new_default(),
            Operator::StructGet | Operator::StructGetU => self.struct_get(false),
            Operator::StructGetS => self.struct_get(true),
            Operator::StructSet => self.struct_set(),
            Operator::StructNewDesc => self.struct_new_desc(false),
            Operator::StructNewDefaultDesc => self.struct_new_desc(true),
            Operator::RefGetDesc => self.ref_get_desc(),
            Operator::RefCastDescEq => self.ref_cast_desc_eq(false),
            Operator::RefCastDescEqNull => self.ref_cast_desc_eq(true),
            Operator::BrOnCastDescEq => self.br_on_cast(false, true),
            Operator::BrOnCastDescEqFail => self.br_on_cast(true, true),
            Operator::ArrayNew => self.array_new(),
            Operator::ArrayNewDefault => self.array_new_default(),
            Operator::ArrayNewFixed => self.array_new_fixed(),
            Operator::ArrayNewData => self.array_new_of(Op::ArrayNewData),
            Operator::ArrayNewElem => self.array_new_of(Op::ArrayNewElem),
            Operator::ArrayGet | Operator::ArrayGetU => self.array_get(false),
            Operator::ArrayGetS => self.array_get(true),
            Operator::ArraySet => self.array_set(),
            Operator::ArrayFill => self.array_fill(),
            Operator::ArrayCopy => self.array_copy(),
            Operator::ArrayInitData => self.array_init(Op::ArrayInitData, Op::ArrayInitDataFuel),
            Operator::ArrayInitElem => self.array_init(Op::ArrayInitElem, Op::ArrayInitElemFuel),
            Operator::RefTest => self.ref_test(false),
            Operator::RefTestNull => self.ref_test(true),
            Operator::RefCast => self.ref_cast(false),
            Operator::RefCastNull => self.ref_cast(true),
            Operator::BrOnCast => self.br_on_cast(false, false),
            Operator::BrOnCastFail => self.br_on_cast(true, false),
            Operator::AnyConvertExtern => self.convert(HeapType::Any),
            Operator::ExternConvertAny => self.convert(HeapType::Extern),
            #[cfg(feature = "stack-switching")]
            _ => self.continuation(operator),
            #[cfg(not(feature = "stack-switching"))]
            _ => Err(crate::TranslateErrorKind::Unsupported),
        }
    }

    /// Returns a field of a structure type, and its offset in the object.
    fn field(&self, ty: u32, index: u32) -> TranslateResult<(FieldType, u64)> {
        let (field, at) = self.module.field(ty, index).ok_or(INVALID)?;
        Ok((field, at.into()))
    }

    /// Returns the element of an array type.
    fn element(&self, ty: u32) -> TranslateResult<FieldType> {
        match self.module.types.get(ty as usize).map(|ty| &ty.composite) {
            Some(CompositeType::Array(element)) => Ok(*element),
            _ => Err(INVALID),
        }
    }

    /// Returns the first slot above all operands. An instruction that allocates needs it: slots below may hold
    /// references.
    pub fn top(&self) -> Base {
        Base(self.stack.next_stack_slot())
    }

    /// Pops `N` operands. Returns their slots in order.
    fn slots<const N: usize>(&mut self) -> TranslateResult<[Slot; N]> {
        let mut slots = [Slot(0); N];
        for slot in slots.iter_mut().rev() {
            *slot = self.pop_slot()?;
        }
        Ok(slots)
    }

    /// Materializes the topmost `N` operands, which stay on the stack. Returns their slots in order.
    fn materialized_slots<const N: usize>(&mut self) -> TranslateResult<[Slot; N]> {
        self.materialize_top(N)?;
        let first = self.stack.len() - N;
        let mut slots = [Slot(0); N];
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot = Slot(self.stack.get(first + i).ok_or(INVALID)?.stack_slot());
        }
        Ok(slots)
    }

    /// Makes a new array in metered code: first it is allocated, then filled in steps that take fuel. `make` writes the
    /// instructions. It is given the first free slot, and temporaries for the array and for the index of the next
    /// element. The operands are popped after that, since the steps still read them.
    fn array_in_steps(&mut self, operands: usize, make: impl FnOnce(&mut Self, Base, Dst, Dst)) -> TranslateResult {
        let top = self.top();
        let (array, index) = (self.push_cold(OBJECT), self.push_cold(ValType::I32));
        make(self, top, array, index);
        for _ in 0..operands + 2 {
            self.pop_cold()?;
        }
        let dst = self.push_cold(OBJECT);
        self.code.copy_value(array.0, dst.0, OBJECT);
        Ok(())
    }

    /// Makes a new object from the topmost `values` operands.
    fn new_of_run(&mut self, op: families::NewOfRun, ty: u32, values: usize) -> TranslateResult {
        self.meter.values(values);
        let top = self.top();
        let base = self.materialize_top(values)?;
        for _ in 0..values {
            self.pop_cold()?;
        }
        let dst = self.push_cold(OBJECT);
        self.code.write(op.s((Type(ty), Slot(base), Count(top.0 - base), dst, top)));
        Ok(())
    }

    /// `struct.new`.
    fn struct_new(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let Some(CompositeType::Struct(fields)) = self.module.types.get(ty as usize).map(|ty| &ty.composite) else {
            return Err(INVALID);
        };
        self.new_of_run(family::StructNew, ty, fields.len())
    }

    /// `struct.new_default`.
    fn struct_new_default(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        if let Some(CompositeType::Struct(fields)) = self.module.types.get(ty as usize).map(|ty| &ty.composite) {
            self.meter.values(fields.len());
        }
        let top = self.top();
        let dst = self.push_cold(OBJECT);
        self.code.write(family::StructNewDefault.x((Type(ty), dst, top)));
        Ok(())
    }

    /// `struct.new_desc` and `struct.new_default_desc`. The descriptor is the topmost operand.
    fn struct_new_desc(&mut self, default: bool) -> TranslateResult {
        let ty = self.reader.u32()?;
        let Some(CompositeType::Struct(fields)) = self.module.types.get(ty as usize).map(|ty| &ty.composite) else {
            return Err(INVALID);
        };
        if default {
            self.meter.values(fields.len());
        }
        self.new_of_run(family::StructNewDesc, ty, if default { 1 } else { fields.len() + 1 })
    }

    /// `ref.get_desc`.
    fn ref_get_desc(&mut self) -> TranslateResult {
        self.reader.u32()?;
        self.plain_operator(Op::RefGetDesc, 1, &[], Some(OBJECT))
    }

    /// `ref.cast_desc_eq`. The reference stays where it is.
    fn ref_cast_desc_eq(&mut self, nullable: bool) -> TranslateResult {
        let ty = self.heap_type()?;
        let (ty, flags) = self.cast_to(nullable, ty)?;
        let descriptor = self.pop_slot()?;
        let slot = self.peek_slot()?;
        self.code.write(family::RefCastDesc.s((slot, ty, flags, descriptor)));
        Ok(())
    }

    /// `struct.get`, `struct.get_s` and `struct.get_u`.
    fn struct_get(&mut self, signed: bool) -> TranslateResult {
        use Op::{StructGet8S, StructGet8U, StructGet16S, StructGet16U, StructGet32, StructGet64, StructGet128};
        let (ty, index) = (self.reader.u32()?, self.reader.u32()?);
        let (field, at) = self.field(ty, index)?;
        let ops = [StructGet8S, StructGet8U, StructGet16S, StructGet16U, StructGet32, StructGet64, StructGet128];
        self.plain_operator(by_size(field.element_type(), signed, ops), 1, &[at], Some(field.element_type().unpacked()))
    }

    /// `struct.set`.
    fn struct_set(&mut self) -> TranslateResult {
        use Op::{StructSet8, StructSet16, StructSet32, StructSet64, StructSet128};
        let (ty, index) = (self.reader.u32()?, self.reader.u32()?);
        let (field, at) = self.field(ty, index)?;
        let ops = [StructSet8, StructSet8, StructSet16, StructSet16, StructSet32, StructSet64, StructSet128];
        self.plain_operator(by_size(field.element_type(), false, ops), 2, &[at], None)
    }

    /// `array.new`.
    fn array_new(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let slots = self.element(ty)?.element_type().unpacked().slots();
        if self.meter.is_on() {
            let [value, len] = self.materialized_slots()?;
            return self.array_in_steps(2, |body, top, array, index| {
                body.code.write(family::ArrayNewFuel.s((Type(ty), len, array, top)));
                body.code.constant(0, index.0);
                let (array, index, len) = (Slot(array.0), SlotDst(index.0), SlotDst(len.0));
                body.code.write(family::ArrayFillFuel.s((Type(ty), array, index, value, Count(slots), len)));
            });
        }
        let top = self.top();
        let [value, len] = self.slots()?;
        let dst = self.push_cold(OBJECT);
        self.code.write(family::ArrayNew.s((Type(ty), value, Count(slots), len, dst, top)));
        Ok(())
    }

    /// `array.new_default`.
    fn array_new_default(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let top = self.top();
        let [len] = self.slots()?;
        let dst = self.push_cold(OBJECT);
        let op = if self.meter.is_on() { family::ArrayNewFuel } else { family::ArrayNewDefault };
        self.code.write(op.s((Type(ty), len, dst, top)));
        Ok(())
    }

    /// `array.new_fixed`.
    fn array_new_fixed(&mut self) -> TranslateResult {
        let (ty, len) = (self.reader.u32()?, self.reader.u32()?);
        self.new_of_run(family::ArrayNewFixed, ty, len as usize)
    }

    /// `array.new_data` and `array.new_elem`.
    fn array_new_of(&mut self, op: Op) -> TranslateResult {
        let (ty, segment) = (self.reader.u32()?, self.reader.u32()?);
        if self.meter.is_on() {
            let [offset, len] = self.materialized_slots()?;
            let (new, init) = match op {
                Op::ArrayNewData => (Op::ArrayNewDataFuel, Op::ArrayInitDataFuel),
                _ => (Op::ArrayNewElemFuel, Op::ArrayInitElemFuel),
            };
            return self.array_in_steps(2, |body, top, array, index| {
                let [offset, len, array, index]: [u64; 4] = [offset.into(), len.into(), array.into(), index.into()];
                body.code.emit_single_variant(new, &[ty.into(), offset, len, segment.into(), array, top.into()]);
                body.code.constant(0, index as u16);
                body.code.emit_single_variant(init, &[ty.into(), array, index, offset, len, segment.into()]);
            });
        }
        let top = self.top();
        let [offset, len] = self.slots()?;
        let dst = self.push_cold(OBJECT);
        let values = [ty.into(), offset.into(), len.into(), segment.into(), dst.into(), top.into()];
        self.code.emit_single_variant(op, &values);
        Ok(())
    }

    /// `array.get`, `array.get_s` and `array.get_u`.
    fn array_get(&mut self, signed: bool) -> TranslateResult {
        use Op::{ArrayGet8S, ArrayGet8U, ArrayGet16S, ArrayGet16U, ArrayGet32, ArrayGet64, ArrayGet128};
        let ty = self.reader.u32()?;
        let element = self.element(ty)?;
        let ops = [ArrayGet8S, ArrayGet8U, ArrayGet16S, ArrayGet16U, ArrayGet32, ArrayGet64, ArrayGet128];
        self.plain_operator(
            by_size(element.element_type(), signed, ops),
            2,
            &[],
            Some(element.element_type().unpacked()),
        )
    }

    /// `array.set`.
    fn array_set(&mut self) -> TranslateResult {
        use Op::{ArraySet8, ArraySet16, ArraySet32, ArraySet64, ArraySet128};
        let ty = self.reader.u32()?;
        let element = self.element(ty)?;
        let ops = [ArraySet8, ArraySet8, ArraySet16, ArraySet16, ArraySet32, ArraySet64, ArraySet128];
        self.plain_operator(by_size(element.element_type(), false, ops), 3, &[], None)
    }

    /// `array.fill`.
    fn array_fill(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let slots = self.element(ty)?.element_type().unpacked().slots();
        let op = self.long_array(Op::ArrayFill, Op::ArrayFillFuel, 4)?;
        let [array, index, value, len] = self.slots()?;
        let values = [ty.into(), array.into(), index.into(), value.into(), slots.into(), len.into()];
        self.code.emit_single_variant(op, &values);
        Ok(())
    }

    /// `array.copy`.
    fn array_copy(&mut self) -> TranslateResult {
        let (ty, _) = (self.reader.u32()?, self.reader.u32()?);
        let op = self.long_array(Op::ArrayCopy, Op::ArrayCopyFuel, 5)?;
        let [to, to_index, from, from_index, len] = self.slots()?;
        let values = [ty.into(), to.into(), to_index.into(), from.into(), from_index.into(), len.into()];
        self.code.emit_single_variant(op, &values);
        Ok(())
    }

    /// Returns the family of an operator that takes fuel by its length in metered code. There the operands are
    /// materialized: the instruction works in steps and updates them after each.
    fn long_array(&mut self, op: Op, metered: Op, operands: usize) -> TranslateResult<Op> {
        if !self.meter.is_on() {
            return Ok(op);
        }
        self.materialize_top(operands)?;
        Ok(metered)
    }

    /// `array.init_data` and `array.init_elem`.
    fn array_init(&mut self, op: Op, metered: Op) -> TranslateResult {
        let (ty, segment) = (self.reader.u32()?, self.reader.u32()?);
        let op = self.long_array(op, metered, 4)?;
        let [array, index, offset, len] = self.slots()?;
        let values = [ty.into(), array.into(), index.into(), offset.into(), len.into(), segment.into()];
        self.code.emit_single_variant(op, &values);
        Ok(())
    }

    /// Returns the operands of a cast to this type: the index of the type, if it has one, and the kind of test with its
    /// flags.
    fn cast_to(&self, nullable: bool, heap: HeapType) -> TranslateResult<(Type, Imm)> {
        let (index, kind) = match heap {
            HeapType::Index(index) | HeapType::Exact(index) => {
                let is_exact = matches!(heap, HeapType::Exact(_));
                match self.module.types.get(index as usize) {
                    Some(ty) if ty.func().is_some() => (index, if is_exact { casts::EXACT_FUNC } else { casts::FUNC }),
                    Some(_) => (index, if is_exact { casts::EXACT_OBJECT } else { casts::OBJECT }),
                    None => return Err(INVALID),
                }
            }
            HeapType::Any | HeapType::Func | HeapType::Extern | HeapType::Exn | HeapType::Cont => (0, casts::TOP),
            HeapType::None | HeapType::NoFunc | HeapType::NoExtern | HeapType::NoExn | HeapType::NoCont => {
                (0, casts::BOTTOM)
            }
            HeapType::Eq => (0, casts::EQ),
            HeapType::I31 => (0, casts::I31),
            HeapType::Struct => (0, casts::STRUCT),
            HeapType::Array => (0, casts::ARRAY),
            _ => return Err(INVALID),
        };
        Ok((Type(index), Imm((kind | if nullable { casts::NULLABLE } else { 0 }).into())))
    }

    /// `ref.test`.
    fn ref_test(&mut self, nullable: bool) -> TranslateResult {
        let ty = self.heap_type()?;
        let (ty, flags) = self.cast_to(nullable, ty)?;
        self.plain_operator(Op::RefTest, 1, &[ty.into(), flags.into()], Some(ValType::I32))
    }

    /// If `recent`, the last instruction, is a `ref.test`, retracts it and returns it as the condition of a branch. Its
    /// second source packs the index of the type in the lower 32 bits and the flags above them.
    pub fn cast_condition(&mut self, recent: &RecentInstr) -> Option<BranchCondition> {
        if recent.op != Op::RefTest {
            return None;
        }
        let unit = |at: usize| u64::from(self.code.units[recent.at + at]);
        let (slot, asked) = (Src::Slot(unit(1) as u16), Src::Imm(unit(2) | unit(3) << 16 | unit(4) << 32));
        self.code.retract();
        Some(BranchCondition { taken: Op::BrOnCast, not: Op::BrOnCast, a: slot, b: asked })
    }

    /// Writes a branch on a condition from [`BodyTranslator::cast_condition`], which jumps if the condition is `when`. Returns
    /// where it starts, and the unit of its target.
    pub fn branch_on_cast(&mut self, condition: &BranchCondition, when: bool) -> (usize, usize) {
        let [slot, asked] = [condition.a, condition.b].map(|source| source.value().unwrap_or(0));
        let (slot, ty) = (Slot(slot as u16), Type(asked as u32));
        let flags = asked >> 32 ^ if when { 0 } else { u64::from(casts::NEGATED) };
        let start = self.code.write(family::BrOnCast.s((slot, ty, Imm(flags), Target)));
        (start, self.code.units.len() - 2)
    }

    /// Returns the slot of the topmost operand, which stays on the stack.
    fn peek_slot(&mut self) -> TranslateResult<Slot> {
        let top = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        if let Some(Location::Const(_)) = self.stack.get(top).map(|entry| entry.place()) {
            self.materialize(top)?;
        }
        let entry = self.stack.get(top).ok_or(INVALID)?;
        Ok(self.slot_operand(entry))
    }

    /// `ref.cast`. The reference stays where it is.
    fn ref_cast(&mut self, nullable: bool) -> TranslateResult {
        let ty = self.heap_type()?;
        let (ty, flags) = self.cast_to(nullable, ty)?;
        let slot = self.peek_slot()?;
        self.code.write(family::RefCast.s((slot, ty, flags)));
        Ok(())
    }

    /// `br_on_cast` and similar operators.
    fn br_on_cast(&mut self, fail: bool, has_descriptor: bool) -> TranslateResult {
        let Cast { label: depth, to: (nullable, to), .. } = self.reader.cast()?;
        let (ty, flags) = self.cast_to(nullable, to.supported()?)?;
        let flags = flags.0 ^ if fail { u64::from(casts::NEGATED) } else { 0 };
        let label = self.labels.at(depth).ok_or(INVALID)?;
        let count = self.branch_arity(&label);
        self.meter.values(count);
        let descriptor = if has_descriptor { Some(self.pop_slot()?) } else { None };
        self.materialize_many(count)?;
        let slot = self.peek_slot()?;
        let negated = u64::from(casts::NEGATED);
        let write = |body: &mut Self, flags: u64| {
            let start = match descriptor {
                Some(descriptor) => body.code.write(family::BrOnCastDesc.s((slot, ty, Imm(flags), descriptor, Target))),
                None => body.code.write(family::BrOnCast.s((slot, ty, Imm(flags), Target))),
            };
            (start, body.code.units.len() - 2)
        };
        if self.in_place(&label, count) && label.kind != LabelKind::Func {
            let (start, target) = write(self, flags);
            self.labels.branch(depth, start, target, self.code);
            return Ok(());
        }
        self.branch_with(depth, &label, |body| write(body, flags ^ negated))
    }

    /// `any.convert_extern` and `extern.convert_any`. The bits stay the same, so there is no instruction.
    fn convert(&mut self, heap: HeapType) -> TranslateResult {
        self.stack.retype(ValType::Ref(RefType::new(true, heap))).ok_or(INVALID)
    }
}
