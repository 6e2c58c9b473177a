//! The records that handlers work on. All are `repr(C)` and linked by raw pointers: the embedder (the
//! crate `wasmote`, or firmware with its buffer) owns them, and keeps them in place while code can run.
//!
//! ```text
//! Machine (one a store) <--- Instance ---> Func, Memory, Table, globals, segments
//!    value stack                              |
//!    table of references  ------------------> Func
//! ```

use wasmote_ir::TrapCode;

use crate::cells::Cell;

/// State of one store: the value stack, the table behind references, what stopped it, and the embedder's hooks.
#[repr(C)]
pub struct Machine {
    /// Which copy of this library it belongs to.
    #[cfg(guarded)]
    pub(crate) copy: *const u8,
    /// One past the last slot of the value stack.
    pub stack_end: *mut u64,
    /// First slot of the value stack that no running function owns; where the next call from the host starts.
    pub stack_top: *mut u64,
    /// What non-null function references refer to: reference `r` is entry `r - 1`.
    #[cfg(feature = "alloc")]
    pub funcs: *const *mut Func,
    /// Number of entries in `funcs`; in place, of the instance's functions: reference `r` is function `r - 1`.
    pub funcs_len: u32,
    /// The supertypes of types.
    #[cfg(feature = "alloc")]
    pub types: Types,
    /// The heap.
    #[cfg(feature = "alloc")]
    pub heap: Heap,
    /// The exception that nothing caught, or that a host function throws.
    #[cfg(feature = "alloc")]
    pub exception: u32,
    /// Where the last exception was caught.
    #[cfg(feature = "alloc")]
    pub(crate) landing: crate::throw::Landing,
    /// How many calls from the host into wasm are under way.
    pub depth: u32,
    /// The most calls from the host into wasm that may nest: each takes some of the native stack.
    pub max_depth: u32,
    /// What is left for metered code to use up.
    pub fuel: u64,
    /// Why the last run stopped, meaningful after [`crate::call`] returned an error.
    pub trap: TrapSite,
    /// What execution asks of the embedder.
    pub hooks: Hooks,
    /// The embedder's own, not touched here.
    pub embedder: *mut (),
    /// Where `stack_end` was when the last run trapped: calls between instances move it, and leave there what a
    /// backtrace needs.
    pub unwound: *mut u64,
    /// The caller's frame, which the first half of a call into another instance leaves for the second.
    #[cfg(feature = "alloc")]
    pub(crate) across: *mut u64,
    /// What the first half of a tail call into another instance leaves for the second.
    #[cfg(feature = "alloc")]
    pub(crate) across_slots: u64,
    /// Where the run goes on after a fault.
    #[cfg(guarded)]
    pub(crate) guard_landing: crate::guard::Landing,
    /// What is kept between two handlers where a loop runs them.
    pub(crate) registers: crate::dispatch::Saved,
    /// How many frames were searched for handlers of exceptions so far.
    #[cfg(feature = "alloc")]
    pub searched: u64,
}

impl Machine {
    /// A machine with this value stack.
    pub fn new(stack: *mut u64, slots: usize, hooks: Hooks) -> Machine {
        let end = stack.wrapping_add(slots);
        Machine {
            #[cfg(guarded)]
            copy: crate::guard::copy(),
            stack_end: end,
            stack_top: stack,
            #[cfg(feature = "alloc")]
            funcs: core::ptr::null(),
            funcs_len: 0,
            #[cfg(feature = "alloc")]
            types: Types { displays: core::ptr::null(), len: 0 },
            #[cfg(feature = "alloc")]
            heap: Heap::EMPTY,
            #[cfg(feature = "alloc")]
            exception: 0,
            #[cfg(feature = "alloc")]
            landing: crate::throw::Landing::NONE,
            depth: 0,
            max_depth: 1000,
            fuel: u64::MAX,
            trap: TrapSite {
                code: TrapCode::Unreachable,
                ip: core::ptr::null(),
                fp: stack,
                instance: core::ptr::null_mut(),
            },
            hooks,
            embedder: core::ptr::null_mut(),
            unwound: end,
            #[cfg(feature = "alloc")]
            across: core::ptr::null_mut(),
            #[cfg(feature = "alloc")]
            across_slots: 0,
            #[cfg(guarded)]
            guard_landing: crate::guard::Landing::NONE,
            registers: crate::dispatch::Saved::default(),
            #[cfg(feature = "alloc")]
            searched: 0,
        }
    }

    /// Gives a machine on which nothing runs another value stack.
    #[cfg(feature = "alloc")]
    pub fn set_stack(&mut self, stack: *mut u64, slots: usize) {
        let end = stack.wrapping_add(slots);
        (self.stack_end, self.stack_top, self.unwound, self.trap.fp) = (end, stack, end, stack);
    }
}

/// Which types are subtypes of which, by their numbers in the engine.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Types {
    /// For each type its display: the numbers of its supertypes, from the root down to itself. Behind these, and for numbers that
    /// are no types of the store, are `u32::MAX`.
    pub displays: *const Display,
    /// How many there are.
    pub len: u32,
}

/// The most supertypes that a type has, itself counted.
pub const MAX_DEPTH: usize = 64;

/// The supertypes of a type.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Display {
    /// Its depth: how many supertypes it has.
    pub depth: u32,
    /// The first ones; those that are no types are `u32::MAX`.
    pub first: [u32; Display::FIRST],
    /// All of them, `depth + 1`.
    pub all: *const u32,
}

#[cfg(feature = "alloc")]
impl Display {
    /// How many are found without another indirection.
    pub const FIRST: usize = 7;
    /// That of a number that is no type: only ever itself.
    pub const NONE: Display = Display { depth: 0, first: [u32::MAX; Display::FIRST], all: core::ptr::null() };
}

#[cfg(feature = "alloc")]
impl Types {
    /// Whether `a` is `b`, or a subtype of it.
    ///
    /// # Safety
    /// The displays are as this type says.
    #[inline(always)]
    pub unsafe fn is_sub(&self, a: u32, b: u32) -> bool {
        if a == b {
            return true;
        }
        if a >= self.len || b >= self.len {
            return false;
        }
        // SAFETY: both are below the length; `all` has `depth + 1` numbers.
        unsafe {
            let depth = (*self.displays.add(b as usize)).depth;
            let display = &*self.displays.add(a as usize);
            if depth >= display.depth {
                return false;
            }
            match display.first.get(depth as usize) {
                Some(&supertype) => supertype == b,
                None => display.all.add(depth as usize).read() == b,
            }
        }
    }
}

/// The heap of objects, as handlers see it. A reference is an object's offset divided by 4; 0 is null, and odd ones are integers.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Heap {
    /// The first byte. From here to `edge` and [`Heap::SLACK`] bytes beyond, all can be read and written.
    pub base: *mut u8,
    /// The highest reference that an object can have, less one.
    pub last: u32,
    /// No object begins here or behind.
    pub edge: *mut u8,
    /// Where the next object goes, in bytes.
    pub cursor: usize,
    /// Where the room for it ends.
    pub limit: usize,
    /// A bit for each 8 bytes up to `edge`: whether an object begins there.
    pub starts: *mut u64,
    /// The layouts of types, as the crate knows them whose heap it is.
    pub layouts: *const (),
}

#[cfg(feature = "alloc")]
impl Heap {
    /// Bytes that can be accessed behind the last object: more than any structure or exception has, so that where one begins is all
    /// that is checked.
    pub const SLACK: usize = 320 << 10;
    /// A heap without objects.
    pub const EMPTY: Heap = Heap {
        base: core::ptr::null_mut(),
        last: 0,
        edge: core::ptr::null_mut(),
        cursor: 0,
        limit: 0,
        starts: core::ptr::null_mut(),
        layouts: core::ptr::null(),
    };

    /// The first byte of what a reference refers to, if it refers to anything: that is an object in valid code, and else some place in the
    /// heap, not aligned.
    #[inline(always)]
    pub fn place(&self, reference: u32) -> Option<*mut u8> {
        // Null is the highest number here.
        if reference.wrapping_sub(1) < self.last { Some(self.base.wrapping_add(reference as usize * 4)) } else { None }
    }

    /// A new object of so many bytes, a multiple of 8, all zero but for its header; `None` if there is no room right now.
    ///
    /// # Safety
    /// All is as this type says, and the bytes from `cursor` to `limit` are zero.
    #[inline(always)]
    pub unsafe fn allocate(&mut self, bytes: usize, header: u64) -> Option<u32> {
        let at = self.cursor;
        if bytes > self.limit - at {
            return None;
        }
        self.cursor = at + bytes;
        // SAFETY: below the limit, which is in the heap.
        unsafe {
            *self.starts.add(at >> 9) |= 1 << (at >> 3 & 63);
            self.base.add(at).cast::<u64>().write(header);
        }
        Some((at >> 2) as u32)
    }
}

/// Where and why execution stopped.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TrapSite {
    /// The reason.
    pub code: TrapCode,
    /// The instruction that trapped.
    pub ip: *const Cell,
    /// Its frame.
    pub fp: *mut u64,
    /// Its instance.
    pub instance: *mut Instance,
}

/// What execution asks of the embedder. All are called with the machine whose state is consistent: a hook may
/// call back into wasm, which then runs above `stack_top`.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Gives a function of this module its code: sets `code`, `frame_slots` (and nothing else) of the record, or
    /// returns why it can't.
    #[cfg(feature = "alloc")]
    pub translate: unsafe fn(*mut Machine, *mut Func) -> Result<(), TrapCode>,
    /// The code of the function in which this place is, for code of this instance's module; null if the place is not in such code.
    /// What another instance of the module had translated is found too: calls lead there without asking.
    #[cfg(feature = "alloc")]
    pub locate: unsafe fn(*mut Machine, *mut Instance, *const Cell) -> *const Cell,
    /// Has the next allocation of so many bytes in the heap succeed, by a collection if need be. All slots of the value stack from `top`
    /// on are free.
    #[cfg(feature = "alloc")]
    pub make_room: unsafe fn(*mut Machine, bytes: usize, top: *mut u64) -> bool,
    /// Makes an exception with this tag, by its number in the store, of values in this many slots. All slots of the value stack from
    /// `top` on are free. `None` if there is no room.
    #[cfg(feature = "alloc")]
    pub exception: unsafe fn(*mut Machine, tag: u32, values: *const u64, slots: usize, top: *mut u64) -> Option<u32>,
    /// Runs a host function. The caller's instance is given; `args` has the arguments and takes the results.
    /// With [`TrapCode::Exception`] it throws the machine's `exception`.
    #[cfg(feature = "alloc")]
    pub host: unsafe fn(*mut Machine, *mut Func, *mut Instance, args: *mut u64) -> Result<(), TrapCode>,
    /// Runs the imported function with this index. `args` has the arguments and takes the results, in this many slots.
    #[cfg(not(feature = "alloc"))]
    pub host: unsafe fn(*mut Machine, u32, *mut Instance, args: *mut u64, slots: usize) -> Result<(), TrapCode>,
    /// Grows a memory by `delta` pages; returns its pages before, or `None` and leaves it unchanged. May move
    /// `base`, must keep the length in front of it right.
    pub memory_grow: unsafe fn(*mut Machine, *mut Memory, delta: u64) -> Option<u64>,
    /// Grows a table by `delta` elements equal to `init`; as `memory_grow`.
    pub table_grow: unsafe fn(*mut Machine, *mut Table, delta: u64, init: u32) -> Option<u64>,
}

/// A function: of an instance, or of the host.
#[cfg(feature = "alloc")]
#[repr(C)]
pub struct Func {
    /// Its first instruction: [`crate::cells::untranslated`] until it is translated, [`crate::cells::host`]
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

/// A function's record as it lies in an image, little-endian: see `wasmote_ir::image::FuncRecord`.
#[cfg(not(feature = "alloc"))]
#[repr(C)]
pub struct Func {
    code: u32,
    ty: u16,
    header: u16,
    frame_slots: u16,
    check: u16,
}

#[cfg(not(feature = "alloc"))]
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

/// The part of an instance that handlers see.
#[repr(C)]
pub struct Instance {
    /// The machine of its store.
    pub machine: *mut Machine,
    /// The records of the functions that the module defines (imports are not counted), one after the other.
    #[cfg(feature = "alloc")]
    pub funcs: *mut Func,
    /// The imported functions.
    #[cfg(feature = "alloc")]
    pub imports: *const *mut Func,
    /// The records of the functions that the module defines, in the image; those of imported ones lie in front.
    #[cfg(not(feature = "alloc"))]
    pub funcs: *const Func,
    /// The code of the first function.
    #[cfg(not(feature = "alloc"))]
    pub code: *const u8,
    /// All globals, imported ones first: a slot each, two for v128.
    pub globals: *const *mut u64,
    /// All memories, imported ones first. Never empty: without a memory, the one entry is an empty memory.
    pub memories: *const *mut Memory,
    /// All tables, imported ones first.
    pub tables: *const *mut Table,
    /// Data segments; an active or dropped one is empty.
    pub data: *mut DataSegment,
    /// Element segments; an active, declared or dropped one is empty.
    pub elems: *mut ElemSegment,
    /// The store's numbers of all tags, imported ones first.
    #[cfg(feature = "alloc")]
    pub tags: *const u32,
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
pub struct Table {
    /// The elements; null is 0.
    pub elems: *mut u32,
    /// Number of elements.
    pub len: u64,
    /// The most elements it may have.
    pub max: u64,
    /// Whether indices have 64 bits.
    pub table64: bool,
    /// For each [`Table::PART`] elements a byte that is not 0 once one of them was written: what a collector need not look at otherwise.
    #[cfg(feature = "alloc")]
    pub written: *mut u8,
    /// The embedder's own.
    pub embedder: usize,
}

impl Table {
    /// Elements of a part: a page's of 4 KiB.
    #[cfg(feature = "alloc")]
    pub const PART: usize = 1 << Table::PART_LOG2;
    #[cfg(feature = "alloc")]
    const PART_LOG2: u32 = 10;

    /// Notes that these elements, all of them in the table, are written.
    ///
    /// # Safety
    /// The table is as this type says.
    #[inline(always)]
    pub unsafe fn write(&self, index: u64, count: u64) {
        #[cfg(feature = "alloc")]
        if count > 0 {
            let (first, last) = (index >> Table::PART_LOG2, (index + count - 1) >> Table::PART_LOG2);
            // SAFETY: each element's part has a byte.
            unsafe { self.written.add(first as usize).write_bytes(1, (last - first) as usize + 1) };
        }
        let _ = (index, count);
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
