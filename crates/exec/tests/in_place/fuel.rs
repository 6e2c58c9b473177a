//! Tests of metered code.

use wasmote_exec::TrapCode::{self, OutOfFuel};
use wasmote_exec::in_place::{CallError, Instance, LoadError};
use wasmote_ir::image::{Image, ImageErrorKind};

use super::{dirty_buffer, each_image, one, with};
use crate::support::Aligned;

/// Loops, calls, both float types, memory, tables and several results. All of them influence the one result.
const WORK: &str = r#"(module (memory 1) (table funcref (elem $mix $fib_of))
    (type $one (func (param i64) (result i64)))
    (func $mix (param i64) (result i64) (local i32)
        (loop $again
            (local.set 0 (i64.rotl (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15)) (i64.const 7)))
            (i64.store (i32.and (i32.wrap_i64 (local.get 0)) (i32.const 0xfff8)) (local.get 0))
            (br_if $again (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 5))))
        (local.get 0))
    (func $fib_of (param i64) (result i64)
        (i64.extend_i32_u (call $fib (i32.and (i32.wrap_i64 (local.get 0)) (i32.const 7)))))
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $two (param f32 f64) (result f64 f32)
        (f64.add (local.get 1) (f64.promote_f32 (local.get 0))) (f32.mul (local.get 0) (f32.const 1.0625)))
    (func (export "work") (param i32) (result i64) (local i64 i32 f32 f64)
        (local.set 3 (f32.const 1))
        (loop $outer
            (local.set 1 (i64.add (local.get 1)
                (call_indirect (type $one) (i64.extend_i32_u (local.get 0)) (i32.and (local.get 0) (i32.const 1)))))
            (call $two (local.get 3) (local.get 4)) (local.set 3) (local.set 4)
            (local.set 2 (i32.const 0))
            (loop $inner
                (local.set 1 (i64.xor (local.get 1)
                    (i64.load (i32.mul (i32.and (local.get 2) (i32.const 0xff)) (i32.const 8)))))
                (local.set 2 (i32.add (local.get 2) (i32.const 1)))
                (br_if $inner (i32.lt_u (local.get 2) (i32.const 9))))
            (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i64.xor (local.get 1) (i64.reinterpret_f64 (f64.add (local.get 4) (f64.promote_f32 (local.get 3)))))))"#;

fn is_metered(image: &Aligned) -> bool {
    Image::parse(image.bytes()).unwrap().is_metered()
}

fn with_stack(image: &Aligned, test: impl FnOnce(&mut Instance<'_, ()>)) {
    let mut buffer = dirty_buffer(image.bytes(), 2000, 0);
    test(&mut Instance::new(image.bytes(), &[], &mut buffer, 2000, ()).unwrap());
}

#[test]
fn a_computation_stopped_at_every_slice_of_fuel_comes_to_the_same_and_takes_as_much() {
    let mut reference = None;
    each_image(WORK, |image| {
        let mut whole = (0, 0);
        with_stack(image, |instance| {
            let result = one(instance, "work", &[60]).unwrap();
            whole = (result, instance.get_fuel().map_or(0, |left| u64::MAX - left));
        });
        assert_eq!(*reference.get_or_insert(whole.0), whole.0, "another result than other code");
        if !is_metered(image) {
            return;
        }
        assert!(whole.1 > 10_000, "{}", whole.1);
        for slice in [1, 2, 3, 5, 17, 100, 1001, whole.1 - 1] {
            with_stack(image, |instance| {
                instance.set_fuel(slice).unwrap();
                let (mut given, mut stops, mut results) = (slice, 0, [0]);
                let mut outcome = instance.call("work", &[60], &mut results);
                while outcome == Err(CallError::Trap(OutOfFuel)) {
                    instance.set_fuel(instance.get_fuel().unwrap() + slice).unwrap();
                    (given, stops) = (given + slice, stops + 1);
                    outcome = instance.resume(&mut results);
                }
                assert_eq!((outcome, results[0]), (Ok(()), whole.0), "slices of {slice}");
                assert_eq!(given - instance.get_fuel().unwrap(), whole.1, "slices of {slice}");
                assert!(stops > 0);
                assert_eq!(instance.resume(&mut results), Err(CallError::NothingToResume));
            });
        }
    });
}

#[test]
fn whatever_can_go_on_forever_stops_when_the_fuel_is_used_up() {
    let text = r#"(module (table funcref (elem $i))
        (type $t (func)) (func (export "loop") (result i32) (loop (br 0)) (unreachable))
        (func (export "if") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.const 5))
        (func (export "table") (result i32) (loop (br_table 0 0 (i32.const 1))) (unreachable))
        (func $t (export "tail") (result i32) (return_call $t))
        (func $i (export "indirect") (result i32) (return_call_indirect (result i32) (i32.const 0)))
        (func (export "idle") (result i32) (i32.const 4)))"#;
    each_image(text, |image| {
        if !is_metered(image) {
            return;
        }
        with(image, &[], (), |instance| {
            for (export, args) in [("loop", &[][..]), ("if", &[1]), ("table", &[]), ("tail", &[]), ("indirect", &[])] {
                instance.set_fuel(100_000).unwrap();
                assert_eq!(one(instance, export, args), Err(OutOfFuel), "{export}");
                assert!(instance.get_fuel().unwrap() < 20);
                assert_eq!(instance.resume(&mut [0]), Err(CallError::Trap(OutOfFuel)), "{export}");
                assert!(instance.trap_site().is_some());
            }
            // A new call ends the one that waits.
            instance.set_fuel(1000).unwrap();
            assert_eq!(one(instance, "idle", &[]), Ok(4));
            assert_eq!(instance.resume(&mut [0]), Err(CallError::NothingToResume));
        });
    });
}

#[test]
fn code_that_is_not_metered_has_no_fuel_and_is_refused_under_fuel() {
    each_image(
        r#"(module (func (export "f") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 9)))"#,
        |image| {
            let (fuel, expected) = match is_metered(image) {
                true => (Ok(0), Err(TrapCode::OutOfFuel)),
                false => (Err(CallError::NotMetered), Ok(9)),
            };
            with(image, &[], (), |instance| {
                assert_eq!(instance.set_fuel(0), fuel.map(|_| ()));
                assert_eq!(one(instance, "f", &[1000]), expected);
                assert_eq!(instance.get_fuel(), fuel);
            });
            let mut buffer = dirty_buffer(image.bytes(), 64, 0);
            let loaded = Instance::<()>::new_with_fuel(image.bytes(), &[], &mut buffer, 64, (), 1);
            match loaded.err() {
                None => assert!(is_metered(image)),
                Some(LoadError::Image(error)) => assert_eq!(error.kind, ImageErrorKind::NotMetered),
                Some(error) => panic!("{error:?}"),
            }
        },
    );
}

#[test]
fn without_a_limit_metered_code_runs_on() {
    each_image(WORK, |image| with_stack(image, |instance| assert!(one(instance, "work", &[3]).is_ok())));
}

#[test]
fn start_function_without_end_is_stopped() {
    each_image("(module (func $forever (loop (br 0))) (start $forever))", |image| {
        if !is_metered(image) {
            return;
        }
        let mut buffer = dirty_buffer(image.bytes(), 64, 0);
        let outcome = Instance::<()>::new_with_fuel(image.bytes(), &[], &mut buffer, 64, (), 10_000);
        assert_eq!(outcome.err(), Some(LoadError::Trap(OutOfFuel)));
    });
}

/// Each bulk instruction, over more than one piece. The host sums up what it leaves.
const BULK: &str = r#"(module (memory 49 80) (data $d "0123456789abcdef")
    (table $t 300000 400000 funcref) (table $u 300000 funcref) (elem $e func $f $g $h) (func $f) (func $g) (func $h)
    (func (export "run") (param i32) (result i64)
        (memory.fill (i32.const 100) (i32.const 7) (i32.const 2500000))
        (memory.init $d (i32.const 1048570) (i32.const 2) (i32.const 13))
        (memory.copy (i32.const 70001) (i32.const 90) (i32.const 3000000))
        (memory.init $d (i32.const 2097160) (i32.const 0) (i32.const 16))
        (memory.copy (i32.const 3) (i32.const 131) (i32.const 3100000))
        (memory.fill (i32.const 5) (local.get 0) (i32.const 0))
        (table.fill $t (i32.const 3) (ref.func $g) (i32.const 200000))
        (table.init $t $e (i32.const 131070) (i32.const 0) (i32.const 3))
        (table.copy $t $t (i32.const 1000) (i32.const 2) (i32.const 270000))
        (table.copy $u $t (i32.const 0) (i32.const 9) (i32.const 299000))
        (table.copy $u $u (i32.const 4) (i32.const 1004) (i32.const 280000))
        (i64.extend_i32_u (memory.grow (local.get 0))))
    (func (export "null") (param i32) (result i32) (ref.is_null (table.get $u (local.get 0)))))"#;

#[test]
fn long_instructions_stopped_at_every_piece_come_to_the_same_and_take_as_much() {
    let mut reference: Option<Vec<u8>> = None;
    each_image(BULK, |image| {
        let run = |slice: u64| {
            let mut buffer = dirty_buffer(image.bytes(), 256, 4 << 16);
            let mut instance = Instance::<()>::new(image.bytes(), &[], &mut buffer, 256, ()).unwrap();
            assert_eq!(instance.set_fuel(slice).is_ok(), is_metered(image));
            let (mut given, mut stops, mut results) = (slice, 0, [0]);
            let mut outcome = instance.call("run", &[2], &mut results);
            while outcome == Err(CallError::Trap(OutOfFuel)) {
                // Code that did not run takes no fuel.
                assert!(instance.get_fuel().unwrap() < 1 << 14, "{}", instance.get_fuel().unwrap());
                instance.set_fuel(instance.get_fuel().unwrap() + slice).unwrap();
                (given, stops) = (given + slice, stops + 1);
                outcome = instance.resume(&mut results);
            }
            assert_eq!((outcome, results[0]), (Ok(()), 49));
            let used = instance.get_fuel().map_or(0, |left| given - left);
            let memory = instance.memory().to_vec();
            // The edges of what was copied, and those of its pieces.
            let nulls = [0, 3, 4, 131_071, 131_072, 168_000, 168_063, 168_064, 199_000, 270_000, 299_999];
            let nulls: Vec<u64> = nulls
                .iter()
                .map(|&at| {
                    assert_eq!(instance.set_fuel(100).is_ok(), is_metered(image));
                    one(&mut instance, "null", &[at]).unwrap()
                })
                .collect();
            let bytes: Vec<u8> = memory.into_iter().chain(nulls.into_iter().map(|null| null as u8)).collect();
            (used, stops, bytes)
        };
        let (used, _, bytes) = run(1 << 40);
        assert!(*reference.get_or_insert_with(|| bytes.clone()) == bytes, "another result than other code");
        if !is_metered(image) {
            assert_eq!(used, 0);
            return;
        }
        assert!(used > 250_000, "{used}");
        for slice in [997, 10_000, 1 << 14, (1 << 14) + 1, 100_000, used - 1] {
            let (total, stops, result) = run(slice);
            assert_eq!(total, used, "slices of {slice}");
            assert!(result == bytes && stops > 0, "slices of {slice}");
        }
    });
}
