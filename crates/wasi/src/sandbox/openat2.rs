//! Linux keeps paths beneath their directory: `openat2` with `RESOLVE_BENEATH` fails where a component, a link or a
//! race would lead out. All that follows a link goes through it, and works on the descriptor that it gives.
//!
//! What makes, removes or renames an entry needs its directory and its name: the directory is opened beneath, and the
//! name is a single component, which these calls never follow (`path_resolution(7)`; to the kernel they are
//! `LOOKUP_PARENT`). `.` and `..` are no names: the whole path is opened then, and `.` is what the call gets.
//!
//! Where there is no `openat2`, paths are opened name by name, if there are only names in them: neither `..` nor links.

use core::ffi::CStr;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Timestamps};
use rustix::io::{Errno as Host, retry_on_intr};

use crate::abi::Filestat;
use crate::call::c_string;
use crate::errno::Errno;
use crate::file::filestat;

/// How often a path is tried whose resolution a rename on the host disturbs.
const MAX_RETRIES: u32 = 64;

/// A directory; paths are resolved beneath it. Opened for reading, so that its entries can be listed.
pub(crate) struct Dir(OwnedFd);

/// The directory that an entry is in, unless it is the one that its path started from, and the entry's name.
struct ParentDir<'p>(Option<OwnedFd>, &'p CStr);

impl Dir {
    /// A directory that the embedder chose.
    pub fn open_host(path: &CStr) -> Result<Dir, Host> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, path, flags, Mode::empty()).map(Dir)
    }

    /// A directory that [`Dir::open`] gave.
    pub fn from_fd(fd: OwnedFd) -> Dir {
        Dir(fd)
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Opens what the path leads to; a link at its end is an error unless it is to be followed.
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
            // A guest's terminal never becomes ours.
            let cloexec = if flags.contains(OFlags::PATH) { OFlags::CLOEXEC } else { OFlags::CLOEXEC | OFlags::NOCTTY };
            let flags = flags | cloexec;
            return Err(match rustix::fs::openat2(&self.0, path, flags, mode, resolve) {
                Ok(fd) => return Ok(fd),
                Err(Host::INTR) => continue,
                Err(Host::AGAIN) if tries > 1 => {
                    tries -= 1;
                    continue;
                }
                // The path leads out.
                Err(Host::XDEV) => Errno::PERM,
                // Before Linux 5.6, or behind a filter of system calls.
                Err(Host::NOSYS) => return self.walk(path, follow, flags, mode),
                Err(Host::PERM) if !self.can_open() => return self.walk(path, follow, flags, mode),
                Err(host) => host.into(),
            });
        }
    }

    /// Whether there is an `openat2`: filters of system calls that do not know it answer `EPERM`.
    #[cold]
    fn can_open(&self) -> bool {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        rustix::fs::openat2(&self.0, c".", flags, Mode::empty(), ResolveFlags::BENEATH).is_ok()
    }

    /// [`Dir::open`] without `openat2`: name after name, each opened in the directory before it, and none of them followed. What
    /// could lead out, `..` and links, is not supported then.
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
            let parent = dir.as_ref().unwrap_or(&self.0);
            let flags = if behind.is_some() { OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC } else { flags };
            let opened = retry_on_intr(|| rustix::fs::openat(parent, &*entry, flags | OFlags::NOFOLLOW, mode));
            if follow || behind.is_some() {
                // With `O_PATH` a link itself was opened, otherwise it is an error.
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

    /// What the path leads to, to be asked about only; a link itself unless it is to be followed.
    fn look(&self, path: &CStr, follow: bool) -> Result<OwnedFd, Errno> {
        self.open(path, follow, OFlags::PATH)
    }

    /// Where the entry is that the path names.
    fn place<'p>(&self, path: &'p CStr) -> Result<ParentDir<'p>, Errno> {
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
                // Slashes behind the name stay: they say that a directory is meant.
                let name = CStr::from_bytes_with_nul(&path.to_bytes_with_nul()[start..]).map_err(|_| Errno::ILSEQ)?;
                ParentDir(Some(directory(&parent)?), name)
            }
        })
    }

    /// The directory of an entry.
    fn parent<'a>(&'a self, place: &'a ParentDir<'_>) -> BorrowedFd<'a> {
        place.0.as_ref().unwrap_or(&self.0).as_fd()
    }

    pub fn create_directory(&self, path: &CStr) -> Result<(), Errno> {
        let place = self.place(path)?;
        Ok(rustix::fs::mkdirat(self.parent(&place), place.1, Mode::from_raw_mode(0o777))?)
    }

    pub fn remove_directory(&self, path: &CStr) -> Result<(), Errno> {
        self.unlink(path, AtFlags::REMOVEDIR)
    }

    pub fn unlink_file(&self, path: &CStr) -> Result<(), Errno> {
        self.unlink(path, AtFlags::empty())
    }

    fn unlink(&self, path: &CStr, flags: AtFlags) -> Result<(), Errno> {
        let place = self.place(path)?;
        Ok(rustix::fs::unlinkat(self.parent(&place), place.1, flags)?)
    }

    pub fn rename(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        let (old, new) = (self.place(path)?, to.place(to_path)?);
        Ok(rustix::fs::renameat(self.parent(&old), old.1, to.parent(&new), new.1)?)
    }

    /// A second name for a file, or for a link.
    pub fn link(&self, path: &CStr, to: &Dir, to_path: &CStr) -> Result<(), Errno> {
        if path.to_bytes().ends_with(b"/") {
            // The one call with a name that would follow it, because of the slash. A directory has no second name.
            self.look(path, true)?;
            return Err(Errno::PERM);
        }
        let (old, new) = (self.place(path)?, to.place(to_path)?);
        Ok(rustix::fs::linkat(self.parent(&old), old.1, to.parent(&new), new.1, AtFlags::empty())?)
    }

    /// Makes a link that has this text, which must not be an absolute path.
    pub fn symlink(&self, text: &CStr, path: &CStr) -> Result<(), Errno> {
        if text.to_bytes().starts_with(b"/") {
            return Err(Errno::PERM);
        }
        let place = self.place(path)?;
        Ok(rustix::fs::symlinkat(text, self.parent(&place), place.1)?)
    }

    /// The text of a link: its length, of which as much as fits is in the buffer.
    pub fn readlink(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
        match rustix::fs::readlinkat_raw(self.look(path, false)?, c"", buffer) {
            // It is there, but no link.
            Err(Host::NOENT) => Err(Errno::INVAL),
            len => Ok(len?),
        }
    }

    pub fn stat(&self, path: &CStr, follow: bool) -> Result<Filestat, Errno> {
        Ok(filestat(&rustix::fs::fstat(self.look(path, follow)?)?))
    }

    pub fn set_times(&self, path: &CStr, follow: bool, times: &Timestamps) -> Result<(), Errno> {
        Ok(rustix::fs::utimensat(self.look(path, follow)?, c"", times, AtFlags::EMPTY_PATH)?)
    }
}
