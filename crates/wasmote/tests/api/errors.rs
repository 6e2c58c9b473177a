//! Errors: host functions' own errors with their types, exits, and the frames that errors pass.

use std::error::Error as StdError;
use std::fmt;

use anyhow::Context;
use wasmote::{
    Caller, CodeOptions, Config, Engine, Error, ErrorKind, Exception, FrameInfo, I32Exit, ImageOptions, Instance,
    Linker, Module, OpSet, Store, TrapCode, WasmBacktrace,
};

use crate::{linked, module};

/// An error of the embedder's, with a source.
#[derive(Debug)]
struct Refused {
    what: i32,
    because: std::num::ParseIntError,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused", self.what)
    }
}

impl StdError for Refused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.because)
    }
}

fn number(text: &str) -> Result<i32, std::num::ParseIntError> {
    text.parse()
}

fn refuse(what: i32) -> Result<i32, Refused> {
    number("x").map_err(|because| Refused { what, because })
}

const CALLS: &str = r#"(module $calls
    (import "host" "f" (func $f (param i32) (result i32)))
    (func $inner (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0))))
    (func $outer (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0)))))"#;

/// Calls a host function through two frames of wasm, and returns its error.
fn error_of<P, R>(f: impl wasmote::IntoFunc<(), P, R>) -> Error {
    let (mut store, instance) = linked((), CALLS, |linker: &mut Linker<()>| {
        linker.func_wrap("host", "f", f).unwrap();
    })
    .unwrap();
    instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, 5).unwrap_err()
}

fn names(backtrace: Option<&WasmBacktrace>) -> Vec<&str> {
    backtrace
        .map_or(Vec::new(), |backtrace| backtrace.frames().iter().map(|frame| frame.func_name().unwrap()).collect())
}

#[test]
fn a_host_function_returns_any_error_and_the_type_survives() {
    let own = error_of(refuse);
    let boxed = error_of(|x: i32| -> Result<i32, Box<dyn StdError + Send + Sync>> { Ok(refuse(x)?) });
    let made = error_of(|x: i32| -> Result<i32, Error> { refuse(x).map_err(Error::host) });
    let any = error_of(|x: i32| -> anyhow::Result<i32> { Ok(refuse(x)?) });
    let context = error_of(|x: i32| -> anyhow::Result<i32> { refuse(x).context("no luck") });
    let converted = error_of(|x: i32| -> Result<i32, Error> { Ok(refuse(x).context("no luck")?) });
    for error in [own, boxed, made, any, context, converted] {
        assert!(matches!(error.kind(), ErrorKind::Host(_)));
        assert!(error.is::<Refused>() && !error.is::<fmt::Error>());
        assert_eq!(error.downcast_ref::<Refused>().unwrap().what, 5);
        // That of its source, too.
        assert!(error.is::<std::num::ParseIntError>());
        assert_eq!(names(error.backtrace()), ["inner", "outer"]);
        let error = error.downcast::<fmt::Error>().unwrap_err();
        assert_eq!(names(error.backtrace()), ["inner", "outer"]);
        let mut error = error;
        assert!(error.downcast_mut::<fmt::Error>().is_none());
        error.downcast_mut::<Refused>().unwrap().what = 6;
        assert_eq!(error.downcast::<Refused>().unwrap().what, 6);
    }
}

#[test]
fn an_error_prints_and_has_sources_as_what_it_carries() {
    let error = error_of(refuse);
    assert_eq!(error.to_string(), "5 is refused");
    assert!(error.source().unwrap().is::<std::num::ParseIntError>());
    let all = format!("{error:#}");
    assert_eq!(format!("{error:?}"), all);
    assert!(all.starts_with("5 is refused\n  0: func 1 <inner> at wasm offset 0x"), "{all}");
    assert_eq!(all.lines().count(), 3, "{all}");
    let error = error_of(|x: i32| -> anyhow::Result<i32> { refuse(x).context("no luck") });
    assert_eq!(error.to_string(), "no luck");
    let chain: Vec<String> = anyhow::Chain::new(&error).map(ToString::to_string).collect();
    assert_eq!(chain, ["no luck", "5 is refused", "invalid digit found in string"]);
    // The way back.
    let error = anyhow::Error::from(error);
    assert!(error.downcast_ref::<Error>().unwrap().is::<Refused>());
}

#[test]
fn the_question_mark_takes_errors_of_the_standard_library() {
    let error = error_of(|_: i32| -> Result<i32, Error> { Ok(number("x")?) });
    assert!(error.is::<std::num::ParseIntError>());
    let error = error_of(|_: i32| -> Result<i32, Error> { Ok(std::fs::read("/no/such/file")?.len() as i32) });
    assert_eq!(error.downcast::<std::io::Error>().unwrap().kind(), std::io::ErrorKind::NotFound);
    let error = error_of(|_: i32| -> std::io::Result<i32> { Err(std::io::ErrorKind::NotFound.into()) });
    assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().kind(), std::io::ErrorKind::NotFound);
    let error = error_of(|_: i32| -> Result<i32, String> { Err("a message".into()) });
    assert_eq!(error.to_string(), "a message");
}

#[test]
fn errors_of_this_crate_keep_their_kind_in_all_error_types() {
    type Boxed = Box<dyn StdError + Send + Sync>;
    for code in [TrapCode::UnreachableCodeReached, TrapCode::OutOfFuel] {
        let plain = error_of(move |_: i32| -> Result<i32, Error> { Err(code.into()) });
        let alone = error_of(move |_: i32| -> Result<i32, TrapCode> { Err(code) });
        let boxed = error_of(move |_: i32| -> Result<i32, Boxed> { Err(Error::from(code).into()) });
        let inside = error_of(move |_: i32| -> Result<i32, Boxed> { Err(code.into()) });
        let any = error_of(move |_: i32| -> anyhow::Result<i32> { Err(Error::from(code).into()) });
        let any_inside = error_of(move |_: i32| -> anyhow::Result<i32> { Err(code.into()) });
        for error in [plain, alone, boxed, inside, any, any_inside] {
            assert_eq!(error.as_trap_code(), Some(code));
            assert_eq!(names(error.backtrace()), ["inner", "outer"]);
            assert_eq!(error.downcast_ref::<WasmBacktrace>().unwrap().frames().len(), 2);
            assert_eq!(error.backtrace().unwrap().frames().len(), 2);
            assert_eq!(error.downcast::<TrapCode>().unwrap(), code);
        }
    }
    // A context does not hide it.
    let error =
        error_of(|_: i32| -> anyhow::Result<i32> { Err(Error::from(TrapCode::UnreachableCodeReached)).context("why") });
    assert_eq!((error.as_trap_code(), error.to_string()), (Some(TrapCode::UnreachableCodeReached), "why".into()));
    assert!(error.as_exception().is_none() && error.downcast_ref::<Exception>().is_none());
}

#[test]
fn an_exit_passes_with_its_status_and_no_frames() {
    let plain = error_of(|x: i32| -> Result<i32, Error> { Err(Error::i32_exit(x)) });
    let alone = error_of(|x: i32| -> Result<i32, I32Exit> { Err(I32Exit(x)) });
    let boxed = error_of(|x: i32| -> Result<i32, Box<dyn StdError + Send + Sync>> { Err(I32Exit(x).into()) });
    let any = error_of(|x: i32| -> anyhow::Result<i32> { Err(I32Exit(x).into()) });
    for error in [plain, alone, boxed, any] {
        assert_eq!(error.i32_exit_status(), Some(5));
        assert!(matches!(error.kind(), ErrorKind::Exit(I32Exit(5))));
        assert!(error.backtrace().is_none() && error.as_trap_code().is_none());
        assert_eq!(error.to_string(), "exit with code 5");
        assert_eq!(error.downcast::<I32Exit>().unwrap(), I32Exit(5));
    }
    let error = error_of(|x: i32| -> anyhow::Result<i32> { Err(Error::from(I32Exit(x))).context("at the end") });
    assert_eq!(error.i32_exit_status(), Some(5));
}

#[test]
fn the_configuration_turns_backtraces_off() {
    let engine = Engine::new(Config::new().wasm_backtrace(false));
    let mut linker = Linker::<()>::new(&engine);
    let fail = |x: i32| -> Result<i32, Error> {
        Err(if x == 0 { TrapCode::UnreachableCodeReached.into() } else { Error::new("no") })
    };
    linker.func_wrap("host", "f", fail).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module(&engine, CALLS)).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for argument in [0, 1] {
        let error = run.call(&mut store, argument).unwrap_err();
        assert!(error.backtrace().is_none() && !error.is::<WasmBacktrace>(), "{argument}");
    }
}

/// Two modules, whose functions call each other through the host. The innermost call of the host fails.
fn nested(fail: fn() -> Result<(), Error>) -> (Error, Instance, Instance) {
    let engine = Engine::default();
    let guest = |name: &str, export: &str| {
        let text = format!(
            r#"(module ${name} (import "host" "{name}" (func $host))
                (func $deep_{name} (call $host))
                (func ${name} (export "{export}") (call $deep_{name})))"#
        );
        module(&engine, &text)
    };
    let mut linker = Linker::<Option<Instance>>::new(&engine);
    let between = |mut caller: Caller<'_, Option<Instance>>| -> Result<(), Error> {
        let inner = caller.data().unwrap();
        inner.get_typed_func::<(), ()>(&caller, "g")?.call(&mut caller, ())
    };
    linker.func_wrap("host", "outer", between).unwrap();
    linker.func_wrap("host", "inner", fail).unwrap();
    let mut store = Store::new(&engine, None);
    let outer = linker.instantiate(&mut store, &guest("outer", "f")).unwrap();
    let inner = linker.instantiate(&mut store, &guest("inner", "g")).unwrap();
    *store.data_mut() = Some(inner);
    let f = outer.get_typed_func::<(), ()>(&store, "f").unwrap();
    (f.call(&mut store, ()).unwrap_err(), inner, outer)
}

#[test]
fn an_error_collects_the_frames_of_nested_calls() {
    let expected = ["deep_inner", "inner", "deep_outer", "outer"];
    let (error, inner, outer) = nested(|| refuse(1).map(drop).map_err(Error::host));
    assert_eq!(names(error.backtrace()), expected);
    let frames = error.backtrace().unwrap().frames();
    assert_eq!(frames.iter().map(FrameInfo::instance).collect::<Vec<_>>(), [inner, inner, outer, outer]);
    let modules: Vec<_> = frames.iter().map(|frame| frame.module_name().unwrap()).collect();
    assert_eq!(modules, ["inner", "inner", "outer", "outer"]);
    assert!(frames.iter().all(|frame| frame.module().name() == frame.module_name()));
    let lines = error.backtrace().unwrap().to_string();
    assert!(lines.starts_with("wasm backtrace:\n  0: func 1 <deep_inner> of inner at wasm offset 0x"), "{lines}");
    // So does a trap.
    let (error, ..) = nested(|| Err(TrapCode::UnreachableCodeReached.into()));
    assert_eq!(names(error.backtrace()), expected);
    assert_eq!(error.backtrace().unwrap().frames().len(), 4);
    let (error, ..) = nested(|| Err(Error::i32_exit(1)));
    assert!(error.backtrace().is_none());
}

#[test]
fn frames_beyond_the_maximum_are_counted_across_nested_calls() {
    let text = r#"(module
        (import "host" "f" (func $f (param i32)))
        (func $deep (param i32 i32)
            (if (local.get 0)
                (then (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
                (else (call $f (local.get 1)))))
        (func (export "run") (param i32) (call $deep (i32.const 39) (local.get 0))))"#;
    let (mut store, instance) = linked((), text, |linker: &mut Linker<()>| {
        let again = |mut caller: Caller<'_, ()>, n: i32| -> Result<(), Error> {
            if n == 0 {
                return Err(Error::new("the end"));
            }
            let run = caller.get_export("run").and_then(|it| it.into_func()).unwrap();
            run.typed::<i32, ()>(&caller)?.call(&mut caller, n - 1)
        };
        linker.func_wrap("host", "f", again).unwrap();
    })
    .unwrap();
    let run = instance.get_typed_func::<i32, ()>(&store, "run").unwrap();
    for (nested, frames, omitted) in [(0, 41, 0), (1, 64, 18), (2, 64, 59), (30, 64, 1000)] {
        let error = run.call(&mut store, nested).unwrap_err();
        let backtrace = error.backtrace().unwrap();
        assert_eq!((backtrace.frames().len(), backtrace.omitted_frames()), (frames, omitted), "{nested}");
    }
}

#[test]
fn a_frame_tells_its_place_in_the_function() {
    let error = error_of(refuse);
    let wasm = wat::parse_str(CALLS).unwrap();
    for frame in error.backtrace().unwrap().frames() {
        let at = frame.module_offset().unwrap();
        // `call`, behind the declarations of locals and two instructions of two bytes.
        assert_eq!(wasm[at], 0x10);
        assert_eq!(frame.func_offset(), Some(5));
        assert_eq!(frame.module_name(), Some("calls"));
    }
}

#[test]
fn an_image_keeps_names_and_offsets_if_asked_to() {
    let text = r#"(module $deep
        (import "host" "f" (func $f (param i32)))
        (memory 1)
        (func $sum (param i32) (result i32) (local i32)
            (loop $again
                (local.set 1 (i32.add (local.get 1) (i32.load offset=65000 (local.get 0))))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (call $f (local.get 1))
            (if (i32.eqz (local.get 1)) (then (return (i32.div_u (i32.const 1) (local.get 1)))))
            (local.get 1))
        (func $run (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $sum (local.get 0)))))"#;
    let engine = Engine::default();
    let module = module(&engine, text);
    let frames = |module: &Module, argument: i32| {
        let mut linker = Linker::<()>::new(&engine);
        linker
            .func_wrap("host", "f", move |_: i32| if argument == 1 { Err(Error::new("no")) } else { Ok(()) })
            .unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, module).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        let error = run.call(&mut store, argument).unwrap_err();
        let tell = |frame: &FrameInfo| {
            let name = |name: Option<&str>| name.map(String::from);
            (frame.func_index(), name(frame.func_name()), name(frame.module_name()), frame.module_offset())
        };
        error.backtrace().unwrap().frames().iter().map(tell).collect::<Vec<_>>()
    };
    for op_set in [OpSet::Core, OpSet::Extended] {
        let image = |names, offsets| {
            let code = CodeOptions::default().with_op_set(op_set);
            let image = module
                .to_image(&ImageOptions::default().with_code(code).with_names(names).with_offsets(offsets))
                .unwrap();
            Module::from_image(&engine, image).unwrap()
        };
        let (all, nothing) = (image(true, true), image(false, false));
        // An access out of bounds, an error of the host, and a division.
        for argument in [1000, 1, 2] {
            let expected = frames(&module, argument);
            assert_eq!(frames(&all, argument), expected, "{op_set:?}");
            let stripped: Vec<_> = expected.iter().map(|frame| (frame.0, None, None, None)).collect();
            assert_eq!(frames(&nothing, argument), stripped, "{op_set:?}");
            assert!(expected.iter().all(|frame| frame.1.is_some() && frame.2.is_some() && frame.3.is_some()));
        }
    }
}
