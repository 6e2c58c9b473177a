//! Activations of linked code: functions are records, calls lead from instance to instance, and frames have a backtrace.

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN};

use super::cells;
use super::{Activation, Cell, Func, Instance, Machine, Regs};
use crate::activation::Room;
use crate::handlers::calls::linked::SAVED;

/// A frame of a backtrace.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The instance.
    pub instance: *mut Instance,
    /// The function's index in its module, imports counted.
    pub func: u32,
    /// Where in the function's linked code: a byte inside the instruction that stopped or called.
    pub cell: u32,
}

/// A frame, and where it is in its code.
struct Place {
    ip: *const Cell,
    fp: *mut u64,
    instance: *mut Instance,
}

/// What is known of the function of a [`Place`].
struct Located {
    frame: Frame,
    func: *const Func,
}

impl Place {
    /// Where these registers are.
    fn of(regs: &Regs) -> Place {
        Place { ip: regs.ip.cast(), fp: regs.fp, instance: regs.cx }
    }

    /// The function whose code it is in; `None` if that is the host's, or not to be found.
    unsafe fn locate(&self, machine: *mut Machine) -> Option<Located> {
        // SAFETY: frames are as calls made them.
        unsafe {
            let code = ((*machine).hooks.locate)(machine, self.instance, self.ip);
            if code.is_null() {
                return None;
            }
            let description = cells::describe(code);
            let cell = self.ip.addr().wrapping_sub(code.addr()) as u32;
            let defined = description.func.wrapping_sub((*self.instance).imported_funcs);
            let func = (*self.instance).funcs.add(defined as usize);
            let frame = Frame { instance: self.instance, func: description.func, cell };
            (cell < description.bytes).then_some(Located { frame, func })
        }
    }
}

/// One past the last slot of the frame that these registers are of; `None` if that is no function's.
///
/// # Safety
/// They are those of an activation that stopped, on this machine.
pub(super) unsafe fn frames_end(machine: *mut Machine, regs: &Regs) -> Option<*mut u64> {
    // SAFETY: the caller's promise.
    unsafe {
        let func = Place::of(regs).locate(machine)?.func;
        Some(regs.fp.add((*func).frame_slots as usize))
    }
}

impl Activation {
    /// Starts a call of a function with these arguments, in slots, above all that the machine's value stack has.
    ///
    /// # Errors
    /// [`TrapCode::StackOverflow`] when there is no room for its frame, or as many calls are under way as may be.
    ///
    /// # Safety
    /// The function is of the machine's store; `args` are as many as its type says.
    #[inline(always)]
    pub unsafe fn start(machine: *mut Machine, func: *mut Func, args: &[u64]) -> Result<Activation, TrapCode> {
        // SAFETY: the caller's promise; instances have at least one memory.
        unsafe {
            let slots = (*func).frame_slots as usize;
            let room = Room::of(machine, slots).filter(|_| (*machine).depth < (*machine).max_depth);
            let Some(room) = room else { return Err(TrapCode::StackOverflow) };
            Activation::write_frame(&room, args, (*func).header.into());
            let mut regs = Regs::new((*func).code.cast(), room.base, core::ptr::null_mut(), (*func).instance);
            regs.set_callee(func);
            let mut started = Activation::at(room, slots, regs);
            if (*func).instance.is_null() {
                started.host = Some(func);
            }
            Ok(started)
        }
    }

    /// Gives the frames of an activation that stopped, the innermost first, until `each` returns `false`. What lies outside of it, the
    /// host's frames and those of other activations, is not among them.
    ///
    /// # Safety
    /// It stopped, and its part of the value stack was not written to since.
    pub unsafe fn backtrace(&self, machine: *mut Machine, each: &mut dyn FnMut(Frame) -> bool) {
        // SAFETY: frames, and what was noted of instances, are as the stop left them.
        unsafe {
            let Place { mut ip, mut fp, mut instance } = Place::of(&self.site.regs);
            if instance.is_null() {
                // A host function's: nothing of wasm ran.
                return;
            }
            let mut noted = self.noted;
            loop {
                if ip == cells::return_across() {
                    // What is noted is the instruction behind the call.
                    let back = noted.cast::<*const Cell>().read();
                    instance = noted.add(1).cast::<*mut Instance>().read();
                    noted = noted.add(SAVED);
                    // The noted address may be the way out.
                    if back == cells::leave_run() {
                        break;
                    }
                    ip = back.sub(1);
                }
                if ip == cells::leave_run() {
                    break;
                }
                let Some(Located { frame, func }) = (Place { ip, fp, instance }).locate(machine) else { break };
                if !each(frame) {
                    break;
                }
                let header = fp.add(usize::from((*func).header));
                let back = header.add(HEADER_RETURN).cast::<*const Cell>().read();
                fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
                let fixed = back == cells::return_across() || back == cells::leave_run();
                ip = if fixed { back } else { back.sub(1) };
            }
        }
    }
}

/// The function that has the instruction, imports counted, and where in its linked code it is, in bytes. Nothing if it leads into wasm or out of it.
///
/// # Safety
/// A hook of this machine was given the step, and has not returned.
#[cfg(feature = "trace")]
pub unsafe fn site(machine: *mut Machine, step: &crate::state::Step<'_, super::Linked>) -> Option<(u32, u32)> {
    // SAFETY: the caller's promise; what is found was linked.
    unsafe {
        let code = ((*machine).hooks.locate)(machine, step.instance, step.place.cast());
        if code.is_null() {
            return None;
        }
        let description = cells::describe(code);
        let byte = step.place.addr().wrapping_sub(code.addr());
        (byte < description.bytes as usize).then_some((description.func, byte as u32))
    }
}
