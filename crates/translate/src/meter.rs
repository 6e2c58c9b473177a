//! Metering: instructions that take fuel, where functions and loops begin. Each takes what the operators up to its end cost,
//! those of inner loops left out: they have their own. What costs more the more it is asked to do takes fuel itself. docs/fuel.md says what
//! costs how much.

use alloc::vec::Vec;

use wasmote_ir::code::to_units;
use wasmote_ir::fallible::TryVec;
use wasmote_ir::fuel;
use wasmote_ir::ops::family;
use wasmote_ir::write::Imm;

use crate::code::Code;

/// The costs that are not known yet.
#[derive(Default)]
pub struct Meter {
    /// Whether the code is metered.
    on: bool,
    /// For the function and the loops around the current point: the unit of the operand, and the cost so far.
    regions: Vec<(usize, u32)>,
}

impl Meter {
    /// Starts a function.
    pub fn start(&mut self, on: bool) {
        self.on = on;
        self.regions.clear();
    }

    /// A function or a loop begins here; nothing can be moved across.
    pub fn open(&mut self, code: &mut Code) {
        if self.on {
            let at = code.write(family::Fuel.x((Imm(0),)));
            code.join();
            if self.regions.try_push((at + 1, 0)).is_err() {
                code.fail();
            }
        }
    }

    /// An operator is translated.
    pub fn count(&mut self) {
        if let Some((_, cost)) = self.regions.last_mut() {
            *cost += 1;
        }
    }

    /// The operator, or the function, moves so many values at once, or sets so many locals to zero: more than it has bytes.
    pub fn values(&mut self, count: usize) {
        if let Some((_, cost)) = self.regions.last_mut() {
            *cost = cost.saturating_add((count >> fuel::VALUES) as u32);
        }
    }

    /// Whether the code is metered.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// The function or the loop ends.
    pub fn close(&mut self, code: &mut Code) {
        if let Some((operand, cost)) = self.regions.pop() {
            code.set_units(operand, &to_units(u64::from(cost))[..2]);
        }
    }
}
