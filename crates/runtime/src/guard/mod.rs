//! Guard pages: the part of the operating system. One signal handler for the process turns faults into traps, if
//! they are accesses of guarded memories ([`wasmote_exec::guard`]). It passes all other faults to the handler that
//! was installed before. [`context`] has what depends on the system and the processor.

mod context;

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::hint::spin_loop;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};

use wasmote_exec::guard::{RESERVED, fault};

use crate::pages::Pages;
use crate::reserve::{Space, SpacePool};
use context::SIGNALS;

/// The previous action of each signal. Valid once [`STATE`] is [`INSTALLED`].
struct PreviousActions(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);

// SAFETY: it is written once, by the thread that set the state to `INSTALLING`, and read only after that.
unsafe impl Sync for PreviousActions {}

static PREVIOUS: PreviousActions = PreviousActions(UnsafeCell::new([MaybeUninit::uninit(); SIGNALS.len()]));
static STATE: AtomicU8 = AtomicU8::new(NEW);
const NEW: u8 = 0;
const INSTALLING: u8 = 1;
const INSTALLED: u8 = 2;
const REFUSED: u8 = 3;

/// The address space of about five hundred guarded memories. Machines with 39-bit or 42-bit addresses have less,
/// and so do processes with a limit.
const MUCH: usize = 1 << 42;

/// Makes `len` zero bytes for a guarded memory, in address space of the pool. `None` if there is not enough memory or
/// address space.
pub(crate) fn pages(len: u64, pool: Option<&SpacePool>) -> Option<Pages> {
    let len = usize::try_from(len).ok()?;
    let mut pages = Pages::in_space(RESERVED, len, pool)?;
    pages.set_len(len);
    Some(pages)
}

/// Returns whether guarded memories are possible. The first call tries: it needs enough address space, and it
/// installs the signal handler.
pub(crate) fn available() -> bool {
    match STATE.compare_exchange(NEW, INSTALLING, Ordering::Acquire, Ordering::Acquire) {
        Ok(_) => {
            // A process may have less address space than the machine. A machine may have too little for more than a
            // few memories.
            let there = Space::new(MUCH).is_some() && pages(0, None).is_some() && install();
            STATE.store(if there { INSTALLED } else { REFUSED }, Ordering::Release);
            there
        }
        Err(mut state) => {
            while state == INSTALLING {
                spin_loop();
                state = STATE.load(Ordering::Acquire);
            }
            state == INSTALLED
        }
    }
}

/// Installs the signal handler, and remembers the previous actions.
fn install() -> bool {
    // SAFETY: all bytes zero are a valid `sigaction`. Only the thread that set the state to `INSTALLING` writes
    // `PREVIOUS`, and it does so before the handler can run.
    unsafe {
        let before = &mut *PREVIOUS.0.get();
        for (signal, before) in SIGNALS.into_iter().zip(before) {
            if libc::sigaction(signal, ptr::null(), before.as_mut_ptr()) != 0 {
                return false;
            }
        }
        let mut action: libc::sigaction = core::mem::zeroed();
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_fault;
        action.sa_sigaction = handler as usize;
        // Uses the thread's signal stack, if it has one: some other fault may mean that its own stack is full.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        SIGNALS.into_iter().all(|signal| libc::sigaction(signal, &action, ptr::null_mut()) == 0)
    }
}

// The frames of the faulting code end without a return. AddressSanitizer would still consider their stack in use.
#[cfg(address_sanitizer)]
unsafe extern "C" {
    fn __asan_handle_no_return();
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system passes valid pointers to a handler with `SA_SIGINFO`.
    unsafe {
        if context::denied((*info).si_code)
            && let Some(resume) = fault(&context::found(context, (*info).si_addr().addr()))
        {
            #[cfg(address_sanitizer)]
            __asan_handle_no_return();
            context::resume(context, resume);
            return;
        }
        otherwise(signal, info, context);
    }
}

/// Handles a signal as the previous action would.
///
/// # Safety
/// This runs in the signal handler, with its arguments.
#[cold]
unsafe fn otherwise(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // The handler is installed only for these signals.
    let number = SIGNALS.into_iter().position(|known| known == signal).unwrap_or(0);
    // SAFETY: `install` wrote `PREVIOUS` before it installed this handler. The previous handler has the signature
    // that its flags say.
    unsafe {
        let before = (*PREVIOUS.0.get())[number].assume_init_ref();
        match before.sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                // A signal that a process sent may be ignored. A fault may not: it would occur again at once.
                let sent = context::sent((*info).si_code);
                if before.sa_sigaction == libc::SIG_IGN && sent {
                    return;
                }
                let mut action: libc::sigaction = core::mem::zeroed();
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &action, ptr::null_mut());
                // A fault occurs again by itself. A sent signal is raised again; it waits until this handler
                // returns.
                if sent {
                    libc::raise(signal);
                }
            }
            // The system keeps functions as numbers. Whoever passed this one to the system exposed its provenance.
            handler => {
                let handler = ptr::with_exposed_provenance::<()>(handler);
                if before.sa_flags & libc::SA_SIGINFO != 0 {
                    type WithInfo = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                    core::mem::transmute::<*const (), WithInfo>(handler)(signal, info, context);
                } else {
                    core::mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(signal);
                }
            }
        }
    }
}

const _: () = assert!(RESERVED.is_multiple_of(64 << 10));
