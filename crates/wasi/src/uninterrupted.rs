//! Stands in for the module `interrupt` in a build without that feature: calls wait as long as the host does.

use alloc::vec::Vec;

use rustix::event::PollFd;
use wasmote::{Caller, Error};

use crate::blocking::poll_plainly;
use crate::errno::Errno;

/// Nothing interrupts the store.
pub(crate) struct Handle;

/// Returns what interrupts the caller's store.
pub(crate) fn handle<T>(_: &mut Caller<'_, T>) -> Handle {
    Handle
}

/// Returns the error for [`Errno::INTERRUPTED`], which no call returns.
pub(crate) fn error() -> Error {
    Error::new("interrupted")
}

/// The state of a call that was interrupted: there is none.
#[allow(dead_code)] // Nothing makes them.
pub(crate) enum Unfinished {
    Wait { begun: u64 },
    Receive { received: u32 },
    Fifo { file: rustix::fd::OwnedFd },
}

/// What a context knows of interruptions: nothing.
#[derive(Default)]
pub(crate) struct Interrupts {}

impl Interrupts {
    pub fn begin_call(&mut self, _: Handle) {}

    pub fn is_active(&self) -> bool {
        false
    }

    pub fn is_interrupted(&self) -> bool {
        false
    }

    #[inline(always)]
    pub fn resume(&mut self, _: &[u64], _: fn(&Unfinished) -> bool) -> Option<Unfinished> {
        None
    }

    #[inline(always)]
    pub fn suspend(&mut self, error: Errno, _: &[u64], _: Unfinished) -> Errno {
        error
    }

    pub fn poll<'fd>(&'fd mut self, fds: &mut Vec<PollFd<'fd>>, timeout: Option<u64>) -> Result<usize, Errno> {
        poll_plainly(fds, timeout)
    }
}
