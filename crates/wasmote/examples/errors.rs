//! Errors: a host function fails with an error of its own, wasm traps, and a program exits.

use std::fmt;

use wasmote::{Engine, Error, I32Exit, Instance, Linker, Module, Store, TrapCode};

/// An error of the program that embeds wasm.
#[derive(Debug)]
struct TooLarge(i32);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is too large", self.0)
    }
}

impl std::error::Error for TooLarge {}

const GUEST: &str = r#"(module
    (import "host" "take" (func $take (param i32)))
    (import "host" "read" (func $read (result i32)))
    (import "host" "exit" (func $exit (param i32)))
    (func $check (param i32) (call $take (local.get 0)))
    (func (export "fail") (call $check (i32.const 7)) (call $check (i32.const 42)))
    (func (export "read") (drop (call $read)))
    (func (export "trap") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
    (func (export "exit") (call $exit (i32.const 3))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;
    let mut linker = Linker::<()>::new(&engine);
    // A host function returns any error type, and `?` works in it.
    linker.func_wrap("host", "take", |x: i32| if x < 10 { Ok(()) } else { Err(TooLarge(x)) })?;
    linker
        .func_wrap("host", "read", || -> std::io::Result<i32> { Ok(std::fs::read("/no/such/file")?.len() as i32) })?;
    linker.func_wrap("host", "exit", |status: i32| -> Result<(), I32Exit> { Err(I32Exit(status)) })?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;

    let error = fails(instance, &mut store, "fail");
    // The error has its type, and the frames of wasm that it passed.
    if let Some(TooLarge(x)) = error.downcast_ref() {
        println!("the host refused {x}:");
    }
    for frame in error.backtrace().into_iter().flat_map(|backtrace| backtrace.frames()) {
        let name = frame.func_name().unwrap_or("a function without a name");
        println!("  in {name} (number {}), at byte {:?}", frame.func_index(), frame.module_offset());
    }
    // The same as text.
    println!("{error:#}");

    let error = fails(instance, &mut store, "read");
    println!("{:?}", error.downcast::<std::io::Error>().map(|error| error.kind()));

    let trap = instance.get_typed_func::<u32, ()>(&store, "trap")?;
    let error = trap.call(&mut store, 0).expect_err("a division by zero");
    match error.as_trap_code() {
        Some(TrapCode::IntegerDivisionByZero) => println!("{error}"),
        other => println!("unexpected: {other:?}"),
    }

    let error = fails(instance, &mut store, "exit");
    println!("exit status: {:?}", error.i32_exit_status());
    Ok(())
}

/// Calls an export that fails, and returns its error.
fn fails(instance: Instance, store: &mut Store<()>, name: &str) -> Error {
    let func = instance.get_typed_func::<(), ()>(&*store, name).expect("an export of the module above");
    func.call(store, ()).expect_err("an error of the host function")
}
