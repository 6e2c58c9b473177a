//! WASI preview 1: what a guest sees of the world.

use std::ffi::{CStr, c_char, c_void};
use std::io;
use std::thread;
use std::time::Duration;

use wasmote_wasi::{Clocks, DirAccess, Input, Output, Pipe, SetupError, WasiCtx, WasiCtxBuilder};

use crate::error::{bytes_of, wasmote_error_t};
use crate::finalizers::{Env, Finalizer, put_off};
use crate::store::{StoreData, wasm_store_t};

/// What a guest is to see: `wasmote_wasi_config_t`. At first that is nothing: no arguments, variables or directories, and
/// streams that are empty or discard what is written.
pub struct wasmote_wasi_config_t {
    builder: WasiCtxBuilder,
}

/// Changes a configuration. The finalizer of what is replaced may delete it.
///
/// # Safety
/// The pointer is valid.
unsafe fn change(config: *mut wasmote_wasi_config_t, change: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) {
    put_off(|| {
        // SAFETY: as the caller guarantees. The reference ends before finalizers run.
        let config = unsafe { &mut *config };
        let builder = std::mem::take(&mut config.builder);
        config.builder = change(builder);
    });
}

/// Returns the state of WASI in a store. Without one, a guest sees nothing.
pub(crate) fn context(data: &mut StoreData) -> &mut WasiCtx {
    data.wasi.get_or_insert_with(|| WasiCtx::builder().build_p1())
}

/// Writes bytes of a guest: returns how many it took, or a negative number if it failed.
pub type WriteCallback = unsafe extern "C" fn(*mut c_void, *const u8, usize) -> isize;
/// Reads bytes for a guest: returns how many, 0 at the end, or a negative number if it failed.
pub type ReadCallback = unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> isize;

/// A stream of C.
struct Stream<F> {
    callback: F,
    env: Env,
}

/// Returns how many of `size` bytes a stream says that it moved.
fn moved(count: isize, size: usize) -> io::Result<usize> {
    let count = usize::try_from(count).map_err(|_| io::Error::other("the stream failed"))?;
    Ok(count.min(size))
}

impl io::Write for Stream<WriteCallback> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: C gave both together, and the bytes are valid as the length says.
        moved(unsafe { (self.callback)(self.env.value(), bytes.as_ptr(), bytes.len()) }, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Read for Stream<ReadCallback> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // SAFETY: as above.
        moved(unsafe { (self.callback)(self.env.value(), bytes.as_mut_ptr(), bytes.len()) }, bytes.len())
    }
}

/// Returns the time of a clock of WASI in nanoseconds. Returns false if there is no such clock.
pub type ClockCallback = unsafe extern "C" fn(*mut c_void, u32, *mut u64) -> bool;
/// Lets this many nanoseconds pass.
pub type SleepCallback = unsafe extern "C" fn(*mut c_void, u64);

/// The clocks of C.
struct ClocksOfC {
    now: ClockCallback,
    resolution: u64,
    sleep: Option<SleepCallback>,
    env: Env,
}

impl Clocks for ClocksOfC {
    fn now(&self, clock: u32) -> Option<u64> {
        let mut nanoseconds = 0;
        // SAFETY: C gave both together, and the number is valid for writes.
        unsafe { (self.now)(self.env.value(), clock, &raw mut nanoseconds) }.then_some(nanoseconds)
    }

    fn resolution(&self, clock: u32) -> Option<u64> {
        self.now(clock).map(|_| self.resolution)
    }

    fn sleep(&mut self, nanoseconds: u64) {
        match self.sleep {
            // SAFETY: C gave both together.
            Some(sleep) => unsafe { sleep(self.env.value(), nanoseconds) },
            None => thread::sleep(Duration::from_nanos(nanoseconds)),
        }
    }

    fn runs(&self) -> bool {
        self.sleep.is_none()
    }
}

c_functions! {
    /// Makes a configuration with which a guest sees nothing.
    fn wasmote_wasi_config_new() -> Option<Box<wasmote_wasi_config_t>> {
        Some(Box::new(wasmote_wasi_config_t { builder: WasiCtx::builder() }))
    }

    /// Deletes a configuration that no store has. Does nothing for null.
    fn wasmote_wasi_config_delete(config: Option<Box<wasmote_wasi_config_t>>) {
        drop(config);
    }

    /// Adds an argument, which ends with a byte of zero. The first is the program's name.
    fn wasmote_wasi_config_arg(config: *mut wasmote_wasi_config_t, arg: *const c_char) {
        let arg = CStr::from_ptr(arg).to_bytes();
        change(config, |builder| builder.arg(arg));
    }

    /// Adds an environment variable, as `NAME=VALUE` with a byte of zero at the end.
    fn wasmote_wasi_config_env(config: *mut wasmote_wasi_config_t, variable: *const c_char) {
        let variable = CStr::from_ptr(variable).to_bytes().to_vec();
        change(config, |builder| builder.env_bytes(variable));
    }

    /// Passes on the environment of this process.
    fn wasmote_wasi_config_inherit_env(config: *mut wasmote_wasi_config_t) {
        change(config, WasiCtxBuilder::inherit_env);
    }

    /// Passes on the standard input of this process.
    fn wasmote_wasi_config_inherit_stdin(config: *mut wasmote_wasi_config_t) {
        change(config, WasiCtxBuilder::inherit_stdin);
    }

    /// Passes on the standard output of this process. The guest's writes are not buffered.
    fn wasmote_wasi_config_inherit_stdout(config: *mut wasmote_wasi_config_t) {
        change(config, WasiCtxBuilder::inherit_stdout);
    }

    /// Passes on the standard error of this process.
    fn wasmote_wasi_config_inherit_stderr(config: *mut wasmote_wasi_config_t) {
        change(config, WasiCtxBuilder::inherit_stderr);
    }

    /// Makes standard input a copy of these bytes.
    fn wasmote_wasi_config_stdin_bytes(config: *mut wasmote_wasi_config_t, bytes: *const u8, size: usize) {
        let pipe = Pipe::with_bytes(bytes_of(bytes, size));
        change(config, |builder| builder.stdin(Input::Reader(Box::new(pipe))));
    }

    /// Makes standard input what a function returns. It must not use the store. The finalizer, unless it is null, gets `env` when the
    /// guest has closed the stream, or with its store.
    fn wasmote_wasi_config_stdin_callback(
        config: *mut wasmote_wasi_config_t,
        callback: ReadCallback,
        env: *mut c_void,
        finalizer: Finalizer,
    ) {
        let stream = Stream { callback, env: Env::new(env, finalizer) };
        change(config, |builder| builder.stdin(Input::Reader(Box::new(stream))));
    }

    /// Passes what the guest writes to standard output to a function, as for standard input.
    fn wasmote_wasi_config_stdout_callback(
        config: *mut wasmote_wasi_config_t,
        callback: WriteCallback,
        env: *mut c_void,
        finalizer: Finalizer,
    ) {
        let stream = Stream { callback, env: Env::new(env, finalizer) };
        change(config, |builder| builder.stdout(Output::Writer(Box::new(stream))));
    }

    /// Passes what the guest writes to standard error to a function, as for standard input.
    fn wasmote_wasi_config_stderr_callback(
        config: *mut wasmote_wasi_config_t,
        callback: WriteCallback,
        env: *mut c_void,
        finalizer: Finalizer,
    ) {
        let stream = Stream { callback, env: Env::new(env, finalizer) };
        change(config, |builder| builder.stderr(Output::Writer(Box::new(stream))));
    }

    /// Lets the guest use the directory `host`, and all beneath it, under the name `guest`. Both end with a byte of zero. Fails if
    /// the directory cannot be opened; the configuration is then without it.
    fn wasmote_wasi_config_preopen_dir(
        config: &mut wasmote_wasi_config_t,
        host: *const c_char,
        guest: *const c_char,
        read_only: bool,
    ) -> Option<Box<wasmote_error_t>> {
        let access = if read_only { DirAccess::ReadOnly } else { DirAccess::ReadWrite };
        let Ok(guest) = CStr::from_ptr(guest).to_str() else {
            return Some(wasmote_error_t::new("the name of the directory is not UTF-8"));
        };
        // A builder is lost with an error, so that the directory is opened by another one first.
        let host = CStr::from_ptr(host).to_bytes();
        if let Err(error) = wasmote_error_t::or(WasiCtx::builder().preopened_dir_bytes(host, guest, access)) {
            return Some(error);
        }
        let builder = std::mem::take(&mut config.builder);
        wasmote_error_t::or(builder.preopened_dir_bytes(host, guest, access)).map(|builder| config.builder = builder).err()
    }

    /// Makes clocks and random numbers the same in each run.
    fn wasmote_wasi_config_deterministic(config: *mut wasmote_wasi_config_t) {
        change(config, WasiCtxBuilder::deterministic);
    }

    /// Replaces the clocks. `now` reads them; all have this resolution, in nanoseconds. `sleep` lets time pass, which passes
    /// in no other way; if it is null, time passes by itself. Both are called while the guest runs, and must not use its
    /// store. The finalizer, unless it is null, gets `env` when other clocks replace these, or with the store.
    fn wasmote_wasi_config_clocks_callback(
        config: *mut wasmote_wasi_config_t,
        now: ClockCallback,
        resolution: u64,
        sleep: Option<SleepCallback>,
        env: *mut c_void,
        finalizer: Finalizer,
    ) {
        let clocks = ClocksOfC { now, resolution, sleep, env: Env::new(env, finalizer) };
        change(config, |builder| builder.clocks(Box::new(clocks)));
    }

    /// Gives a store its state of WASI, and takes over the configuration. Fails if an argument has a byte of zero, or if there are
    /// too many directories. The state that the store had is closed.
    fn wasmote_store_set_wasi(
        store: &wasm_store_t,
        config: Option<Box<wasmote_wasi_config_t>>,
    ) -> Option<Box<wasmote_error_t>> {
        let built = config.map_or_else(|| WasiCtx::builder().build(), |config| config.builder.build());
        let wasi = match wasmote_error_t::or::<WasiCtx, SetupError>(built) {
            Ok(wasi) => wasi,
            Err(error) => return Some(error),
        };
        let replaced = store.cell.with(|context| context.data_mut().wasi.replace(wasi));
        replaced.is_none().then(|| wasmote_error_t::new(crate::instance::IN_USE))
    }
}
