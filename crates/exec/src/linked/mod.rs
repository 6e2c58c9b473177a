//! Linked code as a mode: cells of handlers' addresses and operands, accumulators, and, with the features for them, fused
//! instructions, pairs, vectors, guarded memories. What embedders use of it is here under its plain name.

pub mod activation;
pub mod cells;
pub mod extend;
pub(crate) mod link;
mod mode;
pub(crate) mod throw;

use crate::mode::Accumulator;

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

/// One word of linked code: an address, or four units of operands. An address is kept as a pointer: as an integer it would lose its
/// provenance, and a call through it would have no defined meaning.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Cell {
    word: u64,
    /// On 32-bit hosts it lies in the first half.
    address: *const (),
}

impl Cell {
    /// Operands, or a number.
    #[inline(always)]
    pub(crate) const fn of_word(word: u64) -> Cell {
        Cell { word }
    }

    /// An address: of a handler, or of a function's code.
    #[inline(always)]
    pub(crate) const fn of_address(address: *const ()) -> Cell {
        // All bytes are written, whatever the width of addresses.
        let mut cell = Cell::of_word(0);
        cell.address = address;
        cell
    }

    /// All of it as a number.
    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        // SAFETY: `of_word` and `of_address` write all bytes, and any bytes are a number.
        unsafe { self.word }
    }
}

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
