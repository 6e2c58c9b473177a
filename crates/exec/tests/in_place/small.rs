//! Runs a small module that uses everything which reaches the buffer and the image by raw pointers. `cargo xtask
//! miri` runs this in Miri, which is a thousand times slower.

use wasmote_exec::TrapCode;
use wasmote_exec::ValType::I32;
use wasmote_exec::in_place::{CallError, Caller, Import};
use wasmote_ir::image::OpSet;
use wasmote_translate::CodeOptions;

use super::support::image_of_text;
use super::{each_image, one, with};

const TEXT: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (import "host" "add" (func $add (type $unary)))
    (memory (export "memory") 1 2) (data (i32.const 4) "\2a") (data $data "\01\02\03")
    (global $global (export "global") (mut i32) (i32.const 7))
    (table $table funcref (elem $fac $add $nothing))
    (elem $elem func $add)
    (func $nothing)
    (func $fac (export "fac") (type $unary)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
            (else (i32.mul (local.get 0) (call $fac (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "indirect") (type $unary) (call_indirect (type $unary) (i32.const 4) (local.get 0)))
    (func (export "tail") (type $unary) (return_call $add (local.get 0)))
    (func (export "branch") (type $unary)
        (block $b (block $a (br_table $a $b (local.get 0))) (return (i32.const 10))) (i32.const 20))
    (func (export "memory of all kinds") (type $unary)
        (memory.init $data (i32.const 8) (i32.const 0) (i32.const 3))
        (memory.fill (i32.const 11) (i32.const 9) (i32.const 1))
        (memory.copy (i32.const 9) (i32.const 8) (i32.const 4))
        (global.set $global (i32.load (i32.const 8)))
        (i32.load8_u (local.get 0)))
    (func (export "grow") (type $unary) (memory.grow (local.get 0)))
    (func (export "tables") (type $unary)
        (table.init $table $elem (i32.const 2) (i32.const 0) (i32.const 1)) (elem.drop $elem)
        (table.copy $table $table (i32.const 0) (i32.const 1) (i32.const 2))
        (call_indirect (type $unary) (local.get 0) (i32.const 0)))
    (func $deep (export "deep") (type $unary) (i32.add (i32.const 1) (call $deep (local.get 0)))))"#;

fn add(caller: &mut Caller<'_, u64>, args: &mut [u64]) -> Result<(), TrapCode> {
    if args[0] == 99 {
        return Err(TrapCode::Host);
    }
    *caller.data() += 1;
    let (memory, data) = caller.memory_and_data();
    args[0] += u64::from(memory[4]) + *data;
    memory[4] = 0;
    Ok(())
}

#[test]
fn every_kind_of_access() {
    let imports = [Import { module: "host", name: "add", params: &[I32], results: &[I32], func: add }];
    each_image(TEXT, |image| {
        with(image, &imports, 0, |instance| {
            assert_eq!(one(instance, "fac", &[5]), Ok(120));
            assert_eq!(one(instance, "indirect", &[0]), Ok(24));
            assert_eq!(one(instance, "indirect", &[1]), Ok(4 + 42 + 1));
            assert_eq!(one(instance, "indirect", &[2]), Err(TrapCode::BadSignature));
            assert!(instance.trap_site().is_some());
            assert_eq!(one(instance, "tail", &[5]), Ok(7));
            assert_eq!(one(instance, "tail", &[99]), Err(TrapCode::Host));
            assert_eq!([0, 1, 5].map(|i| one(instance, "branch", &[i])), [Ok(10), Ok(20), Ok(20)]);
            assert_eq!(one(instance, "memory of all kinds", &[11]), Ok(3));
            assert_eq!(instance.global("global"), Some(0x0302_0101));
            assert_eq!(one(instance, "memory of all kinds", &[65536]), Err(TrapCode::MemoryOutOfBounds));
            assert_eq!(one(instance, "grow", &[0]), Ok(1));
            assert_eq!(instance.memory().len(), 65536);
            assert_eq!(one(instance, "tables", &[2]), Ok(5));
            assert_eq!(one(instance, "deep", &[0]), Err(TrapCode::StackOverflow));
        });
    });
}

#[test]
fn an_instance_without_a_memory_has_an_empty_one() {
    each_image(r#"(module (func (export "same") (param i32) (result i32) (local.get 0)))"#, |image| {
        with(image, &[], (), |instance| {
            assert!(instance.memory().is_empty());
            assert_eq!(one(instance, "same", &[3]), Ok(3));
        });
    });
}

#[test]
fn fuel_runs_out_and_the_call_goes_on() {
    let text = r#"(module (func (export "loop") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 5)))"#;
    let code = CodeOptions::default().with_op_set(OpSet::Core).with_metered(true);
    with(&image_of_text(text, code), &[], (), |instance| {
        instance.set_fuel(20).unwrap();
        let mut results = [0];
        assert_eq!(instance.call("loop", &[9], &mut results), Err(CallError::Trap(TrapCode::OutOfFuel)));
        instance.set_fuel(1000).unwrap();
        instance.resume(&mut results).unwrap();
        assert_eq!(results, [5]);
    });
}
