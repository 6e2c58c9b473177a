//! Records what a program gets from its host, and runs the program again without the host:
//! `cargo run -p wasmote --features replay --example replay`.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use wasmote::{Caller, Engine, Error, Linker, Module, Store};

/// Fills a buffer with the time, and divides by a digit of it: one run in ten traps.
const PROGRAM: &str = r#"(module
    (import "host" "time" (func $time (param i32)))
    (memory (export "memory") 1)
    (func (export "run") (result i64)
        (call $time (i32.const 8))
        (i64.div_u (i64.const 1000) (i64.rem_u (i64.load (i32.const 8)) (i64.const 10)))))"#;

fn time(mut caller: Caller<'_, ()>, at: u32) -> Result<(), Error> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_err(Error::host)?.as_micros() as u64;
    let memory = caller.memory().ok_or_else(|| Error::new("the program exports no memory"))?;
    memory.write(&mut caller, at as usize, &now.to_le_bytes())
}

/// Runs the program in a store that records or replays.
fn run(linker: &Linker<()>, store: &mut Store<()>, module: &Module) -> Result<String, Error> {
    let run = linker.instantiate(&mut *store, module)?.get_typed_func::<(), i64>(&*store, "run")?;
    Ok(match run.call(&mut *store, ()) {
        Ok(result) => result.to_string(),
        Err(error) => error.to_string(),
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, PROGRAM)?;

    let recording = Arc::new(Mutex::new(Vec::new()));
    let file = recording.clone();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "time", time)?;
    let mut store = Store::new(&engine, ());
    store.record(&module, move |bytes| {
        file.lock().map_err(|_| Error::new("a thread panicked"))?.extend_from_slice(bytes);
        Ok(())
    })?;
    let recorded = run(&linker, &mut store, &module)?;
    store.end_recording()?;
    println!("recorded: {recorded}");

    // The same again, with the recording in place of the host.
    let recording = recording.lock().map_err(|_| "a thread panicked")?.clone();
    println!("the recording has {} bytes", recording.len());
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module)?;
    let mut store = Store::new(&engine, ());
    store.replay(&module, recording, |call| {
        println!("replaying {}::{} with {:?}", call.module(), call.name(), call.args());
        Ok(())
    })?;
    let replayed = run(&linker, &mut store, &module)?;
    store.end_recording()?;
    println!("replayed: {replayed}");
    assert_eq!(recorded, replayed);
    Ok(())
}
