//! `--threads`: programs that start threads.
#![cfg(all(feature = "wasi-threads", feature = "hints"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Output};

use folder::Folder;

const WASMOTE: &str = env!("CARGO_BIN_EXE_wasmote");

const HEAD: &str = r#"
    (import "env" "memory" (memory 1 4 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (export "memory" (memory 0))"#;

/// Runs a program with these options.
fn run(options: &[&str], text: &str) -> Output {
    run_module(options, &format!("(module {HEAD} {text})"))
}

/// Runs a module with these options.
fn run_module(options: &[&str], text: &str) -> Output {
    let folder = Folder::empty();
    let file = folder.0.join("threads.wasm");
    std::fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
    Command::new(WASMOTE).arg("run").args(options).arg(&file).output().unwrap()
}

/// A thread prints, wakes the main thread, and that one exits.
const PRINTS: &str = r#"
    (data (i32.const 32) "\40\00\00\00\0c\00\00\00") (data (i32.const 64) "from thread\n")
    (func (export "wasi_thread_start") (param i32 i32)
        (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 128)))
        (i32.atomic.store (i32.const 0) (local.get 1))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
    (func (export "_start")
        (if (i32.le_s (call $spawn (i32.const 5)) (i32.const 0)) (then (unreachable)))
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (call $exit (i32.atomic.load (i32.const 0))))"#;

#[test]
fn threads_run_with_the_option_under_each_of_its_names() {
    for options in [&["--threads"][..], &["-S", "threads"], &["-Sthreads"], &["-W", "threads=y,timeout=1h"]] {
        let output = run(options, PRINTS);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{options:?}: {message}");
        assert_eq!(output.stdout, b"from thread\n");
    }
}

/// What the message ends with if threads would help.
const HINT: &str = "\nthe program is made for threads: run it with the option `--threads`\n";

#[test]
fn without_the_option_the_message_names_it() {
    let output = run(&[], PRINTS);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(message.contains("thread-spawn") && message.ends_with(HINT), "{message}");
    for (import, helps) in [
        (r#"(import "env" "memory" (memory 1 2 shared))"#, true),
        (r#"(import "wasi" "thread-spawn" (func (param i32) (result i32)))"#, true),
        (r#"(import "env" "memory" (memory 1 2))"#, false),
        (r#"(import "wasi" "thread-end" (func (param i32) (result i32)))"#, false),
    ] {
        let output = run_module(&[], &format!(r#"(module {import} (func (export "_start")))"#));
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{import}: {message}");
        assert_eq!(message.ends_with(HINT), helps, "{import}: {message}");
    }
}

#[test]
fn a_trap_or_a_timeout_ends_all_threads() {
    let text = r#"(func (export "wasi_thread_start") (param i32 i32) (unreachable))
        (func (export "_start") (drop (call $spawn (i32.const 0))) (loop (br 0)))"#;
    assert_eq!(run(&["--threads"], text).status.code(), Some(134));
    let text = r#"(func (export "wasi_thread_start") (param i32 i32) (loop (br 0)))
        (func (export "_start") (drop (call $spawn (i32.const 0)))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))"#;
    assert_eq!(run(&["--threads", "--timeout=200ms"], text).status.code(), Some(124));
}

#[test]
fn limits_hold_for_what_threads_grow() {
    let text = r#"(func (export "wasi_thread_start") (param i32 i32)
            (i32.atomic.store (i32.const 0) (i32.add (memory.grow (i32.const 1)) (i32.const 10)))
            (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
        (func (export "_start")
            (if (i32.le_s (call $spawn (i32.const 5)) (i32.const 0)) (then (call $exit (i32.const 100))))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
            (call $exit (i32.atomic.load (i32.const 0))))"#;
    assert_eq!(run(&["--threads"], text).status.code(), Some(11));
    assert_eq!(run(&["--threads", "--max-memory=64KiB"], text).status.code(), Some(9));
    let output = run(&["--threads", "--max-memory=1KiB"], text);
    assert_eq!(output.status.code(), Some(1), "the memory itself is refused");
    assert!(String::from_utf8_lossy(&output.stderr).contains("limiter"));
}

#[test]
fn options_that_do_not_work_with_threads_are_refused() {
    for option in ["--fuel=100", "--record=x", "--replay=x"] {
        let output = run(&["--threads", option], PRINTS);
        assert_eq!(output.status.code(), Some(2), "{option}");
    }
}
