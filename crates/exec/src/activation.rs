//! A call of wasm by the host, as an object: it is started, runs until it stops, and is then resumed or dropped.
//!
//! Activations nest: a host function that a running activation called may start another one, which has the slots above it on the
//! same value stack, and ends before the host function returns. Each knows the one outside of it, so that whoever looks for
//! references ([`each_stack`]) finds the slots of all of them.

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN};

use crate::dispatch::{self, Regs};
use crate::mode::Mode;
use crate::state::{Instance, Machine};

/// Why an activation stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The function returned; [`Activation::results`] has what.
    Returned,
    /// It trapped, or a host function failed. It cannot go on.
    Trapped(TrapCode),
    /// It threw an exception that nothing caught, which the machine has. It cannot go on.
    Threw,
    /// The fuel was used up in front of an instruction. [`Activation::run`] goes on with it.
    OutOfFuel,
}

impl Stop {
    /// The reason as a trap's, unless it returned.
    ///
    /// # Errors
    /// When it did not return.
    pub fn returned(self) -> Result<(), TrapCode> {
        match self {
            Stop::Returned => Ok(()),
            Stop::Trapped(code) => Err(code),
            Stop::Threw => Err(TrapCode::Exception),
            Stop::OutOfFuel => Err(TrapCode::OutOfFuel),
        }
    }
}

/// A call of wasm by the host.
///
/// It refers to the value stack by pointers, and is referred to while it runs: what runs it keeps it in place.
pub struct Activation<M: Mode> {
    /// The first slot of its outermost frame, where arguments and results are.
    base: *mut u64,
    /// What calls between instances noted lies from here to the end of the value stack.
    pub(crate) noted: *mut u64,
    /// One past the last slot that its frames use, while it does not run.
    top: *mut u64,
    /// Where it goes on, or where it stopped.
    pub(crate) site: Site<M>,
    /// The function of the host that it is a call of, unless it is wasm's.
    pub(crate) host: Option<M::HostFunc>,
    /// The activation whose host function runs this one, and one past the last slot that it uses meanwhile; null if there is none.
    outer: *mut Activation<M>,
    outer_top: *mut u64,
}

/// Where an activation stands.
///
/// The accumulators are not noted: an accumulator is read by the instruction directly behind the one that left something in it, and
/// instructions that take fuel neither read one nor stand between two such.
pub(crate) struct Site<M: Mode> {
    /// Why it stopped there.
    pub code: TrapCode,
    /// The registers, but for the memory, which may move while it does not run, and the accumulators.
    pub regs: Regs<M>,
}

impl<M: Mode> Site<M> {
    /// Notes where an activation that runs has stopped.
    ///
    /// # Safety
    /// It is in place, and the registers are its own.
    #[inline(always)]
    pub(crate) unsafe fn note(
        running: *mut Activation<M>,
        code: TrapCode,
        ip: *const u8,
        fp: *mut u64,
        instance: *mut Instance<M>,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let site = &raw mut (*running).site;
            (*site).code = code;
            ((*site).regs.ip, (*site).regs.fp, (*site).regs.cx) = (ip, fp, instance);
        }
    }
}

/// The slots in which an activation may run: the first, and one past the last.
pub(crate) struct Room {
    pub base: *mut u64,
    pub end: *mut u64,
}

impl Room {
    /// Those of the machine's value stack that nothing uses, if there are as many as asked for.
    pub(crate) unsafe fn of<M: Mode>(machine: *const Machine<M>, slots: usize) -> Option<Room> {
        // SAFETY: the caller's: the machine is there.
        let (base, end) = unsafe { ((*machine).stack_top, (*machine).stack_end) };
        let room = end.addr().saturating_sub(base.addr()) / size_of::<u64>();
        (room >= slots).then_some(Room { base, end })
    }
}

impl<M: Mode> Activation<M> {
    /// One that begins here, with so many slots in use.
    pub(crate) fn at(room: Room, slots: usize, regs: Regs<M>) -> Activation<M> {
        Activation {
            base: room.base,
            noted: room.end,
            top: room.base.wrapping_add(slots),
            site: Site { code: TrapCode::Unreachable, regs },
            host: None,
            outer: core::ptr::null_mut(),
            outer_top: core::ptr::null_mut(),
        }
    }

    /// Writes the outermost frame: the arguments, and a header that leads back to the host.
    pub(crate) unsafe fn write_frame(room: &Room, args: &[u64], header: usize) {
        // SAFETY: the caller's: there is room for the function's frame, which has room for these.
        unsafe {
            room.base.copy_from_nonoverlapping(args.as_ptr(), args.len());
            let header = room.base.add(header);
            header.add(HEADER_RETURN).cast::<*const u8>().write(M::leave_run());
            header.add(HEADER_CALLER).cast::<*mut u64>().write(room.base);
        }
    }

    /// Runs from where it stands until it stops.
    ///
    /// # Safety
    /// It was just started, or stopped for [`Stop::OutOfFuel`], on this machine; since then nothing was written to its part of the
    /// value stack. All records that it leads to are as their types say, and stay so while it runs; its code is verified, or made
    /// from valid bodies.
    #[inline(always)]
    pub unsafe fn run(&mut self, machine: *mut Machine<M>) -> Stop {
        // Handlers and hooks get at it through the machine.
        let this: *mut Activation<M> = self;
        // SAFETY: the caller's promise; instances have at least one memory.
        unsafe {
            (*this).outer = core::mem::replace(&mut (*machine).running, this);
            (*this).outer_top = (*machine).stack_top;
            let end = core::mem::replace(&mut (*machine).stack_end, (*this).noted);
            (*machine).depth += 1;
            let mut regs = (*this).site.regs;
            let returned = match (*this).host {
                None => {
                    regs.mem = (**(*regs.cx).memories).base;
                    dispatch::run(machine, regs)
                }
                Some(func) => Activation::run_host(this, machine, func),
            };
            (*machine).depth -= 1;
            (*this).noted = core::mem::replace(&mut (*machine).stack_end, end);
            (*machine).stack_top = (*this).outer_top;
            (*machine).running = (*this).outer;
            if returned { Stop::Returned } else { (*this).stopped(machine) }
        }
    }

    /// Calls a function of the host. Says whether it returned.
    #[inline(never)]
    unsafe fn run_host(this: *mut Activation<M>, machine: *mut Machine<M>, func: M::HostFunc) -> bool {
        // SAFETY: the caller's promise: the function's frame lies below the top.
        unsafe {
            (*machine).stack_top = (*this).top;
            let outcome = M::call_host(func, machine, (*this).site.regs.cx, (*this).base);
            outcome.map_err(|code| (*this).site.code = code).is_ok()
        }
    }

    /// Why it stopped otherwise than by returning.
    #[cold]
    #[inline(never)]
    unsafe fn stopped(&mut self, machine: *mut Machine<M>) -> Stop {
        match self.site.code {
            TrapCode::OutOfFuel if self.host.is_none() => {
                // SAFETY: it stopped at an instruction of the innermost frame.
                self.top = unsafe { M::frames_end(machine, &self.site.regs).unwrap_or(self.noted) };
                Stop::OutOfFuel
            }
            TrapCode::Exception => Stop::Threw,
            code => Stop::Trapped(code),
        }
    }

    /// The results, once it has returned: its first slots.
    ///
    /// # Safety
    /// It returned, as many are there, and its part of the value stack was not written to since.
    #[inline(always)]
    pub unsafe fn results(&self, results: &mut [u64]) {
        // SAFETY: the caller's promise.
        results.copy_from_slice(unsafe { core::slice::from_raw_parts(self.base, results.len()) });
    }

    /// The slots that its frames have while it does not run: the first, and one past the last.
    pub fn slots(&self) -> (*const u64, *const u64) {
        (self.base, self.top)
    }
}

/// Gives the slots of all activations that run, of the innermost first: it uses those below `top`.
///
/// # Safety
/// The machine is there.
pub unsafe fn each_stack<M: Mode>(
    machine: *const Machine<M>,
    top: *const u64,
    each: &mut dyn FnMut(*const u64, *const u64),
) {
    // SAFETY: activations are in place while they run.
    unsafe {
        let (mut running, mut top) = ((*machine).running.cast_const(), top);
        while !running.is_null() {
            each((*running).base, top);
            (running, top) = ((*running).outer, (*running).outer_top);
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmote_ir::Op;

    #[test]
    fn what_takes_fuel_reads_no_accumulator() {
        let takes = |op: &&Op| op.name().ends_with("Fuel") || op.name().starts_with("Array");
        let mut seen = 0;
        for op in Op::ALL.iter().filter(takes) {
            for variant in op.variants() {
                let sources = variant.suffix.split('_').next().unwrap_or_default();
                assert!(!sources.contains('r'), "{op:?}.{}", variant.suffix);
                seen += 1;
            }
        }
        assert!(seen > 8, "{seen}");
    }
}
