//! Files of the embedder's behind descriptors of the guest.

use std::sync::{Arc, Mutex};

use wasmote_wasi::{
    Errno, FileAccessMode, FileStat, FileType, FixedClocks, Input, MemoryFile, Output, SeekFrom, WasiCtx, WasiFile,
};

use crate::guest::*;

const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
const READ_WRITE: fn() -> FileAccessMode = || FileAccessMode::READ | FileAccessMode::WRITE;

/// Returns a guest that has the file as descriptor 3.
fn guest_with(file: impl WasiFile + 'static, access: FileAccessMode) -> Guest {
    let mut guest = Guest::new(WasiCtx::builder().clocks(Box::new(FixedClocks::new(7000))));
    assert_eq!(guest.store.data_mut().push_file(Box::new(file), access), Ok(3));
    guest
}

/// Returns the type and the rights of a descriptor.
fn fdstat(guest: &mut Guest, fd: u64) -> (u8, u64) {
    guest.ok("fd_fdstat_get", &[fd, 0x2000]);
    (guest.get(0x2000, 1)[0], guest.u64(0x2008))
}

/// Moves the position: 0 counts from the start, 1 from the position, 2 from the end.
fn seek(guest: &mut Guest, offset: i64, whence: u64) -> Result<u64, u16> {
    match guest.call("fd_seek", &[3, offset as u64, whence, 0x900]) {
        SUCCESS => Ok(guest.u64(0x900)),
        errno => Err(errno),
    }
}

#[test]
fn a_guest_works_on_a_file_in_memory_as_on_any_file() {
    let file = MemoryFile::new("hello, world", 100);
    let mut guest = guest_with(file.clone(), READ_WRITE());
    let (filetype, rights) = fdstat(&mut guest, 3);
    assert_eq!((filetype, rights & FD_FDSTAT_SET_FLAGS), (4, 0));
    assert_eq!(rights & (FD_READ | FD_WRITE | FD_SEEK | FD_TELL), FD_READ | FD_WRITE | FD_SEEK | FD_TELL);
    assert_eq!(guest.read(3, 5).unwrap(), b"hello");
    assert_eq!(seek(&mut guest, 2, 1), Ok(7));
    assert_eq!(guest.read(3, 100).unwrap(), b"world");
    assert_eq!(guest.read(3, 100).unwrap(), b"", "the end");
    assert_eq!(seek(&mut guest, -5, 2), Ok(7));
    assert_eq!(guest.write(3, b"there!"), Ok(6));
    guest.ok("fd_tell", &[3, 0x900]);
    assert_eq!(guest.u64(0x900), 13);
    assert_eq!(file.contents(), b"hello, there!");

    // At an offset, without moving the position. Two buffers follow each other.
    guest.put(0x800, &[0x4000u32, 3, 0x4100, 4].map(u32::to_le_bytes).concat());
    guest.ok("fd_pread", &[3, 0x800, 2, 7, 0x904]);
    assert_eq!((guest.u32(0x904), guest.get(0x4000, 3), guest.get(0x4100, 3)), (6, b"the".into(), b"re!".into()));
    guest.put(0x4000, b"JEL");
    guest.put(0x4100, b"LY, ");
    guest.ok("fd_pwrite", &[3, 0x800, 2, 0, 0x904]);
    assert_eq!(file.contents(), b"JELLY, there!");
    guest.ok("fd_tell", &[3, 0x900]);
    assert_eq!(guest.u64(0x900), 13);

    guest.ok("fd_filestat_set_size", &[3, 5]);
    guest.ok("fd_allocate", &[3, 4, 4]);
    guest.ok("fd_allocate", &[3, 0, 2]);
    assert_eq!(file.contents(), b"JELLY\0\0\0");
    guest.ok("fd_filestat_get", &[3, 0x2000]);
    assert_eq!((guest.get(0x2010, 1), guest.u64(0x2018), guest.u64(0x2020)), (vec![4], 1, 8), "type, links, size");
    guest.ok("fd_advise", &[3, 0, 0, 0]);
    guest.ok("fd_sync", &[3]);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, 1]), NOTCAPABLE);
    guest.ok("fd_close", &[3]);
    assert_eq!(guest.read(3, 1), Err(BADF));
}

#[test]
fn a_guest_makes_no_file_in_memory_larger_than_its_limit() {
    const FBIG: u16 = 22;
    let file = MemoryFile::new("1234", 8);
    let mut guest = guest_with(file.clone(), READ_WRITE());
    assert_eq!(guest.call("fd_filestat_set_size", &[3, 9]), FBIG);
    assert_eq!(guest.call("fd_filestat_set_size", &[3, u64::MAX]), FBIG);
    assert_eq!(guest.call("fd_allocate", &[3, 5, 4]), FBIG);
    assert_eq!(guest.call("fd_allocate", &[3, u64::MAX, 4]), FBIG);
    // There is a gap, and room for two of three bytes.
    assert_eq!(seek(&mut guest, 6, 0), Ok(6));
    assert_eq!(guest.write(3, b"abc"), Ok(2));
    assert_eq!(guest.write(3, b"c"), Err(NOSPC));
    assert_eq!(file.contents(), b"1234\0\0ab");
    // Far behind the end, and in front of the start.
    assert_eq!(seek(&mut guest, i64::MAX, 0), Ok(i64::MAX as u64));
    assert_eq!(guest.read(3, 4).unwrap(), b"");
    assert_eq!(guest.write(3, b"c"), Err(NOSPC));
    for (offset, whence) in [(1, 1), (i64::MAX, 2), (-9, 2), (i64::MIN, 1), (-1, 0)] {
        assert_eq!(seek(&mut guest, offset, whence), Err(INVAL), "{offset} {whence}");
    }
    assert_eq!(seek(&mut guest, 0, 1), Ok(i64::MAX as u64), "did not move");
    guest.iovec(0x4000, 4);
    assert_eq!(guest.call("fd_pwrite", &[3, 0x800, 1, u64::MAX, 0x904]), NOSPC);
    guest.ok("fd_pread", &[3, 0x800, 1, u64::MAX, 0x904]);
    assert_eq!(guest.u32(0x904), 0);
}

#[test]
fn access_decides_what_a_guest_may_do() {
    let mut guest = guest_with(MemoryFile::new("text", 100), FileAccessMode::READ);
    assert_eq!(guest.read(3, 9).unwrap(), b"text");
    assert_eq!(guest.write(3, b"x"), Err(NOTCAPABLE));
    for (function, args) in
        [("fd_filestat_set_size", &[3, 0][..]), ("fd_allocate", &[3, 0, 100]), ("fd_filestat_set_times", &[3, 0, 0, 1])]
    {
        assert_eq!(guest.call(function, args), NOTCAPABLE, "{function}");
    }
    let mut guest = guest_with(MemoryFile::new("text", 100), FileAccessMode::WRITE);
    assert_eq!(guest.read(3, 9), Err(NOTCAPABLE));
    assert_eq!(guest.write(3, b"x"), Ok(1));
}

/// Notes what it is asked for, and is interrupted at every other read.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>, bool);

impl Noting {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn noted(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl WasiFile for Noting {
    fn file_type(&self) -> FileType {
        FileType::RegularFile
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        self.1 = !self.1;
        self.note(format!("read {}", buffer.len()));
        if self.1 { Err(Errno::INTR) } else { Ok(buffer.len() + 1) }
    }

    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        self.note(format!("write {}", buffer.len()));
        Err(Errno::IO)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        self.note(format!("{to:?}"));
        Ok(99)
    }

    fn stat(&mut self) -> Result<FileStat, Errno> {
        let mut stat = FileStat::default();
        (stat.size, stat.accessed, stat.modified, stat.changed) = (10, 11, 12, 13);
        Ok(stat)
    }

    fn set_times(&mut self, accessed: Option<u64>, modified: Option<u64>) -> Result<(), Errno> {
        self.note(format!("{accessed:?} {modified:?}"));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Errno> {
        self.note("sync".into());
        Ok(())
    }
}

#[test]
fn calls_arrive_at_the_embedders_file() {
    let file = Noting::default();
    let mut guest = guest_with(file.clone(), READ_WRITE());
    // It claims more bytes than the buffer has.
    assert_eq!(guest.read(3, 5).map(|bytes| bytes.len()), Ok(5));
    assert_eq!(file.noted(), ["read 5", "read 5"]);
    assert_eq!(guest.write(3, b"1234567"), Err(29));
    assert_eq!(seek(&mut guest, -4, 2), Ok(99));
    assert_eq!(file.noted(), ["write 7", "End(-4)"]);
    guest.ok("fd_filestat_get", &[3, 0x2000]);
    assert_eq!([0x2020, 0x2028, 0x2030, 0x2038].map(|at| guest.u64(at)), [10, 11, 12, 13]);
    // The flags: both times as given, none and now, now and none.
    for (flags, noted) in [(5, "Some(5) Some(6)"), (8, "None Some(7000)"), (2, "Some(7000) None")] {
        guest.ok("fd_filestat_set_times", &[3, 5, 6, flags]);
        assert_eq!(file.noted(), [noted]);
    }
    assert_eq!(guest.call("fd_filestat_set_size", &[3, 5]), NOTSUP, "has no code of its own");
    guest.iovec(0x4000, 4);
    assert_eq!(guest.call("fd_pread", &[3, 0x800, 1, 0, 0x904]), SPIPE);
    guest.ok("fd_datasync", &[3]);
    assert_eq!(file.noted(), ["sync"]);
    guest.try_call("proc_exit", &[0]).unwrap_err();
    assert_eq!(file.noted(), ["sync"]);
    drop(guest);
    assert_eq!(file.noted(), ["sync"]);
}

#[test]
fn bad_pointers_fault_before_the_file_is_asked() {
    let file = Noting::default();
    let mut guest = guest_with(file.clone(), READ_WRITE());
    for (buffer, len) in [(0xfffcu32, 5), (u32::MAX, 1), (0, u32::MAX)] {
        guest.iovec(buffer, len);
        for function in ["fd_read", "fd_write"] {
            assert_eq!(guest.call(function, &[3, 0x800, 1, 0x900]), FAULT);
        }
    }
    assert_eq!(guest.call("fd_seek", &[3, 0, 0, 0xfffa]), FAULT);
    assert!(file.noted().is_empty());
}

/// A terminal that answers what is written to it, in capitals.
#[derive(Default)]
struct Echo(Vec<u8>);

impl WasiFile for Echo {
    fn file_type(&self) -> FileType {
        FileType::CharacterDevice
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let len = buffer.len().min(self.0.len());
        for (to, from) in buffer.iter_mut().zip(self.0.drain(..len)) {
            *to = from.to_ascii_uppercase();
        }
        Ok(len)
    }

    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        self.0.extend_from_slice(buffer);
        Ok(buffer.len())
    }
}

#[test]
fn streams_of_the_embedder_have_no_positions() {
    let mut guest = guest_with(Echo::default(), READ_WRITE());
    assert_eq!(guest.write(3, b"echo"), Ok(4));
    assert_eq!(guest.read(3, 3).unwrap(), b"ECH");
    assert_eq!(seek(&mut guest, 0, 0), Err(SPIPE));
    let (filetype, rights) = fdstat(&mut guest, 3);
    assert_eq!((filetype, rights & (FD_SEEK | FD_TELL)), (2, 0), "a terminal");
}

#[test]
fn standard_streams_are_files_of_the_embedder() {
    let out = MemoryFile::new("", 100);
    let builder = WasiCtx::builder()
        .stdin(Input::WasiFile(Box::new(MemoryFile::new("input", 5))))
        .stdout(Output::WasiFile(Box::new(out.clone())));
    let mut guest = Guest::new(builder);
    assert_eq!(guest.read(0, 9).unwrap(), b"input");
    assert_eq!(guest.write(0, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.write(1, b"output"), Ok(6));
    assert_eq!(guest.read(1, 1), Err(NOTCAPABLE));
    assert_eq!(out.contents(), b"output");
}

#[test]
fn there_are_at_most_as_many_files_as_descriptors() {
    let mut guest = Guest::new(WasiCtx::builder());
    let context = guest.store.data_mut();
    for fd in 3..1024 {
        assert_eq!(context.push_file(Box::new(Echo::default()), FileAccessMode::READ), Ok(fd));
    }
    assert!(context.push_file(Box::new(Echo::default()), FileAccessMode::READ).is_err());
}
