//! Continuations: calls of functions that can be suspended and resumed, each with a value stack of its own.
//!
//! A continuation runs inside an activation, in the same native frame: to resume one is to continue with the registers
//! that it was suspended with. The activation knows the innermost one that runs, and each knows the one around it.
//!
//! ```text
//! Activation ─> innermost ─parent─> ... ─parent─> outermost        where each was resumed: `resumed`
//!                                                     │
//!                   the activation's own frames  <────┘
//! ```
//!
//! What is suspended is a part of such a chain, from the innermost continuation up to the one whose `resume` handles the
//! tag. The record of the outermost of them stands for all. An object in the heap refers to it by its number. Each time
//! that something is suspended or bound, there is a new object, and the record knows its current one. So all older
//! references are to consumed continuations.

use alloc::vec::Vec;
use core::mem::ManuallyDrop;

use wasmote_ir::TrapCode;
use wasmote_ir::fallible::{OutOfMemory, TryVec, try_with_capacity};
use wasmote_ir::frame::{HEADER, HEADER_CALLER, HEADER_RETURN};

use crate::dispatch::Execute;
use crate::linked::{Activation, Flow, Func, Handler, Instance, Linked, Machine, Regs};
use crate::objects::Heap;

/// The type number in the header of the object of a continuation. The upper half of the header is the number of the
/// record.
pub const CONTINUATION: u32 = (1 << 24) + 1;
/// The size of the object of a continuation in bytes. The collector needs a second word in all objects that lead to
/// others.
pub const CONTINUATION_BYTES: usize = 16;

/// The least number of slots of a stack.
const FEWEST_SLOTS: usize = 64;
/// At least so many bytes of stacks are allocated before garbage is collected for their sake.
const BUDGET: usize = 4 << 20;

/// A continuation.
pub struct Continuation {
    /// The reference to its object. 0 if it is none: it runs, is part of another one, or is free.
    pub(crate) object: u32,
    /// Its number in [`Continuations`].
    number: u32,
    /// Whether the running collection has found it in use.
    marked: bool,
    is_free: bool,
    /// The number of the slots that its function's results may take, and the slots in front of the header.
    pub(crate) header: u16,
    /// While it does not run: one past the last slot in use.
    pub(crate) top: *mut u64,
    /// While it does not run: where the entries of calls between instances begin.
    pub(crate) stack_end: *mut u64,
    /// The first slot of its stack, and their number. It is no box, which would claim sole access.
    stack: *mut u64,
    slots: usize,
    /// The bytes of this record, in slots.
    record: usize,
    /// The function, until it begins.
    pub(crate) func: *mut Func,
    /// While it does not run: the instruction that suspended it. Its values are those that it still expects.
    pub(crate) suspended: Place,
    /// The one that continues when this one is resumed: itself, or one that was suspended together with it.
    pub(crate) innermost: *mut Continuation,
    /// The one that resumed it. Null if an activation's own frames did, or if it is the outermost that is suspended.
    /// If it is free, the next one that is.
    pub(crate) parent: *mut Continuation,
    /// Where it was resumed.
    pub(crate) resumed: Place,
    /// The clause there by which it was suspended last.
    pub(crate) clause: *const u8,
}

/// An instruction that leaves for another stack.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub ip: *const u8,
    /// The instruction after it, or its first clause.
    pub next: *const u8,
    pub fp: *mut u64,
    pub instance: *mut Instance,
    /// Where the values go that come back, and how many slots they take.
    pub values: *mut u64,
    pub results: usize,
    /// The slot of the frame's header, with the flag for handlers.
    pub header: u16,
}

impl Continuation {
    /// Returns the first slot of its stack.
    #[inline]
    pub(crate) fn base(&self) -> *mut u64 {
        self.stack
    }

    /// Returns the number of slots of its stack.
    #[inline]
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }
}

/// The continuations of a store.
pub struct Continuations {
    all: Vec<*mut Continuation>,
    /// The first one that is free, or null.
    free: *mut Continuation,
    in_use: usize,
    /// The bytes of all records and their stacks.
    bytes: usize,
    /// With this many bytes, garbage is collected first.
    collect_at: usize,
    max_slots: usize,
}

// SAFETY: its pointers lead to its own records, and to those of its store. Only code that mutably borrows the store uses
// them.
unsafe impl Send for Continuations {}
// SAFETY: as above.
unsafe impl Sync for Continuations {}

impl Continuations {
    /// Makes an empty list. A stack has at most so many bytes.
    #[inline]
    pub fn new(max_stack: usize) -> Continuations {
        let max_slots = (max_stack / size_of::<u64>()).max(FEWEST_SLOTS);
        let free = core::ptr::null_mut();
        Continuations { all: Vec::new(), free, in_use: 0, bytes: 0, collect_at: BUDGET, max_slots }
    }

    /// Returns the bytes of all continuations and their stacks.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many continuations are in use, or were when the last collection was over.
    #[inline]
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// Whether garbage is to be collected before this many more bytes are allocated.
    #[inline]
    pub fn is_full(&self, bytes: usize) -> bool {
        self.bytes + bytes > self.collect_at
    }

    /// Frees what a collection has not found, and drops the stacks of all that are free.
    #[inline]
    pub fn sweep(&mut self) {
        for i in 0..self.all.len() {
            let one = self.all[i];
            // SAFETY: the list has only its own records. Nobody refers to one that the collection has not found.
            unsafe {
                if !core::mem::take(&mut (*one).marked) && !(*one).is_free {
                    self.release(one);
                }
                if (*one).is_free {
                    self.drop_stack(one);
                }
            }
        }
        self.collect_at = BUDGET.max(self.bytes.saturating_mul(2));
    }

    /// Calls `each` with the slots in use of the continuation of an object, and of those that were suspended with it.
    ///
    /// # Safety
    /// No code runs.
    #[inline]
    pub unsafe fn each_stack(&self, object: u32, number: u32, each: &mut dyn FnMut(*const u64, *const u64)) {
        if let Some(&one) = self.all.get(number as usize) {
            // SAFETY: the list has its own records, and chains have only such.
            unsafe {
                if (*one).object == object {
                    each_stack((*one).innermost, each);
                }
            }
        }
    }

    /// Returns the bytes that a new continuation takes, whose frame has so many slots. 0 if there is a free one.
    #[inline]
    pub(crate) fn needs(&self, slots: usize) -> usize {
        // SAFETY: the free ones are the list's own.
        match unsafe { self.free.as_ref() } {
            Some(free) if slots.max(FEWEST_SLOTS) <= free.slots => 0,
            _ => size_of::<Continuation>() + slots.max(FEWEST_SLOTS) * size_of::<u64>(),
        }
    }

    /// Returns a record whose stack has so many slots.
    #[inline]
    pub(crate) fn take(&mut self, slots: usize) -> Result<*mut Continuation, OutOfMemory> {
        let slots = slots.max(FEWEST_SLOTS);
        // SAFETY: the free ones are the list's own. A record of zeros is valid.
        unsafe {
            if self.free.is_null() {
                let (record, len) = StackMemory::allocate(size_of::<Continuation>().div_ceil(size_of::<u64>()))?;
                let one = record.cast::<Continuation>();
                ((*one).number, (*one).record) = (self.all.len() as u32, len);
                if self.all.try_push(one).is_err() {
                    drop(StackMemory(record, len));
                    return Err(OutOfMemory);
                }
                (*one).is_free = true;
                self.free = one;
                self.bytes += len * size_of::<u64>();
            }
            let one = self.free;
            if (*one).slots < slots {
                self.replace_stack(one, slots)?;
            }
            (*one).is_free = false;
            self.free = (*one).parent;
            self.in_use += 1;
            Ok(one)
        }
    }

    /// Gives a continuation a stack of at least so many slots, and returns the one that it had.
    ///
    /// # Safety
    /// The continuation is of this list.
    #[inline]
    pub(crate) unsafe fn replace_stack(
        &mut self,
        one: *mut Continuation,
        slots: usize,
    ) -> Result<StackMemory, OutOfMemory> {
        let (stack, slots) = StackMemory::allocate(slots)?;
        // SAFETY: the caller guarantees a record of this list.
        unsafe {
            let before = StackMemory((*one).stack, (*one).slots);
            ((*one).stack, (*one).slots) = (stack, slots);
            self.bytes = self.bytes + slots * size_of::<u64>() - before.1 * size_of::<u64>();
            Ok(before)
        }
    }

    /// Frees a continuation that has ended.
    ///
    /// # Safety
    /// It is of this list, and nothing refers to it but objects of consumed continuations.
    #[inline(never)]
    pub(crate) unsafe fn release(&mut self, one: *mut Continuation) {
        // SAFETY: the caller guarantees a record of this list.
        unsafe {
            ((*one).object, (*one).is_free, (*one).parent) = (0, true, self.free);
            self.free = one;
            self.in_use -= 1;
            if (*one).slots > FEWEST_SLOTS {
                self.drop_stack(one);
            }
        }
    }

    /// # Safety
    /// The continuation is of this list, and free.
    #[inline(never)]
    unsafe fn drop_stack(&mut self, one: *mut Continuation) {
        // SAFETY: the caller guarantees the record, whose stack is its own.
        unsafe {
            self.bytes -= (*one).slots * size_of::<u64>();
            drop(StackMemory((*one).stack, core::mem::take(&mut (*one).slots)));
        }
    }

    #[inline]
    pub(crate) fn max_slots(&self) -> usize {
        self.max_slots
    }
}

impl Drop for Continuations {
    #[inline]
    fn drop(&mut self) {
        for &one in &self.all {
            // SAFETY: the list owns its records and their stacks.
            unsafe {
                drop(StackMemory((*one).stack, (*one).slots));
                drop(StackMemory(one.cast(), (*one).record));
            }
        }
    }
}

/// Slots that are dropped with this.
pub(crate) struct StackMemory(*mut u64, usize);

impl StackMemory {
    /// Allocates at least so many slots, which are 0. Returns the first, and how many they are.
    #[inline]
    fn allocate(slots: usize) -> Result<(*mut u64, usize), OutOfMemory> {
        let mut memory = ManuallyDrop::new(try_with_capacity::<u64>(slots)?);
        // SAFETY: the vector has room for as many items as its capacity.
        unsafe { memory.as_mut_ptr().write_bytes(0, memory.capacity()) };
        Ok((memory.as_mut_ptr(), memory.capacity()))
    }

    #[inline]
    pub(crate) fn start(&self) -> *const u64 {
        self.0
    }
}

impl Drop for StackMemory {
    #[inline(never)]
    fn drop(&mut self) {
        if self.1 != 0 {
            // SAFETY: `allocate` made it of a vector with this capacity, and it has no other owner.
            drop(unsafe { Vec::from_raw_parts(self.0, 0, self.1) });
        }
    }
}

/// Calls `each` with the slots in use of a chain of continuations, the innermost first, and notes that they are in use.
///
/// # Safety
/// `innermost` is null or a live continuation that does not run.
#[inline]
pub unsafe fn each_stack(innermost: *mut Continuation, each: &mut dyn FnMut(*const u64, *const u64)) {
    let mut one = innermost;
    while !one.is_null() {
        // SAFETY: the caller guarantees the first. A chain has only live continuations.
        unsafe {
            (*one).marked = true;
            each((*one).base(), (*one).top);
            one = (*one).parent;
        }
    }
}

/// As [`each_stack`], for the continuations of an activation. Returns one past the last slot that the activation's own
/// frames use. `top` is one past the last slot in use: of the innermost continuation if it is there, otherwise of the
/// activation's own frames.
///
/// # Safety
/// The activation runs, or has stopped.
pub(crate) unsafe fn each_running(
    innermost: *mut Continuation,
    top: *const u64,
    own: *const u64,
    each: &mut dyn FnMut(*const u64, *const u64),
) -> *const u64 {
    if innermost.is_null() {
        return top;
    }
    // SAFETY: the caller guarantees a live chain.
    unsafe {
        // Its first frame has at least a header, so the last slot in use is not in front of the first one.
        let stack = (*innermost).stack.cast_const();
        let is_there = top > stack && top <= stack.wrapping_add((*innermost).slots);
        if is_there {
            (*innermost).top = top.cast_mut();
        }
        each_stack(innermost, each);
        if is_there { own } else { top }
    }
}

/// Returns the machine's continuations.
///
/// # Safety
/// `machine` points to a live machine, whose heap is that of a store with continuations.
#[inline]
pub(crate) unsafe fn list<'a>(machine: *mut Machine) -> &'a mut Continuations {
    // SAFETY: the caller guarantees the machine. The store set the pointer, and only one hook or handler uses the list at
    // a time.
    unsafe { &mut *(*machine).heap.continuations }
}

/// Returns the suspended continuation that a reference is to, which stands for all that were suspended together.
///
/// # Errors
/// The reference is null, or the continuation is consumed.
///
/// # Safety
/// As [`list`].
#[inline]
pub(crate) unsafe fn suspended(machine: *mut Machine, reference: u32) -> Result<*mut Continuation, TrapCode> {
    // SAFETY: the caller guarantees the machine. `place` returns an address in the heap, with slack behind it. Code that
    // was not validated may take anything for a continuation, but only the current object of a record equals `object`.
    unsafe {
        let Some(place) = (*machine).heap.place(reference) else { return Err(TrapCode::NullReference) };
        let header = place.cast::<u64>().read_unaligned();
        let one = list(machine).all.get((header >> 32) as usize).copied().unwrap_or(core::ptr::null_mut());
        if header as u32 == CONTINUATION && !one.is_null() && (*one).object == reference {
            Ok(one)
        } else {
            Err(TrapCode::ContinuationConsumed)
        }
    }
}

/// Makes a new object for a continuation. All slots from `top` on are free.
///
/// # Safety
/// As [`list`], and the continuation is one of the machine's.
#[inline]
pub(crate) unsafe fn stand_for(machine: *mut Machine, one: *mut Continuation, top: *mut u64) -> Option<u32> {
    // SAFETY: the caller guarantees the machine and the continuation. The heap is not used meanwhile.
    unsafe {
        let header = u64::from(CONTINUATION) | u64::from((*one).number) << 32;
        let heap: *mut Heap = &raw mut (*machine).heap;
        let object = match (*heap).allocate(CONTINUATION_BYTES, header) {
            Some(object) => object,
            None if ((*machine).hooks.make_room)(machine, CONTINUATION_BYTES, top) => {
                (*heap).allocate(CONTINUATION_BYTES, header)?
            }
            None => return None,
        };
        (*one).object = object;
        Some(object)
    }
}

/// Makes a continuation of a function. All slots from `top` on are free.
///
/// # Safety
/// As [`list`], and `func` is a function of the machine's store.
#[inline]
pub(crate) unsafe fn create(machine: *mut Machine, func: *mut Func, top: *mut u64) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the machine and the function. The stack has the slots of the arguments and the header.
    // `prepare` makes room for the rest of the frame, when the function begins and pays for it.
    unsafe {
        let slots = usize::from((*func).header) + HEADER as usize;
        let needed = list(machine).needs(slots);
        if slots > list(machine).max_slots {
            return Err(TrapCode::StackOverflow);
        }
        if needed > 0 && !((*machine).hooks.stack_room)(machine, needed, top) {
            return Err(TrapCode::HeapExhausted);
        }
        let one = list(machine).take(slots).map_err(|_| TrapCode::HeapExhausted)?;
        begin_at(one, func, 0);
        ((*one).func, (*one).header, (*one).suspended.results) = (func, (*func).header, (*func).params.into());
        ((*one).suspended.instance, (*one).innermost, (*one).parent) = ((*func).instance, one, core::ptr::null_mut());
        // A collection for the object's sake must not drop what has no object yet.
        (*one).marked = true;
        let object = stand_for(machine, one, top);
        (*one).marked = false;
        match object {
            Some(object) => Ok(object),
            None => {
                list(machine).release(one);
                Err(TrapCode::HeapExhausted)
            }
        }
    }
}

/// Makes sure that the stack of a continuation whose function has not begun has room for the first frame. That may be
/// larger than it was known to be when the continuation was made. All slots from `top` on are free.
///
/// # Errors
/// There is no room.
///
/// # Safety
/// As [`list`], and the continuation is one of the machine's and suspended.
#[inline]
pub(crate) unsafe fn prepare(machine: *mut Machine, one: *mut Continuation, top: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: the caller guarantees the continuation. Before it begins, only its arguments and the header of its first
    // frame are in its stack.
    unsafe {
        let func = (*one).func;
        if func.is_null() || (*func).frame_slots as usize <= (*one).slots {
            return Ok(());
        }
        let slots = (*func).frame_slots as usize;
        let bytes = slots * size_of::<u64>();
        if slots > list(machine).max_slots || !((*machine).hooks.stack_room)(machine, bytes, top) {
            return Err(TrapCode::StackOverflow);
        }
        let bound = (*one).suspended.values.offset_from_unsigned((*one).base());
        let before = list(machine).replace_stack(one, slots).map_err(|_| TrapCode::StackOverflow)?;
        (*one).base().copy_from_nonoverlapping(before.start(), bound);
        begin_at(one, func, bound);
        Ok(())
    }
}

/// Writes the header of the first frame, and what else depends on where the stack is. So many slots of the arguments are
/// already there.
///
/// # Safety
/// The continuation has not begun. Its stack has room for the function's frame.
#[inline]
unsafe fn begin_at(one: *mut Continuation, func: *mut Func, bound: usize) {
    // SAFETY: the caller guarantees the room. The frame contains the header, behind the arguments.
    unsafe {
        let base = (*one).base();
        let header = base.add((*func).header.into());
        header.add(HEADER_RETURN).cast::<*const u8>().write(continuation_exit());
        header.add(HEADER_CALLER).cast::<*mut u64>().write(base);
        ((*one).suspended.fp, (*one).suspended.values, (*one).top) = (base, base.add(bound), base.add(bound));
        (*one).stack_end = base.add((*one).slots);
    }
}

/// Notes where the running frames are suspended: those of the innermost continuation or of the activation itself. They
/// use the slots below `top`.
///
/// # Safety
/// `activation` runs on the machine.
#[inline(never)]
pub(crate) unsafe fn note(machine: *mut Machine, activation: *mut Activation, top: *mut u64) {
    // SAFETY: the caller guarantees the activation, whose continuations are live.
    unsafe {
        let one = (*activation).continuation;
        if one.is_null() {
            ((*activation).top, (*activation).noted) = (top, (*machine).stack_end());
        } else {
            ((*one).top, (*one).stack_end) = (top, (*machine).stack_end());
        }
    }
}

/// Continues in this continuation, or in the activation's own frames if it is null. The registers are up to the caller.
///
/// # Safety
/// `activation` runs on the machine, and the continuation is one of its.
#[inline(never)]
pub(crate) unsafe fn enter(machine: *mut Machine, activation: *mut Activation, one: *mut Continuation) {
    // SAFETY: the caller guarantees the activation and the continuation. `note` left where its entries begin.
    unsafe {
        (*activation).continuation = one;
        let end = if one.is_null() { (*activation).noted } else { (*one).stack_end };
        (*machine).set_stack_end(end);
    }
}

/// Leaves the stack of the innermost continuation for that of its activation, since a host function runs. What that calls
/// uses the slots there. `top` is one past the last slot in use.
///
/// # Safety
/// The machine has a running activation.
#[inline(always)]
pub(crate) unsafe fn enter_host(machine: *mut Machine, top: *mut u64) {
    // SAFETY: the caller guarantees a running activation.
    unsafe {
        if !(*(*machine).running).continuation.is_null() {
            enter_host_cold(machine, top);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn enter_host_cold(machine: *mut Machine, top: *mut u64) {
    // SAFETY: `enter_host` calls this, and its caller guarantees a running activation.
    unsafe {
        let running = (*machine).running;
        note(machine, running, top);
        (*machine).stack_top = (*running).top;
        (*machine).set_stack_end((*running).noted);
    }
}

/// Goes back to the stack that [`enter_host`] left.
///
/// # Safety
/// As [`enter_host`].
#[inline(always)]
pub(crate) unsafe fn leave_host(machine: *mut Machine) {
    // SAFETY: the caller guarantees a running activation.
    unsafe {
        let running = (*machine).running;
        if !(*running).continuation.is_null() {
            core::hint::cold_path();
            enter(machine, running, (*running).continuation);
        }
    }
}

/// Ends the continuations from the innermost one up to `outer`, without that one, after an exception left them.
///
/// # Safety
/// `activation` runs on the machine, and `outer` is null or one of its continuations.
#[inline(never)]
pub(crate) unsafe fn unwind(machine: *mut Machine, activation: *mut Activation, outer: *mut Continuation) {
    // SAFETY: the caller guarantees the activation and its chain.
    unsafe {
        while (*activation).continuation != outer {
            let ended = (*activation).continuation;
            (*activation).continuation = (*ended).parent;
            list(machine).release(ended);
        }
    }
}

/// Returns the address to which the function of a continuation returns.
#[inline]
pub(crate) fn continuation_exit() -> *const u8 {
    static CELL: [Handler; 1] = [crate::dispatch::cold::<Linked, ContinuationReturn>];
    CELL.as_ptr().cast()
}

/// Returns from a continuation to where it was resumed.
struct ContinuationReturn;

impl Execute<Linked> for ContinuationReturn {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: only the first frame of a continuation returns here. It left its results in the first slots of the
        // stack, in front of the header. Validation and the image verifier keep the slots for the results in the frame
        // that resumed it.
        unsafe {
            let machine = (*r.cx).machine;
            let ended = (*(*machine).running).continuation;
            let Place { next, fp, instance, values, results, .. } = (*ended).resumed;
            let count = results.min((*ended).header.into());
            values.copy_from_nonoverlapping((*ended).base(), count);
            enter(machine, (*machine).running, (*ended).parent);
            list(machine).release(ended);
            (r.ip, r.fp, r.cx) = (next, fp, instance);
            r.mem = (**(*instance).memories).base;
        }
        Flow::Next
    }
}
