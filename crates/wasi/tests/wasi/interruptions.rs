//! Interruptions end calls that wait, or make them wait on as if nothing had happened.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmote::{Config, Engine, Error, InterruptHandle, Linker, Module, Store, TrapCode, UpdateDeadline};
use wasmote_wasi::{DirAccess, Input, Output, WasiCtx, WasiCtxBuilder};

use crate::guest::*;
use crate::time::{now, poll, subscribe_clock, subscribe_fd};

const HOUR: u64 = 3_600_000_000_000;
#[cfg(feature = "sockets")]
const WAITALL: u64 = 2;
#[cfg(feature = "sockets")]
const PEEK: u64 = 1;

fn engine() -> Engine {
    Engine::new(Config::new().interruption(true))
}

fn guest(builder: WasiCtxBuilder) -> Guest {
    Guest::on(&engine(), "wasi_snapshot_preview1", builder)
}

/// Lets the store be interrupted again and again, as a scheduler does. Counts how often.
struct Ticker {
    stop: Arc<AtomicBool>,
    seen: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(store: &mut Store<WasiCtx>) -> Ticker {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let count = seen.clone();
        store.epoch_deadline_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(UpdateDeadline::Continue(1))
        });
        store.set_epoch_deadline(1).unwrap();
        let (engine, stopped) = (store.engine().clone(), stop.clone());
        let thread = thread::spawn(move || {
            let mut random = 1_u64;
            while !stopped.load(Ordering::Relaxed) {
                engine.increment_epoch();
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                thread::sleep(Duration::from_micros(random >> 58));
            }
        });
        Ticker { stop, seen, thread: Some(thread) }
    }

    /// Does this in another thread, after the store was interrupted some more times.
    fn later<R: Send + 'static>(&self, act: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
        let seen = self.seen.clone();
        thread::spawn(move || {
            let until = seen.load(Ordering::Relaxed) + 20;
            while seen.load(Ordering::Relaxed) < until {
                thread::yield_now();
            }
            act()
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn make_fifo(folder: &Folder) -> std::path::PathBuf {
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    fifo
}

/// What the other end of a guest's call holds, so that it stays open.
type Peer = Box<dyn Send>;

fn alone(_: &Folder) -> (WasiCtxBuilder, Peer) {
    (WasiCtx::builder(), Box::new(()))
}

fn empty_pipe(_: &Folder) -> (WasiCtxBuilder, Peer) {
    let (reader, writer) = io::pipe().unwrap();
    (WasiCtx::builder().stdin(Input::File(reader.into())), Box::new(writer))
}

fn unread_pipe(_: &Folder) -> (WasiCtxBuilder, Peer) {
    let (reader, writer) = io::pipe().unwrap();
    (WasiCtx::builder().stdout(Output::File(writer.into())), Box::new(reader))
}

fn fifo(folder: &Folder) -> (WasiCtxBuilder, Peer) {
    make_fifo(folder);
    (WasiCtx::builder().preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap(), Box::new(()))
}

#[cfg(feature = "sockets")]
fn connection(_: &Folder) -> (WasiCtxBuilder, Peer) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (WasiCtx::builder().preopened_connection(theirs.into()), Box::new(ours))
}

#[cfg(feature = "sockets")]
fn listener(_: &Folder) -> (WasiCtxBuilder, Peer) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    (WasiCtx::builder().preopened_listener(listener.into()), Box::new(()))
}

fn open(guest: &mut Guest, rights: u64) -> Result<u16, Error> {
    let [at, len] = guest.path("fifo");
    guest.try_call("path_open", &[3, 0, at, len, 0, rights, rights, 0, 0x900])
}

#[cfg(feature = "sockets")]
fn receive(guest: &mut Guest, len: u32, flags: u64) -> Result<u16, Error> {
    guest.iovec(0x4000, len);
    guest.try_call("sock_recv", &[3, 0x800, 1, flags, 0x904, 0x908])
}

/// Calls a function with one buffer until it has to wait.
fn until_full(guest: &mut Guest, name: &str, args: &[u64]) -> Result<u16, Error> {
    guest.iovec(0, 60000);
    loop {
        assert_eq!(guest.try_call(name, args)?, SUCCESS);
    }
}

/// A call that waits for ever: how to set it up, and how to make it.
type Blocking = (&'static str, fn(&Folder) -> (WasiCtxBuilder, Peer), fn(&mut Guest) -> Result<u16, Error>);

const BLOCKING: &[Blocking] = &[
    ("a sleep", alone, |guest| {
        subscribe_clock(guest, 0, 1, HOUR, false);
        guest.try_call("poll_oneoff", &[0x2000, 0x3000, 1, 0x900])
    }),
    ("a sleep until a time of the other clock", alone, |guest| {
        subscribe_clock(guest, 0, 0, u64::MAX, true);
        guest.try_call("poll_oneoff", &[0x2000, 0x3000, 1, 0x900])
    }),
    ("waiting for a descriptor", empty_pipe, |guest| {
        subscribe_fd(guest, 0, 1, 0);
        guest.try_call("poll_oneoff", &[0x2000, 0x3000, 1, 0x900])
    }),
    ("waiting for a descriptor and a clock", empty_pipe, |guest| {
        subscribe_fd(guest, 0, 1, 0);
        subscribe_clock(guest, 1, 1, HOUR, false);
        guest.try_call("poll_oneoff", &[0x2000, 0x3000, 2, 0x900])
    }),
    ("reading a pipe", empty_pipe, |guest| {
        guest.iovec(0x4000, 1);
        guest.try_call("fd_read", &[0, 0x800, 1, 0x904])
    }),
    ("writing to a full pipe", unread_pipe, |guest| until_full(guest, "fd_write", &[1, 0x800, 1, 0x904])),
    ("opening a fifo to read", fifo, |guest| open(guest, FD_READ)),
    ("opening a fifo to write", fifo, |guest| open(guest, FD_WRITE)),
    #[cfg(feature = "sockets")]
    ("accepting", listener, |guest| guest.try_call("sock_accept", &[3, 0, 0x900])),
    #[cfg(feature = "sockets")]
    ("receiving", connection, |guest| receive(guest, 1, 0)),
    #[cfg(feature = "sockets")]
    ("receiving all", connection, |guest| receive(guest, 10, WAITALL)),
    #[cfg(feature = "sockets")]
    ("peeking", connection, |guest| receive(guest, 1, PEEK)),
    #[cfg(feature = "sockets")]
    ("reading a socket", connection, |guest| {
        guest.iovec(0x4000, 1);
        guest.try_call("fd_read", &[3, 0x800, 1, 0x904])
    }),
    #[cfg(feature = "sockets")]
    ("sending", connection, |guest| until_full(guest, "sock_send", &[3, 0x800, 1, 0, 0x904])),
];

fn assert_interrupted(name: &str, outcome: Result<u16, Error>) {
    let error = outcome.expect_err(name);
    assert_eq!(error.as_trap_code(), Some(TrapCode::Interrupt), "{name}: {error}");
    assert!(error.backtrace().is_some(), "{name} has no frames");
}

fn interrupt_after(handle: InterruptHandle, delay: Duration) -> JoinHandle<()> {
    thread::spawn(move || {
        thread::sleep(delay);
        handle.interrupt();
    })
}

#[test]
fn a_handle_ends_whatever_waits() {
    for &(name, set_up, call) in BLOCKING {
        let folder = Folder::new();
        let (builder, _peer) = set_up(&folder);
        let mut guest = guest(builder);
        let handle = guest.store.interrupt_handle().unwrap();
        // Before the wait, at its beginning and in the middle of it.
        for delay in [0, 50, 200, 20_000].map(Duration::from_micros) {
            let stopper = interrupt_after(handle.clone(), delay);
            assert_interrupted(name, call(&mut guest));
            stopper.join().unwrap();
            // If the interruption came early, it has ended the call that filled a buffer, or one before the wait.
            assert!(!handle.is_interrupted(), "{name}");
        }
    }
}

#[test]
fn a_deadline_ends_whatever_waits() {
    for &(name, set_up, call) in BLOCKING {
        let folder = Folder::new();
        let (builder, _peer) = set_up(&folder);
        let mut guest = guest(builder);
        let engine = guest.store.engine().clone();
        guest.store.set_epoch_deadline(1).unwrap();
        let ticker = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            engine.increment_epoch();
        });
        assert_interrupted(name, call(&mut guest));
        ticker.join().unwrap();
    }
}

#[test]
fn a_sleep_that_continues_ends_on_time() {
    const LONG: u64 = 300_000_000;
    let mut guest = guest(WasiCtx::builder());
    let start = Instant::now();
    // The store is always interrupted: if each interruption began the wait anew, it would never end.
    guest.store.epoch_deadline_callback(move |_| match start.elapsed() < Duration::from_secs(60) {
        true => Ok(UpdateDeadline::Continue(0)),
        false => Err(Error::new("the sleep does not end")),
    });
    guest.store.set_epoch_deadline(0).unwrap();
    for absolute in [false, true] {
        let start = Instant::now();
        let until = if absolute { now(&mut guest, 1) + LONG } else { LONG };
        subscribe_clock(&mut guest, 0, 1, until, absolute);
        assert_eq!(poll(&mut guest, 1), [(0, 0, 0)]);
        assert!(start.elapsed() >= Duration::from_nanos(LONG));
    }
}

#[test]
fn a_sleep_that_was_ended_is_not_continued_by_the_next() {
    const LONG: u64 = 60_000_000;
    let mut guest = guest(WasiCtx::builder());
    let handle = guest.store.interrupt_handle().unwrap();
    subscribe_clock(&mut guest, 0, 1, LONG, false);
    let stopper = interrupt_after(handle, Duration::from_millis(20));
    let outcome = guest.try_call("poll_oneoff", &[0x2000, 0x3000, 1, 0x900]);
    stopper.join().unwrap();
    // On a busy machine, the interruption may come after the sleep.
    if outcome.is_err() {
        let start = Instant::now();
        guest.ok("poll_oneoff", &[0x2000, 0x3000, 1, 0x900]);
        assert!(start.elapsed() >= Duration::from_nanos(LONG));
    }
}

#[test]
fn waiting_continues_until_there_is_something() {
    let (reader, mut writer) = io::pipe().unwrap();
    let mut guest = guest(WasiCtx::builder().stdin(Input::File(reader.into())));
    let ticker = Ticker::start(&mut guest.store);
    let peer = ticker.later(move || {
        writer.write_all(b"x").unwrap();
        writer
    });
    subscribe_fd(&mut guest, 0, 1, 0);
    subscribe_clock(&mut guest, 1, 1, HOUR, false);
    assert_eq!(poll(&mut guest, 2), [(0, 0, 1)]);
    assert_eq!(guest.read(0, 10).unwrap(), b"x");
    let writer = peer.join().unwrap();
    let peer = ticker.later(move || drop(writer));
    assert_eq!(guest.read(0, 10).unwrap(), b"", "the end");
    peer.join().unwrap();
}

#[test]
fn a_fifo_opens_when_its_other_end_does() {
    for _ in 0..20 {
        let folder = Folder::new();
        let path = make_fifo(&folder);
        let mut guest = guest(WasiCtx::builder().preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap());
        let ticker = Ticker::start(&mut guest.store);
        let to_guest = path.clone();
        // It opens the fifo at once or after a while. It writes only after the guest has opened it.
        let peer = thread::spawn(move || OpenOptions::new().write(true).open(to_guest).unwrap());
        let fd = guest.open("fifo", 0, FD_READ).unwrap();
        let mut writer = peer.join().unwrap();
        let peer = ticker.later(move || writer.write_all(b"request").unwrap());
        assert_eq!(guest.read(fd, 100).unwrap(), b"request", "reading waits");
        peer.join().unwrap();
        assert_eq!(guest.read(fd, 100).unwrap(), b"", "the end");
        guest.ok("fd_close", &[fd]);

        let peer = ticker.later(move || {
            let mut answer = String::new();
            File::open(path).unwrap().read_to_string(&mut answer).unwrap();
            answer
        });
        let fd = guest.open("fifo", 0, FD_WRITE).unwrap();
        assert_eq!(guest.write(fd, b"answer"), Ok(6));
        guest.ok("fd_close", &[fd]);
        assert_eq!(peer.join().unwrap(), "answer");
    }
}

#[test]
fn a_writer_that_found_a_reader_keeps_it() {
    let folder = Folder::new();
    let path = make_fifo(&folder);
    for _ in 0..200 {
        let mut guest = guest(WasiCtx::builder().preopened_dir(folder.path(), "/", DirAccess::ReadWrite).unwrap());
        let _ticker = Ticker::start(&mut guest.store);
        let path = path.clone();
        // Without a reader, the write would fail.
        let peer =
            thread::spawn(move || OpenOptions::new().write(true).open(path).unwrap().write_all(b"data").unwrap());
        let fd = guest.open("fifo", 0, FD_READ).unwrap();
        assert_eq!(guest.read(fd, 100).unwrap(), b"data");
        peer.join().unwrap();
    }
}

#[cfg(feature = "sockets")]
#[test]
fn sockets_continue_and_lose_nothing() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut guest = guest(WasiCtx::builder().preopened_connection(theirs.into()));
    let ticker = Ticker::start(&mut guest.store);
    let peer = ticker.later(move || {
        ours.write_all(b"x").unwrap();
        thread::sleep(Duration::from_millis(1));
        for byte in 0..=255_u8 {
            ours.write_all(&[byte]).unwrap();
            thread::yield_now();
        }
        ours
    });
    assert_eq!(receive(&mut guest, 1, PEEK).unwrap(), SUCCESS);
    assert_eq!(guest.get(0x4000, 1), b"x");
    assert_eq!(receive(&mut guest, 1, 0).unwrap(), SUCCESS);
    assert_eq!(guest.get(0x4000, 1), b"x");
    // All of the next bytes, in two buffers.
    guest.iovec(0x4000, 100);
    guest.put(0x808, &0x5000_u32.to_le_bytes());
    guest.put(0x80c, &156_u32.to_le_bytes());
    guest.ok("sock_recv", &[3, 0x800, 2, WAITALL, 0x904, 0x908]);
    assert_eq!(guest.u32(0x904), 256);
    let received = [guest.get(0x4000, 100), guest.get(0x5000, 156)].concat();
    assert!(received.iter().copied().eq(0..=255), "{received:?}");
    let ours = peer.join().unwrap();
    let mut writer = ours.try_clone().unwrap();
    let peer = ticker.later(move || {
        writer.write_all(b"end").unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    guest.iovec(0x4000, 100);
    guest.ok("sock_recv", &[3, 0x800, 1, PEEK | WAITALL, 0x904, 0x908]);
    assert_eq!(guest.u32(0x904), 3);
    assert_eq!(receive(&mut guest, 100, WAITALL).unwrap(), SUCCESS);
    assert_eq!((guest.u32(0x904), guest.get(0x4000, 3)), (3, b"end".to_vec()));
    peer.join().unwrap();
}

/// Copies standard input to standard output: reads up to as many bytes as the argument says, and writes them in as many
/// calls as it takes.
const COPY: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "copy") (param $len i32) (result i32) (local $error i32)
        (loop $again
            (i32.store (i32.const 0) (i32.const 1000))
            (i32.store (i32.const 4) (local.get $len))
            (local.set $error (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (local.get $error) (then (return (local.get $error))))
            (if (i32.eqz (i32.load (i32.const 8))) (then (return (i32.const 0))))
            ;; Two buffers: the first three bytes or fewer, and the rest.
            (i32.store (i32.const 4) (i32.and (i32.load (i32.const 8)) (i32.const 3)))
            (i32.store (i32.const 16) (i32.add (i32.const 1000) (i32.load (i32.const 4))))
            (i32.store (i32.const 20) (i32.sub (i32.load (i32.const 8)) (i32.load (i32.const 4))))
            (loop $rest
                (local.set $error (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
                (if (local.get $error) (then (return (local.get $error))))
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 12))))
                (i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.load (i32.const 12))))
                (br_if $rest (i32.load (i32.const 4))))
            (loop $rest
                (local.set $error (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 12)))
                (if (local.get $error) (then (return (local.get $error))))
                (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.load (i32.const 12))))
                (i32.store (i32.const 20) (i32.sub (i32.load (i32.const 20)) (i32.load (i32.const 12))))
                (br_if $rest (i32.load (i32.const 20))))
            (br $again))
        (unreachable)))"#;

/// Copies these bytes with interruptions. Returns how many there were.
fn copy(
    bytes: Vec<u8>,
    len: i32,
    input: Input,
    output: Output,
    mut from: impl Write + Send + 'static,
    mut to: impl Read,
) -> u64 {
    let engine = engine();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
    let module = Module::new(&engine, wat::parse_str(COPY).unwrap()).unwrap();
    let mut store = Store::new(&engine, WasiCtx::builder().stdin(input).stdout(output).build().unwrap());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let copy = instance.get_typed_func::<i32, i32>(&store, "copy").unwrap();
    let ticker = Ticker::start(&mut store);
    let expected = bytes.clone();
    let writer = thread::spawn(move || {
        let mut random = 7_u64;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let now = rest.len().min(1 + (random >> 48) as usize % (len as usize * 2));
            from.write_all(&rest[..now]).unwrap();
            rest = &rest[now..];
        }
    });
    let seen = ticker.seen.clone();
    let guest = thread::spawn(move || {
        assert_eq!(copy.call(&mut store, len).unwrap(), 0);
        drop(ticker);
    });
    let mut received = Vec::new();
    to.read_to_end(&mut received).unwrap();
    guest.join().unwrap();
    writer.join().unwrap();
    assert!(received == expected, "{} bytes of {}", received.len(), expected.len());
    seen.load(Ordering::Relaxed)
}

#[test]
fn copies_through_pipes_and_sockets_lose_and_repeat_nothing() {
    let bytes = |len: usize| -> Vec<u8> { (0..len).map(|i| ((i * i) >> 3) as u8).collect() };
    let mut seen = 0;
    // Until there were enough interruptions, however busy the machine is.
    while seen < 3000 {
        for (total, len) in [(20_000, 1), (3_000_000, 60_000)] {
            let ((reader, from), (to, writer)) = (io::pipe().unwrap(), io::pipe().unwrap());
            seen += copy(bytes(total), len, Input::File(reader.into()), Output::File(writer.into()), from, to);
            let ((reader, from), (to, writer)) = (UnixStream::pair().unwrap(), UnixStream::pair().unwrap());
            seen += copy(bytes(total), len, Input::File(reader.into()), Output::File(writer.into()), from, to);
        }
    }
}

/// The calls that do not wait are missing in old kernels, and terminals do not know them.
#[cfg(target_arch = "x86_64")]
#[test]
fn copies_are_the_same_without_calls_that_do_not_wait() {
    const PREADV2: u32 = 327;
    const PWRITEV2: u32 = 328;
    const EOPNOTSUPP: u32 = 95;
    thread::spawn(|| {
        crate::no_openat2::lose_call(PREADV2, EOPNOTSUPP);
        crate::no_openat2::lose_call(PWRITEV2, EOPNOTSUPP);
        copies_through_pipes_and_sockets_lose_and_repeat_nothing();
        for &(name, set_up, call) in BLOCKING {
            let folder = Folder::new();
            let (builder, _peer) = set_up(&folder);
            let mut guest = guest(builder);
            let stopper = interrupt_after(guest.store.interrupt_handle().unwrap(), Duration::from_millis(2));
            assert_interrupted(name, call(&mut guest));
            stopper.join().unwrap();
        }
        // Where the stream itself does not wait, the guest does not either.
        let (theirs, _ours) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut guest = guest(WasiCtx::builder().stdin(Input::File(theirs.into())));
        assert_eq!(guest.read(0, 1), Err(AGAIN));
    })
    .join()
    .unwrap();
}

#[test]
fn streams_that_do_not_wait_do_not_with_interruptions_either() {
    let (theirs, mut ours) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let output = theirs.try_clone().unwrap();
    let builder = WasiCtx::builder().stdin(Input::File(theirs.into())).stdout(Output::File(output.into()));
    let mut guest = guest(builder);
    assert_eq!(guest.read(0, 1), Err(AGAIN));
    guest.iovec(0, 60000);
    let mut written = 0;
    let error = loop {
        match guest.call("fd_write", &[1, 0x800, 1, 0x904]) {
            SUCCESS => written += guest.u32(0x904) as usize,
            error => break error,
        }
    };
    assert_eq!(error, AGAIN);
    ours.read_exact(&mut vec![0; written]).unwrap();
    ours.write_all(b"x").unwrap();
    assert_eq!(guest.read(0, 10).unwrap(), b"x");
}

/// A stream that a signal disturbs each time. The handle of its store comes later than the stream.
struct Disturbed(Arc<OnceLock<InterruptHandle>>);

impl Read for Disturbed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.get().unwrap().interrupt();
        Err(io::ErrorKind::Interrupted.into())
    }
}

#[test]
fn an_embedders_stream_gives_way_to_an_interruption() {
    let handle = Arc::new(OnceLock::new());
    let mut guest = guest(WasiCtx::builder().stdin(Input::Reader(Box::new(Disturbed(handle.clone())))));
    handle.set(guest.store.interrupt_handle().unwrap()).unwrap();
    guest.iovec(0x4000, 1);
    assert_interrupted("the stream", guest.try_call("fd_read", &[0, 0x800, 1, 0x904]));
}
