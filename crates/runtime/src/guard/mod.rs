//! Guarded memories: the operating system's part. One signal handler for the process makes traps of the faults that are accesses of
//! guarded memories ([`wasmote_exec::guard`]); what else there is goes to the handler that was there before. What depends on the system and
//! the processor is in [`context`].

mod context;

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::hint::spin_loop;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};

use wasmote_exec::guard::{RESERVED, fault};

use crate::pages::Pages;
use crate::reserve::Space;
use context::SIGNALS;

/// What was there before, for each signal, once [`STATE`] is [`INSTALLED`].
struct PreviousActions(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);

// SAFETY: it is written once, by the thread that made the state `INSTALLING`, and read only after.
unsafe impl Sync for PreviousActions {}

static PREVIOUS: PreviousActions = PreviousActions(UnsafeCell::new([MaybeUninit::uninit(); SIGNALS.len()]));
static STATE: AtomicU8 = AtomicU8::new(NEW);
const NEW: u8 = 0;
const INSTALLING: u8 = 1;
const INSTALLED: u8 = 2;
const REFUSED: u8 = 3;

/// Address space for about five hundred guarded memories. Machines with addresses of 39 or 42 bits have less, and so have processes whose
/// address space is limited.
const MUCH: usize = 1 << 42;

/// `len` bytes, zero, of a memory that [`wasmote_exec::guard`] watches; `None` if they can't be had.
pub(crate) fn pages(len: u64) -> Option<Pages> {
    let len = usize::try_from(len).ok()?;
    let mut pages = Pages::in_space(Space::new(RESERVED)?, len)?;
    pages.set_len(len);
    Some(pages)
}

/// Has faults be traps, if they can be here: there is address space for a guarded memory, and a signal can be handled.
pub(crate) fn available() -> bool {
    match STATE.compare_exchange(NEW, INSTALLING, Ordering::Acquire, Ordering::Acquire) {
        Ok(_) => {
            // A process may have less address space than the machine, and a machine not enough for more than a few memories.
            let there = Space::new(MUCH).is_some() && pages(0).is_some() && install();
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

/// Puts our handler before those that there are.
fn install() -> bool {
    // SAFETY: a structure of numbers, and one that may be null. Nobody else writes `PREVIOUS`; all of it is there before our handler is.
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
        // On the stack that a thread has for its signals, if it has one: a fault of another kind may be the end of its own.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        SIGNALS.into_iter().all(|signal| libc::sigaction(signal, &action, ptr::null_mut()) == 0)
    }
}

// Frames that the fault lies in end without a return; AddressSanitizer would go on to take what they had on the stack for theirs.
#[cfg(address_sanitizer)]
unsafe extern "C" {
    fn __asan_handle_no_return();
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: both are what the system gives to a handler of this kind.
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

/// Does what would be done without us.
///
/// # Safety
/// In a signal handler, with what it got.
#[cold]
unsafe fn otherwise(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // The handler is there for no others.
    let number = SIGNALS.into_iter().position(|known| known == signal).unwrap_or(0);
    // SAFETY: it was written before our handler was installed. A handler there is of the kind that its flags say.
    unsafe {
        let before = (*PREVIOUS.0.get())[number].assume_init_ref();
        match before.sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                // What a process sent may be ignored; a fault may not, it would come again at once.
                let sent = context::sent((*info).si_code);
                if before.sa_sigaction == libc::SIG_IGN && sent {
                    return;
                }
                let mut action: libc::sigaction = core::mem::zeroed();
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &action, ptr::null_mut());
                // A fault comes again by itself; the signal waits until this handler returns.
                if sent {
                    libc::raise(signal);
                }
            }
            // The system has functions as numbers: whoever gave it this one exposed it.
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
