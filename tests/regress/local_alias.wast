;; A local that is read before it is written keeps its old value on the stack, although the translator avoids the copy.

(module
  (func (export "set_const") (param $x i32) (result i32)
    local.get $x
    i32.const 100
    local.set $x
    local.get $x
    i32.sub)

  (func (export "set_self_plus_one") (param $x i32) (result i32 i32)
    local.get $x
    local.get $x
    i32.const 1
    i32.add
    local.set $x
    local.get $x)

  (func (export "tee") (param $x i32) (result i32)
    local.get $x
    i32.const 7
    local.tee $x
    i32.sub
    local.get $x
    i32.mul)

  (func (export "tee_then_set") (param $x i32) (result i32)
    ;; the value left by tee is not the local
    local.get $x
    i32.const 3
    i32.mul
    local.tee $x
    i32.const 1000
    local.set $x
    local.get $x
    i32.sub)

  (func (export "swap") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    local.set $a
    local.set $b
    local.get $a
    i32.const 10
    i32.mul
    local.get $b
    i32.add)

  (func (export "rotate") (param $a i32) (param $b i32) (param $c i32) (result i32)
    local.get $a
    local.get $b
    local.get $c
    local.set $a
    local.set $c
    local.set $b
    ;; a = c, c = b, b = a
    local.get $a
    i32.const 10
    i32.mul
    local.get $b
    i32.add
    i32.const 10
    i32.mul
    local.get $c
    i32.add)

  (func (export "chain") (param $a i32) (param $b i32) (param $c i32) (result i32)
    ;; sequential copies, not parallel ones
    local.get $a
    local.set $b
    local.get $b
    local.set $c
    i32.const 9
    local.set $a
    local.get $a
    i32.const 10
    i32.mul
    local.get $b
    i32.add
    i32.const 10
    i32.mul
    local.get $c
    i32.add)

  (func (export "copy_then_change_source") (param $a i32) (result i32)
    (local $b i32)
    local.get $a
    local.set $b
    i32.const 50
    local.set $a
    local.get $b)

  (func (export "copy_then_change_source_pending") (param $a i32) (result i32)
    (local $b i32)
    local.get $a
    local.set $b
    local.get $b
    i32.const 50
    local.set $a
    local.get $a
    i32.add)

  (func (export "many_pending") (param $x i32) (result i32)
    local.get $x
    local.get $x
    local.get $x
    i32.const 2
    local.set $x
    local.get $x
    i32.const 3
    local.set $x
    local.get $x
    ;; x x x 2 3
    i32.mul
    i32.add
    i32.mul
    i32.sub)

  (func (export "deep_pending") (param $x i32) (param $y i32) (result i32)
    local.get $x
    local.get $y
    i32.const 1
    i32.add
    i32.const 5
    i32.const 0
    local.set $x
    i32.sub
    i32.mul)

  (func (export "self_set") (param $x i32) (result i32)
    local.get $x
    local.get $x
    local.set $x
    local.get $x
    i32.add)

  (func (export "self_tee") (param $x i32) (result i32)
    local.get $x
    local.get $x
    local.tee $x
    i32.add
    local.tee $x
    local.get $x
    i32.add)

  (func (export "tree_reads_written_local") (param $a i32) (param $b i32) (result i32)
    ;; (a < b), then a changes, then the comparison is used
    local.get $a
    local.get $b
    i32.lt_s
    i32.const 100
    local.set $a
    local.get $a
    i32.add)

  (func (export "tree_of_two_reads_written_local") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add
    local.get $a
    i32.mul
    i32.const 1
    local.set $a
    i32.const 2
    local.set $b
    local.get $a
    local.get $b
    i32.add
    i32.sub)

  (func (export "compare_then_write_then_branch") (param $a i32) (param $b i32) (result i32)
    block
      local.get $a
      local.get $b
      i32.lt_s
      i32.const 1000
      local.set $a
      br_if 0
      local.get $a
      return
    end
    local.get $a
    i32.const 1
    i32.add)

  (func (export "compare_tee_branch") (param $a i32) (param $b i32) (result i32)
    (local $c i32)
    block
      local.get $a
      local.get $b
      i32.lt_s
      local.tee $c
      br_if 0
      local.get $c
      i32.const 10
      i32.add
      return
    end
    local.get $c
    i32.const 20
    i32.add)

  (func (export "compare_with_tee_operand") (param $a i32) (result i32)
    ;; a, then a := a * 2, compared
    local.get $a
    local.get $a
    i32.const 2
    i32.mul
    local.tee $a
    i32.lt_s
    local.get $a
    i32.add)

  (func (export "dst_is_operand") (param $a i32) (param $b i32) (result i32)
    ;; the result goes to the slot of an operand that is still needed
    local.get $b
    local.get $a
    local.get $b
    i32.sub
    local.set $b
    local.get $b
    i32.mul
    local.get $b
    i32.add)

  (func (export "two_sets_of_trees") (param $a i32) (param $b i32) (result i32)
    ;; (a, b) = (a + b, a - b)
    local.get $a
    local.get $b
    i32.add
    local.get $a
    local.get $b
    i32.sub
    local.set $b
    local.set $a
    local.get $a
    i32.const 1000
    i32.mul
    local.get $b
    i32.add)

  (func (export "tee_same_twice") (param $x i32) (result i32)
    local.get $x
    i32.const 1
    i32.add
    local.tee $x
    local.tee $x
    local.get $x
    i32.mul)

  (func (export "tee_two_locals") (param $x i32) (result i32)
    (local $y i32)
    local.get $x
    i32.const 1
    i32.add
    local.tee $x
    local.tee $y
    i32.const 0
    local.set $x
    local.get $y
    i32.add
    local.get $x
    i32.add)

  (func (export "set_what_was_dropped") (param $x i32) (result i32)
    local.get $x
    i32.const 1
    i32.add
    drop
    local.get $x
    local.set $x
    local.get $x)

  (func (export "select_then_set") (param $a i32) (param $b i32) (param $c i32) (result i32)
    local.get $a
    local.get $b
    local.get $c
    select
    i32.const 0
    local.set $a
    i32.const 0
    local.set $b
    i32.const 0
    local.set $c)

  (func (export "select_into_operand") (param $a i32) (param $b i32) (param $c i32) (result i32)
    local.get $a
    local.get $a
    local.get $b
    local.get $c
    select
    local.set $a
    local.get $a
    i32.const 100
    i32.mul
    i32.add)

  (func (export "select_of_compare_then_set") (param $a i32) (param $b i32) (result i32)
    ;; max, with the comparison's operands changed in between
    local.get $a
    local.get $b
    local.get $a
    local.get $b
    i32.gt_s
    i32.const -1
    local.set $a
    i32.const -2
    local.set $b
    select
    local.get $a
    i32.add)

  (func (export "i64_pending") (param $x i64) (result i64)
    local.get $x
    local.get $x
    i64.const 0x123456789abc
    local.set $x
    i64.mul
    local.get $x
    i64.add)

  (func (export "f64_pending") (param $x f64) (result f64)
    local.get $x
    f64.const 0.5
    local.set $x
    local.get $x
    f64.div)

  (func (export "f32_swap") (param $x f32) (param $y f32) (result f32)
    local.get $x
    local.get $y
    local.set $x
    local.set $y
    local.get $x
    local.get $y
    f32.sub)

  (func (export "conversion_pending") (param $x i32) (result i64)
    local.get $x
    i64.extend_i32_s
    i32.const 5
    local.set $x
    local.get $x
    i64.extend_i32_s
    i64.add)

  (func (export "eqz_pending") (param $x i32) (result i32)
    local.get $x
    i32.eqz
    i32.const 5
    local.set $x
    local.get $x
    i32.add)

  (func (export "nop_between") (param $x i32) (result i32)
    local.get $x
    i32.const 4
    i32.add
    nop
    local.set $x
    local.get $x
    nop
    i32.const 1
    nop
    local.set $x
    local.get $x
    i32.sub))

(assert_return (invoke "set_const" (i32.const 5)) (i32.const -95))
(assert_return (invoke "set_self_plus_one" (i32.const 5)) (i32.const 5) (i32.const 6))
(assert_return (invoke "tee" (i32.const 10)) (i32.const 21))
(assert_return (invoke "tee_then_set" (i32.const 10)) (i32.const -970))
(assert_return (invoke "swap" (i32.const 3) (i32.const 4)) (i32.const 43))
(assert_return (invoke "rotate" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 312))
(assert_return (invoke "chain" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 911))
(assert_return (invoke "copy_then_change_source" (i32.const 11)) (i32.const 11))
(assert_return (invoke "copy_then_change_source_pending" (i32.const 11)) (i32.const 61))
(assert_return (invoke "many_pending" (i32.const 10)) (i32.const -150))
(assert_return (invoke "deep_pending" (i32.const 3) (i32.const 10)) (i32.const 18))
(assert_return (invoke "self_set" (i32.const 8)) (i32.const 16))
(assert_return (invoke "self_tee" (i32.const 8)) (i32.const 32))
(assert_return (invoke "tree_reads_written_local" (i32.const 1) (i32.const 2)) (i32.const 101))
(assert_return (invoke "tree_reads_written_local" (i32.const 3) (i32.const 2)) (i32.const 100))
(assert_return (invoke "tree_of_two_reads_written_local" (i32.const 5) (i32.const 6)) (i32.const 52))
(assert_return (invoke "compare_then_write_then_branch" (i32.const 1) (i32.const 2)) (i32.const 1001))
(assert_return (invoke "compare_then_write_then_branch" (i32.const 2) (i32.const 1)) (i32.const 1000))
(assert_return (invoke "compare_tee_branch" (i32.const 1) (i32.const 2)) (i32.const 21))
(assert_return (invoke "compare_tee_branch" (i32.const 2) (i32.const 1)) (i32.const 10))
(assert_return (invoke "compare_with_tee_operand" (i32.const 4)) (i32.const 9))
(assert_return (invoke "compare_with_tee_operand" (i32.const -4)) (i32.const -8))
(assert_return (invoke "dst_is_operand" (i32.const 10) (i32.const 3)) (i32.const 28))
(assert_return (invoke "two_sets_of_trees" (i32.const 5) (i32.const 3)) (i32.const 8002))
(assert_return (invoke "tee_same_twice" (i32.const 4)) (i32.const 25))
(assert_return (invoke "tee_two_locals" (i32.const 4)) (i32.const 10))
(assert_return (invoke "set_what_was_dropped" (i32.const 4)) (i32.const 4))
(assert_return (invoke "select_then_set" (i32.const 4) (i32.const 5) (i32.const 1)) (i32.const 4))
(assert_return (invoke "select_then_set" (i32.const 4) (i32.const 5) (i32.const 0)) (i32.const 5))
(assert_return (invoke "select_into_operand" (i32.const 4) (i32.const 5) (i32.const 0)) (i32.const 504))
(assert_return (invoke "select_into_operand" (i32.const 4) (i32.const 5) (i32.const 1)) (i32.const 404))
(assert_return (invoke "select_of_compare_then_set" (i32.const 4) (i32.const 5)) (i32.const 4))
(assert_return (invoke "select_of_compare_then_set" (i32.const 9) (i32.const 5)) (i32.const 8))
(assert_return (invoke "i64_pending" (i64.const 3)) (i64.const 0x123456789ac5))
(assert_return (invoke "f64_pending" (f64.const 3)) (f64.const 6))
(assert_return (invoke "f32_swap" (f32.const 3) (f32.const 10)) (f32.const 7))
(assert_return (invoke "conversion_pending" (i32.const -3)) (i64.const 2))
(assert_return (invoke "eqz_pending" (i32.const 0)) (i32.const 6))
(assert_return (invoke "nop_between" (i32.const 1)) (i32.const 4))
