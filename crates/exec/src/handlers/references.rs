//! References that may be null, and calls through them.

/// The rows.
pub mod rows {
    use wasmote_ir::TrapCode;

    use crate::dispatch::{Flow, Instr, Regs};
    use crate::handlers::calls::{enter_any, replace_any};
    use crate::handlers::control::rows::instructions;
    use crate::handlers::single;
    use crate::operand::instr_bytes;
    use crate::state::Func;

    /// The function that the reference in the slot at unit 0 is to; `None` if it is null. Its type was validated, and in code of an
    /// image that says otherwise does not matter: frames are checked where they are made.
    #[inline(always)]
    unsafe fn referenced(r: &Regs) -> Option<*mut Func> {
        // SAFETY: a reference is checked against the machine's table before it is used.
        unsafe {
            let machine = (*r.cx).machine;
            let entry = (r.slot(0).read() as u32).wrapping_sub(1);
            if entry >= (*machine).funcs_len { None } else { Some(*(*machine).funcs.add(entry as usize)) }
        }
    }

    instructions! {
        CallRef(r) {
            match referenced(r) {
                Some(func) => enter_any(r, func, r.u16(1), r.ip.add(instr_bytes(2))),
                None => Flow::Trap(TrapCode::NullReference),
            }
        }
        ReturnCallRef(r) {
            match referenced(r) {
                Some(func) => replace_any(r, func, r.u16(1), 2, r.slot(3)),
                None => Flow::Trap(TrapCode::NullReference),
            }
        }
        TrapNull(r) {
            if r.slot(0).read() as u32 == 0 {
                return Flow::Trap(TrapCode::NullReference);
            }
            r.advance(1);
            Flow::Next
        }
    }

    single!(hot: CallRef: CallRef, ReturnCallRef: ReturnCallRef, TrapNull: Check);
}
