//! Open files, and the directory that they are opened in.
#![no_std]
#![no_main]

use wasi_guests::*;

fn announced() {
    let mut prestat = [9u32; 2];
    assert_eq!(call!(fd_prestat_get(DIR, at(&mut prestat))), SUCCESS);
    let [kind, len] = *told(&mut prestat);
    assert_eq!((kind & 0xff, call!(fd_prestat_get(DIR + 1, at(&mut prestat)))), (0, BADF));
    assert_eq!(call!(fd_prestat_get(1, at(&mut prestat))), BADF);
    say!("fd_prestat_get: a directory with a name of {len} bytes, and no other");
    let mut name = [0u8; 16];
    assert_eq!(call!(fd_prestat_dir_name(DIR, at(&mut name), len as usize)), SUCCESS);
    assert_ne!(call!(fd_prestat_dir_name(DIR, at(&mut name), len as usize - 1)), SUCCESS, "too short");
    let name = core::str::from_utf8(&told(&mut name)[..len as usize]).expect("UTF-8");
    say!("fd_prestat_dir_name: {name:?}");
}

fn opening() {
    let mut fd = 0;
    assert_eq!(try_open(DIR, "new", 0, FD_READ, 0, &mut fd), NOENT);
    assert_eq!(try_open(DIR, "new", CREAT | EXCL, FD_WRITE, 0, &mut fd), SUCCESS);
    write(fd, b"written");
    close(fd);
    assert_eq!(try_open(DIR, "new", CREAT | EXCL, FD_WRITE, 0, &mut fd), EXIST);
    assert_eq!(try_open(DIR, "new", DIRECTORY, FD_READ, 0, &mut fd), NOTDIR);
    assert_eq!(try_open(DIR, "new/x", CREAT, FD_READ, 0, &mut fd), NOTDIR);
    assert_eq!(try_open(DIR, "../new", CREAT, FD_READ, 0, &mut fd), PERM);
    assert_eq!(try_open(DIR, "/new", CREAT, FD_READ, 0, &mut fd), PERM);
    assert_eq!(try_open(DIR, "a\0b", CREAT, FD_READ, 0, &mut fd), ILSEQ);
    assert_eq!(try_open(1, "new", 0, FD_READ, 0, &mut fd), NOTDIR);
    assert_eq!(try_open(99, "new", 0, FD_READ, 0, &mut fd), BADF);
    let truncated = open("new", TRUNC, FD_WRITE, 0);
    assert_eq!(stat("new", 0).size, 0);
    let mut byte = [0];
    let iovec = Iovec::filled(&mut byte);
    let mut count = 0usize;
    assert_eq!(call!(fd_read(truncated, &raw const iovec as usize, 1, at(&mut count))), NOTCAPABLE);
    close(truncated);
    say!("path_open: makes, empties, refuses what is there, is not there, leads out, and what its rights do not have");
}

/// The file with ten digits, at its end.
fn digits() -> u32 {
    let fd = open("digits", CREAT | EXCL, ALL, 0);
    let parts = [Iovec::of(b"0123"), Iovec::of(b""), Iovec::of(b"456789")];
    let mut count = 0usize;
    assert_eq!(call!(fd_write(fd, parts.as_ptr() as usize, 3, at(&mut count))), SUCCESS);
    assert_eq!(*told(&mut count), 10);
    assert_eq!(call!(fd_write(fd, parts.as_ptr() as usize, 1025, at(&mut count))), INVAL);
    assert_eq!(call!(fd_write(fd, usize::MAX - 7, 1, at(&mut count))), FAULT);
    assert_eq!(call!(fd_write(0, parts.as_ptr() as usize, 1, at(&mut count))), NOTCAPABLE, "standard input");
    say!("fd_write: three buffers in their order, no more than 1024, not outside the memory");
    assert_eq!((tell(fd), call!(fd_tell(1, at(&mut 0u64)))), (10, SPIPE), "standard output is a pipe");
    say!("fd_tell: 10 after ten bytes; not of a pipe");
    fd
}

fn positions(fd: u32) {
    let mut position = 0u64;
    let mut seek = |offset: i64, whence: u32| match call!(fd_seek(fd, offset, whence, at(&mut position))) {
        SUCCESS => Ok(*told(&mut position)),
        errno => Err(errno),
    };
    assert_eq!(seek(3, 0), Ok(3));
    assert_eq!(seek(2, 1), Ok(5));
    assert_eq!(seek(-1, 2), Ok(9));
    assert_eq!(seek(20, 2), Ok(30));
    assert_eq!(seek(-1, 0), Err(INVAL));
    assert_eq!(seek(-31, 1), Err(INVAL));
    assert_eq!(seek(0, 3), Err(INVAL));
    assert_eq!(seek(0, 0), Ok(0));
    say!("fd_seek: from the start, here and the end, beyond it, not before the start");

    let (mut a, mut b) = ([0u8; 3], [0u8; 20]);
    let parts = [Iovec::filled(&mut a), Iovec::filled(&mut b)];
    let mut count = 0usize;
    assert_eq!(call!(fd_read(fd, parts.as_ptr() as usize, 2, at(&mut count))), SUCCESS);
    assert_eq!((*told(&mut count), &*told(&mut a), &told(&mut b)[..8]), (10, b"012", &b"3456789\0"[..]));
    assert_eq!(read(fd, &mut a), 0, "the end");
    assert_eq!(call!(fd_read(fd, 0, usize::MAX, at(&mut count))), INVAL);
    say!("fd_read: two buffers in their order, then nothing");

    let iovec = Iovec::filled(&mut a);
    assert_eq!(call!(fd_pread(fd, &raw const iovec as usize, 1, 4, at(&mut count))), SUCCESS);
    assert_eq!((*told(&mut count), &*told(&mut a), tell(fd)), (3, b"456", 10));
    assert_eq!(call!(fd_pread(fd, &raw const iovec as usize, 1, 9, at(&mut count))), SUCCESS);
    assert_eq!(*told(&mut count), 1);
    assert_eq!(call!(fd_pread(fd, &raw const iovec as usize, 1, u64::MAX, at(&mut count))), INVAL);
    say!("fd_pread: what is there, the position stays");

    let iovec = Iovec::of(b"xyz");
    assert_eq!(call!(fd_pwrite(fd, &raw const iovec as usize, 1, 8, at(&mut count))), SUCCESS);
    assert_eq!((*told(&mut count), tell(fd), fd_stat(fd).size), (3, 10, 11));
    assert_eq!(call!(fd_pwrite(1, &raw const iovec as usize, 1, 0, at(&mut count))), SPIPE, "standard output");
    say!("fd_pwrite: past the end, the position stays");
}

fn sizes(fd: u32) {
    for advice in 0..6 {
        assert_eq!(call!(fd_advise(fd, 0, 0, advice)), SUCCESS);
    }
    assert_eq!(call!(fd_advise(fd, 0, 0, 6)), INVAL);
    assert_eq!(call!(fd_advise(fd, u64::MAX, 0, 0)), INVAL);
    say!("fd_advise: six kinds of advice");
    assert_eq!(call!(fd_allocate(fd, 4096, 4096)), SUCCESS);
    assert_eq!(fd_stat(fd).size, 8192);
    assert_eq!(call!(fd_allocate(fd, 0, 10)), SUCCESS);
    assert_eq!((fd_stat(fd).size, call!(fd_allocate(fd, 0, 0))), (8192, INVAL));
    say!("fd_allocate: makes a file larger, never smaller");
    assert_eq!(call!(fd_filestat_set_size(fd, 5)), SUCCESS);
    assert_eq!(fd_stat(fd).size, 5);
    assert_eq!(call!(fd_filestat_set_size(fd, 12)), SUCCESS);
    let mut bytes = [1u8; 12];
    let iovec = Iovec::filled(&mut bytes);
    assert_eq!(call!(fd_pread(fd, &raw const iovec as usize, 1, 0, at(&mut 0usize))), SUCCESS);
    assert_eq!(*told(&mut bytes), *b"01234\0\0\0\0\0\0\0");
    assert_eq!(call!(fd_filestat_set_size(fd, u64::MAX)), INVAL);
    say!("fd_filestat_set_size: to 5 and to 12, with zeros");
    let stat = fd_stat(fd);
    let by_path = stat_of("digits");
    assert_eq!((stat.dev, stat.ino, stat.ctim), (by_path.dev, by_path.ino, by_path.ctim));
    assert!(stat.mtim >= stat_of("new").ctim);
    assert_eq!((fd_stat(DIR).filetype, fd_stat(1).filetype), (3, 0), "a directory, a pipe");
    say!("fd_filestat_get: type {}, {} link, {} bytes, as its path says", stat.filetype, stat.nlink, stat.size);
}

fn stat_of(path: &str) -> Filestat {
    stat(path, 0)
}

fn times(fd: u32) {
    const YEAR_2001: u64 = 1_000_000_000_123_456_789;
    assert_eq!(call!(fd_filestat_set_times(fd, 5_000_000_000, YEAR_2001, 1 | 4)), SUCCESS);
    let stat = fd_stat(fd);
    assert_eq!((stat.atim, stat.mtim), (5_000_000_000, YEAR_2001));
    assert_eq!(call!(fd_filestat_set_times(fd, 0, 0, 2)), SUCCESS);
    let stat = fd_stat(fd);
    assert!(stat.atim > YEAR_2001 && stat.mtim == YEAR_2001, "one now, the other as it was");
    assert_eq!(call!(fd_filestat_set_times(fd, 0, 0, 4 | 8)), INVAL);
    assert_eq!(call!(fd_filestat_set_times(fd, 0, 0, 16)), INVAL);
    say!("fd_filestat_set_times: to given times to the nanosecond, or now; not both");
}

fn flags_and_rights(fd: u32) {
    const APPEND: u32 = 1;
    let before = fdstat(fd);
    assert_eq!((before.filetype, before.flags, fdstat(DIR).filetype), (4, 0, 3));
    assert_eq!(before.base & (FD_READ | FD_WRITE | FD_SEEK | FD_TELL), FD_READ | FD_WRITE | FD_SEEK | FD_TELL);
    assert_eq!(call!(fd_fdstat_get(99, at(&mut Fdstat::default()))), BADF);
    say!("fd_fdstat_get: a file without flags, a directory");
    assert_eq!(call!(fd_fdstat_set_flags(fd, APPEND)), SUCCESS);
    let mut position = 0u64;
    assert_eq!(call!(fd_seek(fd, 0, 0, at(&mut position))), SUCCESS);
    write(fd, b"!");
    assert_eq!((fdstat(fd).flags, fd_stat(fd).size, tell(fd)), (1, 13, 13));
    assert_eq!(call!(fd_fdstat_set_flags(fd, 0)), SUCCESS);
    assert_eq!(call!(fd_fdstat_set_flags(fd, 2)), NOTSUP, "synchronous is said when opening");
    assert_eq!(fdstat(open("digits", 0, ALL, APPEND)).flags, 1);
    say!("fd_fdstat_set_flags: appends, or not");
    let fewer = before.base & !FD_WRITE;
    assert_eq!(call!(fd_fdstat_set_rights(fd, fewer, 0)), SUCCESS);
    assert_eq!(fdstat(fd).base, fewer);
    let iovec = Iovec::of(b"x");
    assert_eq!(call!(fd_write(fd, &raw const iovec as usize, 1, at(&mut 0usize))), NOTCAPABLE);
    assert_eq!(call!(fd_fdstat_set_rights(fd, before.base, 0)), NOTCAPABLE, "never more");
    say!("fd_fdstat_set_rights: fewer, never more");
}

fn numbers(fd: u32) {
    for sync in [fd, DIR] {
        assert_eq!(call!(fd_sync(sync)), SUCCESS);
        assert_eq!(call!(fd_datasync(sync)), SUCCESS);
    }
    assert_eq!((call!(fd_sync(99)), call!(fd_datasync(99))), (BADF, BADF));
    say!("fd_sync: a file and a directory");
    say!("fd_datasync: a file and a directory");
    let other = open("new", 0, ALL, 0);
    let ino = fd_stat(fd).ino;
    assert_eq!(call!(fd_renumber(fd, other)), SUCCESS);
    assert_eq!((fd_stat(other).ino, call!(fd_sync(fd))), (ino, BADF));
    assert_eq!(call!(fd_renumber(other, 1000)), BADF);
    assert_eq!(call!(fd_renumber(99, other)), BADF);
    say!("fd_renumber: in the place of another, not of none");
    close(other);
    assert_eq!((call!(fd_close(other)), call!(fd_close(u32::MAX))), (BADF, BADF));
    assert_eq!(open("new", 0, FD_READ, 0), fd.min(other), "the lowest number that is free");
    say!("fd_close: once; the number is free again");
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    announced();
    opening();
    let fd = digits();
    positions(fd);
    sizes(fd);
    times(fd);
    flags_and_rights(fd);
    numbers(fd);
}
