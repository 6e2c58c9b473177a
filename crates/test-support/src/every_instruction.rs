//! Modules in which every instruction runs some times over, for the tests of how the native stack is used.

use std::fmt::Write;

/// Instructions that leave the operand stack as it was. `$i`, `$l`, `$f` and `$d` are locals of each type, `$n` counts.
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

/// Numeric instructions by the types of their operands and results.
const NUMERIC: &[(&str, &str, &str)] = &[
    ("i", "i", "i32.clz i32.ctz i32.popcnt i32.eqz i32.extend8_s i32.extend16_s"),
    (
        "ii",
        "i",
        "i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u",
    ),
    ("l", "l", "i64.clz i64.ctz i64.popcnt i64.extend8_s i64.extend16_s i64.extend32_s"),
    (
        "ll",
        "l",
        "i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr",
    ),
    ("ll", "i", "i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u"),
    ("ff", "f", "f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign"),
    ("f", "f", "f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt"),
    ("ff", "i", "f32.eq f32.ne f32.lt f32.gt f32.le f32.ge"),
    ("dd", "d", "f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign"),
    ("d", "d", "f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt"),
    ("dd", "i", "f64.eq f64.ne f64.lt f64.gt f64.le f64.ge"),
    ("l", "i", "i32.wrap_i64 i64.eqz"),
    ("f", "i", "i32.trunc_f32_s i32.trunc_f32_u i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.reinterpret_f32"),
    ("d", "i", "i32.trunc_f64_s i32.trunc_f64_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u"),
    ("i", "l", "i64.extend_i32_s i64.extend_i32_u"),
    ("f", "l", "i64.trunc_f32_s i64.trunc_f32_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u"),
    ("d", "l", "i64.trunc_f64_s i64.trunc_f64_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u i64.reinterpret_f64"),
    ("i", "f", "f32.convert_i32_s f32.convert_i32_u f32.reinterpret_i32"),
    ("l", "f", "f32.convert_i64_s f32.convert_i64_u"),
    ("d", "f", "f32.demote_f64"),
    ("i", "d", "f64.convert_i32_s f64.convert_i32_u"),
    ("l", "d", "f64.convert_i64_s f64.convert_i64_u f64.reinterpret_i64"),
    ("f", "d", "f64.promote_f32"),
];

/// Loads and stores by type.
const MEMORY: &[(&str, &str, &str)] = &[
    ("i", "i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u", "i32.store i32.store8 i32.store16"),
    (
        "l",
        "i64.load i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u",
        "i64.store i64.store8 i64.store16 i64.store32",
    ),
    ("f", "f32.load", "f32.store"),
    ("d", "f64.load", "f64.store"),
];

/// Memories with offsets, and addresses.
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

/// Constants that keep values in the range of everything.
fn constant(ty: &str) -> &'static str {
    match ty {
        "i" => "(i32.const 3)",
        "l" => "(i64.const 3)",
        "f" => "(f32.const 3)",
        _ => "(f64.const 3)",
    }
}

/// Stretches of code, each around one instruction in one choice of operands.
fn snippets() -> Vec<String> {
    let mut all: Vec<String> = OTHERS.iter().map(|text| text.to_string()).collect();
    for (params, result, names) in NUMERIC {
        for name in names.split(' ') {
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
                    if *result == "i" {
                        all.push(format!(
                            "(if ({name} {}) (then (local.set $l (i64.const 3))))",
                            operands(first, last)
                        ));
                    }
                }
            }
        }
    }
    for (ty, loads, stores) in MEMORY {
        for (memory, address) in ADDRESSES {
            for load in loads.split(' ') {
                all.push(format!("(local.set ${ty} ({load} {memory} {address}))"));
            }
            for store in stores.split(' ') {
                let value = format!("{}.add (local.get ${ty}) {}", &store[..3], constant(ty));
                for value in [format!("(local.get ${ty})"), constant(ty).to_string(), format!("({value})")] {
                    all.push(format!("({store} {memory} {address} {value})"));
                }
            }
        }
    }
    all
}

/// Vector instructions by their operands: two vectors, one, three, a vector and a number, and one with a scalar result.
const VECTORS_TWO: &str = "\
    i8x16.swizzle i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u i8x16.le_s \
    i8x16.le_u i8x16.ge_s i8x16.ge_u i16x8.eq i16x8.ne i16x8.lt_s i16x8.lt_u i16x8.gt_s i16x8.gt_u i16x8.le_s \
    i16x8.le_u i16x8.ge_s i16x8.ge_u i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s \
    i32x4.le_u i32x4.ge_s i32x4.ge_u i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s f32x4.eq \
    f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge v128.and \
    v128.andnot v128.or v128.xor i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u i8x16.add i8x16.add_sat_s \
    i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u \
    i8x16.avgr_u i16x8.q15mulr_sat_s i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u i16x8.add i16x8.add_sat_s \
    i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s \
    i16x8.max_u i16x8.avgr_u i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u \
    i16x8.extmul_high_i8x16_u i32x4.add i32x4.sub i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u \
    i32x4.dot_i16x8_s i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u \
    i32x4.extmul_high_i16x8_u i64x2.add i64x2.sub i64x2.mul i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s \
    i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max \
    f32x4.pmin f32x4.pmax f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax \
    i8x16.relaxed_swizzle f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max \
    i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s";
const VECTORS_ONE: &str = "\
    v128.not i8x16.abs i8x16.neg i8x16.popcnt i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u \
    i16x8.abs i16x8.neg i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u \
    i16x8.extend_high_i8x16_u i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u i32x4.abs i32x4.neg \
    i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u \
    i64x2.abs i64x2.neg i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u \
    i64x2.extend_high_i32x4_u f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest f32x4.abs f32x4.neg f32x4.sqrt \
    f64x2.ceil f64x2.floor f64x2.trunc f64x2.nearest f64x2.abs f64x2.neg f64x2.sqrt i32x4.trunc_sat_f32x4_s \
    i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero \
    i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u f32x4.demote_f64x2_zero \
    f64x2.promote_low_f32x4 i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u \
    i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero";
const VECTORS_THREE: &str = "\
    v128.bitselect f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd \
    i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect \
    i32x4.relaxed_dot_i8x16_i7x16_add_s";
const VECTORS_SHIFTED: &str = "\
    i8x16.shl i8x16.shr_s i8x16.shr_u i16x8.shl i16x8.shr_s i16x8.shr_u i32x4.shl i32x4.shr_s i32x4.shr_u \
    i64x2.shl i64x2.shr_s i64x2.shr_u";
const VECTORS_TESTED: &str = "\
    v128.any_true i8x16.all_true i8x16.bitmask i16x8.all_true i16x8.bitmask i32x4.all_true i32x4.bitmask \
    i64x2.all_true i64x2.bitmask";
/// Other stretches of code with vectors; `$v` and `$w` are locals.
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
/// Loads and stores of vectors; lanes have a number of their own.
const VECTOR_LOADS: &str = "v128.load v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u v128.load32x2_s v128.load32x2_u \
    v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat v128.load32_zero v128.load64_zero";

fn vector_snippets() -> Vec<String> {
    let operands = ["(local.get $v)", "(v128.const i32x4 1 2 3 4)", "(call $three_v)"];
    let mut all: Vec<String> = VECTOR_OTHERS.iter().map(|text| text.to_string()).collect();
    for a in operands {
        for name in VECTORS_ONE.split(' ') {
            all.push(format!("(local.set $v ({name} {a}))"));
            all.push(format!("(drop ({name} {a}))"));
        }
        for name in VECTORS_TESTED.split(' ') {
            all.push(format!("(local.set $i ({name} {a}))"));
        }
        for name in VECTORS_SHIFTED.split(' ') {
            for by in ["(local.get $i)", "(i32.const 3)"] {
                all.push(format!("(local.set $v (v128.not ({name} {a} {by})))"));
            }
        }
        for b in operands {
            for name in VECTORS_TWO.split(' ') {
                all.push(format!("(local.set $v ({name} {a} {b}))"));
                all.push(format!("(local.set $v (v128.not ({name} {a} {b})))"));
            }
            for name in VECTORS_THREE.split(' ') {
                all.push(format!("(local.set $v ({name} {a} (local.get $w) {b}))"));
            }
        }
    }
    for (memory, address) in ADDRESSES {
        for load in VECTOR_LOADS.split(' ') {
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

/// As [`modules`], of vectors.
pub fn vector_modules() -> Vec<(Vec<String>, String)> {
    let own = "(global $gv (mut v128) (v128.const i32x4 1 2 3 4))
        (func $same_v (param v128) (result v128) (local.get 0))
        (func $three_v (result v128) (i8x16.splat (i32.const 3)))";
    modules_of(&vector_snippets(), "(local $v v128) (local $w v128)", own)
}

/// Modules with 200 of the stretches each, in exported functions named by numbers. Each runs its own five times, and after each
/// time `m.mark`; all call `m.tail` from several instructions.
pub fn modules() -> Vec<(Vec<String>, String)> {
    modules_of(&snippets(), "", "")
}

fn modules_of(snippets: &[String], locals: &str, own: &str) -> Vec<(Vec<String>, String)> {
    let module = |part: &[String]| {
        let mut funcs = String::new();
        for (i, snippet) in part.iter().enumerate() {
            // What happened to locals is undone, so that nothing traps.
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

/// Asserts that the native stack was as deep at the last mark as at the last of the first time around.
pub fn assert_level(marks: &[usize], snippet: &str) {
    // The host may be called from several instructions, but from each at the same place.
    let (first, last) = (marks[marks.len() / 5 - 1], marks[marks.len() - 1]);
    assert_eq!(first, last, "{} bytes in 4 rounds: {snippet}", first.wrapping_sub(last));
}

/// Where the native stack is.
#[inline(never)]
pub fn here() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here).addr()
}
