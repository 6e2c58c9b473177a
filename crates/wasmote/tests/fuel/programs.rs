//! The programs whose costs are recorded. Functions with a size are called with many sizes.

use std::fmt::Write;

/// The sizes, in bytes, elements or pages.
pub const SIZES: &[i32] =
    &[0, 1, 7, 8, 9, 63, 64, 65, 1000, 131_071, 131_072, 131_073, 1 << 20, (1 << 20) + 1, 3 << 20];

/// Functions with a size for memories and tables, by name.
pub const BULK: &str = r#"(module
    (memory $m 49 200) (memory $n 49) (memory $small 0 65536 (pagesize 1)) (memory $wide i64 49)
    (data $d "0123456789")
    (table $t 3200000 10000000 funcref) (table $u 3200000 externref) (table $grow 0 10000000 funcref)
    (elem $e func $f $f $f $f $f $f $f $f $f $f) (func $f)
    (func (export "memory.fill") (param i32) (memory.fill $m (i32.const 3) (i32.const 7) (local.get 0)))
    (func (export "memory.fill i64") (param i32)
        (memory.fill $wide (i64.const 3) (i32.const 7) (i64.extend_i32_u (local.get 0))))
    (func (export "memory.copy") (param i32) (memory.copy $m $m (i32.const 5) (i32.const 3) (local.get 0)))
    (func (export "memory.copy between") (param i32) (memory.copy $m $n (i32.const 5) (i32.const 3) (local.get 0)))
    (func (export "memory.init") (param i32)
        (memory.init $d (i32.const 5) (i32.const 0) (i32.and (local.get 0) (i32.const 7))))
    (func (export "memory.grow") (param i32) (drop (memory.grow $m (i32.and (local.get 0) (i32.const 15)))))
    (func (export "memory.grow by a byte") (param i32) (drop (memory.grow $small (i32.and (local.get 0) (i32.const 1023)))))
    (func (export "memory.grow too far") (param i32) (drop (memory.grow $m (i32.or (local.get 0) (i32.const -256)))))
    (func (export "table.fill") (param i32) (table.fill $t (i32.const 3) (ref.func $f) (local.get 0)))
    (func (export "table.copy") (param i32) (table.copy $t $t (i32.const 3) (i32.const 5) (local.get 0)))
    (func (export "table.init") (param i32)
        (table.init $t $e (i32.const 5) (i32.const 0) (i32.and (local.get 0) (i32.const 7))))
    (func (export "table.grow") (param i32) (drop (table.grow $grow (ref.func $f) (i32.and (local.get 0) (i32.const 0xfff)))))
    (func (export "table.grow too far") (param i32)
        (drop (table.grow $grow (ref.func $f) (i32.or (local.get 0) (i32.const -256))))))"#;

/// Functions with a size for arrays.
pub const ARRAYS: &str = r#"(module
    (type $a8 (array (mut i8))) (type $a16 (array (mut i16))) (type $a32 (array (mut i32))) (type $a64 (array (mut i64)))
    (type $ar (array (mut externref))) (type $af (array (mut funcref)))
    (global $b (ref $a8) (array.new_default $a8 (i32.const 3200000)))
    (global $l (ref $a64) (array.new_default $a64 (i32.const 3200000)))
    (global $r (ref $ar) (array.new_default $ar (i32.const 3200000)))
    (data $d "0123456789") (elem $e func $f $f $f $f $f $f $f $f $f $f) (func $f)
    (func (export "array.new i8") (param i32) (drop (array.new $a8 (i32.const 1) (local.get 0))))
    (func (export "array.new i16") (param i32) (drop (array.new $a16 (i32.const 1) (local.get 0))))
    (func (export "array.new i32") (param i32) (drop (array.new $a32 (i32.const 1) (local.get 0))))
    (func (export "array.new i64") (param i32) (drop (array.new $a64 (i64.const 1) (local.get 0))))
    (func (export "array.new ref") (param i32) (drop (array.new $ar (ref.null extern) (local.get 0))))
    (func (export "array.new_default i8") (param i32) (drop (array.new_default $a8 (local.get 0))))
    (func (export "array.new_default i64") (param i32) (drop (array.new_default $a64 (local.get 0))))
    (func (export "array.new_data") (param i32)
        (drop (array.new_data $a8 $d (i32.const 1) (i32.and (local.get 0) (i32.const 7)))))
    (func (export "array.new_elem") (param i32)
        (drop (array.new_elem $af $e (i32.const 1) (i32.and (local.get 0) (i32.const 7)))))
    (func (export "array.fill i8") (param i32) (array.fill $a8 (global.get $b) (i32.const 3) (i32.const 1) (local.get 0)))
    (func (export "array.fill i64") (param i32) (array.fill $a64 (global.get $l) (i32.const 3) (i64.const 1) (local.get 0)))
    (func (export "array.copy i8") (param i32)
        (array.copy $a8 $a8 (global.get $b) (i32.const 3) (global.get $b) (i32.const 1) (local.get 0)))
    (func (export "array.copy ref") (param i32)
        (array.copy $ar $ar (global.get $r) (i32.const 3) (global.get $r) (i32.const 1) (local.get 0)))
    (func (export "array.init_data") (param i32)
        (array.init_data $a8 $d (global.get $b) (i32.const 1) (i32.const 2) (i32.and (local.get 0) (i32.const 7))))
    (func (export "array.init_elem") (param i32)
        (array.init_elem $af $e (array.new_default $af (i32.const 20)) (i32.const 1) (i32.const 2)
            (i32.and (local.get 0) (i32.const 7)))))"#;

/// Returns functions that move many values at once, or set many locals to zero, by their number.
pub fn values() -> String {
    let mut text = String::from("(module ");
    for n in [0, 1, 7, 8, 9, 15, 16, 17, 100, 999] {
        let (types, zeros) = ("i32 ".repeat(n), "(i32.const 0) ".repeat(n));
        let (drops, sets) = ("(drop)".repeat(n), "(local.get 0) ".repeat(n));
        let results = format!("(result {types})");
        let _ = write!(
            text,
            r#"(type $s{n} (func (param {types})))
            (func $give{n} {results} {zeros})
            (func $take{n} (type $s{n}))
            (func (export "locals {n}") (local {types}))
            (func (export "end {n}") (call $give{n}) {drops})
            (func (export "return {n}") (call $return{n}) {drops})
            (func $return{n} {results} (return (call $give{n})))
            (func (export "return_call {n}") (return_call $take{n} (call $give{n})))
            (func (export "br {n}") (block {results} (br 0 (call $give{n}))) {drops})
            (func (export "br_if {n}") (param i32) (block {results} (br_if 0 (call $give{n}) (local.get 0))) {drops})
            (func (export "br_table {n}") (param i32) (block {results} (br_table 0 0 (call $give{n}) (local.get 0))) {drops})
            (func (export "loop {n}") (param i32) (call $give{n})
                (loop (param {types}) {drops} (call $give{n}) (br_if 0 (local.tee 0 (i32.eqz (local.get 0)))) {drops}))
            (func (export "call {n}") (param i32) (call $take{n} {sets}))
            "#
        );
    }
    text.push(')');
    text
}

/// Returns functions on objects and exceptions.
pub fn objects() -> String {
    let mut text = String::from("(module (type $array (array (mut i32))) (tag $x) ");
    for n in [0, 1, 7, 8, 9, 16, 100, 999] {
        let (types, zeros, drops) = ("i32 ".repeat(n), "(i32.const 0) ".repeat(n), "(drop)".repeat(n));
        let _ = write!(
            text,
            r#"(type $s{n} (struct {})) (tag $t{n} (param {types}))
            (func (export "struct.new {n}") (drop (struct.new $s{n} {zeros})))
            (func (export "struct.new_default {n}") (drop (struct.new_default $s{n})))
            (func (export "array.new_fixed {n}") (drop (array.new_fixed $array {n} {zeros})))
            (func (export "throw {n}") (block $h (result {types}) (try_table (catch $t{n} $h) (throw $t{n} {zeros})) (unreachable)) {drops})
            (func (export "passed by {n}") (block $h (try_table (catch_all $h) (block $o (try_table {} (throw $x)) (unreachable)))))
            "#,
            "(field i32) ".repeat(n),
            "(catch $t0 $o) ".repeat(n),
        );
    }
    // One function for each of the others.
    text.push_str(
        r#"(type $p (struct (field $x (mut i32)) (field $y (mut i8)))) (type $f (func)) (func $nothing (type $f)) (elem declare func $nothing)
        (func (export "objects") (local $p (ref null $p)) (local $a (ref null $array))
            (local.set $p (struct.new $p (i32.const 1) (i32.const 2))) (local.set $a (array.new_default $array (i32.const 3)))
            (struct.set $p $x (local.get $p) (struct.get $p $x (local.get $p)))
            (struct.set $p $y (local.get $p) (i32.add (struct.get_s $p $y (local.get $p)) (struct.get_u $p $y (local.get $p))))
            (array.set $array (local.get $a) (i32.const 1) (array.get $array (local.get $a) (i32.const 2)))
            (drop (array.len (local.get $a)))
            (drop (i31.get_s (ref.i31 (i32.const 5)))) (drop (i31.get_u (ref.i31 (i32.const 5))))
            (drop (ref.test (ref $p) (local.get $p))) (drop (ref.cast (ref $p) (local.get $p)))
            (drop (ref.eq (local.get $p) (local.get $a)))
            (drop (block (result anyref) (br_on_cast 0 anyref (ref $p) (local.get $p))))
            (drop (block (result anyref) (br_on_cast_fail 0 anyref (ref $p) (local.get $p))))
            (drop (any.convert_extern (extern.convert_any (local.get $p))))
            (block (drop (br_on_null 0 (local.get $p))))
            (drop (block (result (ref $p)) (br_on_non_null 0 (local.get $p)) (unreachable)))
            (drop (ref.as_non_null (local.get $p)))
            (call_ref $f (ref.func $nothing)) (call $tail))
        (func $tail (return_call_ref $f (ref.func $nothing)))
        (func (export "throw_ref") (block $all (result exnref) (try_table (catch_all_ref $all) (throw $t1 (i32.const 1))) (unreachable))
            (drop))
        (func (export "rethrown") (block $h (try_table (catch_all $h)
            (throw_ref (block $all (result exnref) (try_table (catch_all_ref $all) (throw $t0)) (unreachable)))))))"#,
    );
    text
}
