//! Error numbers of WASI, and their mapping from the host's.

/// An error number of WASI. An embedder's readers, writers and sources of random bytes return it, and the guest gets
/// it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub(crate) u16);

macro_rules! errnos {
    ($($name:ident = $number:literal $(<- $($host:ident)|+)?;)*) => {
        impl Errno {
            $(#[doc = concat!("`", stringify!($name), "` of WASI, ", stringify!($number), ".")]
            pub const $name: Errno = Errno($number);)*
        }
        /// The host's error numbers, with those of WASI.
        static FROM_HOST: &[(rustix::io::Errno, Errno)] = &[$($($((rustix::io::Errno::$host, Errno::$name),)+)?)*];
    };
}

errnos! {
    SUCCESS = 0;
    TOOBIG = 1 <- TOOBIG;
    ACCES = 2 <- ACCESS;
    ADDRINUSE = 3 <- ADDRINUSE;
    ADDRNOTAVAIL = 4 <- ADDRNOTAVAIL;
    AGAIN = 6 <- AGAIN;
    BADF = 8 <- BADF;
    BUSY = 10 <- BUSY;
    CONNABORTED = 13 <- CONNABORTED;
    CONNREFUSED = 14 <- CONNREFUSED;
    CONNRESET = 15 <- CONNRESET;
    DEADLK = 16 <- DEADLK;
    DQUOT = 19 <- DQUOT;
    EXIST = 20 <- EXIST;
    FAULT = 21 <- FAULT;
    FBIG = 22 <- FBIG;
    HOSTUNREACH = 23 <- HOSTUNREACH;
    ILSEQ = 25 <- ILSEQ;
    INTR = 27 <- INTR;
    INVAL = 28 <- INVAL;
    IO = 29 <- IO;
    ISDIR = 31 <- ISDIR;
    LOOP = 32 <- LOOP;
    MFILE = 33 <- MFILE;
    MLINK = 34 <- MLINK;
    NAMETOOLONG = 37 <- NAMETOOLONG;
    NETDOWN = 38 <- NETDOWN;
    NETRESET = 39 <- NETRESET;
    NETUNREACH = 40 <- NETUNREACH;
    NFILE = 41 <- NFILE;
    NOBUFS = 42 <- NOBUFS;
    NODEV = 43 <- NODEV;
    NOENT = 44 <- NOENT;
    NOLCK = 46 <- NOLCK;
    NOMEM = 48 <- NOMEM;
    NOSPC = 51 <- NOSPC;
    NOSYS = 52 <- NOSYS;
    NOTCONN = 53 <- NOTCONN;
    NOTDIR = 54 <- NOTDIR;
    NOTEMPTY = 55 <- NOTEMPTY;
    NOTSOCK = 57 <- NOTSOCK;
    NOTSUP = 58 <- OPNOTSUPP;
    NOTTY = 59 <- NOTTY;
    NXIO = 60 <- NXIO;
    OVERFLOW = 61 <- OVERFLOW;
    PERM = 63 <- PERM;
    PIPE = 64 <- PIPE;
    RANGE = 68 <- RANGE;
    ROFS = 69 <- ROFS;
    SPIPE = 70 <- SPIPE;
    STALE = 72 <- STALE;
    TIMEDOUT = 73 <- TIMEDOUT;
    TXTBSY = 74 <- TXTBSY;
    XDEV = 75 <- XDEV;
    NOTCAPABLE = 76;
}

impl Errno {
    /// An interruption of the store stopped the call, which has not done anything. No guest gets this number.
    pub(crate) const INTERRUPTED: Errno = Errno(u16::MAX);
}

impl From<rustix::io::Errno> for Errno {
    #[cold]
    fn from(host: rustix::io::Errno) -> Errno {
        FROM_HOST.iter().find(|(theirs, _)| *theirs == host).map_or(Errno::IO, |&(_, ours)| ours)
    }
}

#[cfg(any(feature = "std", not(target_os = "linux")))]
impl From<std::io::Error> for Errno {
    #[cold]
    fn from(error: std::io::Error) -> Errno {
        use std::io::ErrorKind;

        if let Some(host) = error.raw_os_error() {
            return rustix::io::Errno::from_raw_os_error(host).into();
        }
        // Errors without a number come from the embedder's readers and writers, and from cap-std. A path that leads out
        // of its directory is `PermissionDenied` in cap-std.
        match error.kind() {
            ErrorKind::PermissionDenied => Errno::PERM,
            ErrorKind::NotFound => Errno::NOENT,
            ErrorKind::AlreadyExists => Errno::EXIST,
            ErrorKind::InvalidInput => Errno::INVAL,
            ErrorKind::WouldBlock => Errno::AGAIN,
            ErrorKind::Interrupted => Errno::INTR,
            ErrorKind::BrokenPipe => Errno::PIPE,
            ErrorKind::StorageFull => Errno::NOSPC,
            ErrorKind::Unsupported => Errno::NOTSUP,
            _ => Errno::IO,
        }
    }
}
