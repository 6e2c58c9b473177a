//! Linked code: instructions as 8-byte cells, the first of each holding its handler's address, the operands
//! packed behind it four units a cell.
//!
//! The compact form of `wasmote_ir::code` is position independent; what changes here are targets (bytes instead
//! of units) and types (the engine's numbers instead of the module's). In front of a function's first
//! instruction lies one cell with its index and length, by which a trap finds out where it happened, and in front of that the
//! handlers of exceptions, if there are any. The last unit of each call, which no operand takes, says where the caller's
//! header is, by which frames are walked.
//!
//! Two instructions in a row for which there is a pair (`handlers::pairs`) share a handler, unless something jumps between
//! them: the operands of the second follow directly upon the first one's. The second then counts as beginning a cell before
//! its operands, where its handler would be.

#[cfg(feature = "alloc")]
use wasmote_ir::frame::MAX_HEADER;
#[cfg(feature = "alloc")]
use wasmote_ir::handlers::Handler;

/// Bytes of the code that begins here, if it has handlers of exceptions; else 0.
///
/// # Safety
/// [`Linker::link`](crate::Linker::link) made it.
#[cfg(feature = "alloc")]
pub unsafe fn handled_bytes(code: *const Cell) -> u32 {
    // SAFETY: the caller's promise.
    let Description { bytes, handlers: (_, count), .. } = unsafe { describe(code) };
    if count == 0 { 0 } else { bytes }
}

/// One word of linked code; of code executed in place, one unit.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Cell(#[cfg(feature = "alloc")] pub(crate) u64, #[cfg(not(feature = "alloc"))] pub(crate) u16);

/// What has a function's description set in front of its length, in bytes of which it is a multiple, if it has handlers.
#[cfg(feature = "alloc")]
pub(crate) const HANDLED: u64 = 1 << 32;
/// Cells of a handler.
#[cfg(feature = "alloc")]
pub(crate) const HANDLER_CELLS: usize = size_of::<Handler>() / size_of::<Cell>();
/// What the last unit of a call has set, beside the slot of the caller's header, if the caller has handlers.
#[cfg(feature = "alloc")]
pub(crate) const CALLER_HANDLES: u16 = MAX_HEADER + 1;

/// What lies in front of a function's first instruction.
#[cfg(feature = "alloc")]
pub(crate) struct Description {
    /// The function's index, imports counted.
    pub func: u32,
    /// Bytes of its code.
    pub bytes: u32,
    /// Its handlers, inner ones first, with distances in bytes; and how many they are.
    pub handlers: (*const Handler, usize),
}

/// What is known of the function whose code begins here.
///
/// # Safety
/// [`Linker::link`](crate::Linker::link) made it.
#[cfg(feature = "alloc")]
pub(crate) unsafe fn describe(code: *const Cell) -> Description {
    // SAFETY: the description is in the cell in front; if there are handlers, their number is in front of that, and they are there.
    unsafe {
        let Cell(word) = code.sub(1).read();
        let handlers = if word & HANDLED != 0 {
            let Cell(count) = code.sub(2).read();
            (code.sub(2 + HANDLER_CELLS * count as usize).cast(), count as usize)
        } else {
            (core::ptr::null(), 0)
        };
        Description { func: word as u32, bytes: ((word & !HANDLED) >> 32) as u32, handlers }
    }
}

#[cfg(feature = "alloc")]
mod fixed {
    use super::Cell;
    use crate::dispatch::{Handler, cold, hot};
    use crate::handlers::calls::{Host, ReturnAcross, Translate};
    use crate::handlers::control::Leave;

    /// The code of a function that has yet to be translated.
    pub fn untranslated() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Translate>];
        CELL.as_ptr().cast()
    }

    /// The code of a function of the host.
    pub fn host() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Host>];
        CELL.as_ptr().cast()
    }

    /// Where a call into another instance returns to.
    pub(crate) fn return_across() -> *const Cell {
        static CELL: [Handler; 1] = [hot::<ReturnAcross>];
        CELL.as_ptr().cast()
    }

    /// Where a call from the host returns to.
    pub(crate) fn leave_run() -> *const Cell {
        static CELL: [Handler; 1] = [cold::<Leave>];
        CELL.as_ptr().cast()
    }
}
#[cfg(feature = "alloc")]
pub use fixed::{host, untranslated};
#[cfg(feature = "alloc")]
pub(crate) use fixed::{leave_run, return_across};

/// Where a call from the host returns to: the opcode behind the last.
#[cfg(not(feature = "alloc"))]
pub(crate) fn leave_run() -> *const Cell {
    static LEAVE: Cell = Cell((crate::handlers::LIMIT as u16).to_le());
    &raw const LEAVE
}
