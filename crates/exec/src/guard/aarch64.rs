//! Accesses and landing on aarch64. The registers that a fault leaves: `x0` has the instruction, `x1` the frame, `x2` the memory,
//! `x3` the instance, as a handler's parameters do.
//!
//! An access has `x2` as base and a register of 64 bits as index, "sign-extended" from 64 bits: the same as not extended, in an encoding that no
//! compiler chooses.

use core::arch::asm;

use super::{Guardable, GuardableStore, Landing};
use crate::dispatch::{Exit, Regs};
use crate::handlers::memory::{Load, Store, rows::*};
use crate::linked::{Machine, Regs as LinkedRegs};
use crate::mode::Mode;

/// The bits of an access that are the same in all: a load or store of one register with another as index, which is extended as `sxtx`
/// and not shifted, and `x2` as base.
const ACCESS: u32 = 0x3820_e840;
/// The bits that say so. The others are the width, the kind, the index, and the register loaded or stored.
const ACCESS_MASK: u32 = 0x3b20_ffe0;

/// An access, of which the compiler does not know that it leaves `ip` as it is, so that it does not move on early.
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

/// Has `ip` be in the register where an access wants it, without telling the compiler that it stays the same.
#[cfg(feature = "pairs")]
#[inline(always)]
pub(crate) fn settle(r: &mut LinkedRegs) {
    // As a number: of a pointer that comes out of assembly, the compiler keeps sums in registers of their own, two instructions more.
    let mut ip = r.ip.expose_provenance();
    // SAFETY: no instruction at all.
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

// What has several bytes is read first: of a store across the end of a page, the machine may write what it can before it faults, and a
// store that traps changes nothing.
stores! {
    Store8: reg ["strb {value:w}"];
    Store16: reg ["ldrh wzr", "strh {value:w}"];
    Store32: reg ["ldr wzr", "str {value:w}"];
    Store64: reg ["ldr xzr", "str {value:x}"];
    StoreF32: vreg ["ldr wzr", "str {value:s}"];
    StoreF64: vreg ["ldr xzr", "str {value:d}"];
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
    // given up but for `x19` and `x29`, which can't be, and `x18`, which is the system's: a call keeps them, and after a fault, which comes in the
    // midst of one, the first two are set to what was noted.
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
            inout("x2") landing => _,
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

/// Whether an instruction is one that [`access!`] wrote.
///
/// # Safety
/// There is an instruction.
pub(super) unsafe fn is_access(at: *const u8) -> bool {
    // SAFETY: instructions are words of four bytes; the machine's own order of bytes is little-endian for them in any case.
    let instruction = u32::from_le(unsafe { at.cast::<u32>().read() });
    instruction & ACCESS_MASK == ACCESS
}
