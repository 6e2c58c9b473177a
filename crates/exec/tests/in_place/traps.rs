//! Tests of traps and their sites.

use wasmote_exec::TrapCode::*;
use wasmote_ir::Op;
use wasmote_ir::code::instructions;
use wasmote_ir::image::Image;

use super::{each_image, none, one, with};

const TRAPS: &str = r#"(module (memory 1) (table 2 funcref) (type $none (func))
    (elem (i32.const 0) func $div)
    (func $div (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "rem64") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "get") (param i32) (result i32) (ref.is_null (table.get 0 (local.get 0))))
    (func (export "call") (param i32) (result i32) (call_indirect (type $none) (local.get 0)) (i32.const 0))
    (func (export "unreachable") (result i32) (unreachable))
    (func $ever (export "ever") (result i32) (i32.add (call $ever) (i32.const 1)))
    (func $outer (export "outer") (result i32) (i32.add (call $inner) (i32.const 1)))
    (func $inner (result i32) (nop) (unreachable)))"#;

#[test]
fn each_trap_has_its_code() {
    each_image(TRAPS, |image| {
        with(image, &[], (), |instance| {
            for (export, args, code) in [
                ("div", &[1, 0][..], IntegerDivisionByZero),
                ("div", &[0x8000_0000, 0xffff_ffff], IntegerOverflow),
                ("rem64", &[1, 0], IntegerDivisionByZero),
                ("trunc", &[f64::NAN.to_bits()], BadConversionToInteger),
                ("trunc", &[3e9f64.to_bits()], IntegerOverflow),
                ("load", &[65533], MemoryOutOfBounds),
                ("get", &[2], TableOutOfBounds),
                ("call", &[2], UndefinedElement),
                ("call", &[1], IndirectCallToNull),
                ("call", &[0], BadSignature),
                ("unreachable", &[], UnreachableCodeReached),
                ("ever", &[], StackOverflow),
            ] {
                assert_eq!(one(instance, export, args), Err(code), "{export} {args:?}");
                assert_eq!(one(instance, "div", &[7, 2]), Ok(3));
            }
        });
    });
}

#[test]
fn the_site_of_a_trap_is_its_instruction_and_gone_after_a_call_that_returns() {
    each_image(TRAPS, |image| {
        with(image, &[], (), |instance| {
            assert_eq!(instance.trap_site(), None);
            assert_eq!(one(instance, "outer", &[]), Err(UnreachableCodeReached));
            let (func, unit) = instance.trap_site().expect("a site");
            assert_eq!(func, 9);
            let range = Image::parse(image.bytes()).unwrap().code_range(func).unwrap();
            let units: Vec<u16> =
                image.bytes()[range].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
            let at = instructions(&units).find(|(at, _)| *at == unit as usize);
            assert_eq!(at.map(|(_, instr)| instr.op()), Some(Op::Unreachable));
            assert_eq!(one(instance, "div", &[7, 2]), Ok(3));
            assert_eq!(instance.trap_site(), None);
        });
    });
}

#[test]
fn a_frame_that_does_not_fit_the_stack_at_all_is_a_stack_overflow() {
    let locals = "i64 ".repeat(300);
    let text = format!(r#"(module (func (export "wide") (local {locals})) (func (export "narrow")))"#);
    each_image(&text, |image| {
        with(image, &[], (), |instance| {
            assert_eq!(none(instance, "wide", &[]), Err(StackOverflow));
            assert_eq!(instance.trap_site(), None);
            assert_eq!(none(instance, "narrow", &[]), Ok(()));
        });
    });
}
