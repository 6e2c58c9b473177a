//! Stores: what they own, and who may use it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmote::{
    Engine, Error, ExternRef, Func, Instance, Linker, Memory, MemoryType, Module, Ref, Store, Table, TypedFunc, Val,
};

use crate::{instance, module};

/// Counts its live instances.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Counted {
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_store_drops_all_that_it_owns_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let engine = Engine::default();
    let module = module(&engine, r#"(module (import "a" "b" (func)) (memory 1) (table 5 externref) (func))"#);
    for keep_data in [false, true] {
        let mut store = Store::new(&engine, Counted::new(&count));
        let captured = Counted::new(&count);
        let host = Func::wrap(&mut store, move || {
            let _ = &captured;
        });
        ExternRef::new(&mut store, Counted::new(&count));
        Instance::new(&mut store, &module, &[host.into()]).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 3);
        if keep_data {
            let data = store.into_data();
            assert_eq!(count.load(Ordering::Relaxed), 1);
            drop(data);
        } else {
            drop(store);
        }
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_linker_shares_its_functions_with_stores() {
    let count = Arc::new(AtomicUsize::new(0));
    let engine = Engine::default();
    let captured = Counted::new(&count);
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "b", move || captured.0.load(Ordering::Relaxed) as u32).unwrap();
    let text = r#"(module (import "a" "b" (func $b (result i32))) (func (export "f") (result i32) (call $b)))"#;
    let module = module(&engine, text);
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    drop(linker);
    drop(module);
    drop(engine);
    let f = instance.get_typed_func::<(), u32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 1);
    drop(store);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn handles_of_another_store_are_refused() {
    let text = r#"(module (memory (export "memory") 1) (table (export "table") 1 funcref)
        (func (export "f") (param funcref)))"#;
    let (mut store, instance) = instance(text);
    let (mut other, other_instance) = crate::instance(text);
    let f = instance.get_func(&store, "f").unwrap();
    let g = other_instance.get_func(&other, "f").unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    let table = instance.get_table(&store, "table").unwrap();
    let value = ExternRef::new(&mut store, ());
    let module = Module::new(other.engine(), b"\0asm\x01\0\0\0").unwrap();
    let mut refused = 0;
    let mut refuse = |what: &mut dyn FnMut()| {
        let panic = catch_unwind(AssertUnwindSafe(what)).expect_err("it belongs to another store");
        let message = panic.downcast_ref::<&str>().unwrap();
        assert!(message.contains("a store that it does not belong to") || message.contains("handle"), "{message}");
        refused += 1;
    };
    refuse(&mut || drop(f.call(&mut other, &[Val::FuncRef(None)], &mut [])));
    refuse(&mut || drop(f.typed::<Option<Func>, ()>(&other)));
    refuse(&mut || drop(g.call(&mut other, &[Val::FuncRef(Some(f))], &mut [])));
    refuse(&mut || drop(memory.grow(&mut other, 1)));
    refuse(&mut || _ = memory.data(&other).len());
    refuse(&mut || _ = table.get(&other, 0));
    refuse(&mut || drop(table.set(&mut store, 0, Ref::Func(Some(g)))));
    refuse(&mut || _ = instance.get_export(&other, "f"));
    refuse(&mut || _ = value.data(&other).is::<()>());
    refuse(&mut || drop(Instance::new(&mut other, &module_with_import(&module), &[f.into()])));
    assert_eq!(refused, 10);
    // Neither store was harmed.
    g.call(&mut other, &[Val::FuncRef(Some(g))], &mut []).unwrap();
    f.call(&mut store, &[Val::FuncRef(Some(f))], &mut []).unwrap();
}

/// Returns a module of the same engine that imports a function.
fn module_with_import(like: &Module) -> Module {
    module(like.engine(), r#"(module (import "a" "b" (func (param funcref))))"#)
}

#[test]
fn types_are_given_back_with_their_modules() {
    // Numbers of types are reused. Functions of live modules must not be taken for those of others.
    let engine = Engine::default();
    let keep = module(&engine, r#"(module (func (export "f") (param i64) (result i64) local.get 0))"#);
    let caller = r#"(module (type $t (func (param TYPE) (result TYPE)))
        (import "a" "f" (func $f (param i64) (result i64)))
        (table 1 funcref) (elem (i32.const 0) $f)
        (func (export "run") (result TYPE) (call_indirect (type $t) (TYPE.const 1) (i32.const 0))))"#;
    for round in 0..20 {
        for (ty, fits) in [("i32", false), ("i64", true), ("f32", false), ("f64", false)] {
            let module = module(&engine, &caller.replace("TYPE", ty));
            let mut store = Store::new(&engine, ());
            let f = Instance::new(&mut store, &keep, &[]).unwrap().get_func(&store, "f").unwrap();
            let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
            let run = instance.get_func(&store, "run").unwrap();
            let outcome = run.call(&mut store, &[], &mut [Val::I32(0)]);
            assert_eq!(outcome.is_ok(), fits, "{ty} in round {round}");
        }
    }
}

#[test]
fn shareable_types_are_send_and_sync() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<Store<u32>>();
    sync::<Store<u32>>();
    send::<Module>();
    sync::<Module>();
    send::<Engine>();
    sync::<Engine>();
    send::<Linker<std::rc::Rc<u32>>>();
    sync::<Linker<std::rc::Rc<u32>>>();
    send::<Func>();
    sync::<TypedFunc<i32, i32>>();
    send::<Table>();
    send::<Error>();
    sync::<Error>();
}

#[test]
fn a_store_moves_to_another_thread() {
    let (mut store, instance) =
        instance(r#"(module (memory (export "memory") 1) (func (export "f") (result i32) i32.const 3))"#);
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 3);
    let mut store = std::thread::spawn(move || {
        assert_eq!(f.call(&mut store, ()).unwrap(), 3);
        store
    })
    .join()
    .unwrap();
    let ty = MemoryType::new(1, None);
    Memory::new(&mut store, ty).unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 3);
}

#[test]
fn handles_know_their_store() {
    let engine = Engine::default();
    let (mut store, other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let func = Func::wrap(&mut store, || {});
    assert!(func.is_in(&store) && !func.is_in(&other));
}
