//! Guarded accesses and the return from a fault on x86-64.
//!
//! At an access, the registers hold what a handler's parameters do: `rdi` the wasm instruction, `rsi` the frame,
//! `rdx` the memory, and `r8` the instance.
//!
//! An access begins with a `ds` segment override, which has no effect in 64-bit mode, and has `rdx` as base. No
//! compiler emits the two together.

use core::arch::asm;

use super::{FaultResume, Guardable, GuardableStore};
use crate::dispatch::{Exit, Regs};
use crate::handlers::memory::{Load, Store, rows::*};
use crate::linked::{Machine, Regs as LinkedRegs};
use crate::mode::Mode;

/// The `ds` segment override.
const MARK: u8 = 0x3e;

/// Writes an access. The compiler does not know that `ip` stays the same, so it cannot advance `ip` early.
macro_rules! access {
    ($r:ident, $at:ident, [$($asm:literal),*], [$($operands:tt)*], $($option:ident),*) => {
        asm!(
            $( concat!(".byte 0x3e; ", $asm), )*
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

/// Moves `ip` to the register that an access needs. The compiler does not know that the value stays the same.
#[cfg(feature = "superinstructions")]
#[inline(always)]
pub(crate) fn pin_ip(r: &mut LinkedRegs) {
    // It is passed as a number. The compiler would keep sums with a pointer from assembly in registers of their own,
    // which costs two instructions.
    let mut ip = r.ip.expose_provenance();
    // SAFETY: the assembly is empty and changes nothing.
    unsafe { asm!("", inout("rdi") ip, options(nomem, nostack, preserves_flags)) };
    r.ip = core::ptr::with_exposed_provenance(ip);
}

loads! {
    Load32: half reg "mov {value:e}, dword ptr [rdx + {at}]";
    Load8S32: half reg "movsx {value:e}, byte ptr [rdx + {at}]";
    Load8U: half reg "movzx {value:e}, byte ptr [rdx + {at}]";
    Load16S32: half reg "movsx {value:e}, word ptr [rdx + {at}]";
    Load16U: half reg "movzx {value:e}, word ptr [rdx + {at}]";
    Load64: whole reg "mov {value:r}, qword ptr [rdx + {at}]";
    Load8S64: whole reg "movsx {value:r}, byte ptr [rdx + {at}]";
    Load16S64: whole reg "movsx {value:r}, word ptr [rdx + {at}]";
    Load32S64: whole reg "movsxd {value:r}, dword ptr [rdx + {at}]";
    LoadF32: whole xmm_reg "movss {value}, dword ptr [rdx + {at}]";
    LoadF64: whole xmm_reg "movsd {value}, qword ptr [rdx + {at}]";
}

stores! {
    Store8: reg ["mov byte ptr [rdx + {at}], {value:l}"];
    Store16: reg ["mov word ptr [rdx + {at}], {value:x}"];
    Store32: reg ["mov dword ptr [rdx + {at}], {value:e}"];
    Store64: reg ["mov qword ptr [rdx + {at}], {value:r}"];
    StoreF32: xmm_reg ["movss dword ptr [rdx + {at}], {value}"];
    StoreF64: xmm_reg ["movsd qword ptr [rdx + {at}], {value}"];
}

/// Records the stack pointer and a resume address in `fault_resume`, then calls `body`. Returns when `body` returns, or
/// after a fault with what [`Resume`](super::Resume) says.
///
/// # Safety
/// As [`run`](super::run). `fault_resume` outlives the call.
#[inline(always)]
pub(super) unsafe fn call(
    fault_resume: *mut FaultResume,
    machine: *mut Machine,
    registers: *const LinkedRegs,
    body: unsafe extern "C" fn(*mut Machine, *const LinkedRegs) -> Exit,
) -> Exit {
    let exit;
    // SAFETY: `run` guarantees the contract of `body`. The stack is aligned for a call at the start of the assembly
    // and is left unchanged, so that unwinding works. All registers are clobbered except `rbx` and `rbp`, which
    // cannot be. A call preserves these two. After a fault, which interrupts a call, the signal handler restores them
    // from `fault_resume`.
    unsafe {
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
            inout("rdx") fault_resume => _,
            inout("rcx") body => _,
            lateout("rax") exit,
            lateout("r12") _,
            lateout("r13") _,
            lateout("r14") _,
            lateout("r15") _,
            clobber_abi("C"),
        );
    }
    exit
}

/// Returns whether the processor's instruction at this address was written by [`access!`]: it has the mark and the
/// operand `[rdx + register]`.
///
/// # Safety
/// `at` points to a readable instruction.
pub(super) unsafe fn is_access(mut at: *const u8) -> bool {
    // SAFETY: the caller guarantees a whole instruction. Each byte that is read belongs to it, as the bytes before it
    // say.
    let mut next = || unsafe {
        let byte = *at;
        at = at.add(1);
        byte
    };
    if next() != MARK {
        return false;
    }
    let mut byte = next();
    // An optional prefix for the operand width or the vector instruction.
    if matches!(byte, 0x66 | 0xf2 | 0xf3) {
        byte = next();
    }
    // An optional REX prefix without the bit that makes the base `r10`.
    if byte & 0xf1 == 0x40 {
        byte = next();
    }
    // The opcode may have a second byte.
    if byte == 0x0f {
        next();
    }
    // ModRM and SIB: the sum of two registers, with the base `rdx`.
    next() & 0xc7 == 0x04 && next() & 0xc7 == 0x02
}
