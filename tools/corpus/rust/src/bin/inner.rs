//! An interpreter of WebAssembly inside one, by the crate wasmi.
use wasmi::{Engine, Linker, Module, Store};

fn main() {
    let text = r#"(module (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else
        (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, text.as_bytes()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
    let fib = instance.get_typed_func::<i32, i32>(&store, "fib").unwrap();
    println!("{}", fib.call(&mut store, 20).unwrap());
}
