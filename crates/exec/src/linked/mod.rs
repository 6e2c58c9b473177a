//! Linked code as a mode: cells of handlers' addresses and operands, accumulators, and, with the features for them, fused
//! instructions, pairs, vectors, guarded memories. What embedders use of it is here under its plain name.

mod activation;
pub mod cells;
pub mod extend;
pub(crate) mod link;
pub(crate) mod throw;

use wasmote_ir::TrapCode;

pub use activation::Frame;
pub use cells::Cell;
pub use link::{Linker, Source};
pub use throw::EXCEPTION;

use crate::dispatch::ways::LinkedWay;
use crate::handlers::calls::linked::LinkedCalls;
use crate::mode::{Accumulator, Mode, sealed};

/// Code that was linked.
#[derive(Clone, Copy, Debug)]
pub struct Linked;

/// [`Machine`](crate::state::Machine) of linked code.
pub type Machine = crate::state::Machine<Linked>;
/// [`Instance`](crate::state::Instance) of linked code.
pub type Instance = crate::state::Instance<Linked>;
/// [`Table`](crate::state::Table) of linked code.
pub type Table = crate::state::Table<Linked>;
/// [`Activation`](crate::activation::Activation) of linked code.
pub type Activation = crate::activation::Activation<Linked>;
/// [`Hooks`](crate::state::Hooks) of linked code.
pub type Hooks = crate::state::Hooks<Linked>;
/// [`Regs`](crate::dispatch::Regs) of linked code.
pub type Regs = crate::dispatch::Regs<Linked>;
/// [`Flow`](crate::dispatch::Flow) of linked code.
pub type Flow = crate::dispatch::Flow<Linked>;
/// [`Handler`](crate::dispatch::Handler) of linked code.
pub type Handler = crate::dispatch::Handler<Linked>;

/// A function: of an instance, or of the host.
#[repr(C)]
pub struct Func {
    /// Its first instruction: [`crate::linked::cells::untranslated`] until it is translated, [`crate::linked::cells::host`]
    /// for a host function.
    pub code: *const Cell,
    /// Slots of its frame, header included. Before translation, and for host functions, `header + HEADER`.
    pub frame_slots: u32,
    /// Slot of the frame's header: the larger of its parameters' and its results' slots.
    pub header: u16,
    /// Parameters' slots.
    pub params: u16,
    /// The instance it belongs to; null for a host function.
    pub instance: *mut Instance,
    /// Its type's number: equal numbers are equal types, within the engine.
    pub type_id: u32,
    /// The reference to it: its index in [`Machine::funcs`] plus one.
    pub reference: u32,
}

impl sealed::Sealed for Linked {}

impl Mode for Linked {
    type Cell = Cell;
    type Func = Func;
    type Funcs = *mut Func;
    type IfLinked<T: Copy> = T;
    type Host = unsafe fn(*mut Machine, *mut Func, *mut Instance, args: *mut u64) -> Result<(), TrapCode>;
    type HostFunc = *mut Func;
    type Accumulator = Accumulator;
    #[cfg(feature = "simd")]
    type Vector = crate::operand::Vector;
    #[cfg(not(feature = "simd"))]
    type Vector = crate::mode::Absent;
    type Way = LinkedWay;
    type Calls = LinkedCalls;

    /// Behind the handler's address, which takes a cell.
    const OPERANDS: usize = size_of::<Cell>();
    /// So that handlers' addresses are aligned.
    const ALIGNMENT: usize = size_of::<Cell>();
    /// The linker wrote bytes.
    const TARGET: isize = 1;
    /// Units are in the machine's own order, but lower ones come first.
    const TOGETHER: bool = cfg!(target_endian = "little");
    const MEMORIES_MOVE: bool = true;
    const SMALL: bool = false;
    const GUARDED: bool = cfg!(guarded);

    #[inline(always)]
    fn unit(raw: u16) -> u16 {
        raw
    }

    #[inline(always)]
    fn leave_run() -> *const u8 {
        cells::leave_run().cast()
    }

    #[inline(always)]
    unsafe fn call_host(
        func: *mut Func,
        machine: *mut Machine,
        caller: *mut Instance,
        args: *mut u64,
    ) -> Result<(), TrapCode> {
        // SAFETY: the caller's promise.
        unsafe { ((*machine).hooks.host)(machine, func, caller, args) }
    }

    unsafe fn frames_end(machine: *mut Machine, regs: &Regs) -> Option<*mut u64> {
        // SAFETY: the caller's promise.
        unsafe { activation::frames_end(machine, regs) }
    }

    #[cfg(not(feature = "count"))]
    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler {
        // SAFETY: the first word of each instruction is its handler.
        unsafe { ip.cast::<Handler>().read() }
    }

    #[cfg(feature = "count")]
    #[inline(always)]
    unsafe fn handler(ip: *const u8) -> Handler {
        // SAFETY: the first word of each instruction, as it is made to be counted.
        unsafe { crate::count::dispatched(ip) }
    }

    #[inline(always)]
    fn if_linked<T: Copy>(value: T) -> T {
        value
    }

    #[cfg(guarded)]
    #[inline(always)]
    unsafe fn run(
        machine: *mut Machine,
        registers: &Regs,
        chain: unsafe extern "C" fn(*mut Machine, *const Regs) -> crate::dispatch::Exit,
    ) -> crate::dispatch::Exit {
        // SAFETY: the caller's promise.
        unsafe { crate::guard::run(machine, registers, chain) }
    }

    #[inline(always)]
    unsafe fn note_written(table: &Table, index: u64, count: u64) {
        if count > 0 {
            let (first, last) = (index >> Table::PART_LOG2, (index + count - 1) >> Table::PART_LOG2);
            // SAFETY: each element's part has a byte.
            unsafe { table.written.add(first as usize).write_bytes(1, (last - first) as usize + 1) };
        }
    }
}

/// A pointer on its way through the accumulator.
union Passed {
    func: *mut Func,
    bits: core::mem::MaybeUninit<u64>,
}

impl Regs {
    /// Leaves the record of the function that begins next in the accumulator.
    #[inline(always)]
    pub(crate) fn set_callee(&mut self, func: *mut Func) {
        // All bytes are written, whatever the width of pointers.
        let mut passed = Passed { bits: core::mem::MaybeUninit::new(0) };
        passed.func = func;
        // SAFETY: any bytes will do.
        self.acc = Accumulator(unsafe { passed.bits });
    }

    /// The record that [`Regs::set_callee`] left. After anything else, it is a pointer to nothing.
    #[inline(always)]
    pub(crate) fn callee(&self) -> *mut Func {
        // SAFETY: any bytes are a pointer.
        unsafe { Passed { bits: self.acc.0 }.func }
    }
}
