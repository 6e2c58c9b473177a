//! Calls (spec: exec/instructions#control-instructions). The mode decides how they work.

#[cfg(feature = "in-place")]
pub mod in_place;
#[cfg(feature = "alloc")]
pub mod linked;

use core::marker::PhantomData;

use wasmote_ir::shape::{CallIndirect as CallIndirectShape, Format, Operand};

use crate::dispatch::{Execute, Flow, Regs};
use crate::handlers::handler_macros::{Encoded, variants};
use crate::mode::{Calls, Mode};
use crate::operand::{R, S, Source};

/// A call through a table.
pub struct Indirect<A>(PhantomData<A>);

impl<M: Mode, A: Source<u64>> Execute<M> for Indirect<A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees an indirect call whose index has the class `A`, as `call_indirect` asks.
        unsafe { M::Calls::call_indirect::<A>(r) }
    }
}

impl<A: Source<u64>> Encoded for Indirect<A> {
    const FORMAT: Format = A::FORMAT.then(Format::operands(&[Operand::Table, Operand::Type, Operand::Base]));
}

variants!(call () rows::CallIndirect: CallIndirectShape => {
    s: Indirect<S>,
    r: Indirect<R>,
});

/// The rows.
pub mod rows {
    use super::Calls;
    use crate::handlers::control::rows::instructions;
    use crate::handlers::handler_macros::single;

    instructions! {
        Call(r) { M::Calls::call(r) }
        CallImport(r) { M::Calls::call_import(r) }
        ReturnCall(r) { M::Calls::return_call(r) }
        ReturnCallImport(r) { M::Calls::return_call_import(r) }
        ReturnCallIndirect(r) { M::Calls::return_call_indirect(r) }
    }

    /// See [`wasmote_ir::Op::CallIndirect`].
    pub struct CallIndirect;

    single!(hot: Call: Call);
    single!(call: CallImport: CallImport, ReturnCall: ReturnCall, ReturnCallImport: ReturnCallImport,
        ReturnCallIndirect: ReturnCallIndirect);
}
