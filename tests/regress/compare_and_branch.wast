;; Comparisons that are fused with a branch, a select or another comparison: with NaN, inverted, with constants on
;; either side, and with other uses of the result.

(module
  (func (export "f32_lt_if") (param f32 f32) (result i32)
    local.get 0
    local.get 1
    f32.lt
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f32_not_lt_if") (param f32 f32) (result i32)
    local.get 0
    local.get 1
    f32.lt
    i32.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f32_not_ge_br") (param f32 f32) (result i32)
    block
      local.get 0
      local.get 1
      f32.ge
      i32.eqz
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)
  (func (export "f64_le_br") (param f64 f64) (result i32)
    block
      local.get 0
      local.get 1
      f64.le
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)
  (func (export "f64_not_gt_br") (param f64 f64) (result i32)
    block
      local.get 0
      local.get 1
      f64.gt
      i32.eqz
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)
  (func (export "f64_not_not_gt_br") (param f64 f64) (result i32)
    block
      local.get 0
      local.get 1
      f64.gt
      i32.eqz
      i32.eqz
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)
  (func (export "f64_ne_if") (param f64 f64) (result i32)
    local.get 0
    local.get 1
    f64.ne
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f32_eq_if") (param f32 f32) (result i32)
    local.get 0
    local.get 1
    f32.eq
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f64_lt_select") (param f64 f64) (result i32)
    i32.const 1
    i32.const 0
    local.get 0
    local.get 1
    f64.lt
    select)
  (func (export "f64_not_lt_select") (param f64 f64) (result i32)
    i32.const 1
    i32.const 0
    local.get 0
    local.get 1
    f64.lt
    i32.eqz
    select)
  (func (export "f64_const_left") (param f64) (result i32)
    f64.const 2.5
    local.get 0
    f64.lt
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f64_const_right") (param f64) (result i32)
    local.get 0
    f64.const 2.5
    f64.lt
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "f32_const_left_ge") (param f32) (result i32)
    block
      f32.const 2.5
      local.get 0
      f32.ge
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)

  (func (export "i32_const_left_lt_s") (param i32) (result i32)
    i32.const 5
    local.get 0
    i32.lt_s
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i32_const_left_le_u") (param i32) (result i32)
    i32.const -5
    local.get 0
    i32.le_u
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_const_left_gt_s") (param i64) (result i32)
    i64.const -5
    local.get 0
    i64.gt_s
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_big_const_right") (param i64) (result i32)
    local.get 0
    i64.const 0x80000000
    i64.lt_s
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_big_const_left") (param i64) (result i32)
    i64.const 0x123456789
    local.get 0
    i64.eq
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_negative_const_unsigned") (param i64) (result i32)
    local.get 0
    i64.const -1
    i64.lt_u
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)

  (func (export "eqz_eqz") (param i32) (result i32)
    local.get 0
    i32.eqz
    i32.eqz)
  (func (export "eqz_eqz_if") (param i32) (result i32)
    local.get 0
    i32.eqz
    i32.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_eqz_if") (param i64) (result i32)
    local.get 0
    i64.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_eqz_eqz_if") (param i64) (result i32)
    local.get 0
    i64.eqz
    i32.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "and_if") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.and
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "and_eqz_if") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.and
    i32.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "and_const_eqz_br") (param i32) (result i32)
    block
      local.get 0
      i32.const 0x80000000
      i32.and
      i32.eqz
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)
  (func (export "and_compared_with_zero") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.and
    i32.const 0
    i32.ne
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "and_compared_with_one") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.and
    i32.const 1
    i32.eq
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_and_eqz_if") (param i64 i64) (result i32)
    local.get 0
    local.get 1
    i64.and
    i64.eqz
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "i64_and_ne_zero") (param i64) (result i32)
    local.get 0
    i64.const 0x100000000
    i64.and
    i64.const 0
    i64.ne
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "and_of_compares") (param i32 i32) (result i32)
    local.get 0
    i32.const 0
    i32.gt_s
    local.get 1
    i32.const 0
    i32.gt_s
    i32.and
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "compare_of_compares") (param i32 i32) (result i32)
    ;; (a < b) < (b < a)
    local.get 0
    local.get 1
    i32.lt_s
    local.get 1
    local.get 0
    i32.lt_s
    i32.lt_s)
  (func (export "compare_is_a_number") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.lt_s
    i32.const 5
    i32.mul
    local.get 0
    local.get 1
    i32.eq
    i32.add)
  (func (export "if_number") (param i32) (result i32)
    ;; any bit is true
    local.get 0
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "wrap_if") (param i64) (result i32)
    ;; only the low half counts
    local.get 0
    i32.wrap_i64
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "wrap_eqz") (param i64) (result i32)
    local.get 0
    i32.wrap_i64
    i32.eqz)
  (func (export "const_if") (result i32)
    i32.const 5
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "const_zero_if") (result i32)
    i32.const 0
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "const_br_if") (result i32)
    block (result i32)
      i32.const 1
      i32.const 1
      br_if 0
      drop
      i32.const 2
    end)
  (func (export "const_zero_br_if") (result i32)
    block (result i32)
      i32.const 1
      i32.const 0
      br_if 0
      drop
      i32.const 2
    end)
  (func (export "const_compare_if") (result i32)
    i32.const 3
    i32.const 4
    i32.lt_u
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "ref_if") (param externref) (result i32)
    local.get 0
    ref.is_null
    if (result i32)
      i32.const 1
    else
      i32.const 0
    end)
  (func (export "ref_not_br") (param externref) (result i32)
    block
      local.get 0
      ref.is_null
      i32.eqz
      br_if 0
      i32.const 0
      return
    end
    i32.const 1)

  ;; loops that end in a step and a comparison
  (func (export "count_up") (param $n i32) (result i32)
    (local $i i32)
    (local $sum i32)
    loop
      local.get $sum
      local.get $i
      i32.add
      local.set $sum
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $n
      i32.lt_s
      br_if 0
    end
    local.get $sum
    i32.const 1000
    i32.mul
    local.get $i
    i32.add)
  (func (export "count_down") (param $n i32) (result i32)
    (local $sum i32)
    loop
      local.get $sum
      local.get $n
      i32.add
      local.set $sum
      local.get $n
      i32.const -1
      i32.add
      local.tee $n
      br_if 0
    end
    local.get $sum
    i32.const 1000
    i32.mul
    local.get $n
    i32.add)
  (func (export "count_to_eqz") (param $n i32) (result i32)
    (local $sum i32)
    block
      loop
        local.get $n
        i32.const 1
        i32.sub
        local.tee $n
        i32.eqz
        br_if 1
        local.get $sum
        i32.const 2
        i32.add
        local.set $sum
        br 0
      end
    end
    local.get $sum)
  (func (export "limit_changes") (param $n i32) (result i32)
    (local $i i32)
    loop
      local.get $n
      i32.const 1
      i32.sub
      local.set $n
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $n
      i32.lt_u
      br_if 0
    end
    local.get $i
    i32.const 100
    i32.mul
    local.get $n
    i32.add)
  (func (export "step_wraps") (param $i i32) (result i32)
    (local $n i32)
    loop
      local.get $n
      i32.const 1
      i32.add
      local.set $n
      local.get $i
      i32.const 0x40000000
      i32.add
      local.tee $i
      i32.const 0
      i32.gt_s
      br_if 0
    end
    local.get $n)
  (func (export "step_with_old_pending") (param $i i32) (result i32)
    ;; the old count stays on the stack while the new one is compared
    (local $sum i32)
    loop (result i32)
      local.get $i
      local.get $i
      i32.const 1
      i32.sub
      local.tee $i
      if
        local.get $sum
        i32.const 1
        i32.add
        local.set $sum
      end
      local.get $i
      i32.const 0
      i32.gt_s
      if (param i32) (result i32)
        drop
        local.get $sum
        drop
        br 1
      end
    end
    i32.const 100
    i32.mul
    local.get $sum
    i32.add)
  (func (export "i64_count") (param $n i64) (result i64)
    (local $i i64)
    loop
      local.get $i
      i64.const 0x40000000
      i64.add
      local.tee $i
      local.get $n
      i64.lt_u
      br_if 0
    end
    local.get $i)
  (func (export "tee_condition_used") (param $x i32) (result i32)
    ;; the condition is teed, and both paths read the local
    (local $c i32)
    local.get $x
    i32.const 10
    i32.gt_u
    local.tee $c
    if (result i32)
      local.get $c
      i32.const 100
      i32.add
    else
      local.get $c
      i32.const 200
      i32.add
    end)
  (func (export "condition_local_is_value") (param $x i32) (result i32)
    block (result i32)
      local.get $x
      local.get $x
      br_if 0
      drop
      i32.const -1
    end)
  (func (export "condition_kept_below") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.ge_s
    local.get $a
    local.get $b
    i32.le_s
    if (param i32) (result i32)
      i32.const 10
      i32.add
    end))

(assert_return (invoke "f32_lt_if" (f32.const 1) (f32.const 2)) (i32.const 1))
(assert_return (invoke "f32_lt_if" (f32.const 2) (f32.const 1)) (i32.const 0))
(assert_return (invoke "f32_lt_if" (f32.const nan) (f32.const 1)) (i32.const 0))
(assert_return (invoke "f32_not_lt_if" (f32.const 1) (f32.const 2)) (i32.const 0))
(assert_return (invoke "f32_not_lt_if" (f32.const 2) (f32.const 1)) (i32.const 1))
(assert_return (invoke "f32_not_lt_if" (f32.const nan) (f32.const 1)) (i32.const 1))
(assert_return (invoke "f32_not_ge_br" (f32.const nan) (f32.const 1)) (i32.const 1))
(assert_return (invoke "f32_not_ge_br" (f32.const 1) (f32.const 1)) (i32.const 0))
(assert_return (invoke "f64_le_br" (f64.const nan) (f64.const 1)) (i32.const 0))
(assert_return (invoke "f64_le_br" (f64.const 1) (f64.const 1)) (i32.const 1))
(assert_return (invoke "f64_not_gt_br" (f64.const nan) (f64.const 1)) (i32.const 1))
(assert_return (invoke "f64_not_gt_br" (f64.const 2) (f64.const 1)) (i32.const 0))
(assert_return (invoke "f64_not_not_gt_br" (f64.const nan) (f64.const 1)) (i32.const 0))
(assert_return (invoke "f64_not_not_gt_br" (f64.const 2) (f64.const 1)) (i32.const 1))
(assert_return (invoke "f64_ne_if" (f64.const nan) (f64.const nan)) (i32.const 1))
(assert_return (invoke "f64_ne_if" (f64.const -0) (f64.const 0)) (i32.const 0))
(assert_return (invoke "f32_eq_if" (f32.const nan) (f32.const nan)) (i32.const 0))
(assert_return (invoke "f32_eq_if" (f32.const -0) (f32.const 0)) (i32.const 1))
(assert_return (invoke "f64_lt_select" (f64.const nan) (f64.const 1)) (i32.const 0))
(assert_return (invoke "f64_lt_select" (f64.const 0) (f64.const 1)) (i32.const 1))
(assert_return (invoke "f64_not_lt_select" (f64.const nan) (f64.const 1)) (i32.const 1))
(assert_return (invoke "f64_not_lt_select" (f64.const 0) (f64.const 1)) (i32.const 0))
(assert_return (invoke "f64_const_left" (f64.const 3)) (i32.const 1))
(assert_return (invoke "f64_const_left" (f64.const 2)) (i32.const 0))
(assert_return (invoke "f64_const_left" (f64.const 2.5)) (i32.const 0))
(assert_return (invoke "f64_const_left" (f64.const nan)) (i32.const 0))
(assert_return (invoke "f64_const_right" (f64.const 3)) (i32.const 0))
(assert_return (invoke "f64_const_right" (f64.const 2)) (i32.const 1))
(assert_return (invoke "f64_const_right" (f64.const nan)) (i32.const 0))
(assert_return (invoke "f32_const_left_ge" (f32.const 2.5)) (i32.const 1))
(assert_return (invoke "f32_const_left_ge" (f32.const 3)) (i32.const 0))
(assert_return (invoke "f32_const_left_ge" (f32.const nan)) (i32.const 0))
(assert_return (invoke "i32_const_left_lt_s" (i32.const 6)) (i32.const 1))
(assert_return (invoke "i32_const_left_lt_s" (i32.const 5)) (i32.const 0))
(assert_return (invoke "i32_const_left_lt_s" (i32.const -6)) (i32.const 0))
(assert_return (invoke "i32_const_left_le_u" (i32.const -5)) (i32.const 1))
(assert_return (invoke "i32_const_left_le_u" (i32.const -6)) (i32.const 0))
(assert_return (invoke "i32_const_left_le_u" (i32.const 6)) (i32.const 0))
(assert_return (invoke "i64_const_left_gt_s" (i64.const -6)) (i32.const 1))
(assert_return (invoke "i64_const_left_gt_s" (i64.const 0xfffffffb)) (i32.const 0))
(assert_return (invoke "i64_big_const_right" (i64.const 0x7fffffff)) (i32.const 1))
(assert_return (invoke "i64_big_const_right" (i64.const 0x80000000)) (i32.const 0))
(assert_return (invoke "i64_big_const_left" (i64.const 0x123456789)) (i32.const 1))
(assert_return (invoke "i64_big_const_left" (i64.const 0x23456789)) (i32.const 0))
(assert_return (invoke "i64_negative_const_unsigned" (i64.const 0xffffffff)) (i32.const 1))
(assert_return (invoke "i64_negative_const_unsigned" (i64.const 0x100000000)) (i32.const 1))
(assert_return (invoke "i64_negative_const_unsigned" (i64.const -1)) (i32.const 0))
(assert_return (invoke "eqz_eqz" (i32.const 6)) (i32.const 1))
(assert_return (invoke "eqz_eqz" (i32.const 0)) (i32.const 0))
(assert_return (invoke "eqz_eqz_if" (i32.const 6)) (i32.const 1))
(assert_return (invoke "eqz_eqz_if" (i32.const 0)) (i32.const 0))
(assert_return (invoke "i64_eqz_if" (i64.const 0x100000000)) (i32.const 0))
(assert_return (invoke "i64_eqz_if" (i64.const 0)) (i32.const 1))
(assert_return (invoke "i64_eqz_eqz_if" (i64.const 0x100000000)) (i32.const 1))
(assert_return (invoke "and_if" (i32.const 6) (i32.const 1)) (i32.const 0))
(assert_return (invoke "and_if" (i32.const 6) (i32.const 2)) (i32.const 1))
(assert_return (invoke "and_eqz_if" (i32.const 6) (i32.const 1)) (i32.const 1))
(assert_return (invoke "and_eqz_if" (i32.const 6) (i32.const 2)) (i32.const 0))
(assert_return (invoke "and_const_eqz_br" (i32.const -1)) (i32.const 0))
(assert_return (invoke "and_const_eqz_br" (i32.const 0x7fffffff)) (i32.const 1))
(assert_return (invoke "and_compared_with_zero" (i32.const 6) (i32.const 2)) (i32.const 1))
(assert_return (invoke "and_compared_with_zero" (i32.const 6) (i32.const 1)) (i32.const 0))
(assert_return (invoke "and_compared_with_one" (i32.const 7) (i32.const 1)) (i32.const 1))
(assert_return (invoke "and_compared_with_one" (i32.const 7) (i32.const 3)) (i32.const 0))
(assert_return (invoke "i64_and_eqz_if" (i64.const 0x100000000) (i64.const 0x1ffffffff)) (i32.const 0))
(assert_return (invoke "i64_and_eqz_if" (i64.const 0x100000000) (i64.const 0xffffffff)) (i32.const 1))
(assert_return (invoke "i64_and_ne_zero" (i64.const 0x300000000)) (i32.const 1))
(assert_return (invoke "i64_and_ne_zero" (i64.const 0x200000001)) (i32.const 0))
(assert_return (invoke "and_of_compares" (i32.const 1) (i32.const 1)) (i32.const 1))
(assert_return (invoke "and_of_compares" (i32.const 1) (i32.const 0)) (i32.const 0))
(assert_return (invoke "and_of_compares" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_return (invoke "compare_of_compares" (i32.const 2) (i32.const 1)) (i32.const 1))
(assert_return (invoke "compare_of_compares" (i32.const 1) (i32.const 2)) (i32.const 0))
(assert_return (invoke "compare_is_a_number" (i32.const 1) (i32.const 2)) (i32.const 5))
(assert_return (invoke "compare_is_a_number" (i32.const 2) (i32.const 2)) (i32.const 1))
(assert_return (invoke "if_number" (i32.const 0x80000000)) (i32.const 1))
(assert_return (invoke "if_number" (i32.const 2)) (i32.const 1))
(assert_return (invoke "wrap_if" (i64.const 0x100000000)) (i32.const 0))
(assert_return (invoke "wrap_if" (i64.const 0x100000001)) (i32.const 1))
(assert_return (invoke "wrap_eqz" (i64.const 0x100000000)) (i32.const 1))
(assert_return (invoke "const_if") (i32.const 1))
(assert_return (invoke "const_zero_if") (i32.const 0))
(assert_return (invoke "const_br_if") (i32.const 1))
(assert_return (invoke "const_zero_br_if") (i32.const 2))
(assert_return (invoke "const_compare_if") (i32.const 1))
(assert_return (invoke "ref_if" (ref.null extern)) (i32.const 1))
(assert_return (invoke "ref_if" (ref.extern 0)) (i32.const 0))
(assert_return (invoke "ref_not_br" (ref.null extern)) (i32.const 0))
(assert_return (invoke "ref_not_br" (ref.extern 0)) (i32.const 1))
(assert_return (invoke "count_up" (i32.const 5)) (i32.const 10005))
(assert_return (invoke "count_up" (i32.const -5)) (i32.const 1))
(assert_return (invoke "count_down" (i32.const 5)) (i32.const 15000))
(assert_return (invoke "count_to_eqz" (i32.const 5)) (i32.const 8))
(assert_return (invoke "limit_changes" (i32.const 10)) (i32.const 505))
(assert_return (invoke "step_wraps" (i32.const 0)) (i32.const 2))
(assert_return (invoke "step_wraps" (i32.const 0xffffffff)) (i32.const 3))
(assert_return (invoke "step_with_old_pending" (i32.const 3)) (i32.const 102))
(assert_return (invoke "i64_count" (i64.const 0x100000001)) (i64.const 0x140000000))
(assert_return (invoke "tee_condition_used" (i32.const 11)) (i32.const 101))
(assert_return (invoke "tee_condition_used" (i32.const 10)) (i32.const 200))
(assert_return (invoke "condition_local_is_value" (i32.const 7)) (i32.const 7))
(assert_return (invoke "condition_local_is_value" (i32.const 0)) (i32.const -1))
(assert_return (invoke "condition_kept_below" (i32.const 1) (i32.const 2)) (i32.const 10))
(assert_return (invoke "condition_kept_below" (i32.const 2) (i32.const 2)) (i32.const 11))
(assert_return (invoke "condition_kept_below" (i32.const 3) (i32.const 2)) (i32.const 1))
