//! Memories, tables and segments.

use wasmparser::WasmFeatures;

use super::Body;
use crate::fault::Fault;
use crate::outline::Table;
use crate::types::Ty;

impl Body<'_> {
    /// Reads alignment and offset, and returns the type of addresses (spec: valid/instructions#memory-instructions).
    #[inline(always)]
    pub fn memory_argument(&mut self, natural: u8, exact: bool) -> Result<Ty, Fault> {
        let mut align = self.reader.u32()?;
        let memory = if align & 0x40 != 0 && self.features.contains(WasmFeatures::MULTI_MEMORY) {
            align ^= 0x40;
            self.reader.u32()?
        } else {
            0
        };
        if align > u32::from(natural) {
            return Err(self.misaligned(align));
        }
        let offset = if self.features.contains(WasmFeatures::MEMORY64) {
            self.reader.u64()?
        } else {
            u64::from(self.reader.u32()?)
        };
        if exact && align < u32::from(natural) {
            return Err(self.fault("atomic instructions must always specify maximum alignment"));
        }
        let Some(address) = self.outline.memory(memory) else { return Err(self.unknown("memory", memory)) };
        if offset > u64::from(u32::MAX) && address == Ty::I32 {
            return Err(self.fault("offset out of range: must be <= 2**32"));
        }
        Ok(address)
    }

    #[cold]
    #[inline(never)]
    fn misaligned(&self, align: u32) -> Fault {
        self.fault(if align >= 0x40 {
            "malformed memop: reserved flags bits set"
        } else {
            "invalid memop alignment: alignment must not be larger than natural"
        })
    }

    /// Reads a byte that is nothing but zero, where later versions have an index.
    pub fn zero_byte(&mut self) -> Result<u32, Fault> {
        if self.reader.byte()? == 0 { Ok(0) } else { Err(self.fault("zero byte expected")) }
    }

    /// Reads the index of a memory, and returns the type of its addresses.
    fn memory(&mut self) -> Result<Ty, Fault> {
        let index = self.reader.u32()?;
        self.outline.memory(index).ok_or_else(|| self.unknown("memory", index))
    }

    /// The same, where a version without several memories has a byte.
    fn memory_or_zero(&mut self) -> Result<Ty, Fault> {
        if self.features.contains(WasmFeatures::MULTI_MEMORY) {
            return self.memory();
        }
        self.zero_byte()?;
        self.outline.memory(0).ok_or_else(|| self.unknown("memory", 0))
    }

    /// Reads the index of a table.
    fn table(&mut self) -> Result<Table, Fault> {
        let index = self.reader.u32()?;
        self.outline.table(index).ok_or_else(|| self.unknown("table", index))
    }

    /// Reads the index of an element segment, and returns the type of its elements.
    pub fn elem(&mut self) -> Result<Ty, Fault> {
        let index = self.reader.u32()?;
        self.outline.elem(index).ok_or_else(|| self.unknown("elem segment", index))
    }

    /// Reads the index of a data segment.
    pub fn data(&mut self) -> Result<(), Fault> {
        let index = self.reader.u32()?;
        match self.outline.data {
            None => Err(self.fault("data count section required")),
            Some(count) if index < count => Ok(()),
            Some(_) => Err(self.unknown("data segment", index)),
        }
    }

    pub fn memory_size(&mut self) -> Result<(), Fault> {
        let address = self.memory_or_zero()?;
        self.push(address);
        Ok(())
    }

    pub fn memory_grow(&mut self) -> Result<(), Fault> {
        let address = self.memory_or_zero()?;
        self.pop(address)?;
        self.push(address);
        Ok(())
    }

    pub fn table_get(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        let table = self.table()?;
        self.pop(table.index)?;
        self.push(table.element);
        Ok(())
    }

    pub fn table_set(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?;
        let table = self.table()?;
        self.pop_all(&[table.index, table.element])
    }

    /// `atomic.fence`.
    pub fn fence(&mut self) -> Result<(), Fault> {
        self.require(WasmFeatures::THREADS, "threads")?;
        self.zero_byte()?;
        Ok(())
    }

    /// Behind the prefix 0xfc, conversions aside.
    pub fn bulk(&mut self, opcode: u32) -> Result<(), Fault> {
        match opcode {
            0x08..=0x0e => self.require(WasmFeatures::BULK_MEMORY, "bulk memory")?,
            0x0f..=0x11 => self.require(WasmFeatures::REFERENCE_TYPES, "reference types")?,
            0x13..=0x16 => self.require(WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic")?,
            0x12 => return Err(self.missing(WasmFeatures::MEMORY_CONTROL, "memory control")),
            _ => return Err(Fault::of(format_args!("unknown 0xfc subopcode: 0x{opcode:x}"), self.offset)),
        }
        match opcode {
            // memory.init, data.drop, memory.copy, memory.fill
            0x08 => {
                self.data()?;
                let address = self.memory()?;
                self.pop_all(&[address, Ty::I32, Ty::I32])
            }
            0x09 => self.data(),
            0x0a => {
                let (to, from) = (self.memory()?, self.memory()?);
                self.pop_all(&[to, from, shorter(to, from)])
            }
            0x0b => {
                let address = self.memory()?;
                self.pop_all(&[address, Ty::I32, address])
            }
            // table.init, elem.drop, table.copy
            0x0c => {
                let (elem, table) = (self.elem()?, self.table()?);
                self.check(elem, table.element)?;
                self.pop_all(&[table.index, Ty::I32, Ty::I32])
            }
            0x0d => self.elem().map(|_| ()),
            0x0e => {
                let (to, from) = (self.table()?, self.table()?);
                self.check(from.element, to.element)?;
                self.pop_all(&[to.index, from.index, shorter(to.index, from.index)])
            }
            // table.grow, table.size, table.fill
            0x0f => {
                let table = self.table()?;
                self.pop_all(&[table.element, table.index])?;
                self.push(table.index);
                Ok(())
            }
            0x10 => {
                let table = self.table()?;
                self.push(table.index);
                Ok(())
            }
            0x11 => {
                let table = self.table()?;
                self.pop_all(&[table.index, table.element, table.index])
            }
            // i64.add128, i64.sub128, i64.mul_wide_s, i64.mul_wide_u
            _ => {
                self.pop_all(if opcode <= 0x14 { &[Ty::I64; 4] } else { &[Ty::I64; 2] })?;
                self.push_all(&[Ty::I64; 2])
            }
        }
    }
}

/// The type of a length between two index spaces: the smaller.
fn shorter(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}
