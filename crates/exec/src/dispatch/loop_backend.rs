//! Dispatch by a loop, to which handlers return.

use super::{Dispatch, Exit, Regs, TRAPPED, enter};
use crate::mode::Mode;
use crate::state::Machine;

/// The dispatch of linked code.
pub type LinkedDispatch = LoopSavingRegisters;
/// The dispatch of code executed in place.
#[cfg(feature = "extended")]
pub type InPlaceDispatch = LoopSavingRegisters;
/// The dispatch of code executed in place.
#[cfg(not(feature = "extended"))]
pub type InPlaceDispatch = LoopReturningIp;

/// A handler saves its registers in the machine, and the loop reads them.
pub struct LoopSavingRegisters;

impl<M: Mode<Dispatch = LoopSavingRegisters>> Dispatch<M> for LoopSavingRegisters {
    type Saved = Option<Regs<M>>;
    const NOTHING: Option<Regs<M>> = None;

    #[inline(always)]
    unsafe fn dispatch_next(_before: Regs<M>, r: Regs<M>) -> Exit {
        // SAFETY: `cx` is the running instance (`Execute::run`), and the embedder keeps its machine until code has
        // stopped.
        unsafe { (*(*r.cx).machine).registers = Some(r) };
        CONTINUE
    }

    unsafe extern "C" fn run_loop(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller passes a live machine, and registers set up as `run` documents. Each handler that
        // returns `CONTINUE` saved registers in `dispatch_next` that fit the next instruction.
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

/// A handler returns this after it saved the registers.
const CONTINUE: Exit = core::ptr::null();

/// A handler returns the next instruction's address. Without accumulators, little else changes. On Thumb-2 this is
/// smaller than tail calls, whose handlers save and restore registers all the time (docs/journal/size.md).
pub struct LoopReturningIp;

impl<M: Mode<Dispatch = LoopReturningIp>> Dispatch<M> for LoopReturningIp {
    /// The frame, if an instruction changed it.
    type Saved = *mut u64;
    const NOTHING: *mut u64 = core::ptr::null_mut();

    #[inline(always)]
    unsafe fn dispatch_next(before: Regs<M>, r: Regs<M>) -> Exit {
        // A memory executed in place never moves, so `mem` stays the same.
        if core::ptr::eq(r.fp, before.fp) {
            return r.ip;
        }
        // SAFETY: `cx` is the running instance (`Execute::run`), and the embedder keeps its machine until code has
        // stopped.
        unsafe { (*(*r.cx).machine).registers = r.fp };
        r.ip.map_addr(|address| address | 1)
    }

    #[inline(always)]
    unsafe extern "C" fn run_loop(machine: *mut Machine<M>, r: *const Regs<M>) -> Exit {
        // SAFETY: the caller passes a live machine, and registers set up as `run` documents. A handler returns the
        // next instruction's address, and sets its lowest bit if it saved a new frame in `dispatch_next`.
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
