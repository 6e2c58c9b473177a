//! Runs a WASI program. Its standard streams are memory, so that the host gives its input and gets its output.
//!
//! ```text
//! the program wrote "Name? Hello, Ada!" and exited with status 3
//! ```

use wasmote::{Engine, Linker, Module, Store};
use wasmote_wasi::{Input, Output, Pipe, WasiCtx};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    // Programs in C, Rust, Go and others become such modules when they are compiled for WASI preview 1.
    let module = Module::new(&engine, include_str!("greet.wat"))?;
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx)?;

    // At most 1,000 bytes of output. The program sees no directory, no variable of the environment, and no network.
    let stdout = Pipe::new(1000);
    let input = std::io::Cursor::new("Ada");
    let context = WasiCtx::builder()
        .arg("greet")
        .stdin(Input::Reader(Box::new(input)))
        .stdout(Output::Writer(Box::new(stdout.clone())))
        .build()?;
    let mut store = Store::new(&engine, context);
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    // A program that returns from `_start` ends with status 0. `proc_exit` arrives as an error.
    let status = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => error.i32_exit_status().ok_or(error)?,
    };
    let output = stdout.drain();
    println!("the program wrote {:?} and exited with status {status}", String::from_utf8_lossy(&output));
    Ok(())
}
