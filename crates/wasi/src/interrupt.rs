//! Interruptions of a store end its calls that wait.
//!
//! Such a call waits for what it needs, and for a bell that an interruption rings. Then it gives way: the call ends, or
//! it is made again with the same arguments. What it must remember until then is an [`Unfinished`].

pub(crate) mod bell;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno as Host;
use wasmote::{Caller, Error, InterruptHandle};

use crate::blocking::poll_plainly;
use crate::clock::{monotonic, timespec};
use crate::errno::Errno;
use bell::Bell;

/// What interrupts a store, or `None`.
pub(crate) type Handle = Option<InterruptHandle>;

/// Returns what interrupts the caller's store.
pub(crate) fn handle<T>(caller: &mut Caller<'_, T>) -> Handle {
    if caller.engine().is_interruptible() { caller.interrupt_handle().ok() } else { None }
}

/// Returns the error for [`Errno::INTERRUPTED`].
pub(crate) fn error() -> Error {
    Error::interrupted()
}

/// The state of a call that was interrupted and may be made again.
pub(crate) enum Unfinished {
    /// A wait that began at this time of the monotonic clock.
    Wait { begun: u64 },
    /// So many bytes are already in the guest's buffers.
    #[cfg(feature = "sockets")]
    Receive { received: u32 },
    /// A fifo that waits for somebody to write to it.
    Fifo { file: OwnedFd },
}

/// An [`Unfinished`] call, and how to know it again.
struct Suspended {
    args: [u64; 9],
    /// How many calls interruptions had ended. Once they have ended more, this call may have been one of them.
    stopped_calls: usize,
    call: Unfinished,
}

/// The maximum number of suspended calls. There is one for each activation of the store that an embedder keeps.
const MAX_SUSPENDED: usize = 64;

/// What a context knows of interruptions.
#[derive(Default)]
pub(crate) struct Interrupts {
    /// What interrupts the store of the current call.
    handle: Handle,
    /// Made when a call waits for the first time.
    bell: Option<Arc<Bell>>,
    suspended: Vec<Suspended>,
}

impl Interrupts {
    /// A function that may wait is called in a store with this handle.
    pub fn begin_call(&mut self, handle: Handle) {
        self.handle = handle;
    }

    /// Returns whether the store of the current call can be interrupted.
    pub fn is_active(&self) -> bool {
        self.handle.is_some()
    }

    pub fn is_interrupted(&self) -> bool {
        self.handle.as_ref().is_some_and(InterruptHandle::is_interrupted)
    }

    fn stopped_calls(&self) -> usize {
        self.handle.as_ref().map_or(0, InterruptHandle::stopped_calls)
    }

    /// If a call with these arguments was suspended and is made again, returns its state. `is_own` tells which states
    /// are those of the function.
    #[inline(never)]
    pub fn resume(&mut self, args: &[u64], is_own: fn(&Unfinished) -> bool) -> Option<Unfinished> {
        let stopped_calls = self.stopped_calls();
        let is_it = |it: &Suspended| it.stopped_calls == stopped_calls && it.args == *args && is_own(&it.call);
        let at = self.suspended.iter().position(is_it)?;
        Some(self.suspended.swap_remove(at).call)
    }

    /// Returns the error of a call. If it is an interruption, remembers the state of the call.
    #[cold]
    #[inline(never)]
    pub fn suspend(&mut self, error: Errno, args: &[u64], call: Unfinished) -> Errno {
        if error == Errno::INTERRUPTED {
            let stopped_calls = self.stopped_calls();
            self.suspended.retain(|suspended| suspended.stopped_calls == stopped_calls);
            if self.suspended.len() == MAX_SUSPENDED {
                self.suspended.remove(0);
            }
            if self.suspended.try_reserve(1).is_err() {
                return Errno::NOMEM;
            }
            let args = core::array::from_fn(|i| args.get(i).copied().unwrap_or(0));
            self.suspended.push(Suspended { args, stopped_calls, call });
        }
        error
    }

    /// Waits for descriptors, at most this many nanoseconds. Returns how many are ready. Errors: an interruption came
    /// before one of them was ready and before the time had passed.
    pub fn poll<'fd>(&'fd mut self, fds: &mut Vec<PollFd<'fd>>, timeout: Option<u64>) -> Result<usize, Errno> {
        let Some(handle) = &self.handle else { return poll_plainly(fds, timeout) };
        let bell = match &mut self.bell {
            Some(bell) => bell,
            none => none.insert(Arc::new(Bell::new()?)),
        };
        fds.try_reserve(1).map_err(|_| Errno::NOMEM)?;
        handle.set_waker(Some(Waker::from(bell.clone()))).map_err(|_| Errno::NOMEM)?;
        fds.push(PollFd::from_borrowed_fd(bell.fd(), PollFlags::IN));
        let ready = poll_with_bell(handle, bell, fds, timeout);
        fds.pop();
        // Removing the waker needs no memory.
        let _ = handle.set_waker(None);
        ready
    }
}

/// [`Interrupts::poll`] with the bell as the last descriptor. An interruption rings it, or came before and is seen here.
fn poll_with_bell(
    handle: &InterruptHandle,
    bell: &Bell,
    fds: &mut [PollFd<'_>],
    timeout: Option<u64>,
) -> Result<usize, Errno> {
    let start = monotonic();
    let mut passed = 0;
    loop {
        let interrupted = handle.is_interrupted();
        // What is ready comes before an interruption. Otherwise a store that is interrupted all the time and continues
        // each time would never get on.
        let left = if interrupted { Some(0) } else { timeout.map(|timeout| timeout.saturating_sub(passed)) };
        let ready = match poll(fds, left.map(timespec).as_ref()) {
            Err(Host::INTR) => None,
            answer => Some(answer?),
        };
        let rang = ready.is_some() && fds.last().is_some_and(|bell| !bell.revents().is_empty());
        if rang {
            bell.silence();
        }
        match ready.map(|ready| ready - usize::from(rang)) {
            Some(ready) if ready > 0 || !rang && !interrupted => return Ok(ready),
            _ => (),
        }
        passed = monotonic() - start;
        if timeout.is_some_and(|timeout| timeout <= passed) {
            return Ok(0);
        }
        if interrupted && ready.is_some() {
            return Err(Errno::INTERRUPTED);
        }
    }
}
