//! A call of wasm by the host, as an object. It is started and runs until it stops. Then it is resumed or dropped.
//!
//! Activations nest. A host function that a running activation called can start another one, which uses the slots
//! above on the same value stack and ends before the host function returns. Each activation points to the one outside
//! of it, so [`each_stack`] finds the slots of all.

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN};

use crate::dispatch::{self, Regs};
use crate::mode::Mode;
#[cfg(guarded)]
use crate::state::Instance;
use crate::state::Machine;

/// Why an activation stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The function returned. [`Activation::results`] reads its results.
    Returned,
    /// It trapped, or a host function failed. It cannot continue.
    Trapped(TrapCode),
    /// It threw an exception that nothing caught. The machine has the exception. The activation cannot continue.
    Threw,
    /// The fuel was used up before an instruction. [`Activation::run`] continues with that instruction.
    OutOfFuel,
    /// Another thread interrupted the machine. [`Activation::run`] continues once the interruption is cleared.
    Interrupted,
    /// A host function suspended it. It continues once the host function's results are there. Only linked code stops
    /// so.
    Waiting,
}

impl Stop {
    /// Returns the reason as a trap code.
    ///
    /// # Errors
    /// The activation did not return.
    pub fn returned(self) -> Result<(), TrapCode> {
        match self {
            Stop::Returned => Ok(()),
            Stop::Trapped(code) => Err(code),
            Stop::Threw => Err(TrapCode::Exception),
            Stop::OutOfFuel => Err(TrapCode::OutOfFuel),
            Stop::Interrupted => Err(TrapCode::Interrupt),
            Stop::Waiting => Err(TrapCode::Suspended),
        }
    }
}

/// A call of wasm by the host.
///
/// It points into the value stack, and the machine points to it while it runs. So its owner keeps it in place during
/// [`Activation::run`].
pub struct Activation<M: Mode> {
    /// The first slot of the outermost frame, which holds arguments and results.
    pub(crate) base: *mut u64,
    /// The end of the slots for frames. The entries of calls between instances lie from here to the end of the value
    /// stack.
    pub(crate) noted: *mut u64,
    /// One past the last slot that its frames use, while it does not run.
    pub(crate) top: *mut u64,
    /// Where it continues or where it stopped.
    pub(crate) site: Site<M>,
    /// The bytes that an interrupted bulk instruction has done. It continues behind them. For an interrupted wait, the
    /// embedder keeps here what it needs to know of its time.
    pub progress: u64,
    /// The host function that it calls, or `None` if it calls wasm.
    pub(crate) host: Option<M::HostFunc>,
    /// The activation whose host function runs this one, or null.
    pub(crate) outer: *mut Activation<M>,
    outer_top: *mut u64,
    /// Where it continues after a fault, while it runs and calls wasm. It has no value before: to write and copy one is a
    /// part of what a call takes.
    #[cfg(guarded)]
    pub(crate) fault_resume: M::LinkedOnly<core::mem::MaybeUninit<crate::guard::fault_resume::FaultResume>>,
    /// The innermost continuation that runs in it, or null. Then `top` and `noted` are those of the activation's own
    /// frames.
    #[cfg(feature = "stack-switching")]
    pub(crate) continuation: *mut crate::Continuation,
    /// Where it runs on the native stack. Only linked code has nested calls.
    #[cfg_attr(not(feature = "alloc"), allow(dead_code))]
    pub(crate) native: M::NativePlace,
}

/// Where an activation stopped, or where it starts.
///
/// A trap saves all registers. A fault of a guarded memory saves those of the frame only, and cannot be resumed. The
/// collector does not look at accumulators: an instruction that takes fuel reads none (a test below checks that), and
/// a call holds no object's reference there. Where a loop looks for an interruption, at its head, behind the test there
/// or at its end, such a reference also lies in a slot, or the jump there compares it and nothing reads it later.
pub(crate) struct Site<M: Mode> {
    /// Why the activation stopped, or [`Site::NEVER_RAN`].
    pub code: TrapCode,
    /// The registers. The memory may move while the activation does not run, so `mem` is read
    /// anew when it does.
    pub regs: Regs<M>,
}

impl<M: Mode> Site<M> {
    /// The code of an activation that never ran. One that stopped for that reason cannot continue.
    pub(crate) const NEVER_RAN: TrapCode = TrapCode::UnreachableCodeReached;
}

#[cfg(guarded)]
impl<M: Mode> Site<M> {
    /// Records where a running activation has stopped.
    ///
    /// # Safety
    /// `running` points to an activation that stays in place. The registers are its own.
    #[inline(always)]
    pub(crate) unsafe fn note(
        running: *mut Activation<M>,
        code: TrapCode,
        ip: *const u8,
        fp: *mut u64,
        instance: *mut Instance<M>,
    ) {
        // SAFETY: the caller guarantees that `running` points to an activation. Plain writes to its fields need no
        // more.
        unsafe {
            let site = &raw mut (*running).site;
            (*site).code = code;
            ((*site).regs.ip, (*site).regs.fp, (*site).regs.cx) = (ip, fp, instance);
        }
    }
}

/// The slots in which an activation may run: the first one, and one past the last.
pub(crate) struct StackRange {
    pub base: *mut u64,
    pub end: *mut u64,
}

impl StackRange {
    /// Returns the unused slots of the machine's value stack, if there are at least `slots`.
    /// # Safety
    /// `machine` points to a live machine.
    #[inline(always)]
    pub(crate) unsafe fn of<M: Mode>(machine: *mut Machine<M>, slots: usize) -> Option<StackRange> {
        // SAFETY: the caller guarantees a live machine.
        unsafe {
            let (base, end) = ((*machine).stack_top, (*machine).stack_end());
            let limit = (*machine).stack_limit.get(end);
            let fits = limit.addr().saturating_sub(base.addr()) / size_of::<u64>() >= slots;
            // The limit may be lower than the end.
            let fits = fits || cfg!(feature = "interrupt") && (*machine).has_room(base, slots * size_of::<u64>());
            fits.then_some(StackRange { base, end })
        }
    }
}

impl<M: Mode> Activation<M> {
    /// Creates an activation that starts at `room.base` with this many slots in use.
    pub(crate) fn at(room: StackRange, slots: usize, regs: Regs<M>) -> Activation<M> {
        Activation {
            base: room.base,
            noted: room.end,
            top: room.base.wrapping_add(slots),
            site: Site { code: Site::<M>::NEVER_RAN, regs },
            progress: 0,
            host: None,
            outer: core::ptr::null_mut(),
            outer_top: core::ptr::null_mut(),
            #[cfg(guarded)]
            fault_resume: M::linked_only(core::mem::MaybeUninit::uninit()),
            #[cfg(feature = "stack-switching")]
            continuation: core::ptr::null_mut(),
            native: M::NOWHERE,
        }
    }

    /// Writes the outermost frame: the arguments, and a header whose return address leads to the host.
    /// # Safety
    /// The room has the slots of the function's frame. The frame has slots for the arguments, and a header at slot
    /// `header`.
    pub(crate) unsafe fn write_frame(room: &StackRange, args: &[u64], header: usize) {
        // SAFETY: the caller guarantees room for the frame, which contains the arguments and the header. Nothing else
        // uses slots above the stack's top.
        unsafe {
            copy_slots::<M>(args.as_ptr(), room.base, args.len());
            let header = room.base.add(header);
            header.add(HEADER_RETURN).cast::<*const u8>().write(M::exit_cell());
            header.add(HEADER_CALLER).cast::<*mut u64>().write(room.base);
        }
    }

    /// Runs from where the activation stands until it stops.
    ///
    /// # Safety
    /// The activation was just started, or stopped with [`Stop::OutOfFuel`] or [`Stop::Interrupted`], on this machine.
    /// Or it stopped with [`Stop::Waiting`] and then got results or an exception. Nothing else wrote to its part of the
    /// value stack. All records that it reaches are as their types document, and stay so while it runs. Its code is
    /// verified, or made from valid bodies.
    #[inline(always)]
    pub unsafe fn run(&mut self, machine: *mut Machine<M>) -> Stop {
        // Handlers and hooks reach the activation through the machine's pointer, so no reference to it may be used
        // while it runs.
        let this: *mut Activation<M> = self;
        // SAFETY: the caller guarantees the machine and its records; `this` comes from `self`, which is borrowed for
        // the whole run. An instance has at least one memory. The registers are those of the start, or those of an
        // instruction that ran out of fuel.
        unsafe {
            (*this).outer = core::mem::replace(&mut (*machine).running, this);
            (*this).outer_top = (*machine).stack_top;
            let end = (*machine).stack_end();
            let own = (*this).stack_end();
            if end != own {
                (*machine).set_stack_end(own);
            }
            M::note_native_stack(this, machine);
            let returned = match (*this).host {
                None => {
                    // Where they are: a copy is a tenth of what a call takes.
                    let regs = &raw mut (*this).site.regs;
                    (*regs).mem = (**(*(*regs).cx).memories).base;
                    dispatch::run(machine, this)
                }
                Some(func) => Activation::run_host(this, machine, func),
            };
            if !returned {
                // One that returned has nothing noted.
                (*this).note_stack_end((*machine).stack_end());
            }
            if (*machine).stack_end() != end {
                (*machine).set_stack_end(end);
            }
            (*machine).stack_top = (*this).outer_top;
            (*machine).running = (*this).outer;
            if returned { Stop::Returned } else { (*this).stopped(machine) }
        }
    }

    /// Returns the end of the slots for the frames that run next.
    #[inline(always)]
    pub(crate) fn stack_end(&self) -> *mut u64 {
        #[cfg(feature = "stack-switching")]
        if !self.continuation.is_null() {
            // SAFETY: the activation's continuations are live.
            return unsafe { (*self.continuation).stack_end };
        }
        self.noted
    }

    /// Notes the end of the slots for the frames that ran.
    #[inline(always)]
    pub(crate) fn note_stack_end(&mut self, end: *mut u64) {
        #[cfg(feature = "stack-switching")]
        if !self.continuation.is_null() {
            // SAFETY: the activation's continuations are live.
            unsafe { (*self.continuation).stack_end = end };
            return;
        }
        self.noted = end;
    }

    /// Returns one past the last slot that the frames use that run next.
    #[cfg(feature = "alloc")]
    pub(crate) fn frames_top(&self) -> *mut u64 {
        #[cfg(feature = "stack-switching")]
        if !self.continuation.is_null() {
            // SAFETY: the activation's continuations are live.
            return unsafe { (*self.continuation).top };
        }
        self.top
    }

    /// Notes one past the last slot that the frames use that ran.
    pub(crate) fn note_top(&mut self, top: *mut u64) {
        #[cfg(feature = "stack-switching")]
        if !self.continuation.is_null() {
            // SAFETY: the activation's continuations are live.
            unsafe { (*self.continuation).top = top };
            return;
        }
        self.top = top;
    }

    /// Calls the host function. Returns whether it succeeded.
    ///
    /// # Safety
    /// As [`Activation::run`]. `func` is the host function that the activation calls.
    #[inline(never)]
    unsafe fn run_host(this: *mut Activation<M>, machine: *mut Machine<M>, func: M::HostFunc) -> bool {
        // SAFETY: the caller guarantees the activation and the machine. `start` wrote the arguments into a frame that
        // ends at `top`, so the function may use the slots above.
        unsafe {
            (*machine).stack_top = (*this).top;
            let outcome = M::call_host(func, machine, (*this).site.regs.cx, (*this).base);
            outcome.map_err(|code| (*this).site.code = code).is_ok()
        }
    }

    /// Returns why the activation stopped, if it did not return.
    ///
    /// # Safety
    /// The activation just stopped on this machine without returning.
    #[cold]
    #[inline(never)]
    unsafe fn stopped(&mut self, machine: *mut Machine<M>) -> Stop {
        match self.site.code {
            code @ (TrapCode::OutOfFuel | TrapCode::Interrupt) if self.host.is_none() => {
                // SAFETY: the caller guarantees that the activation stopped on this machine. `site` has the registers
                // of the innermost frame.
                let top = unsafe { M::frame_limit(machine, &self.site.regs).unwrap_or(self.stack_end()) };
                self.note_top(top);
                if code == TrapCode::OutOfFuel { Stop::OutOfFuel } else { Stop::Interrupted }
            }
            TrapCode::Exception => Stop::Threw,
            TrapCode::Suspended if M::SUSPENDS => Stop::Waiting,
            code => Stop::Trapped(code),
        }
    }

    /// Calls `then` while the activation is stopped. What that runs on the machine uses the slots above, and the slots of
    /// this activation still count as in use.
    ///
    /// # Safety
    /// The activation stopped on this machine with [`Stop::OutOfFuel`] or [`Stop::Interrupted`], and nothing ran since.
    #[cfg(feature = "interrupt")]
    pub unsafe fn while_stopped<R>(&mut self, machine: *mut Machine<M>, then: impl FnOnce() -> R) -> R {
        let this: *mut Activation<M> = self;
        // SAFETY: the caller guarantees the machine. `this` comes from `self`, which is borrowed for the whole call. The
        // activation's frames end at `top`, and its entries of calls between instances at `noted`.
        unsafe {
            let _outside = Outside {
                machine,
                running: core::mem::replace(&mut (*machine).running, this),
                top: core::mem::replace(&mut (*machine).stack_top, (*this).top),
                end: (*machine).stack_end(),
            };
            (*machine).set_stack_end((*this).noted);
            then()
        }
    }

    /// Copies the results, which are in the first slots.
    ///
    /// # Safety
    /// The activation returned, and the function has at least this many result slots. Nothing wrote to its part of
    /// the value stack since then.
    #[inline(always)]
    pub unsafe fn results(&self, results: &mut [u64]) {
        // SAFETY: the caller guarantees that many result slots at `base`, still unchanged. All slots are initialized.
        unsafe { copy_slots::<M>(self.base, results.as_mut_ptr(), results.len()) };
    }

    /// Passes the slots of its frames to `each`: the first, and one past the last. Those of its continuations, which have
    /// stacks of their own, are passed as well.
    ///
    /// # Safety
    /// It has stopped, and its store lives.
    pub unsafe fn each_stack(&self, each: &mut dyn FnMut(*const u64, *const u64)) {
        #[cfg(feature = "stack-switching")]
        // SAFETY: the caller guarantees an activation that has stopped. Its continuations are those of its store.
        unsafe {
            crate::linked::continuations::each_stack(self.continuation, each);
        }
        each(self.base, self.top);
    }
}

/// What a machine had before [`Activation::while_stopped`]. Dropping it puts that back, also when a panic unwinds.
#[cfg(feature = "interrupt")]
struct Outside<M: Mode> {
    machine: *mut Machine<M>,
    running: *mut Activation<M>,
    top: *mut u64,
    end: *mut u64,
}

#[cfg(feature = "interrupt")]
impl<M: Mode> Drop for Outside<M> {
    fn drop(&mut self) {
        // SAFETY: `while_stopped` made it, and its caller guarantees the machine until it returns.
        unsafe {
            (*self.machine).set_stack_end(self.end);
            (*self.machine).stack_top = self.top;
            (*self.machine).running = self.running;
        }
    }
}

/// Copies arguments or results. Most calls have one or two, for which a call of `memcpy` costs more than the copy.
///
/// # Safety
/// `count` slots can be read at `from` and written at `to`, and they do not overlap.
#[inline(always)]
pub(crate) unsafe fn copy_slots<M: Mode>(from: *const u64, to: *mut u64, count: usize) {
    // SAFETY: the caller guarantees `count` slots at both places that do not overlap.
    unsafe {
        if M::SMALL || count > 2 {
            to.copy_from_nonoverlapping(from, count);
            return;
        }
        if count > 0 {
            to.write(from.read());
        }
        if count > 1 {
            to.add(1).write(from.add(1).read());
        }
    }
}

/// Passes the slots of all running activations to `each`, those of the innermost first. The innermost uses the slots
/// below `top`.
///
/// # Safety
/// `machine` points to a live machine.
pub unsafe fn each_stack<M: Mode>(
    machine: *const Machine<M>,
    top: *const u64,
    each: &mut dyn FnMut(*const u64, *const u64),
) {
    // SAFETY: the caller guarantees a live machine. The list of running activations has only activations inside of
    // their `run`, which keeps them in place.
    unsafe {
        let (mut running, mut top) = ((*machine).running.cast_const(), top);
        while !running.is_null() {
            #[cfg(feature = "stack-switching")]
            {
                let continuation = (*running).continuation;
                top = crate::linked::continuations::each_running(continuation, top, (*running).top, each);
            }
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
