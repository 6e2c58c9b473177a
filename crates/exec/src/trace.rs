//! Shows each instruction as it runs, to find mistakes (feature `trace`).
//!
//! The loop that runs handlers calls a hook of the machine before and after each handler. Builds with this feature
//! therefore always dispatch by the loop. The handlers are those of tail calls, so a trace shows what other builds
//! do. A superinstruction is one handler and is shown once. Without the feature, neither handlers nor the loop have
//! any code for it.

use crate::dispatch::Regs;
use crate::mode::Mode;
use crate::state::Machine;
pub use crate::state::{Hook, TracedInstr, When};

/// Shows the instruction that is about to run.
///
/// # Safety
/// `machine` points to a live machine, and `r` are the registers of code that runs on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn before<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>) {
    // SAFETY: the caller guarantees what `show` asks for: the loop passes its machine and its registers.
    unsafe { show(machine, r, Some(r), When::Before) };
}

/// Shows the instruction that ran. `before` are the registers it got. `next` are the registers it left, or `None` if
/// it ended the run.
///
/// # Safety
/// `machine` points to a live machine, and the registers are those of code that ran on it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after<M: Mode>(machine: *mut Machine<M>, before: &Regs<M>, next: Option<&Regs<M>>) {
    let when = if next.is_some() { When::After } else { When::Ended };
    // SAFETY: the caller guarantees what `show` asks for: the loop passes its machine and its registers.
    unsafe { show(machine, before, next, when) };
}

/// # Safety
/// `machine` points to a live machine, which nothing else uses between two handlers.
unsafe fn show<M: Mode>(machine: *mut Machine<M>, r: &Regs<M>, registers: Option<&Regs<M>>, when: When) {
    // SAFETY: the caller guarantees a live machine that nothing else uses now.
    let (hook, end) = unsafe { ((*machine).trace, (*machine).stack_end()) };
    let Some(hook) = hook else { return };
    // SAFETY: as above.
    #[cfg(feature = "stack-switching")]
    let end = if unsafe { is_in_running_stack(machine, r.fp) } { end } else { r.fp };
    let step = TracedInstr { place: r.ip, instance: r.cx, when, end, frame: r.fp, registers };
    // SAFETY: the embedder set the hook for this machine, and no reference to the machine is left.
    unsafe { hook(machine, &step) };
}

/// Returns whether a frame in front of `stack_end` lies in the stack that runs. It does not after an instruction that
/// switched to another stack, or that moved the frames to a larger one. The stack that it lay in may be freed by then.
///
/// # Safety
/// `machine` points to a live machine, which nothing else uses between two handlers.
#[cfg(feature = "stack-switching")]
unsafe fn is_in_running_stack<M: Mode>(machine: *mut Machine<M>, frame: *mut u64) -> bool {
    // SAFETY: the caller guarantees the machine. The activation that runs on it is live, and so are its continuations.
    unsafe {
        let running = (*machine).running;
        if running.is_null() {
            return true;
        }
        let one = (*running).continuation;
        frame >= if one.is_null() { (*running).base } else { (*one).base() }
    }
}
