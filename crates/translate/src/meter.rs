//! Metering: instructions that take fuel, at the start of each function and loop.
//!
//! Each takes the cost of the operators up to the end of its function or loop. Operators of inner loops do not count:
//! the inner loops have their own instructions. An operator whose cost depends on its operands takes fuel itself.
//! docs/fuel.md lists the costs.

use alloc::vec::Vec;

use wasmote_ir::code::to_units;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::fuel;
use wasmote_ir::ops::family;
use wasmote_ir::write::Imm;

use crate::code_writer::CodeWriter;

/// The costs of the function and the loops that have not ended.
#[derive(Default)]
pub struct Meter {
    /// Whether the code is metered.
    on: bool,
    /// For each of them, outermost first: the unit of the cost's operand, and the cost so far.
    regions: Vec<(usize, u32)>,
}

impl Meter {
    /// Starts a function.
    pub fn start(&mut self, on: bool) {
        self.on = on;
        self.regions.clear();
    }

    /// Begins a function or a loop. No instruction is fused across this point.
    pub fn open(&mut self, code: &mut CodeWriter) {
        if self.on {
            let at = code.write(family::Fuel.x((Imm(0),)));
            code.join();
            if self.regions.try_push((at + 1, 0)).is_err() {
                code.fail();
            }
        }
    }

    /// Counts an operator.
    pub fn count(&mut self) {
        if let Some((_, cost)) = self.regions.last_mut() {
            *cost += 1;
        }
    }

    /// Adds the cost of an operator or function that moves `count` values or sets `count` locals to zero. The count
    /// is not bounded by the size of the operator, so it costs more.
    pub fn values(&mut self, count: usize) {
        if let Some((_, cost)) = self.regions.last_mut() {
            *cost = cost.saturating_add((count >> fuel::VALUES) as u32);
        }
    }

    /// Whether the code is metered.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Ends the function or the innermost loop: writes its cost to its instruction.
    pub fn close(&mut self, code: &mut CodeWriter) {
        if let Some((operand, cost)) = self.regions.pop() {
            code.set_units(operand, &to_units(u64::from(cost))[..2]);
        }
    }
}
