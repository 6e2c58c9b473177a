//! How execution in place implements the mode. Code is compact, a table leads from opcodes to handlers, and records
//! are those of the image.

use wasmote_ir::TrapCode;

use super::activation::HostFunc;
use crate::activation::Activation;
use crate::dispatch::backend::InPlaceDispatch;
use crate::dispatch::{Handler, Regs};
use crate::handlers::calls::in_place::InPlaceCalls;
use crate::handlers::rows::{self, LIMIT};
use crate::mode::{Absent, Mode, sealed};
use crate::state::{Instance, Machine, Table};

/// The mode of code executed where it lies.
#[derive(Clone, Copy, Debug)]
pub struct InPlace;

/// A unit of code.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Unit(u16);

/// Returns the address to which a call from the host returns. Its opcode is one past the last.
fn exit_cell() -> *const Unit {
    static LEAVE: Unit = Unit((LIMIT as u16).to_le());
    &raw const LEAVE
}

/// The handler of each opcode, and of the opcode at [`exit_cell`].
static TABLE: [Handler<InPlace>; LIMIT + 1] = rows::table();

/// Where the functions are that the image defines.
#[derive(Clone, Copy)]
pub struct Funcs {
    /// Their records in the image. Those of imported functions lie in front.
    pub records: *const Func,
    /// The code of the first one.
    pub code: *const u8,
}

/// A function's record in an image, little-endian (see `wasmote_ir::image::FuncRecord`).
#[repr(C)]
pub struct Func {
    code: u32,
    ty: u16,
    header: u16,
    frame_slots: u16,
    check: u16,
}

impl Func {
    /// Returns the start of its code in units, counted from the code of the first function.
    #[inline(always)]
    pub fn code(&self) -> u32 {
        u32::from_le(self.code)
    }

    /// Returns the index of its type.
    #[inline(always)]
    pub fn ty(&self) -> u16 {
        u16::from_le(self.ty)
    }

    /// Returns the slot of its frame's header.
    #[inline(always)]
    pub fn header(&self) -> u16 {
        u16::from_le(self.header)
    }

    /// Returns the number of slots of its frame.
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
    type LinkedOnly<T: Copy> = Absent;
    type Host =
        unsafe fn(*mut Machine<Self>, u32, *mut Instance<Self>, args: *mut u64, slots: usize) -> Result<(), TrapCode>;
    type HostFunc = HostFunc;
    #[cfg(feature = "extended")]
    type Accumulator = crate::mode::Accumulator;
    #[cfg(not(feature = "extended"))]
    type Accumulator = Absent;
    type Vector = Absent;
    type NativePlace = Absent;
    type Dispatch = InPlaceDispatch;
    type Calls = InPlaceCalls;

    /// Operands lie behind the opcode.
    const OPERANDS: usize = size_of::<Unit>();
    const ALIGNMENT: usize = size_of::<Unit>();
    /// Targets count units.
    const TARGET: isize = size_of::<Unit>() as isize;
    /// Code is little-endian and aligned to 2 bytes only. Other processors may not support unaligned reads.
    const WIDE_UNIT_READS: bool = cfg!(target_endian = "little")
        && cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm"));
    const MEMORIES_MOVE: bool = false;
    const SMALL: bool = true;
    const GUARDED: bool = false;
    const NOWHERE: Absent = Absent;
    const SUSPENDS: bool = false;

    #[inline(always)]
    fn unit(raw: u16) -> u16 {
        u16::from_le(raw)
    }

    #[inline(always)]
    fn exit_cell() -> *const u8 {
        exit_cell().cast()
    }

    #[inline(always)]
    unsafe fn call_host(
        func: HostFunc,
        machine: *mut Machine<Self>,
        caller: *mut Instance<Self>,
        args: *mut u64,
    ) -> Result<(), TrapCode> {
        // SAFETY: the caller guarantees a live machine and an imported function of its instance, with its arguments
        // at `args`. The hook asks for no more.
        unsafe { ((*machine).hooks.host)(machine, func.index, caller, args, func.slots.into()) }
    }

    /// In place, nothing limits growth but the buffer.
    #[inline(always)]
    unsafe fn growth_trap(_machine: *mut Machine<Self>) -> Option<TrapCode> {
        None
    }

    /// No other call runs on the instance's value stack.
    #[inline(always)]
    unsafe fn frame_limit(_machine: *mut Machine<Self>, _regs: &Regs<Self>) -> Option<*mut u64> {
        None
    }

    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler<Self> {
        // SAFETY: the caller guarantees that `ip` is at an instruction, which is aligned to 2 bytes. Its opcode is
        // below the table's length: the verifier checks that, or the embedder vouches for the image.
        unsafe { *TABLE.get_unchecked(usize::from(u16::from_le(ip.cast::<u16>().read()))) }
    }

    #[inline(always)]
    fn linked_only<T: Copy>(_value: T) -> Absent {
        Absent
    }

    /// Host functions cannot call wasm, so calls do not nest.
    #[inline(always)]
    unsafe fn note_native_stack(_activation: *mut Activation<Self>, _machine: *const Machine<Self>) {}

    #[inline(always)]
    unsafe fn mark_written(_table: &Table<Self>, _index: u64, _count: u64) {}
}
