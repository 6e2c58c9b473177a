//! Calls in linked code: between the functions of an instance, between instances, and to the host
//! (spec: exec/instructions#control-instructions).

use core::marker::PhantomData;
use core::sync::atomic::{AtomicPtr, Ordering};

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};

use crate::dispatch::{Instr, cold};
use crate::handlers::control::{Both, bytes_fit, fits, leave};
use crate::handlers::moves::move_slots;
use crate::linked::cells::{Front, leave_run, return_across, untranslated};
use crate::linked::throw::land_behind_call;
use crate::linked::{Cell, Flow, Func, Instance, Linked, Machine, Regs};
use crate::mode::Calls;
use crate::operand::{Source, instr_bytes};

/// Opens the frame of `func` at slot `base`, to come back to the instruction at `back`. The callee's instance is
/// the running one, or it is a host function.
#[inline(always)]
unsafe fn enter(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: records of functions stay in place; the frame is checked to be inside the value stack.
    unsafe {
        let fp = r.fp.wrapping_add(base);
        if !fits(r, fp, (*func).frame_slots as usize) {
            return Flow::Trap(TrapCode::StackOverflow);
        }
        let header = fp.add(usize::from((*func).header));
        header.add(HEADER_RETURN).cast::<*const u8>().write(back);
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        r.set_callee(func);
        r.ip = (*func).code.cast::<u8>();
    }
    Flow::Next
}

/// [`enter`] for a function of any instance.
#[inline(always)]
pub(crate) unsafe fn enter_any(r: &mut Regs, func: *mut Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: as `enter`.
    unsafe {
        let target = (*func).instance;
        if target == r.cx || target.is_null() {
            return enter(r, func, base, back);
        }
        r.ip = back;
        (*(*r.cx).machine).across = r.fp;
        r.fp = r.fp.wrapping_add(base);
        r.set_callee(func);
        Flow::Instead(cold::<Linked, Across>)
    }
}

/// The second half of a call into another instance: `acc` has the function, `ip` where to come back to, `fp` the new
/// frame, the machine's `across` the caller's.
pub struct Across;

impl Instr<Linked> for Across {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: as `enter`.
        unsafe {
            let func = r.callee();
            let caller = (*(*r.cx).machine).across;
            let back = r.ip;
            if !fits(r, r.fp, (*func).frame_slots as usize + SAVED) {
                if back != return_across().cast() && back != leave_run().cast() {
                    r.ip = back.sub(size_of::<Cell>());
                }
                r.fp = caller;
                return Flow::Trap(TrapCode::StackOverflow);
            }
            // A frame that was entered from another instance goes back there already.
            if back != return_across().cast() {
                save_instance(r, back);
            }
            let header = r.fp.add(usize::from((*func).header));
            header.add(HEADER_RETURN).cast::<*const Cell>().write(return_across());
            header.add(HEADER_CALLER).cast::<*mut u64>().write(caller);
            switch_to(r, (*func).instance);
            r.ip = (*func).code.cast::<u8>();
        }
        Flow::Next
    }
}

/// Makes `target` the running instance.
#[inline(always)]
unsafe fn switch_to(r: &mut Regs, target: *mut Instance) {
    // SAFETY: instances stay in place and have at least one memory.
    unsafe {
        r.cx = target;
        r.mem = (**(*target).memories).base;
    }
}

/// Slots that [`save_instance`] takes.
pub(crate) const SAVED: usize = 2;

/// Notes the running instance, and where to go on in it, at the far end of the value stack, which grows down:
/// calls between instances are rare, and frames need not carry them.
///
/// # Safety
/// There is room.
#[inline(always)]
unsafe fn save_instance(r: &Regs, back: *const u8) {
    // SAFETY: the slots lie between the frames and the stack's end.
    unsafe {
        let machine = (*r.cx).machine;
        let saved = (*machine).stack_end.sub(SAVED);
        saved.cast::<*const u8>().write(back);
        saved.add(1).cast::<*mut Instance>().write(r.cx);
        (*machine).stack_end = saved;
    }
}

/// What [`save_instance`] noted last, which is forgotten.
pub(crate) unsafe fn saved_instance(machine: *mut Machine) -> (*const u8, *mut Instance) {
    // SAFETY: the caller knows that something was noted.
    unsafe {
        let saved = (*machine).stack_end;
        (*machine).stack_end = saved.add(SAVED);
        (saved.cast::<*const u8>().read(), saved.add(1).cast::<*mut Instance>().read())
    }
}

/// The function that an element of a table refers to, if it is of the type.
#[inline(always)]
unsafe fn element(r: &Regs, index: u64, at: usize) -> Result<*mut Func, TrapCode> {
    // SAFETY: table indices are in range; a reference is checked against the machine's table before it is used.
    unsafe {
        let table = *(*r.cx).tables.add(r.u32(at) as usize);
        if index >= (*table).len {
            return Err(TrapCode::UndefinedElement);
        }
        let reference = (*table).elems.add(index as usize).read();
        let machine = (*r.cx).machine;
        let entry = reference.wrapping_sub(1);
        if entry >= (*machine).funcs_len {
            return Err(TrapCode::IndirectCallToNull);
        }
        let func = *(*machine).funcs.add(entry as usize);
        if (*func).type_id != r.u32(at + 2) { Err(TrapCode::BadSignature) } else { Ok(func) }
    }
}

/// [`element`], which may also be of a subtype.
#[inline(always)]
unsafe fn element_of_subtype(r: &Regs, index: u64, at: usize) -> Result<*mut Func, TrapCode> {
    // SAFETY: as `element`, which found that there is a function.
    unsafe {
        match element(r, index, at) {
            Err(TrapCode::BadSignature) => {
                let machine = (*r.cx).machine;
                let table = *(*r.cx).tables.add(r.u32(at) as usize);
                let reference = (*table).elems.add(index as usize).read();
                let func = *(*machine).funcs.add(reference as usize - 1);
                if (*machine).types.is_sub((*func).type_id, r.u32(at + 2)) {
                    Ok(func)
                } else {
                    Err(TrapCode::BadSignature)
                }
            }
            other => other,
        }
    }
}

/// A call through a table when the types differ.
struct IndirectSub<A>(PhantomData<A>);

impl<A: Source<u64>> Instr<Linked> for IndirectSub<A> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            match element_of_subtype(r, A::get(r, 0), A::UNITS) {
                Ok(func) => {
                    let base = r.u16(A::UNITS + 4);
                    let back = r.ip.add(instr_bytes::<Linked>(A::UNITS + 5));
                    enter_any(r, func, base, back)
                }
                Err(code) => Flow::Trap(code),
            }
        }
    }
}

/// Replaces this frame by one of `func`, whose arguments are slots from `base` on, as many as the
/// operand at `count_at` says.
#[inline(always)]
unsafe fn replace(r: &mut Regs, func: *mut Func, base: usize, count_at: usize, header: *mut u64) -> Flow {
    // SAFETY: as `enter`; the arguments lie above this frame's header, so they move down.
    unsafe {
        if !fits(r, r.fp, (*func).frame_slots as usize) {
            return Flow::Trap(TrapCode::StackOverflow);
        }
        let saved = Both::read(header);
        move_slots(r, r.fp.add(base), r.fp, count_at);
        saved.write(r.fp.add(usize::from((*func).header)));
        r.set_callee(func);
        r.ip = (*func).code.cast::<u8>();
    }
    Flow::Next
}

/// [`replace`] for a function of any instance.
#[inline(always)]
pub(crate) unsafe fn replace_any(
    r: &mut Regs,
    func: *mut Func,
    base: usize,
    count_at: usize,
    header: *mut u64,
) -> Flow {
    // SAFETY: as `replace`.
    unsafe {
        let target = (*func).instance;
        if target == r.cx || target.is_null() {
            return replace(r, func, base, count_at, header);
        }
        (*(*r.cx).machine).across_slots =
            base as u64 | (r.u16(count_at) as u64) << 16 | (r.u16(count_at + 1) as u64) << 32;
        r.set_callee(func);
        Flow::Instead(cold::<Linked, ReplaceAcross>)
    }
}

/// The second half of a tail call into another instance: `acc` has the function, the machine's `across_slots` the numbers of the slots
/// where the arguments begin, how many they are, and where the header is, 16 bits each.
pub struct ReplaceAcross;

impl Instr<Linked> for ReplaceAcross {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: as `replace`.
        unsafe {
            let func = r.callee();
            if !fits(r, r.fp, (*func).frame_slots as usize + SAVED) {
                return Flow::Trap(TrapCode::StackOverflow);
            }
            let machine = (*r.cx).machine;
            let slots = (*machine).across_slots;
            let slot = |shift: u32| (slots >> shift) as u16 as usize;
            let header = r.fp.add(slot(32));
            r.ip = header.add(HEADER_RETURN).cast::<*const u8>().read();
            let caller = header.add(HEADER_CALLER).cast::<*mut u64>().read();
            r.fp.add(slot(0)).copy_to(r.fp, slot(16));
            (*machine).across = caller;
            Across::run(r)
        }
    }
}

/// Where the parts of a call of a function of the module are, in units: where the code begins, the function's number among those
/// of the module, and where its frame begins; and how many units these are. Only the first is not in compact code.
const CODE: usize = 0;
const NUMBER: usize = 4;
const BASE: usize = 6;
const CALL_UNITS: usize = 7;

/// Where a call has its function's code.
#[inline(always)]
unsafe fn code_of_call<'a>(ip: *const u8) -> &'a AtomicPtr<Cell> {
    // SAFETY: a cell of a call, which is aligned for it; [`Resolve`] alone writes to it, atomically.
    unsafe { AtomicPtr::from_ptr(ip.add(instr_bytes::<Linked>(CODE)).cast_mut().cast()) }
}

/// Where calls lead that do not know their function's code yet: finds it out, and from then on they do. Where there is none
/// yet either, that comes first.
pub struct Resolve;

impl Instr<Linked> for Resolve {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: a call came here, which wrote the header where this cell says that it is, and the return address is behind that call.
        unsafe {
            let header = r.fp.byte_add(Front::of(r.ip.cast()).header as usize);
            let call = header.add(HEADER_RETURN).cast::<*const u8>().read().sub(instr_bytes::<Linked>(CALL_UNITS));
            let number = Regs { ip: call, ..*r }.u32(NUMBER);
            let func = (*r.cx).funcs.add(number as usize);
            let code = (*func).code;
            r.set_callee(func);
            r.ip = code.cast();
            if code != untranslated() {
                if !fits(r, r.fp, (*func).frame_slots as usize) {
                    return Flow::Instead(cold::<Linked, NoRoom>);
                }
                code_of_call(call).store(code.cast_mut(), Ordering::Release);
            }
        }
        Flow::Next
    }
}

/// The end of a function that there was no room for, in a frame that took less until it was known.
struct NoRoom;

impl Instr<Linked> for NoRoom {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: as `Translate`.
        unsafe { abandon(r, r.callee()) };
        Flow::Trap(TrapCode::StackOverflow)
    }
}

/// A call of a function of the module whose header is too far up for [`unresolved`](crate::linked::cells::unresolved).
pub struct CallByNumber;

impl Instr<Linked> for CallByNumber {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: function indices are in range.
        unsafe {
            let func = (*r.cx).funcs.add(r.u32(NUMBER) as usize);
            enter(r, func, r.u16(BASE), r.ip.add(instr_bytes::<Linked>(CALL_UNITS)))
        }
    }
}

/// Makes a function ready at its first call: asks the embedder for its code, then enters it.
pub struct Translate;

impl Instr<Linked> for Translate {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller of a function leaves its record in the accumulator; a frame that became larger than it was
        // taken for is checked again.
        unsafe {
            let func = r.callee();
            let machine = (*r.cx).machine;
            let code = match ((*machine).hooks.translate)(machine, func) {
                Ok(()) if fits(r, r.fp, (*func).frame_slots as usize) => {
                    r.ip = (*func).code.cast::<u8>();
                    return Flow::Next;
                }
                Ok(()) => TrapCode::StackOverflow,
                Err(code) => code,
            };
            abandon(r, func);
            Flow::Trap(code)
        }
    }
}

/// Runs a function of the host.
pub struct Host;

impl Instr<Linked> for Host {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: as `Translate`; the arguments and results lie below the header.
        unsafe {
            let func = r.callee();
            let machine = (*r.cx).machine;
            let above = r.fp.add(usize::from((*func).header) + usize::from(HEADER));
            let below = core::mem::replace(&mut (*machine).stack_top, above);
            let outcome = ((*machine).hooks.host)(machine, func, r.cx, r.fp);
            (*machine).stack_top = below;
            if let Err(code) = outcome {
                abandon(r, func);
                if code == TrapCode::Exception && land_behind_call(r, (*machine).exception) {
                    return Flow::Next;
                }
                return Flow::Trap(code);
            }
            // A host function's frame has two slots at least, those of its header.
            r.accumulate_results(r.fp);
            r.mem = (**(*r.cx).memories).base;
            leave(r, r.fp.add(usize::from((*func).header)));
            Flow::Next
        }
    }
}

/// Leaves the frame of a function that could not run, so that a trap is reported at its caller: `ip` is then inside
/// the call, not behind it.
#[inline(always)]
unsafe fn abandon(r: &mut Regs, func: *mut Func) {
    // SAFETY: the frame is that of `func`; a return address is behind a call, or a static cell.
    unsafe {
        leave(r, r.fp.add(usize::from((*func).header)));
        if r.ip != return_across().cast() && r.ip != leave_run().cast() {
            r.ip = r.ip.sub(size_of::<Cell>());
        }
    }
}

/// Goes back from a call into another instance.
pub struct ReturnAcross;

impl Instr<Linked> for ReturnAcross {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `save_instance` was called before the frame was entered that returns here.
        unsafe {
            let (back, instance) = saved_instance((*r.cx).machine);
            r.ip = back;
            switch_to(r, instance);
        }
        Flow::Next
    }
}

/// The record of the defined function that the operand at unit 0 names.
#[inline(always)]
unsafe fn defined(r: &Regs) -> *mut Func {
    // SAFETY: function indices are in range.
    unsafe { (*r.cx).funcs.add(r.u32(0) as usize) }
}

/// The imported function that the operand at unit 0 names.
#[inline(always)]
unsafe fn imported(r: &Regs) -> *mut Func {
    // SAFETY: function indices are in range.
    unsafe { *(*r.cx).imports.add(r.u32(0) as usize) }
}

/// Those of linked code.
pub struct LinkedCalls;

impl Calls<Linked> for LinkedCalls {
    #[inline(always)]
    unsafe fn call(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; so below.
        unsafe {
            let code = code_of_call(r.ip).load(Ordering::Acquire);
            let front = Front::of(code);
            let fp = r.fp.wrapping_add(r.u16(BASE));
            if !bytes_fit((*r.cx).machine, fp, front.frame as usize) {
                return Flow::Trap(TrapCode::StackOverflow);
            }
            let header = fp.byte_add(front.header as usize);
            header.add(HEADER_RETURN).cast::<*const u8>().write(r.ip.add(instr_bytes::<Linked>(CALL_UNITS)));
            header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
            r.fp = fp;
            r.ip = code.cast_const().cast();
        }
        Flow::Next
    }

    #[inline(always)]
    unsafe fn call_import(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { enter_any(r, imported(r), r.u16(2), r.ip.add(instr_bytes::<Linked>(3))) }
    }

    #[inline(always)]
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            match element(r, A::get(r, 0), A::UNITS) {
                Ok(func) => {
                    let base = r.u16(A::UNITS + 4);
                    let back = r.ip.add(instr_bytes::<Linked>(A::UNITS + 5));
                    enter_any(r, func, base, back)
                }
                Err(TrapCode::BadSignature) => Flow::Instead(cold::<Linked, IndirectSub<A>>),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn return_call(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { replace(r, defined(r), r.u16(2), 3, r.slot(4)) }
    }

    #[inline(always)]
    unsafe fn return_call_import(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { replace_any(r, imported(r), r.u16(2), 3, r.slot(4)) }
    }

    #[inline(always)]
    unsafe fn return_call_indirect(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            match element(r, r.slot(0).read(), 1) {
                Ok(func) => replace_any(r, func, r.u16(5), 6, r.slot(7)),
                Err(TrapCode::BadSignature) => Flow::Instead(cold::<Linked, ReturnIndirectSub>),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn reference(r: &Regs, index: u32) -> u32 {
        // SAFETY: function indices are in range.
        unsafe {
            let imported = (*r.cx).imported_funcs;
            let func = if index < imported {
                *(*r.cx).imports.add(index as usize)
            } else {
                (*r.cx).funcs.add((index - imported) as usize)
            };
            (*func).reference
        }
    }
}

/// A tail call through a table when the types differ.
struct ReturnIndirectSub;

impl Instr<Linked> for ReturnIndirectSub {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise.
        unsafe {
            match element_of_subtype(r, r.slot(0).read(), 1) {
                Ok(func) => replace_any(r, func, r.u16(5), 6, r.slot(7)),
                Err(code) => Flow::Trap(code),
            }
        }
    }
}
