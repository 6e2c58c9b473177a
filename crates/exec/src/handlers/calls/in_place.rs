//! Calls in code that is executed in place: one instance, whose functions' records lie in its image
//! (spec: exec/instructions#control-instructions).

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};

use crate::dispatch;
use crate::handlers::control::{Both, fits, fits_in, leave};
use crate::in_place::mode::{Func, InPlace};
use crate::mode::Calls;
use crate::operand::{Source, instr_bytes};
use crate::state;

type Regs = dispatch::Regs<InPlace>;
type Flow = dispatch::Flow<InPlace>;
type Instance = state::Instance<InPlace>;

/// Opens the frame of `func` at slot `base`, to come back to the instruction at `back`.
#[inline(always)]
unsafe fn enter(r: &mut Regs, func: *const Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: the record lies in the image, which is verified; the frame is checked to be inside the value stack.
    unsafe {
        let fp = r.fp.wrapping_add(base);
        if !fits(r, fp, usize::from((*func).frame_slots())) {
            return Flow::Trap(TrapCode::StackOverflow);
        }
        let header = fp.add(usize::from((*func).header()));
        header.add(HEADER_RETURN).cast::<*const u8>().write(back);
        header.add(HEADER_CALLER).cast::<*mut u64>().write(r.fp);
        r.fp = fp;
        r.ip = begin(r.cx, func);
    }
    Flow::Next
}

/// Where the code of this function begins.
#[inline(always)]
unsafe fn begin(cx: *mut Instance, func: *const Func) -> *const u8 {
    // SAFETY: the record lies in the image, which is verified.
    unsafe { (*cx).funcs.code.add(2 * (*func).code() as usize) }
}

/// Runs the imported function with this index; its frame is at `fp`.
#[inline(always)]
unsafe fn host(r: &mut Regs, index: u32, fp: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: as `run_host`; behind a frame's parameters and results there is its header at least.
    unsafe {
        let outcome = run_host(r.cx, index, fp);
        if outcome.is_ok() {
            r.accumulate_results(fp);
        }
        outcome
    }
}

/// The part of [`host`] that has no part in the registers: a handler whose registers something else has the address of ends in
/// no tail call.
#[inline(never)]
unsafe fn run_host(cx: *mut Instance, index: u32, fp: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: the records of imported functions lie in front of those of the others.
    unsafe {
        let machine = (*cx).machine;
        let slots = usize::from((*record(cx, index)).header());
        if !fits_in(machine, fp, slots + usize::from(HEADER)) {
            return Err(TrapCode::StackOverflow);
        }
        let below = core::mem::replace(&mut (*machine).stack_top, fp.add(slots));
        let outcome = ((*machine).hooks.host)(machine, index, cx, fp, slots);
        (*machine).stack_top = below;
        outcome
    }
}

/// The index of the function that an element of a table refers to, if it is of the type.
#[inline(never)]
unsafe fn element(cx: *mut Instance, index: u64, table: u32, ty: u32) -> Result<u32, TrapCode> {
    // SAFETY: table indices are in range; a reference is checked before it is used.
    unsafe {
        let table = *(*cx).tables.add(table as usize);
        if index >= (*table).len {
            return Err(TrapCode::UndefinedElement);
        }
        let reference = (*table).elems.add(index as usize).read();
        let func = reference.wrapping_sub(1);
        if func >= (*(*cx).machine).funcs_len {
            return Err(TrapCode::IndirectCallToNull);
        }
        // The image has equal types once, so that equal numbers are equal types.
        if u32::from((*record(cx, func)).ty()) != ty { Err(TrapCode::BadSignature) } else { Ok(func) }
    }
}

/// The record of the function with this index, imports counted.
#[inline(always)]
unsafe fn record(cx: *mut Instance, index: u32) -> *const Func {
    // SAFETY: function indices are in range.
    unsafe { (*cx).funcs.records.sub((*cx).imported_funcs as usize).add(index as usize) }
}

/// Calls the function with this index; `units` are those of the calling instruction's operands.
#[inline(always)]
unsafe fn call(r: &mut Regs, index: u32, base: usize, units: usize) -> Flow {
    // SAFETY: as `enter`.
    unsafe {
        if index >= (*r.cx).imported_funcs {
            let back = r.ip.add(instr_bytes::<InPlace>(units));
            return enter(r, record(r.cx, index), base, back);
        }
        if let Err(code) = host(r, index, r.fp.wrapping_add(base)) {
            return Flow::Trap(code);
        }
        r.advance(units);
    }
    Flow::Next
}

/// Replaces this frame by one of the function with this index. The operands from `at` on say where its arguments begin, how
/// many slots they are, and where this frame's header is.
#[inline(always)]
unsafe fn replace(r: &mut Regs, index: u32, at: usize) -> Flow {
    // SAFETY: as `enter`; the arguments lie above this frame's header, so they move down.
    unsafe {
        let func = record(r.cx, index);
        if !fits(r, r.fp, usize::from((*func).frame_slots())) {
            return Flow::Trap(TrapCode::StackOverflow);
        }
        let header = Both::read(r.slot(at + 2));
        r.slot(at).copy_to(r.fp, r.u16(at + 1));
        if index >= (*r.cx).imported_funcs {
            header.write(r.fp.add(usize::from((*func).header())));
            r.ip = begin(r.cx, func);
            return Flow::Next;
        }
        // What the host leaves in the first slots is this function's own result. Arguments may have taken the header's place.
        let place = r.slot(at + 2);
        let outcome = host(r, index, r.fp);
        header.write(place);
        match outcome {
            Ok(()) => {
                leave(r, place);
                Flow::Next
            }
            Err(code) => Flow::Trap(code),
        }
    }
}

/// Those of code that is executed in place.
pub struct InPlaceCalls;

impl Calls<InPlace> for InPlaceCalls {
    #[inline(always)]
    unsafe fn call(r: &mut Regs) -> Flow {
        // SAFETY: the caller's promise; so below.
        unsafe {
            let func = (*r.cx).funcs.records.add(r.u32(0) as usize);
            enter(r, func, r.u16(2), r.ip.add(instr_bytes::<InPlace>(3)))
        }
    }

    #[inline(always)]
    unsafe fn call_import(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { call(r, r.u32(0), r.u16(2), 3) }
    }

    #[inline(always)]
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            match element(r.cx, A::get(r, 0), r.u32(A::UNITS), r.u32(A::UNITS + 2)) {
                Ok(index) => call(r, index, r.u16(A::UNITS + 4), A::UNITS + 5),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn return_call(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { replace(r, r.u32(0) + (*r.cx).imported_funcs, 2) }
    }

    #[inline(always)]
    unsafe fn return_call_import(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe { replace(r, r.u32(0), 2) }
    }

    #[inline(always)]
    unsafe fn return_call_indirect(r: &mut Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            match element(r.cx, r.slot(0).read(), r.u32(1), r.u32(3)) {
                Ok(index) => replace(r, index, 5),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn reference(_r: &Regs, index: u32) -> u32 {
        index + 1
    }
}
