//! The options that give a program access to the world: directories, variables, clocks, random bytes, sockets.
#![cfg(all(unix, feature = "validate", feature = "wasi"))]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Output};

use folder::Folder;

/// Each function shows one thing. Functions that return a number have it as a result.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "new")
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 1)))
    (func (export "ready") (result i32) global.get $ready)

    (func $now (export "now") (param $clock i32) (result i64)
        (drop (call $time (local.get $clock) (i64.const 0) (i32.const 0)))
        (i64.load (i32.const 0)))
    ;; Sleeps for an hour.
    (func (export "sleep") (result i64)
        (i32.store (i32.const 272) (i32.const 1))
        (i64.store (i32.const 280) (i64.const 3600000000000))
        (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 0)))
        (call $now (i32.const 1)))
    (func (export "random") (result i64)
        (drop (call $random (i32.const 0) (i32.const 8)))
        (i64.load (i32.const 0)))
    ;; Makes the file `new`, to write to, and returns the error number.
    (func (export "create") (param $dir i32) (result i32)
        (call $open (local.get $dir) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
    ;; Opens it to read.
    (func (export "open") (param $dir i32) (result i32)
        (call $open (local.get $dir) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (func (export "environment")
        (drop (call $env_sizes (i32.const 8) (i32.const 20)))
        (drop (call $env (i32.const 1024) (i32.const 16384)))
        (i32.store (i32.const 16) (i32.const 16384))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0))))
    ;; Sends what a client sends back to it, until it sends no more; returns how many bytes that were.
    (func (export "echo") (param $socket i32) (result i32) (local $client i32) (local $sum i32)
        (if (call $accept (local.get $socket) (i32.const 0) (i32.const 0)) (then unreachable))
        (local.set $client (i32.load (i32.const 0)))
        (block $end (loop $next
            (i32.store (i32.const 16) (i32.const 1024))
            (i32.store (i32.const 20) (i32.const 4))
            (if (call $recv (local.get $client) (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 20) (i32.const 8))
                (then unreachable))
            (br_if $end (i32.eqz (i32.load (i32.const 20))))
            (if (call $send (local.get $client) (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 8))
                (then unreachable))
            (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 8))))
            (br $next)))
        (if (call $shutdown (local.get $client) (i32.const 2)) (then unreachable))
        (local.get $sum)))"#;

impl Folder {
    fn new() -> Folder {
        let folder = Folder::empty();
        std::fs::write(folder.0.join("program.wasm"), wat::parse_str(PROGRAM).unwrap()).unwrap();
        folder
    }

    /// A run of a function: options, and the function with its arguments.
    fn command(&self, options: &[&str], invoke: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmote"));
        command.current_dir(&self.0).args(options).args(["--invoke", invoke[0], "program.wasm"]).args(&invoke[1..]);
        command
    }

    /// Returns what a function prints.
    #[track_caller]
    fn run(&self, options: &[&str], invoke: &[&str]) -> String {
        printed(&self.command(options, invoke).output().unwrap())
    }

    /// Asserts that the command line is refused with a message that has these parts.
    #[track_caller]
    fn refused(&self, options: &[&str], parts: &[&str]) {
        let output = self.command(options, &["ready"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        for part in parts {
            assert!(said.contains(part), "no {part:?} in: {said}");
        }
    }
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_library_is_initialized_before_its_function() {
    assert_eq!(Folder::new().run(&[], &["ready"]), "1\n");
}

#[test]
fn directories_can_be_for_reading_only() {
    const NOENT: &str = "44\n";
    const NOTCAPABLE: &str = "76\n";
    let folder = Folder::new();
    assert_eq!(folder.run(&["--dir-ro", "."], &["create", "3"]), NOTCAPABLE);
    assert_eq!(folder.run(&["--dir-ro", "."], &["open", "3"]), NOENT, "nothing was made");
    let both = ["--dir-ro", ".::/here", "--dir=."];
    assert_eq!(folder.run(&both, &["create", "3"]), NOTCAPABLE);
    assert_eq!(folder.run(&both, &["create", "4"]), "0\n");
    assert_eq!(folder.run(&both, &["open", "3"]), "0\n");
    folder.refused(&["--dir-ro", "none"], &["`--dir-ro none`", "No such file"]);
}

#[test]
fn the_environment_is_inherited_when_asked_for() {
    let folder = Folder::new();
    let run = |options: &[&str]| {
        let mut command = folder.command(options, &["environment"]);
        printed(&command.env_clear().env("A", "1").env("AB", "2=3").output().unwrap())
    };
    assert_eq!(run(&["--env", "C=4"]), "C=4\0");
    assert_eq!(run(&["--env-inherit", "--env", "C=4"]), "A=1\0AB=2=3\0C=4\0");
    assert_eq!(run(&["--env", "A=5", "--env-inherit"]), "AB=2=3\0A=5\0", "what is given replaces");
    folder.refused(&["--env-inherit=yes"], &["`--env-inherit` takes no value"]);
}

#[test]
fn clocks_can_be_stopped() {
    let folder = Folder::new();
    for clock in ["0", "1", "2", "3"] {
        assert_eq!(folder.run(&["--clock", "fixed:1234567890123456789"], &["now", clock]), "1234567890123456789\n");
    }
    assert_eq!(folder.run(&["--clock=fixed:5"], &["sleep"]), "3600000000005\n");
    assert_ne!(folder.run(&[], &["now", "0"]), folder.run(&[], &["now", "0"]));
    for value in ["5", "fixed:", "fixed:-1", "fixed:18446744073709551616", "real"] {
        folder.refused(&["--clock", value], &["`--clock", value, "fixed:NANOSECONDS"]);
    }
}

#[test]
fn random_bytes_can_be_repeated() {
    let folder = Folder::new();
    let seeded = |seed: &str| folder.run(&["--random-seed", seed], &["random"]);
    assert_eq!(seeded("1"), seeded("1"));
    assert_ne!(seeded("1"), seeded("2"));
    assert_ne!(folder.run(&[], &["random"]), folder.run(&[], &["random"]));
    folder.refused(&["--random-seed", "x"], &["`--random-seed x`", "a number"]);
}

#[test]
#[cfg(all(feature = "compile", not(feature = "relaxed-native")))]
fn deterministic_runs_are_all_the_same() {
    let folder = Folder::new();
    let run = |options: &[&str], function| folder.run(&[&["--deterministic"], options].concat(), function);
    assert_eq!(run(&[], &["now", "0"]), "0\n");
    assert_eq!(run(&[], &["random"]), folder.run(&["--random-seed", "0"], &["random"]));
    assert_eq!(run(&["--clock", "fixed:7", "--random-seed", "3"], &["now", "1"]), "7\n");
    folder.refused(&["--deterministic=1"], &["`--deterministic` takes no value"]);

    // An image must say that its NaNs are canonical.
    let wasmote =
        |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_wasmote")).current_dir(&folder.0).args(args).output();
    let wasmote = |args: &[&str]| wasmote(args).unwrap();
    printed(&wasmote(&["compile", "program.wasm", "-o", "other.wmi"]));
    printed(&wasmote(&["compile", "--deterministic", "program.wasm", "-o", "canonical.wmi"]));
    let refused = wasmote(&["run", "--deterministic", "--invoke", "ready", "other.wmi"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("NaNs") && said.contains("`--deterministic`"), "{said}");
    for options in [&["--deterministic"][..], &[]] {
        assert_eq!(printed(&wasmote(&[&["run"], options, &["--invoke", "ready", "canonical.wmi"]].concat())), "1\n");
    }
    #[cfg(feature = "inspect")]
    for (file, canonical) in [("other.wmi", "canonical NaNs: no"), ("canonical.wmi", "canonical NaNs: yes")] {
        assert!(printed(&wasmote(&["inspect", file])).contains(canonical));
    }
}

#[cfg(feature = "sockets")]
mod sockets {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// Addresses that were free a moment ago.
    fn addresses() -> [String; 2] {
        let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        listeners.map(|listener| listener.local_addr().unwrap().to_string())
    }

    /// Connects to a program that is about to listen. Returns `None` if the program has ended because another process
    /// took the address.
    fn connect(address: &str, child: &mut Child) -> Option<TcpStream> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match TcpStream::connect(address) {
                Ok(stream) => return Some(stream),
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs the program with a directory and two sockets, and sends bytes to one of the sockets. Returns the answer and
    /// the program's output.
    fn echo(folder: &Folder, socket: usize, bytes: &[u8]) -> (Vec<u8>, String) {
        for _ in 0..20 {
            let addresses = addresses();
            let other = format!("--tcplisten={}", addresses[1]);
            let options = ["--tcplisten", &addresses[0], "--dir", ".", &other];
            let mut command = folder.command(&options, &["echo", &socket.to_string()]);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let Some(mut stream) = connect(&addresses[socket - 4], &mut child) else { continue };
            stream.write_all(bytes).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            return (answer, printed(&child.wait_with_output().unwrap()));
        }
        panic!("no address is free for long enough");
    }

    #[test]
    fn programs_accept_connections_behind_their_directories() {
        let folder = Folder::new();
        let bytes: Vec<u8> = (0..1000).map(|i| i as u8).collect();
        for socket in [4, 5] {
            let (answer, said) = echo(&folder, socket, &bytes);
            assert!(answer == bytes, "{answer:?}");
            assert_eq!(said, "1000\n");
        }
    }

    #[test]
    fn addresses_that_cannot_be_are_refused() {
        let folder = Folder::new();
        for value in ["", "8080", "127.0.0.1", "localhost:8080", "127.0.0.1:65536", "::1:80"] {
            folder.refused(&["--tcplisten", value], &["`--tcplisten", "127.0.0.1:8080"]);
        }
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap().to_string();
        folder.refused(&["--tcplisten", &address], &[&address, "in use"]);
    }
}

#[cfg(not(feature = "sockets"))]
#[test]
fn without_sockets_the_option_says_so() {
    Folder::new().refused(&["--tcplisten", "127.0.0.1:8080"], &["feature `sockets`"]);
}
