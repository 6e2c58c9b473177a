//! Where the standard streams go.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::abi::{filetype, rights};
use crate::descriptor::{Descriptor, Object, filetype_of, rights_of};

/// Where standard input comes from.
#[derive(Default)]
pub enum Input {
    /// Nowhere: it ends at once.
    #[default]
    Null,
    /// This process's own.
    Inherit,
    /// A reader, a [`Pipe`] for example.
    Reader(Box<dyn Read + Send>),
}

/// Where standard output or error goes.
#[derive(Default)]
pub enum Output {
    /// Nowhere: what is written is lost.
    #[default]
    Null,
    /// This process's own, unbuffered.
    Inherit,
    /// A writer, a [`Pipe`] for example. It is flushed at `fd_sync`, when the guest closes it or exits, and when the
    /// context is dropped.
    Writer(Box<dyn Write + Send>),
}

/// Bytes in memory: what is written at one end is read at the other. Clones are the same pipe.
#[derive(Clone, Debug)]
pub struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
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
        Pipe { bytes: Arc::new(Mutex::new(bytes)), limit }
    }

    /// Takes out all bytes.
    pub fn drain(&self) -> Vec<u8> {
        core::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.lock();
        let len = buffer.len().min(bytes.len());
        buffer[..len].copy_from_slice(&bytes[..len]);
        bytes.drain(..len);
        Ok(len)
    }
}

impl Write for Pipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut bytes = self.lock();
        let len = buffer.len().min(self.limit.saturating_sub(bytes.len()));
        if len == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.extend_from_slice(&buffer[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One of this process's own streams. It is duplicated, so that a guest closes only its own; where that fails, the
/// process has none.
fn inherit(fd: impl AsFd, right: u64) -> Option<Descriptor> {
    let file = File::from(fd.as_fd().try_clone_to_owned().ok()?);
    let stat = rustix::fs::fstat(&file).ok()?;
    let filetype = filetype_of(rustix::fs::FileType::from_raw_mode(stat.st_mode));
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
        let reader = match self {
            Input::Null => Box::new(io::empty()),
            Input::Inherit => match inherit(rustix::stdio::stdin(), rights::FD_READ) {
                Some(descriptor) => return descriptor,
                None => Box::new(io::empty()),
            },
            Input::Reader(reader) => reader,
        };
        stream(Object::Reader(reader), rights::FD_READ)
    }
}

impl Output {
    /// `own` is the stream of this process to inherit.
    pub(crate) fn into_descriptor(self, own: impl AsFd) -> Descriptor {
        let writer = match self {
            Output::Null => Box::new(io::sink()),
            Output::Inherit => match inherit(own, rights::FD_WRITE) {
                Some(descriptor) => return descriptor,
                None => Box::new(io::sink()),
            },
            Output::Writer(writer) => writer,
        };
        stream(Object::Writer(writer), rights::FD_WRITE)
    }
}
