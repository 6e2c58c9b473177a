//! The mode of linked code: cells with handlers' addresses and operands. The features add accumulators, fused
//! operations, superinstructions, vectors and guarded memories. The types that embedders use are here under their
//! plain names.

pub mod activation;
pub mod cells;
#[cfg(feature = "stack-switching")]
pub(crate) mod continuations;
pub mod extend;
pub(crate) mod link;
mod mode;
pub(crate) mod native_stack;
#[cfg(feature = "stack-switching")]
pub(crate) mod stack_growth;
mod suspend;
pub(crate) mod throw;

use crate::dispatch::backend::LinkedDispatch;
use crate::mode::{Accumulator, Dispatch};

/// The mode of linked code.
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
/// The registers of linked code.
pub type Regs = crate::dispatch::Regs<Linked>;
/// How an instruction of linked code ends.
pub type Flow = crate::dispatch::Flow<Linked>;
/// A handler of linked code.
pub type Handler = crate::dispatch::Handler<Linked>;

/// One cell of linked code: an address, or four units of operands. Addresses are stored as pointers, because an
/// integer would lose their provenance and calls through it would be undefined.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Cell {
    word: u64,
    /// On 32-bit hosts the address takes the first half.
    address: *const (),
}

impl Cell {
    /// Creates a cell of operands, or of a number.
    #[inline(always)]
    pub(crate) const fn of_word(word: u64) -> Cell {
        Cell { word }
    }

    /// Creates a cell of an address: that of a handler or of a function's code.
    #[inline(always)]
    pub(crate) const fn of_address(address: *const ()) -> Cell {
        // The cell is initialized first, because addresses may have fewer than 8 bytes.
        let mut cell = Cell::of_word(0);
        cell.address = address;
        cell
    }

    /// Returns the whole cell as a number.
    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        // SAFETY: `of_word` and `of_address`, the only constructors, write all bytes. Any bytes are a number.
        unsafe { self.word }
    }
}

/// Where a function begins: its first instruction, and that instruction's handler.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    code: *const Cell,
    /// What the first cell of `code` has. A call finds it here, without a load that waits for `code`.
    handler: *const (),
}

impl Entry {
    /// Returns the entry of this code.
    ///
    /// # Safety
    /// [`CodeLinker::link`](crate::CodeLinker::link) wrote the code, and nothing changes its first cell as long as the
    /// entry is used.
    #[inline(always)]
    pub const unsafe fn of(code: *const Cell) -> Entry {
        // SAFETY: the caller guarantees code, which begins with the address of a handler.
        Entry { code, handler: unsafe { (*code).address } }
    }

    /// Returns the first instruction.
    #[inline(always)]
    pub const fn code(self) -> *const Cell {
        self.code
    }
}

/// A function of an instance, or of the host.
#[repr(C)]
pub struct Func {
    /// The first instruction. It is [`crate::linked::cells::translate_stub`] until the function is translated, and
    /// [`crate::linked::cells::host`] for a host function.
    pub entry: Entry,
    /// The slots of the frame, header included. Before translation, and for host functions, it is `header + HEADER`.
    pub frame_slots: u32,
    /// The slot of the frame's header: the larger of the parameters' and the results' slot counts.
    pub header: u16,
    /// The slots of the parameters.
    pub params: u16,
    /// The instance that the function belongs to, or null for a host function.
    pub instance: *mut Instance,
    /// The number of its type. Within an engine, equal types have equal numbers.
    pub type_id: u32,
    /// The reference to the function: its index in [`Machine::funcs`] plus one.
    pub reference: u32,
}

/// Converts between a function's record and the bits of the accumulator.
union AccumulatorPointer {
    func: *mut Func,
    bits: core::mem::MaybeUninit<u64>,
}

impl Func {
    /// Continues at the first instruction of a function, whose frame `fp` is at.
    ///
    /// # Safety
    /// `func` is a live record. The frame is complete, and the function's instance is running, or it is of the host and
    /// the accumulator has the record.
    #[inline(always)]
    pub(crate) unsafe fn begin(func: *const Func, r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the record. Its entry has the handler of the instruction to which it leads.
        unsafe {
            let Entry { code, handler } = (*func).entry;
            r.ip = code.cast();
            if <LinkedDispatch as Dispatch<Linked>>::CHAINS {
                return Flow::Begin(core::mem::transmute::<*const (), Handler>(handler));
            }
        }
        Flow::Next
    }
}

impl Regs {
    /// Puts the record of the function that begins next into the accumulator.
    #[inline(always)]
    pub(crate) fn set_callee(&mut self, func: *mut Func) {
        // All bytes are initialized first, because pointers may have fewer than 8 bytes.
        let mut passed = AccumulatorPointer { bits: core::mem::MaybeUninit::new(0) };
        passed.func = func;
        // SAFETY: the field is `MaybeUninit`, for which any bytes are valid.
        self.acc = Accumulator(unsafe { passed.bits });
    }

    /// Returns the record that [`Regs::set_callee`] put there. If another value was written since, the pointer is
    /// invalid.
    #[inline(always)]
    pub(crate) fn callee(&self) -> *mut Func {
        // SAFETY: any bytes are a valid value for a raw pointer, and all are initialized.
        unsafe { AccumulatorPointer { bits: self.acc.0 }.func }
    }
}
