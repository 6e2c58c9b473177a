//! How linked code implements the mode.

use wasmote_ir::TrapCode;

use crate::dispatch::backend::LinkedDispatch;
use crate::handlers::calls::linked::LinkedCalls;
use crate::linked::native_stack::{self, NativePlace};
use crate::linked::{Activation, Cell, Func, Handler, Instance, Linked, Machine, Regs, Table, activation, cells};
use crate::mode::{Accumulator, Mode, sealed};

impl sealed::Sealed for Linked {}

impl Mode for Linked {
    type Cell = Cell;
    type Func = Func;
    type Funcs = *mut Func;
    type LinkedOnly<T: Copy> = T;
    type Host = unsafe fn(*mut Machine, *mut Func, *mut Instance, args: *mut u64) -> Result<(), TrapCode>;
    type HostFunc = *mut Func;
    type Accumulator = Accumulator;
    #[cfg(feature = "simd")]
    type Vector = crate::operand::Vector;
    #[cfg(not(feature = "simd"))]
    type Vector = crate::mode::Absent;
    type NativePlace = NativePlace;
    type Dispatch = LinkedDispatch;
    type Calls = LinkedCalls;

    /// Operands lie behind the handler's address, which takes a cell.
    const OPERANDS: usize = size_of::<Cell>();
    /// Handlers' addresses stay aligned.
    const ALIGNMENT: usize = size_of::<Cell>();
    /// The linker wrote distances in bytes.
    const TARGET: isize = 1;
    /// Units have the machine's byte order, but the lower unit comes first.
    const WIDE_UNIT_READS: bool = cfg!(target_endian = "little");
    const MEMORIES_MOVE: bool = true;
    const SMALL: bool = false;
    const GUARDED: bool = cfg!(guarded);
    const NOWHERE: NativePlace = NativePlace::NONE;
    const SUSPENDS: bool = true;

    #[inline(always)]
    fn unit(raw: u16) -> u16 {
        raw
    }

    #[inline(always)]
    fn exit_cell() -> *const u8 {
        cells::exit_cell().cast()
    }

    #[inline(always)]
    unsafe fn call_host(
        func: *mut Func,
        machine: *mut Machine,
        caller: *mut Instance,
        args: *mut u64,
    ) -> Result<(), TrapCode> {
        // SAFETY: the caller guarantees a live machine and a host function of its store, with its arguments at
        // `args`. The embedder's hook asks for no more.
        unsafe { ((*machine).hooks.host)(machine, func, caller, args) }
    }

    #[inline(always)]
    unsafe fn growth_trap(machine: *mut Machine) -> Option<TrapCode> {
        // SAFETY: the caller guarantees a live machine, which only its running code uses.
        unsafe { (*machine).growth_trap.take() }
    }

    unsafe fn frame_limit(machine: *mut Machine, regs: &Regs) -> Option<*mut u64> {
        // SAFETY: the caller guarantees the registers of an activation that stopped on this machine.
        unsafe { activation::frame_limit(machine, regs) }
    }

    #[cfg(not(feature = "count"))]
    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler {
        // SAFETY: the caller guarantees that `ip` is at an instruction. The linker wrote its handler to the first
        // cell.
        unsafe { ip.cast::<Handler>().read() }
    }

    #[cfg(feature = "count")]
    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler {
        // SAFETY: the caller guarantees that `ip` is at an instruction. With this feature the linker wrote its tagged
        // handler to the first cell.
        unsafe { crate::count::dispatched(ip) }
    }

    #[inline(always)]
    fn linked_only<T: Copy>(value: T) -> T {
        value
    }

    #[inline(always)]
    unsafe fn note_native_stack(activation: *mut Activation, machine: *const Machine) {
        // SAFETY: the caller guarantees an activation that is about to run on this live machine.
        unsafe { native_stack::note(activation, (*machine).max_native_stack) };
    }

    #[cfg(guarded)]
    #[inline(always)]
    unsafe fn run(
        machine: *mut Machine,
        activation: *mut Activation,
        run_loop: unsafe extern "C" fn(*mut Machine, *const Regs) -> crate::dispatch::Exit,
    ) -> crate::dispatch::Exit {
        // SAFETY: the caller guarantees the contract of `run_loop`. Handlers own nothing that needs a drop.
        unsafe { crate::guard::run(machine, activation, run_loop) }
    }

    #[inline(always)]
    unsafe fn mark_written(table: &Table, index: u64, count: u64) {
        if count > 0 {
            let (first, last) = (index >> Table::PART_LOG2, (index + count - 1) >> Table::PART_LOG2);
            // SAFETY: the caller guarantees that the elements are in the table, and `written` has a byte for each
            // part of the table.
            unsafe { table.written.add(first as usize).write_bytes(1, (last - first) as usize + 1) };
        }
    }
}
