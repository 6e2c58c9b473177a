//! The parts that need the standard library: its readers and writers as streams of a guest, the standard streams of
//! this process, and paths of the host.

use std::io;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};

use crate::context::{DirAccess, SetupError, WasiCtxBuilder};
use crate::errno::Errno;
use crate::stdio::{Input, Output, Pipe, Reader, Writer};

impl<T: io::Read + Send> Reader for T {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        Ok(io::Read::read(self, buffer)?)
    }
}

impl<T: io::Write + Send> Writer for T {
    fn write(&mut self, buffer: &[u8]) -> Result<usize, Errno> {
        Ok(io::Write::write(self, buffer)?)
    }

    fn flush(&mut self) -> Result<(), Errno> {
        // As callers in the standard library do.
        loop {
            match io::Write::flush(self) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                done => return Ok(done?),
            }
        }
    }
}

impl io::Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.pull(buffer))
    }
}

impl io::Write for Pipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.push(buffer).ok_or_else(|| io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a duplicate of a standard stream of this process, which the guest may close. It is numbered from 3, so that
/// it never takes the place of a standard stream.
fn own(fd: impl AsFd) -> Option<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(fd, 3).ok()
}

/// Returns a duplicate of standard input.
pub(crate) fn own_input() -> Option<OwnedFd> {
    own(rustix::stdio::stdin())
}

/// Returns a duplicate of standard output, if `number` is 1, or of standard error.
pub(crate) fn own_output(number: u32) -> Option<OwnedFd> {
    match number {
        1 => own(rustix::stdio::stdout()),
        _ => own(rustix::stdio::stderr()),
    }
}

impl From<SetupError> for io::Error {
    fn from(error: SetupError) -> io::Error {
        match error {
            SetupError::Directory(errno) | SetupError::Listen(errno) => io::Error::from_raw_os_error(errno),
            _ => io::Error::new(io::ErrorKind::InvalidInput, error),
        }
    }
}

impl WasiCtxBuilder {
    /// Makes the guest's standard streams those of this process.
    pub fn inherit_stdio(self) -> WasiCtxBuilder {
        self.stdin(Input::Inherit).stdout(Output::Inherit).stderr(Output::Inherit)
    }

    /// Makes the guest's standard input that of this process.
    pub fn inherit_stdin(self) -> WasiCtxBuilder {
        self.stdin(Input::Inherit)
    }

    /// Makes the guest's standard output that of this process.
    pub fn inherit_stdout(self) -> WasiCtxBuilder {
        self.stdout(Output::Inherit)
    }

    /// Makes the guest's standard error that of this process.
    pub fn inherit_stderr(self) -> WasiCtxBuilder {
        self.stderr(Output::Inherit)
    }

    /// Adds the arguments of this process, with its name.
    pub fn inherit_args(self) -> WasiCtxBuilder {
        std::env::args_os().fold(self, |builder, arg| builder.arg(arg.into_encoded_bytes()))
    }

    /// Adds the environment of this process. The guest can read all of it.
    pub fn inherit_env(self) -> WasiCtxBuilder {
        std::env::vars_os().fold(self, |builder, (name, value)| {
            builder.env_bytes([name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat())
        })
    }

    /// Lets the guest use the directory `host` and everything beneath it, under the name `guest`. Errors: the directory
    /// cannot be opened.
    pub fn preopened_dir(
        self,
        host: impl AsRef<Path>,
        guest: impl AsRef<str>,
        access: DirAccess,
    ) -> Result<WasiCtxBuilder, SetupError> {
        self.preopened_dir_bytes(host.as_ref().as_os_str().as_encoded_bytes(), guest.as_ref(), access)
    }
}
