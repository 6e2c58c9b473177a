//! Linked code: a sequence of 8-byte cells. The first cell of an instruction has its handler's address. The operands
//! follow, four units a cell.
//!
//! Linked code differs from the compact code of `wasmote_ir::code` in its targets, which are in bytes instead of
//! units, and in its types, which have the engine's numbers instead of the module's.
//!
//! In front of a function's first instruction lie, from the last cell backwards:
//!
//! 1. what a call needs to know of the frame (`Front`);
//! 2. the function's index and length, from which a trap finds its site;
//! 3. if the function has exception handlers, their number, the handlers (`LinkedHandler`), and the stretches of
//!    code that they cover (`Stretch`).
//!
//! A direct call has one more cell in front of its operands, with the address of the callee's code. Until that is
//! known, it is the address of an `unresolved` cell, which finds the code. The last unit of each call, which no
//! operand uses, has the slot of the caller's header. A walk of the frames reads it.
//!
//! Two instructions in a row that form a superinstruction (`handlers::pairs`) share one handler, unless the second is
//! a jump target. The operands of the second directly follow those of the first. The second counts as beginning one
//! cell before its operands, where its handler would be.

use wasmote_ir::frame::{HEADER, MAX_HEADER};
use wasmote_ir::handlers::Handler as Caught;

use crate::dispatch::{cold, hot};
use crate::handlers::calls::linked::{Host, Resolve, ReturnAcross, Translate};
use crate::handlers::control::Leave;
use crate::linked::{Cell, Handler, Linked};

/// A flag in the word of a function's description, below the length: the function has exception handlers. The length
/// is a multiple of 8 bytes, so the bit is free.
pub(crate) const HANDLED: u64 = 1 << 32;
/// An exception handler in linked code.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LinkedHandler {
    /// The handler, with its places in bytes.
    pub handler: Caught,
    /// The number of the next outer handler that covers all that this one covers, or [`NO_HANDLER`].
    pub outer: u32,
    unused: u32,
}

/// A stretch of a function's code that the same handlers cover.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Stretch {
    /// Its start in bytes. It ends where the next one begins.
    pub from: u32,
    /// The number of the innermost handler that covers it, or [`NO_HANDLER`].
    pub handler: u32,
}

/// Stands for no handler.
pub(crate) const NO_HANDLER: u32 = u32::MAX;
/// The number of cells of a handler. A stretch takes one.
pub(crate) const HANDLER_CELLS: usize = size_of::<LinkedHandler>() / size_of::<Cell>();
const _: () = assert!(size_of::<Stretch>() == size_of::<Cell>());
/// A flag in the last unit of a call, and in the last operand of a throw, beside the slot of the function's header:
/// the function has exception handlers.
pub(crate) const CALLER_HANDLES: u16 = MAX_HEADER + 1;

/// The number of cells in front of a function's first instruction, without handlers.
pub(crate) const FRONT_CELLS: usize = 2;

/// The frame layout that a call needs, in bytes. It lies directly in front of the first instruction.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Front {
    /// The size of the frame.
    pub frame: u32,
    /// The offset of the header.
    pub header: u32,
}

impl Front {
    /// Creates the layout of a frame with this many slots and this header slot.
    pub(crate) const fn new(frame_slots: u32, header: u16) -> Front {
        let slot = size_of::<u64>() as u32;
        Front { frame: frame_slots * slot, header: header as u32 * slot }
    }

    /// Converts the layout to a cell.
    pub(crate) fn cell(self) -> Cell {
        // SAFETY: both types have 8 bytes, and a cell accepts any bits.
        unsafe { core::mem::transmute(self) }
    }

    /// Returns the layout of the function whose code begins here.
    ///
    /// # Safety
    /// [`Linker::link`](crate::Linker::link) wrote the code, or it is an [`unresolved`] cell.
    #[inline(always)]
    pub(crate) unsafe fn of(code: *const Cell) -> Front {
        // SAFETY: the caller guarantees code with a layout in the cell in front of it: `link` writes it there, and
        // `Unresolved` has it there.
        unsafe { code.cast::<Front>().sub(1).read() }
    }
}

/// What is known from the cells in front of a function's first instruction.
pub(crate) struct Description {
    /// The function's index. Imports count.
    pub func: u32,
    /// The length of its code in bytes.
    pub bytes: u32,
    /// Its exception handlers, in the order of their numbers.
    pub handlers: *const LinkedHandler,
    /// The stretches of its code in order, and their number.
    pub stretches: (*const Stretch, usize),
}

/// Returns the description of the function whose code begins here.
///
/// # Safety
/// [`Linker::link`](crate::Linker::link) wrote the code.
pub(crate) unsafe fn describe(code: *const Cell) -> Description {
    // SAFETY: the caller guarantees code that `link` wrote. The index and length are two cells in front of it.
    let word = unsafe { code.sub(FRONT_CELLS).read() }.word();
    let (handlers, stretches) = if word & HANDLED != 0 {
        // SAFETY: with `HANDLED` set, the next cell in front has the counts.
        let counts = unsafe { code.sub(FRONT_CELLS + 1).read() }.word();
        let (handlers, stretches) = (counts as u32 as usize, (counts >> 32) as usize);
        let first = code.wrapping_sub(FRONT_CELLS + 1 + HANDLER_CELLS * handlers);
        (first.cast(), (first.wrapping_sub(stretches).cast(), stretches))
    } else {
        (core::ptr::null(), (core::ptr::null(), 0))
    };
    Description { func: word as u32, bytes: ((word & !HANDLED) >> 32) as u32, handlers, stretches }
}

/// Returns the code of functions that are not yet translated.
pub fn untranslated() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Translate>];
    CELL.as_ptr().cast()
}

/// A cell that a call leads to as long as it does not know its function's code.
#[repr(C)]
struct Unresolved {
    front: Front,
    handler: Handler,
}

/// One entry for each header slot. Hardly any function has a header in a higher slot.
static UNRESOLVED: [Unresolved; 64] = {
    let mut all = [const { Unresolved { front: Front::new(HEADER as u32, 0), handler: hot::<Linked, Resolve> } }; 64];
    let mut header = 0;
    while header < all.len() {
        all[header].front = Front::new(header as u32 + HEADER as u32, header as u16);
        header += 1;
    }
    all
};

/// Returns the code that finds the callee, for functions with the header in this slot. Returns `None` if the slot is
/// too high.
pub(crate) fn unresolved(header: u16) -> Option<*const Cell> {
    let found = UNRESOLVED.get(usize::from(header))?;
    // The pointer is derived from the whole entry, because the layout in front is read through it.
    let start = (&raw const *found).cast::<u8>();
    // SAFETY: the offset of a field lies in the entry.
    Some(unsafe { start.add(core::mem::offset_of!(Unresolved, handler)) }.cast())
}

/// Returns the code of host functions.
pub fn host() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Host>];
    CELL.as_ptr().cast()
}

/// Returns the address to which a call into another instance returns.
pub(crate) fn return_across() -> *const Cell {
    static CELL: [Handler; 1] = [hot::<Linked, ReturnAcross>];
    CELL.as_ptr().cast()
}

/// Returns the address to which a call from the host returns.
pub(crate) fn leave_run() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Leave>];
    CELL.as_ptr().cast()
}
