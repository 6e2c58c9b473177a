//! What a guest sees of the world: made by an embedder with a builder, changed by the guest's calls.

use std::fs::File;
use std::io;
use std::path::Path;

use cap_std::fs::Dir;

use crate::abi::{filetype, rights};
use crate::clock::{Clocks, SystemClocks};
use crate::descriptor::{Descriptor, Descriptors, Object};
use crate::random::{self, Random};
use crate::stdio::{Input, Output};

/// The state of WASI for one guest.
pub struct WasiCtx {
    pub(crate) args: Vec<Box<[u8]>>,
    pub(crate) env: Vec<Box<[u8]>>,
    pub(crate) descriptors: Descriptors,
    pub(crate) clocks: Box<dyn Clocks>,
    pub(crate) random: Random,
}

impl WasiCtx {
    /// A builder of contexts. Unless told otherwise, a guest has no arguments, environment and files, its streams
    /// are null, its clocks and random bytes the system's.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Input::Null,
            stdout: Output::Null,
            stderr: Output::Null,
            dirs: Vec::new(),
            clocks: Box::new(SystemClocks),
            random: Box::new(random::system),
        }
    }

    /// Flushes the writers that standard output and error go to.
    pub fn flush(&mut self) {
        self.descriptors.flush();
    }
}

impl Drop for WasiCtx {
    fn drop(&mut self) {
        self.flush();
    }
}

/// What a guest may do in a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirAccess {
    /// Everything.
    ReadWrite,
    /// Open and read what is there.
    ReadOnly,
}

/// Builds a [`WasiCtx`].
pub struct WasiCtxBuilder {
    args: Vec<Box<[u8]>>,
    env: Vec<Box<[u8]>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    dirs: Vec<Descriptor>,
    clocks: Box<dyn Clocks>,
    random: Random,
}

impl WasiCtxBuilder {
    /// Adds an argument; the first is the program's name.
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> WasiCtxBuilder {
        self.args.push(arg.into().into());
        self
    }

    /// Adds a variable to the environment.
    pub fn env(mut self, name: &str, value: &str) -> WasiCtxBuilder {
        self.env.push([name, "=", value].concat().into_bytes().into());
        self
    }

    /// Says where standard input comes from.
    pub fn stdin(mut self, input: Input) -> WasiCtxBuilder {
        self.stdin = input;
        self
    }

    /// Says where standard output goes.
    pub fn stdout(mut self, output: Output) -> WasiCtxBuilder {
        self.stdout = output;
        self
    }

    /// Says where standard error goes.
    pub fn stderr(mut self, output: Output) -> WasiCtxBuilder {
        self.stderr = output;
        self
    }

    /// All three standard streams are this process's own.
    pub fn inherit_stdio(self) -> WasiCtxBuilder {
        self.stdin(Input::Inherit).stdout(Output::Inherit).stderr(Output::Inherit)
    }

    /// Lets the guest use the directory `host` and what is beneath it, under the name `guest`. An error if it can't
    /// be opened.
    pub fn preopened_dir(mut self, host: &Path, guest: &str, access: DirAccess) -> io::Result<WasiCtxBuilder> {
        let file = File::open(host)?;
        if !file.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let (base, inheriting) = match access {
            DirAccess::ReadWrite => (rights::DIRECTORY, rights::DIRECTORY | rights::FILE),
            DirAccess::ReadOnly => (rights::DIRECTORY_READ, rights::DIRECTORY_READ | rights::FILE_READ),
        };
        self.dirs.push(Descriptor {
            object: Object::Dir(Dir::from_std_file(file)),
            base,
            inheriting,
            flags: 0,
            filetype: filetype::DIRECTORY,
            preopen: Some(guest.as_bytes().into()),
        });
        Ok(self)
    }

    /// Replaces the clocks.
    pub fn clocks(mut self, clocks: Box<dyn Clocks>) -> WasiCtxBuilder {
        self.clocks = clocks;
        self
    }

    /// Replaces the source of random bytes.
    pub fn random(mut self, random: Random) -> WasiCtxBuilder {
        self.random = random;
        self
    }

    /// The context: standard streams are descriptors 0 to 2, directories follow in their order. An error if a
    /// string has a NUL in it, which ends strings in the guest, or there are too many directories.
    pub fn build(self) -> io::Result<WasiCtx> {
        if self.args.iter().chain(&self.env).any(|string| string.contains(&0)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an argument or variable has a NUL in it"));
        }
        let mut descriptors = Descriptors::default();
        let streams = [
            self.stdin.into_descriptor(),
            self.stdout.into_descriptor(rustix::stdio::stdout()),
            self.stderr.into_descriptor(rustix::stdio::stderr()),
        ];
        for descriptor in streams.into_iter().chain(self.dirs) {
            if descriptors.insert(descriptor).is_err() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many directories"));
            }
        }
        Ok(WasiCtx { args: self.args, env: self.env, descriptors, clocks: self.clocks, random: self.random })
    }
}
