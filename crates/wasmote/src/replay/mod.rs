//! Records a store's calls of host functions, and replays them without the host. `docs/replay.md` describes the format.
//!
//! 1. `format`: the layout of a recording; its reader and its writer;
//! 2. `record`: makes each host call and writes what it did;
//! 3. `play`: does what a recording says instead of making the call.

mod format;
mod play;
mod record;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;

use wasmote_ir::TrapCode;
use wasmote_runtime::{HostCalls, InterposedCall, try_box};

use crate::error::{Error, ErrorKind};
use crate::module::Module;
use crate::store::Store;

use play::Player;
use record::Recorder;

/// Why a recording cannot be replayed, or a host call not be recorded. [`Error::downcast_ref`] finds it in an error.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayError {
    /// The bytes are not a recording, or are damaged. The text says what is wrong.
    Damaged {
        /// Where, in bytes from the beginning.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The recording is of another module.
    OtherModule,
    /// The recording ends before the run does. The recorded run was stopped from outside, or the file is cut off.
    CutOff {
        /// How many host calls the recording has.
        calls: u64,
    },
    /// The run does not do what the recorded one did.
    Diverged {
        /// The number of the host call. The first is 1.
        call: u64,
        /// What is different.
        what: Cow<'static, str>,
    },
    /// A host function did what a recording cannot hold.
    Unsupported {
        /// The number of the host call. The first is 1.
        call: u64,
        /// What it did.
        what: &'static str,
    },
}

/// As `Display`: the code that prints the fields one by one has some kilobytes.
impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Damaged { offset, what } => write!(f, "damaged recording: {what} (at offset {offset:#x})"),
            ReplayError::OtherModule => {
                f.write_str("the recording is of another module: replay it with the file that was recorded")
            }
            ReplayError::CutOff { calls } => {
                write!(f, "the recording ends after host call {calls}: the recorded run was stopped there")
            }
            ReplayError::Diverged { call, what } => write!(f, "the replay diverges at host call {call}: {what}"),
            ReplayError::Unsupported { call, what } => write!(f, "host call {call} cannot be recorded: {what}"),
        }
    }
}

impl core::error::Error for ReplayError {}

impl From<ReplayError> for Error {
    #[cold]
    #[inline(never)]
    fn from(error: ReplayError) -> Error {
        match try_box(error) {
            Ok(error) => Error::of(ErrorKind::Host(error)),
            Err(error) => error.into(),
        }
    }
}

/// A host call that was replayed.
#[derive(Debug)]
pub struct ReplayedCall<'a> {
    module: &'a str,
    name: &'a str,
    args: &'a [u64],
    results: Option<&'a [u64]>,
    memory: &'a [u8],
}

impl<'a> ReplayedCall<'a> {
    /// Returns the module name of the import. It is empty if the function is no import of the calling instance.
    #[must_use]
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// Returns the name of the import, or an empty one.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the arguments, in slots; see [`Linker::func_raw`](crate::Linker::func_raw).
    #[must_use]
    pub fn args(&self) -> &'a [u64] {
        self.args
    }

    /// Returns the results, in slots. `None` if the call ended the run.
    #[must_use]
    pub fn results(&self) -> Option<&'a [u64]> {
        self.results
    }

    /// Returns the memory that the calling instance exports as `memory`, after the call. It is empty if there is none.
    #[must_use]
    pub fn memory(&self) -> &'a [u8] {
        self.memory
    }
}

/// What a store does with its host calls.
enum Session {
    Record(Recorder),
    Play(Player),
}

impl HostCalls for Session {
    fn call(&mut self, call: &mut InterposedCall<'_>) -> Result<(), TrapCode> {
        let made = match self {
            Session::Record(recorder) => recorder.call(call),
            Session::Play(player) => player.call(call),
        };
        made.unwrap_or_else(|error| Err(error.stop(call.store_mut())))
    }
}

impl<T> Store<T> {
    /// Records all calls of host functions from now on, until [`Store::end_recording`]. `write` gets the recording,
    /// piece by piece. What it has got is a recording of the run so far, even if the process is killed.
    ///
    /// Call this before anything is instantiated in the store. `module` is the module whose run is recorded:
    /// [`Store::replay`] takes the recording only with the same bytes.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use wasmote::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module
    ///     (import "host" "roll" (func $roll (result i32)))
    ///     (func (export "run") (result i32) (i32.add (call $roll) (call $roll))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    ///
    /// let recording = Arc::new(Mutex::new(Vec::new()));
    /// let file = recording.clone();
    /// let mut linker = Linker::<u32>::new(&engine);
    /// linker.func_wrap("host", "roll", |mut caller: wasmote::Caller<'_, u32>| {
    ///     *caller.data_mut() += 20;
    ///     *caller.data()
    /// })?;
    /// let mut store = Store::new(&engine, 0);
    /// store.record(&module, move |bytes| Ok(file.lock().unwrap().extend_from_slice(bytes)))?;
    /// let run = linker.instantiate(&mut store, &module)?.get_typed_func::<(), i32>(&store, "run")?;
    /// assert_eq!(run.call(&mut store, ())?, 60);
    /// assert_eq!(store.end_recording()?, 2);
    ///
    /// // The replay needs no host functions.
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.define_unknown_imports_as_traps(&module)?;
    /// let mut store = Store::new(&engine, ());
    /// store.replay(&module, recording.lock().unwrap().clone(), |_| Ok(()))?;
    /// let run = linker.instantiate(&mut store, &module)?.get_typed_func::<(), i32>(&store, "run")?;
    /// assert_eq!(run.call(&mut store, ())?, 60);
    /// assert_eq!(store.end_recording()?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A recording holds the results of each call, or the error that ended it; and what the call wrote to memories,
    /// tables and globals. A host function that does one of the following ends the run with
    /// [`ReplayError::Unsupported`]:
    ///
    /// - It calls wasm, or makes an item in the store.
    /// - It returns or stores a reference to an object or to a value of the host, or writes to an object.
    /// - It throws an exception.
    ///
    /// A function that borrows a memory mutably makes its call expensive: the memory is copied and compared.
    /// [`Memory::write`](crate::Memory::write) and the functions of WASI cost only what they write.
    ///
    /// # Errors
    /// Fails if `write` does, or if there is not enough memory. Later failures of `write` end the run.
    pub fn record(
        &mut self,
        module: &Module,
        write: impl FnMut(&[u8]) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let recorder = Recorder::new(module.bytes(), try_box(write)?)?;
        self.begin(Session::Record(recorder))
    }

    /// Replays a recording: all calls of host functions from now on do what it says, until [`Store::end_recording`].
    /// The functions themselves are not called. `observe` sees each call after it is replayed.
    ///
    /// Call this before anything is instantiated in the store, and then do what was done when it was recorded, in the
    /// same order. [`Linker::define_unknown_imports_as_traps`](crate::Linker::define_unknown_imports_as_traps) provides
    /// functions for the imports.
    ///
    /// The recording need not be trusted. If the run differs from the recorded one, or if the recording is damaged, the
    /// run ends with a [`ReplayError`]. Differences are found in which functions are called, and in their arguments.
    ///
    /// # Errors
    /// Fails if the recording is of another module, or does not begin as a recording does.
    pub fn replay(
        &mut self,
        module: &Module,
        recording: impl Into<Vec<u8>>,
        observe: impl FnMut(&ReplayedCall<'_>) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let player = Player::new(module.bytes(), recording.into(), try_box(observe)?)?;
        self.begin(Session::Play(player))
    }

    fn begin(&mut self, session: Session) -> Result<(), Error> {
        self.owned.borrow_mut().store().set_host_calls(try_box(session)?);
        Ok(())
    }

    /// Ends recording or replaying, and returns the number of host calls. A recording gets its last piece now.
    ///
    /// # Errors
    /// Fails if the last piece cannot be written, or if the recording that was replayed goes on, or is cut off. Fails
    /// also if the store neither records nor replays.
    pub fn end_recording(&mut self) -> Result<u64, Error> {
        let calls: Option<Box<dyn Any>> = self.owned.borrow_mut().store().take_host_calls().map(|calls| calls as _);
        match calls.and_then(|calls| calls.downcast::<Session>().ok()).as_deref_mut() {
            Some(Session::Record(recorder)) => recorder.end(),
            Some(Session::Play(player)) => player.end(),
            None => Err(Error::new("the store neither records nor replays")),
        }
    }
}
