//! No instruction uses up the native stack, however often it runs. `wasmote-exec` has a test of the same name for
//! in-place execution, and explains why.

use wasmote::{Caller, Config, Engine, Instance, Linker, Module, Store};

use wasmote_test_support::every_instruction::{assert_level, atomic_modules, here, modules, vector_modules};

/// Defines a host function of this name that records the position of the native stack.
fn marks(linker: &mut Linker<Vec<usize>>, name: &str) {
    linker.func_wrap("m", name, |mut caller: Caller<'_, Vec<usize>>| caller.data_mut().push(here())).unwrap();
}

fn check(config: &Config, define_tail: impl Fn(&mut Linker<Vec<usize>>, &mut Store<Vec<usize>>)) {
    let vectors = if cfg!(feature = "simd") { vector_modules() } else { Vec::new() };
    for (snippets, text) in modules().into_iter().chain(atomic_modules()).chain(vectors) {
        let engine = Engine::new(config);
        let module = Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
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

/// Returns a module with a function of so many nested blocks, loops and `if`s. It traps inside.
fn nested(depth: usize) -> Vec<u8> {
    let number = |mut n: usize| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    let section = |id: u8, content: Vec<u8>| [vec![id], number(content.len()), content].concat();
    // No locals. Then `block`, `loop`, and `i32.const 1` with `if` of each level.
    let mut body = vec![0];
    body.extend([0x02, 0x40, 0x03, 0x40, 0x41, 0x01, 0x04, 0x40].repeat(depth));
    body.push(0x00);
    body.extend([0x0b, 0x0b, 0x0b].repeat(depth));
    body.push(0x0b);
    let sections = [
        section(1, vec![1, 0x60, 0, 0]),
        section(3, vec![1, 0]),
        section(7, vec![1, 1, b'f', 0, 0]),
        section(10, [vec![1], number(body.len()), body].concat()),
    ];
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

/// The depth of nesting is the module's choice, too: validation, translation and images use no native stack for it.
#[test]
fn deeply_nested_code_uses_no_native_stack() {
    let work = || {
        let wasm = nested(10_000);
        for config in
            [Config::new(), Config::new().eager_translation(true).clone(), Config::new().consume_fuel(true).clone()]
        {
            let engine = Engine::new(&config);
            let module = Module::new(&engine, wasm.clone()).unwrap();
            let mut modules = vec![module.clone()];
            #[cfg(feature = "compile")]
            for op_set in [wasmote::OpSet::Core, wasmote::OpSet::Extended] {
                let code = wasmote::CodeOptions::default().with_op_set(op_set).with_metered(true);
                let image = module.to_image(&wasmote::ImageOptions::default().with_code(code)).unwrap();
                modules.push(Module::from_image(&engine, image).unwrap());
                modules.last().unwrap().verify().unwrap();
            }
            for module in modules {
                let mut store = Store::new(&engine, ());
                let _ = store.set_fuel(u64::MAX);
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let func = instance.get_func(&store, "f").unwrap();
                let error = func.call(&mut store, &[], &mut []).unwrap_err();
                assert_eq!(error.as_trap_code().unwrap(), wasmote::TrapCode::UnreachableCodeReached);
            }
        }
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(work).unwrap().join().unwrap();
}
