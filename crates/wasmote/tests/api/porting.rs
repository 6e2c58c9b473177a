//! What programs written for Wasmtime use.

use wasmote::{
    Caller, Config, Engine, Error, Extern, I32Exit, Instance, Linker, Memory, MemoryAccessError, Module, Store, Trap,
    TrapCode, Val,
};

use crate::{instance, linked, module};

#[test]
fn an_export_is_found_once_for_all_instances_of_its_module() {
    let engine = Engine::default();
    let text = r#"(module (func (export "f")) (memory (export "m") 1) (global (export "g") i32 (i32.const 7)))"#;
    let (one, other) = (module(&engine, text), module(&engine, text));
    assert!(one.get_export_index("x").is_none());
    let global = one.get_export_index("g").unwrap();
    let mut store = Store::new(&engine, ());
    for _ in 0..2 {
        let instance = Instance::new(&mut store, &one, &[]).unwrap();
        let found = instance.get_module_export(&store, &global).and_then(Extern::into_global).unwrap();
        assert_eq!(found.get(&store).i32(), Some(7));
    }
    // The same bytes, but another module.
    let instance = Instance::new(&mut store, &other, &[]).unwrap();
    assert!(instance.get_module_export(&store, &global).is_none());
}

#[test]
fn host_functions_find_exports_of_their_caller() {
    let engine = Engine::default();
    let text = r#"(module (import "" "f" (func $f (result i32))) (memory (export "m") 3)
        (func (export "run") (result i32) call $f))"#;
    let (module, other) = (module(&engine, text), module(&engine, text));
    let memory = module.get_export_index("m").unwrap();
    let mut linker = Linker::<()>::new(&engine);
    let pages = move |caller: Caller<'_, ()>| {
        let memory = caller.get_module_export(&memory).and_then(Extern::into_memory);
        memory.map_or(-1, |memory| memory.size(&caller) as i32)
    };
    linker.func_wrap("", "f", pages).unwrap();
    let mut store = Store::new(&engine, ());
    for (module, expected) in [(module, 3), (other, -1)] {
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), expected);
    }
}

#[test]
#[cfg(feature = "compile")]
fn a_serialized_module_runs_in_an_engine_with_the_same_settings() {
    let mut config = Config::new();
    config.consume_fuel(true).canonical_nans(true);
    let engine = Engine::new(&config);
    let text = r#"(module (func $answer (export "answer") (result f32) (f32.div (f32.const 0) (f32.const 0))))"#;
    let bytes = module(&engine, text).serialize().unwrap();
    let module = Module::deserialize(&engine, &bytes).unwrap();
    assert_eq!(module.function_name(0), Some("answer"));
    let mut store = Store::new(&engine, ());
    store.set_fuel(100).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let answer = instance.get_typed_func::<(), f32>(&store, "answer").unwrap();
    assert_eq!(answer.call(&mut store, ()).unwrap().to_bits(), 0x7fc0_0000);
    assert!(store.get_fuel().unwrap() < 100);
    // Without these settings it would be refused.
    let plain = Module::new(&Engine::default(), module_bytes()).unwrap().serialize().unwrap();
    assert!(Module::deserialize(&engine, plain).is_err());
}

#[cfg(feature = "compile")]
fn module_bytes() -> Vec<u8> {
    wat::parse_str("(module (func (export \"f\")))").unwrap()
}

#[test]
fn unknown_imports_get_default_values() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module
            (import "a" "f" (func $f (param i64) (result i32 f64 externref)))
            (import "a" "g" (global $g i64))
            (import "a" "mut" (global $mut (mut funcref)))
            (import "a" "m" (memory 2 3))
            (import "a" "t" (table $t 4 funcref))
            (import "a" "known" (func $known (result i32)))
            (func (export "f") (result i32 f64 externref) (call $f (i64.const 9)))
            (func (export "rest") (result i64 i32 i32 i32 i32)
                global.get $g
                (ref.is_null (global.get $mut))
                memory.size
                table.size $t
                call $known))"#,
    );
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "known", || 5).unwrap();
    let mut store = Store::new(&engine, ());
    linker.define_unknown_imports_as_default_values(&mut store, &module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let mut results = [Val::I32(1), Val::I32(1), Val::I32(1)];
    instance.get_func(&store, "f").unwrap().call(&mut store, &[], &mut results).unwrap();
    assert!(matches!(results, [Val::I32(0), Val::F64(0.0), Val::ExternRef(None)]), "{results:?}");
    let rest = instance.get_typed_func::<(), (i64, i32, i32, i32, i32)>(&store, "rest").unwrap();
    assert_eq!(rest.call(&mut store, ()).unwrap(), (0, 1, 2, 4, 5));
}

#[test]
fn references_that_are_never_null_have_no_default_value() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    for import in ["(global (ref func))", "(func (result (ref extern)))", "(table 1 (ref func))"] {
        let module = module(&engine, &format!("(module (import \"a\" \"b\" {import}))"));
        let mut linker = Linker::<()>::new(&engine);
        let error = linker.define_unknown_imports_as_default_values(&mut store, &module).unwrap_err();
        assert!(error.to_string().contains("without a default value"), "{error}");
    }
}

#[test]
fn a_command_with_unknown_exports_is_refused_unless_they_are_allowed() {
    let engine = Engine::default();
    let with = |export: &str| module(&engine, &format!("(module (func (export \"_start\")) {export})"));
    let mut store = Store::new(&engine, ());
    let add = |store: &mut Store<()>, module: &Module, allow: bool| {
        let mut linker = Linker::<()>::new(&engine);
        linker.allow_unknown_exports(allow);
        linker.module(store, "m", module).map(|_| ())
    };
    let usual = with(
        r#"(memory (export "memory") 1) (table (export "__indirect_function_table") 1 funcref)
        (global (export "__heap_base") i32 (i32.const 0))"#,
    );
    add(&mut store, &usual, false).unwrap();
    let unknown = with("(memory (export \"mine\") 1)");
    let error = add(&mut store, &unknown, false).unwrap_err();
    assert!(error.to_string().contains("mine"), "{error}");
    add(&mut store, &unknown, true).unwrap();
}

#[test]
fn the_root_cause_of_an_error_has_the_type_that_began_it() {
    let (mut store, instance) = instance("(module (func (export \"f\") unreachable))");
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    let error = f.call(&mut store, ()).unwrap_err();
    assert_eq!(error.root_cause().downcast_ref::<Trap>(), Some(&TrapCode::UnreachableCodeReached));
    assert!(Error::i32_exit(3).root_cause().is::<I32Exit>());
    assert!(Error::new("wrong").root_cause().is::<Error>());

    // The source of what a host function returned.
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("outer")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let text = r#"(module (import "" "f" (func $f)) (func (export "run") call $f))"#;
    let fail = || "x".parse::<i32>().map(|_| ()).map_err(Outer);
    let (mut store, instance) = linked((), text, |linker| {
        linker.func_wrap("", "f", fail).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert!(error.root_cause().is::<std::num::ParseIntError>());
}

#[test]
fn accesses_of_memories_fail_with_the_error_of_that_name() {
    let (store, instance) = instance("(module (memory (export \"m\") 1))");
    let read = |memory: Memory| -> Result<u8, MemoryAccessError> {
        let mut byte = [0];
        memory.read(&store, 65536, &mut byte)?;
        Ok(byte[0])
    };
    assert!(read(instance.get_memory(&store, "m").unwrap()).is_err());
}
