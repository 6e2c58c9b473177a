//! Exceptions cross between wasm and the host: the host throws one that the guest catches, and catches one that the guest
//! throws.
//!
//! ```text
//! the guest caught 7 and went on with 8
//! the guest threw 42
//! ```

use wasmote::{Engine, Error, Exception, Instance, Linker, Module, Store, Val};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("thrower.wat"))?;
    let mut store = Store::new(&engine, ());
    // The tag belongs to a module that both use.
    let tags =
        Instance::new(&mut store, &Module::new(&engine, r#"(module (tag (export "failed") (param i32)))"#)?, &[])?;
    let tag = tags.get_tag(&store, "failed").ok_or("there is no tag")?;

    let mut linker = Linker::<()>::new(&engine);
    linker.define("host", "failed", tag)?;
    linker.func_wrap("host", "check", move |x: i32| -> Result<i32, Error> {
        if x > 5 { Err(Exception::new(tag, [Val::I32(x)]).into()) } else { Ok(x) }
    })?;
    let instance = linker.instantiate(&mut store, &module)?;

    let catches = instance.get_typed_func::<i32, i32>(&store, "catches")?;
    println!("the guest caught 7 and went on with {}", catches.call(&mut store, 7)?);

    let error = instance.get_typed_func::<(), ()>(&store, "throws")?.call(&mut store, ()).expect_err("an exception");
    match error.as_exception() {
        Some(exception) if exception.tag() == tag => println!("the guest threw {}", exception.values()[0].unwrap_i32()),
        _ => return Err(error.into()),
    }
    Ok(())
}
