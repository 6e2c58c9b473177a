//! Sockets: a guest has those that the embedder gives it, and what they accept. Without the feature `sockets` there are none, and no
//! descriptor is one.

#[cfg(feature = "sockets")]
mod streams;
#[cfg(feature = "sockets")]
pub(crate) use streams::*;

/// The functions of sockets in a build without them: no descriptor is one.
#[cfg(not(feature = "sockets"))]
mod absent {
    use rustix::fd::BorrowedFd;
    /// Writes to what is no socket.
    pub(crate) use rustix::io::writev as write;

    pub(crate) use {
        not_a_socket as sock_accept, not_a_socket as sock_recv, not_a_socket as sock_send,
        not_a_socket as sock_shutdown,
    };

    use crate::abi::filetype;
    use crate::call::Call;
    use crate::errno::Errno;

    /// The type of an open socket, an inherited stream's for example.
    pub(crate) fn filetype(_: BorrowedFd<'_>) -> u8 {
        filetype::SOCKET_DGRAM
    }

    pub(crate) fn not_a_socket(call: &mut Call<'_>) -> Result<(), Errno> {
        call.cx.descriptors.get(call.u32(0), 0)?;
        Err(Errno::NOTSOCK)
    }
}
#[cfg(not(feature = "sockets"))]
pub(crate) use absent::*;
