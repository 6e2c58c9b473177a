//! Accesses of memory 0 without a check: the pages behind the memory can't be accessed, and the fault of one that tries becomes a trap.
//!
//! An address and an offset have 32 bits each, so that nothing an access can name lies further than [`RESERVED`] bytes from the
//! base. Where all of that is the memory's own address space, and what lies behind its length is without access, the
//! machine does the comparison. The memory's owner reserves it, and has the operating system's signal handler ask [`fault`] about
//! each fault.
//!
//! A fault has to leave what a trap needs: each access is written in assembly, so that the registers of [`Fault`] have what they are named
//! for, whatever the compiler did with the rest of the handler. It begins with a prefix that means nothing, [`MARK`], and has
//! `rdx` as base, which together no compiler writes, so that faults of other code are left alone. [`run`] notes where it was called, and that is where a
//! fault goes on, however many frames lie between.

use core::arch::asm;

use wasmote_ir::TrapCode;

use crate::cells::Cell;
use crate::dispatch::{Exit, Regs, TRAPPED};
use crate::handlers::memory::{Load, Reads, Store, Writes};
use crate::state::{Instance, Machine, TrapSite};

/// How many bytes from the base of a guarded memory belong to its address space: what two numbers of 32 bits can sum up to, and the largest
/// access.
pub const RESERVED: usize = (2 << 32) + (64 << 10);

/// The segment override to `ds`, which has no effect in 64-bit mode.
const MARK: u8 = 0x3e;

/// By pages without access behind the memory.
pub struct Guarded;

/// A load that these can keep in bounds.
pub trait Guardable: Load {
    /// Reads what is so many bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and memory 0 is guarded.
    unsafe fn load_guarded(r: &mut Regs, at: u64) -> Self::Out;
}

/// A store that these can keep in bounds.
pub trait GuardableStore: Store {
    /// Writes to what is so many bytes from the memory's base.
    ///
    /// # Safety
    /// As [`Instr::run`](crate::dispatch::Instr::run), and memory 0 is guarded.
    unsafe fn store_guarded(r: &mut Regs, at: u64, value: Self::In);
}

impl<L: Guardable> Reads<L> for Guarded {
    #[inline(always)]
    unsafe fn read(r: &mut Regs, address: u32, offset: u32) -> Option<L::Out> {
        // SAFETY: the linker was told that memory 0 is guarded.
        Some(unsafe { L::load_guarded(r, u64::from(address) + u64::from(offset)) })
    }
}

impl<T: GuardableStore> Writes<T> for Guarded {
    #[inline(always)]
    unsafe fn write(r: &mut Regs, address: u32, offset: u32, value: T::In) -> Option<()> {
        // SAFETY: the linker was told that memory 0 is guarded.
        unsafe { T::store_guarded(r, u64::from(address) + u64::from(offset), value) };
        Some(())
    }
}

/// An access, of which the compiler does not know that it leaves `ip` as it is, so that it does not move on early: the mark, the instruction, and the registers of [`Fault`].
macro_rules! access {
    ($r:ident, $at:ident, $asm:expr, [$($operands:tt)*], $($option:ident),*) => {
        core::arch::asm!(
            concat!(".byte 0x3e; ", $asm),
            at = in(reg) $at,
            $($operands)*,
            inout("rdi") $r.ip,
            in("rsi") $r.fp,
            in("rdx") $r.mem,
            in("r8") $r.cx,
            options(nostack, preserves_flags $(, $option)*),
        )
    };
}
pub(crate) use access;

/// Implements [`Guardable`]: the class is `half` for values whose upper half is then zero.
macro_rules! load {
    ($name:ident, $class:ident, $asm:literal) => {
        impl $crate::guard::Guardable for $name {
            #[inline(always)]
            unsafe fn load_guarded(r: &mut $crate::dispatch::Regs, at: u64) -> <$name as $crate::handlers::memory::Load>::Out {
                $crate::guard::load!(@$class r, at, concat!($asm, " [rdx + {at}]"))
            }
        }
    };
    (@half $r:ident, $at:ident, $asm:expr) => {{
        let value: u64;
        // SAFETY: the caller's promise: what is not in the memory faults. A write of 32 bits clears the upper half.
        unsafe {
            $crate::guard::access!($r, $at, $asm, [value = lateout(reg) value], readonly);
            core::hint::assert_unchecked(value <= u64::from(u32::MAX));
        }
        value as _
    }};
    (@whole $r:ident, $at:ident, $asm:expr) => {{
        let value;
        // SAFETY: the caller's promise: what is not in the memory faults.
        unsafe { $crate::guard::access!($r, $at, $asm, [value = lateout(reg) value], readonly) };
        value
    }};
    (@float $r:ident, $at:ident, $asm:expr) => {{
        let value;
        // SAFETY: the caller's promise: what is not in the memory faults.
        unsafe { $crate::guard::access!($r, $at, $asm, [value = lateout(xmm_reg) value], readonly) };
        value
    }};
}
pub(crate) use load;

/// Implements [`GuardableStore`].
macro_rules! store {
    ($name:ident, $class:ident, $asm:literal) => {
        impl $crate::guard::GuardableStore for $name {
            #[inline(always)]
            unsafe fn store_guarded(
                r: &mut $crate::dispatch::Regs,
                at: u64,
                value: <$name as $crate::handlers::memory::Store>::In,
            ) {
                // SAFETY: the caller's promise: what is not in the memory faults.
                unsafe { $crate::guard::access!(r, at, $asm, [value = in($class) value],) };
            }
        }
    };
}
pub(crate) use store;

/// Where a run goes on after a fault, and with what; nothing runs while the stack pointer is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Landing {
    stack: usize,
    at: usize,
    rbx: usize,
    rbp: usize,
}

impl Landing {
    /// Nothing runs.
    pub(crate) const NONE: Landing = Landing { stack: 0, at: 0, rbx: 0, rbp: 0 };
}

/// Its address stands for this copy of the library: a process may have several, of other versions, whose machines look different.
static COPY: u8 = 0;

/// What every machine of this copy begins with.
pub(crate) fn copy() -> *const u8 {
    &raw const COPY
}

/// Runs `body` with these registers, to come back when it does, or with [`TRAPPED`] after a fault.
///
/// # Safety
/// As `body` demands. It owns nothing that would have to be dropped when a fault ends it.
pub(crate) unsafe fn run(
    machine: *mut Machine,
    registers: &Regs,
    body: unsafe extern "C" fn(*mut Machine, *const Regs) -> Exit,
) -> Exit {
    // SAFETY: the machine outlives the run. The stack is aligned for a call where the assembly begins, and left as it is, so that
    // unwinding finds its way. All registers are given up but for `rbx` and `rbp`, which can't be: a call keeps them, and after a fault, which
    // comes in the midst of one, they are set to what was noted.
    unsafe {
        let landing = &raw mut (*machine).guard_landing;
        let before = landing.read();
        let exit;
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rdx], rsp",
            "mov [rdx + 8], rax",
            "mov [rdx + 16], rbx",
            "mov [rdx + 24], rbp",
            "call rcx",
            "2:",
            inout("rdi") machine => _,
            inout("rsi") registers => _,
            inout("rdx") landing => _,
            inout("rcx") body => _,
            lateout("rax") exit,
            lateout("r12") _,
            lateout("r13") _,
            lateout("r14") _,
            lateout("r15") _,
            clobber_abi("C"),
        );
        landing.write(before);
        exit
    }
}

/// The registers of a thread that faulted, as the operating system's signal handler got them, and may change them.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The address that could not be accessed.
    pub address: usize,
    /// Of the instruction.
    pub rip: usize,
    /// In a handler, the wasm instruction.
    pub rdi: usize,
    /// Its frame.
    pub rsi: usize,
    /// The memory.
    pub rdx: usize,
    /// The instance.
    pub r8: usize,
    /// To be changed: the stack pointer.
    pub rsp: usize,
    /// To be changed: what is returned.
    pub rax: usize,
    /// To be changed.
    pub rbx: usize,
    /// To be changed.
    pub rbp: usize,
}

/// Makes a trap of a fault, if it is an access of a guarded memory: then the thread is to go on with `rip`, `rsp`, `rax`, `rbx` and `rbp`
/// as they are now. Else (`false`) all is as it was. Can be called in a signal handler.
///
/// # Safety
/// The registers are those of this thread where it faulted, and it is stopped there.
pub unsafe fn fault(registers: &mut Fault) -> bool {
    // Where a jump went astray, there are no instructions to look at, and where the address is not the memory's, it is not ours.
    if registers.address.wrapping_sub(registers.rdx) >= RESERVED || registers.rip == registers.address {
        return false;
    }
    // SAFETY: the machine just read this instruction.
    if !unsafe { is_access(registers.rip as *const u8) } {
        return false;
    }
    // SAFETY: what an access leaves in the registers is as `access` says, and the machine belongs to a running function.
    unsafe {
        let instance = registers.r8 as *mut Instance;
        let machine = (*instance).machine;
        if (*machine).copy != copy() || (**(*instance).memories).base as usize != registers.rdx {
            return false;
        }
        let Landing { stack, at, rbx, rbp } = (*machine).guard_landing;
        if stack == 0 {
            return false;
        }
        (*machine).trap = TrapSite {
            code: TrapCode::MemoryOutOfBounds,
            ip: registers.rdi as *const Cell,
            fp: registers.rsi as *mut u64,
            instance,
        };
        registers.rip = at;
        registers.rsp = stack;
        registers.rax = TRAPPED;
        (registers.rbx, registers.rbp) = (rbx, rbp);
    }
    true
}

/// Whether an instruction is one that [`access!`] wrote: the mark, and `[rdx + register]` as operand.
///
/// # Safety
/// There is an instruction.
unsafe fn is_access(mut at: *const u8) -> bool {
    // SAFETY: bytes are read as far as those before say that the instruction goes.
    let mut next = || unsafe {
        let byte = *at;
        at = at.add(1);
        byte
    };
    if next() != MARK {
        return false;
    }
    let mut byte = next();
    // The width of operands, or which vector instruction it is.
    if matches!(byte, 0x66 | 0xf2 | 0xf3) {
        byte = next();
    }
    // REX, without the bit that would make the base `r10`.
    if byte & 0xf1 == 0x40 {
        byte = next();
    }
    // A second byte of the opcode.
    if byte == 0x0f {
        next();
    }
    // ModRM and SIB: a sum of two registers, the first `rdx`.
    next() & 0xc7 == 0x04 && next() & 0xc7 == 0x02
}
