//! Sockets. A guest has those that the embedder gives it, and the connections that it accepts. Without the feature
//! `sockets` there are none.

#[cfg(feature = "sockets")]
mod streams;
#[cfg(feature = "sockets")]
pub(crate) use streams::*;

/// The functions of sockets in a build without sockets: no descriptor is one.
#[cfg(not(feature = "sockets"))]
mod absent {
    use rustix::fd::BorrowedFd;
    use rustix::io::IoSlice;

    pub(crate) use {
        not_a_socket as sock_accept, not_a_socket as sock_recv, not_a_socket as sock_send,
        not_a_socket as sock_shutdown,
    };

    use crate::abi::filetype;
    use crate::call::Call;
    use crate::errno::Errno;

    /// Returns the type of an open socket, such as an inherited stream.
    pub(crate) fn filetype(_: BorrowedFd<'_>) -> u8 {
        filetype::SOCKET_DGRAM
    }

    /// Nothing is a socket, so this writes to a file.
    pub(crate) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>], _at_once: bool) -> rustix::io::Result<usize> {
        rustix::io::writev(fd, slices)
    }

    pub(crate) fn not_a_socket(call: &mut Call<'_>) -> Result<(), Errno> {
        call.descriptor(0)?;
        Err(Errno::NOTSOCK)
    }
}
#[cfg(not(feature = "sockets"))]
pub(crate) use absent::*;
