//! Stitch as a command.

#[path = "../../command.rs"]
mod command;
#[path = "../../wasi.rs"]
mod wasi;

use std::cell::Cell;
use std::sync::Arc;

use command::{Command, fail};
use makepad_stitch::{Engine, Func, Linker, Mem, Module, Store};
use wasi::{Memory, Wasi};

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

thread_local! {
    /// The guest's, once there is an instance: functions of the host must be `Send`, which it is not.
    static MEMORY: Cell<Option<Mem>> = const { Cell::new(None) };
}

fn main() {
    // What it cannot do it panics at; where in its sources is of no use in a table.
    std::panic::set_hook(Box::new(|panic| fail(panic.payload_as_str().unwrap_or("panicked"))));
    let command = Command::of_process();
    let wasi = Arc::new(Wasi::new(command.args, command.env));
    let mut store = Store::new(Engine::new());
    let mut linker = Linker::new();
    macro_rules! define {
        ($($name:ident($($arg:ident: $ty:ty),*))*) => { $({
            let wasi = wasi.clone();
            let func = Func::wrap::<(&mut Store, $($ty,)*), i32>(&mut store, move |store: &mut Store, $($arg: $ty),*| {
                let memory = MEMORY.get().expect("a memory").bytes_mut(store);
                wasi.call(stringify!($name), &[$(i64::from($arg)),*], &mut Bytes(memory))
            });
            linker.define("wasi_snapshot_preview1", stringify!($name), func);
        })* };
    }
    for_each_call!(define);
    let exit = Func::wrap::<(i32,), ()>(&mut store, |code: i32| std::process::exit(code));
    linker.define("wasi_snapshot_preview1", "proc_exit", exit);

    let module = Module::new(store.engine(), &command.wasm).unwrap_or_else(|error| fail(error));
    let instance = linker.instantiate(&mut store, &Arc::new(module)).unwrap_or_else(|error| fail(error));
    MEMORY.set(instance.exported_mem("memory"));
    let Some(start) = instance.exported_func("_start") else { fail("no `_start`") };
    start.call(&mut store, &[], &mut []).unwrap_or_else(|error| fail(error));
}
