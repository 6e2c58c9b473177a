//! Loads, stores, and the other operators on memories, tables, globals and segments.

use wasmote_decode::operators::MemArg;
use wasmote_ir::{Op, ValType};

use crate::body::{Body, INVALID, Step};
use crate::code::{Src, fits_signed};
use crate::stack::{Entry, Place};

/// An address in memory 0.
pub enum Address {
    /// The offset is all there is.
    Constant,
    /// A slot.
    Slot(u16),
    /// The accumulator.
    Reg,
    /// Base and index.
    Slots(u16, u16),
    /// Base, and the accumulator as index.
    SlotReg(u16),
    /// Base, and a constant to be added with wrapping.
    SlotImm(u16, u64),
    /// The accumulator, and a constant to be added with wrapping.
    RegImm(u64),
}

impl Address {
    /// Its number, as variants of loads from memory 0 are numbered, and its operands, as many as the last number says.
    pub fn operands(&self) -> (u8, [u64; 2], usize) {
        match *self {
            Address::Slot(a) => (0, [a.into(), 0], 1),
            Address::Constant => (1, [0; 2], 0),
            Address::Reg => (2, [0; 2], 0),
            Address::Slots(a, b) => (3, [a.into(), b.into()], 2),
            Address::SlotReg(a) => (4, [a.into(), 0], 1),
            Address::SlotImm(a, bits) => (5, [a.into(), bits], 2),
            Address::RegImm(bits) => (6, [bits, 0], 1),
        }
    }
}

impl Body<'_> {
    /// Whether loads and stores for memory 0 with 32-bit addresses will do.
    pub fn plain(&self, memory: u32, offset: u64) -> bool {
        memory == 0 && offset <= u64::from(u32::MAX) && self.module.memories.first().is_some_and(|m| !m.memory64)
    }

    /// How a popped operand is best used as an address: a sum that was just computed for it is taken back.
    pub fn address(&mut self, entry: Entry, offset: &mut u64) -> Address {
        if let Place::Const(bits) = entry.place() {
            let sum = u64::from(bits as u32) + *offset;
            if sum <= u64::from(u32::MAX) {
                *offset = sum;
                return Address::Constant;
            }
        }
        if self.code.accumulators
            && let Some(recent) = self.deciding(entry)
            && recent.op == Op::I32Add
        {
            match (recent.a, recent.b) {
                (Src::Slot(a), Src::Slot(b)) => {
                    self.code.retract();
                    return Address::Slots(a, b);
                }
                (Src::Reg, Src::Slot(b)) => {
                    self.code.retract();
                    return Address::SlotReg(b);
                }
                (Src::Slot(a), Src::Imm(bits)) => {
                    self.code.retract();
                    return Address::SlotImm(a, bits);
                }
                (Src::Reg, Src::Imm(bits)) => {
                    self.code.retract();
                    return Address::RegImm(bits);
                }
                _ => {}
            }
        }
        match self.register_or_slot(entry, ValType::I32) {
            Src::Slot(slot) => Address::Slot(slot),
            _ => Address::Reg,
        }
    }

    /// The short form of a load or store with this offset, if there is one and short forms are used.
    fn near(&self, op: Op, offset: u64) -> Option<Op> {
        op.near().filter(|_| self.code.short() && offset <= u64::from(u16::MAX))
    }

    /// A load; `any` is the family for all memories.
    pub fn load(&mut self, op: Op, any: Op, ty: ValType, arg: MemArg) -> Step {
        let MemArg { memory, mut offset } = arg;
        let entry = self.pop()?;
        if !self.plain(memory, offset) {
            let address = self.slot_operand(entry);
            let dst = self.push(ty);
            self.code.emit(any, 0, &[address, u64::from(memory), offset, dst]);
            return Ok(());
        }
        let address = self.address(entry, &mut offset);
        let dst = self.push(ty);
        if let (Address::Slot(slot), Some(near)) = (&address, self.near(op, offset)) {
            self.code.emit(near, 0, &[u64::from(*slot), offset, dst]);
            return Ok(());
        }
        let (variant, operands, count) = address.operands();
        self.code.emit_behind(op, variant, operands, count, [offset, dst]);
        Ok(())
    }

    /// A store of an integer or of a float's bits; `float` is the family that stores the float accumulator.
    pub fn store(&mut self, op: Op, any: Op, float: Option<Op>, arg: MemArg) -> Step {
        let MemArg { memory, mut offset } = arg;
        let (value, address) = (self.pop()?, self.pop()?);
        if !self.plain(memory, offset) {
            let address = self.slot_operand(address);
            let value = self.slot_operand(value);
            self.code.emit(any, 0, &[address, value, u64::from(memory), offset]);
            return Ok(());
        }
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
        // A sum of slots stays one only where there is a variant for it.
        let sum = !matches!(source, Src::Imm(_));
        let address = match self.deciding(address) {
            Some(recent) if recent.op == Op::I32Add && !sum => match self.register_or_slot(address, ValType::I32) {
                Src::Slot(slot) => Address::Slot(slot),
                _ => Address::Reg,
            },
            _ => self.address(address, &mut offset),
        };
        if let (Address::Slot(a), Some(near)) = (&address, self.near(op, offset)) {
            let (variant, value) = match source {
                Src::Imm(bits) => (1, bits),
                source => (0, source.value().unwrap_or(0)),
            };
            self.code.emit(near, variant, &[u64::from(*a), value, offset]);
            return Ok(());
        }
        let (number, operands, count) = address.operands();
        // A constant is stored at what is no sum.
        let variant = match source {
            Src::Imm(_) if number > 2 => return Err(INVALID),
            source if number <= 2 => 2 * number + u8::from(matches!(source, Src::Imm(_))),
            _ => number + 3,
        };
        self.code.emit_behind(op, variant, operands, count, [source.value().unwrap_or(0), offset]);
        Ok(())
    }

    /// A store of the accumulator that holds `value`.
    pub fn store_register(&mut self, op: Op, value: Entry, address: Entry, mut offset: u64) -> Step {
        self.take(value);
        // The four variants stand alone in the float families and at the end of the others.
        let first = op.variant_count() as u8 - 4;
        if let Place::Const(bits) = address.place() {
            let sum = u64::from(bits as u32) + offset;
            if sum <= u64::from(u32::MAX) {
                offset = sum;
                self.code.emit_few(op, first + 1, [offset, 0, 0, 0]);
                return Ok(());
            }
        }
        match self.sum_before_last(address) {
            Some((a, Src::Slot(b))) => {
                self.code.emit_few(op, first + 2, [u64::from(a), u64::from(b), offset, 0]);
                return Ok(());
            }
            Some((a, Src::Imm(bits))) => {
                self.code.emit_few(op, first + 3, [u64::from(a), bits, offset, 0]);
                return Ok(());
            }
            _ => {}
        }
        let address = self.slot_operand(address);
        self.code.emit_few(op, first, [address, offset, 0, 0]);
        Ok(())
    }

    /// If the instruction before the last computed `address`, a popped operand, as the sum of a slot and a slot or constant, and
    /// the last does not depend on it, takes the sum back, and gives its sources.
    pub fn sum_before_last(&mut self, address: Entry) -> Option<(u16, Src)> {
        let (last, sum) = (self.code.last()?, self.code.before_last()?);
        let (Src::Slot(a), b @ (Src::Slot(_) | Src::Imm(_))) = (sum.a, sum.b) else { return None };
        if sum.op != Op::I32Add || address.place() != Place::Temp || sum.dst != Some(address.home()) {
            return None;
        }
        // The last one writes an accumulator only, so that a and b are what they were, and nothing leads into it.
        if !last.elided {
            return None;
        }
        self.code.remove_before_last();
        Some((a, b))
    }

    /// `global.get`.
    pub fn global_get(&mut self) -> Step {
        let global = self.operators.index()?;
        let ty = self.module.globals.get(global as usize).ok_or(INVALID)?.content;
        let op = if ty == ValType::V128 { Op::GlobalReadV128 } else { Op::GlobalRead };
        let dst = self.push(ty);
        self.code.emit_few(op, 0, [u64::from(global), dst, 0, 0]);
        Ok(())
    }

    /// `global.set`.
    pub fn global_set(&mut self) -> Step {
        let global = self.operators.index()?;
        let ty = self.module.globals.get(global as usize).ok_or(INVALID)?.content;
        let value = self.pop()?;
        let global = u64::from(global);
        if ty == ValType::V128 {
            let value = self.slot_operand(value);
            self.code.emit(Op::GlobalWriteV128, 0, &[value, global]);
            return Ok(());
        }
        let wide = matches!(ty, ValType::I64 | ValType::F64);
        let op = if wide { Op::GlobalWrite64 } else { Op::GlobalWrite32 };
        match self.source(value, ValType::I64) {
            Src::Imm(bits) if !wide || fits_signed(bits) => self.code.emit_few(op, 1, [bits, global, 0, 0]),
            Src::Reg => {
                self.take(value);
                self.code.emit_few(op, 2, [global, 0, 0, 0])
            }
            _ => {
                let value = self.slot_operand(value);
                self.code.emit_few(op, 0, [value, global, 0, 0])
            }
        };
        Ok(())
    }

    /// An operator whose operands are read from slots, the results written to theirs: `operands` popped, then
    /// `immediates`, then the result.
    pub fn plain_operator(&mut self, op: Op, operands: usize, immediates: &[u64], result: Option<ValType>) -> Step {
        let mut values = [0; 8];
        self.pop_slots(&mut values[..operands])?;
        let mut count = operands;
        for &immediate in immediates {
            values[count] = immediate;
            count += 1;
        }
        if let Some(ty) = result {
            values[count] = self.push_apart(ty);
            count += 1;
        }
        self.code.emit(op, 0, &values[..count]);
        Ok(())
    }

    /// An operator of wide arithmetic: its two results lie side by side.
    pub fn wide(&mut self, op: Op, operands: usize) -> Step {
        let mut values = [0; 5];
        self.pop_slots(&mut values[..operands])?;
        values[operands] = self.push_apart(ValType::I64);
        self.push_apart(ValType::I64);
        self.code.emit(op, 0, &values[..=operands]);
        Ok(())
    }

    /// The type of a memory's addresses.
    pub fn address_type(&self, memory: u32) -> Step<ValType> {
        let memory = self.module.memories.get(memory as usize).ok_or(INVALID)?;
        Ok(if memory.memory64 { ValType::I64 } else { ValType::I32 })
    }

    /// The type of a table's indices, and of its elements.
    pub fn table_types(&self, table: u32) -> Step<(ValType, ValType)> {
        let table = self.module.tables.get(table as usize).ok_or(INVALID)?;
        Ok((if table.table64 { ValType::I64 } else { ValType::I32 }, table.element))
    }
}
