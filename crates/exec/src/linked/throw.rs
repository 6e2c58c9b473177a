//! Finds the handler of a thrown exception. The last unit of each call says where the caller's header is and whether
//! the function has handlers. So a walk looks up only functions with handlers. Nothing changes until a handler is
//! found. If there is none, the site of the trap is that of the throw.

use wasmote_ir::exception_table::{ANY, DELEGATE, ExceptionEntry, NO_SLOT};
use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN, MAX_HEADER};
use wasmote_ir::fuel::HANDLERS;

use crate::handlers::calls::linked::SAVED;
#[cfg(feature = "stack-switching")]
use crate::linked::Activation;
use crate::linked::cells::{
    CALLER_HAS_EXCEPTION_TABLE, CodeHeader, LinkedExceptionEntry, NO_ENTRY, code_header, cross_instance_return,
    exit_cell, is_fixed,
};
#[cfg(feature = "stack-switching")]
use crate::linked::continuations::{Continuation, Place, continuation_exit, unwind};
use crate::linked::{Cell, Instance, Machine, Regs};
use crate::state::UnwindTarget;

/// Whether this build has exceptions. Otherwise code that has any is refused before it is linked.
pub(crate) const EXCEPTIONS: bool = cfg!(feature = "exceptions");

/// The exception that is thrown.
struct Exception {
    reference: u32,
    /// The store's number of its tag. If the object is no exception of the store, it is no tag's number.
    tag: u32,
    /// Its values, in slots.
    values: *const u64,
}

/// Continues at the handler of an exception that this frame throws. Returns whether there is one. `header` is what a
/// call's last unit would have: the header's slot and the flag for handlers.
///
/// # Safety
/// As [`Execute::run`](crate::dispatch::Execute::run), and `header` describes the frame at `fp`.
#[inline(always)]
pub(crate) unsafe fn resume_at(r: &mut Regs, reference: u32, header: u16) -> bool {
    // SAFETY: the caller guarantees the registers of a running function and the header of its frame. `search` sets
    // the unwind_target that `take` uses.
    unsafe {
        let machine = (*r.cx).machine;
        let found = EXCEPTIONS && search_code(machine, reference, r.ip, r.fp, r.cx, header);
        found && take(r, machine)
    }
}

/// As [`resume_at`], for an exception that a called function throws. Its frame is gone, and `ip` is in the last cell of
/// the call, or at a fixed return address.
///
/// # Safety
/// The registers are those of the caller, and `ip` is as described.
#[inline(always)]
pub(crate) unsafe fn resume_after_call(r: &mut Regs, reference: u32) -> bool {
    // SAFETY: the caller guarantees the registers of a running function and `ip`. `search_caller` sets the unwind_target
    // that `take` uses.
    unsafe {
        let machine = (*r.cx).machine;
        EXCEPTIONS && search_caller(machine, reference, r.ip, r.fp, r.cx) && take(r, machine)
    }
}

/// Continues at the handler that was found.
///
/// # Safety
/// A search on this machine just found a handler.
#[inline(always)]
unsafe fn take(r: &mut Regs, machine: *mut Machine) -> bool {
    // SAFETY: the caller guarantees that a search set `unwind_target`: to the handler's frame, instance and code, which are
    // live. An instance has at least one memory.
    unsafe {
        let UnwindTarget { ip, fp, instance, stack_end, .. } = (*machine).unwind_target;
        #[cfg(feature = "stack-switching")]
        unwind(machine, (*machine).running, (*machine).unwind_target.continuation);
        (*machine).set_stack_end(stack_end);
        r.ip = ip;
        r.fp = fp;
        r.cx = instance;
        r.mem = (**(*instance).memories).base;
        true
    }
}

/// # Safety
/// As [`resume_after_call`].
#[inline(never)]
unsafe fn search_caller(
    machine: *mut Machine,
    reference: u32,
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
) -> bool {
    // SAFETY: the caller guarantees the registers. `ip` is fixed, or in the last cell of a call, and an instruction
    // follows a call.
    unsafe {
        let back = if is_fixed(ip) { ip } else { ip.add(size_of::<Cell>()) };
        let mut walk = FrameWalk::new(machine, ip, fp, instance, 0);
        walk.unwind_to(back) && search_frames(machine, reference, walk)
    }
}

/// # Safety
/// As [`resume_at`].
#[inline(never)]
unsafe fn search_code(
    machine: *mut Machine,
    reference: u32,
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
    caller: u16,
) -> bool {
    // SAFETY: the caller guarantees the frame and its header, from which the walk starts.
    unsafe {
        let walk = FrameWalk::new(machine, ip, fp, instance, caller);
        search_frames(machine, reference, walk)
    }
}

/// A frame and the place in its code. The walk goes from callee to caller.
struct FrameWalk {
    /// A byte inside the instruction that throws or calls.
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
    /// The slot of the frame's header, with the flag for handlers.
    caller: u16,
    stack_end: *mut u64,
    /// The activation, and its continuation that has the frame, or null.
    #[cfg(feature = "stack-switching")]
    running: (*mut Activation, *mut Continuation),
}

impl FrameWalk {
    /// Returns a walk from this place.
    ///
    /// # Safety
    /// The machine runs code.
    #[inline(always)]
    unsafe fn new(
        machine: *mut Machine,
        ip: *const u8,
        fp: *mut u64,
        instance: *mut Instance,
        caller: u16,
    ) -> FrameWalk {
        // SAFETY: the caller guarantees the machine.
        unsafe {
            FrameWalk {
                ip,
                fp,
                instance,
                caller,
                stack_end: (*machine).stack_end(),
                #[cfg(feature = "stack-switching")]
                running: ((*machine).running, (*(*machine).running).continuation),
            }
        }
    }

    /// Moves from the first frame of a continuation to the frame that resumed it.
    ///
    /// # Safety
    /// The walk is in a continuation.
    #[cfg(feature = "stack-switching")]
    unsafe fn leave_continuation(&mut self) {
        // SAFETY: the caller guarantees the continuation. Where the entries of the one around it begin was noted when it
        // resumed this one.
        unsafe {
            let (activation, one) = self.running;
            let Place { ip, fp, instance, header, .. } = (*one).resumed;
            let outer = (*one).parent;
            (self.ip, self.fp, self.instance, self.caller) = (ip, fp, instance, header);
            self.stack_end = if outer.is_null() { (*activation).noted } else { (*outer).stack_end };
            self.running.1 = outer;
        }
    }

    /// Moves to the frame that a return to `back` leads to. `fp` is already that frame. Returns `false` if it is the
    /// host's.
    ///
    /// # Safety
    /// `back` is a return address that a call wrote, and `stack_end` is where calls between instances stand.
    unsafe fn unwind_to(&mut self, back: *const u8) -> bool {
        // SAFETY: the caller guarantees a return address. It is one of the two fixed cells, or the instruction behind
        // a call, whose last unit the linker wrote. For `cross_instance_return`, the call into the other instance put an
        // entry at `stack_end`.
        unsafe {
            let mut back = back;
            if back == cross_instance_return().cast() {
                back = self.stack_end.cast::<*const u8>().read();
                self.instance = self.stack_end.add(1).cast::<*mut Instance>().read();
                self.stack_end = self.stack_end.add(SAVED);
            }
            #[cfg(feature = "stack-switching")]
            if back == continuation_exit() {
                self.leave_continuation();
                return true;
            }
            if back == exit_cell().cast() {
                return false;
            }
            self.ip = back.sub(size_of::<Cell>());
            self.caller = back.cast::<u16>().sub(1).read();
            true
        }
    }

    /// Moves to the caller's frame. Returns `false` if it is the host's.
    ///
    /// # Safety
    /// The walk stands at a frame of a function that calls or throws.
    unsafe fn caller_frame(&mut self) -> bool {
        // SAFETY: the caller guarantees the frame. `caller` gives the slot of its header, which the call of the
        // function wrote.
        unsafe {
            let header = self.fp.add(usize::from(self.caller & MAX_HEADER));
            let back = header.add(HEADER_RETURN).cast::<*const u8>().read();
            self.fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            self.unwind_to(back)
        }
    }
}

/// Finds the handler. Records in the machine where it continues, and writes the values that it takes.
///
/// # Safety
/// The walk stands at a frame of a running function on this machine.
unsafe fn search_frames(machine: *mut Machine, reference: u32, mut walk: FrameWalk) -> bool {
    // SAFETY: the caller guarantees the machine and the frame; `up` keeps the walk at frames of running functions.
    // `place` returns an address in the heap, with `Heap::SLACK` bytes behind it, so an object's header is readable.
    // The hook returns null or the code around `ip`.
    unsafe {
        let Some(object) = (*machine).heap.place(reference) else { return false };
        let kind = object.cast::<u64>().read_unaligned() as u32;
        let tag = kind.wrapping_sub(EXCEPTION);
        let exception = Exception { reference, tag, values: object.add(size_of::<u64>()).cast() };
        loop {
            (*machine).searched += 1;
            if walk.caller & CALLER_HAS_EXCEPTION_TABLE != 0
                && let code = ((*machine).hooks.locate)(machine, walk.instance, walk.ip.cast())
                && !code.is_null()
                && let Some(handler) = handler(&walk, code, exception.tag)
            {
                (*machine).unwind_target = UnwindTarget {
                    ip: code.cast::<u8>().add(handler.target as usize),
                    fp: walk.fp,
                    instance: walk.instance,
                    stack_end: walk.stack_end,
                    #[cfg(feature = "stack-switching")]
                    continuation: walk.running.1,
                };
                deliver(&exception, &handler, walk.fp);
                return true;
            }
            if !walk.caller_frame() {
                return false;
            }
        }
    }
}

/// Returns the innermost handler of the function that covers the place and catches the tag. It looks only at handlers
/// that cover the place.
///
/// # Safety
/// `code` is the linked code of a function with handlers of the walk's instance, and contains the walk's place.
unsafe fn handler(walk: &FrameWalk, code: *const Cell, tag: u32) -> Option<ExceptionEntry> {
    // SAFETY: the caller guarantees code that the linker wrote. The linker wrote the function's exception handlers and
    // ranges in front of it.
    let (handlers, ranges) = unsafe {
        let CodeHeader { handlers, ranges: (first, count), .. } = code_header(code);
        (handlers, core::slice::from_raw_parts(first, count))
    };
    let at = walk.ip.addr().wrapping_sub(code.addr()) as u32;
    let range = ranges.get(ranges.partition_point(|range| range.from <= at).checked_sub(1)?)?;
    let (mut next, mut found) = (range.handler, None);
    let mut below = u16::MAX;
    let mut passed = 0u64;
    // SAFETY: validation and the image verifier keep tags in range of the instance's tags.
    let tag_of = |index: u32| unsafe { (*walk.instance).tags.add(index as usize).read() };
    while next != NO_ENTRY && found.is_none() {
        passed += 1;
        // SAFETY: the linker writes numbers of handlers that are there, or `NO_ENTRY`.
        let LinkedExceptionEntry { handler, outer, .. } = unsafe { handlers.add(next as usize).read() };
        next = outer;
        if handler.level >= below {
            continue;
        }
        match handler.tag {
            ANY => found = Some(handler),
            DELEGATE => below = handler.slot,
            index if tag_of(index) == tag => found = Some(handler),
            _ => {}
        }
    }
    // One function may have millions of handlers. Code that takes no fuel ignores the remaining fuel.
    // SAFETY: the caller guarantees the walk's instance, whose machine is live.
    let fuel = unsafe { &mut (*(*walk.instance).machine).fuel };
    *fuel = fuel.saturating_sub(passed >> HANDLERS);
    found
}

/// Writes the values and the reference that the handler takes.
///
/// # Safety
/// The handler belongs to the function whose frame is at `fp`. The values are those of an object in the heap.
unsafe fn deliver(exception: &Exception, handler: &ExceptionEntry, fp: *mut u64) {
    // SAFETY: the caller guarantees the frame. The translator and the image verifier keep the handler's slots in the
    // frame. It has at most as many values as `Heap::SLACK` leaves readable behind an object.
    unsafe {
        for i in 0..usize::from(handler.count) {
            fp.add(usize::from(handler.slot) + i).write(exception.values.add(i).read_unaligned());
        }
        if handler.reference != NO_SLOT {
            fp.add(usize::from(handler.reference)).write(exception.reference.into());
        }
    }
}

/// The type number in an exception's header is this plus the number of its tag.
pub const EXCEPTION: u32 = 1 << 25;
