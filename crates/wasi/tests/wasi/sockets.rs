//! Sockets that the embedder hands over, and the connections that they accept.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use wasmote_wasi::{DirAccess, SetupError, WasiCtx};

use crate::guest::*;
use crate::time::{poll, subscribe_clock, subscribe_fd};

const SOCKET_STREAM: u8 = 6;
const NONBLOCK: u64 = 4;
const PEEK: u64 = 1;
const WAITALL: u64 = 2;
const WR: u64 = 2;

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Returns a guest with a connection as descriptor 3, and the other end.
fn connected() -> (Guest, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Guest::new(WasiCtx::builder().preopened_connection(theirs.into())), ours)
}

fn accept(guest: &mut Guest, fd: u64, flags: u64) -> Result<u64, u16> {
    match guest.call("sock_accept", &[fd, flags, 0x900]) {
        SUCCESS => Ok(u64::from(guest.u32(0x900))),
        errno => Err(errno),
    }
}

/// Receives into adjacent buffers of these lengths. Returns the bytes or the errno.
fn recv(guest: &mut Guest, fd: u64, lens: &[u32], flags: u64) -> Result<Vec<u8>, u16> {
    let mut at = 0x4000;
    for (i, len) in lens.iter().enumerate() {
        guest.put(0x800 + 8 * i, &u32::to_le_bytes(at));
        guest.put(0x804 + 8 * i, &len.to_le_bytes());
        at += len;
    }
    match guest.call("sock_recv", &[fd, 0x800, lens.len() as u64, flags, 0x904, 0x908]) {
        SUCCESS => {
            assert_eq!(guest.get(0x908, 2), [0, 0], "flags of the result");
            let len = guest.u32(0x904) as usize;
            Ok(guest.get(0x4000, len))
        }
        errno => Err(errno),
    }
}

fn send(guest: &mut Guest, fd: u64, bytes: &[u8]) -> Result<u32, u16> {
    guest.put(0x4000, bytes);
    guest.iovec(0x4000, bytes.len() as u32);
    match guest.call("sock_send", &[fd, 0x800, 1, 0, 0x904]) {
        SUCCESS => Ok(guest.u32(0x904)),
        errno => Err(errno),
    }
}

#[test]
fn a_client_is_accepted_and_served() {
    let (listener, address) = listener();
    let client = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"request").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let mut guest = Guest::new(WasiCtx::builder().preopened_listener(listener.into()));
    let fd = accept(&mut guest, 3, 0).unwrap();
    assert_eq!(fd, 4);
    for fd in [3, fd] {
        guest.ok("fd_fdstat_get", &[fd, 0xa00]);
        assert_eq!(guest.get(0xa00, 1), [SOCKET_STREAM]);
        guest.ok("fd_filestat_get", &[fd, 0xa00]);
        assert_eq!(guest.get(0xa10, 1), [SOCKET_STREAM]);
        assert_eq!(guest.call("fd_seek", &[fd, 0, 0, 0x900]), SPIPE);
    }
    assert_eq!(recv(&mut guest, fd, &[3, 0, 20], WAITALL).unwrap(), b"request");
    assert_eq!(recv(&mut guest, fd, &[20], 0).unwrap(), b"", "the end");
    assert_eq!(send(&mut guest, fd, b"ans"), Ok(3));
    assert_eq!(guest.write(fd, b"wer"), Ok(3));
    guest.ok("sock_shutdown", &[fd, WR]);
    assert_eq!(client.join().unwrap(), "answer");
    assert_eq!(send(&mut guest, fd, b"more"), Err(PIPE));
    assert_eq!(guest.write(fd, b"more"), Err(PIPE));
    guest.ok("fd_close", &[fd]);
    assert_eq!(recv(&mut guest, fd, &[1], 0), Err(BADF));
}

#[test]
fn sockets_stand_behind_the_directories() {
    let folder = Folder::new();
    let (listener, _) = listener();
    let builder = WasiCtx::builder().preopened_listener(listener.into());
    let mut guest = Guest::new(builder.preopened_dir(folder.path(), "/", DirAccess::ReadOnly).unwrap());
    guest.ok("fd_prestat_get", &[3, 0x900]);
    assert_eq!(guest.call("fd_prestat_get", &[4, 0x900]), BADF, "where guests stop looking for directories");
    guest.ok("fd_fdstat_get", &[4, 0xa00]);
    assert_eq!(guest.get(0xa00, 1), [SOCKET_STREAM]);
    let [at, len] = guest.path("file");
    assert_eq!(guest.call("path_unlink_file", &[4, at, len]), NOTDIR);
    assert_eq!(guest.call("sock_accept", &[3, 0, 0x900]), NOTSOCK);
}

#[test]
fn nonblocking_sockets_do_not_wait() {
    let (listener, address) = listener();
    listener.set_nonblocking(true).unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopened_listener(listener.into()));
    guest.ok("fd_fdstat_get", &[3, 0xa00]);
    assert_eq!(guest.get(0xa02, 2), [NONBLOCK as u8, 0]);
    assert_eq!(accept(&mut guest, 3, 0), Err(AGAIN));
    assert_eq!(accept(&mut guest, 3, 1), Err(INVAL), "a flag that files have");
    subscribe_clock(&mut guest, 0, 1, 1_000_000, false);
    subscribe_fd(&mut guest, 1, 1, 3);
    assert_eq!(poll(&mut guest, 2), [(0, 0, 0)], "time passes, and nobody comes");

    let mut client = TcpStream::connect(address).unwrap();
    subscribe_clock(&mut guest, 0, 1, 3_600_000_000_000, false);
    assert_eq!(poll(&mut guest, 2), [(1, 0, 1)]);
    let fd = accept(&mut guest, 3, NONBLOCK).unwrap();
    assert_eq!(recv(&mut guest, fd, &[4], 0), Err(AGAIN));
    assert_eq!(guest.read(fd, 4), Err(AGAIN));
    client.write_all(b"hello").unwrap();
    subscribe_fd(&mut guest, 1, 1, fd as u32);
    assert_eq!(poll(&mut guest, 2), [(1, 0, 1)]);
    assert!(guest.u64(0x3010) > 0, "bytes to read");
    assert_eq!(guest.read(fd, 5).unwrap(), b"hello");
    subscribe_fd(&mut guest, 1, 2, fd as u32);
    assert_eq!(poll(&mut guest, 2), [(1, 0, 2)], "room to write");
    // A guest can switch to blocking.
    guest.ok("fd_fdstat_set_flags", &[fd, 0]);
    drop(client);
    assert_eq!(recv(&mut guest, fd, &[4], 0).unwrap(), b"");
}

#[test]
fn peeks_take_nothing_and_waits_fill_all_buffers() {
    let (mut guest, mut peer) = connected();
    peer.write_all(b"abcdef").unwrap();
    assert_eq!(recv(&mut guest, 3, &[0, 2, 2], PEEK).unwrap(), b"ab");
    assert_eq!(recv(&mut guest, 3, &[4], PEEK | WAITALL).unwrap(), b"abcd");
    assert_eq!(recv(&mut guest, 3, &[2, 10], 0).unwrap(), b"abcdef", "no wait for the four that are missing");
    let writer = std::thread::spawn(move || {
        for byte in b"12345" {
            peer.write_all(&[*byte]).unwrap();
        }
        peer
    });
    assert_eq!(recv(&mut guest, 3, &[2, 1, 1], WAITALL).unwrap(), b"1234");
    drop(writer.join().unwrap());
    assert_eq!(recv(&mut guest, 3, &[1, 10], WAITALL).unwrap(), b"5", "then the end comes");
    assert_eq!(recv(&mut guest, 3, &[1], WAITALL).unwrap(), b"");
    assert_eq!(recv(&mut guest, 3, &[1], 4), Err(INVAL));
}

#[test]
fn a_socket_reports_how_much_it_took() {
    let (listener, _) = listener();
    let (_peer, connection) = UnixStream::pair().unwrap();
    let builder = WasiCtx::builder().preopened_listener(listener.into()).preopened_connection(connection.into());
    let mut guest = Guest::new(builder);
    guest.iovec(0x4000, 4);
    assert_eq!(recv(&mut guest, 3, &[4], 0), Err(53), "not connected");
    assert_eq!(send(&mut guest, 3, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.call("sock_shutdown", &[3, 3]), NOTCAPABLE);
    assert_eq!(accept(&mut guest, 4, 0), Err(NOTCAPABLE));
    for how in [0, 4, 256 + 1] {
        assert_eq!(guest.call("sock_shutdown", &[4, how]), INVAL);
    }
    assert_eq!(guest.call("sock_send", &[4, 0x800, 1, 1, 0x904]), INVAL, "there are no flags to send with");
    // Rights can be given up.
    guest.ok("fd_fdstat_set_rights", &[4, FD_READ, 0]);
    assert_eq!(send(&mut guest, 4, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.call("sock_shutdown", &[4, 3]), NOTCAPABLE);
    guest.ok("fd_fdstat_set_rights", &[3, 1 << 29, FD_READ]);
    assert!(WasiCtx::builder().tcp_listener("203.0.113.1:1".parse().unwrap()).is_err(), "not an address of ours");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let again = WasiCtx::builder().tcp_listener(taken.local_addr().unwrap());
    assert!(matches!(again.err(), Some(SetupError::Listen(_))));
}

#[test]
fn a_connection_that_cannot_be_handed_over_is_not_lost() {
    let folder = Folder::new();
    let (listener, address) = listener();
    let builder = WasiCtx::builder().preopened_listener(listener.into());
    let mut guest = Guest::new(builder.preopened_dir(folder.path(), "/", DirAccess::ReadOnly).unwrap());
    let _client = TcpStream::connect(address).unwrap();
    assert_eq!(guest.call("sock_accept", &[4, 0, 0xfffd]), FAULT);
    let last = loop {
        match guest.open(".", DIRECTORY, 0) {
            Ok(fd) => assert!(fd < 1024),
            Err(errno) => break errno,
        }
    };
    assert_eq!((last, accept(&mut guest, 4, 0)), (MFILE, Err(MFILE)));
    guest.ok("fd_close", &[1023]);
    assert_eq!(accept(&mut guest, 4, 0), Ok(1023));
}

#[test]
fn bad_pointers_take_nothing_from_a_connection() {
    let (mut guest, mut peer) = connected();
    peer.write_all(b"data").unwrap();
    for (buffer, len) in [(0xfffd, 4), (0x10000, 1), (0, u32::MAX), (u32::MAX, u32::MAX)] {
        guest.iovec(buffer, len);
        assert_eq!(guest.call("sock_recv", &[3, 0x800, 1, 0, 0x904, 0x908]), FAULT);
        assert_eq!(guest.call("sock_send", &[3, 0x800, 1, 0, 0x904]), FAULT);
    }
    guest.iovec(0x4000, 4);
    assert_eq!(guest.call("sock_recv", &[3, 0x800, 1, 0, 0xfffd, 0x908]), FAULT);
    assert_eq!(guest.call("sock_recv", &[3, 0x800, 1, 0, 0x904, 0xffff]), FAULT);
    assert_eq!(guest.call("sock_recv", &[3, 0xfff9, 1, 0, 0x904, 0x908]), FAULT);
    assert_eq!(guest.call("sock_recv", &[3, 0x800, 1025, 0, 0x904, 0x908]), INVAL);
    assert_eq!(guest.call("sock_recv", &[3, 0x800, u64::from(u32::MAX), 0, 0x904, 0x908]), INVAL);
    assert_eq!(guest.call("sock_send", &[3, 0x800, 1, 0, 0xfffd]), FAULT);
    assert_eq!(recv(&mut guest, 3, &[10], 0).unwrap(), b"data");
}
