//! Lists of buffers, and the progress of reading or writing them.

use alloc::vec::Vec;

use crate::abi::{IOVEC_SIZE, IOVECS_MAX};
use crate::call::{GuestMemory, PIECE};
use crate::errno::Errno;

/// A list of buffers in the guest's memory. All buffers lie in the memory: [`Iovecs::new`] checked each.
pub(crate) struct Iovecs {
    at: u32,
    pub count: u32,
    /// The buffers in a shared memory, where another thread could change the list. Each has at most [`PIECE`] bytes:
    /// longer ones are divided.
    copied: Option<Vec<(u32, u32)>>,
}

impl Iovecs {
    pub fn new(memory: &GuestMemory<'_>, at: u32, count: u32) -> Result<Iovecs, Errno> {
        if count > IOVECS_MAX {
            return Err(Errno::INVAL);
        }
        memory.check(at, count * IOVEC_SIZE)?;
        let mut iovecs = Iovecs { at, count, copied: None };
        let mut copied = Vec::new();
        let mut total = 0_u32;
        for i in 0..count {
            let (buffer, len) = iovecs.get(memory, i)?;
            memory.check(buffer, len)?;
            if !memory.is_shared() {
                continue;
            }
            // A call transfers no more than its result can count.
            let Some(sum) = total.checked_add(len) else { break };
            total = sum;
            copied.try_reserve(len.div_ceil(PIECE) as usize).map_err(|_| Errno::NOMEM)?;
            copied.extend((0..len).step_by(PIECE as usize).map(|from| (buffer + from, PIECE.min(len - from))));
        }
        if memory.is_shared() {
            iovecs.count = copied.len() as u32;
            iovecs.copied = Some(copied);
        }
        Ok(iovecs)
    }

    pub fn get(&self, memory: &GuestMemory<'_>, index: u32) -> Result<(u32, u32), Errno> {
        if let Some(copied) = &self.copied {
            return copied.get(index as usize).copied().ok_or(Errno::FAULT);
        }
        let at = self.at + index * IOVEC_SIZE;
        Ok((memory.u32(at)?, memory.u32(at + 4)?))
    }
}

/// Adds up the results of several reads or writes. An error counts only if no byte was transferred before it.
pub(crate) struct Progress(pub u32);

impl Progress {
    /// Adds the result of a transfer of `len` bytes. Returns whether to continue: not after an error, or after fewer
    /// bytes.
    pub fn add(&mut self, len: u32, done: Result<usize, Errno>) -> Result<bool, Errno> {
        match done {
            Ok(done) => {
                // An embedder's reader may claim more bytes than the buffer has.
                let done = done.min(len as usize) as u32;
                self.0 += done;
                Ok(done == len)
            }
            Err(errno) if self.0 == 0 => Err(errno),
            Err(_) => Ok(false),
        }
    }

    /// Returns whether the count can grow by `len` without overflow.
    pub fn has_room(&self, len: u32) -> bool {
        self.0.checked_add(len).is_some()
    }
}
