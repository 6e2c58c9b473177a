//! Which loops get an instruction in front that does their iterations at the speed of memory.

use wasmote_ir::code::instructions;
use wasmote_ir::disasm::Listed;
use wasmote_ir::loops::{LoopCondition, LoopPlan, LoopPointer};
use wasmote_translate::{CodeOptions, Translator};

/// Returns the instructions of a function.
#[track_caller]
fn lines(body: &str) -> Vec<String> {
    lines_with(body, CodeOptions::default(), "(memory 1)")
}

#[track_caller]
fn lines_with(body: &str, options: CodeOptions, memory: &str) -> Vec<String> {
    let wasm = wat::parse_str(format!("(module {memory} (func {body}))")).unwrap();
    let module = wasmote_decode::decode(&wasm).unwrap();
    let mut translator = Translator::with_options(options);
    let translated = translator.translate(&module, &wasm, 0, false).unwrap();
    let lines = instructions(translated.code).map(|(at, instr)| Listed(at, instr).to_string());
    lines.map(|line| line.trim_start().split_once("  ").unwrap().1.to_string()).collect()
}

fn has_loop_instr(lines: &[String]) -> bool {
    lines.iter().any(|line| line.starts_with("Loop"))
}

const COPY: &str = "(param $p i32) (param $q i32) (param $n i32)
    (loop $l
        (i32.store8 (local.get $p) (i32.load8_u (local.get $q)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";

/// Copies bytes upward, counting down to a bound.
const PLAN: LoopPlan = LoopPlan {
    stride: 0,
    width: 0,
    down: false,
    leaves_last: false,
    condition: LoopCondition::Ne,
    step: 0,
    falls: true,
    pointers: [LoopPointer { has_base: false, wraps: false }; 2],
};

#[test]
fn a_copy_of_bytes() {
    let plan = PLAN.to_bits();
    assert_eq!(
        lines(COPY),
        [
            &format!("LoopCopy.i s0, s1, s2, s0, s1, +0, +0, {plan}, 0, @41"),
            "Load8U.s_r s1, +0",
            "Store8.s_r s0, +0",
            "I32AddTwo s1, 1, -> s1, s0, 1, -> s0",
            "StepI32Ne.i s2, -1, 0, @0",
            "Return header s3",
        ]
    );
}

#[test]
fn a_fill_with_indices_that_counts_up_to_a_parameter() {
    let found = lines(
        "(param $p i32) (param $end i32) (param $v i64) (local $i i32)
        (loop $l
            (i64.store offset=16 (i32.add (local.get $p) (local.get $i)) (local.get $v))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $end))))",
    );
    let pointer = LoopPointer { has_base: true, wraps: false };
    let plan = LoopPlan { stride: 3, width: 3, step: 3, falls: false, condition: LoopCondition::LtU, ..PLAN };
    let plan = LoopPlan { pointers: [pointer; 2], ..plan }.to_bits();
    assert_eq!(found[1], format!("LoopFill.ss s5, s5, s0, +16, {plan}, s2, s1, @27"));
}

#[test]
fn accesses_that_touch_each_other_are_one() {
    let accesses: String = [0, 4, 8, 12]
        .iter()
        .map(|at| format!("(i32.store offset={at} (local.get 0) (i32.load offset={at} (local.get 1)))"))
        .collect();
    let steps = "(local.set 0 (i32.add (local.get 0) (i32.const 16)))
        (local.set 1 (i32.add (local.get 1) (i32.const 16)))";
    let body = |accesses: &str| {
        format!(
            "(param i32 i32 i32) (loop $l {accesses} {steps}
                (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 16)))))"
        )
    };
    let plan = LoopPlan { stride: 4, width: 2, step: 4, ..PLAN }.to_bits();
    assert!(lines(&body(&accesses))[0].contains(&format!(", +0, +0, {plan}, 0, @")));
    assert!(!has_loop_instr(&lines(&body(&accesses.replace("offset=8", "offset=20")))));
}

#[test]
fn the_last_iteration_is_left_if_its_value_matters() {
    let body = COPY.replace("(i32.load8_u (local.get $q))", "(local.tee $v (i32.load8_u (local.get $q)))");
    let found = lines(&body.replacen("(loop", "(local $v i32) (loop", 1));
    let plan = LoopPlan { leaves_last: true, ..PLAN }.to_bits();
    assert!(found.iter().any(|line| line.contains(&format!(", +0, +0, {plan}, 0, @"))), "{found:?}");
}

#[test]
fn other_loops_stay_as_they_are() {
    let without = |body: &str| assert!(!has_loop_instr(&lines(body)), "{body}");
    assert!(has_loop_instr(&lines(COPY)));
    // A pointer that moves by more or less than what is written.
    without(&COPY.replace("(local.get $p) (i32.const 1)", "(local.get $p) (i32.const 2)"));
    // Both pointers move up, or down.
    without(&COPY.replace("(local.get $q) (i32.const 1)", "(local.get $q) (i32.const -1)"));
    // A base that changes.
    without(&COPY.replace("(i32.load8_u (local.get $q))", "(i32.load8_u (i32.add (local.get $q) (local.get $n)))"));
    // A loop that ends when a value is found.
    without(&COPY.replace("(local.tee $n (i32.sub (local.get $n) (i32.const 1)))", "(i32.load8_u (local.get $q))"));
    // A value that comes from the iteration before.
    let body = COPY.replacen("(loop", "(local $v i32) (local $w i32) (loop", 1);
    without(&body.replace(
        "(i32.store8 (local.get $p) (i32.load8_u (local.get $q)))",
        "(local.set $w (local.get $v)) (local.set $v (i32.load8_u (local.get $q)))
        (i32.store8 (local.get $p) (local.get $w))",
    ));
    // Anything else in the loop.
    without(&COPY.replace("(i32.load8_u (local.get $q))", "(i32.xor (i32.load8_u (local.get $q)) (i32.const 1))"));
}

#[test]
fn metered_code_core_code_and_other_memories_have_no_such_instruction() {
    let metered = CodeOptions { metered: true, ..CodeOptions::default() };
    assert!(!has_loop_instr(&lines_with(COPY, metered, "(memory 1)")));
    let core = CodeOptions { op_set: wasmote_translate::OpSet::Core, ..CodeOptions::default() };
    assert!(!has_loop_instr(&lines_with(COPY, core, "(memory 1)")));
    assert!(!has_loop_instr(&lines_with(COPY, CodeOptions::default(), "(memory i64 1)")));
}

#[test]
fn jumps_around_a_loop_still_lead_to_their_targets() {
    // The loop is in a block that is left behind it, and in a loop that is entered again.
    let found = lines(
        "(param i32 i32 i32) (loop $again (block $out
            (br_if $out (i32.eqz (local.get 2)))
            (loop $l
                (i32.store8 (local.get 0) (i32.const 7))
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if $l (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
            (br_if $out (local.get 1)))
            (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))",
    );
    assert!(found[1].starts_with("LoopFill.ii s0, s2, s0, +0, "), "{found:?}");
    let targets: Vec<_> = found.iter().filter_map(|line| line.split_once('@')).map(|(_, to)| to).collect();
    assert_eq!(targets, ["46", "40", "6", "46", "0"], "{found:?}");
}
