//! Bulk instructions of metered code. They take fuel in proportion to their length. They work in pieces and pay for
//! each one before they do it.
//!
//! Their operands are temporaries, which they update after each piece. An instruction that ran out of fuel therefore
//! continues where it stopped when it runs again. All ranges are checked before the first write, and again at each
//! continuation, because a segment may be dropped in between.

use wasmote_ir::{TrapCode, fuel};

use crate::dispatch::Regs;
use crate::handlers::bulk::inside;
use crate::handlers::shared;
use crate::mode::Mode;
use crate::state::{Instance, Machine, Memory, Table};

/// Takes this much fuel, or takes none and traps.
///
/// # Safety
/// `machine` points to a live machine.
pub unsafe fn pay<M: Mode>(machine: *mut Machine<M>, cost: u64) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees a live machine. The reference ends before anything else uses the machine.
    let fuel = unsafe { &mut (*machine).fuel };
    match fuel.checked_sub(cost) {
        Some(left) => *fuel = left,
        None => return Err(TrapCode::OutOfFuel),
    }
    Ok(())
}

/// Takes the fuel for the next piece of `count` items, where `1 << log2` items cost one unit. Returns the number of
/// items in that piece.
///
/// # Safety
/// `machine` points to a live machine.
pub unsafe fn pay_for_piece<M: Mode>(machine: *mut Machine<M>, count: u64, log2: u32) -> Result<u64, TrapCode> {
    let piece = fuel::piece(count, log2);
    // SAFETY: the caller guarantees a live machine.
    unsafe { pay(machine, fuel::units(piece, log2))? };
    Ok(piece)
}

/// Takes the fuel for pages by which a memory may grow. Growth beyond the maximum costs nothing, because it fails.
///
/// # Safety
/// The instance is live and has a memory with this index.
#[inline(never)]
pub(super) unsafe fn pay_for_pages<M: Mode>(
    instance: *mut Instance<M>,
    memory: usize,
    delta: u64,
) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the instance and the index. Records of memories stay in place while code runs.
    unsafe {
        let memory: &Memory = &**(*instance).memories.add(memory);
        let pages = memory.len() >> memory.page_log2;
        if !inside(pages, delta, memory.max_pages) {
            return Ok(());
        }
        pay((*instance).machine, fuel::units(delta << memory.page_log2, fuel::BYTES))
    }
}

/// Takes the fuel for elements by which a table may grow. Growth beyond the maximum costs nothing, because it fails.
///
/// # Safety
/// The instance is live and has a table with this index.
#[inline(never)]
pub(super) unsafe fn pay_for_elements<M: Mode>(
    instance: *mut Instance<M>,
    table: u32,
    delta: u64,
) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the instance and the index. Records of tables stay in place while code runs.
    unsafe {
        let table: &Table<M> = &**(*instance).tables.add(table as usize);
        if !inside(table.len, delta, table.max) {
            return Ok(());
        }
        pay((*instance).machine, fuel::units(delta, fuel::ELEMENTS))
    }
}

/// An instruction that works in pieces. Its operands are the destination, the source or the value, and the count.
#[derive(Clone, Copy, PartialEq)]
enum MeteredOp {
    MemCopy,
    MemFill,
    MemInit,
    TabCopy,
    TabFill,
    TabInit,
}

/// A list of items: its start, and its length in items.
struct PieceRange {
    base: *mut u8,
    len: u64,
    /// Whether threads share it.
    shared: bool,
}

/// Runs all of an instruction. It gets the registers as values, so that its caller needs no stack frame for them.
///
/// # Safety
/// The values are those of registers with the contract of [`Execute::run`](crate::dispatch::Execute::run), and `ip` is at
/// an instruction of this kind.
#[inline(never)]
unsafe fn in_pieces<M: Mode>(
    ip: *const u8,
    fp: *mut u64,
    cx: *mut Instance<M>,
    kind: MeteredOp,
) -> Result<(), TrapCode> {
    let r = Regs::new(ip, fp, core::ptr::null_mut(), cx);
    // SAFETY: the caller guarantees an instruction of this kind. So a memory's index is in range of the instance's
    // memories, whose records stay in place. `memory` is called for operands that are such an index.
    let memory = |at: usize| unsafe {
        let memory: &Memory = &**(*cx).memories.add(r.u16(at));
        PieceRange { base: memory.base, len: memory.len(), shared: memory.shared }
    };
    // SAFETY: as above, for tables.
    let table = |at: usize| unsafe { *(*cx).tables.add(r.u32(at) as usize) };
    // SAFETY: `table` returned the record.
    let elements =
        |table: *mut Table<M>| unsafe { PieceRange { base: (*table).elems.cast(), len: (*table).len, shared: false } };
    let nothing = || PieceRange { base: core::ptr::null_mut(), len: 0, shared: false };
    let mut written: *mut Table<M> = core::ptr::null_mut();
    let (target, source) = match kind {
        MeteredOp::MemCopy => (memory(3), memory(4)),
        MeteredOp::MemFill => (memory(3), nothing()),
        MeteredOp::MemInit => {
            // SAFETY: as above, for data segments.
            let segment = unsafe { &*(*cx).data.add(r.u32(3) as usize) };
            (memory(5), PieceRange { base: segment.bytes.cast_mut(), len: segment.len as u64, shared: false })
        }
        MeteredOp::TabCopy => {
            written = table(3);
            (elements(written), elements(table(5)))
        }
        MeteredOp::TabFill => {
            written = table(3);
            (elements(written), nothing())
        }
        MeteredOp::TabInit => {
            // SAFETY: as above, for element segments.
            let segment = unsafe { &*(*cx).elems.add(r.u32(3) as usize) };
            written = table(5);
            (
                elements(written),
                PieceRange { base: segment.elems.cast_mut().cast(), len: segment.len as u64, shared: false },
            )
        }
    };
    let bytes = written.is_null();
    let (out, log2, unit) = if bytes {
        (TrapCode::MemoryOutOfBounds, 0, fuel::BYTES)
    } else {
        (TrapCode::TableOutOfBounds, 2, fuel::ELEMENTS)
    };
    let fills = matches!(kind, MeteredOp::MemFill | MeteredOp::TabFill);
    // SAFETY: the first three operands of each kind name slots of the frame.
    let (to, from, count) = unsafe { (r.slot(0), r.slot(1), r.slot(2)) };
    loop {
        // SAFETY: slots of the frame are initialized.
        let (first, second, left) = unsafe { (to.read(), from.read(), count.read()) };
        if !inside(first, left, target.len) || !fills && !inside(second, left, source.len) {
            return Err(out);
        }
        if left == 0 {
            return Ok(());
        }
        // SAFETY: the machine of a running instance is live.
        let piece = unsafe { pay_for_piece((*cx).machine, left, unit)? };
        // If the ranges overlap and the items move up, the copy starts at the end.
        let backwards = !fills && core::ptr::eq(target.base, source.base) && first > second;
        let skipped = if backwards { left - piece } else { 0 };
        let len = piece as usize;
        // SAFETY: `inside` checked both ranges, and the piece is a part of them. Bases and lengths are still right,
        // because nothing grows here.
        unsafe {
            let place = target.base.add(((first + skipped) << log2) as usize);
            if !fills {
                let from = source.base.add(((second + skipped) << log2) as usize);
                shared::copy(target.shared | source.shared, from, place, len << log2, backwards);
            } else if bytes {
                shared::fill(target.shared, place, second as u8, len);
            } else {
                for i in 0..len {
                    place.cast::<u32>().add(i).write(second as u32);
                }
            }
        }
        if !bytes {
            // SAFETY: these elements are in the table, which `inside` checked.
            unsafe { (*written).write(first + skipped, piece) };
        }
        // SAFETY: these are slots of the frame.
        unsafe {
            count.write(left - piece);
            if !backwards {
                to.write(first + piece);
                if !fills {
                    from.write(second + piece);
                }
            }
            if (*(*cx).machine).stack_limit.is_interrupted() {
                return Err(TrapCode::Interrupt);
            }
        }
    }
}

/// The rows.
pub mod rows {
    use super::{MeteredOp, Regs, TrapCode, in_pieces};
    use crate::dispatch::{Execute, Flow};
    use crate::handlers::bulk::bulk;
    use crate::handlers::handler_macros::single;

    bulk! {
        MemCopyFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::MemCopy)?; }
        MemFillFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::MemFill)?; }
        MemInitFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::MemInit)?; }
        TabCopyFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::TabCopy)?; }
        TabFillFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::TabFill)?; }
        TabInitFuel(r) { in_pieces(r.ip, r.fp, r.cx, MeteredOp::TabInit)?; }
    }
    single!(cold: MemCopyFuel: MemoryCopyFuel, MemFillFuel: MemoryFillFuel, MemInitFuel: MemoryInitFuel,
        TabCopyFuel: TableCopyFuel, TabFillFuel: TableFillFuel, TabInitFuel: TableInitFuel);
}
