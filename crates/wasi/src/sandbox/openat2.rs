//! Confines paths with `openat2` on Linux. With `RESOLVE_BENEATH`, it fails where a component, a link or a race would
//! lead out of the directory. Every call that follows links opens the path this way, and then works on the descriptor.
//!
//! Calls that make, remove or rename an entry need its directory and its name. The directory is opened as above. The
//! name is a single component, which these calls never follow (`path_resolution(7)`; `LOOKUP_PARENT` in the kernel).
//! `.` and `..` are no names, so the whole path is opened, and the call gets `.`.
//!
//! Without `openat2`, paths are opened name by name. Then `..` and symbolic links are not supported.

use core::ffi::CStr;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Timestamps};
use rustix::io::{Errno as Host, retry_on_intr};
use wasmote::Lock;

use crate::abi::Filestat;
use crate::call::c_string;
use crate::errno::Errno;
use crate::file::filestat;

/// How often to retry a path whose resolution is disturbed by a rename on the host.
const MAX_RETRIES: u32 = 64;

/// A directory. Paths are resolved beneath it. It is opened for reading, so that its entries can be listed.
pub(crate) struct Dir {
    fd: OwnedFd,
    /// Whoever lists the entries holds the lock: the system has one position for all threads.
    position: Lock<()>,
}

/// The directory of an entry and the entry's name. `None` stands for the directory that the path started from.
struct ParentDir<'p>(Option<OwnedFd>, &'p CStr);

impl Dir {
    /// Opens a directory that the embedder chose.
    pub fn open_host(path: &CStr) -> Result<Dir, Host> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, path, flags, Mode::empty()).map(Dir::from_fd)
    }

    /// Makes a `Dir` of a directory that [`Dir::open`] returned.
    pub fn from_fd(fd: OwnedFd) -> Dir {
        Dir { fd, position: Lock::new(()) }
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Lets no other thread list entries until the result is dropped.
    pub fn position(&self) -> impl Drop + '_ {
        self.position.lock()
    }

    /// Opens what the path leads to. If the path ends in a symbolic link and `follow` is false, that is an error.
    pub fn open(&self, path: &CStr, follow: bool, mut flags: OFlags) -> Result<OwnedFd, Errno> {
        let mut mode = Mode::empty();
        if flags.contains(OFlags::CREATE) {
            mode = Mode::from_raw_mode(0o666);
        }
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let mut tries = MAX_RETRIES;
        loop {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            // A terminal that a guest opens must not become the controlling terminal of this process.
            let cloexec = if flags.contains(OFlags::PATH) { OFlags::CLOEXEC } else { OFlags::CLOEXEC | OFlags::NOCTTY };
            let flags = flags | cloexec;
            return Err(match rustix::fs::openat2(&self.fd, path, flags, mode, resolve) {
                Ok(fd) => return Ok(fd),
                Err(Host::INTR) => continue,
                Err(Host::AGAIN) if tries > 1 => {
                    tries -= 1;
                    continue;
                }
                // The path leads out of the directory.
                Err(Host::XDEV) => Errno::PERM,
                // The kernel is older than Linux 5.6, or a filter of system calls blocks `openat2`.
                Err(Host::NOSYS) => return self.walk(path, follow, flags, mode),
                Err(Host::PERM) if !self.can_open() => return self.walk(path, follow, flags, mode),
                Err(host) => host.into(),
            });
        }
    }

    /// Returns whether `openat2` works. Filters that do not know the call answer `EPERM`, like a path without
    /// permission.
    #[cold]
    fn can_open(&self) -> bool {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        rustix::fs::openat2(&self.fd, c".", flags, Mode::empty(), ResolveFlags::BENEATH).is_ok()
    }

    /// [`Dir::open`] without `openat2`: opens each name in the directory before it, and follows no link. Paths with
    /// `..` or links could lead out, and are not supported.
    #[cold]
    fn walk(&self, path: &CStr, follow: bool, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let mut rest = path.to_bytes();
        match rest.first() {
            None => return Err(Errno::NOENT),
            Some(b'/') => return Err(Errno::PERM),
            Some(_) => {}
        }
        let mut dir: Option<OwnedFd> = None;
        loop {
            let (name, behind) = match rest.iter().position(|&byte| byte == b'/') {
                Some(end) => (&rest[..end], Some(&rest[end + 1..])),
                None => (rest, None),
            };
            let name = match name {
                b".." => return Err(Errno::NOTSUP),
                b"" => b".",
                name => name,
            };
            let entry = c_string(name)?;
            let parent = dir.as_ref().unwrap_or(&self.fd);
            let flags = if behind.is_some() { OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC } else { flags };
            let opened = retry_on_intr(|| rustix::fs::openat(parent, &*entry, flags | OFlags::NOFOLLOW, mode));
            if follow || behind.is_some() {
                // `O_PATH` opens the link itself; without it, a link is an error.
                let stat = match &opened {
                    Ok(fd) => rustix::fs::fstat(fd),
                    Err(_) => rustix::fs::statat(parent, &*entry, AtFlags::SYMLINK_NOFOLLOW),
                };
                if stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink) {
                    return Err(Errno::NOTSUP);
                }
            }
            match (opened?, behind) {
                (fd, None) => return Ok(fd),
                (fd, Some(behind)) => (dir, rest) = (Some(fd), behind),
            }
        }
    }

    /// Opens what the path leads to with `O_PATH`, for queries only. Opens a link itself unless `follow` is set.
    fn open_path(&self, path: &CStr, follow: bool) -> Result<OwnedFd, Errno> {
        self.open(path, follow, OFlags::PATH)
    }

    /// Opens the directory of the entry that the path names, and returns it with the entry's name.
    fn entry<'p>(&self, path: &'p CStr) -> Result<ParentDir<'p>, Errno> {
        let bytes = path.to_bytes();
        let slash = |byte: &u8| *byte == b'/';
        let end = bytes.iter().rposition(|byte| !slash(byte)).map_or(0, |last| last + 1);
        let start = bytes[..end].iter().rposition(slash).map_or(0, |last| last + 1);
        let directory = |path: &CStr| self.open(path, true, OFlags::PATH | OFlags::DIRECTORY);
        Ok(match (&bytes[..start], &bytes[start..end]) {
            (_, b"" | b"." | b"..") => ParentDir(Some(directory(path)?), c"."),
            (b"", _) => ParentDir(None, path),
            (parent, _) => {
                let parent = c_string(parent)?;
                // Slashes behind the name stay, because they mean that the entry must be a directory.
                let name = CStr::from_bytes_with_nul(&path.to_bytes_with_nul()[start..]).map_err(|_| Errno::ILSEQ)?;
                ParentDir(Some(directory(&parent)?), name)
            }
        })
    }

    /// Returns the directory of an entry.
    fn parent<'a>(&'a self, entry: &'a ParentDir<'_>) -> BorrowedFd<'a> {
        entry.0.as_ref().unwrap_or(&self.fd).as_fd()
    }

    pub fn create_directory(&self, path: &CStr) -> Result<(), Errno> {
        let entry = self.entry(path)?;
        Ok(rustix::fs::mkdirat(self.parent(&entry), entry.1, Mode::from_raw_mode(0o777))?)
    }

    pub fn remove_directory(&self, path: &CStr) -> Result<(), Errno> {
        self.unlink(path, AtFlags::REMOVEDIR)
    }

    pub fn unlink_file(&self, path: &CStr) -> Result<(), Errno> {
        self.unlink(path, AtFlags::empty())
    }

    fn unlink(&self, path: &CStr, flags: AtFlags) -> Result<(), Errno> {
        let entry = self.entry(path)?;
        Ok(rustix::fs::unlinkat(self.parent(&entry), entry.1, flags)?)
    }

    pub fn rename(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        let (old, new) = (self.entry(path)?, to.entry(to_path)?);
        Ok(rustix::fs::renameat(self.parent(&old), old.1, to.parent(&new), new.1)?)
    }

    /// Makes a hard link to a file or a symbolic link.
    pub fn link(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        if path.to_bytes().ends_with(b"/") {
            // With a slash behind the name, `linkat` would follow a link. Such a name is a directory, which can have no
            // hard links.
            self.open_path(path, true)?;
            return Err(Errno::PERM);
        }
        let (old, new) = (self.entry(path)?, to.entry(to_path)?);
        Ok(rustix::fs::linkat(self.parent(&old), old.1, to.parent(&new), new.1, AtFlags::empty())?)
    }

    /// Makes a symbolic link to `text`, which must not be an absolute path.
    pub fn symlink(&self, text: &CStr, path: &CStr) -> Result<(), Errno> {
        if text.to_bytes().starts_with(b"/") {
            return Err(Errno::PERM);
        }
        let entry = self.entry(path)?;
        Ok(rustix::fs::symlinkat(text, self.parent(&entry), entry.1)?)
    }

    /// Copies the target of a symbolic link to the buffer, as much as fits. Returns how many bytes were copied.
    pub fn readlink(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
        match rustix::fs::readlinkat_raw(self.open_path(path, false)?, c"", buffer) {
            // The entry exists but is no link.
            Err(Host::NOENT) => Err(Errno::INVAL),
            len => Ok(len?),
        }
    }

    pub fn stat(&self, path: &CStr, follow: bool) -> Result<Filestat, Errno> {
        Ok(filestat(&rustix::fs::fstat(self.open_path(path, follow)?)?))
    }

    pub fn set_times(&self, path: &CStr, follow: bool, times: &Timestamps) -> Result<(), Errno> {
        Ok(rustix::fs::utimensat(self.open_path(path, follow)?, c"", times, AtFlags::EMPTY_PATH)?)
    }
}
