//! By a loop, to which handlers return.

use super::{Exit, Regs, TRAPPED, Way, enter};
use crate::mode::Mode;
use crate::state::Machine;

/// The way of linked code.
pub type LinkedWay = Save;
/// The way of code that is executed in place.
#[cfg(feature = "extended")]
pub type InPlaceWay = Save;
/// The way of code that is executed in place.
#[cfg(not(feature = "extended"))]
pub type InPlaceWay = HandBack;

/// A handler saves the registers.
pub struct Save;

impl<M: Mode<Way = Save>> Way<M> for Save {
    type Saved = Option<Regs<M>>;
    const NOTHING: Option<Regs<M>> = None;

    #[inline(always)]
    unsafe fn go_on(_before: Regs<M>, r: Regs<M>) -> Exit {
        // SAFETY: an instance's machine outlives it.
        unsafe { (*(*r.cx).machine).registers = Some(r) };
        CONTINUE
    }

    unsafe extern "C" fn chain(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller's promise; handlers that return `CONTINUE` have saved the registers.
        unsafe {
            let mut r = *r;
            loop {
                #[cfg(feature = "trace")]
                crate::trace::before(machine, &r);
                let exit = enter(M::handler(r.ip), r);
                #[cfg(feature = "trace")]
                crate::trace::after(machine, &r, (*machine).registers.as_ref().filter(|_| exit == CONTINUE));
                if exit != CONTINUE {
                    return exit;
                }
                match (*machine).registers {
                    Some(next) => r = next,
                    None => return TRAPPED,
                }
            }
        }
    }
}

/// What a handler returns that saved the registers.
const CONTINUE: Exit = core::ptr::null();

/// A handler hands back the next instruction's address: without accumulators little else changes. On Thumb-2, where handlers that
/// tail-call save and restore registers all the time, it is smaller (docs/journal/size.md).
pub struct HandBack;

impl<M: Mode<Way = HandBack>> Way<M> for HandBack {
    /// The frame, where an instruction changed it.
    type Saved = *mut u64;
    const NOTHING: *mut u64 = core::ptr::null_mut();

    #[inline(always)]
    unsafe fn go_on(before: Regs<M>, r: Regs<M>) -> Exit {
        // Memories executed on in place never move.
        if core::ptr::eq(r.fp, before.fp) {
            return r.ip;
        }
        // SAFETY: an instance's machine outlives it.
        unsafe { (*(*r.cx).machine).registers = r.fp };
        r.ip.map_addr(|address| address | 1)
    }

    #[inline(always)]
    unsafe extern "C" fn chain(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller's promise; handlers that change the frame have saved it.
        unsafe {
            let mut r = *r;
            loop {
                #[cfg(feature = "trace")]
                crate::trace::before(machine, &r);
                let next = enter(M::handler(r.ip), r);
                #[cfg(feature = "trace")]
                crate::trace::after(machine, &r, (next.addr() & 1 == 0 || next > TRAPPED).then_some(&r));
                if next.addr() & 1 == 0 {
                    r.ip = next;
                    continue;
                }
                if next <= TRAPPED {
                    return next;
                }
                r.ip = next.wrapping_sub(1);
                r.fp = (*machine).registers;
            }
        }
    }
}
