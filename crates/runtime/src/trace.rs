//! Who is shown each instruction as it runs, and what of it.

use alloc::sync::Arc;
use core::any::Any;
use core::fmt;

use wasmote_exec as exec;

pub use wasmote_exec::trace::When;

/// An instruction that runs.
pub struct TraceStep<'a> {
    /// The [`Module`](crate::Module) that has it. Modules have an engine, whose settings have a tracer: so it is not named here.
    pub module: &'a dyn Any,
    /// The function that has it, by its index in the module, imports counted.
    pub func: u32,
    /// Where in the function's linked code it is, in bytes.
    pub byte: u32,
    /// When it is shown, and the values that it works on.
    pub step: &'a exec::trace::Step<'a, exec::Linked>,
}

/// What is shown each instruction.
#[derive(Clone)]
pub struct Tracer(Arc<dyn Fn(&TraceStep<'_>) + Send + Sync>);

impl Tracer {
    /// This is shown each instruction; it must not panic.
    pub fn new(show: impl Fn(&TraceStep<'_>) + Send + Sync + 'static) -> Tracer {
        Tracer(Arc::new(show))
    }

    pub(crate) fn show(&self, step: &TraceStep<'_>) {
        (self.0)(step);
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}
