//! A builder with the methods of `wasi-common`, which `wasmi_wasi` has in its module of this name.
//!
//! The methods borrow the builder, and those that add strings or directories return a `Result`.

use std::boxed::Box;
use std::io;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use rustix::fd::OwnedFd;

pub use crate::add_to_linker;
use crate::context::{DirAccess, SetupError, WasiCtx};
use crate::custom_file::WasiFile;
use crate::stdio::{Input, Output};

/// Permits opening files by any path of the host: see [`ambient_authority`].
#[derive(Clone, Copy, Debug)]
pub struct AmbientAuthority(());

/// Permits [`Dir::open_ambient_dir`] to open a directory by any path of the host.
pub fn ambient_authority() -> AmbientAuthority {
    AmbientAuthority(())
}

/// An open directory of the host.
#[derive(Debug)]
pub struct Dir(OwnedFd);

impl Dir {
    /// Opens a directory.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open_ambient_dir(path: impl AsRef<Path>, _: AmbientAuthority) -> io::Result<Dir> {
        let file = std::fs::File::open(path)?;
        match file.metadata()?.is_dir() {
            true => Ok(Dir(file.into())),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }
}

impl From<Dir> for OwnedFd {
    fn from(dir: Dir) -> OwnedFd {
        dir.0
    }
}

/// Builds a [`WasiCtx`].
#[must_use]
#[derive(Default)]
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    dirs: Vec<(OwnedFd, String)>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

/// Fails if the string has a NUL in it.
fn checked(string: Vec<u8>) -> Result<Vec<u8>, SetupError> {
    if string.contains(&0) { Err(SetupError::Nul) } else { Ok(string) }
}

impl WasiCtxBuilder {
    /// Begins with no arguments, no environment, no files, and streams that are null.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    /// Adds an argument. The first is the program's name.
    ///
    /// # Errors
    /// Like all methods that add strings: if one has a NUL in it.
    pub fn arg(&mut self, arg: &str) -> Result<&mut Self, SetupError> {
        self.args.push(checked(arg.into())?);
        Ok(self)
    }

    /// Adds arguments.
    ///
    /// # Errors
    /// As [`arg`](WasiCtxBuilder::arg).
    pub fn args(&mut self, args: &[String]) -> Result<&mut Self, SetupError> {
        args.iter().try_fold(self, |builder, arg| builder.arg(arg))
    }

    /// Adds the arguments of this process, with its name.
    ///
    /// # Errors
    /// As [`arg`](WasiCtxBuilder::arg).
    pub fn inherit_args(&mut self) -> Result<&mut Self, SetupError> {
        for arg in std::env::args_os() {
            self.args.push(checked(arg.into_encoded_bytes())?);
        }
        Ok(self)
    }

    fn variable(&mut self, name: &[u8], value: &[u8]) -> Result<&mut Self, SetupError> {
        self.env.push(checked([name, b"=", value].concat())?);
        Ok(self)
    }

    /// Adds a variable to the environment.
    ///
    /// # Errors
    /// As [`arg`](WasiCtxBuilder::arg).
    pub fn env(&mut self, name: &str, value: &str) -> Result<&mut Self, SetupError> {
        self.variable(name.as_bytes(), value.as_bytes())
    }

    /// Adds variables to the environment: names and values.
    ///
    /// # Errors
    /// As [`arg`](WasiCtxBuilder::arg).
    pub fn envs(&mut self, env: &[(String, String)]) -> Result<&mut Self, SetupError> {
        env.iter().try_fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Adds the environment of this process. The guest can read all of it.
    ///
    /// # Errors
    /// As [`arg`](WasiCtxBuilder::arg).
    pub fn inherit_env(&mut self) -> Result<&mut Self, SetupError> {
        std::env::vars_os().try_fold(self, |builder, (name, value)| {
            builder.variable(name.as_encoded_bytes(), value.as_encoded_bytes())
        })
    }

    /// Sets where standard input comes from.
    pub fn stdin(&mut self, file: Box<dyn WasiFile>) -> &mut Self {
        self.stdin = Input::WasiFile(file);
        self
    }

    /// Sets where standard output goes.
    pub fn stdout(&mut self, file: Box<dyn WasiFile>) -> &mut Self {
        self.stdout = Output::WasiFile(file);
        self
    }

    /// Sets where standard error goes.
    pub fn stderr(&mut self, file: Box<dyn WasiFile>) -> &mut Self {
        self.stderr = Output::WasiFile(file);
        self
    }

    /// Makes the guest's standard input that of this process.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin = Input::Inherit;
        self
    }

    /// Makes the guest's standard output that of this process.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout = Output::Inherit;
        self
    }

    /// Makes the guest's standard error that of this process.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr = Output::Inherit;
        self
    }

    /// Makes the guest's standard streams those of this process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Lets the guest use an open directory and everything beneath it, under the name `guest`. A `Dir` of cap-std will
    /// do, too.
    ///
    /// # Errors
    /// Fails if there are too many directories.
    pub fn preopened_dir(&mut self, dir: impl Into<OwnedFd>, guest: impl AsRef<Path>) -> Result<&mut Self, SetupError> {
        let guest = guest.as_ref().to_string_lossy();
        // Three are the streams.
        if self.dirs.len() + 3 >= crate::descriptor::MAX {
            return Err(SetupError::TooManyDescriptors);
        }
        self.dirs.push((dir.into(), guest.into()));
        Ok(self)
    }

    /// Builds the context. The builder is then empty.
    #[must_use]
    pub fn build(&mut self) -> WasiCtx {
        let WasiCtxBuilder { args, env, dirs, stdin, stdout, stderr } = std::mem::take(self);
        let builder = WasiCtx::builder().args(args).stdin(stdin).stdout(stdout).stderr(stderr);
        let builder = env.into_iter().fold(builder, |builder, variable| builder.env_bytes(variable));
        let with_dir = |builder: crate::WasiCtxBuilder, (dir, guest): (OwnedFd, String)| {
            builder.preopened_dir_fd(dir, &guest, DirAccess::ReadWrite)
        };
        // The methods checked all that can be wrong.
        dirs.into_iter().fold(builder, with_dir).build_p1()
    }
}
