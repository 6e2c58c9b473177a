//! The registers of a thread that faulted, as each system and processor has them.

use core::ffi::{c_int, c_void};

use wasmote_exec::guard::{Fault, Resume};

/// What a fault is reported by. macOS tells pages without access from addresses without pages, differently on its two processors.
#[cfg(target_os = "linux")]
pub(super) const SIGNALS: [c_int; 1] = [libc::SIGSEGV];
#[cfg(target_os = "macos")]
pub(super) const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Whether a process sent it.
pub(super) fn sent(code: c_int) -> bool {
    /// As macOS says so.
    const SI_USER: c_int = 0x10001;
    code <= 0 || cfg!(target_os = "macos") && code == SI_USER
}

/// Whether it was for want of access: a handler need not look at anything else.
pub(super) fn denied(code: c_int) -> bool {
    /// That the page is there, but may not be accessed; the C library's crate does not have it.
    const SEGV_ACCERR: c_int = 2;
    if cfg!(target_os = "linux") { code == SEGV_ACCERR } else { !sent(code) }
}

/// Defines how a fault is read from a context, and how a thread is made to go on, by where in it the registers are.
macro_rules! registers {
    ($context:ident: $of:expr; {
        pc: {$($pc:tt)*}, ip: {$($ip:tt)*}, fp: {$($fp:tt)*}, mem: {$($mem:tt)*}, cx: {$($cx:tt)*},
        sp: {$($sp:tt)*}, result: {$($result:tt)*}, saved: [{$($first:tt)*}, {$($second:tt)*}],
    }) => {
        /// What wasmote wants to know of a fault at an address.
        ///
        /// # Safety
        /// The context is what a signal handler got.
        pub(super) unsafe fn found(context: *mut c_void, address: usize) -> Fault {
            let $context = context.cast::<libc::ucontext_t>();
            // SAFETY: this is what the system passes.
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

        /// Has the thread go on so, once the handler returns.
        ///
        /// # Safety
        /// As [`found`], and `resume` comes from the fault there.
        pub(super) unsafe fn resume(context: *mut c_void, resume: Resume) {
            let $context = context.cast::<libc::ucontext_t>();
            // SAFETY: this is what the system passes.
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
