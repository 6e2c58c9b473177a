//! `run --record` and `run --replay`: a run is repeated without what it got from the host.
#![cfg(all(unix, feature = "replay", feature = "validate", feature = "wasi", feature = "wat"))]

#[path = "support/folder.rs"]
mod folder;

use std::path::Path;
use std::process::{Command, Output};

use folder::Folder;

/// Prints its arguments, its environment, a file, the time and random bytes; makes a file; and ends in the way that
/// the length of its arguments says.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $arg_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2)
    (data (i32.const 100) "inputnewnone")
    (func $check (param i32) (if (local.get 0) (then unreachable)))
    (func $print (param $fd i32) (param $at i32) (param $len i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (i32.div_u (local.get $len) (i32.const 2)))
        (i32.store (i32.const 8) (i32.add (local.get $at) (i32.load (i32.const 4))))
        (i32.store (i32.const 12) (i32.sub (local.get $len) (i32.load (i32.const 4))))
        (call $check (call $write (local.get $fd) (i32.const 0) (i32.const 2) (i32.const 16))))
    (func (export "_start") (local $length i32)
        (call $check (call $arg_sizes (i32.const 20) (i32.const 24)))
        (call $check (call $args (i32.const 1000) (i32.const 2000)))
        (local.set $length (i32.load (i32.const 24)))
        (call $print (i32.const 1) (i32.const 2000) (local.get $length))
        (call $check (call $env_sizes (i32.const 20) (i32.const 24)))
        (call $check (call $env (i32.const 1000) (i32.const 4000)))
        (call $print (i32.const 2) (i32.const 4000) (i32.load (i32.const 24)))
        (call $check (call $time (i32.const 0) (i64.const 0) (i32.const 200)))
        (call $check (call $random (i32.const 208) (i32.const 16)))
        (call $print (i32.const 1) (i32.const 200) (i32.const 24))
        ;; Reads all of the file `input`, into two buffers.
        (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
        (i32.store (i32.const 40) (i32.const 10000))
        (i32.store (i32.const 44) (i32.const 5))
        (i32.store (i32.const 48) (i32.const 10005))
        (i32.store (i32.const 52) (i32.const 60000))
        (call $check (call $read (i32.load (i32.const 32)) (i32.const 40) (i32.const 2) (i32.const 36)))
        (call $print (i32.const 1) (i32.const 10000) (i32.load (i32.const 36)))
        (drop (call $list (i32.const 3) (i32.const 80000) (i32.const 4096) (i64.const 0) (i32.const 36)))
        ;; Makes the file `new`, and asks for one that does not exist.
        (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 105) (i32.const 3) (i32.const 1)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
        (call $print (i32.load (i32.const 32)) (i32.const 2000) (local.get $length))
        (i32.store (i32.const 60) (call $open (i32.const 3) (i32.const 0) (i32.const 108) (i32.const 4) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
        (call $print (i32.const 1) (i32.const 60) (i32.const 1))
        ;; Standard error becomes standard output, and then nothing reaches standard error.
        (call $check (call $renumber (i32.const 2) (i32.const 1)))
        (call $print (i32.const 1) (i32.const 100) (i32.const 12))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
        (if (i32.and (local.get $length) (i32.const 1)) (then unreachable))
        (call $exit (local.get $length)))
    (func (export "_initialize"))
    (func (export "roll") (result i32)
        (call $check (call $random (i32.const 0) (i32.const 4)))
        (i32.load (i32.const 0))))"#;

fn wasmote(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
    command.current_dir(folder).args(args).output().unwrap()
}

/// Returns a folder with the program, and the file that it reads.
fn with_input() -> Folder {
    let folder = Folder::empty();
    std::fs::write(folder.0.join("program.wasm"), wat::parse_str(PROGRAM).unwrap()).unwrap();
    std::fs::write(folder.0.join("input"), "what the file says\n".repeat(1000)).unwrap();
    folder
}

/// Returns an empty folder with these files of another one.
fn with_only(from: &Folder, files: &[&str]) -> Folder {
    let folder = Folder::empty();
    for file in files {
        std::fs::copy(from.0.join(file), folder.0.join(file)).unwrap();
    }
    folder
}

/// Records a run of this file, replays it in a folder without input, and compares.
#[track_caller]
fn replays(folder: &Folder, file: &str, argument: &str, status: i32) {
    let record = ["run", "--record", "run.wmr", "--dir", ".", "--env", "A=some value", file, argument];
    let first = wasmote(&folder.0, &record);
    assert_eq!(first.status.code(), Some(status), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(first.stdout.len() > 19_000);
    let other = wasmote(&folder.0, &record);
    assert_ne!(first.stdout, other.stdout, "each run has a time and random bytes of its own");
    // The recording is that of the second run.
    let elsewhere = with_only(folder, &[file, "run.wmr"]);
    let again = wasmote(&elsewhere.0, &["run", "--replay", "run.wmr", file]);
    assert_eq!(again.stdout, other.stdout);
    assert_eq!(String::from_utf8_lossy(&again.stderr), String::from_utf8_lossy(&other.stderr));
    assert_eq!(again.status.code(), Some(status));
    assert!(!elsewhere.0.join("new").exists(), "a replay writes no files");
    // The options of the recorded run do no harm.
    let options = ["run", "--replay", "run.wmr", "--dir", "nowhere", "--env", "A=B", file, "another argument"];
    assert_eq!(wasmote(&elsewhere.0, &options).stdout, other.stdout);
}

#[test]
fn a_replay_in_another_folder_prints_the_same_and_ends_the_same() {
    let folder = with_input();
    // The lengths are those of `program.wasm` and the argument, with their ends.
    replays(&folder, "program.wasm", "xy", 16);
    replays(&folder, "program.wasm", "xyz", 134);
}

#[test]
#[cfg(feature = "compile")]
fn images_of_both_op_sets_are_replayed() {
    let folder = with_input();
    for op_set in ["core", "extended"] {
        let compiled = wasmote(&folder.0, &["compile", "program.wasm", "-o", "image.wmi", "--op-set", op_set]);
        assert!(compiled.status.success());
        replays(&folder, "image.wmi", "xyz", 14);
        replays(&folder, "image.wmi", "xy", 134);
    }
    // A recording is of one file.
    let refused = wasmote(&folder.0, &["run", "--replay", "run.wmr", "program.wasm"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the recording is of another module"));
}

#[test]
fn functions_are_replayed_with_their_results() {
    let folder = with_input();
    let roll = |options: &[&str]| {
        let output = wasmote(&folder.0, &[&["run"], options, &["--invoke", "roll", "program.wasm"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = roll(&["--record", "roll.wmr"]);
    assert_ne!(first, roll(&[]));
    assert_eq!(first, roll(&["--replay=roll.wmr"]));
    // Another function diverges.
    let other = wasmote(&folder.0, &["run", "--replay", "roll.wmr", "program.wasm"]);
    assert_eq!(other.status.code(), Some(1));
    let said = String::from_utf8(other.stderr).unwrap();
    let what = "the replay diverges at host call 1: `wasi_snapshot_preview1::args_sizes_get` is called, and \
        `wasi_snapshot_preview1::random_get` in the recording";
    assert!(said.contains(what), "{said}");
}

#[test]
fn truncated_and_damaged_recordings_are_errors_of_one_line() {
    let folder = with_input();
    let recorded = wasmote(&folder.0, &["run", "--record", "roll.wmr", "--invoke", "roll", "program.wasm"]);
    assert!(recorded.status.success());
    let recording = std::fs::read(folder.0.join("roll.wmr")).unwrap();
    let refused = |bytes: &[u8], what: &[&str]| {
        std::fs::write(folder.0.join("bad.wmr"), bytes).unwrap();
        let output = wasmote(&folder.0, &["run", "--replay", "bad.wmr", "--invoke", "roll", "program.wasm"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        // The frames of the guest may follow.
        assert!(said.lines().skip(1).all(|line| line.contains(": func ")), "{said}");
        assert!(what.iter().any(|what| said.contains(what)), "{said}");
    };
    for len in 0..recording.len() {
        refused(&recording[..len], &["damaged recording: ", "the recording ends after host call "]);
    }
    for at in 0..recording.len() {
        let mut bytes = recording.clone();
        bytes[at] ^= 0x10;
        refused(&bytes, &["damaged recording: ", "another module"]);
    }
}

#[test]
fn wrong_options_say_what_to_do() {
    let folder = with_input();
    let said = |args: &[&str], status| {
        let output = wasmote(&folder.0, args);
        assert_eq!(output.status.code(), Some(status));
        String::from_utf8(output.stderr).unwrap()
    };
    let both = said(&["run", "--record", "a", "--replay", "b", "program.wasm"], 2);
    assert!(both.contains("`--record` and `--replay` exclude each other"), "{both}");
    let missing = said(&["run", "--replay", "none.wmr", "program.wasm"], 1);
    assert!(missing.starts_with("wasmote: none.wmr: the recording cannot be read: "), "{missing}");
    let folder_missing = said(&["run", "--record", "none/a.wmr", "program.wasm"], 2);
    assert!(folder_missing.contains("the recording `none/a.wmr` cannot be written: "), "{folder_missing}");
    assert!(
        said(&["compile", "--record", "a", "program.wasm"], 2)
            .contains("`--record` is an option of `wasmote run` only")
    );
}

/// What a replay runs can be watched.
#[test]
#[cfg(feature = "trace")]
fn a_replay_can_be_traced() {
    let folder = with_input();
    let roll =
        |options: &[&str]| wasmote(&folder.0, &[&["run"], options, &["--invoke", "roll", "program.wasm"]].concat());
    let first = roll(&["--record", "roll.wmr"]);
    let traced = roll(&["--trace=roll", "--replay", "roll.wmr"]);
    assert_eq!(traced.stdout, first.stdout);
    // The bytes from the host are among the values.
    let shown = String::from_utf8(traced.stderr).unwrap();
    let value = String::from_utf8(first.stdout).unwrap();
    assert!(shown.contains("i32.load") && shown.contains(value.trim()), "{shown}");
}

/// A disk that is full ends the run; what it did so far is not taken for a recording.
#[test]
#[cfg(target_os = "linux")]
fn a_recording_that_cannot_be_written_ends_the_run() {
    let folder = with_input();
    let output = wasmote(&folder.0, &["run", "--record", "/dev/full", "--invoke", "roll", "program.wasm"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the recording `/dev/full` cannot be written: "), "{said}");
}
