//! Accesses and landing on x86-64. The registers that a fault leaves: `rdi` has the instruction, `rsi` the frame, `rdx` the memory,
//! `r8` the instance, as a handler's parameters do.
//!
//! An access begins with the segment override to `ds`, which has no effect in 64-bit mode, and has `rdx` as base: no compiler writes both.

use core::arch::asm;

use super::{Guardable, GuardableStore, Landing};
use crate::dispatch::{Exit, Regs};
use crate::handlers::memory::{Load, Store, rows::*};
use crate::linked::{Machine, Regs as LinkedRegs};
use crate::mode::Mode;

/// The segment override.
const MARK: u8 = 0x3e;

/// An access, of which the compiler does not know that it leaves `ip` as it is, so that it does not move on early.
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

/// Has `ip` be in the register where an access wants it, without telling the compiler that it stays the same.
#[cfg(feature = "pairs")]
#[inline(always)]
pub(crate) fn settle(r: &mut LinkedRegs) {
    // As a number: of a pointer that comes out of assembly, the compiler keeps sums in registers of their own, two instructions more.
    let mut ip = r.ip.expose_provenance();
    // SAFETY: no instruction at all.
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

/// Notes where it is in the landing, and calls the body; comes back when it returns, or from a fault with what [`Resume`](super::Resume) says.
///
/// # Safety
/// As [`run`](super::run); the landing outlives the call.
#[inline(always)]
pub(super) unsafe fn call(
    landing: *mut Landing,
    machine: *mut Machine,
    registers: &LinkedRegs,
    body: unsafe extern "C" fn(*mut Machine, *const LinkedRegs) -> Exit,
) -> Exit {
    let exit;
    // SAFETY: the stack is aligned for a call where the assembly begins, and left as it is, so that unwinding finds its way. All registers are
    // given up but for `rbx` and `rbp`, which can't be: a call keeps them, and after a fault, which comes in the midst of one, they are
    // set to what was noted.
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
            inout("rdx") landing => _,
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

/// Whether an instruction is one that [`access!`] wrote: the mark, and `[rdx + register]` as operand.
///
/// # Safety
/// There is an instruction.
pub(super) unsafe fn is_access(mut at: *const u8) -> bool {
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
