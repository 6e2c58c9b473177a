//! Growth of the stacks of continuations. They begin small. A call that finds no room moves all frames to a larger stack.
//!
//! Only the pointers from each frame to its caller's lead into the stack, so these are all that changes.

use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN, MAX_HEADER};

use crate::handlers::calls::linked::SAVED;
use crate::linked::Machine;
use crate::linked::cells::cross_instance_return;
use crate::linked::continuations::{continuation_exit, list};

/// Makes room for a frame of `slots` slots at `fp` in the stack of the continuation that runs, and for the entry of a call
/// between instances. Returns where the frame is then, or null if there is no room or no continuation runs. `header` is
/// the header of the frame itself, if it is complete.
///
/// # Safety
/// The machine runs code. With a header, it was written by the call of the function.
#[cold]
#[inline(never)]
pub(crate) unsafe fn grow_for_frame(machine: *mut Machine, fp: *mut u64, slots: usize, header: usize) -> *mut u64 {
    // SAFETY: the caller guarantees the frame and its header.
    unsafe {
        let moved = grow(machine, fp, slots);
        if moved != 0 {
            let fp = fp.wrapping_byte_offset(moved);
            caller_moved(machine, fp.add(header), moved);
            return fp;
        }
        core::ptr::null_mut()
    }
}

/// As [`grow_for_frame`], for a frame without a header. A return to `back` leads to the frame at `caller`. Leaves the new
/// address of that in the machine's `across`.
///
/// # Safety
/// The machine runs code. The call that leads to `back` is in the frame at `caller`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn grow_for_callee(
    machine: *mut Machine,
    fp: *mut u64,
    slots: usize,
    back: *const u8,
    caller: *mut u64,
) -> *mut u64 {
    // SAFETY: the caller guarantees the frame and the return address.
    unsafe {
        let moved = grow(machine, fp, slots);
        if moved != 0 {
            let caller = caller.wrapping_byte_offset(moved);
            (*machine).across = caller;
            all_moved(machine, back, caller, moved);
            return fp.wrapping_byte_offset(moved);
        }
        core::ptr::null_mut()
    }
}

/// Replaces the stack by a larger one. Returns by how many bytes the frames moved, or 0 if it fails.
///
/// # Safety
/// As [`grow_for_frame`].
#[cold]
#[inline(never)]
unsafe fn grow(machine: *mut Machine, fp: *mut u64, slots: usize) -> isize {
    // SAFETY: the caller guarantees a machine that runs code, so that the stack in use is that of the innermost
    // continuation. The new stack is larger, and each part of the old one goes to its end of the new one.
    unsafe {
        let one = (*(*machine).running).continuation;
        if one.is_null() {
            return 0;
        }
        let (base, len) = ((*one).base(), (*one).slots());
        let end = base.add(len);
        let entries = end.offset_from_unsigned((*machine).stack_end());
        let used = (fp.addr() - base.addr()) / size_of::<u64>();
        let (needed, most) = (used + slots + SAVED + entries, list(machine).max_slots());
        if needed > most {
            return 0;
        }
        let more = needed.max(len * 2).min(most);
        if !((*machine).hooks.stack_room)(machine, (more - len) * size_of::<u64>(), end) {
            return 0;
        }
        let Ok(before) = list(machine).replace_stack(one, more) else { return 0 };
        let new = (*one).base();
        let new_end = new.add(more);
        new.copy_from_nonoverlapping(before.start(), len - entries);
        new_end.sub(entries).copy_from_nonoverlapping(before.start().add(len - entries), entries);
        (*machine).set_stack_end(new_end.sub(entries));
        new.addr().wrapping_sub(before.start().addr()) as isize
    }
}

/// Corrects the pointer to the caller's frame in a header, and in those of all frames around it.
///
/// # Safety
/// The frames were just moved by so many bytes. `header` is the new address of a frame's header.
unsafe fn caller_moved(machine: *mut Machine, header: *mut u64, moved: isize) {
    // SAFETY: the caller guarantees the header.
    unsafe {
        let back = header.add(HEADER_RETURN).cast::<*const u8>().read();
        let caller = header.add(HEADER_CALLER).cast::<*mut u64>();
        caller.write(caller.read().wrapping_byte_offset(moved));
        all_moved(machine, back, caller.read(), moved);
    }
}

/// Corrects the pointers to callers' frames. `fp` is the new address of the frame that a return to `back` leads to.
///
/// # Safety
/// As [`caller_moved`].
#[inline(never)]
unsafe fn all_moved(machine: *mut Machine, back: *const u8, fp: *mut u64, moved: isize) {
    // SAFETY: the caller guarantees the frames. Each return address is one of the two fixed cells, or the instruction
    // behind a call, whose last unit has the slot of the caller's header. For `cross_instance_return` there is an entry.
    unsafe {
        let (mut back, mut fp, mut entry) = (back, fp, (*machine).stack_end());
        loop {
            if back == cross_instance_return().cast() {
                back = entry.cast::<*const u8>().read();
                entry = entry.add(SAVED);
            }
            if back == continuation_exit() {
                return;
            }
            let slot = back.cast::<u16>().sub(1).read() & MAX_HEADER;
            let header = fp.add(slot.into());
            back = header.add(HEADER_RETURN).cast::<*const u8>().read();
            let caller = header.add(HEADER_CALLER).cast::<*mut u64>();
            caller.write(caller.read().wrapping_byte_offset(moved));
            fp = caller.read();
        }
    }
}
