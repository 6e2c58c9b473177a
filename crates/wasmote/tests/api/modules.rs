//! Modules: lazy and eager loading, and their descriptions.

use std::sync::Arc;
use std::thread;

use wasmote::{
    Config, DecodeErrorKind, Engine, ErrorKind, ExternType, Instance, Module, Store, ValType, Validation, WasmBytes,
};

use crate::{first_line, module};

/// Returns a module with a valid function and an invalid one.
fn half_valid() -> Vec<u8> {
    let text = r#"(module
        (func (export "good") (result i32) i32.const 42)
        (func (export "bad") (result i32) i64.const 42)
        (func (export "calls_bad") (result i32) (i32.add (call 1) (i32.const 1))))"#;
    wat::parse_str(text).unwrap()
}

fn lazy(eager_translation: bool) -> Engine {
    let mut config = Config::new();
    config.validation(Validation::Lazy).eager_translation(eager_translation);
    Engine::new(&config)
}

#[test]
fn eager_validation_refuses_at_load_and_says_where() {
    let error = Module::new(&Engine::default(), half_valid()).unwrap_err();
    let ErrorKind::Validate(inner) = error.kind() else { panic!("{error}") };
    assert!(inner.offset > 0);
    assert!(first_line(&error).starts_with("invalid module: type mismatch"), "{error}");
}

#[test]
fn lazy_validation_refuses_when_the_function_is_called() {
    let engine = lazy(false);
    let module = Module::new(&engine, half_valid()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func = |store: &Store<()>, name| instance.get_typed_func::<(), i32>(store, name).unwrap();
    assert_eq!(func(&store, "good").call(&mut store, ()).unwrap(), 42);
    for name in ["bad", "calls_bad", "bad"] {
        let error = func(&store, name).call(&mut store, ()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Validate(_)), "{error}");
    }
    assert_eq!(func(&store, "good").call(&mut store, ()).unwrap(), 42);
}

#[test]
fn unvalidated_functions_are_validated_by_any_threads() {
    // Several shares of bodies; in some modules the last share is invalid.
    let large = |bad: &[usize]| {
        let body = |func| if bad.contains(&func) { "i64.const 1" } else { "i32.const 1" };
        let adds = "i32.const 7 i32.add ".repeat(20_000);
        let funcs: String = (0..12).map(|func| format!("(func (result i32) {} {adds})", body(func))).collect();
        wat::parse_str(format!("(module {funcs})")).unwrap()
    };
    for bad in [&[][..], &[11], &[3, 7], &[0]] {
        let wasm = large(bad);
        let module = Module::new(&lazy(false), wasm.clone()).unwrap();
        let eager = Module::new(&Engine::default(), wasm).err().map(|error| error.to_string());
        assert_eq!(eager.is_some(), !bad.is_empty());
        let threads: Vec<_> = (0..3)
            .map(|_| {
                thread::spawn({
                    let module = module.clone();
                    move || module.validate_functions()
                })
            })
            .collect();
        let verdicts = threads.into_iter().map(|thread| thread.join().unwrap()).chain([module.validate_functions()]);
        for verdict in verdicts {
            assert_eq!(verdict.err().map(|error| error.to_string()), eager, "{bad:?}");
        }
    }
    assert!(module(&Engine::default(), "(module (func))").validate_functions().is_ok());
}

#[test]
fn lazy_validation_still_refuses_all_else_at_load() {
    let wasm = wat::parse_str(r#"(module (export "f" (func 7)))"#).unwrap();
    assert!(Module::new(&lazy(false), wasm).is_err());
}

#[test]
fn eager_translation_translates_all_at_load() {
    assert!(Module::new(&lazy(true), half_valid()).is_err());
    let mut config = Config::new();
    config.eager_translation(true);
    let engine = Engine::new(&config);
    let module = module(&engine, r#"(module (func) (func (export "f") (result i32) i32.const 1) (func))"#);
    assert_eq!(module.stats().functions, 3);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 1);
    assert_eq!(store.stats().functions, 3);
}

#[test]
fn lazy_translation_translates_what_is_called() {
    let engine = Engine::default();
    let module = module(&engine, r#"(module (func) (func (export "f") (result i32) i32.const 1) (func))"#);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(module.stats().functions, 0);
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap() + f.call(&mut store, ()).unwrap(), 2);
    assert_eq!(module.stats().functions, 1);
}

#[test]
fn files_that_are_not_modules_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x02\0\0\0", b"(module)", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f"] {
        let error = Module::from_binary(&Engine::default(), bytes).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Decode(_)), "{error}");
        assert!(first_line(&error).starts_with("malformed module: "), "{error}");
    }
}

#[test]
fn a_component_is_named() {
    let error = Module::new(&Engine::default(), b"\0asm\x0d\0\x01\0").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode(error) if error.kind == DecodeErrorKind::Component), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("this is a component; wasmote runs core modules"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
#[cfg(feature = "compile")]
fn an_image_is_not_taken_for_a_binary_nor_a_binary_for_an_image() {
    let engine = Engine::default();
    let image = module(&engine, "(module)").to_image(&wasmote::ImageOptions::default()).unwrap();
    let error = Module::new(&engine, image).unwrap_err().to_string();
    assert_eq!(error, "malformed module: magic header not detected: this is an image of a module (at offset 0x0)");
    let error = Module::from_image(&engine, b"\0asm\x01\0\0\0").unwrap_err().to_string();
    assert_eq!(error, "not an image made by `wasmote compile` (at offset 0x0)");
}

#[test]
fn a_module_describes_its_imports_and_exports() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module
            (import "m" "f" (func (param f32)))
            (import "m" "g" (global externref))
            (memory (export "memory") 1 2)
            (table (export "table") 3 externref)
            (func $named (export "run") (result i64) unreachable))"#,
    );
    let imports: Vec<String> =
        module.imports().map(|it| format!("{} {} {}", it.module(), it.name(), it.ty())).collect();
    assert_eq!(imports, ["m f func (f32) -> ()", "m g global externref"]);
    let exports: Vec<String> = module.exports().map(|it| format!("{} {}", it.name(), it.ty())).collect();
    assert_eq!(exports, ["memory memory 1..=2", "table table 3.. externref", "run func () -> i64"]);
    let Some(ExternType::Func(ty)) = module.get_export("run") else { panic!("it is there") };
    assert_eq!(ty.results(), [ValType::I64]);
    assert!(module.get_export("nothing").is_none());
    assert_eq!(module.function_name(1), Some("named"));
    assert_eq!(module.function_name(99), None);
    assert_eq!(module.info().memories.len(), 1);
    assert_eq!(&module.bytes()[..4], b"\0asm");
}

#[test]
fn bytes_come_in_many_forms() {
    static EMPTY: [u8; 8] = *b"\0asm\x01\0\0\0";
    let engine = Engine::default();
    let vec = EMPTY.to_vec();
    Module::new(&engine, EMPTY).unwrap();
    Module::new(&engine, &vec).unwrap();
    Module::new(&engine, &vec[..]).unwrap();
    Module::new(&engine, vec.clone().into_boxed_slice()).unwrap();
    Module::new(&engine, vec).unwrap();
    let module = Module::from_binary(&engine, WasmBytes::from_static(&EMPTY)).unwrap();
    assert_eq!(module.bytes().as_ptr(), EMPTY.as_ptr());
}

#[test]
fn threads_share_a_module() {
    let mut text = String::from("(module");
    for i in 0..50 {
        text += &format!(r#"(func (export "f{i}") (param i32) (result i32) (i32.add (local.get 0) (i32.const {i})))"#);
    }
    text += ")";
    let engine = Engine::default();
    let module = module(&engine, &text);
    let start = Arc::new(std::sync::Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (module, start) = (module.clone(), start.clone());
            thread::spawn(move || {
                let mut store = Store::new(module.engine(), ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                start.wait();
                for i in 0..50 {
                    let f = instance.get_typed_func::<i32, i32>(&store, &format!("f{i}")).unwrap();
                    assert_eq!(f.call(&mut store, 1000).unwrap(), 1000 + i);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(module.stats().functions, 50);
}

/// With canonical NaNs, every NaN result is the canonical one, whatever the operands.
#[test]
fn nan_is_canonical_where_asked_for() {
    let operators = ["add", "sub", "mul", "div", "min", "max"];
    let mut funcs = String::new();
    for (ty, int) in [("f32", "i32"), ("f64", "i64")] {
        for operator in operators {
            funcs += &format!(
                "(func (export \"{ty} {operator}\") (param {int}) (result {int})
                    ({int}.reinterpret_{ty} ({ty}.{operator} ({ty}.reinterpret_{int} (local.get 0)) ({ty}.const 1.5))))"
            );
        }
    }
    let wasm = wat::parse_str(format!("(module {funcs})")).expect("a module");
    let mut config = wasmote::Config::new();
    config.canonical_nans(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, wasm).expect("it is valid");
    let instance = Instance::new(&mut store, &module, &[]).expect("it has no imports");
    for operator in operators {
        let narrow = instance.get_typed_func::<u32, u32>(&store, &format!("f32 {operator}")).expect("it is exported");
        for nan in [0x7fc0_0000, 0xffc0_0000, 0x7fa0_1234, 0xffff_ffff] {
            assert_eq!(narrow.call(&mut store, nan).expect("it runs"), 0x7fc0_0000, "f32.{operator} of {nan:#x}");
        }
        assert!(!f32::from_bits(narrow.call(&mut store, 3f32.to_bits()).expect("it runs")).is_nan());
        let wide = instance.get_typed_func::<u64, u64>(&store, &format!("f64 {operator}")).expect("it is exported");
        for nan in [0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, 0x7ff4_0000_1234_0000, u64::MAX] {
            assert_eq!(wide.call(&mut store, nan).expect("it runs"), 0x7ff8 << 48, "f64.{operator} of {nan:#x}");
        }
        assert!(!f64::from_bits(wide.call(&mut store, 3f64.to_bits()).expect("it runs")).is_nan());
    }
}

fn code_limit(bytes: u64) -> Config {
    let mut config = Config::new();
    config.max_code_size(bytes);
    config
}

/// Returns the function and the limit that a code limit error names.
fn beyond_code_limit(error: &wasmote::Error) -> Option<(u32, u64)> {
    match *error.kind() {
        ErrorKind::CodeLimit { func, limit } => Some((func, limit)),
        _ => None,
    }
}

#[test]
fn code_of_all_functions_together_is_limited() {
    let constants = "(drop (i64.mul (i64.load (i32.const 0)) (i64.const 123456789012)))".repeat(10);
    let func = |i: u32| format!(r#"(func (export "f{i}") (result i32) {constants} (i32.const {i}))"#);
    let text = format!("(module (memory 1) {})", (0..20).map(func).collect::<String>());
    let engine = Engine::new(&code_limit(5000));
    let module = module(&engine, &text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let mut call = |i: u32| {
        instance.get_func(&store, &format!("f{i}")).unwrap().call(&mut store, &[], &mut [wasmote::Val::I32(0)])
    };
    let good = (0..20).take_while(|&i| call(i).is_ok()).count() as u32;
    assert!((2..18).contains(&good), "{good} functions in 5000 bytes");
    // The function that exceeds the limit fails each time. Others are called as before, and it uses none of what is
    // left.
    for _ in 0..3 {
        let error = call(good).unwrap_err();
        assert_eq!(beyond_code_limit(&error), Some((good, 5000)));
        let message = format!("the module's code exceeds the limit of 5000 bytes with function {good}");
        assert_eq!(error.to_string(), message);
        assert!(call(0).is_ok());
    }
    let bytes = 8 * module.stats().cells;
    assert!((4000..=5000).contains(&bytes), "{bytes} bytes");

    // Eager translation fails.
    let mut eager = code_limit(5000);
    eager.eager_translation(true);
    let error = Module::new(&Engine::new(&eager), wat::parse_str(&text).unwrap()).unwrap_err();
    assert_eq!(beyond_code_limit(&error), Some((good, 5000)));
    // Images count units, which are smaller than cells.
    let options = wasmote::ImageOptions::default();
    let image = module.to_image(&options).unwrap();
    let limited = Engine::new(&code_limit(1000));
    let error = Module::new(&limited, wat::parse_str(&text).unwrap()).unwrap().to_image(&options).unwrap_err();
    assert!(matches!(beyond_code_limit(&error), Some((1..20, 1000))), "{error}");
    // Code linked from an image counts cells.
    let error = Module::from_image(&limited, image).unwrap().verify().unwrap_err();
    assert!(matches!(beyond_code_limit(&error), Some((1..20, 1000))), "{error}");
}

#[test]
fn code_is_limited_by_the_bodies_unless_said_otherwise() {
    // Each branch moves four constants: two bytes become a hundred.
    let branches = "(br_if 0 (i32.const 1))".repeat(300_000);
    let text = format!(
        r#"(module (func (export "f") (result i64 i64 i64 i64)
            (block (result i64 i64 i64 i64)
                (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) {branches})))"#
    );
    let wasm = wat::parse_str(text).unwrap();
    let call = |config: &Config| {
        let engine = Engine::new(config);
        let module = Module::new(&engine, &wasm[..]).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), (i64, i64, i64, i64)>(&store, "f").unwrap();
        let result = f.call(&mut store, ());
        (result, 8 * module.stats().cells)
    };
    let (result, bytes) = call(&Config::new());
    assert_eq!(result.unwrap(), (0, 1, 2, 3));
    assert!(bytes > 20 << 20 && bytes < 64 * wasm.len() as u64 + (16 << 20), "{bytes} bytes of {}", wasm.len());
    let (result, bytes) = call(&code_limit(10 << 20));
    assert_eq!((beyond_code_limit(&result.unwrap_err()), bytes), (Some((0, 10 << 20)), 0));
}

#[test]
#[cfg(feature = "wat")]
fn texts_are_modules_where_the_parser_is_built() {
    let engine = Engine::default();
    assert_eq!(Module::new(&engine, "(module (func (export \"f\")))").unwrap().exports().len(), 1);
    let error = Module::new(&engine, "(module (func (export \"f\"))").unwrap_err();
    assert!(error.downcast_ref::<wasmote::TextError>().is_some(), "{error}");
    assert!(Module::from_binary(&engine, b"(module)").is_err());
}

#[test]
fn a_module_says_what_it_takes_and_carries() {
    let text = r#"(module (import "a" "m" (memory 9)) (memory 2) (memory 3 5) (table 7 funcref)
        (@custom "mine" "some bytes"))"#;
    let engine = Engine::default();
    let module = module(&engine, text);
    let needed = module.resources_required();
    assert_eq!((needed.num_memories, needed.max_initial_memory_size), (2, Some(3)));
    assert_eq!((needed.num_tables, needed.max_initial_table_size), (1, Some(7)));
    let section = module.custom_sections().find(|section| section.name() == "mine").unwrap();
    assert_eq!(section.data(), b"some bytes");
    assert!(Module::validate(&engine, module.bytes()).is_ok());
    let invalid = wat::parse_str("(module (func (result i32)))").unwrap();
    assert!(Module::validate(&engine, &invalid).is_err());
}

#[test]
#[cfg(feature = "compile")]
fn an_image_keeps_custom_sections_if_asked() {
    let text = r#"(module (@custom "first" (before first) "1") (func $f (export "f"))
        (@custom "mine" "some bytes") (@custom "mine" "") (data "data"))"#;
    let engine = Engine::default();
    let module = module(&engine, text);
    let all = |module: &Module| {
        let sections = module.custom_sections();
        sections.map(|section| (section.name().to_owned(), section.data().to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(all(&module).len(), 4, "with the names");
    for op_set in [wasmote::OpSet::Core, wasmote::OpSet::Extended] {
        for custom_sections in [true, false] {
            let mut options = wasmote::ImageOptions::default().with_custom_sections(custom_sections);
            options.code.op_set = op_set;
            let image = Module::from_image(&engine, module.to_image(&options).unwrap()).unwrap();
            assert_eq!(all(&image), if custom_sections { all(&module) } else { vec![] });
            // The names of functions are asked for by another option.
            assert_eq!(image.function_name(0), None);
        }
    }
}
