//! Tests which images are refused at loading, and with which messages.

use wasmote_exec::ValType::{F64, I32, I64};
use wasmote_exec::in_place::{CallError, Caller, Import, Instance, LoadError, buffer_bytes};
use wasmote_exec::{TrapCode, ValType};
use wasmote_ir::image::ImageErrorKind;
use wasmote_ir::image::layout::{self, AT_OP_SET_ID, AT_VERSION};

use super::{STACK, dirty_buffer, each_image, one, with};
use crate::support::{Aligned, image_of_text};
use wasmote_translate::{CodeOptions, OpSet};

fn nothing<T>(_: &mut Caller<'_, T>, _: &mut [u64]) -> Result<(), TrapCode> {
    Ok(())
}

fn import(name: &'static str, params: &'static [ValType], results: &'static [ValType]) -> Import<()> {
    Import { module: "m", name, params, results, func: nothing }
}

/// Returns why an image is not instantiated.
fn refused(image: &Aligned, imports: &[Import<()>]) -> LoadError {
    let mut buffer = dirty_buffer(image.bytes(), STACK, 0);
    match Instance::new(image.bytes(), imports, &mut buffer, STACK, ()) {
        Ok(_) => panic!("instantiated"),
        Err(error) => error,
    }
}

#[test]
fn a_buffer_too_small_is_refused_with_the_exact_size_which_suffices() {
    let long = "(local.set 0 (i64.mul (local.get 0) (i64.add (local.get 0) (i64.const 3))))".repeat(2000);
    let texts = [
        "(module (func (export \"f\") (result i32) (i32.const 1)))".to_string(),
        // Verification needs more memory than running.
        format!("(module (func (export \"f\") (result i32) (local i64) {long} (i32.const 1)))"),
        r#"(module (memory 3) (memory 1 1 (pagesize 1)) (table 7 funcref) (table 3 externref)
            (global i32 (i32.const 1)) (global (mut i64) (i64.const 2)) (elem funcref (ref.func 0) (ref.null func)) (data "x")
            (func (export "f") (result i32) (i32.const 1)))"#
            .to_string(),
    ];
    for text in &texts {
        each_image(text, |image| {
            for stack_slots in [8, 1000] {
                let needed = buffer_bytes(image.bytes(), stack_slots).unwrap();
                assert_eq!(needed % 8, 0);
                let mut words = 0;
                while words < needed / 8 {
                    let mut buffer = vec![u64::MAX; words];
                    match Instance::new(image.bytes(), &[], &mut buffer, stack_slots, ()) {
                        Err(LoadError::BufferTooSmall(bytes)) => assert_eq!(bytes, needed, "{words} words"),
                        Err(error) => panic!("{}", error.message()),
                        Ok(_) => panic!("{words} words of {} are enough", needed / 8),
                    }
                    words = (2 * words + 1).min(needed / 8 - 1).max(words + 1);
                }
                let mut buffer = vec![u64::MAX; needed / 8];
                let mut instance = Instance::new(image.bytes(), &[], &mut buffer, stack_slots, ()).unwrap();
                assert_eq!(one(&mut instance, "f", &[]), Ok(1));
            }
        });
    }
}

#[test]
fn sizes_beyond_the_address_space_are_refused_as_too_large() {
    for text in [
        "(module (memory i64 0x1000000000000))",
        "(module (memory i64 0xffffffffffff) (memory i64 0xffffffffffff) (memory 1))",
        "(module (table i64 0xffffffffffffffff funcref))",
        "(module (table i64 0x3fffffffffffffff funcref) (table i64 0x3fffffffffffffff funcref) (memory 1))",
        "(module (memory i64 0xffffffffffffffff (pagesize 1)))",
    ] {
        each_image(text, |image| {
            for stack in [STACK, usize::MAX, usize::MAX / 8] {
                let needed = buffer_bytes(image.bytes(), stack).unwrap();
                assert!(needed > isize::MAX as usize, "{text}: {needed:#x}");
                let mut buffer = [0; 512];
                let outcome = Instance::new(image.bytes(), &[], &mut buffer, stack, ()).err();
                assert_eq!(outcome, Some(LoadError::BufferTooSmall(needed)));
            }
        });
    }
}

#[test]
fn an_image_that_is_not_aligned_is_refused() {
    each_image("(module (func (export \"f\")))", |image| {
        for shift in 1..8 {
            let mut moved = vec![0; shift];
            moved.extend_from_slice(image.bytes());
            let moved = Aligned::new(&moved);
            let bytes = &moved.bytes()[shift..];
            let mut buffer = dirty_buffer(image.bytes(), STACK, 0);
            let error = Instance::new(bytes, &[], &mut buffer, STACK, ()).err().unwrap();
            assert!(matches!(error, LoadError::Image(error) if error.kind == ImageErrorKind::Misaligned));
            assert_eq!(error.message(), "the image must lie at an address that is a multiple of 8");
        }
    });
}

#[test]
fn bytes_behind_the_image_do_not_matter() {
    each_image(
        "(module (func (export \"f\") (result i32) (i32.const 3)) (memory 1) (data (i32.const 0) \"abc\"))",
        |image| {
            let mut longer = image.bytes().to_vec();
            longer.extend_from_slice(&[0xff; 100]);
            with(&Aligned::new(&longer), &[], (), |instance| {
                assert_eq!(one(instance, "f", &[]), Ok(3));
                assert_eq!(&instance.memory()[..4], b"abc\0");
            });
        },
    );
}

#[test]
fn imports_that_are_missing_or_of_another_type_are_named_by_their_number() {
    let text = r#"(module (import "m" "a" (func)) (import "m" "b" (func (param i32 i64) (result f64))))"#;
    each_image(text, |image| {
        let a = || import("a", &[], &[]);
        assert_eq!(refused(image, &[]), LoadError::MissingImport(0));
        assert_eq!(refused(image, &[a()]), LoadError::MissingImport(1));
        assert_eq!(refused(image, &[a(), import("B", &[I32, I64], &[F64])]), LoadError::MissingImport(1));
        let other = Import { module: "n", name: "b", params: &[I32, I64], results: &[F64], func: nothing };
        assert_eq!(refused(image, &[a(), other]), LoadError::MissingImport(1));
        for (params, results) in [
            (&[I32, I32][..], &[F64][..]),
            (&[I32], &[F64]),
            (&[I32, I64, I32], &[F64]),
            (&[I32, I64], &[]),
            (&[], &[I32, I64, F64]),
        ] {
            let params: &'static [ValType] = params.to_vec().leak();
            let results: &'static [ValType] = results.to_vec().leak();
            assert_eq!(refused(image, &[a(), import("b", params, results)]), LoadError::ImportType(1));
        }
        with(image, &[import("b", &[I32, I64], &[F64]), a()], (), |_| {});
    });
    for what in ["(memory 1)", "(table 1 funcref)", "(global i32)"] {
        each_image(&format!(r#"(module (import "m" "a" (func)) (import "m" "x" {what}))"#), |image| {
            assert_eq!(refused(image, &[import("a", &[], &[])]), LoadError::NotAFunction(1));
        });
    }
}

#[test]
fn calls_with_other_arguments_than_the_type_says_are_refused() {
    let text = r#"(module (func (export "f") (param i32 i64) (result f64) (f64.const 1)) (global (export "g") i32 (i32.const 1))
        (func $hidden (result i32) (i32.const 6)))"#;
    each_image(text, |image| {
        with(image, &[], (), |instance| {
            assert_eq!(instance.call("f", &[1], &mut [0]), Err(CallError::WrongArguments));
            assert_eq!(instance.call("f", &[1, 2, 3], &mut [0]), Err(CallError::WrongArguments));
            assert_eq!(instance.call("f", &[1, 2], &mut []), Err(CallError::WrongArguments));
            assert_eq!(instance.call("f", &[1, 2], &mut [0, 0]), Err(CallError::WrongArguments));
            assert_eq!(instance.call("g", &[], &mut []), Err(CallError::NoSuchExport));
            assert_eq!(instance.call("", &[], &mut []), Err(CallError::NoSuchExport));
            assert_eq!(instance.call_index(2, &[], &mut [0]), Err(CallError::NoSuchExport));
            assert_eq!(instance.call_index(u32::MAX, &[], &mut [0]), Err(CallError::NoSuchExport));
            let mut results = [0];
            assert_eq!(instance.call_index(1, &[], &mut results), Ok(()));
            assert_eq!(results, [6]);
            assert_eq!(instance.resume(&mut results), Err(CallError::NothingToResume));
        });
    });
}

#[test]
fn the_start_function_runs_once_before_anything_else() {
    let text = r#"(module (memory 1) (data (i32.const 4) "\05") (global $g (mut i32) (i32.const 1))
        (func $start (global.set $g (i32.add (global.get $g) (i32.load (i32.const 4))))) (start $start)
        (export "g" (global $g)))"#;
    each_image(text, |image| with(image, &[], (), |instance| assert_eq!(instance.global("g"), Some(6))));
    each_image("(module (func $start (unreachable)) (start $start))", |image| {
        assert_eq!(refused(image, &[]), LoadError::Trap(TrapCode::UnreachableCodeReached));
    });
    each_image("(module (func $start (call $start)) (start $start))", |image| {
        assert_eq!(refused(image, &[]), LoadError::Trap(TrapCode::StackOverflow));
    });
}

#[test]
fn the_start_function_may_be_imported() {
    fn count(caller: &mut Caller<'_, u32>, _: &mut [u64]) -> Result<(), TrapCode> {
        *caller.data() += 1;
        if *caller.data() > 5 { Err(TrapCode::Host) } else { Ok(()) }
    }
    let imports = [Import { module: "m", name: "start", params: &[], results: &[], func: count }];
    each_image(r#"(module (import "m" "start" (func $start)) (start $start))"#, |image| {
        with(image, &imports, 0, |instance| assert_eq!(*instance.data(), 1));
        let mut buffer = dirty_buffer(image.bytes(), STACK, 0);
        let outcome = Instance::new(image.bytes(), &imports, &mut buffer, STACK, 5).err();
        assert_eq!(outcome, Some(LoadError::Trap(TrapCode::Host)));
    });
}

#[test]
fn segments_that_do_not_fit_trap() {
    each_image(r#"(module (memory 1) (data (i32.const 65535) "ab"))"#, |image| {
        assert_eq!(refused(image, &[]), LoadError::Trap(TrapCode::MemoryOutOfBounds));
    });
    each_image(r#"(module (memory 1) (data (i32.const -1) ""))"#, |image| {
        assert_eq!(refused(image, &[]), LoadError::Trap(TrapCode::MemoryOutOfBounds));
    });
    each_image(r#"(module (table 1 funcref) (elem (i32.const 1) func 0) (func))"#, |image| {
        assert_eq!(refused(image, &[]), LoadError::Trap(TrapCode::TableOutOfBounds));
    });
}

#[test]
fn a_trusted_image_is_instantiated_without_looking_at_its_code() {
    each_image(
        r#"(module (memory 1) (data (i32.const 0) "a") (func (export "f") (result i32) (i32.load8_u (i32.const 0))))"#,
        |image| {
            let mut buffer = dirty_buffer(image.bytes(), STACK, 0);
            // SAFETY: the image is unchanged since the translator's writer made it.
            let mut instance = unsafe { Instance::new_unchecked(image.bytes(), &[], &mut buffer, STACK, ()) }.unwrap();
            assert_eq!(one(&mut instance, "f", &[]), Ok(97));
        },
    );
}

#[test]
fn an_image_of_the_extended_op_set_is_refused_by_a_build_without() {
    // The module has no instructions, because the translator may also lack the op set.
    let core = CodeOptions::default().with_op_set(OpSet::Core);
    let image = image_of_text("(module)", core);
    let image = image.with_words(&[
        (AT_VERSION, u32::from(layout::VERSION) | 1 << 16),
        (AT_OP_SET_ID, wasmote_ir::ops::EXTENDED_ID),
    ]);
    let outcome = buffer_bytes(image.bytes(), STACK);
    if cfg!(feature = "extended") {
        assert!(outcome.is_ok());
    } else {
        assert!(outcome.unwrap_err().message().contains("--op-set core"));
    }
}

#[test]
fn atomic_instructions_and_shared_memories_are_refused_by_name() {
    let cases = [
        ("(memory 1) (func (export \"f\") (result i32) (i32.atomic.load (i32.const 0)))", "atomic instructions"),
        ("(memory 1 1 shared) (func (export \"f\") (result i32) (i32.load (i32.const 0)))", "shared memories"),
    ];
    for (text, words) in cases {
        each_image(&format!("(module {text})"), |image| {
            let error = buffer_bytes(image.bytes(), STACK).unwrap_err();
            assert!(error.message().contains(words), "{}", error.message());
            let mut buffer = vec![0; 1 << 16];
            let made = Instance::new(image.bytes(), &[], &mut buffer, STACK, ());
            assert_eq!(made.err(), Some(error));
        });
    }
    // Nothing sees in which order a memory of one thread is accessed, so a fence is no instruction.
    each_image("(module (memory 1) (func (export \"f\") (result i32) (atomic.fence) (i32.const 1)))", |image| {
        with(image, &[], (), |instance| assert_eq!(one(instance, "f", &[]), Ok(1)));
    });
}
