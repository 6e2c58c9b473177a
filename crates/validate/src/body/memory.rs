//! Validates the operators on memories, tables and segments.

use wasmote_decode::operators::{MemArg, MemArgForm};
use wasmote_ir::Proposal;
use wasmote_ir::operators::Immediate;
use wasmparser::WasmFeatures;

use super::BodyValidator;
use crate::fault::Invalid;
use crate::outline::Table;
use crate::types::Ty;

impl BodyValidator<'_> {
    /// Reads a memory argument, and returns the type of the memory's addresses (spec:
    /// valid/instructions#memory-instructions). `natural` is log2 of the size of the access.
    #[inline(always)]
    pub fn memory_argument(&mut self, natural: u8) -> Result<Ty, Invalid> {
        let arg = self.reader.memarg_of(self.memarg_form(false))?;
        self.address(arg, natural)
    }

    /// [`BodyValidator::memory_argument`] for the immediate of an atomic operator, whose alignment must be `natural`.
    #[inline(never)]
    pub fn atomic_argument(&mut self, immediate: Immediate, natural: u8) -> Result<Ty, Invalid> {
        let arg = self.reader.memarg_of(self.memarg_form(immediate.acquire_release().is_some()))?;
        if let Some(ordering) = arg.ordering {
            self.ordering(immediate, ordering)?;
        }
        if arg.align < u32::from(natural) {
            return Err(self.fault("atomic instructions must always specify maximum alignment"));
        }
        self.address(arg, natural)
    }

    /// Reads the memory ordering of a fence.
    pub fn fence_ordering(&mut self, immediate: Immediate) -> Result<(), Invalid> {
        match self.reader.byte()? {
            0 => Ok(()),
            ordering => self.ordering(immediate, ordering),
        }
    }

    /// Checks the byte of a memory ordering.
    fn ordering(&self, immediate: Immediate, ordering: u8) -> Result<(), Invalid> {
        self.require(Proposal::AcquireReleaseAtomics)?;
        if ordering == 0 || immediate.acquire_release() == Some(ordering) {
            return Ok(());
        }
        Err(self.fault("invalid atomic consistency ordering"))
    }

    #[inline(always)]
    fn memarg_form(&self, has_ordering: bool) -> MemArgForm {
        MemArgForm {
            has_memory: self.features.contains(WasmFeatures::MULTI_MEMORY),
            is_wide: self.features.contains(WasmFeatures::MEMORY64),
            has_ordering,
        }
    }

    /// Checks a memory argument, and returns the type of the memory's addresses.
    #[inline(always)]
    fn address(&self, arg: MemArg, natural: u8) -> Result<Ty, Invalid> {
        let MemArg { align, memory, offset, .. } = arg;
        if align > u32::from(natural) {
            return Err(self.misaligned());
        }
        let Some(address) = self.outline.memory(memory) else { return Err(self.unknown("memory", memory)) };
        if offset > u64::from(u32::MAX) && address == Ty::I32 {
            return Err(self.fault("offset out of range: must be <= 2**32"));
        }
        Ok(address)
    }

    #[cold]
    #[inline(never)]
    fn misaligned(&self) -> Invalid {
        self.fault("invalid memop alignment: alignment must not be larger than natural")
    }

    /// Reads a zero byte, in a place where later versions have an index.
    pub fn zero_byte(&mut self) -> Result<u32, Invalid> {
        self.reader.zero()?;
        Ok(0)
    }

    /// Reads the index of a memory, and returns the type of its addresses.
    pub fn memory(&mut self) -> Result<Ty, Invalid> {
        let index = self.reader.u32()?;
        self.outline.memory(index).ok_or_else(|| self.unknown("memory", index))
    }

    /// [`BodyValidator::memory`], in a place where versions without multiple memories have a zero byte.
    pub fn memory_or_zero(&mut self) -> Result<Ty, Invalid> {
        if self.features.contains(WasmFeatures::MULTI_MEMORY) {
            return self.memory();
        }
        self.zero_byte()?;
        self.outline.memory(0).ok_or_else(|| self.unknown("memory", 0))
    }

    /// Reads the index of a table.
    fn table(&mut self) -> Result<Table, Invalid> {
        let index = self.reader.u32()?;
        self.outline.table(index).ok_or_else(|| self.unknown("table", index))
    }

    /// Reads the index of an element segment, and returns the type of its elements.
    pub fn elem(&mut self) -> Result<Ty, Invalid> {
        let index = self.reader.u32()?;
        self.outline.elem(index).ok_or_else(|| self.unknown("elem segment", index))
    }

    /// Reads the index of a data segment.
    pub fn data(&mut self) -> Result<(), Invalid> {
        let index = self.reader.u32()?;
        match self.outline.data {
            None => Err(self.fault("data count section required")),
            Some(count) if index < count => Ok(()),
            Some(_) => Err(self.unknown("data segment", index)),
        }
    }

    pub fn table_get(&mut self) -> Result<(), Invalid> {
        let table = self.table()?;
        self.pop(table.index)?;
        self.push(table.element);
        Ok(())
    }

    pub fn table_set(&mut self) -> Result<(), Invalid> {
        let table = self.table()?;
        self.pop_all(&[table.index, table.element])
    }

    pub fn memory_init(&mut self) -> Result<(), Invalid> {
        self.data()?;
        let address = self.memory()?;
        self.pop_all(&[address, Ty::I32, Ty::I32])
    }

    pub fn memory_copy(&mut self) -> Result<(), Invalid> {
        let (to, from) = (self.memory()?, self.memory()?);
        self.pop_all(&[to, from, shorter(to, from)])
    }

    pub fn table_init(&mut self) -> Result<(), Invalid> {
        let (elem, table) = (self.elem()?, self.table()?);
        self.check(elem, table.element)?;
        self.pop_all(&[table.index, Ty::I32, Ty::I32])
    }

    pub fn table_copy(&mut self) -> Result<(), Invalid> {
        let (to, from) = (self.table()?, self.table()?);
        self.check(from.element, to.element)?;
        self.pop_all(&[to.index, from.index, shorter(to.index, from.index)])
    }

    pub fn table_grow(&mut self) -> Result<(), Invalid> {
        let table = self.table()?;
        self.pop_all(&[table.element, table.index])?;
        self.push(table.index);
        Ok(())
    }

    pub fn table_size(&mut self) -> Result<(), Invalid> {
        let table = self.table()?;
        self.push(table.index);
        Ok(())
    }

    pub fn table_fill(&mut self) -> Result<(), Invalid> {
        let table = self.table()?;
        self.pop_all(&[table.index, table.element, table.index])
    }
}

/// Returns the type of the length of a copy between two index types: the smaller one.
fn shorter(a: Ty, b: Ty) -> Ty {
    if a == Ty::I32 { a } else { b }
}
