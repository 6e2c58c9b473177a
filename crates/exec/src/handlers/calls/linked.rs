//! Calls in linked code: between functions of an instance, between instances, and to the host
//! (spec: exec/instructions#control-instructions).

use core::marker::PhantomData;
use core::sync::atomic::{AtomicPtr, Ordering};

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};

use crate::dispatch::{Execute, cold};
use crate::handlers::control::{HeaderWords, bytes_fit, fits, leave};
use crate::handlers::moves::move_slots;
use crate::linked::cells::{FrameLayout, cross_instance_return, exit_cell, is_call_stub, is_fixed, translate_stub};
#[cfg(feature = "stack-switching")]
use crate::linked::continuations::{enter_host, leave_host};
use crate::linked::throw::resume_after_call;
use crate::linked::{Activation, Cell, Flow, Func, Instance, Linked, Machine, Regs};
use crate::mode::Calls;
use crate::operand::{Source, instr_bytes};

/// Makes room for a frame of `slots` slots at `fp`, and for an entry by [`save_instance`]. Returns where the frame is then,
/// or null. The frame at `caller`, to which a return to `back` leads, is then where the machine's `across` says.
///
/// # Safety
/// The machine runs code, and the call that leads to `back` is in the frame at `caller`.
#[inline(always)]
unsafe fn grow(machine: *mut Machine, fp: *mut u64, slots: usize, back: *const u8, caller: *mut u64) -> *mut u64 {
    #[cfg(feature = "stack-switching")]
    // SAFETY: the caller guarantees the frames.
    unsafe {
        if can_grow(machine) {
            return ((*machine).hooks.grow_stack)(machine, fp, slots, back, caller);
        }
    }
    let _ = (machine, fp, slots, back, caller);
    core::ptr::null_mut()
}

/// Whether the stack that is in use may grow. Only those of continuations do.
///
/// # Safety
/// The machine runs code.
#[inline(always)]
unsafe fn can_grow(machine: *mut Machine) -> bool {
    #[cfg(feature = "stack-switching")]
    // SAFETY: the caller guarantees a running activation.
    unsafe {
        !(*(*machine).running).continuation.is_null()
    }
    #[cfg(not(feature = "stack-switching"))]
    {
        let _ = machine;
        false
    }
}

/// Opens the frame of `func` at slot `base`. The callee will return to the instruction at `back`. A call into another
/// instance, or one that finds no room below the stack limit, continues in [`CallOutOfLine`].
///
/// # Safety
/// The registers are those of a running function. `func` is a live record of its store, and `back` is a valid return
/// address.
#[inline(always)]
pub(crate) unsafe fn enter(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: the caller guarantees the record and the instance. The frame has `frame_slots` slots with the header
    // inside, and `fits` checked that they are in the value stack. `CallOutOfLine` gets what it needs in `ip`, `fp`, the
    // accumulator and `across`.
    unsafe {
        let target = (*func).instance;
        let fp = r.fp.wrapping_add(base);
        r.set_callee(func);
        if target == r.cx || target.is_null() {
            if !fits(r, fp, (*func).frame_slots as usize) {
                return out_of_line(r, fp, back);
            }
            let header = fp.add(usize::from((*func).header));
            header.add(HEADER_RETURN).cast::<*const u8>().write(back);
            header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
            r.fp = fp;
            return Func::begin(func, r);
        }
        out_of_line(r, fp, back)
    }
}

/// As [`enter`], for a function of the running instance.
///
/// # Safety
/// As [`enter`], and the function is of the running instance.
#[inline(always)]
pub(crate) unsafe fn enter_own(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: the caller guarantees the record. `fits` checked the frame, with the header inside.
    unsafe {
        let fp = r.fp.wrapping_add(base);
        r.set_callee(func);
        if !fits(r, fp, (*func).frame_slots as usize) {
            return out_of_line(r, fp, back);
        }
        let header = fp.add(usize::from((*func).header));
        header.add(HEADER_RETURN).cast::<*const u8>().write(back);
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        Func::begin(func, r)
    }
}

/// As [`enter_own`]. Returns `None` and leaves the registers as they are if there is no room for the frame, or if the
/// machine is interrupted.
///
/// # Safety
/// As [`enter_own`].
#[inline(always)]
unsafe fn try_enter_own(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Option<Flow> {
    // SAFETY: the caller guarantees the record. `fits` checked the frame, with the header inside.
    unsafe {
        let fp = r.fp.wrapping_add(base);
        if !fits(r, fp, (*func).frame_slots as usize) {
            return None;
        }
        r.set_callee(func);
        let header = fp.add(usize::from((*func).header));
        header.add(HEADER_RETURN).cast::<*const u8>().write(back);
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        Some(Func::begin(func, r))
    }
}

/// Continues a call in [`CallOutOfLine`]. The accumulator has the function.
///
/// # Safety
/// As [`enter`].
#[inline(always)]
unsafe fn out_of_line(r: &mut Regs, fp: *mut u64, back: *const u8) -> Flow {
    // SAFETY: the caller guarantees a running instance, whose machine is live.
    unsafe { (*(*r.cx).machine).across = r.fp };
    r.ip = back;
    r.fp = fp;
    Flow::TailCall(cold::<Linked, CallOutOfLine>)
}

/// The second half of a call into another instance, or of one that found no room. It may be the call of a function whose
/// instance runs already. `acc` has the function, `ip` the
/// return address, `fp` the new frame, and the machine's `across` the caller's frame.
pub struct CallOutOfLine;

impl Execute<Linked> for CallOutOfLine {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `enter` or `TailCallOutOfLine` set these registers to a live record and a valid return address.
        // `fits_in_stack` checked the frame and the entry of `save_instance` before they are written.
        unsafe {
            let func = r.callee();
            let mut caller = (*(*r.cx).machine).across;
            let mut back = r.ip;
            let target = (*func).instance;
            let crosses = target != r.cx && !target.is_null();
            let slots = (*func).frame_slots as usize;
            if !fits_in_stack(r, r.fp, slots + if crosses { SAVED } else { 0 }) {
                let grown = grow((*r.cx).machine, r.fp, slots, back, caller);
                if grown.is_null() {
                    if !is_fixed(back) {
                        r.ip = back.sub(size_of::<Cell>());
                    }
                    r.fp = caller;
                    return Flow::Trap(TrapCode::StackOverflow);
                }
                r.fp = grown;
                caller = (*(*r.cx).machine).across;
            }
            if crosses {
                // If the return address is already `cross_instance_return`, the frame returns to another instance
                // anyhow.
                if back != cross_instance_return().cast() {
                    save_instance(r, back);
                    back = cross_instance_return().cast();
                }
                switch_to(r, target);
            }
            let header = r.fp.add(usize::from((*func).header));
            header.add(HEADER_RETURN).cast::<*const u8>().write(back);
            header.add(HEADER_CALLER).cast::<*mut u64>().write(caller);
            begin(r, func)
        }
    }
}

/// As [`enter`], in a cold handler: a call into another instance that finds room is made at once.
///
/// # Safety
/// As [`enter`].
#[inline(always)]
unsafe fn enter_any(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: the caller guarantees the record and the instance. `fits` checked the frame and the entry of
    // `save_instance`. It fails if the machine is interrupted.
    unsafe {
        let target = (*func).instance;
        let fp = r.fp.wrapping_add(base);
        if target == r.cx || target.is_null() || !fits(r, fp, (*func).frame_slots as usize + SAVED) {
            return enter(r, func, base, back);
        }
        r.set_callee(func);
        save_instance(r, back);
        switch_to(r, target);
        let header = fp.add(usize::from((*func).header));
        header.add(HEADER_RETURN).cast::<*const u8>().write(cross_instance_return().cast());
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        Func::begin(func, r)
    }
}

/// The rest of a direct call that found no room: it does the same, and stops at the first instruction of the function if
/// an interruption was the reason.
struct DirectCallOutOfLine;

impl Execute<Linked> for DirectCallOutOfLine {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `call` continues here with unchanged registers. The checks and writes are the same.
        unsafe {
            let code = code_of_call(r.ip).load(Ordering::Acquire);
            let front = FrameLayout::of(code);
            let fp = r.fp.wrapping_add(r.u16(BASE));
            let machine = (*r.cx).machine;
            if !(*machine).has_room(fp, front.frame as usize) {
                if !can_grow(machine) {
                    return Flow::Trap(TrapCode::StackOverflow);
                }
                let func = (*r.cx).funcs.add(r.u32(NUMBER) as usize);
                r.set_callee(func);
                return out_of_line(r, fp, r.ip.add(instr_bytes::<Linked>(CALL_UNITS)));
            }
            open_frame(r, code, front, fp);
            // A stub is no code of a function. It finds the code, and notices the interruption, too.
            if is_call_stub(code) || !(*machine).stack_limit.is_interrupted() {
                Flow::Next
            } else {
                Flow::Trap(TrapCode::Interrupt)
            }
        }
    }
}

/// Writes the header of a directly called function and enters its code.
///
/// # Safety
/// `ip` is at a direct call. The frame at `fp` has this layout and lies in the value stack.
#[inline(always)]
unsafe fn open_frame(r: &mut Regs, code: *const Cell, front: FrameLayout, fp: *mut u64) {
    // SAFETY: the caller guarantees the frame, in which the layout has the header.
    unsafe {
        let header = fp.byte_add(front.header as usize);
        header.add(HEADER_RETURN).cast::<*const u8>().write(r.ip.add(instr_bytes::<Linked>(CALL_UNITS)));
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        r.ip = code.cast();
    }
}

/// Returns whether this many slots from `fp` on lie in the value stack. Unlike [`fits`], it ignores interruptions.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
unsafe fn fits_in_stack(r: &Regs, fp: *mut u64, slots: usize) -> bool {
    // SAFETY: the caller guarantees a running instance, whose machine is live.
    unsafe { (*(*r.cx).machine).has_room(fp, slots * size_of::<u64>()) }
}

/// Begins a function whose frame is complete. An interruption stops the run at the function's first instruction. That
/// is later for a function without code, which [`Translate`] begins.
///
/// # Safety
/// `func` is a live record of the running instance, and `fp` is at its frame, which fits.
#[inline(always)]
unsafe fn begin(r: &mut Regs, func: *mut Func) -> Flow {
    // SAFETY: the caller guarantees the record and a running instance.
    unsafe {
        let code = (*func).entry.code();
        if (*(*r.cx).machine).stack_limit.is_interrupted() && code != translate_stub().code() {
            r.ip = code.cast();
            return Flow::Trap(TrapCode::Interrupt);
        }
        Func::begin(func, r)
    }
}

/// Makes `target` the running instance.
///
/// # Safety
/// `target` is a live instance of the store.
#[inline(always)]
pub(crate) unsafe fn switch_to(r: &mut Regs, target: *mut Instance) {
    // SAFETY: the caller guarantees a live instance. It has at least one memory.
    unsafe {
        r.cx = target;
        r.mem = (**(*target).memories).base;
    }
}

/// The number of slots of an entry by [`save_instance`].
pub(crate) const SAVED: usize = 2;

/// Saves the running instance and the address to continue at, in an entry at the far end of the value stack, which
/// grows down. Calls between instances are rare, so ordinary frames need not have these fields.
///
/// # Safety
/// The registers are those of a running function. Between its frames and `stack_end` are [`SAVED`] free slots.
#[inline(always)]
unsafe fn save_instance(r: &Regs, back: *const u8) {
    // SAFETY: the caller guarantees the free slots below `stack_end`.
    unsafe {
        let machine = (*r.cx).machine;
        let saved = (*machine).stack_end().sub(SAVED);
        saved.cast::<*const u8>().write(back);
        saved.add(1).cast::<*mut Instance>().write(r.cx);
        (*machine).forget_reach();
        (*machine).set_stack_end(saved);
    }
}

/// Removes and returns the entry that [`save_instance`] added last.
///
/// # Safety
/// `machine` is live, and there is such an entry.
pub(crate) unsafe fn saved_instance(machine: *mut Machine) -> (*const u8, *mut Instance) {
    // SAFETY: the caller guarantees an entry at `stack_end`.
    unsafe {
        let saved = (*machine).stack_end();
        (*machine).set_stack_end(saved.add(SAVED));
        (saved.cast::<*const u8>().read(), saved.add(1).cast::<*mut Instance>().read())
    }
}

/// Returns the function to which a reference leads, if it is one that the running instance defines. These have
/// references in a row, and so have their records: nothing has to be looked up.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
pub(crate) unsafe fn own(r: &Regs, reference: u32) -> Option<*mut Func> {
    // SAFETY: the caller guarantees a running instance, which has this many records.
    unsafe {
        let defined = reference.wrapping_sub((*r.cx).first_reference);
        (defined < (*r.cx).defined_funcs).then(|| (*r.cx).funcs.add(defined as usize))
    }
}

/// Returns the function to which a reference leads, or `None` for null.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
pub(crate) unsafe fn referenced(r: &Regs, reference: u32) -> Option<*mut Func> {
    // SAFETY: the caller guarantees a running instance. The reference is checked against the length of its machine's
    // list, whose records are live.
    unsafe {
        let machine = (*r.cx).machine;
        let entry = reference.wrapping_sub(1);
        (entry < (*machine).funcs_len).then(|| *(*machine).funcs.add(entry as usize))
    }
}

/// Returns an element of a table, or `None` beyond its end. The operand at `at` is the table.
///
/// # Safety
/// As [`Execute::run`], and the instruction has this operand.
#[inline(always)]
unsafe fn element(r: &Regs, index: u64, at: usize) -> Option<u32> {
    // SAFETY: the caller guarantees the operand, so the table is in range. The index is checked against the table.
    unsafe {
        let table = *(*r.cx).tables.add(r.u32(at) as usize);
        (index < (*table).len).then(|| (*table).elems.add(index as usize).read())
    }
}

/// Returns the function to which an element of a table refers, if it is one that the running instance defines, of
/// exactly the type of the operand. The operands at `at` are the table and the type.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
#[inline(always)]
unsafe fn own_element(r: &Regs, index: u64, at: usize) -> Option<*mut Func> {
    // SAFETY: the caller guarantees the operands. `own` returns a live record.
    unsafe {
        let func = own(r, element(r, index, at)?)?;
        ((*func).type_id == r.u32(at + 2)).then_some(func)
    }
}

/// Returns the function to which an element of a table refers, if its type is that of the operand or a subtype. The
/// operands at `at` are the table and the type.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
#[inline(always)]
unsafe fn any_element(r: &Regs, index: u64, at: usize) -> Result<*mut Func, TrapCode> {
    // SAFETY: the caller guarantees the operands. `referenced` returns a live record. The machine has a display for each
    // type.
    unsafe {
        let reference = element(r, index, at).ok_or(TrapCode::UndefinedElement)?;
        let func = referenced(r, reference).ok_or(TrapCode::IndirectCallToNull)?;
        let (actual, expected) = ((*func).type_id, r.u32(at + 2));
        let fits = actual == expected || (*(*r.cx).machine).types.is_sub(actual, expected);
        if fits { Ok(func) } else { Err(TrapCode::BadSignature) }
    }
}

/// A call through a table whose function is not one that [`own_element`] returns, or for which there is no room.
struct IndirectCallOutOfLine<A>(PhantomData<A>);

impl<A: Source<u64>> Execute<Linked> for IndirectCallOutOfLine<A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `call_indirect` continues here with unchanged registers, so the operands are those of its
        // instruction.
        unsafe {
            match any_element(r, A::get(r, 0), A::UNITS) {
                Ok(func) => {
                    let base = r.u16(A::UNITS + 4);
                    enter_any(r, func, base, r.ip.add(instr_bytes::<Linked>(A::UNITS + 5)))
                }
                Err(code) => Flow::Trap(code),
            }
        }
    }
}

/// Replaces this frame by one of `func`. From unit `AT` on, the instruction has three operands: the first slot of the
/// arguments, their number, and the slot of this frame's header. What [`enter`] leaves to [`CallOutOfLine`], this leaves
/// to [`TailCallOutOfLine`].
///
/// # Safety
/// As [`enter`], and the instruction has these operands.
#[inline(always)]
pub(crate) unsafe fn tail_call<const AT: usize>(r: &mut Regs, func: *mut Func) -> Flow {
    // SAFETY: the caller guarantees the record and the operands.
    unsafe {
        let target = (*func).instance;
        if target == r.cx || target.is_null() {
            return tail_call_here::<AT>(r, func);
        }
    }
    r.set_callee(func);
    Flow::TailCall(cold::<Linked, TailCallOutOfLine<AT>>)
}

/// As [`tail_call`], for a function of the running instance or of the host.
///
/// # Safety
/// As [`tail_call`].
#[inline(always)]
unsafe fn tail_call_here<const AT: usize>(r: &mut Regs, func: *mut Func) -> Flow {
    r.set_callee(func);
    // SAFETY: the caller guarantees the record and the operands. `fits` checked the new frame. The arguments lie above
    // this frame's header, so they move down to slot 0. The operands are read after the check, because the handler has
    // no register for them before.
    unsafe {
        if !fits(r, r.fp, (*func).frame_slots as usize) {
            return Flow::TailCall(cold::<Linked, TailCallOutOfLine<AT>>);
        }
        let saved = HeaderWords::read(r.slot(AT + 2));
        move_slots(r, r.fp.add(r.u16(AT)), r.fp, AT + 1);
        saved.write(r.fp.add(usize::from((*func).header)));
        Func::begin(func, r)
    }
}

/// The second half of a tail call into another instance, or of one that found no room. `acc` has the function, and `ip`
/// is at the instruction, whose operands are those of [`tail_call`].
pub struct TailCallOutOfLine<const AT: usize>;

impl<const AT: usize> Execute<Linked> for TailCallOutOfLine<AT> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `tail_call` set the accumulator to a live record. `fits_in_stack` checked the new frame. The header is
        // read before the arguments move over it.
        unsafe {
            let func = r.callee();
            let slots = (*func).frame_slots as usize + SAVED;
            // A stack that can grow does so in `CallOutOfLine`. If it fails, there is nothing left of this frame.
            if !fits_in_stack(r, r.fp, slots) && !can_grow((*r.cx).machine) {
                return Flow::Trap(TrapCode::StackOverflow);
            }
            let (first, count, header) = (r.u16(AT), r.u16(AT + 1), r.slot(AT + 2));
            r.ip = header.add(HEADER_RETURN).cast::<*const u8>().read();
            (*(*r.cx).machine).across = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            r.fp.add(first).copy_to(r.fp, count);
            Flow::TailCall(cold::<Linked, CallOutOfLine>)
        }
    }
}

/// The operands of a direct call, in units: the callee's code, its number among the functions that the module
/// defines, the slot of its frame, and the length of all. Only linked code has the first.
const CODE: usize = 0;
const NUMBER: usize = 4;
const BASE: usize = 6;
const CALL_UNITS: usize = 7;

/// Returns the cell of a call with its callee's code.
///
/// # Safety
/// `ip` is at a direct call in linked code.
#[inline(always)]
unsafe fn code_of_call<'a>(ip: *const u8) -> &'a AtomicPtr<Cell> {
    // SAFETY: the caller guarantees a call, which has this aligned cell. Only [`ResolveCall`] writes to it while code
    // runs, and it does so atomically.
    unsafe { AtomicPtr::from_ptr(ip.add(instr_bytes::<Linked>(CODE)).cast_mut().cast()) }
}

/// Finds the code of a function, for a call that does not know it yet. The call's cell then leads to that code. If
/// the function is not yet translated, that happens first, and the cell stays as it is.
pub struct ResolveCall;

impl Execute<Linked> for ResolveCall {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: only a direct call in linked code leads here. It wrote the header at the offset that this cell's
        // layout gives, and its return address is the end of that call. The number is in range of the instance's
        // functions. The frame has room for `call_stub`'s layout only, so the real size is checked here.
        unsafe {
            let header = r.fp.byte_add(FrameLayout::of(r.ip.cast()).header as usize);
            let call = header.add(HEADER_RETURN).cast::<*const u8>().read().sub(instr_bytes::<Linked>(CALL_UNITS));
            let number = Regs { ip: call, ..*r }.u32(NUMBER);
            let func = (*r.cx).funcs.add(number as usize);
            let code = (*func).entry.code();
            r.set_callee(func);
            r.ip = code.cast();
            if code != translate_stub().code() {
                if !fits(r, r.fp, (*func).frame_slots as usize) {
                    return Flow::TailCall(cold::<Linked, CalleeOverflow>);
                }
                code_of_call(call).store(code.cast_mut(), Ordering::Release);
            }
        }
        Flow::Next
    }
}

/// Goes on with a function for which there is no room, or whose machine is interrupted. Its frame was assumed to be smaller
/// until its code was known. So the call is made again, by [`CallOutOfLine`].
struct CalleeOverflow;

impl Execute<Linked> for CalleeOverflow {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the function's record is in the accumulator, and `fp` is at its frame, with the header.
        unsafe {
            let header = r.fp.add(usize::from((*r.callee()).header));
            r.ip = header.add(HEADER_RETURN).cast::<*const u8>().read();
            (*(*r.cx).machine).across = header.add(HEADER_CALLER).cast::<*mut u64>().read();
        }
        Flow::TailCall(cold::<Linked, CallOutOfLine>)
    }
}

/// A direct call of a function whose header is in a slot too high for
/// [`call_stub`](crate::linked::cells::call_stub).
pub struct CallByIndex;

impl Execute<Linked> for CallByIndex {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a direct call, whose number is in range of the instance's functions.
        unsafe {
            let func = (*r.cx).funcs.add(r.u32(NUMBER) as usize);
            enter(r, func, r.u16(BASE), r.ip.add(instr_bytes::<Linked>(CALL_UNITS)))
        }
    }
}

/// The code of a function that is not yet translated. It asks the embedder for its code and enters it.
pub struct Translate;

impl Execute<Linked> for Translate {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: each call of such a function leaves its record in the accumulator and its frame at `fp`. The hook
        // may change the frame's size, so it is checked again.
        unsafe {
            let func = r.callee();
            let machine = (*r.cx).machine;
            let code = match ((*machine).hooks.translate)(machine, func) {
                Ok(()) if fits_in_stack(r, r.fp, (*func).frame_slots as usize) => return begin(r, func),
                Ok(()) => return Flow::TailCall(cold::<Linked, CalleeOverflow>),
                Err(code) => code,
            };
            abandon(r, func);
            Flow::Trap(code)
        }
    }
}

/// The code of host functions: calls the embedder.
pub struct CallHost;

impl Execute<Linked> for CallHost {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: each call of a host function leaves its record in the accumulator and its frame at `fp`. Arguments
        // and results lie below the header, and the slots behind the frame are free.
        unsafe {
            let func = r.callee();
            let machine = (*r.cx).machine;
            let above = r.fp.add(usize::from((*func).header) + usize::from(HEADER));
            let below = core::mem::replace(&mut (*machine).stack_top, above);
            #[cfg(feature = "stack-switching")]
            enter_host(machine, above);
            let outcome = ((*machine).hooks.host)(machine, func, r.cx, r.fp);
            #[cfg(feature = "stack-switching")]
            leave_host(machine);
            (*machine).stack_top = below;
            if let Err(code) = outcome {
                if code == TrapCode::Interrupt {
                    // The registers stay as they are, so that the call is made again.
                    return Flow::Trap(code);
                }
                abandon(r, func);
                // An error may be resumable as well, unless the caller is the host.
                if code == TrapCode::Suspended || code == TrapCode::Host && r.ip != exit_cell().cast() {
                    Activation::suspend((*machine).running, above);
                    return Flow::Trap(TrapCode::Suspended);
                }
                if code == TrapCode::Exception && resume_after_call(r, (*machine).exception) {
                    return Flow::Next;
                }
                return Flow::Trap(code);
            }
            // A host function's frame has at least the two slots of its header.
            r.accumulate_results(r.fp);
            r.mem = (**(*r.cx).memories).base;
            leave(r, r.fp.add(usize::from((*func).header)));
            Flow::Next
        }
    }
}

/// Leaves the frame of a function that could not run, so that the trap is reported at its caller. `ip` is then inside
/// of the call, not behind it.
///
/// # Safety
/// `fp` is at the frame of `func`.
#[inline(always)]
unsafe fn abandon(r: &mut Regs, func: *mut Func) {
    // SAFETY: the caller guarantees the frame, whose header the call wrote. A return address is behind a call or one
    // of two fixed cells.
    unsafe {
        leave(r, r.fp.add(usize::from((*func).header)));
        if !is_fixed(r.ip) {
            r.ip = r.ip.sub(size_of::<Cell>());
        }
    }
}

/// Returns from a call into another instance.
pub struct CrossInstanceReturn;

impl Execute<Linked> for CrossInstanceReturn {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: a frame returns here only if the call that made it added an entry by `save_instance`, or continued
        // a frame that had one.
        unsafe {
            let (back, instance) = saved_instance((*r.cx).machine);
            r.ip = back;
            switch_to(r, instance);
        }
        Flow::Next
    }
}

/// Returns the record of the defined function that the operand at unit 0 names.
///
/// # Safety
/// As [`Execute::run`], and the instruction has this operand.
#[inline(always)]
unsafe fn defined(r: &Regs) -> *mut Func {
    // SAFETY: the caller guarantees the operand, which is in range of the instance's functions.
    unsafe { (*r.cx).funcs.add(r.u32(0) as usize) }
}

/// Returns the record of the imported function that the operand at unit 0 names.
///
/// # Safety
/// As [`Execute::run`], and the instruction has this operand.
#[inline(always)]
unsafe fn imported(r: &Regs) -> *mut Func {
    // SAFETY: the caller guarantees the operand, which is in range of the instance's imports.
    unsafe { *(*r.cx).imports.add(r.u32(0) as usize) }
}

/// The calls of linked code.
pub struct LinkedCalls;

impl Calls<Linked> for LinkedCalls {
    #[inline(always)]
    unsafe fn call(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a direct call. Its cell leads to linked code or to an `call_stub` cell, and
        // both have a layout in front. `bytes_fit` checked the frame before the header is written.
        unsafe {
            let code = code_of_call(r.ip).load(Ordering::Acquire);
            let fp = r.fp.wrapping_add(r.u16(BASE));
            if !bytes_fit((*r.cx).machine, fp, FrameLayout::frame_of(code) as usize) {
                return Flow::TailCall(cold::<Linked, DirectCallOutOfLine>);
            }
            // Read only now: the handler has no register for it before.
            open_frame(r, code, FrameLayout::of(code), fp);
        }
        Flow::Next
    }

    #[inline(always)]
    unsafe fn call_import(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a call of an import, with the function and the frame's slot as operands.
        unsafe { enter(r, imported(r), r.u16(2), r.ip.add(instr_bytes::<Linked>(3))) }
    }

    #[inline(always)]
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees an indirect call. `own_element` checks the index, the reference and the type.
        unsafe {
            if let Some(func) = own_element(r, A::get(r, 0), A::UNITS) {
                let base = r.u16(A::UNITS + 4);
                if let Some(flow) = try_enter_own(r, func, base, r.ip.add(instr_bytes::<Linked>(A::UNITS + 5))) {
                    return flow;
                }
            }
            Flow::TailCall(cold::<Linked, IndirectCallOutOfLine<A>>)
        }
    }

    #[inline(always)]
    unsafe fn return_call(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a tail call, with the function, the arguments' slots and the header as
        // operands.
        unsafe { tail_call_here::<2>(r, defined(r)) }
    }

    #[inline(always)]
    unsafe fn return_call_import(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a tail call of an import, with the function, the arguments' slots and the
        // header as operands.
        unsafe { tail_call::<2>(r, imported(r)) }
    }

    #[inline(always)]
    unsafe fn return_call_indirect(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees an indirect tail call. `own_element` checks the index, the reference and the
        // type.
        unsafe {
            match own_element(r, r.slot(0).read(), 1) {
                Some(func) => tail_call_here::<5>(r, func),
                None => Flow::TailCall(cold::<Linked, IndirectTailCallOutOfLine>),
            }
        }
    }

    #[inline(always)]
    unsafe fn reference(r: &Regs, index: u32) -> u32 {
        // SAFETY: the caller guarantees an index operand of a function, imports included, which is in range.
        unsafe {
            match index.checked_sub((*r.cx).imported_funcs) {
                Some(defined) => (*r.cx).first_reference + defined,
                None => (**(*r.cx).imports.add(index as usize)).reference,
            }
        }
    }
}

/// A tail call through a table whose function is not one that [`own_element`] returns.
struct IndirectTailCallOutOfLine;

impl Execute<Linked> for IndirectTailCallOutOfLine {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `return_call_indirect` continues here with unchanged registers, so the operands are those of its
        // instruction.
        unsafe {
            match any_element(r, r.slot(0).read(), 1) {
                Ok(func) => tail_call::<5>(r, func),
                Err(code) => Flow::Trap(code),
            }
        }
    }
}
