//! Atomic instructions (the proposal for threads). Each names a memory, has an address of up to 64 bits, and traps if
//! the address is not aligned. `host` says what the host does.
//!
//! The same handlers serve memories of one thread and shared ones. They are a part of linked code only.

mod host;

use core::marker::PhantomData;

use wasmote_ir::TrapCode;
use wasmote_ir::atomics::Rmw;

use crate::dispatch::{Execute, cold};
use crate::linked::{Flow, Linked, Regs};
use crate::operand::{Dest, S};
use crate::state::Memory;
use host::AtomicCell;

/// Returns the memory that the operand at this unit names, and the address of the access: the one in the first slot plus
/// the offset that follows the memory operand. Traps if the address is not a multiple of `size`, or has more than 64
/// bits.
///
/// # Safety
/// As [`Execute::run`], and the instruction has these operands.
#[inline(always)]
unsafe fn aligned(r: &Regs, at: usize, size: u64) -> Result<(*mut Memory, u64), TrapCode> {
    // SAFETY: the caller guarantees the operands, so the index is in range of the instance's memories.
    unsafe {
        let (address, beyond) = r.slot(0).read().overflowing_add(r.u64(at + 1));
        match address & (size - 1) {
            0 if beyond => Err(TrapCode::MemoryOutOfBounds),
            0 => Ok((*(*r.cx).memories.add(r.u16(at)), address)),
            _ => Err(TrapCode::UnalignedAtomic),
        }
    }
}

/// Returns the place of an access in a memory, or `None` if it is out of bounds.
///
/// # Safety
/// The memory is a live record.
#[inline(always)]
unsafe fn inside(memory: *mut Memory, address: u64, size: u64) -> Option<*mut u8> {
    // SAFETY: the caller guarantees the record. The place is used only if the access ends at or below the memory's
    // length.
    unsafe {
        if address.checked_add(size)? > (*memory).len() { None } else { Some((*memory).base.add(address as usize)) }
    }
}

/// Returns the place of an access of `size` bytes, which is aligned, because bases of memories are multiples of 8.
/// Otherwise returns `None`, and [`Refused`] finds out why: a hot handler has too few registers to know a trap code.
///
/// # Safety
/// As [`aligned`].
#[inline(always)]
unsafe fn place(r: &Regs, at: usize, size: u64) -> Option<*mut u8> {
    // SAFETY: the caller guarantees the operands, and records of memories stay in place while code runs.
    unsafe {
        let address = r.slot(0).read().checked_add(r.u64(at + 1))?;
        if address & (size - 1) != 0 { None } else { inside(*(*r.cx).memories.add(r.u16(at)), address, size) }
    }
}

/// The end of an instruction with its memory operand at unit `AT`, whose access is refused. The accumulator has the size
/// of the access.
struct Refused<const AT: usize>;

impl<const AT: usize> Execute<Linked> for Refused<AT> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `refuse` continues an instruction with these operands.
        unsafe { Flow::Trap(aligned(r, AT, r.held()).err().unwrap_or(TrapCode::MemoryOutOfBounds)) }
    }
}

/// Ends an instruction with its memory operand at unit `AT`, whose access of `size` bytes is refused.
#[inline(always)]
fn refuse<const AT: usize>(r: &mut Regs, size: u64) -> Flow {
    r.hold(size);
    Flow::TailCall(cold::<Linked, Refused<AT>>)
}

/// Ends in this trap unless there is a value.
macro_rules! or_trap {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(code) => return Flow::Trap(code),
        }
    };
}

/// A load of a `T`.
pub struct LoadOf<T>(PhantomData<T>);
/// A store of a `T`.
pub struct StoreOf<T>(PhantomData<T>);
/// A comparison with a `T`, and an exchange if it is equal.
pub struct CmpxchgOf<T>(PhantomData<T>);
/// A wait for the change of a `T`.
pub struct WaitOf<T>(PhantomData<T>);
/// The rest of a wait. The accumulator has the size.
struct Wait;

impl<T: AtomicCell> Execute<Linked> for LoadOf<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the operands of the row: an address, a memory, an offset and a destination.
        // `place` returns an aligned place in the memory.
        unsafe {
            let Some(at) = place(r, 1, T::SIZE) else { return refuse::<1>(r, T::SIZE) };
            <S as Dest<u64>>::put(r, 6, T::load(at));
            r.advance(7);
        }
        Flow::Next
    }
}

impl<T: AtomicCell> Execute<Linked> for StoreOf<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the operands of the row: an address, a value, a memory and an offset. `place`
        // returns an aligned place in the memory.
        unsafe {
            let Some(at) = place(r, 2, T::SIZE) else { return refuse::<2>(r, T::SIZE) };
            T::store(at, r.slot(1).read());
            r.advance(7);
        }
        Flow::Next
    }
}

impl<T: AtomicCell> Execute<Linked> for CmpxchgOf<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: the caller guarantees the operands of the row: an address, two values, a memory, an offset and a
        // destination. `place` returns an aligned place in the memory.
        unsafe {
            let Some(at) = place(r, 3, T::SIZE) else { return refuse::<3>(r, T::SIZE) };
            let old = T::compare_exchange(at, r.slot(1).read(), r.slot(2).read());
            <S as Dest<u64>>::put(r, 8, old);
            r.advance(9);
        }
        Flow::Next
    }
}

impl<T: AtomicCell> Execute<Linked> for WaitOf<T> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        r.hold(T::SIZE);
        Flow::TailCall(cold::<Linked, Wait>)
    }
}

impl Execute<Linked> for Wait {
    #[inline(always)]
    unsafe fn run(r: &mut Regs) -> Flow {
        // SAFETY: `WaitOf` continues here, whose caller guarantees the operands of the row: an address, two values, a
        // memory, an offset and a destination.
        unsafe {
            let size = r.held();
            let (memory, address) = or_trap!(aligned(r, 3, size));
            let woken = or_trap!(wait(r, memory, address, size));
            <S as Dest<u64>>::put(r, 8, woken.into());
            r.advance(9);
        }
        Flow::Next
    }
}

/// Waits until the value at an address changes, a notification comes, or the time is over. Returns which of them.
///
/// # Safety
/// As [`Execute::run`] for a wait. `memory` and `address` are what [`aligned`] returned.
#[cfg(feature = "threads")]
#[inline(always)]
unsafe fn wait(r: &Regs, memory: *mut Memory, address: u64, size: u64) -> Result<u32, TrapCode> {
    // SAFETY: the caller guarantees the operands and a live machine.
    unsafe {
        if !(*memory).shared {
            return Err(TrapCode::ExpectedSharedMemory);
        }
        if inside(memory, address, size).is_none() {
            return Err(TrapCode::MemoryOutOfBounds);
        }
        let machine = (*r.cx).machine;
        let (expected, timeout) = (r.slot(1).read(), r.slot(2).read() as i64);
        ((*machine).hooks.atomic_wait)(machine, memory, address, expected, size as u32, timeout)
    }
}

/// This build has no memories that threads share.
#[cfg(not(feature = "threads"))]
#[inline(always)]
unsafe fn wait(_r: &Regs, _memory: *mut Memory, _address: u64, _size: u64) -> Result<u32, TrapCode> {
    Err(TrapCode::ExpectedSharedMemory)
}

/// Wakes threads that wait at an address. Returns how many. Nothing waits at a memory that is not shared.
///
/// # Safety
/// As [`Execute::run`] for a notification. `memory` and `address` are those of an access that was checked.
#[cfg(feature = "threads")]
#[inline(always)]
unsafe fn notify(r: &Regs, memory: *mut Memory, address: u64) -> u32 {
    // SAFETY: the caller guarantees the operands and a live machine.
    unsafe {
        if !(*memory).shared {
            return 0;
        }
        let machine = (*r.cx).machine;
        ((*machine).hooks.atomic_notify)(machine, memory, address, r.slot(1).read() as u32)
    }
}

/// This build has no memories that threads share.
#[cfg(not(feature = "threads"))]
#[inline(always)]
unsafe fn notify(_r: &Regs, _memory: *mut Memory, _address: u64) -> u32 {
    0
}

/// Computes a new value from the one at `at`, on `1 << log2` bytes. Returns the old one.
///
/// # Safety
/// `at` is an aligned place of as many bytes in a memory.
#[inline(always)]
unsafe fn modify(at: *mut u8, log2: u16, rmw: Rmw, operand: u64) -> u64 {
    // SAFETY: the caller guarantees the place.
    unsafe {
        match log2 {
            0 => u8::modify(at, rmw, operand),
            1 => u16::modify(at, rmw, operand),
            2 => u32::modify(at, rmw, operand),
            _ => u64::modify(at, rmw, operand),
        }
    }
}

/// The rows.
pub mod rows {
    use super::{
        CmpxchgOf, Dest, LoadOf, Rmw, S, StoreOf, TrapCode, WaitOf, aligned, host, inside, modify, notify, place,
        refuse,
    };
    use crate::handlers::control::rows::instructions;
    use crate::handlers::handler_macros::single;
    use crate::linked::{Flow, Linked};

    macro_rules! rows {
        ($($name:ident = $meaning:ident<$ty:ty>;)*) => { $(
            #[doc = concat!("See [`wasmote_ir::Op::", stringify!($name), "`].")]
            pub type $name = $meaning<$ty>;
        )* };
    }
    rows! {
        AtomicLoad8 = LoadOf<u8>;
        AtomicLoad16 = LoadOf<u16>;
        AtomicLoad32 = LoadOf<u32>;
        AtomicLoad64 = LoadOf<u64>;
        AtomicStore8 = StoreOf<u8>;
        AtomicStore16 = StoreOf<u16>;
        AtomicStore32 = StoreOf<u32>;
        AtomicStore64 = StoreOf<u64>;
        AtomicCmpxchg8 = CmpxchgOf<u8>;
        AtomicCmpxchg16 = CmpxchgOf<u16>;
        AtomicCmpxchg32 = CmpxchgOf<u32>;
        AtomicCmpxchg64 = CmpxchgOf<u64>;
        AtomicWait32 = WaitOf<u32>;
        AtomicWait64 = WaitOf<u64>;
    }

    instructions! { only Linked;
        AtomicFence(r) {
            host::fence();
            r.advance(0);
            Flow::Next
        }
        Pause(r) {
            core::hint::spin_loop();
            r.advance(0);
            Flow::Next
        }
        AtomicRmw(r) {
            let immediate = r.u16(7) as u16;
            let log2 = immediate & 3;
            let Some(at) = place(r, 2, 1 << log2) else { return refuse::<2>(r, 1 << log2) };
            let old = modify(at, log2, Rmw::of(immediate), r.slot(1).read());
            <S as Dest<u64>>::put(r, 8, old);
            r.advance(9);
            Flow::Next
        }
        AtomicNotify(r) {
            let (memory, address) = or_trap!(aligned(r, 2, 4));
            if inside(memory, address, 4).is_none() {
                return Flow::Trap(TrapCode::MemoryOutOfBounds);
            }
            let woken = notify(r, memory, address);
            <S as Dest<u64>>::put(r, 7, woken.into());
            r.advance(8);
            Flow::Next
        }
    }

    single!(only Linked hot: AtomicLoad8: AtomicLoad, AtomicLoad16: AtomicLoad, AtomicLoad32: AtomicLoad,
        AtomicLoad64: AtomicLoad, AtomicStore8: AtomicStore, AtomicStore16: AtomicStore, AtomicStore32: AtomicStore,
        AtomicStore64: AtomicStore, AtomicCmpxchg8: AtomicBinary, AtomicCmpxchg16: AtomicBinary,
        AtomicCmpxchg32: AtomicBinary, AtomicCmpxchg64: AtomicBinary, AtomicWait32: AtomicBinary,
        AtomicWait64: AtomicBinary);
    single!(only Linked cold: AtomicFence: AtomicFence, Pause: AtomicFence, AtomicRmw: AtomicModify, AtomicNotify: AtomicUnary);
}
