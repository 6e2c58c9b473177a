//! A guest that takes what it can get, in a store with limits.

use wasmote::{Engine, Error, Instance, Module, ResourceLimiter, Store, StoreLimits, StoreLimitsBuilder};

/// Limits with numbers, and a note of the largest total that the guest asked for.
struct Limits {
    limits: StoreLimits,
    asked: usize,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.limits.memory_growing(current, desired, maximum)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn total_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        self.asked = self.asked.max(desired);
        self.limits.total_growing(current, desired)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wasm = r#"(module (memory 1)
             (func (export "take") (result i32)
               (loop $more (br_if $more (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0))))
               (memory.size)))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    for trap in [false, true] {
        let limits = StoreLimitsBuilder::new().max_total_bytes(64 << 20).trap_on_grow_failure(trap).build();
        let mut store = Store::new(&engine, Limits { limits, asked: 0 });
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[])?;
        match instance.get_typed_func::<(), u32>(&store, "take")?.call(&mut store, ()) {
            Ok(pages) => println!("the guest has {pages} pages and asked for {} MiB", store.data().asked >> 20),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
