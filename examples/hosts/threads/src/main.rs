//! Many instances of one module, on several threads: a request each. The module is compiled once, and a store costs about a
//! microsecond.
//!
//! ```text
//! 4 threads answered 4000 requests: 1331334000
//! ```

use std::thread;

use wasmote::{Engine, Error, Linker, Module, Store};

const THREADS: u64 = 4;
const REQUESTS: u64 = 1000;

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("request.wat"))?;
    let mut linker = Linker::<u64>::new(&engine);
    // The number of the request is the data of its store.
    linker.func_wrap("host", "request", |caller: wasmote::Caller<'_, u64>| *caller.data())?;

    // Engines, modules and linkers may be shared. A store belongs to one thread at a time.
    let sum = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut sum = 0;
                    for request in 0..REQUESTS {
                        // What one request leaves in its memory, the next one cannot see.
                        let mut store = Store::new(&engine, request);
                        let instance = linker.instantiate(&mut store, &module)?;
                        sum += instance.get_typed_func::<(), u64>(&store, "answer")?.call(&mut store, ())?;
                    }
                    Ok::<u64, Error>(sum)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<Result<u64, Error>>()
    })?;
    println!("{THREADS} threads answered {} requests: {sum}", THREADS * REQUESTS);
    Ok(())
}
