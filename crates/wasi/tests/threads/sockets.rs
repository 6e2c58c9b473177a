//! What threads of a guest do with one socket, and what becomes of received bytes in a shared memory.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, Linker, MemoryType, Module, SharedMemory, Store, UpdateDeadline};
use wasmote_wasi::WasiCtx;

use super::{in_time, options, run_with};

#[test]
fn threads_that_get_no_connection_can_be_ended() {
    // All call at the same time. Whoever gets the connection ends the group.
    let text = r#"
        (func $accepts
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (loop $again (br_if $again (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 3))))
            (if (i32.eqz (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 1024)))
                (then (call $exit (i32.const 7)))))
        (func (export "wasi_thread_start") (param i32 i32) (call $accepts))
        (func (export "_start")
            (call $start (i32.const 0)) (call $start (i32.const 0)) (call $accepts))"#;
    for _ in 0..50 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let error = in_time(move || {
            let builder = WasiCtx::builder().preopened_listener(listener.into());
            run_with("sock_accept iii", text, builder, options())
        });
        assert_eq!(error.and_then(|error| error.i32_exit_status()), Some(7));
        drop(client);
    }
}

/// A call that receives is interrupted and goes on. What another thread writes to its buffer meanwhile stays, but where
/// bytes arrive later.
#[test]
fn an_interrupted_call_writes_only_what_it_received() {
    const TEXT: &str = r#"(module
        (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
        (func (export "receive") (result i32)
            (i32.store (i32.const 32) (i32.const 64)) (i32.store (i32.const 36) (i32.const 8))
            (call $recv (i32.const 3) (i32.const 32) (i32.const 1) (i32.const 2) (i32.const 40) (i32.const 44))))"#;
    const WAITALL_BUFFER: u64 = 64;
    let engine = Engine::new(Config::new().interruption(true));
    let ty = MemoryType::shared(1, 1);
    let memory = SharedMemory::new(&engine, ty).unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let unread = theirs.try_clone().unwrap();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
    linker.define("env", "memory", memory.clone()).unwrap();
    let module = Module::new(&engine, wat::parse_str(TEXT).unwrap()).unwrap();
    let cx = WasiCtx::builder().preopened_connection(theirs.into()).build().unwrap();
    let mut store = Store::new(&engine, cx);
    let instance = linker.instantiate(&mut store, &module).unwrap();

    let buffer = |memory: &SharedMemory| {
        let mut bytes = [0; 8];
        memory.read(WAITALL_BUFFER, &mut bytes).unwrap();
        bytes
    };
    let (gave_way, later) = mpsc::channel();
    let seen = memory.clone();
    store.epoch_deadline_callback(move |_| {
        assert_eq!(&buffer(&seen), b"abc\0\0x\0\0");
        gave_way.send(()).unwrap();
        // No other deadline.
        Ok(UpdateDeadline::Continue(1 << 32))
    });
    store.set_epoch_deadline(1).unwrap();
    let shared = memory.clone();
    let other = thread::spawn(move || {
        ours.write_all(b"abc").unwrap();
        while rustix::io::ioctl_fionread(&unread).unwrap() > 0 {
            thread::yield_now();
        }
        shared.write(WAITALL_BUFFER + 5, b"x").unwrap();
        engine.increment_epoch();
        later.recv_timeout(Duration::from_secs(60)).expect("the call gives way");
        thread::sleep(Duration::from_millis(20));
        shared.write(WAITALL_BUFFER + 1, b"y").unwrap();
        ours.write_all(b"defgh").unwrap();
        ours
    });
    let receive = instance.get_typed_func::<(), i32>(&store, "receive").unwrap();
    assert_eq!(receive.call(&mut store, ()).unwrap(), 0);
    drop(other.join().unwrap());
    assert_eq!(&buffer(&memory), b"aycdefgh");
    let mut received = [0; 4];
    memory.read(40, &mut received).unwrap();
    assert_eq!(u32::from_le_bytes(received), 8);
}
