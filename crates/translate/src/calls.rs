//! Calls. Arguments are materialized, because their stack slots are the first slots of the callee's frame.

use wasmote_decode::FuncType;
use wasmote_ir::ops::family;
use wasmote_ir::write::{Base, Count, Func, Header, Slot, Table, Type};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::Src;
use crate::stack::{Location, StackEntry};

impl BodyTranslator<'_> {
    /// Materializes the arguments and pops them. Returns the callee's first slot, and how many slots the arguments
    /// take.
    pub fn arguments(&mut self, ty: &FuncType) -> TranslateResult<(Base, Count)> {
        let base = self.materialize_top(ty.params().len())?;
        for _ in 0..ty.params().len() {
            self.pop()?;
        }
        let slots: u64 = ty.params().iter().map(|ty| u64::from(ty.slots())).sum();
        // A function type has at most 1,000 parameters, so the number of slots fits.
        Ok((Base(base), Count(slots as u16)))
    }

    /// Pushes the results of a call. The callee left them in its first slots.
    pub fn results(&mut self, ty: &FuncType) {
        let mut first = None;
        for &result in ty.results() {
            let slot = self.stack.push(Location::Temp, result);
            first = first.or(Some((result, slot)));
        }
        self.code.called(first.filter(|_| ty.results().len() == 1));
    }

    /// Returns the number of a function: `Ok` counts the functions that the module defines, `Err` those that it
    /// imports.
    fn callee(&self, func: u32) -> Result<Func, Func> {
        func.checked_sub(self.module.imported_funcs).map(Func).ok_or(Func(func))
    }

    /// `call`.
    pub fn call(&mut self) -> TranslateResult {
        let func = self.reader.u32()?;
        let ty = self.module.func_type(func).ok_or(INVALID)?;
        let (base, _) = self.arguments(ty)?;
        self.code.write_short(match self.callee(func) {
            Ok(defined) => family::Call.x((defined, base)),
            Err(imported) => family::CallImport.x((imported, base)),
        });
        self.results(ty);
        Ok(())
    }

    /// `return_call`.
    pub fn return_call(&mut self) -> TranslateResult {
        let func = self.reader.u32()?;
        let ty = self.module.func_type(func).ok_or(INVALID)?;
        self.meter.values(ty.params().len());
        let (base, count) = self.arguments(ty)?;
        let header = Header(self.header);
        self.code.write(match self.callee(func) {
            Ok(defined) => family::ReturnCall.x((defined, base, count, header)),
            Err(imported) => family::ReturnCallImport.x((imported, base, count, header)),
        });
        self.unreachable();
        Ok(())
    }

    /// Pops the index into a table, and chooses its class. This comes before the arguments are materialized, so that a
    /// store of the index can still be left out; moves leave the accumulator as it is.
    fn table_index(&mut self) -> TranslateResult<(StackEntry, Src)> {
        self.write_wraps_below()?;
        let entry = self.pop()?;
        Ok((entry, self.register_or_slot(entry, wasmote_ir::ValType::I64)))
    }

    /// `call_indirect`.
    pub fn call_indirect(&mut self) -> TranslateResult {
        let (ty, table) = (self.reader.u32()?, self.reader.u32()?);
        let (_, index) = self.table_index()?;
        let (type_index, table) = (Type(ty), Table(table));
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        let (base, _) = self.arguments(ty)?;
        match index {
            Src::Slot(slot) => self.code.write_short(family::CallIndirect.s((Slot(slot), table, type_index, base))),
            _ => self.code.write_short(family::CallIndirect.r((table, type_index, base))),
        };
        self.results(ty);
        Ok(())
    }

    /// `return_call_indirect`.
    pub fn return_call_indirect(&mut self) -> TranslateResult {
        let (ty, table) = (self.reader.u32()?, self.reader.u32()?);
        let index = self.pop_slot()?;
        let (type_index, table) = (Type(ty), Table(table));
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        self.meter.values(ty.params().len());
        let (base, count) = self.arguments(ty)?;
        let operands = (index, table, type_index, base, count, Header(self.header));
        self.code.write(family::ReturnCallIndirect.s(operands));
        self.unreachable();
        Ok(())
    }
}
