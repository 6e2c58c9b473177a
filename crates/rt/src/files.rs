//! Files and streams.

use alloc::borrow::Cow;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::fmt;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::termios::isatty;

use crate::Error;

/// An output stream of the program, unbuffered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Returns one of the first three descriptors.
fn stream(number: i32) -> BorrowedFd<'static> {
    // SAFETY: `start` opened all three descriptors before the program began, and nothing in the program closes them.
    unsafe { BorrowedFd::borrow_raw(number) }
}

impl Stream {
    /// Writes all of the bytes.
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        write(self.descriptor(), bytes)
    }

    /// Returns whether it is a terminal.
    pub fn is_terminal(self) -> bool {
        isatty(self.descriptor())
    }

    fn descriptor(self) -> BorrowedFd<'static> {
        stream(if self == Stream::Output { 1 } else { 2 })
    }
}

impl fmt::Write for Stream {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Returns duplicates of standard input, output and error, which the caller may close. An entry is `None` if the
/// process can have no more files.
pub fn streams() -> [Option<OwnedFd>; 3] {
    // The duplicates are numbered from 3, so that none takes the place of a closed stream.
    [0, 1, 2].map(|number| rustix::io::fcntl_dupfd_cloexec(stream(number), 3).ok())
}

/// Reads standard input to its end.
pub fn read_stdin() -> Result<Vec<u8>, Error> {
    read(stream(0), 0)
}

/// Reads a file to its end.
pub fn read_file(path: &[u8]) -> Result<Vec<u8>, Error> {
    let (file, stat) = open_to_read(path)?;
    contents(&file, &stat)
}

/// Reads a file to its end, or maps it if it begins with `magic` and is large enough. Of a mapped file, the system
/// reads only the pages that are used.
///
/// The mapping stays until the program ends. Writes of other processes to the file may show in the bytes. If one
/// shortens the file, an access to the missing part ends the program.
pub fn map_file(path: &[u8], magic: &[u8; 4]) -> Result<Cow<'static, [u8]>, Error> {
    let (file, stat) = open_to_read(path)?;
    let size = usize::try_from(stat.st_size).unwrap_or(0);
    if size >= WORTH_MAPPING && FileType::from_raw_mode(stat.st_mode).is_file() && begins(&file, magic) {
        // SAFETY: this creates a new private mapping of `size` bytes. The kernel picks an unused address, so it
        // replaces no memory.
        let mapped = unsafe { mmap(core::ptr::null_mut(), size, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) };
        if let Ok(first) = mapped {
            // SAFETY: `mmap` returned `size` readable bytes, and nothing unmaps them. Another process may change the
            // file; any byte is a valid `u8`.
            return Ok(unsafe { core::slice::from_raw_parts(first.cast::<u8>().cast_const(), size) }.into());
        }
    }
    Ok(contents(&file, &stat)?.into())
}

/// How long to wait for the writer of a fifo.
const FIFO_TIMEOUT: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Opens a file for reading. A plain open of a fifo waits for its writer, forever if there is none. So the file is
/// opened without blocking, and a writer gets [`FIFO_TIMEOUT`] to come.
fn open_to_read(path: &[u8]) -> Result<(OwnedFd, Stat), Error> {
    let file = open(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let stat = rustix::fs::fstat(&file)?;
    if is_fifo(&stat) {
        wait(file.as_fd(), Some(&FIFO_TIMEOUT))?;
    }
    Ok((file, stat))
}

fn is_fifo(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Fifo
}

/// Reads an open file to its end. Errors: a fifo that nobody writes to is a broken pipe.
fn contents(file: &OwnedFd, stat: &Stat) -> Result<Vec<u8>, Error> {
    // Only the size of a regular file says where it ends.
    let is_file = FileType::from_raw_mode(stat.st_mode).is_file();
    let size = if is_file { usize::try_from(stat.st_size).unwrap_or(0) } else { 0 };
    let bytes = read(file.as_fd(), size)?;
    if bytes.is_empty() && is_fifo(stat) {
        return Err(Errno::PIPE.into());
    }
    Ok(bytes)
}

/// Waits until there is something to read, or the other end is closed.
fn wait(file: BorrowedFd<'_>, at_most: Option<&Timespec>) -> Result<(), Error> {
    retry_on_intr(|| poll(&mut [PollFd::from_borrowed_fd(file, PollFlags::IN)], at_most))?;
    Ok(())
}

/// Returns whether the file begins with these bytes.
fn begins(file: &OwnedFd, magic: &[u8; 4]) -> bool {
    let mut first = [0; 4];
    retry_on_intr(|| rustix::io::pread(file, &mut first, 0)).is_ok_and(|count| count == 4) && first == *magic
}

/// The smallest size of a file that is mapped, in bytes. Smaller files are read.
const WORTH_MAPPING: usize = 1 << 16;

/// Writes these bytes to a file. If that fails, removes the file, so that no part of it is left.
pub fn write_file(path: &[u8], bytes: &[u8]) -> Result<(), Error> {
    let file = open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)?;
    write(file.as_fd(), bytes).inspect_err(|_| {
        // A device or a pipe existed before and stays.
        let regular = rustix::fs::fstat(&file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
        if let (true, Ok(path)) = (regular, CString::new(path)) {
            let _ = rustix::fs::unlinkat(CWD, &path, AtFlags::empty());
        }
    })
}

/// A file that is written piece by piece, unbuffered. What was written stays, even if the program is killed.
#[derive(Debug)]
pub struct OutputFile(OwnedFd);

impl OutputFile {
    /// Makes the file, or empties the one that there is.
    pub fn create(path: &[u8]) -> Result<OutputFile, Error> {
        Ok(OutputFile(open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)?))
    }

    /// Writes all of the bytes to the end of the file.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        write(self.0.as_fd(), bytes)
    }
}

fn open(path: &[u8], flags: OFlags) -> Result<OwnedFd, Error> {
    let path = CString::new(path).map_err(|_| Errno::INVAL)?;
    Ok(retry_on_intr(|| rustix::fs::openat(CWD, &path, flags | OFlags::CLOEXEC, Mode::from_raw_mode(0o666)))?)
}

/// Reads a file to its end. `size` is how many bytes it has, or 0 if that is not known.
fn read(file: BorrowedFd<'_>, size: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    // One byte more, so that the read that finds the end needs no larger buffer if the file became shorter.
    let mut wanted = size.saturating_add(1);
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.try_reserve(wanted).map_err(|_| Errno::NOMEM)?;
            wanted = 4096;
            #[cfg(target_os = "linux")]
            in_huge_pages(bytes.spare_capacity_mut());
        }
        match retry_on_intr(|| rustix::io::read(file, spare_capacity(&mut bytes))) {
            Ok(0) => return Ok(bytes),
            Ok(_) if bytes.len() == size => return Ok(bytes),
            Ok(_) => {}
            // The writer of the fifo has not written yet.
            Err(Errno::AGAIN) => wait(file, None)?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Asks for pages of 2 MiB in this buffer. Page faults for pages of 4 KiB would take longer than the reading itself.
#[cfg(target_os = "linux")]
fn in_huge_pages(room: &mut [core::mem::MaybeUninit<u8>]) {
    const HUGE: usize = 1 << 21;
    let start = room.as_mut_ptr();
    let skipped = start.align_offset(HUGE);
    let length = room.len().saturating_sub(skipped) & !(HUGE - 1);
    if length > 0 {
        // SAFETY: the range lies in `room`, which is borrowed mutably. The advice does not change its contents, and a
        // refusal does no harm.
        let _ = unsafe {
            rustix::mm::madvise(start.wrapping_add(skipped).cast(), length, rustix::mm::Advice::LinuxHugepage)
        };
    }
}

fn write(file: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        match retry_on_intr(|| rustix::io::write(file, bytes))? {
            0 => return Err(Errno::IO.into()),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}
