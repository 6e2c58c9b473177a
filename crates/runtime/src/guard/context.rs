//! The registers of a thread that faulted, for each system and processor.

use core::ffi::{c_int, c_void};

use wasmote_exec::guard::{Fault, Resume};

/// The signals that report such faults. macOS tells inaccessible pages from addresses without pages, and its two
/// processors differ in how.
#[cfg(target_os = "linux")]
pub(super) const SIGNALS: [c_int; 1] = [libc::SIGSEGV];
#[cfg(target_os = "macos")]
pub(super) const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Returns whether a process sent the signal.
pub(super) fn sent(code: c_int) -> bool {
    /// The code of macOS for a sent signal.
    const SI_USER: c_int = 0x10001;
    code <= 0 || cfg!(target_os = "macos") && code == SI_USER
}

/// Returns whether the fault is a denied access. The handler ignores all other faults.
pub(super) fn denied(code: c_int) -> bool {
    /// The page exists, but may not be accessed. The crate `libc` lacks this constant.
    const SEGV_ACCERR: c_int = 2;
    if cfg!(target_os = "linux") { code == SEGV_ACCERR } else { !sent(code) }
}

/// Defines `found` and `resume` for one layout of registers in a context.
macro_rules! registers {
    ($context:ident: $of:expr; {
        pc: {$($pc:tt)*}, ip: {$($ip:tt)*}, fp: {$($fp:tt)*}, mem: {$($mem:tt)*}, cx: {$($cx:tt)*},
        sp: {$($sp:tt)*}, result: {$($result:tt)*}, saved: [{$($first:tt)*}, {$($second:tt)*}],
    }) => {
        /// Reads what wasmote needs to know of a fault.
        ///
        /// # Safety
        /// `context` is the argument of a signal handler.
        pub(super) unsafe fn found(context: *mut c_void, address: usize) -> Fault {
            let $context = context.cast::<libc::ucontext_t>();
            // SAFETY: the caller guarantees the system's context, which has this layout.
            let of = unsafe { &$of };
            Fault {
                address,
                pc: of$($pc)* as usize,
                ip: of$($ip)* as usize,
                fp: of$($fp)* as usize,
                mem: of$($mem)* as usize,
                cx: of$($cx)* as usize,
            }
        }

        /// Sets the registers with which the thread continues when the handler returns.
        ///
        /// # Safety
        /// As for [`found`]. `resume` was made from the fault that it returned.
        pub(super) unsafe fn resume(context: *mut c_void, resume: Resume) {
            let $context = context.cast::<libc::ucontext_t>();
            // SAFETY: the caller guarantees the system's context, which has this layout.
            let of = unsafe { &mut $of };
            of$($pc)* = resume.pc as _;
            of$($sp)* = resume.sp as _;
            of$($result)* = resume.result as _;
            of$($first)* = resume.saved[0] as _;
            of$($second)* = resume.saved[1] as _;
        }
    };
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
registers!(context: (*context).uc_mcontext.gregs; {
    pc: {[libc::REG_RIP as usize]},
    ip: {[libc::REG_RDI as usize]},
    fp: {[libc::REG_RSI as usize]},
    mem: {[libc::REG_RDX as usize]},
    cx: {[libc::REG_R8 as usize]},
    sp: {[libc::REG_RSP as usize]},
    result: {[libc::REG_RAX as usize]},
    saved: [{[libc::REG_RBX as usize]}, {[libc::REG_RBP as usize]}],
});

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
registers!(context: (*context).uc_mcontext; {
    pc: {.pc},
    ip: {.regs[0]},
    fp: {.regs[1]},
    mem: {.regs[2]},
    cx: {.regs[3]},
    sp: {.sp},
    result: {.regs[0]},
    saved: [{.regs[19]}, {.regs[29]}],
});

#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
registers!(context: (*(*context).uc_mcontext).__ss; {
    pc: {.__rip},
    ip: {.__rdi},
    fp: {.__rsi},
    mem: {.__rdx},
    cx: {.__r8},
    sp: {.__rsp},
    result: {.__rax},
    saved: [{.__rbx}, {.__rbp}],
});

#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
registers!(context: (*(*context).uc_mcontext).__ss; {
    pc: {.__pc},
    ip: {.__x[0]},
    fp: {.__x[1]},
    mem: {.__x[2]},
    cx: {.__x[3]},
    sp: {.__sp},
    result: {.__x[0]},
    saved: [{.__x[19]}, {.__fp}],
});
