//! No instruction uses up the native stack, however often it runs. `wasmote-exec` has a test of the same name for
//! in-place execution, and explains why.

use wasmote::{Caller, Config, Engine, Instance, Linker, Module, Store};

use wasmote_test_support::every_instruction::{assert_level, here, modules, vector_modules};

/// Defines a host function of this name that records the position of the native stack.
fn marks(linker: &mut Linker<Vec<usize>>, name: &str) {
    linker.func_wrap("m", name, |mut caller: Caller<'_, Vec<usize>>| caller.data_mut().push(here())).unwrap();
}

fn check(config: &Config, define_tail: impl Fn(&mut Linker<Vec<usize>>, &mut Store<Vec<usize>>)) {
    let vectors = if cfg!(feature = "simd") { vector_modules() } else { Vec::new() };
    for (snippets, text) in modules().into_iter().chain(vectors) {
        let engine = Engine::new(config);
        let module = Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        let mut linker = Linker::new(&engine);
        marks(&mut linker, "mark");
        define_tail(&mut linker, &mut store);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for (i, snippet) in snippets.iter().enumerate() {
            // The first call translates.
            for _ in 0..2 {
                store.data_mut().clear();
                let func = instance.get_func(&store, &i.to_string()).unwrap();
                func.call(&mut store, &[], &mut []).unwrap_or_else(|error| panic!("{snippet}: {error}"));
            }
            assert_level(store.data(), snippet);
        }
    }
}

#[test]
fn no_instruction_uses_up_the_native_stack() {
    check(&Config::new(), |linker, _| marks(linker, "tail"));
}

#[test]
fn no_metered_instruction_uses_up_the_native_stack() {
    check(Config::new().consume_fuel(true), |linker, _| marks(linker, "tail"));
}

#[test]
fn no_call_between_instances_uses_up_the_native_stack() {
    check(&Config::new(), |linker, store| {
        let text = r#"(module (import "m" "mark" (func $mark)) (func (export "tail") (call $mark)))"#;
        let other = Module::new(store.engine(), wat::parse_str(text).unwrap()).unwrap();
        let instance: Instance = linker.instantiate(&mut *store, &other).unwrap();
        let tail = instance.get_func(&*store, "tail").unwrap();
        linker.define("m", "tail", tail).unwrap();
    });
}
