//! `--timeout`, and Ctrl-C while the guest runs.

use core::time::Duration;

use wasmote::{Config, Error, InterruptHandle, Lock, Store, TrapCode};

use crate::options::Options;
use crate::run::{Interruption, State};

/// The handle that Ctrl-C uses.
static HANDLE: Lock<Option<InterruptHandle>> = Lock::new(None);
/// Whether the time limit has passed.
static TIME_IS_UP: Lock<bool> = Lock::new(false);

/// The exit status after a timeout, as of the command `timeout`.
const EXIT_TIMEOUT: i32 = 124;
/// The exit status after Ctrl-C, as shells report it.
const EXIT_INTERRUPTED: i32 = 130;

pub const INTERRUPTION: Interruption = Interruption { configure, begin, reason };

/// Loops look for interruptions only if there is a time limit or a profile, or if another thread may end the guest. After
/// Ctrl-C, the guest has a second to reach a call.
fn configure(config: &mut Config, options: &Options) {
    let in_loops = options.timeout.is_some() || options.profile.is_some() || options.threads;
    config.interruption(true).interruption_in_loops(in_loops);
}

/// Starts the clock, and watches for Ctrl-C from now on.
fn begin(store: &mut Store<State>, options: &Options) -> Result<(), Error> {
    let handle = store.interrupt_handle()?;
    *HANDLE.lock() = Some(handle.clone());
    wasmote_rt::on_interrupt(|| {
        // Nothing else takes the lock once this can be called.
        if let Some(handle) = &*HANDLE.lock() {
            handle.interrupt();
        }
    });
    if let Some(milliseconds) = options.timeout {
        let started = wasmote_rt::spawn(move || {
            wasmote_rt::sleep(Duration::from_millis(milliseconds));
            *TIME_IS_UP.lock() = true;
            handle.interrupt();
        });
        if !started {
            return Err(Error::new("`--timeout` needs a thread, and the system has none left"));
        }
    }
    Ok(())
}

/// Returns why a guest was interrupted, and the exit status.
fn reason(error: &Error) -> Option<(&'static str, i32)> {
    if error.as_trap_code()? != TrapCode::Interrupt {
        return None;
    }
    if wasmote_rt::interrupted() {
        return Some(("by Ctrl-C", EXIT_INTERRUPTED));
    }
    (*TIME_IS_UP.lock()).then_some(("because its `--timeout` is over", EXIT_TIMEOUT))
}
