//! Compares the translation of conversions between integers with the text of the IR, instruction by instruction.

use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_translate::Translator;

#[track_caller]
fn becomes(body: &str, expected: &[&str]) {
    let wasm = wat::parse_str(format!(
        "(module (memory 1) (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0))
        (func $f {body}) (func $i (param i32)))"
    ))
    .unwrap();
    let module = wasmote_decode::decode(&wasm).unwrap();
    let mut translator = Translator::new();
    let translated = translator.translate(&module, &wasm, 0, false).unwrap();
    let lines = instructions(translated.code).map(|(at, instr)| Listed(at, instr).to_string());
    let lines: Vec<_> = lines.map(|line| line.trim_start().split_once("  ").unwrap().1.to_string()).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_wrap_in_front_of_what_reads_32_bits_costs_nothing() {
    becomes(
        "(param i64 i64) (i32.store offset=8 (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)))",
        &["Store32.s_s s0, s1, +8", "Return header s2"],
    );
    becomes(
        "(param i64) (result f64) (f64.convert_i32_s (i32.wrap_i64 (local.get 0)))",
        &["F64ConvertI32S.s_r s0", "ReturnF64.r header s1"],
    );
    becomes(
        "(param i64) (result i64) (i64.extend_i32_s (i32.wrap_i64 (i64.rotl (local.get 0) (i64.const 7))))",
        &["I64Rotl.si_r s0, 7", "I64Extend32S.r_r", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i64) (block (br_if 0 (i32.wrap_i64 (local.get 0))) (unreachable))",
        &["BrI32Ne.si s0, 0, @7", "Unreachable", "Return header s1"],
    );
}

#[test]
fn a_wrap_is_written_where_64_bits_are_read_or_kept() {
    becomes("(param i64) (result i32) (i32.wrap_i64 (local.get 0))", &["I32WrapI64.s_r s0", "ReturnInt.r header s1"]);
    becomes(
        "(param i64) (result i64) (i64.extend_i32_u (i32.wrap_i64 (local.get 0)))",
        &["I32WrapI64.s_r s0", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i64) (local i32) (local.set 1 (i32.wrap_i64 (local.get 0)))",
        &["I32WrapI64.s s0, -> s3", "Return header s1"],
    );
    becomes(
        "(param i64) (call $i (i32.wrap_i64 (local.get 0)))",
        &["I32WrapI64.s s0, -> s3", "Call defined 1, base s3", "Return header s1"],
    );
    becomes(
        "(param i64) (result i32) (i32.load 1 (i32.wrap_i64 (local.get 0)))",
        &["I32WrapI64.s s0, -> s3", "Load32Any s3, memory 1, +0, -> s3", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i64) (global.set $g (i32.wrap_i64 (local.get 0)))",
        &["I32WrapI64.s_r s0", "GlobalWrite32.r global 0", "Return header s1"],
    );
}

#[test]
fn a_wrapped_local_keeps_its_value_when_the_local_is_written() {
    becomes(
        "(param i64) (result i32) (i32.wrap_i64 (local.get 0)) (local.set 0 (i64.const 7)) (i32.const 1) (i32.add)",
        &["I32WrapI64.s s0, -> s3", "ConstU32 7, -> s0", "I32Add.ri_r 1", "ReturnInt.r header s1"],
    );
}

#[test]
fn a_sum_that_is_wrapped_is_an_address() {
    becomes(
        "(param i64 i64) (result i64) (i64.load offset=8 (i32.wrap_i64 (i64.add (local.get 0) (local.get 1))))",
        &["Load64.ss_r s0, s1, +8", "ReturnInt.r header s2"],
    );
    becomes(
        "(param i64) (result i64) (i64.load (i32.wrap_i64 (i64.sub (local.get 0) (i64.const 8))))",
        &["Load64.si_r s0, -8, +0", "ReturnInt.r header s1"],
    );
}

#[test]
fn an_operation_that_is_wrapped_becomes_one_of_32_bits() {
    becomes(
        "(param i64) (local i32) (local.set 1 (i32.wrap_i64 (i64.mul (local.get 0) (i64.const -3))))",
        &["I32Mul.si s0, -3, -> s3", "Return header s1"],
    );
    becomes(
        "(param i64) (block (br_if 0 (i32.wrap_i64 (i64.and (local.get 0) (i64.const 1)))) (unreachable))",
        &["BrI32AndNez.si s0, 1, @7", "Unreachable", "Return header s1"],
    );
    becomes(
        "(param i64) (result i32) (i32.wrap_i64 (i64.shl (local.get 0) (i64.const 31)))",
        &["I32Shl.si_r s0, 31", "ReturnInt.r header s1"],
    );
    // All 32 bits come from the lower half, and shifted out of it.
    becomes(
        "(param i64) (result i32) (i32.wrap_i64 (i64.shl (local.get 0) (i64.const 32)))",
        &["I64Shl.si_r s0, 32", "I32WrapI64.r_r", "ReturnInt.r header s1"],
    );
    // A load of 64 bits may trap where one of 32 bits does not.
    becomes(
        "(param i32) (result i32) (i32.wrap_i64 (i64.load (local.get 0)))",
        &["Load64.s_r s0, +0", "I32WrapI64.r_r", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i32) (result i32) (i32.wrap_i64 (i64.load32_s (local.get 0)))",
        &["Load32.s_r s0, +0", "ReturnInt.r header s1"],
    );
}

#[test]
fn what_has_32_bits_is_wrapped_already() {
    becomes(
        "(param i64 i64) (result i32) (i32.wrap_i64 (i64.extend_i32_u (i64.lt_u (local.get 0) (local.get 1))))",
        &["I64LtU.ss_r s0, s1", "ReturnInt.r header s2"],
    );
    becomes(
        "(param i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))",
        &["I64ShrU.si_r s0, 32", "ReturnInt.r header s1"],
    );
}

#[test]
fn masks_of_what_is_narrower_cost_nothing() {
    becomes(
        "(param i32) (result i32) (i32.and (i32.load8_u (local.get 0)) (i32.const 255))",
        &["Load8U.s_r s0, +0", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i32) (result i32) (i32.and (i32.load16_u (local.get 0)) (i32.const 255))",
        &["Load16U.s_r s0, +0", "I32And.ri_r 255", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i64) (result i64) (i64.and (i64.shr_u (local.get 0) (i64.const 56)) (i64.const 255))",
        &["I64ShrU.si_r s0, 56", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i32) (result i64) (i64.and (i64.extend_i32_u (i32.clz (local.get 0))) (i64.const 0xffffffff))",
        &["I32Clz.s_r s0", "ReturnInt.r header s1"],
    );
}

#[test]
fn two_shifts_are_a_sign_extension() {
    becomes(
        "(param i32) (local.set 0 (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24)))",
        &["I32Extend8S.s s0, -> s0", "Return header s1"],
    );
    becomes(
        "(param i64) (result i64) (i64.shr_s (i64.shl (local.get 0) (i64.const 32)) (i64.const 32))",
        &["I64Extend32S.s_r s0", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i32) (result i32) (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 16))",
        &["I32Shl.si_r s0, 24", "I32ShrS.ri_r 16", "ReturnInt.r header s1"],
    );
}

#[test]
fn loads_extend_signs() {
    becomes(
        "(param i32) (result i32) (i32.extend8_s (i32.load8_u offset=3 (local.get 0)))",
        &["Load8S32.s_r s0, +3", "ReturnInt.r header s1"],
    );
    becomes(
        "(param i32) (result i64) (i64.extend_i32_s (i32.load (local.get 0)))",
        &["Load32S64.s_r s0, +0", "ReturnInt.r header s1"],
    );
    // The first has no variant for a sum of slots.
    becomes(
        "(param i32 i32) (result i64) (i64.extend_i32_s (i32.load (i32.add (local.get 0) (local.get 1))))",
        &["Load32.ss_r s0, s1, +0", "I64Extend32S.r_r", "ReturnInt.r header s2"],
    );
    becomes(
        "(param i32) (result i64) (i64.extend_i32_s (i32.load16_u (local.get 0)))",
        &["Load16U.s_r s0, +0", "ReturnInt.r header s1"],
    );
}

#[test]
fn a_wrap_leaves_a_condition_and_an_index_alone() {
    // The wrap comes before the condition is read, since both use the accumulator.
    becomes(
        "(param i64 i32) (result i32)
        (i32.wrap_i64 (local.get 0)) (if (i32.clz (local.get 1)) (then (local.set 0 (i64.const 5)))) (i32.const 1) (i32.add)",
        &[
            "I32Clz.s s1, -> s5",
            "I32WrapI64.s s0, -> s4",
            "BrI32Eq.si s5, 0, @16",
            "ConstU32 5, -> s0",
            "I32Add.si_r s4, 1",
            "ReturnInt.r header s2",
        ],
    );
    becomes(
        "(param i64 i32) (call_indirect (param i32) (i32.wrap_i64 (local.get 0)) (i32.clz (local.get 1)))",
        &[
            "I32Clz.s s1, -> s5",
            "I32WrapI64.s s0, -> s4",
            "CallIndirect.s s5, table 0, type 1, base s4",
            "Return header s2",
        ],
    );
    becomes(
        "(param i64 i32) (result i32)
        (block (result i32) (br_table 0 0 (i32.wrap_i64 (local.get 0)) (i32.clz (local.get 1))))",
        &["I32Clz.s s1, -> s5", "I32WrapI64.s s0, -> s4", "BrTable.s s5, of 2, @14, @14", "ReturnInt.s s4, header s2"],
    );
}
