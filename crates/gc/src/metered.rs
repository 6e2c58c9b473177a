//! Instructions of metered code that take fuel in proportion to a length. As `wasmote_exec`'s bulk instructions, they
//! work in pieces, pay for each one before they do it, and update their operands. So an instruction that ran out of
//! fuel continues where it stopped.
//!
//! An array is made in two steps, so that the second one can stop. First it is allocated with zeros, at once for any
//! length. Then it is filled.

use wasmote_exec::Instance;
use wasmote_exec::extend::{Execute, Flow, Handler, Linked, Regs, cold, pay, pay_for_piece};
use wasmote_ir::{TrapCode, fuel};

use crate::handlers::{
    copy_data, data, element_log2, elements, fill, has_slots, instructions, new_array, overwrite, overwrite_references,
    references,
};

/// Takes the fuel for all elements at once.
///
/// # Safety
/// The registers are those of a running function.
#[inline(always)]
unsafe fn pay_for_all(r: &Regs, len: u32, log2: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees a running instance, whose machine is live.
    unsafe { pay((*r.cx).machine, fuel::units(u64::from(len) << log2, fuel::BYTES)) }
}

/// An instruction that works in pieces.
#[derive(Clone, Copy, PartialEq)]
enum MeteredOp {
    Fill,
    Copy,
    Data,
    Elem,
}

/// Runs all of an instruction. The operands are the type, the array and the index, then the source or the value. It
/// gets the registers as values, so that its caller needs no stack frame for them.
///
/// # Safety
/// The values are those of registers with the contract of `Execute::run`, and `ip` is at an instruction of this kind.
#[inline(never)]
unsafe fn in_pieces(ip: *const u8, fp: *mut u64, cx: *mut Instance, kind: MeteredOp) -> Result<(), TrapCode> {
    let r = &Regs::new(ip, fp, core::ptr::null_mut(), cx);
    // SAFETY: the caller guarantees an instruction of this kind, with a type operand unless it is `Elem`.
    let log2 = if kind == MeteredOp::Elem { 2 } else { unsafe { element_log2(r)? } };
    if kind == MeteredOp::Fill {
        // SAFETY: a fill has the number of the value's slots as operand.
        has_slots(unsafe { r.u16(5) }, log2)?;
    }
    // SAFETY: these operands name slots of the frame.
    let (index, second, count) = unsafe {
        let second = r.slot(if kind == MeteredOp::Copy { 5 } else { 4 });
        (r.slot(3), second, r.slot(if matches!(kind, MeteredOp::Fill | MeteredOp::Copy) { 6 } else { 5 }))
    };
    loop {
        // SAFETY: slots of the frame are initialized.
        let left = unsafe { count.read() } as u32;
        // SAFETY: the operands name the target array's slot, and the source array's slot or a segment.
        let (to, from) = unsafe {
            let to = elements(r, 2, index.read() as u32, left, log2)?;
            let from = match kind {
                MeteredOp::Fill => core::ptr::null(),
                MeteredOp::Copy => elements(r, 4, second.read() as u32, left, log2)?.cast_const(),
                MeteredOp::Data => data(r, 6, second.read() as u32, left, log2)?,
                MeteredOp::Elem => references(r, 6, second.read() as u32, left)?.cast(),
            };
            (to, from)
        };
        if left == 0 {
            return Ok(());
        }
        // SAFETY: the machine of a running instance is live.
        let bytes = unsafe { pay_for_piece((*cx).machine, u64::from(left) << log2, fuel::BYTES)? } as usize;
        let piece = (bytes >> log2) as u32;
        // If the ranges may overlap and the elements move up, the copy starts at the end.
        let backwards = kind == MeteredOp::Copy && to.cast_const() > from;
        let skipped = if backwards { ((left - piece) as usize) << log2 } else { 0 };
        // SAFETY: `elements`, `data` and `references` checked both ranges, and the piece is a part of them. The value
        // of a fill has enough slots. A segment does not overlap the heap.
        unsafe {
            match kind {
                MeteredOp::Fill | MeteredOp::Copy => overwrite(r, 0, to.add(skipped), piece as usize),
                MeteredOp::Elem => overwrite_references(r, to, piece as usize),
                MeteredOp::Data => {}
            }
            match kind {
                MeteredOp::Fill => fill(to, second, log2, piece as usize),
                MeteredOp::Data => copy_data(to, from, bytes, log2),
                MeteredOp::Copy | MeteredOp::Elem => from.add(skipped).copy_to(to.add(skipped), bytes),
            }
        }
        // SAFETY: these are slots of the frame.
        unsafe {
            count.write((left - piece).into());
            if !backwards {
                index.write(u64::from((index.read() as u32).wrapping_add(piece)));
                let done = match kind {
                    MeteredOp::Fill => continue,
                    MeteredOp::Data => bytes as u32,
                    MeteredOp::Copy | MeteredOp::Elem => piece,
                };
                second.write(u64::from((second.read() as u32).wrapping_add(done)));
            }
        }
    }
}

instructions! {
    cold ArrayNewFuel(r) {
        let (log2, len) = (element_log2(r)?, r.slot(2).read() as u32);
        pay_for_all(r, len, log2)?;
        let (reference, _) = new_array(r, log2, len, 4)?;
        r.slot(3).write(reference.into());
    }
    cold ArrayNewDataFuel(r) {
        let (log2, offset, len) = (element_log2(r)?, r.slot(2).read() as u32, r.slot(3).read() as u32);
        data(r, 4, offset, len, log2)?;
        pay_for_all(r, len, log2)?;
        let (reference, _) = new_array(r, log2, len, 7)?;
        r.slot(6).write(reference.into());
    }
    cold ArrayNewElemFuel(r) {
        let (offset, len) = (r.slot(2).read() as u32, r.slot(3).read() as u32);
        references(r, 4, offset, len)?;
        pay_for_all(r, len, 2)?;
        let (reference, _) = new_array(r, 2, len, 7)?;
        r.slot(6).write(reference.into());
    }
    cold ArrayFillFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::Fill)?; }
    cold ArrayCopyFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::Copy)?; }
    cold ArrayInitDataFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::Data)?; }
    cold ArrayInitElemFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::Elem)?; }
}
