//! All output that a program writes before its end arrives, however it ends. If output is lost, the program gets an
//! error.
#![cfg(all(unix, feature = "validate", feature = "wasi"))]

#[path = "support/command.rs"]
mod command;
#[path = "support/folder.rs"]
mod folder;

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use folder::Folder;

/// Writes 100 pieces of 3000 bytes to each of standard output, standard error and the file `out`, in turns. Then ends
/// as the function's name says.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "out")
    (func $all
        (local $file i32) (local $left i32)
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))
            (then (call $exit (i32.const 99))))
        (local.set $file (i32.load (i32.const 0)))
        (i32.store (i32.const 16) (i32.const 4096))
        (i32.store (i32.const 20) (i32.const 3000))
        (local.set $left (i32.const 100))
        (loop $next
            (memory.fill (i32.const 4096) (local.get $left) (i32.const 3000))
            (call $whole (i32.const 1))
            (call $whole (i32.const 2))
            (call $whole (local.get $file))
            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
    (func $whole (param $fd i32)
        (if (call $write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 0)) (then (call $exit (i32.const 98))))
        (if (i32.ne (i32.load (i32.const 0)) (i32.const 3000)) (then (call $exit (i32.const 97)))))
    (func (export "trap") call $all unreachable)
    (func (export "exit") call $all (call $exit (i32.const 5)))
    (func (export "return") call $all)
    (func $deeper (export "overflow") call $all call $down)
    (func $down call $down)
    (func (export "fuel") call $all (loop br 0))
    (func (export "fault") call $all (drop (i32.load (i32.const -1))))

    ;; The error number of a write of one byte, as the program's status, since it can't be printed.
    (func (export "write-and-exit")
        (i32.store (i32.const 20) (i32.const 1))
        (call $exit (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0))))
    ;; How many bytes there are to read, or minus the error number.
    (func (export "read") (result i32) (local $errno i32)
        (i32.store (i32.const 16) (i32.const 4096))
        (i32.store (i32.const 20) (i32.const 100))
        (local.set $errno (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0)))
        (select (i32.sub (i32.const 0) (local.get $errno)) (i32.load (i32.const 0)) (local.get $errno))))"#;

impl Folder {
    fn new() -> Folder {
        let folder = Folder::empty();
        std::fs::write(folder.0.join("program.wasm"), wat::parse_str(PROGRAM).unwrap()).unwrap();
        folder
    }

    fn command(&self, options: &[&str], invoke: &[&str]) -> Command {
        let mut command = Command::new(command::program());
        command.current_dir(&self.0).args(options).args(["--invoke", invoke[0], "program.wasm"]).args(&invoke[1..]);
        command
    }
}

/// What the program writes to each of the three.
fn all() -> Vec<u8> {
    (1..=100u8).rev().flat_map(|byte| [byte; 3000]).collect()
}

/// Checks all three outputs. The message on standard error was removed.
#[track_caller]
fn check(how: &str, ended: (Option<i32>, &[u8], &[u8]), folder: &Folder) {
    let status = match how {
        "exit" => 5,
        "return" => 0,
        _ => 134,
    };
    let (code, stdout, stderr) = ended;
    assert_eq!(code, Some(status), "{how}");
    let all = all();
    assert!(stdout == all, "{how}: {} bytes of standard output", stdout.len());
    assert!(stderr.starts_with(&all), "{how}: {} bytes of standard error", stderr.len());
    let said = String::from_utf8_lossy(&stderr[all.len()..]);
    assert_eq!(said.is_empty(), status != 134, "{how}: {said}");
    assert!(std::fs::read(folder.0.join("out")).unwrap() == all, "{how}: the file");
}

const ENDINGS: [&str; 6] = ["trap", "exit", "return", "overflow", "fuel", "fault"];

#[test]
fn all_arrives_through_pipes() {
    for how in ENDINGS {
        let folder = Folder::new();
        let Output { status, stdout, stderr } =
            folder.command(&["--dir", ".", "--fuel", "1000000"], &[how]).output().unwrap();
        check(how, (status.code(), &stdout, &stderr), &folder);
    }
}

#[test]
fn all_arrives_in_files() {
    for how in ENDINGS {
        let folder = Folder::new();
        let mut command = folder.command(&["--dir", ".", "--fuel", "1000000"], &[how]);
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| folder.0.join(name));
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let status = command.status().unwrap();
        check(how, (status.code(), &std::fs::read(stdout).unwrap(), &std::fs::read(stderr).unwrap()), &folder);
    }
}

#[test]
fn a_reader_that_is_slow_gets_all() {
    let folder = Folder::new();
    let mut command = folder.command(&["--dir", "."], &["trap"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut got, mut bytes) = (Vec::new(), [0; 5000]);
    loop {
        match stdout.read(&mut bytes).unwrap() {
            0 => break,
            count => got.extend_from_slice(&bytes[..count]),
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(child.wait().unwrap().code(), Some(134));
    assert!(got == all(), "{} bytes", got.len());
}

#[test]
fn lost_output_is_reported() {
    const NOSPC: i32 = 51;
    const PIPE: i32 = 64;
    let folder = Folder::new();
    let status = |stdout: Stdio| folder.command(&[], &["write-and-exit"]).stdout(stdout).status().unwrap().code();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(status(writer.into()), Some(PIPE));
    match File::options().write(true).open("/dev/full") {
        Ok(full) => assert_eq!(status(full.into()), Some(NOSPC)),
        Err(error) => println!("left out: /dev/full ({error})"),
    }
    assert_eq!(status(Stdio::null()), Some(0));
}

#[test]
fn standard_input_ends() {
    let folder = Folder::new();
    let read = |stdin: Stdio| {
        let output = folder.command(&[], &["read"]).stdin(stdin).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(read(Stdio::null()), "0\n");
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"seven b").unwrap();
    drop(writer);
    assert_eq!(read(reader.try_clone().unwrap().into()), "7\n");
    assert_eq!(read(reader.into()), "0\n", "after the end");
    assert_eq!(read(File::open(folder.0.join("program.wasm")).unwrap().into()), "100\n");
    // A file that is open for writing only cannot be read.
    let wrong = File::options().write(true).open(folder.0.join("program.wasm")).unwrap();
    assert_eq!(read(wrong.into()), "-8\n");
}
