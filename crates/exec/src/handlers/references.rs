//! References that may be null, calls through references, and exceptions. Continuations have a file of their own.

/// The rows.
pub mod rows {
    use wasmote_ir::TrapCode;

    use crate::dispatch::{Execute, cold};
    use crate::handlers::calls::linked::{enter, enter_own, own, referenced, tail_call};
    use crate::handlers::control::rows::instructions;
    use crate::handlers::handler_macros::single;
    use crate::linked::throw::resume_at;
    use crate::linked::{Flow, Func, Linked, Regs};
    use crate::operand::instr_bytes;

    /// Returns the function to which the reference in the slot at unit 0 leads, if it is one that the running instance
    /// defines. Validation checked its type. In an image that lies about the type, the call is still safe: the
    /// callee's frame is checked where it is made.
    ///
    /// # Safety
    /// As `Execute::run`, and the instruction has a slot operand at unit 0.
    #[inline(always)]
    unsafe fn own_referenced(r: &Regs) -> Option<*mut Func> {
        // SAFETY: the caller guarantees the operand.
        unsafe { own(r, r.slot(0).read() as u32) }
    }

    /// Returns any function to which the reference in the slot at unit 0 leads.
    ///
    /// # Safety
    /// As `Execute::run`, and the instruction has a slot operand at unit 0.
    #[inline(always)]
    unsafe fn any_referenced(r: &Regs) -> Result<*mut Func, TrapCode> {
        // SAFETY: the caller guarantees the operand.
        unsafe { referenced(r, r.slot(0).read() as u32).ok_or(TrapCode::NullReference) }
    }

    /// The rest of a [`CallRef`] whose function is not one that the running instance defines.
    struct CallRefOutOfLine;

    impl Execute<Linked> for CallRefOutOfLine {
        #[inline(always)]
        unsafe fn run(r: &mut Regs) -> Flow {
            // SAFETY: `CallRef` continues here with unchanged registers, so the operands are those of its instruction.
            unsafe {
                match any_referenced(r) {
                    Ok(func) => enter(r, func, r.u16(1), r.ip.add(instr_bytes::<Linked>(2))),
                    Err(code) => Flow::Trap(code),
                }
            }
        }
    }

    instructions! { only Linked;
        CallRef(r) {
            match own_referenced(r) {
                Some(func) => enter_own(r, func, r.u16(1), r.ip.add(instr_bytes::<Linked>(2))),
                None => Flow::TailCall(cold::<Linked, CallRefOutOfLine>),
            }
        }
        ReturnCallRef(r) {
            match any_referenced(r) {
                Ok(func) => tail_call::<1>(r, func),
                Err(code) => Flow::Trap(code),
            }
        }
        TrapNull(r) {
            if r.slot(0).read() as u32 == 0 {
                return Flow::Trap(TrapCode::NullReference);
            }
            r.advance(const { wasmote_ir::Op::TrapNull.operand_units() });
            Flow::Next
        }
    }

    instructions! { only Linked;
        Throw(r) {
            let (machine, tag) = ((*r.cx).machine, *(*r.cx).tags.add(r.u32(0) as usize));
            let (values, count) = (r.slot(2), r.u16(3));
            match ((*machine).hooks.exception)(machine, tag, values, count, values.add(count)) {
                Some(reference) if resume_at(r, reference, r.u16(4) as u16) => Flow::Next,
                Some(reference) => {
                    (*machine).exception = reference;
                    Flow::Trap(TrapCode::Exception)
                }
                None => Flow::Trap(TrapCode::HeapExhausted),
            }
        }
        ThrowRef(r) {
            let (machine, reference) = ((*r.cx).machine, r.slot(0).read() as u32);
            if reference == 0 {
                return Flow::Trap(TrapCode::NullReference);
            }
            if resume_at(r, reference, r.u16(1) as u16) {
                return Flow::Next;
            }
            (*machine).exception = reference;
            Flow::Trap(TrapCode::Exception)
        }
    }

    #[cfg(not(feature = "stack-switching"))]
    pub use super::no_continuations::*;
    #[cfg(feature = "stack-switching")]
    pub use crate::handlers::continuations::rows::*;

    single!(only Linked cold: Throw: Throw, ThrowRef: ThrowRef);
    single!(only Linked hot: CallRef: CallRef, ReturnCallRef: ReturnCallRef, TrapNull: Check);
}

/// The rows of continuations in a build without them. Such code is refused before it is linked.
#[cfg(not(feature = "stack-switching"))]
mod no_continuations {
    use wasmote_ir::shape;

    use crate::dispatch::cold;
    use crate::handlers::control::rows::Unreachable;
    use crate::handlers::handler_macros::Handlers;
    use crate::linked::{Handler, Linked};

    macro_rules! absent {
        ($($name:ident: $shape:ident),*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub struct $name;

            impl Handlers<$name, Linked> for shape::$shape {
                const TABLE: &'static [Handler] = &[cold::<Linked, Unreachable>];
            }
        )* };
    }

    absent!(ContNew: NewContinuation, ContBind: BindContinuation, Suspend: Suspend, Switch: Switch);
    absent!(Resume: Resume, ResumeThrow: Switch, ResumeThrowRef: ResumeThrowRef, HandleTag: HandleTag);
}
