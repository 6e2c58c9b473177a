//! Tests of host functions.

use wasmote_exec::TrapCode;
use wasmote_exec::ValType::{F32, F64, I32, I64};
use wasmote_exec::in_place::{CallError, Caller, Import};

use super::{each_image, none, one, with};

#[test]
fn results_of_32_bits_are_zero_extended_whatever_the_host_leaves() {
    fn ones(_: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
        assert_eq!(args.len(), 4);
        args.fill(u64::MAX);
        Ok(())
    }
    let imports = [Import { module: "", name: "ones", params: &[], results: &[I32, I64, F32, F64], func: ones }];
    let text = r#"(module
        (import "" "ones" (func $ones (result i32 i64 f32 f64)))
        (func (export "all") (result i32 i64 f32 f64) (call $ones))
        (func (export "extended") (result i64) (local i64)
            (call $ones) (drop) (drop) (local.set 0) (i64.extend_i32_u) (return))
        (export "itself" (func $ones)))"#;
    each_image(text, |image| {
        with(image, &imports, (), |instance| {
            for export in ["all", "itself"] {
                let mut results = [0; 4];
                instance.call(export, &[], &mut results).unwrap();
                assert_eq!(results, [0xffff_ffff, u64::MAX, 0xffff_ffff, u64::MAX], "{export}");
            }
            assert_eq!(one(instance, "extended", &[]), Ok(0xffff_ffff));
        });
    });
}

#[test]
fn the_first_result_is_there_for_an_instruction_that_takes_it_from_the_accumulator() {
    fn half(_: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
        args[0] = 0x3fe0_0000_0000_0000;
        Ok(())
    }
    fn third(_: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
        args[0] = 0xffff_ffff_0000_0003;
        Ok(())
    }
    let imports = [
        Import { module: "", name: "half", params: &[], results: &[F64], func: half },
        Import { module: "", name: "third", params: &[], results: &[I32], func: third },
    ];
    let text = r#"(module
        (import "" "half" (func $half (result f64))) (import "" "third" (func $third (result i32)))
        (func (export "double") (result f64) (f64.mul (call $half) (f64.const 4)))
        (func (export "triple") (result i32) (i32.add (call $third) (i32.const 1)))
        (func (export "shift") (result i64) (i64.shl (i64.extend_i32_u (call $third)) (i64.const 1))))"#;
    each_image(text, |image| {
        with(image, &imports, (), |instance| {
            assert_eq!(one(instance, "double", &[]), Ok(2f64.to_bits()));
            assert_eq!(one(instance, "triple", &[]), Ok(4));
            assert_eq!(one(instance, "shift", &[]), Ok(6));
        });
    });
}

#[test]
fn the_host_reads_and_writes_the_memory_and_its_data() {
    fn swap(caller: &mut Caller<'_, Vec<u8>>, args: &mut [u64]) -> Result<(), TrapCode> {
        let (memory, data) = caller.memory_and_data();
        let byte = memory.get_mut(args[0] as usize).ok_or(TrapCode::Host)?;
        data.push(std::mem::replace(byte, args[1] as u8));
        assert_eq!(caller.data().len(), 1);
        assert_eq!(caller.memory().len(), 65536);
        Ok(())
    }
    let imports = [Import { module: "m", name: "swap", params: &[I32, I32], results: &[], func: swap }];
    let text = r#"(module
        (import "m" "swap" (func $swap (param i32 i32)))
        (memory 1) (data (i32.const 7) "\2a")
        (func (export "swap") (param i32 i32) (call $swap (local.get 0) (local.get 1)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    each_image(text, |image| {
        with(image, &imports, Vec::new(), |instance| {
            none(instance, "swap", &[7, 0x155]).unwrap();
            assert_eq!(instance.data(), &[42]);
            assert_eq!(instance.memory()[7], 0x55);
            assert_eq!(one(instance, "load", &[7]), Ok(0x55));
            assert_eq!(none(instance, "swap", &[65536, 0]), Err(TrapCode::Host));
            assert_eq!(one(instance, "load", &[7]), Ok(0x55));
        });
    });
}

#[test]
fn without_a_memory_the_host_sees_an_empty_one() {
    fn len(caller: &mut Caller<'_, ()>, args: &mut [u64]) -> Result<(), TrapCode> {
        args[0] = caller.memory().len() as u64 + 1;
        Ok(())
    }
    let imports = [Import { module: "m", name: "len", params: &[], results: &[I32], func: len }];
    each_image(r#"(module (import "m" "len" (func $len (result i32))) (export "len" (func $len)))"#, |image| {
        with(image, &imports, (), |instance| {
            assert_eq!(one(instance, "len", &[]), Ok(1));
            assert!(instance.memory().is_empty());
        });
    });
}

#[test]
fn one_function_may_be_imported_twice_and_others_not_at_all() {
    fn count(caller: &mut Caller<'_, u32>, _: &mut [u64]) -> Result<(), TrapCode> {
        *caller.data() += 1;
        Ok(())
    }
    fn never(_: &mut Caller<'_, u32>, _: &mut [u64]) -> Result<(), TrapCode> {
        unreachable!()
    }
    let imports = [
        Import { module: "n", name: "count", params: &[], results: &[], func: never },
        Import { module: "m", name: "never", params: &[], results: &[], func: never },
        Import { module: "m", name: "count", params: &[], results: &[], func: count },
    ];
    let text = r#"(module (import "m" "count" (func $a)) (import "m" "count" (func $b))
        (func (export "both") (call $a) (call $b) (call $a)))"#;
    each_image(text, |image| {
        with(image, &imports, 0, |instance| {
            none(instance, "both", &[]).unwrap();
            assert_eq!(*instance.data(), 3);
        });
    });
}

#[test]
fn an_error_of_the_host_ends_the_call_at_its_place() {
    fn fail(_: &mut Caller<'_, ()>, _: &mut [u64]) -> Result<(), TrapCode> {
        Err(TrapCode::Host)
    }
    let imports = [Import { module: "m", name: "fail", params: &[], results: &[], func: fail }];
    let text = r#"(module (import "m" "fail" (func $fail)) (global $g (mut i32) (i32.const 0))
        (func $inner (global.set $g (i32.const 1)) (call $fail) (global.set $g (i32.const 2)))
        (func (export "run") (call $inner)) (func (export "tail") (return_call $fail))
        (export "fail" (func $fail)) (export "g" (global $g)))"#;
    each_image(text, |image| {
        with(image, &imports, (), |instance| {
            assert_eq!(none(instance, "run", &[]), Err(TrapCode::Host));
            assert_eq!(instance.trap_site().map(|(func, _)| func), Some(1));
            assert_eq!(instance.global("g"), Some(1));
            assert_eq!(none(instance, "tail", &[]), Err(TrapCode::Host));
            assert_eq!(instance.trap_site().map(|(func, _)| func), Some(3));
            assert_eq!(none(instance, "fail", &[]), Err(TrapCode::Host));
            assert_eq!(instance.trap_site(), None);
            assert_eq!(instance.resume(&mut []), Err(CallError::NothingToResume));
        });
    });
}

#[test]
fn a_host_that_says_out_of_fuel_is_called_again_when_the_call_goes_on() {
    fn third(caller: &mut Caller<'_, u32>, args: &mut [u64]) -> Result<(), TrapCode> {
        *caller.data() += 1;
        if *caller.data() < 3 {
            return Err(TrapCode::OutOfFuel);
        }
        args[0] += 100;
        Ok(())
    }
    let imports = [Import { module: "m", name: "third", params: &[I64], results: &[I64], func: third }];
    let text = r#"(module (import "m" "third" (func $third (param i64) (result i64)))
        (func (export "run") (result i64) (i64.add (i64.const 1000) (call $third (i64.const 7)))))"#;
    each_image(text, |image| {
        with(image, &imports, 0, |instance| {
            assert_eq!(one(instance, "run", &[]), Err(TrapCode::OutOfFuel));
            let mut results = [0];
            assert_eq!(instance.resume(&mut []), Err(CallError::WrongArguments));
            assert_eq!(instance.resume(&mut results), Err(CallError::Trap(TrapCode::OutOfFuel)));
            assert_eq!(instance.resume(&mut results), Ok(()));
            assert_eq!(results, [1107]);
        });
    });
}
