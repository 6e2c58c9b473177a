//! Growth of the stacks of continuations. They begin small. A call that finds no room moves all frames to a larger stack.
//!
//! Only the pointers from each frame to its caller's lead into the stack, so these are all that changes.

use wasmote_ir::frame::{HEADER_CALLER, HEADER_RETURN, MAX_HEADER};

use crate::handlers::calls::linked::SAVED;
use crate::linked::Machine;
use crate::linked::cells::cross_instance_return;
use crate::linked::continuations::{continuation_exit, list};

/// Makes room for a frame of `slots` slots at `fp` in the stack of the continuation that runs, and for the entry of a call
/// between instances. Returns where the frame is then, or null if there is no room. A return to `back` leads to the frame
/// at `caller`. Leaves the new address of that in the machine's `across`.
///
/// The hook `grow_stack` is to be this function. It is compiled with the embedder's crate, for size.
///
/// # Safety
/// The machine runs a continuation. The call that leads to `back` is in the frame at `caller`.
#[inline]
pub unsafe fn grow_stack(
    machine: *mut Machine,
    fp: *mut u64,
    slots: usize,
    back: *const u8,
    caller: *mut u64,
) -> *mut u64 {
    // SAFETY: the caller guarantees a continuation, whose stack is in use. The new stack is larger, and each part of the
    // old one goes to its end of the new one. Each return address is one of the two fixed cells, or the instruction behind
    // a call, whose last unit has the slot of the caller's header. For `cross_instance_return` there is an entry.
    unsafe {
        let one = (*(*machine).running).continuation;
        let (base, len) = ((*one).base(), (*one).slots());
        let end = base.add(len);
        let entries = end.offset_from_unsigned((*machine).stack_end());
        let used = (fp.addr() - base.addr()) / size_of::<u64>();
        let (needed, most) = (used + slots + SAVED + entries, list(machine).max_slots());
        let more = needed.max(len * 2).min(most);
        if needed > most || !((*machine).hooks.stack_room)(machine, (more - len) * size_of::<u64>(), end) {
            return core::ptr::null_mut();
        }
        let Ok(before) = list(machine).replace_stack(one, more) else { return core::ptr::null_mut() };
        let new = (*one).base();
        let new_end = new.add((*one).slots());
        new.copy_from_nonoverlapping(before.start(), len - entries);
        new_end.sub(entries).copy_from_nonoverlapping(before.start().add(len - entries), entries);
        (*machine).set_stack_end(new_end.sub(entries));

        let moved = new.addr().wrapping_sub(before.start().addr()) as isize;
        let caller = caller.wrapping_byte_offset(moved);
        (*machine).across = caller;
        let (mut back, mut frame, mut entry) = (back, caller, (*machine).stack_end());
        loop {
            if back == cross_instance_return().cast() {
                back = entry.cast::<*const u8>().read();
                entry = entry.add(SAVED);
            }
            if back == continuation_exit() {
                return fp.wrapping_byte_offset(moved);
            }
            let slot = back.cast::<u16>().sub(1).read() & MAX_HEADER;
            let header = frame.add(slot.into());
            back = header.add(HEADER_RETURN).cast::<*const u8>().read();
            let caller = header.add(HEADER_CALLER).cast::<*mut u64>();
            caller.write(caller.read().wrapping_byte_offset(moved));
            frame = caller.read();
        }
    }
}
