//! Where `wasi_unstable`, snapshot 0, differs: origins of `fd_seek`, the layouts of file attributes and of subscriptions.
#![no_std]
#![no_main]

use wasi_guests::*;

/// The older layout: links are counted in 32 bits.
#[repr(C)]
#[derive(Default, Clone, Copy)]
struct OldFilestat {
    dev: u64,
    ino: u64,
    filetype: u8,
    nlink: u32,
    size: u64,
    atim: u64,
    mtim: u64,
    ctim: u64,
    /// Not the host's to write.
    behind: u64,
}

/// The older layout: clocks have a second number of the guest's in front.
#[repr(C)]
#[derive(Clone, Copy)]
struct OldSubscription {
    userdata: u64,
    kind: u8,
    /// The number in front of a clock, or a descriptor.
    first: u64,
    clock: u32,
    timeout: u64,
    precision: u64,
    flags: u16,
}

fn file() -> u32 {
    let mut fd = 0u32;
    let path = "old";
    assert_eq!(old!(path_open(DIR, 0, path.as_ptr() as usize, path.len(), CREAT, ALL, 0, 0, at(&mut fd))), SUCCESS);
    let fd = *told(&mut fd);
    let iovec = Iovec::of(b"0123456789");
    let mut count = 0usize;
    assert_eq!(old!(fd_write(fd, &raw const iovec as usize, 1, at(&mut count))), SUCCESS);
    assert_eq!(*told(&mut count), 10);
    fd
}

fn seek(fd: u32) {
    let mut position = 0u64;
    let mut seek = |offset: i64, whence: u32| match old!(fd_seek(fd, offset, whence, at(&mut position))) {
        SUCCESS => Ok(*told(&mut position)),
        errno => Err(errno),
    };
    assert_eq!(seek(3, 2), Ok(3));
    assert_eq!(seek(2, 0), Ok(5));
    assert_eq!(seek(-1, 1), Ok(9));
    assert_eq!(seek(0, 3), Err(INVAL));
    say!("fd_seek: 0 is from here, 1 from the end, 2 from the start");
}

fn filestat(fd: u32) {
    let mut stat = OldFilestat { behind: 0x55, ..OldFilestat::default() };
    assert_eq!(old!(fd_filestat_get(fd, at(&mut stat))), SUCCESS);
    let by_fd = *told(&mut stat);
    assert_eq!((by_fd.filetype, by_fd.nlink, by_fd.size, by_fd.behind), (4, 1, 10, 0x55));
    let path = "old";
    assert_eq!(old!(path_filestat_get(DIR, 0, path.as_ptr() as usize, path.len(), at(&mut stat))), SUCCESS);
    let by_path = *told(&mut stat);
    assert_eq!((by_path.ino, by_path.size, by_path.mtim, by_path.behind), (by_fd.ino, 10, by_fd.mtim, 0x55));
    assert_eq!(old!(fd_filestat_set_times(fd, 1_000_000_001, 2_000_000_002, 1 | 4)), SUCCESS);
    assert_eq!(old!(fd_filestat_get(fd, at(&mut stat))), SUCCESS);
    assert_eq!((told(&mut stat).atim, stat.mtim), (1_000_000_001, 2_000_000_002));
    say!("fd_filestat_get: 56 bytes");
    say!("path_filestat_get: 56 bytes");
}

fn waiting() {
    let clock =
        OldSubscription { userdata: 1, kind: CLOCK, first: 99, clock: 1, timeout: 1_000_000, precision: 0, flags: 0 };
    let mut wanted = [clock, clock];
    let mut events = [Event::default(); 2];
    let mut count = 0usize;
    assert_eq!(old!(poll_oneoff(at(&mut wanted), at(&mut events), 1, at(&mut count))), SUCCESS);
    assert_eq!((*told(&mut count), told(&mut events)[0].userdata), (1, 1));
    wanted[0].timeout = 3_600_000_000_000;
    (wanted[1].userdata, wanted[1].kind, wanted[1].first) = (2, WRITE, 1);
    assert_eq!(old!(poll_oneoff(at(&mut wanted), at(&mut events), 2, at(&mut count))), SUCCESS);
    let first = told(&mut events)[0];
    assert_eq!((*told(&mut count), first.userdata, first.error, first.kind), (1, 2, 0, WRITE));
    say!("poll_oneoff: subscriptions of 56 bytes");
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let fd = file();
    seek(fd);
    filestat(fd);
    waiting();
    say!("proc_exit: with 3");
    old!(proc_exit(3))
}
