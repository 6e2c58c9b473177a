//! Sockets: accepts connections and transfers bytes. A guest has the sockets that the embedder gives it, and the
//! connections that it accepts. It cannot make sockets or connect. Only stream sockets count as sockets here.

use alloc::sync::Arc;
use core::net::SocketAddr;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{IoSlice, retry_on_intr};
use rustix::net::{AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, SocketType};

use crate::abi::socket::{LISTENER, SOCK_ACCEPT, riflags, sdflags};
use crate::abi::{fdflags, filetype, rights};
use crate::blocking::{self, Receive};
use crate::call::Call;
use crate::context::{SetupError, WasiCtxBuilder};
use crate::descriptor::{Descriptor, Object};
use crate::errno::Errno;
use crate::interrupt::Unfinished;
use crate::iovecs::{Iovecs, Progress};

/// The maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// Makes a write to a closed connection an error, instead of a signal to the whole process.
#[cfg(not(target_vendor = "apple"))]
const NO_SIGPIPE: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NO_SIGPIPE: SendFlags = SendFlags::empty();

/// Makes sockets and accepts connections. Child processes do not inherit these descriptors.
#[cfg(target_os = "linux")]
mod host {
    use rustix::fd::{BorrowedFd, OwnedFd};
    use rustix::io::Result;
    use rustix::net::{AddressFamily, SocketFlags, SocketType};

    pub fn socket(family: AddressFamily) -> Result<OwnedFd> {
        rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)
    }

    pub fn accept(listener: BorrowedFd<'_>, nonblock: bool) -> Result<OwnedFd> {
        let nonblock = if nonblock { SocketFlags::NONBLOCK } else { SocketFlags::empty() };
        rustix::net::accept_with(listener, SocketFlags::CLOEXEC | nonblock)
    }
}

/// The same on systems where this takes several calls.
#[cfg(not(target_os = "linux"))]
mod host {
    use rustix::fd::{BorrowedFd, OwnedFd};
    use rustix::fs::OFlags;
    use rustix::io::{FdFlags, Result, fcntl_setfd};
    use rustix::net::{AddressFamily, SocketType};

    pub fn socket(family: AddressFamily) -> Result<OwnedFd> {
        let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
        fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
        Ok(socket)
    }

    pub fn accept(listener: BorrowedFd<'_>, nonblock: bool) -> Result<OwnedFd> {
        let socket = rustix::net::accept(listener)?;
        fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&socket, if nonblock { OFlags::NONBLOCK } else { OFlags::empty() })?;
        Ok(socket)
    }
}

/// Makes a socket that listens at this address.
fn listen(address: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = host::socket(family)?;
    // Otherwise a restarted server would have to wait until the system forgets the old connections.
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// Returns the type of an open socket.
pub(crate) fn filetype(fd: BorrowedFd<'_>) -> u8 {
    match rustix::net::sockopt::socket_type(fd) {
        Ok(SocketType::STREAM) => filetype::SOCKET_STREAM,
        _ => filetype::SOCKET_DGRAM,
    }
}

fn descriptor(socket: OwnedFd, base: u64, inheriting: u64, flags: u16) -> Descriptor {
    let filetype = filetype::SOCKET_STREAM;
    Descriptor { object: Object::File(Arc::new(socket)), base, inheriting, flags, filetype, preopen: None }
}

/// Returns the descriptor for a listening socket.
fn listener(socket: OwnedFd) -> Descriptor {
    let flags = flags(&socket);
    descriptor(socket, LISTENER, rights::CONNECTION, flags)
}

/// Returns the descriptor for a connection.
fn connection(socket: OwnedFd) -> Descriptor {
    let flags = flags(&socket);
    descriptor(socket, rights::CONNECTION, 0, flags)
}

impl WasiCtxBuilder {
    /// Gives the guest a listening socket. The guest may accept its connections.
    pub fn preopened_listener(mut self, socket: OwnedFd) -> WasiCtxBuilder {
        self.0.sockets.push(listener(socket));
        self
    }

    /// Gives the guest a connected stream socket. The guest may read from it, write to it and shut it down.
    pub fn preopened_connection(mut self, socket: OwnedFd) -> WasiCtxBuilder {
        self.0.sockets.push(connection(socket));
        self
    }

    /// Listens at an address for TCP connections, which the guest may accept. Errors: the host cannot listen there.
    pub fn tcp_listener(self, address: SocketAddr) -> Result<WasiCtxBuilder, SetupError> {
        let socket = listen(address).map_err(|errno| SetupError::Listen(errno.raw_os_error()))?;
        Ok(self.preopened_listener(socket))
    }
}

/// Returns the flags that an embedder's socket already has.
fn flags(socket: &OwnedFd) -> u16 {
    let nonblock = rustix::fs::fcntl_getfl(socket).is_ok_and(|flags| flags.contains(rustix::fs::OFlags::NONBLOCK));
    if nonblock { fdflags::NONBLOCK } else { 0 }
}

/// Sends several buffers in one call. If `at_once` is set, it does not wait for room.
pub(crate) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>], at_once: bool) -> rustix::io::Result<usize> {
    let flags = if at_once { NO_SIGPIPE | SendFlags::DONTWAIT } else { NO_SIGPIPE };
    rustix::net::sendmsg(fd, slices, &mut SendAncillaryBuffer::default(), flags)
}

/// Returns the socket that argument 0 names, which must have these rights.
fn socket(call: &Call<'_>, needed: u64) -> Result<(Arc<OwnedFd>, Descriptor), Errno> {
    let descriptor = call.descriptor(0)?;
    if descriptor.filetype != filetype::SOCKET_STREAM {
        return Err(Errno::NOTSOCK);
    }
    descriptor.require(needed)?;
    match &descriptor.object {
        Object::File(socket) => Ok((socket.clone(), descriptor)),
        _ => Err(Errno::NOTSOCK),
    }
}

pub(crate) fn sock_accept(call: &mut Call<'_>) -> Result<(), Errno> {
    let (listener, Descriptor { inheriting: base, .. }) = socket(call, SOCK_ACCEPT)?;
    let listener = listener.as_fd();
    let (flags, result) = (call.u16(1)?, call.u32(2));
    if flags & !fdflags::NONBLOCK != 0 {
        return Err(Errno::INVAL);
    }
    // Checked before accepting, since an accepted connection without a descriptor would be lost.
    call.memory.check(result, 4)?;
    call.descriptors().free()?;
    let process = call.cx.process.clone();
    let accepted = loop {
        let _taking = blocking::wait_for_connection(&mut call.cx.interrupts, &process.accepting, listener)?;
        match host::accept(listener, flags & fdflags::NONBLOCK != 0) {
            Err(rustix::io::Errno::INTR) => {}
            accepted => break accepted?,
        }
    };
    let fd = call.descriptors().insert(descriptor(accepted, base, 0, flags))?;
    call.memory.put_u32(result, fd)
}

/// Receives what is available into the buffers. Waits for the first byte only, or until all buffers are full with
/// `WAITALL`. With `PEEK`, fills only the first buffer, because a second call would return the same bytes.
pub(crate) fn sock_recv(call: &mut Call<'_>) -> Result<(), Errno> {
    let (socket, _) = socket(call, rights::FD_READ)?;
    let socket = socket.as_fd();
    let (flags, result, result_flags) = (call.u16(3)?, call.u32(4), call.u32(5));
    if flags & !(riflags::PEEK | riflags::WAITALL) != 0 {
        return Err(Errno::INVAL);
    }
    let (peek, wait_all) = (flags & riflags::PEEK != 0, flags & riflags::WAITALL != 0);
    let memory = &mut call.memory;
    memory.check(result, 4)?;
    memory.check(result_flags, 2)?;
    let iovecs = Iovecs::new(memory, call.args[1] as u32, call.args[2] as u32)?;
    let interrupts = &mut call.cx.interrupts;
    // How many bytes are in the buffers, if the call was interrupted and now continues.
    let mut received = match interrupts.resume(call.args, |it| matches!(it, Unfinished::Receive { .. })) {
        Some(Unfinished::Receive { received }) => received,
        _ => 0,
    };
    let mut progress = Progress(0);
    for i in 0..iovecs.count {
        let (at, len) = iovecs.get(memory, i)?;
        if len == 0 {
            continue;
        }
        if !progress.has_room(len) {
            break;
        }
        let mut flags = RecvFlags::empty();
        flags.set(RecvFlags::PEEK, peek);
        flags.set(RecvFlags::WAITALL, wait_all);
        flags.set(RecvFlags::DONTWAIT, !wait_all && progress.0 > 0);
        let mut recv = |buffer: &mut [u8], at_once: bool| {
            let flags = if at_once { flags | RecvFlags::DONTWAIT } else { flags };
            Ok(rustix::net::recv(socket, buffer, flags)?.0)
        };
        let waits = interrupts.is_active() && !flags.contains(RecvFlags::DONTWAIT);
        // The bytes that this buffer has already, of a call that continues.
        let before = received.min(len);
        received -= before;
        let mut interrupted = false;
        let done = memory.fill(at.wrapping_add(before), len - before, true, |buffer| {
            if !waits {
                return retry_on_intr(|| recv(&mut *buffer, false)).map_err(Errno::from);
            }
            let mut receive = Receive { socket, peek, wait_all, done: 0 };
            match receive.run(interrupts, buffer, &mut recv) {
                // What has come so far is the guest's, and the call may be made again.
                Err(Errno::INTERRUPTED) if !peek && progress.0 + before + receive.done as u32 > 0 => {
                    interrupted = true;
                    Ok(receive.done)
                }
                done => done,
            }
        });
        let done = match done {
            Ok(done) => Ok(before as usize + done),
            Err(_) if before > 0 => Ok(before as usize),
            error => error,
        };
        if interrupted {
            let received = progress.0 + done? as u32;
            return Err(interrupts.suspend(Errno::INTERRUPTED, call.args, Unfinished::Receive { received }));
        }
        if !progress.add(len, done)? || peek {
            break;
        }
    }
    // The only result flag says that data was truncated, which never happens to a stream.
    memory.put(result_flags, &[0, 0])?;
    memory.put_u32(result, progress.0)
}

/// Sends like `fd_write`. WASI defines no flags for it.
pub(crate) fn sock_send(call: &mut Call<'_>) -> Result<(), Errno> {
    socket(call, rights::FD_WRITE)?;
    if call.u32(3) != 0 {
        return Err(Errno::INVAL);
    }
    crate::file::write(call, None, 4)
}

pub(crate) fn sock_shutdown(call: &mut Call<'_>) -> Result<(), Errno> {
    let (socket, _) = socket(call, rights::SOCK_SHUTDOWN)?;
    let how = match call.u32(1) {
        sdflags::RD => Shutdown::Read,
        sdflags::WR => Shutdown::Write,
        sdflags::BOTH => Shutdown::Both,
        _ => return Err(Errno::INVAL),
    };
    Ok(rustix::net::shutdown(socket.as_fd(), how)?)
}
