//! The numbers and layouts of WASI (its `witx` types). Offsets and sizes are in bytes. Everything is little-endian.

/// A version of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Snapshot {
    /// `wasi_unstable`.
    Zero,
    /// `wasi_snapshot_preview1`.
    One,
}

/// Rights: what a descriptor may be used for, as a set of bits.
pub(crate) mod rights {
    pub const FD_DATASYNC: u64 = 1 << 0;
    pub const FD_READ: u64 = 1 << 1;
    pub const FD_SEEK: u64 = 1 << 2;
    pub const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub const FD_SYNC: u64 = 1 << 4;
    pub const FD_TELL: u64 = 1 << 5;
    pub const FD_WRITE: u64 = 1 << 6;
    pub const FD_ADVISE: u64 = 1 << 7;
    pub const FD_ALLOCATE: u64 = 1 << 8;
    pub const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub const PATH_CREATE_FILE: u64 = 1 << 10;
    pub const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub const PATH_LINK_TARGET: u64 = 1 << 12;
    pub const PATH_OPEN: u64 = 1 << 13;
    pub const FD_READDIR: u64 = 1 << 14;
    pub const PATH_READLINK: u64 = 1 << 15;
    pub const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub const FD_FILESTAT_GET: u64 = 1 << 21;
    pub const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub const PATH_SYMLINK: u64 = 1 << 24;
    pub const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub const POLL_FD_READWRITE: u64 = 1 << 27;
    pub const SOCK_SHUTDOWN: u64 = 1 << 28;

    /// The rights of streams: terminals, pipes, the embedder's readers and writers.
    pub const STREAM: u64 = FD_READ | FD_WRITE | FD_SYNC | FD_DATASYNC | FD_FILESTAT_GET | POLL_FD_READWRITE;
    /// The rights of connections.
    pub const CONNECTION: u64 = STREAM | FD_FDSTAT_SET_FLAGS | SOCK_SHUTDOWN;
    /// The rights of files.
    pub const FILE: u64 = STREAM
        | FD_SEEK
        | FD_TELL
        | FD_FDSTAT_SET_FLAGS
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES;
    /// The rights of directories that change nothing.
    pub const DIRECTORY_READ: u64 = FD_SYNC
        | FD_DATASYNC
        | FD_FDSTAT_SET_FLAGS
        | FD_ADVISE
        | FD_READDIR
        | FD_FILESTAT_GET
        | PATH_OPEN
        | PATH_READLINK
        | PATH_FILESTAT_GET
        | POLL_FD_READWRITE;
    /// The rights of directories.
    pub const DIRECTORY: u64 = DIRECTORY_READ
        | FD_FILESTAT_SET_TIMES
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE;
    /// The rights of files that change nothing.
    pub const FILE_READ: u64 = FILE & !(FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES);
}

/// Kinds of files.
pub(crate) mod filetype {
    pub const UNKNOWN: u8 = 0;
    pub const BLOCK_DEVICE: u8 = 1;
    pub const CHARACTER_DEVICE: u8 = 2;
    pub const DIRECTORY: u8 = 3;
    pub const REGULAR_FILE: u8 = 4;
    pub const SOCKET_DGRAM: u8 = 5;
    pub const SOCKET_STREAM: u8 = 6;
    pub const SYMBOLIC_LINK: u8 = 7;
}

/// Flags of an open file.
pub(crate) mod fdflags {
    pub const APPEND: u16 = 1;
    pub const DSYNC: u16 = 2;
    pub const NONBLOCK: u16 = 4;
    pub const RSYNC: u16 = 8;
    pub const SYNC: u16 = 16;
}

/// Flags for opening.
pub(crate) mod oflags {
    pub const CREAT: u16 = 1;
    pub const DIRECTORY: u16 = 2;
    pub const EXCL: u16 = 4;
    pub const TRUNC: u16 = 8;
}

/// Definitions that only the functions of sockets need.
#[cfg(feature = "sockets")]
pub(crate) mod socket {
    use super::rights::{FD_FDSTAT_SET_FLAGS, FD_FILESTAT_GET, FD_READ, POLL_FD_READWRITE};

    /// The right to accept connections.
    pub const SOCK_ACCEPT: u64 = 1 << 29;
    /// The rights of listening sockets. A guest polls for a connection as for bytes to read.
    pub const LISTENER: u64 = FD_READ | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_ACCEPT;

    /// Flags for receiving.
    pub mod riflags {
        pub const PEEK: u16 = 1;
        pub const WAITALL: u16 = 2;
    }

    /// The directions of a connection to close.
    pub mod sdflags {
        pub const RD: u32 = 1;
        pub const WR: u32 = 2;
        pub const BOTH: u32 = RD | WR;
    }
}

/// The lookup flag that follows a symbolic link at the end of a path.
pub(crate) const LOOKUP_SYMLINK_FOLLOW: u32 = 1;

/// Flags for setting times: which ones, and whether to the current time.
pub(crate) mod fstflags {
    pub const ATIM: u16 = 1;
    pub const ATIM_NOW: u16 = 2;
    pub const MTIM: u16 = 4;
    pub const MTIM_NOW: u16 = 8;
}

/// The numbers of the clocks.
pub(crate) mod clock {
    pub const REALTIME: u32 = 0;
    pub const MONOTONIC: u32 = 1;
    pub const PROCESS_CPUTIME: u32 = 2;
    pub const THREAD_CPUTIME: u32 = 3;
}

/// Kinds, flags and the layout of the events of `poll_oneoff`.
pub(crate) mod event {
    pub const CLOCK: u8 = 0;
    pub const FD_READ: u8 = 1;
    pub const FD_WRITE: u8 = 2;
    /// The timeout is a point in time, not a duration.
    pub const CLOCK_ABSTIME: u16 = 1;
    /// The other end has hung up.
    pub const HANGUP: u16 = 1;

    pub const SIZE: usize = 32;
    pub const USERDATA: usize = 0;
    pub const ERROR: usize = 8;
    pub const TYPE: usize = 10;
    pub const NBYTES: usize = 16;
    pub const FLAGS: usize = 24;
}

/// The layout of a subscription.
pub(crate) struct Subscription {
    pub size: usize,
    pub clock_id: usize,
    pub timeout: usize,
    pub clock_flags: usize,
}

impl Subscription {
    pub const USERDATA: usize = 0;
    pub const TYPE: usize = 8;
    pub const FD: usize = 16;

    /// Returns the layout of this version. Snapshot 0 has one more member, a second userdata, in front of the clock's
    /// id.
    pub fn layout(snapshot: Snapshot) -> Subscription {
        match snapshot {
            Snapshot::Zero => Subscription { size: 56, clock_id: 24, timeout: 32, clock_flags: 48 },
            Snapshot::One => Subscription { size: 48, clock_id: 16, timeout: 24, clock_flags: 40 },
        }
    }
}

/// The status of a file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    /// Nanoseconds since 1970, like the other times.
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

impl Filestat {
    /// Returns the bytes, and how many of them this version has.
    pub fn to_bytes(self, snapshot: Snapshot) -> ([u8; 64], usize) {
        let mut bytes = [0; 64];
        let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        put(0, self.dev);
        put(8, self.ino);
        // Snapshot 0 counts links in 32 bits, in the padding behind the type.
        let rest = match snapshot {
            Snapshot::Zero => {
                put(16, u64::from(self.filetype) | u64::from(self.nlink as u32) << 32);
                24
            }
            Snapshot::One => {
                put(16, u64::from(self.filetype));
                put(24, self.nlink);
                32
            }
        };
        for (i, value) in [self.size, self.atim, self.mtim, self.ctim].into_iter().enumerate() {
            put(rest + 8 * i, value);
        }
        (bytes, rest + 32)
    }
}

/// The size of an iovec: an address and a length.
pub(crate) const IOVEC_SIZE: u32 = 8;
/// The maximum number of iovecs in a call, as on POSIX systems.
pub(crate) const IOVECS_MAX: u32 = 1024;
/// The size of an `fdstat`.
pub(crate) const FDSTAT_SIZE: u32 = 24;
/// The size of a `prestat`.
pub(crate) const PRESTAT_SIZE: u32 = 8;
/// The size of a `dirent`, which precedes each name in the results of `fd_readdir`.
pub(crate) const DIRENT_SIZE: usize = 24;
