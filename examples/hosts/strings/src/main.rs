//! A plug-in that takes and returns text. Wasm knows numbers only: text is put into the plug-in's memory, and an address and
//! a length are passed. The plug-in says where there is room, with `allocate`.
//!
//! ```text
//! HELLO, WORLD
//! the plug-in returned no text: address 4294967295, length 4294967295
//! ```

use wasmote::{Engine, Error, Instance, Memory, Module, Store, TypedFunc};

/// A plug-in, and the functions of it that the host calls.
struct PlugIn {
    store: Store<()>,
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    transform: TypedFunc<(u32, u32), (u32, u32)>,
}

impl PlugIn {
    fn new(engine: &Engine, module: &Module) -> Result<PlugIn, Error> {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[])?;
        let memory = instance.get_memory(&store, "memory").ok_or_else(|| Error::new("the plug-in has no memory"))?;
        let allocate = instance.get_typed_func(&store, "allocate")?;
        let transform = instance.get_typed_func(&store, "transform")?;
        Ok(PlugIn { store, memory, allocate, transform })
    }

    fn transform(&mut self, text: &str) -> Result<String, Box<dyn std::error::Error>> {
        let at = self.allocate.call(&mut self.store, text.len() as u32)?;
        // Fails if the plug-in's address leads out of its memory.
        self.memory.write(&mut self.store, at as usize, text.as_bytes())?;
        let (at, len) = self.transform.call(&mut self.store, (at, text.len() as u32))?;
        // An address and a length from a guest are never used unchecked.
        let bytes = self.memory.data(&self.store).get(at as usize..).and_then(|rest| rest.get(..len as usize));
        let bytes = bytes.ok_or_else(|| format!("the plug-in returned no text: address {at}, length {len}"))?;
        Ok(String::from_utf8(bytes.to_vec())?)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("upper.wat"))?;
    println!("{}", PlugIn::new(&engine, &module)?.transform("Hello, world")?);
    let module = Module::new(&engine, include_str!("hostile.wat"))?;
    match PlugIn::new(&engine, &module)?.transform("Hello, world") {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
