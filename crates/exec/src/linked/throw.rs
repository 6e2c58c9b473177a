//! From an exception to its handler. Frames are walked by what calls leave in their last unit; only functions that have handlers
//! are looked up. Nothing is changed until a handler was found, so that where there is none the trap's site is the throw's.

use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN, MAX_HEADER};
use wasmote_ir::fuel::HANDLERS;
use wasmote_ir::handlers::{ANY, DELEGATE, Handler, NO_SLOT};

use crate::handlers::calls::linked::SAVED;
use crate::linked::cells::{
    CALLER_HANDLES, Description, LinkedHandler, NO_HANDLER, describe, leave_run, return_across,
};
use crate::linked::{Cell, Instance, Machine, Regs};
use crate::state::Landing;

/// What is thrown.
struct Exception {
    reference: u32,
    /// The store's number of its tag, unless it is none of the store's.
    tag: u32,
    /// Its values, in slots.
    values: *const u64,
}

/// Has the registers go on at the handler of an exception, if there is one: thrown in the frame that they are of, whose header and
/// handlers are as a call would say in its last unit.
#[inline(always)]
pub(crate) unsafe fn land(r: &mut Regs, reference: u32, header: u16) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let machine = (*r.cx).machine;
        let found = search(machine, reference, r.ip, r.fp, r.cx, header);
        found && take(r, machine)
    }
}

/// [`land`] for what a function throws that was called, and whose frame is gone: `ip` is in the last cell of the call, unless the call
/// came from elsewhere.
#[inline(always)]
pub(crate) unsafe fn land_behind_call(r: &mut Regs, reference: u32) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let machine = (*r.cx).machine;
        search_behind(machine, reference, r.ip, r.fp, r.cx) && take(r, machine)
    }
}

/// Has the registers go on at the handler that was found.
#[inline(always)]
unsafe fn take(r: &mut Regs, machine: *mut Machine) -> bool {
    // SAFETY: as `search` left it; instances have at least one memory.
    unsafe {
        let Landing { ip, fp, instance, stack_end } = (*machine).landing;
        (*machine).stack_end = stack_end;
        r.ip = ip;
        r.fp = fp;
        r.cx = instance;
        r.mem = (**(*instance).memories).base;
        true
    }
}

#[inline(never)]
unsafe fn search_behind(
    machine: *mut Machine,
    reference: u32,
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
) -> bool {
    // SAFETY: as `search`.
    unsafe {
        let fixed = ip == return_across().cast() || ip == leave_run().cast();
        let back = if fixed { ip } else { ip.add(size_of::<Cell>()) };
        let mut walk = Walk { ip, fp, instance, caller: 0, stack_end: (*machine).stack_end };
        walk.back_to(back) && search_from(machine, reference, walk)
    }
}

#[inline(never)]
unsafe fn search(
    machine: *mut Machine,
    reference: u32,
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
    caller: u16,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let walk = Walk { ip, fp, instance, caller, stack_end: (*machine).stack_end };
        search_from(machine, reference, walk)
    }
}

/// A frame, and where it is in its code.
struct Walk {
    /// Inside the instruction that throws, or that called what does.
    ip: *const u8,
    fp: *mut u64,
    instance: *mut Instance,
    /// The slot of the frame's header, and whether the function may have handlers.
    caller: u16,
    stack_end: *mut u64,
}

impl Walk {
    /// Goes on to the frame that a return to `back` leads to, `fp` being its frame. `false` if that is not wasm's.
    unsafe fn back_to(&mut self, back: *const u8) -> bool {
        // SAFETY: return addresses are behind a call, or fixed; what calls between instances noted is as they left it.
        unsafe {
            let mut back = back;
            if back == return_across().cast() {
                back = self.stack_end.cast::<*const u8>().read();
                self.instance = self.stack_end.add(1).cast::<*mut Instance>().read();
                self.stack_end = self.stack_end.add(SAVED);
            }
            if back == leave_run().cast() {
                return false;
            }
            self.ip = back.sub(size_of::<Cell>());
            self.caller = back.cast::<u16>().sub(1).read();
            true
        }
    }

    /// Goes on to the caller's frame. `false` if that is the host's.
    unsafe fn up(&mut self) -> bool {
        // SAFETY: frames have headers where their calls say.
        unsafe {
            let header = self.fp.add(usize::from(self.caller & MAX_HEADER));
            let back = header.add(HEADER_RETURN).cast::<*const u8>().read();
            self.fp = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            self.back_to(back)
        }
    }
}

/// Finds the handler, and notes in the machine where it goes on, with the values written for it.
unsafe fn search_from(machine: *mut Machine, reference: u32, mut walk: Walk) -> bool {
    // SAFETY: the caller's promise: frames are those of running functions. An exception's place is in the heap, with room behind.
    unsafe {
        let Some(object) = (*machine).heap.place(reference) else { return false };
        let kind = object.cast::<u64>().read_unaligned() as u32;
        let tag = kind.wrapping_sub(EXCEPTION);
        let exception = Exception { reference, tag, values: object.add(size_of::<u64>()).cast() };
        loop {
            (*machine).searched += 1;
            if walk.caller & CALLER_HANDLES != 0
                && let code = ((*machine).hooks.locate)(machine, walk.instance, walk.ip.cast())
                && !code.is_null()
                && let Some(handler) = handler(&walk, code, exception.tag)
            {
                (*machine).landing = Landing {
                    ip: code.cast::<u8>().add(handler.target as usize),
                    fp: walk.fp,
                    instance: walk.instance,
                    stack_end: walk.stack_end,
                };
                deliver(&exception, &handler, walk.fp);
                return true;
            }
            if !walk.up() {
                return false;
            }
        }
    }
}

/// The innermost of a function's handlers that covers the place and has the tag. Only those that cover it are looked at.
unsafe fn handler(walk: &Walk, code: *const Cell, tag: u32) -> Option<Handler> {
    // SAFETY: code in front of which handlers are; tags that they name are in range.
    unsafe {
        let Description { handlers, stretches: (first, count), .. } = describe(code);
        let at = walk.ip.addr().wrapping_sub(code.addr()) as u32;
        let stretches = core::slice::from_raw_parts(first, count);
        let stretch = stretches.get(stretches.partition_point(|stretch| stretch.from <= at).checked_sub(1)?)?;
        let (mut next, mut found) = (stretch.handler, None);
        let mut below = u16::MAX;
        let mut passed = 0u64;
        while next != NO_HANDLER && found.is_none() {
            passed += 1;
            let LinkedHandler { handler, outer, .. } = handlers.add(next as usize).read();
            next = outer;
            if handler.level >= below {
                continue;
            }
            match handler.tag {
                ANY => found = Some(handler),
                DELEGATE => below = handler.slot,
                index if (*walk.instance).tags.add(index as usize).read() == tag => found = Some(handler),
                _ => {}
            }
        }
        // There may be millions. Code that takes no fuel does not look at what is left.
        let fuel = &raw mut (*(*walk.instance).machine).fuel;
        *fuel = (*fuel).saturating_sub(passed >> HANDLERS);
        found
    }
}

/// Writes what the handler asks for.
unsafe fn deliver(exception: &Exception, handler: &Handler, fp: *mut u64) {
    // SAFETY: slots of handlers lie in the frame. They are at most as many as the heap has behind an object.
    unsafe {
        for i in 0..usize::from(handler.count) {
            fp.add(usize::from(handler.slot) + i).write(exception.values.add(i).read_unaligned());
        }
        if handler.reference != NO_SLOT {
            fp.add(usize::from(handler.reference)).write(exception.reference.into());
        }
    }
}

/// Added to the number of a tag it is the type of its exceptions, in their headers.
pub const EXCEPTION: u32 = 1 << 25;
