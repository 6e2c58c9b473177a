//! Wasmtime as a command. At its end it says on standard error how much CPU time compilation took, and how much the run.

#[path = "../../command.rs"]
mod command;
#[path = "../../wasi.rs"]
mod wasi;

use std::time::Duration;

use command::{Command, fail};
use wasi::{Memory, Wasi};
use wasmtime::{Caller, Config, Engine, Extern, Linker, Module, Store};

struct Bytes<'a>(&'a mut [u8]);

impl Memory for Bytes<'_> {
    fn read(&self, at: u32, bytes: &mut [u8]) -> Option<()> {
        bytes.copy_from_slice(self.0.get(at as usize..)?.get(..bytes.len())?);
        Some(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()> {
        self.0.get_mut(at as usize..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(())
    }
}

struct Host {
    wasi: Wasi,
    /// CPU time when the module was compiled.
    compiled: Duration,
}

impl Host {
    /// Says what was used.
    fn report(&self) {
        let (compile, run) = (self.compiled.as_micros(), (cpu() - self.compiled).as_micros());
        eprintln!("microseconds of CPU time: compile {compile} run {run}");
    }
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    // SAFETY: `rusage` is a structure of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live variable of the right type.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    [usage.ru_utime, usage.ru_stime]
        .map(|time| Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64))
        .iter()
        .sum()
}

fn main() {
    let command = Command::of_process();
    let mut config = Config::new();
    config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true);
    let engine = Engine::new(&config).unwrap_or_else(|error| fail(error));
    let module = Module::new(&engine, &command.wasm).unwrap_or_else(|error| fail(format_args!("{error:#}")));
    let host = Host { wasi: Wasi::new(command.args, command.env), compiled: cpu() };

    let mut store = Store::new(&engine, host);
    let mut linker = Linker::new(&engine);
    macro_rules! define {
        ($($name:ident($($arg:ident: $ty:ty),*))*) => { $(
            let defined = linker.func_wrap(
                "wasi_snapshot_preview1",
                stringify!($name),
                |mut caller: Caller<'_, Host>, $($arg: $ty),*| {
                    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { fail("no memory") };
                    let (memory, host) = memory.data_and_store_mut(&mut caller);
                    host.wasi.call(stringify!($name), &[$(i64::from($arg)),*], &mut Bytes(memory))
                },
            );
            defined.unwrap_or_else(|error| fail(error));
        )* };
    }
    for_each_call!(define);
    let exit = |caller: Caller<'_, Host>, code: i32| -> () {
        caller.data().report();
        std::process::exit(code)
    };
    linker.func_wrap("wasi_snapshot_preview1", "proc_exit", exit).unwrap_or_else(|error| fail(error));

    let instance = linker.instantiate(&mut store, &module).unwrap_or_else(|error| fail(format_args!("{error:#}")));
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap_or_else(|error| fail(error));
    start.call(&mut store, ()).unwrap_or_else(|error| fail(format_args!("{error:#}")));
    store.data().report();
}
