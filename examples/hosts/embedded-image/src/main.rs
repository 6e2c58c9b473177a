//! A module that is translated when the host is built, and becomes part of it: the host needs no file, no parser, no
//! validator and no translator, and starts in microseconds.
//!
//! ```text
//! gcd(1071, 462) = 21
//! ```

use wasmote::{Engine, Error, Instance, Module, Store};

/// The image that `build.rs` wrote.
static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gcd.wmi"));

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    // Images are verified when they are loaded.
    let module = Module::from_image(&engine, IMAGE)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let gcd = instance.get_typed_func::<(u32, u32), u32>(&store, "gcd")?;
    println!("gcd(1071, 462) = {}", gcd.call(&mut store, (1071, 462))?);
    Ok(())
}
