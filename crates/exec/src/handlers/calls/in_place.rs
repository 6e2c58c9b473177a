//! Calls in code executed in place. There is one instance, whose functions have their records in the image
//! (spec: exec/instructions#control-instructions).

use wasmote_ir::TrapCode;
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};

use crate::dispatch;
use crate::handlers::control::{HeaderWords, fits, fits_in, leave};
use crate::in_place::mode::{Func, InPlace};
use crate::mode::Calls;
use crate::operand::{Source, instr_bytes};
use crate::state;

type Regs = dispatch::Regs<InPlace>;
type Flow = dispatch::Flow<InPlace>;
type Instance = state::Instance<InPlace>;

/// Opens the frame of `func` at slot `base`. The callee will return to the instruction at `back`.
///
/// # Safety
/// The registers are those of a running function. `func` is a record of the image with code, and `back` is a valid
/// return address.
#[inline(always)]
unsafe fn enter(r: &mut Regs, func: *const Func, base: usize, back: *const u8) -> Flow {
    // SAFETY: the caller guarantees the record. The frame has `frame_slots` slots with the header inside, and `fits`
    // checked that they are in the value stack.
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

/// Returns the start of this function's code.
///
/// # Safety
/// `func` is a record of the instance's image, with code.
#[inline(always)]
unsafe fn begin(cx: *mut Instance, func: *const Func) -> *const u8 {
    // SAFETY: the caller guarantees the record. The verifier checks that its code lies in the image.
    unsafe { (*cx).funcs.code.add(2 * (*func).code() as usize) }
}

/// Runs the imported function with this index. Its frame is at `fp`.
///
/// # Safety
/// The registers are those of a running function, and the index is that of an import.
#[inline(always)]
unsafe fn host(r: &mut Regs, index: u32, fp: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the import. If it returns, its frame fits the stack, with at least the two slots
    // of its header, so two slots at `fp` are readable.
    unsafe {
        let outcome = run_host(r.cx, index, fp);
        if outcome.is_ok() {
            r.accumulate_results(fp);
        }
        outcome
    }
}

/// The part of [`host`] that does not get the registers. If a handler passed the address of its registers, it could
/// not end in a tail call.
///
/// # Safety
/// As [`host`].
#[inline(never)]
unsafe fn run_host(cx: *mut Instance, index: u32, fp: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees an import, whose record the image has. `fits_in` checked the frame. The hook gets
    // the slots of arguments and results, and may use those above.
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

/// Returns the index of the function to which an element of a table refers, if it has this type.
///
/// # Safety
/// The instance is live and has a table with this index.
#[inline(never)]
unsafe fn element(cx: *mut Instance, index: u64, table: u32, ty: u32) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the table. The index is checked against the table, and the reference against the
    // number of functions.
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
        // The image has each type once, so equal indices are equal types.
        if u32::from((*record(cx, func)).ty()) != ty { Err(TrapCode::BadSignature) } else { Ok(func) }
    }
}

/// Returns the record of the function with this index. Imports count.
///
/// # Safety
/// The instance is live and has this function.
#[inline(always)]
unsafe fn record(cx: *mut Instance, index: u32) -> *const Func {
    // SAFETY: the caller guarantees the index. The records of imports lie directly in front of `records`.
    unsafe { (*cx).funcs.records.sub((*cx).imported_funcs as usize).add(index as usize) }
}

/// Calls the function with this index. The operands of the calling instruction take `units` units.
///
/// # Safety
/// As [`enter`]. The instance has this function.
#[inline(always)]
unsafe fn call(r: &mut Regs, index: u32, base: usize, units: usize) -> Flow {
    // SAFETY: the caller guarantees the registers and the index. An index below the number of imports is an import's,
    // and the others have code.
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

/// Replaces this frame by one of the function with this index. The operands from `at` on are the arguments' first
/// slot, their number, and this frame's header.
///
/// # Safety
/// As [`enter`]. The instance has this function, and the instruction has these operands.
#[inline(always)]
unsafe fn tail_call(r: &mut Regs, index: u32, at: usize) -> Flow {
    // SAFETY: the caller guarantees the index and the operands. `fits` checked the new frame. The header is read
    // before the arguments move down over it.
    unsafe {
        let func = record(r.cx, index);
        if !fits(r, r.fp, usize::from((*func).frame_slots())) {
            return Flow::Trap(TrapCode::StackOverflow);
        }
        let header = HeaderWords::read(r.slot(at + 2));
        r.slot(at).copy_to(r.fp, r.u16(at + 1));
        if index >= (*r.cx).imported_funcs {
            header.write(r.fp.add(usize::from((*func).header())));
            r.ip = begin(r.cx, func);
            return Flow::Next;
        }
        // The host function leaves its results in the first slots, where they are this function's results. The
        // arguments may have overwritten the header, so it is written back.
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

/// The calls of code executed in place.
pub struct InPlaceCalls;

impl Calls<InPlace> for InPlaceCalls {
    #[inline(always)]
    unsafe fn call(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a direct call, whose operand is in range of the defined functions.
        unsafe {
            let func = (*r.cx).funcs.records.add(r.u32(0) as usize);
            enter(r, func, r.u16(2), r.ip.add(instr_bytes::<InPlace>(3)))
        }
    }

    #[inline(always)]
    unsafe fn call_import(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a call of an import, whose operand is in range of the imports.
        unsafe { call(r, r.u32(0), r.u16(2), 3) }
    }

    #[inline(always)]
    unsafe fn call_indirect<A: Source<u64>>(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees an indirect call, whose table is in range. `element` checks the index, the
        // reference and the type.
        unsafe {
            match element(r.cx, A::get(r, 0), r.u32(A::UNITS), r.u32(A::UNITS + 2)) {
                Ok(index) => call(r, index, r.u16(A::UNITS + 4), A::UNITS + 5),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn return_call(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a tail call, whose operand is in range of the defined functions.
        unsafe { tail_call(r, r.u32(0) + (*r.cx).imported_funcs, 2) }
    }

    #[inline(always)]
    unsafe fn return_call_import(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees a tail call of an import, whose operand is in range of the imports.
        unsafe { tail_call(r, r.u32(0), 2) }
    }

    #[inline(always)]
    unsafe fn return_call_indirect(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees an indirect tail call, whose table is in range. `element` checks the index,
        // the reference and the type.
        unsafe {
            match element(r.cx, r.slot(0).read(), r.u32(1), r.u32(3)) {
                Ok(index) => tail_call(r, index, 5),
                Err(code) => Flow::Trap(code),
            }
        }
    }

    #[inline(always)]
    unsafe fn reference(_r: &Regs, index: u32) -> u32 {
        index + 1
    }
}
