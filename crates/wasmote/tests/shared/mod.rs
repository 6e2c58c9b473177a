//! Runs the specification's scripts on accesses of memory with their memories declared as shared ones. What a program
//! of one thread does is the same.

use wasmote::script::{Options, run};
use wasmote::{CodeOptions, OpSet};
use wasmote_test_support::scripts::published;

/// Scripts whose memories need not grow.
const FILES: [&str; 19] = [
    "address.wast",
    "align.wast",
    "endianness.wast",
    "load.wast",
    "memory_copy.wast",
    "memory_fill.wast",
    "memory_init.wast",
    "memory_redundancy.wast",
    "simd_load.wast",
    "simd_load16_lane.wast",
    "simd_load32_lane.wast",
    "simd_load64_lane.wast",
    "simd_load8_lane.wast",
    "simd_load_extend.wast",
    "simd_load_splat.wast",
    "simd_load_zero.wast",
    "simd_store.wast",
    "simd_store16_lane.wast",
    "store.wast",
];

/// Declares each memory of a text that says only its limits as shared. Returns how many.
fn share(text: &str) -> (String, usize) {
    let (mut shared, mut count) = (String::new(), 0);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("(memory ") {
        shared += before;
        shared += "(memory ";
        rest = after;
        // What stands before the limits: a name, and an export.
        let names = after.find(|byte: char| byte.is_ascii_digit()).filter(|&digit| {
            let names = &after[..digit];
            !names.contains("data")
                && !names.contains("import")
                && names.matches('(').count() == names.matches(')').count()
        });
        // An export may have digits in its name.
        let start = match after.strip_prefix("(export \"").and_then(|name| name.split_once("\") ")) {
            Some((_, limits)) => Some(after.len() - limits.len()),
            None => names,
        };
        let Some((limits, _)) = start.and_then(|start| after[start..].split_once(')')) else { continue };
        let numbers: Option<Vec<u32>> = limits.split_whitespace().map(|word| word.parse().ok()).collect();
        let (Some(numbers), Some(start)) = (numbers, start) else { continue };
        if let [min] | [min, _] = numbers[..] {
            let max = numbers.get(1).copied().unwrap_or(min);
            shared += &format!("{}{min} {max} shared", &after[..start]);
            rest = &after[start + limits.len()..];
            count += 1;
        }
    }
    shared += rest;
    (shared, count)
}

#[test]
fn limits_are_found() {
    let (text, count) =
        share("(memory 1) (memory $m 2 3) (memory (export \"m0\") 1 1) (memory (data \"1\")) (memory 0 x)");
    assert_eq!(
        (&*text, count),
        (
            "(memory 1 1 shared) (memory $m 2 3 shared) (memory (export \"m0\") 1 1 shared) (memory (data \"1\")) (memory 0 x)",
            3
        )
    );
}

#[test]
fn scripts_pass_on_shared_memories() {
    let code = |op_set, metered| Some(CodeOptions::default().with_op_set(op_set).with_metered(metered));
    let (mut passed, mut memories) = (0, 0);
    for images in [None, code(OpSet::Extended, true), code(OpSet::Core, false)] {
        for script in published() {
            let Some(file) = script.path.rsplit('/').next().filter(|file| FILES.contains(file)) else { continue };
            if file.starts_with("simd") && images.is_some_and(|code| code.op_set == OpSet::Core) {
                continue;
            }
            let (text, count) = share(&script.text);
            let summary = run(&script.path, &text, &Options::default().with_images(images));
            let failed: Vec<_> =
                summary.failed.iter().map(|failed| format!("{}: {}", failed.line, failed.what)).collect();
            assert!(failed.is_empty(), "{}, {images:?}:\n{}", script.path, failed.join("\n"));
            passed += summary.passed;
            memories += count;
        }
    }
    assert!(passed > 10_000 && memories > 300, "{passed} directives, {memories} memories");
}
