//! Bulk instructions and growth of memories (spec: exec/instructions#memory-instructions).

use wasmote_ir::TrapCode;

use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::state::Memory;

/// Returns the memory that the operand at this unit names.
///
/// # Safety
/// As [`Execute::run`], and the instruction has a memory operand at this unit.
#[inline(always)]
unsafe fn memory<'a, M: Mode>(r: &Regs<M>, at: usize) -> &'a Memory {
    // SAFETY: the caller guarantees a memory operand, which is in range of the instance's memories. Their records
    // stay in place while code runs.
    unsafe { &**(*r.cx).memories.add(r.u16(at)) }
}

/// Returns whether `count` items from `start` on lie within `len` items.
pub(crate) fn inside(start: u64, count: u64, len: u64) -> bool {
    start.checked_add(count).is_some_and(|end| end <= len)
}

/// Implements instructions that end at the next instruction, or in the trap that the body returns.
macro_rules! bulk {
    ($( $name:ident ($r:ident) $body:block )*) => { $(
        #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
        pub struct $name;
        impl<M: $crate::mode::Mode> Execute<M> for $name {
            #[inline(always)]
            unsafe fn run($r: &mut Regs<M>) -> Flow<M> {
                #[inline(always)]
                unsafe fn body<M: $crate::mode::Mode>($r: &mut Regs<M>) -> Result<(), TrapCode> {
                    // SAFETY: `run` guarantees an instruction of this row, whose operands the body reads, and live
                    // records of the instance. Each body checks its ranges before it reads or writes them.
                    unsafe { $body }
                    Ok(())
                }
                // SAFETY: `body` has the contract of `run`, which the caller guarantees.
                match unsafe { body($r) } {
                    Ok(()) => {
                        // SAFETY: the caller guarantees an instruction of this row, and the row gives its length.
                        unsafe { $r.advance(const { wasmote_ir::Op::$name.operand_units() }) };
                        Flow::Next
                    }
                    Err(code) => Flow::Trap(code),
                }
            }
        }
    )* };
}
pub(crate) use bulk;

/// The rows.
pub mod rows {
    use super::{Execute, Flow, Mode, Regs, TrapCode, inside, memory};
    use crate::handlers::handler_macros::single;
    use crate::handlers::shared;
    use crate::state::{Instance, Memory};

    const OUT: TrapCode = TrapCode::MemoryOutOfBounds;

    /// Returns "-1" in the width of the memory's addresses.
    fn minus_one(memory64: bool) -> u64 {
        if memory64 { u64::MAX } else { u64::from(u32::MAX) }
    }

    /// Grows a memory.
    ///
    /// # Safety
    /// As [`Execute::run`], for an instruction with the operands of `memory.grow`.
    #[inline(always)]
    unsafe fn grow<M: Mode>(r: &mut Regs<M>) -> Result<(), TrapCode> {
        // SAFETY: the caller guarantees the operands. The memory index is in range, and records of memories stay in
        // place. The hook moves `base` at most, so it is read anew.
        unsafe {
            let record: *mut Memory = *(*r.cx).memories.add(r.u16(1));
            let machine = (*r.cx).machine;
            let grown = ((*machine).hooks.memory_grow)(machine, record, r.slot(0).read());
            if grown.is_none()
                && let Some(code) = M::growth_trap(machine)
            {
                return Err(code);
            }
            let value = grown.unwrap_or(minus_one((*record).memory64));
            r.slot(2).write(value);
            r.set_accumulator(value);
            // Memories executed in place do not move.
            if M::MEMORIES_MOVE {
                r.mem = (**(*r.cx).memories).base;
            }
        }
        Ok(())
    }

    /// The bytes of a piece: about 50 microseconds of work.
    const PIECE: u64 = 1 << 20;

    /// Passes the number of bytes done, and the number of those to do next, to `work` until `count` bytes are done. An
    /// interruption stops between two pieces. The instruction then runs again, and continues with the next piece.
    ///
    /// # Safety
    /// The instance runs on a live machine, whose running activation is this instruction's.
    #[inline(always)]
    unsafe fn in_pieces<M: Mode>(
        instance: *mut Instance<M>,
        count: u64,
        mut work: impl FnMut(u64, u64),
    ) -> Result<(), TrapCode> {
        if !cfg!(feature = "interrupt") {
            work(0, count);
            return Ok(());
        }
        // SAFETY: the caller guarantees the machine and its running activation.
        unsafe {
            let machine = (*instance).machine;
            let mut done = if count > PIECE { core::mem::take(&mut (*(*machine).running).progress) } else { 0 };
            loop {
                let piece = PIECE.min(count - done);
                work(done, piece);
                done += piece;
                if done == count {
                    return Ok(());
                }
                if (*machine).stack_limit.is_interrupted() {
                    (*(*machine).running).progress = done;
                    return Err(TrapCode::Interrupt);
                }
            }
        }
    }

    bulk! {
        MemSize(r) {
            let memory = memory(r, 0);
            let pages = memory.len() >> memory.page_log2;
            r.slot(1).write(pages);
            r.set_accumulator(pages);
        }
        MemGrow(r) { grow(r)?; }
        MemGrowFuel(r) {
            super::super::metered::pay_for_pages(r.cx, r.u16(1), r.slot(0).read())?;
            grow(r)?;
        }
        MemCopy(r) {
            let (to, from, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let (target, source) = (memory(r, 3), memory(r, 4));
            if !inside(to, count, target.len()) || !inside(from, count, source.len()) {
                return Err(OUT);
            }
            let shared = target.shared | source.shared;
            let (source, place) = (source.base.add(from as usize), target.base.add(to as usize));
            // If the ranges overlap and the bytes move up, the copy starts at the end.
            let backwards = place.addr() > source.addr();
            in_pieces(r.cx, count, |done, piece| {
                let at = if backwards { count - done - piece } else { done } as usize;
                // The piece is a part of both ranges, which were checked.
                shared::copy(shared, source.add(at), place.add(at), piece as usize, backwards);
            })?;
        }
        MemFill(r) {
            let (to, value, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let target = memory(r, 3);
            if !inside(to, count, target.len()) {
                return Err(OUT);
            }
            let place = target.base.add(to as usize);
            in_pieces(r.cx, count, |done, piece| {
                // The piece is a part of the range, which was checked.
                shared::fill(target.shared, place.add(done as usize), value as u8, piece as usize);
            })?;
        }
        MemInit(r) {
            let (to, from, count) = (r.slot(0).read(), r.slot(1).read(), r.slot(2).read());
            let (segment, target) = ((*r.cx).data.add(r.u32(3) as usize), memory(r, 5));
            if !inside(to, count, target.len()) || !inside(from, count, (*segment).len as u64) {
                return Err(OUT);
            }
            // A segment is a part of the module, so it is too short for pieces.
            let (source, place) = ((*segment).bytes.add(from as usize), target.base.add(to as usize));
            shared::copy(target.shared, source, place, count as usize, false);
        }
        DropData(r) { (*(*r.cx).data.add(r.u32(0) as usize)).len = 0; }
    }
    single!(cold: MemSize: MemorySize, MemGrow: MemoryGrow, MemGrowFuel: MemoryGrow, MemCopy: MemoryCopy, MemFill: MemoryFill,
        MemInit: MemoryInit, DropData: DataDrop);
}
