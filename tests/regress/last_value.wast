;; The last value is kept in the accumulator of its type. Consumers may take it from there only if it is the last value
;; on every path to them.

(module
  (memory 1)
  (global $g (mut i32) (i32.const 3))
  (func $id (param i32) (result i32) local.get 0)
  (func $idf (param f64) (result f64) local.get 0)
  (func $two (result i32 i32) i32.const 10 i32.const 3)

  (func (export "both_operands_are_last") (param i32) (result i32)
    local.get 0 i32.const 1 i32.add local.tee 0 local.get 0 i32.mul)
  (func (export "right_operand") (param i32) (result i32)
    local.get 0 local.get 0 i32.const 1 i32.add i32.sub)
  (func (export "left_operand") (param i32) (result i32)
    local.get 0 i32.const 1 i32.add local.get 0 i32.sub)
  (func (export "second_last") (param i32) (result i32)
    local.get 0 i32.const 1 i32.add
    local.get 0 i32.const 2 i32.mul
    i32.sub)
  (func (export "shift_by_last") (param i32) (result i32)
    i32.const 1 local.get 0 i32.const 1 i32.add i32.shl)
  (func (export "local_shift_by_last") (param i32) (result i32)
    local.get 0 local.get 0 i32.const 1 i32.add i32.shl)
  (func (export "div_by_last") (param i32) (result i32)
    i32.const 100 local.get 0 i32.const 1 i32.add i32.div_s)
  (func (export "compare_with_last") (param i32) (result i32)
    local.get 0 local.get 0 i32.const 1 i32.add i32.lt_s)
  (func (export "f64_right") (param f64) (result f64)
    local.get 0 local.get 0 f64.const 1 f64.add f64.sub)
  (func (export "f64_left") (param f64) (result f64)
    local.get 0 f64.const 1 f64.add local.get 0 f64.div)
  (func (export "f32_right") (param f32) (result f32)
    f32.const 1 local.get 0 f32.const 1 f32.add f32.div)

  (func (export "through_block_end") (param i32) (result i32)
    block (result i32)
      local.get 0
      i32.const 1
      i32.add
    end
    i32.const 2
    i32.mul)
  (func (export "block_end_from_two_ways") (param i32 i32) (result i32)
    block (result i32)
      local.get 0
      i32.const 1
      i32.add
      local.get 1
      br_if 0
      local.get 0
      i32.const 5
      i32.mul
      i32.add
    end
    i32.const 2
    i32.mul)
  (func (export "through_if_end") (param i32 i32) (result i32)
    local.get 1
    if (result i32)
      local.get 0
      i32.const 1
      i32.add
    else
      local.get 0
      i32.const 2
      i32.sub
    end
    i32.const 2
    i32.mul)
  (func (export "constant_arms") (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 1
    else
      i32.const 2
    end
    i32.const 10
    i32.mul)
  (func (export "condition_is_not_the_value") (param i32) (result i32)
    ;; after the branch, the accumulator holds the condition
    local.get 0
    i32.const 3
    i32.add
    local.get 0
    i32.const 4
    i32.and
    if
      nop
    end
    i32.const 2
    i32.mul)
  (func (export "loop_head") (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add
    loop (param i32) (result i32)
      i32.const 3
      i32.mul
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end
    i32.const 1
    i32.add)
  (func (export "after_call") (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add
    local.get 0
    call $id
    i32.sub)
  (func (export "call_result_is_last") (param i32) (result i32)
    i32.const 100
    local.get 0
    call $id
    i32.sub)
  (func (export "call_result_teed") (param i32) (result i32)
    local.get 0
    call $id
    local.tee 0
    local.get 0
    i32.add)
  (func (export "float_between") (param i32 f64) (result f64)
    local.get 0
    i32.const 1
    i32.add
    local.get 1
    f64.const 2
    f64.mul
    i32.trunc_f64_s
    i32.mul
    f64.convert_i32_s)
  (func (export "integer_between") (param i32 f64) (result f64)
    local.get 1
    f64.const 2
    f64.mul
    local.get 0
    i32.const 1
    i32.add
    f64.convert_i32_s
    f64.sub)
  (func (export "f32_and_f64") (param f32 f64) (result f64)
    local.get 0
    f32.const 1
    f32.add
    f64.promote_f32
    local.get 1
    f64.const 1
    f64.add
    f64.sub
    local.get 0
    f32.const 3
    f32.mul
    f64.promote_f32
    f64.mul)
  (func (export "reinterpret_chain") (param f64) (result i64)
    local.get 0
    f64.const 1
    f64.add
    i64.reinterpret_f64
    i64.const 1
    i64.add)
  (func (export "reinterpret_back") (param i64) (result f64)
    local.get 0
    i64.const 1
    i64.add
    f64.reinterpret_i64
    f64.neg)
  (func (export "reinterpret_twice") (param f32) (result f32)
    local.get 0
    f32.neg
    i32.reinterpret_f32
    i32.const 0x7fffffff
    i32.and
    f32.reinterpret_i32
    f32.const 1
    f32.add)
  (func (export "convert_local_f32") (param f32) (result f32)
    local.get 0
    i32.reinterpret_f32
    f32.reinterpret_i32)
  (func (export "store_between") (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add
    i32.const 0
    local.get 0
    i32.const 2
    i32.mul
    i32.store
    i32.const 0
    i32.load
    i32.sub)
  (func (export "store_last") (param i32) (result i32)
    i32.const 0
    local.get 0
    i32.const 7
    i32.mul
    i32.store
    i32.const 0
    i32.load)
  (func (export "store_at_last") (param i32) (result i32)
    local.get 0
    i32.const 4
    i32.mul
    local.get 0
    i32.store
    local.get 0
    i32.const 2
    i32.shl
    i32.load)
  (func (export "store_last_at_last") (param i32) (result i32)
    local.get 0
    i32.const 4
    i32.mul
    local.tee 0
    local.get 0
    i32.store
    local.get 0
    i32.load)
  (func (export "f64_store_last") (param f64) (result f64)
    i32.const 8
    local.get 0
    f64.const 3
    f64.mul
    f64.store
    i32.const 8
    f64.load)
  (func (export "global_last") (param i32) (result i32)
    local.get 0
    i32.const 2
    i32.add
    global.set $g
    global.get $g
    global.get $g
    i32.mul)
  (func (export "drop_last") (param i32) (result i32)
    local.get 0
    i32.const 5
    i32.mul
    local.get 0
    i32.const 6
    i32.mul
    drop
    i32.const 1
    i32.add)
  (func (export "drop_last_local") (param i32) (result i32)
    local.get 0
    i32.const 5
    i32.mul
    local.get 0
    drop
    i32.const 1
    i32.add)
  (func (export "select_last_condition") (param i32) (result i32)
    i32.const 5
    i32.const 6
    local.get 0
    i32.const 1
    i32.and
    select)
  (func (export "select_last_value") (param i32) (result i32)
    local.get 0
    local.get 0
    i32.const 10
    i32.add
    local.get 0
    select)
  (func (export "select_first_value") (param i32) (result i32)
    local.get 0
    i32.const 10
    i32.add
    local.get 0
    local.get 0
    select)
  (func (export "select_chain") (param i32 i32 i32) (result i32)
    local.get 0
    local.get 1
    local.get 0
    local.get 1
    i32.lt_s
    select
    local.tee 0
    local.get 2
    local.get 0
    local.get 2
    i32.lt_s
    select)
  (func (export "br_table_last") (param i32) (result i32)
    (local i32)
    local.get 0
    i32.const 3
    i32.mul
    local.set 1
    block
      block
        block
          local.get 0
          i32.const 1
          i32.and
          br_table 0 1 2
        end
        local.get 1
        return
      end
      local.get 1
      i32.const 1000
      i32.add
      return
    end
    unreachable)
  (func (export "results_of_call") (result i32)
    call $two
    i32.sub)
  (func (export "results_of_call_last") (result i32)
    call $two
    i32.const 1
    i32.add
    i32.sub)
  (func (export "set_then_get") (param i32) (result i32)
    (local i32)
    local.get 0
    i32.const 3
    i32.mul
    local.set 1
    local.get 1
    local.get 0
    i32.sub)
  (func (export "set_other_then_get") (param i32) (result i32)
    (local i32 i32)
    local.get 0
    i32.const 3
    i32.mul
    local.set 1
    local.get 0
    i32.const 5
    i32.mul
    local.set 2
    local.get 1
    local.get 2
    i32.sub)
  (func (export "set_then_block") (param i32) (result i32)
    (local i32)
    local.get 0
    i32.const 3
    i32.mul
    local.set 1
    block
      local.get 0
      br_if 0
    end
    local.get 1)
  (func (export "memory_size_last") (result i32)
    i32.const 10
    memory.size
    i32.sub)
  (func (export "memory_grow_last") (result i32)
    i32.const 10
    i32.const 0
    memory.grow
    i32.sub)
  (func (export "float_compare_last") (param f64) (result i32)
    local.get 0
    local.get 0
    f64.const 1
    f64.add
    f64.lt
    i32.const 5
    i32.add)
  (func (export "float_branch_last") (param f64) (result i32)
    block
      local.get 0
      local.get 0
      f64.const 1
      f64.add
      f64.lt
      br_if 0
      i32.const 1
      return
    end
    i32.const 2)
  (func (export "eqz_of_float_compare") (param f64) (result i32)
    local.get 0
    f64.const 1
    f64.add
    f64.const 3
    f64.eq
    i32.eqz)
  (func (export "minmax_last") (param f64) (result f64)
    f64.const 2
    local.get 0
    f64.const 1
    f64.add
    f64.min)
  (func (export "copysign_last") (param f64) (result f64)
    f64.const 2
    local.get 0
    f64.const 1
    f64.add
    f64.copysign)
  (func (export "return_last") (param i32) (result i32)
    local.get 0
    if
      local.get 0
      i32.const 9
      i32.mul
      return
    end
    local.get 0
    i32.const 7
    i32.sub
    return))

(assert_return (invoke "both_operands_are_last" (i32.const 4)) (i32.const 25))
(assert_return (invoke "right_operand" (i32.const 4)) (i32.const -1))
(assert_return (invoke "left_operand" (i32.const 4)) (i32.const 1))
(assert_return (invoke "second_last" (i32.const 4)) (i32.const -3))
(assert_return (invoke "shift_by_last" (i32.const 4)) (i32.const 32))
(assert_return (invoke "local_shift_by_last" (i32.const 4)) (i32.const 128))
(assert_return (invoke "div_by_last" (i32.const 4)) (i32.const 20))
(assert_return (invoke "compare_with_last" (i32.const 4)) (i32.const 1))
(assert_return (invoke "compare_with_last" (i32.const 0x7fffffff)) (i32.const 0))
(assert_return (invoke "f64_right" (f64.const 4)) (f64.const -1))
(assert_return (invoke "f64_left" (f64.const 4)) (f64.const 1.25))
(assert_return (invoke "f32_right" (f32.const 3)) (f32.const 0.25))
(assert_return (invoke "through_block_end" (i32.const 4)) (i32.const 10))
(assert_return (invoke "block_end_from_two_ways" (i32.const 4) (i32.const 1)) (i32.const 10))
(assert_return (invoke "block_end_from_two_ways" (i32.const 4) (i32.const 0)) (i32.const 50))
(assert_return (invoke "through_if_end" (i32.const 4) (i32.const 1)) (i32.const 10))
(assert_return (invoke "through_if_end" (i32.const 4) (i32.const 0)) (i32.const 4))
(assert_return (invoke "constant_arms" (i32.const 4)) (i32.const 10))
(assert_return (invoke "constant_arms" (i32.const 0)) (i32.const 20))
(assert_return (invoke "condition_is_not_the_value" (i32.const 4)) (i32.const 14))
(assert_return (invoke "condition_is_not_the_value" (i32.const 3)) (i32.const 12))
(assert_return (invoke "loop_head" (i32.const 3)) (i32.const 109))
(assert_return (invoke "after_call" (i32.const 3)) (i32.const 1))
(assert_return (invoke "call_result_is_last" (i32.const 3)) (i32.const 97))
(assert_return (invoke "call_result_teed" (i32.const 3)) (i32.const 6))
(assert_return (invoke "float_between" (i32.const 3) (f64.const 1.75)) (f64.const 12))
(assert_return (invoke "integer_between" (i32.const 3) (f64.const 1.75)) (f64.const -0.5))
(assert_return (invoke "f32_and_f64" (f32.const 3) (f64.const 1)) (f64.const 18))
(assert_return (invoke "reinterpret_chain" (f64.const 0)) (i64.const 0x3ff0000000000001))
(assert_return (invoke "reinterpret_back" (i64.const 0x3fefffffffffffff)) (f64.const -1))
(assert_return (invoke "reinterpret_twice" (f32.const 2)) (f32.const 3))
(assert_return (invoke "convert_local_f32" (f32.const nan:0x200001)) (f32.const nan:0x200001))
(assert_return (invoke "store_between" (i32.const 3)) (i32.const -2))
(assert_return (invoke "store_last" (i32.const 3)) (i32.const 21))
(assert_return (invoke "store_at_last" (i32.const 3)) (i32.const 3))
(assert_return (invoke "store_last_at_last" (i32.const 3)) (i32.const 12))
(assert_return (invoke "f64_store_last" (f64.const 3)) (f64.const 9))
(assert_return (invoke "global_last" (i32.const 3)) (i32.const 25))
(assert_return (invoke "drop_last" (i32.const 3)) (i32.const 16))
(assert_return (invoke "drop_last_local" (i32.const 3)) (i32.const 16))
(assert_return (invoke "select_last_condition" (i32.const 3)) (i32.const 5))
(assert_return (invoke "select_last_condition" (i32.const 2)) (i32.const 6))
(assert_return (invoke "select_last_value" (i32.const 0)) (i32.const 10))
(assert_return (invoke "select_last_value" (i32.const 3)) (i32.const 3))
(assert_return (invoke "select_first_value" (i32.const 0)) (i32.const 0))
(assert_return (invoke "select_first_value" (i32.const 3)) (i32.const 13))
(assert_return (invoke "select_chain" (i32.const 3) (i32.const 1) (i32.const 2)) (i32.const 1))
(assert_return (invoke "select_chain" (i32.const 3) (i32.const 5) (i32.const 2)) (i32.const 2))
(assert_return (invoke "br_table_last" (i32.const 2)) (i32.const 6))
(assert_return (invoke "br_table_last" (i32.const 3)) (i32.const 1009))
(assert_return (invoke "results_of_call") (i32.const 7))
(assert_return (invoke "results_of_call_last") (i32.const 6))
(assert_return (invoke "set_then_get" (i32.const 5)) (i32.const 10))
(assert_return (invoke "set_other_then_get" (i32.const 5)) (i32.const -10))
(assert_return (invoke "set_then_block" (i32.const 5)) (i32.const 15))
(assert_return (invoke "set_then_block" (i32.const 0)) (i32.const 0))
(assert_return (invoke "memory_size_last") (i32.const 9))
(assert_return (invoke "memory_grow_last") (i32.const 9))
(assert_return (invoke "float_compare_last" (f64.const 1)) (i32.const 6))
(assert_return (invoke "float_compare_last" (f64.const inf)) (i32.const 5))
(assert_return (invoke "float_branch_last" (f64.const 1)) (i32.const 2))
(assert_return (invoke "float_branch_last" (f64.const nan)) (i32.const 1))
(assert_return (invoke "eqz_of_float_compare" (f64.const 2)) (i32.const 0))
(assert_return (invoke "eqz_of_float_compare" (f64.const nan)) (i32.const 1))
(assert_return (invoke "minmax_last" (f64.const 0)) (f64.const 1))
(assert_return (invoke "copysign_last" (f64.const -3)) (f64.const -2))
(assert_return (invoke "return_last" (i32.const 3)) (i32.const 27))
(assert_return (invoke "return_last" (i32.const 0)) (i32.const -7))
