//! One signal handler for the process. It passes faults that are not wasmote's to the handler before it.
//!
//! It is installed with the first guarded memory. If the host installs a handler of its own afterwards, the next guarded
//! memory installs this one again, above the host's. The host's may then pass faults on to this one, where it found it: such
//! a fault goes to the handler below.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::hint::spin_loop;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wasmote_exec::guard::fault;

use super::context::{self, SIGNALS};

/// How often the handler is installed above others.
const LEVELS: usize = 8;

/// The actions that stood before, for each signal.
type Actions = [MaybeUninit<libc::sigaction>; SIGNALS.len()];

/// The previous actions, the oldest first. As many are valid as [`COUNT`] says.
struct PreviousActions(UnsafeCell<[Actions; LEVELS]>);

// SAFETY: only the thread that holds `BUSY` writes, and only behind the actions that `COUNT` counts.
unsafe impl Sync for PreviousActions {}

static PREVIOUS: PreviousActions = PreviousActions(UnsafeCell::new([[MaybeUninit::uninit(); SIGNALS.len()]; LEVELS]));
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// Whether a thread is installing the handler.
static BUSY: AtomicBool = AtomicBool::new(false);

type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Makes sure that the handler is the first to see faults. Returns whether it is.
pub(super) fn install() -> bool {
    is_first() || {
        while BUSY.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            spin_loop();
        }
        let installed = is_first() || install_above();
        BUSY.store(false, Ordering::Release);
        installed
    }
}

/// Returns the current action of a signal.
fn action(signal: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: the system writes the action if it returns 0.
    unsafe { (libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) == 0).then(|| action.assume_init()) }
}

fn address() -> usize {
    let handler: Handler = on_fault;
    handler as usize
}

/// Returns whether the handler is installed, and no other is above it.
fn is_first() -> bool {
    // The first time of all, there is nothing to ask the system for.
    COUNT.load(Ordering::Relaxed) > 0
        && SIGNALS.into_iter().all(|signal| action(signal).is_some_and(|action| action.sa_sigaction == address()))
}

/// Installs the handler, and remembers the actions that it replaces. The caller holds [`BUSY`].
fn install_above() -> bool {
    let count = COUNT.load(Ordering::Relaxed);
    let mut before: Actions = [MaybeUninit::uninit(); SIGNALS.len()];
    // A host that installs the same handler again and again takes one level.
    let mut is_known = count > 0;
    for (number, (signal, before)) in SIGNALS.into_iter().zip(&mut before).enumerate() {
        let Some(action) = action(signal) else { return false };
        // SAFETY: the actions below `COUNT` are valid.
        let known = count.checked_sub(1).map(|last| unsafe { previous(last, number) });
        is_known &= action.sa_sigaction == address()
            || known
                .is_some_and(|known| known.sa_sigaction == action.sa_sigaction && known.sa_flags == action.sa_flags);
        // With several signals, one of them may still be ours: it keeps what stood below.
        before.write(match known {
            Some(known) if action.sa_sigaction == address() => *known,
            _ => action,
        });
    }
    if !is_known {
        if count == LEVELS {
            return false;
        }
        // SAFETY: nobody reads this level before `COUNT` says so, and the caller holds `BUSY`.
        unsafe { (*PREVIOUS.0.get())[count] = before };
        COUNT.store(count + 1, Ordering::Release);
    }
    // SAFETY: all bytes zero are a valid `sigaction`, and the handler has the signature that `SA_SIGINFO` demands.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = address();
        // Uses the thread's signal stack, if it has one: some other fault may mean that its own stack is full.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        SIGNALS.into_iter().all(|signal| libc::sigaction(signal, &action, ptr::null_mut()) == 0)
    }
}

/// Returns the action of a signal at a level.
///
/// # Safety
/// The level is below [`COUNT`].
unsafe fn previous(level: usize, number: usize) -> &'static libc::sigaction {
    // SAFETY: levels below `COUNT` were written before `COUNT` was raised, and are never written again.
    unsafe { (*PREVIOUS.0.get())[level][number].assume_init_ref() }
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
        pass_on(signal, info, context);
    }
}

/// A fault that is being passed on.
struct Passing {
    /// The address of the system's context, which is on the faulting thread's stack. 0 if the entry is free.
    context: AtomicUsize,
    /// The address of the frame that passes it on.
    frame: AtomicUsize,
    /// The level that it was passed to.
    level: AtomicUsize,
}

/// Faults of several threads.
static PASSING: [Passing; 16] =
    [const { Passing { context: AtomicUsize::new(0), frame: AtomicUsize::new(0), level: AtomicUsize::new(0) } }; 16];

/// The entry that makes room, if all are taken: handlers that leave by a jump do not free theirs.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Handles a signal as the previous action would: the one at the highest level, or if that passed it back, the one below.
///
/// # Safety
/// This runs in the signal handler, with its arguments.
#[cold]
unsafe fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let count = COUNT.load(Ordering::Acquire);
    let here = 0u8;
    let (frame, key) = (ptr::from_ref(&here).addr(), context.addr());
    // The stack grows down. A frame that is not below belongs to a handler that left by a jump, and the entry is stale.
    let mine = PASSING.iter().find(|it| it.context.load(Ordering::Relaxed) == key);
    let passed_back = mine.is_some_and(|it| frame < it.frame.load(Ordering::Relaxed));
    let claim = |it: &&Passing| it.context.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    let entry = mine.or_else(|| PASSING.iter().find(claim)).unwrap_or_else(|| {
        // Mostly a stale one. If it is not, that fault visits some handlers once more.
        let entry = &PASSING[NEXT.fetch_add(1, Ordering::Relaxed) % PASSING.len()];
        entry.context.store(key, Ordering::Relaxed);
        entry
    });
    let before = (entry.frame.load(Ordering::Relaxed), entry.level.load(Ordering::Relaxed));
    let level = if passed_back { before.1.checked_sub(1) } else { count.checked_sub(1) };
    entry.frame.store(frame, Ordering::Relaxed);
    entry.level.store(level.unwrap_or(0), Ordering::Relaxed);
    // SAFETY: the caller's guarantee.
    unsafe { act(level, signal, info, context) };
    if passed_back {
        entry.frame.store(before.0, Ordering::Relaxed);
        entry.level.store(before.1, Ordering::Relaxed);
    } else {
        let _ = entry.context.compare_exchange(key, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Handles a signal as the action at a level would. Without a level, as the system does by default.
///
/// # Safety
/// This runs in the signal handler, with its arguments. The level is below [`COUNT`].
unsafe fn act(level: Option<usize>, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // The handler is installed only for these signals.
    let number = SIGNALS.into_iter().position(|known| known == signal).unwrap_or(0);
    // SAFETY: the caller guarantees the level. A handler has the signature that its flags say.
    unsafe {
        let before = level.map(|level| previous(level, number));
        match before.map_or(libc::SIG_DFL, |before| before.sa_sigaction) {
            kind @ (libc::SIG_DFL | libc::SIG_IGN) => {
                // A signal that a process sent may be ignored. A fault may not: it would occur again at once.
                let sent = context::sent((*info).si_code);
                if kind == libc::SIG_IGN && sent {
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
                if before.is_some_and(|before| before.sa_flags & libc::SA_SIGINFO != 0) {
                    core::mem::transmute::<*const (), Handler>(handler)(signal, info, context);
                } else {
                    core::mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(signal);
                }
            }
        }
    }
}
