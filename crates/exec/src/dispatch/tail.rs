//! Dispatch by tail calls.

use super::{Exit, Regs, Way, enter};
use crate::mode::Mode;
use crate::state::Machine;

/// A handler tail-calls the next one.
pub struct Calls;

/// The dispatch of linked code.
pub type LinkedWay = Calls;
/// The dispatch of code executed in place.
pub type InPlaceWay = Calls;

impl<M: Mode> Way<M> for Calls {
    type Saved = ();
    const NOTHING: () = ();

    #[inline(always)]
    unsafe fn go_on(_before: Regs<M>, r: Regs<M>) -> Exit {
        // SAFETY: the caller guarantees that `ip` is at an instruction of verified or translated code, so it has a
        // handler. The handler gets the registers of the same running function.
        unsafe { enter(M::handler(r.ip), r) }
    }

    unsafe extern "C" fn chain(_machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller passes a pointer to registers that are set up as `run` documents.
        unsafe { Self::go_on(*r, *r) }
    }
}
