;; The translator retracts the addition that makes an address, although the instruction that makes the stored value
;; follows it. That instruction must write an accumulator and nothing else.

;; A loop's step is a branch, whose position must not change.
(module (memory 1)
  (func (export "loop") (param $a i32) (param $x i32)
    (loop $l
      local.get $a  i32.const 4  i32.add
      local.get $x  i32.const -1  i32.add  local.tee $x
      br_if $l
      local.get $x  i32.store))
  (func (export "block") (param $a i32) (param $c i32) (param $x i32)
    (block $b
      local.get $a  local.get $c  i32.add
      local.get $x  i32.const -1  i32.add  local.tee $x
      br_if $b
      local.get $x  i32.store
      (i32.store (i32.const 64) (i32.const 7))))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fill") (param i32 i32) (i32.store (local.get 0) (local.get 1))))
(invoke "fill" (i32.const 12) (i32.const 5))
(invoke "loop" (i32.const 8) (i32.const 3))
(assert_return (invoke "load" (i32.const 12)) (i32.const 0))
(invoke "fill" (i32.const 12) (i32.const 5))
(invoke "block" (i32.const 8) (i32.const 4) (i32.const 3))
(assert_return (invoke "load" (i32.const 12)) (i32.const 5))
(assert_return (invoke "load" (i32.const 64)) (i32.const 0))
(invoke "block" (i32.const 8) (i32.const 4) (i32.const 1))
(assert_return (invoke "load" (i32.const 12)) (i32.const 0))
(assert_return (invoke "load" (i32.const 64)) (i32.const 7))

;; A wide multiplication writes two slots, here those of the addition's operands.
(module (memory 1)
  (func (export "wide") (param $p i32) (param $x i64) (param $y i64) (param $f f32) (result f32)
    local.get $f  f32.const 1  f32.add  local.set $f
    local.get $p  i32.load
    local.get $p  i32.load offset=4
    local.get $p  i32.load  drop
    i32.add
    local.get $x  local.get $y  i64.mul_wide_u
    drop drop
    local.get $f  f32.store
    (f32.load (i32.const 30)))
  (data (i32.const 0) "\0a\00\00\00\14\00\00\00"))
(assert_return (invoke "wide" (i32.const 0) (i64.const 1000) (i64.const 3) (f32.const 1.5)) (f32.const 2.5))
