//! Accesses of memory 0 without a bounds check. The pages behind the memory are inaccessible, and the fault of an
//! access to them becomes a trap.
//!
//! Address and offset have 32 bits each, so an access reaches at most [`RESERVED`] bytes from the base. If all of
//! that is the memory's own address space and everything behind its length is inaccessible, the processor does the
//! bounds check. The owner of the memory reserves the address space. It also has the operating system's signal
//! handler ask [`fault`] about each fault.
//!
//! A fault must leave what a trap needs. So each access is written in assembly, with four registers that hold the
//! data of [`Fault`], whatever the compiler did with the rest of the handler. The encoding is one that no compiler
//! emits, so faults of other code are left alone. `run` records in the activation where it was called, and a fault resumes
//! there, however many frames lie between.
//!
//! Each processor has a file of its own.

/// Implements [`Guardable`] for loads. Each row has a class, the kind of its register, and the processor's
/// instruction for `access!`. The class `half` is for values of 32 bits, whose upper half is zero.
macro_rules! loads {
    ($( $name:ident: $class:ident $register:ident $asm:literal; )*) => { $(
        impl Guardable for $name {
            #[inline(always)]
            unsafe fn load_guarded<M: Mode>(r: &mut Regs<M>, at: u64) -> <$name as Load>::Out {
                loads!(@$class r, at, $register, $asm)
            }
        }
    )* };
    (@half $r:ident, $at:ident, $register:ident, $asm:literal) => {{
        let value: u64;
        // SAFETY: the caller guarantees that memory 0 is guarded, so an access out of bounds faults and `fault` makes
        // a trap of it. The instruction writes 32 bits, which clears the upper half of the register.
        unsafe {
            access!($r, $at, [$asm], [value = lateout($register) value], readonly);
            core::hint::assert_unchecked(value <= u64::from(u32::MAX));
        }
        value as _
    }};
    (@whole $r:ident, $at:ident, $register:ident, $asm:literal) => {{
        let value;
        // SAFETY: the caller guarantees that memory 0 is guarded, so an access out of bounds faults and `fault` makes
        // a trap of it.
        unsafe { access!($r, $at, [$asm], [value = lateout($register) value], readonly) };
        value
    }};
}

/// Implements [`GuardableStore`] for stores. Each row has the kind of its register and the processor's instructions
/// for `access!`.
macro_rules! stores {
    ($( $name:ident: $register:ident [$($asm:literal),*]; )*) => { $(
        impl GuardableStore for $name {
            #[inline(always)]
            unsafe fn store_guarded<M: Mode>(r: &mut Regs<M>, at: u64, value: <$name as Store>::In) {
                // SAFETY: the caller guarantees that memory 0 is guarded, so an access out of bounds faults and
                // `fault` makes a trap of it.
                unsafe { access!(r, at, [$($asm),*], [value = in($register) value],) };
            }
        }
    )* };
}

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod processor;
#[cfg(feature = "superinstructions")]
pub(crate) use processor::pin_ip;

pub(crate) mod fault_resume;

use core::ptr;

use wasmote_ir::TrapCode;

use crate::activation::Site;
use crate::dispatch::{Exit, Regs, TRAPPED};
use crate::handlers::memory::{Load, LoadBounds, Store, StoreBounds};
use fault_resume::{FaultResume, copy};

use crate::linked::{self, Activation, Instance, Machine};
use crate::mode::Mode;

/// The size of a guarded memory's address space in bytes: the largest sum of two 32-bit numbers, plus the largest
/// access.
pub const RESERVED: usize = (2 << 32) + (64 << 10);

/// The way to access guarded memories: without a check.
pub struct Guarded;

/// A load that a guarded memory can do without a check.
pub trait Guardable: Load {
    /// Reads the value at `at` bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run). Memory 0 is guarded, and `at` is the sum of an address and an
    /// offset of 32 bits.
    unsafe fn load_guarded<M: Mode>(r: &mut Regs<M>, at: u64) -> Self::Out;
}

/// A store that a guarded memory can do without a check.
pub trait GuardableStore: Store {
    /// Writes the value at `at` bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Execute::run`](crate::dispatch::Execute::run). Memory 0 is guarded, and `at` is the sum of an address and an
    /// offset of 32 bits.
    unsafe fn store_guarded<M: Mode>(r: &mut Regs<M>, at: u64, value: Self::In);
}

impl<L: Guardable> LoadBounds<L> for Guarded {
    #[inline(always)]
    unsafe fn read<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32) -> Option<L::Out> {
        // SAFETY: the caller guarantees `Execute::run`'s contract. The linker uses this handler only if its caller said
        // that memory 0 is guarded.
        Some(unsafe { L::load_guarded(r, u64::from(address) + u64::from(offset)) })
    }
}

impl<T: GuardableStore> StoreBounds<T> for Guarded {
    #[inline(always)]
    unsafe fn write<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32, value: T::In) -> Option<()> {
        // SAFETY: the caller guarantees `Execute::run`'s contract. The linker uses this handler only if its caller said
        // that memory 0 is guarded.
        unsafe { T::store_guarded(r, u64::from(address) + u64::from(offset), value) };
        Some(())
    }
}

/// Runs `body` with the registers of this activation. Returns what `body` returns, or [`TRAPPED`] after a fault.
///
/// # Safety
/// The contract of `body`. `body` owns nothing that needs a drop, because a fault may end it anywhere. The activation is the
/// innermost one that runs on the machine, and stays in place.
#[inline(always)]
pub(crate) unsafe fn run(
    machine: *mut Machine,
    activation: *mut Activation,
    body: unsafe extern "C" fn(*mut Machine, *const linked::Regs) -> Exit,
) -> Exit {
    // SAFETY: the caller guarantees the contract of `body`, and with it a live machine and activation. The recorded resume
    // address is valid as long as the activation runs.
    unsafe {
        let registers = &raw const (*activation).site.regs;
        let fault_resume = (&raw mut (*activation).fault_resume).cast();
        processor::call(fault_resume, machine, registers, body)
    }
}

/// What the operating system's signal handler finds in the registers of a thread that faulted.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The address that could not be accessed.
    pub address: usize,
    /// The address of the processor's instruction.
    pub pc: usize,
    /// The first argument register. In a handler it has the wasm instruction.
    pub ip: usize,
    /// The second argument register: the frame.
    pub fp: usize,
    /// The third: the base of the memory.
    pub mem: usize,
    /// The fifth on x86-64, otherwise the fourth: the instance.
    pub cx: usize,
}

/// What the signal handler must put there, so that the thread continues with a trap.
#[derive(Clone, Copy, Debug)]
pub struct Resume {
    /// The address of the processor's instruction.
    pub pc: usize,
    /// The stack pointer.
    pub sp: usize,
    /// The register for results.
    pub result: usize,
    /// `rbx` and `rbp`, or `x19` and `x29`.
    pub saved: [usize; 2],
}

/// Returns how to turn this fault into a trap, or `None` if it is no access of a guarded memory. It can be called in
/// a signal handler.
///
/// # Safety
/// The registers are those of this thread at the fault, and the thread is stopped there.
pub unsafe fn fault(found: &Fault) -> Option<Resume> {
    // If a jump went astray, `pc` points to no instruction. If the address is outside of the memory, the fault is not
    // ours.
    if found.address.wrapping_sub(found.mem) >= RESERVED || found.pc == found.address {
        return None;
    }
    // SAFETY: the processor just read the instruction at `pc`, so it is readable.
    if !unsafe { processor::is_access(ptr::with_exposed_provenance(found.pc)) } {
        return None;
    }
    // A signal handler has only numbers. But each of these pointers was exposed when it was passed to the access's
    // assembly.
    let instance = ptr::with_exposed_provenance_mut::<Instance>(found.cx);
    let ip = ptr::with_exposed_provenance(found.ip);
    let fp = ptr::with_exposed_provenance_mut(found.fp);
    // SAFETY: at an access, the registers hold what they are named for. They belong to a running function, whose
    // machine and memory are live. If the access is another copy's, `copy` is still the machine's first field, and
    // nothing else is read.
    unsafe {
        let machine = (*instance).machine;
        if (*machine).copy != copy() || (**(*instance).memories).base.addr() != found.mem {
            return None;
        }
        let running = (*machine).running;
        if running.is_null() || (*running).host.is_some() {
            return None;
        }
        // `processor::call` recorded this before the activation's code began.
        let FaultResume { stack, at, saved } = (*running).fault_resume.assume_init();
        Site::note(running, TrapCode::MemoryOutOfBounds, ip, fp, instance);
        Some(Resume { pc: at, sp: stack, result: TRAPPED.addr(), saved })
    }
}
