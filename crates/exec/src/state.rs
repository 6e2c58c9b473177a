//! The records that handlers work on, in each mode. All are `repr(C)` and linked by raw pointers. The embedder (the
//! crate `runtime`, or firmware with its buffer) owns them and keeps them in place while code can run.
//!
//! ```text
//! Machine (one a store) <--- Instance ---> Func, Memory, Table, globals, segments
//!    value stack                              |
//!    table of references  ------------------> Func
//! ```
//!
//! The records of one mode only, such as functions, are in `linked` and `in_place::mode`.

use wasmote_ir::TrapCode;

use crate::activation::Activation;
use crate::dispatch::Dispatch;
use crate::mode::Mode;
use crate::objects::{Heap, Types};
use crate::stack_limit::{Reach, StackLimit};

/// The default limit of the native stack, in bytes. It is half of the smallest stack that is common: the main thread
/// of a Windows program has 1 MiB, and a Rust thread has 2 MiB.
pub const MAX_NATIVE_STACK: usize = 512 << 10;

/// The state of one store: the value stack, the functions behind references, what runs, and the embedder's hooks.
#[repr(C)]
pub struct Machine<M: Mode> {
    /// Identifies this copy of the library, for the signal handler.
    #[cfg(guarded)]
    pub(crate) copy: M::LinkedOnly<*const u8>,
    /// The end of the slots that frames may use. The entries of calls between instances lie behind it.
    stack_end: *mut u64,
    /// What calls compare new frames with: `stack_end`, or less while the machine is to stop.
    pub stack_limit: StackLimit,
    /// The first slot that no running function owns. The next call from the host starts here.
    pub stack_top: *mut u64,
    /// The targets of function references: reference `r` is entry `r - 1`, and 0 is null.
    pub funcs: M::LinkedOnly<*const *mut M::Func>,
    /// The number of entries in `funcs`. In place, the number of the instance's functions: reference `r` is function
    /// `r - 1`.
    pub funcs_len: u32,
    /// The subtype relation.
    pub types: M::LinkedOnly<Types>,
    /// The GC heap.
    pub heap: M::LinkedOnly<Heap>,
    /// The uncaught exception, or the one that a host function throws.
    pub exception: M::LinkedOnly<u32>,
    /// Where execution continues after the last caught exception.
    pub(crate) unwind_target: M::LinkedOnly<UnwindTarget<M>>,
    /// The most bytes of a native stack that nested calls from the host into wasm may use.
    pub max_native_stack: M::LinkedOnly<usize>,
    /// The fuel that metered code has left.
    pub fuel: u64,
    /// The innermost running activation, or null.
    pub running: *mut Activation<M>,
    /// What execution asks of the embedder.
    pub hooks: Hooks<M>,
    /// Is called before and after each instruction.
    #[cfg(feature = "trace")]
    pub trace: Option<Hook<M>>,
    /// Belongs to the embedder. Nothing here uses it.
    pub embedder: *mut (),
    /// The caller's frame, which a call into another instance keeps here between its two handlers.
    pub(crate) across: M::LinkedOnly<*mut u64>,
    /// What the dispatch loop keeps between two handlers.
    pub(crate) registers: <M::Dispatch as Dispatch<M>>::Saved,
    /// How many frames were searched for exception handlers so far.
    pub searched: M::LinkedOnly<u64>,
    /// The trap of the hook that just failed to grow something. The hook does not return it: an outcome of more than
    /// two words would lie on the native stack, and a handler with a value there does not tail-call.
    pub growth_trap: M::LinkedOnly<Option<TrapCode>>,
    /// How far the frames of the machine's own value stack have reached.
    reach: Reach,
}

impl<M: Mode> Machine<M> {
    /// Creates a machine with this value stack.
    pub fn new(stack: *mut u64, slots: usize, hooks: Hooks<M>) -> Machine<M> {
        let end = stack.wrapping_add(slots);
        Machine {
            #[cfg(guarded)]
            copy: M::linked_only(crate::guard::fault_resume::copy()),
            stack_end: end,
            stack_limit: StackLimit::new(end),
            stack_top: stack,
            funcs: M::linked_only(core::ptr::null()),
            funcs_len: 0,
            types: M::linked_only(Types { displays: core::ptr::null(), len: 0 }),
            heap: M::linked_only(Heap::EMPTY),
            exception: M::linked_only(0),
            unwind_target: M::linked_only(UnwindTarget::NONE),
            max_native_stack: M::linked_only(MAX_NATIVE_STACK),
            fuel: u64::MAX,
            running: core::ptr::null_mut(),
            hooks,
            #[cfg(feature = "trace")]
            trace: None,
            embedder: core::ptr::null_mut(),
            across: M::linked_only(core::ptr::null_mut()),
            registers: <M::Dispatch as Dispatch<M>>::NOTHING,
            searched: M::linked_only(0),
            growth_trap: M::linked_only(None),
            reach: Reach::default(),
        }
    }

    /// Replaces the value stack. Nothing may run on the machine.
    pub fn set_stack(&mut self, stack: *mut u64, slots: usize) {
        self.set_stack_end(stack.wrapping_add(slots));
        self.stack_top = stack;
    }

    /// Replaces the value stack by one that is zero, and counts what frames use of it. Nothing may run on the machine.
    pub fn set_own_stack(&mut self, stack: *mut u64, slots: usize) {
        self.set_stack(stack, slots);
        let end = self.stack_end;
        self.reach = Reach::of(stack, end);
        self.stack_limit.follow(end, self.reach.limit(end));
    }

    /// Returns how many bytes from the start of the stack of [`Machine::set_own_stack`] may have been written. `None` if that
    /// is not known.
    pub fn reached(&self) -> Option<usize> {
        self.reach.bytes()
    }

    /// Notes that slots behind the frames are written, too.
    #[cfg(feature = "alloc")]
    pub(crate) fn forget_reach(&mut self) {
        if self.reached().is_some() {
            let before = self.reach.limit(self.stack_end);
            self.reach.forget();
            self.stack_limit.follow(before, self.stack_end);
        }
    }

    /// Returns whether this many bytes from `fp` on lie in the value stack, which frames may then use. It ignores
    /// interruptions, unlike a comparison with `stack_limit`.
    #[cold]
    #[inline(never)]
    pub(crate) fn has_room(&mut self, fp: *mut u64, bytes: usize) -> bool {
        let fits = ends_before(fp, bytes, self.stack_end);
        if fits {
            let before = self.reach.limit(self.stack_end);
            self.reach.extend(fp.addr() + bytes);
            self.stack_limit.follow(before, self.reach.limit(self.stack_end));
        }
        fits
    }

    /// Returns the end of the slots that frames may use.
    #[inline(always)]
    pub fn stack_end(&self) -> *mut u64 {
        self.stack_end
    }

    /// Moves the end of the slots that frames may use. They lie in the machine's value stack.
    #[inline(always)]
    pub fn set_stack_end(&mut self, end: *mut u64) {
        self.stack_limit.follow(self.reach.limit(self.stack_end), self.reach.limit(end));
        self.stack_end = end;
    }

    /// Lets a machine that was interrupted run again.
    #[cfg(feature = "interrupt")]
    pub fn clear_interrupt(&self) {
        self.stack_limit.resume(self.reach.limit(self.stack_end));
    }
}

/// Returns whether this many bytes from `fp` on end at `end` or before. `fp` may lie behind the end.
#[inline(always)]
pub(crate) fn ends_before(fp: *mut u64, bytes: usize, end: *mut u64) -> bool {
    let (fp, end) = (fp.addr(), end.addr());
    if cfg!(target_pointer_width = "64") {
        fp + bytes <= end
    } else {
        // If the stack lies close to the end of the address space, a sum could wrap.
        (end != 0 || !cfg!(feature = "interrupt")) && bytes as isize <= end.wrapping_sub(fp) as isize
    }
}

/// What execution asks of the embedder. The machine is in a consistent state at each call. A hook may call back into
/// wasm, which then runs above `stack_top`.
pub struct Hooks<M: Mode> {
    /// Translates a function: sets `entry` and `frame_slots` of its record and nothing else, or returns the trap.
    pub translate: M::LinkedOnly<Translate<M>>,
    /// Returns the start of the function's code that contains this address, or null. It finds all code of the
    /// instance's module, also functions that only another instance had translated, because instances share code.
    pub locate: M::LinkedOnly<Locate<M>>,
    /// Makes room in the heap, so that the next allocation of this size succeeds. It may collect. All slots of the
    /// value stack from `top` on are free.
    pub make_room: M::LinkedOnly<MakeRoom<M>>,
    /// Creates an exception. `tag` is the store's number of its tag, and the values are in slots. All slots of the
    /// value stack from `top` on are free. Returns `None` if there is no room.
    pub exception: M::LinkedOnly<MakeException<M>>,
    /// Asks whether the stacks of continuations may take so many more bytes. It may collect. All slots of the value stack
    /// from `top` on are free.
    #[cfg(feature = "stack-switching")]
    pub stack_room: M::LinkedOnly<MakeRoom<M>>,
    /// Makes the stack of the continuation that runs larger: `grow_stack` of this crate.
    #[cfg(feature = "stack-switching")]
    pub grow_stack: M::LinkedOnly<GrowStack<M>>,
    /// Runs an instruction of continuations: `perform` of this crate.
    #[cfg(feature = "stack-switching")]
    pub perform: M::LinkedOnly<Perform<M>>,
    /// Runs a host function. `args` holds the arguments and receives the results. With [`TrapCode::Exception`] the
    /// function throws the machine's `exception`. In place, the hook gets the function's index and the number of
    /// slots of `args`.
    pub host: M::Host,
    /// Grows a memory by `delta` pages. Returns the old size in pages, or `None` if the memory is unchanged. The hook
    /// may move `base`, except in place, and keeps the length in front of it right. With `None`, it may leave a trap in
    /// the machine's `growth_trap`.
    pub memory_grow: unsafe fn(*mut Machine<M>, *mut Memory, delta: u64) -> Option<u64>,
    /// Waits until a notification comes at an address of a shared memory, if the `width` bytes there equal `expected`:
    /// 4 or 8. The address is aligned and in bounds. A negative timeout lasts for ever; others are in nanoseconds.
    /// Returns 0 after a notification, 1 if the value is another, and 2 if the time is over. After a trap of
    /// [`TrapCode::Interrupt`] the instruction runs again; the embedder notes what is left of the time.
    #[cfg(feature = "threads")]
    pub atomic_wait: M::LinkedOnly<AtomicWait<M>>,
    /// Wakes up to `count` of those that wait at an address of a shared memory. The address is aligned and in bounds.
    /// Returns how many.
    #[cfg(feature = "threads")]
    pub atomic_notify: M::LinkedOnly<AtomicNotify<M>>,
    /// Grows a table by `delta` elements that equal `init`, with results as of `memory_grow`.
    pub table_grow: unsafe fn(*mut Machine<M>, *mut Table<M>, delta: u64, init: u32) -> Option<u64>,
}

/// The hook that translates a function.
pub type Translate<M> = unsafe fn(*mut Machine<M>, *mut <M as Mode>::Func) -> Result<(), TrapCode>;
/// The hook that finds the code around an address.
pub type Locate<M> = unsafe fn(*mut Machine<M>, *mut Instance<M>, *const <M as Mode>::Cell) -> *const <M as Mode>::Cell;
/// The hook that makes room in the heap.
pub type MakeRoom<M> = unsafe fn(*mut Machine<M>, bytes: usize, top: *mut u64) -> bool;
/// The hook that makes the stack of a continuation larger.
#[cfg(feature = "stack-switching")]
pub type GrowStack<M> =
    unsafe fn(*mut Machine<M>, fp: *mut u64, slots: usize, back: *const u8, caller: *mut u64) -> *mut u64;
/// The hook that runs instructions of continuations.
#[cfg(feature = "stack-switching")]
pub type Perform<M> = unsafe fn(work: u64, ip: *const u8, fp: *mut u64, *mut Instance<M>) -> Result<(), TrapCode>;
/// The hook that creates exceptions.
pub type MakeException<M> =
    unsafe fn(*mut Machine<M>, tag: u32, values: *const u64, slots: usize, top: *mut u64) -> Option<u32>;

/// The hook that waits.
#[cfg(feature = "threads")]
pub type AtomicWait<M> = unsafe fn(
    *mut Machine<M>,
    *mut Memory,
    address: u64,
    expected: u64,
    width: u32,
    timeout_ns: i64,
) -> Result<u32, TrapCode>;
/// The hook that notifies.
#[cfg(feature = "threads")]
pub type AtomicNotify<M> = unsafe fn(*mut Machine<M>, *mut Memory, address: u64, count: u32) -> u32;

/// The part of an instance that handlers use.
#[repr(C)]
pub struct Instance<M: Mode> {
    /// The machine of its store.
    pub machine: *mut Machine<M>,
    /// The records of the functions that the module defines, in a row. Imports are not among them.
    pub funcs: M::Funcs,
    /// The records of the imported functions.
    pub imports: M::LinkedOnly<*const *mut M::Func>,
    /// All globals, imported ones first. Each has one slot, a v128 has two.
    pub globals: *const *mut u64,
    /// All memories, imported ones first. The list is never empty: a module without memories has an empty one.
    pub memories: *const *mut Memory,
    /// All tables, imported ones first.
    pub tables: *const *mut Table<M>,
    /// Data segments. An active or dropped one is empty.
    pub data: *mut DataSegment,
    /// Element segments. An active, declared or dropped one is empty.
    pub elems: *mut ElemSegment,
    /// The store's numbers of all tags, imported ones first.
    pub tags: M::LinkedOnly<*const u32>,
    /// The reference to the first of `funcs`. The others have the references behind it, in order.
    pub first_reference: M::LinkedOnly<u32>,
    /// The number of imported functions.
    pub imported_funcs: u32,
    /// The number of defined functions.
    pub defined_funcs: u32,
    /// The embedder's number for the instance.
    pub embedder: usize,
}

/// A linear memory. Its length in bytes lies in the eight bytes before `base`, so a bounds check needs only the base.
/// The bytes from `base` to `base + length` are readable and writable.
#[repr(C)]
pub struct Memory {
    /// The first byte, at an address that is a multiple of 8.
    pub base: *mut u8,
    /// Log2 of the page size.
    pub page_log2: u32,
    /// Whether addresses have 64 bits.
    pub memory64: bool,
    /// Whether threads share it. Its base never moves then, and another thread may raise its length. Needs the feature
    /// `threads`.
    pub shared: bool,
    /// The most pages that the memory may have.
    pub max_pages: u64,
    /// Belongs to the embedder.
    pub embedder: usize,
}

impl Memory {
    /// Returns the length in bytes.
    ///
    /// # Safety
    /// `base` is as documented. The record's owner upholds it.
    #[allow(clippy::len_without_is_empty)] // A length in bytes, not a collection.
    #[inline(always)]
    pub unsafe fn len(&self) -> u64 {
        // SAFETY: the record's owner keeps the length in the 8 bytes before `base`, which is a multiple of 8.
        unsafe { length_at(self.base.cast::<u64>().sub(1)) }
    }
}

/// Reads the length of a memory. Another thread may raise that of a shared one at the same time. It lets the bytes be
/// accessed first, so a thread that sees the new length may use it at once, and nothing else depends on the order.
///
/// # Safety
/// `at` is the length of a live memory.
#[cfg(all(feature = "threads", target_has_atomic = "64"))]
#[inline(always)]
unsafe fn length_at(at: *mut u64) -> u64 {
    use core::sync::atomic::{AtomicU64, Ordering};
    // SAFETY: the caller guarantees the length, which is aligned. A relaxed load does not write.
    unsafe { AtomicU64::from_ptr(at) }.load(Ordering::Relaxed)
}

/// Reads the length of a memory.
///
/// # Safety
/// `at` is the length of a live memory.
#[cfg(not(all(feature = "threads", target_has_atomic = "64")))]
#[inline(always)]
unsafe fn length_at(at: *mut u64) -> u64 {
    // SAFETY: the caller guarantees the length.
    unsafe { at.read() }
}

/// A memory without bytes that cannot grow, for instances without a memory.
#[repr(C)]
pub struct EmptyMemory {
    len: u64,
    end: [u8; 8],
}

impl EmptyMemory {
    /// Returns the `base` of the one empty memory. Nothing writes through it.
    pub fn base() -> *mut u8 {
        static EMPTY: EmptyMemory = EmptyMemory { len: 0, end: [0; 8] };
        debug_assert!(EMPTY.len == 0);
        // The pointer is derived from the whole static, because the length before the end is read through it.
        (&raw const EMPTY).cast::<u8>().wrapping_add(core::mem::offset_of!(EmptyMemory, end)).cast_mut()
    }
}

/// A table of references.
#[repr(C)]
pub struct Table<M: Mode> {
    /// The elements. Null is 0.
    pub elems: *mut u32,
    /// The number of elements.
    pub len: u64,
    /// The most elements that the table may have.
    pub max: u64,
    /// Whether indices have 64 bits.
    pub table64: bool,
    /// One byte for each [`Table::PART`] elements. It is not 0 once one of them was written. A collector skips the
    /// other parts.
    pub written: M::LinkedOnly<*mut u8>,
    /// Belongs to the embedder.
    pub embedder: usize,
}

impl<M: Mode> Table<M> {
    /// The number of elements in a part: those of a 4 KiB page.
    pub const PART: usize = 1 << Self::PART_LOG2;
    pub(crate) const PART_LOG2: u32 = 10;

    /// Notes that `count` elements from `index` on are written.
    ///
    /// # Safety
    /// All of these elements are in the table, and the fields are as documented.
    #[inline(always)]
    pub unsafe fn write(&self, index: u64, count: u64) {
        // SAFETY: the caller guarantees that the elements are in the table, so each has a part and a byte in
        // `written`.
        unsafe { M::mark_written(self, index, count) };
    }
}

/// What is left of a data segment.
#[repr(C)]
pub struct DataSegment {
    /// The bytes.
    pub bytes: *const u8,
    /// The number of bytes. It is 0 once the segment is dropped.
    pub len: usize,
}

/// What is left of an element segment. Its references are evaluated.
#[repr(C)]
pub struct ElemSegment {
    /// The references.
    pub elems: *const u32,
    /// The number of references. It is 0 once the segment is dropped.
    pub len: usize,
}

/// Where execution continues in an exception handler.
#[repr(C)]
pub struct UnwindTarget<M: Mode> {
    pub(crate) ip: *const u8,
    pub(crate) fp: *mut u64,
    pub(crate) instance: *mut Instance<M>,
    pub(crate) stack_end: *mut u64,
    /// The continuation that runs then, or null.
    #[cfg(feature = "stack-switching")]
    pub(crate) continuation: *mut crate::Continuation,
}

impl<M: Mode> Clone for UnwindTarget<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Mode> Copy for UnwindTarget<M> {}

impl<M: Mode> UnwindTarget<M> {
    /// No handler.
    pub(crate) const NONE: UnwindTarget<M> = UnwindTarget {
        ip: core::ptr::null(),
        fp: core::ptr::null_mut(),
        instance: core::ptr::null_mut(),
        stack_end: core::ptr::null_mut(),
        #[cfg(feature = "stack-switching")]
        continuation: core::ptr::null_mut(),
    };
}

#[cfg(feature = "trace")]
mod step {
    use super::{Instance, Machine};
    use crate::dispatch::Regs;
    use crate::mode::{Mode, Register};

    /// Is called with an instruction before and after it runs.
    pub type Hook<M> = unsafe fn(*mut Machine<M>, &TracedInstr<'_, M>);

    /// An instruction that runs.
    pub struct TracedInstr<'a, M: Mode> {
        /// The instruction's address: its cell in linked code, its opcode in place. What leads into wasm and out of
        /// it is also shown and lies in no function's code.
        pub place: *const u8,
        /// The instance that it runs in.
        pub instance: *mut Instance<M>,
        /// Whether it has run.
        pub when: When,
        /// The end of the value stack.
        pub(crate) end: *mut u64,
        /// Its frame.
        pub(crate) frame: *mut u64,
        /// The current registers. `None` after an instruction that ended the run.
        pub(crate) registers: Option<&'a Regs<M>>,
    }

    /// When an instruction is shown.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum When {
        /// Before it runs.
        Before,
        /// After it ran, and more instructions follow.
        After,
        /// After it ended the run: it returned to the host, or trapped.
        Ended,
    }

    impl<M: Mode> TracedInstr<'_, M> {
        /// Returns this slot of the instruction's frame, or 0 if it is not in the value stack.
        pub fn slot(&self, slot: u32) -> u64 {
            let place = self.frame.wrapping_add(slot as usize);
            // SAFETY: `place` lies between the frame's start and the end of the value stack, whose slots are all
            // readable and initialized.
            if place >= self.frame && place < self.end { unsafe { place.read() } } else { 0 }
        }

        /// Returns the vector accumulator, lower half first, or 0 if there is none.
        pub fn vector(&self) -> [u64; 2] {
            self.registers.map_or([0; 2], |r| r.vector.value().halves())
        }

        /// Returns the integer accumulator, or 0 if there is none.
        pub fn integer(&self) -> u64 {
            self.registers.map_or(0, |r| r.acc.value())
        }

        /// Returns the bits of the f32 accumulator, or 0 if there is none.
        pub fn f32(&self) -> u32 {
            self.registers.map_or(0, |r| Register::<f32>::value(r.f32).to_bits())
        }

        /// Returns the bits of the f64 accumulator, or 0 if there is none.
        pub fn f64(&self) -> u64 {
            self.registers.map_or(0, |r| Register::<f64>::value(r.f64).to_bits())
        }
    }
}
#[cfg(feature = "trace")]
pub use step::{Hook, TracedInstr, When};
