//! Whether references are of a type (spec: exec/instructions#reference-instructions).

use wasmote_exec::extend::{Flow, Regs};
use wasmote_ir::casts::{ARRAY, BOTTOM, EQ, FUNC, I31, KIND, NEGATED, NULLABLE, OBJECT, STRUCT, TOP};

use crate::layout::{HOST, Layout, Layouts};

/// Whether a reference is of the type with this number in the way that `flags` say.
#[inline(always)]
pub(crate) unsafe fn is_of(r: &Regs, reference: u32, ty: u32, flags: u16) -> bool {
    // SAFETY: an instance's machine outlives it; places are in the heap, and references to functions are checked.
    unsafe {
        let machine = &*(*r.cx).machine;
        let kind = flags & KIND;
        let is = if reference == 0 {
            flags & NULLABLE != 0
        } else if kind == TOP {
            true
        } else if kind == BOTTOM {
            false
        } else if kind == FUNC {
            let entry = reference - 1;
            entry < machine.funcs_len && machine.types.is_sub((**machine.funcs.add(entry as usize)).type_id, ty)
        } else if reference & 1 != 0 {
            kind == I31 || kind == EQ
        } else {
            let id = match machine.heap.place(reference) {
                Some(place) => place.cast::<u64>().read_unaligned() as u32,
                None => HOST,
            };
            let layout = || (*machine.heap.layouts.cast::<Layouts>()).get(id);
            id < HOST
                && match kind {
                    OBJECT => machine.types.is_sub(id, ty),
                    EQ => true,
                    STRUCT => matches!(layout(), Some(Layout::Fixed { .. })),
                    ARRAY => matches!(layout(), Some(Layout::Array { .. })),
                    _ => false,
                }
        };
        is != (flags & NEGATED != 0)
    }
}

/// `br_on_cast`.
#[inline(always)]
pub(crate) unsafe fn branch(r: &mut Regs) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        if is_of(r, r.slot(0).read() as u32, r.u32(1), r.u16(3) as u16) {
            r.jump(4);
        } else {
            r.advance(6);
        }
    }
    Flow::Next
}
