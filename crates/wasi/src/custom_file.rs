//! Files that an embedder implements.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::BitOr;

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use wasmote::Lock;

use crate::abi::{Filestat, filetype, rights};
use crate::clock::nanoseconds;
use crate::context::{SetupError, WasiCtx};
use crate::descriptor::{Descriptor, Object};
use crate::errno::Errno;

/// What a descriptor refers to, as a guest sees it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum FileType {
    /// A stream: it has no positions and no size.
    #[default]
    Unknown,
    /// A stream that guests take for a terminal.
    CharacterDevice,
    /// A file: it has positions and a size.
    RegularFile,
}

/// Where a new position counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeekFrom {
    /// From the start of the file.
    Start(u64),
    /// From the current position.
    Current(i64),
    /// From the end of the file.
    End(i64),
}

/// The status of a file. Times are in nanoseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct FileStat {
    /// The size in bytes.
    pub size: u64,
    /// When it was last read.
    pub accessed: u64,
    /// When its contents were last changed.
    pub modified: u64,
    /// When its status was last changed.
    pub changed: u64,
}

/// A file of the embedder's, behind one of the guest's descriptors: [`WasiCtx::push_file`], or a standard stream.
///
/// All methods have default implementations: a stream that nobody can read or write. Lengths and offsets come from the
/// guest, so no implementation may trust them. A method that returns [`Errno::INTR`] from a read or write is called
/// again, unless the store was interrupted. Calls on one file do not overlap, even if several threads of a guest use it.
///
/// ```
/// use wasmote_wasi::{Errno, FileAccessMode, WasiCtx, WasiFile};
///
/// /// Counts the bytes that the guest writes.
/// struct Counter(u64);
///
/// impl WasiFile for Counter {
///     fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
///         self.0 += buffer.len() as u64;
///         Ok(buffer.len())
///     }
/// }
///
/// let mut context = WasiCtx::builder().build()?;
/// assert_eq!(context.push_file(Box::new(Counter(0)), FileAccessMode::WRITE)?, 3);
/// # Ok::<(), wasmote_wasi::SetupError>(())
/// ```
#[allow(unused_variables, reason = "the defaults use no arguments")]
pub trait WasiFile: Send {
    /// Returns what the guest takes it for. It is asked once.
    fn file_type(&self) -> FileType {
        FileType::Unknown
    }

    /// Reads into the front of the buffer, and advances the position. Returns how many bytes were read; 0 is the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        Err(Errno::NOTSUP)
    }

    /// Writes bytes from the front of the buffer, and advances the position. Returns how many.
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        Err(Errno::NOTSUP)
    }

    /// Reads from an offset, without moving the position.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        Err(Errno::SPIPE)
    }

    /// Writes at an offset, without moving the position.
    fn write_at(&mut self, buffer: &[u8], offset: u64) -> Result<usize, Errno> {
        Err(Errno::SPIPE)
    }

    /// Moves the position. Returns the new one, counted from the start.
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        Err(Errno::SPIPE)
    }

    /// Returns the status.
    fn stat(&mut self) -> Result<FileStat, Errno> {
        Ok(FileStat::default())
    }

    /// Sets the size. A larger file gets zeros at its end.
    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        Err(Errno::NOTSUP)
    }

    /// Sets when it was last read and changed, in nanoseconds since 1970. `None` leaves a time as it is.
    fn set_times(&mut self, accessed: Option<u64>, modified: Option<u64>) -> Result<(), Errno> {
        Err(Errno::NOTSUP)
    }

    /// Writes out all buffered bytes. It is also called when the guest closes the descriptor or exits, and when the
    /// context is dropped.
    fn sync(&mut self) -> Result<(), Errno> {
        Ok(())
    }
}

/// What a guest may do with a [`WasiFile`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileAccessMode(u8);

impl FileAccessMode {
    /// It may read.
    pub const READ: FileAccessMode = FileAccessMode(1);
    /// It may write, and change size and times.
    pub const WRITE: FileAccessMode = FileAccessMode(2);

    fn allows(self, other: FileAccessMode) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for FileAccessMode {
    type Output = FileAccessMode;

    fn bitor(self, other: FileAccessMode) -> FileAccessMode {
        FileAccessMode(self.0 | other.0)
    }
}

/// Returns the descriptor of a file.
pub(crate) fn descriptor(file: Box<dyn WasiFile>, access: FileAccessMode) -> Descriptor {
    let file_type = file.file_type();
    let (filetype, all) = match file_type {
        FileType::Unknown => (filetype::UNKNOWN, rights::STREAM),
        FileType::CharacterDevice => (filetype::CHARACTER_DEVICE, rights::STREAM),
        // An embedder's file has no flags.
        FileType::RegularFile => (filetype::REGULAR_FILE, rights::FILE & !rights::FD_FDSTAT_SET_FLAGS),
    };
    let mut base = all;
    if !access.allows(FileAccessMode::READ) {
        base &= !rights::FD_READ;
    }
    if !access.allows(FileAccessMode::WRITE) {
        base &= rights::FILE_READ;
    }
    let object = Object::Custom(CustomFile(Arc::new(Lock::new(file))));
    Descriptor { object, base, inheriting: 0, flags: 0, filetype, preopen: None }
}

impl WasiCtx {
    /// Gives the guest a file of the embedder's, as the lowest free descriptor. Returns its number. Errors: there are too
    /// many descriptors.
    pub fn push_file(&mut self, file: Box<dyn WasiFile>, access: FileAccessMode) -> Result<u32, SetupError> {
        let added = self.process.descriptors.lock().insert(descriptor(file, access));
        added.map_err(|_| SetupError::TooManyDescriptors)
    }
}

/// The file behind a descriptor. Calls of threads take turns.
#[derive(Clone)]
pub(crate) struct CustomFile(Arc<Lock<Box<dyn WasiFile>>>);

impl CustomFile {
    /// Reads at the offset, or at the position.
    pub fn read(&self, buffer: &mut [u8], offset: Option<u64>) -> Result<usize, Errno> {
        let mut file = self.0.lock();
        match offset {
            Some(offset) => file.read_at(buffer, offset),
            None => file.read(buffer),
        }
    }

    /// Writes at the offset, or at the position.
    pub fn write(&self, buffer: &[u8], offset: Option<u64>) -> Result<usize, Errno> {
        let mut file = self.0.lock();
        match offset {
            Some(offset) => file.write_at(buffer, offset),
            None => file.write(buffer),
        }
    }

    pub fn seek(&self, to: rustix::fs::SeekFrom) -> Result<u64, Errno> {
        self.0.lock().seek(match to {
            rustix::fs::SeekFrom::Start(offset) => SeekFrom::Start(offset),
            rustix::fs::SeekFrom::Current(offset) => SeekFrom::Current(offset),
            rustix::fs::SeekFrom::End(offset) => SeekFrom::End(offset),
            #[allow(unreachable_patterns, reason = "only some systems have more")]
            _ => return Err(Errno::INVAL),
        })
    }

    pub fn sync(&self) -> Result<(), Errno> {
        self.0.lock().sync()
    }

    /// Returns the status of a file of this type.
    pub fn stat(&self, filetype: u8) -> Result<Filestat, Errno> {
        let FileStat { size, accessed, modified, changed } = self.0.lock().stat()?;
        Ok(Filestat { filetype, nlink: 1, size, atim: accessed, mtim: modified, ctim: changed, ..Filestat::default() })
    }

    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.0.lock().set_size(size)
    }

    /// Makes the file at least as large as this range needs.
    pub fn allocate(&self, offset: u64, len: u64) -> Result<(), Errno> {
        let end = offset.checked_add(len).ok_or(Errno::FBIG)?;
        let mut file = self.0.lock();
        if file.stat()?.size < end { file.set_size(end) } else { Ok(()) }
    }

    /// Sets the times. `now` is the time of the guest's clock.
    pub fn set_times(&self, times: &Timestamps, now: u64) -> Result<(), Errno> {
        let one = |time: Timespec| match time.tv_nsec {
            UTIME_OMIT => None,
            UTIME_NOW => Some(now),
            rest => Some(nanoseconds(time.tv_sec, rest as u64)),
        };
        self.0.lock().set_times(one(times.last_access), one(times.last_modification))
    }
}

/// A file in memory. Clones have the same contents, and positions of their own: so an embedder keeps one to look at what
/// the guest writes.
#[derive(Clone)]
pub struct MemoryFile {
    bytes: Arc<Lock<Vec<u8>>>,
    position: u64,
    limit: usize,
}

impl MemoryFile {
    /// Returns a file with these contents. The guest can't make it larger than `limit` bytes: see [`Errno::NOSPC`].
    pub fn new(bytes: impl Into<Vec<u8>>, limit: usize) -> MemoryFile {
        MemoryFile { bytes: Arc::new(Lock::new(bytes.into())), position: 0, limit }
    }

    /// Returns a copy of the contents.
    pub fn contents(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFile")
            .field("position", &self.position)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Makes the contents this long. Errors: there is no memory for them.
fn resize(bytes: &mut Vec<u8>, len: usize) -> Result<(), Errno> {
    let more = len.saturating_sub(bytes.len());
    bytes.try_reserve(more).map_err(|_| Errno::NOMEM)?;
    bytes.resize(len, 0);
    Ok(())
}

impl WasiFile for MemoryFile {
    fn file_type(&self) -> FileType {
        FileType::RegularFile
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let done = self.read_at(buffer, self.position)?;
        self.position += done as u64;
        Ok(done)
    }

    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        let done = self.write_at(buffer, self.position)?;
        self.position += done as u64;
        Ok(done)
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let bytes = self.bytes.lock();
        let from = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        let len = buffer.len().min(from.len());
        buffer[..len].copy_from_slice(&from[..len]);
        Ok(len)
    }

    fn write_at(&mut self, buffer: &[u8], offset: u64) -> Result<usize, Errno> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut bytes = self.bytes.lock();
        // An embedder may have made it larger than the limit. What is there can be written.
        let limit = self.limit.max(bytes.len());
        let at = usize::try_from(offset).ok().filter(|&at| at < limit).ok_or(Errno::NOSPC)?;
        let len = buffer.len().min(limit - at);
        if at + len > bytes.len() {
            resize(&mut bytes, at + len)?;
        }
        bytes[at..at + len].copy_from_slice(&buffer[..len]);
        Ok(len)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        let moved = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => (self.bytes.lock().len() as u64).checked_add_signed(offset),
        };
        // As on hosts, positions are at most the largest signed number.
        self.position = moved.filter(|&at| i64::try_from(at).is_ok()).ok_or(Errno::INVAL)?;
        Ok(self.position)
    }

    fn stat(&mut self) -> Result<FileStat, Errno> {
        Ok(FileStat { size: self.bytes.lock().len() as u64, ..FileStat::default() })
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        let mut bytes = self.bytes.lock();
        let limit = self.limit.max(bytes.len());
        let size = usize::try_from(size).ok().filter(|&size| size <= limit).ok_or(Errno::FBIG)?;
        resize(&mut bytes, size)
    }
}
