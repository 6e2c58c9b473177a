//! Confines paths with cap-std, component by component, on systems whose kernel cannot.

use core::ffi::CStr;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, SystemTimeSpec};
use cap_std::fs::{MetadataExt, OpenOptions, OpenOptionsExt};
use cap_std::time::SystemTime;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno as Host;

use crate::abi::Filestat;
use crate::clock::nanoseconds;
use crate::descriptor::filetype_of;
use crate::errno::Errno;

/// A directory. Paths are resolved beneath it. It is opened for reading, so that its entries can be listed.
pub(crate) struct Dir(cap_std::fs::Dir);

fn host(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// Converts one of the times to set.
fn time(time: &Timespec) -> Option<SystemTimeSpec> {
    match time.tv_nsec as _ {
        UTIME_OMIT => None,
        UTIME_NOW => Some(SystemTimeSpec::SymbolicNow),
        _ => {
            let since = Duration::from_nanos(nanoseconds(time.tv_sec as i64, time.tv_nsec as u64));
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(UNIX_EPOCH + since)))
        }
    }
}

impl Dir {
    /// Opens a directory that the embedder chose.
    pub fn open_host(path: &CStr) -> Result<Dir, Host> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, path, flags, Mode::empty()).map(Dir::from_fd)
    }

    /// Makes a `Dir` of a directory that [`Dir::open`] returned.
    pub fn from_fd(fd: OwnedFd) -> Dir {
        Dir(cap_std::fs::Dir::from_std_file(fd.into()))
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Opens what the path leads to. If the path ends in a symbolic link and `follow` is false, that is an error.
    pub fn open(&self, path: &CStr, follow: bool, flags: OFlags) -> Result<OwnedFd, Errno> {
        let access = flags & OFlags::RWMODE;
        let mut options = OpenOptions::new();
        options.read(access != OFlags::WRONLY).write(access != OFlags::RDONLY);
        options.follow(if follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        options.custom_flags(flags.difference(OFlags::RWMODE).bits() as i32);
        Ok(self.0.open_with(host(path), &options)?.into_std().into())
    }

    pub fn create_directory(&self, path: &CStr) -> Result<(), Errno> {
        Ok(self.0.create_dir(host(path))?)
    }

    pub fn remove_directory(&self, path: &CStr) -> Result<(), Errno> {
        Ok(self.0.remove_dir(host(path))?)
    }

    pub fn unlink_file(&self, path: &CStr) -> Result<(), Errno> {
        Ok(self.0.remove_file(host(path))?)
    }

    pub fn rename(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        Ok(self.0.rename(host(path), &to.0, host(to_path))?)
    }

    /// Makes a hard link to a file or a symbolic link.
    pub fn link(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        Ok(self.0.hard_link(host(path), &to.0, host(to_path))?)
    }

    /// Makes a symbolic link to `text`, which must not be an absolute path.
    pub fn symlink(&self, text: &CStr, path: &CStr) -> Result<(), Errno> {
        Ok(self.0.symlink(host(text), host(path))?)
    }

    /// Copies the target of a symbolic link to the buffer, as much as fits. Returns how many bytes were copied.
    pub fn readlink(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
        let text = self.0.read_link_contents(host(path))?;
        let text = text.as_os_str().as_bytes();
        let len = text.len().min(buffer.len());
        buffer[..len].copy_from_slice(&text[..len]);
        Ok(len)
    }

    pub fn stat(&self, path: &CStr, follow: bool) -> Result<Filestat, Errno> {
        let path = host(path);
        let stat = if follow { self.0.metadata(path)? } else { self.0.symlink_metadata(path)? };
        Ok(Filestat {
            dev: stat.dev(),
            ino: stat.ino(),
            filetype: filetype_of(FileType::from_raw_mode(stat.mode() as _)),
            nlink: stat.nlink(),
            size: stat.size(),
            atim: nanoseconds(stat.atime(), stat.atime_nsec() as u64),
            mtim: nanoseconds(stat.mtime(), stat.mtime_nsec() as u64),
            ctim: nanoseconds(stat.ctime(), stat.ctime_nsec() as u64),
        })
    }

    pub fn set_times(&self, path: &CStr, follow: bool, times: &Timestamps) -> Result<(), Errno> {
        let (accessed, modified) = (time(&times.last_access), time(&times.last_modification));
        if follow {
            DirExt::set_times(&self.0, host(path), accessed, modified)?;
        } else {
            self.0.set_symlink_times(host(path), accessed, modified)?;
        }
        Ok(())
    }
}
