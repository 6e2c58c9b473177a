//! Each instruction as it runs, shown to whoever looks for a mistake (feature `trace`).
//!
//! The loop that runs handlers calls a hook of the machine before and after each, if there is one. So builds with this feature have the loop, as
//! those have that count; and what it shows is the same as what runs by tail calls, since handlers are. A superinstruction is one handler, and shown
//! once. Without the feature there is no trace of it in handlers or in the loop.

use crate::dispatch::Regs;
use crate::mode::Mode;
use crate::state::Machine;
pub use crate::state::{Hook, Step, When};

/// Shows the instruction that is about to run.
///
/// # Safety
/// The machine, and registers of code that runs on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn before<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>) {
    // SAFETY: the caller's promise.
    unsafe { show(machine, r, Some(r), When::Before) };
}

/// Shows the instruction that ran with the registers `before`, and those that it left, unless it ended the run.
///
/// # Safety
/// The machine, and registers of code that ran on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after<M: Mode>(machine: *mut Machine<M>, before: &Regs<M>, next: Option<&Regs<M>>) {
    let when = if next.is_some() { When::After } else { When::Ended };
    // SAFETY: the caller's promise.
    unsafe { show(machine, before, next, when) };
}

unsafe fn show<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>, registers: Option<&Regs<M>>, when: When) {
    // SAFETY: the caller's promise: the machine is not used by anybody else while its code runs.
    unsafe {
        let Some(hook) = (*machine).trace else { return };
        let end = (*machine).stack_end;
        hook(machine, &Step { place: r.ip, instance: r.cx, when, end, frame: r.fp, registers });
    }
}
