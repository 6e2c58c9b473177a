//! Shows each instruction as it runs, for debugging: [`Config::trace`].

use core::fmt;

use wasmote_ir::ValType;
use wasmote_runtime as runtime;

use crate::engine::Config;
use crate::module::Module;

pub use wasmote_runtime::When;

/// An instruction that runs.
pub struct TraceStep<'a>(&'a runtime::TraceStep<'a>);

impl Config {
    /// Sets a function that is called before and after each instruction, for example to print it. Default: none.
    ///
    /// It must not panic: that ends the process. If an access of a guarded memory faults, the call after the
    /// instruction is missing.
    pub fn trace(&mut self, show: impl Fn(&TraceStep<'_>) + Send + Sync + 'static) -> &mut Config {
        self.settings.optional.trace = Some(runtime::Tracer::new(move |step| show(&TraceStep(step))));
        self
    }
}

impl fmt::Debug for TraceStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (func, byte) = (self.func_index(), self.byte());
        f.debug_struct("TraceStep").field("func_index", &func).field("byte", &byte).finish_non_exhaustive()
    }
}

impl TraceStep<'_> {
    /// Returns the module that contains the instruction.
    pub fn module(&self) -> &Module {
        match self.0.module.downcast_ref() {
            Some(module) => Module::of(module),
            None => unreachable!("steps are those of a runtime's module"),
        }
    }

    /// Returns the index of the function that contains the instruction; imports count.
    pub fn func_index(&self) -> u32 {
        self.0.func
    }

    /// Returns the instruction's offset in the function's linked code, in bytes; see
    /// [`LinkedInstr::byte`](crate::LinkedInstr::byte).
    pub fn byte(&self) -> u32 {
        self.0.byte
    }

    /// Returns whether the instruction is about to run, or has run.
    pub fn when(&self) -> When {
        self.0.step.when
    }

    /// Returns the value of a slot in the instruction's frame.
    pub fn slot(&self, slot: u32) -> u64 {
        self.0.step.slot(slot)
    }

    /// Returns the bits of the accumulator for a type.
    pub fn accumulator(&self, ty: ValType) -> u128 {
        match ty {
            ValType::F32 => self.0.step.f32().into(),
            ValType::F64 => self.0.step.f64().into(),
            ValType::V128 => {
                let [low, high] = self.0.step.vector();
                u128::from(high) << 64 | u128::from(low)
            }
            _ => self.0.step.integer().into(),
        }
    }
}
