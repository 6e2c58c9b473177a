//! Dispatch by tail calls.

use super::{Dispatch, Exit, Regs, enter};
use crate::mode::Mode;
use crate::state::Machine;

/// A handler tail-calls the next one.
pub struct TailCalls;

/// The dispatch of linked code.
pub type LinkedDispatch = TailCalls;
/// The dispatch of code executed in place.
pub type InPlaceDispatch = TailCalls;

impl<M: Mode> Dispatch<M> for TailCalls {
    type Saved = ();
    const NOTHING: () = ();
    const CHAINS: bool = true;

    #[inline(always)]
    unsafe fn dispatch_next(_before: Regs<M>, r: Regs<M>) -> Exit {
        // SAFETY: the caller guarantees that `ip` is at an instruction of verified or translated code, so it has a
        // handler. The handler gets the registers of the same running function.
        unsafe { enter(M::handler(r.ip), r) }
    }

    unsafe extern "C" fn run_loop(_machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller passes a pointer to registers that are set up as `run` documents.
        unsafe { Self::dispatch_next(*r, *r) }
    }

    unsafe extern "C" fn start_loop(_machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller passes a pointer to registers that are set up as `run` documents.
        unsafe {
            let r = Regs { acc: (*r).acc, ..Regs::new((*r).ip, (*r).fp, (*r).mem, (*r).cx) };
            Self::dispatch_next(r, r)
        }
    }
}
