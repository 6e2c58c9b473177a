//! The functions of this crate for systems other than Unix, made from the standard library.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// An error of the operating system. `Display` prints the system's message for it.
#[derive(Debug)]
pub struct Error(io::Error);

impl Error {
    /// Returns whether the file does not exist.
    pub fn is_not_found(&self) -> bool {
        self.0.kind() == ErrorKind::NotFound
    }

    /// Returns whether the error is that the file is a directory.
    pub fn is_directory(&self) -> bool {
        self.0.kind() == ErrorKind::IsADirectory
    }

    /// Returns whether nobody reads the other end of the pipe.
    pub fn is_broken_pipe(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An output stream of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Stream {
    /// Writes all of the bytes.
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        let written = match self {
            Stream::Output => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            Stream::Error => io::stderr().write_all(bytes),
        };
        written.map_err(Error)
    }

    /// Returns whether it is a terminal.
    pub fn is_terminal(self) -> bool {
        match self {
            Stream::Output => io::stdout().is_terminal(),
            Stream::Error => io::stderr().is_terminal(),
        }
    }
}

impl fmt::Write for Stream {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Converts bytes to a path. Bytes that are not UTF-8 are replaced, and then no such file exists.
fn path(bytes: &[u8]) -> OsString {
    alloc::string::String::from_utf8_lossy(bytes).into_owned().into()
}

/// Reads standard input to its end.
pub fn read_stdin() -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(Error)?;
    Ok(bytes)
}

/// Reads a file to its end.
pub fn read_file(file: &[u8]) -> Result<Vec<u8>, Error> {
    std::fs::read(path(file)).map_err(Error)
}

/// Reads a file to its end. On Unix, this function maps the file instead.
pub fn map_file(file: &[u8], _magic: &[u8; 4]) -> Result<Cow<'static, [u8]>, Error> {
    read_file(file).map(Cow::Owned)
}

/// Writes these bytes to a file. If that fails, removes the file, so that no part of it is left.
pub fn write_file(file: &[u8], bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path(file), bytes).inspect_err(|_| drop(std::fs::remove_file(path(file)))).map_err(Error)
}

/// A file that is written piece by piece, unbuffered. What was written stays, even if the program is killed.
#[derive(Debug)]
pub struct OutputFile(std::fs::File);

impl OutputFile {
    /// Makes the file, or empties the one that there is.
    pub fn create(file: &[u8]) -> Result<OutputFile, Error> {
        std::fs::File::create(path(file)).map(OutputFile).map_err(Error)
    }

    /// Writes all of the bytes to the end of the file.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        (&self.0).write_all(bytes).map_err(Error)
    }
}

/// Returns the nanoseconds since the first call. It never goes back.
pub fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// The variables of the environment, each `NAME=VALUE`.
pub fn environment() -> impl Iterator<Item = &'static [u8]> {
    std::env::vars_os().map(|(mut variable, value)| {
        variable.push("=");
        variable.push(value);
        &*variable.into_encoded_bytes().leak()
    })
}

/// Parses a number.
pub fn parse_f64(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The same for the smaller type.
pub fn parse_f32(text: &str) -> Option<f32> {
    text.parse().ok()
}

/// Parses an address with a port.
pub fn parse_socket_address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

/// Prints a number in the fewest digits that parse back to it.
pub fn print_f64(value: f64) -> String {
    value.to_string()
}

/// The same for the smaller type.
pub fn print_f32(value: f32) -> String {
    value.to_string()
}

/// Calls `main` with the program's arguments, and exits with what it returns.
pub fn start(main: fn(Vec<&'static [u8]>) -> i32) -> ! {
    let args = std::env::args_os().skip(1).map(|arg| &*arg.into_encoded_bytes().leak());
    std::process::exit(main(args.collect()))
}

/// Runs work that handles failed allocations. Here the standard library decides what happens on such a failure.
pub fn with_allocation_errors<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// Starts a thread that does this work. Returns whether the thread could be started.
pub fn spawn(work: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().spawn(work).is_ok()
}

/// Suspends the calling thread.
pub fn sleep(time: Duration) {
    thread::sleep(time);
}

/// Does nothing: here Ctrl-C always ends the program.
pub fn on_interrupt(_action: fn()) {}

/// Returns `false`: here Ctrl-C always ends the program.
pub fn interrupted() -> bool {
    false
}

/// Calls `work` on `threads` threads at once, including this one, and returns when all calls have returned. If the
/// system refuses a thread, fewer calls are made.
pub fn run_on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        for _ in 1..threads {
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}

/// Returns how many threads can run at once.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, |threads| threads.get())
}

/// Waits until another thread ends the program.
pub fn wait_for_end() -> ! {
    loop {
        thread::park();
    }
}

/// Ends the program, from any thread.
pub fn end(status: i32) -> ! {
    std::process::exit(status)
}
