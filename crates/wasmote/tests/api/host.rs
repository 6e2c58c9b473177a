//! Host functions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wasmote::{
    AsContextMut, Caller, Engine, Error, Func, FuncType, Instance, Linker, Module, Store, TrapCode, Val, ValType,
};

use crate::{first_line, linked, module};

fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}

/// Wasm and the host call each other until the argument is zero.
const PING_PONG: &str = r#"(module
    (import "host" "pong" (func $pong (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "ping") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $pong (i32.sub (local.get 0) (i32.const 1))))))))"#;

fn define_pong(linker: &mut Linker<u32>) {
    let pong = |mut caller: Caller<'_, u32>, n: i32| -> Result<i32, Error> {
        *caller.data_mut() += 1;
        let ping = caller.get_export("ping").and_then(|it| it.into_func()).unwrap();
        ping.typed::<i32, i32>(&caller)?.call(&mut caller, n)
    };
    linker.func_wrap("host", "pong", pong).unwrap();
}

#[test]
fn a_host_function_calls_back_into_wasm() {
    let (mut store, instance) = linked(0, PING_PONG, define_pong).unwrap();
    let ping = instance.get_typed_func::<i32, i32>(&store, "ping").unwrap();
    assert_eq!(ping.call(&mut store, 100).unwrap(), 100);
    assert_eq!(*store.data(), 100);
}

#[derive(Debug)]
struct Custom(u32);

impl std::fmt::Display for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "custom {}", self.0)
    }
}

impl std::error::Error for Custom {}

const FAILING: &str = r#"(module
    (import "host" "fail" (func $fail (param i32) (result i32)))
    (func $inner (param i32) (result i32) (i32.add (i32.const 1) (call $fail (local.get 0))))
    (func (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0)))))"#;

#[test]
fn an_error_passes_through_wasm_frames_unchanged() {
    let (mut store, instance) = linked((), FAILING, |linker| {
        let fail = |n: i32| match n {
            0 => Ok(7),
            1 => Err(Error::host(Custom(1))),
            2 => Err(Error::i32_exit(3)),
            3 => Err(TrapCode::IntegerOverflow.into()),
            _ => Err(Error::new("no such case")),
        };
        linker.func_wrap("host", "fail", fail).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 0).unwrap(), 9);
    let error = run.call(&mut store, 1).unwrap_err();
    assert_eq!(error.downcast_ref::<Custom>().unwrap().0, 1);
    assert_eq!(error.to_string(), "custom 1");
    assert_eq!(run.call(&mut store, 2).unwrap_err().i32_exit_status(), Some(3));
    assert_eq!(run.call(&mut store, 3).unwrap_err().as_trap_code().unwrap(), TrapCode::IntegerOverflow);
    assert_eq!(run.call(&mut store, 4).unwrap_err().to_string(), "no such case");
    assert_eq!(run.call(&mut store, 0).unwrap(), 9);
}

#[test]
fn an_error_handled_by_the_host_leaves_no_trace() {
    let text = r#"(module
        (import "host" "try" (func $try (param i32) (result i32)))
        (func (export "trap") unreachable)
        (func (export "run") (result i32) (i32.add (call $try (i32.const 1)) (call $try (i32.const 2)))))"#;
    let (mut store, instance) = linked((), text, |linker| {
        let handle = |mut caller: Caller<'_, ()>, n: i32| {
            let trap = caller.get_export("trap").and_then(|it| it.into_func()).unwrap();
            let error = trap.call(&mut caller, &[], &mut []).unwrap_err();
            assert_eq!(error.backtrace().unwrap().frames().len(), 1);
            n
        };
        linker.func_wrap("host", "try", handle).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 3);
}

#[test]
fn a_panic_passes_through_wasm_frames() {
    let (mut store, instance) = linked((), FAILING, |linker| {
        linker.func_wrap("host", "fail", |n: i32| if n == 0 { 5 } else { std::panic::panic_any(n) }).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| run.call(&mut store, 42))).unwrap_err();
    assert_eq!(panic.downcast_ref::<i32>(), Some(&42));
    assert_eq!(run.call(&mut store, 0).unwrap(), 7);
}

#[test]
fn raw_functions_read_and_write_slots() {
    fn raw(mut caller: Caller<'_, u64>, slots: &mut [u64]) -> Result<(), Error> {
        *caller.data_mut() += slots[1];
        // Bits above the 32 of an i32 must not reach wasm.
        slots[0] = slots[0].wrapping_sub(1);
        Ok(())
    }
    let text = r#"(module
        (import "host" "raw" (func $raw (param i32 i64) (result i32)))
        (import "host" "closure" (func $closure (param i32 i64) (result i32)))
        (func (export "f") (param i32 i64) (result i64)
            (i64.extend_i32_u (call $raw (local.get 0) (local.get 1))))
        (func (export "g") (param i32 i64) (result i64)
            (i64.extend_i32_u (call $closure (local.get 0) (local.get 1)))))"#;
    let (mut store, instance) = linked(0, text, |linker| {
        let ty = ty(&[ValType::I32, ValType::I64], &[ValType::I32]);
        linker.func_raw("host", "raw", ty.clone(), raw).unwrap();
        linker.func_raw_fn("host", "closure", ty, Arc::new(raw)).unwrap();
    })
    .unwrap();
    for name in ["f", "g"] {
        let func = instance.get_typed_func::<(i32, i64), i64>(&store, name).unwrap();
        assert_eq!(func.call(&mut store, (0, 5)).unwrap(), 0xffff_ffff);
    }
    assert_eq!(*store.data(), 10);
}

#[test]
fn raw_functions_cannot_make_up_references() {
    fn raw(_: Caller<'_, ()>, slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = 1_000_000;
        Ok(())
    }
    for result in [ValType::FUNCREF, ValType::EXTERNREF] {
        let text = format!(
            r#"(module (import "host" "raw" (func $raw (result {0}))) (func (export "f") (result {0}) (call $raw)))"#,
            result.name()
        );
        let (mut store, instance) = linked((), &text, |linker| {
            linker.func_raw("host", "raw", ty(&[], &[result]), raw).unwrap();
        })
        .unwrap();
        let f = instance.get_func(&store, "f").unwrap();
        let error = f.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
        assert_eq!(first_line(&error), "a host function returned a reference that its store does not know");
    }
}

#[test]
fn a_failed_instantiation_leaves_no_references_behind() {
    let failing = wat::parse_str("(module (func $f) (global funcref (ref.func $f)) (table 20000000 funcref))").unwrap();
    let guest = r#"(module (import "host" "raw" (func $raw (result funcref))) (func (export "f") (result funcref) (call $raw)))"#;
    let guest = wat::parse_str(guest).unwrap();
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let failing = Module::new(&engine, failing).unwrap();
    assert!(linker.instantiate(&mut store, &failing).is_err());
    let first = |_: Caller<'_, ()>, slots: &mut [u64]| {
        slots[0] = 1;
        Ok(())
    };
    linker.func_raw("host", "raw", ty(&[], &[ValType::FUNCREF]), first).unwrap();
    let instance = linker.instantiate(&mut store, &Module::new(&engine, guest).unwrap()).unwrap();
    let f = instance.get_func(&store, "f").unwrap();
    let mut results = [Val::I32(0)];
    f.call(&mut store, &[], &mut results).unwrap();
    // The only reference is to the export of the second module.
    let Val::FuncRef(Some(func)) = results[0] else { panic!("not a function") };
    assert_eq!(func.ty(&store), f.ty(&store));
}

#[test]
fn results_of_another_type_than_declared_are_an_error() {
    let mut store = Store::new(&Engine::default(), ());
    let func = Func::new(&mut store, ty(&[], &[ValType::I32]), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    assert!(func.call(&mut store, &[], &mut [Val::I32(0)]).is_err());
}

#[test]
fn a_host_function_grows_and_writes_the_memory_of_its_caller() {
    let text = r#"(module
        (import "host" "fill" (func $fill (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32 i32)
            (drop (i32.load (i32.const 0)))
            (call $fill)
            (i32.load (i32.const 65536))))"#;
    let (mut store, instance) = linked(7u32, text, |linker| {
        let fill = |mut caller: Caller<'_, u32>| -> Result<u32, Error> {
            let memory = caller.memory().unwrap();
            let before = memory.grow(&mut caller, 1)?;
            let (bytes, data) = memory.data_and_store_mut(&mut caller);
            bytes[65536..65540].copy_from_slice(&data.to_le_bytes());
            *data += 1;
            Ok(before as u32)
        };
        linker.func_wrap("host", "fill", fill).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<(), (u32, u32)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (1, 7));
    assert_eq!(*store.data(), 8);
}

#[test]
fn a_host_function_instantiates_and_defines_while_wasm_runs() {
    let text = r#"(module
        (import "host" "make" (func $make (param i32) (result funcref)))
        (type $nullary (func (result i32)))
        (table 1 funcref)
        (func (export "run") (param i32) (result i32)
            (table.set (i32.const 0) (call $make (local.get 0)))
            (call_indirect (type $nullary) (i32.const 0))))"#;
    let engine = Engine::default();
    let constant = module(
        &engine,
        r#"(module (import "host" "n" (func $n (result i32))) (func (export "f") (result i32) (call $n)))"#,
    );
    let outer = module(&engine, text);
    let mut linker = Linker::<()>::new(&engine);
    let make = move |mut caller: Caller<'_, ()>, n: i32| -> Result<Option<Func>, Error> {
        let host = Func::wrap(&mut caller, move || n);
        let instance = Instance::new(&mut caller, &constant, &[host.into()])?;
        Ok(instance.get_func(&caller, "f"))
    };
    linker.func_wrap("host", "make", make).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &outer).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for n in 0..200 {
        assert_eq!(run.call(store.as_context_mut(), n).unwrap(), n);
    }
}
