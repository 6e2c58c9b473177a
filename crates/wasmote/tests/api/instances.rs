//! Instantiation and linking.

use wasmote::{
    Engine, ErrorKind, Extern, ExternType, Global, GlobalType, Instance, Linker, Memory, MemoryType, Mutability, Ref,
    RefType, Store, Table, TableType, TrapCode, Val, ValType,
};

use crate::{first_line, linked, module};

const MEMORY: MemoryType = MemoryType::new(1, Some(2));
const TABLE: TableType = TableType::new(RefType::FUNC, 4, Some(8));

#[test]
fn instances_share_what_one_exports() {
    let engine = Engine::default();
    let provider = module(
        &engine,
        r#"(module
            (memory (export "memory") 1)
            (global (export "count") (mut i32) (i32.const 5))
            (table (export "table") 2 funcref)
            (func (export "peek") (param i32) (result i32) (i32.load (local.get 0))))"#,
    );
    let user = module(
        &engine,
        r#"(module
            (import "provider" "memory" (memory 1))
            (import "provider" "count" (global $count (mut i32)))
            (import "provider" "table" (table 2 funcref))
            (import "provider" "peek" (func $peek (param i32) (result i32)))
            (elem (i32.const 1) $peek)
            (func (export "run") (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (i32.store (i32.const 8) (i32.const 42))
                (call $peek (i32.const 8))))"#,
    );
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let provider = linker.instantiate(&mut store, &provider).unwrap();
    linker.instance(&mut store, "provider", provider).unwrap();
    let user = linker.instantiate(&mut store, &user).unwrap();
    assert_eq!(user.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 42);
    assert_eq!(provider.get_global(&store, "count").unwrap().get(&store), Val::I32(6));
    let element = provider.get_table(&store, "table").unwrap().get(&store, 1).unwrap();
    assert_eq!(element, Ref::Func(provider.get_func(&store, "peek")));
    let names: Vec<&str> = provider.exports(&store).map(|(name, _)| name).collect();
    assert_eq!(names, ["memory", "count", "table", "peek"]);
    assert!(matches!(linker.get(&mut store, "provider", "count"), Some(Extern::Global(_))));
}

#[test]
fn all_missing_and_mismatched_imports_are_named() {
    let text = r#"(module
        (import "env" "known" (func))
        (import "env" "f" (func (param i32 i64) (result f32)))
        (import "env" "wrong" (func (param i32)))
        (import "other" "memory" (memory 1 2))
        (import "other" "table" (table i64 1 funcref))
        (import "env" "g" (global (mut externref))))"#;
    let error = linked((), text, |linker| {
        linker.func_wrap("env", "known", || ()).unwrap();
        linker.func_wrap("env", "wrong", || 1i64).unwrap();
    })
    .err()
    .unwrap();
    let ErrorKind::Link(problems) = error.kind() else { panic!("{error}") };
    assert_eq!(problems.len(), 5);
    assert_eq!(
        error.to_string(),
        "5 imports cannot be satisfied:\n  \
        unknown import: env::f, func (i32, i64) -> f32\n  \
        incompatible import type: env::wrong should be func (i32) -> (), but is func () -> i64\n  \
        unknown import: other::memory, memory 1..=2\n  \
        unknown import: other::table, table i64 1.. funcref\n  \
        unknown import: env::g, global mut externref"
    );
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("env", "f", || ()).unwrap();
    let missing = linker.missing(&module(&engine, text));
    let names: Vec<&str> = missing.iter().map(|(_, name, _)| &**name).collect();
    assert_eq!(names, ["known", "wrong", "memory", "table", "g"]);
    assert!(matches!(missing[3].2, ExternType::Table(_)));
}

#[cfg(feature = "gc")]
#[test]
fn types_of_imports_print_what_their_references_refer_to() {
    let text = r#"(module
        (type $list (struct (field i8) (field (mut (ref null $list)))))
        (type $bytes (array (mut i8)))
        (type $f (func (param i32 (ref $bytes)) (result i64)))
        (type $open (sub (struct)))
        (import "env" "f" (func (param (ref null $list)) (result (ref $bytes))))
        (import "env" "table" (table 1 (ref null $f)))
        (import "env" "global" (global (ref (exact $open))))
        (import "env" "wrong" (func (param (ref $list)))))"#;
    let error = linked((), text, |linker| {
        linker.func_wrap("env", "wrong", || ()).unwrap();
    })
    .err()
    .unwrap();
    let list = "(struct (field i8) (field (mut structref)))";
    assert_eq!(
        error.to_string(),
        format!(
            "4 imports cannot be satisfied:\n  \
            unknown import: env::f, func ((ref null {list})) -> (ref (array (mut i8)))\n  \
            unknown import: env::table, table 1.. (ref null (func (param i32) (param (ref array)) (result i64)))\n  \
            unknown import: env::global, global (ref (exact (struct)))\n  \
            incompatible import type: env::wrong should be func ((ref {list})) -> (), but is func () -> ()"
        )
    );
    let ErrorKind::Link(problems) = error.kind() else { panic!("{error}") };
    let last = problems.last().unwrap();
    assert_eq!((last.module(), last.name(), problems[0].found()), ("env", "wrong", None));
    assert!(matches!((last.expected(), last.found()), (ExternType::Func(_), Some(ExternType::Func(_)))));
    // Many fields are cut.
    let fields = "i64 ".repeat(100);
    let text = format!(r#"(module (type $s (struct (field {fields}))) (import "a" "b" (global (ref $s))))"#);
    let error = linked((), &text, |_| {}).err().unwrap().to_string();
    assert!(error.ends_with(&format!("(struct{} ...))", " (field i64)".repeat(8))), "{error}");
}

#[test]
fn what_is_missing_is_listed_once_and_fails_by_name_when_it_is_called() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let module = module(
        &engine,
        r#"(module (import "env" "f" (func $f)) (import "env" "f" (func)) (import "other" "f" (func))
            (import "env" "g" (func (param i32) (result i64)))
            (func (export "none")) (func (export "call") (call $f)))"#,
    );
    let missing = linker.missing(&module);
    let names: Vec<_> = missing.iter().map(|(module, name, _)| [&**module, name]).collect();
    assert_eq!(names, [["env", "f"], ["other", "f"], ["env", "g"]]);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    assert!(linker.missing(&module).is_empty());
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    instance.get_func(&store, "none").unwrap().call(&mut store, &[], &mut []).unwrap();
    let error = instance.get_func(&store, "call").unwrap().call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(error.to_string(), "the module called an import that is not defined: env::f");
    assert_eq!(error.backtrace().unwrap().frames()[0].func_index(), 5);
}

#[test]
fn imports_match_by_the_rules_of_the_specification() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MEMORY).unwrap();
    let table = Table::new(&mut store, TABLE, Ref::Func(None)).unwrap();
    let constant = GlobalType::new(ValType::I32, Mutability::Const);
    let global = Global::new(&mut store, constant, Val::I32(1)).unwrap();
    let cases: &[(&str, Extern, bool)] = &[
        ("(memory 1)", memory.into(), true),
        ("(memory 0 2)", memory.into(), true),
        ("(memory 1 3)", memory.into(), true),
        ("(memory 2)", memory.into(), false),
        ("(memory 1 1)", memory.into(), false),
        ("(memory i64 1)", memory.into(), false),
        ("(memory 1 (pagesize 1))", memory.into(), false),
        ("(table 4 funcref)", table.into(), true),
        ("(table 1 9 funcref)", table.into(), true),
        ("(table 5 funcref)", table.into(), false),
        ("(table 1 7 funcref)", table.into(), false),
        ("(table 4 externref)", table.into(), false),
        ("(table i64 4 funcref)", table.into(), false),
        ("(global i32)", global.into(), true),
        ("(global (mut i32))", global.into(), false),
        ("(global i64)", global.into(), false),
        ("(memory 1)", global.into(), false),
        ("(func)", memory.into(), false),
    ];
    for (text, given, fits) in cases {
        let module = module(&engine, &format!(r#"(module (import "a" "b" {text}))"#));
        let outcome = Instance::new(&mut store, &module, core::slice::from_ref(given));
        assert_eq!(outcome.is_ok(), *fits, "{text}");
        if let Err(error) = outcome {
            assert!(first_line(&error).starts_with("incompatible import type: a::b should be "), "{error}");
        }
    }
    // The size of a grown memory counts.
    memory.grow(&mut store, 1).unwrap();
    let larger = module(&engine, r#"(module (import "a" "b" (memory 2)))"#);
    assert!(Instance::new(&mut store, &larger, &[memory.into()]).is_ok());
    assert!(Instance::new(&mut store, &larger, &[]).is_err());
}

#[test]
fn segments_before_one_that_traps_stay_written() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MEMORY).unwrap();
    let table = Table::new(&mut store, TABLE, Ref::Func(None)).unwrap();
    let failing = module(
        &engine,
        r#"(module
            (import "a" "memory" (memory 1))
            (import "a" "table" (table 4 funcref))
            (func $f (result i32) (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 3)) i32.const 42)
            (elem (i32.const 0) $f)
            (data (i32.const 100) "written")
            (data $kept "abc")
            (data (i32.const 65535) "too long")
            (data (i32.const 200) "never"))"#,
    );
    let error = Instance::new(&mut store, &failing, &[memory.into(), table.into()]).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::MemoryOutOfBounds);
    assert_eq!(&memory.data(&store)[100..107], b"written");
    assert_eq!(&memory.data(&store)[200..205], [0; 5]);
    assert_eq!(memory.data(&store)[65535], 0);
    // The function is in the table now, and keeps its instance alive.
    let func = table.get(&store, 0).unwrap().as_func().flatten().copied().unwrap();
    assert_eq!(func.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 42);
    assert_eq!(&memory.data(&store)[..3], b"abc");

    let elements = module(
        &engine,
        r#"(module
            (import "a" "memory" (memory 1))
            (import "a" "table" (table 4 funcref))
            (func $f)
            (elem (i32.const 2) $f)
            (elem (i32.const 4) $f)
            (data (i32.const 300) "never"))"#,
    );
    let error = Instance::new(&mut store, &elements, &[memory.into(), table.into()]).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::TableOutOfBounds);
    assert!(table.get(&store, 2).unwrap().as_func().flatten().is_some());
    assert_eq!(memory.data(&store)[300], 0);
}

#[test]
fn an_instance_whose_start_function_fails_lives_on_in_tables() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = Table::new(&mut store, TABLE, Ref::Func(None)).unwrap();
    let failing = module(
        &engine,
        r#"(module
            (import "a" "table" (table 4 funcref))
            (global $g (mut i32) (i32.const 1))
            (func $f (result i32) global.get $g)
            (func $start (global.set $g (i32.const 2)) unreachable)
            (elem (i32.const 3) $f)
            (start $start))"#,
    );
    let error = Instance::new(&mut store, &failing, &[table.into()]).unwrap_err();
    assert_eq!(error.as_trap_code().unwrap(), TrapCode::UnreachableCodeReached);
    let func = table.get(&store, 3).unwrap().as_func().flatten().copied().unwrap();
    assert_eq!(func.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 2);
}

#[test]
fn a_start_function_may_be_of_the_host() {
    let (store, _) = linked(0, r#"(module (import "a" "b" (func $f)) (start $f))"#, |linker| {
        linker.func_wrap("a", "b", |mut caller: wasmote::Caller<'_, i32>| *caller.data_mut() += 1).unwrap();
    })
    .unwrap();
    assert_eq!(*store.data(), 1);
}

#[test]
fn initial_values_are_computed_in_order() {
    let text = r#"(module
        (import "a" "base" (global $base i32))
        (global (export "wide") i64 (i64.sub (i64.const 0) (i64.const 1)))
        (global (export "wrapped") i32 (i32.sub (global.get $base) (i32.const 11)))
        (global (export "func") funcref (ref.func $f))
        (table (export "table") 3 funcref)
        (memory (export "memory") 1)
        (elem (offset (i32.sub (global.get $base) (i32.const 8))) funcref (ref.null func) (ref.func $f))
        (data (offset (i32.mul (i32.add (global.get $base) (i32.const 2)) (i32.const 3))) "here")
        (func $f (export "f")))"#;
    let engine = Engine::default();
    let module = module(&engine, text);
    let mut store = Store::new(&engine, ());
    let base = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(9)).unwrap();
    let instance = Instance::new(&mut store, &module, &[base.into()]).unwrap();
    let global = |name| instance.get_global(&store, name).unwrap().get(&store);
    let f = Val::FuncRef(instance.get_func(&store, "f"));
    assert_eq!(global("wide"), Val::I64(-1));
    assert_eq!(global("wrapped"), Val::I32(-2));
    assert_eq!(global("func"), f);
    let table = instance.get_table(&store, "table").unwrap();
    assert_eq!(table.get(&store, 1), Some(Ref::Func(None)));
    assert_eq!(table.get(&store, 2).map(Val::from), Some(f));
    assert_eq!(&instance.get_memory(&store, "memory").unwrap().data(&store)[33..37], b"here");
}

#[test]
fn instances_of_one_module_are_apart_and_share_its_code() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module (global $g (mut i32) (i32.const 0))
            (func (export "next") (result i32)
                (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#,
    );
    let mut store = Store::new(&engine, ());
    let instances: Vec<Instance> = (0..500).map(|_| Instance::new(&mut store, &module, &[]).unwrap()).collect();
    for round in 1..=3 {
        for instance in &instances {
            let next = instance.get_typed_func::<(), i32>(&store, "next").unwrap();
            assert_eq!(next.call(&mut store, ()).unwrap(), round);
        }
    }
    let stats = store.stats();
    assert_eq!(stats.functions, 1);
    assert!(stats.units > 0 && stats.cells > 0 && stats.wasm_bytes > 0);
    assert_eq!(stats, module.stats());
}

#[test]
fn names_are_defined_once_unless_shadowing_is_allowed() {
    let mut linker = Linker::<()>::new(&Engine::default());
    linker.func_wrap("a", "b", || 1).unwrap();
    let error = linker.func_wrap("a", "b", || 2).err().unwrap();
    assert_eq!(first_line(&error), "the name is already defined: a::b");
    linker.allow_shadowing(true).func_wrap("a", "b", || 3).unwrap();
    let mut store = Store::new(linker.engine(), ());
    let func = linker.clone().get(&mut store, "a", "b").and_then(Extern::into_func).unwrap();
    assert_eq!(func.typed::<(), i32>(&store).unwrap().call(&mut store, ()).unwrap(), 3);
}

#[test]
fn a_module_of_another_engine_is_refused() {
    let module = module(&Engine::default(), "(module)");
    let mut store = Store::new(&Engine::default(), ());
    assert!(Instance::new(&mut store, &module, &[]).is_err());
}
