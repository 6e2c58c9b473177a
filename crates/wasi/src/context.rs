//! The state of a guest: an embedder makes it with a builder, and the guest's calls change it.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rustix::fd::OwnedFd;
use wasmote::{Error, Lock};

use crate::abi::{filetype, rights};
use crate::blocking::Turn;
use crate::clock::{Clocks, FixedClocks, SteppingClocks, SystemClocks};
use crate::descriptor::{Descriptor, Descriptors, Object};
use crate::interrupt::Interrupts;
use crate::random::{self, Random};
use crate::sandbox::Dir;
use crate::stdio::{Input, Output};

/// How much each reading advances the clocks of [`WasiCtxBuilder::deterministic`], in nanoseconds.
const DETERMINISTIC_STEP: u64 = 1000;

/// The state of WASI for one guest, or for one thread of it.
pub struct WasiCtx {
    pub(crate) process: Arc<Process>,
    pub(crate) interrupts: Interrupts,
}

/// What all threads of a guest share. No lock is held while a call waits for others.
pub(crate) struct Process {
    pub args: Vec<Box<[u8]>>,
    pub env: Vec<Box<[u8]>>,
    pub descriptors: Lock<Descriptors>,
    pub clocks: Lock<Box<dyn Clocks>>,
    pub random: Lock<Random>,
    /// Whose turn it is to read where reading may wait.
    pub reading: Turn,
    /// Whose turn it is to accept a connection.
    #[cfg(feature = "sockets")]
    pub accepting: Turn,
    /// Called before the guest's first call with side effects.
    pub gate: Lock<Option<Gate>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let descriptors = self.descriptors.get_mut();
        let mut at = 0;
        while let Some((behind, descriptor)) = descriptors.next(at) {
            let _ = descriptor.close();
            at = behind;
        }
    }
}

/// Permits a guest's side effects, or ends its call with an error ([`WasiCtxBuilder::gate`]).
pub type Gate = Box<dyn FnMut() -> Result<(), Error> + Send>;

impl WasiCtx {
    /// Returns a builder. By default, a guest has no arguments, no environment and no files. Its streams are null. Its
    /// clocks and random bytes are the system's.
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

    pub(crate) fn has_gate(&self) -> bool {
        self.process.gate.lock().is_some()
    }

    /// Asks the gate, if there is one. If it refuses, it is asked again before the next call with side effects.
    pub(crate) fn pass_gate(&self) -> Result<(), Error> {
        // There are no other threads yet: a guest passes its gate before it starts one.
        let mut open = self.process.gate.lock();
        if let Some(gate) = &mut *open {
            gate()?;
        }
        *open = None;
        Ok(())
    }

    /// Flushes the writers of standard output and error. Errors are ignored, because nobody could receive them.
    pub fn flush(&mut self) {
        let next = |fd| {
            let descriptors = self.process.descriptors.lock();
            descriptors.next(fd).map(|(next, descriptor)| (next, descriptor.clone()))
        };
        let mut at = 0;
        // Other threads may use the descriptors while a writer works.
        while let Some((behind, descriptor)) = next(at) {
            let _ = descriptor.close();
            at = behind;
        }
    }

    /// Returns the state for another thread of the same guest, which shares everything.
    #[cfg(feature = "wasi-threads")]
    pub fn for_thread(&self) -> WasiCtx {
        WasiCtx { process: self.process.clone(), interrupts: Interrupts::default() }
    }
}

/// The access that a guest has to a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DirAccess {
    /// All operations.
    ReadWrite,
    /// Opening and reading existing files and directories.
    ReadOnly,
}

/// The reason why a context cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// The host cannot open a directory. The number is its `errno`.
    Directory(i32),
    /// An argument or variable has a NUL in it, which would end it in the guest.
    Nul,
    /// The host cannot listen at an address. The number is its `errno`.
    Listen(i32),
    /// There are more directories and sockets than a guest can have descriptors (1024, with the streams).
    TooManyDescriptors,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Nul => f.write_str("an argument or variable contains a NUL"),
            SetupError::Directory(errno) | SetupError::Listen(errno) => {
                let is_directory = matches!(self, SetupError::Directory(_));
                let what = if is_directory { "open the directory" } else { "listen at the address" };
                write!(f, "cannot {what} (os error {})", i64::from(*errno))
            }
            SetupError::TooManyDescriptors => {
                f.write_str("too many directories and sockets: a guest has at most 1024 descriptors")
            }
        }
    }
}

impl core::error::Error for SetupError {}

/// Builds a [`WasiCtx`].
// A box, because each method moves the settings twice.
#[must_use]
pub struct WasiCtxBuilder(pub(crate) Box<WasiSettings>);

/// The settings of a builder.
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
    gate: Option<Gate>,
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtx::builder()
    }
}

/// Returns the descriptor of a preopened directory.
fn directory(dir: Dir, guest: &str, access: DirAccess) -> Descriptor {
    let (base, inheriting) = match access {
        DirAccess::ReadWrite => (rights::DIRECTORY, rights::DIRECTORY | rights::FILE),
        DirAccess::ReadOnly => (rights::DIRECTORY_READ, rights::DIRECTORY_READ | rights::FILE_READ),
    };
    Descriptor {
        object: Object::Dir(Arc::new(dir)),
        base,
        inheriting,
        flags: 0,
        filetype: filetype::DIRECTORY,
        preopen: Some(guest.as_bytes().into()),
    }
}

impl WasiCtxBuilder {
    /// Begins with what [`WasiCtx::builder`] says.
    pub fn new() -> WasiCtxBuilder {
        WasiCtx::builder()
    }

    /// Adds arguments. The first of all is the program's name.
    pub fn args<A: AsRef<[u8]>>(self, args: impl IntoIterator<Item = A>) -> WasiCtxBuilder {
        args.into_iter().fold(self, |builder, arg| builder.arg(arg))
    }

    /// Adds variables to the environment: names and values.
    pub fn envs(self, envs: &[(impl AsRef<str>, impl AsRef<str>)]) -> WasiCtxBuilder {
        envs.iter().fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Adds an argument. The first is the program's name.
    pub fn arg(mut self, arg: impl AsRef<[u8]>) -> WasiCtxBuilder {
        self.0.args.push(arg.as_ref().into());
        self
    }

    /// Adds a variable to the environment.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> WasiCtxBuilder {
        self.0.env.push([name.as_ref(), "=", value.as_ref()].concat().into_bytes().into());
        self
    }

    /// Adds a variable as `NAME=VALUE`, in any encoding.
    pub fn env_bytes(mut self, variable: impl Into<Vec<u8>>) -> WasiCtxBuilder {
        self.0.env.push(variable.into().into());
        self
    }

    /// Sets where standard input comes from.
    pub fn stdin(mut self, input: impl Into<Input>) -> WasiCtxBuilder {
        self.0.stdin = input.into();
        self
    }

    /// Sets where standard output goes.
    pub fn stdout(mut self, output: impl Into<Output>) -> WasiCtxBuilder {
        self.0.stdout = output.into();
        self
    }

    /// Sets where standard error goes.
    pub fn stderr(mut self, output: impl Into<Output>) -> WasiCtxBuilder {
        self.0.stderr = output.into();
        self
    }

    /// Lets the guest use the directory `host` and everything beneath it, under the name `guest`. The host's path is
    /// bytes, as on Unix. Errors: the directory cannot be opened.
    pub fn preopened_dir_bytes(
        mut self,
        host: &[u8],
        guest: &str,
        access: DirAccess,
    ) -> Result<WasiCtxBuilder, SetupError> {
        let host = CString::new(host).map_err(|_| SetupError::Nul)?;
        let dir = Dir::open_host(&host).map_err(|errno| SetupError::Directory(errno.raw_os_error()))?;
        self.0.dirs.push(directory(dir, guest, access));
        Ok(self)
    }

    /// Lets the guest use an open directory and everything beneath it, under the name `guest`.
    pub fn preopened_dir_fd(mut self, dir: OwnedFd, guest: &str, access: DirAccess) -> WasiCtxBuilder {
        self.0.dirs.push(directory(Dir::from_fd(dir), guest, access));
        self
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

    /// Stops the clocks at this many nanoseconds after 1970. A sleep returns at once and advances them: see
    /// [`FixedClocks`].
    pub fn fixed_clock(self, nanoseconds: u64) -> WasiCtxBuilder {
        self.clocks(Box::new(FixedClocks::new(nanoseconds)))
    }

    /// Makes the random bytes the same in each run with this seed. They are not secret.
    pub fn random_seed(self, seed: u64) -> WasiCtxBuilder {
        self.random(random::seeded(seed))
    }

    /// Makes clocks and random bytes the same in each run. The clocks begin at 1970, and each reading advances them by
    /// a microsecond, so that a guest that waits for some time to pass does not wait forever. The seed is 0.
    pub fn deterministic(self) -> WasiCtxBuilder {
        self.clocks(Box::new(SteppingClocks::new(0, DETERMINISTIC_STEP))).random_seed(0)
    }

    /// Sets a gate, which is called before the guest's first call with side effects. Calls for arguments, environment,
    /// clocks, random bytes and properties of the first descriptors have none.
    ///
    /// If the gate returns an error, the guest's call ends with it, and the gate is called again before the next such
    /// call. With a gate, an embedder can start a guest before it knows whether the guest may run.
    pub fn gate(mut self, gate: Gate) -> WasiCtxBuilder {
        self.0.gate = Some(gate);
        self
    }

    /// Builds the context. Standard streams are descriptors 0 to 2. Directories follow in the order in which they were
    /// added, then sockets. Errors: a string has a NUL in it, or there are too many directories and sockets.
    pub fn build(self) -> Result<WasiCtx, SetupError> {
        if self.0.args.iter().chain(&self.0.env).any(|string| string.contains(&0)) {
            return Err(SetupError::Nul);
        }
        let mut descriptors = Descriptors::default();
        let WasiSettings { args, env, stdin, stdout, stderr, mut dirs, mut sockets, clocks, random, gate } = *self.0;
        let mut all = Vec::from([stdin.into_descriptor(), stdout.into_descriptor(1), stderr.into_descriptor(2)]);
        all.append(&mut dirs);
        all.append(&mut sockets);
        for descriptor in all {
            if descriptors.insert(descriptor).is_err() {
                return Err(SetupError::TooManyDescriptors);
            }
        }
        let process = Process {
            args,
            env,
            descriptors: Lock::new(descriptors),
            clocks: Lock::new(clocks),
            random: Lock::new(random),
            reading: Turn::default(),
            #[cfg(feature = "sockets")]
            accepting: Turn::default(),
            gate: Lock::new(gate),
        };
        Ok(WasiCtx { process: Arc::new(process), interrupts: Interrupts::default() })
    }

    /// Builds the context: the name that Wasmtime has for it.
    ///
    /// # Panics
    /// Where [`WasiCtxBuilder::build`] fails.
    #[must_use]
    pub fn build_p1(self) -> WasiCtx {
        self.build().expect("arguments and variables without NUL, and at most 1024 descriptors")
    }
}
