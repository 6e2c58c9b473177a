//! A module that runs every instruction on references, exceptions and objects.

use std::fmt::Write;

/// Snippets with instructions on references, exceptions and objects. `$s`, `$a` and so on are locals.
pub const SNIPPETS: &[&str] = &[
    "(local.set $s (struct.new $t (i32.const 1) (i32.const 2) (i32.const 3) (i64.const 4) (f32.const 5) (f64.const 6) (local.get $s)))",
    "(local.set $s (struct.new_default $t))",
    "(struct.set $t 0 (local.get $s) (struct.get_s $t 0 (local.get $s)))",
    "(struct.set $t 0 (local.get $s) (struct.get_u $t 0 (local.get $s)))",
    "(struct.set $t 1 (local.get $s) (struct.get_s $t 1 (local.get $s)))",
    "(struct.set $t 1 (local.get $s) (struct.get_u $t 1 (local.get $s)))",
    "(struct.set $t 2 (local.get $s) (struct.get $t 2 (local.get $s)))",
    "(struct.set $t 3 (local.get $s) (struct.get $t 3 (local.get $s)))",
    "(struct.set $t 4 (local.get $s) (struct.get $t 4 (local.get $s)))",
    "(struct.set $t 5 (local.get $s) (struct.get $t 5 (local.get $s)))",
    "(struct.set $t 6 (local.get $s) (struct.get $t 6 (local.get $s)))",
    "(local.set $a (array.new $b (i32.const 1) (i32.const 20)))",
    "(local.set $a (array.new_default $b (i32.const 20)))",
    "(local.set $a (array.new_fixed $b 2 (i32.const 1) (i32.const 20)))",
    "(local.set $a (array.new_data $b $data (i32.const 0) (i32.const 4)))",
    "(local.set $f (array.new_elem $fs $elem (i32.const 0) (i32.const 2)))",
    "(array.set $b (local.get $a) (i32.const 1) (array.get_u $b (local.get $a) (i32.const 2)))",
    "(array.set $b (local.get $a) (i32.const 1) (array.get_s $b (local.get $a) (i32.const 2)))",
    "(array.set $h (local.get $c) (i32.const 1) (array.get_u $h (local.get $c) (i32.const 2)))",
    "(array.set $h (local.get $c) (i32.const 1) (array.get_s $h (local.get $c) (i32.const 2)))",
    "(array.set $l (local.get $d) (i32.const 1) (array.get $l (local.get $d) (i32.const 2)))",
    "(array.set $fs (local.get $f) (i32.const 1) (array.get $fs (local.get $f) (i32.const 0)))",
    "(drop (array.len (local.get $a)))",
    "(array.fill $b (local.get $a) (i32.const 0) (i32.const 1) (i32.const 4))",
    "(array.copy $b $b (local.get $a) (i32.const 0) (local.get $a) (i32.const 1) (i32.const 3))",
    "(array.init_data $b $data (local.get $a) (i32.const 0) (i32.const 0) (i32.const 4))",
    "(array.init_elem $fs $elem (local.get $f) (i32.const 0) (i32.const 0) (i32.const 2))",
    "(local.set $x (ref.i31 (local.get $n)))",
    "(drop (i31.get_s (ref.i31 (local.get $n)))) (drop (i31.get_u (ref.i31 (local.get $n))))",
    "(drop (ref.eq (local.get $s) (local.get $a)))",
    "(drop (ref.test (ref $t) (local.get $x)))",
    "(drop (ref.test (ref null $sub) (local.get $s)))",
    "(drop (ref.test (ref struct) (local.get $x)))",
    "(drop (ref.test (ref $thrower) (ref.func $nothing)))",
    "(local.set $s (ref.cast (ref $t) (local.get $s)))",
    "(local.set $x (local.get $s)) (drop (ref.cast (ref struct) (local.get $x)))",
    "(drop (ref.cast (ref $t) (struct.new_default $sub)))",
    "(block (result anyref) (br_on_cast 0 anyref (ref $t) (local.get $s))) (drop)",
    "(block (result anyref) (br_on_cast 0 anyref (ref array) (local.get $s))) (drop)",
    "(block (result anyref) (br_on_cast_fail 0 anyref (ref $t) (local.get $s))) (drop)",
    "(drop (extern.convert_any (local.get $s)))",
    "(call_ref $none (ref.func $nothing))",
    "(call $tail)",
    "(block (drop (br_on_null 0 (local.get $s))))",
    "(block (result (ref $t)) (br_on_non_null 0 (local.get $s)) (unreachable)) (drop)",
    "(drop (ref.as_non_null (local.get $s)))",
    "(call_indirect (type $open) (i32.const 0))",
    "(block $c (try_table (catch_all $c) (throw $e (i32.const 1))))",
    "(block $c (try_table (catch_all $c) (call $throw)))",
    "(block $c (result exnref) (try_table (catch_all_ref $c) (call $throw)) (unreachable)) (local.set $exn)
        (block $c (try_table (catch_all $c) (throw_ref (local.get $exn))))",
    "(block $c (try_table (catch_all $c) (call $host_throws)))",
];

/// Returns a module with a function for each of [`SNIPPETS`], exported by its number. Each function runs its snippet
/// `times` times, and has these parameters. The module imports a tag `tag` and a function `throws` of `host`.
pub fn module(times: u32, params: &str) -> String {
    let mut text = String::from(
        r#"(module
        (type $none (func)) (type $thrower (func (param i32)))
        (type $open (sub (func))) (type $closed (sub final $open (func)))
        (type $t (sub (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64)) (field (mut f32))
            (field (mut f64)) (field (mut anyref)))))
        (type $sub (sub $t (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64)) (field (mut f32))
            (field (mut f64)) (field (mut anyref)))))
        (type $b (array (mut i8))) (type $h (array (mut i16))) (type $l (array (mut i64))) (type $fs (array (mut funcref)))
        (import "host" "tag" (tag $e (param i32))) (import "host" "throws" (func $host_throws))
        (table funcref (elem $of_subtype))
        (func $nothing (type $none)) (func $of_subtype (type $closed))
        (func $throw (throw $e (i32.const 2)))
        (func $tail (return_call_ref $none (ref.func $nothing)))
        (data $data "data") (elem $elem funcref (ref.func $nothing) (ref.func $tail))"#,
    );
    for (i, snippet) in SNIPPETS.iter().enumerate() {
        let _ = write!(
            text,
            r#"(func (export "{i}") {params} (local $n i32) (local $s (ref null $t)) (local $a (ref null $b))
                (local $c (ref null $h)) (local $d (ref null $l)) (local $f (ref null $fs)) (local $x anyref)
                (local $exn exnref)
                (local.set $s (struct.new_default $t)) (local.set $a (array.new_default $b (i32.const 20)))
                (local.set $c (array.new_default $h (i32.const 20))) (local.set $d (array.new_default $l (i32.const 20)))
                (local.set $f (array.new_default $fs (i32.const 20)))
                (loop $again {snippet}
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $n) (i32.const {times})))))"#
        );
    }
    text += ")";
    text
}
