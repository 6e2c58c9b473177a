//! The sources and sinks of the standard streams.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rustix::fd::{AsFd, OwnedFd};
use wasmote::Lock;

use crate::abi::{filetype, rights};
#[cfg(feature = "custom-files")]
use crate::custom_file::{self, FileAccessMode, WasiFile};
use crate::descriptor::{Descriptor, Object, filetype_of, rights_of};
use crate::errno::Errno;
use crate::socket;

/// A source of bytes that an embedder gives to a guest. With the feature `std`, every [`std::io::Read`] is one.
pub trait Reader: Send {
    /// Reads into the front of the buffer. Returns how many bytes were read; 0 is the end. After [`Errno::INTR`] it is
    /// called again, unless the store was interrupted.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno>;
}

/// A sink for the bytes that a guest writes. With the feature `std`, every [`std::io::Write`] is one.
pub trait Writer: Send {
    /// Writes bytes from the front of the buffer. Returns how many. After [`Errno::INTR`] it is called again, unless the
    /// store was interrupted.
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno>;

    /// Writes out all buffered bytes.
    fn flush(&mut self) -> Result<(), Errno>;
}

/// Has nothing to read, and discards what is written.
struct Null;

impl Reader for Null {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }
}

impl Writer for Null {
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> Result<(), Errno> {
        Ok(())
    }
}

/// Where standard input comes from.
#[derive(Default)]
#[non_exhaustive]
pub enum Input {
    /// No source: the input is empty.
    #[default]
    Null,
    /// The standard input of this process.
    #[cfg(feature = "std")]
    Inherit,
    /// An open file, pipe or terminal of the host. Without `std`, pass inherited streams this way.
    File(OwnedFd),
    /// A reader, for example a [`Pipe`].
    Reader(Box<dyn Reader>),
    /// A file of the embedder's.
    #[cfg(feature = "custom-files")]
    WasiFile(Box<dyn WasiFile>),
}

/// Where standard output or error goes.
#[derive(Default)]
#[non_exhaustive]
pub enum Output {
    /// No sink: what is written is discarded.
    #[default]
    Null,
    /// The standard output or error of this process, unbuffered.
    #[cfg(feature = "std")]
    Inherit,
    /// An open file, pipe or terminal of the host, unbuffered. Without `std`, pass inherited streams this way.
    File(OwnedFd),
    /// A writer, for example a [`Pipe`]. It is flushed at `fd_sync`, when the guest closes it or exits, and when the
    /// context is dropped. After a trap, [`WasiCtx::flush`](crate::WasiCtx::flush) flushes it.
    Writer(Box<dyn Writer>),
    /// A file of the embedder's.
    #[cfg(feature = "custom-files")]
    WasiFile(Box<dyn WasiFile>),
}

/// A pipe in memory: bytes written at one end are read at the other. Clones are the same pipe.
#[derive(Clone)]
pub struct Pipe {
    bytes: Arc<Lock<VecDeque<u8>>>,
    limit: usize,
}

impl Pipe {
    /// Returns an empty pipe. It holds at most `limit` unread bytes; more writes are refused with [`Errno::NOSPC`].
    pub fn new(limit: usize) -> Pipe {
        Pipe { bytes: Arc::default(), limit }
    }

    /// Returns a pipe that holds these bytes.
    pub fn with_bytes(bytes: impl Into<Vec<u8>>) -> Pipe {
        let bytes = bytes.into();
        let limit = bytes.len();
        Pipe { bytes: Arc::new(Lock::new(bytes.into())), limit }
    }

    /// Removes and returns all bytes.
    pub fn drain(&self) -> Vec<u8> {
        core::mem::take(&mut *self.bytes.lock()).into()
    }

    /// Returns how many bytes were not read yet.
    pub(crate) fn len(&self) -> usize {
        self.bytes.lock().len()
    }

    /// Returns a copy of the bytes that were not read yet.
    pub(crate) fn contents(&self) -> Vec<u8> {
        self.bytes.lock().iter().copied().collect()
    }

    /// Moves bytes into the buffer. Returns how many.
    pub(crate) fn pull(&self, buffer: &mut [u8]) -> usize {
        let mut bytes = self.bytes.lock();
        let len = buffer.len().min(bytes.len());
        for (to, from) in buffer.iter_mut().zip(bytes.drain(..len)) {
            *to = from;
        }
        len
    }

    /// Adds as many of the bytes as fit. Returns how many, or `None` if there was no room.
    pub(crate) fn push(&self, buffer: &[u8]) -> Option<usize> {
        let mut bytes = self.bytes.lock();
        let len = buffer.len().min(self.limit.saturating_sub(bytes.len()));
        bytes.extend(&buffer[..len]);
        (len > 0 || buffer.is_empty()).then_some(len)
    }
}

impl core::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pipe").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Without the standard library, a pipe implements [`Reader`] and [`Writer`] directly.
#[cfg(not(feature = "std"))]
mod pipe {
    use super::{Pipe, Reader, Writer};
    use crate::errno::Errno;

    impl Reader for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
            Ok(self.pull(buffer))
        }
    }

    impl Writer for Pipe {
        fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
            self.push(buffer).ok_or(Errno::NOSPC)
        }

        fn flush(&mut self) -> Result<(), Errno> {
            Ok(())
        }
    }
}

/// Returns the descriptor of a stream that is a file of the host. Returns `None` if the host refuses `fstat`.
fn file(file: OwnedFd, right: u64) -> Option<Descriptor> {
    let stat = rustix::fs::fstat(&file).ok()?;
    let filetype = match filetype_of(rustix::fs::FileType::from_raw_mode(stat.st_mode)) {
        filetype::SOCKET_DGRAM => socket::filetype(file.as_fd()),
        filetype => filetype,
    };
    // The guest may not set flags such as `NONBLOCK`, which would change the stream for all processes that share it.
    let not = rights::FD_READ | rights::FD_WRITE | rights::FD_FDSTAT_SET_FLAGS;
    let base = rights_of(filetype, file.as_fd()) & !not | right;
    Some(Descriptor { object: Object::File(Arc::new(file)), base, inheriting: 0, flags: 0, filetype, preopen: None })
}

fn stream(object: Object, right: u64) -> Descriptor {
    let base = rights::STREAM & !(rights::FD_READ | rights::FD_WRITE) | right;
    Descriptor { object, base, inheriting: 0, flags: 0, filetype: filetype::UNKNOWN, preopen: None }
}

fn reader_stream(reader: Box<dyn Reader>) -> Descriptor {
    stream(Object::Reader(Arc::new(Lock::new(reader))), rights::FD_READ)
}

fn writer_stream(writer: Box<dyn Writer>) -> Descriptor {
    stream(Object::Writer(Arc::new(Lock::new(writer))), rights::FD_WRITE)
}

impl Input {
    pub(crate) fn into_descriptor(self) -> Descriptor {
        let fd = match self {
            Input::Null => None,
            #[cfg(feature = "std")]
            Input::Inherit => crate::with_std::own_input(),
            Input::File(fd) => Some(fd),
            Input::Reader(reader) => return reader_stream(reader),
            #[cfg(feature = "custom-files")]
            Input::WasiFile(file) => return custom_file::descriptor(file, FileAccessMode::READ),
        };
        fd.and_then(|fd| file(fd, rights::FD_READ)).unwrap_or_else(|| reader_stream(Box::new(Null)))
    }
}

impl Output {
    /// `_number` is 1 for standard output and 2 for standard error, if the stream is inherited.
    pub(crate) fn into_descriptor(self, _number: u32) -> Descriptor {
        let fd = match self {
            Output::Null => None,
            #[cfg(feature = "std")]
            Output::Inherit => crate::with_std::own_output(_number),
            Output::File(fd) => Some(fd),
            Output::Writer(writer) => return writer_stream(writer),
            #[cfg(feature = "custom-files")]
            Output::WasiFile(file) => return custom_file::descriptor(file, FileAccessMode::WRITE),
        };
        fd.and_then(|fd| file(fd, rights::FD_WRITE)).unwrap_or_else(|| writer_stream(Box::new(Null)))
    }
}
