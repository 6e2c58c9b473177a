//! A call of a guest: its arguments, its memory, and the context. Every address and length from the guest is checked
//! here, and nowhere else.

use alloc::ffi::CString;
use alloc::vec::Vec;

use wasmote::Writes;

use crate::abi::Snapshot;
use crate::context::WasiCtx;
use crate::errno::Errno;

/// The maximum size of a path with its NUL, as on Linux.
pub(crate) const PATH_MAX: usize = 4096;

/// The memory of the guest.
pub(crate) struct GuestMemory<'a> {
    pub bytes: &'a mut [u8],
    /// Takes what is written, for recording.
    pub writes: Writes<'a>,
}

impl GuestMemory<'_> {
    /// Returns a range of the memory.
    pub fn slice(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        let at = at as usize;
        at.checked_add(len as usize).and_then(|end| self.bytes.get(at..end)).ok_or(Errno::FAULT)
    }

    /// Returns a range of the memory to write to. This is the only way to write to the memory, so that a recording
    /// gets all that is written.
    pub fn slice_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        self.writes.add(at.into(), len.into());
        let at = at as usize;
        at.checked_add(len as usize).and_then(|end| self.bytes.get_mut(at..end)).ok_or(Errno::FAULT)
    }

    /// Says that only the first `len` bytes of the last range to write to were written.
    pub fn wrote_only(&mut self, len: usize) {
        self.writes.shorten(len as u64);
    }

    /// Checks that a result can be written here. Called before anything that cannot be undone.
    pub fn check(&self, at: u32, len: u32) -> Result<(), Errno> {
        self.slice(at, len).map(drop)
    }

    pub fn u32(&self, at: u32) -> Result<u32, Errno> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.slice(at, 4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    pub fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.slice_mut(at, bytes.len() as u32)?.copy_from_slice(bytes);
        Ok(())
    }

    pub fn put_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    pub fn put_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// Reads a path. Errors: it is not UTF-8, has a NUL in it, or is longer than the host allows.
    pub fn path(&self, at: u32, len: u32) -> Result<CString, Errno> {
        let path = self.slice(at, len)?;
        if path.len() >= PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let path = core::str::from_utf8(path).map_err(|_| Errno::ILSEQ)?;
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
    /// Returns an argument of 32 bits: a descriptor, an address, a length or flags.
    pub fn u32(&self, index: usize) -> u32 {
        self.args[index] as u32
    }

    /// Returns an argument of 16 bits. Errors: it has more bits.
    pub fn u16(&self, index: usize) -> Result<u16, Errno> {
        u16::try_from(self.u32(index)).map_err(|_| Errno::INVAL)
    }
}
