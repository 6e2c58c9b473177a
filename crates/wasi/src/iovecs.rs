//! Lists of buffers, and how much of them has been read or written.

use crate::abi::{IOVEC_SIZE, IOVECS_MAX};
use crate::call::GuestMemory;
use crate::errno::Errno;

/// A list of buffers in the guest's memory, each of which has been found to lie in it.
#[derive(Clone, Copy)]
pub(crate) struct Iovecs {
    at: u32,
    pub count: u32,
}

impl Iovecs {
    pub fn new(memory: &GuestMemory<'_>, at: u32, count: u32) -> Result<Iovecs, Errno> {
        if count > IOVECS_MAX {
            return Err(Errno::INVAL);
        }
        memory.check(at, count * IOVEC_SIZE)?;
        let iovecs = Iovecs { at, count };
        for i in 0..count {
            let (buffer, len) = iovecs.get(memory, i)?;
            memory.check(buffer, len)?;
        }
        Ok(iovecs)
    }

    pub fn get(self, memory: &GuestMemory<'_>, index: u32) -> Result<(u32, u32), Errno> {
        let at = self.at + index * IOVEC_SIZE;
        Ok((memory.u32(at)?, memory.u32(at + 4)?))
    }
}

/// Adds up what several reads or writes gave: an error counts only if nothing was done before it.
pub(crate) struct Progress(pub u32);

impl Progress {
    /// Whether to go on after `len` bytes were asked for: not when there were fewer, or an error.
    pub fn add(&mut self, len: u32, done: Result<usize, Errno>) -> Result<bool, Errno> {
        match done {
            Ok(done) => {
                // An embedder's reader may say that it was more.
                let done = done.min(len as usize) as u32;
                self.0 += done;
                Ok(done == len)
            }
            Err(errno) if self.0 == 0 => Err(errno),
            Err(_) => Ok(false),
        }
    }

    /// Whether so many more bytes can be counted.
    pub fn has_room(&self, len: u32) -> bool {
        self.0.checked_add(len).is_some()
    }
}
