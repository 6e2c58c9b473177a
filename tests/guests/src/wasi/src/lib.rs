//! What the guests that try WASI share: its functions as they are, and a way to say what was found. No standard library, so that
//! a guest imports the functions that it calls by itself, and no others.
#![no_std]

use core::fmt::{self, Write};

/// The functions with their parameters, as the interface's definition has them. `usize` is an address or a length in memory.
macro_rules! functions {
    ($($name:ident($($param:ident: $ty:ty),*);)*) => {
        /// The functions of `wasi_snapshot_preview1`. They return error numbers.
        pub mod preview1 {
            #[link(wasm_import_module = "wasi_snapshot_preview1")]
            unsafe extern "C" {
                $(pub fn $name($($param: $ty),*) -> i32;)*
                pub fn sock_accept(fd: u32, flags: u32, result: usize) -> i32;
                pub fn proc_exit(code: u32) -> !;
            }
        }
        /// The functions of `wasi_unstable`, snapshot 0.
        pub mod unstable {
            #[link(wasm_import_module = "wasi_unstable")]
            unsafe extern "C" {
                $(pub fn $name($($param: $ty),*) -> i32;)*
                pub fn proc_exit(code: u32) -> !;
            }
        }
    };
}

functions! {
    args_get(table: usize, buffer: usize);
    args_sizes_get(count: usize, bytes: usize);
    environ_get(table: usize, buffer: usize);
    environ_sizes_get(count: usize, bytes: usize);
    clock_res_get(clock: u32, result: usize);
    clock_time_get(clock: u32, precision: u64, result: usize);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, result: usize);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    fd_filestat_get(fd: u32, result: usize);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32);
    fd_pread(fd: u32, iovecs: usize, count: usize, offset: u64, result: usize);
    fd_prestat_get(fd: u32, result: usize);
    fd_prestat_dir_name(fd: u32, buffer: usize, len: usize);
    fd_pwrite(fd: u32, iovecs: usize, count: usize, offset: u64, result: usize);
    fd_read(fd: u32, iovecs: usize, count: usize, result: usize);
    fd_readdir(fd: u32, buffer: usize, len: usize, cookie: u64, result: usize);
    fd_renumber(from: u32, to: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, result: usize);
    fd_sync(fd: u32);
    fd_tell(fd: u32, result: usize);
    fd_write(fd: u32, iovecs: usize, count: usize, result: usize);
    path_create_directory(fd: u32, path: usize, len: usize);
    path_filestat_get(fd: u32, lookup: u32, path: usize, len: usize, result: usize);
    path_filestat_set_times(fd: u32, lookup: u32, path: usize, len: usize, atim: u64, mtim: u64, flags: u32);
    path_link(fd: u32, lookup: u32, path: usize, len: usize, to_fd: u32, to_path: usize, to_len: usize);
    path_open(fd: u32, lookup: u32, path: usize, len: usize, oflags: u32, base: u64, inheriting: u64, fdflags: u32, result: usize);
    path_readlink(fd: u32, path: usize, len: usize, buffer: usize, buffer_len: usize, result: usize);
    path_remove_directory(fd: u32, path: usize, len: usize);
    path_rename(fd: u32, path: usize, len: usize, to_fd: u32, to_path: usize, to_len: usize);
    path_symlink(text: usize, text_len: usize, fd: u32, path: usize, len: usize);
    path_unlink_file(fd: u32, path: usize, len: usize);
    poll_oneoff(subscriptions: usize, events: usize, count: usize, result: usize);
    proc_raise(signal: u32);
    sched_yield();
    random_get(buffer: usize, len: usize);
    sock_recv(fd: u32, iovecs: usize, count: usize, flags: u32, result: usize, result_flags: usize);
    sock_send(fd: u32, iovecs: usize, count: usize, flags: u32, result: usize);
    sock_shutdown(fd: u32, how: u32);
}

pub const SUCCESS: i32 = 0;
pub const AGAIN: i32 = 6;
pub const BADF: i32 = 8;
pub const EXIST: i32 = 20;
pub const FAULT: i32 = 21;
pub const ILSEQ: i32 = 25;
pub const INVAL: i32 = 28;
pub const ISDIR: i32 = 31;
pub const LOOP: i32 = 32;
pub const NOENT: i32 = 44;
pub const NOTCONN: i32 = 53;
pub const NOTDIR: i32 = 54;
pub const NOTEMPTY: i32 = 55;
pub const NOTSOCK: i32 = 57;
pub const NOTSUP: i32 = 58;
pub const PERM: i32 = 63;
pub const SPIPE: i32 = 70;
pub const NOTCAPABLE: i32 = 76;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_TELL: u64 = 1 << 5;
pub const FD_WRITE: u64 = 1 << 6;
pub const ALL: u64 = u64::MAX;

pub const CREAT: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCL: u32 = 4;
pub const TRUNC: u32 = 8;

/// The first preopened directory.
pub const DIR: u32 = 3;

/// A buffer of a call; nothing in it moves while the guest calls.
#[repr(C)]
pub struct Iovec {
    at: usize,
    len: usize,
}

impl Iovec {
    pub fn of(bytes: &[u8]) -> Iovec {
        Iovec { at: bytes.as_ptr() as usize, len: bytes.len() }
    }

    pub fn filled(bytes: &mut [u8]) -> Iovec {
        Iovec { at: bytes.as_mut_ptr() as usize, len: bytes.len() }
    }
}

/// Where a value is, for a call to read or write it.
pub fn at<T: ?Sized>(value: &mut T) -> usize {
    core::ptr::from_mut(value).cast::<u8>() as usize
}

/// Makes a call of `preview1`; whatever its number is, it is the value.
#[macro_export]
macro_rules! call {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: addresses are of buffers that outlive the call, or wrong on purpose, which the host has to find out.
        unsafe { $crate::preview1::$name($($arg),*) }
    };
}

/// The same of `wasi_unstable`.
#[macro_export]
macro_rules! old {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: as above.
        unsafe { $crate::unstable::$name($($arg),*) }
    };
}

/// Standard output.
pub struct Out;

impl Write for Out {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while !text.is_empty() {
            let iovec = Iovec::of(text.as_bytes());
            let mut written = 0usize;
            if call!(fd_write(1, &raw const iovec as usize, 1, at(&mut written))) != SUCCESS {
                return Err(fmt::Error);
            }
            core::hint::black_box(&mut written);
            text = &text[written..];
        }
        Ok(())
    }
}

/// Prints a line: what a function was found to do.
#[macro_export]
macro_rules! say {
    ($($arg:tt)*) => {
        core::fmt::Write::write_fmt(&mut $crate::Out, format_args!("{}\n", format_args!($($arg)*))).expect("standard output")
    };
}

/// What the host wrote to a value.
pub fn told<T>(value: &mut T) -> &T {
    core::hint::black_box(value)
}

/// Opens a path in the first directory, following links.
#[track_caller]
pub fn open(path: &str, oflags: u32, rights: u64, fdflags: u32) -> u32 {
    let mut fd = 0u32;
    let errno = try_open(DIR, path, oflags, rights, fdflags, &mut fd);
    assert_eq!(errno, SUCCESS, "{path}");
    fd
}

/// The same in any, where it may fail.
pub fn try_open(dir: u32, path: &str, oflags: u32, rights: u64, fdflags: u32, fd: &mut u32) -> i32 {
    let errno = call!(path_open(dir, 1, path.as_ptr() as usize, path.len(), oflags, rights, rights, fdflags, at(fd)));
    told(fd);
    errno
}

/// Reads; how many bytes that were.
#[track_caller]
pub fn read(fd: u32, bytes: &mut [u8]) -> usize {
    let iovec = Iovec::filled(bytes);
    let mut count = 0usize;
    assert_eq!(call!(fd_read(fd, &raw const iovec as usize, 1, at(&mut count))), SUCCESS);
    told(&mut &mut *bytes);
    *told(&mut count)
}

/// Writes all.
#[track_caller]
pub fn write(fd: u32, bytes: &[u8]) {
    let iovec = Iovec::of(bytes);
    let mut count = 0usize;
    assert_eq!(call!(fd_write(fd, &raw const iovec as usize, 1, at(&mut count))), SUCCESS);
    assert_eq!(*told(&mut count), bytes.len());
}

/// Where a descriptor is in its file.
#[track_caller]
pub fn tell(fd: u32) -> u64 {
    let mut position = 0u64;
    assert_eq!(call!(fd_tell(fd, at(&mut position))), SUCCESS);
    *told(&mut position)
}

#[track_caller]
pub fn close(fd: u32) {
    assert_eq!(call!(fd_close(fd)), SUCCESS);
}

/// What is known of a file; as `wasi_snapshot_preview1` has it.
#[repr(C)]
#[derive(Default, Clone, Copy)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

#[track_caller]
pub fn stat(path: &str, lookup: u32) -> Filestat {
    let mut stat = Filestat::default();
    assert_eq!(
        call!(path_filestat_get(DIR, lookup, path.as_ptr() as usize, path.len(), at(&mut stat))),
        SUCCESS,
        "{path}"
    );
    *told(&mut stat)
}

#[track_caller]
pub fn fd_stat(fd: u32) -> Filestat {
    let mut stat = Filestat::default();
    assert_eq!(call!(fd_filestat_get(fd, at(&mut stat))), SUCCESS);
    *told(&mut stat)
}

#[repr(C)]
#[derive(Default, Clone, Copy)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub base: u64,
    pub inheriting: u64,
}

#[track_caller]
pub fn fdstat(fd: u32) -> Fdstat {
    let mut stat = Fdstat::default();
    assert_eq!(call!(fd_fdstat_get(fd, at(&mut stat))), SUCCESS);
    *told(&mut stat)
}

/// A subscription of `poll_oneoff`, to a clock or a descriptor.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Subscription {
    pub userdata: u64,
    pub kind: u8,
    /// Clock or descriptor, a number of 32 bits.
    pub of: u64,
    pub timeout: u64,
    pub precision: u64,
    pub flags: u16,
}

#[repr(C)]
#[derive(Default, Clone, Copy, Debug)]
pub struct Event {
    pub userdata: u64,
    pub error: u16,
    pub kind: u8,
    pub nbytes: u64,
    pub flags: u16,
}

pub const CLOCK: u8 = 0;
pub const READ: u8 = 1;
pub const WRITE: u8 = 2;

impl Subscription {
    pub fn clock(userdata: u64, clock: u32, timeout: u64, absolute: bool) -> Subscription {
        Subscription { userdata, kind: CLOCK, of: clock.into(), timeout, precision: 0, flags: absolute.into() }
    }

    pub fn fd(userdata: u64, kind: u8, fd: u32) -> Subscription {
        Subscription { userdata, kind, of: fd.into(), timeout: 0, precision: 0, flags: 0 }
    }
}

/// Waits; which events there were.
#[track_caller]
pub fn poll<'e>(subscriptions: &mut [Subscription], events: &'e mut [Event]) -> &'e [Event] {
    let mut count = 0usize;
    let number = subscriptions.len();
    assert!(events.len() >= number);
    assert_eq!(call!(poll_oneoff(at(subscriptions), at(events), number, at(&mut count))), SUCCESS);
    &core::hint::black_box(events)[..*told(&mut count)]
}

/// Nanoseconds of a clock.
#[track_caller]
pub fn now(clock: u32) -> u64 {
    let mut time = 0u64;
    assert_eq!(call!(clock_time_get(clock, 1, at(&mut time))), SUCCESS);
    *told(&mut time)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = write!(Out, "{info}\n");
    core::arch::wasm32::unreachable()
}

/// Comparing slices calls this; there is no C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    for i in 0..len {
        // SAFETY: the caller's.
        let (a, b) = unsafe { (*a.add(i), *b.add(i)) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}
