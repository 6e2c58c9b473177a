//! Errors of the operating system.

use core::ffi::{CStr, c_char, c_int};
use core::fmt;

use rustix::io::Errno;

/// An error of the operating system, as its `errno`. `Display` prints the system's message for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error(pub i32);

impl Error {
    /// Returns whether the file does not exist.
    pub fn is_not_found(self) -> bool {
        self.0 == Errno::NOENT.raw_os_error()
    }

    /// Returns whether the error is that the file is a directory.
    pub fn is_directory(self) -> bool {
        self.0 == Errno::ISDIR.raw_os_error()
    }

    /// Returns whether nobody reads the other end of the pipe.
    pub fn is_broken_pipe(self) -> bool {
        self.0 == Errno::PIPE.raw_os_error()
    }
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Error {
        Error(errno.raw_os_error())
    }
}

unsafe extern "C" {
    /// The function of POSIX. In glibc this is its name; the plain name is a GNU function with another signature.
    #[cfg_attr(target_os = "linux", link_name = "__xpg_strerror_r")]
    fn strerror_r(errno: c_int, buffer: *mut c_char, len: usize) -> c_int;
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; 128];
        // The call gets one byte less, so the last byte stays 0 whatever it writes.
        let len = buffer.len() - 1;
        // SAFETY: `strerror_r` writes at most `len` bytes, and `buffer` is longer.
        unsafe { strerror_r(self.0, buffer.as_mut_ptr().cast(), len) };
        let text = CStr::from_bytes_until_nul(&buffer).ok().and_then(|text| text.to_str().ok());
        write!(f, "{} (os error {})", text.unwrap_or_default(), i64::from(self.0))
    }
}
