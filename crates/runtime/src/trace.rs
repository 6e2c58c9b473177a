//! The function that is called for each instruction as it runs.

use alloc::sync::Arc;
use core::any::Any;
use core::fmt;

use wasmote_exec as exec;

pub use wasmote_exec::trace::When;

/// An instruction that runs.
pub struct TraceStep<'a> {
    /// The [`Module`](crate::Module) that contains it. Its type is not named here, since it would be recursive: a
    /// module has an engine, whose settings have a tracer.
    pub module: &'a dyn Any,
    /// The index of the function that contains it; imports count.
    pub func: u32,
    /// The instruction's offset in the function's linked code, in bytes.
    pub byte: u32,
    /// Whether it has run, and the values that it works on.
    pub step: &'a exec::trace::TracedInstr<'a, exec::Linked>,
}

/// A function that is called for each instruction.
#[derive(Clone)]
pub struct Tracer(Arc<dyn Fn(&TraceStep<'_>) + Send + Sync>);

impl Tracer {
    /// Wraps a function that is called for each instruction. It must not panic.
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
