//! Tests of calls, tail calls, and calls through tables.

use wasmote_exec::TrapCode::{self, BadSignature, IndirectCallToNull, StackOverflow, UndefinedElement};
use wasmote_exec::ValType::{I32, I64};
use wasmote_exec::in_place::{Caller, Import};

use super::{check, each_image, one, with};

/// Counts its calls, and returns the difference of its arguments.
fn minus(caller: &mut Caller<'_, u32>, args: &mut [u64]) -> Result<(), TrapCode> {
    *caller.data() += 1;
    args[0] = args[0].wrapping_sub(args[1]);
    Ok(())
}

const MINUS: &[Import<u32>] =
    &[Import { module: "host", name: "minus", params: &[I64, I64], results: &[I64], func: minus }];

#[test]
fn indirect_calls_reach_what_the_table_holds_or_say_why_not() {
    let text = r#"(module
        (import "host" "minus" (func $minus (param i64 i64) (result i64)))
        (type $two (func (param i64 i64) (result i64)))
        (type $two_again (func (param i64 i64) (result i64)))
        (table 6 funcref)
        (elem (i32.const 0) func $minus $plus $other)
        (func $plus (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
        (func $other (param i64) (result i64) (local.get 0))
        (func (export "call") (param i32) (result i64)
            (i64.mul (i64.const 10)
                (call_indirect (type $two_again) (i64.const 50) (i64.const 8) (local.get 0))))
        (func (export "tail") (param i32) (result i64)
            (return_call_indirect (type $two) (i64.const 50) (i64.const 8) (local.get 0))))"#;
    each_image(text, |image| {
        with(image, MINUS, 0, |instance| {
            for (export, factor) in [("call", 10), ("tail", 1)] {
                assert_eq!(one(instance, export, &[0]), Ok(42 * factor));
                assert_eq!(one(instance, export, &[1]), Ok(58 * factor));
                assert_eq!(one(instance, export, &[2]), Err(BadSignature));
                assert_eq!(one(instance, export, &[3]), Err(IndirectCallToNull));
                for out in [6, 0x8000_0000, 0xffff_ffff] {
                    assert_eq!(one(instance, export, &[out]), Err(UndefinedElement));
                }
            }
            assert_eq!(*instance.data(), 2);
        });
    });
}

#[test]
fn tail_calls_need_no_stack_however_many() {
    let text = r#"(module
        (import "host" "minus" (func $minus (param i64 i64) (result i64)))
        (type $loop (func (param i64 i64) (result i64)))
        (table funcref (elem $indirect))
        (func $direct (export "direct") (param i64 i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return_call $minus (local.get 1) (i64.const 1))))
            (return_call $direct (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (i64.const 2))))
        (func $indirect (export "indirect") (param i64 i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
            (return_call_indirect (type $loop)
                (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (i64.const 3)) (i32.const 0)))
        (func $even (export "even") (param i64 i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
            (return_call $odd (i64.sub (local.get 0) (i64.const 1))))
        (func $odd (param i64) (result i64) (local i64 i64 i64 i64 i64)
            (if (i64.eqz (local.get 0)) (then (return (i64.const 0))))
            (return_call $even (i64.sub (local.get 0) (i64.const 1)) (local.get 5))))"#;
    each_image(text, |image| {
        with(image, MINUS, 0, |instance| {
            assert_eq!(one(instance, "direct", &[1_000_000, 5]), Ok(2_000_004));
            assert_eq!(one(instance, "indirect", &[1_000_000, 5]), Ok(3_000_005));
            assert_eq!(one(instance, "even", &[1_000_001, 0]), Ok(0));
            assert_eq!(*instance.data(), 1);
        });
    });
}

#[test]
fn tail_calls_of_the_host_return_to_the_caller_even_with_more_arguments_than_the_frame_had() {
    fn sum(_: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
        let total = args.iter().sum();
        args.fill(0xbad);
        args[0] = total;
        Ok(())
    }
    let imports = [Import { module: "h", name: "sum", params: &[I32; 8], results: &[I32], func: sum }];
    let text = r#"(module
        (import "h" "sum" (func $sum (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (table funcref (elem $sum))
        (type $sum_type (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (func $direct (param i32) (result i32)
            (return_call $sum (local.get 0) (local.get 0) (local.get 0) (local.get 0)
                (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))
        (func $indirect (param i32) (result i32)
            (return_call_indirect (type $sum_type) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
                (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 0)))
        (func (export "both") (param i32) (result i32)
            (i32.mul (call $direct (local.get 0)) (i32.add (i32.const 1) (call $indirect (local.get 0))))))"#;
    each_image(text, |image| {
        with(image, &imports, (), |instance| {
            assert_eq!(one(instance, "both", &[10]), Ok(50 * 51));
        });
    });
}

#[test]
fn recursion_ends_in_a_trap_at_the_stacks_end_and_leaves_the_instance_as_good_as_before() {
    let text = r#"(module
        (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
        (func $ever (export "ever") (result i32) (i32.add (call $ever) (i32.const 1))))"#;
    check(
        text,
        &[
            ("deep", &[20], Ok(20)),
            ("ever", &[], Err(StackOverflow)),
            ("deep", &[100_000], Err(StackOverflow)),
            ("deep", &[20], Ok(20)),
        ],
    );
}

#[test]
fn results_of_several_values_come_back_in_order() {
    let text = r#"(module
        (func $swap (param i32 i64) (result i64 i32 i32) (local.get 1) (local.get 0) (i32.const 7))
        (func (export "swap") (param i32 i64) (result i64 i32 i32) (call $swap (local.get 0) (local.get 1))))"#;
    each_image(text, |image| {
        with(image, &[], (), |instance| {
            let mut results = [0; 3];
            instance.call("swap", &[3, u64::MAX], &mut results).unwrap();
            assert_eq!(results, [u64::MAX, 3, 7]);
        });
    });
}

#[test]
fn br_table_takes_the_default_for_whatever_is_out_of_range() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (i32.const 11)))
        (i32.const 12)))"#;
    check(
        text,
        &[
            ("f", &[0], Ok(10)),
            ("f", &[1], Ok(11)),
            ("f", &[2], Ok(12)),
            ("f", &[3], Ok(12)),
            ("f", &[0xffff_ffff], Ok(12)),
        ],
    );
}
