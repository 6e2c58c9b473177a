//! Loads, stores, accesses to globals, and the shared path of other operators whose operands are all in slots.

use wasmote_decode::operators::MemArg;
use wasmote_ir::ops::{Class, Sources, family};
use wasmote_ir::write::Global;
use wasmote_ir::{Op, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::{Src, fits_signed};
use crate::stack::{Location, StackEntry};

/// An address in memory 0.
pub enum AddressOperand {
    /// A constant, which is added to the offset.
    Constant,
    /// A slot.
    Slot(u16),
    /// The accumulator.
    Reg,
    /// The wrapping sum of two slots.
    Slots(u16, u16),
    /// The wrapping sum of a slot and the accumulator.
    SlotReg(u16),
    /// The wrapping sum of a slot and a constant.
    SlotImm(u16, u64),
    /// The wrapping sum of the accumulator and a constant.
    RegImm(u64),
}

impl AddressOperand {
    /// Returns the sum of two sources as an address, if there is a form for it.
    fn sum(a: Src, b: Src) -> Option<AddressOperand> {
        Some(match (a, b) {
            (Src::Slot(a), Src::Slot(b)) => AddressOperand::Slots(a, b),
            (Src::Reg, Src::Slot(b)) => AddressOperand::SlotReg(b),
            (Src::Slot(a), Src::Imm(bits)) => AddressOperand::SlotImm(a, bits),
            (Src::Reg, Src::Imm(bits)) => AddressOperand::RegImm(bits),
            _ => return None,
        })
    }

    /// Returns the variant of a load for this address, or of a store for this address and a value of this class.
    pub fn variant(&self, op: Op, value: Option<Class>) -> Option<u8> {
        let (sources, ..) = self.operands();
        op.variant(value.map_or(sources, |value| sources.and(value)))
    }

    /// Returns the classes of its sources, the operands, and how many operands there are.
    pub fn operands(&self) -> (Sources, [u64; 2], usize) {
        const S: Sources = Sources::of(Class::Slot);
        const R: Sources = Sources::of(Class::Accumulator);
        match *self {
            AddressOperand::Slot(a) => (S, [a.into(), 0], 1),
            AddressOperand::Constant => (Sources::of(Class::Immediate), [0; 2], 0),
            AddressOperand::Reg => (R, [0; 2], 0),
            AddressOperand::Slots(a, b) => (S.and(Class::Slot), [a.into(), b.into()], 2),
            AddressOperand::SlotReg(a) => (S.and(Class::Accumulator), [a.into(), 0], 1),
            AddressOperand::SlotImm(a, bits) => (S.and(Class::Immediate), [a.into(), bits], 2),
            AddressOperand::RegImm(bits) => (R.and(Class::Immediate), [bits, 0], 1),
        }
    }
}

impl BodyTranslator<'_> {
    /// Whether the usual loads and stores can be used: those for a memory 0 that is not shared, 32-bit addresses and a
    /// 32-bit offset.
    #[inline(always)]
    pub fn plain(&self, memory: u32, offset: u64) -> bool {
        self.is_plain_memory && memory == 0 && offset <= u64::from(u32::MAX)
    }

    /// Chooses the form of a popped operand as the address of a load, or of a store of a value of this class.
    ///
    /// A constant is added to `offset`. If the last instruction computed the operand as a sum, it is retracted,
    /// provided that the load or store has a variant for the sum.
    pub fn address(&mut self, op: Op, value: Option<Class>, entry: StackEntry, offset: &mut u64) -> AddressOperand {
        let has = |address: &AddressOperand| address.variant(op, value).is_some();
        if let Location::Const(bits) = entry.place() {
            let sum = u64::from(bits as u32) + *offset;
            if sum <= u64::from(u32::MAX) && has(&AddressOperand::Constant) {
                *offset = sum;
                return AddressOperand::Constant;
            }
        }
        if self.code.has_accumulators()
            && let Some(recent) = self.deciding(entry)
            && recent.op == Op::I32Add
            && let Some(sum) = AddressOperand::sum(recent.a, recent.b)
            && has(&sum)
        {
            self.code.retract();
            return sum;
        }
        if !has(&AddressOperand::Reg) {
            return AddressOperand::Slot(self.slot(entry));
        }
        match self.register_or_slot(entry, ValType::I32) {
            Src::Slot(slot) => AddressOperand::Slot(slot),
            _ => AddressOperand::Reg,
        }
    }

    /// Returns the short-offset form of a load or store, if it has one, the offset fits and short forms are used.
    fn short_offset(&self, op: Op, offset: u64) -> Option<Op> {
        if self.code.short() && offset <= u64::from(u16::MAX) { op.short_offset() } else { None }
    }

    /// Translates a load.
    pub fn load(&mut self, op: Op, ty: ValType, arg: MemArg) -> TranslateResult {
        let MemArg { memory, mut offset, .. } = arg;
        if !self.plain(memory, offset) {
            let entry = self.pop()?;
            let address = self.slot_operand(entry);
            let dst = self.push(ty);
            self.code.emit_single_variant(
                op.any_memory().ok_or(INVALID)?,
                &[address.into(), memory.into(), offset, dst.into()],
            );
            return Ok(());
        }
        let entry = self.pop_low()?;
        let address = self.address(op, None, entry, &mut offset);
        let dst = self.push(ty);
        if let (AddressOperand::Slot(slot), Some(short_offset)) = (&address, self.short_offset(op, offset)) {
            self.code.emit_single_variant(short_offset, &[(*slot).into(), offset, dst.into()]);
            return Ok(());
        }
        let variant = address.variant(op, None).ok_or(INVALID)?;
        let (_, operands, count) = address.operands();
        self.code.emit_two_last(op, variant, operands, count, [offset, dst.into()]);
        Ok(())
    }

    /// Translates a store of an integer or a float. For a float, `op` stores its bits from a slot, and `float` is the
    /// family that stores the float accumulator.
    pub fn store(&mut self, op: Op, float: Option<Op>, arg: MemArg) -> TranslateResult {
        let MemArg { memory, mut offset, .. } = arg;
        let value = if op == Op::Store64 { self.pop()? } else { self.pop_low()? };
        if !self.plain(memory, offset) {
            let address = self.pop_slot()?;
            let value = self.slot_operand(value);
            self.code.emit_single_variant(
                op.any_memory().ok_or(INVALID)?,
                &[address.into(), value.into(), memory.into(), offset],
            );
            return Ok(());
        }
        let address = self.pop_low()?;
        let ty = float.and_then(Op::source).unwrap_or(ValType::I32);
        let source = self.source(value, ty);
        if source == Src::Reg {
            return self.store_register(float.unwrap_or(op), value, address, offset);
        }
        let source = match source {
            Src::Imm(bits) if op != Op::Store64 || fits_signed(bits) => Src::Imm(bits),
            Src::Slot(slot) => Src::Slot(slot),
            _ => Src::Slot(self.slot(value)),
        };
        let address = self.address(op, Some(source.class()), address, &mut offset);
        if let (AddressOperand::Slot(a), Some(short_offset)) = (&address, self.short_offset(op, offset)) {
            let variant = short_offset.variant(Sources::of(Class::Slot).and(source.class())).ok_or(INVALID)?;
            self.code.emit(short_offset, variant, &[u64::from(*a), source.value().unwrap_or(0), offset]);
            return Ok(());
        }
        let variant = address.variant(op, Some(source.class())).ok_or(INVALID)?;
        let (_, operands, count) = address.operands();
        self.code.emit_two_last(op, variant, operands, count, [source.value().unwrap_or(0), offset]);
        Ok(())
    }

    /// Translates a store of the accumulator, which holds `value`.
    pub fn store_register(
        &mut self,
        op: Op,
        value: StackEntry,
        address: StackEntry,
        mut offset: u64,
    ) -> TranslateResult {
        self.take(value);
        let stored = Some(Class::Accumulator);
        let address = match address.place() {
            Location::Const(bits)
                if u64::from(bits as u32) + offset <= u64::from(u32::MAX)
                    && AddressOperand::Constant.variant(op, stored).is_some() =>
            {
                offset += u64::from(bits as u32);
                AddressOperand::Constant
            }
            _ => match self.sum_before_last(op, address) {
                Some(sum) => sum,
                None => AddressOperand::Slot(self.slot(address)),
            },
        };
        let variant = address.variant(op, stored).ok_or(INVALID)?;
        let (_, operands, count) = address.operands();
        self.code.emit_two_last(op, variant, operands, count, [offset, 0]);
        Ok(())
    }

    /// Retracts the instruction before the last, if it computed `address`, a popped operand, as the sum of a slot and a
    /// slot or constant. The last instruction must not depend on it, and `op`, a store of the accumulator, must have a
    /// variant for the sum. Returns the sum.
    fn sum_before_last(&mut self, op: Op, address: StackEntry) -> Option<AddressOperand> {
        let (last, sum) = (self.code.last()?, self.code.before_last()?);
        let (Src::Slot(_), Src::Slot(_) | Src::Imm(_)) = (sum.a, sum.b) else { return None };
        if sum.op != Op::I32Add || address.place() != Location::Temp || sum.dst != Some(address.stack_slot()) {
            return None;
        }
        // An elided instruction writes no slot, so `a` and `b` still have their values. It holds no target, so it may
        // move.
        if !last.elided {
            return None;
        }
        let sum = AddressOperand::sum(sum.a, sum.b)?;
        sum.variant(op, Some(Class::Accumulator))?;
        self.code.retract_before_last();
        Some(sum)
    }

    /// `global.get`.
    pub fn global_get(&mut self) -> TranslateResult {
        let global = self.reader.u32()?;
        let ty = self.module.globals.get(global as usize).ok_or(INVALID)?.content();
        let (global, dst) = (Global(global), self.push(ty));
        self.code.write_short(if ty == ValType::V128 {
            family::GlobalReadV128.s((global, dst))
        } else {
            family::GlobalRead.s((global, dst))
        });
        Ok(())
    }

    /// `global.set`.
    pub fn global_set(&mut self) -> TranslateResult {
        let global = self.reader.u32()?;
        let ty = self.module.globals.get(global as usize).ok_or(INVALID)?.content();
        let value = self.pop()?;
        if ty == ValType::V128 {
            let value = self.slot_operand(value);
            self.code.write(family::GlobalWriteV128.s((value, Global(global))));
            return Ok(());
        }
        let wide = matches!(ty, ValType::I64 | ValType::F64);
        let op = if wide { Op::GlobalWrite64 } else { Op::GlobalWrite32 };
        let source = match self.source(value, ValType::I64) {
            Src::Imm(bits) if !wide || fits_signed(bits) => Src::Imm(bits),
            Src::Reg => {
                self.take(value);
                Src::Reg
            }
            _ => Src::Slot(self.slot(value)),
        };
        let variant = op.variant(Sources::of(source.class())).ok_or(INVALID)?;
        self.code.emit_one_source(op, variant, source, global.into());
        Ok(())
    }

    /// Translates an operator whose operands and result are all in slots. The instruction's operands are the slots of
    /// `operands` popped values, then `immediates`, then the slot of the result.
    pub fn plain_operator(
        &mut self,
        op: Op,
        operands: usize,
        immediates: &[u64],
        result: Option<ValType>,
    ) -> TranslateResult {
        let mut values = [0; 8];
        self.pop_slots(&mut values[..operands])?;
        let mut count = operands;
        for &immediate in immediates {
            values[count] = immediate;
            count += 1;
        }
        if let Some(ty) = result {
            values[count] = self.push_cold(ty).into();
            count += 1;
        }
        self.code.emit_single_variant(op, &values[..count]);
        Ok(())
    }

    /// Translates an operator of wide arithmetic. Its two results have neighbouring slots.
    pub fn wide(&mut self, op: Op, operands: usize) -> TranslateResult {
        let mut values = [0; 5];
        self.pop_slots(&mut values[..operands])?;
        values[operands] = self.push_cold(ValType::I64).into();
        self.push_cold(ValType::I64);
        self.code.emit_single_variant(op, &values[..=operands]);
        Ok(())
    }

    /// Returns the type of a memory's addresses.
    pub fn address_type(&self, memory: u32) -> TranslateResult<ValType> {
        let memory = self.module.memories.get(memory as usize).ok_or(INVALID)?;
        Ok(if memory.is_64() { ValType::I64 } else { ValType::I32 })
    }

    /// Returns the type of a table's indices and the type of its elements.
    pub fn table_types(&self, table: u32) -> TranslateResult<(ValType, ValType)> {
        let table = self.module.tables.get(table as usize).ok_or(INVALID)?;
        Ok((if table.is_64() { ValType::I64 } else { ValType::I32 }, table.element().into()))
    }
}
