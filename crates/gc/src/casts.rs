//! Tests whether a reference has a type (spec: exec/instructions#reference-instructions). One comparison recognizes
//! objects of exactly the wanted type. A function tests everything else.

use wasmote_exec as exec;
use wasmote_exec::extend::{Execute, Flow, Handler, Linked, Regs, cold};
use wasmote_ir::casts::{
    ARRAY, BOTTOM, EQ, EXACT_FUNC, EXACT_OBJECT, FUNC, I31, KIND, NEGATED, NULLABLE, OBJECT, STRUCT, TOP,
};
use wasmote_ir::{Op, TrapCode};

use crate::layout::{HOST, Layout, Layouts};

/// Returns whether a reference has the type with this number, as `flags` say. It does not get the registers, so
/// handlers that call it can still jump to the next one.
///
/// # Safety
/// `machine` is that of a running instance in a store with a heap.
#[inline(never)]
unsafe fn is_of(machine: *const exec::Machine, reference: u32, ty: u32, flags: u16) -> bool {
    // SAFETY: the caller guarantees a live machine. Nothing writes to it while this function runs.
    let machine = unsafe { &*machine };
    let kind = flags & KIND;
    let is = if reference == 0 {
        flags & NULLABLE != 0
    } else if kind == TOP {
        true
    } else if kind == BOTTOM {
        false
    } else if kind == FUNC || kind == EXACT_FUNC {
        let entry = reference - 1;
        // SAFETY: the list has `funcs_len` records, which are live. The store keeps the displays of all its types.
        entry < machine.funcs_len
            && unsafe {
                let id = (**machine.funcs.add(entry as usize)).type_id;
                id == ty || kind == FUNC && machine.types.is_sub(id, ty)
            }
    } else if reference & 1 != 0 {
        kind == I31 || kind == EQ
    } else {
        let id = match machine.heap.place(reference) {
            // SAFETY: `place` returns addresses in the heap, where a header is readable.
            Some(place) => unsafe { place.cast::<u64>().read_unaligned() as u32 },
            None => HOST,
        };
        // SAFETY: the heap's owner set `layouts` to a `Layouts`, which lives as long as the heap.
        let layout = || unsafe { (*machine.heap.layouts.cast::<Layouts>()).get(id) };
        id < HOST
            && match kind {
                // SAFETY: the store keeps the displays of all its types.
                OBJECT => unsafe { machine.types.is_sub(id, ty) },
                EXACT_OBJECT => id == ty,
                EQ => true,
                STRUCT => matches!(layout(), Some(Layout::Fixed { .. })),
                ARRAY => matches!(layout(), Some(Layout::Array { .. })),
                _ => false,
            }
    };
    is != (flags & NEGATED != 0)
}

/// Returns whether the reference in the slot at unit 0 has the type at unit 1, as the flags at unit 3 say.
///
/// # Safety
/// As `Execute::run`, and the instruction has these operands.
#[inline(always)]
unsafe fn asked(r: &Regs) -> bool {
    // SAFETY: the caller guarantees the operands and a running instance.
    unsafe { is_of((*r.cx).machine, r.slot(0).read() as u32, r.u32(1), r.u16(3) as u16) }
}

/// Returns `true` if the reference in the slot at unit 0 is to an object of exactly the type at unit 1, and the flags
/// ask for an object's type. They may ask for the negation. `false` leaves the answer open.
///
/// # Safety
/// As `Execute::run`, and the instruction has these operands.
#[inline(always)]
unsafe fn is_exactly(r: &Regs) -> bool {
    // SAFETY: the caller guarantees the operands and a running instance. `place` returns addresses in the heap, where
    // a header is readable.
    unsafe {
        let flags = r.u16(3) as u16;
        if flags & KIND != OBJECT {
            return false;
        }
        match (*(*r.cx).machine).heap.place(r.slot(0).read() as u32) {
            Some(place) => place.cast::<u64>().read_unaligned() as u32 == r.u32(1) && r.slot(0).read() & 1 == 0,
            None => false,
        }
    }
}

/// Returns whether the reference in the slot at unit 0 has the type at unit 1 and the descriptor in the slot at unit 4,
/// as the flags at unit 3 say.
///
/// # Safety
/// As `Execute::run`, and the instruction has these operands.
unsafe fn has_descriptor(r: &Regs) -> Result<bool, TrapCode> {
    // SAFETY: the caller guarantees the operands and a running instance. `place` returns addresses in the heap, where
    // a header is readable.
    unsafe {
        let (reference, descriptor) = (r.slot(0).read() as u32, r.slot(4).read() as u32);
        if descriptor == 0 {
            return Err(TrapCode::NullReference);
        }
        let (machine, flags) = ((*r.cx).machine, r.u16(3) as u16);
        let is = is_of(machine, reference, r.u32(1), flags & !NEGATED)
            && (*machine)
                .heap
                .place(reference)
                .is_none_or(|place| (place.cast::<u64>().read_unaligned() >> 32) as u32 == descriptor);
        Ok(is != (flags & NEGATED != 0))
    }
}

macro_rules! descriptor_casts {
    ($( $name:ident ($r:ident, $is:ident) $body:block )*) => { $(
        pub struct $name;

        impl $name {
            pub const HANDLER: Handler = cold::<Linked, $name>;
        }

        impl Execute<Linked> for $name {
            #[inline(always)]
            unsafe fn run($r: &mut Regs) -> Flow {
                // SAFETY: the caller guarantees an instruction of this row, whose operands `has_descriptor` and the body
                // read.
                unsafe {
                    match has_descriptor($r) {
                        Ok($is) => $body,
                        Err(code) => Flow::Trap(code),
                    }
                }
            }
        }
    )* };
}

descriptor_casts! {
    RefCastDesc(r, is) {
        if is {
            r.advance(const { Op::RefCastDesc.operand_units() });
            Flow::Next
        } else {
            Flow::Trap(TrapCode::CastFailure)
        }
    }
    BrOnCastDesc(r, is) {
        if is {
            r.jump(5);
        } else {
            r.advance(const { Op::BrOnCastDesc.operand_units() });
        }
        Flow::Next
    }
}

macro_rules! casts {
    ($( $name:ident $slow:ident ($r:ident, $is:ident) $body:block )*) => { $(
        pub struct $name;
        struct $slow;

        impl $name {
            pub const HANDLER: Handler = cold::<Linked, $name>;

            #[inline(always)]
            unsafe fn answer($r: &mut Regs, $is: bool) -> Flow {
                // SAFETY: the handlers below guarantee registers at an instruction of this row, whose operands the
                // body reads.
                unsafe { $body }
            }
        }

        impl Execute<Linked> for $name {
            #[inline(always)]
            unsafe fn run(r: &mut Regs) -> Flow {
                // SAFETY: the caller guarantees an instruction of this row, with the operands that `is_exactly` and
                // `answer` read.
                unsafe {
                    if is_exactly(r) {
                        let is = r.u16(3) as u16 & NEGATED == 0;
                        Self::answer(r, is)
                    } else {
                        Flow::TailCall(cold::<Linked, $slow>)
                    }
                }
            }
        }

        impl Execute<Linked> for $slow {
            #[inline(always)]
            unsafe fn run(r: &mut Regs) -> Flow {
                // SAFETY: the first handler continues here with unchanged registers, so `ip` is still at an
                // instruction of this row.
                unsafe {
                    let is = asked(r);
                    $name::answer(r, is)
                }
            }
        }
    )* };
}

casts! {
    RefTest RefTestAny(r, is) {
        r.slot(4).write(is.into());
        r.advance(const { Op::RefTest.operand_units() });
        Flow::Next
    }
    RefCast RefCastAny(r, is) {
        if !is {
            return Flow::Trap(TrapCode::CastFailure);
        }
        r.advance(const { Op::RefCast.operand_units() });
        Flow::Next
    }
    BrOnCast BrOnCastAny(r, is) {
        if is {
            r.jump(4);
        } else {
            r.advance(const { Op::BrOnCast.operand_units() });
        }
        Flow::Next
    }
}
