//! Standard streams, bad pointers, and buffered output.

use std::io::{self, Read, Write};

use wasmote::{Engine, Error, Linker, Module, Store};
use wasmote_wasi::{Input, Output, Pipe, WasiCtx};

use crate::guest::*;

#[test]
fn streams_lead_to_pipes() {
    let (out, err) = (Pipe::new(100), Pipe::new(100));
    let builder = WasiCtx::builder()
        .stdin(Input::Reader(Box::new(Pipe::with_bytes("some input"))))
        .stdout(Output::Writer(Box::new(out.clone())))
        .stderr(Output::Writer(Box::new(err.clone())));
    let mut guest = Guest::new(builder);
    assert_eq!(guest.read(0, 4).unwrap(), b"some");
    assert_eq!(guest.read(0, 100).unwrap(), b" input");
    assert_eq!(guest.read(0, 100).unwrap(), b"", "the end");
    assert_eq!(guest.read(0, 100).unwrap(), b"", "and again");
    assert_eq!(guest.write(1, b"out"), Ok(3));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    assert_eq!((out.drain(), err.drain()), (b"out".to_vec(), b"err".to_vec()));
    assert_eq!(guest.read(1, 1), Err(NOTCAPABLE));
    assert_eq!(guest.write(0, b"x"), Err(NOTCAPABLE));
    assert_eq!(guest.call("fd_seek", &[1, 0, 0, 0x900]), SPIPE);
}

#[test]
fn null_streams_are_at_their_end_and_take_everything() {
    let mut guest = Guest::new(WasiCtx::builder());
    assert_eq!(guest.read(0, 10).unwrap(), b"");
    assert_eq!(guest.write(1, &[7; 10000]), Ok(10000));
    assert_eq!(guest.write(2, &[7; 10000]), Ok(10000));
}

#[test]
fn a_pipe_takes_no_more_than_its_limit() {
    let out = Pipe::new(5);
    let mut guest = Guest::new(WasiCtx::builder().stdout(Output::Writer(Box::new(out.clone()))));
    assert_eq!(guest.write(1, b"1234567"), Ok(5));
    assert_eq!(guest.write(1, b"67"), Err(NOSPC));
    assert_eq!(out.drain(), b"12345");
    assert_eq!(guest.write(1, b"67"), Ok(2));
}

/// Fails with this error.
struct Broken(io::ErrorKind);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn errors_of_streams_are_returned_to_the_guest() {
    for (kind, errno) in [(io::ErrorKind::BrokenPipe, PIPE), (io::ErrorKind::WouldBlock, AGAIN)] {
        let builder = WasiCtx::builder()
            .stdin(Input::Reader(Box::new(Broken(kind))))
            .stdout(Output::Writer(Box::new(Broken(kind))));
        let mut guest = Guest::new(builder);
        assert_eq!(guest.read(0, 1), Err(errno));
        assert_eq!(guest.write(1, b"x"), Err(errno));
        assert_eq!(guest.call("fd_sync", &[1]), errno);
    }
}

/// Is interrupted every other time, and then claims to have transferred more than was asked for.
struct Busy(bool);

impl Busy {
    fn turn<T>(&mut self, done: T) -> io::Result<T> {
        self.0 = !self.0;
        if self.0 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(done) }
    }
}

impl Read for Busy {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.turn(bytes.len() + 1)
    }
}

impl Write for Busy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn(bytes.len() + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.turn(())
    }
}

#[test]
fn interrupted_streams_are_retried_and_impossible_lengths_are_refused() {
    let streams = WasiCtx::builder().stdin(Input::Reader(Box::new(Busy(false))));
    let mut guest = Guest::new(streams.stdout(Output::Writer(Box::new(Busy(false)))));
    for _ in 0..3 {
        assert_eq!(guest.read(0, 5).map(|bytes| bytes.len()), Ok(5));
        assert_eq!(guest.write(1, b"1234567"), Ok(7));
        guest.ok("fd_sync", &[1]);
    }
}

/// Buffers its bytes until it is flushed, and loses them on drop.
struct Held(Vec<u8>, Pipe);

impl wasmote_wasi::Writer for Held {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, wasmote_wasi::Errno> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), wasmote_wasi::Errno> {
        wasmote_wasi::Writer::write(&mut self.1, &std::mem::take(&mut self.0)).map(drop)
    }
}

#[test]
fn held_back_output_comes_out_when_its_number_is_given_away() {
    for function in ["fd_close", "fd_renumber"] {
        let out = Pipe::new(100);
        let writer: Box<dyn wasmote_wasi::Writer> = Box::new(Held(Vec::new(), out.clone()));
        let mut guest = Guest::new(WasiCtx::builder().stdout(Output::Writer(writer)));
        guest.write(1, b"last words").unwrap();
        guest.ok("fd_renumber", &[1, 1]);
        assert_eq!(out.drain(), b"");
        guest.ok(function, if function == "fd_close" { &[1] } else { &[2, 1] });
        assert_eq!(out.drain(), b"last words", "{function}");
    }
}

#[test]
fn held_back_output_comes_out_at_exit_and_when_all_is_dropped() {
    for exits in [true, false] {
        let out = Pipe::new(100);
        let writer = io::BufWriter::new(out.clone());
        let mut guest = Guest::new(WasiCtx::builder().stdout(Output::Writer(Box::new(writer))));
        guest.write(1, b"last words").unwrap();
        assert_eq!(out.drain(), b"");
        if exits {
            let error = guest.try_call("proc_exit", &[42]).unwrap_err();
            assert_eq!(error.i32_exit_status(), Some(42));
        } else {
            drop(guest);
        }
        assert_eq!(out.drain(), b"last words");
    }
}

/// Writes a line, then ends as its function's name says.
const ENDINGS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "host" "fail" (func $fail))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\0b\00\00\00last words\n")
    (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))
    (func (export "trap") call $say unreachable)
    (func $deeper (export "overflow") call $say call $deeper)
    (func (export "host") call $say call $fail))"#;

#[test]
fn output_survives_traps_and_errors_of_the_host() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(ENDINGS).unwrap()).unwrap();
    for ending in ["trap", "overflow", "host"] {
        for held_back in [false, true] {
            let out = Pipe::new(1 << 30);
            let output: Box<dyn wasmote_wasi::Writer> = if held_back {
                Box::new(io::BufWriter::with_capacity(1 << 20, out.clone()))
            } else {
                Box::new(out.clone())
            };
            let mut linker = Linker::new(&engine);
            wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
            linker.func_wrap("host", "fail", || -> Result<(), Error> { Err(Error::new("no more")) }).unwrap();
            let mut store = Store::new(&engine, WasiCtx::builder().stdout(Output::Writer(output)).build().unwrap());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let error =
                instance.get_typed_func::<(), ()>(&mut store, ending).unwrap().call(&mut store, ()).unwrap_err();
            assert_eq!(error.as_trap_code().is_some(), ending != "host");
            // A caller that continues to use the store must flush.
            if held_back {
                store.data_mut().flush();
            }
            let bytes = out.drain();
            let lines = bytes.chunks(11).inspect(|line| assert_eq!(*line, b"last words\n")).count();
            assert_eq!(lines > 1, ending == "overflow", "{ending}: {lines} lines");
            assert!(lines > 0);
            drop(store);
            assert_eq!(out.drain(), b"");
        }
    }
}

#[test]
fn bad_pointers_fault_and_nothing_is_done() {
    let out = Pipe::new(1000);
    let builder = WasiCtx::builder()
        .stdin(Input::Reader(Box::new(Pipe::with_bytes("input"))))
        .stdout(Output::Writer(Box::new(out.clone())))
        .arg("program");
    let mut guest = Guest::new(builder);
    let end = 0x10000;
    // The buffer, the list of buffers, the result.
    for (buffer, len) in [(end - 4, 5), (end, 1), (u32::MAX, 1), (0, u32::MAX), (u32::MAX, u32::MAX)] {
        guest.iovec(buffer, len);
        assert_eq!(guest.call("fd_write", &[1, 0x800, 1, 0x900]), FAULT);
        assert_eq!(guest.call("fd_read", &[0, 0x800, 1, 0x900]), FAULT);
    }
    guest.iovec(0x4000, 4);
    for (list, count) in [(u64::from(end) - 7, 1), (u64::from(end), 1), (0xffff_fff8, 1), (0xff00, 1000)] {
        assert_eq!(guest.call("fd_write", &[1, list, count, 0x900]), FAULT);
    }
    for result in [u64::from(end) - 3, u64::from(end), 0xffff_fffe] {
        assert_eq!(guest.call("fd_write", &[1, 0x800, 1, result]), FAULT);
        assert_eq!(guest.call("fd_read", &[0, 0x800, 1, result]), FAULT);
        assert_eq!(guest.call("clock_time_get", &[0, 0, result]), FAULT);
        assert_eq!(guest.call("args_sizes_get", &[0x900, result]), FAULT);
        assert_eq!(guest.call("args_get", &[result, 0x900]), FAULT);
        assert_eq!(guest.call("args_get", &[0x900, result]), FAULT);
        assert_eq!(guest.call("fd_fdstat_get", &[1, result]), FAULT);
        assert_eq!(guest.call("fd_filestat_get", &[1, result]), FAULT);
        assert_eq!(guest.call("poll_oneoff", &[result, 0x2000, 1, 0x900]), FAULT);
        assert_eq!(guest.call("poll_oneoff", &[0x2000, result, 1, 0x900]), FAULT);
        assert_eq!(guest.call("poll_oneoff", &[0x2000, 0x3000, 1, result]), FAULT);
    }
    assert_eq!(guest.call("random_get", &[1, 0xffff_ffff]), FAULT);
    assert_eq!(out.drain(), b"", "nothing was written");
    assert_eq!(guest.read(0, 10).unwrap(), b"input", "nothing was read");
}

#[test]
fn a_bad_result_pointer_opens_nothing() {
    let folder = Folder::new();
    let mut guest = folder.guest(wasmote_wasi::DirAccess::ReadWrite);
    let [at, len] = guest.path("file");
    assert_eq!(guest.call("path_open", &[3, 0, at, len, CREAT, FD_READ, 0, 0, 0xfffe]), FAULT);
    assert_eq!(guest.open("file", 0, FD_READ), Err(NOENT), "not created");
    assert_eq!(guest.open("file", CREAT, FD_READ), Ok(4), "no number lost");
    assert_eq!(guest.call("path_open", &[3, 0, 0xfffe, 3, 0, FD_READ, 0, 0, 0x900]), FAULT);
    assert_eq!(guest.call("fd_readdir", &[3, 0xfff0, 17, 0, 0x900]), FAULT);
}

#[test]
fn standard_streams_can_be_closed_and_renumbered() {
    let out = Pipe::new(100);
    let mut guest = Guest::new(WasiCtx::builder().stdout(Output::Writer(Box::new(out.clone()))));
    guest.ok("fd_renumber", &[1, 2]);
    assert_eq!(guest.write(1, b"x"), Err(BADF));
    assert_eq!(guest.write(2, b"moved"), Ok(5));
    guest.ok("fd_close", &[2]);
    assert_eq!(guest.write(2, b"x"), Err(BADF));
    assert_eq!(out.drain(), b"moved");
}

#[test]
fn a_closed_pipe_and_a_full_disk_are_reported() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut guest = Guest::new(WasiCtx::builder().stdout(Output::File(writer.into())));
    assert_eq!(guest.write(1, b"x"), Err(PIPE));
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let mut guest = Guest::new(WasiCtx::builder().stdout(Output::File(full.into())));
        assert_eq!(guest.write(1, b"x"), Err(NOSPC));
    }
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"all").unwrap();
    drop(writer);
    let mut guest = Guest::new(WasiCtx::builder().stdin(Input::File(reader.into())));
    assert_eq!(guest.read(0, 10).unwrap(), b"all");
    assert_eq!(guest.read(0, 10).unwrap(), b"", "the end");
    assert_eq!(guest.read(0, 10).unwrap(), b"", "and again");
}

#[test]
fn errors_of_output_files_are_reported() {
    let open = |folder: &std::path::Path| {
        Guest::new(WasiCtx::builder().preopened_dir(folder, "/", wasmote_wasi::DirAccess::ReadWrite).unwrap())
    };
    let mut guest = open("/dev".as_ref());
    let full = guest.open("full", 0, FD_READ | FD_WRITE).unwrap();
    assert_eq!(guest.write(full, b"x"), Err(NOSPC));
    assert_eq!(guest.read(full, 2).unwrap(), b"\0\0");

    const NONBLOCK: u64 = 4;
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut guest = open(folder.path());
    assert_eq!(guest.open_in(3, "fifo", 0, 0, FD_WRITE, NONBLOCK), Err(60), "nobody reads: ENXIO");
    let fd = guest.open_in(3, "fifo", 0, 0, FD_READ, NONBLOCK).unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"", "nobody writes");
    let mut writer = std::fs::File::options().write(true).open(&fifo).unwrap();
    assert_eq!(guest.read(fd, 10), Err(AGAIN));
    writer.write_all(b"some").unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"some");
    assert_eq!(guest.read(fd, 10), Err(AGAIN));
    guest.ok("fd_fdstat_get", &[fd, 0x2000]);
    assert_eq!(guest.get(0x2002, 2), [NONBLOCK as u8, 0]);
    drop(writer);
    assert_eq!(guest.read(fd, 10).unwrap(), b"", "the end");
}

#[test]
fn partial_writes_to_nonblocking_streams_are_counted() {
    let (ours, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let streams = WasiCtx::builder().stdin(Input::File(ours.try_clone().unwrap().into()));
    let mut guest = Guest::new(streams.stdout(Output::File(ours.into())));
    assert_eq!(guest.read(0, 10), Err(AGAIN));
    let mut sent = Vec::new();
    for round in 0u8.. {
        let bytes: Vec<u8> = (0..0x8000u32).map(|i| (i % 251) as u8 ^ round).collect();
        match guest.write(1, &bytes) {
            Ok(count) => sent.extend_from_slice(&bytes[..count as usize]),
            Err(errno) => {
                assert_eq!(errno, AGAIN);
                break;
            }
        }
    }
    drop(guest);
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert!(received == sent, "{} bytes sent, {} received", sent.len(), received.len());
}
