//! Runs Kotlin programs with a collection at each allocation: their output stays the same. The command has no option
//! for that, so the test uses the library.
#![cfg(all(unix, feature = "validate", feature = "wasi", feature = "gc"))]

use wasmote::{Config, Engine, Linker, Module, Store};
use wasmote_wasi::{Output, Pipe, WasiCtx};

/// Returns a program's output, and the number of collections.
fn run(module: &str, arguments: [&str; 2], stress: bool) -> (String, u64) {
    let file = wasmote_test_support::root().join("tests/guests").join(module);
    let mut config = Config::new();
    config.gc_stress(stress);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, std::fs::read(file).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    wasmote_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context).unwrap();
    let output = Pipe::new(1 << 20);
    let mut context = WasiCtx::builder().arg("kotlin").stdout(Output::Writer(Box::new(output.clone())));
    for argument in arguments {
        context = context.arg(argument);
    }
    let mut store = Store::new(&engine, context.build().unwrap());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    instance.get_typed_func::<(), ()>(&store, "_start").unwrap().call(&mut store, ()).unwrap();
    store.data_mut().flush();
    (String::from_utf8(output.drain()).unwrap(), store.heap_stats().collections)
}

fn the_same_under_stress(part: &str) {
    for module in ["kotlin.wasm", "kotlin-legacy.wasm"] {
        let ((calm, few), (stressed, many)) = (run(module, [part, "1"], false), run(module, [part, "1"], true));
        assert!(calm.lines().count() > 2, "{calm}");
        assert_eq!(calm, stressed, "{module} {part}");
        assert!(many > few + 1000, "{module} {part}: {many} collections");
    }
}

macro_rules! parts {
    ($($part:ident)*) => { $(
        #[test]
        fn $part() {
            the_same_under_stress(stringify!($part));
        }
    )* };
}

parts! { trees maps coroutines text failures shapes }
