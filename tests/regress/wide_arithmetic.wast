;; Instructions with two results, which are stored to locals in either order, over operands, or kept on the stack.

(module
  (func (export "add_into_operands") (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64 i64)
    local.get $a local.get $b local.get $c local.get $d
    i64.add128
    local.set $a
    local.set $b
    local.get $b
    local.get $a)
  (func (export "add_into_operands_straight") (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64 i64)
    local.get $a local.get $b local.get $c local.get $d
    i64.add128
    local.set $b
    local.set $a
    local.get $a
    local.get $b)
  (func (export "sub_pending") (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64)
    local.get $a
    local.get $a local.get $b local.get $c local.get $d
    i64.sub128
    i64.add
    i64.sub)
  (func (export "constants") (param $a i64) (param $b i64) (result i64 i64)
    local.get $a local.get $b i64.const -1 i64.const 0
    i64.add128)
  (func (export "constants_left") (param $a i64) (param $b i64) (result i64 i64)
    i64.const 0 i64.const 1 local.get $a local.get $b
    i64.sub128)
  (func (export "mul_u") (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u)
  (func (export "mul_s") (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_s)
  (func (export "square_into_operand") (param i64) (result i64)
    (local i64)
    local.get 0 local.get 0 i64.mul_wide_u
    local.set 0
    local.set 1
    local.get 0
    local.get 1
    i64.sub)
  (func (export "high_only") (param i64 i64) (result i64)
    (local i64)
    local.get 0 local.get 1 i64.mul_wide_s
    local.set 2
    drop
    local.get 2)
  (func (export "low_only") (param i64 i64) (result i64)
    local.get 0 local.get 1 i64.mul_wide_s
    drop)
  (func (export "chained") (param i64 i64) (result i64 i64)
    local.get 0 local.get 1 i64.mul_wide_u
    local.get 0 i64.const 0 i64.add128
    i64.const 1 i64.const 0 i64.sub128)
  (func (export "unwrapped_by_block") (param i64 i64) (result i64)
    block (result i64 i64)
      local.get 0 local.get 1 i64.mul_wide_u
      local.get 0
      i64.eqz
      br_if 0
    end
    i64.sub))

(assert_return (invoke "add_into_operands" (i64.const -1) (i64.const 2) (i64.const 1) (i64.const 3)) (i64.const 0) (i64.const 6))
(assert_return (invoke "add_into_operands_straight" (i64.const -1) (i64.const 2) (i64.const 1) (i64.const 3)) (i64.const 0) (i64.const 6))
(assert_return (invoke "sub_pending" (i64.const 0) (i64.const 5) (i64.const 1) (i64.const 2)) (i64.const -1))
(assert_return (invoke "constants" (i64.const 1) (i64.const 7)) (i64.const 0) (i64.const 8))
(assert_return (invoke "constants_left" (i64.const 1) (i64.const 0)) (i64.const -1) (i64.const 0))
(assert_return (invoke "mul_u" (i64.const -1) (i64.const -1)) (i64.const 1) (i64.const -2))
(assert_return (invoke "mul_s" (i64.const -1) (i64.const -1)) (i64.const 1) (i64.const 0))
(assert_return (invoke "square_into_operand" (i64.const 0x100000001)) (i64.const -0x200000000))
(assert_return (invoke "high_only" (i64.const -1) (i64.const 5)) (i64.const -1))
(assert_return (invoke "low_only" (i64.const -1) (i64.const 5)) (i64.const -5))
(assert_return (invoke "chained" (i64.const -1) (i64.const 2)) (i64.const -4) (i64.const 2))
(assert_return (invoke "unwrapped_by_block" (i64.const -1) (i64.const 2)) (i64.const -3))
