//! Operators on references: null, null checks, and calls through references.

use wasmote_ir::ops::family;
use wasmote_ir::write::Header;
use wasmote_ir::{HeapType, Op, RefType, ValType};

use crate::body::{BodyTranslator, INVALID, TranslateResult};
use crate::code_writer::Src;
use crate::control::BranchCondition;
use crate::stack::Location;

impl BodyTranslator<'_> {
    /// Reads a heap type.
    pub fn heap_type(&mut self) -> TranslateResult<HeapType> {
        Ok(self.reader.heap_type()?.supported()?)
    }

    /// `ref.null`.
    pub fn ref_null(&mut self) -> TranslateResult {
        let heap = self.heap_type()?;
        self.stack.push(Location::Const(0), ValType::Ref(RefType::new(true, heap)));
        Ok(())
    }

    /// `ref.as_non_null`. The reference stays where it is.
    pub fn ref_as_non_null(&mut self) -> TranslateResult {
        let top = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        let entry = self.stack.get(top).ok_or(INVALID)?;
        if let Location::Const(_) = entry.place() {
            self.materialize(top)?;
        }
        let entry = self.stack.get(top).ok_or(INVALID)?;
        let slot = self.slot_operand(entry);
        self.code.write(family::TrapNull.s((slot,)));
        Ok(())
    }

    /// `br_on_null`.
    pub fn br_on_null(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        let entry = self.pop_cold()?;
        let a = Src::Slot(self.slot(entry));
        self.branch_if(depth, BranchCondition { taken: Op::BrI32Eq, not: Op::BrI32Ne, a, b: Src::Imm(0) })?;
        // The only constant reference is null, and then the code after the branch is never reached. So `Temp` will do.
        let place = if let Location::Const(_) = entry.place() { Location::Temp } else { entry.place() };
        self.stack.push(place, entry.ty());
        Ok(())
    }

    /// `br_on_non_null`.
    pub fn br_on_non_null(&mut self) -> TranslateResult {
        let depth = self.reader.u32()?;
        // The branch carries the reference.
        let top = self.stack.len().checked_sub(1).ok_or(INVALID)?;
        self.materialize(top)?;
        let a = Src::Slot(self.stack.get(top).ok_or(INVALID)?.stack_slot());
        self.branch_if(depth, BranchCondition { taken: Op::BrI32Ne, not: Op::BrI32Eq, a, b: Src::Imm(0) })?;
        self.pop_cold()?;
        Ok(())
    }

    /// `call_ref`.
    pub fn call_ref(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let func = self.pop_slot()?;
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        let (base, _) = self.arguments(ty)?;
        self.code.write(family::CallRef.s((func, base)));
        self.results(ty);
        Ok(())
    }

    /// `return_call_ref`.
    pub fn return_call_ref(&mut self) -> TranslateResult {
        let ty = self.reader.u32()?;
        let func = self.pop_slot()?;
        let ty = self.module.type_of_funcs(ty).ok_or(INVALID)?;
        self.meter.values(ty.params().len());
        let (base, count) = self.arguments(ty)?;
        self.code.write(family::ReturnCallRef.s((func, base, count, Header(self.header))));
        self.unreachable();
        Ok(())
    }
}
