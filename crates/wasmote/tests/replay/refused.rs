//! What a recording cannot hold ends the run with words.

use wasmote::{
    AnyRef, ArrayRef, Caller, Engine, Error, Exception, ExternRef, Func, FuncType, I31, Linker, Memory, MemoryType,
    Module, Ref, ReplayError, Store, Tag, TagType, Val, ValType,
};

/// Runs a guest that makes one call, while recording. Returns what the call did that cannot be recorded.
fn unsupported(text: &str, define: impl FnOnce(&mut Linker<()>, &mut Store<()>)) -> String {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    store.record(&module, |_| Ok(())).unwrap();
    let mut linker = Linker::new(&engine);
    define(&mut linker, &mut store);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    // Nothing is recorded after that.
    assert!(run.call(&mut store, ()).is_err() && store.end_recording().is_err());
    match error.downcast_ref() {
        Some(ReplayError::Unsupported { call: 1, what }) => what.to_string(),
        _ => error.to_string(),
    }
}

const CALL: &str = r#"(module
    (import "host" "f" (func $f))
    (memory (export "memory") 1)
    (func (export "inner") (i32.store (i32.const 0) (i32.const 1)))
    (func (export "run") (call $f)))"#;

#[test]
fn calls_of_wasm() {
    let what = unsupported(CALL, |linker, _| {
        let call = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let inner = caller.get_export("inner").unwrap().into_func().unwrap();
            // What the function does with the error makes no difference.
            assert!(inner.call(&mut caller, &[], &mut []).is_err());
            Ok(())
        };
        linker.func_wrap("host", "f", call).unwrap();
    });
    assert!(what.contains("called wasm"), "{what}");
}

#[test]
fn new_items() {
    let what = unsupported(CALL, |linker, _| {
        let make = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let ty = MemoryType::new(1, None);
            Memory::new(&mut caller, ty).map(drop)
        };
        linker.func_wrap("host", "f", make).unwrap();
    });
    assert!(what.contains("made an item"), "{what}");
    let what = unsupported(CALL, |linker, _| {
        linker
            .func_wrap("host", "f", |mut caller: Caller<'_, ()>| {
                Func::wrap(&mut caller, || 1);
            })
            .unwrap();
    });
    assert!(what.contains("made an item"), "{what}");
}

#[test]
fn exceptions() {
    let what = unsupported(CALL, |linker, store| {
        let tag = Tag::new(&mut *store, &TagType::new(FuncType::new([], [])));
        let throw = move |_: Caller<'_, ()>| -> Result<(), Error> { Err(Exception::new(tag, []).into()) };
        linker.func_wrap("host", "f", throw).unwrap();
    });
    assert!(what.contains("throws an exception"), "{what}");
}

#[test]
fn suspended_calls() {
    let what = unsupported(CALL, |linker, _| {
        let wait = |caller: Caller<'_, ()>| -> Result<(), Error> { Err(caller.suspend_with(1)) };
        linker.func_wrap("host", "f", wait).unwrap();
    });
    assert!(what.contains("suspends its caller"), "{what}");
}

#[test]
fn references_to_what_is_no_function() {
    let text = r#"(module
        (import "host" "f" (func $f (result externref)))
        (func (export "run") (drop (call $f))))"#;
    let what = unsupported(text, |linker, _| {
        linker.func_wrap("host", "f", |mut caller: Caller<'_, ()>| Some(ExternRef::new(&mut caller, 5))).unwrap();
    });
    assert!(what.contains("returns a reference"), "{what}");
    let text = r#"(module
        (import "host" "f" (func $f))
        (table (export "table") 1 externref)
        (global (export "global") (mut anyref) (ref.null any))
        (func (export "run") (call $f)))"#;
    let what = unsupported(text, |linker, _| {
        let set = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let value = ExternRef::new(&mut caller, 5);
            let table = caller.get_export("table").unwrap().into_table().unwrap();
            table.set(&mut caller, 0, Ref::Extern(Some(value)))
        };
        linker.func_wrap("host", "f", set).unwrap();
    });
    assert!(what.contains("in a table"), "{what}");
    let what = unsupported(text, |linker, _| {
        let set = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let value = AnyRef::from_i31(&mut caller, I31::wrapping_i32(3));
            let global = caller.get_export("global").unwrap().into_global().unwrap();
            global.set(&mut caller, Val::AnyRef(Some(value)))
        };
        linker.func_wrap("host", "f", set).unwrap();
    });
    assert!(what.contains("a global"), "{what}");
}

#[test]
fn writes_to_objects() {
    let text = r#"(module
        (type $bytes (array (mut i8)))
        (import "host" "f" (func $f (param anyref)))
        (func (export "run") (call $f (array.new_default $bytes (i32.const 4)))))"#;
    let what = unsupported(text, |linker, _| {
        let ty = FuncType::new([ValType::Ref(wasmote::RefType::new(true, wasmote::HeapType::Any))], []);
        let write = |mut caller: Caller<'_, ()>, args: &[Val], _: &mut [Val]| -> Result<(), Error> {
            let Val::AnyRef(Some(array)) = args[0] else { panic!("an object") };
            let array: ArrayRef = array.as_array(&caller).unwrap();
            array.set(&mut caller, 0, Val::I32(1))
        };
        linker.func_new("host", "f", ty, write).unwrap();
    });
    assert!(what.contains("wrote to an object"), "{what}");
}

#[test]
fn a_writer_that_fails() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(CALL).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let mut pieces = 0;
    let full = move |_: &[u8]| {
        pieces += 1;
        if pieces > 2 { Err(Error::new("the disk is full")) } else { Ok(()) }
    };
    store.record(&module, full).unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", || ()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    run.call(&mut store, ()).unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap_err().to_string(), "the disk is full");
    assert!(run.call(&mut store, ()).is_err());
}
