//! A call of a guest: its arguments, its memory, and the context. Every address and length from the guest is checked
//! here, and nowhere else.

use alloc::borrow::Cow;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ops::{DerefMut, Range};

use wasmote::{SharedMemory, Writes};

use crate::abi::Snapshot;
use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Descriptors};
use crate::errno::Errno;

/// The maximum size of a path with its NUL, as on Linux.
pub(crate) const PATH_MAX: usize = 4096;

/// The memory of the guest. All access goes through the methods: so a recording gets all that is written, and no bytes
/// are borrowed that other threads may change.
pub(crate) enum GuestMemory<'a> {
    /// Of this guest's thread alone.
    Own {
        bytes: &'a mut [u8],
        /// Takes what is written, for recording.
        writes: Writes<'a>,
    },
    /// Shared with other threads. Its bytes are copied.
    Shared(SharedMemory),
}

/// The most bytes of a shared memory that are copied for one buffer of a call.
pub(crate) const PIECE: u32 = 64 << 10;

fn range(at: u32, len: u32) -> Result<Range<usize>, Errno> {
    let end = (at as usize).checked_add(len as usize).ok_or(Errno::FAULT)?;
    Ok(at as usize..end)
}

/// Returns this many zeros.
fn zeros(len: u32) -> Result<Vec<u8>, Errno> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(len as usize).map_err(|_| Errno::NOMEM)?;
    copy.resize(len as usize, 0);
    Ok(copy)
}

impl GuestMemory<'_> {
    /// Returns whether other threads use the memory.
    pub fn is_shared(&self) -> bool {
        matches!(self, GuestMemory::Shared(_))
    }

    /// Returns a range of the memory. Of a shared one it is a copy, so the caller must have limited `len`.
    pub fn slice(&self, at: u32, len: u32) -> Result<Cow<'_, [u8]>, Errno> {
        self.check(at, len)?;
        match self {
            GuestMemory::Own { bytes, .. } => Ok(Cow::Borrowed(bytes.get(range(at, len)?).ok_or(Errno::FAULT)?)),
            GuestMemory::Shared(memory) => {
                let mut copy = zeros(len)?;
                memory.read(at.into(), &mut copy).map_err(|_| Errno::FAULT)?;
                Ok(Cow::Owned(copy))
            }
        }
    }

    /// Lets `fill` write to a range of the memory. It returns how many bytes it wrote, from the start on; `exact` says
    /// that it wrote no others. For a shared memory, `fill` gets a buffer of its own, so the caller must have limited
    /// `len`.
    pub fn fill(
        &mut self,
        at: u32,
        len: u32,
        exact: bool,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        self.check(at, len)?;
        match self {
            GuestMemory::Own { bytes, writes } => {
                writes.add(at.into(), len.into());
                let filled = fill(bytes.get_mut(range(at, len)?).ok_or(Errno::FAULT)?);
                if exact {
                    writes.shorten(*filled.as_ref().unwrap_or(&0) as u64);
                }
                filled
            }
            GuestMemory::Shared(memory) => {
                let mut copy = zeros(len)?;
                let filled = fill(&mut copy)?;
                // Other threads may use the rest of the range meanwhile.
                let written = copy.get(..filled).unwrap_or(&copy);
                memory.write(at.into(), written).map_err(|_| Errno::FAULT)?;
                Ok(filled)
            }
        }
    }

    /// Checks that a result can be written here. Called before anything that cannot be undone.
    pub fn check(&self, at: u32, len: u32) -> Result<(), Errno> {
        let size = match self {
            GuestMemory::Own { bytes, .. } => bytes.len(),
            GuestMemory::Shared(memory) => memory.data_size(),
        };
        if range(at, len)?.end <= size { Ok(()) } else { Err(Errno::FAULT) }
    }

    pub fn u32(&self, at: u32) -> Result<u32, Errno> {
        let mut buffer = [0; 4];
        match self {
            GuestMemory::Own { bytes, .. } => {
                buffer.copy_from_slice(bytes.get(range(at, 4)?).ok_or(Errno::FAULT)?);
            }
            GuestMemory::Shared(memory) => memory.read(at.into(), &mut buffer).map_err(|_| Errno::FAULT)?,
        }
        Ok(u32::from_le_bytes(buffer))
    }

    pub fn put(&mut self, at: u32, put: &[u8]) -> Result<(), Errno> {
        match self {
            GuestMemory::Own { bytes, writes } => {
                writes.add(at.into(), put.len() as u64);
                bytes.get_mut(range(at, put.len() as u32)?).ok_or(Errno::FAULT)?.copy_from_slice(put);
                Ok(())
            }
            GuestMemory::Shared(memory) => memory.write(at.into(), put).map_err(|_| Errno::FAULT),
        }
    }

    pub fn put_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    pub fn put_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// Reads a path. Errors: it is not UTF-8, has a NUL in it, or is longer than the host allows.
    pub fn path(&self, at: u32, len: u32) -> Result<CString, Errno> {
        self.check(at, len)?;
        if len as usize >= PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let path = self.slice(at, len)?;
        let path = core::str::from_utf8(&path).map_err(|_| Errno::ILSEQ)?;
        c_string(path.as_bytes())
    }
}

/// Copies a path for the host. Errors: it has a NUL in it, or there is no memory.
pub(crate) fn c_string(path: &[u8]) -> Result<CString, Errno> {
    let mut bytes = Vec::new();
    // Has room for the NUL, so that `CString::new` does not allocate.
    bytes.try_reserve_exact(path.len() + 1).map_err(|_| Errno::NOMEM)?;
    bytes.extend_from_slice(path);
    CString::new(bytes).map_err(|_| Errno::ILSEQ)
}

/// A call: what a function works on.
pub(crate) struct Call<'a> {
    pub cx: &'a mut WasiCtx,
    pub memory: GuestMemory<'a>,
    pub args: &'a [u64],
    pub snapshot: Snapshot,
}

impl Call<'_> {
    /// Returns the descriptors of the guest, which no other thread can use meanwhile.
    pub fn descriptors(&self) -> impl DerefMut<Target = Descriptors> + '_ {
        self.cx.process.descriptors.lock()
    }

    /// Returns the descriptor that argument 0 names, which must have all of these rights.
    pub fn descriptor(&self, needed: u64) -> Result<Descriptor, Errno> {
        self.descriptors().get(self.u32(0), needed).cloned()
    }

    /// Returns an argument of 32 bits: a descriptor, an address, a length or flags.
    pub fn u32(&self, index: usize) -> u32 {
        self.args[index] as u32
    }

    /// Returns an argument of 16 bits. Errors: it has more bits.
    pub fn u16(&self, index: usize) -> Result<u16, Errno> {
        u16::try_from(self.u32(index)).map_err(|_| Errno::INVAL)
    }
}
