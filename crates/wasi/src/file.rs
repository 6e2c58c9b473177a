//! Functions on open files: read, write, position, size and times.

use alloc::borrow::Cow;
use core::num::NonZeroU64;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{
    Advice, FallocateFlags, FileType, OFlags, SeekFrom, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT,
};
use rustix::io::{IoSlice, retry_on_intr};

use crate::abi::{Filestat, Snapshot, clock, fdflags, filetype, fstflags, rights};
use crate::blocking;
use crate::call::{Call, GuestMemory};
use crate::clock::{nanoseconds, timespec};
use crate::context::WasiCtx;
use crate::custom_file::CustomFile;
use crate::descriptor::{Object, filetype_of};
use crate::errno::Errno;
use crate::interrupt::Interrupts;
use crate::iovecs::{Iovecs, Progress};
use crate::socket;

/// Reads into the buffers. A file fills all of them. A stream fills only the first one that is not empty, because a
/// second read might wait forever.
fn read(call: &mut Call<'_>, offset: Option<u64>, result: usize) -> Result<(), Errno> {
    let result = call.u32(result);
    let needed = if offset.is_some() { rights::FD_READ | rights::FD_SEEK } else { rights::FD_READ };
    let descriptor = call.descriptor(needed)?;
    let memory = &mut call.memory;
    memory.check(result, 4)?;
    let iovecs = Iovecs::new(memory, call.args[1] as u32, call.args[2] as u32)?;
    let regular = descriptor.filetype == filetype::REGULAR_FILE;
    let WasiCtx { process, interrupts } = &mut *call.cx;
    let gives_way = interrupts.is_active() && descriptor.may_block();
    let mut progress = Progress(0);
    for i in 0..iovecs.count {
        let (at, len) = iovecs.get(memory, i)?;
        if len == 0 {
            continue;
        }
        if !progress.has_room(len) {
            break;
        }
        let exact = matches!(descriptor.object, Object::File(_));
        let done = memory.fill(at, len, exact, |buffer| match (&descriptor.object, offset) {
            (Object::File(file), None) if gives_way => {
                blocking::read(interrupts, &process.reading, file.as_fd(), buffer)
            }
            (Object::File(file), None) => {
                retry_on_intr(|| rustix::io::read(file.as_fd(), &mut *buffer)).map_err(Errno::from)
            }
            (Object::File(file), Some(offset)) => {
                let offset = offset.wrapping_add(u64::from(progress.0));
                retry_on_intr(|| rustix::io::pread(file.as_fd(), &mut *buffer, offset)).map_err(Errno::from)
            }
            (Object::Custom(file), offset) => blocking::retry(interrupts, || {
                file.read(buffer, offset.map(|offset| offset.wrapping_add(u64::from(progress.0))))
            }),
            (Object::Reader(reader), None) => blocking::retry(interrupts, || reader.lock().read(buffer)),
            _ => Err(Errno::NOTSUP),
        });
        if !progress.add(len, done)? || !regular {
            break;
        }
    }
    memory.put_u32(result, progress.0)
}

/// The maximum number of buffers in one system call.
const MAX_IOVECS_PER_CALL: usize = 16;

/// Where the bytes of a write go.
struct Sink<'a> {
    file: BorrowedFd<'a>,
    is_socket: bool,
    /// If an interruption may end the write, what it needs.
    interrupts: Option<&'a mut Interrupts>,
}

impl Sink<'_> {
    /// Writes some buffers in one call, without the first `skip` bytes, and with at most `room` bytes in total. The first
    /// buffer is number `first`, which has more than `skip` bytes or `skip` is 0. Returns how many buffers were passed,
    /// the total length, and how many bytes were written.
    fn gather(
        &mut self,
        memory: &GuestMemory<'_>,
        iovecs: &Iovecs,
        (first, skip): (u32, u32),
        room: u32,
    ) -> Result<(u32, u32, usize), Errno> {
        let mut buffers = [const { Cow::Borrowed(&[] as &[u8]) }; MAX_IOVECS_PER_CALL];
        let mut taken = 0;
        let mut total = 0u32;
        while taken < MAX_IOVECS_PER_CALL && first + (taken as u32) < iovecs.count {
            let (at, len) = iovecs.get(memory, first + taken as u32)?;
            let skip = if taken == 0 { skip } else { 0 };
            match total.checked_add(len - skip) {
                Some(sum) if sum <= room => total = sum,
                _ => break,
            }
            buffers[taken] = memory.slice(at + skip, len - skip)?;
            taken += 1;
        }
        let mut slices = [IoSlice::new(&[]); MAX_IOVECS_PER_CALL];
        for (slice, buffer) in slices.iter_mut().zip(&buffers) {
            *slice = IoSlice::new(buffer);
        }
        let (file, slices) = (self.file, &slices[..taken]);
        let not_empty = buffers.iter().find(|buffer| !buffer.is_empty()).map_or(&[][..], |buffer| buffer);
        let done = match &mut self.interrupts {
            Some(interrupts) => blocking::write(interrupts, file, self.is_socket, slices, not_empty)?,
            None => retry_on_intr(|| {
                if self.is_socket { socket::write(file, slices, false) } else { rustix::io::writev(file, slices) }
            })?,
        };
        Ok((taken as u32, total, done))
    }

    /// Writes all buffers, each system call some of them.
    fn write(&mut self, memory: &GuestMemory<'_>, iovecs: &Iovecs) -> Result<Progress, Errno> {
        let mut progress = Progress(0);
        let (mut i, mut skip) = (0, 0);
        while i < iovecs.count {
            if !progress.has_room(iovecs.get(memory, i)?.1 - skip) {
                break;
            }
            let (mut taken, mut len, mut written) = (1, 0, 0);
            let done = self.gather(memory, iovecs, (i, skip), u32::MAX - progress.0).map(|(count, total, done)| {
                (taken, len, written) = (count, total, done.min(total as usize) as u32);
                done
            });
            if progress.add(len, done)? {
                (i, skip) = (i + taken, 0);
                continue;
            }
            // A call that may be interrupted writes only what there is room for.
            if self.interrupts.is_none() || written == 0 {
                break;
            }
            skip += written;
            while skip >= iovecs.get(memory, i)?.1 {
                skip -= iovecs.get(memory, i)?.1;
                i += 1;
            }
        }
        Ok(progress)
    }
}

/// Writes the buffers, directly from the guest's memory unless threads share it.
pub(crate) fn write(call: &mut Call<'_>, offset: Option<u64>, result: usize) -> Result<(), Errno> {
    let result = call.u32(result);
    let needed = if offset.is_some() { rights::FD_WRITE | rights::FD_SEEK } else { rights::FD_WRITE };
    let descriptor = call.descriptor(needed)?;
    let memory = &mut call.memory;
    memory.check(result, 4)?;
    let iovecs = Iovecs::new(memory, call.args[1] as u32, call.args[2] as u32)?;
    let interrupts = &mut call.cx.interrupts;
    if let (Object::File(file), None) = (&descriptor.object, offset) {
        let gives_way = interrupts.is_active() && descriptor.may_block();
        let mut sink = Sink {
            file: file.as_fd(),
            is_socket: descriptor.filetype == filetype::SOCKET_STREAM,
            interrupts: gives_way.then_some(interrupts),
        };
        let written = sink.write(memory, &iovecs)?;
        return memory.put_u32(result, written.0);
    }
    let mut progress = Progress(0);
    for i in 0..iovecs.count {
        let (at, len) = iovecs.get(memory, i)?;
        if !progress.has_room(len) {
            break;
        }
        let buffer = &*memory.slice(at, len)?;
        let done = match (&descriptor.object, offset) {
            (Object::File(file), Some(offset)) => {
                let offset = offset.wrapping_add(u64::from(progress.0));
                retry_on_intr(|| rustix::io::pwrite(file.as_fd(), buffer, offset)).map_err(Errno::from)
            }
            (Object::Custom(file), offset) => blocking::retry(interrupts, || {
                file.write(buffer, offset.map(|offset| offset.wrapping_add(u64::from(progress.0))))
            }),
            (Object::Writer(writer), None) => blocking::retry(interrupts, || writer.lock().write(buffer)),
            _ => Err(Errno::NOTSUP),
        };
        if !progress.add(len, done)? {
            break;
        }
    }
    memory.put_u32(result, progress.0)
}

pub(crate) fn fd_read(call: &mut Call<'_>) -> Result<(), Errno> {
    read(call, None, 3)
}

pub(crate) fn fd_pread(call: &mut Call<'_>) -> Result<(), Errno> {
    read(call, Some(call.args[3]), 4)
}

pub(crate) fn fd_write(call: &mut Call<'_>) -> Result<(), Errno> {
    write(call, None, 3)
}

pub(crate) fn fd_pwrite(call: &mut Call<'_>) -> Result<(), Errno> {
    write(call, Some(call.args[3]), 4)
}

/// Passes the host's descriptor behind argument 0, which must have these rights, to `host`, or the embedder's file to
/// `custom`.
fn with_file<T, E: Into<Errno>>(
    call: &Call<'_>,
    needed: u64,
    host: impl FnOnce(BorrowedFd<'_>) -> Result<T, E>,
    custom: impl FnOnce(&CustomFile) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let descriptor = call.descriptor(needed)?;
    if let Object::Custom(file) = &descriptor.object {
        return custom(file);
    }
    host(descriptor.host().ok_or(Errno::NOTSUP)?).map_err(E::into)
}

pub(crate) fn fd_seek(call: &mut Call<'_>) -> Result<(), Errno> {
    let offset = call.args[1] as i64;
    // Snapshot 0 numbers these differently.
    let to = match (call.snapshot, call.u32(2)) {
        (Snapshot::One, 0) | (Snapshot::Zero, 2) => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
        (Snapshot::One, 1) | (Snapshot::Zero, 0) => SeekFrom::Current(offset),
        (Snapshot::One, 2) | (Snapshot::Zero, 1) => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL),
    };
    // Asking for the position needs fewer rights than changing it.
    let needed = if to == SeekFrom::Current(0) { rights::FD_TELL } else { rights::FD_SEEK | rights::FD_TELL };
    seek(call, to, needed, 3)
}

pub(crate) fn fd_tell(call: &mut Call<'_>) -> Result<(), Errno> {
    seek(call, SeekFrom::Current(0), rights::FD_TELL, 1)
}

fn seek(call: &mut Call<'_>, to: SeekFrom, needed: u64, result: usize) -> Result<(), Errno> {
    let result = call.u32(result);
    call.memory.check(result, 8)?;
    let position = with_file(call, needed, |fd| rustix::fs::seek(fd, to), |file| file.seek(to))?;
    call.memory.put_u64(result, position)
}

pub(crate) fn fd_advise(call: &mut Call<'_>) -> Result<(), Errno> {
    let advice = match call.u32(3) {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::INVAL),
    };
    let (offset, len) = (call.args[1], call.args[2]);
    if offset > i64::MAX as u64 || len > i64::MAX as u64 {
        return Err(Errno::INVAL);
    }
    let advise = |fd: BorrowedFd<'_>| rustix::fs::fadvise(fd, offset, NonZeroU64::new(len), advice);
    // An embedder's file needs no advice.
    with_file(call, rights::FD_ADVISE, advise, |_| Ok(()))
}

pub(crate) fn fd_allocate(call: &mut Call<'_>) -> Result<(), Errno> {
    let (offset, len) = (call.args[1], call.args[2]);
    let allocate =
        |fd: BorrowedFd<'_>| retry_on_intr(|| rustix::fs::fallocate(fd, FallocateFlags::empty(), offset, len));
    with_file(call, rights::FD_ALLOCATE, allocate, |file| file.allocate(offset, len))
}

fn sync(call: &mut Call<'_>, needed: u64, how: fn(BorrowedFd<'_>) -> rustix::io::Result<()>) -> Result<(), Errno> {
    let descriptor = call.descriptor(needed)?;
    // Flushes what the embedder may hold back.
    descriptor.close()?;
    match (descriptor.filetype, descriptor.host()) {
        (filetype::REGULAR_FILE | filetype::DIRECTORY | filetype::BLOCK_DEVICE, Some(fd)) => {
            Ok(retry_on_intr(|| how(fd))?)
        }
        // Streams are not buffered.
        _ => Ok(()),
    }
}

pub(crate) fn fd_sync(call: &mut Call<'_>) -> Result<(), Errno> {
    sync(call, rights::FD_SYNC, |fd| rustix::fs::fsync(fd))
}

pub(crate) fn fd_datasync(call: &mut Call<'_>) -> Result<(), Errno> {
    sync(call, rights::FD_DATASYNC, |fd| rustix::fs::fdatasync(fd))
}

/// Returns whether the guest may change the flags of the descriptor. If not, the call has no side effects. Guest
/// runtimes try it on all their first descriptors.
pub(crate) fn may_set_flags(call: &Call<'_>) -> bool {
    call.descriptor(rights::FD_FDSTAT_SET_FLAGS).is_ok()
}

pub(crate) fn fd_fdstat_set_flags(call: &mut Call<'_>) -> Result<(), Errno> {
    let flags = call.u16(1)?;
    let mut descriptors = call.descriptors();
    let descriptor = descriptors.get_mut(call.u32(0), rights::FD_FDSTAT_SET_FLAGS)?;
    let settable = fdflags::APPEND | fdflags::NONBLOCK;
    if (flags ^ descriptor.flags) & !settable != 0 {
        // The other flags are fixed when a file is opened.
        return Err(Errno::NOTSUP);
    }
    let fd = descriptor.host().ok_or(Errno::NOTSUP)?;
    let mut host = rustix::fs::fcntl_getfl(fd)?;
    host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
    host.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    rustix::fs::fcntl_setfl(fd, host)?;
    descriptor.flags = flags;
    Ok(())
}

/// Converts a host's `stat` to WASI's.
#[allow(clippy::unnecessary_cast, reason = "the types of the fields differ between systems")]
pub(crate) fn filestat(stat: &Stat) -> Filestat {
    Filestat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        filetype: filetype_of(FileType::from_raw_mode(stat.st_mode)),
        nlink: stat.st_nlink as u64,
        size: stat.st_size as u64,
        atim: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as u64),
        mtim: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        ctim: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

pub(crate) fn fd_filestat_get(call: &mut Call<'_>) -> Result<(), Errno> {
    let descriptor = call.descriptor(rights::FD_FILESTAT_GET)?;
    let stat = match (&descriptor.object, descriptor.host()) {
        (Object::Custom(file), _) => file.stat(descriptor.filetype)?,
        (_, Some(fd)) => Filestat { filetype: descriptor.filetype, ..filestat(&rustix::fs::fstat(fd)?) },
        (_, None) => Filestat { filetype: descriptor.filetype, nlink: 1, ..Filestat::default() },
    };
    let (bytes, len) = stat.to_bytes(call.snapshot);
    call.memory.put(call.u32(1), &bytes[..len])
}

pub(crate) fn fd_filestat_set_size(call: &mut Call<'_>) -> Result<(), Errno> {
    let size = call.args[1];
    let truncate = |fd: BorrowedFd<'_>| retry_on_intr(|| rustix::fs::ftruncate(fd, size));
    with_file(call, rights::FD_FILESTAT_SET_SIZE, truncate, |file| file.set_size(size))
}

/// Converts the arguments of the two functions that set times: flags, time of access, time of modification.
pub(crate) fn times(flags: u16, atim: u64, mtim: u64) -> Result<Timestamps, Errno> {
    let one = |to: u16, now: u16, time: u64| match (flags & to != 0, flags & now != 0) {
        (false, false) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
        (false, true) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        (true, false) => Ok(timespec(time)),
        (true, true) => Err(Errno::INVAL),
    };
    if flags & !(fstflags::ATIM | fstflags::ATIM_NOW | fstflags::MTIM | fstflags::MTIM_NOW) != 0 {
        return Err(Errno::INVAL);
    }
    Ok(Timestamps {
        last_access: one(fstflags::ATIM, fstflags::ATIM_NOW, atim)?,
        last_modification: one(fstflags::MTIM, fstflags::MTIM_NOW, mtim)?,
    })
}

pub(crate) fn fd_filestat_set_times(call: &mut Call<'_>) -> Result<(), Errno> {
    let times = times(call.u16(3)?, call.args[1], call.args[2])?;
    let host = |fd: BorrowedFd<'_>| rustix::fs::futimens(fd, &times);
    with_file(call, rights::FD_FILESTAT_SET_TIMES, host, |file| {
        let now = call.cx.process.clocks.lock().now(clock::REALTIME);
        file.set_times(&times, now.unwrap_or(0))
    })
}
