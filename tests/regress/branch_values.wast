;; Branches that carry values: where the values go, in which order, and what is left if a branch is not taken.

(module
  (func (export "br_if_keeps_value") (param $x i32) (param $c i32) (result i32)
    block (result i32)
      local.get $x
      local.get $c
      br_if 0
      i32.const 10
      i32.add
    end)

  (func (export "br_if_value_then_write") (param $x i32) (param $c i32) (result i32)
    block (result i32)
      local.get $x
      local.get $c
      br_if 0
      i32.const 100
      local.set $x
      local.get $x
      i32.add
    end)

  (func (export "br_if_const") (param $c i32) (result i32)
    block (result i32)
      i32.const 42
      local.get $c
      br_if 0
      i32.const 1
      i32.sub
    end)

  (func (export "br_if_drops_below") (param $c i32) (result i32)
    ;; if taken, the value moves down by two; if not, the values there must survive
    i32.const 1
    block (result i32)
      i32.const 10
      local.get $c
      i32.add
      i32.const 20
      local.get $c
      i32.add
      i32.const 30
      local.get $c
      i32.add
      local.get $c
      br_if 0
      i32.mul
      i32.sub
    end
    i32.add)

  (func (export "br_if_two_levels") (param $c i32) (param $d i32) (result i32)
    block (result i32)
      i32.const 1000
      block (result i32)
        local.get $c
        i32.const 1
        i32.add
        local.get $c
        br_if 1
        i32.const 7
        i32.mul
        local.get $d
        br_if 0
        i32.const 2
        i32.mul
      end
      i32.add
    end)

  (func (export "br_value_from_local") (param $x i32) (result i32)
    block (result i32)
      i32.const 5
      i32.const 6
      local.get $x
      br 0
    end)

  (func (export "fallthrough_const_branch_local") (param $x i32) (param $c i32) (result i32)
    block (result i32)
      local.get $x
      local.get $c
      br_if 0
      drop
      i32.const -5
    end
    local.set $x
    local.get $x
    local.get $x
    i32.add)

  (func (export "result_into_local") (param $x i32) (param $c i32) (result i32)
    ;; the instruction before `end` is not the only one that writes the local
    block (result i32)
      local.get $x
      i32.const 1
      i32.add
      local.get $c
      br_if 0
      i32.const 1
      i32.add
    end
    local.set $x
    local.get $x)

  (func (export "result_into_local_by_br") (param $x i32) (param $c i32) (result i32)
    (local $r i32)
    block (result i32)
      local.get $c
      if
        i32.const 3
        br 1
      end
      local.get $x
      local.get $x
      i32.mul
    end
    local.tee $r
    local.get $r
    i32.add)

  (func (export "if_result_into_local") (param $x i32) (param $c i32) (result i32)
    local.get $c
    if (result i32)
      local.get $x
      i32.const 1
      i32.add
    else
      local.get $x
      i32.const 2
      i32.mul
    end
    local.set $x
    local.get $x)

  (func (export "if_results_of_both_kinds") (param $x i32) (param $c i32) (result i32)
    local.get $c
    if (result i32)
      i32.const 5
    else
      local.get $x
    end
    local.get $x
    i32.sub)

  (func (export "two_swapped") (param $a i32) (param $b i32) (result i32)
    block (result i32 i32)
      local.get $b
      local.get $a
      br 0
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "temps_swapped_by_loop") (param $n i32) (result i32)
    ;; fibonacci on the stack: (a, b) -> (b, a + b)
    (local $a i32) (local $b i32)
    i32.const 0
    i32.const 1
    loop (param i32 i32) (result i32 i32)
      local.set $b
      local.set $a
      local.get $b
      local.get $a
      local.get $b
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    drop)

  (func (export "loop_swaps_constants") (param $n i32) (result i32)
    (local $a i32) (local $b i32)
    i32.const 3
    i32.const 4
    loop (param i32 i32) (result i32 i32)
      local.set $b
      local.set $a
      local.get $b
      local.get $a
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "loop_rotates_three") (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32)
    i32.const 1
    i32.const 2
    i32.const 3
    loop (param i32 i32 i32) (result i32 i32 i32)
      local.set $c
      local.set $b
      local.set $a
      local.get $b
      local.get $c
      local.get $a
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    i32.const 10
    i32.mul
    i32.add
    i32.const 10
    i32.mul
    i32.add)

  (func (export "loop_param_const_then_changed") (param $n i32) (result i32)
    i32.const 0
    loop (param i32) (result i32)
      local.get $n
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end)

  (func (export "loop_param_local_then_changed") (param $n i32) (param $x i32) (result i32)
    local.get $x
    loop (param i32) (result i32)
      i32.const 1000
      local.set $x
      local.get $n
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    local.get $x
    i32.add)

  (func (export "loop_under_pending") (param $n i32) (param $x i32) (result i32)
    local.get $x
    i32.const 3
    i32.mul
    local.get $x
    loop (param i32) (result i32)
      i32.const 1
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    i32.sub)

  (func (export "loop_takes_deep_values") (param $n i32) (result i32)
    ;; a branch back from a deeper stack moves values down
    i32.const 1
    loop (param i32) (result i32)
      i32.const 50
      i32.const 60
      i32.const 2
      local.get $n
      i32.mul
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
      ;; 1-or-more 50 60 2n
      drop
      drop
      drop
    end)

  (func (export "block_params") (param $x i32) (result i32)
    local.get $x
    i32.const 2
    block (param i32 i32) (result i32)
      i32.const 100
      local.set $x
      i32.sub
    end
    local.get $x
    i32.add)

  (func (export "block_params_swapped_out") (param $x i32) (param $y i32) (result i32)
    local.get $x
    local.get $y
    block (param i32 i32) (result i32 i32)
      local.set $x
      local.set $y
      ;; $x = y, $y = x
      local.get $x
      local.get $y
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "if_params") (param $c i32) (param $x i32) (param $y i32) (result i32)
    local.get $x
    local.get $y
    local.get $c
    if (param i32 i32) (result i32)
      i32.sub
    else
      local.set $x
      local.get $x
      i32.add
    end)

  (func (export "if_params_no_else") (param $c i32) (param $x i32) (param $y i32) (result i32)
    local.get $x
    local.get $y
    local.get $c
    if (param i32 i32) (result i32 i32)
      local.set $x
      local.set $y
      local.get $x
      local.get $y
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "if_param_from_condition_local") (param $c i32) (result i32)
    local.get $c
    local.get $c
    if (param i32) (result i32)
      i32.const 0
      local.set $c
      i32.const 1
      i32.add
    else
      i32.const 100
      i32.add
    end
    local.get $c
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "br_table_value") (param $i i32) (param $x i32) (result i32)
    block (result i32)
      block (result i32)
        block (result i32)
          local.get $x
          local.get $i
          br_table 0 1 2 0
        end
        i32.const 100
        i32.add
        br 1
      end
      i32.const 200
      i32.add
    end)

  (func (export "br_table_const_value") (param $i i32) (result i32)
    i32.const 7
    block (result i32)
      i32.const 8
      block (result i32)
        i32.const 9
        local.get $i
        br_table 0 1
      end
      i32.mul
    end
    i32.mul)

  (func (export "br_table_different_heights") (param $i i32) (param $x i32) (result i32)
    block (result i32)
      local.get $x
      i32.const 1
      i32.add
      block (result i32)
        local.get $x
        i32.const 2
        i32.add
        block (result i32)
          local.get $x
          i32.const 3
          i32.add
          local.get $i
          br_table 2 1 0
        end
        i32.add
      end
      i32.add
    end)

  (func (export "br_table_two_values") (param $i i32) (param $a i32) (param $b i32) (result i32)
    block (result i32 i32)
      block (result i32 i32)
        local.get $b
        local.get $a
        local.get $i
        br_table 0 1
      end
      i32.const 1000
      i32.add
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "br_table_loop") (param $n i32) (result i32)
    (local $acc i32)
    i32.const 1
    loop $l (param i32) (result i32)
      block $out (param i32) (result i32)
        local.get $n
        i32.add
        local.get $n
        i32.const 1
        i32.sub
        local.tee $n
        br_table $out $l $l $l $l $out
      end
    end)

  (func (export "br_table_only_default") (param $i i32) (result i32)
    block (result i32)
      i32.const 11
      local.get $i
      br_table 0
    end)

  (func (export "br_table_const_index") (result i32)
    block (result i32)
      block (result i32)
        i32.const 11
        i32.const 1
        br_table 0 1 0
      end
      i32.const 100
      i32.add
    end)

  (func (export "br_table_last_value_is_index") (param $x i32) (result i32)
    ;; the index is the result of the operation just before
    block
      block
        block
          local.get $x
          i32.const 5
          i32.sub
          br_table 0 1 2
        end
        i32.const 1
        return
      end
      i32.const 2
      return
    end
    i32.const 3)

  (func (export "br_to_function") (param $x i32) (param $c i32) (result i32)
    local.get $x
    i32.const 2
    i32.mul
    local.get $c
    br_if 0
    local.get $x
    i32.add)

  (func (export "i64_values") (param $c i32) (result i64)
    block (result i64)
      i64.const 0x123456789abcdef0
      local.get $c
      br_if 0
      i64.const 1
      i64.add
    end)

  (func (export "f64_values") (param $c i32) (result f64)
    block (result f64)
      f64.const -0.1
      local.get $c
      br_if 0
      f64.neg
    end)

  (func (export "f32_values") (param $c i32) (result f32)
    local.get $c
    if (result f32)
      f32.const -0.1
    else
      f32.const nan:0x200000
    end)

  (func (export "mixed_values") (param $c i32) (result f64 i64 f32 i32)
    block (result f64 i64 f32 i32)
      f64.const 1.1
      i64.const -0x80000001
      f32.const 2.2
      i32.const -1
      local.get $c
      br_if 0
      drop
      drop
      drop
      drop
      f64.const -3.3
      i64.const 0x80000000
      f32.const -4.4
      i32.const 5
    end))

(assert_return (invoke "br_if_keeps_value" (i32.const 3) (i32.const 1)) (i32.const 3))
(assert_return (invoke "br_if_keeps_value" (i32.const 3) (i32.const 0)) (i32.const 13))
(assert_return (invoke "br_if_value_then_write" (i32.const 3) (i32.const 1)) (i32.const 3))
(assert_return (invoke "br_if_value_then_write" (i32.const 3) (i32.const 0)) (i32.const 103))
(assert_return (invoke "br_if_const" (i32.const 1)) (i32.const 42))
(assert_return (invoke "br_if_const" (i32.const 0)) (i32.const 41))
(assert_return (invoke "br_if_drops_below" (i32.const 1)) (i32.const 32))
(assert_return (invoke "br_if_drops_below" (i32.const 0)) (i32.const -589))
(assert_return (invoke "br_if_two_levels" (i32.const 3) (i32.const 0)) (i32.const 4))
(assert_return (invoke "br_if_two_levels" (i32.const 0) (i32.const 1)) (i32.const 1007))
(assert_return (invoke "br_if_two_levels" (i32.const 0) (i32.const 0)) (i32.const 1014))
(assert_return (invoke "br_value_from_local" (i32.const 3)) (i32.const 3))
(assert_return (invoke "fallthrough_const_branch_local" (i32.const 3) (i32.const 0)) (i32.const -10))
(assert_return (invoke "fallthrough_const_branch_local" (i32.const 3) (i32.const 1)) (i32.const 6))
(assert_return (invoke "result_into_local" (i32.const 3) (i32.const 1)) (i32.const 4))
(assert_return (invoke "result_into_local" (i32.const 3) (i32.const 0)) (i32.const 5))
(assert_return (invoke "result_into_local_by_br" (i32.const 5) (i32.const 1)) (i32.const 6))
(assert_return (invoke "result_into_local_by_br" (i32.const 5) (i32.const 0)) (i32.const 50))
(assert_return (invoke "if_result_into_local" (i32.const 5) (i32.const 1)) (i32.const 6))
(assert_return (invoke "if_result_into_local" (i32.const 5) (i32.const 0)) (i32.const 10))
(assert_return (invoke "if_results_of_both_kinds" (i32.const 3) (i32.const 1)) (i32.const 2))
(assert_return (invoke "if_results_of_both_kinds" (i32.const 3) (i32.const 0)) (i32.const 0))
(assert_return (invoke "two_swapped" (i32.const 1) (i32.const 2)) (i32.const 12))
(assert_return (invoke "temps_swapped_by_loop" (i32.const 10)) (i32.const 55))
(assert_return (invoke "loop_swaps_constants" (i32.const 1)) (i32.const 34))
(assert_return (invoke "loop_swaps_constants" (i32.const 2)) (i32.const 43))
(assert_return (invoke "loop_rotates_three" (i32.const 1)) (i32.const 132))
(assert_return (invoke "loop_rotates_three" (i32.const 2)) (i32.const 213))
(assert_return (invoke "loop_rotates_three" (i32.const 3)) (i32.const 321))
(assert_return (invoke "loop_param_const_then_changed" (i32.const 4)) (i32.const 10))
(assert_return (invoke "loop_param_local_then_changed" (i32.const 4) (i32.const 5)) (i32.const 1015))
(assert_return (invoke "loop_under_pending" (i32.const 4) (i32.const 10)) (i32.const 16))
(assert_return (invoke "loop_takes_deep_values" (i32.const 1)) (i32.const 1))
(assert_return (invoke "loop_takes_deep_values" (i32.const 4)) (i32.const 4))
(assert_return (invoke "block_params" (i32.const 7)) (i32.const 105))
(assert_return (invoke "block_params_swapped_out" (i32.const 1) (i32.const 2)) (i32.const 12))
(assert_return (invoke "if_params" (i32.const 1) (i32.const 9) (i32.const 4)) (i32.const 5))
(assert_return (invoke "if_params" (i32.const 0) (i32.const 9) (i32.const 4)) (i32.const 13))
(assert_return (invoke "if_params_no_else" (i32.const 1) (i32.const 1) (i32.const 2)) (i32.const 12))
(assert_return (invoke "if_params_no_else" (i32.const 0) (i32.const 1) (i32.const 2)) (i32.const 21))
(assert_return (invoke "if_param_from_condition_local" (i32.const 5)) (i32.const 6))
(assert_return (invoke "if_param_from_condition_local" (i32.const 0)) (i32.const 100))
(assert_return (invoke "br_table_value" (i32.const 0) (i32.const 5)) (i32.const 105))
(assert_return (invoke "br_table_value" (i32.const 1) (i32.const 5)) (i32.const 205))
(assert_return (invoke "br_table_value" (i32.const 2) (i32.const 5)) (i32.const 5))
(assert_return (invoke "br_table_value" (i32.const 3) (i32.const 5)) (i32.const 105))
(assert_return (invoke "br_table_value" (i32.const 0xffffffff) (i32.const 5)) (i32.const 105))
(assert_return (invoke "br_table_const_value" (i32.const 0)) (i32.const 504))
(assert_return (invoke "br_table_const_value" (i32.const 1)) (i32.const 63))
(assert_return (invoke "br_table_different_heights" (i32.const 0) (i32.const 10)) (i32.const 13))
(assert_return (invoke "br_table_different_heights" (i32.const 1) (i32.const 10)) (i32.const 24))
(assert_return (invoke "br_table_different_heights" (i32.const 2) (i32.const 10)) (i32.const 36))
(assert_return (invoke "br_table_two_values" (i32.const 0) (i32.const 1) (i32.const 2)) (i32.const 10012))
(assert_return (invoke "br_table_two_values" (i32.const 1) (i32.const 1) (i32.const 2)) (i32.const 12))
(assert_return (invoke "br_table_loop" (i32.const 4)) (i32.const 11))
(assert_return (invoke "br_table_only_default" (i32.const 0)) (i32.const 11))
(assert_return (invoke "br_table_only_default" (i32.const 9)) (i32.const 11))
(assert_return (invoke "br_table_const_index") (i32.const 11))
(assert_return (invoke "br_table_last_value_is_index" (i32.const 5)) (i32.const 1))
(assert_return (invoke "br_table_last_value_is_index" (i32.const 6)) (i32.const 2))
(assert_return (invoke "br_table_last_value_is_index" (i32.const 7)) (i32.const 3))
(assert_return (invoke "br_table_last_value_is_index" (i32.const 4)) (i32.const 3))
(assert_return (invoke "br_to_function" (i32.const 5) (i32.const 1)) (i32.const 10))
(assert_return (invoke "br_to_function" (i32.const 5) (i32.const 0)) (i32.const 15))
(assert_return (invoke "i64_values" (i32.const 1)) (i64.const 0x123456789abcdef0))
(assert_return (invoke "i64_values" (i32.const 0)) (i64.const 0x123456789abcdef1))
(assert_return (invoke "f64_values" (i32.const 1)) (f64.const -0.1))
(assert_return (invoke "f64_values" (i32.const 0)) (f64.const 0.1))
(assert_return (invoke "f32_values" (i32.const 1)) (f32.const -0.1))
(assert_return (invoke "f32_values" (i32.const 0)) (f32.const nan:0x200000))
(assert_return (invoke "mixed_values" (i32.const 1))
  (f64.const 1.1) (i64.const -0x80000001) (f32.const 2.2) (i32.const -1))
(assert_return (invoke "mixed_values" (i32.const 0))
  (f64.const -3.3) (i64.const 0x80000000) (f32.const -4.4) (i32.const 5))
