//! Accesses of memory 0 without a check: the pages behind the memory can't be accessed, and the fault of one that tries becomes a trap.
//!
//! An address and an offset have 32 bits each, so that nothing an access can name lies further than [`RESERVED`] bytes from the
//! base. Where all of that is the memory's own address space, and what lies behind its length is without access, the
//! machine does the comparison. The memory's owner reserves it, and has the operating system's signal handler ask [`fault`] about
//! each fault.
//!
//! A fault has to leave what a trap needs: each access is written in assembly, so that four registers have what [`Fault`] is made of,
//! whatever the compiler did with the rest of the handler. It is encoded as no compiler does, so that faults of other code are left
//! alone. [`run`] notes where it was called, and that is where a fault goes on, however many frames lie between.
//!
//! What depends on the processor is in a file for each.

/// Implements [`Guardable`] for rows, each with its class, which is `half` for values whose upper half is then zero, the kind of its register, and the
/// processor's instruction, which the file's `access!` puts together.
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
        // SAFETY: the caller's promise: what is not in the memory faults. A write of 32 bits clears the upper half.
        unsafe {
            access!($r, $at, [$asm], [value = lateout($register) value], readonly);
            core::hint::assert_unchecked(value <= u64::from(u32::MAX));
        }
        value as _
    }};
    (@whole $r:ident, $at:ident, $register:ident, $asm:literal) => {{
        let value;
        // SAFETY: the caller's promise: what is not in the memory faults.
        unsafe { access!($r, $at, [$asm], [value = lateout($register) value], readonly) };
        value
    }};
}

/// Implements [`GuardableStore`] for rows, each with the kind of its register, and the processor's instructions.
macro_rules! stores {
    ($( $name:ident: $register:ident [$($asm:literal),*]; )*) => { $(
        impl GuardableStore for $name {
            #[inline(always)]
            unsafe fn store_guarded<M: Mode>(r: &mut Regs<M>, at: u64, value: <$name as Store>::In) {
                // SAFETY: the caller's promise: what is not in the memory faults.
                unsafe { access!(r, at, [$($asm),*], [value = in($register) value],) };
            }
        }
    )* };
}

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod processor;
#[cfg(feature = "pairs")]
pub(crate) use processor::settle;

pub(crate) mod landing;

use core::ptr;

use wasmote_ir::TrapCode;

use crate::activation::Site;
use crate::dispatch::{Exit, Regs, TRAPPED};
use crate::handlers::memory::{Load, Reads, Store, Writes};
use landing::{Landing, copy};

use crate::linked::{self, Instance, Machine};
use crate::mode::Mode;

/// How many bytes from the base of a guarded memory belong to its address space: what two numbers of 32 bits can sum up to, and the largest
/// access.
pub const RESERVED: usize = (2 << 32) + (64 << 10);

/// By pages without access behind the memory.
pub struct Guarded;

/// A load that these can keep in bounds.
pub trait Guardable: Load {
    /// Reads what is so many bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and memory 0 is guarded.
    unsafe fn load_guarded<M: Mode>(r: &mut Regs<M>, at: u64) -> Self::Out;
}

/// A store that these can keep in bounds.
pub trait GuardableStore: Store {
    /// Writes to what is so many bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and memory 0 is guarded.
    unsafe fn store_guarded<M: Mode>(r: &mut Regs<M>, at: u64, value: Self::In);
}

impl<L: Guardable> Reads<L> for Guarded {
    #[inline(always)]
    unsafe fn read<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32) -> Option<L::Out> {
        // SAFETY: the linker was told that memory 0 is guarded.
        Some(unsafe { L::load_guarded(r, u64::from(address) + u64::from(offset)) })
    }
}

impl<T: GuardableStore> Writes<T> for Guarded {
    #[inline(always)]
    unsafe fn write<M: Mode>(r: &mut Regs<M>, address: u32, offset: u32, value: T::In) -> Option<()> {
        // SAFETY: the linker was told that memory 0 is guarded.
        unsafe { T::store_guarded(r, u64::from(address) + u64::from(offset), value) };
        Some(())
    }
}

/// Runs `body` with these registers, to come back when it does, or with [`TRAPPED`] after a fault.
///
/// # Safety
/// As `body` demands. It owns nothing that would have to be dropped when a fault ends it.
pub(crate) unsafe fn run(
    machine: *mut Machine,
    registers: &linked::Regs,
    body: unsafe extern "C" fn(*mut Machine, *const linked::Regs) -> Exit,
) -> Exit {
    // SAFETY: the machine outlives the run.
    unsafe {
        let landing = &raw mut (*machine).guard_landing;
        let before = landing.read();
        let exit = processor::call(landing, machine, registers, body);
        landing.write(before);
        exit
    }
}

/// What the operating system's signal handler finds in the registers of a thread that faulted.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The address that could not be accessed.
    pub address: usize,
    /// The machine's instruction.
    pub pc: usize,
    /// The first register for arguments; in a handler, the wasm instruction.
    pub ip: usize,
    /// The second: its frame.
    pub fp: usize,
    /// The third: the memory.
    pub mem: usize,
    /// The fifth on x86-64, else the fourth: the instance.
    pub cx: usize,
}

/// What it is to put there, for the thread to go on with a trap.
#[derive(Clone, Copy, Debug)]
pub struct Resume {
    /// The machine's instruction.
    pub pc: usize,
    /// The stack pointer.
    pub sp: usize,
    /// The register for results.
    pub result: usize,
    /// `rbx` and `rbp`; `x19` and `x29`.
    pub saved: [usize; 2],
}

/// Makes a trap of a fault, if it is an access of a guarded memory. Can be called in a signal handler.
///
/// # Safety
/// The registers are those of this thread where it faulted, and it is stopped there.
pub unsafe fn fault(found: &Fault) -> Option<Resume> {
    // Where a jump went astray, there are no instructions to look at, and where the address is not the memory's, it is not ours.
    if found.address.wrapping_sub(found.mem) >= RESERVED || found.pc == found.address {
        return None;
    }
    // SAFETY: the machine just read this instruction. What an access leaves in the registers is what they are named for, and the
    // machine belongs to a running function. A signal handler has nothing but numbers: assembly, which the accesses are, exposes
    // whatever it is given.
    unsafe {
        if !processor::is_access(ptr::with_exposed_provenance(found.pc)) {
            return None;
        }
        let instance = ptr::with_exposed_provenance_mut::<Instance>(found.cx);
        let machine = (*instance).machine;
        if (*machine).copy != copy() || (**(*instance).memories).base.addr() != found.mem {
            return None;
        }
        let Landing { stack, at, saved } = (*machine).guard_landing;
        if stack == 0 {
            return None;
        }
        let ip = ptr::with_exposed_provenance(found.ip);
        let fp = ptr::with_exposed_provenance_mut(found.fp);
        Site::note((*machine).running, TrapCode::MemoryOutOfBounds, ip, fp, instance);
        Some(Resume { pc: at, sp: stack, result: TRAPPED.addr(), saved })
    }
}
