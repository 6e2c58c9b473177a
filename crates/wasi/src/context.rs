//! What a guest sees of the world: made by an embedder with a builder, changed by the guest's calls.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::fmt;

use wasmote::Error;

use crate::abi::{filetype, rights};
use crate::clock::{Clocks, SystemClocks};
use crate::descriptor::{Descriptor, Descriptors, Object};
use crate::random::{self, Random};
use crate::sandbox::Dir;
use crate::stdio::{Input, Output};

/// The state of WASI for one guest.
pub struct WasiCtx {
    pub(crate) args: Vec<Box<[u8]>>,
    pub(crate) env: Vec<Box<[u8]>>,
    pub(crate) descriptors: Descriptors,
    pub(crate) clocks: Box<dyn Clocks>,
    pub(crate) random: Random,
    /// What has yet to be asked before the guest does what can be noticed.
    pub(crate) gate: Option<Permission>,
}

/// Lets a guest have effects, or ends its call with an error ([`WasiCtxBuilder::gate`]).
pub type Permission = Box<dyn FnMut() -> Result<(), Error> + Send>;

impl WasiCtx {
    /// A builder of contexts. Unless told otherwise, a guest has no arguments, environment and files, its streams
    /// are null, its clocks and random bytes the system's.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder(Box::new(WasiSettings {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Input::Null,
            stdout: Output::Null,
            stderr: Output::Null,
            dirs: Vec::new(),
            sockets: Vec::new(),
            clocks: Box::new(SystemClocks),
            random: Box::new(random::system),
            gate: None,
        }))
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

/// Why a context can't be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// The host can't open a directory, for the reason that has this number there (`errno`).
    Directory(i32),
    /// A string has a NUL in it, which would end it.
    Nul,
    /// The host can't listen at an address, for the reason that has this number there (`errno`).
    Listen(i32),
    /// There are more directories and sockets than a guest can have descriptors.
    TooManyDescriptors,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Directory(errno) => write!(f, "the directory can't be opened (os error {errno})"),
            SetupError::Nul => f.write_str("an argument or variable has a NUL in it"),
            SetupError::Listen(errno) => write!(f, "the address can't be listened at (os error {errno})"),
            SetupError::TooManyDescriptors => f.write_str("too many directories and sockets"),
        }
    }
}

impl core::error::Error for SetupError {}

/// Builds a [`WasiCtx`].
// In a box, since each method takes it and gives it back.
pub struct WasiCtxBuilder(pub(crate) Box<WasiSettings>);

/// What a builder was told so far.
pub(crate) struct WasiSettings {
    args: Vec<Box<[u8]>>,
    env: Vec<Box<[u8]>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    dirs: Vec<Descriptor>,
    pub sockets: Vec<Descriptor>,
    clocks: Box<dyn Clocks>,
    random: Random,
    gate: Option<Permission>,
}

impl WasiCtxBuilder {
    /// Adds an argument; the first is the program's name.
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> WasiCtxBuilder {
        self.0.args.push(arg.into().into());
        self
    }

    /// Adds a variable to the environment.
    pub fn env(mut self, name: &str, value: &str) -> WasiCtxBuilder {
        self.0.env.push([name, "=", value].concat().into_bytes().into());
        self
    }

    /// Adds a variable as systems have it: `NAME=VALUE`, in any encoding.
    pub fn env_bytes(mut self, variable: impl Into<Vec<u8>>) -> WasiCtxBuilder {
        self.0.env.push(variable.into().into());
        self
    }

    /// Says where standard input comes from.
    pub fn stdin(mut self, input: Input) -> WasiCtxBuilder {
        self.0.stdin = input;
        self
    }

    /// Says where standard output goes.
    pub fn stdout(mut self, output: Output) -> WasiCtxBuilder {
        self.0.stdout = output;
        self
    }

    /// Says where standard error goes.
    pub fn stderr(mut self, output: Output) -> WasiCtxBuilder {
        self.0.stderr = output;
        self
    }

    /// Lets the guest use the directory `host` and what is beneath it, under the name `guest`. The path of the host is bytes, as on
    /// Unix. An error if the directory can't be opened.
    pub fn preopened_dir_bytes(
        mut self,
        host: &[u8],
        guest: &str,
        access: DirAccess,
    ) -> Result<WasiCtxBuilder, SetupError> {
        let host = CString::new(host).map_err(|_| SetupError::Nul)?;
        let dir = Dir::open_host(&host).map_err(|errno| SetupError::Directory(errno.raw_os_error()))?;
        let (base, inheriting) = match access {
            DirAccess::ReadWrite => (rights::DIRECTORY, rights::DIRECTORY | rights::FILE),
            DirAccess::ReadOnly => (rights::DIRECTORY_READ, rights::DIRECTORY_READ | rights::FILE_READ),
        };
        self.0.dirs.push(Descriptor {
            object: Object::Dir(dir),
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
        self.0.clocks = clocks;
        self
    }

    /// Replaces the source of random bytes.
    pub fn random(mut self, random: Random) -> WasiCtxBuilder {
        self.0.random = random;
        self
    }

    /// Has something asked before the first call that anybody but the guest could notice: any but those for arguments, environment,
    /// clocks, random bytes, and what the descriptors are that it begins with. An error ends the call that it would have been, and it is asked again
    /// before the next such call. An embedder can so have the guest begin while it is not yet known whether it may.
    pub fn gate(mut self, gate: Permission) -> WasiCtxBuilder {
        self.0.gate = Some(gate);
        self
    }

    /// The context: standard streams are descriptors 0 to 2, directories follow in their order, then sockets in
    /// theirs. An error if a string has a NUL in it, which ends strings in the guest, or there are too many of those.
    pub fn build(self) -> Result<WasiCtx, SetupError> {
        if self.0.args.iter().chain(&self.0.env).any(|string| string.contains(&0)) {
            return Err(SetupError::Nul);
        }
        let mut descriptors = Descriptors::default();
        let WasiSettings { args, env, stdin, stdout, stderr, dirs, sockets, clocks, random, gate } = *self.0;
        let streams = [stdin.into_descriptor(), stdout.into_descriptor(1), stderr.into_descriptor(2)];
        for descriptor in streams.into_iter().chain(dirs).chain(sockets) {
            if descriptors.insert(descriptor).is_err() {
                return Err(SetupError::TooManyDescriptors);
            }
        }
        Ok(WasiCtx { args, env, descriptors, clocks, random, gate })
    }
}
