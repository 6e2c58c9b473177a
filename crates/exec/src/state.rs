//! The records that handlers work on, in each mode. All are `repr(C)` and linked by raw pointers: the embedder (the
//! crate `wasmote`, or firmware with its buffer) owns them, and keeps them in place while code can run.
//!
//! ```text
//! Machine (one a store) <--- Instance ---> Func, Memory, Table, globals, segments
//!    value stack                              |
//!    table of references  ------------------> Func
//! ```
//!
//! The modes' own records, functions' among them, are in `linked` and `in_place::mode`.

use wasmote_ir::TrapCode;

use crate::activation::Activation;
use crate::dispatch::Way;
use crate::mode::Mode;
use crate::objects::{Heap, Types};

/// State of one store: the value stack, the table behind references, what runs, and the embedder's hooks.
#[repr(C)]
pub struct Machine<M: Mode> {
    /// Which copy of this library it belongs to.
    #[cfg(guarded)]
    pub(crate) copy: M::IfLinked<*const u8>,
    /// One past the last slot of the value stack that frames may use. Behind it is what calls between instances noted.
    pub stack_end: *mut u64,
    /// First slot of the value stack that no running function owns; where the next call from the host starts.
    pub stack_top: *mut u64,
    /// What non-null function references refer to: reference `r` is entry `r - 1`.
    pub funcs: M::IfLinked<*const *mut M::Func>,
    /// Number of entries in `funcs`; in place, of the instance's functions: reference `r` is function `r - 1`.
    pub funcs_len: u32,
    /// The supertypes of types.
    pub types: M::IfLinked<Types>,
    /// The heap.
    pub heap: M::IfLinked<Heap>,
    /// The exception that nothing caught, or that a host function throws.
    pub exception: M::IfLinked<u32>,
    /// Where the last exception was caught.
    pub(crate) landing: M::IfLinked<Landing<M>>,
    /// How many calls from the host into wasm are under way.
    pub depth: u32,
    /// The most calls from the host into wasm that may nest: each takes some of the native stack.
    pub max_depth: u32,
    /// What is left for metered code to use up.
    pub fuel: u64,
    /// The innermost of the activations that run; null while nothing does.
    pub running: *mut Activation<M>,
    /// What execution asks of the embedder.
    pub hooks: Hooks<M>,
    /// Sees each instruction that runs.
    #[cfg(feature = "trace")]
    pub trace: Option<Hook<M>>,
    /// The embedder's own, not touched here.
    pub embedder: *mut (),
    /// The caller's frame, which the first half of a call into another instance leaves for the second.
    pub(crate) across: M::IfLinked<*mut u64>,
    /// What the first half of a tail call into another instance leaves for the second.
    pub(crate) across_slots: M::IfLinked<u64>,
    /// Where the run goes on after a fault.
    #[cfg(guarded)]
    pub(crate) guard_landing: M::IfLinked<crate::guard::landing::Landing>,
    /// What is kept between two handlers where a loop runs them.
    pub(crate) registers: <M::Way as Way<M>>::Saved,
    /// How many frames were searched for handlers of exceptions so far.
    pub searched: M::IfLinked<u64>,
}

impl<M: Mode> Machine<M> {
    /// A machine with this value stack.
    pub fn new(stack: *mut u64, slots: usize, hooks: Hooks<M>) -> Machine<M> {
        let end = stack.wrapping_add(slots);
        Machine {
            #[cfg(guarded)]
            copy: M::if_linked(crate::guard::landing::copy()),
            stack_end: end,
            stack_top: stack,
            funcs: M::if_linked(core::ptr::null()),
            funcs_len: 0,
            types: M::if_linked(Types { displays: core::ptr::null(), len: 0 }),
            heap: M::if_linked(Heap::EMPTY),
            exception: M::if_linked(0),
            landing: M::if_linked(Landing::NONE),
            depth: 0,
            max_depth: 1000,
            fuel: u64::MAX,
            running: core::ptr::null_mut(),
            hooks,
            #[cfg(feature = "trace")]
            trace: None,
            embedder: core::ptr::null_mut(),
            across: M::if_linked(core::ptr::null_mut()),
            across_slots: M::if_linked(0),
            #[cfg(guarded)]
            guard_landing: M::if_linked(crate::guard::landing::Landing::NONE),
            registers: <M::Way as Way<M>>::NOTHING,
            searched: M::if_linked(0),
        }
    }

    /// Gives a machine on which nothing runs another value stack.
    pub fn set_stack(&mut self, stack: *mut u64, slots: usize) {
        (self.stack_end, self.stack_top) = (stack.wrapping_add(slots), stack);
    }
}

/// What execution asks of the embedder. All are called with the machine whose state is consistent: a hook may
/// call back into wasm, which then runs above `stack_top`.
pub struct Hooks<M: Mode> {
    /// Gives a function of this module its code: sets `code`, `frame_slots` (and nothing else) of the record, or
    /// returns why it can't.
    pub translate: M::IfLinked<Translate<M>>,
    /// The code of the function in which this place is, for code of this instance's module; null if the place is not in such code.
    /// What another instance of the module had translated is found too: calls lead there without asking.
    pub locate: M::IfLinked<Locate<M>>,
    /// Has the next allocation of so many bytes in the heap succeed, by a collection if need be. All slots of the value stack from `top`
    /// on are free.
    pub make_room: M::IfLinked<MakeRoom<M>>,
    /// Makes an exception with this tag, by its number in the store, of values in this many slots. All slots of the value stack from
    /// `top` on are free. `None` if there is no room.
    pub exception: M::IfLinked<MakeException<M>>,
    /// Runs a function of the host. The caller's instance is given; `args` has the arguments and takes the results.
    /// With [`TrapCode::Exception`] it throws the machine's `exception`. In place, the function is given by its index among all, and how
    /// many slots there are for `args`.
    pub host: M::Host,
    /// Grows a memory by `delta` pages; returns its pages before, or `None` and leaves it unchanged. May move
    /// `base`, unless code is executed in place, and must keep the length in front of it right.
    pub memory_grow: unsafe fn(*mut Machine<M>, *mut Memory, delta: u64) -> Option<u64>,
    /// Grows a table by `delta` elements equal to `init`; as `memory_grow`.
    pub table_grow: unsafe fn(*mut Machine<M>, *mut Table<M>, delta: u64, init: u32) -> Option<u64>,
}

/// The hook that translates.
pub type Translate<M> = unsafe fn(*mut Machine<M>, *mut <M as Mode>::Func) -> Result<(), TrapCode>;
/// The hook that finds code.
pub type Locate<M> = unsafe fn(*mut Machine<M>, *mut Instance<M>, *const <M as Mode>::Cell) -> *const <M as Mode>::Cell;
/// The hook that makes room in the heap.
pub type MakeRoom<M> = unsafe fn(*mut Machine<M>, bytes: usize, top: *mut u64) -> bool;
/// The hook that makes exceptions.
pub type MakeException<M> =
    unsafe fn(*mut Machine<M>, tag: u32, values: *const u64, slots: usize, top: *mut u64) -> Option<u32>;

/// The part of an instance that handlers see.
#[repr(C)]
pub struct Instance<M: Mode> {
    /// The machine of its store.
    pub machine: *mut Machine<M>,
    /// The records of the functions that the module defines (imports are not counted), one after the other.
    pub funcs: M::Funcs,
    /// The imported functions.
    pub imports: M::IfLinked<*const *mut M::Func>,
    /// All globals, imported ones first: a slot each, two for v128.
    pub globals: *const *mut u64,
    /// All memories, imported ones first. Never empty: without a memory, the one entry is an empty memory.
    pub memories: *const *mut Memory,
    /// All tables, imported ones first.
    pub tables: *const *mut Table<M>,
    /// Data segments; an active or dropped one is empty.
    pub data: *mut DataSegment,
    /// Element segments; an active, declared or dropped one is empty.
    pub elems: *mut ElemSegment,
    /// The store's numbers of all tags, imported ones first.
    pub tags: M::IfLinked<*const u32>,
    /// Number of imported functions.
    pub imported_funcs: u32,
    /// Number of defined functions.
    pub defined_funcs: u32,
    /// The embedder's own number for it.
    pub embedder: usize,
}

/// A linear memory. Its length in bytes lies in the eight bytes in front of `base`, where handlers compare
/// against it; the bytes from `base` to `base + length` are readable and writable.
#[repr(C)]
pub struct Memory {
    /// The first byte; 8-aligned.
    pub base: *mut u8,
    /// Log2 of the page size.
    pub page_log2: u32,
    /// Whether addresses have 64 bits.
    pub memory64: bool,
    /// The most pages it may have.
    pub max_pages: u64,
    /// The embedder's own.
    pub embedder: usize,
}

impl Memory {
    /// The length in bytes.
    ///
    /// # Safety
    /// `base` is as the type says.
    #[allow(clippy::len_without_is_empty)] // A length in bytes, not a collection.
    pub unsafe fn len(&self) -> u64 {
        // SAFETY: the length lies in front of the base, which is 8-aligned.
        unsafe { self.base.cast::<u64>().sub(1).read() }
    }
}

/// A memory of no bytes with no room to grow, for instances that have none.
#[repr(C)]
pub struct EmptyMemory {
    len: u64,
    end: [u8; 8],
}

impl EmptyMemory {
    /// The one empty memory's `base`. Nothing is ever written to it.
    pub fn base() -> *mut u8 {
        static EMPTY: EmptyMemory = EmptyMemory { len: 0, end: [0; 8] };
        debug_assert!(EMPTY.len == 0);
        // Of all of it: the length in front of the end is read through this.
        (&raw const EMPTY).cast::<u8>().wrapping_add(core::mem::offset_of!(EmptyMemory, end)).cast_mut()
    }
}

/// A table of references.
#[repr(C)]
pub struct Table<M: Mode> {
    /// The elements; null is 0.
    pub elems: *mut u32,
    /// Number of elements.
    pub len: u64,
    /// The most elements it may have.
    pub max: u64,
    /// Whether indices have 64 bits.
    pub table64: bool,
    /// For each [`Table::PART`] elements a byte that is not 0 once one of them was written: what a collector need not look at otherwise.
    pub written: M::IfLinked<*mut u8>,
    /// The embedder's own.
    pub embedder: usize,
}

impl<M: Mode> Table<M> {
    /// Elements of a part: a page's of 4 KiB.
    pub const PART: usize = 1 << Self::PART_LOG2;
    pub(crate) const PART_LOG2: u32 = 10;

    /// Notes that these elements, all of them in the table, are written.
    ///
    /// # Safety
    /// The table is as this type says.
    #[inline(always)]
    pub unsafe fn write(&self, index: u64, count: u64) {
        // SAFETY: the caller's promise.
        unsafe { M::note_written(self, index, count) };
    }
}

/// What is left of a data segment.
#[repr(C)]
pub struct DataSegment {
    /// The bytes.
    pub bytes: *const u8,
    /// How many; 0 once dropped.
    pub len: usize,
}

/// What is left of an element segment, its references evaluated.
#[repr(C)]
pub struct ElemSegment {
    /// The references.
    pub elems: *const u32,
    /// How many; 0 once dropped.
    pub len: usize,
}

/// Where a handler of exceptions goes on.
#[repr(C)]
pub struct Landing<M: Mode> {
    pub(crate) ip: *const u8,
    pub(crate) fp: *mut u64,
    pub(crate) instance: *mut Instance<M>,
    pub(crate) stack_end: *mut u64,
}

impl<M: Mode> Clone for Landing<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Mode> Copy for Landing<M> {}

impl<M: Mode> Landing<M> {
    /// No place.
    pub(crate) const NONE: Landing<M> = Landing {
        ip: core::ptr::null(),
        fp: core::ptr::null_mut(),
        instance: core::ptr::null_mut(),
        stack_end: core::ptr::null_mut(),
    };
}

#[cfg(feature = "trace")]
mod step {
    use super::{Instance, Machine};
    use crate::dispatch::Regs;
    use crate::mode::{Mode, Register};

    /// Sees an instruction of this machine; called before it runs, and after it.
    pub type Hook<M> = unsafe fn(*mut Machine<M>, &Step<'_, M>);

    /// An instruction that runs.
    pub struct Step<'a, M: Mode> {
        /// Where it begins in code: in linked code its cell, in place its opcode. What leads into wasm and out of it is shown, too, and is not in
        /// the code of any function.
        pub place: *const u8,
        /// Its instance.
        pub instance: *mut Instance<M>,
        /// Whether it has run.
        pub when: When,
        /// One past the last slot of the value stack.
        pub(crate) end: *mut u64,
        /// Its frame.
        pub(crate) frame: *mut u64,
        /// The registers as they are now; none behind an instruction that ended the run.
        pub(crate) registers: Option<&'a Regs<M>>,
    }

    /// When an instruction is shown.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum When {
        /// Before it runs.
        Before,
        /// After it ran, and others follow.
        After,
        /// After it ended the run: it returned to the host, or trapped.
        Ended,
    }

    impl<M: Mode> Step<'_, M> {
        /// The slot of the instruction's frame with this number; 0 if the value stack has none such.
        pub fn slot(&self, slot: u32) -> u64 {
            let place = self.frame.wrapping_add(slot as usize);
            // SAFETY: the frame lies in the value stack, of which all slots can be read.
            if place >= self.frame && place < self.end { unsafe { place.read() } } else { 0 }
        }

        /// The vector accumulator, its lower half first; 0, as with all of them, where there is none.
        pub fn vector(&self) -> [u64; 2] {
            self.registers.map_or([0; 2], |r| r.vector.value().halves())
        }

        /// The integer accumulator.
        pub fn integer(&self) -> u64 {
            self.registers.map_or(0, |r| r.acc.value())
        }

        /// The f32 accumulator, as bits.
        pub fn f32(&self) -> u32 {
            self.registers.map_or(0, |r| Register::<f32>::value(r.f32).to_bits())
        }

        /// The f64 accumulator, as bits.
        pub fn f64(&self) -> u64 {
            self.registers.map_or(0, |r| Register::<f64>::value(r.f64).to_bits())
        }
    }
}
#[cfg(feature = "trace")]
pub use step::{Hook, Step, When};
