//! Tests of open files: reading, writing, positions, rights, numbers.

use std::fs;

use wasmote_wasi::{DirAccess, WasiCtx};

use crate::guest::*;

#[test]
fn reads_and_writes_move_the_position_and_positioned_ones_do_not() {
    let folder = Folder::new();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let fd = guest.open("file", CREAT | EXCL, ALL).unwrap();
    assert_eq!(guest.open("file", CREAT | EXCL, ALL), Err(EXIST));
    assert_eq!(guest.write(fd, b"0123456789"), Ok(10));
    guest.ok("fd_tell", &[fd, 0x900]);
    assert_eq!(guest.u64(0x900), 10);

    guest.iovec(0x4000, 4);
    guest.ok("fd_pread", &[fd, 0x800, 1, 3, 0x904]);
    assert_eq!(guest.get(0x4000, 4), b"3456");
    guest.put(0x4000, b"abcd");
    guest.ok("fd_pwrite", &[fd, 0x800, 1, 8, 0x904]);
    guest.ok("fd_tell", &[fd, 0x900]);
    assert_eq!(guest.u64(0x900), 10);
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"01234567abcd");

    guest.ok("fd_seek", &[fd, -3i64 as u64, 2, 0x900]);
    assert_eq!(guest.u64(0x900), 9);
    assert_eq!(guest.read(fd, 100).unwrap(), b"bcd");
    assert_eq!(guest.read(fd, 100).unwrap(), b"");
    assert_eq!(guest.call("fd_seek", &[fd, -1i64 as u64, 0, 0x900]), INVAL);
    assert_eq!(guest.call("fd_seek", &[fd, 0, 3, 0x900]), INVAL);

    guest.ok("fd_filestat_set_size", &[fd, 2]);
    guest.ok("fd_allocate", &[fd, 0, 5]);
    guest.ok("fd_advise", &[fd, 0, 0, 3]);
    assert_eq!(guest.call("fd_advise", &[fd, 0, 0, 6]), INVAL);
    guest.ok("fd_sync", &[fd]);
    guest.ok("fd_datasync", &[fd]);
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"01\0\0\0");
}

#[test]
fn several_buffers_are_filled_and_written_in_order() {
    let folder = Folder::new();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let fd = guest.open("file", CREAT, ALL).unwrap();
    // 40 buffers of one byte, with empty ones between: more than the system gets at a time.
    for i in 0..80u32 {
        guest.put(0x2000 + 8 * i as usize, &(0x4000 + i / 2).to_le_bytes());
        guest.put(0x2004 + 8 * i as usize, &(i % 2).to_le_bytes());
        guest.put(0x4000 + i as usize / 2, &[b'A' + (i / 2) as u8]);
    }
    guest.ok("fd_write", &[fd, 0x2000, 80, 0x904]);
    assert_eq!(guest.u32(0x904), 40);
    let written = fs::read(folder.path().join("file")).unwrap();
    assert_eq!(written, (0..40).map(|i| b'A' + i).collect::<Vec<u8>>());

    guest.ok("fd_seek", &[fd, 0, 0, 0x900]);
    guest.put(0x4000, &[0; 40]);
    guest.ok("fd_read", &[fd, 0x2000, 80, 0x904]);
    assert_eq!((guest.u32(0x904), guest.get(0x4000, 40)), (40, written));
    assert_eq!(guest.call("fd_write", &[fd, 0x2000, 1025, 0x904]), INVAL, "as IOV_MAX has it");
}

#[test]
fn appending_can_be_turned_on_and_off() {
    let folder = Folder::new();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let fd = guest.open_in(3, "file", 0, CREAT, ALL, 1).unwrap();
    guest.write(fd, b"one").unwrap();
    guest.ok("fd_seek", &[fd, 0, 0, 0x900]);
    guest.write(fd, b"two").unwrap();
    guest.ok("fd_fdstat_get", &[fd, 0x2000]);
    assert_eq!((guest.get(0x2000, 1), guest.get(0x2002, 2)), (vec![4], vec![1, 0]));
    guest.ok("fd_fdstat_set_flags", &[fd, 0]);
    guest.ok("fd_seek", &[fd, 0, 0, 0x900]);
    guest.write(fd, b"TH").unwrap();
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"THetwo");
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 16]), NOTSUP, "SYNC is for opening");
}

#[test]
fn rights_are_kept_and_only_ever_lost() {
    let folder = Folder::new();
    fs::write(folder.path().join("file"), "text").unwrap();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let fd = guest.open("file", 0, FD_READ | FD_SEEK).unwrap();
    assert_eq!(guest.write(fd, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.call("fd_filestat_get", &[fd, 0x2000]), NOTCAPABLE);
    assert_eq!(guest.call("fd_fdstat_set_rights", &[fd, FD_READ | FD_WRITE, 0]), NOTCAPABLE);
    guest.ok("fd_fdstat_set_rights", &[fd, FD_SEEK, 0]);
    assert_eq!(guest.read(fd, 1), Err(NOTCAPABLE));
    assert_eq!(guest.call("fd_fdstat_set_rights", &[fd, FD_READ, 0]), NOTCAPABLE);

    // A right that a directory does not inherit cannot be gained through it.
    guest.ok("fd_fdstat_get", &[3, 0x2000]);
    let base = guest.u64(0x2008);
    guest.ok("fd_fdstat_set_rights", &[3, base, FD_READ | FD_SEEK | FD_TELL]);
    assert_eq!(guest.open("file", 0, FD_WRITE), Err(NOTCAPABLE));
    let fd = guest.open("file", 0, FD_READ | FD_SEEK | FD_TELL | FD_FILESTAT_GET).unwrap();
    guest.ok("fd_fdstat_get", &[fd, 0x2000]);
    assert_eq!(guest.u64(0x2008), FD_READ | FD_SEEK | FD_TELL);
}

#[test]
fn errors_on_directories_are_those_of_posix() {
    let folder = Folder::new();
    fs::write(folder.path().join("file"), "text").unwrap();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    assert_eq!(guest.read(3, 1), Err(ISDIR));
    assert_eq!(guest.write(3, b"x"), Err(ISDIR));
    assert_eq!(guest.call("fd_seek", &[3, 0, 0, 0x900]), ISDIR);
    assert_eq!(guest.open(".", DIRECTORY, FD_READ | FD_WRITE), Err(ISDIR));
    assert_eq!(guest.open(".", CREAT | DIRECTORY, FD_READ), Err(INVAL));
    assert_eq!(guest.open("file", DIRECTORY, FD_READ), Err(NOTDIR));
    let file = guest.open("file", 0, ALL).unwrap();
    assert_eq!(guest.open_in(file, "x", 0, 0, FD_READ, 0), Err(NOTDIR));
    assert_eq!(guest.call("fd_readdir", &[file, 0x2000, 100, 0, 0x900]), NOTDIR);
    for fd in [77, u64::from(u32::MAX)] {
        assert_eq!(guest.read(fd, 1), Err(BADF));
        assert_eq!(guest.open_in(fd, "x", 0, 0, FD_READ, 0), Err(BADF));
        assert_eq!(guest.call("fd_close", &[fd]), BADF);
    }
}

/// The rights that an open call grants in addition when a guest asks for all but the right to write.
const ALONG: u64 = FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

/// Returns the rights of a descriptor.
fn rights(guest: &mut Guest, fd: u64) -> u64 {
    guest.ok("fd_fdstat_get", &[fd, 0x2000]);
    guest.u64(0x2008)
}

#[test]
fn a_directory_is_opened_with_any_rights_but_to_write() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/file"), "text").unwrap();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    // Each right alone, and all of them. Only the right to write is one that directories cannot have.
    for rights in (0..30).map(|bit| 1 << bit).chain([ALL, ALL & !FD_WRITE]) {
        for oflags in [0, DIRECTORY] {
            let expected = if rights & FD_WRITE != 0 { Err(ISDIR) } else { Ok(()) };
            // Rights that the directory does not inherit are left out.
            let opened = guest.open("sub", oflags, rights);
            assert_eq!(opened.map(drop), expected, "{rights:#x}");
            let Ok(fd) = opened else { continue };
            assert_eq!(self::rights(&mut guest, fd) & (ALONG | FD_READ | FD_SEEK), 0);
            assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), ISDIR);
            assert_eq!(guest.call("fd_allocate", &[fd, 0, 1]), ISDIR);
            guest.ok("fd_close", &[fd]);
        }
    }
    let fd = guest.open("sub", DIRECTORY, ALL & !FD_WRITE).unwrap();
    // They are inherited.
    let file = guest.open_in(fd, "file", 0, 0, ALONG | FD_READ, 0).unwrap();
    guest.ok("fd_filestat_set_size", &[file, 2]);
    assert_eq!(guest.read(file, 16).unwrap(), b"te");
    assert_eq!(guest.write(file, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.open("sub", CREAT, ALONG), Err(ISDIR));
    assert_eq!(guest.open("sub", TRUNC, ALONG), Err(ISDIR));
    let file = guest.open("new", CREAT | EXCL, ALONG).unwrap();
    guest.ok("fd_allocate", &[file, 0, 3]);
    assert_eq!(fs::read(folder.path().join("new")).unwrap(), b"\0\0\0");
    assert_eq!(guest.open("sub/file/x", 0, ALONG), Err(NOTDIR));
    assert_eq!(guest.open("none", 0, ALONG), Err(NOENT));
    assert_eq!(guest.open("../none", 0, ALONG), Err(PERM));
}

#[test]
fn read_only_files_are_opened_without_the_additional_rights() {
    let folder = Folder::new();
    // A running program cannot be opened for writing, not even by the superuser.
    let program = folder.path().join("program");
    fs::copy("/bin/sleep", &program).unwrap();
    // A child process of another test may still have the copied file open.
    let mut running = loop {
        match std::process::Command::new(&program).arg("60").spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            running => break running.unwrap(),
        }
    };
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let fd = guest.open("program", 0, ALL & !FD_WRITE).unwrap();
    assert_eq!(guest.read(fd, 4).unwrap(), b"\x7fELF");
    assert_eq!(rights(&mut guest, fd) & ALONG, 0);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), NOTCAPABLE);
    const TXTBSY: u16 = 74;
    assert_eq!(guest.open("program", 0, FD_READ | FD_WRITE), Err(TXTBSY));
    running.kill().unwrap();
    running.wait().unwrap();

    // A fifo that was also open for writing would never end.
    const NONBLOCK: u64 = 4;
    let fd = guest.open_in(3, "fifo", 0, 0, FD_READ | ALONG, NONBLOCK).unwrap();
    assert_eq!(guest.read(fd, 4).unwrap(), b"");
}

#[test]
fn numbers_are_reused_and_can_be_exchanged() {
    let folder = Folder::new();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    let a = guest.open("a", CREAT, ALL).unwrap();
    let b = guest.open("b", CREAT, ALL).unwrap();
    assert_eq!((a, b), (4, 5));
    guest.ok("fd_renumber", &[b, a]);
    assert_eq!(guest.call("fd_close", &[b]), BADF);
    guest.write(a, b"to b").unwrap();
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"to b");
    assert_eq!(guest.call("fd_renumber", &[a, b]), BADF);
    assert_eq!(guest.call("fd_renumber", &[a, 1 << 30]), BADF);
    guest.ok("fd_renumber", &[a, a]);
    assert_eq!(guest.open("c", CREAT, ALL), Ok(5), "the lowest number that is free");
}

#[test]
fn descriptors_are_limited() {
    let folder = Folder::new();
    let mut guest = folder.guest(DirAccess::ReadWrite);
    guest.open("file", CREAT, 0).unwrap();
    let mut last = Ok(0);
    for _ in 0..2000 {
        last = guest.open("file", 0, 0);
        if last.is_err() {
            break;
        }
    }
    // The limit of this crate or of the system, whichever comes first.
    assert_eq!(last, Err(MFILE));
    guest.ok("fd_close", &[100]);
    assert_eq!(guest.open("file", 0, 0), Ok(100));
}

#[test]
fn preopened_directories_are_announced() {
    let folder = Folder::new();
    let builder = WasiCtx::builder()
        .preopened_dir(folder.path(), "/first", DirAccess::ReadWrite)
        .unwrap()
        .preopened_dir(folder.path(), ".", DirAccess::ReadOnly)
        .unwrap();
    let mut guest = Guest::new(builder);
    for (fd, name) in [(3, "/first"), (4, ".")] {
        guest.ok("fd_prestat_get", &[fd, 0x2000]);
        assert_eq!((guest.get(0x2000, 1), guest.u32(0x2004) as usize), (vec![0], name.len()));
        let len = name.len() as u64;
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, 0x3000, len - 1]), NAMETOOLONG);
        guest.ok("fd_prestat_dir_name", &[fd, 0x3000, len]);
        assert_eq!(guest.get(0x3000, name.len()), name.as_bytes());
    }
    assert_eq!(guest.call("fd_prestat_get", &[5, 0x2000]), BADF);
    assert_eq!(guest.call("fd_prestat_get", &[0, 0x2000]), BADF);
    let err = WasiCtx::builder().preopened_dir(folder.path().join("none"), "/", DirAccess::ReadOnly);
    assert!(err.is_err());
}

#[test]
fn snapshot_0_has_its_own_layouts() {
    let folder = Folder::new();
    fs::write(folder.path().join("file"), "0123456789").unwrap();
    let builder = WasiCtx::builder().preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap();
    let mut guest = Guest::over("wasi_unstable", builder);
    let fd = guest.open("file", 0, ALL).unwrap();
    // In this version 2 is from the start, 1 from the end, 0 from the current position.
    guest.ok("fd_seek", &[fd, 4, 2, 0x900]);
    guest.ok("fd_seek", &[fd, 3, 0, 0x900]);
    assert_eq!(guest.u64(0x900), 7);
    guest.ok("fd_seek", &[fd, -1i64 as u64, 1, 0x900]);
    assert_eq!(guest.u64(0x900), 9);
    // The number of links has 32 bits in this version, so the size is at 24.
    guest.put(0x2000, &[0xee; 64]);
    guest.ok("fd_filestat_get", &[fd, 0x2000]);
    assert_eq!((guest.u32(0x2014), guest.u64(0x2018)), (1, 10));
    assert_eq!(guest.get(0x2038, 8), [0xee; 8], "56 bytes, and not more");
}
