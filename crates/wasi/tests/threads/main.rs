//! Threads of guests (wasi-threads): what they share, and how the whole group ends.
#![cfg(feature = "wasi-threads")]

mod descriptors;
#[cfg(feature = "sockets")]
mod sockets;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use wasmote::{Config, Engine, Error, Linker, Module, Store, TrapCode};
use wasmote_wasi::{Input, Output, OwnedFd, Pipe, Reader, ThreadOptions, WasiCtx, WasiCtxBuilder, WasiThreads};

/// What each guest has.
const HEAD: &str = r#"
    (import "env" "memory" (memory 1 4 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (export "memory" (memory 0))
    (func $wait (param $at i32)
        (drop (memory.atomic.wait32 (local.get $at) (i32.const 0) (i64.const -1))))
    (func $set (param $at i32) (param $value i32)
        (i32.atomic.store (local.get $at) (local.get $value))
        (drop (memory.atomic.notify (local.get $at) (i32.const -1))))
    (func $start (param $arg i32)
        (if (i32.le_s (call $spawn (local.get $arg)) (i32.const 0)) (then (unreachable))))
"#;

/// Runs a guest's `_start`. Returns what it printed and its error.
fn run(text: &str, stdin: Input, options: ThreadOptions) -> (String, Option<Error>) {
    let stdout = Pipe::new(1 << 20);
    let builder = WasiCtx::builder().stdin(stdin).stdout(Output::Writer(Box::new(stdout.clone())));
    let error = run_with("", text, builder, options);
    (String::from_utf8(stdout.drain()).unwrap(), error)
}

/// Runs the `_start` of a guest that has these imports of WASI, too: names and parameters, `I` for i64. Returns its error.
fn run_with(imports: &str, text: &str, builder: WasiCtxBuilder, options: ThreadOptions) -> Option<Error> {
    let imports = imports.split(',').filter_map(|import| import.trim().split_once(' ')).map(|(name, letters)| {
        let params = letters.replace('i', " i32").replace('I', " i64");
        format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) (result i32)))"#)
    });
    let text = format!("(module {} {HEAD} {text})", imports.collect::<String>());
    let engine = Engine::new(Config::new().interruption(true));
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
    let of_threads = engine.clone();
    let new_store = move |cx| Store::try_new(&of_threads, cx);
    let threads = WasiThreads::new(&module, linker, |cx| cx, new_store, options).unwrap();
    let mut store = Store::new(&engine, builder.build().unwrap());
    let outcome = threads.run(&mut store, |store, linker| {
        let instance = linker.instantiate(&mut *store, &module)?;
        instance.get_typed_func::<(), ()>(&*store, "_start")?.call(store, ())
    });
    outcome.err()
}

/// Calls something that might wait for ever. It then fails after a minute.
fn in_time<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    result.recv_timeout(Duration::from_secs(60)).expect("a thread waits for ever, or has panicked")
}

fn options() -> ThreadOptions {
    ThreadOptions::default()
}

fn status(text: &str) -> Option<i32> {
    run(text, Input::Null, options()).1.and_then(|error| error.i32_exit_status())
}

#[test]
fn threads_get_ids_and_their_argument_and_share_memory() {
    let text = r#"
        (global $mine (mut i32) (i32.const 0))
        (func (export "wasi_thread_start") (param $id i32) (param $arg i32)
            (global.set $mine (i32.add (global.get $mine) (i32.const 1)))
            (if (i32.ne (global.get $mine) (i32.const 1)) (then (unreachable)))
            (i32.atomic.store (i32.add (i32.const 64) (i32.mul (i32.const 4) (local.get $arg))) (local.get $id))
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
        (func (export "_start") (local $seen i32)
            (call $start (i32.const 0)) (call $start (i32.const 1)) (call $start (i32.const 2))
            (loop $again
                (local.set $seen (i32.atomic.load (i32.const 0)))
                (if (i32.lt_u (local.get $seen) (i32.const 3)) (then
                    (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const -1)))
                    (br $again))))
            (call $exit (i32.add (i32.mul (i32.const 100) (i32.load (i32.const 64)))
                (i32.add (i32.mul (i32.const 10) (i32.load (i32.const 68))) (i32.load (i32.const 72))))))"#;
    assert_eq!(status(text), Some(123));
}

#[test]
fn a_group_ends_with_the_exit_of_any_thread_wherever_the_others_are() {
    let others = [
        // In a loop, in a wait, and in a sleep.
        "(loop $forever (br $forever))",
        "(call $wait (i32.const 8))",
        r#"(i64.store (i32.const 128) (i64.const 0)) (i64.store (i32.const 152) (i64.const 0x7fffffffffffffff))
           (i32.store (i32.const 144) (i32.const 1))
           (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 512)))"#,
    ];
    for main in others {
        for other in others {
            let text = format!(
                r#"(func (export "wasi_thread_start") (param $id i32) (param $arg i32)
                    (if (local.get $arg) (then (call $exit (local.get $arg))))
                    {other})
                (func (export "_start") (call $start (i32.const 0)) (call $start (i32.const 7)) {main})"#
            );
            assert_eq!(status(&text), Some(7), "{main} {other}");
        }
    }
}

#[test]
fn a_group_ends_with_the_trap_of_a_thread_and_a_main_thread_that_returns() {
    let text = r#"(func (export "wasi_thread_start") (param i32 i32) (unreachable))
        (func (export "_start") (call $start (i32.const 0)) (call $wait (i32.const 8)))"#;
    let error = run(text, Input::Null, options()).1.unwrap();
    assert_eq!(error.as_trap_code(), Some(TrapCode::UnreachableCodeReached));
    let text = r#"(func (export "wasi_thread_start") (param i32 i32) (call $wait (i32.const 8)))
        (func (export "_start") (call $start (i32.const 0)) (call $start (i32.const 0)))"#;
    assert!(run(text, Input::Null, options()).1.is_none());
    let text = r#"(func (export "wasi_thread_start") (param i32 i32) (call $wait (i32.const 8)))
        (func (export "_start") (call $start (i32.const 0)) (call $exit (i32.const 3)))"#;
    assert_eq!(status(text), Some(3));
}

/// A pipe of the host whose other end stays open, so that a read from it waits.
fn silent() -> (OwnedFd, OwnedFd) {
    let (read, write) = std::io::pipe().unwrap();
    (read.into(), write.into())
}

#[test]
fn a_read_that_blocks_holds_no_lock_and_is_ended() {
    let (read, _write) = silent();
    // The other thread reads. Meanwhile this one prints, closes the descriptor that is being read, and exits.
    let text = r#"
        (data (i32.const 32) "\40\00\00\00\03\00\00\00") (data (i32.const 64) "ok\n")
        (func (export "wasi_thread_start") (param i32 i32)
            (call $set (i32.const 0) (i32.const 1))
            (drop (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 1024))))
        (func (export "_start")
            (call $start (i32.const 0))
            (call $wait (i32.const 0))
            (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 20000000)))
            (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 1028)))
            (drop (call $close (i32.const 0)))
            (call $exit (call $close (i32.const 0))))"#;
    let (printed, error) = run(text, Input::File(read), options());
    assert_eq!(printed, "ok\n");
    // 8 stands for a descriptor that is not open: it was closed for both.
    assert_eq!(error.and_then(|error| error.i32_exit_status()), Some(8));
}

#[test]
fn threads_that_cannot_be_made_are_negative_numbers() {
    let spawn_and_count = r#"
        (func (export "wasi_thread_start") (param i32 i32) (call $wait (i32.const 8)))
        (func (export "_start") (local $made i32) (local $i i32)
            (loop $again
                (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)) (then
                    (local.set $made (i32.add (local.get $made) (i32.const 1)))))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
            (call $exit (local.get $made)))"#;
    let status = |text: &str, options| run(text, Input::Null, options).1.unwrap().i32_exit_status();
    let mut few = options();
    few.max_threads = 4;
    assert_eq!(status(spawn_and_count, few), Some(4));
    let mut none = options();
    none.spawn = |_| false;
    assert_eq!(status(spawn_and_count, none), Some(0));
    // A module without the function that threads begin with, and one where it has another type.
    let without = r#"(func (export "_start") (call $exit (i32.sub (i32.const 0) (call $spawn (i32.const 0)))))"#;
    assert_eq!(status(without, options()), Some(1));
    let wrong = format!(r#"(func (export "wasi_thread_start") (param i32)) {without}"#);
    assert_eq!(status(&wrong, options()), Some(1));
}

#[test]
fn ended_threads_make_room_for_others() {
    let text = r#"
        (func (export "wasi_thread_start") (param $id i32) (param $arg i32)
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
        (func (export "_start") (local $made i32)
            (loop $again
                (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)) (then
                    (local.set $made (i32.add (local.get $made) (i32.const 1)))))
                (br_if $again (i32.lt_u (local.get $made) (i32.const 50))))
            (loop $again (br_if $again (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 50))))
            (call $exit (i32.const 50)))"#;
    let mut few = options();
    few.max_threads = 2;
    assert_eq!(run(text, Input::Null, few).1.unwrap().i32_exit_status(), Some(50));
}

/// Waits until its lock is free, so that a second reader would wait for it.
struct Slow(&'static AtomicUsize);

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "one thread at a time reads");
        thread::sleep(Duration::from_millis(1));
        self.0.fetch_sub(1, Ordering::SeqCst);
        buffer[0] = 1;
        Ok(1)
    }
}

#[test]
fn an_embedders_reader_is_asked_by_one_thread_at_a_time() {
    static READERS: AtomicUsize = AtomicUsize::new(0);
    let reader: Box<dyn Reader> = Box::new(Slow(&READERS));
    let text = r#"
        (data (i32.const 32) "\00\02\00\00\01\00\00\00")
        (func $reads (param $result i32) (local $i i32)
            (loop $again
                (drop (call $read (i32.const 0) (i32.const 32) (i32.const 1) (local.get $result)))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20)))))
        (func (export "wasi_thread_start") (param i32 i32)
            (call $reads (i32.const 1024)) (call $set (i32.const 0) (i32.const 1)))
        (func (export "_start")
            (call $start (i32.const 0)) (call $reads (i32.const 1028)) (call $wait (i32.const 0))
            (call $exit (i32.load8_u (i32.const 512))))"#;
    let error = run(text, Input::Reader(reader), options()).1.unwrap();
    assert_eq!(error.i32_exit_status(), Some(1));
}

#[test]
fn an_engine_that_cannot_be_interrupted_is_refused() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str("(module)").unwrap()).unwrap();
    let new_store = |_| Err(Error::new("not called"));
    let made = WasiThreads::<WasiCtx>::new(&module, Linker::new(&engine), |cx| cx, new_store, options());
    assert!(made.is_err());
}

#[test]
fn an_engine_whose_loops_cannot_be_interrupted_is_refused() {
    let engine = Engine::new(Config::new().interruption(true).interruption_in_loops(false));
    let module = Module::new(&engine, wat::parse_str("(module)").unwrap()).unwrap();
    let new_store = |_| Err(Error::new("not called"));
    let made = WasiThreads::<WasiCtx>::new(&module, Linker::new(&engine), |cx| cx, new_store, options());
    let message = made.err().unwrap().to_string();
    assert!(message.contains("interruption_in_loops") && message.lines().count() == 1, "{message}");
}

/// Groups that start threads and end at a random moment. `WASMOTE_STRESS_ROUNDS` sets how many, in thousands.
#[test]
fn stress_of_groups_that_end() {
    let mut seen = [0; 2];
    let rounds = std::env::var("WASMOTE_STRESS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30_000_usize);
    let text = |spins: usize| {
        format!(
            r#"(func $spin (param $i i32)
                (loop $again (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
            (func (export "wasi_thread_start") (param $id i32) (param $arg i32)
                (if (i32.eq (local.get $arg) (i32.const 3)) (then (call $spin (i32.const {spins})) (unreachable)))
                (drop (call $spawn (i32.add (local.get $arg) (i32.const 1))))
                (call $wait (i32.const 8)))
            (func (export "_start") (drop (call $spawn (i32.const 1)))
                (call $spin (i32.const {})) (call $exit (i32.const 9)))"#,
            1 + spins % 977 * 50
        )
    };
    for round in 0..rounds.div_ceil(1000) {
        let error = run(&text(1 + round * 7919 % 100_000), Input::Null, options()).1.unwrap();
        let kind = match (error.i32_exit_status(), error.as_trap_code()) {
            (Some(9), _) => 0,
            (_, Some(TrapCode::UnreachableCodeReached)) => 1,
            _ => panic!("{error}"),
        };
        seen[kind] += 1;
    }
    let [exits, traps] = seen;
    println!("groups that ended by exit: {exits}, by trap: {traps}");
    assert_eq!(exits + traps, rounds.div_ceil(1000));
}
