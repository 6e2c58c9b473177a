//! Calls: arguments are brought into the slots where they are the callee's first ones.

use wasmote_decode::FuncType;
use wasmote_ir::Op;
use wasmote_ir::ops::Sources;

use crate::body::{Body, INVALID, Step};
use crate::code::Src;
use crate::stack::{Entry, Place};

impl Body<'_> {
    /// Brings the arguments into place and pops them; returns the callee's first slot, and how many slots they take.
    pub fn arguments(&mut self, ty: &FuncType) -> Step<(u64, u64)> {
        let base = self.settle_top(ty.params.len())?;
        for _ in 0..ty.params.len() {
            self.pop()?;
        }
        Ok((u64::from(base), ty.params.iter().map(|ty| u64::from(ty.slots())).sum()))
    }

    /// Pushes what a call left in the callee's first slots.
    pub fn results(&mut self, ty: &FuncType) {
        let mut first = None;
        for &result in &ty.results {
            let slot = self.stack.push(Place::Temp, result);
            first = first.or(Some((result, slot)));
        }
        self.code.called(first.filter(|_| ty.results.len() == 1));
    }

    /// The families for a function by its index, and the index that they use.
    fn callee(&self, func: u32, defined: Op, imported: Op) -> (Op, u64) {
        match func.checked_sub(self.module.imported_funcs) {
            Some(index) => (defined, u64::from(index)),
            None => (imported, u64::from(func)),
        }
    }

    /// `call`.
    pub fn call(&mut self) -> Step {
        let func = self.operators.index()?;
        let ty = self.module.func_type(func).ok_or(INVALID)?;
        let (base, _) = self.arguments(ty)?;
        let (op, index) = self.callee(func, Op::Call, Op::CallImport);
        self.code.emit_few(op, 0, [index, base, 0, 0]);
        self.results(ty);
        Ok(())
    }

    /// `return_call`.
    pub fn return_call(&mut self) -> Step {
        let func = self.operators.index()?;
        let ty = self.module.func_type(func).ok_or(INVALID)?;
        self.meter.values(ty.params.len());
        let (base, count) = self.arguments(ty)?;
        let (op, index) = self.callee(func, Op::ReturnCall, Op::ReturnCallImport);
        self.code.emit(op, 0, &[index, base, count, u64::from(self.header)]);
        self.unreachable();
        Ok(())
    }

    /// The index into a table: where it is, in time for the accumulator to survive the arguments' moves.
    fn table_index(&mut self) -> Step<(Entry, Src)> {
        let entry = self.pop()?;
        Ok((entry, self.register_or_slot(entry, wasmote_ir::ValType::I64)))
    }

    /// `call_indirect`.
    pub fn call_indirect(&mut self) -> Step {
        let (ty, table) = (self.operators.index()?, self.operators.index()?);
        let (_, index) = self.table_index()?;
        let (type_index, table) = (u64::from(ty), u64::from(table));
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        let (base, _) = self.arguments(ty)?;
        let variant = Op::CallIndirect.variant(Sources::of(index.class())).ok_or(INVALID)?;
        let values = match index {
            Src::Slot(slot) => [slot.into(), table, type_index, base],
            _ => [table, type_index, base, 0],
        };
        self.code.emit_few(Op::CallIndirect, variant, values);
        self.results(ty);
        Ok(())
    }

    /// `return_call_indirect`.
    pub fn return_call_indirect(&mut self) -> Step {
        let (ty, table) = (self.operators.index()?, self.operators.index()?);
        let index = self.pop_slot()?;
        let (type_index, table) = (u64::from(ty), u64::from(table));
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        self.meter.values(ty.params.len());
        let (base, count) = self.arguments(ty)?;
        let values = [index, table, type_index, base, count, u64::from(self.header)];
        self.code.emit(Op::ReturnCallIndirect, 0, &values);
        self.unreachable();
        Ok(())
    }
}
