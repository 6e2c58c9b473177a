//! Sockets: descriptor 3 listens, and one client sends `ping`, closes that direction and reads until the end.
#![no_std]
#![no_main]

use wasi_guests::*;

const LISTENER: u32 = 3;
const NONBLOCK: u32 = 4;
const PEEK: u32 = 1;
const WAITALL: u32 = 2;

/// Receives into one buffer; how much, or the error number.
fn recv(fd: u32, bytes: &mut [u8], flags: u32) -> Result<usize, i32> {
    let iovec = Iovec::filled(bytes);
    let (mut count, mut result) = (0usize, 7u16);
    match call!(sock_recv(fd, &raw const iovec as usize, 1, flags, at(&mut count), at(&mut result))) {
        SUCCESS => {
            assert_eq!(*told(&mut result), 0);
            told(&mut &mut *bytes);
            Ok(*told(&mut count))
        }
        errno => Err(errno),
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let mut events = [Event::default(); 1];
    let waiting = poll(&mut [Subscription::fd(1, READ, LISTENER)], &mut events);
    assert_eq!((waiting.len(), waiting[0].error), (1, 0));
    let mut fd = 0u32;
    assert_eq!(call!(sock_accept(LISTENER, 1, at(&mut fd))), INVAL);
    assert_eq!(call!(sock_accept(1, 0, at(&mut fd))), NOTSOCK);
    assert_eq!(call!(sock_accept(LISTENER, 0, usize::MAX)), FAULT);
    assert_eq!(call!(sock_accept(LISTENER, 0, at(&mut fd))), SUCCESS);
    let client = *told(&mut fd);
    assert_eq!((fdstat(LISTENER).filetype, fdstat(client).filetype), (6, 6));
    assert_eq!(call!(fd_fdstat_set_flags(LISTENER, NONBLOCK)), SUCCESS);
    assert_eq!(call!(sock_accept(LISTENER, NONBLOCK, at(&mut fd))), AGAIN);
    say!("sock_accept: one client, and no second");

    let mut bytes = [0u8; 8];
    assert_eq!(recv(client, &mut bytes[..2], PEEK | WAITALL), Ok(2));
    assert_eq!(recv(client, &mut bytes[..4], WAITALL), Ok(4));
    assert_eq!(&bytes[..4], b"ping");
    assert_eq!(recv(client, &mut bytes, 0), Ok(0));
    assert_eq!(recv(client, &mut bytes, 4), Err(INVAL));
    assert_eq!(recv(LISTENER, &mut bytes, 0), Err(NOTCONN));
    assert_eq!(recv(0, &mut bytes, 0), Err(NOTSOCK));
    say!("sock_recv: a look ahead, all that was sent, then the end");

    let parts = [Iovec::of(b"po"), Iovec::of(b"ng")];
    let mut count = 0usize;
    assert_eq!(call!(sock_send(client, parts.as_ptr() as usize, 2, 0, at(&mut count))), SUCCESS);
    assert_eq!(*told(&mut count), 4);
    assert_eq!(call!(sock_send(client, parts.as_ptr() as usize, 2, 1, at(&mut count))), INVAL);
    assert_eq!(call!(sock_send(1, parts.as_ptr() as usize, 2, 0, at(&mut count))), NOTSOCK);
    say!("sock_send: two buffers in their order");

    assert_eq!(call!(sock_shutdown(client, 4)), INVAL);
    assert_eq!(call!(sock_shutdown(1, 2)), NOTSOCK);
    assert_eq!(call!(sock_shutdown(client, 2)), SUCCESS);
    assert_ne!(call!(sock_send(client, parts.as_ptr() as usize, 2, 0, at(&mut count))), SUCCESS, "closed");
    close(client);
    say!("sock_shutdown: nothing can be sent any more");
}
