//! Sockets: a guest has those that the embedder gives it, and what they accept. Without the feature `sockets` there are none, and no
//! descriptor is one.

#[cfg(feature = "sockets")]
mod streams;

#[cfg(feature = "sockets")]
pub(crate) use streams::*;

/// The type of an open socket, an inherited stream's for example.
#[cfg(not(feature = "sockets"))]
pub(crate) fn filetype(_: rustix::fd::BorrowedFd<'_>) -> u8 {
    crate::abi::filetype::SOCKET_DGRAM
}

/// Writes to what is no socket.
#[cfg(not(feature = "sockets"))]
pub(crate) use rustix::io::writev as write;

#[cfg(not(feature = "sockets"))]
pub(crate) fn not_a_socket(call: &mut crate::call::Call<'_>) -> Result<(), crate::errno::Errno> {
    call.cx.descriptors.get(call.u32(0), 0)?;
    Err(crate::errno::Errno::NOTSOCK)
}
#[cfg(not(feature = "sockets"))]
pub(crate) use {
    not_a_socket as sock_accept, not_a_socket as sock_recv, not_a_socket as sock_send, not_a_socket as sock_shutdown,
};
