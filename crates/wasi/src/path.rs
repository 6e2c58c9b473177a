//! Paths: everything that names a file. None is resolved here: cap-std does, beneath the directory that the guest
//! has.

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, SystemTimeSpec};
use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use cap_std::time::{Duration, SystemTime};
use rustix::fs::{FileType, OFlags};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::abi::{Filestat, LOOKUP_SYMLINK_FOLLOW, fdflags, filetype, oflags, rights};
use crate::call::Call;
use crate::clock::nanoseconds;
use crate::descriptor::{Descriptor, Object, filetype_of, rights_of};
use crate::errno::Errno;
use crate::file::{SetTime, set_times};

impl Call<'_> {
    /// A directory and a path in it, given by three arguments from this one on: descriptor, address, length.
    fn place(&self, descriptor: usize, needed: u64) -> Result<(&Dir, &Path), Errno> {
        self.place_at(descriptor, descriptor + 1, needed)
    }

    /// The same with address and length standing elsewhere.
    fn place_at(&self, descriptor: usize, path: usize, needed: u64) -> Result<(&Dir, &Path), Errno> {
        let dir = self.cx.descriptors.dir(self.u32(descriptor), needed)?;
        Ok((dir, self.memory.path(self.u32(path), self.u32(path + 1))?))
    }

    /// The argument with lookup flags: whether the last link is followed.
    fn follow(&self, index: usize) -> Result<bool, Errno> {
        match self.u32(index) {
            0 => Ok(false),
            LOOKUP_SYMLINK_FOLLOW => Ok(true),
            _ => Err(Errno::INVAL),
        }
    }
}

pub(crate) fn path_create_directory(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.place(0, rights::PATH_CREATE_DIRECTORY)?;
    Ok(dir.create_dir(path)?)
}

pub(crate) fn path_remove_directory(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.place(0, rights::PATH_REMOVE_DIRECTORY)?;
    Ok(dir.remove_dir(path)?)
}

pub(crate) fn path_unlink_file(call: &mut Call<'_>) -> Result<(), Errno> {
    let (dir, path) = call.place(0, rights::PATH_UNLINK_FILE)?;
    Ok(dir.remove_file(path)?)
}

pub(crate) fn path_rename(call: &mut Call<'_>) -> Result<(), Errno> {
    let (from_dir, from) = call.place(0, rights::PATH_RENAME_SOURCE)?;
    let (to_dir, to) = call.place(3, rights::PATH_RENAME_TARGET)?;
    Ok(from_dir.rename(from, to_dir, to)?)
}

/// Links are made to links, never to what they lead to.
pub(crate) fn path_link(call: &mut Call<'_>) -> Result<(), Errno> {
    if call.follow(1)? {
        return Err(Errno::INVAL);
    }
    let (from_dir, from) = call.place_at(0, 2, rights::PATH_LINK_SOURCE)?;
    let (to_dir, to) = call.place(4, rights::PATH_LINK_TARGET)?;
    Ok(from_dir.hard_link(from, to_dir, to)?)
}

/// A link may lead nowhere, but not to an absolute path.
pub(crate) fn path_symlink(call: &mut Call<'_>) -> Result<(), Errno> {
    let target = call.memory.path(call.u32(0), call.u32(1))?;
    let (dir, path) = call.place(2, rights::PATH_SYMLINK)?;
    Ok(dir.symlink(target, path)?)
}

/// What does not fit is cut off, as POSIX has it.
pub(crate) fn path_readlink(call: &mut Call<'_>) -> Result<(), Errno> {
    let (at, len, result) = (call.u32(3), call.u32(4), call.u32(5));
    call.memory.check(at, len)?;
    call.memory.check(result, 4)?;
    let (dir, path) = call.place(0, rights::PATH_READLINK)?;
    let target = dir.read_link_contents(path)?;
    let target = target.as_os_str().as_bytes();
    let target = &target[..target.len().min(len as usize)];
    call.memory.put(at, target)?;
    call.memory.put_u32(result, target.len() as u32)
}

fn filestat(metadata: &Metadata) -> Filestat {
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: filetype_of(FileType::from_raw_mode(metadata.mode())),
        nlink: metadata.nlink(),
        size: metadata.size(),
        atim: nanoseconds(metadata.atime(), metadata.atime_nsec() as u64),
        mtim: nanoseconds(metadata.mtime(), metadata.mtime_nsec() as u64),
        ctim: nanoseconds(metadata.ctime(), metadata.ctime_nsec() as u64),
    }
}

pub(crate) fn path_filestat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let follow = call.follow(1)?;
    let (dir, path) = call.place_at(0, 2, rights::PATH_FILESTAT_GET)?;
    let metadata = if follow { dir.metadata(path)? } else { dir.symlink_metadata(path)? };
    let (bytes, len) = filestat(&metadata).to_bytes(call.snapshot);
    call.memory.put(call.u32(4), &bytes[..len])
}

pub(crate) fn path_filestat_set_times(call: &mut Call<'_>) -> Result<(), Errno> {
    let follow = call.follow(1)?;
    let times = set_times(call.u16(6)?, call.args[4], call.args[5])?;
    let (dir, path) = call.place_at(0, 2, rights::PATH_FILESTAT_SET_TIMES)?;
    let [accessed, modified] = times.map(|time| match time {
        SetTime::Leave => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::To(time) => {
            let time = std::time::UNIX_EPOCH + Duration::from_nanos(time);
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(time)))
        }
    });
    if follow {
        DirExt::set_times(dir, path, accessed, modified)?;
    } else {
        dir.set_symlink_times(path, accessed, modified)?;
    }
    Ok(())
}

/// The flags for the system; whether to write comes from the rights.
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

pub(crate) fn path_open(call: &mut Call<'_>) -> Result<(), Errno> {
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
    call.cx.descriptors.free()?;

    // Rights beyond what the directory can hand on are left out, as some guests just ask for all; but who wants to
    // read or write is told at once that it won't work.
    let allowed = call.cx.descriptors.get(call.u32(0), needed)?.inheriting;
    if call.args[5] & (rights::FD_READ | rights::FD_WRITE) & !allowed != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    let base = call.args[5] & allowed;
    let inheriting = call.args[6] & allowed;
    let write = base & (rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE) != 0
        || oflags & oflags::TRUNC != 0;
    let read = !write || base & (rights::FD_READ | rights::FD_READDIR) != 0;

    let (dir, path) = call.place_at(0, 2, needed)?;
    let mut options = OpenOptions::new();
    options.read(read).write(write).follow(if follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    options.custom_flags(host_flags(oflags, fdflags).bits() as i32);
    let file = dir.open_with(path, &options)?.into_std();

    let filetype = filetype_of(FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode));
    let descriptor = if filetype == filetype::DIRECTORY {
        let object = Object::Dir(Dir::from_std_file(file));
        Descriptor { object, base: base & rights::DIRECTORY, inheriting, flags: fdflags, filetype, preopen: None }
    } else {
        let base = base & rights_of(filetype, file.as_fd());
        Descriptor { object: Object::File(file), base, inheriting: 0, flags: fdflags, filetype, preopen: None }
    };
    let fd = call.cx.descriptors.insert(descriptor)?;
    call.memory.put_u32(result, fd)
}
