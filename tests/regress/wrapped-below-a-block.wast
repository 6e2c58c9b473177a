;; An i32.wrap_i64 below a block is done on every path through it, also on those that leave the block without a condition.

(module
  (global $g (mut i64) (i64.const 0x1_0000_0001))
  (tag $e)
  (table 3 funcref)
  (func $throws (throw $e))
  (elem declare func $throws)

  (func (export "br_on_null") (param $r funcref) (param $c i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b
      (drop (br_on_null $b (local.get $r)))
      (br_if $b (local.get $c)))
    (i64.extend_i32_u))

  (func (export "non-null") (param $c i32) (result i64)
    (call $br_on_non_null (ref.func $throws) (local.get $c)))

  (func $br_on_non_null (export "br_on_non_null") (param $r funcref) (param $c i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b (result funcref)
      (br_on_non_null $b (local.get $r))
      (br_if $b (ref.null func) (local.get $c)))
    (drop)
    (i64.extend_i32_u))

  (func (export "br_on_cast") (param $r anyref) (param $c i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b (result anyref)
      (br_on_cast $b anyref i31ref (local.get $r))
      (br_if $b (local.get $c)))
    (drop)
    (i64.extend_i32_u))

  (func (export "try_table") (param $c i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b
      (try_table (catch_all $b)
        (call $throws)
        (br_if $b (local.get $c))))
    (i64.extend_i32_u))

  (func (export "index") (param $r funcref) (param $c i32) (result funcref)
    (i32.wrap_i64 (global.get $g))
    (block $b
      (drop (br_on_null $b (local.get $r)))
      (br_if $b (local.get $c)))
    (table.get))

  (func (export "if") (param $r funcref) (param $c i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b
      (drop (br_on_null $b (local.get $r)))
      (if (local.get $c) (then (br $b)) (else (global.set $g (global.get $g)))))
    (i64.extend_i32_u))

  (func (export "loop") (param $r funcref) (param $n i32) (result i64)
    (i32.wrap_i64 (global.get $g))
    (block $b
      (loop $l
        (drop (br_on_null $b (local.get $r)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l (local.get $n))))
    (i64.extend_i32_u))
)

(assert_return (invoke "br_on_null" (ref.null func) (i32.const 0)) (i64.const 1))
(assert_return (invoke "br_on_non_null" (ref.null func) (i32.const 0)) (i64.const 1))
(assert_return (invoke "br_on_non_null" (ref.null func) (i32.const 1)) (i64.const 1))
(assert_return (invoke "non-null" (i32.const 0)) (i64.const 1))
(assert_return (invoke "br_on_cast" (ref.null any) (i32.const 0)) (i64.const 1))
(assert_return (invoke "try_table" (i32.const 0)) (i64.const 1))
(assert_return (invoke "index" (ref.null func) (i32.const 0)) (ref.null func))
(assert_return (invoke "if" (ref.null func) (i32.const 0)) (i64.const 1))
(assert_return (invoke "loop" (ref.null func) (i32.const 3)) (i64.const 1))
