//! Functions that take paths. The paths are resolved in `sandbox`, beneath the directory that the guest passes.

use alloc::ffi::CString;
use alloc::sync::Arc;

use rustix::fd::AsFd;
use rustix::fs::{FileType, OFlags};

use crate::abi::{LOOKUP_SYMLINK_FOLLOW, fdflags, filetype, oflags, rights};
use crate::blocking;
use crate::call::{Call, PATH_MAX};
use crate::descriptor::{Descriptor, Object, filetype_of, rights_of};
use crate::errno::Errno;
use crate::file::times;
use crate::interrupt::Interrupts;
use crate::sandbox::Dir;

impl Call<'_> {
    /// Returns a directory and a path, given by three arguments from this index on: descriptor, address, length.
    fn dir_and_path(&self, descriptor: usize, needed: u64) -> Result<(Arc<Dir>, CString), Errno> {
        self.dir_and_path_at(descriptor, descriptor + 1, needed)
    }

    /// The same, with the address and length at another index.
    fn dir_and_path_at(&self, descriptor: usize, path: usize, needed: u64) -> Result<(Arc<Dir>, CString), Errno> {
        let dir = self.descriptors().dir(self.u32(descriptor), needed)?;
        Ok((dir, self.memory.path(self.u32(path), self.u32(path + 1))?))
    }

    /// Reads an argument with lookup flags. Returns whether a symbolic link at the end of the path is followed.
    fn follow(&self, index: usize) -> Result<bool, Errno> {
        match self.u32(index) {
            0 => Ok(false),
            LOOKUP_SYMLINK_FOLLOW => Ok(true),
            _ => Err(Errno::INVAL),
        }
    }
}

pub(crate) fn path_create_directory(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.dir_and_path(0, rights::PATH_CREATE_DIRECTORY)?;
    dir.create_directory(&path)
}

pub(crate) fn path_remove_directory(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.dir_and_path(0, rights::PATH_REMOVE_DIRECTORY)?;
    dir.remove_directory(&path)
}

pub(crate) fn path_unlink_file(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.dir_and_path(0, rights::PATH_UNLINK_FILE)?;
    dir.unlink_file(&path)
}

pub(crate) fn path_rename(call: &mut Call<'_>) -> Result<(), Errno> {
    let (from_dir, from) = call.dir_and_path(0, rights::PATH_RENAME_SOURCE)?;
    let (to_dir, to) = call.dir_and_path(3, rights::PATH_RENAME_TARGET)?;
    from_dir.rename(&from, &to_dir, &to)
}

/// Makes a hard link. A symbolic link at the end of the source path is never followed.
pub(crate) fn path_link(call: &mut Call<'_>) -> Result<(), Errno> {
    if call.follow(1)? {
        return Err(Errno::INVAL);
    }
    let (from_dir, from) = call.dir_and_path_at(0, 2, rights::PATH_LINK_SOURCE)?;
    let (to_dir, to) = call.dir_and_path(4, rights::PATH_LINK_TARGET)?;
    from_dir.link(&from, &to_dir, &to)
}

/// Makes a symbolic link. Its target need not exist, but must not be an absolute path.
pub(crate) fn path_symlink(call: &mut Call<'_>) -> Result<(), Errno> {
    let target = call.memory.path(call.u32(0), call.u32(1))?;
    let (dir, path) = call.dir_and_path(2, rights::PATH_SYMLINK)?;
    dir.symlink(&target, &path)
}

/// Reads a symbolic link. A target that does not fit is cut off, as in POSIX.
pub(crate) fn path_readlink(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len, result) = (call.u32(3), call.u32(4), call.u32(5));
    call.memory.check(at, len)?;
    call.memory.check(result, 4)?;
    let (dir, path) = call.dir_and_path(0, rights::PATH_READLINK)?;
    let mut target = [0; PATH_MAX];
    let used = dir.readlink(&path, &mut target)?.min(len as usize);
    call.memory.put(at, &target[..used])?;
    call.memory.put_u32(result, used as u32)
}

pub(crate) fn path_filestat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let follow = call.follow(1)?;
    let (dir, path) = call.dir_and_path_at(0, 2, rights::PATH_FILESTAT_GET)?;
    let (bytes, len) = dir.stat(&path, follow)?.to_bytes(call.snapshot);
    call.memory.put(call.u32(4), &bytes[..len])
}

pub(crate) fn path_filestat_set_times(call: &mut Call<'_>) -> Result<(), Errno> {
    let follow = call.follow(1)?;
    let times = times(call.u16(6)?, call.args[4], call.args[5])?;
    let (dir, path) = call.dir_and_path_at(0, 2, rights::PATH_FILESTAT_SET_TIMES)?;
    dir.set_times(&path, follow, &times)
}

/// Returns the host's flags for opening, without the access mode, which comes from the rights.
fn host_flags(oflags: u16, fdflags: u16) -> OFlags {
    let mut flags = OFlags::empty();
    for (given, flag, host) in [
        (oflags, oflags::CREAT, OFlags::CREATE),
        (oflags, oflags::DIRECTORY, OFlags::DIRECTORY),
        (oflags, oflags::EXCL, OFlags::EXCL),
        (oflags, oflags::TRUNC, OFlags::TRUNC),
        (fdflags, fdflags::APPEND, OFlags::APPEND),
        (fdflags, fdflags::DSYNC, OFlags::DSYNC),
        (fdflags, fdflags::NONBLOCK, OFlags::NONBLOCK),
        (fdflags, fdflags::RSYNC, OFlags::RSYNC),
        (fdflags, fdflags::SYNC, OFlags::SYNC),
    ] {
        if given & flag != 0 {
            flags |= host;
        }
    }
    flags
}

/// The rights that need a file opened for writing, besides the right to write.
const RESIZE: u64 = rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;

pub(crate) fn path_open(call: &mut Call<'_>) -> Result<(), Errno> {
    let mut interrupts = core::mem::take(&mut call.cx.interrupts);
    let done = open(call, &mut interrupts);
    call.cx.interrupts = interrupts;
    done
}

fn open(call: &mut Call<'_>, interrupts: &mut Interrupts) -> Result<(), Errno> {
    let follow = call.follow(1)?;
    let (oflags, fdflags) = (call.u16(4)?, call.u16(7)?);
    if oflags & !0b1111 != 0 || fdflags & !0b1_1111 != 0 {
        return Err(Errno::INVAL);
    }
    if oflags & oflags::CREAT != 0 && oflags & oflags::DIRECTORY != 0 {
        return Err(Errno::INVAL);
    }
    let mut needed = rights::PATH_OPEN;
    if oflags & oflags::CREAT != 0 {
        needed |= rights::PATH_CREATE_FILE;
    }
    if oflags & oflags::TRUNC != 0 {
        needed |= rights::PATH_FILESTAT_SET_SIZE;
    }
    let result = call.u32(8);
    call.memory.check(result, 4)?;
    call.descriptors().free()?;

    // Some guests ask for all rights, so rights that the directory cannot grant are dropped. But missing rights to read
    // or write are an error here, because the guest will need them.
    // One lookup: another thread may put another descriptor under this number.
    let directory = call.descriptor(needed)?;
    let dir = directory.dir()?;
    let allowed = directory.inheriting;
    if call.args[5] & (rights::FD_READ | rights::FD_WRITE) & !allowed != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    let mut base = call.args[5] & allowed;
    let inheriting = call.args[6] & allowed;
    let write = base & rights::FD_WRITE != 0 || oflags & oflags::TRUNC != 0;
    let read = base & (rights::FD_READ | rights::FD_READDIR) != 0;

    let path = call.memory.path(call.u32(2), call.u32(3))?;
    let mut open = |write: bool| {
        let access = match (read || !write, write) {
            (true, true) => OFlags::RDWR,
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
        };
        blocking::open(interrupts, call.args, &dir, &path, follow, access | host_flags(oflags, fdflags))
    };
    let file = if write || base & RESIZE == 0 {
        open(write)?
    } else {
        // A guest that asks for all rights but `FD_WRITE` gets these two as well, but only a regular file opened for
        // writing can use them. If opening for writing fails, the file is opened without them, as other runtimes do.
        let is_file = dir.stat(&path, follow).map_or(true, |stat| stat.filetype == filetype::REGULAR_FILE);
        match if is_file { open(true) } else { Err(Errno::ISDIR) } {
            Err(Errno::ACCES | Errno::ISDIR | Errno::PERM | Errno::ROFS | Errno::TXTBSY) => {
                base &= !RESIZE;
                open(false)?
            }
            opened => opened?,
        }
    };

    let filetype = filetype_of(FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode));
    let descriptor = if filetype == filetype::DIRECTORY {
        let object = Object::Dir(Arc::new(Dir::from_fd(file)));
        Descriptor { object, base: base & rights::DIRECTORY, inheriting, flags: fdflags, filetype, preopen: None }
    } else {
        let base = base & rights_of(filetype, file.as_fd());
        Descriptor {
            object: Object::File(Arc::new(file)),
            base,
            inheriting: 0,
            flags: fdflags,
            filetype,
            preopen: None,
        }
    };
    let fd = call.descriptors().insert(descriptor)?;
    call.memory.put_u32(result, fd)
}
