//! Runs guests that try every function of WASI and print the results (`tests/guests/src/wasi`). The whole output is
//! compared. A unit test of `wasmote-wasi` checks that the guests together call every function (`functions.rs`).
#![cfg(all(unix, feature = "validate", feature = "wasi"))]

#[path = "support/command.rs"]
mod command;
#[path = "support/folder.rs"]
mod folder;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use folder::Folder;

impl Folder {
    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

fn guests() -> PathBuf {
    wasmote_test_support::root().join("tests/guests/wasi")
}

/// A run of a guest with pipes for all streams. The guest's name is its first argument.
fn command(guest: &str, options: &[&str], args: &[&str]) -> Command {
    let mut command = Command::new(command::program());
    command.current_dir(guests()).args(options).arg(format!("{guest}.wasm")).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[track_caller]
fn check(output: &Output, expected: &str, exit: i32) {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{said}{errors}");
    assert_eq!(said, std::fs::read_to_string(guests().join(expected)).unwrap());
    assert_eq!(errors, "");
}

#[test]
fn arguments_clocks_and_random_bytes_that_are_given() {
    let options = ["--clock", "fixed:1000000007", "--random-seed", "0", "--env", "A=1=2", "--env", "B="];
    let output = command("world", &options, &["two words", "", "ü"]).output().unwrap();
    check(&output, "world.txt", 7);
}

#[test]
fn clocks_and_random_bytes_of_the_system() {
    check(&command("world", &[], &["real"]).output().unwrap(), "world-real.txt", 7);
}

#[test]
fn files() {
    let folder = Folder::empty();
    let dir = format!("{}::/data", folder.path());
    check(&command("files", &["--dir", &dir], &[]).output().unwrap(), "files.txt", 0);
}

#[test]
fn directories() {
    let folder = Folder::empty();
    let options = ["--dir", folder.path(), "--dir-ro", folder.path()];
    check(&command("directories", &options, &[]).output().unwrap(), "directories.txt", 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn waiting() {
    // The system polls at most as many descriptors as a process may have open; this guest polls 4096.
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 64 && exec \"$0\" waiting.wasm"]).arg(command::program());
    few.current_dir(guests()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = few.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"input").unwrap();
    check(&child.wait_with_output().unwrap(), "waiting.txt", 0);
}

#[test]
fn snapshot_0() {
    let folder = Folder::empty();
    check(&command("unstable", &["--dir", folder.path()], &[]).output().unwrap(), "unstable.txt", 3);
    assert_eq!(std::fs::read(folder.0.join("old")).unwrap(), b"0123456789");
}

#[cfg(feature = "sockets")]
#[test]
fn sockets() {
    use std::io::Read;
    use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    for _ in 0..20 {
        // An address that was free a moment ago. If another process takes it, the test tries another.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let mut child = command("sockets", &["--tcplisten", &address], &[]).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let connected = loop {
            match TcpStream::connect(&address) {
                Ok(stream) => break Some(stream),
                Err(_) if child.try_wait().unwrap().is_some() => break None,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let Some(mut stream) = connected else { continue };
        let mut answer = Vec::new();
        let exchange = stream.write_all(b"ping");
        let exchange = exchange.and_then(|()| stream.shutdown(Shutdown::Write));
        let exchange = exchange.and_then(|()| stream.read_to_end(&mut answer));
        // The guest's output comes first: it may explain a missing answer.
        let output = child.wait_with_output().unwrap();
        check(&output, "sockets.txt", 0);
        assert_eq!((exchange.unwrap(), answer.as_slice()), (4, b"pong".as_slice()));
        return;
    }
    panic!("no address is free for long enough");
}
