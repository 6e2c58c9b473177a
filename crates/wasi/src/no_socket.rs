//! What there is instead of sockets where they are left out: no descriptor is one.

use rustix::fd::BorrowedFd;
use rustix::io::IoSlice;

use crate::abi::filetype;
use crate::call::Call;
use crate::errno::Errno;

/// The type of an open socket, an inherited stream's for example.
pub(crate) fn filetype(_: BorrowedFd<'_>) -> u8 {
    filetype::SOCKET_DGRAM
}

/// Writes buffers, several at once.
pub(crate) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> rustix::io::Result<usize> {
    rustix::io::writev(fd, slices)
}

pub(crate) fn not_a_socket(call: &mut Call<'_>) -> Result<(), Errno> {
    call.cx.descriptors.get(call.u32(0), 0)?;
    Err(Errno::NOTSOCK)
}

pub(crate) use not_a_socket as sock_accept;
pub(crate) use not_a_socket as sock_recv;
pub(crate) use not_a_socket as sock_send;
pub(crate) use not_a_socket as sock_shutdown;
