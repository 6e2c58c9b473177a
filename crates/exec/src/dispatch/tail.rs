//! By tail calls.

use super::{Exit, Regs, Way, enter};
use crate::mode::Mode;
use crate::state::Machine;

/// A handler calls the next one.
pub struct Calls;

/// The way of linked code.
pub type LinkedWay = Calls;
/// The way of code that is executed in place.
pub type InPlaceWay = Calls;

impl<M: Mode> Way<M> for Calls {
    type Saved = ();
    const NOTHING: () = ();

    #[inline(always)]
    unsafe fn go_on(_before: Regs<M>, r: Regs<M>) -> Exit {
        // SAFETY: `ip` is at an instruction.
        unsafe { enter(M::handler(r.ip), r) }
    }

    unsafe extern "C" fn chain(_machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller's promise.
        unsafe { Self::go_on(*r, *r) }
    }
}
