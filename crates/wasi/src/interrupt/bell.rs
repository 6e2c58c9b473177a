//! A bell: a descriptor that becomes readable when somebody rings, even in a signal handler.

use alloc::sync::Arc;
use alloc::task::Wake;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Result;

/// A bell.
pub(crate) struct Bell(host::Pair);

impl Bell {
    pub fn new() -> Result<Bell> {
        host::Pair::new().map(Bell)
    }

    /// Returns the descriptor that is readable after a ring.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.reader().as_fd()
    }

    /// Makes a single system call. It fails only if the bell has been rung very often, and then it is still readable.
    pub fn ring(&self) {
        let _ = rustix::io::write(self.0.writer(), &1_u64.to_ne_bytes());
    }

    /// Forgets all rings.
    pub fn silence(&self) {
        let _ = rustix::io::read(self.0.reader(), &mut [0; 64]);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Bell>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Bell>) {
        self.ring();
    }
}

#[cfg(target_os = "linux")]
mod host {
    use rustix::event::{EventfdFlags, eventfd};
    use rustix::fd::OwnedFd;
    use rustix::io::Result;

    /// The two ends of a bell, which are one descriptor.
    pub struct Pair(OwnedFd);

    impl Pair {
        pub fn new() -> Result<Pair> {
            eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map(Pair)
        }

        pub fn reader(&self) -> &OwnedFd {
            &self.0
        }

        pub fn writer(&self) -> &OwnedFd {
            &self.0
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod host {
    use rustix::fd::OwnedFd;
    use rustix::fs::{OFlags, fcntl_setfl};
    use rustix::io::{FdFlags, Result, fcntl_setfd};

    /// The two ends of a bell, which are those of a pipe.
    pub struct Pair(OwnedFd, OwnedFd);

    impl Pair {
        pub fn new() -> Result<Pair> {
            let (reader, writer) = rustix::pipe::pipe()?;
            for end in [&reader, &writer] {
                fcntl_setfd(end, FdFlags::CLOEXEC)?;
                fcntl_setfl(end, OFlags::NONBLOCK)?;
            }
            Ok(Pair(reader, writer))
        }

        pub fn reader(&self) -> &OwnedFd {
            &self.0
        }

        pub fn writer(&self) -> &OwnedFd {
            &self.1
        }
    }
}
