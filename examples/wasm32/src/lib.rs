//! An interpreter for WebAssembly in WebAssembly: a host writes a module into this one's memory and calls a function of it.
//!
//! Built for wasm32-unknown-unknown; `cargo xtask size` measures it. From JavaScript:
//!
//! ```js
//! const at = reserve(bytes.length);
//! new Uint8Array(memory.buffer).set(bytes, at);
//! const result = run(at, bytes.length, 20); // of its export `run`, from one i32 to another
//! ```

use wasmote::{Engine, Error, Instance, Module, Store};

/// Allocates memory for a module of this many bytes. [`run`] frees it.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(bytes: usize) -> *mut u8 {
    Box::into_raw(vec![0; bytes].into_boxed_slice()).cast()
}

/// Runs the export `run` of the module in this memory. Returns -1 if that fails.
///
/// # Safety
///
/// `module` was returned by [`reserve`] for the same number of bytes, and was not passed to `run` yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(module: *mut u8, bytes: usize, argument: i32) -> i32 {
    // SAFETY: the caller guarantees that `module` is an allocation of `reserve` with this length, which is not used
    // elsewhere.
    let wasm = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(module, bytes)) };
    run_module(wasm.into_vec(), argument).unwrap_or(-1)
}

fn run_module(wasm: Vec<u8>, argument: i32) -> Result<i32, Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<i32, i32>(&store, "run")?.call(&mut store, argument)
}
