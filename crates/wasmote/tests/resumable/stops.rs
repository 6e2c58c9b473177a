//! What a host function gives as its reason, how it fails in the end, and which calls can stop at all.

use std::error::Error as _;
use std::fmt;

use wasmote::{
    Caller, Error, Exception, Func, FuncType, Instance, Linker, ResumableCall, Store, Tag, TagType, TrapCode,
    TypedResumableCall, Val, ValType,
};

use super::instantiate;
use super::modes::{MODES, Mode};

#[derive(Debug)]
struct Reason(u32);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reason {}", self.0)
    }
}

impl std::error::Error for Reason {}

/// Returns a store with `wait`, which always suspends, and `nested`, which calls the function that it gets.
fn waiting(mode: Mode, text: &str) -> (Store<()>, Linker<()>, Instance) {
    let engine = mode.engine();
    let mut linker = Linker::new(&engine);
    let mut store = Store::new(&engine, ());
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
    linker.define("host", "tag", tag).unwrap();
    let wait = |caller: Caller<'_, ()>, x: u32| -> Result<u32, Error> { Err(caller.suspend(Error::host(Reason(x)))) };
    linker.func_wrap("host", "wait", wait).unwrap();
    let nested = |mut caller: Caller<'_, ()>, func: Option<Func>| -> Result<u32, Error> {
        Ok(func.unwrap().typed::<(), u32>(&caller)?.call(&mut caller, ())? + 1)
    };
    linker.func_wrap("host", "nested", nested).unwrap();
    let module = mode.module(&engine, text);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, linker, instance)
}

const NESTED: &str = r#"(module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (import "host" "nested" (func $nested (param funcref) (result i32)))
    (elem declare func $inner $outer)
    (func $inner (export "inner") (result i32) (call $wait (i32.const 7)))
    (func $outer (export "outer") (result i32) (call $nested (ref.func $inner)))
    (func (export "outermost") (result i32) (call $nested (ref.func $outer)))
    (func (export "trap") (result i32) (call $deep (i32.const 3)))
    (func $deep (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
            (else (i32.div_u (i32.const 1) (call $wait (i32.const 1)))))))"#;

const WORDS: &str = "a host function suspended a call that is not resumable: reason 7";

#[test]
fn only_the_innermost_call_can_be_suspended() {
    for &mode in MODES {
        let (mut store, _, instance) = waiting(mode, NESTED);
        let [inner, outer, outermost] =
            ["inner", "outer", "outermost"].map(|name| instance.get_typed_func::<(), u32>(&store, name).unwrap());
        for func in [inner, outer, outermost] {
            let error = func.call(&mut store, ()).unwrap_err();
            assert!(error.to_string().starts_with(WORDS), "{error}");
            assert!(error.source().unwrap().to_string().starts_with("reason 7"));
        }
        // The host functions in between pass the error on. For the calls around them it is an error like any other.
        for func in [outer, outermost] {
            let TypedResumableCall::HostTrap(call) = func.call_resumable(&mut store, ()).unwrap() else { panic!() };
            assert!(call.host_error().to_string().starts_with(WORDS), "{}", call.host_error());
        }
        let TypedResumableCall::HostTrap(call) = inner.call_resumable(&mut store, ()).unwrap() else { panic!() };
        assert_eq!(call.host_error().downcast_ref::<Reason>().unwrap().0, 7);
        assert_eq!(call.into_host_error().downcast_ref::<Reason>().unwrap().0, 7);
    }
}

#[test]
fn a_start_function_cannot_be_suspended() {
    for &mode in MODES {
        let (mut store, linker, _) = waiting(mode, NESTED);
        let module = mode.module(
            store.engine(),
            r#"(module (import "host" "wait" (func $wait (param i32) (result i32)))
                (start $start) (func $start (drop (call $wait (i32.const 7)))))"#,
        );
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert!(error.to_string().starts_with(WORDS), "{error}");
    }
}

#[test]
fn a_host_function_that_is_called_directly_can_wait() {
    let (mut store, linker, _) = waiting(Mode::Lazy, NESTED);
    let wait = linker.get(&mut store, "host", "wait").unwrap().into_func().unwrap();
    let mut results = [Val::I32(0)];
    let error = wait.call(&mut store, &[Val::I32(7)], &mut results).unwrap_err();
    assert!(error.to_string().starts_with(WORDS), "{error}");
    let start = |store: &mut Store<()>| {
        let call = wait.call_resumable(store, &[Val::I32(7)], &mut [Val::I32(0)]).unwrap();
        let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
        call
    };
    let call = start(&mut store).resume(&mut store, &[Val::I32(4)], &mut results).unwrap();
    assert!(matches!(call, ResumableCall::Finished));
    assert_eq!(results, [Val::I32(4)]);
    let error = start(&mut store).resume_throw(&mut store, Error::host(Reason(8)), &mut results).unwrap_err();
    assert_eq!(error.downcast_ref::<Reason>().unwrap().0, 8);
    let tag = linker.get(&mut store, "host", "tag").unwrap().into_tag().unwrap();
    let thrown = Exception::new(tag, [Val::I32(1)]);
    let error = start(&mut store).resume_throw(&mut store, thrown, &mut results).unwrap_err();
    assert_eq!(error.as_exception().unwrap().tag(), tag);
}

#[test]
fn a_trap_of_a_resumed_call_has_all_frames() {
    for &mode in MODES {
        let (mut store, _, instance) = waiting(mode, NESTED);
        let trap = instance.get_typed_func::<(), u32>(&store, "trap").unwrap();
        let TypedResumableCall::HostTrap(call) = trap.call_resumable(&mut store, ()).unwrap() else { panic!() };
        let error = call.resume(&mut store, &[Val::I32(0)]).unwrap_err();
        let found = (error.as_trap_code().unwrap(), error.backtrace().unwrap().frames().len());
        assert_eq!(found, (TrapCode::IntegerDivisionByZero, 5), "{mode:?}");
        // The host function fails: the frames are those around its call.
        let TypedResumableCall::HostTrap(call) = trap.call_resumable(&mut store, ()).unwrap() else { panic!() };
        let error = call.resume_throw(&mut store, TrapCode::NullReference).unwrap_err();
        assert_eq!(error.as_trap_code().unwrap(), TrapCode::NullReference, "{mode:?}");
    }
}

#[test]
fn a_host_function_that_fails_in_the_end_can_wait_again() {
    let (mut store, _, instance) = waiting(Mode::Lazy, NESTED);
    let inner = instance.get_typed_func::<(), u32>(&store, "inner").unwrap();
    let TypedResumableCall::HostTrap(call) = inner.call_resumable(&mut store, ()).unwrap() else { panic!() };
    let again = call.resume_throw(&mut store, Error::suspend_with("once more")).unwrap();
    let TypedResumableCall::HostTrap(call) = again else { panic!("{again:?}") };
    assert_eq!(call.value::<&str>(), Some(&"once more"));
    let TypedResumableCall::Finished(result) = call.resume(&mut store, &[Val::I32(9)]).unwrap() else { panic!() };
    assert_eq!(result, 9);
}

#[test]
fn values_of_other_types_are_refused() {
    let (mut store, _, instance) = waiting(Mode::Lazy, NESTED);
    let inner = instance.get_typed_func::<(), u32>(&store, "inner").unwrap();
    let wrong: [&[Val]; 4] = [&[], &[Val::I64(1)], &[Val::I32(1), Val::I32(1)], &[Val::FuncRef(None)]];
    for values in wrong {
        let TypedResumableCall::HostTrap(call) = inner.call_resumable(&mut store, ()).unwrap() else { panic!() };
        let error = call.resume(&mut store, values).unwrap_err();
        assert_eq!(error.to_string(), "the values do not fit the results of the host function");
    }
    let mut none = [];
    let error = inner.func().call_resumable(&mut store, &[], &mut none).unwrap_err();
    assert!(error.to_string().contains("number of results"), "{error}");
    let mut results = [Val::I32(0)];
    let call = inner.func().call_resumable(&mut store, &[], &mut results).unwrap();
    let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
    let error = call.resume(&mut store, &[Val::I32(1)], &mut none).unwrap_err();
    assert!(error.to_string().contains("number of results"), "{error}");
}

/// The exception is thrown in functions of other instances than the one that catches it, and by a tail call.
const THROWER: &str = r#"(module
    (import "host" "i32" (func $ask (param i32) (result i32)))
    (func (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (call 1 (i32.sub (local.get 0) (i32.const 1))))
            (else (call $ask (i32.const 5)))))
    (func (export "tail") (param i32) (result i32) (return_call $ask (local.get 0))))"#;
const CATCHER: &str = r#"(module
    (import "other" "deep" (func $deep (param i32) (result i32)))
    (import "other" "tail" (func $tail (param i32) (result i32)))
    (import "host" "i32" (func $ask (param i32) (result i32)))
    (tag $tag (export "tag") (param i32))
    (func $catch (param i32) (result i32)
        (block $caught (result i32)
            (try_table (catch $tag $caught)
                (return (i32.add (call $deep (local.get 0)) (call $tail (local.get 0)))))
            (unreachable)))
    (func (export "caught") (param i32) (result i32)
        (i32.add (call $catch (local.get 0)) (call $ask (i32.const 1000))))
    (func (export "uncaught") (param i32) (result i32) (call $deep (local.get 0))))"#;

#[test]
fn an_exception_on_resuming_finds_its_handler() {
    for &mode in MODES {
        let (mut store, instance) = instantiate(mode, &[THROWER, CATCHER]);
        let tag = instance.get_tag(&store, "tag").unwrap();
        let caught = instance.get_typed_func::<i32, i32>(&store, "caught").unwrap();
        for depth in [0, 1, 4] {
            for waits in 0..2 {
                let mut call = caught.call_resumable(&mut store, depth).unwrap();
                for _ in 0..waits {
                    let TypedResumableCall::HostTrap(at) = call else { panic!("{call:?}") };
                    call = at.resume(&mut store, &[Val::I32(100)]).unwrap();
                }
                let TypedResumableCall::HostTrap(at) = call else { panic!("{call:?}") };
                let call = at.resume_throw(&mut store, Exception::new(tag, [Val::I32(40 + depth)])).unwrap();
                let TypedResumableCall::HostTrap(at) = call else { panic!("{call:?}") };
                assert_eq!(at.value::<i32>(), Some(&1000));
                let call = at.resume(&mut store, &[Val::I32(2)]).unwrap();
                let TypedResumableCall::Finished(result) = call else { panic!("{call:?}") };
                assert_eq!(result, 42 + depth, "{mode:?}");
            }
        }
        let uncaught = instance.get_typed_func::<i32, i32>(&store, "uncaught").unwrap();
        let TypedResumableCall::HostTrap(at) = uncaught.call_resumable(&mut store, 2).unwrap() else { panic!() };
        let error = at.resume_throw(&mut store, Exception::new(tag, [Val::I32(3)])).unwrap_err();
        let exception = error.as_exception().unwrap();
        assert_eq!((exception.values(), exception.frames().len()), (&[Val::I32(3)][..], 4), "{mode:?}");
        let TypedResumableCall::HostTrap(at) = uncaught.call_resumable(&mut store, 2).unwrap() else { panic!() };
        let error = at.resume_throw(&mut store, Exception::new(tag, [Val::I64(3)])).unwrap_err();
        assert!(error.to_string().contains("not of its tag's types"), "{error}");
    }
}

#[test]
fn a_panic_ends_a_resumed_call() {
    let engine = Mode::Lazy.engine();
    let mut linker = Linker::new(&engine);
    let mut store = Store::new(&engine, 0);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let wait = |mut caller: Caller<'_, u32>| -> Result<(), Error> {
        *caller.data_mut() += 1;
        if *caller.data() == 2 {
            panic!("the second")
        }
        Err(caller.suspend_with(()))
    };
    linker.func_wrap("host", "wait", wait).unwrap();
    let text = r#"(module (import "host" "wait" (func $wait)) (func (export "f") (call $wait) (call $wait)))"#;
    let instance = linker.instantiate(&mut store, &Mode::Lazy.module(&engine, text)).unwrap();
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    let TypedResumableCall::HostTrap(call) = f.call_resumable(&mut store, ()).unwrap() else { panic!() };
    let resumed = std::panic::AssertUnwindSafe(|| call.resume(&mut store, &[]));
    assert_eq!(std::panic::catch_unwind(resumed).unwrap_err().downcast_ref::<&str>(), Some(&"the second"));
    let TypedResumableCall::HostTrap(call) = f.call_resumable(&mut store, ()).unwrap() else { panic!() };
    let TypedResumableCall::HostTrap(call) = call.resume(&mut store, &[]).unwrap() else { panic!() };
    assert!(matches!(call.resume(&mut store, &[]).unwrap(), TypedResumableCall::Finished(())));
}
