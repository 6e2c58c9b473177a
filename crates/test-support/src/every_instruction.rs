//! Modules that run every instruction several times, for tests that measure the depth of the native stack.

use std::fmt::Write;

use wasmote_ir::Proposal;
use wasmote_ir::operators::{Immediate, Operand, Operator, Row};

/// Snippets that leave the operand stack unchanged. `$i`, `$l`, `$f` and `$d` are locals of the number types; `$n` is a
/// counter.
const OTHERS: &[&str] = &[
    "(nop)",
    "(call $nothing)",
    "(drop (call $same (local.get $i)))",
    "(call_indirect (type $none) (i32.const 0))",
    "(call_indirect (type $none) (i32.const 1))",
    "(call_indirect (type $none) (local.get $zero))",
    "(call_indirect (type $none) (i32.mul (local.get $zero) (local.get $i)))",
    "(call $tail)",
    "(call $tail_host)",
    "(call $tail_indirect)",
    "(call $tail_indirect_host)",
    "(block (br_table 0 0 0 (local.get $i)))",
    "(block (br_table 0 0 0 (i32.add (local.get $i) (local.get $n))))",
    "(if (local.get $zero) (then (local.set $i (i32.const 7))))",
    "(if (i32.eqz (i32.and (local.get $i) (i32.const 4))) (then (local.set $i (i32.const 7))))",
    "(local.set $i (select (local.get $i) (local.get $n) (local.get $zero)))",
    "(local.set $l (select (i64.const 5) (local.get $l) (i32.lt_s (local.get $i) (local.get $n))))",
    "(call $many (local.get $i) (local.get $l) (local.get $f) (local.get $d)) (local.set $d) (local.set $f) (local.set $l) (local.set $i)",
    "(call $zeros)",
    "(global.set $gi (local.get $i)) (local.set $i (global.get $gi))",
    "(global.set $gl (i64.const 0x123456789abc))",
    "(memory.copy (i32.const 0) (i32.const 8) (local.get $i))",
    "(memory.fill (i32.const 0) (i32.const 8) (local.get $zero))",
    "(memory.init $seg (i32.const 0) (i32.const 0) (local.get $zero))",
    "(data.drop $seg)",
    "(drop (memory.grow (i32.const 0)))",
    "(drop (memory.size))",
    "(table.copy (i32.const 0) (i32.const 0) (local.get $zero))",
    "(table.fill $x (i32.const 0) (ref.null extern) (local.get $zero))",
    "(table.init $elem (i32.const 0) (i32.const 0) (local.get $zero))",
    "(elem.drop $elem)",
    "(drop (table.get $x (local.get $zero)))",
    "(table.set $x (local.get $zero) (ref.null extern))",
    "(drop (table.size))",
    "(drop (table.grow $x (ref.null extern) (i32.const 0)))",
    "(drop (ref.is_null (ref.func $nothing)))",
    "(i64.add128 (local.get $l) (local.get $l) (local.get $l) (local.get $l)) (local.set $l) (drop)",
    "(i64.mul_wide_u (local.get $l) (local.get $l)) (local.set $l) (drop)",
    "(local.set $i (i32.add (i32.shl (local.get $i) (i32.const 2)) (local.get $n)))",
    "(local.set $d (f64.add (f64.mul (local.get $d) (local.get $d)) (f64.const 2)))",
    "(local.set $f (f32.sub (f32.const 2) (f32.mul (local.get $f) (local.get $f))))",
    "(local.set $i (i32.const 1)) (local.set $zero (i32.const 0)) (local.set $l (i64.const -1))",
];

/// Returns the letter of the local of a number type.
fn letter(operand: Operand) -> Option<&'static str> {
    match operand {
        Operand::I32 => Some("i"),
        Operand::I64 => Some("l"),
        Operand::F32 => Some("f"),
        Operand::F64 => Some("d"),
        _ => None,
    }
}

/// Returns the operands that an operator's row lists.
fn takes(row: &'static Row) -> &'static [Operand] {
    let missing = row.types().takes.iter().take_while(|&&operand| operand == Operand::None).count();
    &row.types().takes[missing..]
}

/// Returns the operators on numbers: the letters of their operands, the letter of their result, and their names.
fn numeric() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    plain(false).filter_map(|(operator, row)| {
        let params = takes(row).iter().map(|&operand| letter(operand)).collect::<Option<String>>()?;
        let result =
            letter(row.types().leaves[0]).filter(|_| row.types().leaves[1] == Operand::None && !params.is_empty())?;
        Some((params, result, operator.name()))
    })
}

/// Returns the operators whose rows list all operands and results. Their proposals run in every build, or in every
/// build with vectors. Their immediates are a `memarg`, or none.
fn plain(has_memarg: bool) -> impl Iterator<Item = (Operator, &'static Row)> {
    let run = [
        Proposal::Core,
        Proposal::SignExtension,
        Proposal::SaturatingFloatToInt,
        Proposal::Simd,
        Proposal::RelaxedSimd,
    ];
    let rows = Operator::ALL.iter().map(|&operator| (operator, operator.row()));
    rows.filter(move |(_, row)| {
        let fits = match row.immediates() {
            [None, ..] => !has_memarg,
            [Some(Immediate::MemArg(_)), None, _] => has_memarg,
            _ => false,
        };
        fits && !row.is_special() && run.contains(&row.proposal)
    })
}

/// Returns the loads and stores: whether it is a load, the type of the value, and the name.
fn accesses() -> impl Iterator<Item = (bool, Operand, &'static str)> {
    plain(true).map(|(operator, row)| match takes(row) {
        [_, value] => (false, *value, operator.name()),
        _ => (true, row.types().leaves[0], operator.name()),
    })
}

/// Memory accesses by kind of address: the `memarg`, and the address.
const ADDRESSES: [(&str, &str); 8] = [
    ("", "(local.get $zero)"),
    ("offset=70000", "(local.get $zero)"),
    ("", "(i32.const 16)"),
    ("offset=4", "(i32.add (local.get $zero) (local.get $three))"),
    ("", "(i32.and (local.get $zero) (local.get $three))"),
    ("", "(i32.add (i32.and (local.get $zero) (local.get $three)) (local.get $three))"),
    ("$other offset=8", "(local.get $zero)"),
    ("$wide", "(i64.extend_i32_u (local.get $zero))"),
];

/// Returns a constant that keeps values in every operator's range.
fn constant(ty: &str) -> &'static str {
    match ty {
        "i" => "(i32.const 3)",
        "l" => "(i64.const 3)",
        "f" => "(f32.const 3)",
        _ => "(f64.const 3)",
    }
}

/// Returns the snippets, each for one instruction with one choice of operands.
fn snippets() -> Vec<String> {
    let mut all: Vec<String> = OTHERS.iter().map(|text| text.to_string()).collect();
    for (params, result, name) in numeric() {
        let operands = |first: &str, last: &str| {
            let [a, b] = [&params[..1], &params[params.len() - 1..]];
            let [a, b] = [(a, first), (b, last)].map(|(ty, kind)| match kind {
                "local" => format!("(local.get ${ty})"),
                "constant" => constant(ty).to_string(),
                _ => format!("(call $three_{ty})"),
            });
            if params.len() == 2 { format!("{a} {b}") } else { a }
        };
        for first in ["local", "constant", "call"] {
            for last in ["local", "constant", "call"] {
                all.push(format!("(local.set ${result} ({name} {}))", operands(first, last)));
                all.push(format!("(drop ({name} {}))", operands(first, last)));
                if result == "i" {
                    all.push(format!("(if ({name} {}) (then (local.set $l (i64.const 3))))", operands(first, last)));
                }
            }
        }
    }
    for (memory, address) in ADDRESSES {
        for (is_load, ty, name) in accesses() {
            let Some(ty) = letter(ty) else { continue };
            if is_load {
                all.push(format!("(local.set ${ty} ({name} {memory} {address}))"));
                continue;
            }
            let value = format!("{}.add (local.get ${ty}) {}", &name[..3], constant(ty));
            for value in [format!("(local.get ${ty})"), constant(ty).to_string(), format!("({value})")] {
                all.push(format!("({name} {memory} {address} {value})"));
            }
        }
    }
    all
}

/// Returns the names of the operators with these operands, this result, and no immediates.
fn named(operands: &'static [Operand], result: Operand) -> impl Iterator<Item = &'static str> {
    let wanted = move |row: &'static Row| takes(row) == operands && row.types().leaves == [result, Operand::None];
    plain(false).filter(move |(_, row)| wanted(row)).map(|(operator, _)| operator.name())
}

/// More snippets with vectors; `$v` and `$w` are locals.
const VECTOR_OTHERS: &[&str] = &[
    "(local.set $v (call $same_v (local.get $v)))",
    "(local.set $v (select (local.get $v) (local.get $w) (local.get $zero)))",
    "(global.set $gv (local.get $v)) (local.set $v (global.get $gv))",
    "(local.set $v (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $v) (local.get $w)))",
    "(local.set $v (i8x16.shuffle 0 31 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $v) (call $three_v)))",
    "(local.set $v (i8x16.shuffle 3 0 1 2 7 4 5 6 11 8 9 10 15 12 13 14 (v128.xor (local.get $v) (local.get $w)) (local.get $v)))",
    "(local.set $v (v128.or (i32x4.shl (local.get $v) (i32.const 7)) (i32x4.shr_u (local.get $v) (i32.const 25))))",
    "(local.set $v (i32x4.add (i32x4.add (local.get $v) (local.get $w)) (local.get $v)))",
    "(local.set $v (f32x4.add (f32x4.mul (local.get $v) (local.get $w)) (local.get $v)))",
    "(if (v128.any_true (local.get $v)) (then (local.set $l (i64.const 3))))",
    "(if (i32.eqz (i8x16.all_true (i8x16.eq (local.get $v) (local.get $w)))) (then (local.set $l (i64.const 3))))",
    "(local.set $v (i8x16.splat (local.get $i))) (local.set $w (i16x8.splat (i32.add (local.get $i) (local.get $n))))",
    "(local.set $v (i32x4.splat (local.get $i))) (local.set $w (i64x2.splat (local.get $l)))",
    "(local.set $v (f32x4.splat (f32.add (local.get $f) (local.get $f)))) (local.set $w (f64x2.splat (local.get $d)))",
    "(local.set $i (i8x16.extract_lane_s 3 (local.get $v))) (local.set $i (i16x8.extract_lane_u 3 (local.get $v)))",
    "(local.set $i (i32x4.extract_lane 3 (local.get $v))) (local.set $l (i64x2.extract_lane 1 (local.get $v)))",
    "(local.set $f (f32x4.extract_lane 1 (call $three_v))) (local.set $d (f64x2.extract_lane 0 (local.get $v)))",
    "(local.set $v (i8x16.replace_lane 3 (call $three_v) (local.get $i))) (local.set $v (i16x8.replace_lane 3 (local.get $v) (local.get $i)))",
    "(local.set $v (f32x4.replace_lane 3 (local.get $v) (local.get $f))) (local.set $v (f64x2.replace_lane 1 (local.get $v) (local.get $d)))",
];
fn vector_snippets() -> Vec<String> {
    use Operand::{I32, V128};
    let operands = ["(local.get $v)", "(v128.const i32x4 1 2 3 4)", "(call $three_v)"];
    let mut all: Vec<String> = VECTOR_OTHERS.iter().map(|text| text.to_string()).collect();
    for a in operands {
        for name in named(&[V128], V128) {
            all.push(format!("(local.set $v ({name} {a}))"));
            all.push(format!("(drop ({name} {a}))"));
        }
        for name in named(&[V128], I32) {
            all.push(format!("(local.set $i ({name} {a}))"));
        }
        for name in named(&[V128, I32], V128) {
            for by in ["(local.get $i)", "(i32.const 3)"] {
                all.push(format!("(local.set $v (v128.not ({name} {a} {by})))"));
            }
        }
        for b in operands {
            for name in named(&[V128; 2], V128) {
                all.push(format!("(local.set $v ({name} {a} {b}))"));
                all.push(format!("(local.set $v (v128.not ({name} {a} {b})))"));
            }
            for name in named(&[V128; 3], V128) {
                all.push(format!("(local.set $v ({name} {a} (local.get $w) {b}))"));
            }
        }
    }
    for (memory, address) in ADDRESSES {
        for (_, _, load) in accesses().filter(|&(is_load, ty, _)| is_load && ty == V128) {
            all.push(format!("(local.set $v ({load} {memory} {address}))"));
            all.push(format!("(local.set $v (v128.not ({load} {memory} {address})))"));
        }
        for value in ["(local.get $v)", "(v128.const i32x4 1 2 3 4)", "(v128.not (local.get $v))"] {
            all.push(format!("(v128.store {memory} {address} {value})"));
            for (bits, lane) in [(8, 9), (16, 5), (32, 1), (64, 0), (64, 1)] {
                all.push(format!("(v128.store{bits}_lane {memory} {lane} {address} {value})"));
                all.push(format!("(local.set $v (v128.load{bits}_lane {memory} {lane} {address} {value}))"));
            }
        }
    }
    all
}

/// Returns the snippets with atomic operators, but for those that wait.
fn atomic_snippets() -> Vec<String> {
    let mut all = vec!["(atomic.fence)".to_string()];
    for &operator in Operator::ALL {
        let (row, name) = (operator.row(), operator.name());
        if row.immediates()[0].and_then(Immediate::atomic_align).is_none() {
            continue;
        }
        if name.contains("wait") {
            continue;
        }
        let locals: Option<Vec<_>> = takes(row)[1..].iter().map(|&operand| letter(operand)).collect();
        let locals: String = locals.unwrap().iter().map(|letter| format!(" (local.get ${letter})")).collect();
        for (memory, address) in [("offset=8", "(local.get $zero)"), ("$wide", "(i64.extend_i32_u (local.get $zero))")]
        {
            let text = format!("({name} {memory} {address}{locals})");
            all.push(match letter(row.types().leaves[0]) {
                Some(result) => format!("(local.set ${result} {text}) (drop {text})"),
                None => text,
            });
        }
    }
    all
}

/// Like [`modules`], for atomic instructions.
pub fn atomic_modules() -> Vec<(Vec<String>, String)> {
    modules_of(&atomic_snippets(), "", "")
}

/// Like [`modules`], for vector instructions.
pub fn vector_modules() -> Vec<(Vec<String>, String)> {
    let own = "(global $gv (mut v128) (v128.const i32x4 1 2 3 4))
        (func $same_v (param v128) (result v128) (local.get 0))
        (func $three_v (result v128) (i8x16.splat (i32.const 3)))";
    modules_of(&vector_snippets(), "(local $v v128) (local $w v128)", own)
}

/// Returns modules of 200 snippets each, with the snippets' texts. A snippet is an exported function, named by its
/// number. The function runs it five times, and calls `m.mark` after each time. All call `m.tail` from several
/// instructions.
pub fn modules() -> Vec<(Vec<String>, String)> {
    modules_of(&snippets(), "", "")
}

fn modules_of(snippets: &[String], locals: &str, own: &str) -> Vec<(Vec<String>, String)> {
    let module = |part: &[String]| {
        let mut funcs = String::new();
        for (i, snippet) in part.iter().enumerate() {
            // Resets the locals, so that nothing traps.
            let _ = write!(
                funcs,
                "(func (export \"{i}\") (local $n i32) (local $i i32) (local $l i64) (local $f f32) (local $d f64)
                    (local $zero i32) (local $three i32) {locals}
                    (loop $again
                        (local.set $i (i32.const 3)) (local.set $l (i64.const 3)) (local.set $f (f32.const 3))
                        (local.set $d (f64.const 3)) (local.set $zero (i32.const 0)) (local.set $three (i32.const 3))
                        {snippet}
                        (call $mark)
                        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5)))))"
            );
        }
        let text = format!(
            "(module
                (import \"m\" \"mark\" (func $mark)) (import \"m\" \"tail\" (func $host))
                (type $none (func))
                (memory 2) (memory $other 1) (memory $wide i64 1)
                (table funcref (elem $nothing $host)) (table $x 1 externref)
                (global $gi (mut i32) (i32.const 3)) (global $gl (mut i64) (i64.const 3))
                (data $seg \"x\") (elem $elem func $nothing)
                (func $nothing) (func $same (param i32) (result i32) (local.get 0))
                (func $three_i (result i32) (i32.const 3)) (func $three_l (result i64) (i64.const 3))
                (func $three_f (result f32) (f32.const 3)) (func $three_d (result f64) (f64.const 3))
                (func $tail (return_call $nothing)) (func $tail_host (return_call $host))
                (func $tail_indirect (return_call_indirect (type $none) (i32.const 0)))
                (func $tail_indirect_host (return_call_indirect (type $none) (i32.const 1)))
                (func $many (param i32 i64 f32 f64) (result i32 i64 f32 f64)
                    (local.get 0) (local.get 1) (local.get 2) (local.get 3))
                (func $zeros (local i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64)
                    (drop (i32.add (local.get 0) (local.get 12))) (drop (i64.add (local.get 1) (local.get 5))))
                {own} {funcs})"
        );
        (part.to_vec(), text)
    };
    snippets.chunks(200).map(module).collect()
}

/// Asserts that the native stack is as deep at the last mark as it was after the first round.
pub fn assert_level(marks: &[usize], snippet: &str) {
    // The host may be called by several instructions. Each of them is at the same place in each round.
    let (first, last) = (marks[marks.len() / 5 - 1], marks[marks.len() - 1]);
    assert_eq!(first, last, "{} bytes in 4 rounds: {snippet}", first.wrapping_sub(last));
}

/// Returns an address in the current native stack frame.
#[inline(never)]
pub fn here() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here).addr()
}
