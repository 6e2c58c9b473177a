//! What becomes of jumps that lead to jumps, and of loops that begin with a test.

use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_translate::{CodeOptions, Translator};

fn module(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module (memory 1) (func {body}))")).unwrap()
}

/// Returns the IR of a body, one line for each instruction, without offsets.
fn code_of(body: &str, metered: bool) -> Vec<String> {
    let wasm = module(body);
    let module = wasmote_decode::decode(&wasm).unwrap();
    let mut translator = Translator::with_options(CodeOptions::default().with_metered(metered));
    let translated = translator.translate(&module, &wasm, 0, false).unwrap();
    let lines = instructions(translated.code).map(|(at, instr)| Listed(at, instr).to_string());
    lines.map(|line| line.trim_start().split_once("  ").unwrap().1.to_string()).collect()
}

#[track_caller]
fn becomes(body: &str, expected: &[&str]) {
    assert_eq!(code_of(body, false), expected);
}

const MACHINE: &str = "(param i32)
    (loop $again
        (block $b (block $a (br_table $a $b (local.get 0)))
            (local.set 0 (i32.const 1)) (br $again))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
        (local.set 0 (i32.const 0)) (br $again))";

#[test]
fn a_jump_to_a_table_leads_to_the_target_of_the_constant() {
    becomes(
        MACHINE,
        &[
            "BrTable.s s0, of 2, @8, @15",
            "ConstU32 1, -> s0",
            "Goto @15",
            "ConstU32 0, -> s5",
            "ConstU32 0, -> s4",
            "ConstU32 0, -> s3",
            "MemFill s3, s4, s5, memory 0",
            "ConstU32 0, -> s0",
            "Goto @8",
        ],
    );
}

#[test]
fn a_jump_passes_over_no_charge_of_fuel() {
    assert_eq!(
        code_of(MACHINE, true),
        [
            "Fuel 1",
            "Fuel 14",
            "BrTable.s s0, of 2, @14, @21",
            "ConstU32 1, -> s0",
            "Goto @3",
            "ConstU32 0, -> s3",
            "ConstU32 0, -> s4",
            "ConstU32 0, -> s5",
            "MemFillFuel s3, s4, s5, memory 0",
            "ConstU32 0, -> s0",
            "Goto @3"
        ]
    );
}

#[test]
fn constants_beyond_a_table_lead_to_its_default() {
    becomes(
        "(param i32)
        (loop $again
            (block $b (block $a (br_table $a $b (local.get 0))) (local.set 0 (i32.const -1)) (br $again)))",
        &["BrTable.s s0, of 2, @8, @15", "ConstU32 -1, -> s0", "Return header s1", "Return header s1"],
    );
}

#[test]
fn a_jump_to_a_test_of_the_constant_leads_behind_it() {
    becomes(
        "(param i32 i32) (result i32)
        (block $tested
            (br_if $tested (local.get 1))
            (local.set 0 (i32.const 3)) (br $tested))
        (if (i32.lt_s (local.get 0) (i32.const 5)) (then (local.set 1 (i32.const 7))))
        (local.get 1)",
        &[
            "BrI32Ne.si s1, 0, @13",
            "ConstU32 3, -> s0",
            "Goto @19",
            "BrI32GeS.si s0, 5, @23",
            "ReturnInt.i 7, header s2",
            "ReturnInt.s s1, header s2",
        ],
    );
}

#[test]
fn whoever_takes_a_branch_on_equality_knows_the_value() {
    becomes(
        "(param i32 i32)
        (block $other (block $zero
            (br_if $zero (i32.eq (local.get 0) (i32.const 2)))
            (local.set 0 (local.get 1)))
            (br_if $other (i32.and (local.get 0) (i32.const 2)))
            (unreachable))",
        &["BrI32Eq.si s0, 2, @16", "Copy s1, -> s0", "BrI32AndNez.si s0, 2, @16", "Unreachable", "Return header s2"],
    );
}

#[test]
fn another_local_says_nothing() {
    becomes(
        "(param i32 i32)
        (loop $again
            (block $b (block $a (br_table $a $b (local.get 0))) (local.set 1 (i32.const 1)) (br $again)))",
        &["BrTable.s s0, of 2, @8, @15", "ConstU32 1, -> s1", "Goto @0", "Return header s2"],
    );
}

#[test]
fn branches_to_branches_lead_to_the_last_target() {
    becomes(
        "(param i32) (block $out (block $a (block $b (br_if $b (local.get 0)) (unreachable)) (br $a)) (br $out))
        (local.set 0 (i32.const 1))",
        &["BrI32Ne.si s0, 0, @13", "Unreachable", "Goto @13", "Goto @13", "ConstU32 1, -> s0", "Return header s1"],
    );
}

#[test]
fn a_branch_to_a_return_becomes_the_return() {
    becomes(
        "(param i32) (result i32)
        (block $a (block $b (br_if $b (local.get 0)) (local.set 0 (i32.const 1)) (br $a)) (local.set 0 (i32.const 2)) (br $a))
        (local.get 0)",
        &["BrI32Ne.si s0, 0, @13", "ReturnInt.i 1, header s1", "ReturnInt.s s0, header s1", "ReturnInt.i 2, header s1", "ReturnInt.s s0, header s1", "ReturnInt.s s0, header s1"],
    );
}

#[test]
fn a_value_that_is_only_moved_to_a_return_is_returned() {
    // One is moved in front of a jump, the other in front of the end of the block.
    becomes(
        "(param i32 f64 f64) (result f64) (block $a (result f64)
            (block $b (br_if $b (local.get 0)) (br $a (local.get 2))) (local.get 1))",
        &[
            "BrI32Ne.si s0, 0, @12",
            "ReturnF64.s s2, header s3",
            "ReturnF64.s s5, header s3",
            "ReturnF64.s s1, header s3",
            "ReturnF64.s s5, header s3",
        ],
    );
    becomes(
        "(param i32) (result i64) (if (result i64) (local.get 0) (then (i64.const -2)) (else (i64.const 3)))",
        &[
            "BrI32Eq.si s0, 0, @13",
            "ReturnInt.i -2, header s1",
            "ReturnInt.s s3, header s1",
            "ReturnInt.i 3, header s1",
            "ReturnInt.s s3, header s1",
        ],
    );
    // The upper half of an `i32` is zero.
    becomes(
        "(param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const -2)) (else (i32.const 3)))",
        &[
            "BrI32Eq.si s0, 0, @13",
            "ReturnU32 -2, header s1",
            "ReturnInt.s s3, header s1",
            "ReturnInt.i 3, header s1",
            "ReturnInt.s s3, header s1",
        ],
    );
    becomes("(result i32) (i32.const -2)", &["ReturnU32 -2, header s1"]);
    becomes("(result i64) (i64.const 0xfffffffe)", &["ReturnU32 -2, header s1"]);
    becomes("(result i64) (i64.const -2)", &["ReturnInt.i -2, header s1"]);
}

#[test]
fn a_value_that_a_return_does_not_read_is_moved() {
    becomes(
        "(param i32 i32) (result i32)
        (block $a (br_if $a (local.get 0)) (local.set 0 (i32.const 1)) (br $a)) (local.get 1)",
        &["BrI32Ne.si s0, 0, @13", "ConstU32 1, -> s0", "ReturnInt.s s1, header s2", "ReturnInt.s s1, header s2"],
    );
    // A float is returned in its own accumulator, and a constant is none.
    becomes(
        "(param i32) (result f64) (if (result f64) (local.get 0) (then (f64.const 0)) (else (f64.const 0)))",
        &[
            "BrI32Eq.si s0, 0, @13",
            "ConstU32 0, -> s3",
            "ReturnF64.s s3, header s1",
            "ConstU32 0, -> s3",
            "ReturnF64.s s3, header s1",
        ],
    );
}

#[test]
fn jumps_around_in_a_circle_stay() {
    becomes("(loop $a (loop $b (br $a)))", &["Goto @0"]);
    becomes(
        "(param i32) (loop $a (br_if $a (local.get 0)) (br $a))",
        &["BrI32Ne.si s0, 0, @0", "BrI32Eq.si s0, 0, @6", "Goto @0"],
    );
}

#[test]
fn a_loop_that_begins_with_a_test_ends_with_it() {
    becomes(
        "(param i32 i32)
        (block $leave (loop $again
            (br_if $leave (i32.ge_u (local.get 0) (local.get 1)))
            (i32.store8 (local.get 0) (i32.const 1))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $again)))",
        &[
            "BrI32GeU.ss s0, s1, @21",
            "Store8.s_i s0, 1, +0",
            "StepI32LtU.s s0, 1, s1, @5",
            "Return header s2",
            "Return header s2",
        ],
    );
}

#[test]
fn a_loop_that_begins_with_a_load_and_a_test_ends_with_both() {
    becomes(
        "(param i32)
        (block $leave (loop $again
            (br_if $leave (i32.eqz (i32.load8_u (local.get 0))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $again)))",
        &[
            "Load8U.s_r s0, +0",
            "BrI32Eq.ri 0, @26",
            "I32Add.si s0, 1, -> s0",
            "Load8U.s_r s0, +0",
            "BrI32Ne.ri 0, @9",
            "Return header s1",
            "Return header s1",
        ],
    );
}

#[test]
fn a_metered_loop_keeps_its_jump_back() {
    assert_eq!(
        code_of("(param i32) (block (loop (br_if 1 (local.get 0)) (br 0)))", true),
        ["Fuel 3", "Fuel 3", "BrI32Ne.si s0, 0, @15", "Goto @3", "Return header s1"]
    );
}

#[test]
#[cfg(feature = "gc")]
fn a_loop_around_a_try_is_not_inverted_in_it() {
    let tests = |body: &str| code_of(body, false).iter().filter(|line| line.starts_with("BrI32")).count();
    assert_eq!(tests("(param i32) (block (loop (br_if 1 (local.get 0)) (block (br 1))))"), 2);
    assert_eq!(tests("(param i32) (block (loop (br_if 1 (local.get 0)) (try_table (br 1))))"), 1);
}

#[test]
fn a_small_constant_subtracted_from_the_index_of_a_table_becomes_targets() {
    let table = |by: u32| {
        format!(
            "(param i32) (block $b (block $a (br_table $a $b (i32.sub (local.get 0) (i32.const {by})))) (unreachable))"
        )
    };
    becomes(&table(2), &["BrTable.s s0, of 4, @13, @13, @12, @13", "Unreachable", "Return header s1"]);
    // The table at most doubles.
    becomes(&table(3), &["I32Add.si_r s0, -3", "BrTable.r of 2, @11, @12", "Unreachable", "Return header s1"]);
}

/// The translation for a backtrace has the same code, and says of a repeated instruction where it comes from.
#[test]
fn the_second_translation_says_where_repeated_instructions_come_from() {
    let wasm = module(
        "(param i32)
        (block $leave (loop $again
            (br_if $leave (i32.eqz (i32.load8_u (local.get 0))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $again)))",
    );
    let module = wasmote_decode::decode(&wasm).unwrap();
    let mut translator = Translator::new();
    let first = translator.translate(&module, &wasm, 0, false).unwrap().code.to_vec();
    let second = translator.translate(&module, &wasm, 0, true).unwrap();
    assert_eq!(second.code, first);
    let loads = instructions(second.code).filter(|(_, instr)| instr.op().name().starts_with("Load8U"));
    let offset = |at: usize| second.offsets.iter().find(|&&(unit, _)| unit as usize == at).map(|&(_, offset)| offset);
    let offsets: Vec<_> = loads.map(|(at, _)| offset(at)).collect();
    let load = wasm.windows(3).position(|bytes| bytes == [0x2d, 0, 0]).unwrap() as u32;
    assert_eq!(offsets, [Some(load), Some(load)]);
}
