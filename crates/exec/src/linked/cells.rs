//! Linked code: instructions as 8-byte cells, the first of each holding its handler's address, the operands
//! packed behind it four units a cell.
//!
//! The compact form of `wasmote_ir::code` is position independent; what changes here are targets (bytes instead
//! of units) and types (the engine's numbers instead of the module's). In front of a function's first
//! instruction lies one cell with what a call needs of its frame, then one with its index and length, by which a trap finds out where
//! it happened, and in front of that the handlers of exceptions, if there are any, and the stretches of code that they cover. A call of a function of the module has a cell in front of
//! its operands for where the function's code begins: as long as that is not known, for a cell of [`unresolved`], which finds it out. The last unit of each call, which no operand takes, says where the caller's
//! header is, by which frames are walked.
//!
//! Two instructions in a row for which there is a pair (`handlers::pairs`) share a handler, unless something jumps between
//! them: the operands of the second follow directly upon the first one's. The second then counts as beginning a cell before
//! its operands, where its handler would be.

use wasmote_ir::frame::{HEADER, MAX_HEADER};
use wasmote_ir::handlers::Handler as Caught;

use crate::dispatch::{cold, hot};
use crate::handlers::calls::linked::{Host, Resolve, ReturnAcross, Translate};
use crate::handlers::control::Leave;
use crate::linked::{Cell, Handler, Linked};

/// What has a function's description set in front of its length, in bytes of which it is a multiple, if it has handlers.
pub(crate) const HANDLED: u64 = 1 << 32;
/// A handler of exceptions.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LinkedHandler {
    /// With places in bytes.
    pub handler: Caught,
    /// The number of the next one further out that covers all that this one does, or [`NO_HANDLER`].
    pub outer: u32,
    unused: u32,
}

/// A stretch of a function's code which the same handlers cover.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Stretch {
    /// Where it begins, in bytes; it ends where the next one begins.
    pub from: u32,
    /// The number of the innermost of its handlers, or [`NO_HANDLER`].
    pub handler: u32,
}

/// The number of no handler.
pub(crate) const NO_HANDLER: u32 = u32::MAX;
/// Cells of a handler. A stretch takes one.
pub(crate) const HANDLER_CELLS: usize = size_of::<LinkedHandler>() / size_of::<Cell>();
const _: () = assert!(size_of::<Stretch>() == size_of::<Cell>());
/// What the last unit of a call, and of a throw's operands, has set, beside the slot of the function's own header, if it has handlers.
pub(crate) const CALLER_HANDLES: u16 = MAX_HEADER + 1;

/// Cells in front of a function's first instruction, if it has no handlers.
pub(crate) const FRONT_CELLS: usize = 2;

/// What a call has to know of the function's frame, in bytes: it lies directly in front of the first instruction.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Front {
    /// How large it is.
    pub frame: u32,
    /// Where its header is.
    pub header: u32,
}

impl Front {
    /// Of a frame of so many slots, with the header there.
    pub(crate) const fn new(frame_slots: u32, header: u16) -> Front {
        let slot = size_of::<u64>() as u32;
        Front { frame: frame_slots * slot, header: header as u32 * slot }
    }

    /// As a cell.
    pub(crate) fn cell(self) -> Cell {
        // SAFETY: as large, and any bits will do.
        unsafe { core::mem::transmute(self) }
    }

    /// That of the function whose code begins here.
    ///
    /// # Safety
    /// [`Linker::link`](crate::Linker::link) made it, or it is [`unresolved`].
    #[inline(always)]
    pub(crate) unsafe fn of(code: *const Cell) -> Front {
        // SAFETY: it is there.
        unsafe { code.cast::<Front>().sub(1).read() }
    }
}

/// What lies in front of a function's first instruction.
pub(crate) struct Description {
    /// The function's index, imports counted.
    pub func: u32,
    /// Bytes of its code.
    pub bytes: u32,
    /// Its handlers, by number.
    pub handlers: *const LinkedHandler,
    /// The stretches of its code, in order, and how many they are.
    pub stretches: (*const Stretch, usize),
}

/// What is known of the function whose code begins here.
///
/// # Safety
/// [`Linker::link`](crate::Linker::link) made it.
pub(crate) unsafe fn describe(code: *const Cell) -> Description {
    // SAFETY: the description is two cells in front; if there are handlers, their number is in front of that, and they are there.
    unsafe {
        let word = code.sub(FRONT_CELLS).read().word();
        let handlers = if word & HANDLED != 0 {
            let counts = code.sub(FRONT_CELLS + 1).read().word();
            let (handlers, stretches) = (counts as u32 as usize, (counts >> 32) as usize);
            let first = code.sub(FRONT_CELLS + 1 + HANDLER_CELLS * handlers);
            (first.cast(), (first.sub(stretches).cast(), stretches))
        } else {
            (core::ptr::null(), (core::ptr::null(), 0))
        };
        let (handlers, stretches) = handlers;
        Description { func: word as u32, bytes: ((word & !HANDLED) >> 32) as u32, handlers, stretches }
    }
}

/// The code of a function that has yet to be translated.
pub fn untranslated() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Translate>];
    CELL.as_ptr().cast()
}

/// Code that stands for that of a function, in a call that does not know it yet.
#[repr(C)]
struct Unresolved {
    front: Front,
    handler: Handler,
}

/// For each slot where a header may be, but for those that hardly any function has.
static UNRESOLVED: [Unresolved; 64] = {
    let mut all = [const { Unresolved { front: Front::new(HEADER as u32, 0), handler: hot::<Linked, Resolve> } }; 64];
    let mut header = 0;
    while header < all.len() {
        all[header].front = Front::new(header as u32 + HEADER as u32, header as u16);
        header += 1;
    }
    all
};

/// What finds out the code of a function whose header is in this slot, if that can be done.
pub(crate) fn unresolved(header: u16) -> Option<*const Cell> {
    let found = UNRESOLVED.get(usize::from(header))?;
    // As far as the front goes, too.
    let start = (&raw const *found).cast::<u8>();
    // SAFETY: it lies there.
    Some(unsafe { start.add(core::mem::offset_of!(Unresolved, handler)) }.cast())
}

/// The code of a function of the host.
pub fn host() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Host>];
    CELL.as_ptr().cast()
}

/// Where a call into another instance returns to.
pub(crate) fn return_across() -> *const Cell {
    static CELL: [Handler; 1] = [hot::<Linked, ReturnAcross>];
    CELL.as_ptr().cast()
}

/// Where a call from the host returns to.
pub(crate) fn leave_run() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, Leave>];
    CELL.as_ptr().cast()
}
