//! Compares the translation of small bodies with the text of the IR, instruction by instruction.

use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_translate::Translator;

/// Returns the IR of the first function of a module, one line for each instruction, without offsets.
fn code_of(text: &str) -> Vec<String> {
    let wasm = wat::parse_str(text).unwrap();
    let module = wasmote_decode::decode(&wasm).unwrap();
    let mut translator = Translator::new();
    let translated = translator.translate(&module, &wasm, module.imported_funcs, false).unwrap();
    let operand_list = instructions(translated.code).map(|(at, instr)| Listed(at, instr).to_string());
    operand_list.map(|line| line.trim_start().split_once("  ").unwrap().1.to_string()).collect()
}

#[track_caller]
fn becomes(body: &str, expected: &[&str]) {
    assert_eq!(code_of(&format!("(module (memory 1) (global (mut i32) (i32.const 0)) (func {body}))")), expected);
}

#[test]
fn operands_are_folded_and_the_result_goes_to_the_local() {
    becomes(
        "(param i32 i32) (local.set 0 (i32.sub (local.get 0) (i32.mul (local.get 1) (i32.const 5))))",
        &["I32Mul.si_r s1, 5", "I32Sub.sr s0, -> s0", "Return header s2"],
    );
}

#[test]
fn a_step_and_its_comparison_become_the_branch() {
    becomes(
        "(param i32) (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (i32.gt_s (local.get 0) (i32.const 0))))",
        &["StepI32GtS.i s0, -1, 0, @0", "Return header s1"],
    );
}

#[test]
fn eqz_of_a_test_becomes_the_branch() {
    becomes(
        "(param i32) (block (br_if 0 (i32.eqz (i32.and (local.get 0) (i32.const 8)))) (unreachable))",
        &["BrI32AndEqz.si s0, 8, @7", "Unreachable", "Return header s1"],
    );
}

#[test]
fn where_the_accumulator_is_no_source_the_slot_is_and_constants_stay_what_they_are() {
    becomes(
        "(param i64 i64) (result i64) (i64.div_s (i64.add (local.get 0) (local.get 1)) (i64.const 3))",
        &["I64Add.ss s0, s1, -> s4", "I64DivS.si s4, 3, -> s4", "ReturnInt.r header s2"],
    );
}

#[test]
fn eqz_of_a_comparison_whose_result_is_always_stored_becomes_the_branch() {
    becomes(
        "(param f64) (block (br_if 0 (i32.eqz (f64.gt (local.get 0) (f64.const 0)))) (unreachable))",
        &["BrF64NotGt.si s0, 0, @9", "Unreachable", "Return header s1"],
    );
    // The local is read later, so the comparison stays.
    becomes(
        "(param f64 i32) (block (br_if 0 (i32.eqz (local.tee 1 (f64.gt (local.get 0) (f64.const 0))))) (unreachable))",
        &["F64Gt.si s0, 0, -> s1", "BrI32Eq.ri 0, @13", "Unreachable", "Return header s2"],
    );
}

#[test]
fn base_and_index_become_one_address() {
    becomes(
        "(param i32 i32) (result i32) (i32.load offset=8 (i32.add (local.get 0) (i32.sub (local.get 1) (local.get 0))))",
        &["I32Sub.ss_r s1, s0", "Load32.sr_r s0, +8", "ReturnInt.r header s2"],
    );
}

#[test]
fn a_pending_local_keeps_its_value_when_the_local_is_written() {
    becomes(
        "(param i32) (result i32) (local.get 0) (local.set 0 (i32.const 7)) (local.get 0) (i32.sub)",
        &["Copy s0, -> s3", "ConstU32 7, -> s0", "I32Sub.ss_r s3, s0", "ReturnInt.r header s1"],
    );
}

#[test]
fn locals_written_before_they_are_read_are_not_zeroed() {
    becomes(
        "(local i32 i32) (local.set 0 (i32.const 1)) (global.set 0 (i32.add (local.get 0) (local.get 1)))",
        &["ZeroOne -> s3", "ConstU32 1, -> s2", "I32Add.ss_r s2, s3", "GlobalWrite32.r global 0", "Return header s0"],
    );
}

#[test]
fn slots_between_and_behind_locals_are_zeroed_if_that_saves_an_instruction() {
    let add = ["I32Add.ss_r s2, s4", "GlobalWrite32.r global 0", "Return header s0"];
    let sum = "(global.set 0 (i32.add (local.get 0) (local.get 2)))";
    let expected = [&["ZeroFour -> s2", "ConstU32 1, -> s3"], &add[..]].concat();
    becomes(&format!("(local i32 i32 i32) (local.set 1 (i32.const 1)) {sum}"), &expected);
    // Three slots take one instruction. Of two that lie farther apart, each has its own.
    let all = "(global.set 0 (i32.add (local.get 1) (local.get 1)))";
    let first = |body: &str| code_of(&format!("(module (global (mut i32) (i32.const 0)) (func {body}))"))[0].clone();
    assert_eq!(first(&format!("(local i32 i32 i32) {sum} {all}")), "ZeroFour -> s2");
    let far = "(local i32 i32 i32 i32 i32) (global.set 0 (i32.add (local.get 0) (local.get 4)))";
    assert_eq!(first(far), "ZeroOne -> s2");
}

#[test]
fn a_value_that_reaches_a_merge_lies_in_its_own_slot() {
    becomes(
        "(param i32) (result i32)
        (i32.xor (block (result i32) (i32.const 1) (br_if 0 (local.get 0)) (drop) (i32.const 2)) (local.get 0))",
        &[
            "BrI32Eq.si s0, 0, @13",
            "ConstU32 1, -> s3",
            "Goto @17",
            "ConstU32 2, -> s3",
            "I32Xor.ss_r s3, s0",
            "ReturnInt.r header s1",
        ],
    );
}

#[test]
fn a_block_that_nothing_branches_out_of_costs_nothing() {
    becomes(
        "(param i32) (result i32) (block (result i32) (i32.add (local.get 0) (i32.const 1)))",
        &["I32Add.si_r s0, 1", "ReturnInt.r header s1"],
    );
}

#[test]
fn arguments_are_computed_where_the_callee_finds_them() {
    assert_eq!(
        code_of(
            "(module (func (param i32) (result i32) (call 1 (i32.add (local.get 0) (i32.const 1)) (local.get 0)))
            (func (param i32 i32) (result i32) (local.get 0)))"
        ),
        ["I32Add.si s0, 1, -> s3", "Copy s0, -> s4", "Call defined 1, base s3", "ReturnInt.r header s1"],
    );
}

#[test]
fn a_sum_computed_before_the_stored_value_is_still_the_address() {
    becomes(
        "(param i32 i32) (i32.store8 (i32.add (local.get 0) (local.get 1)) (i32.mul (local.get 0) (i32.const 3)))",
        &["I32Mul.si_r s0, 3", "Store8.ss_r s0, s1, +0", "Return header s2"],
    );
}

#[test]
fn large_constants_are_operands() {
    becomes(
        "(param i64) (result i64) (i64.mul (local.get 0) (i64.const 0x123456789abcdef0))",
        &["I64MulConst.si_r s0, 1311768467463790320", "ReturnInt.r header s1"],
    );
}

#[test]
fn two_operations_become_a_tile() {
    becomes(
        "(param i32 i32) (local.set 0 (i32.add (i32.shl (local.get 1) (i32.const 2)) (local.get 0)))",
        &["I32ShlAdd.sis s1, 2, s0, -> s0", "Return header s2"],
    );
    becomes(
        "(param f64 f64) (local.set 0 (f64.sub (local.get 0) (f64.mul (local.get 1) (local.get 1))))",
        &["F64MulSubFrom.sss s1, s1, s0, -> s0", "Return header s2"],
    );
}

#[test]
fn additions_to_locals_are_done_in_pairs() {
    becomes(
        "(param i32 i32) (local.set 0 (i32.add (local.get 0) (i32.const 4))) (local.set 1 (i32.add (local.get 1) (i32.const 1)))",
        &["I32AddTwo s0, 4, -> s0, s1, 1, -> s1", "Return header s2"],
    );
}

#[test]
#[cfg(feature = "gc")]
fn a_test_of_a_reference_becomes_the_branch() {
    let casts = |body: &str| -> Vec<String> {
        let text = format!("(module (type $s (struct)) (func (param anyref) {body}))");
        code_of(&text).into_iter().filter(|line| line.contains("Ref") || line.contains("Br")).collect()
    };
    let branches = [
        "(block (br_if 0 (ref.test (ref $s) (local.get 0))) (unreachable))",
        "(block (br_if 0 (i32.eqz (ref.test (ref $s) (local.get 0)))) (unreachable))",
        "(if (ref.test (ref $s) (local.get 0)) (then (unreachable)))",
    ];
    for body in branches {
        let casts = casts(body);
        assert!(casts.len() == 1 && casts[0].starts_with("BrOnCast"), "{body}: {casts:?}");
    }
    let alone = casts("(local $is i32) (local.set $is (i32.eqz (ref.test (ref $s) (local.get 0))))");
    assert!(alone.len() == 1 && alone[0].starts_with("RefTest"), "{alone:?}");
}
