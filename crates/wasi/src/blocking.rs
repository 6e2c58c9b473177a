//! Calls that may wait for others. Where a store can be interrupted, they never wait inside of the system call itself:
//! it is made so that it does not wait, and the wait is a `poll`, which interruptions end (`interrupt`).
//!
//! A call that gives way to an interruption has not transferred any byte. If it has, it returns how many, as after a
//! signal in POSIX; or it remembers the bytes and goes on when it is made again.

use alloc::vec::Vec;
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno as Host, IoSlice, Result as HostResult, retry_on_intr};

use crate::clock::{monotonic, timespec};
use crate::errno::Errno;
use crate::interrupt::Interrupts;
use crate::sandbox::Dir;
use crate::socket;

/// Waits for descriptors, at most this many nanoseconds. Signals do not end the wait. Returns how many are ready.
pub(crate) fn poll_plainly(fds: &mut [PollFd<'_>], timeout: Option<u64>) -> Result<usize, Errno> {
    let start = monotonic();
    let mut passed = 0;
    loop {
        let left = timeout.map(|timeout| timespec(timeout.saturating_sub(passed)));
        match poll(fds, left.as_ref()) {
            Err(Host::INTR) => passed = monotonic() - start,
            answer => return Ok(answer?),
        }
    }
}

/// Calls an embedder's reader or writer until no signal disturbs it.
pub(crate) fn retry<T>(interrupts: &Interrupts, mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) if interrupts.is_interrupted() => return Err(Errno::INTERRUPTED),
            Err(Errno::INTR) => (),
            done => return done,
        }
    }
}

/// Returns whether system calls on the descriptor wait.
fn waits(fd: BorrowedFd<'_>) -> bool {
    fcntl_getfl(fd).is_ok_and(|flags| !flags.contains(OFlags::NONBLOCK))
}

/// Waits until the descriptor is ready, or until the timeout has passed. Returns whether it is ready.
fn wait(
    interrupts: &mut Interrupts,
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    timeout: Option<u64>,
) -> Result<bool, Errno> {
    let mut fds = Vec::new();
    // One more for the bell of `Interrupts::poll`.
    fds.try_reserve_exact(2).map_err(|_| Errno::NOMEM)?;
    fds.push(PollFd::from_borrowed_fd(fd, flags));
    Ok(interrupts.poll(&mut fds, timeout)? > 0)
}

/// Whose turn it is to take what a descriptor is ready for. Of the threads that wait for one line of a terminal, or for one
/// connection, only one gets it. The others must not wait in the system's call, which no interruption reaches.
///
/// It is one for all descriptors of a guest, since several may be the same terminal.
#[derive(Default)]
pub(crate) struct Turn(AtomicBool);

/// It is this thread's turn until this is dropped.
pub(crate) struct Taking<'a>(&'a Turn);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

impl Turn {
    /// Whether a guest may have several threads.
    const SHARED: bool = cfg!(feature = "wasi-threads");

    /// Waits until the descriptor is ready, and it is this thread's turn.
    fn wait(&self, interrupts: &mut Interrupts, fd: BorrowedFd<'_>, flags: PollFlags) -> Result<Taking<'_>, Errno> {
        let mut pause = FIRST_PAUSE;
        loop {
            wait(interrupts, fd, flags, None)?;
            if self.0.swap(Turn::SHARED, Ordering::Acquire) {
                // Nothing tells when the other thread is done. That is soon, unless another process was faster than it.
                interrupts.poll(&mut Vec::new(), Some(pause))?;
                pause = longer(pause);
                continue;
            }
            let taking = Taking(self);
            // Before it was this thread's turn, another one may have taken what was there.
            if !Turn::SHARED || wait(interrupts, fd, flags, Some(0))? {
                return Ok(taking);
            }
        }
    }
}

/// Transfers bytes by `at_once`, which does not wait. If that cannot be had, waits first and then uses `plain`, which
/// waits only if another process was faster, or another thread that takes no turns.
fn transfer(
    interrupts: &mut Interrupts,
    turn: Option<&Turn>,
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    at_once: &mut dyn FnMut() -> HostResult<usize>,
    plain: &mut dyn FnMut(bool) -> HostResult<usize>,
) -> Result<usize, Errno> {
    loop {
        let done = match at_once() {
            Err(Host::AGAIN) if waits(fd) => {
                wait(interrupts, fd, flags, None)?;
                continue;
            }
            // Terminals and older kernels do not know the flag. A filter of system calls may answer `EPERM`.
            Err(Host::OPNOTSUPP | Host::NOSYS | Host::INVAL | Host::PERM) => {
                let waits = waits(fd);
                let _taking = match turn {
                    Some(turn) if waits => Some(turn.wait(interrupts, fd, flags)?),
                    None if waits => wait(interrupts, fd, flags, None).map(|_| None)?,
                    _ => None,
                };
                plain(waits)
            }
            done => done,
        };
        match done {
            Err(Host::INTR) => (),
            done => return Ok(done?),
        }
    }
}

/// Reads from a stream.
pub(crate) fn read(
    interrupts: &mut Interrupts,
    turn: &Turn,
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> Result<usize, Errno> {
    let buffer = core::cell::RefCell::new(buffer);
    let at_once = &mut || at_once::read(fd, &mut buffer.borrow_mut());
    transfer(interrupts, Some(turn), fd, PollFlags::IN, at_once, &mut |_| {
        rustix::io::read(fd, &mut **buffer.borrow_mut())
    })
}

/// A stream that is ready has room for this many bytes, as Linux promises for pipes.
const ROOM: usize = 4096;

/// Writes to a stream as much as there is room for. `first` is the first of the buffers that is not empty.
pub(crate) fn write(
    interrupts: &mut Interrupts,
    fd: BorrowedFd<'_>,
    is_socket: bool,
    slices: &[IoSlice<'_>],
    first: &[u8],
) -> Result<usize, Errno> {
    let mut at_once = || if is_socket { socket::write(fd, slices, true) } else { at_once::write(fd, slices) };
    let mut plain = |waits| match first.len() {
        _ if is_socket => socket::write(fd, slices, true),
        1.. if waits => rustix::io::write(fd, &first[..first.len().min(ROOM)]),
        _ => rustix::io::writev(fd, slices),
    };
    // Threads do not take turns: a write to a terminal may wait for long, and others must not wait for it.
    transfer(interrupts, None, fd, PollFlags::OUT, &mut at_once, &mut plain)
}

/// Waits until a connection can be accepted, and it is this thread's turn. Returns `None` if the call does not wait, or if
/// nothing can interrupt it.
#[cfg(feature = "sockets")]
pub(crate) fn wait_for_connection<'a>(
    interrupts: &mut Interrupts,
    turn: &'a Turn,
    listener: BorrowedFd<'_>,
) -> Result<Option<Taking<'a>>, Errno> {
    if interrupts.is_active() && waits(listener) {
        return turn.wait(interrupts, listener, PollFlags::IN).map(Some);
    }
    Ok(None)
}

/// Receives from a socket into a buffer.
#[cfg(feature = "sockets")]
pub(crate) struct Receive<'a> {
    pub socket: BorrowedFd<'a>,
    pub peek: bool,
    pub wait_all: bool,
    /// How many bytes are in the buffer.
    pub done: usize,
}

#[cfg(feature = "sockets")]
impl Receive<'_> {
    /// Shows that no more bytes follow, while there are some that were not received.
    #[cfg(target_os = "linux")]
    const END: PollFlags = PollFlags::RDHUP;
    #[cfg(not(target_os = "linux"))]
    const END: PollFlags = PollFlags::empty();

    /// Waits for the first byte, or until the buffer is full. `recv` receives without waiting if its second argument is
    /// set.
    pub fn run(
        &mut self,
        interrupts: &mut Interrupts,
        buffer: &mut [u8],
        recv: &mut dyn FnMut(&mut [u8], bool) -> HostResult<usize>,
    ) -> Result<usize, Errno> {
        let mut pause = FIRST_PAUSE;
        let mut ended = false;
        while self.done < buffer.len() {
            let from = if self.peek { 0 } else { self.done };
            match recv(&mut buffer[from..], true) {
                Ok(0) => break,
                Ok(more) => self.done = from + more,
                Err(Host::INTR) => continue,
                Err(Host::AGAIN) if waits(self.socket) => (),
                Err(_) if self.done > 0 => break,
                Err(error) => return Err(error.into()),
            }
            if self.done == buffer.len() || self.done > 0 && !self.wait_all || ended {
                break;
            }
            if self.peek && self.done > 0 {
                // The socket is ready all the time.
                ended = wait(interrupts, self.socket, Receive::END, Some(pause))?;
                pause = longer(pause);
            } else {
                wait(interrupts, self.socket, PollFlags::IN, None)?;
            }
        }
        Ok(self.done)
    }
}

/// The first pause in nanoseconds, where the system offers nothing to wait for.
const FIRST_PAUSE: u64 = 500_000;

/// Returns the pause after this one.
fn longer(pause: u64) -> u64 {
    (pause * 2).min(16_000_000)
}

/// Opens a file. Opening a fifo waits for its other end.
#[allow(unused_variables, reason = "only on Linux it can give way to interruptions")]
pub(crate) fn open(
    interrupts: &mut Interrupts,
    args: &[u64],
    dir: &Dir,
    path: &CStr,
    follow: bool,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    if interrupts.is_active() && !flags.intersects(OFlags::NONBLOCK | OFlags::DIRECTORY) {
        return fifo::open(interrupts, args, dir, path, follow, flags);
    }
    dir.open(path, follow, flags)
}

/// Opens files so that fifos do not wait, and then waits for the other end of a fifo.
#[cfg(target_os = "linux")]
mod fifo {
    use rustix::fd::AsFd;
    use rustix::fs::{FileType, fcntl_setfl, fstat};
    use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, tee};

    use super::*;
    use crate::abi::filetype;
    use crate::interrupt::Unfinished;

    pub fn open(
        interrupts: &mut Interrupts,
        args: &[u64],
        dir: &Dir,
        path: &CStr,
        follow: bool,
        flags: OFlags,
    ) -> Result<OwnedFd, Errno> {
        // A fifo that was being opened for reading stays open while the call is interrupted: who opened it for writing
        // in the meantime has found a reader.
        let file = match interrupts.resume(args, |it| matches!(it, Unfinished::Fifo { .. })) {
            Some(Unfinished::Fifo { file }) => file,
            _ => {
                let mut pause = FIRST_PAUSE;
                loop {
                    match dir.open(path, follow, flags | OFlags::NONBLOCK) {
                        Err(Errno::NXIO) if is_fifo(dir, path, follow) => {
                            // Nobody reads, and nothing tells when somebody will.
                            interrupts.poll(&mut Vec::new(), Some(pause))?;
                            pause = longer(pause);
                        }
                        // Another process must give up its lease of the file, which it does soon.
                        Err(Errno::AGAIN) => return dir.open(path, follow, flags),
                        opened => break opened?,
                    }
                }
            }
        };
        let is_fifo = FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::Fifo;
        if is_fifo
            && flags & OFlags::RWMODE == OFlags::RDONLY
            && let Err(error) = wait_for_writer(interrupts, &file)
        {
            return Err(interrupts.suspend(error, args, Unfinished::Fifo { file }));
        }
        // The system takes only `APPEND` and `NONBLOCK` from these.
        fcntl_setfl(&file, flags)?;
        Ok(file)
    }

    fn is_fifo(dir: &Dir, path: &CStr, follow: bool) -> bool {
        // WASI has no type for fifos; no other type of file without one can be opened.
        dir.stat(path, follow).is_ok_and(|stat| stat.filetype == filetype::UNKNOWN)
    }

    /// Waits until somebody has opened the fifo for writing.
    fn wait_for_writer(interrupts: &mut Interrupts, file: &OwnedFd) -> Result<(), Errno> {
        // Only copying from the fifo tells whether it is at its end or empty for the moment, and takes no byte.
        let (_open, copy) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let mut pause = FIRST_PAUSE;
        while retry_on_intr(|| tee(file, &copy, 1, SpliceFlags::NONBLOCK)) == Ok(0) {
            // A writer that has come and gone hangs up.
            if wait(interrupts, file.as_fd(), PollFlags::IN, Some(pause))? {
                break;
            }
            pause = longer(pause);
        }
        Ok(())
    }
}

/// Reads and writes that fail with `EAGAIN` where they would wait.
#[cfg(target_os = "linux")]
mod at_once {
    use rustix::io::{IoSliceMut, ReadWriteFlags, preadv2, pwritev2};

    use super::*;

    /// Stands for the position of the file.
    const HERE: u64 = u64::MAX;

    pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> HostResult<usize> {
        preadv2(fd, &mut [IoSliceMut::new(buffer)], HERE, ReadWriteFlags::NOWAIT)
    }

    pub fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> HostResult<usize> {
        pwritev2(fd, slices, HERE, ReadWriteFlags::NOWAIT)
    }
}

/// Other systems have no such calls.
#[cfg(not(target_os = "linux"))]
mod at_once {
    use super::*;

    pub fn read(_: BorrowedFd<'_>, _: &mut [u8]) -> HostResult<usize> {
        Err(Host::NOSYS)
    }

    pub fn write(_: BorrowedFd<'_>, _: &[IoSlice<'_>]) -> HostResult<usize> {
        Err(Host::NOSYS)
    }
}
