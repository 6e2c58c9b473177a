//! Activations of linked code: functions are records, calls can lead into other instances, and frames have a
//! backtrace.

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN};

use super::cells;
use super::{Activation, Cell, Func, Instance, Machine, Regs};
use crate::activation::StackRange;
use crate::handlers::calls::linked::SAVED;
#[cfg(feature = "stack-switching")]
use crate::linked::continuations::continuation_exit;

/// A frame of a backtrace.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The instance.
    pub instance: *mut Instance,
    /// The function's index in its module. Imports count.
    pub func: u32,
    /// The place in the function's linked code: the offset of a byte inside the instruction that stopped or called.
    pub cell: u32,
}

/// A frame and the place in its code.
struct Place {
    ip: *const Cell,
    fp: *mut u64,
    instance: *mut Instance,
}

/// What is known of the function around a [`Place`].
struct FrameFunction {
    frame: Frame,
    func: *const Func,
}

impl Place {
    /// Returns the place of these registers.
    fn of(regs: &Regs) -> Place {
        Place { ip: regs.ip.cast(), fp: regs.fp, instance: regs.cx }
    }

    /// Returns the function that contains the place, or `None` if it is not in a function's code.
    ///
    /// # Safety
    /// The instance is one of the machine's store, and its records are live.
    unsafe fn locate(&self, machine: *mut Machine) -> Option<FrameFunction> {
        // SAFETY: the caller guarantees the machine and the instance.
        let code = unsafe { ((*machine).hooks.locate)(machine, self.instance, self.ip) };
        if code.is_null() {
            return None;
        }
        // SAFETY: the hook returned the start of a function's code. The linker wrote its description in front of it.
        let description = unsafe { cells::code_header(code) };
        let cell = self.ip.addr().wrapping_sub(code.addr()) as u32;
        // SAFETY: the caller guarantees the instance. The code is that of its module, so the index is in range of its
        // functions.
        let func = unsafe {
            let defined = description.func.wrapping_sub((*self.instance).imported_funcs);
            (*self.instance).funcs.add(defined as usize)
        };
        let frame = Frame { instance: self.instance, func: description.func, cell };
        (cell < description.bytes).then_some(FrameFunction { frame, func })
    }
}

/// Returns the host function whose call was interrupted, if these are the registers of one.
fn host_callee(regs: &Regs) -> Option<*mut Func> {
    (regs.ip.cast() == cells::host().code()).then(|| regs.callee())
}

/// Returns the end of the frame that these registers belong to, one past its last slot. Returns `None` if `ip` is in
/// no function.
///
/// # Safety
/// The registers are those of an activation that stopped on this machine.
pub(super) unsafe fn frame_limit(machine: *mut Machine, regs: &Regs) -> Option<*mut u64> {
    // SAFETY: the caller guarantees registers of a running function, so its record is live and its frame has
    // `frame_slots` slots in the value stack.
    unsafe {
        let func = match host_callee(regs) {
            Some(func) => func.cast_const(),
            None => Place::of(regs).locate(machine)?.func,
        };
        Some(regs.fp.add((*func).frame_slots as usize))
    }
}

impl Activation {
    /// Starts a call of a function, with arguments in slots. The frame lies above everything in the machine's value
    /// stack.
    ///
    /// # Errors
    /// [`TrapCode::StackOverflow`] if there is no room for the frame, or if nested calls use too much of the native
    /// stack.
    ///
    /// # Safety
    /// The function belongs to the machine's store. `args` has as many slots as its parameters.
    #[inline(always)]
    pub unsafe fn start(machine: *mut Machine, func: *mut Func, args: &[u64]) -> Result<Activation, TrapCode> {
        // SAFETY: the caller guarantees a live machine and function record, and the number of arguments. `StackRange::of`
        // checked that the frame of `frame_slots` slots fits. The frame holds the parameters and the header.
        unsafe {
            let slots = (*func).frame_slots as usize;
            let room = StackRange::of(machine, slots).filter(|_| Machine::has_native_stack(machine));
            let Some(room) = room else { return Err(TrapCode::StackOverflow) };
            Activation::write_frame(&room, args, (*func).header.into());
            let mut regs = Regs::new((*func).entry.code().cast(), room.base, core::ptr::null_mut(), (*func).instance);
            regs.set_callee(func);
            let mut started = Activation::at(room, slots, regs);
            if (*func).instance.is_null() {
                core::hint::cold_path();
                started.host = Some(func);
            }
            Ok(started)
        }
    }

    /// Passes the frames of a stopped activation to `each`, the innermost first, until `each` returns `false`. The
    /// host's frames and those of other activations are not among them.
    ///
    /// # Safety
    /// The activation stopped on this machine. Nothing wrote to its part of the value stack since then.
    pub unsafe fn backtrace(&self, machine: *mut Machine, each: &mut dyn FnMut(Frame) -> bool) {
        let regs = &self.site.regs;
        // SAFETY: the caller guarantees the machine and an unchanged value stack. The call of a host function left its
        // record in the accumulator, and wrote the header of its frame at `fp`.
        unsafe {
            let noted = NotedCalls::of(self, self.stack_end());
            match host_callee(regs) {
                Some(func) => caller_frames(machine, func, regs.cx, regs.fp, noted, each),
                None => walk(machine, Place::of(regs), noted, each),
            }
        }
    }
}

/// Where the entries of calls between instances are: at the end of the slots for frames.
#[derive(Clone, Copy)]
pub struct NotedCalls {
    at: *mut u64,
    /// The continuation whose frames end there, or null.
    #[cfg(feature = "stack-switching")]
    continuation: *mut crate::Continuation,
    /// The end of the slots for the activation's own frames.
    #[cfg(feature = "stack-switching")]
    own: *mut u64,
}

impl NotedCalls {
    /// Returns the entries of an activation's code that runs or has stopped. `end` is the end of the slots for frames.
    ///
    /// # Safety
    /// The activation is live, or null.
    pub unsafe fn of(activation: *const Activation, end: *mut u64) -> NotedCalls {
        #[cfg(feature = "stack-switching")]
        // SAFETY: the caller guarantees a live activation, whose continuations are live. While a continuation calls a
        // host function, `end` is the end of the activation's own slots.
        let (continuation, own, end) = unsafe {
            match activation.as_ref() {
                Some(activation) if !activation.continuation.is_null() => {
                    (activation.continuation, activation.noted, (*activation.continuation).stack_end)
                }
                _ => (core::ptr::null_mut(), end, end),
            }
        };
        let _ = activation;
        NotedCalls {
            at: end,
            #[cfg(feature = "stack-switching")]
            continuation,
            #[cfg(feature = "stack-switching")]
            own,
        }
    }
}

/// Passes the frames below that of a host function to `each`, like [`Activation::backtrace`]. They are those of the
/// activation that called it. `instance` is the one that called, or null if the host did. The function's frame is at
/// `args`. `noted` has the entries of calls between instances during the call.
///
/// # Safety
/// The function is called on this machine and has not returned. Nothing wrote to the header of its frame, nor to the
/// slots of the frames below.
pub unsafe fn caller_frames(
    machine: *mut Machine,
    func: *mut Func,
    instance: *mut Instance,
    args: *mut u64,
    noted: NotedCalls,
    each: &mut dyn FnMut(Frame) -> bool,
) {
    // SAFETY: the caller guarantees the frame, whose header the call wrote into the slot that the record gives.
    let (fp, ip) = unsafe {
        let header = args.add(usize::from((*func).header));
        (header.add(HEADER_CALLER).cast::<*mut u64>().read(), header.add(HEADER_RETURN).cast::<*const Cell>().read())
    };
    // SAFETY: the caller guarantees the frames below.
    unsafe { walk(machine, Place { ip: in_call(ip), fp, instance }, noted, each) };
}

/// Returns a place in the call that this return address is behind. The fixed addresses are behind no call.
fn in_call(back: *const Cell) -> *const Cell {
    if cells::is_fixed(back.cast()) { back } else { back.wrapping_sub(1) }
}

/// Passes the frames from a place on to `each`, until it returns `false`. `noted` has the entries of calls between
/// instances.
///
/// # Safety
/// The frames are those of an activation on this machine, and they are unchanged. Without an instance, there are none.
#[cold]
#[inline(never)]
unsafe fn walk(machine: *mut Machine, place: Place, mut noted: NotedCalls, each: &mut dyn FnMut(Frame) -> bool) {
    let Place { mut ip, mut fp, mut instance } = place;
    if instance.is_null() {
        // The activation calls a host function, so no wasm ran.
        return;
    }
    loop {
        if ip == cells::cross_instance_return() {
            // SAFETY: the caller guarantees that the value stack is unchanged. For each return address
            // `cross_instance_return`, a call wrote an entry behind `noted`. Its address is behind a call, or fixed.
            let back = unsafe { noted.at.cast::<*const Cell>().read() };
            // SAFETY: as above.
            instance = unsafe { noted.at.add(1).cast::<*mut Instance>().read() };
            noted.at = noted.at.wrapping_add(SAVED);
            // That address can also be the exit from wasm.
            if back == cells::exit_cell() {
                break;
            }
            ip = in_call(back);
        }
        #[cfg(feature = "stack-switching")]
        if ip.cast() == continuation_exit() {
            // SAFETY: the frames up to here are those of a continuation of this activation, which is live.
            unsafe {
                let continuation = noted.continuation;
                let outer = (*continuation).parent;
                ip = (*continuation).resumed.ip.cast();
                (fp, instance) = ((*continuation).resumed.fp, (*continuation).resumed.instance);
                noted.at = if outer.is_null() { noted.own } else { (*outer).stack_end };
                noted.continuation = outer;
            }
        }
        if ip == cells::exit_cell() {
            break;
        }
        // SAFETY: the instance is the one that ran at `ip`, which the store keeps.
        let located = unsafe { (Place { ip, fp, instance }).locate(machine) };
        let Some(FrameFunction { frame, func }) = located else { break };
        if !each(frame) {
            break;
        }
        // SAFETY: the frame is unchanged. The call of the function wrote its header, in the slot that the record
        // gives.
        let back = unsafe {
            let header = fp.add(usize::from((*func).header));
            fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            header.add(HEADER_RETURN).cast::<*const Cell>().read()
        };
        ip = in_call(back);
    }
}

/// Returns the function that contains the instruction (imports count), and the instruction's offset in its linked
/// code in bytes. Returns `None` for the cells that lead into wasm or out of it.
///
/// # Safety
/// A hook of this machine got the step and has not returned.
#[cfg(feature = "trace")]
pub unsafe fn site(machine: *mut Machine, step: &crate::state::TracedInstr<'_, super::Linked>) -> Option<(u32, u32)> {
    // SAFETY: the caller guarantees a live machine and instance.
    let code = unsafe { ((*machine).hooks.locate)(machine, step.instance, step.place.cast()) };
    if code.is_null() {
        return None;
    }
    // SAFETY: the hook returned the start of a function's code. The linker wrote its description in front of it.
    let description = unsafe { cells::code_header(code) };
    let byte = step.place.addr().wrapping_sub(code.addr());
    (byte < description.bytes as usize).then_some((description.func, byte as u32))
}
