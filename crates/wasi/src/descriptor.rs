//! Descriptors: what a guest's numbers stand for, and what it may do with each.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::FileType;

use crate::abi::{filetype, rights};
use crate::call::Call;
use crate::errno::Errno;
use crate::sandbox::Dir;
use crate::stdio::{Reader, Writer};

/// What a descriptor stands for.
pub(crate) enum Object {
    /// A file, device or pipe of the host; inherited standard streams too.
    File(OwnedFd),
    /// A directory; paths are resolved beneath it.
    Dir(Dir),
    /// The embedder's own source of bytes.
    Reader(Box<dyn Reader>),
    /// The embedder's own sink.
    Writer(Box<dyn Writer>),
}

/// An open descriptor.
pub(crate) struct Descriptor {
    pub object: Object,
    /// What may be done with it.
    pub base: u64,
    /// What may at most be done with what is opened through it.
    pub inheriting: u64,
    /// Its `fdflags`.
    pub flags: u16,
    pub filetype: u8,
    /// The name it was preopened under.
    pub preopen: Option<Box<[u8]>>,
}

impl Descriptor {
    /// The host's descriptor, if there is one behind it.
    pub fn host(&self) -> Option<BorrowedFd<'_>> {
        match &self.object {
            Object::File(file) => Some(file.as_fd()),
            Object::Dir(dir) => Some(dir.fd()),
            Object::Reader(_) | Object::Writer(_) => None,
        }
    }

    /// Whether all of these rights are there. A right that can't apply to such an object is the error that
    /// POSIX has for it, so that programs report what they would elsewhere.
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

/// WASI's number for a type of the host.
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

/// The rights that make sense for a file of the host that is no directory.
pub(crate) fn rights_of(filetype: u8, fd: BorrowedFd<'_>) -> u64 {
    match filetype {
        filetype::REGULAR_FILE | filetype::BLOCK_DEVICE => rights::FILE,
        // Programs take a character device that can't be seeked for a terminal.
        filetype::CHARACTER_DEVICE if !rustix::termios::isatty(fd) => {
            rights::STREAM | rights::FD_SEEK | rights::FD_TELL | rights::FD_FDSTAT_SET_FLAGS
        }
        filetype::SOCKET_STREAM => rights::CONNECTION,
        _ => rights::STREAM | rights::FD_FDSTAT_SET_FLAGS,
    }
}

/// The most descriptors that a guest can have open: there are few of the host's, and they are shared.
const MAX: usize = 1024;

/// All descriptors of a guest, by number.
#[derive(Default)]
pub(crate) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    /// The descriptor, with all of these rights.
    pub fn get(&self, fd: u32, needed: u64) -> Result<&Descriptor, Errno> {
        let descriptor = self.0.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BADF)?;
        descriptor.require(needed)?;
        Ok(descriptor)
    }

    /// The descriptor, to be changed.
    pub fn get_mut(&mut self, fd: u32, needed: u64) -> Result<&mut Descriptor, Errno> {
        let descriptor = self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::BADF)?;
        descriptor.require(needed)?;
        Ok(descriptor)
    }

    /// The directory, with all of these rights (of which at least one applies to directories only).
    pub fn dir(&self, fd: u32, needed: u64) -> Result<&Dir, Errno> {
        match &self.get(fd, needed)?.object {
            Object::Dir(dir) => Ok(dir),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The lowest free number.
    pub fn free(&self) -> Result<usize, Errno> {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free < MAX { Ok(free) } else { Err(Errno::MFILE) }
    }

    /// Gives the descriptor the lowest free number.
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

    /// Writes out what the embedder's sinks hold back; errors have nowhere to go.
    pub fn flush(&mut self) {
        for descriptor in self.0.iter_mut().flatten() {
            if let Object::Writer(writer) = &mut descriptor.object {
                let _ = writer.flush();
            }
        }
    }
}

/// Gives a descriptor up, with what its writer holds back written out.
fn close(mut descriptor: Descriptor) -> Result<(), Errno> {
    match &mut descriptor.object {
        Object::Writer(writer) => writer.flush(),
        _ => Ok(()),
    }
}

pub(crate) fn fd_close(call: &mut Call<'_>) -> Result<(), Errno> {
    close(call.cx.descriptors.take(call.u32(0))?)
}

/// The new number must be in use, so that a guest can't choose how long our table gets. What it was is closed; errors of
/// that have nowhere to go.
pub(crate) fn fd_renumber(call: &mut Call<'_>) -> Result<(), Errno> {
    let (from, to) = (call.u32(0), call.u32(1));
    let descriptors = &mut call.cx.descriptors;
    descriptors.get(to, 0)?;
    if from == to {
        return Ok(());
    }
    let descriptor = descriptors.take(from)?;
    let replaced = descriptors.0[to as usize].replace(descriptor);
    let _ = replaced.map(close);
    Ok(())
}

pub(crate) fn fd_fdstat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.cx.descriptors.get(call.u32(0), 0)?;
    let mut bytes = [0; crate::abi::FDSTAT_SIZE as usize];
    bytes[0] = descriptor.filetype;
    bytes[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
    bytes[8..16].copy_from_slice(&descriptor.base.to_le_bytes());
    bytes[16..24].copy_from_slice(&descriptor.inheriting.to_le_bytes());
    call.memory.put(call.u32(1), &bytes)
}

/// Rights can be given up, never gained.
pub(crate) fn fd_fdstat_set_rights(call: &mut Call<'_>) -> Result<(), Errno> {
    let (base, inheriting) = (call.args[1], call.args[2]);
    let descriptor = call.cx.descriptors.get_mut(call.u32(0), 0)?;
    if base & !descriptor.base != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    descriptor.base = base;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(crate) fn fd_prestat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.cx.descriptors.get(call.u32(0), 0)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    let mut bytes = [0; crate::abi::PRESTAT_SIZE as usize];
    // The tag in front is 0: a directory.
    bytes[4..8].copy_from_slice(&(name.len() as u32).to_le_bytes());
    call.memory.put(call.u32(1), &bytes)
}

pub(crate) fn fd_prestat_dir_name(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.cx.descriptors.get(call.u32(0), 0)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    if (call.u32(2) as usize) < name.len() {
        return Err(Errno::NAMETOOLONG);
    }
    call.memory.put(call.u32(1), name)
}
