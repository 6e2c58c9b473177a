//! Where the standard streams go.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rustix::fd::{AsFd, OwnedFd};
use wasmote::Lock;

use crate::abi::{filetype, rights};
use crate::descriptor::{Descriptor, Object, filetype_of, rights_of};
use crate::errno::Errno;
use crate::socket;

/// What an embedder gives a guest to read. With the feature `std`, every [`std::io::Read`] is one.
pub trait Reader: Send {
    /// Fills the front of the buffer; returns how many bytes that were, 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno>;
}

/// What takes what a guest writes. With the feature `std`, every [`std::io::Write`] is one.
pub trait Writer: Send {
    /// Takes bytes from the front of the buffer; returns how many.
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno>;

    /// Passes on all that was held back.
    fn flush(&mut self) -> Result<(), Errno>;
}

/// Nothing to read, and no end of room to write.
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
pub enum Input {
    /// Nowhere: it ends at once.
    #[default]
    Null,
    /// This process's own.
    #[cfg(feature = "std")]
    Inherit,
    /// An open file, pipe or terminal of the host. Without `std`, inherited streams come as this.
    File(OwnedFd),
    /// A reader, a [`Pipe`] for example.
    Reader(Box<dyn Reader>),
}

/// Where standard output or error goes.
#[derive(Default)]
pub enum Output {
    /// Nowhere: what is written is lost.
    #[default]
    Null,
    /// This process's own, unbuffered.
    #[cfg(feature = "std")]
    Inherit,
    /// An open file, pipe or terminal of the host, unbuffered. Without `std`, inherited streams come as this.
    File(OwnedFd),
    /// A writer, a [`Pipe`] for example. It is flushed at `fd_sync`, when the guest closes it or exits, and when the
    /// context is dropped; after a trap also by [`WasiCtx::flush`](crate::WasiCtx::flush).
    Writer(Box<dyn Writer>),
}

/// Bytes in memory: what is written at one end is read at the other. Clones are the same pipe.
#[derive(Clone)]
pub struct Pipe {
    bytes: Arc<Lock<VecDeque<u8>>>,
    limit: usize,
}

impl Pipe {
    /// An empty pipe. Writing more than `limit` bytes before they are read is refused as "no space".
    pub fn new(limit: usize) -> Pipe {
        Pipe { bytes: Arc::default(), limit }
    }

    /// A pipe that holds these bytes.
    pub fn with_bytes(bytes: impl Into<Vec<u8>>) -> Pipe {
        let bytes = bytes.into();
        let limit = bytes.len();
        Pipe { bytes: Arc::new(Lock::new(bytes.into())), limit }
    }

    /// Takes out all bytes.
    pub fn drain(&self) -> Vec<u8> {
        core::mem::take(&mut *self.bytes.lock()).into()
    }

    /// Moves bytes into the buffer; returns how many.
    pub(crate) fn pull(&self, buffer: &mut [u8]) -> usize {
        let mut bytes = self.bytes.lock();
        let len = buffer.len().min(bytes.len());
        for (to, from) in buffer.iter_mut().zip(bytes.drain(..len)) {
            *to = from;
        }
        len
    }

    /// How many of the bytes there was room for; `None` if there was none.
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

/// Without the standard library's traits, a pipe is a reader and a writer by itself.
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

/// A stream that is a file of the host, if that can be asked what it is.
fn file(file: OwnedFd, right: u64) -> Option<Descriptor> {
    let stat = rustix::fs::fstat(&file).ok()?;
    let filetype = match filetype_of(rustix::fs::FileType::from_raw_mode(stat.st_mode)) {
        filetype::SOCKET_DGRAM => socket::filetype(file.as_fd()),
        filetype => filetype,
    };
    // Flags such as NONBLOCK would change the stream for all processes that share it.
    let not = rights::FD_READ | rights::FD_WRITE | rights::FD_FDSTAT_SET_FLAGS;
    let base = rights_of(filetype, file.as_fd()) & !not | right;
    Some(Descriptor { object: Object::File(file), base, inheriting: 0, flags: 0, filetype, preopen: None })
}

fn stream(object: Object, right: u64) -> Descriptor {
    let base = rights::STREAM & !(rights::FD_READ | rights::FD_WRITE) | right;
    Descriptor { object, base, inheriting: 0, flags: 0, filetype: filetype::UNKNOWN, preopen: None }
}

impl Input {
    pub(crate) fn into_descriptor(self) -> Descriptor {
        let fd = match self {
            Input::Null => None,
            #[cfg(feature = "std")]
            Input::Inherit => crate::with_std::own_input(),
            Input::File(fd) => Some(fd),
            Input::Reader(reader) => return stream(Object::Reader(reader), rights::FD_READ),
        };
        fd.and_then(|fd| file(fd, rights::FD_READ))
            .unwrap_or_else(|| stream(Object::Reader(Box::new(Null)), rights::FD_READ))
    }
}

impl Output {
    /// `_number` says which of this process's own is inherited.
    pub(crate) fn into_descriptor(self, _number: u32) -> Descriptor {
        let fd = match self {
            Output::Null => None,
            #[cfg(feature = "std")]
            Output::Inherit => crate::with_std::own_output(_number),
            Output::File(fd) => Some(fd),
            Output::Writer(writer) => return stream(Object::Writer(writer), rights::FD_WRITE),
        };
        fd.and_then(|fd| file(fd, rights::FD_WRITE))
            .unwrap_or_else(|| stream(Object::Writer(Box::new(Null)), rights::FD_WRITE))
    }
}
