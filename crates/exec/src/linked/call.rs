//! From the host into wasm, and what is left of it after a trap.

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN};

use crate::dispatch;
use crate::handlers::calls::linked::saved_instance;
use crate::linked::cells::{self, Cell};
use crate::linked::{Func, Instance, Machine, Regs, TrapSite};

/// Calls a function: copies `args` in and its results out to `results`, both as slots. On a trap, `trap` of the
/// machine has the site, and [`backtrace`] the frames, until the machine runs again.
///
/// # Safety
/// All records that `machine` and `func` lead to are as their types say and stay so while it runs; the code is
/// verified, or made from valid bodies; `args` and `results` are as long as the function's type says, in slots.
pub unsafe fn call(machine: *mut Machine, func: *mut Func, args: &[u64], results: &mut [u64]) -> Result<(), TrapCode> {
    // SAFETY: the caller's promise.
    unsafe {
        let base = (*machine).stack_top;
        let room = (*machine).stack_end.addr().saturating_sub(base.addr()) / size_of::<u64>();
        (*machine).trap = TrapSite {
            code: TrapCode::StackOverflow,
            ip: cells::leave_run(),
            fp: base,
            instance: core::ptr::null_mut(),
        };
        if room < (*func).frame_slots as usize || (*machine).depth >= (*machine).max_depth {
            return Err(TrapCode::StackOverflow);
        }
        base.copy_from_nonoverlapping(args.as_ptr(), args.len());
        let end = (*machine).stack_end;
        (*machine).depth += 1;
        let outcome = if (*func).instance.is_null() {
            (*machine).stack_top = base.add((*func).frame_slots as usize);
            let outcome = ((*machine).hooks.host)(machine, func, core::ptr::null_mut(), base);
            if let Err(code) = outcome {
                (*machine).trap.code = code;
            }
            outcome
        } else {
            let header = base.add(usize::from((*func).header));
            header.add(HEADER_RETURN).cast::<*const Cell>().write(cells::leave_run());
            header.add(HEADER_CALLER).cast::<*mut u64>().write(base);
            let instance = (*func).instance;
            let mut regs = Regs::new((*func).code.cast(), base, (**(*instance).memories).base, instance);
            regs.set_callee(func);
            if dispatch::run(machine, regs) { Ok(()) } else { Err((*machine).trap.code) }
        };
        (*machine).depth -= 1;
        (*machine).stack_top = base;
        if outcome.is_ok() {
            results.copy_from_slice(core::slice::from_raw_parts(base, results.len()));
            debug_assert_eq!((*machine).stack_end, end);
        } else {
            // What calls between instances noted stays there for `backtrace`, which ends here.
            (*machine).unwound = core::mem::replace(&mut (*machine).stack_end, end);
        }
        outcome
    }
}

/// A frame of a backtrace.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The instance.
    pub instance: *mut Instance,
    /// The function's index in its module, imports counted.
    pub func: u32,
    /// Where in the function's linked code: a byte inside the instruction that trapped or called.
    pub cell: u32,
}

/// Gives the frames that a trap ended, innermost first, until `each` returns `false`. Frames of the host, and what
/// lies below them, are not among them.
///
/// # Safety
/// [`call`] returned an error, and the machine has not run since.
pub unsafe fn backtrace(machine: *mut Machine, each: &mut dyn FnMut(Frame) -> bool) {
    // SAFETY: frames and what was noted of instances are as the trap left them.
    unsafe {
        let TrapSite { mut ip, mut fp, mut instance, .. } = (*machine).trap;
        if instance.is_null() {
            return;
        }
        let end = core::mem::replace(&mut (*machine).stack_end, (*machine).unwound);
        loop {
            if ip == cells::return_across() {
                let (back, saved) = saved_instance(machine);
                ip = back.cast::<Cell>().sub(1);
                instance = saved;
                // The noted address may be the way out.
                if ip.add(1) == cells::leave_run() {
                    break;
                }
            }
            if ip == cells::leave_run() {
                break;
            }
            let code = ((*machine).hooks.locate)(machine, instance, ip);
            if code.is_null() {
                break;
            }
            let description = cells::describe(code);
            let cell = ip.addr().wrapping_sub(code.addr()) as u32;
            if cell >= description.bytes || !each(Frame { instance, func: description.func, cell }) {
                break;
            }
            let defined = description.func.wrapping_sub((*instance).imported_funcs);
            let header = fp.add(usize::from((*(*instance).funcs.add(defined as usize)).header));
            let back = header.add(HEADER_RETURN).cast::<*const Cell>().read();
            fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            let fixed = back == cells::return_across() || back == cells::leave_run();
            ip = if fixed { back } else { back.sub(1) };
        }
        (*machine).stack_end = end;
    }
}
