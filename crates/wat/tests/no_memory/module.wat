;; Something of everything that the parser and the printer keep while they work.
(module $everything (@name "a name that is no identifier")
  (@custom "first" (before first) "some bytes\00\ff")
  (rec
    (type $list (struct (field $head i64) (field $tail (mut (ref null $tree)))))
    (type $tree (sub (array (mut (ref null $list))))))
  (type $pair (sub (struct (field $a (mut i32)) (field $b (mut (ref null any))))))
  (type $triple (sub final $pair (struct (field (mut i32)) (field (mut (ref null any))) (field v128))))
  (type $many (func (param i32 i64 f32 f64) (result i32 i64 f32 f64)))
  (type $named (func (param $x i32) (param $y i32) (result i32)))

  (import "host" "pass" (func $pass (param $value externref) (result externref)))
  (import "host" "function of a new type" (func (param i64 i64 i64 (ref null $tree))))
  (import "host" "memory" (memory $imported 1 2))
  (func $inline (export "inline") (export "again") (import "host" "inline") (type $named))

  (tag $thrown (export "thrown") (param i32 externref i64))
  (memory $memory (export "memory") (data "inline data" "in two parts \u{263a} \t\"\\\7f"))
  (memory $wide i64 1 1000)
  (table $table (export "table") funcref (elem $sum $inline $sum))
  (table $objects 3 (ref null any) (ref.i31 (i32.const 5)))
  (global $counter (export "counter") (mut i32) (i32.const 0))
  (global $float f64 (f64.const 1.000000000000000055511151231257827021181583404541015625000000000000000000000000000001))
  (global $hexadecimal f32 (f32.const -0x1.fffffefffffffffffffffffffffffffffffffffffffffffffffffffffffp-2))
  (global $object (ref null $pair) (struct.new $pair (i32.const 7) (ref.null any)))
  (elem $active (table $table) (i32.const 1) func $sum $legacy)
  (elem $passive funcref (ref.func $sum) (ref.null func) (item ref.func $sum))
  (elem declare func $blocks)
  (data $text (memory $memory) (i32.const 8) "some text")
  (data $late "more text")
  (export "sum" (func $sum))
  (export "a name with \"quotes\"" (memory $wide))
  (start $begin)

  (@"cus\74om" "quoted" "bytes")
  (func $begin (global.set $counter (i32.const 1)))

  (func $sum (type $named) (param $x i32) (param $y i32) (result i32) (local $z i32) (local i64 i64) (local $f f32)
    (i32.add (local.get $x) (i32.mul (local.get $y) (local.get $z))))

  (func $blocks (param $i i32) (result i32) (local $"a local" v128)
    (block $out (result i32)
      (block $in (param) (result i32)
        (loop $again (type $named) (param i32 i32) (result i32)
          (br_if $again (i32.const 0)))
        (@metadata.code.branch_hint "\00")
        (br_if $out (i32.const 1))
        (br_table $in $out $in $out (i32.const 1)))
      (block $in (param i32 i64 i64) (drop) (drop) (drop))
      (if $in (result i32) (local.get $i) (then (i32.const 1)) (else (br $in (i32.const 2)))))
    local.get $i
    if $"a label" (result i32 i32)
      i32.const 1
      i32.const 2
    else $"a label"
      i32.const 3
      i32.const 4
    end $"a label"
    call_indirect $table (type $named)
    select (result i32)
    (local.set $"a local" (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i32x4 1 2 3 4) (v128.const f32x4 1 2 3 nan)))
    (i32.load offset=8 align=2 (i32.const 1))
    (memory.init $memory $late (i32.const 0) (i32.const 0) (i32.const 4))
    (struct.get $list $tail (ref.null $list))
    (call_indirect $objects (param i64 f32 f64 v128) (result i32 i64) (i32.const 0)))

  (func $exceptions (result i32)
    (block $caught (result i32 externref i64)
      (try_table (catch $thrown $caught) (catch_all_ref 0)
        (throw $thrown (i32.const 1) (ref.null extern) (i64.const 3)))
      (unreachable))
    (drop) (drop))

  (func $legacy (try $t (do (nop)) (catch $thrown (drop) (drop) (drop) (rethrow $t)) (catch_all (nop)))
    (try (do) (delegate 0)))
  (@custom "last" "more bytes"))
