//! Execution in place as a mode: compact code, whose opcodes are looked up in a table of handlers, and records in the image.

use wasmote_ir::TrapCode;

use super::activation::HostFunc;
use crate::dispatch::ways::InPlaceWay;
use crate::dispatch::{Handler, Regs};
use crate::handlers::calls::in_place::InPlaceCalls;
use crate::handlers::rows::{self, LIMIT};
use crate::mode::{Absent, Mode, sealed};
use crate::state::{Instance, Machine, Table};

/// Code that is executed where it lies.
#[derive(Clone, Copy, Debug)]
pub struct InPlace;

/// A unit of code.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Unit(u16);

/// Where a call from the host returns to: the opcode behind the last.
fn leave_run() -> *const Unit {
    static LEAVE: Unit = Unit((LIMIT as u16).to_le());
    &raw const LEAVE
}

/// The handler of each opcode, and behind them of [`leave_run`].
static TABLE: [Handler<InPlace>; LIMIT + 1] = rows::table();

/// Where the functions are that an image defines.
#[derive(Clone, Copy)]
pub struct Funcs {
    /// Their records, in the image; those of imported ones lie in front.
    pub records: *const Func,
    /// The code of the first.
    pub code: *const u8,
}

/// A function's record as it lies in an image, little-endian: see `wasmote_ir::image::FuncRecord`.
#[repr(C)]
pub struct Func {
    code: u32,
    ty: u16,
    header: u16,
    frame_slots: u16,
    check: u16,
}

impl Func {
    /// Where its code begins, in units from the first function's.
    #[inline(always)]
    pub fn code(&self) -> u32 {
        u32::from_le(self.code)
    }

    /// Its type's index.
    #[inline(always)]
    pub fn ty(&self) -> u16 {
        u16::from_le(self.ty)
    }

    /// Slot of its frame's header.
    #[inline(always)]
    pub fn header(&self) -> u16 {
        u16::from_le(self.header)
    }

    /// Slots of its frame.
    #[inline(always)]
    pub fn frame_slots(&self) -> u16 {
        u16::from_le(self.frame_slots)
    }
}

impl sealed::Sealed for InPlace {}

impl Mode for InPlace {
    type Cell = Unit;
    type Func = Func;
    type Funcs = Funcs;
    type IfLinked<T: Copy> = Absent;
    type Host =
        unsafe fn(*mut Machine<Self>, u32, *mut Instance<Self>, args: *mut u64, slots: usize) -> Result<(), TrapCode>;
    type HostFunc = HostFunc;
    #[cfg(feature = "extended")]
    type Accumulator = crate::mode::Accumulator;
    #[cfg(not(feature = "extended"))]
    type Accumulator = Absent;
    type Vector = Absent;
    type Way = InPlaceWay;
    type Calls = InPlaceCalls;

    /// Behind the opcode.
    const OPERANDS: usize = size_of::<Unit>();
    const ALIGNMENT: usize = size_of::<Unit>();
    /// Targets are in units.
    const TARGET: isize = size_of::<Unit>() as isize;
    /// Code is little-endian, and only 2-aligned.
    const TOGETHER: bool = cfg!(target_endian = "little")
        && cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm"));
    const MEMORIES_MOVE: bool = false;
    const SMALL: bool = true;
    const GUARDED: bool = false;

    #[inline(always)]
    fn unit(raw: u16) -> u16 {
        u16::from_le(raw)
    }

    #[inline(always)]
    fn leave_run() -> *const u8 {
        leave_run().cast()
    }

    #[inline(always)]
    unsafe fn call_host(
        func: HostFunc,
        machine: *mut Machine<Self>,
        caller: *mut Instance<Self>,
        args: *mut u64,
    ) -> Result<(), TrapCode> {
        // SAFETY: the caller's promise.
        unsafe { ((*machine).hooks.host)(machine, func.index, caller, args, func.slots.into()) }
    }

    /// The instance has its value stack for itself.
    #[inline(always)]
    unsafe fn frames_end(_machine: *mut Machine<Self>, _regs: &Regs<Self>) -> Option<*mut u64> {
        None
    }

    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler<Self> {
        // SAFETY: code is 2-aligned, and verified: its opcodes are in the table.
        unsafe { *TABLE.get_unchecked(usize::from(u16::from_le(ip.cast::<u16>().read()))) }
    }

    #[inline(always)]
    fn if_linked<T: Copy>(_value: T) -> Absent {
        Absent
    }

    #[inline(always)]
    unsafe fn note_written(_table: &Table<Self>, _index: u64, _count: u64) {}
}
