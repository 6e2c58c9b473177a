//! Guarded accesses and the return from a fault on aarch64.
//!
//! At an access, the registers hold what a handler's parameters do: `x0` the wasm instruction, `x1` the frame, `x2`
//! the memory, and `x3` the instance.
//!
//! An access has `x2` as base and a 64-bit index register that is "sign-extended" from 64 bits. That has no effect,
//! and no compiler chooses this encoding.

use core::arch::asm;

use super::{FaultResume, Guardable, GuardableStore};
use crate::dispatch::{Exit, Regs};
use crate::handlers::memory::{Load, Store, rows::*};
use crate::linked::{Machine, Regs as LinkedRegs};
use crate::mode::Mode;

/// The bits that all accesses share: a load or store of one register, with the base `x2` and a register index that is
/// extended by `sxtx` and not shifted.
const ACCESS: u32 = 0x3820_e840;
/// The mask for these bits. The others give the width, the kind, the index, and the register that is loaded or
/// stored.
const ACCESS_MASK: u32 = 0x3b20_ffe0;

/// Writes an access. The compiler does not know that `ip` stays the same, so it cannot advance `ip` early.
macro_rules! access {
    ($r:ident, $at:ident, [$($asm:literal),*], [$($operands:tt)*], $($option:ident),*) => {
        asm!(
            $( concat!($asm, ", [x2, {at}, sxtx]"), )*
            at = in(reg) $at,
            $($operands)*,
            inout("x0") $r.ip,
            in("x1") $r.fp,
            in("x2") $r.mem,
            in("x3") $r.cx,
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
    unsafe { asm!("", inout("x0") ip, options(nomem, nostack, preserves_flags)) };
    r.ip = core::ptr::with_exposed_provenance(ip);
}

loads! {
    Load32: half reg "ldr {value:w}";
    Load8S32: half reg "ldrsb {value:w}";
    Load8U: half reg "ldrb {value:w}";
    Load16S32: half reg "ldrsh {value:w}";
    Load16U: half reg "ldrh {value:w}";
    Load64: whole reg "ldr {value:x}";
    Load8S64: whole reg "ldrsb {value:x}";
    Load16S64: whole reg "ldrsh {value:x}";
    Load32S64: whole reg "ldrsw {value:x}";
    LoadF32: whole vreg "ldr {value:s}";
    LoadF64: whole vreg "ldr {value:d}";
}

// A store of several bytes reads first. If it crosses the end of a page, the processor may write one part before it
// faults. But a store that traps must change nothing.
stores! {
    Store8: reg ["strb {value:w}"];
    Store16: reg ["ldrh wzr", "strh {value:w}"];
    Store32: reg ["ldr wzr", "str {value:w}"];
    Store64: reg ["ldr xzr", "str {value:x}"];
    StoreF32: vreg ["ldr wzr", "str {value:s}"];
    StoreF64: vreg ["ldr xzr", "str {value:d}"];
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
    // and is left unchanged, so that unwinding works. All registers are clobbered except `x19` and `x29`, which
    // cannot be, and `x18`, which belongs to the system. A call preserves these three. After a fault, which
    // interrupts a call, the signal handler restores `x19` and `x29` from `fault_resume`.
    unsafe {
        asm!(
            "adr x8, 2f",
            "mov x9, sp",
            "stp x9, x8, [x2]",
            "stp x19, x29, [x2, #16]",
            "blr x3",
            "2:",
            inout("x0") machine => exit,
            inout("x1") registers => _,
            inout("x2") fault_resume => _,
            inout("x3") body => _,
            lateout("x20") _, lateout("x21") _, lateout("x22") _, lateout("x23") _, lateout("x24") _,
            lateout("x25") _, lateout("x26") _, lateout("x27") _, lateout("x28") _,
            lateout("v8") _, lateout("v9") _, lateout("v10") _, lateout("v11") _,
            lateout("v12") _, lateout("v13") _, lateout("v14") _, lateout("v15") _,
            clobber_abi("C"),
        );
    }
    exit
}

/// Returns whether the processor's instruction at this address was written by [`access!`].
///
/// # Safety
/// `at` points to a readable instruction.
pub(super) unsafe fn is_access(at: *const u8) -> bool {
    // SAFETY: the caller guarantees an instruction, which is an aligned word of four bytes. Instructions are
    // little-endian in any mode.
    let instruction = u32::from_le(unsafe { at.cast::<u32>().read() });
    instruction & ACCESS_MASK == ACCESS
}
