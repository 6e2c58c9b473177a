//! Each instruction as it runs, shown to whoever looks for a mistake ([`Config::trace`]).

use wasmote_ir::ValType;
use wasmote_runtime as runtime;

use crate::engine::Config;
use crate::module::Module;

pub use wasmote_runtime::When;

/// An instruction that runs.
pub struct TraceStep<'a>(&'a runtime::TraceStep<'a>);

impl Config {
    /// What is shown each instruction before it runs and after it did, such as to print it; nobody unless said otherwise. It must not panic: that
    /// ends the process. A fault of a guarded memory ends an instruction without showing it again.
    pub fn trace(&mut self, show: impl Fn(&TraceStep<'_>) + Send + Sync + 'static) -> &mut Config {
        self.settings.optional.trace = Some(runtime::Tracer::new(move |step| show(&TraceStep(step))));
        self
    }
}

impl TraceStep<'_> {
    /// The module that has it.
    pub fn module(&self) -> &Module {
        match self.0.module.downcast_ref() {
            Some(module) => Module::of(module),
            None => unreachable!("steps are those of a runtime's module"),
        }
    }

    /// The function that has it, by its index in the module, imports counted.
    pub fn func_index(&self) -> u32 {
        self.0.func
    }

    /// Where in the function's linked code it is, in bytes: [`LinkedInstr::byte`](crate::LinkedInstr::byte).
    pub fn byte(&self) -> u32 {
        self.0.byte
    }

    /// Whether it has run.
    pub fn when(&self) -> When {
        self.0.step.when
    }

    /// What is in a slot of its frame.
    pub fn slot(&self, slot: u32) -> u64 {
        self.0.step.slot(slot)
    }

    /// What is in the accumulator of a type, as bits; 0 of types that have none.
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
