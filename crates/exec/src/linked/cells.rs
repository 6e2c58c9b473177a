//! Linked code: a sequence of 8-byte cells. The first cell of an instruction has its handler's address. The operands
//! follow, four units a cell.
//!
//! Linked code differs from the compact code of `wasmote_ir::code` in its targets, which are in bytes instead of
//! units, and in its types, which have the engine's numbers instead of the module's.
//!
//! In front of a function's first instruction lie, from the last cell backwards:
//!
//! 1. what a call needs to know of the frame (`FrameLayout`);
//! 2. the function's index and length, from which a trap finds its site;
//! 3. if the function has exception handlers, their number, the handlers (`LinkedExceptionEntry`), and the ranges of
//!    code that they cover (`ExceptionRange`).
//!
//! A direct call has one more cell in front of its operands, with the address of the callee's code. Until that is
//! known, it is the address of an `call_stub` cell, which finds the code. The last unit of each call, which no
//! operand uses, has the slot of the caller's header. A walk of the frames reads it.
//!
//! Two instructions in a row that form a superinstruction (`handlers::superinstructions`) share one handler, unless the second is
//! a jump target. The operands of the second directly follow those of the first. The second counts as beginning one
//! cell before its operands, where its handler would be.

use wasmote_ir::exception_table::ExceptionEntry;
use wasmote_ir::frame::{HEADER, MAX_HEADER};

use crate::dispatch::{cold, hot};
use crate::handlers::calls::linked::{CallHost, CrossInstanceReturn, ResolveCall, Translate};
use crate::handlers::control::LeaveRun;
use crate::linked::{Cell, Entry, Handler, Linked};

/// A flag in the word of a function's description, below the length: the function has exception handlers. The length
/// is a multiple of 8 bytes, so the bit is free.
pub(crate) const HAS_EXCEPTION_TABLE: u64 = 1 << 32;
/// An exception handler in linked code.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LinkedExceptionEntry {
    /// The handler, with its places in bytes.
    pub handler: ExceptionEntry,
    /// The number of the next outer handler that covers all that this one covers, or [`NO_ENTRY`].
    pub outer: u32,
    unused: u32,
}

/// A range of a function's code that the same handlers cover.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ExceptionRange {
    /// Its start in bytes. It ends where the next one begins.
    pub from: u32,
    /// The number of the innermost handler that covers it, or [`NO_ENTRY`].
    pub handler: u32,
}

/// Stands for no handler.
pub(crate) const NO_ENTRY: u32 = u32::MAX;
/// The number of cells of a handler. A range takes one.
pub(crate) const HANDLER_CELLS: usize = size_of::<LinkedExceptionEntry>() / size_of::<Cell>();
const _: () = assert!(size_of::<ExceptionRange>() == size_of::<Cell>());
/// A flag in the last unit of a call, and in the last operand of a throw, next to the slot of the function's header:
/// the function has exception handlers.
pub(crate) const CALLER_HAS_EXCEPTION_TABLE: u16 = MAX_HEADER + 1;

/// The number of cells in front of a function's first instruction, without handlers.
pub(crate) const CODE_HEADER_CELLS: usize = 2;

/// The frame layout that a call needs, in bytes. It lies directly in front of the first instruction.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FrameLayout {
    /// The size of the frame.
    pub frame: u32,
    /// The offset of the header.
    pub header: u32,
}

impl FrameLayout {
    /// Creates the layout of a frame with this many slots and this header slot.
    pub(crate) const fn new(frame_slots: u32, header: u16) -> FrameLayout {
        let slot = size_of::<u64>() as u32;
        FrameLayout { frame: frame_slots * slot, header: header as u32 * slot }
    }

    /// Converts the layout to a cell.
    pub(crate) fn cell(self) -> Cell {
        // SAFETY: both types have 8 bytes, and a cell accepts any bits.
        unsafe { core::mem::transmute(self) }
    }

    /// Returns the layout of the function whose code begins here.
    ///
    /// # Safety
    /// [`CodeLinker::link`](crate::CodeLinker::link) wrote the code, or it is an [`call_stub`] cell.
    #[inline(always)]
    pub(crate) unsafe fn of(code: *const Cell) -> FrameLayout {
        // SAFETY: the caller guarantees code with a layout in the cell in front of it: `link` writes it there, and
        // `CallStub` has it there.
        unsafe { code.cast::<FrameLayout>().sub(1).read() }
    }

    /// Returns the size of the frame of the function whose code begins here.
    ///
    /// # Safety
    /// As [`FrameLayout::of`].
    #[inline(always)]
    pub(crate) unsafe fn frame_of(code: *const Cell) -> u32 {
        // SAFETY: the caller guarantees code with a layout in the cell in front of it.
        unsafe { (&raw const (*code.cast::<FrameLayout>().sub(1)).frame).read() }
    }
}

/// The contents of the cells in front of a function's first instruction.
pub(crate) struct CodeHeader {
    /// The function's index. Imports count.
    pub func: u32,
    /// The length of its code in bytes.
    pub bytes: u32,
    /// Its exception handlers, in the order of their numbers.
    pub handlers: *const LinkedExceptionEntry,
    /// The exception ranges of its code in order, and their number.
    pub ranges: (*const ExceptionRange, usize),
}

/// Returns the description of the function whose code begins here.
///
/// # Safety
/// [`CodeLinker::link`](crate::CodeLinker::link) wrote the code.
pub(crate) unsafe fn code_header(code: *const Cell) -> CodeHeader {
    // SAFETY: the caller guarantees code that `link` wrote. The index and length are two cells in front of it.
    let word = unsafe { code.sub(CODE_HEADER_CELLS).read() }.word();
    let (handlers, ranges) = if word & HAS_EXCEPTION_TABLE != 0 {
        // SAFETY: with `HAS_EXCEPTION_TABLE` set, the next cell in front has the counts.
        let counts = unsafe { code.sub(CODE_HEADER_CELLS + 1).read() }.word();
        let (handlers, ranges) = (counts as u32 as usize, (counts >> 32) as usize);
        let first = code.wrapping_sub(CODE_HEADER_CELLS + 1 + HANDLER_CELLS * handlers);
        (first.cast(), (first.wrapping_sub(ranges).cast(), ranges))
    } else {
        (core::ptr::null(), (core::ptr::null(), 0))
    };
    CodeHeader { func: word as u32, bytes: ((word & !HAS_EXCEPTION_TABLE) >> 32) as u32, handlers, ranges }
}

/// Returns the entry of functions that are not yet translated.
pub fn translate_stub() -> Entry {
    static CELL: [Handler; 1] = [cold::<Linked, Translate>];
    // SAFETY: the cell has the address of a handler, and never changes.
    unsafe { Entry::of(CELL.as_ptr().cast()) }
}

/// A cell that a call leads to as long as it does not know its function's code.
#[repr(C)]
struct CallStub {
    front: FrameLayout,
    handler: Handler,
}

/// One entry for each header slot. Hardly any function has a header in a higher slot.
static CALL_STUBS: [CallStub; 64] = {
    let mut all =
        [const { CallStub { front: FrameLayout::new(HEADER as u32, 0), handler: hot::<Linked, ResolveCall> } }; 64];
    let mut header = 0;
    while header < all.len() {
        all[header].front = FrameLayout::new(header as u32 + HEADER as u32, header as u16);
        header += 1;
    }
    all
};

/// Returns the code that finds the callee, for functions with the header in this slot. Returns `None` if the slot is
/// too high.
pub(crate) fn call_stub(header: u16) -> Option<*const Cell> {
    let found = CALL_STUBS.get(usize::from(header))?;
    // The pointer is derived from the whole entry, because the layout in front is read through it.
    let start = (&raw const *found).cast::<u8>();
    // SAFETY: the offset of a field lies in the entry.
    Some(unsafe { start.add(core::mem::offset_of!(CallStub, handler)) }.cast())
}

/// Returns whether this is one of the stubs of [`call_stub`].
pub(crate) fn is_call_stub(code: *const Cell) -> bool {
    let all = CALL_STUBS.as_ptr_range();
    (all.start.addr()..all.end.addr()).contains(&code.addr())
}

/// Returns the entry of host functions.
pub fn host() -> Entry {
    static CELL: [Handler; 1] = [cold::<Linked, CallHost>];
    // SAFETY: the cell has the address of a handler, and never changes.
    unsafe { Entry::of(CELL.as_ptr().cast()) }
}

/// Returns the address to which a call into another instance returns.
pub(crate) fn cross_instance_return() -> *const Cell {
    static CELL: [Handler; 1] = [hot::<Linked, CrossInstanceReturn>];
    CELL.as_ptr().cast()
}

/// Whether this return address is fixed: it is not behind a call.
#[inline(always)]
pub(crate) fn is_fixed(back: *const u8) -> bool {
    #[cfg(feature = "stack-switching")]
    if back == super::continuations::continuation_exit() {
        return true;
    }
    back == cross_instance_return().cast() || back == exit_cell().cast()
}

/// Returns the address to which a call from the host returns.
pub(crate) fn exit_cell() -> *const Cell {
    static CELL: [Handler; 1] = [cold::<Linked, LeaveRun>];
    CELL.as_ptr().cast()
}
