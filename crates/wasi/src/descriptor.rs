//! Descriptors: what a guest's numbers refer to, and what the guest may do with each.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::FileType;
use wasmote::Lock;

use crate::abi::{filetype, rights};
use crate::call::Call;
use crate::custom_file::CustomFile;
use crate::errno::Errno;
use crate::sandbox::Dir;
use crate::stdio::{Reader, Writer};

/// What a descriptor refers to. It stays open while a call uses it, even if another thread closes it.
#[derive(Clone)]
pub(crate) enum Object {
    /// A file, device, pipe or socket of the host, also an inherited standard stream.
    File(Arc<OwnedFd>),
    /// A directory. Paths are resolved beneath it.
    Dir(Arc<Dir>),
    /// A source of bytes of the embedder.
    Reader(Arc<Lock<Box<dyn Reader>>>),
    /// A sink of the embedder.
    Writer(Arc<Lock<Box<dyn Writer>>>),
    /// A file of the embedder.
    #[cfg_attr(not(feature = "custom-files"), allow(dead_code, reason = "there are none"))]
    Custom(CustomFile),
}

/// An open descriptor.
#[derive(Clone)]
pub(crate) struct Descriptor {
    pub object: Object,
    /// The rights of this descriptor.
    pub base: u64,
    /// The rights that a descriptor opened through this one may have at most.
    pub inheriting: u64,
    /// Its `fdflags`.
    pub flags: u16,
    pub filetype: u8,
    /// The name it was preopened under.
    pub preopen: Option<Arc<[u8]>>,
}

impl Descriptor {
    /// Flushes what the embedder may hold back.
    pub fn close(&self) -> Result<(), Errno> {
        match &self.object {
            Object::Writer(writer) => writer.lock().flush(),
            Object::Custom(file) => file.sync(),
            _ => Ok(()),
        }
    }

    /// Returns the directory.
    pub fn dir(&self) -> Result<Arc<Dir>, Errno> {
        match &self.object {
            Object::Dir(dir) => Ok(dir.clone()),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Returns whether another descriptor has the same file of the host.
    pub fn is_same(&self, other: &Descriptor) -> bool {
        matches!((&self.object, &other.object), (Object::File(one), Object::File(other)) if Arc::ptr_eq(one, other))
    }

    /// Returns the host's descriptor, if it has one.
    pub fn host(&self) -> Option<BorrowedFd<'_>> {
        match &self.object {
            Object::File(file) => Some(file.as_fd()),
            Object::Dir(dir) => Some(dir.fd()),
            Object::Reader(_) | Object::Writer(_) | Object::Custom(_) => None,
        }
    }

    /// Returns whether reading or writing may have to wait for others: not if it is a file on a disk.
    pub fn may_block(&self) -> bool {
        !matches!(self.filetype, filetype::REGULAR_FILE | filetype::BLOCK_DEVICE | filetype::DIRECTORY)
    }

    /// Checks that the descriptor has all of these rights. If a right can't apply to this kind of object, the error is
    /// the one of POSIX, so that programs report what they would elsewhere.
    pub fn require(&self, needed: u64) -> Result<(), Errno> {
        let missing = needed & !self.base;
        if missing == 0 {
            return Ok(());
        }
        let is_directory = self.filetype == filetype::DIRECTORY;
        Err(if is_directory && missing & !rights::DIRECTORY != 0 {
            Errno::ISDIR
        } else if !is_directory && missing & rights::DIRECTORY & !rights::FILE != 0 {
            Errno::NOTDIR
        } else if self.filetype != filetype::REGULAR_FILE && missing & (rights::FD_SEEK | rights::FD_TELL) != 0 {
            Errno::SPIPE
        } else {
            Errno::NOTCAPABLE
        })
    }
}

/// Returns WASI's number for a file type of the host.
pub(crate) fn filetype_of(host: FileType) -> u8 {
    match host {
        FileType::RegularFile => filetype::REGULAR_FILE,
        FileType::Directory => filetype::DIRECTORY,
        FileType::Symlink => filetype::SYMBOLIC_LINK,
        FileType::BlockDevice => filetype::BLOCK_DEVICE,
        FileType::CharacterDevice => filetype::CHARACTER_DEVICE,
        FileType::Socket => filetype::SOCKET_DGRAM,
        _ => filetype::UNKNOWN,
    }
}

/// Returns the rights that apply to a file of the host that is no directory.
pub(crate) fn rights_of(filetype: u8, fd: BorrowedFd<'_>) -> u64 {
    match filetype {
        filetype::REGULAR_FILE | filetype::BLOCK_DEVICE => rights::FILE,
        // Guests take a character device that is not seekable for a terminal.
        filetype::CHARACTER_DEVICE if !rustix::termios::isatty(fd) => {
            rights::STREAM | rights::FD_SEEK | rights::FD_TELL | rights::FD_FDSTAT_SET_FLAGS
        }
        filetype::SOCKET_STREAM => rights::CONNECTION,
        _ => rights::STREAM | rights::FD_FDSTAT_SET_FLAGS,
    }
}

/// The maximum number of open descriptors of a guest. The host's descriptors are few and shared.
pub(crate) const MAX: usize = 1024;

/// All descriptors of a guest, by number.
#[derive(Default)]
pub(crate) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    /// Returns the descriptor, which must have all of these rights.
    pub fn get(&self, fd: u32, needed: u64) -> Result<&Descriptor, Errno> {
        let descriptor = self.0.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BADF)?;
        descriptor.require(needed)?;
        Ok(descriptor)
    }

    /// Returns the descriptor for changes. It must have all of these rights.
    pub fn get_mut(&mut self, fd: u32, needed: u64) -> Result<&mut Descriptor, Errno> {
        let descriptor = self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::BADF)?;
        descriptor.require(needed)?;
        Ok(descriptor)
    }

    /// Returns the directory, which must have all of these rights. At least one of them must apply to directories only.
    pub fn dir(&self, fd: u32, needed: u64) -> Result<Arc<Dir>, Errno> {
        self.get(fd, needed)?.dir()
    }

    /// Returns the lowest free number. Errors: the guest has too many descriptors.
    pub fn free(&self) -> Result<usize, Errno> {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free < MAX { Ok(free) } else { Err(Errno::MFILE) }
    }

    /// Adds a descriptor under the lowest free number.
    pub fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let free = self.free()?;
        if free == self.0.len() {
            self.0.try_reserve(1).map_err(|_| Errno::NOMEM)?;
            self.0.push(None);
        }
        self.0[free] = Some(descriptor);
        Ok(free as u32)
    }

    fn take(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.0.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::BADF)
    }

    /// Returns the first descriptor from this number on, and the number behind it.
    pub fn next(&self, fd: usize) -> Option<(usize, &Descriptor)> {
        let (at, descriptor) = self.0.iter().enumerate().skip(fd).find_map(|(at, it)| Some((at, it.as_ref()?)))?;
        Some((at + 1, descriptor))
    }
}

pub(crate) fn fd_close(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.descriptors().take(call.u32(0))?;
    descriptor.close()
}

/// Moves a descriptor to another number. That number must be in use, so that a guest cannot choose the size of the
/// table. Errors of closing the replaced descriptor are ignored, because nobody could receive them.
pub(crate) fn fd_renumber(call: &mut Call<'_>) -> Result<(), Errno> {
    let (from, to) = (call.u32(0), call.u32(1));
    let mut descriptors = call.descriptors();
    descriptors.get(to, 0)?;
    if from == to {
        return Ok(());
    }
    let descriptor = descriptors.take(from)?;
    let replaced = descriptors.0[to as usize].replace(descriptor);
    drop(descriptors);
    let _ = replaced.as_ref().map(Descriptor::close);
    Ok(())
}

pub(crate) fn fd_fdstat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.descriptor(0)?;
    let mut bytes = [0; crate::abi::FDSTAT_SIZE as usize];
    bytes[0] = descriptor.filetype;
    bytes[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
    bytes[8..16].copy_from_slice(&descriptor.base.to_le_bytes());
    bytes[16..24].copy_from_slice(&descriptor.inheriting.to_le_bytes());
    call.memory.put(call.u32(1), &bytes)
}

/// Reduces the rights of a descriptor. Rights cannot be added.
pub(crate) fn fd_fdstat_set_rights(call: &mut Call<'_>) -> Result<(), Errno> {
    let (base, inheriting) = (call.args[1], call.args[2]);
    let mut descriptors = call.descriptors();
    let descriptor = descriptors.get_mut(call.u32(0), 0)?;
    if base & !descriptor.base != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    descriptor.base = base;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(crate) fn fd_prestat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.descriptor(0)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    let mut bytes = [0; crate::abi::PRESTAT_SIZE as usize];
    // The tag at offset 0 is 0, for a directory.
    bytes[4..8].copy_from_slice(&(name.len() as u32).to_le_bytes());
    call.memory.put(call.u32(1), &bytes)
}

pub(crate) fn fd_prestat_dir_name(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.descriptor(0)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    if (call.u32(2) as usize) < name.len() {
        return Err(Errno::NAMETOOLONG);
    }
    call.memory.put(call.u32(1), name)
}
